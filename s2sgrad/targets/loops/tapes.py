"""Tapes as arrays: a list that one loop fills, an item a trip, and another empties is an array of as many items.

The forward sweep's loop writes entry `i` of an array made before it, and the backward sweep's reads it; nothing is
grown. In nested loops, whose lists hold lists, it is entry `i, j` of one array, with room for the longest inner loop.
Lists of other use, and loops whose trips are not known before them, keep their lists.
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
class Level:
    """One loop that fills a list, an item a trip, and the one that empties it."""

    fill: Loop
    place: int
    append: Op
    drain: Loop
    at: int
    pop: Op
    made: Op  # the empty list


Tape = list[Level]  # from the outermost loop inwards: the items of each list are the lists of the next


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
    refused: set[Any] = set()
    while True:
        uses = _uses(block, results)
        made = next((n for n in block.nodes if _is_empty_list(n) and n not in refused), None)
        if made is None:
            return
        refused.add(made)
        tape = _levels(block, made, block, None, uses)
        room = None if tape is None else _room(block, tape)
        if tape is not None and room is not None:
            _replace(block, tape, *room)


def _is_empty_list(node: Any) -> bool:
    return isinstance(node, Op) and node.fun is list_of and not node.args


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


def _levels(
    filling: Block, made: Op, draining: Block, popped: Value | None, uses: dict[Value, list[Any]]
) -> Tape | None:
    """The loops of a list made in one block, and emptied in another by way of `popped`, with those of its items."""
    found = _level(filling, made, draining, popped, uses)
    if found is None:
        return None
    item = found.append.args[1]
    if not isinstance(item, Value) or item.type.kind != "list":
        return [found]
    inner = item.node
    if not isinstance(inner, Loop) or inner not in found.fill.body.nodes or _only(uses, item) is not found.append:
        return None
    start = inner.inits[inner.results.index(item)]
    if not isinstance(start, Value) or not _is_empty_list(start.node) or start.node not in found.fill.body.nodes:
        return None
    rest = _levels(found.fill.body, start.node, found.drain.body, found.pop.results[1], uses)
    return None if rest is None else [found, *rest]


def _level(
    filling: Block, made: Op, draining: Block, popped: Value | None, uses: dict[Value, list[Any]]
) -> Level | None:
    fill = _only(uses, made.results[0])
    if not _plain_loop(fill) or fill not in filling.nodes:
        return None
    place = next(j for j, x in enumerate(fill.inits) if x is made.results[0])
    append = _only(uses, fill.carried[place])
    if not (isinstance(append, Op) and append.fun is list_append and append in fill.body.nodes):
        return None
    if not _hands_on(fill, place, append.results[0], uses):
        return None
    whole = fill.results[place] if popped is None else popped
    drain = _only(uses, whole)
    if not _plain_loop(drain) or drain not in draining.nodes:
        return None
    at = next(j for j, x in enumerate(drain.inits) if x is whole)
    pop = _only(uses, drain.carried[at])
    if not (isinstance(pop, Op) and pop.fun is list_pop and pop in drain.body.nodes) or uses.get(drain.results[at]):
        return None
    return Level(fill, place, append, drain, at, pop, made) if _hands_on(drain, at, pop.results[0], uses) else None


def _hands_on(loop: Loop, place: int, v: Value, uses: dict[Value, list[Any]]) -> bool:
    """Whether an iteration hands on this value in a place, and does nothing else with it."""
    return loop.body.end.values[place] is v and _only(uses, v) is loop.body.end


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


def _room(block: Block, tape: Tape) -> tuple[np.dtype, list[Any], list[Any]] | None:
    """The dtype of the items, the trips of the loops and the sizes of an item as they are known before all, or None."""
    last = tape[-1]
    item = last.append.args[1]
    t = item.type if isinstance(item, Value) else None
    if t is None or t.dtype is None or t.shape is None or t.dtype.kind not in "biufc":
        return None
    if last.pop.results[1].type.dtype != t.dtype or (t.shape and not _is_always_made(item, last.fill)):
        return None
    before = block.nodes[: block.nodes.index(tape[0].fill)]
    known = [*block.params, *[r for n in before for r in n.results]]
    trips, counted = [], set[Value]()
    for level in tape:
        if not _counts_alike(level, counted):
            return None
        trips.append(trips_outside(known, level.fill.domain[1]))  # type: ignore[index]
        counted.add(level.fill.body.params[0])
    sizes = [size_outside(known, e) for e in t.shape]
    return None if None in trips or None in sizes else (t.dtype, trips, sizes)


def _counts_alike(level: Level, counted: set[Value]) -> bool:
    """Whether both loops go through the same whole numbers, none below 0, so that the index names the entry."""
    start, _, step = level.fill.domain  # type: ignore[misc]
    back = level.drain.domain[2]  # type: ignore[index]
    return type(step) is int and step == 1 and type(back) is int and back == -1 and _not_negative(start, counted)


def _not_negative(x: Any, counted: set[Value]) -> bool:
    if not isinstance(x, Value):
        return type(x) is int and x >= 0
    sums = isinstance(x.node, Op) and x.node.fun is operator.add
    return x in counted or (sums and all(_not_negative(a, counted) for a in x.node.args))


def trips_outside(known: list[Value], stop: Any) -> Any:
    """What gives a bound of a loop before it: a number, a value, or what `size_outside` finds."""
    if not isinstance(stop, Value):
        return stop if type(stop) is int else None
    if stop in known:
        return stop
    node = stop.node
    if isinstance(node, Op) and node.fun is extent and node.args[0] in known:
        return tuple(node.args)
    if isinstance(node, Op) and node.fun is operator.sub and type(node.args[1]) is int:
        inner = trips_outside(known, node.args[0])
        return None if inner is None else ("cut", inner, node.args[1])
    return None if stop.extent is None else size_outside(known, stop.extent)


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


def _replace(block: Block, tape: Tape, dtype: np.dtype, trips: list[Any], sizes: list[Any]) -> None:
    """Carry an array in the place of the list; read it where the list was popped."""
    fill, last = tape[0].fill, tape[-1]
    new: list[Op] = []
    counts = []
    for stop in trips:
        bounded = operation(max, (_size_value(stop, new, fill), 0), INT, None, fill)
        bounded.results[0].extent = Dim((tape[0].made, len(counts)))
        new.append(bounded)
        counts.append(bounded.results[0])
    extents = [_size_value(e, new, fill) for e in sizes]
    t = array(dtype, (*[c.extent for c in counts], *last.append.args[1].type.shape))
    label = tape[0].fill.results[tape[0].place].name or last.append.args[1].name
    name = f"{label.removesuffix('_tape').removesuffix('_tape')}_tape" if label else "tape"
    start = operation(np.empty, ((*counts, *extents), dtype), t, name, fill)
    at = block.nodes.index(fill)
    block.nodes[at:at] = [*new, start]
    whole = fill.results[tape[0].place]
    _fill(block, tape, start.results[0], t, name)
    _drain(tape, whole, t)


def _fill(block: Block, tape: Tape, start: Value, t: Type, name: str) -> None:
    """Write the items into the array, which every loop carries."""
    homes = [block, *[level.fill.body for level in tape]]
    carried = start
    for level, home in zip(tape, homes):
        fill, j = level.fill, level.place
        fill.inits[j] = carried
        carried = Value(t, name)
        fill.body.params[fill.body.params.index(fill.carried[j])] = carried
        fill.results[j].type, fill.results[j].name = t, name
        home.nodes.remove(level.made)
    last = tape[-1]
    item = last.append.args[1]
    indices = tuple(level.fill.body.params[0] for level in tape)
    where = indices if not item.type.shape else (*indices, Ellipsis)
    write = operation(index_set, (carried, where, item), t, name, last.append)
    last.fill.body.nodes[last.fill.body.nodes.index(last.append)] = write
    handed = write.results[0]
    for level in reversed(tape):
        values = list(level.fill.body.end.values)
        values[level.place] = handed
        level.fill.body.end = Terminator("yield", tuple(values))
        handed = level.fill.results[level.place]
        if level is not last:
            level.fill.body.nodes.remove(level.append)


def _drain(tape: Tape, whole: Value, t: Type) -> None:
    """Read the items from the array, which no loop carries."""
    last = tape[-1]
    item = last.pop.results[1]
    indices = tuple(level.drain.body.params[0] for level in tape)
    where = indices if not item.type.shape else (*indices, Ellipsis)
    kind = Type(item.type.kind if item.type.shape else "scalar", t.dtype, t.shape[len(tape) :])  # type: ignore[index]
    read = operation(operator.getitem, (whole, where), kind, item.name, last.pop)
    last.drain.body.nodes[last.drain.body.nodes.index(last.pop)] = read
    substitute_in_block(last.drain.body, {item: read.results[0]})
    for level in tape:
        drain, j = level.drain, level.at
        values = list(drain.body.end.values)
        position = drain.body.params.index(drain.carried[j])
        del drain.body.params[position], drain.inits[j], drain.results[j], values[j]
        drain.body.end = Terminator("yield", tuple(values))
        if level is not last:
            drain.body.nodes.remove(level.pop)


__all__ = ["operation", "preallocate"]
