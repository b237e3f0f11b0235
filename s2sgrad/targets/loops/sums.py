"""Sums of arrays that a loop carries, made in place: `total = total + e` is `total += e` where nobody else reads it."""

from __future__ import annotations

import operator
from typing import Any

from ...ir.program import Function, Loop, Op, Value, walk
from ...ir.types import Type
from ...ir.uses import uses_of
from ...table.functional import index_add
from .tapes import operation


def add_in_place(function: Function) -> None:
    """Rewrite the loops of a function."""
    for node in walk(function.body):
        if isinstance(node, Loop):
            _in_loop(node)


def _in_loop(loop: Loop) -> None:
    uses = uses_of(loop.body)
    for p, y in zip(loop.carried, loop.body.end.values):
        op = y.node if isinstance(y, Value) else None
        if not isinstance(op, Op) or op not in loop.body.nodes or not _same_shape(p.type, y.type):
            continue
        term = _term(op, p)
        if term is None or uses.get(p) != [op] or uses.get(y) != [loop.body]:
            continue
        y.type = p.type
        added = operation(index_add, (p, Ellipsis, term), p.type, y.name, op)
        added.results, y.node = (y,), added
        loop.body.nodes[loop.body.nodes.index(op)] = added


def _same_shape(before: Type, after: Type) -> bool:
    """Whether a sum surely has the shape of what it was added to, or fails: no axis of that is stretched."""
    if before.dtype != after.dtype or not before.shape or after.rank != before.rank:
        return False
    return all(
        e == other or (e != 1 if isinstance(e, int) else e.not_one)
        for e, other in zip(before.shape, after.shape)
    )


def _term(op: Op, p: Value) -> Any:
    """What an addition adds to `p`."""
    if op.fun is not operator.add or op.kwargs:
        return None
    a, b = op.args
    other = b if a is p else a
    return other if isinstance(other, Value) and other is not p and other.type.dtype == p.type.dtype else None
