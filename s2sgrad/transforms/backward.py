"""The backward sweep of a block: its records in reverse, started from the cotangents of what it hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..ir.program import Block, Branch, Loop, Value, leaves, type_of
from .cotangent import fit
from .lookups import lookup
from .regions import Mirror, Reversal, may_break_at_end

REVERSALS: dict[type, Callable[..., None]] = {}  # how each kind of node is reversed: filled by `reverse`


def reverse_records(state: Reversal, mirror: Mirror) -> None:
    b = state.builder
    outer = b.resolve
    b.resolve = lambda v: lookup(state, mirror, v)
    try:
        for node in reversed(mirror.region.records):
            with b.at(node.loc, node.state):
                REVERSALS[type(node)](state, mirror, node)
    finally:
        b.resolve = outer


def free_active(state: Reversal, node: Branch | Loop) -> list[Value]:
    """The active values that a node's blocks read from outside."""
    direct = set(leaves(tuple(node.operands))) if isinstance(node, Branch) else set()
    inside = [v for block in node.blocks for v in block_reads(block)]
    del direct
    return [v for v in dict.fromkeys(inside) if v in state.alive]


def block_reads(block: Block) -> list[Value]:
    from ..ir.program import free_values_of_block

    return free_values_of_block(block)


def seed_block(state: Reversal, inner: Mirror, pairs: list[tuple[Any, Any]]) -> None:
    """Start the adjoint of a block from the cotangents of what it hands over.

    Where the block's last node may break, what it hands over at its end counts only if it did not: the arms
    of that branch are started instead.
    """
    pairs = [(bar, y) for bar, y in pairs if bar is not None and isinstance(y, Value)]
    if may_break_at_end(inner.region.block):
        inner.tail = pairs
        return
    for bar, y in pairs:
        if y in state.alive:
            elementwise = y.type.shape != type_of(bar).shape and y.type.kind != "list"
            with resolving(state, inner):  # the shape of `y` is known inside only
                inner.adjoints.setdefault(y, []).append(fit(state.builder, bar, y, elementwise, "loop"))


@contextmanager
def resolving(state: Reversal, mirror: Mirror) -> Iterator[None]:
    """Look operands up from `mirror` for a while."""
    outer, state.builder.resolve = state.builder.resolve, lambda v: lookup(state, mirror, v)
    try:
        yield
    finally:
        state.builder.resolve = outer
