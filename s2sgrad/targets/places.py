"""Where values are made and last read: what decides whether an expression may move and a name be used again.

A place is a block and the number of a node in it; the end of a block has the number after its last node. What
happens in an inner block happens, seen from outside, at the node that owns it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..ir.program import Block, Branch, Op, Value, blocks_of, leaves, operands
from .ownership import WRITES

READ, INSIDE, WRITE = range(3)  # the moments of node `k` are `4 * k` and one of these


@dataclass(eq=False)
class Places:
    """For a function: the owner of each block, and for each value its place, readers and last read."""

    owner: dict[Block, tuple[Block, int, int, Any]] = field(default_factory=dict)  # outer block, node, arm
    made: dict[Value, tuple[Block, int]] = field(default_factory=dict)
    uses: dict[Value, int] = field(default_factory=dict)
    reader: dict[Value, tuple[Block, int]] = field(
        default_factory=dict
    )  # the place of the latest read counted
    last: dict[Value, int] = field(
        default_factory=dict
    )  # the moment of the last read, in the value's own block
    pinned: set[Value] = field(default_factory=set)  # must have a line and a name

    def read(self, v: Value, block: Block, k: int) -> None:
        """Count a read of `v` at a place."""
        self.uses[v] = self.uses.get(v, 0) + 1
        self.reader[v] = (block, k)
        self.extend(v, block, k)

    def extend(self, v: Value, block: Block, k: int) -> None:
        """Note that `v` has to last until a place."""
        home = self.made.get(v)
        if home is None:
            return
        moment = 4 * k + READ
        while block is not home[0]:
            if block not in self.owner:
                return
            block, k = self.owner[block][:2]
            moment = 4 * k + INSIDE
        self.last[v] = max(self.last.get(v, -1), moment)

    def end_of(self, v: Value) -> int:
        """The moment of the last read of a value."""
        return self.last.get(v, -1)


def find_places(body: Block, results: list[Value]) -> Places:
    """Go through a function once."""
    places = Places()
    _block(places, body)
    for v in results:
        places.read(v, body, len(body.nodes))
    return places


def _block(places: Places, block: Block) -> None:
    for p in block.params:
        places.made[p] = (block, -1)
    for k, node in enumerate(block.nodes):
        for v in operands(node):
            places.read(v, block, k)
        if isinstance(node, Op):
            if node.fun in WRITES:
                places.pinned.update(leaves(node.args[0]))
        else:
            for arm, inner in enumerate(blocks_of(node)):
                places.owner[inner] = (block, k, arm, node)
                _block(places, inner)
        for r in node.results:
            places.made[r] = (block, k)
    for v in leaves(block.end.values):
        places.read(v, block, len(block.nodes))
        if block in places.owner:
            places.pinned.add(v)


@dataclass(frozen=True)
class Span:
    """The stretch of a block, first and last moment, for which a name is taken."""

    block: Block
    start: int
    stop: int


def overlap(places: Places, a: Span, b: Span) -> bool:
    """Whether two spans meet at some moment; the arms of a branch are never run together."""
    if a.block is b.block:
        return a.start <= b.stop and b.start <= a.stop
    outward = _chain(places, a.block)
    arms = {block: (k, arm, node) for block, k, arm, node in outward}
    if b.block in arms:
        return _inside(b, arms[b.block][0])
    for block, k, arm, node in _chain(places, b.block):
        if block is a.block:
            return _inside(a, k)
        if block in arms:
            other, other_arm, _ = arms[block]
            return other == k and not (isinstance(node, Branch) and arm != other_arm)
    return True


def _inside(span: Span, k: int) -> bool:
    """Whether a span meets what happens in the blocks of node `k`."""
    return span.start <= 4 * k + INSIDE <= span.stop


def _chain(places: Places, block: Block) -> list[tuple[Block, int, int, Any]]:
    """The blocks around a block, each with the node, the arm and the node that hold it."""
    out = []
    while block in places.owner:
        out.append(places.owner[block])
        block = out[-1][0]
    return out
