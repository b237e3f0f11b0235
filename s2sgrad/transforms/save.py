"""What a loop keeps for its reverse: a minimum cut between what is at hand and what is needed.

Values of an iteration are nodes, an edge leads from an operand to a result that could be computed again. To
keep a value costs by its size; to compute it again costs next to nothing if it is cheap, and is not allowed
if it is heavy, impure, or made by an inner loop. Of equal cuts the one nearest the needs is taken.
"""

from __future__ import annotations

from typing import Any

from ..ir.program import Op, Value, operands
from ..ir.types import Type
from ..table.registry import IMPURE
from .induction import induction

INFINITE = 2**28


def choose_kept(region: Any, needs: list[Value], home: dict[Value, Any]) -> tuple[list[Value], list[Value]]:
    """The values to keep, and those to compute again from them, in an order in which they can be."""
    if not needs:
        return [], []
    reach = _candidates(region, needs, home)
    kept = _minimum_cut(reach, needs, region)
    again: dict[Value, None] = {}

    def visit(v: Value) -> None:
        if v in kept or v in again or v not in reach or is_index(region, v):
            return
        for operand in reach[v]:
            visit(operand)
        again[v] = None

    for v in needs:
        visit(v)
    used = {operand for v in again for operand in reach[v]} | set(needs)
    return [v for v in reach if v in kept and v in used], list(again)


def is_index(region: Any, v: Value) -> bool:
    return getattr(region.node, "domain", None) is not None and v is region.block.params[0]


def is_count(region: Any, v: Value) -> bool:
    """Whether a value is one that the loop counts with, which its index tells."""
    return v in region.block.params and not is_index(region, v) and induction(region.node, v) is not None


def _candidates(region: Any, needs: list[Value], home: dict[Value, Any]) -> dict[Value, list[Value]]:
    """The values of the region from which the needs can be computed: each with its operands there."""
    found: dict[Value, list[Value]] = {}
    members = set(region.block.nodes)

    def visit(v: Value) -> None:
        work = [v]
        while work:
            x = work.pop()
            if x in found:
                continue
            inside = _inside_operands(x, members, region, home)
            found[x] = inside if inside is not None else []
            work.extend(found[x])

    for v in needs:
        visit(v)
    return found


def _inside_operands(v: Value, members: set, region: Any, home: dict) -> list[Value] | None:
    """The operands of `v` that the region itself defines; None if `v` cannot be computed again."""
    node = v.node
    if is_count(region, v):
        return []
    if not isinstance(node, Op) or node not in members or len(node.results) != 1 or node.effect == IMPURE:
        return None
    if (
        v.type.kind == "list"
        or node.entry is None
        or node.entry.heavy
        or not _operands_at_hand(node, region, home)
    ):
        return None
    return [x for x in operands(node) if home.get(x) is region and not is_index(region, x)]


def _operands_at_hand(node: Op, region: Any, home: dict) -> bool:
    """Whether what a node reads from outside the region is there in the backward sweep at no cost."""
    for x in operands(node):
        where = home.get(x)
        if where is None or where is region or where.parent is None:
            continue
        if (
            where.node is not None
            and getattr(where.node, "domain", None) is not None
            and x is where.block.params[0]
        ):
            continue
        return False
    return True


def size_of(t: Type) -> int:
    """What it costs to keep a value of a type, an iteration."""
    if t.is_scalar:
        return 16
    if t.kind == "list":
        return 16 * 10**4
    rank = t.rank if t.rank is not None else 2
    return 16 * 10 ** min(2 * rank, 5)


def _minimum_cut(reach: dict[Value, list[Value]], needs: list[Value], region: Any) -> set[Value]:
    """The cheapest set of values to keep: a minimum vertex cut, by the maximum flow of split nodes."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    order = list(reach)
    number = {v: k for k, v in enumerate(order)}
    source, sink = 2 * len(order), 2 * len(order) + 1
    edges: dict[tuple[int, int], int] = {}
    members = set(region.block.nodes)
    for v, inside in reach.items():
        k = number[v]
        forced = _must_keep(v, members, region, inside, reach)
        edges[(2 * k, 2 * k + 1)] = INFINITE if is_index(region, v) else size_of(v.type)
        if forced and not is_index(region, v):
            edges[(source, 2 * k)] = INFINITE
        for x in inside:
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
    back = residual.T.tocsr()
    side = _reachable(back, sink)
    return {
        v
        for v in order
        if (2 * number[v] + 1) in side and (2 * number[v]) not in side and not is_index(region, v)
    }


def _must_keep(v: Value, members: set, region: Any, inside: list[Value], reach: dict) -> bool:
    """Whether a value has no operands to be computed from: parameters, results of loops, of impure operations."""
    node = v.node
    if is_count(region, v):
        return False
    if not isinstance(node, Op) or node not in members:
        return True
    return (
        node.entry is None
        or node.entry.heavy
        or node.effect == IMPURE
        or len(node.results) != 1
        or v.type.kind == "list"
        or (not inside and not _all_outside(node, region))
    )


def _all_outside(node: Op, region: Any) -> bool:
    return all(
        x.node not in region.block.nodes and x not in region.block.params or is_index(region, x)
        for x in operands(node)
    )


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
