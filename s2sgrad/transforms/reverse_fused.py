"""The adjoint of a loop whose iterations owe each other only a sum, run right after each iteration: see `fuse`."""

from __future__ import annotations

import operator
from typing import Any

from ..ir.program import Block, Loop, Value
from ..ir.types import Type
from .adjoints import contribute
from .backward import free_active, reverse_records, seed_block
from .cotangent import total, zeros
from .fuse import is_sum
from .lookups import lookup
from .regions import Mirror, Reversal


def may_fuse(state: Reversal, mirror: Mirror, node: Loop, bars: dict[Value, Any], carried: list[int]) -> bool:
    """Whether the adjoint of an iteration can run right after the iteration: see `fuse`."""
    if mirror.parent is not None and not mirror.fused:
        return False
    if state.packs or not all(is_sum(node, k) for k in carried):
        return False
    scaled = any(isinstance(bar, Value) for bar in bars.values())
    if scaled and (
        len(carried) > 1 or any(f.type.kind in ("list", "unknown") for f in free_active(state, node))
    ):
        return False  # a list of cotangents cannot be scaled at once
    if not mirror.fused:
        return True
    waiting = [
        f
        for f in free_active(state, node)
        if not f.type.is_scalar and (scaled or not _is_carried_sum(mirror, f))
    ]
    return not waiting  # inside another loop, an array of zeros for each run of this one would cost too much


def _is_carried_sum(mirror: Mirror, f: Value) -> bool:
    """Whether the cotangent of `f` so far is a sum that the enclosing loop carries, still untouched."""
    so_far = mirror.adjoints.get(f, [])
    return len(so_far) == 1 and so_far[0] in mirror.block.params


def fuse_loop(state: Reversal, mirror: Mirror, node: Loop, bars: dict[Value, Any], free: list[Value]) -> None:
    """Append the adjoint of an iteration to the iteration, and sums of cotangents to what the loop carries."""
    b, region = state.builder, state.regions[node][0]
    scale = next((bar for bar in bars.values() if isinstance(bar, Value)), None)
    before = Block()
    with b.apart(before):
        starts = [
            mirror.adjoints.pop(f)[0] if scale is None and _is_carried_sum(mirror, f) else zeros(b, f)
            for f in free
        ]
    owner = region.parent.block
    place_of = owner.nodes.index(node)
    owner.nodes[place_of:place_of] = before.nodes
    sums = [Value(bar_type(f), f"{f.name}_bar" if f.name else None) for f in free]
    outer = b.resolve
    node.body.params.extend(sums)
    with b.apart(node.body):
        inner = Mirror(mirror, region, node.body, b.depth, fused=True)
        inner.adjoints = {f: [p] for f, p in zip(free, sums)}
        b.resolve = lambda v: lookup(state, inner, v)
        ends = zip(node.results, node.body.end.values)
        seed_block(
            state,
            inner,
            [(1.0 if scale is not None else bars.get(r), y) for r, y in ends if bars.get(r) is not None],
        )
        reverse_records(state, inner)
        totals = [total(b, inner.adjoints.get(f, [])) for f in free]
    b.resolve = outer
    node.inits.extend(starts)
    node.sums += len(sums)
    node.body.end.values = (*node.body.end.values, *totals)
    for f, p in zip(free, sums):
        result = Value(p.type, p.name, node)
        node.results.append(result)
        state.home[result] = region.parent
        contribution = result if scale is None else b.op(operator.mul, (scale, result))
        mirror.adjoints.setdefault(f, []).append(contribution)
    for k in range(len(node.carried)):
        init = node.inits[k] if k < len(node.inits) else None
        if isinstance(init, Value) and init in state.alive and bars.get(node.results[k]) is not None:
            contribute(state, mirror, init, bars[node.results[k]], False, "loop")


def bar_type(v: Value) -> Type:
    t = v.type
    return Type("unknown", t.dtype, t.shape) if t.kind == "list" and t.item is None else t
