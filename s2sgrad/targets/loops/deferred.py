"""Sums of outer products, deferred: the vectors of all iterations are kept, and one matrix product follows the loop.

A loop that adds `outer(a, b)` to a matrix in each iteration passes over the whole matrix every time. Where one of the
vectors is kept for each iteration already, a row of an array from outside, the other is kept too.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...frontend.primitives import extent
from ...ir.program import Block, Function, Loop, Op, Terminator, Value, blocks_of
from ...ir.types import INT, Dim, array
from ...ir.uses import uses_of
from ...table.functional import index_add, index_set
from ...transforms.activity import exits
from .tapes import operation


def defer_products(function: Function) -> None:
    """Rewrite the loops of a function, inner ones first."""
    _in_block(function.body)


def _in_block(block: Block) -> None:
    out: list[Any] = []
    for node in block.nodes:
        for inner in blocks_of(node):
            _in_block(inner)
        after: list[Op] = []
        if isinstance(node, Loop):
            bound = _trips(node)
            if bound is not None:
                after = _Deferral(node, bound, out).run()
        out += [node, *after]
    block.nodes = out


def _trips(loop: Loop) -> tuple[Any, int] | None:
    """What to add to which bound for the number of iterations of a loop over 0, ..., n - 1 in either direction."""
    if loop.domain is None or loop.body.end.kind != "yield" or len(exits(loop.body)) != 1:
        return None
    start, stop, step = loop.domain
    if type(step) is int and step == -1 and type(stop) is int and stop == -1:
        return start, 1
    return (stop, 0) if type(step) is int and step == 1 and type(start) is int and start == 0 else None


class _Deferral:
    """One loop: what is made before it, and the vectors that it keeps."""

    def __init__(self, loop: Loop, bound: tuple[Any, int], before: list[Any]) -> None:
        self.loop, self.bound, self.before = loop, bound, before
        self.uses = uses_of(loop.body)
        self.kept: dict[Value, Value] = {}
        self.count: Value | None = None

    def run(self) -> list[Op]:
        """Take the sums out of the loop; the products that are to follow it."""
        after: list[Op] = []
        for p in list(self.loop.carried):
            j = self.loop.carried.index(p)
            op = self._sum_of_products(p, self.loop.body.end.values[j])
            if op is not None:
                after += self._take_out(j, op)
        return after

    def _sum_of_products(self, p: Value, y: Any) -> Op | None:
        op = y.node if isinstance(y, Value) else None
        if not isinstance(op, Op) or op.fun is not index_add or op.args[:2] != (p, Ellipsis):
            return None
        product = op.args[2].node if isinstance(op.args[2], Value) else None
        if not isinstance(product, Op) or product.fun is not np.outer or product not in self.loop.body.nodes:
            return None
        if self.uses.get(p) != [op] or self.uses.get(y) != [self.loop.body] or self.uses[op.args[2]] != [op]:
            return None
        a, b = product.args
        same = all(isinstance(v, Value) and v.type.rank == 1 and v.type.dtype == p.type.dtype for v in (a, b))
        return op if same and p.type.dtype.kind == "f" and (self._row(a) or self._row(b)) else None

    def _row(self, v: Value) -> Value | None:
        """The array from outside of which a vector is the row of the iteration."""
        node = v.node
        if (
            not isinstance(node, Op)
            or node.fun is not operator.getitem
            or not isinstance(node.args[0], Value)
        ):
            return None
        x, index = node.args
        items = index if isinstance(index, tuple) else (index,)
        rest = all(i is Ellipsis or i == slice(None) for i in items[1:])
        own = items[0] is self.loop.body.params[0] and rest and x.type.rank == 2
        inside = x in self.loop.body.params or x.node in self.loop.body.nodes
        return x if own and not inside else None

    def _take_out(self, j: int, op: Op) -> list[Op]:
        loop, product = self.loop, op.args[2].node
        start, result = loop.inits[j], loop.results[j]
        a, b = (self._all(v, start, axis) for axis, v in enumerate(product.args))
        turned = operation(np.transpose, (a,), array(a.type.dtype, a.type.shape[::-1]), None, op)
        t = array(result.type.dtype, (a.type.shape[1], b.type.shape[1]))
        whole = operation(np.dot, (turned.results[0], b), t, None, op)
        total = operation(index_add, (start, Ellipsis, whole.results[0]), result.type, result.name, op)
        total.results, result.node = (result,), total
        values = list(loop.body.end.values)
        del loop.inits[j], loop.results[j], values[j], loop.body.params[j + 1]  # the first is the index
        loop.body.end = Terminator("yield", tuple(values))
        loop.body.nodes.remove(op)
        loop.body.nodes.remove(product)
        return [turned, whole, total]

    def _all(self, v: Value, matrix: Any, axis: int) -> Value:
        """The vectors of all iterations, as the rows of an array."""
        if v in self.kept:
            return self.kept[v]
        n, x = self._trip_count(), self._row(v)
        if x is not None:
            t = array(x.type.dtype, (n.extent, x.type.shape[1]))
            rows = operation(operator.getitem, (x, slice(None, n, None)), t, x.name, self.loop)
            self.before.append(rows)
            self.kept[v] = rows.results[0]
            return self.kept[v]
        size = operation(extent, (matrix, axis), INT, None, self.loop)
        t = array(v.type.dtype, (n.extent, matrix.type.shape[axis]))
        name = f"{v.name or 't'}_tape"
        made = operation(np.empty, ((n, size.results[0]), v.type.dtype), t, name, self.loop)
        self.before += [size, made]
        carried, out = Value(t, name), Value(t, name, self.loop)
        index = self.loop.body.params[0]
        write = operation(index_set, (carried, (index, Ellipsis), v), t, name, self.loop)
        self.loop.body.nodes.append(write)
        self.loop.inits.append(made.results[0])
        self.loop.body.params.append(carried)
        self.loop.results.append(out)
        self.loop.body.end = Terminator("yield", (*self.loop.body.end.values, write.results[0]))
        self.kept[v] = out
        return out

    def _trip_count(self) -> Value:
        if self.count is None:
            bound, more = self.bound
            total = operation(operator.add, (bound, more), INT, None, self.loop)
            whole = operation(max, (total.results[0], 0), INT, None, self.loop)
            whole.results[0].extent = Dim((self.loop.body.params[0], "trips"))
            self.before += [total, whole]
            self.count = whole.results[0]
        return self.count


__all__ = ["defer_products"]
