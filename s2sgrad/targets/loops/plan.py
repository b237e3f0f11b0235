"""Which arrays of a block are stored, and which operations share a loop nest.

An array that is made element by element is an expression (`lazy`) unless something needs it whole: a call, a loop, a
result, or a write to memory that it reads. Reductions, writes and stored arrays are *roots*: each is computed by a loop
nest over its domain, and roots with one domain share a nest where each needs of the others only the entry at hand.

A plan is a sequence of steps. Between the nests stand numbers and calls; an operation may move up past others that
it does not depend on, but never past what may leave the block, and never past a write to memory that it reads.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...frontend.primitives import extent
from ...ir.builder import freeze
from ...ir.program import (
    Block,
    Branch,
    Call,
    Loop,
    Op,
    Value,
    free_values,
    leaves,
    map_leaves,
    operands,
    walk,
)
from ...ir.result_types import as_tuple, subscript_shape, type_of_index
from ...ir.types import Type, not_one
from ...table.functional import index_add, index_set
from ...table.registry import IMPURE, lookup
from ..ownership import WRITES, Ownership, has_memory
from .access import COPIES, EXPANSIONS, VIEWS
from .kernel import is_array, is_number
from .reductions import reduction_of
from .scalars import cost, is_elementwise

DEAR = 8  # an expression that costs more is not computed twice


@dataclass(eq=False)
class Root:
    """An operation that a loop nest carries out."""

    node: Op
    kind: str  # "store", "reduce" or "write"
    domain: tuple
    place: int
    stored: bool = False

    @property
    def value(self) -> Value:
        return self.node.results[0]


@dataclass(eq=False)
class Nest:
    """Roots that share loops over one domain."""

    domain: tuple
    roots: list[Root] = field(default_factory=list)


@dataclass(eq=False)
class Plan:
    """The steps of a block, in order: nodes of the program and nests."""

    steps: list[Any] = field(default_factory=list)
    lazy: set[Value] = field(default_factory=set)


@dataclass(eq=False)
class Planner:
    """A block being planned."""

    found: Ownership
    block: Block
    place: dict[Value, int] = field(default_factory=dict)  # where in the block a value is made
    users: dict[Value, list[int]] = field(default_factory=dict)
    hard: set[Value] = field(default_factory=set)  # must be stored
    timely: set[Value] = field(
        default_factory=set
    )  # of these, only unless all readers are in the nest that makes it
    soft: set[Value] = field(default_factory=set)  # dear and wanted more than once
    weight: dict[Value, int] = field(default_factory=dict)
    until: dict[Value, int] = field(default_factory=dict)
    memory: dict[Value, frozenset] = field(
        default_factory=dict
    )  # roots of the memory that an expression reads
    writes: dict[int, frozenset] = field(default_factory=dict)  # place -> roots written there
    nests: list[Any] = field(default_factory=list)  # nests, and nodes that stand alone, in order
    slots: dict[int, list[Any]] = field(default_factory=dict)  # numbers, by the nest they stand before
    level: dict[Value, int] = field(
        default_factory=dict
    )  # the nest that makes a value, or the slot of a number
    root_of: dict[Value, Root] = field(default_factory=dict)
    readers: dict[Any, int] = field(default_factory=dict)  # memory -> the last nest that reads it
    writer: dict[Any, int] = field(default_factory=dict)  # memory -> the last nest that writes it
    fence: int = 0
    same: dict[Any, Any] = field(
        default_factory=dict
    )  # extent -> one that an operation of the block demands to equal it
    alias: set[Value] = field(default_factory=set)  # views that calls take as they are


def one_for(p: Planner, e: Any) -> Any:
    """The extent that stands for all that are demanded to be the same number."""
    while e in p.same:
        e = p.same[e]
    return e


def alike(p: Planner, a: Any, b: Any) -> bool:
    """Whether two shapes are the same wherever the block does not raise."""
    return len(a) == len(b) and all(m == n or one_for(p, m) == one_for(p, n) for m, n in zip(a, b))


def _note_same(p: Planner, op: Op) -> None:
    """Extents that an elementwise operation broadcasts together, neither of them 1."""
    shape = op.results[0].type.shape
    for v in operands(op):
        if not is_array(v):
            continue
        for e, want in zip(v.type.shape[::-1], shape[::-1]):
            if not isinstance(e, int) and not_one(e) and not_one(want):
                a, b = one_for(p, e), one_for(p, want)
                if a != b:
                    p.same[b if isinstance(a, int) else a] = a if isinstance(a, int) else b


def is_lazy_kind(op: Any) -> bool:
    """Whether each element of the result can be computed by itself."""
    if (
        not isinstance(op, Op)
        or len(op.results) != 1
        or not is_array(op.results[0])
        or op.structure is not None
    ):
        return False
    if op.results[0].type.dtype is None or op.effect == IMPURE:
        return False
    if is_elementwise(op):
        return all(not isinstance(a, Value) or is_array(a) or is_number(a) for a in op.args)
    return op.fun in EXPANSIONS and _expandable(op)


def _expandable(op: Op) -> bool:
    if op.fun is operator.getitem:
        return is_array(op.args[0]) and all(map(_plain_item, as_tuple(op.args[1]))) and not _mixed_mask(op)
    if op.fun in COPIES:
        return is_array(op.args[0]) and op.args[0].type.rank == op.results[0].type.rank
    if op.fun in (np.full, np.full_like):
        return is_number(op.args[1]) or is_array(op.args[1])
    if op.fun in (np.eye, np.identity):
        return True
    if op.fun is np.outer:
        return all(is_array(a) and a.type.rank == 1 for a in op.args) and not op.kwargs
    if op.fun is np.squeeze:
        axes = op.args[1] if len(op.args) > 1 else op.kwargs.get("axis")
        return is_array(op.args[0]) and (
            axes is not None
            or len(op.args[0].type.shape) - op.results[0].type.rank
            == sum(n == 1 for n in op.args[0].type.shape)
        )
    return not (op.fun in VIEWS and not is_array(op.args[0]) and op.fun is not np.broadcast_to)


def _mixed_mask(op: Op) -> bool:
    return any(is_array(i) and i.type.dtype.kind == "b" for i in as_tuple(op.args[1]))


def _plain_item(i: Any) -> bool:
    if isinstance(i, slice):
        return i.step is None or isinstance(i.step, int)
    if i is None or i is Ellipsis or isinstance(i, (int, np.integer)):
        return not isinstance(i, bool)
    kind = type_of_index(i)
    return kind == "int" or (isinstance(kind, Type) and isinstance(i, Value) and bool(kind.shape))


def is_write(node: Any) -> bool:
    return isinstance(node, Op) and node.fun in (index_set, index_add) and is_array(node.args[0])


def region_of(node: Op) -> tuple | None:
    """The shape of the part of an array that a write is to."""
    index = node.args[1]
    if _mixed_mask(node):
        return None
    return subscript_shape(node.args[0].type.shape, index, node)


def is_nest_write(node: Any) -> bool:
    """Whether a write is to a part with axes, so that loops carry it out."""
    if not is_write(node) or not all(map(_plain_item, as_tuple(node.args[1]))):
        return False
    return bool(region_of(node))


def plan_block(found: Ownership, block: Block) -> Plan:
    """Decide what is stored, and where each operation of a block is carried out."""
    p = Planner(found, block)
    _part(p)
    _survey(p)
    for k in reversed(range(len(block.nodes))):
        _demand(p, k)
    _find_memory(p)
    for k in reversed(range(len(block.nodes))):
        _protect(p, k)
    _weigh(p)
    for k, node in enumerate(block.nodes):
        _settle(p, k, node)
    return _ordered(p)


def _part(p: Planner) -> None:
    """Copy what a write reads of the very memory it writes to, unless each entry is read just where it goes."""
    made = {r for node in p.block.nodes if is_lazy_kind(node) for r in node.results}
    out: list[Any] = []
    for node in p.block.nodes:
        if is_nest_write(node) and node in p.found.in_place:
            roots = p.found.roots.get(node.args[0], frozenset())
            for v in dict.fromkeys(leaves(node.args[1:])):
                itself = v is node.args[0]
                whole = itself and _is_whole(node.args[1]) and v not in list(leaves(node.args[1]))
                kept = is_array(v) and (itself or v not in made)
                if kept and not whole and p.found.roots.get(v, frozenset()) & roots:
                    copy = _copy_of(v, node)
                    out.append(copy)
                    substitute(node, {v: copy.results[0]}, but_first=True)
        out.append(node)
    p.block.nodes = out


def substitute(node: Op, new: dict[Value, Value], but_first: bool) -> None:
    """Replace values among the operands of a node, in place, its first operand left as it is."""
    changed = map_leaves(node.args[but_first:], lambda v: new.get(v, v))
    node.args = (*node.args[:but_first], *changed)


def _copy_of(v: Value, like: Op) -> Op:
    copy = Value(v.type, None, None, like.loc)
    copy.node = Op(
        np.copy, lookup(np.copy), (v,), {}, (copy,), loc=like.loc, state=like.state, backward=like.backward
    )
    return copy.node


def _is_whole(index: Any) -> bool:
    return freeze(as_tuple(index)) in (freeze((slice(None),)), freeze((Ellipsis,)))


# --- what must be stored ------------------------------------------------------------------------------------


def _survey(p: Planner) -> None:
    left = False
    for k, node in enumerate(p.block.nodes):
        read = set(operands(node)) if isinstance(node, Op) else set(free_values(node))
        for v in read:
            p.users.setdefault(v, []).append(k)
        for r in node.results:
            p.place[r] = k
        written = _written(p, node)
        if written:
            p.writes[k] = written
        left = left or may_leave(node)
        if (
            not left and is_lazy_kind(node) and is_elementwise(node)
        ):  # later, shapes are not compared before an effect
            _note_same(p, node)


def _find_memory(p: Planner) -> None:
    """What memory each expression reads."""
    for node in p.block.nodes:
        if is_lazy_kind(node) and node.results[0] not in p.hard:
            p.memory[node.results[0]] = frozenset().union(*[_memory(p, v) for v in operands(node)])


def _memory(p: Planner, v: Value) -> frozenset:
    own = p.found.roots.get(v, frozenset()) if has_memory(v) else frozenset()
    return own | p.memory.get(v, frozenset())


def _written(p: Planner, node: Any) -> frozenset:
    """The memory that a node, or what it holds, writes to in place."""
    none: frozenset = frozenset()
    if isinstance(node, Op):
        return (
            p.found.roots.get(node.args[0], none) if node.fun in WRITES and node in p.found.in_place else none
        )
    if isinstance(node, Call):
        given = [node.args[j] for j in node.function.consumes]
        return none.union(*[p.found.roots.get(v, none) for v in leaves(given)])
    out = none
    if isinstance(node, Loop):
        out = none.union(*[p.found.roots.get(v, none) for v in leaves(node.inits) if has_memory(v)])
    for inner in (n for b in node.blocks for n in walk(b)):
        if isinstance(inner, Op) and inner.fun in WRITES and inner in p.found.in_place:
            out |= p.found.roots.get(inner.args[0], none)
    return out


def _demand(p: Planner, k: int) -> None:
    """Whether something needs the array made at place `k` whole."""
    node = p.block.nodes[k]
    if not is_lazy_kind(node):
        return
    v = node.results[0]
    users = p.users.get(v, [])
    ends = any(v is x for x in leaves(p.block.end.values))
    wanting = [u for u in users if _wants_memory(p, p.block.nodes[u], v)]
    if ends or wanting:
        if not ends and is_aliasable(node) and all(_takes_views(p, p.block.nodes[u]) for u in wanting):
            p.alias.add(v)
        else:
            p.hard.add(v)


def _protect(p: Planner, k: int) -> None:
    """Store the array made at place `k` if what it reads is written to before its last reader, its readers decided."""
    node = p.block.nodes[k]
    if not is_lazy_kind(node) or node.results[0] in p.hard:
        return
    v = node.results[0]
    users = p.users.get(v, [])
    p.until[v] = max([_evaluated(p, u) for u in users], default=k)
    for place, roots in p.writes.items():
        if k < place <= p.until[v] and roots & _memory(p, v):
            if place == p.until[v] and _meets_safely(p, v, p.block.nodes[place]):
                continue
            p.hard.add(v)
            p.timely.add(v)
            return


def _evaluated(p: Planner, u: int) -> int:
    """The last place at which what is read at place `u` may be computed."""
    node = p.block.nodes[u]
    if is_lazy_kind(node) and node.results[0] not in p.hard:
        return max(u, p.until.get(node.results[0], u))
    return u


def is_aliasable(op: Op) -> bool:
    """Whether Numba makes this view without a copy."""
    if op.fun is np.transpose:
        return op.results[0].type.rank == 2 and len(op.args) == 1 and not op.kwargs
    return op.fun is operator.getitem and not _gathers(op) and None not in as_tuple(op.args[1])


def _takes_views(p: Planner, node: Any) -> bool:
    """Whether a call takes an array with gaps between its entries."""
    return isinstance(node, Op) and (node.fun in PRODUCTS or node.results[0] in p.alias)


PRODUCTS = frozenset([operator.matmul, np.dot, np.matmul])


def _wants_memory(p: Planner, node: Any, v: Value) -> bool:
    """Whether a node needs an array whole, not entry by entry."""
    if not isinstance(node, Op) or node.results[0] in p.alias:
        return True
    if is_lazy_kind(node):
        return node.fun is operator.getitem and node.args[0] is v and _gathers(node)
    if node.fun is extent or reduction_of(node) is not None:
        return False
    if node.fun is operator.getitem and node.results[0].type.shape == () and _expandable(node):
        return False
    if is_write(node):
        return node.args[0] is v or not is_nest_write(node)
    return True


def _gathers(node: Op) -> bool:
    return any(is_array(i) for i in as_tuple(node.args[1]))


def _meets_safely(p: Planner, v: Value, write: Any) -> bool:
    """Whether the loops of a write read, of the memory they write to, only the entry at hand."""
    if not is_nest_write(write) or write.args[0] is v:
        return False
    return _same_entry(p, v, write, p.found.roots.get(write.args[0], frozenset()))


def _same_entry(p: Planner, v: Value, write: Op, roots: frozenset) -> bool:
    if not _memory(p, v) & roots:
        return True
    node = v.node
    if v is write.args[0]:
        return _is_whole(write.args[1])
    if v in p.hard or not is_lazy_kind(node) or v not in p.place:
        return False
    if node.fun is operator.getitem:
        same = node.args[0] is write.args[0] and freeze(node.args[1]) == freeze(write.args[1])
        return same and not _gathers(node)
    if not is_elementwise(node):
        return False
    full = region_of(write)
    return v.type.shape == full and all(
        _same_entry(p, a, write, roots) for a in operands(node) if is_array(a)
    )


def _weigh(p: Planner) -> None:
    """What it costs to compute each expression; which are too dear to be computed for each of their readers."""
    for node in p.block.nodes:
        if not is_lazy_kind(node):
            continue
        v = node.results[0]
        if v in p.alias:
            p.weight[v] = 0
            continue
        own = cost(node) if is_elementwise(node) else 0
        p.weight[v] = own + sum(p.weight.get(a, 0) for a in set(operands(node)))
        if v in p.hard or (p.weight[v] >= DEAR and _repeated(p, v)):
            p.soft.add(v)
            p.weight[v] = 0


def _repeated(p: Planner, v: Value) -> bool:
    """Whether an entry would be computed more than once: by several readers, or by one that stretches it."""
    users = p.users.get(v, [])
    if len(users) > 1:
        return True
    for u in users:
        node = p.block.nodes[u]
        if (
            is_lazy_kind(node)
            and is_elementwise(node)
            and not alike(p, node.results[0].type.shape, v.type.shape)
        ):
            return True
        if node.fun in (np.broadcast_to, np.outer):
            return True
    return False


# --- where each operation is carried out ----------------------------------------------------------------------


def _settle(p: Planner, k: int, node: Any) -> None:
    """Give a node its step."""
    if is_lazy_kind(node) and node.results[0] not in p.alias:
        if node.results[0] in p.hard or node.results[0] in p.soft:
            v = node.results[0]
            _settle_root(p, Root(node, "store", v.type.shape, k, v in p.hard and v not in p.timely))
        return
    if isinstance(node, Op) and reduction_of(node) is not None:
        _settle_root(p, Root(node, "reduce", node.args[0].type.shape, k, True))
    elif is_nest_write(node):
        _settle_root(p, Root(node, "write", region_of(node) or (), k, True))
    elif isinstance(node, Op) and _is_number_op(node):
        _settle_number(p, node)
    else:
        _settle_alone(p, node)


def _is_number_op(node: Op) -> bool:
    """Whether an operation makes numbers from numbers, sizes and entries."""
    return node.effect != IMPURE and not is_write(node) and all(is_number(r) for r in node.results) and (
        node.fun in (extent, operator.getitem) or all(is_number(v) for v in operands(node))
    )  # fmt: skip


def _needs(p: Planner, values: Any, domain: tuple | None) -> tuple[int, list[tuple[Value, bool]]]:
    """The first nest that may read these values, and the roots among what they are made of.

    With each root comes whether only its entry at hand is read, so that the same nest may make it.
    """
    least, roots = p.fence, []
    for v, aligned in _sources(p, values, domain):
        if v in p.root_of:
            roots.append((v, aligned))
        if v in p.level:
            made_alone = v not in p.root_of and not is_number(v)
            nest_number = is_number(v) and v in p.root_of
            least = max(least, p.level[v] + (1 if made_alone or nest_number else 0))
    return least, roots


def _sources(p: Planner, values: Any, domain: tuple | None) -> list[tuple[Value, bool]]:
    """What expressions are made of in the end: stored arrays, roots and numbers; whether read at the entry at hand."""
    out: dict[Value, bool] = {}
    pending = [(v, domain is not None) for v in values]
    while pending:
        v, aligned = pending.pop()
        aligned = aligned and (not is_array(v) or alike(p, v.type.shape, domain))
        if v in out and (out[v] == aligned or not out[v]):
            continue
        out[v] = aligned and out.get(v, True)
        if v in p.place and is_lazy_kind(v.node) and v not in p.root_of and v not in p.alias:
            pointwise = is_elementwise(v.node) or v.node.fun in COPIES
            pending.extend((a, aligned and pointwise) for a in operands(v.node))
    return list(out.items())


def _settle_root(p: Planner, root: Root) -> None:
    node = root.node
    read = list(operands(node))
    if root.kind == "write":  # only what is written is read entry by entry
        least, roots = _needs(p, leaves(node.args[2]), root.domain)
        before, others = _needs(p, leaves(node.args[:2]), None)
        least, roots = max(least, before), [*roots, *[(v, False) for v, _ in others]]
    else:
        least, roots = _needs(p, read, root.domain if _reads_aligned(root) else None)
    for v, aligned in roots:
        other = p.root_of[v]
        joins = aligned and other.kind == "store" and alike(p, other.domain, root.domain)
        least = max(least, p.level[v] + (0 if joins else 1))
    least = max(least, _after_readers(p, node))
    at = next(
        (
            n
            for n in range(least, len(p.nests))
            if isinstance(p.nests[n], Nest) and alike(p, p.nests[n].domain, root.domain)
        ),
        None,
    )
    if at is None:
        at = len(p.nests)
        p.nests.append(Nest(root.domain))
    p.nests[at].roots.append(root)
    for v, aligned in roots:
        other = p.root_of[v]
        if p.level[v] != at or not aligned:
            other.stored = True
    p.root_of[root.value] = root
    p.level[root.value] = at
    _note_memory(p, read, at)
    _note_write(p, node, at)


def _reads_aligned(root: Root) -> bool:
    """Whether an entry is made of the entries at the same place: not so of what is turned round or picked out."""
    return root.kind != "store" or is_elementwise(root.node) or root.node.fun in COPIES


def _after_readers(p: Planner, node: Any) -> int:
    """A write comes after every nest that reads what it writes to."""
    written = _written(p, node)
    return max(
        [p.readers.get(root, -1) + 1 for root in written]
        + [p.writer.get(root, -1) + 1 for root in written]
        + [0]
    )


def _note_memory(p: Planner, read: Any, at: int) -> None:
    for v, _ in _sources(p, read, None):
        if has_memory(v) and (v not in p.place or v in p.level):
            for root in p.found.roots.get(v, ()):
                p.readers[root] = max(p.readers.get(root, -1), at)


def _note_write(p: Planner, node: Any, at: int) -> None:
    for root in _written(p, node):
        p.writer[root] = max(p.writer.get(root, -1), at)


def _settle_number(p: Planner, node: Op) -> None:
    read = [] if node.fun is extent else list(operands(node))
    least, roots = _needs(p, read, None)
    for v, _ in roots:
        least = max(least, p.level[v] + 1)
        p.root_of[v].stored = True
    if node.fun is extent:
        least = max(least, _size_known(p, node.args[0]))
    p.slots.setdefault(least, []).append(node)
    for r in node.results:
        p.level[r] = least
    _note_memory(p, read, least - 1)


def _size_known(p: Planner, v: Value) -> int:
    """The first slot at which the size of an array can be told: that of most is told by what they are made of."""
    if v not in p.place:
        return 0
    node = v.node
    if not isinstance(node, Op) or not (is_lazy_kind(node) or has_size_rule(node)):
        return p.level.get(v, 0) + 1
    return max([_size_known(p, a) if is_array(a) else p.level.get(a, 0) for a in operands(node)], default=0)


def has_size_rule(node: Op) -> bool:
    from .extents import size_rule

    return size_rule(node) is not None and node.fun is not operator.getitem


def _settle_alone(p: Planner, node: Any) -> None:
    read = list(operands(node)) if isinstance(node, Op) else free_values(node)
    _least, roots = _needs(p, read, None)
    for v, _ in roots:
        p.root_of[v].stored = True
    at = len(p.nests)
    p.nests.append(node)
    for r in node.results:
        p.level[r] = at + 1 if is_number(r) else at
    _note_memory(p, read, at)
    _note_write(p, node, at)
    if may_leave(node):
        p.fence = at + 1


def may_leave(node: Any) -> bool:
    """Whether what comes after a node may not be reached, or must not happen before it."""
    if isinstance(node, Op):
        return node.effect == IMPURE
    if isinstance(node, Call):
        return False
    return any(
        b.end.kind in ("raise", "break", "return") or any(map(may_leave, b.nodes)) for b in node.blocks
    )


def _ordered(p: Planner) -> Plan:
    plan = Plan()
    for n in range(len(p.nests) + 1):
        plan.steps.extend(p.slots.get(n, []))
        if n < len(p.nests):
            plan.steps.append(p.nests[n])
    for v in p.place:
        if is_lazy_kind(v.node) and v not in p.alias and not (v in p.root_of and p.root_of[v].stored):
            plan.lazy.add(v)
    return plan


__all__ = ["Branch", "Nest", "Plan", "Root", "is_write", "plan_block", "region_of"]
