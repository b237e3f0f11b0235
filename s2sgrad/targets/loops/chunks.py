"""Loops of independent iterations in chunks, which threads may share, under `jit={"parallel": True}`.

How many chunks there are follows from sizes alone, and their sums are added in order: so the numbers are the same for
any number of threads. What several iterations add to, each chunk has a part of for itself.

    parts = np.empty(chunks)                        for s in range(chunks):
    for chunk in numba.prange(chunks):                  t = t + parts[s]
        ...
        part = 0.0
        for i in range(stop - start):
            part = vector_add(part, x[i + start])
        parts[chunk] = part
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ..spelling import LOAD, STORE, call, constant, dotted, name, subscript
from .kernel import Kernel, empty
from .reductions import start, taken

Tree = Any
CHUNK = "chunk"


@dataclass(frozen=True)
class Shared:
    """What all iterations of a loop take part in: a number, or an array of these sizes."""

    label: str
    kind: str  # of reduction
    dtype: np.dtype
    sizes: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Outer:
    """A loop to be shared out: its index, its trips, its body, and how much there is to do and to add in the end."""

    index: str
    size: Tree
    body: list[Any]
    work: Tree
    shared: tuple[Shared, ...] = ()
    private: tuple[Any, ...] = ()  # assignments of memory that each iteration writes over
    start: Tree = None  # of the index, if not zero


def product(sizes: list[Tree] | tuple[Tree, ...]) -> Tree:
    tree: Tree = sizes[0] if sizes else constant(1)
    for size in sizes[1:]:
        tree = gast.BinOp(tree, gast.Mult(), size)
    return tree


def in_chunks(k: Kernel, loop: Outer) -> list[Any]:
    """The statements that stand for a loop."""
    k.parts.shares_work = True
    chunks, chunk = k.fresh("chunks"), k.fresh(CHUNK)
    added: Tree = constant(1)
    for s in loop.shared:
        if s.sizes:
            added = gast.BinOp(added, gast.Add(), product(s.sizes))
    count = call(k.parts.helper("chunk_count"), loop.size, loop.work, added)
    out: list[Any] = [_assign(chunks, count)]
    parts = [k.fresh("parts") for _ in loop.shared]
    for label, s in zip(parts, loop.shared):
        out.append(_assign(label, room_for(k, s, name(chunks))))
    body = chunk_body(k, loop, name(chunks), chunk, parts)
    out.append(gast.For(name(chunk, STORE), call(dotted("numba.prange"), name(chunks)), body, [], None))
    for label, s in zip(parts, loop.shared):
        out.append(added_up(k, label, s, name(chunks)))
    return out


def room_for(k: Kernel, s: Shared, chunks: Tree) -> Tree:
    """Memory for the parts of all chunks; an only chunk adds to the array itself."""
    room = empty(k, [chunks, *s.sizes], s.dtype)
    if not s.sizes:
        return room
    itself = call(gast.Attribute(name(s.label), "reshape", LOAD), gast.Tuple([constant(1), *s.sizes], LOAD))
    return gast.IfExp(several(chunks), room, itself)


def several(chunks: Tree) -> Tree:
    return gast.Compare(chunks, [gast.Gt()], [constant(1)])


def chunk_body(k: Kernel, loop: Outer, chunks: Tree, chunk: str, parts: list[str]) -> list[Any]:
    """The iterations of one chunk, on parts of its own."""
    k.parts.use_numpy()
    number, first, last = k.fresh("part"), k.fresh("first"), k.fresh("last")
    own = {s.label: k.fresh(s.label) for s in loop.shared}
    own |= {a.targets[0].id: k.fresh(a.targets[0].id) for a in loop.private}
    edge = lambda c: gast.BinOp(gast.BinOp(c, gast.Mult(), loop.size), gast.FloorDiv(), chunks)
    head = [
        _assign(
            number, call(dotted("np.int64"), name(chunk))
        ),  # Numba's index has no sign, and would make floats
        _assign(first, edge(name(number))),
        _assign(last, edge(gast.BinOp(name(number), gast.Add(), constant(1)))),
    ]
    tail: list[Any] = []
    for label, s in zip(parts, loop.shared):
        place = subscript(name(label), name(number))
        if s.sizes:
            full = subscript(name(own[s.label]), gast.Slice(None, None, None), STORE)
            begin = gast.Assign([full], start(k, s.kind, s.dtype), None)
            head += [_assign(own[s.label], place), gast.If(several(chunks), [begin], [])]
        else:
            head.append(_assign(own[s.label], start(k, s.kind, s.dtype)))
            store = subscript(name(label), name(number), STORE)
            tail.append(gast.Assign([store], name(own[s.label]), None))
    head += [renamed(statement, own) for statement in loop.private]
    return [*head, counted_from(k, loop, name(first), name(last), own), *tail]


def counted_from(k: Kernel, loop: Outer, first: Tree, last: Tree, own: dict[str, str]) -> Any:
    """The loop from `first` to `last`, counted from zero: a subscript without a sign is not tested for one."""
    count, unsigned = k.fresh(loop.index), k.fresh(loop.index)
    offset = first if loop.start is None else gast.BinOp(first, gast.Add(), loop.start)
    place = lambda: gast.BinOp(name(count), gast.Add(), offset)
    body = [_Places(loop.index, unsigned).visit(renamed(statement, own)) for statement in loop.body]
    used = {n.id for s in body for n in gast.walk(s) if isinstance(n, gast.Name)}
    lines = [_assign(unsigned, call(dotted("np.uint64"), place()))] if unsigned in used else []
    if loop.index in used:
        lines.append(_assign(loop.index, place()))
    trips = call(name("range"), gast.BinOp(last, gast.Sub(), first))
    return gast.For(name(count, STORE), trips, [*lines, *body], [], None)


class _Places(gast.NodeTransformer):  # type: ignore[misc]
    """A loop's index where it stands as the subscript of an array."""

    def __init__(self, index: str, unsigned: str) -> None:
        self.index, self.unsigned = index, unsigned

    def visit_Subscript(self, node: Any) -> Any:
        items = node.slice.elts if isinstance(node.slice, gast.Tuple) else [node.slice]
        found = [self._place(item) for item in items]
        node.slice = gast.Tuple(found, LOAD) if isinstance(node.slice, gast.Tuple) else found[0]
        node.value = self.visit(node.value)
        return node

    def _place(self, item: Any) -> Any:
        is_index = isinstance(item, gast.Name) and item.id == self.index
        return name(self.unsigned) if is_index else self.visit(item)


def renamed(statement: Any, labels: dict[str, str]) -> Any:
    """A copy in which names are changed; where it comes from stays known."""
    made = copy.deepcopy(statement, _same_places(statement))
    for n in gast.walk(made):
        if isinstance(n, gast.Name):
            n.id = labels.get(n.id, n.id)
    return made


def _same_places(statement: Any) -> dict[int, Any]:
    """Origins, which lead to the user's source, are not to be copied."""
    found = [getattr(n, "origin", None) for n in gast.walk(statement)]
    return {id(origin): origin for origin in found if origin is not None}


def added_up(k: Kernel, parts: str, s: Shared, chunks: Tree) -> Any:
    """The parts of all chunks taken in, one after another."""
    number = k.fresh("s")
    indices = [k.fresh("i") for _ in s.sizes]
    items = [name(number), *map(name, indices)]
    entry = subscript(name(parts), gast.Tuple(items, LOAD) if indices else items[0])
    at: Tree = gast.Tuple([*map(name, indices)], LOAD) if len(indices) > 1 else [*map(name, indices), None][0]
    where = lambda context: subscript(name(s.label), at, context) if at else name(s.label, context)
    kind = "sum" if s.kind == "count" else s.kind
    loop: Any = gast.Assign([where(STORE)], taken(k, kind, where(LOAD), entry, s.dtype, s.dtype, False), None)
    for index, size in zip(reversed(indices), reversed(s.sizes)):
        loop = gast.For(name(index, STORE), call(name("range"), size), [loop], [], None)
    made = gast.For(name(number, STORE), call(name("range"), chunks), [loop], [], None)
    return gast.If(several(chunks), [made], []) if indices else made


def _assign(label: str, tree: Tree) -> Any:
    return gast.Assign([name(label, STORE)], tree, None)


__all__ = ["Outer", "Shared", "in_chunks", "product"]
