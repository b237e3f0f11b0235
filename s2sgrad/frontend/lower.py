"""The frontend's door: a Python function and its arguments in, a program of primitive operations out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError, UnsupportedSyntaxError
from ..ir.builder import Builder
from ..ir.program import Block, Function, Terminator, Value
from ..ir.rewrite import substitute_in_block
from ..ir.types import UNKNOWN
from ..optimize.undefined import settle_undefined
from ..table.registry import IMPURE, lookup
from .abstract import BoundFunction, FunctionRef, NotStatic, ObjectRef, map_abstract
from .calls import call
from .capture import Inputs
from .frame import Frame, Lowering
from .source import find_source


@dataclass(eq=False)
class Lowered:
    """A function interpreted for the types of its arguments."""

    function: Function  # parameters: the leaves of the arguments, then the captured inputs
    parameters: list[tuple[str, Any]]  # each parameter of the user's function and its abstract value
    result: Any  # the abstract result: containers of values of the program
    inputs: Inputs
    lowering: Lowering
    source: Any  # where the function itself is written


def _write_back(low: Lowering, block: Block) -> None:
    """Give captured arrays that the function writes to what they hold in the end; the program works on a copy."""
    for captured in low.inputs.captured.values():
        final = low.versions.get(captured, captured)
        if final is captured:
            continue
        start = Block()
        with low.builder.inside(start):
            copy = low.builder.op(np.copy, (captured,), name=captured.name)
        substitute_in_block(block, {captured: copy})
        block.nodes[:0] = start.nodes
        low.builder.op(np.copyto, (captured, final), types=UNKNOWN, effect=IMPURE)


class Absent:
    """The type of `ABSENT`: an argument of a function of the table that a call does not give."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


def lower(fun: Any, names: list[str], args: list[Any], kinds: list[Any]) -> Lowered:
    """Interpret a call of `fun`; `names` and `kinds` are its parameters, `args` run-time objects to be described."""
    inputs = Inputs()
    block = Block()
    builder = Builder(block, share=False)
    low = Lowering(builder, inputs)
    callee = inputs.abstract(fun, (("fun", None),), getattr(fun, "__name__", "fun"))
    abstract = [a if a is ABSENT else x for a, x in zip(args, inputs.arguments(names, args))]
    before = [map_abstract(a, lambda leaf: leaf) for a in abstract]
    source = _source_of(callee)
    try:
        result = _call_root(low, source, callee, *spread(names, abstract, kinds))
    except NotStatic:
        raise _needs_static(low) from None
    result = map_abstract(result, lambda leaf: low.current(leaf) if isinstance(leaf, Value) else leaf)
    _write_back(low, block)
    settle_undefined(block)
    block.end = Terminator("return", ())
    block.params = [*inputs.leaves.values(), *inputs.captured.values()]
    name = getattr(fun, "__name__", None) or type(fun).__name__
    return Lowered(
        Function(name if name.isidentifier() else "fun", block),
        list(zip(names, before)),
        result,
        inputs,
        low,
        source,
    )


def spread(names: list[str], args: list[Any], kinds: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments of the call that gives each parameter this value."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    by_name = False  # what follows an absent argument
    for name, x, kind in zip(names, args, kinds):
        if x is ABSENT:
            by_name = True
        elif kind is kind.VAR_POSITIONAL:
            positional.extend(x)
        elif kind is kind.VAR_KEYWORD:
            keywords.update(x)
        elif kind is kind.KEYWORD_ONLY or by_name:
            keywords[name] = x
        else:
            positional.append(x)
    return positional, keywords


def _needs_static(low: Lowering) -> UnsupportedSyntaxError:
    """The error for a run-time value where only a known one will do: how many items, which branch of a `filter`."""
    place = low.builder.loc and low.builder.loc[0].location(low.builder.loc[1])
    return UnsupportedSyntaxError(
        "the structure of the program depends here on a value that is known only when it runs: "
        "write it as a loop, or make the value an argument or a constant",
        place,
    )


def _call_root(low: Lowering, source: Any, callee: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Run the function itself: not opaque where it cannot be read, since there is nothing else to run."""
    from .builtin_functions import BUILTINS
    from .calls import inline

    frame = Frame(low, source, None, None)
    fun = callee
    while isinstance(fun, BoundFunction) and not fun.kwargs and not fun.args:
        fun = fun.fun
    if isinstance(fun, FunctionRef):
        return inline(frame, None, fun, args, kwargs)
    if callable(fun) and lookup(fun) is None and fun not in BUILTINS:
        find_source(fun)  # says why there is nothing to read
    return call(frame, None, fun, args, kwargs)


def _source_of(callee: Any) -> Any:
    while isinstance(callee, BoundFunction):
        callee = callee.fun
    if isinstance(callee, FunctionRef):
        return find_source(callee.fun)
    if isinstance(callee, ObjectRef):
        method = getattr(type(callee.obj), "__call__", None)  # noqa: B004 - the method is wanted
        inner = getattr(callee.obj, "py_func", method)
        return find_source(inner) if inner is not None and hasattr(inner, "__code__") else NO_SOURCE
    return NO_SOURCE


class _NoSource:
    """The source of what has none: functions of the table called directly."""

    tree = None

    def location(self, node: Any) -> None:
        return None


NO_SOURCE = _NoSource()


def lower_rule(
    builder: Builder, inputs: Inputs, rule: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Interpret a rule of the table in place: its operations are appended to `builder`."""
    low = Lowering(builder, inputs, quiet=True)
    trusted = (rule.__module__ or "").startswith("s2sgrad.")
    path = None
    if not trusted:
        inputs.objects[id(rule)] = rule
        path = (("object", id(rule)),)
    ref = FunctionRef(rule, path)
    frame = Frame(low, find_source(rule), ref, None, quiet=trusted)
    from .calls import inline

    try:
        result = inline(frame, None, ref, list(args), dict(kwargs))
    except NotStatic:
        place = builder.loc and builder.loc[0].location(builder.loc[1])
        raise NonDifferentiableError(
            "the derivative of this call depends on a rank, or on a number of parts, that is known only when the "
            "program runs: give constants there, or write it with subscripts",
            place,
        ) from None
    return map_abstract(result, low.current)
