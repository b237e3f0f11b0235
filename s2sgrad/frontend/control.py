"""Joining what two paths leave behind: branches on run-time values, in expressions and statements.

Each arm is interpreted into a block of its own, from the same state. Then names, array versions and the
contents of mutable containers are compared; what differs becomes a result of the branch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..ir.program import UNDEFINED, Block, Branch, Op, Terminator, Value, map_leaves, type_of, walk
from ..ir.types import UNKNOWN, join
from ..table.registry import PURE
from .abstract import ObjectRef, Struct, Unbound, children, is_namedtuple, rebuild, same_abstract
from .frame import Choice, Frame

CHEAP_OPERATIONS = 6
DEEPEST = 80  # Python's parser reads no more than 100 levels of indentation


class State:
    """A copy of all that interpretation may change: names of live frames, versions, mutable containers."""

    def __init__(self, frame: Frame) -> None:
        self.frames: list[tuple[Frame, dict[str, Any]]] = []
        self.contents: dict[int, tuple[Any, Any]] = {}
        self.versions = dict(frame.low.versions)
        self.held, self.stale = dict(frame.low.held), dict(frame.low.stale)
        self.errors = frame.builder.state
        f: Frame | None = frame
        while f is not None:
            self.frames.append((f, dict(f.names)))
            for value in f.names.values():
                self._copy_contents(value)
            f = f.outer

    def _copy_contents(self, x: Any) -> None:
        items = mutable_contents(x)
        if items is not None:
            if id(x) in self.contents:
                return
            self.contents[id(x)] = (x, items)
        for item in children(x) or ():
            self._copy_contents(item)

    def is_changed(self, frame: Frame, block: Block) -> bool:
        """Whether `block` has written to an array that it did not make, or changed a container."""
        versions = frame.low.versions
        changed = {root for root in versions if versions[root] is not self.versions.get(root, root)}
        written = bool(changed.difference(r for n in walk(block) for r in n.results))
        return written or any(
            not same_contents(items, mutable_contents(x)) for x, items in self.contents.values()
        )

    def restore(self, frame: Frame) -> None:
        frame.builder.state = self.errors
        frame.low.versions = dict(self.versions)
        frame.low.held, frame.low.stale = dict(self.held), dict(self.stale)
        for f, names in self.frames:
            f.names = dict(names)
        for x, items in self.contents.values():
            set_contents(x, items)


def mutable_contents(x: Any) -> Any:
    if type(x) in (list, dict, set):
        return type(x)(x)
    if isinstance(x, Struct):
        return dict(x.fields)
    if isinstance(x, ObjectRef):
        return dict(x.attributes)
    return None


def same_contents(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or len(a) != len(b):
        return False
    if isinstance(a, set):
        return a == b
    pairs = zip(a, b) if isinstance(a, list) else zip(a.items(), b.items())
    return all(
        (x is y)
        or (isinstance(x, tuple) and not isinstance(a, list) and x[0] == y[0] and x[1] is y[1])
        or (not isinstance(x, tuple) and same_abstract(x, y))
        for x, y in pairs
    )


def set_contents(x: Any, items: Any) -> None:
    if isinstance(x, list):
        x[:] = items
    elif isinstance(x, set):
        x.clear()
        x.update(items)
    else:
        target = x if isinstance(x, dict) else x.fields if isinstance(x, Struct) else x.attributes
        target.clear()
        target.update(items)


DEAD = object()  # the outcome of an arm that never reaches the join


class Merge:
    """The results of a branch under construction: pairs of what each arm yields."""

    def __init__(self, frame: Frame, test: Any, inside: set[Value], after: list[State]) -> None:
        self.frame = frame
        self.test = test
        self.inside = inside  # what the arms made
        self.after = after  # how the arms end
        self.stale: dict[Value, str] = {}  # results that may not be read
        self.choices: dict[Value, tuple[Value, Value]] = {}  # results that are one of two arrays
        self.pairs: list[tuple[Any, Any]] = []
        self.results: list[Value] = []
        self._made: dict[tuple[int, int], Value] = {}

    def merge(self, a: Any, b: Any, name: str | None) -> Any:
        """The abstract value of a name that is `a` after one arm and `b` after the other."""
        if same_abstract(a, b):
            return a
        inner_a, inner_b = children(a), children(b)
        if inner_a is not None and inner_b is not None and _alike(a, b):
            return rebuild(a, [self.merge(x, y, name) for x, y in zip(inner_a, inner_b)])
        if isinstance(a, Unbound) and _is_leaf(b):
            return self._result(nothing_for(name), b, b.type if isinstance(b, Value) else type_of(b), name)
        if isinstance(b, Unbound) and _is_leaf(a):
            return self._result(a, nothing_for(name), type_of(a), name)
        if not _is_leaf(a) or not _is_leaf(b):
            return Unbound(
                "is of a different nature on two paths that meet here: make both the same kind of thing"
            )
        t = join(type_of(a), type_of(b), (self, len(self.pairs)))
        if t is None:
            return Unbound("is a list on one path and not on the other")
        return self._result(a, b, t, name)

    def _result(self, a: Any, b: Any, t: Any, name: str | None) -> Value:
        key = (id(a), id(b))
        if key not in self._made:
            value = self._made[key] = Value(t, name)
            self.pairs.append((a, b))
            self.results.append(value)
            handles = tuple(x for x in (a, b) if isinstance(x, Value) and not x.type.is_scalar)
            if handles and not t.is_scalar:
                self.frame.low.ambiguous[value] = handles
                self.frame.low.joined[value] = (self, a, b)
                self._choose(value, handles)
            for why in filter(None, map(self._why_stale, (a, b), self.after)):
                self.stale[value] = self.frame.low.stale[value] = why
        return self._made[key]

    def _why_stale(self, x: Any, state: State) -> str | None:
        """Why what an arm ends with may not be read after it; None if it may."""
        while isinstance(x, Value) and x not in state.stale:
            view = self.frame.low.view_of(x)
            x = None if view is None else view.base
        return state.stale[x] if isinstance(x, Value) else None

    def _choose(self, value: Value, handles: tuple[Value, ...]) -> None:
        """Note a result that is one of two arrays which were there before the branch."""
        if len(handles) == 2 and not self.inside.intersection(handles) and self._is_fixed():
            a, b = handles
            if a.type.kind == b.type.kind == "array" and a.type.dtype == b.type.dtype:
                self.choices[value] = (a, b)

    def _is_fixed(self) -> bool:
        """Whether the test is a number, not an array that may be written to later."""
        return isinstance(self.test, Value) and self.test.type.is_scalar

    def follow(self) -> None:
        """From here on, let such a result show whatever is written to either of the two."""
        low = self.frame.low
        for value, arms in self.choices.items():
            if value in low.ambiguous and not any(map(low.is_stale, (value, *arms))):
                low.choices[value] = Choice(self.test, arms, (low.current(arms[0]), low.current(arms[1])))


RETURN_VALUE = "<return value>"


def nothing_for(name: Any) -> Any:
    """What stands for a missing value: of a name, nothing that may be handed on; of a return, `None`."""
    return None if name == RETURN_VALUE else UNDEFINED


def _is_leaf(x: Any) -> bool:
    return isinstance(x, (Value, bool, int, float, complex, np.generic)) or x is UNDEFINED


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b)
    if isinstance(a, Struct):
        return isinstance(b, Struct) and a.cls is b.cls
    return (
        type(a) is type(b)
        and len(list(children(a) or ())) == len(list(children(b) or ()))
        and (not is_namedtuple(a) or a._fields == b._fields)
    )


class NotGuessed(Exception):
    """A recursive call, in an interpretation that asks what the function returns without one."""


class ToList(Exception):
    """A container of known length grows in a loop, or in one arm of a branch: it must be a run-time list."""

    def __init__(self, container: Any) -> None:
        super().__init__()
        self.container = container

    def known_in(self, state: State) -> bool:
        """Whether the container was there then."""
        return id(self.container) in state.contents

    def convert(self, frame: Frame, node: Any) -> Any:
        """Let a run-time list stand for the container under all its names."""
        return convert_to_list(frame, node, self.container)


def is_known_outside(frame: Frame, conversion: ToList) -> bool:
    """Whether a container was there before a loop or a branch around the one that is being interpreted."""
    return any(map(conversion.known_in, frame.low.states[:-1]))


def convert_to_list(frame: Frame, node: Any, container: Any) -> Value:
    """Let a list whose items are known one by one be a run-time list, under all its names; a set an object."""
    from .aliases import note_held
    from .columns import columns_of, may_be_columns
    from .expressions import emit
    from .primitives import list_of

    if isinstance(container, set):
        return rename_everywhere(frame, container, emit(frame, node, set, list(container)))
    if may_be_columns(container):
        return rename_everywhere(frame, container, columns_of(frame, node, container, container[0]))
    if not _may_be_list(container):
        raise frame.refuse(
            node,
            "a list that grows in a loop must hold numbers and arrays: keep one list for each part of its items",
        )
    items = [convert_to_list(frame, node, x) if type(x) is list else x for x in container]
    value = emit(frame, node, list_of, *items)
    note_held(frame, value, *items)
    return rename_everywhere(frame, container, value)


def rename_everywhere(frame: Frame, container: Any, value: Any) -> Any:
    """Let a run-time value stand for a container under all its names."""
    for f in [frame, *frame.low.frames]:
        while f is not None:
            for name, x in f.names.items():
                if x is container and isinstance(value, Value):
                    value.name = value.name or name
                f.names[name] = _with_list(x, container, value)
            f = f.outer
    return value


def _with_list(x: Any, container: list[Any], value: Value) -> Any:
    """An abstract value in which a run-time list stands for a container, wherever that was."""
    if x is container:
        return value
    inner = children(x)
    if inner is None:
        return x
    old = list(inner)
    new = [_with_list(item, container, value) for item in old]
    if all(a is b for a, b in zip(old, new)):
        return x
    if not isinstance(x, (list, dict, Struct)):
        return rebuild(x, new)
    items = mutable_contents(x)
    set_contents(x, new if isinstance(items, list) else dict(zip(items, new)))
    return x


def as_list_item(frame: Frame, node: Any, item: Any) -> Any:
    """What is put into a run-time list: of a list, one that is known at run time too, wherever else it is named."""
    return known_at_run_time(frame, node, item) if type(item) is list and _may_be_list(item) else item


def known_at_run_time(frame: Frame, node: Any, item: Any) -> Value:
    """A list or set that is about to be changed at run time, as a value."""
    if any(id(item) in state.contents for state in frame.low.states):
        raise ToList(item)
    return convert_to_list(frame, node, item)


def _may_be_list(container: list[Any]) -> bool:
    return all(
        _may_be_list(x) if type(x) is list else isinstance(x, (Value, int, float, complex)) for x in container
    )


def branch(frame: Frame, node: Any, test: Value, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """Interpret two arms from the same state under a run-time test, and join what they leave behind."""
    low, builder = frame.low, frame.builder
    if builder.depth > DEEPEST:
        raise frame.refuse(
            node,
            f"more than {DEEPEST} run-time tests stand inside of one another (`elif` after `return` counts): choose by a loop or by index",  # noqa: E501
        )
    while True:
        before, count = State(frame), len(builder.block.nodes)
        low.states.append(before)
        try:
            return _branch(frame, node, test, then, orelse, before)
        except ToList as conversion:
            before.restore(frame)
            del builder.block.nodes[count:]
            builder.forget()
            if not conversion.known_in(before) or is_known_outside(frame, conversion):
                raise
            conversion.convert(frame, node)
        finally:
            low.states.pop()


def _branch(frame: Frame, node: Any, test: Value, then: Callable, orelse: Callable, before: State) -> Any:
    builder = frame.builder
    test, guessing = frame.low.current(test), False
    blocks, outcomes, after = (Block(), Block()), [], []
    for block, arm in zip(blocks, (then, orelse)):
        before.restore(frame)
        try:
            with builder.inside(block):
                outcomes.append(arm())
        except NotGuessed:  # the other arm tells what is returned
            outcomes.append(DEAD)
            guessing = True
        if outcomes[-1] is DEAD and block.end.kind == "yield":  # its last branch leaves in both arms
            block.end = Terminator("unreachable")
        after.append(State(frame))
    if not frame.quiet:
        builder.loc = (frame.source, node)
    if guessing and outcomes == [DEAD, DEAD]:
        raise NotGuessed
    made = Branch(test, *blocks)
    out, merge = _join_arms(frame, made, outcomes, after, before)
    builder.node(made)
    if merge is not None:
        merge.follow()
    return out


def _join_arms(
    frame: Frame, made: Branch, outcomes: list[Any], after: list[State], before: State
) -> tuple[Any, Merge | None]:
    alive = [k for k in (0, 1) if outcomes[k] is not DEAD]
    if not alive:  # both arms hand over what they carry themselves
        before.restore(frame)
        return DEAD, None
    if len(alive) < 2:
        survivor = alive[0]
        return _adopt(frame, made, survivor, outcomes[survivor], after[survivor], before), None
    inside = {r for block in made.blocks for n in walk(block) for r in n.results}
    merge = Merge(frame, made.test, inside, after)
    out = merge.merge(outcomes[0], outcomes[1], None)
    _merge_names(frame, merge, after, before)
    made.results = tuple(merge.results)
    for k, block in enumerate(made.blocks):
        block.end.values = _at_end(frame, block, after[k], [pair[k] for pair in merge.pairs])
    return out, merge


def _at_end(frame: Frame, block: Block, state: State, handles: list[Any]) -> tuple[Any, ...]:
    """The versions of handles at the end of an arm; views are made current there."""
    low = frame.low
    joined = low.versions, low.stale
    low.versions, low.stale = state.versions, {}
    with frame.builder.inside(block):
        values = tuple(low.current(x) for x in handles)
    low.versions, low.stale = joined
    return values


def _merge_names(frame: Frame, merge: Merge, after: list[State], before: State) -> None:
    first, second = after
    for (f, names_a), (_, names_b) in zip(first.frames, second.frames):
        missing = Unbound("is not bound on every path to this point")
        f.names = {
            n: merge.merge(names_a.get(n, missing), names_b.get(n, missing), n)
            for n in dict.fromkeys([*names_a, *names_b])
        }
    for key, (x, items) in before.contents.items():
        a, b = first.contents.get(key, (x, items))[1], second.contents.get(key, (x, items))[1]
        set_contents(x, merge.merge(a, b, None) if _alike(a, b) else a)
        if not _alike(a, b):
            if isinstance(x, list) and _may_be_list([*a, *b]):
                raise ToList(x)
            _poison(frame, x)
    versions = dict(before.versions)
    for root in {**first.versions, **second.versions}:
        if root in merge.inside:  # an array of one arm: only what a name holds goes on
            continue
        a, b = first.versions.get(root, root), second.versions.get(root, root)
        versions[root] = (
            a
            if a is b
            else merge._result(a, b, join(a.type, b.type, (root, "version")) or UNKNOWN, root.name)
        )
        frame.low.ambiguous.pop(versions[root], None)
    low = frame.low
    low.versions = versions
    low.held = {
        x: first.held.get(x, frozenset()) | second.held.get(x, frozenset())
        for x in {**first.held, **second.held}
    }
    low.stale = {**first.stale, **second.stale, **merge.stale}


def _poison(frame: Frame, x: Any) -> None:
    f: Frame | None = frame
    while f is not None:
        for name, value in f.names.items():
            if value is x:
                f.names[name] = Unbound("has a different number of items on two paths that meet here")
        f = f.outer


def _adopt(frame: Frame, made: Branch, survivor: int, outcome: Any, state: State, before: State) -> Any:
    """Only one arm goes on: what it computed is handed out of its block."""
    block = made.blocks[survivor]
    state.restore(frame)
    inner = {v for n in block.nodes for v in n.results}
    exported: dict[Value, Value] = {}

    def export(x: Any) -> Any:
        if isinstance(x, Value) and x in inner:
            if x not in exported:
                exported[x] = Value(x.type, x.name)
                exported[x].extent = x.extent
            return exported[x]
        return x

    out = _map_state(frame, outcome, export)
    _map_memory(frame.low, exported, export)
    made.results = tuple(exported.values())
    block.end.values = tuple(exported)
    return out


def _map_state(frame: Frame, outcome: Any, export: Callable) -> Any:
    from .abstract import map_abstract

    for f, _ in State(frame).frames:
        f.names = (
            {n: map_abstract(x, export) for n, x in f.names.items()}
            if not _holds_mutable(f.names)
            else _map_in_place(f.names, export)
        )
    return map_abstract(outcome, export) if outcome is not DEAD else DEAD


def _map_memory(low: Any, exported: dict[Value, Value], export: Callable) -> None:
    """What is known of the memory of the exported handles: their versions, and what they are views of."""
    low.versions = {root: export(v) for root, v in low.versions.items()}
    done: set[Value] = set()
    while len(done) < len(exported):
        for x in [x for x in exported if x not in done]:
            done.add(x)
            out = exported[x]
            low.origins.setdefault(out, set()).add(x)
            if x in low.versions:
                low.versions[out] = low.versions[x]
            if x in low.views:
                v = low.views[x]
                args, kwargs = map_leaves((v.args, v.kwargs), export)
                low.views[out] = replace(
                    v, base=export(v.base), seen=export(v.seen), args=args, kwargs=kwargs
                )
            if x in low.ambiguous:
                low.ambiguous[out] = tuple(map(export, low.ambiguous[x]))
            if x in low.held:
                low.held[out] = frozenset(map(export, low.held[x]))
            if x in low.stale:
                low.stale[out] = low.stale[x]


def _holds_mutable(names: dict[str, Any]) -> bool:
    return any(mutable_contents(x) is not None for x in names.values())


def _map_in_place(names: dict[str, Any], export: Callable) -> dict[str, Any]:
    def visit(x: Any) -> Any:
        items = mutable_contents(x)
        if items is not None:
            set_contents(
                x,
                [visit(i) for i in items]
                if isinstance(items, list)
                else {k: visit(i) for k, i in items.items()},
            )
            return x
        inner = children(x)
        return export(x) if inner is None else rebuild(x, [visit(i) for i in inner])

    return {n: visit(x) for n, x in names.items()}


def is_cheap_truth(frame: Frame, make: Callable[[], Any]) -> Any:
    """The value of a boolean expression that may be evaluated although Python might skip it, else None.

    It is interpreted aside; if that made few operations, all pure and scalar, they are kept.
    """
    block, before = Block(), State(frame)
    with frame.builder.inside(block):
        value = make()
    nodes = block.nodes
    harmless = len(nodes) <= CHEAP_OPERATIONS and all(
        isinstance(n, Op) and n.effect == PURE and all(r.type.is_scalar for r in n.results) for n in nodes
    )
    boolean = isinstance(value, bool) or (isinstance(value, Value) and value.type.dtype == np.bool_)
    if harmless and boolean and not any(_may_raise(n) for n in nodes):
        frame.builder.block.nodes.extend(nodes)
        return value
    before.restore(frame)
    return None


def _may_raise(node: Op) -> bool:
    import operator

    return (
        node.fun in (operator.getitem, operator.truediv, operator.floordiv, operator.mod, operator.pow)
        or node.fun.__module__ == "math"
    )
