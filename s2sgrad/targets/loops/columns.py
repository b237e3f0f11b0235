"""Arrays of structures as vectors: the columns that an inner loop runs along are made contiguous before the loops.

`x[j, 0]`, `x[j, 1]` and `x[j, 2]` in a loop over `j` lie apart in memory, by a distance that is known at run time only,
which keeps the loop from becoming vector instructions. Where a nest of loops passes along them again and again, a copy
of each column pays; sums into columns are made in vectors of their own, and added to the array after the nest.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...frontend.primitives import extent
from ...ir.program import Block, Function, Loop, Op, Terminator, Value, blocks_of, leaves, walk
from ...ir.types import INT, Type, array
from ...ir.uses import uses_of
from ...table.functional import index_add
from .tapes import operation

MOST = 8  # columns of one array
WHOLE = slice(None, None, None)


def split_columns(function: Function) -> None:
    """Rewrite the outermost loops of a function."""
    _in_block(function.body)


def _in_block(block: Block) -> None:
    out: list[Any] = []
    for node in block.nodes:
        if not isinstance(node, Loop):
            for inner in blocks_of(node):
                _in_block(inner)
            out.append(node)
            continue
        along = _inner_indices(node)
        after = _split_sums(node, along, out) if along else []
        if along:
            _split_reads(node, along, out)
        out += [node, *after]
    block.nodes = out


def _inner_indices(loop: Loop) -> set[Value]:
    """The indices of the loops inside a loop that hold no loop themselves and count one by one."""
    inside = [n for n in walk(loop.body) if isinstance(n, Loop) and n.domain is not None]
    return {
        n.body.params[0]
        for n in inside
        if n.domain[2] in (1, -1)  # type: ignore[index]
        and not any(isinstance(m, Loop) for m in walk(n.body))
    }


def _entry(index: Any) -> tuple[Any, int] | None:
    """The row and the column of a subscript `i, 0`."""
    if not isinstance(index, tuple) or len(index) != 2:
        return None
    row, column = index
    whole = isinstance(row, Value) and row.type.is_scalar and row.type.dtype.kind in "iu"
    return (row, column) if whole and type(column) is int and column >= 0 else None


def _splits(x: Value) -> bool:
    t = x.type
    return t.kind == "array" and t.rank == 2 and t.dtype is not None and t.dtype.kind in "fc"


# --- what is read ---------------------------------------------------------------------------------------------


def _split_reads(loop: Loop, along: set[Value], before: list[Any]) -> None:
    """Read columns of arrays that the loop does not change from copies of them."""
    uses = uses_of(Block([], [loop]))
    inside = {r for n in walk(loop.body) for r in n.results} | set(loop.body.params)
    inside |= {p for n in walk(loop.body) for b in blocks_of(n) for p in b.params}
    for x, readers in uses.items():
        if x in inside or not _splits(x) or not all(_reads_column(r, x) for r in readers):
            continue
        entries = [_entry(r.args[1]) for r in readers]
        columns = dict.fromkeys(c for _, c in entries)  # type: ignore[misc]
        if len(columns) > MOST or not any(row in along for row, _ in entries):  # type: ignore[misc]
            continue
        copies = {c: _copy_of_column(x, _there(x, c, loop, before), loop, before) for c in columns}
        for r in readers:
            row, c = r.args[1]
            r.args = (copies[c], row)


def _reads_column(reader: Any, x: Value) -> bool:
    return (
        isinstance(reader, Op)
        and reader.fun is operator.getitem
        and reader.args[0] is x
        and _entry(reader.args[1]) is not None
    )


def _there(x: Value, column: int, loop: Loop, before: list[Any]) -> Any:
    """A column that the array has, in the place of one that the loop may know better than to touch."""
    if column == 0:
        return column
    count = operation(extent, (x, 1), INT, None, loop)
    last = operation(operator.sub, (count.results[0], 1), INT, None, loop)
    least = operation(min, (last.results[0], column), INT, None, loop)
    before += [count, last, least]
    return least.results[0]


def _copy_of_column(x: Value, column: Any, loop: Loop, before: list[Any]) -> Value:
    view = _column(x, column, loop)
    copy = operation(np.copy, (view.results[0],), view.results[0].type, x.name, loop)
    before += [view, copy]
    return copy.results[0]


def _column(x: Value, column: Any, loop: Loop) -> Op:
    return operation(
        operator.getitem, (x, (WHOLE, column)), array(x.type.dtype, x.type.shape[:1]), x.name, loop
    )


# --- what is summed up ----------------------------------------------------------------------------------------


def _split_sums(loop: Loop, along: set[Value], before: list[Any]) -> list[Op]:
    """Sum into columns in vectors of their own; the additions of these to the arrays, to be made after the loop."""
    after: list[Op] = []
    for x in list(loop.carried):
        j = loop.carried.index(x)
        found = list(_additions(loop, j)) if _splits(x) and isinstance(loop.inits[j], Value) else [None]
        if not found or None in found:
            continue
        entries = [_entry(op.args[1]) for op in found if op is not None]
        columns = list(dict.fromkeys(c for _, c in entries))  # type: ignore[misc]
        if len(columns) > MOST or not any(row in along for row, _ in entries):  # type: ignore[misc]
            continue
        start, whole = loop.inits[j], loop.results[j]
        t = array(x.type.dtype, x.type.shape[:1])
        starts, there = {}, {c: _there(start, c, loop, before) for c in columns}
        for c in columns:
            view = _column(start, there[c], loop)
            zeros = operation(np.zeros_like, (view.results[0],), t, None, loop)
            before += [view, zeros]
            starts[c] = zeros.results[0]
        sums = _carry_columns(loop, j, starts, t)
        for c in columns:
            last = c == columns[-1]
            op = operation(index_add, (start, (WHOLE, there[c]), sums[c]), whole.type, whole.name, loop)
            if last:
                op.results, whole.node = (whole,), op
            after.append(op)
            start = op.results[0]
    return after


def _additions(loop: Loop, j: int) -> Iterator[Op | None]:
    """The additions of entries by which a loop carries an array on; None where it does anything else with it."""
    if loop.domain is None or loop.body.end.kind != "yield":
        yield None
        return
    uses, v, end = uses_of(loop.body), loop.carried[j], loop.body.end.values[j]
    while True:
        readers = uses.get(v, [])
        if len(readers) != 1:
            yield None
            return
        reader = readers[0]
        if reader is loop.body:
            if v is not end:
                yield None
            return
        if isinstance(reader, Op) and reader in loop.body.nodes and _adds_to_column(reader, v):
            yield reader
            v = reader.results[0]
        elif (
            isinstance(reader, Loop) and reader in loop.body.nodes and sum(x is v for x in reader.inits) == 1
        ):
            k = next(k for k, x in enumerate(reader.inits) if x is v)
            yield from _additions(reader, k)
            v = reader.results[k]
        else:
            yield None
            return


def _adds_to_column(op: Op, v: Value) -> bool:
    adds = op.fun is index_add and op.args[0] is v and not any(v is x for x in leaves(op.args[1:]))
    return (
        adds
        and _entry(op.args[1]) is not None
        and (not isinstance(op.args[2], Value) or not op.args[2].type.shape)
    )


def _carry_columns(loop: Loop, j: int, starts: dict[int, Value], t: Type) -> dict[int, Value]:
    """Carry vectors in the place of the array in slot `j`; what they are after the loop."""
    uses, v, end = uses_of(loop.body), loop.carried[j], loop.body.end.values[j]
    now = {c: Value(t) for c in starts}
    loop.body.params += now.values()
    while v is not end:
        reader = uses[v][0]
        if isinstance(reader, Op):
            row, c = reader.args[1]
            v = reader.results[0]
            reader.args = (now[c], row, reader.args[2])
            reader.results = (Value(t, None, reader),)
            now[c] = reader.results[0]
        else:
            k = next(k for k, x in enumerate(reader.inits) if x is v)
            v = reader.results[k]
            now = _carry_columns(reader, k, now, t)
    out = {c: Value(t, None, loop) for c in starts}
    loop.inits += starts.values()
    loop.results += out.values()
    values = [*loop.body.end.values, *now.values()]
    del loop.inits[j], loop.results[j], values[j]
    del loop.body.params[j + 1]  # the first is the index
    loop.body.end = Terminator("yield", tuple(values))
    return out


__all__ = ["split_columns"]
