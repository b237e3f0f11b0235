"""Lowering of loops: unrolled over containers of known structure, else a `Loop` that says what it carries.

What a run-time loop carries is found by trial: its body is interpreted with a guess, and wherever a name, an
array version or an item of a container ends an iteration as something else than it began, the guess widens
and the trial is repeated. Types only grow, so this ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ..ir.program import UNDEFINED, Block, Function, Loop, Op, Terminator, Value, type_of, walk
from ..ir.result_types import is_settled
from ..ir.types import BOOL, INT, UNKNOWN, Dim, Type, join, not_one
from .abstract import (
    Closure,
    NotStatic,
    ObjectRef,
    Range,
    Struct,
    Unbound,
    children,
    is_namedtuple,
    leaves_of,
    map_abstract,
    rebuild,
    same_abstract,
)
from .aliases import after_loop, enter_loop, leave_iteration, references
from .control import (
    DEAD,
    RETURN_VALUE,
    State,
    ToList,
    branch,
    is_known_outside,
    mutable_contents,
    nothing_for,
    same_contents,
    set_contents,
)
from .expressions import emit, evaluate, truth
from .frame import Frame, bound_names
from .iteration import Counted, counted, iterate
from .liveness import LoopNames, loop_names
from .outline import demand_repeatable
from .primitives import truth_not
from .writes import assign

TRIALS = 12
RETURNED, BROKEN = "<returned>", "<broken>"


class Retry(Exception):
    """The guess of what a loop carries was too narrow; it has been widened."""


@dataclass(eq=False)
class Guess:
    """What a loop is believed to carry: names, array handles, containers, with the types of their leaves."""

    names: set[str] = field(default_factory=set)
    roots: dict[Value, None] = field(default_factory=dict)
    containers: dict[int, Any] = field(default_factory=dict)
    types: dict[tuple, Type] = field(default_factory=dict)  # (key, leaf number) -> widened type
    templates: dict[str, Any] = field(default_factory=dict)  # names first bound inside: what they hold after
    written: set[str] = field(default_factory=set)  # names of arrays found to be written to
    shared: dict[Any, set] = field(default_factory=dict)  # leaf -> what it may be at the head of an iteration
    held: dict[Any, set] = field(default_factory=dict)  # run-time list -> arrays it may hold at the head
    stale: dict[Any, str] = field(default_factory=dict)  # what is stale at the head
    run: object = field(default_factory=object)  # tells this interpretation of the loop from any other

    def fresh(self, key: Any, leaf: int) -> tuple[Any, ...]:
        """What the extents of a carried value are named by, if they change from one iteration to the next."""
        return (self.run, key, leaf)

    def head_type(self, key: Any, leaf: int, start: Type) -> Type:
        """The type of a carried value at the head: of its start, and of what iterations were found to end with."""
        found = self.types.get((key, leaf))
        if found is None:
            return start
        t = join(start, found, self.fresh(key, leaf))
        if t is None or (t.kind == "unknown" and found.kind != "unknown"):
            return start  # found where it began as something else
        return self.renamed(t, key, leaf, found)

    def renamed(self, t: Type, key: Any, leaf: int, found: Type) -> Type:
        """The type with names of its own for the extents that are not those of something outside of all loops."""
        if t.shape is None or found.shape is None or len(t.shape) != len(found.shape):
            return t
        shape = tuple(
            n if is_settled(was) else Dim((self.fresh(key, leaf), axis), not_one(n))
            for axis, (n, was) in enumerate(zip(t.shape, found.shape))
        )
        return Type(t.kind, t.dtype, shape)


def _type_after(param: Value, init: Any, made: set[Any]) -> Type:
    """The type that a carried value has after the loop: extents that change are other numbers by then."""
    t = param.type
    if t.shape is None:
        return t
    start = init.type.shape if isinstance(init, Value) and init.type.rank == t.rank else (None,) * t.rank
    shape = tuple(
        n if n == first or is_settled(n, made) else Dim((("after", param), axis), not_one(n))
        for axis, (n, first) in enumerate(zip(t.shape, start))
    )
    return Type(t.kind, t.dtype, shape)


@dataclass(eq=False)
class LoopContext:
    """The loop being interpreted: how its exits hand over what is carried."""

    guess: Guess
    heads: dict[Any, Any]  # key -> abstract value at the head of an iteration
    slots: list[tuple[Any, int]]  # (key, leaf number) of each carried value
    frame: Frame
    unrolled: bool = False
    outer: set[Value] = field(default_factory=set)  # the arrays that there were before the loop
    before: State | None = None

    def carry(self, name: str, value: Any) -> None:
        """Demand that a name bound at an exit is carried out of the loop."""
        if not self.unrolled and name not in self.guess.names and value is not None:
            self.guess.names.add(name)
            self.guess.templates[name] = value
            raise Retry

    def exit_values(self, frame: Frame) -> tuple[Any, ...]:
        """The carried values where an iteration ends; Retry if they do not fit the guess."""
        out: list[Any] = []
        ends: list[tuple[Any, Value, Any]] = []
        widened = self.before is not None and _changed(
            frame, self.guess, self.heads, self.before, self.outer.__contains__
        )
        for key, head in self.heads.items():
            now = _now(self.frame, key)
            leaves = _match(head, now)
            if leaves is None:
                raise _mismatch(self.frame, key, head, now)
            for k, (h, x) in enumerate(leaves):
                x = nothing_for(key) if x is UNDEFINED else x
                if not isinstance(key, Value):
                    ends.append(((key, k), h, x))
                x = frame.low.current(x) if not isinstance(key, Value) else x
                known = h.type
                t = (
                    join(known, _in_terms_of(known, x), self.guess.fresh(key, k))
                    if x is not UNDEFINED and x is not None
                    else known
                )
                if t is None:
                    raise frame.refuse(frame.source.tree, f"`{key}` changes its nature in a loop")
                if not _equal_types(t, known):
                    self.guess.types[(key, k)] = t
                    widened = True
                out.append(x)
        if leave_iteration(frame, self.guess, ends, self.outer) or widened:
            raise Retry
        return tuple(out)


def _in_terms_of(known: Type, x: Any) -> Type:
    """The type of a value, with the extents of `known` where it was broadcast together with those."""
    t = type_of(x)
    if not isinstance(x, Value) or t.kind != "array" or t.shape is None or t.rank != known.rank:
        return t
    shape = tuple(
        n if n == m or not not_one(n) or not not_one(m) or not _met(x, axis - t.rank, m) else m
        for axis, (n, m) in enumerate(zip(t.shape, known.shape))
    )
    return Type(t.kind, t.dtype, shape)


def _met(x: Value, axis: int, n: Any, deep: int = 8) -> bool:
    """Whether an operand of the last elementwise operations that made a value has this extent along an axis."""
    if x.type.shape is None or len(x.type.shape) < -axis or not not_one(x.type.shape[axis]):
        return False
    if x.type.shape[axis] == n:
        return True
    made = isinstance(x.node, Op) and x.node.entry is not None and x.node.entry.elementwise and deep
    return bool(made) and any(_met(a, axis, n, deep - 1) for a in x.node.args if isinstance(a, Value))


def _equal_types(a: Type, b: Type) -> bool:
    """Equal, also in which extents are known not to be 1."""
    if a.item is not None and b.item is not None:
        return a.kind == b.kind and _equal_types(a.item, b.item)
    return a == b and all(not_one(m) == not_one(n) for m, n in zip(a.shape or (), b.shape or ()))


class _mismatch(Exception):
    """A carried name ends an iteration with another structure than it began with."""

    def __init__(self, frame: Frame, key: Any, head: Any, now: Any) -> None:
        super().__init__(key)
        self.key, self.head, self.now = key, head, now


def _now(frame: Frame, key: Any) -> Any:
    if isinstance(key, str):
        return frame.names.get(key, Unbound("is not bound"))
    if isinstance(key, Value):
        return frame.low.versions.get(key, key)
    return mutable_contents(_container(frame, key[1]))


def _container(frame: Frame, number: int) -> Any:
    return frame.loop.guess.containers[number] if frame.loop else None


def _match(head: Any, now: Any) -> list[tuple[Value, Any]] | None:
    """The carried leaves of a head beside the values they have now; None if the structure differs."""
    if isinstance(head, Value) and head.role is CARRIED:
        if isinstance(now, Unbound):
            return [(head, UNDEFINED)]
        ok = isinstance(now, (Value, bool, int, float, complex, np.generic))
        return [(head, now)] if ok else None
    inner_h, inner_n = children(head), children(now)
    if inner_h is not None and inner_n is not None:
        a, b = list(inner_h), list(inner_n)
        if (
            type(head) is not type(now)
            or len(a) != len(b)
            or (isinstance(head, dict) and list(head) != list(now))
        ):
            return None
        out: list[tuple[Value, Any]] = []
        for x, y in zip(a, b):
            part = _match(x, y)
            if part is None:
                return None
            out.extend(part)
        return out
    return [] if same_abstract(head, now) else None


CARRIED = object()  # marks the parameters of a loop body under trial


# --- statements -----------------------------------------------------------------------------------------------------


def for_loop(frame: Frame, node: Any, iterable: Any, rest: list[Any]) -> None:
    """A `for` over anything: unrolled where the items are known one by one, else a counted loop."""
    run_time = (
        counted(frame, node, iterable) if not (isinstance(iterable, range) and len(iterable) == 0) else None
    )
    if run_time is None or (
        frame.quiet and not isinstance(iterable, Range)
    ):  # rules loop over axes, which are known
        unroll(frame, node, iterate(frame, node, iterable))
        return
    before, count = State(frame), len(frame.builder.block.nodes)
    try:
        frame.names[f"<over {id(node)}>"] = (
            iterable  # it is read by every iteration, whatever its names come to be
        )
        _counted_loop(frame, node, run_time, rest)
        del frame.names[f"<over {id(node)}>"]
    except (NotStatic, _mismatch) as failure:
        before.restore(frame)
        del frame.builder.block.nodes[count:]
        frame.builder.forget()
        _unroll_instead(frame, node, iterable, failure)


def _unroll_instead(frame: Frame, node: Any, iterable: Any, failure: Exception) -> None:
    """The body needs to know which iteration it is in: unroll, if the number of iterations can be known."""
    try:
        items = iterate(frame, node, iterable)
    except NotStatic:
        if isinstance(failure, _mismatch):
            raise frame.refuse(
                node,
                f"`{failure.key}` changes its structure from one iteration to the next: give it one kind of value before the loop",  # noqa: E501
            ) from None
        raise failure from None
    unroll(frame, node, items)


def unroll(frame: Frame, node: Any, items: list[Any]) -> None:
    """The body once for each item; run-time exits become tests around what follows."""
    from .statements import run_block

    outer = frame.loop
    frame.loop = LoopContext(Guess(), {}, [], frame, unrolled=True)
    frame.names[BROKEN] = False
    frame.names.setdefault(RETURNED, False)

    def step(k: int) -> None:
        while k < len(items):
            assign(frame, node.target, items[k])
            if run_block(frame, node.body) is DEAD:
                return
            k += 1
            stop = exit_flag(frame, node)
            if stop is True:
                return
            if isinstance(stop, Value):
                rest = k
                branch(frame, node, emit(frame, node, truth_not, stop), lambda: step(rest), lambda: None)  # noqa: B023
                return

    step(0)
    frame.loop = outer


def exit_flag(frame: Frame, node: Any) -> Any:
    """Whether the loop was left: False, True, or a run-time value."""
    broken, returned = frame.names.get(BROKEN, False), frame.names.get(RETURNED, False)
    if broken is True or returned is True:
        return True
    if isinstance(broken, Value) and isinstance(returned, Value):
        from .primitives import truth_or

        return emit(frame, node, truth_or, broken, returned)
    return broken if isinstance(broken, Value) else returned


def _counted_loop(frame: Frame, node: Any, it: Counted, rest: list[Any]) -> None:
    def body(block: Block) -> Any:
        index = Value(INT, node.target.id if isinstance(node.target, gast.Name) else "i")
        block.params.insert(0, index)
        from .statements import run_block

        assign(frame, node.target, it.item(index))
        return run_block(frame, node.body)

    domain = tuple(frame.low.current(p) for p in (it.start, it.stop, it.step))
    names = bound_names([node.target, *node.body])
    _run_time_loop(frame, node, names, body, domain, it.keep)


def while_loop(frame: Frame, node: Any, rest: list[Any]) -> None:
    """A `while` on a run-time test; one that changes something is a part of the body."""
    before, count = State(frame), len(frame.builder.block.nodes)
    if not any(isinstance(n, gast.NamedExpr) for n in gast.walk(node.test)):
        try:
            _while(frame, node)
            return
        except _ChangingTest:
            before.restore(frame)
            del frame.builder.block.nodes[count:]
            frame.builder.forget()
    _while(frame, _tested_inside(frame, node))


def _while(frame: Frame, node: Any) -> None:
    from .statements import run_block

    names = bound_names([node.test, *node.body])
    _run_time_loop(frame, node, names, lambda block: run_block(frame, node.body), None)


class TestFailed(gast.Break):  # type: ignore[misc]
    """Leaves a loop because its test is false: its `else` runs, as after no other `break`."""


def _tested_inside(frame: Frame, node: Any) -> Any:
    """`while True`, which begins with `if not test: break`."""
    known = frame.low.memo.get(("tested inside", id(node)))
    if known is not None:
        return known[1]
    leave = gast.If(gast.UnaryOp(gast.Not(), node.test), [TestFailed()], [])
    for n in gast.walk(leave):
        if not hasattr(n, "lineno"):
            gast.copy_location(n, node)
    loop = gast.copy_location(gast.While(gast.Constant(True, None), [leave, *node.body], node.orelse), node)
    frame.low.memo[("tested inside", id(node))] = node, loop
    return loop


def _run_time_loop(
    frame: Frame, node: Any, names: set[str], body: Callable[[Block], Any], domain: Any, keep: Any = None
) -> None:
    names = names - _only_augmented(frame, node, names)
    guess = _first_guess(frame, node, names)
    exits = exits_of(node.body)
    _bind_flags(frame, exits, guess, bool(node.orelse))
    before = State(frame)
    outer = frame.loop
    for _ in range(TRIALS):
        frame.low.states.append(before)
        try:
            made = _trial(frame, node, guess, names, body, domain, before)
            break
        except Retry:
            before.restore(frame)
        except ToList as conversion:
            before.restore(frame)
            if is_known_outside(frame, conversion):
                raise  # it grows in every iteration of the loop around this one
            conversion.convert(frame, node)
            guess.containers = {k: c for k, c in guess.containers.items() if c is not conversion.container}
            before = State(frame)
        finally:
            frame.loop = outer
            frame.low.states.pop()
    else:
        raise frame.refuse(
            node, "what this loop carries does not settle: its names change their nature at every iteration"
        )
    frame.builder.loc = frame.builder.loc if frame.quiet else (frame.source, node)
    made.keep = keep
    if keep is not None and exits & {"break", "return"}:
        raise frame.refuse(node, "a checkpointed loop must run to its end: no `break` or `return` in it")
    if keep is not None:
        demand_repeatable(Function("body", made.body))
    frame.builder.node(made)


def _first_guess(frame: Frame, node: Any, names: set[str]) -> Guess:
    """What the loop was found to carry when it was last interpreted, or what its text suggests."""
    _, remembered = frame.low.memo.setdefault(("loop", id(node)), (node, Guess()))
    guess = Guess(types=remembered.types, templates=remembered.templates, written=remembered.written)
    live = names_of_loop(frame, node)
    carried = {
        n
        for n in names
        if n in frame.names
        and not isinstance(frame.names[n], Closure)
        and (live is None or n in live.head or n in live.after)
    }
    guess.names = carried | {n for n in remembered.templates if n in names}
    for name in sorted(remembered.written):
        handle = frame.names.get(name)
        if isinstance(handle, Value):
            guess.roots[frame.low.root(handle)] = None
    return guess


def _only_augmented(frame: Frame, node: Any, names: set[str]) -> set[str]:
    """Names of arrays that a loop binds by `a += b` alone: they stay what they are, an array that is written to."""
    inside = list(gast.walk(node))
    augmented = [
        n.target.id for n in inside if isinstance(n, gast.AugAssign) and isinstance(n.target, gast.Name)
    ]
    stores = [n.id for n in inside if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)]
    arrays = {
        n for n in names if isinstance(frame.names.get(n), Value) and frame.names[n].type.kind == "array"
    }
    return {n for n in arrays if stores.count(n) == augmented.count(n)}


def names_of_loop(frame: Frame, node: Any) -> LoopNames | None:
    tree = frame.low.stack[-1] if frame.low.stack else None
    return loop_names(tree, node) if tree is not None else None


def exits_of(body: list[Any]) -> set[str]:
    """Which of `break`, `continue`, `return` and a failed test leave an iteration of this very loop."""
    found: set[str] = set()
    work: list[tuple[Any, bool]] = [(s, True) for s in body]
    while work:
        n, own = work.pop()
        if isinstance(n, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            continue
        if isinstance(n, gast.Return):
            found.add("return")
        if own and isinstance(n, gast.Break):
            found.add("test" if isinstance(n, TestFailed) else "break")
        if own and isinstance(n, gast.Continue):
            found.add("continue")
        if isinstance(n, (gast.For, gast.While)):  # what leaves from its `else` leaves what is around it
            work.extend((c, False) for c in n.body)
            work.extend((c, own) for c in n.orelse)
        else:
            work.extend((c, own) for c in gast.iter_child_nodes(n))
    return found


def _bind_flags(frame: Frame, exits: set[str], guess: Guess, has_else: bool) -> None:
    if "return" in exits:
        frame.names.setdefault(RETURNED, False)
        guess.names.add(RETURNED)
        frame.names[RETURN_VALUE] = Unbound("is not bound")
    if "break" in exits and has_else:
        frame.names[BROKEN] = False
        guess.names.add(BROKEN)


class _ChangingTest(Exception):
    """The test of a `while` writes to an array, or changes a container."""


def _trial(
    frame: Frame,
    node: Any,
    guess: Guess,
    names: set[str],
    body: Callable[[Block], Any],
    domain: Any,
    before: State,
) -> Loop:
    """Interpret the body once under a guess; the finished loop, or Retry with a wider guess."""
    low, builder = frame.low, frame.builder
    block = Block()
    inits: list[Any] = []
    heads: dict[Any, Any] = {}
    slots: list[Any] = []
    keys: list[Any] = [*sorted(guess.names), *guess.roots, *[("contents", k) for k in guess.containers]]
    changed_outside = len(low.changed)
    outer_arrays = set().union(*[low.may_be(v) for v in references(frame)], set(low.held))
    context = LoopContext(guess, heads, slots, frame, outer=outer_arrays, before=before)
    starts: list[tuple[Any, Value, Any]] = []
    frame.loop, outer_loop = context, frame.loop
    for key in keys:
        start = _now(frame, key)
        if isinstance(key, str) and isinstance(start, Unbound) and key in guess.templates:
            start = map_abstract(guess.templates[key], lambda leaf: _Missing(type_of(leaf)))
        heads[key] = _head(frame, key, start, guess, block, inits)
        if not isinstance(key, Value):
            starts += [((key, k), p, x) for k, (p, x) in enumerate(_leaves_at_start(heads[key], start))]
        _install(frame, key, heads[key], guess)
    enter_loop(frame, guess, starts, outer_arrays)
    test = _test_block(frame, node, domain, heads, block) if domain is None else None
    with builder.inside(block):
        outcome = body(block)
        if outcome is not DEAD:
            block.end = Terminator("yield", context.exit_values(frame))
        else:
            block.end = Terminator("unreachable") if block.end.kind == "yield" else block.end
    if len(low.changed) > changed_outside:
        raise Retry  # what the next iteration reads of it is not what this one read
    _discover(frame, guess, names, before, heads, node, outcome, block)
    frame.loop = outer_loop
    loop = Loop(domain, test, inits, block)
    _leave(frame, loop, heads, guess, before, names)
    del low
    return loop


def _leaves_at_start(head: Any, start: Any) -> list[tuple[Value, Any]]:
    """The carried leaves of a name beside what they begin as, which is nothing for a name that the loop binds."""
    found = _match(head, start)
    return [(p, None) for p in leaves_of(head) if isinstance(p, Value)] if found is None else found


class _Missing:
    """The start of a name that the loop itself binds: nothing, of a known type."""

    def __init__(self, t: Type) -> None:
        self.type = t


def _head(frame: Frame, key: Any, start: Any, guess: Guess, block: Block, inits: list[Any]) -> Any:
    """The abstract value a key has at the head of an iteration: its leaves become parameters."""
    counter = [0]

    def leaf(x: Any) -> Any:
        number = counter[0]
        if isinstance(x, _Missing):
            init, t = nothing_for(key), guess.renamed(x.type, key, number, x.type)
        elif isinstance(x, (Value, bool, int, float, complex, np.generic)):
            init, t = frame.low.current(x), type_of(frame.low.current(x))
        else:
            return x
        counter[0] += 1
        t = t if isinstance(t, tuple) else guess.head_type(key, number, t)
        name = (
            key
            if isinstance(key, str) and not key.startswith("<")
            else (key.name if isinstance(key, Value) else None)
        )
        param = Value(t if not isinstance(t, tuple) else UNKNOWN, name)
        param.role = CARRIED
        block.params.append(param)
        inits.append(init)
        return param

    return map_abstract(start, leaf)


def _install(frame: Frame, key: Any, head: Any, guess: Guess) -> None:
    if isinstance(key, str):
        frame.names[key] = head
    elif isinstance(key, Value):
        frame.low.versions[key] = head
    else:
        set_contents(guess.containers[key[1]], head)


def _test_block(frame: Frame, node: Any, domain: Any, heads: dict, body: Block) -> Block:
    test, before = Block(), State(frame)
    with frame.builder.inside(test):
        known = truth(frame, node.test, evaluate(frame, node.test))
    if before.is_changed(frame, test):
        raise _ChangingTest
    test.end = Terminator("yield", (frame.low.current(known),))
    copies = {p: Value(p.type, p.name) for p in body.params}
    test.params = list(copies.values())
    from ..ir.rewrite import substitute_in_block

    substitute_in_block(test, copies)
    return test


def _discover(
    frame: Frame,
    guess: Guess,
    names: set[str],
    before: State,
    heads: dict,
    node: Any,
    outcome: Any,
    block: Block,
) -> None:
    """Widen the guess by whatever the body changed that it did not carry."""
    wider = _changed(frame, guess, heads, before, lambda root: _existed(root, block))
    for name in sorted(names):
        if name not in guess.names and _is_read_outside(frame, node, name) and outcome is not DEAD:
            template = frame.names.get(name)
            if template is not None and not isinstance(template, Unbound) and _carriable(template):
                guess.names.add(name)
                guess.templates[name] = template
                wider = True
    if wider:
        raise Retry


def _changed(
    frame: Frame, guess: Guess, heads: dict, before: State, existed: Callable[[Value], bool]
) -> bool:
    """Widen the guess by arrays and containers that an iteration has changed and does not carry."""
    low, wider = frame.low, False
    for root in low.versions:
        if (
            low.versions[root] is not before.versions.get(root, root)
            and root not in heads
            and root not in guess.roots
            and existed(root)
        ):
            guess.roots[root] = None
            guess.written |= {
                n for n, v in frame.names.items() if isinstance(v, Value) and low.root(v) is root
            }
            wider = True
    for key, (x, items) in before.contents.items():
        if ("contents", key) in heads:
            continue
        now = mutable_contents(x)
        if same_contents(items, now):
            continue
        if isinstance(x, list) and len(items) != len(now):
            raise ToList(x)
        guess.containers[key] = x
        wider = True
    return wider


def _carriable(x: Any) -> bool:
    inner = children(x)
    if inner is None:
        return isinstance(x, (Value, bool, int, float, complex, np.generic))
    return all(_carriable(item) for item in inner)


def _existed(root: Value, block: Block) -> bool:
    """Whether an array was there before the loop: made inside, it is new in every iteration."""
    return root not in block.params and all(root not in n.results for n in walk(block))


def _is_read_outside(frame: Frame, node: Any, name: str) -> bool:
    """Whether a name bound inside a loop is read after it."""
    live = names_of_loop(frame, node)
    return True if live is None else name in live.after or name in live.head


def _leave(frame: Frame, loop: Loop, heads: dict, guess: Guess, before: State, names: set[str]) -> None:
    """After the loop: carried keys hold its results, other names bound inside are gone."""
    results: dict[Value, Value] = {}
    made = {*walk(loop.body), *loop.body.params, *[r for n in walk(loop.body) for r in n.results]}
    for param, init in zip(loop.carried, loop.inits):
        results[param] = Value(_type_after(param, init, made), param.name)
        param.role = None
    loop.results = list(results.values())
    restored = dict(before.versions)
    frame.low.versions = {root: v for root, v in restored.items()}
    swap = lambda leaf: results.get(leaf, leaf) if isinstance(leaf, Value) else leaf
    after_loop(frame.low, results, made)
    for key, head in heads.items():
        _install(
            frame,
            key,
            map_abstract(head, swap) if isinstance(key, (str, Value)) else _swap_contents(head, swap),
            guess,
        )
    for name in sorted(names - guess.names):
        if name in frame.names:
            frame.names[name] = Unbound("is bound only inside a loop")


def _swap_contents(head: Any, swap: Callable) -> Any:
    return (
        [map_abstract(x, swap) for x in head]
        if isinstance(head, list)
        else {k: map_abstract(x, swap) for k, x in head.items()}
    )


__all__ = ["BOOL", "ObjectRef", "Struct", "for_loop", "is_namedtuple", "rebuild", "unroll", "while_loop"]
