"""The compiler driver: from a function and its arguments to a loaded derivative, and the cache of those.

    lower -> reverse -> clean up -> print -> load

A specialisation serves every call whose arguments have the same description and whose captured inputs still
satisfy the facts that were read when it was made.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import sys
import threading
import time
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from .captured import make_fetch, writes_to_arguments
from .direct import direct_maker
from .errors import DifferentiationError, NotScalarError
from .frontend.abstract import Struct, children, leaves_of, map_abstract
from .frontend.capture import describe
from .frontend.depth import room_to_recurse
from .frontend.lower import Lowered, lower
from .frontend.primitives import extent, list_zeros
from .ir.builder import Builder
from .ir.program import (
    UNDEFINED,
    Block,
    Branch,
    Function,
    Op,
    Terminator,
    Value,
    free_values_of_block,
    leaves,
    operands,
    type_of,
)
from .ir.result_types import opaque_types
from .ir.rewrite import copy_block
from .ir.verifier import verify_if_asked
from .optimize.carried import drop_invariant_carried
from .optimize.dead_code import remove_dead_code
from .table import registry
from .table.checks import real_scalar, shaped_like
from .table.registry import lookup
from .targets.module_cache import load, log
from .targets.numpy import Entry, Text, print_module
from .transforms.regions import Reversed
from .transforms.reverse import reverse

SPECIALISATIONS_KEPT = 8  # for equal descriptions of the arguments, by what is captured
VARIANTS_KEPT = 64  # specialisations of one function kept; the least recently used are forgotten
MANY_VARIANTS = 32
FUNCTIONS_KEPT = 1024
# The target of `jit=True`, whose modules add to the table.
LOOPS = {f"s2sgrad.targets.loops.{name}" for name in ("definitions", "module")}


@dataclass(frozen=True)
class Request:
    """What is asked of a function: the kind of derivative, and of which arguments."""

    kind: str  # "grad", "value_and_grad", "vjp"
    wrt: tuple[tuple[int, ...], ...]  # positions, each with a place in *args or **kwargs
    single: bool = True  # one position given bare: one gradient, not a tuple of one
    jit: Any = False  # or the options for Numba, as pairs
    directions: int = 1  # of forward mode: how many in one sweep


JIT_OPTIONS = frozenset(
    ["fastmath", "parallel", "error_model", "boundscheck", "nogil", "inline", "debug", "cache"]
)


def jit_options(jit: Any) -> Any:
    """`jit` as part of a key: False, or the options for Numba as sorted pairs.

    Raises
    ------
    TypeError
        If it is neither a bool nor a dict of options that Numba has.
    """
    if jit is False or jit is None:
        return False
    if jit is True:
        return ()
    if not isinstance(jit, dict):
        raise TypeError(f"jit is True, False or a dict of options for numba.njit, not a {type(jit).__name__}")
    unknown = [key for key in jit if key not in JIT_OPTIONS]
    if unknown:
        raise TypeError(
            f"jit has no option {unknown[0]!r}: numba.njit takes {', '.join(sorted(JIT_OPTIONS))}"
        )
    frozen = {k: frozenset(v) if isinstance(v, (set, list)) else v for k, v in jit.items()}
    return tuple(sorted(frozen.items()))


@dataclass(eq=False)
class Specialisation:
    """One compiled derivative, and what to check and read before it runs."""

    text: Text
    run: Callable[..., Any]
    pullback: Callable[..., Any]
    fetch: Callable[..., Any]
    lowered: Lowered
    generation: int
    entry_name: str
    marker: Any = None  # where the backward sweep begins
    stages: Any = None
    exclusive: bool = False  # the arguments must not share memory
    direct: Any = None  # makes the `__call__` of derivatives, for arguments that are told at a glance


class Variants:
    """The specialisations of one function for one request."""

    __slots__ = ("by_key", "made")

    def __init__(self) -> None:
        self.by_key: OrderedDict[Any, list[Specialisation]] = OrderedDict()
        self.made = 0


_lock = threading.RLock()
_functions: OrderedDict[Any, Variants] = OrderedDict()


def _renew_lock() -> None:
    """A child process must not wait for a thread that did not come along."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def variants_of(fun: Any, request: Request) -> Variants:
    """The specialisations of a function for a request; functions with one code object share them."""
    key = (_identity_key(fun), request)
    with _lock:
        found = _functions.get(key)
        if found is None:
            found = _functions[key] = Variants()
            if len(_functions) > FUNCTIONS_KEPT:
                _functions.popitem(last=False)
        else:
            _functions.move_to_end(key)
        return found


def _identity_key(fun: Any) -> Any:
    """What functions that may share programs have in common: their code, by identity."""
    if isinstance(fun, types.FunctionType):
        return (Kept(fun.__code__), Kept(fun.__globals__)) if lookup(fun) is None else Kept(fun)
    if isinstance(fun, types.MethodType):
        return ("method", _identity_key(fun.__func__), type(fun.__self__))
    if isinstance(fun, functools.partial):
        return ("partial", _identity_key(fun.func), describe(fun.args), describe(fun.keywords))
    return (
        ("call", type(fun))
        if isinstance(getattr(type(fun), "__call__", None), CALLED)  # noqa: B004 - the method is wanted
        else Kept(fun)
    )


# Methods, and the slot of our own derivatives, which all are made alike.
CALLED = (types.FunctionType, types.MemberDescriptorType)


class Kept:
    """An object as a key, by identity, kept alive as long as the key."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __hash__(self) -> int:
        return id(self.obj)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and other.obj is self.obj


def find(variants: Variants, key: Any, fun: Any, args: tuple[Any, ...]) -> tuple[Specialisation, Any] | None:
    """A specialisation that serves this call, with the captured inputs it reads, or None."""
    generation = registry.generation()
    for spec in variants.by_key.get(key, ()):
        if spec.generation == generation:
            captured = spec.fetch(fun, args)
            if captured is not None:
                return spec, captured
    return None


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off garbage collection: a program is many small objects that all live to the end of its compilation."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def specialise(
    fun: Any, signature: Any, args: tuple[Any, ...], request: Request, variants: Variants, key: Any
) -> tuple[Specialisation, Any]:
    """Compile `fun` for these arguments and remember it; the specialisation and its captured inputs."""
    with _lock:
        known = find(variants, key, fun, args)
        if known is not None:
            return known
        start = time.perf_counter()
        with uncollected(), room_to_recurse():
            made = compile_derivative(fun, signature, args, request)
        captured = made.fetch(fun, args)
        if captured is None:
            raise DifferentiationError(
                "the captured inputs of the function changed while it was compiled: call it again"
            )
        _remember(variants, key, made, args)
        log(
            f"{request.kind} of {name_of(fun)} compiled in {time.perf_counter() - start:.3f} s "
            f"for {describe_call(signature, args)}, {_reason(variants)}"
        )
    if variants.made == MANY_VARIANTS:
        warnings.warn(
            f"{MANY_VARIANTS} versions of the derivative of `{name_of(fun)}` have been compiled: "
            "an argument or a captured value keeps changing its type or structure",
            RuntimeWarning,
            stacklevel=4,
        )
    return made, captured


def _remember(variants: Variants, key: Any, made: Specialisation, args: tuple[Any, ...]) -> None:
    generation = registry.generation()
    same = [s for s in variants.by_key.get(key, []) if s.generation == generation]
    variants.by_key[key] = [made, *same][:SPECIALISATIONS_KEPT]
    variants.by_key.move_to_end(key)
    variants.made += 1
    while len(variants.by_key) > VARIANTS_KEPT:
        variants.by_key.popitem(last=False)
    made.direct = direct_maker(made, args)


def name_of(fun: Any) -> str:
    return getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or type(fun).__qualname__


def describe_call(signature: Any, args: tuple[Any, ...]) -> str:
    """The arguments of a call for people: `w: float64[3, 2], b: float`."""
    parts = []
    for name, x in zip(signature.names, args):
        kind = f"{x.dtype}[{', '.join(map(str, x.shape))}]" if isinstance(x, np.ndarray) else type(x).__name__
        parts.append(f"{name}: {kind}")
    return ", ".join(parts) or "no arguments"


def _reason(variants: Variants) -> str:
    return (
        "the first call"
        if variants.made == 1
        else f"version {variants.made}: other types, structure or captured values than before"
    )


# --- the pipeline ---------------------------------------------------------------------------------


def compile_derivative(fun: Any, signature: Any, args: tuple[Any, ...], request: Request) -> Specialisation:
    """The whole pipeline for one signature."""
    if request.jit is False:
        return _compile(fun, signature, args, request)
    if not sys.modules.keys() >= LOOPS:
        with registry.extended():  # or the first compiled derivative were made again at its second call
            for module in sorted(LOOPS):
                importlib.import_module(module)
    from .targets.loops.foreign import foreign_type

    token = opaque_types.set(foreign_type)
    try:
        return _compile(fun, signature, args, request)
    finally:
        opaque_types.reset(token)


def _compile(fun: Any, signature: Any, args: tuple[Any, ...], request: Request) -> Specialisation:
    generation = registry.generation()
    lowered = lower(fun, signature.names, list(args), signature.kinds)
    verify_if_asked(lowered.function, _plain_leaves(lowered.result), "lower")
    drop_invariant_carried(lowered.function.body)
    targets = [_target(lowered, position) for position in request.wrt]
    entries, marker = BUILDERS[request.kind](lowered, targets, request)
    text = printed(entries, lowered, header_of(fun, request), request.jit)
    module = load(text.text, entries[0].name, getattr(text, "foreign", None))
    functions = [with_externals(getattr(module, e.name), text.externals) for e in entries]
    exclusive = writes_to_arguments(lowered)
    fetch = make_fetch(lowered.inputs, list(lowered.inputs.captured), exclusive)
    return Specialisation(
        text,
        functions[0],
        functions[-1],
        fetch,
        lowered,
        generation,
        entries[0].name,
        marker,
        entries,
        exclusive,
    )


def printed(entries: list[Entry], lowered: Lowered, header: str, jit: Any) -> Text:
    """The text of a module with these functions: as NumPy, or as compiled loops."""
    if jit is False:
        return print_module(entries, header)
    from .targets.loops.definitions import define_simply
    from .targets.loops.module import print_loops

    define_simply(entries, lowered.inputs)
    return print_loops(entries, header, dict(jit))


def with_externals(function: types.FunctionType, externals: dict[str, Any]) -> types.FunctionType:
    """A generated function that sees these objects: its module may be shared by programs that see others."""
    if not externals:
        return function
    return types.FunctionType(function.__code__, {**function.__globals__, **externals}, function.__name__)


def header_of(fun: Any, request: Request) -> str:
    return f"Generated by s2sgrad from {getattr(fun, '__name__', None) or type(fun).__name__}."


def _target(lowered: Lowered, position: tuple[int, ...]) -> Any:
    """The abstract value of what is differentiated with respect to."""
    _, abstract = lowered.parameters[position[0]]
    for place in position[1:]:
        abstract = abstract[place]
    return abstract


def independent_leaves(targets: list[Any]) -> list[Value]:
    return [leaf for t in targets for leaf in leaves_of(t) if is_floating(leaf)]


def _plain_leaves(x: Any) -> list[Value]:
    return [leaf for leaf in leaves_of(x) if isinstance(leaf, Value)]


def is_floating(leaf: Any) -> bool:
    """Whether a leaf of an argument has a gradient: a floating number or array, or a long list of those."""
    if not isinstance(leaf, Value):
        return False
    t = leaf.type.item if leaf.type.kind == "list" else leaf.type
    return t is not None and t.dtype is not None and t.dtype.kind in "fc"


def check_scalar(lowered: Lowered) -> bool:
    """Demand a real floating scalar result; True if only run time can tell."""
    r = lowered.result
    if isinstance(r, Value):
        if r.type.kind != "list" and (
            r.type.kind == "unknown" or r.type.dtype is None or r.type.shape is None
        ):
            return True
        if r.type.shape == () and r.type.dtype is not None and r.type.dtype.kind == "f":
            return False
        raise not_scalar(lowered, _kind_text(r.type))
    if isinstance(r, (float, np.floating)):
        return False
    raise not_scalar(lowered, "None" if r is None else _with_article(_class_text(r)))


def _class_text(r: Any) -> str:
    if isinstance(r, Struct):
        return r.cls.__name__
    return "function" if callable(r) or type(r).__module__.startswith("s2sgrad.") else type(r).__name__


def _kind_text(t: Any) -> str:
    if t.shape:
        extents = ", ".join(str(n) if isinstance(n, int) else "n" for n in t.shape)
        return f"an array of shape ({extents}{',' if len(t.shape) == 1 else ''})"
    return _with_article(t.kind if t.dtype is None else str(t.dtype))


def _with_article(text: str) -> str:
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def not_scalar(lowered: Lowered, what: str) -> NotScalarError:
    advice = (
        "take the real number that matters (`np.abs(z) ** 2`, `z.real`)"
        if "complex" in what
        else "use `jacobian`, or reduce the result (`np.sum`)"
    )
    return NotScalarError(
        f"the result of `{lowered.function.name}` is {what}, and a gradient needs a real scalar: {advice}",
        return_location(lowered),
    )


def return_location(lowered: Lowered) -> Any:
    """Where the function returns its result: the statement that computes it, else its last `return`, else itself."""
    source = lowered.source
    if getattr(source, "tree", source) is None:
        return None
    if isinstance(source.node, gast.Lambda):
        return source.location(source.node.body)
    returns = list(_returns(source.node.body))
    loc = lowered.result.loc if isinstance(lowered.result, Value) else None
    here = [r for r in returns if loc is not None and any(n is loc[1] for n in gast.walk(r))]
    return source.location([*here, *returns[::-1], source.node][0])


def _returns(statements: list[Any]) -> Iterator[Any]:
    """The `return` statements of a function's own body, not of functions inside it."""
    for s in statements:
        if isinstance(s, gast.Return):
            yield s
        elif not isinstance(s, (gast.FunctionDef, gast.ClassDef, gast.AsyncFunctionDef)):
            for part in ("body", "orelse", "finalbody"):
                yield from _returns(getattr(s, part, []))


def _build_gradient(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    function, result = lowered.function, lowered.result
    if check_scalar(lowered):
        function, result = with_check(lowered)
    name = f"{function.name}_{request.kind}"
    adjoint = reverse(function, lowered.inputs, independent_leaves(targets), [result], [1.0], name)
    each = gradients(adjoint, targets)
    gradient = each[0] if request.single else tuple(each)
    result = (adjoint.results[0], gradient) if request.kind == "value_and_grad" else gradient
    marker = Marker(adjoint.function.body, adjoint.forward, list(leaves(_as_tuple(gradient))))
    entry = finish(lowered, adjoint, name, result, doc_of(lowered, request))
    return [entry], marker


def with_check(lowered: Lowered) -> tuple[Function, Value]:
    """The function with a check of its result at its end, where only run time can tell that it is a scalar."""
    body = lowered.function.body
    block = Block(body.params, list(body.nodes), body.end)
    b = Builder(block)
    b.loc = lowered.result.loc
    checked = b.op(real_scalar, (lowered.result,), name=lowered.result.name)
    return Function(lowered.function.name, block), checked


def doc_of(lowered: Lowered, request: Request) -> str:
    names = ", ".join(lowered.parameters[position[0]][0] for position in request.wrt)
    what = {
        "grad": "The gradient",
        "value_and_grad": "The value and the gradient",
        "vjp": "The value, and what the pullback needs,",
    }[request.kind]
    return f"{what} of `{lowered.function.name}` with respect to {names}."


def gradients(adjoint: Reversed, targets: list[Any]) -> list[Any]:
    """The structure of each target with cotangents for leaves; None for what is not floating."""
    bars = iter(adjoint.cotangents)
    b = adjoint.builder
    out = []
    for t in targets:
        out.append(_map_leaves_in_order(t, lambda leaf: _gradient_leaf(b, leaf, bars)))
    return out


def _map_leaves_in_order(x: Any, change: Callable) -> Any:
    return map_abstract(x, change)


def _gradient_leaf(b: Builder, leaf: Any, bars: Any) -> Any:
    if not is_floating(leaf):
        return None
    bar = next(bars)
    t = leaf.type
    if t.kind == "list":
        return b.op(list_zeros, (leaf,)) if bar is None else bar
    if bar is None or not isinstance(bar, Value):
        number = 0.0 if bar is None else bar
        if t.kind == "array":
            return b.op(np.zeros_like, (leaf,)) if number == 0 else b.op(np.full_like, (leaf, number))
        return number if t.kind == "float" else t.dtype.type(number) if t.kind == "scalar" else number + 0j
    if t.kind == "array" and t.rank == 0 and bar.type.kind != "array":
        return b.op(np.asarray, (bar,))
    if t.kind == "array" and bar.type.kind == "array" and t.shape != bar.type.shape and not reads(bar, leaf):
        return b.op(shaped_like, (bar, leaf), name=bar.name)
    return bar


def reads(v: Value, leaf: Value) -> bool:
    """Whether a value is computed from an argument: then NumPy compares their shapes. In doubt, yes."""
    seen, pending = set(), [v]
    while pending:
        node = pending.pop().node
        if node is None or node in seen:
            continue
        seen.add(node)
        if not isinstance(node, Op) or (node.fun is not extent and leaf in operands(node)):
            return True
        pending.extend(operands(node))
    return False


def finish(lowered: Lowered, adjoint: Reversed, name: str, result: Any, doc: str) -> Entry:
    """Clean up a function with its adjoint and make it ready to print."""
    return finish_function(lowered, adjoint.function, lowered.parameters, name, result, doc)


def finish_function(
    lowered: Lowered, function: Function, parameters: list[tuple[str, Any]], name: str, result: Any, doc: str
) -> Entry:
    """Clean up a function and make it ready to print."""
    plain = _plain_leaves(result)
    take_captured(function, lowered)
    verify_if_asked(function, plain, "reverse")
    remove_dead_code(function, plain)
    verify_if_asked(function, plain, "dead code")
    return Entry(name, function, parameters, list(lowered.inputs.captured.values()), result, doc)


def take_captured(function: Function, lowered: Lowered) -> None:
    """Make parameters of the captured inputs that only the rules of the table read."""
    known = set(function.params)
    function.body.params.extend(v for v in lowered.inputs.captured.values() if v not in known)


def _build_vjp(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """The value with residuals, and the pullback: two functions."""
    results = [leaf for leaf in leaves_of(lowered.result)]
    seeds = seeds_for(results)
    name = f"{lowered.function.name}_vjp"
    adjoint = reverse(
        lowered.function, lowered.inputs, independent_leaves(targets), results, seeds, name, packs=True
    )
    cotangents = tuple(gradients(adjoint, targets))
    plain = _plain_leaves((cotangents, adjoint.results))
    take_captured(lowered.function, lowered)
    marker = Marker(adjoint.function.body, adjoint.forward)
    verify_if_asked(adjoint.function, plain, "reverse")
    remove_dead_code(adjoint.function, plain)
    verify_if_asked(adjoint.function, plain, "dead code")
    if request.jit is not False:
        from .targets.loops.tapes import preallocate

        preallocate(adjoint.function, plain)
    head, tail = marker.split()
    params = list(leaves(seeds))
    outside = [
        v
        for v in free_values_of_block(
            Block([], tail, Terminator("return", tuple(leaves(_as_tuple(cotangents)))))
        )
        if v not in params
    ]
    if request.jit is not False:
        from .recomputed import recomputing, storable

        unstorable = [v for v in outside if not storable(v)]
        if unstorable:
            return recomputing(lowered, targets, request, unstorable[0])
    define_on_all_paths(head, set(outside))
    values = iter(adjoint.results)
    value = map_abstract(lowered.result, lambda leaf: next(values))
    forward = Function(name, Block(lowered.function.params, head))
    backward = Function(f"{lowered.function.name}_pullback", Block([*outside, *params], tail))
    first = Entry(
        name,
        forward,
        lowered.parameters,
        list(lowered.inputs.captured.values()),
        (value, tuple(outside)),
        doc_of(lowered, request),
        fresh_results=False,
    )
    seed_values = iter(seeds)
    shape = map_abstract(lowered.result, lambda leaf: next(seed_values))
    second = Entry(
        backward.name,
        backward,
        [("residuals", tuple(outside)), ("g", shape)],
        [],
        cotangents,
        f"The pullback of `{lowered.function.name}`.",
    )
    return [first, second], marker


def define_on_all_paths(nodes: list[Any], wanted: set[Value]) -> None:
    """Where a branch leaves a residual undefined, because the pullback will not read it then, make it None."""
    for node in nodes:
        if not isinstance(node, Branch):
            continue
        for block in node.blocks:
            if block.end.kind == "yield":
                pairs = zip(node.results, block.end.values)
                block.end.values = tuple(None if r in wanted and y is UNDEFINED else y for r, y in pairs)
                define_on_all_paths(
                    block.nodes,
                    {
                        y
                        for r, y in zip(node.results, block.end.values)
                        if r in wanted and isinstance(y, Value)
                    },
                )


class Marker:
    """The place between the two sweeps of a block, kept while dead nodes are removed.

    `recomputed`: the function of the backward sweep begins with the forward sweep, from the arguments.
    """

    def __init__(
        self, block: Block, position: int, results: list[Value] | None = None, recomputed: bool = False
    ) -> None:
        self.block = block
        self.results = results or []  # the cotangents, which may be values of the forward sweep
        self.forward = set(map(id, block.nodes[:position]))
        self.recomputed = recomputed

    def split(self) -> tuple[list[Any], list[Any]]:
        nodes = self.block.nodes
        last = max((k for k, n in enumerate(nodes) if id(n) in self.forward), default=-1)
        return nodes[: last + 1], nodes[last + 1 :]


def _as_tuple(x: Any) -> Any:
    inner = children(x)
    return x if inner is None else tuple(_as_tuple(item) for item in inner)


def seeds_for(results: list[Any]) -> list[Any]:
    """A parameter for the cotangent of each result; None for those that have none."""
    return [_seed_for(r, k) for k, r in enumerate(results)]


def _seed_for(r: Any, k: int) -> Any:
    t = type_of(r)
    if isinstance(r, Value) and t.may_be_active:
        return Value(t, "g" if k == 0 else f"g{k + 1}")
    return None


def _build_value(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """The function itself, compiled."""
    new: dict[Value, Any] = {}
    body = copy_block(lowered.function.body, new)
    changed = lambda x: map_abstract(x, lambda leaf: new.get(leaf, leaf) if isinstance(leaf, Value) else leaf)
    result = changed(lowered.result)
    name = f"{lowered.function.name}_value"
    captured = [new.get(v, v) for v in lowered.inputs.captured.values()]
    parameters = [(label, changed(abstract)) for label, abstract in lowered.parameters]
    function = Function(name, body)
    remove_dead_code(function, _plain_leaves(result))
    entry = Entry(name, function, parameters, captured, result, f"The value of `{lowered.function.name}`.")
    return [entry], Marker(body, len(body.nodes))


def _build_elementwise(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    raise DifferentiationError(
        "the program of `elementwise_grad` is that of `vjp`: use `vjp`, or `source` of the sum"
    )


BUILDERS: dict[str, Callable[..., tuple[list[Entry], Any]]] = {
    "elementwise": _build_elementwise,
    "grad": _build_gradient,
    "value_and_grad": _build_gradient,
    "vjp": _build_vjp,
    "value": _build_value,
}


__all__ = ["DifferentiationError", "Request", "Specialisation", "Struct", "specialise", "variants_of"]
