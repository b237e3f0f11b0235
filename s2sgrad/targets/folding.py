"""Which values are written where they are used, and have no line and no name of their own.

A value is folded if it has no name of the user's, is read once, in the block that makes it, and nothing
between the two places could change what its expression means: a write to memory that it reads, an effect, a
new use of a name that it reads.
"""

from __future__ import annotations

from typing import Any

from ..frontend.primitives import extent, list_append, list_pop, list_set
from ..ir.program import Block, Loop, Op, Value, operands
from ..table.registry import IMPURE
from .names import span_of
from .ownership import WRITES, has_memory, shown
from .places import READ, Span, overlap
from .printer import Part, Printer, labelled_leaves

FOLDED_WIDTH = 72  # characters of an expression that is folded into another
RETURNED_WIDTH = 60  # of one that is folded into the last line
FARTHEST = 400  # nodes between an expression and its reader
NOTHING: frozenset[Any] = frozenset()


def folds(p: Printer, node: Op, part: Part, block: Block, k: int) -> bool:
    """Whether the result of node `k` of a block is written where it is used."""
    result = node.results[0]
    if not p.folds or keeps_line(node, result) or result in p.places.pinned or node.effect == IMPURE:
        return False
    if p.places.uses.get(result) != 1:
        return False
    home, target = p.places.reader[result]
    widest = FOLDED_WIDTH if target < len(block.nodes) else RETURNED_WIDTH
    if home is not block or not k < target <= k + FARTHEST or part.size > widest:
        return False
    until = Span(block, 4 * k + READ, 4 * target + READ)
    return not crosses_write(p, node, block, k, target) and reaches(p, node, until)


def keeps_line(node: Op, result: Value) -> bool:
    """Whether a value has a line: the user's own names, and cotangents of those."""
    return result.name is not None and (not node.backward or result.name.endswith("_bar"))


def always_inline(p: Printer, node: Op, block: Block, k: int) -> bool:
    """Extents are written as `x.shape[0]` wherever they are used."""
    x = node.args[0] if node.fun is extent else None
    if not p.folds or not isinstance(x, Value) or x not in p.labels:
        return False
    return reaches(p, node, Span(block, 4 * k + READ, p.places.end_of(node.results[0])))


def reaches(p: Printer, node: Op, until: Span) -> bool:
    """Whether all names that an expression reads mean the same to the end of a span; if so, they are held."""
    read = {x for o in operands(node) for x in labelled_leaves(p, o)}
    if any(taken_over(p, v, until) for v in read):
        return False
    for v in read:
        if p.places.made[v][0] is until.block:
            p.places.last[v] = max(p.places.end_of(v), until.stop)
        p.names.hold(p.labels[v], span_of(p.places, v))
    return True


def taken_over(p: Printer, v: Value, until: Span) -> bool:
    """Whether another value has the name of `v` at some moment of a span, which `v` itself need not reach."""
    own = span_of(p.places, v)
    held = p.names.taken.get(p.labels[v], ())
    if own.block is not until.block:
        return any(h.block is until.block and overlap(p.places, h, until) for h in held)
    longer = Span(own.block, own.start, max(own.stop, until.stop))
    return any(overlap(p.places, h, longer) and not overlap(p.places, h, own) for h in held)


def crosses_write(p: Printer, node: Op, block: Block, k: int, target: int) -> bool:
    """Whether moving an expression from place `k` to `target` would carry it over an effect it could see."""
    reads = memory_read(p, node)
    for other in block.nodes[k + 1 : target]:
        if not isinstance(other, Op) or other.effect == IMPURE or other.state != node.state:
            return True
        if other.fun in WRITES and reads and p.found.roots.get(other.results[0], NOTHING) & reads:
            return True
    if target == len(block.nodes):
        return bool(node.state)
    return meets_write(p, node, block.nodes[target], reads)


def meets_write(p: Printer, node: Op, user: Any, reads: frozenset[Any]) -> bool:
    """Whether the reader itself would do something else first."""
    if user.state != node.state:
        return True
    if isinstance(user, Loop):
        return user.domain is None or not any(node.results[0] is x for x in user.operands)
    if not isinstance(user, Op) or user.fun not in (list_append, list_pop, list_set):
        return False
    return bool(reads & p.found.roots.get(user.results[0], NOTHING))


def memory_read(p: Printer, node: Op) -> frozenset[Any]:
    """The roots of the memory that an expression reads, with what is folded into it."""
    out: frozenset[Any] = NOTHING
    for v in operands(node):
        if has_memory(v):
            out |= shown(p.found, v)
        if v in p.folded and isinstance(v.node, Op):
            out |= memory_read(p, v.node)
    return out
