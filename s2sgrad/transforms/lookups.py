"""How the backward sweep has what the forward one made: results of branches, tapes of loops, or made again."""

from __future__ import annotations

import operator
from typing import Any

from ..frontend.primitives import list_append, list_of
from ..ir.program import UNDEFINED, Block, Branch, Op, Value, map_leaves
from ..ir.types import INT, Type, scalar
from ..table.registry import lookup as entry_of
from .finality import Reread
from .induction import closed_form, induction
from .regions import Mirror, Region, Reversal, encloses, in_loop, may_break_at_end


def lookup(state: Reversal, mirror: Mirror, v: Value) -> Value:
    """A value of the forward sweep as the backward sweep has it at `mirror`."""
    home = state.home.get(v)
    if home is None or home.parent is None:
        return v
    if home is mirror.region and mirror.fused:
        return v
    if home is not mirror.region:
        if not encloses(home, mirror.region):
            raise AssertionError(f"{v} is needed outside of the block that defines it")
        return lookup(state, mirror.parent, v)
    if isinstance(home.node, Branch) and (mirror.parent.fused or not in_loop(home)):
        return lookup(state, mirror.parent, export_from_branch(state, home, v))
    if v not in mirror.needs:
        mirror.needs[v] = Value(v.type, v.name)
        mirror.needs[v].extent = v.extent
    return mirror.needs[v]


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
    node = region.node
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
    v = None if v is UNDEFINED else v
    pushed.node = Op(list_append, entry_of(list_append), (tape, v), {}, (pushed,), effect="pure")
    block.nodes.append(pushed.node)
    return pushed


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


def make_again(
    state: Reversal, inner: Mirror, v: Value, have: dict[Value, Any], reread: Reread | None
) -> Any:
    """A value of the forward sweep by the operation that made it, or read from an array that still has it."""
    node, b = v.node, state.builder

    def reach(x: Value) -> Any:
        return have[x] if x in have else lookup(state, inner.parent, x)

    if reread is not None:
        place = (
            inner.region.node if node is None else node
        )  # what an iteration carries has no node of its own
        with b.at(place.loc, place.state):
            entry = map_leaves((reread.array, reread.index), reach)
            number = v.type.kind == "float"  # Python's, where the array has NumPy's
            out = b.op(operator.getitem, entry, {}, v.name, scalar(v.type.dtype) if number else v.type)
            out = b.op(float, (out,), {}, v.name, v.type) if number else out
    elif node is None:
        count = induction(inner.region.node, v)
        assert count is not None
        return closed_form(b, count, inner.index, reach)
    else:
        with b.at(node.loc, node.state):
            args, kwargs = map_leaves(node.args, reach), map_leaves(node.kwargs, reach)
            out = b.op(node.fun, args, kwargs, v.name, v.type, node.effect)
    if isinstance(out, Value):
        out.extent = v.extent
    return out
