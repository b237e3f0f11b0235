"""Entries that are not written again: what the backward sweep reads from a later version of an array.

A write makes another version, equal to the one before but for the entries it names. So an entry that was read
from one version is the same in every later one that is reached by writes to other entries. The versions that
follow are looked for in the block of the one read, then in the blocks around it, where every later iteration
must leave the entry alone: `subscripts` decides that. Likewise a number that was written to an array is there
still as long as nothing is written over it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..ir.program import Block, Branch, Loop, Op, Value, leaves
from ..table.functional import index_add, index_set
from .activity import exits
from .regions import Mirror, Region, Reversal
from .subscripts import SUMS, Axis, Facts, Moment, Subscripts, is_integer

WRITES = (index_set, index_add)


@dataclass(frozen=True)
class Reread:
    """A value as an entry of an array that the backward sweep has."""

    array: Value
    index: Any
    cost: int  # beside keeping the value itself, which costs 16 if it is a number


@dataclass(eq=False)
class Entry:
    """The entry of an array that is asked about, and what is known of the place where it was read."""

    axes: list[Axis]
    facts: Facts


@dataclass(eq=False)
class Finality:
    """Versions of arrays in one forward sweep."""

    state: Reversal
    subscripts: Subscripts
    found: dict[tuple[Value, Mirror], Reread | None] = field(default_factory=dict)
    stores: dict[Region, dict[Any, list[Op]]] = field(default_factory=dict)

    def reread(self, mirror: Mirror, v: Value) -> Reread | None:
        """A value of the mirror's region as an entry of an array that costs less than the value to keep."""
        if (v, mirror) not in self.found:
            self.found[v, mirror] = self._find(mirror, v)
        return self.found[v, mirror]

    def _find(self, mirror: Mirror, v: Value) -> Reread | None:
        for array, index in self._sources(mirror.region, v):
            if not all(self.is_free(x) for x in leaves(index)):
                continue
            for version, home in self._later_versions(mirror, array, index):
                cost = self._cost(mirror, version, home)
                if cost is not None:
                    return Reread(version, index, cost)
        return None

    def _sources(self, region: Region, v: Value) -> Iterator[tuple[Value, Any]]:
        """Versions of arrays that have `v` as an entry: the one it was read from, those it was written to."""
        node = v.node
        if isinstance(node, Op) and node.fun is operator.getitem and isinstance(node.args[0], Value):
            if node.args[0].type.kind == "array":
                yield node.args[0], node.args[1]
        for store in self._stores(region).get(v, ()) if v.type.kind in ("scalar", "float") else ():
            array, index = store.results[0], store.args[1]
            if array.type.dtype == v.type.dtype and _names_one_entry(array, index):
                yield array, index

    def _stores(self, region: Region) -> dict[Any, list[Op]]:
        """The writes of a block, by the value written."""
        if region not in self.stores:
            self.stores[region] = {}
            for node in region.block.nodes:
                if isinstance(node, Op) and node.fun is index_set and isinstance(node.args[2], Value):
                    self.stores[region].setdefault(node.args[2], []).append(node)
        return self.stores[region]

    def is_free(self, x: Value) -> bool:
        """Whether an integer is at hand everywhere: made of indices of loops and what the function has from the start."""  # noqa: E501
        home = self.state.home.get(x)
        if home is None or not is_integer(x.type):
            return False
        if home.parent is None:
            return True
        if isinstance(home.node, Loop) and home.node.domain is not None and x is home.block.params[0]:
            return True
        made = isinstance(x.node, Op) and x.node.fun in SUMS
        return made and all(self.is_free(a) for a in leaves(x.node.args))

    def _cost(self, mirror: Mirror, version: Value, home: Region) -> int | None:
        """What it costs to have a version in the backward sweep, by degree; None if not less than a number kept."""
        if home.parent is None and not self.state.packs:
            return 1
        loops, region = 0, mirror.region
        while region is not home:
            loops += isinstance(region.node, Loop)
            region = region.parent
        rank = version.type.rank
        return 2 if rank is not None and rank < loops else None

    def _later_versions(self, mirror: Mirror, array: Value, index: Any) -> list[tuple[Value, Region]]:
        """Versions with the same entry, and the blocks that have them; the furthest out first."""
        home = self.state.home.get(array)
        if home is None:
            return []
        entry = self._entry(mirror.region, home, array, index)
        if entry is None:
            return []
        while mirror.region is not home:
            if mirror.fused:  # what follows this block runs before what follows the loop around it
                return []
            mirror = mirror.parent
        found: list[tuple[Value, Region]] = []
        version: Value | None = array
        while version is not None:
            version = self._last_in_block(mirror.region, version, entry)
            found.append((version, mirror.region))
            if mirror.fused or mirror.parent is None:
                break
            version = self._handed_on(mirror.region, version, entry)
            mirror = mirror.parent
        return found[::-1]

    def _entry(self, here: Region, home: Region, array: Value, index: Any) -> Entry | None:
        """The entry that a read in the region `here` means, of a version made in `home`."""
        region, moment = here, None
        while region is not home:
            if region is None:
                return None
            moment = Moment(region, "read")
            region = region.parent
        facts = self.subscripts.around(here, moment)
        axes = self.subscripts.axes(index, array.type, facts, moment)
        return None if axes is None else Entry(axes, facts)

    def _last_in_block(self, region: Region, version: Value, entry: Entry) -> Value:
        """The last version in the same block that surely has the same entry."""
        nodes = region.block.nodes
        start = nodes.index(version.node) + 1 if version.node in nodes else 0
        for node in nodes[start:]:
            for r in node.results:
                if r in self.state.home and _may_follow(r, version):
                    if self._before(node, r, entry, entry.facts, None) is version:
                        version = r
                        break
        return version

    def _handed_on(self, region: Region, version: Value, entry: Entry) -> Value | None:
        """The result of a region's branch or loop that surely has the entry of a version at the region's end."""
        node, end = region.node, region.block.end
        if end.kind != "yield":
            return None
        if isinstance(node, Branch):
            pairs = zip(node.results, end.values)
            return next((r for r, y in pairs if y is version and _may_follow(r, version)), None)
        if region.block is not node.body or _leaves_early(node):
            return None
        later = Moment(region, "later")
        facts = (*entry.facts, *self.subscripts.after(region))
        for p, y, r in zip(node.carried, end.values, node.results):
            if y is version and _may_follow(r, version):
                if self._origin(region.block, y, p, entry, facts, later) is p:
                    return r
        return None

    def _origin(self, block: Block, y: Any, stop: Any, entry: Entry, facts: Facts, at: Moment | None) -> Any:
        """The version before `y`, as far back in its block as the entry was surely the same, up to `stop`."""
        nodes = set(map(id, block.nodes))
        while y is not stop and isinstance(y, Value) and id(y.node) in nodes:
            before = self._before(y.node, y, entry, facts, at)
            if before is None:
                break
            y = before
        return y

    def _before(self, node: Any, y: Value, entry: Entry, facts: Facts, at: Moment | None) -> Any:
        """The version from which a node made `y`, if the entry is surely the same in both."""
        if isinstance(node, Op):
            if node.fun not in WRITES:
                return None
            axes = self.subscripts.axes(node.args[1], y.type, facts, at)
            return node.args[0] if self.subscripts.apart(entry.axes, axes, facts) else None
        if isinstance(node, Loop) and node.keep is None and y in node.results:
            return self._before_loop(node, node.results.index(y), entry, facts, at)
        if isinstance(node, Branch):
            return self._before_branch(node, node.results.index(y), entry, facts, at)
        return None

    def _before_loop(self, node: Loop, k: int, entry: Entry, facts: Facts, at: Moment | None) -> Any:
        if k >= len(node.carried) or _leaves_early(node):
            return None
        p, y = node.carried[k], node.body.end.values[k]
        if node.domain is not None:
            facts = (*facts, *self.subscripts.within(node, node.body.params[0], at))
        return node.inits[k] if self._origin(node.body, y, p, entry, facts, at) is p else None

    def _before_branch(self, node: Branch, k: int, entry: Entry, facts: Facts, at: Moment | None) -> Any:
        origins = []
        for block in node.blocks:
            if block.end.kind == "raise":
                continue
            if block.end.kind != "yield":
                return None
            y = self._origin(block, block.end.values[k], None, entry, facts, at)
            if not isinstance(y, Value) or y.node in block.nodes:
                return None
            origins.append(y)
        return origins[0] if origins and all(y is origins[0] for y in origins) else None


def _may_follow(later: Value, earlier: Value) -> bool:
    return later.type.kind == "array" and later.type.dtype == earlier.type.dtype


def _names_one_entry(array: Value, index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return len(items) == array.type.rank and not any(isinstance(x, slice) for x in items)


def _leaves_early(loop: Loop) -> bool:
    """Whether an iteration may end the loop, or the function, before the end of the body."""
    return len(exits(loop.body)) != 1 or loop.body.end.kind != "yield" or _returns(loop.body)


def _returns(block: Block) -> bool:
    inner = [b for node in block.nodes if isinstance(node, (Branch, Loop)) for b in node.blocks]
    return block.end.kind == "return" or any(map(_returns, inner))


__all__ = ["Finality", "Reread"]
