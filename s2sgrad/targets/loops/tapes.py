"""Tapes as arrays: a list that one loop fills, an item a trip, and another empties is an array of as many items.

The forward sweep's loop writes entry `i` of an array made before it, and the backward sweep's reads it; nothing is
grown. Lists of other use, and loops whose trips are not known when they start, keep their lists.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...frontend.primitives import extent, list_append, list_of, list_pop
from ...ir.program import (
    Block,
    Branch,
    Function,
    Loop,
    Op,
    Terminator,
    Value,
    blocks_of,
    leaves,
    operands,
    walk,
)
from ...ir.rewrite import substitute_in_block
from ...ir.types import INT, Dim, Type, array
from ...table.functional import index_set
from ...table.registry import lookup


@dataclass(eq=False)
class Tape:
    """A list that `fill` appends to once a trip and `drain` pops from once a trip."""

    made: Op
    fill: Loop
    place: int
    append: Op
    drain: Loop
    drain_place: int
    pop: Op


def operation(fun: Any, args: tuple, type: Type, name: str | None = None, like: Any = None) -> Op:
    """An operation with one result."""
    v = Value(type, name, None, getattr(like, "loc", None))
    op = Op(
        fun, lookup(fun), args, {}, (v,), loc=getattr(like, "loc", None), state=getattr(like, "state", ())
    )
    op.backward = getattr(like, "backward", False)
    v.node = op
    return op


def preallocate(function: Function, results: list[Any]) -> None:
    """Turn lists into arrays where that can be, in a function and its inner blocks."""
    for block in [function.body, *[b for n in walk(function.body) for b in blocks_of(n)]]:
        _in_block(block, results)


def _in_block(block: Block, results: list[Any]) -> None:
    while True:
        tape = next((t for t in _tapes(block, results)), None)
        if tape is None or not _replace(block, tape):
            return


def _tapes(block: Block, results: list[Any]) -> Any:
    """The tapes between two loops of a block."""
    uses = _uses(block, results)
    for node in block.nodes:
        if not (isinstance(node, Op) and node.fun is list_of and not node.args) or getattr(
            node, "kept", False
        ):
            continue
        tape = _tape_of(block, node, uses)
        if tape is not None and _array_type(block, tape) is not None:
            yield tape


def _uses(block: Block, results: list[Any]) -> dict[Value, list[Any]]:
    uses: dict[Value, list[Any]] = {}

    def visit(b: Block) -> None:
        for node in b.nodes:
            for v in operands(node):
                uses.setdefault(v, []).append(node)
            for inner in blocks_of(node):
                visit(inner)
        for v in leaves(b.end.values):
            uses.setdefault(v, []).append(b.end)

    visit(block)
    for v in leaves(results):
        uses.setdefault(v, []).append(None)
    return uses


def _only(uses: dict[Value, list[Any]], v: Value) -> Any:
    found = uses.get(v, [])
    return found[0] if len(found) == 1 else None


def _tape_of(block: Block, made: Op, uses: dict[Value, list[Any]]) -> Tape | None:
    fill = _only(uses, made.results[0])
    if not _plain_loop(fill) or fill not in block.nodes:
        return None
    place = next(j for j, x in enumerate(fill.inits) if x is made.results[0])
    append = _only(uses, fill.carried[place])
    if not (isinstance(append, Op) and append.fun is list_append and append in fill.body.nodes):
        return None
    if (
        fill.body.end.values[place] is not append.results[0]
        or _only(uses, append.results[0]) is not fill.body.end
    ):
        return None
    drain = _only(uses, fill.results[place])
    if not _plain_loop(drain) or drain not in block.nodes:
        return None
    at = next(j for j, x in enumerate(drain.inits) if x is fill.results[place])
    pop = _only(uses, drain.carried[at])
    if not (isinstance(pop, Op) and pop.fun is list_pop and pop in drain.body.nodes) or uses.get(
        drain.results[at]
    ):
        return None
    if drain.body.end.values[at] is not pop.results[0] or _only(uses, pop.results[0]) is not drain.body.end:
        return None
    return Tape(made, fill, place, append, drain, at, pop)


def _plain_loop(node: Any) -> bool:
    """Whether a loop's trips are known when it starts."""
    return (
        isinstance(node, Loop)
        and node.domain is not None
        and node.body.end.kind == "yield"
        and not any(b.end.kind == "break" for n in _branches(node.body) for b in n.blocks)
    )


def _branches(block: Block) -> Any:
    """The branches that may leave the loop of this body."""
    for node in block.nodes:
        if not isinstance(node, (Op, Loop)) and hasattr(node, "blocks"):
            yield node
            for b in node.blocks:
                yield from _branches(b)


def _array_type(block: Block, tape: Tape) -> tuple[np.dtype, list[Any]] | None:
    """The dtype of the items and their sizes as they are known before the loop, or None."""
    t = tape.append.args[1].type if isinstance(tape.append.args[1], Value) else None
    if t is None or t.dtype is None or t.shape is None or t.dtype.kind not in "biufc":
        return None
    if tape.pop.results[1].type.dtype != t.dtype or not _counts_alike(tape):
        return None
    if t.shape and not _is_always_made(tape.append.args[1], tape.fill):
        return None
    before = block.nodes[: block.nodes.index(tape.fill)]
    known = [*block.params, *[r for n in before for r in n.results]]
    sizes = []
    for e in t.shape:
        found = size_outside(known, e)
        if found is None:
            return None
        sizes.append(found)
    return t.dtype, sizes


def _is_always_made(v: Any, fill: Loop) -> bool:
    """Whether an item is an array on every path: what stands for one that was not made has not its size."""
    if not isinstance(v, Value):
        return False
    if v in fill.carried:
        v = fill.inits[fill.carried.index(v)]
        return isinstance(v, Value) and _is_always_made(v, fill)
    if isinstance(v.node, Loop):
        return _is_always_made(v.node.inits[v.node.results.index(v)], fill)
    if isinstance(v.node, Branch):
        place = v.node.results.index(v)
        ends = [b.end.values[place] for b in v.node.blocks if b.end.kind == "yield"]
        return all(_is_always_made(y, fill) for y in ends)
    return True


def _counts_alike(tape: Tape) -> bool:
    """Whether both loops count by the same index, so that it names the entry."""
    first, last, step = tape.fill.domain  # type: ignore[misc]
    start, stop, back = tape.drain.domain  # type: ignore[misc]
    return first == 0 and step == 1 and stop == -1 and back == -1 and not isinstance(first, Value)


def size_outside(known: list[Value], e: Any) -> Any:
    """What gives an extent before a loop: a number, an array and an axis of it, or one of those less a number."""
    if isinstance(e, int):
        return e
    for v in known:
        if v.extent == e and e is not None:
            return v
        if v.type.kind == "array" and v.type.shape and e in v.type.shape:
            return (v, v.type.shape.index(e))
    if isinstance(e, Dim) and isinstance(e.key, tuple) and e.key[0] == "cut":
        inner = size_outside(known, e.key[1])
        return None if inner is None else ("cut", inner, e.key[2])
    return None


def _size_value(e: Any, out: list[Op], like: Any) -> Any:
    if isinstance(e, (int, Value)):
        return e
    if e[0] == "cut":
        less = operation(operator.sub, (_size_value(e[1], out, like), e[2]), INT, None, like)
        out.append(less)
        bounded = operation(max, (less.results[0], 0), INT, None, like)
        out.append(bounded)
        return bounded.results[0]
    size = operation(extent, e, INT, None, like)
    out.append(size)
    return size.results[0]


def _replace(block: Block, tape: Tape) -> bool:
    """Carry an array in the place of the list; read it where the list was popped."""
    known = _array_type(block, tape)
    assert known is not None
    dtype, sizes = known
    fill, drain = tape.fill, tape.drain
    item = tape.append.args[1]
    new: list[Op] = []
    stop = fill.domain[1]  # type: ignore[index]
    trips = operation(max, (stop, 0), INT, None, fill)
    new.append(trips)
    extents = [_size_value(e, new, fill) for e in sizes]
    count = Dim((tape.made, "trips"))
    t = array(dtype, (count, *item.type.shape))
    label = tape.fill.results[tape.place].name or tape.pop.results[1].name or item.name
    name = f"{label}_tape" if label and not label.endswith("_tape") else label or "tape"
    start = operation(np.empty, ((trips.results[0], *extents), dtype), t, name, fill)
    trips.results[0].extent = count
    new.append(start)
    at = block.nodes.index(fill)
    block.nodes[at:at] = new
    block.nodes.remove(tape.made)
    _fill(tape, start.results[0], t, name)
    _drain(tape, fill.results[tape.place], t)
    del drain
    return True


def _fill(tape: Tape, start: Value, t: Type, name: str) -> None:
    fill, j = tape.fill, tape.place
    param, index = Value(t, name), fill.body.params[0]
    position = fill.body.params.index(fill.carried[j])
    fill.body.params[position] = param
    fill.inits[j] = start
    where = (index,) if not tape.append.args[1].type.shape else (index, Ellipsis)
    write = operation(index_set, (param, where, tape.append.args[1]), t, name, tape.append)
    fill.body.nodes[fill.body.nodes.index(tape.append)] = write
    values = list(fill.body.end.values)
    values[j] = write.results[0]
    fill.body.end = Terminator("yield", tuple(values))
    fill.results[j].type, fill.results[j].name = t, name


def _drain(tape: Tape, whole: Value, t: Type) -> None:
    drain, j = tape.drain, tape.drain_place
    item = tape.pop.results[1]
    where = (drain.body.params[0],) if not item.type.shape else (drain.body.params[0], Ellipsis)
    kind = Type(item.type.kind if item.type.shape else "scalar", t.dtype, t.shape[1:])  # type: ignore[index]
    read = operation(operator.getitem, (whole, where), kind, item.name, tape.pop)
    drain.body.nodes[drain.body.nodes.index(tape.pop)] = read
    position = drain.body.params.index(drain.carried[j])
    substitute_in_block(drain.body, {item: read.results[0]})
    values = list(drain.body.end.values)
    del drain.body.params[position], drain.inits[j], drain.results[j], values[j]
    drain.body.end = Terminator("yield", tuple(values))


__all__ = ["operation", "preallocate"]
