"""Calls: functions of the table become operations, functions of the user's are interpreted in place."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from typing import Any

import numpy as np

from ..errors import DifferentiationError, SourceNotFoundError, UnsupportedSyntaxError
from ..ir.program import Value, type_of
from ..table import shapes
from ..table.composite import DEFINITIONS, STAND_INS
from ..table.registry import Entry, lookup
from .abstract import (
    Bound,
    BoundFunction,
    Closure,
    Columns,
    FunctionRef,
    NotStatic,
    ObjectRef,
    Struct,
    Unbound,
    is_static,
    leaves_of,
)
from .capture import equality, identity
from .columns import as_array
from .expressions import attribute, emit, named, value_of
from .frame import INLINE_DEPTH, Frame, assigned_names, closure_frame
from .nested_pullback import NestedPullback, call_pullback
from .nesting import Checkpointed, DerivativeOf, call_derivative
from .objects import construct
from .opaque import handed_over, may_write
from .primitives import Method, call_object
from .source import find_source
from .staging import static, static_order

# Parameters that decide structure (rank, axis, which branch of a formula): run-time ints there are promoted.
STRUCTURAL = frozenset(
    [
        "axis",
        "axes",
        "axisa",
        "axisb",
        "axisc",
        "axis1",
        "axis2",
        "ddof",
        "correction",
        "ord",
        "keepdims",
        "source",
        "destination",
        "k",
        "m",
        "offset",
        "decimals",
        "subscripts",
        "indices_or_sections",
        "full_matrices",
        "compute_uv",
        "mode",
        "norm",
        "return_index",
        "assume_a",
        "l_and_u",
        "lower",
        "trans",
    ]
)


def call(frame: Frame, node: Any, callee: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The abstract result of a call."""
    from .builtin_functions import BUILTINS
    from .methods import call_method

    if isinstance(callee, Bound):
        return call_method(frame, node, callee.owner, callee.name, args, kwargs)
    if isinstance(callee, Checkpointed):
        from .outline import call_checkpointed

        return call_checkpointed(frame, node, callee.fun, args, kwargs)
    if isinstance(callee, NestedPullback):
        return call_pullback(frame, node, callee, *args, **kwargs)
    if isinstance(callee, DerivativeOf):
        return call_derivative(frame, node, callee, args, kwargs)
    if isinstance(callee, BoundFunction):
        return call(frame, node, callee.fun, [*callee.args, *args], {**callee.kwargs, **kwargs})
    if isinstance(callee, Closure):
        return inline(frame, node, callee, args, kwargs)
    if isinstance(callee, ObjectRef):
        return _call_instance(frame, node, callee, args, kwargs)
    if isinstance(callee, Value):
        args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
        return emit(frame, node, call_object, callee, *[value_of(frame, node, a) for a in args], **kwargs)
    fun = callee.fun if isinstance(callee, FunctionRef) else callee
    rule = BUILTINS.get(fun) if _hashable(fun) else None
    if rule is not None:
        _demand_accepted(frame, node, fun, rule, args, kwargs)
        return rule(frame, node, *args, **kwargs)
    entry = lookup(fun)
    if entry is not None:
        _fix(frame, callee)
        from .stacked_lists import joined_at_run_time

        out = joined_at_run_time(frame, node, fun, args, kwargs)
        if out is not NotImplemented:
            return out
        return call_table(frame, node, fun, entry, args, kwargs)
    standing = STAND_INS.get(fun) if _hashable(fun) else None
    if standing is not None:
        _fix(frame, callee)
        return inline(dataclasses.replace(frame, quiet=True), node, FunctionRef(standing, None), args, kwargs)
    if isinstance(callee, Unbound):
        raise frame.refuse(node, f"this function {callee.reason}")
    if isinstance(callee, Struct):
        return call(frame, node, attribute(frame, node, callee, "__call__"), args, kwargs)
    if isinstance(callee, FunctionRef):
        return _call_user(frame, node, callee, args, kwargs)
    return call_opaque(frame, node, fun, args, kwargs)


@functools.cache
def _signature_of_rule(rule: Any) -> inspect.Signature:
    return inspect.signature(rule)


def _demand_accepted(frame: Frame, node: Any, fun: Any, rule: Any, args: list[Any], kwargs: dict) -> None:
    """Refuse arguments of a builtin function that are not supported."""
    try:
        _signature_of_rule(rule).bind(frame, node, *args, **kwargs)
    except TypeError as error:
        raise frame.refuse(node, f"`{fun.__name__}` with these arguments: {error}") from None


def _fix(frame: Frame, callee: Any) -> None:
    """Demand that a function that is called as it is, not looked into, is the very same one at each call."""
    if isinstance(callee, FunctionRef) and callee.path is not None:
        frame.low.inputs.guard(callee.path, identity, callee.fun)


def _hashable(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def call_table(
    frame: Frame, node: Any, fun: Any, entry: Entry, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """A function of the table: one operation."""
    if fun is np.where and len(args) + len(kwargs) == 1:  # of a condition alone: the places where it holds
        fun, args, kwargs = np.nonzero, [*args, *kwargs.values()], {}
        entry = lookup(fun) or entry
    if fun in DEFINITIONS and any(
        isinstance(leaf, USER_FUNCTIONS) for leaf in leaves_of([args, list(kwargs.values())])
    ):
        definition = FunctionRef(
            DEFINITIONS[fun], None
        )  # functions of the user's are followed, not handed over
        return inline(dataclasses.replace(frame, quiet=True), node, definition, args, kwargs)
    if not entry.elementwise:
        args, kwargs = _promote_structural(frame, fun, args, kwargs)
    out = kwargs.pop("out", None)
    if isinstance(fun, np.ufunc) and len(args) == fun.nin + 1 and fun.nout == 1:
        *args, out = args
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]
    if not entry.elementwise or not all(map(_is_plain, args)):
        args = [_operand(frame, node, entry, a) for a in args]
    if kwargs:
        kwargs = {
            k: _operand(frame, node, entry, v) if k in ARRAY_KEYWORDS else value_of(frame, node, v)
            for k, v in kwargs.items()
        }
    if (
        entry.elementwise
        and not isinstance(fun, np.ufunc)
        and not kwargs
        and not any(isinstance(a, Value) for a in args)
        and not _has_arrays(args)
    ):
        try:
            return fun(*args)
        except (ArithmeticError, ValueError):
            pass  # raises at run time, as the original does
    if entry.elementwise and isinstance(fun, np.ufunc) and kwargs:
        result = _call_ufunc(frame, node, fun, args, kwargs, out)
    else:
        result = emit(frame, node, fun, *args, **kwargs)
    if out is not None:
        from .writes import write_whole

        return write_whole(frame, node, out, result)
    return result


def _is_plain(a: Any) -> bool:
    """Whether an operand of an elementwise function is one as it is."""
    return a.type.kind != "list" if isinstance(a, Value) else isinstance(a, (int, float, complex))


def _call_ufunc(frame: Frame, node: Any, fun: Any, args: list[Any], kwargs: dict[str, Any], out: Any) -> Any:
    """A ufunc with `where=` or `dtype=`, in terms of plain calls: a rule sees operands alone."""
    where, dtype = kwargs.get("where", True), kwargs.get("dtype")
    if dtype is not None:
        args = [emit(frame, node, shapes.astype, a, dtype) if isinstance(a, Value) else a for a in args]
    if where is True or where is None:
        return emit(frame, node, fun, *args)
    if out is None:
        raise frame.refuse(
            node,
            f"`{fun.__name__}` with `where=` and no `out=` leaves entries undefined: give `out=`, or use `np.where`",
        )
    inside = (
        2.0 if fun is np.arccosh else 0.5
    )  # where the function is smooth: what is not taken adds nothing, not even NaN
    args = [emit(frame, node, np.where, where, a, inside) if _is_floating_array(a) else a for a in args]
    return emit(frame, node, np.where, where, emit(frame, node, fun, *args), value_of(frame, node, out))


def _is_floating_array(a: Any) -> bool:
    t = type_of(a)
    return (
        isinstance(a, Value) and t.kind in ("array", "unknown") and (t.dtype is None or t.dtype.kind in "fc")
    )


USER_FUNCTIONS = (FunctionRef, Closure, Bound, BoundFunction)


def _has_arrays(args: list[Any]) -> bool:
    return any(isinstance(leaf, (np.ndarray, np.generic)) for a in args for leaf in leaves_of(a))


ARRAY_KEYWORDS = frozenset(["a", "x", "y", "m", "v", "b", "weights", "xp", "fp"])


def _operand(frame: Frame, node: Any, entry: Entry, a: Any) -> Any:
    """An operand of a function of the table: a list of numbers is the array that NumPy makes of it."""
    if isinstance(a, (list, tuple)) and (entry.elementwise or not entry.sequences and _holds_floating(a)):
        return emit(frame, node, np.array, list(a) if type(a) in (list, tuple) else a)
    if isinstance(a, Columns):
        return as_array(frame, node, a)
    if isinstance(a, Value) and a.type.kind == "list" and not entry.sequences and not entry.inactive:
        return emit(frame, node, np.asarray, a)
    return value_of(frame, node, a)


def _holds_floating(a: Any) -> bool:
    return any(
        isinstance(v, Value) and v.type.dtype is not None and v.type.dtype.kind in "fc" for v in leaves_of(a)
    )


@functools.lru_cache(maxsize=1024)
def _parameter_names(fun: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(fun).parameters)
    except (ValueError, TypeError):
        return ()


def _promote_structural(
    frame: Frame, fun: Any, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    def promote(name: str, x: Any) -> Any:
        if name in ("ord", "p"):
            x = static_order(frame.low, x)
        if name in STRUCTURAL and not is_static(x):
            try:
                return static(frame.low, x)
            except NotStatic:
                return x
        return x

    if any(isinstance(a, (tuple, list)) or (isinstance(a, Value) and a.type.is_scalar) for a in args):
        names = _parameter_names(fun) if _hashable(fun) else ()
        args = [promote(names[k], a) if k < len(names) else a for k, a in enumerate(args)]
    return args, {k: promote(k, v) for k, v in kwargs.items()}


def call_opaque(
    frame: Frame, node: Any, fun: Any, args: list[Any], kwargs: dict[str, Any], diagnosis: Any = None
) -> Any:
    """A function that is not looked into: called at run time, once; an error if an active value reaches it."""
    if isinstance(fun, type) and dataclasses.is_dataclass(fun):
        return construct(frame, node, fun, args, kwargs)
    if isinstance(fun, type) and issubclass(fun, tuple) and hasattr(fun, "_fields"):
        return fun(*args, **kwargs)
    if not frame.quiet and not (isinstance(fun, type) and issubclass(fun, BaseException)) and may_write(fun):
        args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
    out = emit(
        frame,
        node,
        fun,
        *[value_of(frame, node, a) for a in args],
        **{k: value_of(frame, node, v) for k, v in kwargs.items()},
    )
    if diagnosis is not None and isinstance(out, Value) and out.node is not None:
        out.node.diagnosis = diagnosis
    return out


def unwrapped(frame: Frame, node: Any, callee: ObjectRef) -> Any:
    """What a call of one of this library's own objects runs: the original, or a derivative of it."""
    nature = getattr(type(callee.obj), "nature", None)
    if nature == "differentiated":
        return frame.low.inputs.abstract(
            callee.obj.__wrapped__, (*callee.path, ("attr", "__wrapped__")), "fun"
        )
    if nature == "checkpoint":
        return BoundFunction(
            Checkpointed(
                frame.low.inputs.abstract(
                    callee.obj.__wrapped__, (*callee.path, ("attr", "__wrapped__")), "fun"
                )
            ),
            (),
            {},
        )
    if nature in ("derivative", "matrix", "batched"):
        fun = frame.low.inputs.abstract(callee.obj._fun, (*callee.path, ("attr", "_fun")), "fun")
        which = "_kind" if nature != "matrix" else "kind"
        for fact in (which, "wrt"):  # another derivative of the same function may stand there at another call
            frame.low.inputs.guard((*callee.path, ("attr", fact)), equality, getattr(callee.obj, fact))
        return DerivativeOf(getattr(callee.obj, which), fun, callee.obj.wrt)
    return None


def _call_instance(
    frame: Frame, node: Any, callee: ObjectRef, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Calling an object: through its class's `__call__` where that is Python, else opaque."""
    inner = unwrapped(frame, node, callee)
    if inner is not None:
        return call(frame, node, inner, args, kwargs)
    method = getattr(type(callee.obj), "__call__", None)  # noqa: B004
    if isinstance(callee.obj, functools.partial):
        parts = [
            frame.low.inputs.abstract(getattr(callee.obj, p), (*callee.path, ("attr", p)), p)
            for p in ("func", "args", "keywords")
        ]
        return call(frame, node, parts[0], [*parts[1], *args], {**parts[2], **kwargs})
    if isinstance(method, types.FunctionType):
        ref = FunctionRef(method, (*callee.path, ("attr", "__call__"), ("attr", "__func__")))
        return _call_user(frame, node, ref, [callee, *args], kwargs)
    if isinstance(getattr(callee.obj, "py_func", None), types.FunctionType):
        return _call_user(
            frame, node, FunctionRef(callee.obj.py_func, (*callee.path, ("attr", "py_func"))), args, kwargs
        )
    value = value_of(frame, node, callee)
    if may_write(callee.obj):
        args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
    return emit(frame, node, call_object, value, *[value_of(frame, node, a) for a in args], **kwargs)


def _call_user(frame: Frame, node: Any, callee: FunctionRef, args: list[Any], kwargs: dict[str, Any]) -> Any:
    module = getattr(callee.fun, "__module__", None) or ""
    if module.partition(".")[0] in ("numpy", "scipy") or is_standard_library(module):
        _fix(frame, callee)
        return call_opaque(frame, node, callee.fun, args, kwargs)
    marker = State_of(frame)
    try:
        return inline(frame, node, callee, args, kwargs)
    except (UnsupportedSyntaxError, SourceNotFoundError) as error:
        if frame.quiet:
            raise
        marker.undo(frame)
        _fix(frame, callee)
        return call_opaque(frame, node, callee.fun, args, kwargs, error)


@functools.lru_cache(maxsize=256)
def is_standard_library(module: str) -> bool:
    import sys

    return module.partition(".")[0] in sys.stdlib_module_names and module != "__main__"


class State_of:
    """Where the program stood before a call was followed, to go back to if it cannot be."""

    def __init__(self, frame: Frame) -> None:
        from .control import State

        self.state = State(frame)
        self.block, self.count = frame.builder.block, len(frame.builder.block.nodes)

    def undo(self, frame: Frame) -> None:
        self.state.restore(frame)
        del self.block.nodes[self.count :]
        frame.builder.forget()


def inline(frame: Frame, node: Any, callee: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Interpret a function of the user's in place of its call, or call it where it is shared."""
    from .outline import call_outlined
    from .statements import run_function

    low = frame.low
    source: Any = None if isinstance(callee, Closure) else find_source(callee.fun)
    tree = callee.node if isinstance(callee, Closure) else source.node
    defaults = (
        (callee.defaults, callee.kw_defaults)
        if isinstance(callee, Closure)
        else _defaults_of(frame, callee, tree, len(args), kwargs)
    )
    bound = bind(frame, node, tree, defaults, args, kwargs)

    def run(names: dict[str, Any]) -> Any:
        if source is None:
            inner = closure_frame(callee)
        else:  # a function that a rule was handed is the user's
            inner = Frame(
                low, source, callee, None, {}, assigned_names(tree), quiet=frame.quiet and callee.path is None
            )
        inner.names.update(names)
        low.stack.append(tree)
        low.frames.append(inner)
        try:
            return run_function(inner, tree)
        finally:
            low.stack.pop()
            low.frames.pop()

    if len(low.stack) >= INLINE_DEPTH:
        raise RecursionError(
            f"the recursion of `{getattr(tree, 'name', 'a lambda')}` does not end at compile time"
        )
    out = call_outlined(frame, node, callee, tree, bound, run)
    return run(bound) if out is NotImplemented else out


def _defaults_of(
    frame: Frame, callee: FunctionRef, tree: Any, count: int, given_names: Any
) -> tuple[list[Any], list[Any]]:
    """The defaults of a function, read from it; those that a call with `count` positions does not need are not."""
    fun, inputs = callee.fun, frame.low.inputs
    names = [a.id for a in tree.args.kwonlyargs]
    if callee.path is None:
        return list(fun.__defaults__ or ()), [(fun.__kwdefaults__ or {}).get(n) for n in names]
    base = callee.path
    places = [p.id for p in [*tree.args.posonlyargs, *tree.args.args]]
    known, first = fun.__defaults__ or (), len(places) - len(fun.__defaults__ or ())
    positional = [
        None
        if first + k < count or places[first + k] in given_names
        else inputs.abstract(d, (*base, ("attr", "__defaults__"), ("item", k)), places[first + k])
        for k, d in enumerate(known)
    ]
    given = fun.__kwdefaults__ or {}
    keyword = [
        None
        if n in given_names
        else inputs.abstract(given[n], (*base, ("attr", "__kwdefaults__"), ("item", n)), n)
        if n in given
        else _MISSING
        for n in names
    ]
    return positional, keyword


_MISSING = object()


def bind(
    frame: Frame,
    node: Any,
    tree: Any,
    defaults: tuple[list[Any], list[Any]],
    args: list[Any],
    kwargs: dict[str, Any],
) -> dict[str, Any]:
    """The parameters of a call, as Python binds them; what Python would refuse is its TypeError."""
    a, name = tree.args, getattr(tree, "name", "<lambda>")
    kwargs = dict(kwargs)
    positional = [p.id for p in [*a.posonlyargs, *a.args]]
    bound = dict(zip(positional, args))
    if a.vararg is not None:
        bound[a.vararg.id] = tuple(args[len(positional) :])
    elif len(args) > len(positional):
        raise TypeError(f"{name}() takes {len(positional)} positional arguments but {len(args)} were given")
    for p in [*[p.id for p in a.args], *[p.id for p in a.kwonlyargs]]:
        if p in kwargs:
            if p in bound:
                raise TypeError(f"{name}() got multiple values for argument '{p}'")
            bound[p] = kwargs.pop(p)
    for p, value in zip(positional[len(positional) - len(defaults[0]) :], defaults[0]):
        bound.setdefault(p, value)
    for p, value in zip(a.kwonlyargs, defaults[1]):
        if value is not _MISSING:
            bound.setdefault(p.id, value)
    if a.kwarg is not None:
        bound[a.kwarg.id] = kwargs
    elif kwargs:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(kwargs))}'")
    missing = [p for p in [*positional, *[p.id for p in a.kwonlyargs]] if p not in bound]
    if missing:
        raise TypeError(f"{name}() missing {len(missing)} required argument: '{missing[0]}'")
    return {p: named(frame, v, p) for p, v in bound.items()}


__all__ = ["DifferentiationError", "Method", "call", "call_opaque", "call_table", "inline"]
