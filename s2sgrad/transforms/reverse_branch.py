"""The adjoint of a branch: a branch under the same test."""

from __future__ import annotations

from typing import Any

from ..frontend.primitives import zeros_if_made
from ..ir.program import UNDEFINED, Block, Branch, Terminator, Value
from .activity import breaks
from .adjoints import adjoint
from .backward import free_active, resolving, reverse_records, seed_block
from .cotangent import total, zeros
from .lookups import export_from_branch, lookup, make_again
from .regions import Mirror, Reversal
from .save import choose_kept


def reverse_branch(state: Reversal, mirror: Mirror, node: Branch) -> None:
    b = state.builder
    bars = {r: adjoint(state, mirror, r) for r in node.results if r in state.alive}
    free = free_active(state, node)
    breaking = any(breaks(block) for block in node.blocks)
    if breaking:  # what the block hands over passes through the arms that go on
        handed = [
            y
            for bar, y in mirror.tail or ()
            if bar is not None and y in state.alive and y not in node.results
        ]
        free = list(dict.fromkeys([*free, *handed]))
    if not free and not breaking:
        return
    if all(bar is None for bar in bars.values()) and not breaking:
        return
    priors = {f: total(b, mirror.adjoints.pop(f, [])) for f in free}
    made = Branch(
        lookup(state, mirror, node.test) if isinstance(node.test, Value) else node.test, Block(), Block()
    )
    outcomes, mirrors = [], []
    for block, region in zip(made.blocks, state.regions[node]):
        with b.inside(block):
            inner = Mirror(mirror, region, block, b.depth, bars=mirror.bars, index=mirror.index)
            for f, prior in priors.items():
                if prior is not None:
                    inner.adjoints[f] = [prior]
            seed_block(state, inner, _arm_pairs(region.block, bars, node.results, mirror, breaking))
            reverse_records(state, inner)
            with resolving(state, inner):
                outcomes.append([total(b, inner.adjoints.get(f, [])) for f in free])
        mirrors.append(inner)
    _join_adjoints(state, mirror, made, free, outcomes)
    for inner in mirrors:
        if inner.needs:
            supply_arm_needs(state, inner)


def _arm_pairs(block: Block, bars: dict, results: Any, outer: Mirror, last: bool) -> list[tuple[Any, Any]]:
    """What an arm hands over, beside the cotangents of where that goes; `last`: also what its block does."""
    if block.end.kind == "break":
        return list(zip(outer.bars, block.end.values))
    if block.end.kind != "yield":
        return []
    inside = dict(zip(results, block.end.values))
    pairs = [(bars.get(r), y) for r, y in inside.items()]
    return pairs + [
        (bar, inside.get(y, y) if isinstance(y, Value) else y)
        for bar, y in (outer.tail if last and outer.tail else ())
    ]


def _join_adjoints(
    state: Reversal, mirror: Mirror, made: Branch, free: list[Value], outcomes: list[list[Any]]
) -> None:
    b = state.builder
    results: list[Value] = []
    ends: tuple[list[Any], list[Any]] = ([], [])
    for k, f in enumerate(free):
        pair = [outcomes[0][k], outcomes[1][k]]
        if pair[0] is pair[1]:
            if pair[0] is not None:
                mirror.adjoints.setdefault(f, []).append(pair[0])
            continue
        for side in (0, 1):
            if pair[side] is None:
                with b.inside(made.blocks[side]):
                    pair[side] = _zero_cotangent(state, mirror, f)
            ends[side].append(pair[side])
        result = Value(f.type, f"{f.name}_bar" if f.name else None)
        results.append(result)
        mirror.adjoints.setdefault(f, []).append(result)
    if not results:
        return
    made.results = tuple(results)
    for block, values in zip(made.blocks, ends):
        block.end = Terminator("yield", tuple(values))
    b.node(made)


def _zero_cotangent(state: Reversal, mirror: Mirror, f: Value) -> Any:
    if f.type.is_scalar:
        return 0.0
    b, there = state.builder, lookup(state, mirror, f)
    if f.type.kind == "array" and may_be_missing(state, f):
        return b.op(zeros_if_made, (there,))
    return zeros(b, there)


def may_be_missing(state: Reversal, v: Value) -> bool:
    """Whether a value of the forward sweep is made in one arm of a branch alone: elsewhere it has not even a shape."""
    home = state.home.get(v)
    for node in home.records if home is not None else ():
        if isinstance(node, Branch) and v in node.results:
            ends = [
                block.end.values[node.results.index(v)] for block in node.blocks if block.end.kind == "yield"
            ]
            return any(
                y is UNDEFINED or y is None or (isinstance(y, Value) and may_be_missing(state, y))
                for y in ends
            )
    return False


def supply_arm_needs(state: Reversal, inner: Mirror) -> None:
    """Define what a reverse arm needs of its forward arm: handed out of it, or computed again."""
    from ..ir.rewrite import substitute_in_block

    region, b, block = inner.region, state.builder, inner.block
    wanted = {v: p for v, p in inner.needs.items() if p.node is None}
    supply = choose_kept(inner, list(wanted), state.final)
    have: dict[Value, Any] = {
        v: lookup(state, inner.parent, export_from_branch(state, region, v)) for v in supply.kept
    }
    head = Block()
    outer_resolve, b.resolve = b.resolve, None
    with b.inside(head):
        for v in supply.again:
            have[v] = make_again(state, inner, v, have, supply.reread.get(v))
    b.resolve = outer_resolve
    block.nodes[:0] = head.nodes
    substitute_in_block(block, {p: have[v] for v, p in wanted.items()})
