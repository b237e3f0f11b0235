"""Questions about the order of iterations: whether it matters, and what an index is used for."""

from __future__ import annotations

import operator
from typing import Any

from ...ir.program import Block, Loop, Op, Value, blocks_of, is_impure, leaves, operands, walk
from ...ir.uses import uses_of
from ...table.functional import index_add, index_set
from ...table.registry import IMPURE


def only_subscripts(body: Block, index: Value) -> bool:
    """Whether a loop's index is used for nothing but the subscripts of arrays."""
    for node in walk(body):
        if isinstance(node, Op) and node.fun in (operator.getitem, index_add, index_set):
            rest = [node.args[0], *node.args[2:]]
            if any(index is v for v in leaves(rest)) or _in_slice(node.args[1], index):
                return False
        elif any(index is v for v in operands(node)):
            return False
        if any(index is v for b in blocks_of(node) for v in leaves(b.end.values)):
            return False
    return not any(index is v for v in leaves(body.end.values))


def _in_slice(where: Any, index: Value) -> bool:
    items = where if isinstance(where, tuple) else (where,)
    return any(isinstance(i, slice) and any(index is v for v in leaves(i)) for i in items)


def order_is_free(loop: Loop) -> bool:
    """Whether a loop only adds: to numbers, and to entries of arrays that it does not read."""
    if loop.body.end.kind != "yield" or any(map(is_impure, loop.body.nodes)) or _leaves_early(loop.body):
        return False
    uses = uses_of(loop.body)
    return all(p is y or _adds(p, y, loop.body, uses) for p, y in zip(loop.carried, loop.body.end.values))


def _leaves_early(body: Block) -> bool:
    return any(b.end.kind != "yield" for n in walk(body) for b in blocks_of(n))


def _adds(p: Value, y: Any, body: Block, uses: dict[Value, list[Any]]) -> bool:
    """Whether what is carried from `p` to `y` is a sum whose terms do not read it."""
    v = p
    while v is not y:
        readers = uses.get(v, [])
        if len(readers) != 1:
            return False
        reader = readers[0]
        if isinstance(reader, Op) and reader.effect != IMPURE and _takes_in(reader, v):
            v = reader.results[0]
        elif (
            isinstance(reader, Loop) and reader.domain is not None and sum(x is v for x in reader.inits) == 1
        ):
            j = next(j for j, x in enumerate(reader.inits) if x is v)
            if not _adds(reader.carried[j], reader.body.end.values[j], reader.body, uses):
                return False
            v = reader.results[j]
        else:
            return False
    return uses.get(v, []) == [body]


def _takes_in(op: Op, v: Value) -> bool:
    """Whether an operation adds to `v` what does not depend on it."""
    if op.fun is index_add:
        return op.args[0] is v and not any(v is x for x in leaves(op.args[1:]))
    if op.fun is operator.add:
        return (op.args[0] is v) != (op.args[1] is v) and v.type.is_scalar
    return op.fun is operator.sub and op.args[0] is v and op.args[1] is not v and v.type.is_scalar


def is_natural(x: Any, known: set[Value]) -> bool:
    """Whether an integer is not negative, as its operations tell; `known` are some that are not."""
    if not isinstance(x, Value):
        return isinstance(x, int) and x >= 0
    op = x.node
    if x in known or x.extent is not None:
        return True
    sums = isinstance(op, Op) and op.fun in (operator.add, operator.mul)
    return sums and all(is_natural(a, known) for a in op.args)


def runs_over_naturals(domain: tuple[Any, Any, Any], known: set[Value]) -> bool:
    """Whether the index of a loop is never negative."""
    start, stop, step = domain
    if not isinstance(step, int):
        return False
    if step > 0:
        return is_natural(start, known)
    return stop >= -1 if isinstance(stop, int) else is_natural(stop, known) or _one_less(stop, known)


def _one_less(x: Any, known: set[Value]) -> bool:
    """Whether an integer is `n - 1` for one that is not negative."""
    op = x.node
    return isinstance(op, Op) and op.fun is operator.sub and op.args[1] == 1 and is_natural(op.args[0], known)


__all__ = ["is_natural", "only_subscripts", "order_is_free", "runs_over_naturals"]
