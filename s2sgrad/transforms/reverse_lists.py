"""Run-time lists: pushes and pops are each other's adjoints."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import UnsupportedSyntaxError
from ..frontend.primitives import (
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    list_zeros,
    pack,
    packed_add,
    part_cotangent,
    unpack,
    zeros_if_made,
)
from ..ir.program import Op, Value, type_of
from ..ir.types import PACKED, UNKNOWN, Type
from .activity import place
from .adjoints import contribute
from .cotangent import total, zeros
from .regions import Mirror, Reversal


def give(state: Reversal, mirror: Mirror, v: Any, c: Any) -> None:
    contribute(state, mirror, v, c, False, "list")


def _list_append_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items, item = node.args
    rest, last = state.builder.op(list_pop, (bars[0],), types=(bars[0].type, _item_type(item)))
    give(state, mirror, items, rest)
    give(state, mirror, item, last)
    return True


def _item_type(item: Any) -> Type:
    t = type_of(item)
    return t if t.may_be_active else Type("float", np.dtype(float), ())


def _list_pop_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    b, (rest, item) = state.builder, node.results
    rest_bar = b.op(list_zeros, (rest,)) if bars[0] is None else bars[0]
    item_bar = zeros(b, item) if bars[1] is None else bars[1]
    give(state, mirror, node.args[0], b.op(list_append, (rest_bar, item_bar)))
    return True


def _list_of_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for k, item in enumerate(node.args):
        if isinstance(item, Value) and item in state.alive:
            give(state, mirror, item, state.builder.op(operator.getitem, (bars[0], k)))
    return True


def _list_item_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items, index = node.args
    if isinstance(items, Value) and items.type == UNKNOWN and type(index) is int:
        give(state, mirror, items, state.builder.op(part_cotangent, (items, index, bars[0]), types=PACKED))
        return True
    if not isinstance(items, Value) or items.type.kind != "list":
        return False
    if isinstance(index, slice):
        raise UnsupportedSyntaxError(
            "a slice of a list grown at run time is not differentiated: index its items one by one",
            place(node),
        )
    b = state.builder
    so_far = total(b, mirror.adjoints.pop(items, []))
    if so_far is None:
        so_far = b.op(list_zeros, (items,))
    item = node.results[0].type
    known = b.op(operator.getitem, (so_far, index), types=item)
    more = b.op(list_add if item.kind == "list" else operator.add, (known, bars[0]))
    mirror.adjoints[items] = [b.op(list_set, (so_far, index, more))]
    return True


def _list_set_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    b, (items, index, item) = state.builder, node.args
    bar = b.op(operator.getitem, (bars[0], index), types=_item_type(item))
    give(state, mirror, item, bar)
    nothing: Any = 0.0
    if bar.type.kind == "list":
        same = _is_same_length(items, index, item)
        nothing = b.op(list_zeros, (bar if same else b.op(operator.getitem, (items, index)),))
    give(state, mirror, items, b.op(list_set, (bars[0], index, nothing)))
    return True


def _is_same_length(items: Any, index: Any, item: Any) -> bool:
    """Whether a list that takes the place of another, in a list, is that one with other items."""
    while isinstance(getattr(item, "node", None), Op) and item.node.fun is list_set:
        item = item.node.args[0]
    read = getattr(item, "node", None)
    return isinstance(read, Op) and read.fun is operator.getitem and read.args == (items, index)


def _list_add_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for items in node.args:
        give(state, mirror, items, bars[0])
    return True


def _list_from_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    give(state, mirror, node.args[0], state.builder.op(np.array, (bars[0],), types=node.args[0].type))
    return True


def _stack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    items = node.args[0]
    if not isinstance(items, Value) or items.type.kind != "list":
        return False
    axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("axis", 0)
    if isinstance(axis, Value) or set(node.kwargs) - {"axis", "dtype"}:
        raise UnsupportedSyntaxError(
            "a list grown at run time is stacked along an axis that is known when the program is compiled",
            place(node),
        )
    rows = bars[0] if axis == 0 else state.builder.op(np.moveaxis, (bars[0], axis, 0))
    give(state, mirror, items, state.builder.op(list_from, (rows,), types=items.type))
    return True


def _pack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    types = tuple(type_of(a) for a in node.args)
    parts = state.builder.op(unpack, (bars[0], len(node.args)), types=types)
    for a, part in zip(node.args, parts):
        give(state, mirror, a, part)
    return True


def _zero_part(state: Reversal, r: Value) -> Any:
    """The zero cotangent of an unpacked value: whoever packed it may count on its shape, if it was made."""
    if r.type.kind == "array" and r.type.may_be_active:
        return state.builder.op(zeros_if_made, (r,))
    return zeros(state.builder, r) if r in state.alive else 0.0


def _unpack_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    filled = [_zero_part(state, r) if bar is None else bar for bar, r in zip(bars, node.results)]
    give(state, mirror, node.args[0], state.builder.op(pack, tuple(filled)))
    return True


def _packed_add_rule(state: Reversal, mirror: Mirror, node: Op, bars: list[Any]) -> bool:
    for packed in node.args:
        give(state, mirror, packed, bars[0])
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
