"""Privatisation: an array that every iteration writes anew is the iteration's own.

A work array made before a loop and filled in each iteration is carried only in name: no iteration reads what
another left there. It is given its own start in each iteration, after which the iterations owe each other nothing by
it, nothing of it needs keeping, and `transforms.fuse` may apply (Allen and Kennedy, Optimizing Compilers for Modern
Architectures, 5.3).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ir.program import (
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Node,
    Op,
    Value,
    blocks_of,
    is_impure,
    leaves,
    walk,
)
from ..ir.rewrite import substitute_in_block
from ..ir.types import Dim
from ..ir.uses import uses_of
from ..table.functional import index_set
from ..table.registry import PURE, lookup
from ..transforms.activity import exits
from .dead_code import remove_dead_code


def privatise(function: Function, results: list[Any]) -> None:
    """Cut what loops carry only in name, in place; `results` are what is wanted of the function."""
    _read_what_was_written(function.body)
    cuts = list(_cuts(function.body, Readers(), {}))
    if not cuts:
        return
    while True:
        live = _live(function.body, results)
        needless = [c for c in cuts if c.loop.results[c.slot] in live or c.loop.carried[c.slot] in live]
        if not needless:
            break
        for c in needless:
            c.undo()
        cuts = [c for c in cuts if c not in needless]
    if cuts:
        remove_dead_code(function, results)


def _read_what_was_written(block: Block) -> None:
    """Entries that are read right after they were written are the numbers that were written."""
    same: dict[Value, Any] = {}
    for node in walk(block):
        if (
            not isinstance(node, Op)
            or node.fun is not operator.getitem
            or not isinstance(node.args[0], Value)
        ):
            continue
        write = node.args[0].node
        if isinstance(write, Op) and write.fun is index_set and _same_entry(write.args[1], node.args[1]):
            v = write.args[2]
            v = same.get(v, v) if isinstance(v, Value) else v
            if isinstance(v, Value) and v.type == node.results[0].type and v.type.is_scalar:
                same[node.results[0]] = v
    if same:
        substitute_in_block(block, same)


def _same_entry(written: Any, read: Any) -> bool:
    one, other = _items(written), _items(read)
    return len(one) == len(other) and all(
        a is b if isinstance(a, Value) else type(a) is type(b) is int and a == b for a, b in zip(one, other)
    )


def _items(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


class Cut:
    """The start that a carried array was given in each iteration, and the way back."""

    def __init__(self, loop: Loop, slot: int, start: Value, readers: list[Loop | Op]) -> None:
        self.loop, self.slot, self.block = loop, slot, loop.body
        carried = loop.carried[slot]
        self.own = Value(carried.type, carried.name)
        self.own.node = Op(
            np.empty_like, lookup(np.empty_like), (start,), {}, (self.own,), loc=loop.loc, effect=PURE
        )
        self.block.nodes.insert(0, self.own.node)
        self.readers = readers
        self._exchange(carried, self.own)

    def undo(self) -> None:
        self._exchange(self.own, self.loop.carried[self.slot])
        self.block.nodes.remove(self.own.node)

    def _exchange(self, old: Value, new: Value) -> None:
        for reader in self.readers:
            if isinstance(reader, Loop):
                reader.inits = [new if x is old else x for x in reader.inits]
            else:
                reader.args = (new, *reader.args[1:])


class Readers(dict[Loop, dict[Value, list[Any]]]):
    """The readers of each value in the body of each loop, found when first asked for."""

    def __missing__(self, loop: Loop) -> dict[Value, list[Any]]:
        self[loop] = uses_of(loop.body)
        return self[loop]


def _cuts(block: Block, readers: Readers, starts: dict[Value, Any]) -> Iterator[Cut]:
    """Give carried arrays that every iteration writes anew their own start in each, in inner loops first.

    `starts` leads from what the loops around carry to what they start with, of which only the shape matters here.
    """
    for node in block.nodes:
        if isinstance(node, Loop):
            starts.update(
                (p, starts.get(x, x)) for p, x in zip(node.carried, node.inits) if isinstance(x, Value)
            )
        for inner in blocks_of(node):
            yield from _cuts(inner, readers, starts)
        if not isinstance(node, Loop):
            continue
        tested = {} if node.test is None else uses_of(node.test)
        here = set(_outside_loops(node.body))
        for k, param in enumerate(node.carried):
            writers = readers[node].get(param, [])
            if (
                writers
                and param.type.kind == "array"
                and param.type.shape is not None
                and param in starts
                and starts[param].type == param.type
                and not (node.test is not None and node.test.params[k] in tested)
                and all(w in here and _writes_all(w, param, readers) for w in writers)
            ):
                yield Cut(node, k, starts[param], writers)


def _outside_loops(block: Block) -> Iterator[Node]:
    """The nodes of a block that run once an iteration at most."""
    for node in block.nodes:
        yield node
        if isinstance(node, Branch):
            for inner in node.blocks:
                yield from _outside_loops(inner)


def _writes_all(reader: Any, v: Value, readers: Readers) -> bool:
    """Whether a reader of an array does nothing but write all of it."""
    if isinstance(reader, Loop):
        slots = [j for j, x in enumerate(reader.inits) if x is v]
        return len(slots) == 1 and _overwrites(reader, slots[0], (), readers)
    return isinstance(reader, Op) and _fills(reader, v, ())


def _overwrites(loop: Loop, slot: int, around: tuple[Loop, ...], readers: Readers) -> bool:
    """Whether a loop, within those around it, writes every entry of a carried array and reads none before."""
    if not _counts_up(loop):
        return False
    loops, uses = (*around, loop), readers[loop]
    v, end = loop.carried[slot], loop.body.end.values[slot]
    writers = uses.get(v, [])
    if len(writers) != 1 or v is end or writers[0] not in loop.body.nodes:
        return False
    writer, entry = writers[0], None
    if isinstance(writer, Loop):
        slots = [j for j, x in enumerate(writer.inits) if x is v]
        if len(slots) != 1 or not _overwrites(writer, slots[0], loops, readers):
            return False
        v = writer.results[slots[0]]
    elif isinstance(writer, Op) and _fills(writer, v, loops):
        v, entry = writer.results[0], writer.args[1]
    else:
        return False
    while v is not end:  # more may be written, and what was just written be read
        steps = [r for r in uses.get(v, []) if not _reads_entry(r, v, entry)]
        if len(steps) != 1 or not _writes_more(steps[0], v) or steps[0] not in loop.body.nodes:
            return False
        v, entry = steps[0].results[0], None
    return all(r is loop.body or _reads_entry(r, v, entry) for r in uses.get(v, []))


def _writes_more(reader: Any, v: Value) -> bool:
    return (
        isinstance(reader, Op)
        and reader.fun is index_set
        and reader.args[0] is v
        and not any(v is x for x in leaves(reader.args[1:]))
    )


def _counts_up(loop: Loop) -> bool:
    """Whether a loop runs over `range(0, n)`, always to its end."""
    if loop.domain is None or loop.body.end.kind != "yield" or len(exits(loop.body)) != 1:
        return False
    start, _, step = loop.domain
    return type(start) is int and start == 0 and type(step) is int and step == 1


def _reads_entry(reader: Any, v: Value, entry: Any) -> bool:
    return (
        entry is not None
        and isinstance(reader, Op)
        and reader.fun is operator.getitem
        and reader.args[0] is v
        and _same_entry(entry, reader.args[1])
    )


def _fills(op: Op, v: Value, loops: tuple[Loop, ...]) -> bool:
    """Whether an operation writes `v[i, j]`, `v[i]` or `v[:]` such that these loops together write all of `v`."""
    if op.fun is not index_set or op.args[0] is not v or any(v is x for x in leaves(op.args[1:])):
        return False
    items = _items(op.args[1])
    if items == (Ellipsis,):
        items = ()
    if len(items) > len(v.type.shape):
        return False
    by_index = {loop.body.params[0]: loop for loop in loops}
    met = set()
    for extent, item in zip(v.type.shape, items):
        if isinstance(item, slice):
            if item != slice(None):
                return False
        elif isinstance(item, Value) and item in by_index and item not in met:
            met.add(item)
            if not _counts(by_index[item].domain[1], extent):  # type: ignore[index]
                return False
        else:
            return False
    return met == set(by_index)


def _counts(n: Any, extent: Any) -> bool:
    """Whether an operand is surely the number that an extent stands for."""
    if not isinstance(n, Value):
        return bool(n == extent)
    return n.extent == extent or (isinstance(extent, Dim) and extent.key is n)


def _live(body: Block, results: list[Any]) -> set[Value]:
    """The values that results, effects, tests and exits may depend on."""
    sources: dict[Value, list[Value]] = {}
    work = [*leaves(results), *leaves(body.end.values)]
    for node in walk(body):
        if is_impure(node) and isinstance(node, (Op, Call)):
            work += leaves(node.operands)
        work += SOURCES[type(node)](node, sources)
    live: set[Value] = set()
    while work:
        v = work.pop()
        if v not in live:
            live.add(v)
            work += sources.get(v, ())
    return live


def _through_op(node: Op | Call, sources: dict[Value, list[Value]]) -> list[Value]:
    for r in node.results:
        sources[r] = list(leaves(node.operands))
    return []


def _through_branch(node: Branch, sources: dict[Value, list[Value]]) -> list[Value]:
    needed = list(leaves(node.test))
    for block in node.blocks:
        if block.end.kind == "yield":
            for r, y in zip(node.results, block.end.values):
                sources.setdefault(r, []).extend(leaves(y))
        elif block.end.kind != "break":
            needed += leaves(block.end.values)
    return needed


def _through_loop(node: Loop, sources: dict[Value, list[Value]]) -> list[Value]:
    needed = list(leaves((node.domain or (), node.keep)))
    if node.test is not None:
        needed += leaves(node.test.end.values)
    for k, (param, result) in enumerate(zip(node.carried, node.results)):
        before = list(leaves([node.inits[k], *[values[k] for values in exits(node.body)]]))
        for v in (param, result, *([] if node.test is None else [node.test.params[k]])):
            sources[v] = before
    if node.body.end.kind not in ("yield", "break"):
        needed += leaves(node.body.end.values)
    return needed


SOURCES: dict[type, Any] = {Op: _through_op, Call: _through_op, Branch: _through_branch, Loop: _through_loop}
