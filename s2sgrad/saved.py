"""What a forward sweep keeps for the backward one: named, placed and measured for given arguments."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .compiler import Specialisation
from .frontend.primitives import extent
from .ir.builder import FILLS
from .ir.program import Block, Loop, Op, Terminator, Value, free_values_of_block
from .ir.types import Dim, Type


@dataclass(frozen=True)
class Record:
    """One value that is kept.

    Attributes
    ----------
    name : str
        Its name in the program.
    line : int or None
        The line of the user's source that made it.
    shape : str
        For these arguments; `n` stands for an extent that only the run tells.
    dtype : str
        As NumPy has it.
    bytes : int or None
        Its size for these arguments; for one trip of a loop if `a_trip`. None if only the run tells.
    a_trip : bool
        Whether one is kept for each trip of a loop whose trip count is not known.
    """

    name: str
    line: int | None
    shape: str
    dtype: str
    bytes: int | None
    a_trip: bool = False


class Saved(list):
    """Records that print as a table with their total."""

    def __str__(self) -> str:
        rows = [("name", "line", "shape", "dtype", "bytes")]
        rows += [(r.name, str(r.line or ""), r.shape, r.dtype, _size_text(r)) for r in self]
        rows.append(("total", "", "", "", self._total()))
        widths = [max(len(row[k]) for row in rows) for k in range(5)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)

    def _total(self) -> str:
        fixed = sum(r.bytes for r in self if r.bytes is not None and not r.a_trip)
        by_trip = sum(r.bytes for r in self if r.bytes is not None and r.a_trip)
        text = str(fixed) + (f" + {by_trip} a trip" if by_trip else "")
        return text + (" + unknown" if any(r.bytes is None for r in self) else "")


def _size_text(r: Record) -> str:
    return "unknown" if r.bytes is None else f"{r.bytes} a trip" if r.a_trip else str(r.bytes)


def saved_of(spec: Specialisation, arguments: dict[str, Any]) -> Saved:
    """The values of the forward sweep that the backward sweep reads.

    Arguments are not counted, nor are arrays of zeros to which either sweep adds: they hold nothing of the other.
    """
    head, tail = spec.marker.split()
    read = free_values_of_block(Block([], tail, Terminator("return", tuple(spec.marker.results))))
    made = {
        r
        for node in head
        if not (isinstance(node, Op) and node.fun in FILLS)
        for r in node.results[: len(node.results) - getattr(node, "sums", 0)]
    }
    names = list(arguments)
    sizes = {v.extent: v for node in head for v in node.results if isinstance(v.extent, Dim)}
    measure = Measure(spec, [arguments[n] for n in names], sizes)
    return Saved(
        measure.record(v) for v in read if v in made and (v.type.may_be_active or v.type.kind == "list")
    )


@dataclass(frozen=True)
class Measure:
    """Sizes for the arguments of one call."""

    spec: Specialisation
    args: list[Any]
    sizes: dict[Dim, Value] = field(default_factory=dict)  # what computes an extent in the program

    def record(self, v: Value) -> Record:
        t, tape = v.type, False
        trips: int | None = 1
        while t.kind == "list" and t.item is not None:
            tape = True
            count = self.trips(v)
            trips = None if trips is None or count is None or t.item.kind == "list" else trips * count
            t = t.item
        shape = None if t.shape is None else [self.extent(n) for n in t.shape]
        known = None if shape is None or None in shape else [n for n in shape if n is not None]
        one = None if known is None or t.dtype is None else math.prod(known) * t.dtype.itemsize
        a_trip = tape and trips is None
        size = one if one is None or a_trip else one * (trips or 0 if tape else 1)
        return Record(
            v.name or "temporary", _line_of(v), _shape_text(shape), str(t.dtype or "unknown"), size, a_trip
        )

    def extent(self, n: Any) -> int | None:
        """An extent for these arguments: that of the argument, or captured input, that the symbol came from."""
        if isinstance(n, (int, np.integer)):
            return int(n)
        if isinstance(n, Dim) and isinstance(n.key, tuple) and len(n.key) == 2:
            path, axis = n.key
            found = self.reach(path)
            if isinstance(found, np.ndarray) and isinstance(axis, int) and axis < found.ndim:
                return found.shape[axis]
        return self.computed(self.sizes[n]) if n in self.sizes else None

    def reach(self, path: Any) -> Any:
        """The run-time object at a path, for arguments; else what was seen at compile time."""
        try:
            (root, key), *steps = path
        except (TypeError, ValueError):
            return None
        if root != "arg":
            value = self.spec.lowered.inputs.captured.get(path)
            return None if value is None or value.witness is None else value.witness.value
        x = self.args[key]
        for kind, step in steps:
            x = x[step] if kind == "item" else getattr(x, step, None) if kind == "attr" else None
        return x

    def trips(self, v: Value) -> int | None:
        """How often the loop ran that grew a list; None where that is not known before it runs."""
        node = v.node
        if not isinstance(node, Loop) or node.domain is None:
            return None
        bounds = [self.integer(x) for x in node.domain]
        return None if None in bounds else len(range(*bounds))  # type: ignore[arg-type]

    def integer(self, x: Any) -> int | None:
        if isinstance(x, (int, np.integer)):
            return int(x)
        if not isinstance(x, Value):
            return None
        if isinstance(x.extent, (int, Dim)):
            return self.extent(x.extent)
        if x.witness is not None:
            found = self.reach(x.witness.path)
            return int(found) if isinstance(found, (int, np.integer)) else None
        return self.computed(x)

    def computed(self, x: Value) -> int | None:
        """An integer that the program computes of others."""
        node = x.node
        if not isinstance(node, Op):
            return None
        if node.fun is extent and isinstance(node.args[0], Value) and node.args[0].type.shape is not None:
            return self.extent(node.args[0].type.shape[node.args[1]])
        if node.fun not in INTEGERS or node.kwargs:
            return None
        parts = [self.integer(a) for a in node.args]
        return None if None in parts else INTEGERS[node.fun](*parts)


INTEGERS: dict[Any, Any] = {f: f for f in (operator.add, operator.sub, operator.mul, max, min)}


def _shape_text(shape: list[int | None] | None) -> str:
    if shape is None:
        return "unknown"
    texts = ["n" if n is None else str(n) for n in shape]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def _line_of(v: Value) -> int | None:
    loc = v.loc or getattr(v.node, "loc", None)
    if isinstance(v.node, Op) and loc is None:
        loc = v.node.loc
    if loc is None or loc[1] is None:
        return None
    place = loc[0].location(loc[1])
    return None if place is None else place.lineno


__all__ = ["Record", "Saved", "Type", "saved_of"]
