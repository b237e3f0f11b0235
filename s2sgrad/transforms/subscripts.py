"""Where a subscript points, as inequalities: what decides whether two of them can meet.

A symbol is a value at one moment. What is defined inside of a block has another value each time the block
runs, so its symbols are marked with the run that is meant; what is defined outside is the same in all.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir.affine import Affine, contradictory, symbol
from ..ir.program import Loop, Op, Value
from ..ir.types import Dim, Type
from .regions import Region, encloses

Facts = tuple[Affine, ...]  # each is at least zero


@dataclass(frozen=True)
class Moment:
    """One run of a block: the read that is asked about, or an iteration that comes later."""

    region: Region
    name: str


@dataclass(frozen=True)
class Axis:
    """The entries that a subscript means along one axis: `place`, for any symbols that fit `facts`."""

    place: Affine
    facts: Facts = ()


@dataclass(eq=False)
class Subscripts:
    """Questions about the integers of one forward sweep."""

    home: dict[Value, Region]
    root: Region
    budget: int = 4000  # questions that may be asked: compile time stays in bounds
    fresh: int = 0
    extents: set[Dim] = field(init=False)

    def __post_init__(self) -> None:
        shapes = [p.type.shape for p in self.root.block.params if p.type.shape is not None]
        self.extents = {n for shape in shapes for n in shape if isinstance(n, Dim)}

    def form(self, x: Any, at: Moment | None = None) -> Affine | None:
        """An integer as a sum of symbols; those of a block are as they were `at` one moment."""
        if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
            return Affine(int(x))
        if not isinstance(x, Value) or not is_integer(x.type):
            return None
        if isinstance(x.extent, int):
            return Affine(x.extent)
        if x.extent in self.extents:
            return symbol(x.extent)
        if isinstance(x.node, Op) and x.node.fun in SUMS and not x.node.kwargs:
            parts = [self.form(a, at) for a in x.node.args]
            made = None if None in parts else SUMS[x.node.fun](*parts)
            if made is not None:
                return made
        home = self.home.get(x)
        if home is None:
            return None
        return symbol((x, at.name if at is not None and encloses(at.region, home) else ""))

    def within(self, loop: Loop, index: Value, at: Moment | None = None) -> Facts:
        """What is known of the index of a counted loop in one of its iterations."""
        if loop.domain is None:
            return ()
        start, stop, step = loop.domain
        i = self.form(index, at)
        if i is None or not isinstance(step, int):
            return ()
        ends = [self.form(start, at), self.form(stop, at)]
        forward = step > 0
        first = [i - ends[0] if forward else ends[0] - i] if ends[0] is not None else []
        last = [(ends[1] - i if forward else i - ends[1]) - 1] if ends[1] is not None else []
        return (*first, *last)

    def around(self, region: Region | None, at: Moment | None) -> Facts:
        """What is known of the indices of all loops around a place."""
        facts: list[Affine] = [symbol(n) for n in self.extents]
        while region is not None:
            if isinstance(region.node, Loop) and region.block is region.node.body and region.node.domain:
                facts.extend(self.within(region.node, region.block.params[0], at))
            region = region.parent
        return tuple(facts)

    def after(self, region: Region) -> Facts:
        """What is known of an iteration of a loop that comes later than the one in question."""
        loop = region.node
        if loop.domain is None or not isinstance(loop.domain[2], int):
            return ()
        index, step = region.block.params[0], loop.domain[2]
        later = Moment(region, "later")
        now, then = self.form(index), self.form(index, later)
        if now is None or then is None:
            return ()
        ordered = (then - now if step > 0 else now - then) - abs(step)
        return (*self.within(loop, index, later), ordered)

    def axes(self, index: Any, t: Type, facts: Facts, at: Moment | None = None) -> list[Axis] | None:
        """A subscript, axis by axis; None if it is not made of integers and slices."""
        items = index if isinstance(index, tuple) else (index,)
        if any(not isinstance(x, slice) and not _is_integer_item(x) for x in items):
            return None
        return list(self._axes(items, t.shape or (), facts, at))

    def _axes(self, items: tuple, shape: tuple, facts: Facts, at: Moment | None) -> Iterator[Axis]:
        for k, x in enumerate(items):
            extent = self._extent(shape[k]) if k < len(shape) else None
            if isinstance(x, slice):
                yield self._slice(x, extent, facts, at)
            else:
                place = self._from_start(x, extent, facts, at)
                yield self._anywhere() if place is None else Axis(place)

    def _slice(self, x: slice, extent: Affine | None, facts: Facts, at: Moment | None) -> Axis:
        axis = self._anywhere()
        if isinstance(x.step, Value) or (x.step is not None and x.step < 1):
            return axis
        low = None if x.start is None else self._from_start(x.start, extent, facts, at)
        high = extent if x.stop is None else self._from_start(x.stop, extent, facts, at)
        more = [] if low is None else [axis.place - low]
        more += [] if high is None else [high - axis.place - 1]
        return Axis(axis.place, (*axis.facts, *more))

    def _anywhere(self) -> Axis:
        self.fresh += 1
        place = symbol(("entry", self.fresh))
        return Axis(place, (place,))

    def _from_start(self, x: Any, extent: Affine | None, facts: Facts, at: Moment | None) -> Affine | None:
        """An index counted from the start of its axis; None if it may count from the end, of unknown extent."""
        found = self.form(x, at)
        if found is None:
            return None
        if found.is_constant:
            return found if found.constant >= 0 else None if extent is None else extent + found
        return found if self.refuted((*facts, found * -1 - 1)) else None

    def _extent(self, n: Any) -> Affine | None:
        return Affine(n) if isinstance(n, int) else symbol(n) if n in self.extents else None

    def apart(self, a: list[Axis] | None, b: list[Axis] | None, facts: Facts) -> bool:
        """Whether two subscripts of one array surely name no entry in common."""
        if a is None or b is None:
            return False
        rows = list(facts)
        for one, other in zip(a, b):
            gap = one.place - other.place
            rows += [*one.facts, *other.facts, gap, gap * -1]
        return self.refuted(rows)

    def refuted(self, rows: Any) -> bool:
        self.budget -= 1
        return self.budget >= 0 and contradictory(rows)


def is_integer(t: Type) -> bool:
    return t.is_scalar and t.dtype is not None and t.dtype.kind == "i"


def _is_integer_item(x: Any) -> bool:
    if isinstance(x, Value):
        return is_integer(x.type)
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def _product(a: Affine, b: Affine) -> Affine | None:
    return b * a.constant if a.is_constant else a * b.constant if b.is_constant else None


SUMS: dict[Any, Any] = {
    operator.add: lambda a, b: a + b,
    operator.sub: lambda a, b: a - b,
    operator.neg: lambda a: a * -1,
    operator.mul: _product,
}
