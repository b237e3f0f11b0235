"""Derivatives inside interpreted code: `grad(f)(x)` in the body of a loss, or a derivative of a derivative.

The inner function is interpreted on fresh parameters for what it is differentiated by, reversed, and the
resulting operations are spliced in where the call stands. What they are made of has rules of its own, so any
number of levels nest, and no level can be taken for another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import NotScalarError
from ..ir.program import Block, Function, Terminator, Value, type_of
from ..ir.rewrite import substitute_in_block
from .abstract import BoundFunction, Closure, FunctionRef, children, leaves_of, map_abstract
from .expressions import emit
from .frame import Frame
from .staging import static


@dataclass(eq=False, slots=True)
class DerivativeOf:
    """A derivative of an abstract function, before it is called."""

    kind: str
    fun: Any
    wrt: Any


@dataclass(eq=False, slots=True)
class Checkpointed:
    """An abstract function whose intermediate values are computed again in the backward sweep."""

    fun: Any


Rule = Callable[[Frame, Any, DerivativeOf, list[Any], dict[str, Any]], Any]


def call_derivative(
    frame: Frame, node: Any, derivative: DerivativeOf, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """The value of a derivative function at abstract arguments."""
    known = replace(derivative, wrt=static(frame.low, derivative.wrt))
    return RULES[derivative.kind](frame, node, known, args, kwargs)


def _gradient(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from ..transforms.reverse import reverse

    names, bound = bind_abstract(frame, node, d.fun, args, kwargs)
    targets = [
        names[w] if isinstance(w, int) else w for w in (d.wrt if isinstance(d.wrt, tuple) else (d.wrt,))
    ]
    inner = trace(frame, node, d.fun, bound, targets)
    _demand_scalar(frame, node, inner.result)
    made = reverse(inner.function, frame.low.inputs, inner.independent, [inner.result], [1.0], "inner")
    bars = iter(made.cotangents)
    b = made.builder
    gradients = [map_abstract(inner.arguments[t], lambda leaf: leaf_gradient(b, leaf, bars)) for t in targets]
    splice(frame, made.function.body, inner)
    out = tuple(map_abstract(g, lambda leaf: returned(frame, node, leaf, inner)) for g in gradients)
    value = returned(frame, node, made.results[0], inner)
    gradient = out if isinstance(d.wrt, tuple) else out[0]
    return (value, gradient) if d.kind == "value_and_grad" else gradient


@dataclass(eq=False)
class Traced:
    """An inner function interpreted: its program, and its arguments with fresh independent leaves."""

    function: Function
    arguments: dict[str, Any]
    independent: list[Value]
    outer: dict[Value, Any]  # independent leaf -> the operand it stands for
    result: Any
    values: Any = ()


def trace(frame: Frame, node: Any, fun: Any, bound: dict[str, Any], targets: list[str]) -> Traced:
    """Interpret `fun` in a block of its own, with fresh leaves in the arguments it is differentiated by."""
    from .calls import call

    low, block = frame.low, Block()
    outer: dict[Value, Any] = {}

    def fresh(leaf: Any) -> Any:
        if type(leaf) in (float, complex) or (
            isinstance(leaf, Value) and leaf.type.dtype is not None and leaf.type.dtype.kind in "fc"
        ):
            made = Value(type_of(leaf), leaf.name if isinstance(leaf, Value) else None)
            outer[made] = low.current(leaf)
            return made
        return leaf

    def floating(x: Any) -> Any:
        if type(x) is int:
            return float(x)
        return emit(frame, node, float, x) if isinstance(x, Value) and x.type.kind == "int" else x

    arguments = {
        name: map_abstract(floating(x), fresh) if name in targets else x for name, x in bound.items()
    }
    versions = dict(low.versions)
    with low.builder.inside(block):
        result = call(frame, node, fun, [*arguments.values()], {})
        result = map_abstract(result, lambda leaf: low.current(leaf) if isinstance(leaf, Value) else leaf)
    if any(
        low.versions[root] is not versions.get(root, root)
        for root in low.versions
        if root in versions or root not in outer and _outside(root, block)
    ):
        raise frame.refuse(
            node, "a function that is differentiated inside another must not write to arrays of the outer one"
        )
    low.versions = versions
    block.params = list(outer)
    block.end = Terminator("return", ())
    return Traced(Function("inner", block), arguments, list(outer), outer, result)


def _outside(root: Value, block: Block) -> bool:
    from ..ir.program import walk

    return all(root not in n.results for n in walk(block)) and root not in block.params


def _demand_scalar(frame: Frame, node: Any, result: Any) -> None:
    if isinstance(result, (float, np.floating)):
        return
    if isinstance(result, Value) and (
        result.type.kind == "unknown"
        or (result.type.shape == () and result.type.dtype is not None and result.type.dtype.kind == "f")
    ):
        return
    raise frame.refuse(
        node,
        "the inner function's result is not a real scalar: a gradient needs one, or use `jacobian`",
        NotScalarError,
    )


def leaf_gradient(b: Any, leaf: Any, bars: Any) -> Any:
    if not (isinstance(leaf, Value) and leaf.type.dtype is not None and leaf.type.dtype.kind in "fc"):
        return None
    bar = next(bars)
    if bar is None:
        return 0.0 if leaf.type.is_scalar else b.op(np.zeros_like, (leaf,))
    return bar


def splice(frame: Frame, body: Block, inner: Traced) -> None:
    """Append the operations of a derivative to the program, on the operands they are for."""
    substitute_in_block(body, inner.outer)
    frame.builder.block.nodes.extend(body.nodes)
    frame.builder.size += len(body.nodes)


def returned(frame: Frame, node: Any, leaf: Any, inner: Traced) -> Any:
    """A result as an array of its own, that the user's code may write to."""
    leaf = inner.outer.get(leaf, leaf) if isinstance(leaf, Value) else leaf
    if isinstance(leaf, Value) and leaf.type.kind == "array":
        return emit(frame, node, np.copy, leaf)
    return leaf


def bind_abstract(
    frame: Frame, node: Any, fun: Any, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """The parameters of an abstract function and what a call binds them to."""
    from .calls import _defaults_of, bind
    from .source import find_source

    given: list[Any] = []
    while isinstance(fun, BoundFunction):
        given, kwargs, fun = [*fun.args, *given], {**fun.kwargs, **kwargs}, fun.fun
    if isinstance(fun, (FunctionRef, Closure)):
        tree = fun.node if isinstance(fun, Closure) else find_source(fun.fun).node
        defaults = (
            (fun.defaults, fun.kw_defaults)
            if isinstance(fun, Closure)
            else _defaults_of(frame, fun, tree, len(given) + len(args), kwargs)
        )
        bound = bind(frame, node, tree, defaults, [*given, *args], kwargs)
        order = [p.id for p in [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs]]
        bound = {name: bound[name] for name in order} if len(order) == len(bound) else bound
        own = list(bound)[len(given) :]
        return own, {name: bound[name] for name in own}
    names = [f"x{k}" for k in range(len(args))]
    return names, dict(zip(names, args))


# --- forward mode and second order, inside interpreted code ---------------------------------------------------


def targets_of(d: DerivativeOf, names: list[str]) -> list[str]:
    return [names[w] if isinstance(w, int) else w for w in (d.wrt if isinstance(d.wrt, tuple) else (d.wrt,))]


def push_gradient(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from ..transforms.reverse import reverse

    *args, v = args
    names, bound = bind_abstract(frame, node, d.fun, args, kwargs)
    targets = targets_of(d, names)
    inner = trace(frame, node, d.fun, bound, targets)
    _demand_scalar(frame, node, inner.result)
    made = reverse(inner.function, frame.low.inputs, inner.independent, [inner.result], [1.0], "inner")
    bars = iter(made.cotangents)
    gradients = [
        map_abstract(inner.arguments[t], lambda leaf: leaf_gradient(made.builder, leaf, bars))
        for t in targets
    ]
    found = _push(frame, made.function, inner, leaves_of(gradients), list(leaves_of(v)))
    product = [map_abstract(g, lambda leaf: returned(frame, node, next(found), inner)) for g in gradients]
    return tuple(product) if isinstance(d.wrt, tuple) else product[0]


def _push(frame: Frame, function: Function, inner: Traced, results: Any, directions: list[Any]) -> Any:
    """The tangents of results of an inner function, its operations spliced in."""
    from ..transforms.cotangent import zeros
    from ..transforms.forward import forward

    fresh = [Value(p.type, f"{p.name}_dot" if p.name else None) for p in inner.independent]
    moving = [frame.low.current(d) if isinstance(d, Value) else d for d in directions if d is not None]
    pushed = forward(function, frame.low.inputs, inner.independent, [fresh], list(results), "inner")
    tangents = [
        t if t is not None else zeros(pushed.builder, r) if isinstance(r, Value) else 0.0
        for r, t in zip(pushed.results, pushed.tangents[0])
    ]
    inner.outer.update(zip(fresh, moving, strict=True))
    inner.values = pushed.results
    splice(frame, pushed.function.body, inner)
    return iter(tangents)


def nested_jvp(frame: Frame, node: Any, fun: Any, args: Any, tangents: Any, *, jit: Any = False) -> Any:
    """`jvp(f, args, tangents)` in interpreted code."""
    names, bound = bind_abstract(frame, node, fun, list(args), {})
    targets = [name for name, t in zip(names, tangents) if t is not None]
    inner = trace(frame, node, fun, bound, targets)
    given = [leaf for t in tangents if t is not None for leaf in leaves_of(t)]
    found = _push(frame, inner.function, inner, leaves_of(inner.result), given)
    tangent = map_abstract(inner.result, lambda leaf: returned(frame, node, next(found), inner))
    values = iter(inner.values)
    value = map_abstract(inner.result, lambda leaf: returned(frame, node, next(values), inner))
    return value, tangent


def _elementwise(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The pullback of ones."""
    from ..transforms.reverse import reverse

    names, bound = bind_abstract(frame, node, d.fun, args, kwargs)
    targets = targets_of(d, names)
    inner = trace(frame, node, d.fun, bound, targets)
    seed = Value(type_of(inner.result), "seed")
    made = reverse(inner.function, frame.low.inputs, inner.independent, [inner.result], [seed], "inner")
    bars = iter(made.cotangents)
    found = [
        map_abstract(inner.arguments[t], lambda leaf: leaf_gradient(made.builder, leaf, bars))
        for t in targets
    ]
    inner.outer[seed] = 1.0 if type_of(inner.result).is_scalar else _ones_like(frame, node, inner)
    splice(frame, made.function.body, inner)
    out = tuple(map_abstract(g, lambda leaf: returned(frame, node, leaf, inner)) for g in found)
    return out if isinstance(d.wrt, tuple) else out[0]


def _ones_like(frame: Frame, node: Any, inner: Traced) -> Any:
    """Ones in the shape of the result: that of the one array it is computed from, element by element."""
    return emit(frame, node, np.ones_like, next(iter(inner.outer.values())))


def _itself(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A compiled function is the function."""
    from .calls import call

    return call(frame, node, d.fun, args, kwargs)


RULES: dict[str, Rule] = {
    "value": _itself,
    "grad": _gradient,
    "value_and_grad": _gradient,
    "hvp": push_gradient,
    "elementwise": _elementwise,
}  # those of batches and matrices are in `nested_loops.py`
__all__ = [
    "RULES",
    "DerivativeOf",
    "Traced",
    "bind_abstract",
    "call_derivative",
    "children",
    "leaf_gradient",
    "nested_jvp",
    "push_gradient",
    "returned",
    "splice",
    "targets_of",
    "trace",
]
