"""Extents that a definition shows to be the same number: one symbol stands for both in the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...ir.program import Block, Loop, Node, Value
from ...ir.types import Dim, Type

Same = dict[Any, Any]  # extent -> the one that stands for it


def note_same(same: Same, declared: Type, made: Type, node: Any, nodes: list[Node]) -> Type:
    """The type of a result that was declared as one and made as another; what that says of extents is noted.

    An extent is given another name only if it was made here: two that the program's inputs have stay apart, and are
    compared when it runs.
    """
    if declared.shape is None or made.shape is None or len(declared.shape) != len(made.shape):
        return made
    shape = []
    for a, b in zip(declared.shape, made.shape):
        if a == b:
            shape.append(b)
        elif isinstance(a, Dim) and origin(a) is node:
            same[a] = b
            shape.append(b)
        elif isinstance(b, Dim) and any(origin(b) is n for n in nodes):
            same[b] = a
            shape.append(a)
        else:
            shape.append(a if isinstance(a, int) else b)
    return Type(made.kind, made.dtype, tuple(shape))


def origin(d: Dim) -> Any:
    """The operation whose result first had this extent."""
    key: Any = d.key
    while isinstance(key, tuple) and key and not isinstance(key[0], str):
        key = key[0]
    return getattr(key, "node", key)


def rename_extents(block: Block, same: Same) -> None:
    """Write every extent of a program by the one name it has now."""
    if not same:
        return
    for v in values_of(block):
        if v.type.shape and any(isinstance(n, Dim) for n in v.type.shape):
            shape = tuple(renamed(n, same) for n in v.type.shape)
            if shape != v.type.shape:
                v.type = Type(v.type.kind, v.type.dtype, shape, v.type.item)
        if isinstance(v.extent, Dim):
            v.extent = renamed(v.extent, same)


def renamed(n: Any, same: Same) -> Any:
    """An extent by the name that stands for it, also where it is a part of one."""
    seen = 0
    while n in same and seen < len(same):
        n, seen = same[n], seen + 1
    if isinstance(n, Dim) and isinstance(n.key, tuple) and any(isinstance(part, Dim) for part in n.key):
        return Dim(tuple(renamed(p, same) if isinstance(p, Dim) else p for p in n.key), n.not_one)
    return n


def values_of(block: Block) -> Iterator[Value]:
    """Every value that a block and those in it make."""
    yield from block.params
    for node in block.nodes:
        yield from node.results
        if isinstance(node, Loop):
            yield from node.carried
        for inner in getattr(node, "blocks", ()):
            yield from values_of(inner)


__all__ = ["Same", "note_same", "rename_extents"]
