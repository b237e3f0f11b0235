"""Who owns the memory of a value, and which functional writes may happen in place.

Every array value has roots: the allocations it may be a view of. A write may reuse the memory of its base if
the base is the only live value on its roots, and its roots were allocated by this program. Where that is not
so the target copies first: in place is an optimisation here, never an assumption.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..frontend.opaque import may_write
from ..frontend.primitives import Method, list_append, list_from, list_of, list_pop, list_set
from ..ir.program import (
    UNDEFINED,
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Node,
    Op,
    Value,
    blocks_of,
    leaves,
    operands,
    walk,
)
from ..ir.result_types import type_of_index
from ..table.functional import index_add, index_set
from ..table.registry import IMPURE

WRITES = {index_add, index_set, list_append, list_pop, list_set}
HOLDS = {list_of, list_from}  # make a list of what they are given


@dataclass(eq=False)
class Ownership:
    """The findings: roots of values, writes that happen in place, loop starts that need a copy."""

    roots: dict[Any, frozenset[Any]] = field(default_factory=dict)
    items: dict[Any, frozenset[Any]] = field(default_factory=dict)  # root of a list -> roots of what it holds
    in_place: set[Op] = field(default_factory=set)
    owned_roots: set[Any] = field(default_factory=set)
    after_loop: frozenset[Any] = frozenset()  # what is read after the loop that is being looked at
    copied_items: set[Op] = field(default_factory=set)  # writes to lists that put a copy there
    copied_starts: set[tuple[Loop, int]] = field(default_factory=set)
    copied_args: set[tuple[Any, int]] = field(
        default_factory=set
    )  # of calls that consume what is not ours to give
    memory: dict[Any, set[Any]] = field(
        default_factory=dict
    )  # result of a loop or branch -> the allocations that it may have taken over
    written_roots: set[Any] = field(default_factory=set)


NONE: frozenset[Any] = frozenset()


@dataclass(frozen=True)
class Unseen:
    """Stands for memory that a list holds from elsewhere: its caller's, or that of an earlier iteration."""

    of: Any


def has_memory(v: Any) -> bool:
    return isinstance(v, Value) and not v.type.is_scalar


def analyse(function: Function, results: list[Any]) -> Ownership:
    """Decide every write of a function."""
    found = Ownership()
    for k, p in enumerate(function.params):
        if has_memory(p):
            found.roots[p] = frozenset([p])
            if p.type.kind == "list":
                found.items[p] = frozenset([Unseen(p)])
            if k in function.consumes and p.type.kind != "packed":
                found.owned_roots.add(p)
    _block(found, function.body, frozenset(leaves(results)) | frozenset(leaves(function.body.end.values)))
    return found


def _last_uses(block: Block, after: frozenset[Value]) -> tuple[list[frozenset[Value]], dict]:
    """For each node of a block, the values that die with it: their last reader in this block is the node."""
    last: dict[Value, int] = {}
    for k, node in enumerate(block.nodes):
        for v in _reads(node):
            last[v] = k
    for v in leaves(block.end.values):
        last[v] = len(block.nodes)
    return [], {v: (10**9 if v in after else k) for v, k in last.items()} | {v: 10**9 for v in after}


_reads_cache: dict[Any, list[Value]] = {}


def _reads(node: Node) -> list[Value]:
    from ..ir.program import free_values

    if isinstance(node, Op):
        return list(operands(node))
    return free_values(node)


def _block(found: Ownership, block: Block, after: frozenset[Value]) -> None:
    """Go through a block; `after` are the values that are read when it is done, whatever it hands over."""
    _, last = _last_uses(block, after)
    for k, node in enumerate(block.nodes):
        if isinstance(node, Op):
            _op(found, node, k, last)
        elif isinstance(node, Branch):
            _branch(found, block, node, k, last)
        elif isinstance(node, Loop):
            _loop(found, block, node, k, last)
        else:
            _call(found, node, k, last)


def _call(found: Ownership, node: Call, k: int, last: dict) -> None:
    """A call may write to what it consumes; its results may show what it was given."""
    shared = NONE
    given: set[Any] = set()
    for place, a in enumerate(node.args):
        if not has_memory(a):
            continue
        roots = found.roots.get(a, NONE)
        found.copied_args.discard((node, place))
        if place not in node.function.consumes or a.type.kind == "packed":
            shared |= shown(found, a)
        elif roots & given or sum(1 for x in node.args if x is a) > 1 or not may_reuse(found, a, k, last):
            found.copied_args.add((node, place))
        else:
            given |= roots
            found.written_roots |= roots
    consuming = bool(node.function.consumes)
    for r in node.results:
        if has_memory(r):
            found.roots[r] = frozenset([r]) if consuming else frozenset([r]) | shared
            if r.type.kind == "list":
                found.items[r] = shared
            if consuming:
                found.owned_roots.add(r)


def is_view(node: Op) -> bool:
    """Whether the result of an operation may share memory with its operands."""
    if node.fun is operator.getitem:
        index = node.args[1]
        if node.args[0].type.kind == "list" if isinstance(node.args[0], Value) else False:
            return True
        items = index if isinstance(index, tuple) else (index,)
        return all(isinstance(type_of_index(i), str) for i in items)
    if node.entry is None:
        return True
    return node.entry.view or node.entry.shares


def _op(found: Ownership, node: Op, k: int, last: dict) -> None:
    if node.fun in WRITES:
        _write(found, node, k, last)
        return
    shared = NONE
    if node.effect == IMPURE and keeps_arguments(node.fun):
        found.owned_roots -= frozenset().union(
            *[found.roots.get(v, NONE) for v in operands(node) if has_memory(v)]
        )
    if is_view(node):
        shared = NONE.union(*[_viewed(found, node, v) for v in operands(node) if has_memory(v)])
    for r in node.results:
        if has_memory(r):
            found.roots[r] = shared or frozenset([r])
            if node.fun in HOLDS:
                found.items[r] = NONE.union(*[found.roots.get(v, NONE) for v in operands(node)])
            if not shared and node.entry is not None and node.effect != "impure" and not is_view(node):
                found.owned_roots.add(r)


def _viewed(found: Ownership, node: Op, v: Value) -> frozenset:
    """The memory that a view of `v` shows: of a list, that of its items."""
    own = found.roots.get(v, NONE)
    return own | held(found, own) if v.type.kind == "list" else own


def keeps_arguments(fun: Any) -> bool:
    """Whether an opaque function may keep what it is given: `log.append(x)`."""
    return isinstance(fun, Method) or may_write(fun)


def _write(found: Ownership, node: Op, k: int, last: dict) -> None:
    base = node.args[0] if node.args else None
    result = node.results[0]
    found.in_place.discard(node)  # a loop is gone through until nothing changes
    stored = _stored(found, node)
    if isinstance(base, Value) and may_reuse(found, base, k, last):
        found.in_place.add(node)
        roots = found.roots.get(base, NONE)
        found.written_roots |= roots
    else:
        found.in_place.discard(node)
        roots = frozenset([result])
        found.owned_roots.add(result)
        if node.fun in (list_append, list_set, list_pop):
            stored |= held(found, found.roots.get(base, NONE) if isinstance(base, Value) else NONE)
    for r in node.results:
        if has_memory(r):
            found.roots[r] = roots if r is result else (held(found, roots) or frozenset([r]))
    for root in roots if stored else NONE:
        found.items[root] = found.items.get(root, NONE) | stored


def _stored(found: Ownership, node: Op) -> frozenset:
    """The roots of what a write puts into a list.

    Of an array that this program may write to, a part is copied: else the list would keep the whole of it.
    """
    found.copied_items.discard(node)
    if node.fun not in (list_append, list_set):
        return NONE
    item = node.args[-1]
    roots = shown(found, item)
    if roots and roots <= found.owned_roots and _is_partial(item) and item.type.kind == "array":
        found.copied_items.add(node)
        return NONE
    return roots


def held(found: Ownership, roots: frozenset) -> frozenset:
    """The roots of what the lists of these roots hold."""
    return NONE.union(*[found.items.get(root, NONE) for root in roots])


def shown(found: Ownership, v: Any) -> frozenset:
    """The roots of all memory that a value leads to: its own, and through lists that of what they hold."""
    out, more = NONE, found.roots.get(v, NONE) if has_memory(v) else NONE
    while more - out:
        out |= more
        more = held(found, more)
    return out


def may_reuse(found: Ownership, base: Value, k: int, last: dict) -> bool:
    """Whether nothing that lives past node `k` shares memory with `base`, and the memory is ours."""
    roots = found.roots.get(base, NONE)
    if not roots or any(r not in found.owned_roots for r in roots) or base not in last or last[base] > k:
        return False
    if base.type.kind != "list" and len(roots) > 1:
        return False
    if base.type.rank == 0 and not _is_surely_array(base):
        return False
    if _is_partial(base) and roots - {base}:
        return False
    return not any(n > k and v is not base and shown(found, v) & roots for v, n in last.items())


def _is_surely_array(base: Value) -> bool:
    """Whether a value without axes is an array: arithmetic of such arrays gives numbers, which cannot be written to."""
    return isinstance(base.node, Op) and (base.node.fun in WRITES or base.node.fun in MAKES_ARRAYS)


MAKES_ARRAYS = {
    np.array,
    np.zeros,
    np.ones,
    np.empty,
    np.full,
    np.copy,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.full_like,
}


def _branch(found: Ownership, block: Block, node: Branch, k: int, last: dict) -> None:
    after = frozenset(v for v, n in last.items() if n > k)
    for inner in node.blocks:
        _block(found, inner, {"break": found.after_loop, "raise": frozenset()}.get(inner.end.kind, after))
    for j, r in enumerate(node.results):
        if not has_memory(r):
            continue
        roots = NONE
        for inner in node.blocks:
            if inner.end.kind == "yield" and inner.end.values[j] is not UNDEFINED:
                roots |= found.roots.get(inner.end.values[j], NONE)
        found.roots[r] = roots or frozenset([r])
    for r in node.results:  # all of them known: one may hand out what another hands out too
        roots = found.roots.get(r, NONE)
        if len(roots) > 1 and all(x in found.owned_roots for x in roots):
            _merge_roots(found, r, roots, last, k)


def _merge_roots(found: Ownership, r: Value, roots: frozenset, last: dict, k: int) -> None:
    """Two arms made two arrays, each ours and dead but for the result: the result is one array of ours."""
    for v, n in last.items():
        if n > k and v is not r and shown(found, v) & roots:
            return
    found.items[r] = held(found, roots)
    found.memory[r] = {r}.union(*[found.memory.get(root, {root}) for root in roots])
    found.roots[r] = frozenset([r])
    found.owned_roots.add(r)


def _loop(found: Ownership, block: Block, node: Loop, k: int, last: dict) -> None:
    after = frozenset(v for v, n in last.items() if n > k)
    params = [p for p in node.carried]
    owned = _owned_candidates(found, node)
    outside = frozenset(v for v in _reads(node))
    enclosing, found.after_loop = found.after_loop, after
    items = {p: _viewed_items(found, init) for p, init in zip(params, node.inits) if p.type.kind == "list"}
    while True:
        _forget(found, node)
        for p in params:
            if has_memory(p):
                found.roots[p] = frozenset([p])
                (found.owned_roots.add if p in owned else found.owned_roots.discard)(p)
        found.items.update(items)
        if node.test is not None:
            _block(found, node.test, after | outside | frozenset(params))
        _block(found, node.body, after | (outside - frozenset(params)))
        failing = _lost_ownership(found, node, owned)
        more = _more_items(found, node, items)
        if not failing and not more:
            break
        owned -= failing
        items.update(more)
    found.after_loop = enclosing
    written = _written_params(found, node)
    for j, (p, r) in enumerate(zip(params, node.results)):
        if not has_memory(p):
            continue
        init = node.inits[j]
        found.copied_starts.discard((node, j))
        if p in owned:
            found.roots[r] = frozenset([r])
            found.memory[r] = {r}.union(*[_memory(found, node.inits[i]) for i in _feeding(found, node, p)])
            found.owned_roots.add(r)
            if p in written and not _start_is_ours(found, node, j, k, last):
                found.copied_starts.add((node, j))
            elif p in written and isinstance(init, Value):
                found.written_roots |= found.roots.get(init, NONE)
            elif p not in written:
                for i in _feeding(found, node, p):
                    if not _start_is_ours(found, node, i, k, last):
                        found.roots[r] |= (
                            found.roots.get(node.inits[i], NONE) if isinstance(node.inits[i], Value) else NONE
                        )
                        found.owned_roots.discard(r)
        else:
            found.roots[r] = frozenset([r]) | _outside(found, node, frozenset([p]))
        if p.type.kind == "list":
            found.items[r] = _outside(found, node, items[p])


def _viewed_items(found: Ownership, init: Any) -> frozenset:
    return held(found, found.roots.get(init, NONE)) if isinstance(init, Value) else NONE


def _more_items(found: Ownership, node: Loop, items: dict[Value, frozenset]) -> dict[Value, frozenset]:
    """The carried lists that the next iteration finds to hold more than was known.

    What an iteration made is, to the next, memory that it has not seen.
    """
    made = frozenset(r for n in walk(node.body) for r in n.results)
    more: dict[Value, frozenset] = {}
    for way in _ways(node):
        for p, y in zip(node.carried, way):
            if p in items and isinstance(y, Value):
                now = held(found, found.roots.get(y, NONE))
                now = items[p] | {Unseen(root) if root in made else root for root in now}
                if now != more.get(p, items[p]):
                    more[p] = more.get(p, NONE) | now
    return more


def _outside(found: Ownership, node: Loop, roots: frozenset) -> frozenset:
    """What roots inside a loop may be after it: for its carried values, all that flows into them."""
    flows: dict[Value, list[Any]] = {
        p: [init, *[way[j] for way in _ways(node)]]
        for j, (p, init) in enumerate(zip(node.carried, node.inits))
    }
    out, work = NONE, roots
    while work - out:
        out |= work
        sources = [x for root in work if root in flows for x in flows[root] if isinstance(x, Value)]
        work = NONE.union(*[found.roots.get(x, NONE) for x in sources])
    return out - frozenset(flows)


def _forget(found: Ownership, node: Loop) -> None:
    """Drop what an earlier, more hopeful pass found inside a loop."""
    inside = [r for n in walk(node.body) for r in n.results] + [
        p for n in walk(node.body) for b in blocks_of(n) for p in b.params
    ]
    for v in inside:
        found.roots.pop(v, None)
        found.items.pop(v, None)
        found.owned_roots.discard(v)


def _ways(node: Loop) -> list[tuple]:
    from ..transforms.activity import exits

    return exits(node.body)


def _owned_candidates(found: Ownership, node: Loop) -> set[Value]:
    return {p for p in node.carried if has_memory(p)}


def _lost_ownership(found: Ownership, node: Loop, owned: set[Value]) -> set[Value]:
    """Carried arrays whose next version is not surely ours alone at every exit."""
    lost: set[Value] = set()
    for way in _ways(node):
        holders: dict[Any, int] = {}
        for y in way:
            if not isinstance(y, Value):
                continue
            for root in shown(found, y):
                holders[root] = holders.get(root, 0) + 1
        for p, y in zip(node.carried, way):
            if p not in owned or y is UNDEFINED:
                continue
            roots = found.roots.get(y, NONE) if isinstance(y, Value) else NONE
            ours = (
                roots
                and all(root in found.owned_roots and holders[root] == 1 for root in roots)
                and not _is_partial(y)
            )
            if not ours or (p.type.kind != "list" and len(roots) > 1) or not roots <= _inside(node, owned):
                lost.add(p)
    return lost


def _is_partial(y: Any) -> bool:
    return isinstance(y, Value) and isinstance(y.node, Op) and y.node.fun not in WRITES and is_view(y.node)


def _inside(node: Loop, owned: set[Value]) -> frozenset:
    """The roots an iteration may hand over: its carried arrays and what it made itself."""
    return frozenset(owned) | frozenset(r for n in walk(node.body) for r in n.results)


def _written_params(found: Ownership, node: Loop) -> set[Value]:
    """The carried arrays whose memory some iteration writes to.

    Arrays that trade places hand their memory on: what flows into a written one is written in its turn.
    """
    touched = found.written_roots.union(*[found.memory.get(root, ()) for root in found.written_roots])
    written = {p for p in node.carried if p in touched}
    while True:
        feeding = {
            m
            for way in _ways(node)
            for p, y in zip(node.carried, way)
            if p in written
            for m in _memory(found, y)
        }
        more = {p for p in node.carried if p in feeding} - written
        if not more:
            return written
        written |= more


def _feeding(found: Ownership, node: Loop, p: Value) -> list[int]:
    """The places of the carried arrays whose memory may come to be that of `p`: those it trades places with."""
    feeding = {p}
    while True:
        more = {
            m
            for way in _ways(node)
            for q, y in zip(node.carried, way)
            if q in feeding
            for m in _memory(found, y)
        }
        more = {q for q in node.carried if q in more} - feeding
        if not more:
            return [i for i, q in enumerate(node.carried) if q in feeding]
        feeding |= more


def _memory(found: Ownership, y: Any) -> set[Any]:
    """The allocations that a value may stand in, followed through the loops that handed them on."""
    out: set[Any] = set()
    for root in found.roots.get(y, NONE) if isinstance(y, Value) else NONE:
        out |= found.memory.get(root, {root})
    return out


def _start_is_ours(found: Ownership, node: Loop, j: int, k: int, last: dict) -> bool:
    init = node.inits[j]
    if not isinstance(init, Value):
        return True
    own = found.roots.get(init, NONE)
    if any(own & shown(found, x) for i, x in enumerate(node.inits) if i != j):
        return False
    read = {v for b in node.blocks for v in _block_reads(b)} - set(node.carried)
    if any(own & shown(found, v) for v in read):
        return False
    return may_reuse(found, init, k, last)


def _block_reads(block: Block) -> list[Value]:
    from ..ir.program import free_values_of_block

    return free_values_of_block(block)


__all__ = ["Ownership", "analyse", "has_memory", "is_view", "list_of"]
