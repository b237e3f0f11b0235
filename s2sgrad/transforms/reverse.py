"""Reverse mode: a program and its adjoint in one function.

The forward sweep is the original, copied; the backward sweep reads its nodes in reverse, asks the table for
the pullback of each and adds up cotangents. A loop has a reverse loop, a branch a reverse branch under the
same test. What a reverse block needs of the forward one is *looked up*: through the results of branches, and
through tapes of loops, which `save` decides on when the needs of the whole block are known.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DifferentiationError, RuleError, UnsupportedSyntaxError
from ..frontend.capture import Inputs
from ..frontend.lower import lower_rule
from ..frontend.primitives import extent, length, list_add, list_append, list_from, list_of, list_pop, list_set, list_zeros, pack, packed_add, unpack
from ..ir.builder import SHAPE_ONLY, Builder
from ..ir.program import (
    UNDEFINED,
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Node,
    Op,
    Terminator,
    Value,
    free_values,
    leaves,
    map_leaves,
    type_of,
)
from ..ir.types import INT, PACKED, UNKNOWN, Type
from ..optimize.simplify import DERIVATIVE, made_by
from ..table.checks import conformed
from ..table.composite import DEFINITIONS
from ..table.registry import Entry
from ..table.registry import lookup as lookup_entry
from ..table.functional import index_add, index_set
from ..table.registry import lookup as entry_of
from .activity import active_values, breaks, exits, place, refuse_opaque
from .cotangent import Masked, fit, total, zeros
from .fuse import is_sum
from .save import choose_kept


@dataclass(eq=False)
class Region:
    """A block of the forward sweep, and how what it defines can be had from outside."""

    parent: Region | None
    block: Block
    node: Branch | Loop | None = None
    arm: int = 0
    records: list[Node] = field(default_factory=list)
    exported: dict[Value, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Mirror:
    """A block of the backward sweep: the adjoints it accumulates, and what it needs of its region."""

    parent: Mirror | None
    region: Region
    block: Block
    depth: int
    adjoints: dict[Value, list[Any]] = field(default_factory=dict)
    needs: dict[Value, Value] = field(default_factory=dict)
    index: Value | None = None  # of a reverse loop: the index of the forward iteration
    fused: bool = False  # this block follows its forward block in the same iteration: everything is at hand
    tail: list[tuple[Any, Any]] | None = None  # (cotangent, value) handed over by a block that may break at its end
    bars: tuple[Any, ...] = ()  # of a reverse loop: the cotangents of what the iteration handed over


@dataclass(eq=False)
class Reversal:
    """One run of reverse mode over one function."""

    builder: Builder
    inputs: Inputs
    active: set[Value]  # of the original
    splits: dict[Any, Split]  # functions of the program already reversed, by function and active parameters
    new: dict[Value, Any] = field(default_factory=dict)  # original value -> its copy in the forward sweep
    home: dict[Value, Region] = field(default_factory=dict)
    regions: dict[Any, list[Region]] = field(default_factory=dict)  # of the blocks of each copied node
    originals: dict[Any, Loop] = field(default_factory=dict)  # the original of each copied loop
    calls: dict[Any, tuple[Split, tuple[bool, ...]]] = field(default_factory=dict)
    alive: set[Value] = field(default_factory=set)  # active copies
    origins: dict[Value, tuple[int, Value]] = field(default_factory=dict)  # value handed out of a branch -> arm, value there
    packs: bool = False  # what the backward sweep needs is handed over as data, not by living names


def expand_composites(function: Function, active: set[Value], inputs: Inputs) -> bool:
    """Replace active calls that have a definition instead of a rule by that definition, in place."""
    return _expand_block(function.body, active, inputs)


def _expand_block(block: Block, active: set[Value], inputs: Inputs) -> bool:
    changed = False
    out: list[Node] = []
    for node in block.nodes:
        for inner in getattr(node, "blocks", ()):
            changed |= _expand_block(inner, active, inputs)
        definition = DEFINITIONS.get(node.fun) if isinstance(node, Op) and node.entry is not None and node.entry.vjps is None else None
        if definition is None or not any(r in active for r in node.results):
            out.append(node)
            continue
        changed = True
        out.extend(_definition_nodes(node, definition, inputs))
    block.nodes = out
    return changed


def _definition_nodes(node: Op, definition: Any, inputs: Inputs) -> list[Node]:
    from ..ir.rewrite import substitute_in_block

    inner = Block()
    builder = Builder(inner, share=False)
    with builder.at(node.loc, node.state):
        made = lower_rule(builder, inputs, definition, node.args, node.kwargs)
    values = [made] if node.structure is None else list(made)
    for old, value in zip(node.results, values):
        if isinstance(value, Value) and value.node is not None and value.node in inner.nodes and value.name is None:
            value.name = old.name
    same = {}
    for old, value in zip(node.results, values):
        same[old] = value
    inner.end = Terminator("yield", tuple(values))
    _alias(node, same, builder)
    del substitute_in_block
    return inner.nodes


def _alias(node: Op, same: dict[Value, Any], builder: Builder) -> None:
    """Hand the definition's values over under the names of the results they replace."""
    for old, value in same.items():
        if isinstance(value, Value) and value.node is not None:
            results = list(value.node.results)
            results[results.index(value)] = old
            old.type, old.node = value.type, value.node
            from ..ir.rewrite import substitute_in_block

            value.node.results = tuple(results) if not isinstance(value.node, Loop) else results
            substitute_in_block(builder.block, {value: old})
        else:
            same_object = operator.pos if old.type.is_scalar else np.asarray
            made = Op(same_object, lookup_entry(same_object), (value,), {}, (old,), loc=node.loc, state=node.state, effect="pure")
            old.node = made
            builder.block.nodes.append(made)


@dataclass(frozen=True)
class Reversed:
    """A function with its adjoint: where the forward sweep ends, the copied results, the cotangents."""

    function: Function
    forward: int  # how many nodes of the body are the forward sweep
    results: list[Any]
    cotangents: list[Any]
    builder: Builder


@dataclass(eq=False)
class Split:
    """A called function in two: a forward that also returns residuals, and a backward that takes them."""

    forward: Function
    backward: Function
    active_results: list[int] = field(default_factory=list)
    accumulated: tuple[int, ...] = ()  # parameters whose cotangent so far is handed in, to be added to


def reverse(function: Function, inputs: Inputs, independent: list[Value], results: list[Any], seeds: list[Any], name: str, splits: dict[Any, Split] | None = None, packs: bool = False, so_far: dict[Value, Value] | None = None) -> Reversed:
    """The function that runs `function` and its adjoint.

    `seeds` are the cotangents of `results`; the cotangents of `independent` are None where no result depends
    on one. The caller decides what the new function returns.
    """
    active = active_values(function.body, independent, list(leaves(results)))
    while expand_composites(function, active, inputs):
        active = active_values(function.body, independent, list(leaves(results)))
    for seed, result in zip(seeds, results):
        if isinstance(seed, Value) and isinstance(result, Value) and seed.type.kind == "unknown":
            seed.type = result.type  # what a definition tells of a result, its cotangent has too
    so_far = so_far or {}
    block = Block([*function.params, *leaves(seeds), *so_far.values()])
    builder = Builder(block)
    state = Reversal(builder, inputs, active, {} if splits is None else splits, packs=packs)
    region = Region(None, block)
    for p in block.params:
        state.new[p] = p
        state.home[p] = region
        if p in active:
            state.alive.add(p)
    builder.twin = lambda v: shape_twin(state, v)
    _copy_block(state, function.body, region)
    last = block.nodes[-1] if block.nodes else None
    mirror = Mirror(None, region, block, builder.depth)
    mirror.adjoints.update({p: [c] for p, c in so_far.items()})
    values = [state.new.get(r, r) if isinstance(r, Value) else r for r in results]
    for value, seed in zip(values, seeds):
        if isinstance(value, Value) and value in state.alive:
            if value.type.kind == "array" and value.type.rank == 0 and not isinstance(seed, Value):
                seed = builder.op(np.ones_like, (value,))
            mirror.adjoints.setdefault(value, []).append(fit(builder, seed, value, type_of(seed).rank == 0, "seed"))
    builder.simplifiers, builder.backward = DERIVATIVE, True
    _reverse_records(state, mirror)
    bars = [adjoint(state, mirror, p) for p in independent]
    forward = block.nodes.index(last) + 1 if last is not None else 0
    return Reversed(Function(name, block), forward, values, bars, builder)


# --- the forward sweep ------------------------------------------------------------------------------------------------


def _copy_block(state: Reversal, source: Block, region: Region) -> None:
    for node in source.nodes:
        refuse_opaque(node, state.active)
        _copy_node(state, node, region)
    source_end = source.end
    region.block.end = Terminator(source_end.kind, map_leaves(source_end.values, lambda v: state.new.get(v, v)))


def _copy_node(state: Reversal, node: Node, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)  # noqa: E731
    with b.at(node.loc, node.state):
        if isinstance(node, Op):
            _copy_op(state, node, region)
        elif isinstance(node, Branch):
            inner = [Block(), Block()]
            made = Branch(map_leaves(node.test, change), *inner)
            for k, (old, new) in enumerate(zip(node.blocks, inner)):
                sub = Region(region, new, made, k)
                with b.inside(new):
                    _copy_block(state, old, sub)
                made_regions = state.regions.setdefault(made, [])
                made_regions.append(sub)
            made.results = tuple(_fresh(state, r, region) for r in node.results)
            b.node(made)
            region.records.append(made)
        elif isinstance(node, Loop):
            _copy_loop(state, node, region)
        else:
            _copy_call(state, node, region)


def _copy_call(state: Reversal, node: Call, region: Region) -> None:
    """An active call goes to the forward form of its function, whose residuals are one more result."""
    b = state.builder
    args = map_leaves(node.args, lambda v: state.new.get(v, v))
    mask = tuple(isinstance(a, Value) and a in state.active for a in node.args)
    results = tuple(_fresh(state, r, region) for r in node.results)
    if not any(r in state.active for r in node.results):
        made = Call(node.function, args, results)
    elif node.checkpoint:
        made = Call(node.function, args, results, checkpoint=True)
        state.calls[made] = (split_function(state, node.function, mask), mask)
    else:
        split = split_function(state, node.function, mask)
        residuals = Value(PACKED, "residuals")
        state.home[residuals] = region
        made = Call(split.forward, args, (*results, residuals))
        state.calls[made] = (split, mask)
    b.node(made)
    region.records.append(made)


def split_function(state: Reversal, function: Function, mask: tuple[bool, ...], accumulate: tuple[int, ...] | None = None) -> Split:
    """The forward and backward forms of a function, for these active parameters.

    The cotangents of array parameters (or of those in `accumulate`) are added to what is handed in, so that
    reading an entry of a large array does not cost an array of zeros.
    """
    if accumulate is None:
        accumulate = tuple(k for k, (p, on) in enumerate(zip(function.params, mask)) if on and p.type.kind == "array")
    key = (function, mask, accumulate)
    if key in state.splits:
        return state.splits[key]
    split = state.splits[key] = Split(Function(f"{function.name}_forward", Block()), Function(f"{function.name}_backward", Block()), accumulated=accumulate)
    split.active_results = [k for k, r in enumerate(function.results) if type_of(r).may_be_active and type_of(r).kind not in ("int", "bool")]
    seeds = [_seed_of(r, f"{function.name}_bar") if k in split.active_results else None for k, r in enumerate(function.results)]
    independent = [p for p, active in zip(function.params, mask) if active]
    so_far = {function.params[k]: Value(function.params[k].type, f"{function.params[k].name or 'x'}_bar") for k in accumulate}
    made = reverse(function, state.inputs, independent, list(function.results), seeds, function.name, state.splits, packs=True, so_far=so_far)
    b, nodes = made.builder, made.function.body.nodes
    bars = [_zero_bar_of(b, p) if bar is None else bar for bar, p in zip(made.cotangents, independent)]
    head, tail = nodes[: made.forward], nodes[made.forward :]
    given = set(leaves(seeds)) | set(so_far.values())
    kept = [v for v in _block_free(Block([], tail, Terminator("return", tuple(bars)))) if v not in given]
    _finish_forward(split, function, head, made.results, kept)
    _finish_backward(split, tail, kept, [*[s for s in seeds if s is not None], *so_far.values()], bars)
    return split


def _seed_of(r: Any, name: str) -> Value:
    t = type_of(r)
    return Value(Type("float", np.dtype(float), ()) if not isinstance(r, Value) else t, name)


def _zero_bar_of(b: Builder, p: Value) -> Any:
    return zeros(b, p)


def _finish_forward(split: Split, function: Function, head: list[Node], results: list[Any], kept: list[Value]) -> None:
    from ..optimize.dead_code import remove_dead_code

    block = split.forward.body
    block.params, block.nodes = list(function.params), head
    packed = Value(PACKED, "residuals")
    packed.node = Op(pack, entry_of(pack), tuple(kept), {}, (packed,))
    block.nodes.append(packed.node)
    block.end = Terminator("return", (*results, packed))
    remove_dead_code(split.forward, [])


def _finish_backward(split: Split, tail: list[Node], kept: list[Value], seeds: list[Value], bars: list[Any]) -> None:
    from ..ir.rewrite import substitute_in_block
    from ..optimize.dead_code import remove_dead_code

    block = split.backward.body
    packed = Value(PACKED, "residuals")
    inner = {v: Value(v.type, v.name) for v in kept}
    for v, p in inner.items():
        p.extent = v.extent
    opened = Op(unpack, entry_of(unpack), (packed, len(kept)), {}, tuple(inner.values()), structure=tuple)
    for p in inner.values():
        p.node = opened
    block.params = [packed, *seeds]
    split.backward.consumes = frozenset(range(1, len(block.params)))
    block.nodes = tail
    block.end = Terminator("return", tuple(bars))
    substitute_in_block(block, inner)
    block.nodes = [opened, *tail] if kept else tail
    remove_dead_code(split.backward, [])


def _fresh(state: Reversal, old: Value, region: Region) -> Value:
    value = Value(old.type, old.name, None, old.loc)
    value.extent = old.extent
    _register(state, old, value, region)
    return value


def _register(state: Reversal, old: Value, value: Any, region: Region) -> None:
    state.new[old] = value
    if isinstance(value, Value):
        state.home.setdefault(value, region)
        if old in state.active:
            state.alive.add(value)


def _copy_op(state: Reversal, node: Op, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)  # noqa: E731
    types = node.results[0].type if node.structure is None else _typed(node)
    before = len(b.block.nodes)
    out = b.op(node.fun, map_leaves(node.args, change), map_leaves(node.kwargs, change), node.results[0].name, types, node.effect)
    values = [out] if node.structure is None else list(out)
    for old, value in zip(node.results, values):
        _register(state, old, value, region)
        if isinstance(value, Value):
            value.extent = old.extent if value.extent is None else value.extent
            value.name = value.name or old.name
    if len(b.block.nodes) > before:
        region.records.append(b.block.nodes[-1])


def _typed(node: Op) -> Any:
    types = [r.type for r in node.results]
    return node.structure(*types) if hasattr(node.structure, "_fields") else node.structure(types)


def _copy_loop(state: Reversal, node: Loop, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)  # noqa: E731
    body = Block()
    made = Loop(map_leaves(node.domain, change), None, [map_leaves(i, change) for i in node.inits], body)
    sub = Region(region, body, made)
    body.params = [_fresh(state, p, sub) for p in node.body.params]
    if node.test is not None:
        made.test = Block()
        test_region = Region(region, made.test, made)
        made.test.params = [_fresh(state, p, test_region) for p in node.test.params]
        with b.inside(made.test):
            _copy_block(state, node.test, test_region)
    with b.inside(body):
        _copy_block(state, node.body, sub)
    made.results = [_fresh(state, r, region) for r in node.results]
    made.keep = map_leaves(node.keep, change)
    b.node(made)
    state.regions[made] = [sub]
    state.originals[made] = node
    region.records.append(made)


SHAPE_ONLY.update({np.zeros_like, np.ones_like, extent, np.shape})
SAME_SHAPE = {index_set, index_add, np.copy}


def shape_twin(state: Reversal, v: Value) -> Value:
    """A value of the same type that was there before it, so that no version is kept for its shape alone."""
    while True:
        node, home = v.node, state.home.get(v)
        older: Any = None
        if isinstance(node, Op) and node.fun in SAME_SHAPE:
            older = node.args[0]
        elif home is not None and isinstance(home.node, Loop) and v in home.node.carried:
            older = home.node.inits[home.node.carried.index(v)]
        elif isinstance(node, Loop) and v in node.results:
            older = node.inits[node.results.index(v)]
        if not isinstance(older, Value) or older.type != v.type or v.type.kind != "array" or v.type.shape is None:
            return v
        v = older


# --- lookups ---------------------------------------------------------------------------------------------------------


def lookup(state: Reversal, mirror: Mirror, v: Value) -> Value:
    """A value of the forward sweep as the backward sweep has it at `mirror`."""
    home = state.home.get(v)
    if home is None or home.parent is None:
        return v
    if home is mirror.region and mirror.fused:
        return v
    if home is not mirror.region:
        if not _encloses(home, mirror.region):
            raise AssertionError(f"{v} is needed outside of the block that defines it")
        return lookup(state, mirror.parent, v)
    if isinstance(home.node, Branch) and (mirror.parent.fused or not in_loop(home)):
        return lookup(state, mirror.parent, export_from_branch(state, home, v))
    if v not in mirror.needs:
        mirror.needs[v] = Value(v.type, v.name)
        mirror.needs[v].extent = v.extent
    return mirror.needs[v]


def in_loop(region: Region) -> bool:
    """Whether a region is executed more than once: its values are gone when it is reversed."""
    r: Region | None = region
    while r is not None:
        if isinstance(r.node, Loop):
            return True
        r = r.parent
    return False


def _encloses(outer: Region, inner: Region | None) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return False


def export_from_branch(state: Reversal, region: Region, v: Value) -> Value:
    """A value defined in an arm, as a result of the branch; undefined where the other arm was taken."""
    if v in region.exported:
        return region.exported[v]
    node = region.node
    out = Value(v.type, v.name, node, v.loc)
    out.extent = v.extent
    node.results = (*node.results, out)
    for k, block in enumerate(node.blocks):
        if block.end.kind == "yield":
            handed_on = in_loop(region) or state.packs or region.parent.node is not None  # taken or not
            other = None if handed_on else UNDEFINED
            block.end.values = (*block.end.values, v if k == region.arm else other)
    region.exported[v] = out
    state.origins[out] = (region.arm, v)
    state.home[out] = region.parent
    return out


def export_from_loop(state: Reversal, region: Region, v: Value) -> Value:
    """The values that `v` took, one an iteration: a tape, as a result of the loop."""
    if v in region.exported:
        return region.exported[v]
    b, node = state.builder, region.node
    tape_type = Type("list", item=v.type)
    start = Value(tape_type, None)
    start.node = Op(list_of, entry_of(list_of), (), {}, (start,), effect="pure", loc=node.loc)
    owner = region.parent.block
    owner.nodes.insert(owner.nodes.index(node), start.node)
    state.home[start] = region.parent
    param = Value(tape_type, f"{v.name or 't'}_tape")
    region.block.params.append(param)
    node.inits.append(start)
    if node.test is not None:
        node.test.params.append(Value(tape_type, param.name))
    _append_at_exits(state, region.block, param, v)
    out = Value(tape_type, param.name, node)
    node.results.append(out)
    state.home[out] = region.parent
    region.exported[v] = out
    return out


def _append_at_exits(state: Reversal, block: Block, param: Value, v: Any) -> None:
    """Push `v` wherever an iteration ends; a placeholder where it was left before `v` was made."""
    _append_at_breaks(state, block, param, v)
    if block.end.kind == "yield":
        block.end.values = (*block.end.values, _push_at_end(block, param, v))


def _push_at_end(block: Block, tape: Value, v: Any) -> Value:
    """Push where a block falls off its end: inside of a last branch that may break, which stays the last node."""
    if not may_break_at_end(block):
        return _push(block, tape, v)
    last = block.nodes[-1]
    for inner in last.blocks:
        if inner.end.kind == "yield":
            inside = inner.end.values[last.results.index(v)] if v in last.results else v
            inner.end.values = (*inner.end.values, _push_at_end(inner, tape, inside))
    out = Value(tape.type, tape.name, last)
    last.results = (*last.results, out)
    return out


def _append_at_breaks(state: Reversal, block: Block, param: Value, v: Any) -> None:
    for node in block.nodes:
        if isinstance(node, Branch):
            for k, inner in enumerate(node.blocks):
                _append_at_breaks(state, inner, param, _within_arm(state, block, node, k, v))
    if block.end.kind == "break":
        block.end.values = (*block.end.values, _push(block, param, v))


def _within_arm(state: Reversal, block: Block, node: Branch, arm: int, v: Any) -> Any:
    """What `v`, known at the end of a block, is inside of an arm of one of its branches; None if not made there."""
    if not isinstance(v, Value):
        return v
    if v in node.results:
        if v in state.origins:
            home, inside = state.origins[v]
            return inside if home == arm else None
        end = node.blocks[arm].end
        return end.values[node.results.index(v)] if end.kind == "yield" else None
    made_here = v.node is not None and v.node in block.nodes
    return v if not made_here or block.nodes.index(v.node) < block.nodes.index(node) else None


def _push(block: Block, tape: Value, v: Any) -> Value:
    pushed = Value(tape.type, tape.name)
    pushed.node = Op(list_append, entry_of(list_append), (tape, v), {}, (pushed,), effect="pure")
    block.nodes.append(pushed.node)
    return pushed


# --- the backward sweep ------------------------------------------------------------------------------------------------


def _reverse_records(state: Reversal, mirror: Mirror) -> None:
    b = state.builder
    outer = b.resolve
    b.resolve = lambda v: lookup(state, mirror, v)
    try:
        for node in reversed(mirror.region.records):
            with b.at(node.loc, node.state):
                REVERSALS[type(node)](state, mirror, node)
    finally:
        b.resolve = outer


def contribute(state: Reversal, mirror: Mirror, arg: Any, c: Any, elementwise: bool, name: str) -> None:
    """Add the cotangent tree `c` to the adjoints of the active leaves of an operand tree."""
    if isinstance(arg, Value):
        if arg in state.alive and c is not None:
            mirror.adjoints.setdefault(arg, []).append(fit(state.builder, c, arg, elementwise, name))
    elif isinstance(arg, (tuple, list)) and isinstance(c, (tuple, list)):
        for a, part in zip(arg, c):
            contribute(state, mirror, a, part, elementwise, name)
    elif isinstance(arg, (tuple, list)) and isinstance(c, Value) and any(v in state.alive for v in leaves(arg)):
        for k, a in enumerate(arg):
            contribute(state, mirror, a, state.builder.op(operator.getitem, (c, k)), elementwise, name)


def adjoint(state: Reversal, mirror: Mirror, v: Value) -> Any:
    """The finished cotangent of a value, given up to its node; None if nothing reached it."""
    bar = total(state.builder, mirror.adjoints.pop(v, []))
    if isinstance(bar, Value) and bar.name is None and v.name is not None and getattr(bar.node, "backward", True):
        bar.name = f"{v.name}_bar"
    return bar


def _reverse_op(state: Reversal, mirror: Mirror, node: Op) -> None:
    if not any(r in state.alive for r in node.results):
        return
    masks = _open_masks(mirror, node)
    bars = [adjoint(state, mirror, r) for r in node.results]
    if all(bar is None for bar in bars):
        return
    b = state.builder
    rule = LIST_RULES.get(node.fun)
    if rule is not None and rule(state, mirror, node, bars):
        return
    sigmoid = logistic_argument(node)
    if sigmoid is not None:
        ans = node.results[0]
        slope = b.op(operator.mul, (ans, b.op(operator.sub, (1, ans))))
        contribute(state, mirror, sigmoid, b.op(operator.neg, (b.op(operator.mul, (bars[0], slope)),)), True, "logistic")
        return
    if node.structure is None:
        g, ans = bars[0], node.results[0]
    else:
        filled = [zeros(b, r) if bar is None else bar for bar, r in zip(bars, node.results)]
        rebuild = node.structure if not hasattr(node.structure, "_fields") else lambda items: node.structure(*items)
        g, ans = rebuild(filled), rebuild(list(node.results))
    if node.fun is np.where and len(node.args) == 3 and node.structure is None:
        for k, taken in ((1, True), (2, False)):
            contribute(state, mirror, node.args[k], _masked(Masked(node.args[0], taken, g), masks), True, "numpy.where")
        return
    _apply_rules(state, mirror, node, g, ans, masks)


def _open_masks(mirror: Mirror, node: Op) -> list[Masked]:
    """Take the masks off the one contribution to an elementwise result: its operands' will wear them."""
    found: list[Masked] = []
    if node.structure is not None or node.entry is None or not node.entry.elementwise:
        return found
    waiting = mirror.adjoints.get(node.results[0], [])
    while len(waiting) == 1 and isinstance(waiting[0], Masked):
        found.append(waiting[0])
        waiting[0] = waiting[0].cotangent
    return found


def _masked(c: Any, masks: list[Masked]) -> Any:
    for m in reversed(masks):
        c = Masked(m.test, m.taken, c)
    return c


def _apply_rules(state: Reversal, mirror: Mirror, node: Op, g: Any, ans: Any, masks: list[Masked]) -> None:
    entry = node.entry
    if entry is None or entry.vjps is None:
        _refuse(node)
    order = list(enumerate(node.args))
    if node.fun in (index_set, index_add):
        order.reverse()  # take the cotangent of what was written, then clear its place
    variadic = len(entry.vjps) == 1 and len(node.args) > 1 and entry.name in VARIADIC
    for k, arg in order:
        if not any(v in state.alive for v in leaves(arg)):
            continue
        rule = entry.vjps[0] if variadic else entry.vjps[k] if k < len(entry.vjps) else None
        if rule is None:
            _refuse(node, k)
        c = _masked(_checked(state, node, rule, _pull_back(state, node, rule, g, ans), arg), masks)
        contribute(state, mirror, arg, c, entry.elementwise, entry.name)
    for key, arg in node.kwargs.items():
        if any(v in state.alive for v in leaves(arg)):
            position = _position_of(entry, key)
            if position is None or position >= len(entry.vjps) or entry.vjps[position] is None:
                _refuse(node, key)
            c = _checked(state, node, entry.vjps[position], _pull_back(state, node, entry.vjps[position], g, ans), arg)
            contribute(state, mirror, arg, c, entry.elementwise, entry.name)


def _checked(state: Reversal, node: Op, rule: Any, c: Any, arg: Any) -> Any:
    """The cotangent that a user's rule gave, with the check of its shape that compile time cannot make."""
    if c is None or node.entry.elementwise or (rule.__module__ or "").startswith("s2sgrad."):
        return c
    if isinstance(arg, (tuple, list)):
        if isinstance(c, (tuple, list)) and len(c) != len(arg):
            raise RuleError(f"the rule of `{node.entry.name}` gave {len(c)} cotangents for an argument of {len(arg)} items", place(node))
        return type(c)(_checked(state, node, rule, *pair) for pair in zip(c, arg)) if isinstance(c, (tuple, list)) else c
    found, wanted = type_of(c), type_of(arg)
    if None not in (found.rank, wanted.rank) and found.rank != wanted.rank:
        raise RuleError(f"the rule of `{node.entry.name}` gave a cotangent of rank {found.rank} for an argument of rank {wanted.rank}: give it the argument's shape", place(node))
    if found.shape is not None and found.shape == wanted.shape or not isinstance(arg, Value):
        return c
    with state.builder.at(node.loc, node.state):
        return state.builder.op(conformed, (c, arg, node.entry.name))


VARIADIC: set[str] = set()


def _position_of(entry: Entry, name: str) -> int | None:
    """The position of a parameter, by the names in the rules: not every function of C tells its own."""
    import inspect

    for rule in entry.vjps:
        if rule is not None:
            names = list(inspect.signature(rule).parameters)[2:]
            return names.index(name) if name in names else None
    return None


def _pull_back(state: Reversal, node: Op, rule: Any, g: Any, ans: Any) -> Any:
    return lower_rule(state.builder, state.inputs, rule, (g, ans, *node.args), node.kwargs)


def _refuse(node: Op, argument: Any = None) -> None:
    from ..errors import NonDifferentiableError

    name = node.entry.name if node.entry is not None else getattr(node.fun, "__name__", str(node.fun))
    which = "" if argument is None else f" with respect to its argument {argument!r}"
    raise NonDifferentiableError(f"`{name}` has no derivative in the table{which}: give it one with `defvjp`, or hide the value with `stop_gradient`", place(node))


# --- run-time lists: pushes and pops are each other's adjoints ---------------------------------------------------------------


def _give(state: Reversal, mirror: Mirror, v: Any, c: Any) -> None:
    contribute(state, mirror, v, c, False, "list")


def _list_append_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items, item = node.args
    rest, last = state.builder.op(list_pop, (bars[0],), types=(bars[0].type, _item_type(item)))
    _give(state, mirror, items, rest)
    _give(state, mirror, item, last)
    return True


def _item_type(item: Any) -> Type:
    t = type_of(item)
    return t if t.may_be_active else Type("float", np.dtype(float), ())


def _list_pop_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    b, (rest, item) = state.builder, node.results
    rest_bar = b.op(list_zeros, (rest,)) if bars[0] is None else bars[0]
    item_bar = zeros(b, item) if bars[1] is None else bars[1]
    _give(state, mirror, node.args[0], b.op(list_append, (rest_bar, item_bar)))
    return True


def _list_of_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for k, item in enumerate(node.args):
        if isinstance(item, Value) and item in state.alive:
            _give(state, mirror, item, state.builder.op(operator.getitem, (bars[0], k)))
    return True


def _list_item_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items, index = node.args
    if not isinstance(items, Value) or items.type.kind != "list":
        return False
    if isinstance(index, slice):
        raise UnsupportedSyntaxError("a slice of a list grown at run time is not differentiated: index its items one by one", place(node))
    b = state.builder
    so_far = total(b, mirror.adjoints.pop(items, []))
    if so_far is None:
        so_far = b.op(list_zeros, (items,))
    more = b.op(operator.add, (b.op(operator.getitem, (so_far, index)), bars[0]))
    mirror.adjoints[items] = [b.op(list_set, (so_far, index, more))]
    return True


def _list_set_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    b, (items, index, item) = state.builder, node.args
    _give(state, mirror, item, b.op(operator.getitem, (bars[0], index)))
    _give(state, mirror, items, b.op(list_set, (bars[0], index, 0.0)))
    return True


def _list_add_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for items in node.args:
        _give(state, mirror, items, bars[0])
    return True


def _list_from_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    _give(state, mirror, node.args[0], state.builder.op(np.array, (bars[0],), types=node.args[0].type))
    return True


def _stack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items = node.args[0]
    if not isinstance(items, Value) or items.type.kind != "list":
        return False
    if len(node.args) > 1 or set(node.kwargs) - {"dtype"}:
        raise UnsupportedSyntaxError("a list grown at run time is stacked along the first axis only", place(node))
    _give(state, mirror, items, state.builder.op(list_from, (bars[0],), types=items.type))
    return True


def _pack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    types = tuple(type_of(a) for a in node.args)
    parts = state.builder.op(unpack, (bars[0], len(node.args)), types=types)
    for a, part in zip(node.args, parts):
        _give(state, mirror, a, part)
    return True


def _unpack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    filled = [(0.0 if r not in state.alive else zeros(state.builder, r)) if bar is None else bar for bar, r in zip(bars, node.results)]
    _give(state, mirror, node.args[0], state.builder.op(pack, tuple(filled)))
    return True


def _packed_add_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for packed in node.args:
        _give(state, mirror, packed, bars[0])
    return True


LIST_RULES = {
    packed_add: _packed_add_rule,
    pack: _pack_rule,
    unpack: _unpack_rule,
    list_append: _list_append_rule,
    list_pop: _list_pop_rule,
    list_of: _list_of_rule,
    list_set: _list_set_rule,
    list_add: _list_add_rule,
    list_from: _list_from_rule,
    operator.getitem: _list_item_rule,
    np.array: _stack_rule,
    np.asarray: _stack_rule,
    np.stack: _stack_rule,
}


def logistic_argument(node: Op) -> Value | None:
    """`u` if this operation is the last of `1 / (1 + exp(u))`.

    Its slope `-y (1 - y)` holds also where `exp(u)` is infinite and the product of the separate slopes is not
    a number.
    """
    if node.fun is operator.truediv and isinstance(node.args[1], Value):
        one, below = node.args
    elif node.fun is np.reciprocal and isinstance(node.args[0], Value):
        one, below = 1, node.args[0]
    else:
        return None
    addition = made_by(below, operator.add) or made_by(below, np.add)
    if one not in (1, 1.0) or isinstance(one, Value) or addition is None:
        return None
    for c, e in (addition.args, addition.args[::-1]):
        if not isinstance(c, Value) and type(c) in (int, float) and c == 1:
            exponential = made_by(e, np.exp)
            if exponential is not None and not exponential.kwargs and isinstance(exponential.args[0], Value):
                return exponential.args[0]
    return None


def _free_active(state: Reversal, node: Branch | Loop) -> list[Value]:
    """The active values that a node's blocks read from outside."""
    direct = set(leaves(tuple(node.operands))) if isinstance(node, Branch) else set()
    inside = [v for block in node.blocks for v in _block_free(block)]
    del direct
    return [v for v in dict.fromkeys(inside) if v in state.alive]


def _block_free(block: Block) -> list[Value]:
    from ..ir.program import free_values_of_block

    return free_values_of_block(block)


def _reverse_branch(state: Reversal, mirror: Mirror, node: Branch) -> None:
    b = state.builder
    bars = {r: adjoint(state, mirror, r) for r in node.results if r in state.alive}
    free = _free_active(state, node)
    breaking = any(breaks(block) for block in node.blocks)
    if not free and not breaking:
        return
    if all(bar is None for bar in bars.values()) and not breaking:
        return
    priors = {f: total(b, mirror.adjoints.pop(f, [])) for f in free}
    made = Branch(lookup(state, mirror, node.test) if isinstance(node.test, Value) else node.test, Block(), Block())
    outcomes, mirrors = [], []
    for block, region in zip(made.blocks, state.regions[node]):
        with b.inside(block):
            inner = Mirror(mirror, region, block, b.depth, bars=mirror.bars, index=mirror.index)
            for f, prior in priors.items():
                if prior is not None:
                    inner.adjoints[f] = [prior]
            _seed_block(state, inner, _arm_pairs(region.block, bars, node.results, mirror, breaking))
            _reverse_records(state, inner)
            outcomes.append([total(b, inner.adjoints.get(f, [])) for f in free])
        mirrors.append(inner)
    _join_adjoints(state, mirror, made, free, outcomes)
    for inner in mirrors:
        if inner.needs:
            supply_arm_needs(state, inner)


def _arm_pairs(block: Block, bars: dict, results: Any, outer: Mirror, last: bool) -> list[tuple[Any, Any]]:
    """What an arm hands over, beside the cotangents of where that goes; `last`: also what its block does."""
    if block.end.kind == "break":
        return list(zip(outer.bars, block.end.values))
    if block.end.kind != "yield":
        return []
    inside = dict(zip(results, block.end.values))
    pairs = [(bars.get(r), y) for r, y in inside.items()]
    return pairs + [(bar, inside.get(y, y) if isinstance(y, Value) else y) for bar, y in (outer.tail if last and outer.tail else ())]


def _seed_block(state: Reversal, inner: Mirror, pairs: list[tuple[Any, Any]]) -> None:
    """Start the adjoint of a block from the cotangents of what it hands over.

    Where the block's last node may break, what it hands over at its end counts only if it did not: the arms
    of that branch are started instead.
    """
    pairs = [(bar, y) for bar, y in pairs if bar is not None and isinstance(y, Value)]
    if may_break_at_end(inner.region.block):
        inner.tail = pairs
        return
    for bar, y in pairs:
        if y in state.alive:
            elementwise = y.type.shape != type_of(bar).shape and y.type.kind != "list"
            with resolving(state, inner):  # the shape of `y` is known inside only
                inner.adjoints.setdefault(y, []).append(fit(state.builder, bar, y, elementwise, "loop"))


@contextmanager
def resolving(state: Reversal, mirror: Mirror) -> Iterator[None]:
    """Look operands up from `mirror` for a while."""
    outer, state.builder.resolve = state.builder.resolve, lambda v: lookup(state, mirror, v)
    try:
        yield
    finally:
        state.builder.resolve = outer


def may_break_at_end(block: Block) -> bool:
    last = block.nodes[-1] if block.nodes else None
    return isinstance(last, Branch) and any(breaks(b) for b in last.blocks)


def _join_adjoints(state: Reversal, mirror: Mirror, made: Branch, free: list[Value], outcomes: list[list[Any]]) -> None:
    b = state.builder
    results: list[Value] = []
    ends: tuple[list[Any], list[Any]] = ([], [])
    for k, f in enumerate(free):
        pair = [outcomes[0][k], outcomes[1][k]]
        if pair[0] is pair[1]:
            if pair[0] is not None:
                mirror.adjoints.setdefault(f, []).append(pair[0])
            continue
        for side in (0, 1):
            if pair[side] is None:
                with b.inside(made.blocks[side]):
                    pair[side] = 0.0 if f.type.is_scalar else zeros(b, lookup(state, mirror, f))
            ends[side].append(pair[side])
        result = Value(f.type, f"{f.name}_bar" if f.name else None)
        results.append(result)
        mirror.adjoints.setdefault(f, []).append(result)
    if not results:
        return
    made.results = tuple(results)
    for block, values in zip(made.blocks, ends):
        block.end = Terminator("yield", tuple(values))
    b.node(made)


def _reverse_loop(state: Reversal, mirror: Mirror, node: Loop) -> None:
    if node.keep is not None:
        from .checkpoint import reverse_checkpointed

        reverse_checkpointed(state, mirror, node)
        return
    b, region = state.builder, state.regions[node][0]
    carried = [k for k, (p, r) in enumerate(zip(node.carried, node.results)) if p in state.alive or r in state.alive]
    bars = {r: adjoint(state, mirror, r) for r in node.results if r in state.alive}
    free = _free_active(state, node)
    if all(bar is None for bar in bars.values()):
        return
    if _may_fuse(state, mirror, node, bars, carried):
        _fuse_loop(state, mirror, node, bars, free)
        return
    starts = []
    for k in carried:
        bar = bars.get(node.results[k])
        starts.append(zeros(b, node.results[k]) if bar is None else bar)
    priors = [total(b, mirror.adjoints.pop(f, [])) for f in free]
    priors = [zeros(b, f) if p is None else p for p, f in zip(priors, free)]
    body = Block()
    params = [Value(_bar_type(v), f"{v.name}_bar" if v.name else None) for v in [*[node.carried[k] for k in carried], *free]]
    domain, index = _reversed_domain(state, mirror, node)
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
        _set_index(state, inner, node, count, index)
        ends = region.block.end.values if region.block.end.kind in ("yield", "break") else ()
        _seed_block(state, inner, list(zip(inner.bars, ends)))
        _reverse_records(state, inner)
        ends = [total(b, inner.adjoints.get(node.carried[k], [])) for k in carried]
        ends = [_zero_bar(b, p) if e is None else e for e, p in zip(ends, params)]
        ends += [total(b, inner.adjoints.get(f, [])) for f in free]
        body.end = Terminator("yield", tuple(ends))
    b.resolve = outer_resolve
    made.results = [Value(p.type, p.name) for p in params]
    supply_needs(state, inner, made)
    b.node(made)
    for k, r in zip(carried, made.results):
        init = node.inits[k]
        if isinstance(init, Value) and init in state.alive:
            mirror.adjoints.setdefault(init, []).append(fit(b, r, init, init.type.shape != node.carried[k].type.shape and init.type.kind != "list", "loop"))
    for f, r in zip(free, made.results[len(carried) :]):
        mirror.adjoints.setdefault(f, []).append(r)


def _may_fuse(state: Reversal, mirror: Mirror, node: Loop, bars: dict[Value, Any], carried: list[int]) -> bool:
    """Whether the adjoint of an iteration can run right after the iteration: see `fuse`."""
    if mirror.parent is not None and not mirror.fused:
        return False
    if state.packs or not all(is_sum(node, k) for k in carried):
        return False
    scaled = any(isinstance(bar, Value) for bar in bars.values())
    if scaled and len(carried) > 1:
        return False
    if not mirror.fused:
        return True
    waiting = [f for f in _free_active(state, node) if not f.type.is_scalar and (scaled or not _is_carried_sum(mirror, f))]
    return not waiting  # inside another loop, an array of zeros for each run of this one would cost too much


def _is_carried_sum(mirror: Mirror, f: Value) -> bool:
    """Whether the cotangent of `f` so far is a sum that the enclosing loop carries, still untouched."""
    so_far = mirror.adjoints.get(f, [])
    return len(so_far) == 1 and so_far[0] in mirror.block.params


def _fuse_loop(state: Reversal, mirror: Mirror, node: Loop, bars: dict[Value, Any], free: list[Value]) -> None:
    """Append the adjoint of an iteration to the iteration, and sums of cotangents to what the loop carries."""
    b, region = state.builder, state.regions[node][0]
    scale = next((bar for bar in bars.values() if isinstance(bar, Value)), None)
    before = Block()
    with b.apart(before):
        starts = [mirror.adjoints.pop(f)[0] if scale is None and _is_carried_sum(mirror, f) else zeros(b, f) for f in free]
    owner = region.parent.block
    place_of = owner.nodes.index(node)
    owner.nodes[place_of:place_of] = before.nodes
    sums = [Value(_bar_type(f), f"{f.name}_bar" if f.name else None) for f in free]
    outer = b.resolve
    node.body.params.extend(sums)
    with b.apart(node.body):
        inner = Mirror(mirror, region, node.body, b.depth, fused=True)
        inner.adjoints = {f: [p] for f, p in zip(free, sums)}
        b.resolve = lambda v: lookup(state, inner, v)
        ends = zip(node.results, node.body.end.values)
        _seed_block(state, inner, [(1.0 if scale is not None else bars.get(r), y) for r, y in ends if bars.get(r) is not None])
        _reverse_records(state, inner)
        totals = [total(b, inner.adjoints.get(f, [])) for f in free]
    b.resolve = outer
    node.inits.extend(starts)
    node.sums += len(sums)
    node.body.end.values = (*node.body.end.values, *totals)
    for f, p in zip(free, sums):
        result = Value(p.type, p.name, node)
        node.results.append(result)
        state.home[result] = region.parent
        contribution = result if scale is None else b.op(operator.mul, (scale, result))
        mirror.adjoints.setdefault(f, []).append(contribution)
    for k, p in enumerate(node.carried):
        init = node.inits[k] if k < len(node.inits) else None
        if isinstance(init, Value) and init in state.alive and bars.get(node.results[k]) is not None:
            contribute(state, mirror, init, bars[node.results[k]], False, "loop")


def _bar_type(v: Value) -> Type:
    t = v.type
    return Type("unknown", t.dtype, t.shape) if t.kind == "list" and t.item is None else t


def _zero_bar(b: Builder, bar: Value) -> Any:
    """The zero of a cotangent that a reverse loop carries."""
    return b.op(list_of, ()) if bar.type.kind == "list" else zeros(b, bar)


# --- reverse loops: the domain, the index, and what they need --------------------------------------------------------------


def _reversed_domain(state: Reversal, mirror: Mirror, node: Loop) -> tuple[tuple[Any, Any, Any], Value | None]:
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
    if not isinstance(x, Value):
        return x + c
    return b.op(operator.add, (x, c)) if c > 0 else b.op(operator.sub, (x, -c))


def export_trips(state: Reversal, region: Region) -> Value:
    """The number of iterations a loop began, as one of its results."""
    if TRIPS in region.exported:
        return region.exported[TRIPS]
    node, block = region.node, region.block
    param = Value(INT, "trips")
    block.params.append(param)
    node.inits.append(0)
    if node.test is not None:
        node.test.params.append(Value(INT, "trips"))
    more = Value(INT, "trips")
    more.node = Op(operator.add, entry_of(operator.add), (param, 1), {}, (more,), effect="pure")
    block.nodes.insert(0, more.node)
    _hand_over(block, more)
    out = Value(INT, "trips", node)
    node.results.append(out)
    state.home[out] = region.parent
    state.home[param] = state.home[more] = region
    region.exported[TRIPS] = out
    return out


TRIPS: Any = "trips"


def _hand_over(block: Block, v: Any) -> None:
    for node in block.nodes:
        if isinstance(node, Branch):
            for inner in node.blocks:
                _hand_over_at_breaks(inner, v)
    if block.end.kind in ("yield", "break"):
        block.end.values = (*block.end.values, v)


def _hand_over_at_breaks(block: Block, v: Any) -> None:
    for node in block.nodes:
        if isinstance(node, Branch):
            for inner in node.blocks:
                _hand_over_at_breaks(inner, v)
    if block.end.kind == "break":
        block.end.values = (*block.end.values, v)


def _set_index(state: Reversal, inner: Mirror, node: Loop, count: Value, index: Value | None) -> None:
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
    wanted = {v: p for v, p in inner.needs.items() if p is not inner.index and p.node is None and p not in made.body.params}
    wanted.pop(region.block.params[0] if region.node.domain is not None else None, None)
    kept, order = choose_kept(region, list(wanted), state.home)
    head = Block()
    have: dict[Value, Any] = {}
    if region.node.domain is not None and inner.index is not None:
        have[region.block.params[0]] = inner.index
    outer_resolve, b.resolve = b.resolve, None
    with b.inside(head):
        for v in kept:
            have[v] = _pop_from_tape(state, inner, made, v)
        for v in order:
            have[v] = _compute_again(state, inner, v, have)
    b.resolve = outer_resolve
    place_after = 0
    if inner.index is not None and inner.index.node in made.body.nodes:
        place_after = max(made.body.nodes.index(inner.index.node) + 1, 0)
    made.body.nodes[place_after:place_after] = head.nodes
    substitute_in_block(made.body, {p: have[v] for v, p in wanted.items()})


def supply_arm_needs(state: Reversal, inner: Mirror) -> None:
    """Define what a reverse arm needs of its forward arm: handed out of it, or computed again."""
    from ..ir.rewrite import substitute_in_block

    region, b, block = inner.region, state.builder, inner.block
    wanted = {v: p for v, p in inner.needs.items() if p.node is None}
    kept, order = choose_kept(region, list(wanted), state.home)
    have: dict[Value, Any] = {v: lookup(state, inner.parent, export_from_branch(state, region, v)) for v in kept}
    head = Block()
    outer_resolve, b.resolve = b.resolve, None
    with b.inside(head):
        for v in order:
            have[v] = _compute_again(state, inner, v, have)
    b.resolve = outer_resolve
    block.nodes[:0] = head.nodes
    substitute_in_block(block, {p: have[v] for v, p in wanted.items()})


def _pop_from_tape(state: Reversal, inner: Mirror, made: Loop, v: Value) -> Value:
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


def _compute_again(state: Reversal, inner: Mirror, v: Value, have: dict[Value, Any]) -> Any:
    node = v.node

    def reach(x: Value) -> Any:
        if x in have:
            return have[x]
        return lookup(state, inner.parent, x)

    with state.builder.at(node.loc, node.state):
        out = state.builder.op(node.fun, map_leaves(node.args, reach), map_leaves(node.kwargs, reach), v.name, v.type, node.effect)
    if isinstance(out, Value):
        out.extent = v.extent
    return out


def _reverse_call(state: Reversal, mirror: Mirror, node: Call) -> None:
    """Call the backward form with the residuals and the cotangents of the results."""
    found = state.calls.get(node)
    if found is None:
        return
    split, mask = found
    b = state.builder
    results = node.results if node.checkpoint else node.results[:-1]
    bars = [adjoint(state, mirror, r) for r in results]
    if all(bar is None for bar in bars):
        return
    seeds = [zeros(b, node.results[k]) if bars[k] is None else bars[k] for k in split.active_results]
    active = [a for a, on in zip(node.args, mask) if on]
    residuals = _run_again(state, mirror, node, split) if node.checkpoint else lookup(state, mirror, node.results[-1])
    so_far = [_so_far(state, mirror, node.args[k]) for k in split.accumulated]
    active = [(k, a) for k, (a, on) in enumerate(zip(node.args, mask)) if on]
    results = tuple(Value(a.type, f"{a.name}_bar" if a.name else None) for _, a in active)
    b.node(Call(split.backward, (residuals, *seeds, *so_far), results))
    for (k, a), bar in zip(active, results):
        if k in split.accumulated and a in state.alive:
            mirror.adjoints.setdefault(a, []).append(bar)
        else:
            contribute(state, mirror, a, bar, False, node.function.name)


def _so_far(state: Reversal, mirror: Mirror, arg: Value) -> Any:
    """The cotangent of an argument as it stands, to be added to by the function that is called."""
    known = total(state.builder, mirror.adjoints.pop(arg, []))
    return zeros(state.builder, arg) if known is None else known


def _run_again(state: Reversal, mirror: Mirror, node: Call, split: Split) -> Value:
    """The residuals of a checkpointed call, from its arguments."""
    args = map_leaves(node.args, lambda v: lookup(state, mirror, v))
    again = Call(split.forward, args, (*[Value(r.type, r.name) for r in node.results], Value(PACKED, "residuals")))
    state.builder.node(again)
    return again.results[-1]


REVERSALS = {Op: _reverse_op, Branch: _reverse_branch, Loop: _reverse_loop, Call: _reverse_call}
__all__ = ["Mirror", "Region", "Reversal", "exits", "free_values", "reverse", "type_of"]
