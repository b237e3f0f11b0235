"""Escape analysis: which allocations outlive an iteration of the block that makes them.

The others are made once, before the loops around, and every iteration writes over what the last one left there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...frontend.primitives import list_append, list_of, list_set, pack
from ...ir.program import Block, Branch, Call, Function, Loop, Op, Value, blocks_of, leaves, operands, walk
from ...transforms.activity import exits
from ..ownership import WRITES, has_memory, is_view
from .stacks import record

KEEPERS = {
    list_append,
    list_of,
    list_set,
    pack,
    record,
}  # what they are given lives as long as what they make


def escaping(function: Function, results: list[Any]) -> set[Value]:
    """The allocations that a block hands over, that are put into lists, or that are returned."""
    out = set(same_memory(leaves([results, function.body.end.values])))
    for node in walk(function.body):
        if isinstance(node, Op) and node.fun in KEEPERS:
            out |= same_memory(operands(node))
        for block in blocks_of(node):
            made = {r for n in _of_an_iteration(block) for r in n.results}
            out |= made & same_memory(_handed_over(block))
    return out


def _of_an_iteration(block: Block) -> Iterator[Any]:
    """The nodes of a block, and of the arms of its branches: all that is not in a loop of its own."""
    for node in block.nodes:
        yield node
        if isinstance(node, Branch):
            for arm in node.blocks:
                yield from _of_an_iteration(arm)


def _handed_over(block: Block) -> Iterator[Value]:
    """What leaves a block at its end, and wherever a block inside leaves the loop or the function."""
    yield from leaves(block.end.values)
    for node in walk(block):
        for inner in blocks_of(node):
            if inner.end.kind != "yield":
                yield from leaves(inner.end.values)


def same_memory(values: Any) -> set[Value]:
    """These values and all that they may be views of, or may have taken the memory of."""
    out: set[Value] = set()
    pending = [v for v in values if has_memory(v)]
    while pending:
        v = pending.pop()
        if v not in out:
            out.add(v)
            pending += [x for x in leaves(_sources(v)) if has_memory(x)]
    return out


def _sources(v: Value) -> Any:
    node = v.node
    if isinstance(node, Op):
        if node.fun in WRITES:
            return node.args[0]
        shares = is_view(node) or node.entry is None or node.entry.shares
        return tuple(node.operands) if shares else ()
    if isinstance(node, Call):
        return node.args
    if isinstance(node, Branch):
        k = node.results.index(v)
        return [arm.end.values[k] for arm in node.blocks if arm.end.kind == "yield"]
    if isinstance(node, Loop):
        k = node.results.index(v)
        return [node.inits[k], *[values[k] for values in exits(node.body)]]
    return ()
