"""Sums into one entry of an array, kept in a register while a loop runs.

A loop that adds to `a[i]`, whose index it does not change, and that does not read `a`, adds up a number instead, which
is added to the entry when the loop is done: a store less an iteration, and one thing less that keeps the loop from
becoming vector instructions.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...ir.program import Block, Function, Loop, Op, Terminator, Value, blocks_of, leaves, walk
from ...ir.rewrite import substitute_in_block
from ...ir.types import Type, scalar
from ...ir.uses import uses_of
from ...table.functional import index_add
from .order import order_is_free
from .tapes import operation


def keep_in_registers(function: Function) -> None:
    """Rewrite the loops of a function, inner ones first."""
    _in_block(function.body)


def _in_block(block: Block) -> None:
    out: list[Any] = []
    for node in block.nodes:
        for inner in blocks_of(node):
            _in_block(inner)
        out.append(node)
        if isinstance(node, Loop) and node.domain is not None and order_is_free(node):
            out.extend(_rewritten(node))
    block.nodes = out


def _rewritten(loop: Loop) -> list[Op]:
    """Take sums of entries that do not move out of a loop; the additions that come after it."""
    inside = {r for n in walk(loop.body) for r in n.results} | set(loop.body.params)
    inside |= {p for n in walk(loop.body) for b in blocks_of(n) for p in b.params}
    after: list[Op] = []
    for j, p in enumerate(list(loop.carried)):
        if p.type.kind != "array" or p.type.dtype is None or p.type.dtype.kind not in "fc":
            continue
        for op in _additions(loop, p):
            if _is_fixed(op, inside):
                after.insert(0, _take_out(loop, op, j))  # the latest taken out is the first to be added
    return after


def _additions(loop: Loop, p: Value) -> list[Op]:
    """The additions to an array in a loop's own block, in order."""
    uses = uses_of(loop.body)
    out, v = [], p
    while True:
        reader = uses[v][0] if len(uses.get(v, [])) == 1 else None
        if isinstance(reader, Loop):
            v = reader.results[next(j for j, x in enumerate(reader.inits) if x is v)]
        elif isinstance(reader, Op) and reader.fun is index_add:
            out.append(reader)
            v = reader.results[0]
        else:
            return out


def _is_fixed(op: Op, inside: set[Value]) -> bool:
    """Whether an addition is of a number, always to the same entry."""
    x, index, v = op.args
    items = index if isinstance(index, tuple) else (index,)
    one = isinstance(v, Value) and v.type.shape == () and len(items) == x.type.rank
    numbers = all(type(i) is int or (isinstance(i, Value) and i.type.is_scalar) for i in items)
    return one and numbers and not any(i in inside for i in leaves(index))


def _take_out(loop: Loop, op: Op, j: int) -> Op:
    """Carry the sum of what `op` adds; the addition to make after the loop."""
    x, index, v = op.args
    t: Type = scalar(x.type.dtype)
    carried, result = Value(t), Value(t, None, loop, loop.loc)
    total = operation(operator.add, (carried, v), t, None, op)
    loop.body.nodes[loop.body.nodes.index(op)] = total
    substitute_in_block(loop.body, {op.results[0]: x})
    loop.inits.append(x.type.dtype.type(0) if x.type.dtype not in (np.float64, np.complex128) else 0.0)
    loop.body.params.append(carried)
    loop.results.append(result)
    loop.sums += 1  # read by nothing but the addition
    loop.body.end = Terminator("yield", (*loop.body.end.values, total.results[0]))
    old = loop.results[j]
    new = Value(old.type, old.name, loop, old.loc)
    loop.results[j] = new
    addition = operation(index_add, (new, index, result), old.type, old.name, op)
    addition.results = (old,)
    old.node = addition
    return addition


__all__ = ["keep_in_registers"]
