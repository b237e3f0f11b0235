"""The adjoint of a loop: a loop backwards from the last iteration that was reached, or fused into the loop."""

from __future__ import annotations

import operator
from typing import Any

from ..frontend.primitives import length, list_of, list_pop
from ..ir.builder import Builder
from ..ir.program import Block, Branch, Loop, Op, Terminator, Value, type_of
from ..ir.types import INT, UNKNOWN, Dim, Type
from .activity import exits
from .adjoints import adjoint
from .backward import free_active, reverse_records, seed_block
from .cotangent import fit, total, zeros
from .lookups import export_from_loop, export_trips, lookup, make_again
from .regions import Mirror, Reversal
from .reverse_fused import bar_type, fuse_loop, may_fuse
from .save import choose_kept


def reverse_loop(state: Reversal, mirror: Mirror, node: Loop) -> None:
    if node.keep is not None:
        from .checkpoint import reverse_checkpointed

        reverse_checkpointed(state, mirror, node)
        return
    b, region = state.builder, state.regions[node][0]
    carried = [
        k for k, (p, r) in enumerate(zip(node.carried, node.results)) if p in state.alive or r in state.alive
    ]
    bars = {r: adjoint(state, mirror, r) for r in node.results if r in state.alive}
    free = free_active(state, node)
    if all(bar is None for bar in bars.values()):
        return
    if may_fuse(state, mirror, node, bars, carried):
        fuse_loop(state, mirror, node, bars, free)
        return
    starts = []
    for k in carried:
        bar = bars.get(node.results[k])
        starts.append(zeros(b, node.results[k]) if bar is None else bar)
    priors = [total(b, mirror.adjoints.pop(f, [])) for f in free]
    priors = [zeros(b, f) if p is None else p for p, f in zip(priors, free)]
    body = Block()
    handed = region.block.end.values if region.block.end.kind in ("yield", "break") else ()
    ends = None if breaks_of(node) or region.block.end.kind != "yield" else handed
    types = [_handed_type(node, k, ends) for k in carried] + [bar_type(f) for f in free]
    names = [node.carried[k].name for k in carried] + [f.name for f in free]
    params = [Value(t, f"{name}_bar" if name else None) for t, name in zip(types, names)]
    domain, index = reversed_domain(state, mirror, node)
    count = Value(INT, index.name if index is not None else "k")
    body.params = [count, *params]
    made = Loop(domain, None, [*starts, *priors], body)
    outer_resolve = b.resolve
    with b.inside(body):
        inner = Mirror(mirror, region, body, b.depth)
        by_slot: list[Any] = [None] * len(node.carried)
        for k, p in zip(carried, params):
            by_slot[k] = p
        inner.bars = tuple(by_slot)
        for f, p in zip(free, params[len(carried) :]):
            inner.adjoints[f] = [p]
        b.resolve = lambda v: lookup(state, inner, v)
        set_index(state, inner, node, count, index)
        inner.bars = tuple(
            bar if end is None else _only_in_the_last(b, bar, end, count, domain[0])
            for bar, end in zip(inner.bars, _unread(state, node, ends))
        )
        seed_block(state, inner, list(zip(inner.bars, handed)))
        reverse_records(state, inner)
        begun = [total(b, inner.adjoints.get(node.carried[k], [])) for k in carried]
        begun = [zero_bar(b, p) if e is None else e for e, p in zip(begun, params)]
        begun += [total(b, inner.adjoints.get(f, [])) for f in free]
        body.end = Terminator("yield", tuple(begun))
    b.resolve = outer_resolve
    made.results = [Value(_start_type(node, k, p), p.name) for k, p in zip(carried, params)]
    made.results += [Value(p.type, p.name) for p in params[len(carried) :]]
    supply_needs(state, inner, made)
    b.node(made)
    for k, r in zip(carried, made.results):
        init = node.inits[k]
        if isinstance(init, Value) and init in state.alive:
            mirror.adjoints.setdefault(init, []).append(
                fit(
                    b,
                    r,
                    init,
                    init.type.shape != node.carried[k].type.shape and init.type.kind != "list",
                    "loop",
                )
            )
    for f, r in zip(free, made.results[len(carried) :]):
        mirror.adjoints.setdefault(f, []).append(r)


def _handed_type(node: Loop, k: int, ends: tuple[Any, ...] | None) -> Type:
    """The type of the cotangent that a reverse iteration is handed: of what the iteration handed on.

    Where that has other extents than what the iteration began with, they must not be taken for those.
    """
    p = node.carried[k]
    t = bar_type(p)
    end = ends[k] if ends is not None else None
    if t.shape is None or t.kind == "list" or t.shape == node.results[k].type.shape:
        return t
    if isinstance(end, Value) and end.type.kind == t.kind and end.type.rank == t.rank:
        return Type(t.kind, t.dtype, end.type.shape)
    shape = (Dim((("handed", p), axis)) if isinstance(n, Dim) else n for axis, n in enumerate(t.shape))
    return Type(t.kind, t.dtype, tuple(shape))


def _unread(state: Reversal, node: Loop, ends: tuple[Any, ...] | None) -> list[Any]:
    """What an iteration hands on that no other reads, of another size each time; None for all else it hands on."""
    if ends is None:
        return [None] * len(node.carried)
    return [
        end
        if p not in state.alive
        and isinstance(end, Value)
        and p.type.shape != r.type.shape
        and p.type.kind != "list"
        else None
        for p, r, end in zip(node.carried, node.results, ends)
    ]


def _only_in_the_last(b: Builder, bar: Value | None, end: Value, count: Value, last: Any) -> Any:
    """The cotangent of what is read after the loop alone: that of the last iteration, which is reversed first."""
    if bar is None:
        return None
    then, orelse = Block(), Block(end=Terminator("yield"))
    then.end = Terminator("yield", (bar,))
    with b.inside(orelse):
        orelse.end = Terminator("yield", (zeros(b, end),))
    out = Value(bar.type, bar.name)
    b.node(Branch(b.op(operator.eq, (count, last)), then, orelse, (out,)))
    return out


def _start_type(node: Loop, k: int, bar: Value) -> Type:
    """The type of the cotangent of what the loop began with."""
    init = node.inits[k]
    if bar.type.shape == node.results[k].type.shape or not isinstance(init, Value):
        return bar.type
    same = init.type.kind == bar.type.kind and init.type.rank == bar.type.rank
    return Type(bar.type.kind, bar.type.dtype, init.type.shape) if same else bar.type


def zero_bar(b: Builder, bar: Value) -> Any:
    """The zero of a cotangent that a reverse loop carries."""
    if bar.type.kind == "list":
        return b.op(list_of, ())
    return zeros(b, bar)


def reversed_domain(state: Reversal, mirror: Mirror, node: Loop) -> tuple[tuple[Any, Any, Any], Value | None]:
    """The iterations of a loop in reverse: over its own index where it surely ran to its end, else over a count."""
    b = state.builder
    if node.domain is not None and not breaks_of(node):
        start, stop, step = node.domain
        if not isinstance(step, Value):
            return _reversed_range(b, start, stop, step), node.body.params[0]
    trips = export_trips(state, state.regions[node][0])
    trips = lookup(state, mirror, trips)
    return (b.op(operator.sub, (trips, 1)), -1, -1), None


def breaks_of(node: Loop) -> list[tuple]:
    return [v for v in exits(node.body) if v is not node.body.end.values or node.body.end.kind == "break"]


def _reversed_range(b: Builder, start: Any, stop: Any, step: int) -> tuple[Any, Any, Any]:
    """`reversed(range(start, stop, step))` as a range."""
    if not isinstance(start, Value) and not isinstance(stop, Value):
        r = range(start, stop, step)[::-1]
        return r.start, r.stop, r.step
    if step in (1, -1):
        return _plus(b, stop, -step), _plus(b, start, -step), -step
    n = b.op(length, (b.op(range, (start, stop, step), effect="pure", types=UNKNOWN),))
    last = b.op(operator.add, (start, b.op(operator.mul, (b.op(operator.sub, (n, 1)), step))))
    return last, _plus(b, start, -step), -step


def _plus(b: Builder, x: Any, c: int) -> Any:
    """`x + c`, also where `x` is a sum with a number already: `n - 2`, not `n - 1 - 1`."""
    while isinstance(x, Value) and isinstance(x.node, Op) and x.node.fun in (operator.add, operator.sub):
        base, more = x.node.args
        if type(more) is not int or type_of(base).kind != "int":
            break
        x, c = base, c + more if x.node.fun is operator.add else c - more
    if not isinstance(x, Value):
        return x + c
    if c == 0:
        return x if b.resolve is None else b.resolve(x)
    return b.op(operator.add, (x, c)) if c > 0 else b.op(operator.sub, (x, -c))


def set_index(state: Reversal, inner: Mirror, node: Loop, count: Value, index: Value | None) -> None:
    """Make the forward index known in the reverse iteration."""
    if node.domain is None:
        return
    if index is not None:
        inner.needs[index] = count
        inner.index = count
        return
    b = state.builder
    start, _, step = node.domain
    scaled = count if step == 1 and not isinstance(step, Value) else b.op(operator.mul, (count, step))
    i = scaled if start == 0 and not isinstance(start, Value) else b.op(operator.add, (start, scaled))
    inner.needs[node.body.params[0]] = i
    inner.index = i


def supply_needs(state: Reversal, inner: Mirror, made: Loop) -> None:
    """Define what a reverse body needs of its iteration: popped from tapes, or computed again from those."""
    from ..ir.rewrite import substitute_in_block

    region, b = inner.region, state.builder
    wanted = {
        v: p
        for v, p in inner.needs.items()
        if p is not inner.index and p.node is None and p not in made.body.params
    }
    if region.node.domain is not None:
        wanted.pop(region.block.params[0], None)
    supply = choose_kept(inner, list(wanted), state.final)
    head = Block()
    have: dict[Value, Any] = {}
    if region.node.domain is not None and inner.index is not None:
        have[region.block.params[0]] = inner.index
    outer_resolve, b.resolve = b.resolve, None
    with b.inside(head):
        for v in supply.kept:
            have[v] = pop_from_tape(state, inner, made, v)
        for v in supply.again:
            have[v] = make_again(state, inner, v, have, supply.reread.get(v))
    b.resolve = outer_resolve
    place_after = 0
    if inner.index is not None and inner.index.node in made.body.nodes:
        place_after = max(made.body.nodes.index(inner.index.node) + 1, 0)
    made.body.nodes[place_after:place_after] = head.nodes
    substitute_in_block(made.body, {p: have[v] for v, p in wanted.items()})


def pop_from_tape(state: Reversal, inner: Mirror, made: Loop, v: Value) -> Value:
    b = state.builder
    tape = lookup(state, inner.parent, export_from_loop(state, inner.region, v))
    param = Value(tape.type, tape.name)
    made.body.params.append(param)
    made.inits.append(tape)
    made.results.append(Value(tape.type, tape.name))
    rest, popped = b.op(list_pop, (param,), types=(tape.type, v.type))
    popped.name, popped.extent, rest.name = v.name, v.extent, tape.name
    made.body.end.values = (*made.body.end.values, rest)
    return popped
