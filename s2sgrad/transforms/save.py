"""What a loop keeps for its reverse: a minimum cut between what is at hand and what is needed.

Values of an iteration are nodes, an edge leads from an operand to a result that could be computed again. To
keep a value costs by its size; to compute it again costs next to nothing if it is cheap, and is not allowed
if it is heavy, impure, or made by an inner loop. What an entry of an array still shows later costs as much as
having the array. Values from the blocks around, which have to be had there, cost by their degree: an array of
n numbers each time the loop is run is as much as a number each of n iterations. Of equal cuts the one nearest
the needs is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..ir.program import Loop, Op, Value, leaves, operands
from ..ir.types import Type
from ..table.registry import IMPURE
from .finality import Finality, Reread
from .induction import induction
from .regions import Mirror, Region

INFINITE = 2**28
NUMBER = 16  # the cost of keeping a number, an iteration


@dataclass(frozen=True)
class Supply:
    """How a block of the backward sweep has what it needs of the forward one."""

    kept: list[Value] = field(default_factory=list)
    again: list[Value] = field(default_factory=list)  # made again, in this order
    reread: dict[Value, Reread] = field(default_factory=dict)  # of those: the ones an array still shows


def choose_kept(mirror: Mirror, needs: list[Value], final: Finality) -> Supply:
    """What to keep, and what to make again, and how, for the needs of a block of the backward sweep."""
    if not needs:
        return Supply()
    cut = Cut(mirror, final)
    for v in needs:
        cut.visit(v)
    chosen = cut.minimum(needs, {})
    if any(v in cut.reach and final.state.home.get(v) is mirror.region for v in chosen):
        shown = {v: r for v in cut.reach if (r := final.reread(mirror, v)) is not None}
        if shown:
            chosen = cut.minimum(needs, shown)
            return cut.supply(needs, chosen, {v: r for v, r in shown.items() if v in chosen})
    return cut.supply(needs, chosen, {})


def is_index(region: Region, v: Value) -> bool:
    return _index_of(region) is v


def is_count(region: Region, v: Value) -> bool:
    """Whether a value is one that the loop counts with, which its index tells."""
    return v in region.block.params and not is_index(region, v) and induction(region.node, v) is not None


def _index_of(region: Region) -> Value | None:
    counted = isinstance(region.node, Loop) and region.node.domain is not None
    return region.block.params[0] if counted else None


def size_of(t: Type) -> int:
    """What it costs to keep a value of a type, an iteration."""
    if t.is_scalar:
        return NUMBER
    if t.kind == "list":
        return NUMBER * 10**4
    rank = t.rank if t.rank is not None else 2
    return NUMBER * 10 ** min(2 * rank, 5)


@dataclass(eq=False)
class Cut:
    """The values from which needs of one block can be computed, each with those of its operands that cost."""

    mirror: Mirror
    final: Finality
    reach: dict[Value, list[Value]] = field(default_factory=dict)
    members: set[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.members = set(self.mirror.region.block.nodes)

    def visit(self, v: Value) -> None:
        work = [v]
        while work:
            x = work.pop()
            if x not in self.reach:
                self.reach[x] = self._costly(x) if self._may_be_made_again(x) else []
                work.extend(self.reach[x])

    def _may_be_made_again(self, v: Value) -> bool:
        node = v.node
        if is_count(self.mirror.region, v):
            return True
        return (
            isinstance(node, Op)
            and node in self.members
            and len(node.results) == 1
            and node.effect != IMPURE
            and v.type.kind != "list"
            and node.entry is not None
            and not node.entry.heavy
        )

    def _read(self, v: Value) -> list[Value]:
        """What a value is made of again."""
        count = induction(self.mirror.region.node, v) if v.node is None else None
        return list(operands(v.node) if count is None else leaves(count.operands))

    def _costly(self, v: Value) -> list[Value]:
        """Of that, what is not at hand in the backward sweep at no cost."""
        return [x for x in self._read(v) if not self._is_at_hand(x)]

    def _is_at_hand(self, x: Value) -> bool:
        where = self.final.state.home.get(x)
        if where is None or where.parent is None or x is _index_of(where):
            return True
        if where is self.mirror.region:
            return False
        outer = self.mirror.parent
        while outer is not None and outer.region is not where:
            outer = outer.parent
        return outer is not None and outer.fused or self.final.is_free(x)

    def _cost(self, v: Value, shown: dict[Value, Reread]) -> int:
        """What it costs to have a value: kept here, read from an array, or had from a block around."""
        here, where = self.mirror.region, self.final.state.home.get(v)
        if v in shown:
            return shown[v].cost
        if where is here or where is None:
            return size_of(v.type)
        loops, region = 0, here
        while region is not where:
            loops += isinstance(region.node, Loop)
            region = region.parent
        rank = 0 if v.type.is_scalar else 2 if v.type.rank is None else v.type.rank
        degree = rank - loops if v.type.kind != "list" else 2
        return 1 if degree < 0 else NUMBER // 2 * 10 ** min(2 * degree, 5)

    def minimum(self, needs: list[Value], shown: dict[Value, Reread]) -> set[Value]:
        """The cheapest set of values to have: a minimum vertex cut, by the maximum flow of split nodes."""
        import numpy as np
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import maximum_flow

        order = list(self.reach)
        number = {v: k for k, v in enumerate(order)}
        source, sink = 2 * len(order), 2 * len(order) + 1
        edges: dict[tuple[int, int], int] = {}
        for v, costly in self.reach.items():
            k = number[v]
            edges[(2 * k, 2 * k + 1)] = self._cost(v, shown)
            if not self._may_be_made_again(v):
                edges[(source, 2 * k)] = INFINITE
            for x in costly:
                edges[(2 * number[x] + 1, 2 * k)] = INFINITE
        for v in needs:
            edges[(2 * number[v] + 1, sink)] = INFINITE
        rows, columns = np.array(list(edges)).T
        graph = csr_array(
            (np.array(list(edges.values()), dtype=np.int32), (rows, columns)), shape=(sink + 1, sink + 1)
        )
        flow = maximum_flow(graph.tocsr(), source, sink).flow
        residual = (graph - flow).tocsr()
        # Cut nearest the needs: what can still reach the sink in the residual graph is on its side.
        side = _reachable(residual.T.tocsr(), sink)
        return {v for v in order if (2 * number[v] + 1) in side and (2 * number[v]) not in side}

    def supply(self, needs: list[Value], chosen: set[Value], shown: dict[Value, Reread]) -> Supply:
        home, here = self.final.state.home, self.mirror.region
        again: dict[Value, None] = {}

        def visit(v: Value) -> None:
            if v in again or (v in chosen and v not in shown) or is_index(here, v):
                return
            if v in shown:
                for x in leaves(shown[v].index):
                    visit_integer(x)
            elif v in self.reach:
                for operand in self._read(v):
                    visit(operand)
            else:
                return
            again[v] = None

        def visit_integer(x: Value) -> None:
            if home.get(x) is here and not is_index(here, x) and x not in again and x not in chosen:
                for operand in operands(x.node):
                    visit_integer(operand)
                again[x] = None

        for v in needs:
            visit(v)
        read = {x for v in again for x in (leaves(shown[v].index) if v in shown else self._read(v))}
        used = read | set(needs)
        kept = [v for v in self.reach if v in chosen and v not in shown and home.get(v) is here and v in used]
        return Supply(kept, list(again), shown)


def _reachable(graph: Any, start: int) -> set[int]:
    seen, work = {start}, [start]
    while work:
        k = work.pop()
        for p in range(graph.indptr[k], graph.indptr[k + 1]):
            n = int(graph.indices[p])
            if graph.data[p] > 0 and n not in seen:
                seen.add(n)
                work.append(n)
    return seen
