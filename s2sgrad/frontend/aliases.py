"""Which handles may be the same memory, and what a write then forbids.

A handle is *ambiguous* where it may be one of several others: a name bound differently on two paths, a name
that a loop carries, a result of a function that may hand back its argument. To write through one is refused
while any of the others can still be read by another way; after a write to what it may be, an ambiguous handle
is *stale*, and reading it is refused. A run-time list holds its items by value, so it is stale when an array
it holds is written to.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..ir.program import Value
from ..ir.types import UNKNOWN
from .abstract import Bound, BoundFunction, Closure, Lazy, ObjectRef, children, leaves_of
from .frame import Frame, Lowering

ONE_OF_TWO = "this array may be one of several, depending on what happens at run time: write to them by their own names, or `.copy()` where they part"  # noqa: E501
WRITTEN_SINCE = (
    "this may be an array that has been written to since under another name: use `.copy()` where they part"
)
HELD = "this list holds an array that has been written to since: append a `.copy()` of it"
SHARED = "this writes to an item of a list that may have it in several places: append a `.copy()` of it"
IN_SEVERAL_PLACES = Value(UNKNOWN)  # is held by a list that may have one array as several of its items
MAYBE_COPY = "whether this reshape shares memory with an array that has been written to since is not known: use `.copy()`"  # noqa: E501


def references(frame: Frame) -> Iterator[Value]:
    """All values that code still to be run can reach by a name."""
    seen: set[int] = set()
    work: list[Any] = [*frame.low.frames, frame]
    while work:
        x = work.pop()
        if isinstance(x, Value):
            yield x
            continue
        if id(x) in seen:
            continue
        seen.add(id(x))
        work.extend(_reached(x))
    yield from frame.low.inputs.captured.values()


def _reached(x: Any) -> Iterable[Any]:
    if isinstance(x, Frame):
        return [*x.names.values(), *([x.outer] if x.outer is not None else [])]
    if isinstance(x, Closure):
        return [x.frame, *x.defaults, *x.kw_defaults]
    if isinstance(x, BoundFunction):
        return [x.fun, *x.args, *x.kwargs.values()]
    if isinstance(x, Bound):
        return [x.owner]
    if isinstance(x, Lazy):
        return list(x.parts)
    if isinstance(x, ObjectRef):
        return list(x.attributes.values())
    return list(children(x) or ())


def held_by(low: Lowering, v: Value) -> set[Value]:
    """The memory that reading `v` may show: its own, what it may be, what it holds."""
    out = low.may_be(v)
    for r in list(out):
        for item in low.held.get(r, ()):
            out |= low.may_be(item)
    return out


def may_meet(low: Lowering, a: Value, b: Value, params: frozenset[Value] = frozenset()) -> bool:
    """Whether two handles may be the same memory; those of `params` are taken to be what only they are.

    Two results of one branch meet only if they do in one of its arms: arrays that trade places under a test
    stay apart.
    """
    known: dict[tuple[Value, Value], bool] = {}

    def meet(x: Any, y: Any) -> bool:
        if not isinstance(x, Value) or not isinstance(y, Value):
            return False
        x, y = low.root(x), low.root(y)
        if x is y:
            return True
        if (x, y) not in known:
            known[x, y] = True
            known[x, y] = parts_meet(x, y)
        return known[x, y]

    def parts_meet(x: Value, y: Value) -> bool:
        one, other = low.joined.get(x), low.joined.get(y)
        if one is not None and other is not None and one[0] is other[0]:
            return meet(one[1], other[1]) or meet(one[2], other[2])
        mine, theirs = sources(x), sources(y)
        by_mine = not mine or any(meet(s, y) for s in mine)
        by_theirs = not theirs or any(meet(x, s) for s in theirs)
        return bool(mine or theirs) and by_mine and by_theirs

    def sources(x: Value) -> list[Value]:
        return [s for s in low.ambiguous.get(x, ()) if x not in params or s in params]

    return meet(a, b)


def demand_writable(frame: Frame, node: Any, root: Value) -> None:
    """Refuse a write through a handle that may be another one in use."""
    low = frame.low
    others = low.may_be(root) - {root}
    if others and any(
        held_by(low, v) & others and (low.may_be(v) != held_by(low, v) or may_meet(low, root, v))
        for v in references(frame)
        if low.root(v) is not root
    ):
        raise frame.refuse(node, ONE_OF_TWO)


def note_held(frame: Frame, items: Value, *values: Any) -> None:
    """Remember which arrays a run-time list was given: it is stale when they are written to."""
    low = frame.low
    root = low.root(items)
    known = low.held.get(root, frozenset())
    seen = {root}.union(*[low.may_be(h) for h in known])
    for v in leaves_of(list(values)):
        if isinstance(v, Value) and not v.type.is_scalar:
            mine = low.may_be(v)
            known |= {v, IN_SEVERAL_PLACES} if mine & seen else {v}
            seen |= mine
    low.held[root] = known
    note_write(frame, root)


def note_item_write(frame: Frame, node: Any, items: Value) -> None:
    """After a write through an item of a list: whoever else shows what the list was given is stale."""
    low = frame.low
    root = low.root(items)
    held = low.held.get(root, frozenset())
    if IN_SEVERAL_PLACES in held:
        raise frame.refuse(node, SHARED)
    roots: set[Value] = set().union(*[low.may_be(h) for h in held])
    for r in roots - {root}:
        low.stale.setdefault(r, WRITTEN_SINCE)
    for other in low.ambiguous:
        if other is not root and low.may_be(other) & roots:
            low.stale.setdefault(other, WRITTEN_SINCE)
    for other, theirs in low.held.items():
        if other is not root and any(low.may_be(h) & roots for h in theirs):
            low.stale.setdefault(other, HELD)


def note_write(frame: Frame, root: Value) -> None:
    """After a write to `root`: what may or may not show it is stale."""
    low = frame.low
    low.written.add(root)
    mine = low.may_be(root)
    for other in low.ambiguous:
        if other is root or other in low.choices:  # a choice is made again
            continue
        if low.may_be(other) & mine and may_meet(low, other, root):
            low.stale.setdefault(other, WRITTEN_SINCE)
    for items, held in low.held.items():
        if any(low.may_be(h) & mine for h in held):
            low.stale.setdefault(items, HELD)
    for view in low.maybe_copies:
        if low.root(view) is root and not is_contiguous_handle(low, low.views[view].base):
            low.stale.setdefault(view, MAYBE_COPY)


# --- layout -----------------------------------------------------------------------------------------------------------

MAKERS = {np.zeros, np.ones, np.empty, np.full, np.arange, np.linspace, np.eye, np.identity, np.outer}


def is_contiguous_handle(low: Lowering, h: Any) -> bool:
    """Whether the memory behind a handle is surely contiguous in C order; of an argument, a guard demands it."""
    if not isinstance(h, Value):
        return False
    view = low.views.get(h)
    if view is not None:
        return _view_keeps_order(view) and is_contiguous_handle(low, view.base)
    witness = h.witness
    if witness is not None and hasattr(witness, "path") and isinstance(witness.value, np.ndarray):
        found = is_contiguous(witness.value)
        low.inputs.guard(witness.path, is_contiguous, found)
        return found
    node = h.node
    fun = getattr(node, "fun", None)
    if h in low.ambiguous or fun is None:
        return False
    if fun in MAKERS:
        return "order" not in node.kwargs
    if fun is operator.getitem or node.entry is None or node.entry.view:
        return False
    if h.type.rank is not None and h.type.rank <= 1:
        return True
    return (fun is np.copy or node.entry.elementwise) and all(
        is_contiguous_handle(low, a) for a in node.args if isinstance(a, Value) and not a.type.is_scalar
    )


def is_contiguous(x: Any) -> bool:
    return bool(x.flags.c_contiguous)


def _view_keeps_order(view: Any) -> bool:
    """Whether a view of contiguous memory is contiguous: rows, ranges of rows, reshapes."""
    if view.fun in (np.reshape, np.ravel):
        return in_c_order(view.args, view.kwargs, 1 if view.fun is np.reshape else 0)
    if view.fun is not operator.getitem:
        return False
    index = view.args[0] if isinstance(view.args[0], tuple) else (view.args[0],)
    *before, last = index
    whole_rows = not isinstance(last, slice) or last.step in (None, 1)
    return whole_rows and all(_is_number(i) for i in before) and (_is_number(last) or isinstance(last, slice))


def _is_number(i: Any) -> bool:
    return isinstance(i, int) or (isinstance(i, Value) and i.type.kind in ("int", "scalar"))


def in_c_order(args: tuple[Any, ...], kwargs: dict[str, Any], place: int) -> bool:
    """Whether the `order` of a reshape is the usual one."""
    order = kwargs.get("order", args[place] if len(args) > place and isinstance(args[place], str) else "C")
    return order == "C" and not set(kwargs) - {"order"}


# --- loops ------------------------------------------------------------------------------------------------------------

Leaf = tuple[Any, int]  # a key of what a loop carries, and the number of a leaf of its value


def enter_loop(frame: Frame, guess: Any, starts: list[tuple[Leaf, Value, Any]], outer: set[Value]) -> None:
    """At the head of an iteration: what each carried array may be, besides what only the loop's names hold."""
    low = frame.low
    leaves = [
        (leaf, p, low.may_be(s) if isinstance(s, Value) else set())
        for leaf, p, s in starts
        if not p.type.is_scalar
    ]
    reachable: set[Value] = set()
    for v in references(frame):
        reachable |= held_by(low, v)
    by_leaf = {leaf: p for leaf, p, _ in leaves}
    for leaf, p, roots in leaves:
        low.origins.setdefault(p, set()).update(roots)
        shared = guess.shared.get(leaf, set())
        sources = [r for r in roots | {s for s in shared if isinstance(s, Value)} if r in reachable]
        sources += [q for other, q, theirs in leaves if other != leaf and (roots & theirs or other in shared)]
        if sources:
            low.ambiguous[p] = tuple(sources)
    for _, p, s in starts:
        if p.type.kind == "list" and isinstance(s, Value):
            low.held[p] = frozenset().union(*[low.held.get(r, ()) for r in low.may_be(s)])
    for items, holders in guess.held.items():
        key = by_leaf.get(items, items)
        if isinstance(key, Value):
            held = {by_leaf.get(h, h) for h in holders}
            low.held[key] = low.held.get(key, frozenset()) | frozenset(
                h for h in held if isinstance(h, Value)
            )
    for stale, reason in guess.stale.items():
        key = by_leaf.get(stale, stale)
        if isinstance(key, Value):
            low.stale.setdefault(key, reason)
    del outer


def leave_iteration(frame: Frame, guess: Any, ends: list[tuple[Leaf, Value, Any]], outer: set[Value]) -> bool:
    """Note what the carried arrays are at the end of an iteration; whether that is news."""
    low = frame.low
    arrays = [(leaf, p, x) for leaf, p, x in ends if isinstance(x, Value) and not p.type.is_scalar]
    params = {p for _, p, _ in arrays}
    for _, p, x in arrays:
        low.origins.setdefault(p, set()).add(x)
    alone = {leaf: _without_sources(low, x, params) for leaf, _, x in arrays}
    found: list[tuple[dict, Any, set]] = []
    for leaf, _, x in arrays:
        found.append((guess.shared, leaf, low.may_be(x) & outer))
        met = {k for k, _, y in arrays if k != leaf and _meet(low, x, y, alone[leaf], alone[k], params)}
        found.append((guess.shared, leaf, met))
    for items, held in low.held.items():
        roots = set().union(*[low.may_be(h) for h in held]) if held else set()
        inside = (roots & (outer | {IN_SEVERAL_PLACES})) | {
            leaf for leaf, _, x in arrays if roots & low.may_be(x)
        }
        names = [leaf for leaf, p, x in arrays if p is items or items in low.may_be(x)]
        found += [(guess.held, name, inside) for name in [*names, *([items] if items in outer else [])]]
    news = any([_add(*item) for item in found])
    stale = {v: reason for v, reason in low.stale.items() if v in outer and v not in guess.stale}
    guess.stale.update(stale)
    return news or bool(stale)


def _add(table: dict, key: Any, items: set) -> bool:
    """Add to a set of a table; whether that is news."""
    known = table.setdefault(key, set())
    news = not items <= known
    known |= items
    return news


def _without_sources(low: Lowering, x: Value, params: set[Value]) -> set[Value]:
    """The roots of a handle, a carried array standing for itself and for those it may be the same as."""
    out: set[Value] = set()
    work = [x]
    while work:
        r = low.root(work.pop())
        if r not in out:
            out.add(r)
            work.extend(s for s in low.ambiguous.get(r, ()) if r not in params or s in params)
    return out


def _meet(low: Lowering, x: Value, y: Value, a: set[Value], b: set[Value], params: set[Value]) -> bool:
    """Whether two handles with these roots may be one array: different carried arrays are not, by induction."""
    if a & b and may_meet(low, x, y, frozenset(params)):
        return True
    outside = [(p, others - params) for these, others in ((a, b), (b, a)) for p in these & params]
    return any(low.may_be(p) & others for p, others in outside)


def after_loop(low: Lowering, results: dict[Value, Value], made: set[Any]) -> None:
    """The results of a loop may be what its carried arrays may be; what it made and hands to nobody is gone."""
    for p, r in results.items():
        low.origins.setdefault(r, set()).add(p)
        if p in low.ambiguous:
            low.ambiguous[r] = tuple(results.get(s, s) for s in low.ambiguous[p])
        if p in low.held:
            low.held[r] = low.held.pop(p)
        if p in low.stale:
            low.stale[r] = low.stale[p]
    gone = {h for held in low.held.values() for h in held if h not in results and low.may_be(h) <= made}
    for items, held in low.held.items():
        others = [theirs for other, theirs in low.held.items() if other is not items]
        shared = any(low.may_be(h) & low.may_be(o) for h in held & gone for theirs in others for o in theirs)
        low.held[items] = frozenset(results.get(h, h) for h in held - gone) | (
            {IN_SEVERAL_PLACES} if shared else frozenset()
        )


__all__ = [
    "after_loop",
    "demand_writable",
    "enter_loop",
    "is_contiguous_handle",
    "leave_iteration",
    "note_held",
    "note_item_write",
    "note_write",
    "references",
]
