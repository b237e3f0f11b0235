"""The compiler driver: from a function and its arguments to a loaded derivative, and the cache of those.

    lower -> reverse -> clean up -> print -> load

A specialisation serves every call whose arguments have the same description and whose captured inputs still
satisfy the facts that were read when it was made.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import DifferentiationError, NotScalarError
from .frontend.abstract import ObjectRef, Path, Struct, children, leaves_of, map_abstract
from .frontend.capture import Guard, Inputs, code_of, describe, identity
from .frontend.lower import Lowered, lower
from .ir.builder import Builder
from .ir.program import Block, Function, Terminator, Value, free_values_of_block, leaves, type_of
from .optimize.carried import drop_invariant_carried
from .optimize.dead_code import remove_dead_code
from .table import registry
from .targets.module_cache import load, log
from .targets.numpy import Entry, Text, print_module
from .transforms.reverse import Reversed, reverse

VARIANTS_KEPT = 64  # specialisations of one function kept; the least recently used are forgotten
MANY_VARIANTS = 32
FUNCTIONS_KEPT = 1024


@dataclass(frozen=True)
class Request:
    """What is asked of a function: the kind of derivative, and of which arguments."""

    kind: str  # "grad", "value_and_grad", "vjp"
    wrt: tuple[tuple[int, ...], ...]  # positions, each with a place in *args or **kwargs
    single: bool = True  # one position given bare: one gradient, not a tuple of one
    jit: Any = False


@dataclass(eq=False)
class Specialisation:
    """One compiled derivative, and what to check and read before it runs."""

    text: Text
    run: Callable[..., Any]
    pullback: Callable[..., Any] | None
    fetch: Callable[..., Any]
    lowered: Lowered
    generation: int
    entry_name: str
    saved: list[Any]
    check_scalar: bool = False
    result: Any = None
    stages: Any = None


_lock = threading.RLock()
_functions: OrderedDict[Any, OrderedDict[Any, list[Specialisation]]] = OrderedDict()


def variants_of(fun: Any, request: Request) -> OrderedDict[Any, list[Specialisation]]:
    """The specialisations of a function for a request; functions with one code object share them."""
    code = getattr(fun, "__code__", None)
    key = ((code, id(fun.__globals__)) if code is not None else _identity_key(fun), request)
    with _lock:
        found = _functions.get(key)
        if found is None:
            found = _functions[key] = OrderedDict()
            if len(_functions) > FUNCTIONS_KEPT:
                _functions.popitem(last=False)
        return found


def _identity_key(fun: Any) -> Any:
    import functools
    import types

    if isinstance(fun, types.MethodType):
        return ("method", fun.__func__.__code__ if hasattr(fun.__func__, "__code__") else id(fun.__func__), type(fun.__self__))
    if isinstance(fun, functools.partial):
        return ("partial", describe(fun))
    return _Kept(fun)


class _Kept:
    """An object as a key, by identity, kept alive as long as the key."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __hash__(self) -> int:
        return id(self.obj)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.obj is self.obj


def specialise(fun: Any, names: list[str], args: list[Any], request: Request, variants: OrderedDict, key: Any) -> Specialisation:
    """Compile `fun` for these arguments and remember it."""
    with _lock:
        for known in variants.get(key, ()):
            if known.generation == registry.generation() and known.fetch(fun, args) is not None:
                return known
        start = time.perf_counter()
        made = compile_derivative(fun, names, args, request)
        same = [s for s in variants.get(key, []) if s.generation == registry.generation()]
        variants[key] = [made, *same][:8]
        while len(variants) > VARIANTS_KEPT:
            variants.popitem(last=False)
        if len(variants) == MANY_VARIANTS:
            warnings.warn(f"{MANY_VARIANTS} versions of the derivative of `{getattr(fun, '__name__', fun)}` have been compiled: an argument keeps changing its type or structure", RuntimeWarning, stacklevel=3)
        log(f"{request.kind} of {getattr(fun, '__name__', fun)} compiled for {key!r:.200} in {time.perf_counter() - start:.3f} s")
        return made


# --- the pipeline -----------------------------------------------------------------------------------------------------------


def compile_derivative(fun: Any, names: list[str], args: list[Any], request: Request) -> Specialisation:
    """The whole pipeline for one signature."""
    generation = registry.generation()
    lowered = lower(fun, names, args)
    drop_invariant_carried(lowered.function.body)
    targets = [_target(lowered, position) for position in request.wrt]
    entries, check, result = BUILDERS[request.kind](lowered, targets, request)
    text = print_module(entries, header_of(fun, request))
    module = load(text.text, entries[0].name)
    vars(module).update(text.externals)
    run = getattr(module, entries[0].name)
    pullback = getattr(module, entries[1].name) if len(entries) > 1 else None
    fetch = make_fetch(lowered.inputs, list(lowered.inputs.captured))
    return Specialisation(text, run, pullback, fetch, lowered, generation, entries[0].name, [], check, result, entries)


def header_of(fun: Any, request: Request) -> str:
    return f"Generated by s2sgrad from {getattr(fun, '__name__', 'a function')}."


def _target(lowered: Lowered, position: tuple[int, ...]) -> Any:
    """The abstract value of what is differentiated with respect to."""
    _, abstract = lowered.parameters[position[0]]
    for place in position[1:]:
        abstract = abstract[place]
    return abstract


def independent_leaves(targets: list[Any]) -> list[Value]:
    return [leaf for t in targets for leaf in leaves_of(t) if isinstance(leaf, Value) and leaf.type.dtype is not None and leaf.type.dtype.kind in "fc"]


def check_scalar(lowered: Lowered) -> bool:
    """Demand a real floating scalar result; True if only run time can tell."""
    r = lowered.result
    if isinstance(r, Value):
        if r.type.kind == "unknown" or r.type.dtype is None:
            return True
        if r.type.shape == () and r.type.dtype.kind == "f":
            return False
        what = f"an array of shape {tuple(map(_extent_text, r.type.shape))}" if r.type.shape else f"{_article(r.type.dtype)} {r.type.dtype}" if r.type.shape == () else f"a {r.type.kind}"
        raise _not_scalar(lowered, what)
    if isinstance(r, (float, np.floating)):
        return False
    raise _not_scalar(lowered, "None" if r is None else f"a {type(r).__name__}")


def _article(dtype: Any) -> str:
    return "an" if str(dtype)[0] in "aeiou" else "a"


def _extent_text(n: Any) -> Any:
    if isinstance(n, int):
        return n
    return _Bare("n")


class _Bare(str):
    def __repr__(self) -> str:
        return str(self)


def _not_scalar(lowered: Lowered, what: str) -> NotScalarError:
    location = None
    if isinstance(lowered.result, Value) and lowered.result.loc is not None:
        source, node = lowered.result.loc
        location = source.location(node)
    else:
        location = return_location(lowered)
    return NotScalarError(f"the result of `{lowered.function.name}` is {what}, and a gradient needs a real scalar: use `jacobian`, or reduce the result (`np.sum`)", location)


def return_location(lowered: Lowered) -> Any:
    import gast

    source = getattr(lowered, "source", None)
    if source is None:
        return None
    returns = [n for n in gast.walk(source.node) if isinstance(n, gast.Return)]
    return source.location(returns[-1] if returns else source.node)


def _build_gradient(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], bool, Any]:
    at_run_time = check_scalar(lowered)
    with_value = request.kind == "value_and_grad"
    name = f"{lowered.function.name}_{request.kind}"
    adjoint = reverse(lowered.function, lowered.inputs, independent_leaves(targets), [lowered.result], [1.0], name)
    gradient = gradients(adjoint, targets)
    gradient = gradient[0] if request.single else tuple(gradient)
    value = adjoint.results[0]
    result = (value, gradient) if with_value or at_run_time else gradient
    entry = finish(lowered, adjoint, name, result, doc_of(lowered, request))
    return [entry], at_run_time, result


def doc_of(lowered: Lowered, request: Request) -> str:
    names = ", ".join(lowered.parameters[position[0]][0] for position in request.wrt)
    what = {"grad": "The gradient", "value_and_grad": "The value and the gradient", "vjp": "The value, and what the pullback needs,"}[request.kind]
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
    if not (isinstance(leaf, Value) and leaf.type.dtype is not None and leaf.type.dtype.kind in "fc"):
        return None
    bar = next(bars)
    t = leaf.type
    if bar is None or not isinstance(bar, Value):
        number = 0.0 if bar is None else bar
        if t.kind == "array":
            return b.op(np.zeros_like, (leaf,)) if number == 0 else b.op(np.full_like, (leaf, number))
        return number if t.kind == "float" else t.dtype.type(number) if t.kind == "scalar" else number + 0j
    if t.kind == "array" and t.rank == 0 and bar.type.kind != "array":
        return b.op(np.asarray, (bar,))
    return bar


def finish(lowered: Lowered, adjoint: Reversed, name: str, result: Any, doc: str) -> Entry:
    """Clean up a function and make it ready to print."""
    plain = [leaf for leaf in leaves_of(result) if isinstance(leaf, Value)]
    remove_dead_code(adjoint.function, plain)
    used = {v for v in free_values_of_block(_without_params(adjoint.function.body))} | set(plain)
    captured = [v for v in lowered.inputs.captured.values()]
    del used
    return Entry(name, adjoint.function, _parameters(lowered), captured, result, doc)


def _without_params(block: Block) -> Block:
    return Block([], block.nodes, block.end)


def _parameters(lowered: Lowered) -> list[tuple[str, Any]]:
    """The user's parameters; leaves read from objects are found by their paths."""
    out = []
    for k, (label, abstract) in enumerate(lowered.parameters):
        if isinstance(abstract, ObjectRef):
            abstract = ObjectLeaves({path[1:]: v for path, v in lowered.inputs.leaves.items() if path[0] == ("arg", k)})
        out.append((label, abstract))
    return out


@dataclass(frozen=True)
class ObjectLeaves:
    """An object's leaves by the path of attributes and items that leads to each."""

    leaves: dict[Path, Value]


def _build_vjp(lowered: Lowered, targets: list[Any], request: Request) -> tuple[list[Entry], bool, Any]:
    """The value with residuals, and the pullback: two functions."""
    results = [leaf for leaf in leaves_of(lowered.result)]
    seeds = [_seed_for(r, k) for k, r in enumerate(results)]
    name = f"{lowered.function.name}_vjp"
    adjoint = reverse(lowered.function, lowered.inputs, independent_leaves(targets), results, seeds, name)
    cotangents = tuple(gradients(adjoint, targets))
    plain = [leaf for leaf in leaves_of((cotangents, adjoint.results)) if isinstance(leaf, Value)]
    boundary = adjoint.function.body.nodes[adjoint.forward - 1] if adjoint.forward else None
    marker = _Marker(adjoint.function.body, adjoint.forward)
    remove_dead_code(adjoint.function, plain)
    del boundary
    head, tail = marker.split()
    params = list(leaves(seeds))
    outside = [v for v in free_values_of_block(Block([], tail, Terminator("return", tuple(leaves(_as_tuple(cotangents)))))) if v not in params]
    values = iter(adjoint.results)
    value = map_abstract(lowered.result, lambda leaf: next(values))
    forward = Function(name, Block(lowered.function.params, head))
    backward = Function(f"{lowered.function.name}_pullback", Block([*outside, *params], tail))
    first = Entry(name, forward, _parameters(lowered), list(lowered.inputs.captured.values()), (value, tuple(outside)), doc_of(lowered, request), fresh_results=False)
    seed_values = iter(seeds)
    shape = map_abstract(lowered.result, lambda leaf: next(seed_values))
    second = Entry(backward.name, backward, [("residuals", tuple(outside)), ("g", shape if not isinstance(shape, Value) else shape)], [], cotangents, f"The pullback of `{lowered.function.name}`.")
    return [first, second], False, (value, cotangents)


class _Marker:
    """The place between two sweeps of a block, kept while dead nodes are removed."""

    def __init__(self, block: Block, position: int) -> None:
        self.block = block
        self.forward = set(map(id, block.nodes[:position]))

    def split(self) -> tuple[list[Any], list[Any]]:
        nodes = self.block.nodes
        return [n for n in nodes if id(n) in self.forward], [n for n in nodes if id(n) not in self.forward]


def _as_tuple(x: Any) -> Any:
    inner = children(x)
    return x if inner is None else tuple(_as_tuple(item) for item in inner)


def _seed_for(r: Any, k: int) -> Any:
    t = type_of(r)
    if isinstance(r, Value) and t.may_be_active:
        return Value(t if t.kind == "array" else t, "g" if k == 0 else f"g{k + 1}")
    return None


BUILDERS: dict[str, Callable[..., tuple[list[Entry], bool, Any]]] = {
    "grad": _build_gradient,
    "value_and_grad": _build_gradient,
    "vjp": _build_vjp,
}


# --- reading captured inputs -----------------------------------------------------------------------------------------------------


def make_fetch(inputs: Inputs, paths: list[Path]) -> Callable[[Any, Any], Any]:
    """A function `(fun, args) -> captured values`, or None where a guarded fact no longer holds."""
    space: dict[str, Any] = {"describe": describe}
    lines = ["def fetch(fun, args):"]
    needed = [g for g in inputs.guards.values()]
    if needed or paths:
        lines.append("    try:")
        for k, guard in enumerate(needed):
            lines.append(f"        if {_guard_text(guard, k, space, inputs)}: return None")
        lines.append("        return (" + "".join(f"{_path_text(p, space, inputs)}, " for p in paths) + ")")
        lines.append("    except (KeyError, IndexError, AttributeError, ValueError, TypeError): return None")
    else:
        lines.append("    return ()")
    exec(compile("\n".join(lines), "<captured inputs>", "exec"), space)
    return space["fetch"]


def _guard_text(guard: Guard, k: int, space: dict[str, Any], inputs: Inputs) -> str:
    where = _path_text(guard.path, space, inputs)
    space[f"expected{k}"] = guard.expected
    if guard.fact is identity:
        return f"{where} is not expected{k}"
    if guard.fact is code_of:
        space[f"expected{k}"] = guard.expected[0]
        return f"getattr({where}, '__code__', None) is not expected{k}"
    if guard.fact is type:
        return f"type({where}) is not expected{k}"
    space[f"fact{k}"] = guard.fact
    return f"fact{k}({where}) != expected{k}"


def _path_text(path: Path, space: dict[str, Any], inputs: Inputs) -> str:
    (root, key), *steps = path
    if root == "globals":
        space[f"globals{key}"] = inputs.globals[key]
        text = f"globals{key}"
    elif root == "object":
        space[f"object{key}"] = inputs.objects[key]
        text = f"object{key}"
    else:
        text = "fun" if root == "fun" else f"args[{key}]"
    for kind, key in steps:
        if kind == "item":
            text += f"[{key!r}]"
        elif kind == "attr":
            text += f".{key}"
        else:
            text += f".__closure__[{key}].cell_contents"
    return text


__all__ = ["DifferentiationError", "Request", "Specialisation", "Struct", "specialise", "variants_of"]
