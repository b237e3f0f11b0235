"""Scatter turned into gather: the adjoint of a stencil reads its neighbours instead of adding to them.

The adjoint of `k * (u[2:] + u[:-2] - 2 * u[1:-1])` adds one array to several slices of another, each of which passes
over both. With a margin of zeros around the array that is added, every entry is one sum of neighbours instead.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...frontend.primitives import extent
from ...ir.program import Block, Function, Loop, Op, Terminator, Value, blocks_of
from ...ir.result_types import subscript_shape
from ...ir.types import INT, Dim, Type, array
from ...ir.uses import uses_of
from ...table.functional import index_add, index_set
from .tapes import operation

FEWEST = 3  # additions that are worth a margin


@dataclass(frozen=True)
class Addition:
    """One of several additions to slices: of `scaling`, applied in turn, of the one array that all of them add."""

    op: Op
    starts: tuple[int, ...]
    stops: tuple[Any, ...]
    scaling: tuple[Op, ...]


def gather_stencils(function: Function) -> None:
    """Rewrite the loops of a function, inner ones first."""
    _in_block(function.body)


def _in_block(block: Block) -> None:
    out: list[Any] = []
    for node in block.nodes:
        for inner in blocks_of(node):
            _in_block(inner)
        if isinstance(node, Loop) and node.body.end.kind == "yield":
            _in_loop(node, out)
        out.append(node)
    block.nodes = out


def _in_loop(loop: Loop, before: list[Any]) -> None:
    uses = uses_of(loop.body)
    for p in list(loop.carried):
        found = list(_additions(loop, p, uses))
        if len(found) < FEWEST:
            continue
        source = _source(found[0].op.args[2], ())[0]
        if all(_source(a.op.args[2], ())[0] is source for a in found) and source.type.rank == len(
            found[0].starts
        ):
            _gather(loop, p, source, found, before)


def _additions(loop: Loop, p: Value, uses: dict[Value, list[Any]]) -> Iterator[Addition]:
    """The additions to slices by which an iteration carries an array on: the last ones before its end."""
    v = loop.body.end.values[loop.carried.index(p)]
    out: list[Addition] = []
    while isinstance(v, Value) and isinstance(v.node, Op) and len(uses.get(v, [])) == 1:
        addition = _addition(v.node)
        if addition is None or v.node not in loop.body.nodes:
            break
        out.append(addition)
        v = v.node.args[0]
    yield from reversed(out)


def _addition(op: Op) -> Addition | None:
    if op.fun is not index_add or not op.backward or not isinstance(op.args[2], Value):
        return None
    items = op.args[1] if isinstance(op.args[1], tuple) else (op.args[1],)
    base, term = op.args[0].type, op.args[2].type
    if not all(isinstance(i, slice) for i in items) or not base.rank == term.rank == len(items):
        return None
    starts, stops = tuple(i.start or 0 for i in items), tuple(i.stop for i in items)
    known = all(type(s) is int and s >= 0 for s in starts) and all(s is None or type(s) is int for s in stops)
    if not known or any(i.step not in (None, 1) for i in items) or term.dtype != base.dtype:
        return None
    if subscript_shape(base.shape, items, op) != term.shape:  # what is stretched fits no margin
        return None
    return Addition(op, starts, stops, _source(op.args[2], ())[1])


def _source(term: Value, scaling: tuple[Op, ...]) -> tuple[Value, tuple[Op, ...]]:
    """The array of which a term is a multiple, and how it is scaled."""
    op = term.node
    if not isinstance(op, Op) or op.kwargs or op.fun not in (operator.mul, operator.neg):
        return term, scaling
    arrays = [a for a in op.args if isinstance(a, Value) and a.type.shape]
    if (
        len(arrays) != 1
        or arrays[0].type != term.type
        or not all(_fixed(a) for a in op.args if a is not arrays[0])
    ):
        return term, scaling
    return _source(arrays[0], (op, *scaling))


def _fixed(x: Any) -> bool:
    return not isinstance(x, Value)


def _gather(loop: Loop, p: Value, source: Value, found: list[Addition], before: list[Any]) -> None:
    """Write the source into the middle of zeros, and add the sum of shifted views of that to one slice."""
    init, base = loop.inits[loop.carried.index(p)], found[0].op.args[0]
    if not isinstance(init, Value) or p.type.shape != base.type.shape or p.type.shape is None:
        return
    rank = len(found[0].starts)
    first = [min(a.starts[k] for a in found) for k in range(rank)]
    span = [max(a.starts[k] for a in found) - first[k] for k in range(rank)]
    ends = [next(a.stops[k] for a in found if a.starts[k] == first[k] + span[k]) for k in range(rank)]
    region = tuple(slice(s or None, e, None) for s, e in zip(first, ends))
    seen = array(p.type.dtype, subscript_shape(p.type.shape, region, None))
    like = found[0].op
    view = operation(operator.getitem, (init, region), seen, None, like)
    sizes = [operation(extent, (view.results[0], k), INT, None, like) for k in range(rank)]
    more = [operation(operator.add, (n.results[0], s), INT, None, like) for n, s in zip(sizes, span)]
    for k, op in enumerate(more):
        op.results[0].extent = Dim((op.results[0], k))
    t = array(source.type.dtype, tuple(op.results[0].extent for op in more))
    zeros = operation(np.zeros, (tuple(op.results[0] for op in more), source.type.dtype), t, None, like)
    before += [view, *sizes, *more, zeros]
    carried, out = Value(t), Value(t, None, loop)
    inside = tuple(slice(s or None, n.results[0], None) for s, n in zip(span, sizes))
    # As many entries as each slice that it was added to, hence as there are between the margins.
    middle = array(source.type.dtype, subscript_shape(t.shape, inside, None))
    fitting = operation(operator.getitem, (source, (slice(None),) * rank), middle, None, like)
    padded = operation(index_set, (carried, inside, fitting.results[0]), t, None, like)
    new = [fitting, padded, *_sum_of_views(found, padded.results[0], sizes, first, span, seen, before)]
    total = operation(index_add, (base, region, new[-1].results[0]), base.type, base.name, like)
    last = found[-1].op
    total.results, last.results[0].node = last.results, total
    at = loop.body.nodes.index(last)
    loop.body.nodes[at : at + 1] = [*new, total]
    for a in found[:-1]:
        loop.body.nodes.remove(a.op)
    loop.inits.append(zeros.results[0])
    loop.body.params.append(carried)
    loop.results.append(out)
    loop.body.end = Terminator("yield", (*loop.body.end.values, padded.results[0]))


def _sum_of_views(
    found: list[Addition], padded: Value, sizes: list[Op], first: list[int], span: list[int], seen: Type,
    before: list[Any],
) -> list[Op]:  # fmt: skip
    """The operations that add up the neighbours of each entry."""
    t = array(padded.type.dtype, seen.shape)
    new: list[Op] = []
    total: Value | None = None
    for a in found:
        index = []
        for k, n in enumerate(sizes):
            start = span[k] - (a.starts[k] - first[k])
            stop = operation(operator.add, (n.results[0], start), INT, None, a.op)
            before.append(stop)
            index.append(slice(start or None, stop.results[0], None))
        new.append(operation(operator.getitem, (padded, tuple(index)), t, None, a.op))
        term = new[-1].results[0]
        for scale in a.scaling:
            args = tuple(term if isinstance(x, Value) else x for x in scale.args)
            term = Value(t, None, None, scale.loc)
            term.node = replace(scale, args=args, results=(term,))
            new.append(term.node)
        if total is not None:
            new.append(operation(operator.add, (total, term), t, None, a.op))
            term = new[-1].results[0]
        total = term
    return new


__all__ = ["gather_stencils"]
