"""`vjp(f, *args)` in interpreted code: a forward sweep where it stands, a backward one at each call of the pullback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gast

from ..ir.program import Block, Node, Value, type_of
from ..ir.rewrite import copy_block
from ..table import shapes
from ..table.checks import shaped_like
from .abstract import children, leaves_of, map_abstract
from .expressions import emit
from .frame import Frame
from .nesting import Traced, bind_abstract, leaf_gradient, returned, splice, trace


@dataclass(eq=False, slots=True)
class NestedPullback:
    """A pullback in interpreted code: the operations of the backward sweep, copied at each call."""

    inner: Traced
    backward: list[Node]
    value: Any  # in the structure of the result
    seeds: Any  # the same: what stands for the cotangent of each leaf, None where there is none
    cotangents: tuple[Any, ...]


def nested_vjp(
    frame: Frame, node: gast.AST, fun: Any, *args: Any, jit: Any = False
) -> tuple[Any, NestedPullback]:
    """The value of an inner function, and its pullback."""
    from ..transforms.reverse import reverse

    names, bound = bind_abstract(frame, node, fun, list(args), {})
    targets = [name for name in names if not _is_whole_number(bound[name])]
    inner = trace(frame, node, fun, bound, targets)
    seeds = map_abstract(inner.result, _seed_of)
    pairs = list(zip(leaves_of(inner.result), leaves_of(seeds)))
    made = reverse(
        inner.function,
        frame.low.inputs,
        inner.independent,
        [leaf for leaf, _ in pairs],
        [0.0 if seed is None else seed for _, seed in pairs],
        "inner",
    )
    bars = iter(made.cotangents)
    cotangents = tuple(
        map_abstract(
            inner.arguments[name] if name in targets else None,
            lambda leaf: leaf_gradient(made.builder, leaf, bars),
        )
        for name in names
    )
    nodes = made.function.body.nodes
    backward = nodes[made.forward :]
    splice(frame, Block(nodes=nodes[: made.forward]), inner)
    results = iter(made.results)
    value = map_abstract(inner.result, lambda leaf: returned(frame, node, next(results), inner))
    return value, NestedPullback(inner, backward, value, seeds, cotangents)


def _is_whole_number(x: Any) -> bool:
    return type(x) is int or (isinstance(x, Value) and x.type.kind == "int")


def _seed_of(leaf: Any) -> Value | None:
    floating = isinstance(leaf, Value) and leaf.type.may_be_active
    return Value(leaf.type, f"{leaf.name}_bar" if leaf.name else "seed") if floating else None


def call_pullback(frame: Frame, node: gast.AST, pullback: NestedPullback, g: Any) -> tuple[Any, ...]:
    """The cotangents of the arguments, for a cotangent in the structure of the value."""
    given = dict(_matched(frame, node, pullback.seeds, pullback.value, g))
    new: dict[Value, Any] = {**pullback.inner.outer, **given}
    frame.builder.block.nodes.extend(copy_block(Block(nodes=pullback.backward), new).nodes)
    frame.builder.size += len(pullback.backward)

    def cotangent(leaf: Any) -> Any:
        return returned(frame, node, new.get(leaf, leaf) if isinstance(leaf, Value) else leaf, pullback.inner)

    return tuple(map_abstract(c, cotangent) for c in pullback.cotangents)


def _matched(frame: Frame, node: Any, seeds: Any, value: Any, g: Any) -> Iterator[tuple[Value, Any]]:
    """Each seed with what is given for it."""
    inner = children(seeds)
    if inner is None:
        if seeds is not None:
            yield seeds, _fitted(frame, node, seeds, value, g)
        return
    parts = children(g)
    items = None if parts is None else list(parts)
    expected = list(inner)
    if items is None or len(items) != len(expected) or (isinstance(seeds, dict) and list(seeds) != list(g)):
        raise ValueError(f"the cotangent must be a {type(seeds).__name__} of {len(expected)} items")
    for seed, part, item in zip(expected, list(children(value) or ()), items):
        yield from _matched(frame, node, seed, part, item)


def _fitted(frame: Frame, node: Any, seed: Value, value: Any, g: Any) -> Any:
    """A cotangent that has the shape of the value, and its dtype."""
    if seed.type.kind == "array" and type_of(g).kind != "unknown" and type_of(g).rank != seed.type.rank:
        raise ValueError(f"the cotangent has {type_of(g).rank or 0} axes, and the value has {seed.type.rank}")
    if isinstance(g, Value) and g.type.kind == "array" and g.type.shape != seed.type.shape:
        g = emit(frame, node, shaped_like, g, value)
    want, have = seed.type.dtype, type_of(g).dtype
    if isinstance(g, Value) and want is not None and have is not None and have != want and have.kind == "f":
        g = emit(frame, node, shapes.astype, g, want)
    return frame.low.current(g)


__all__ = ["NestedPullback", "call_pullback", "nested_vjp"]
