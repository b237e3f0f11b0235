"""Arrays joined out of a list whose length is known only at run time: `np.concatenate`, `np.vstack` and their kin."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import Value
from .expressions import emit
from .frame import Frame
from .list_algorithms import interpreted
from .methods import shape_of
from .staging import static


def joined_at_run_time(frame: Frame, node: Any, fun: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What one of the functions below makes of a run-time list; NotImplemented for any other call."""
    rule = OF_LISTS.get(fun)
    if rule is None or not args or not isinstance(args[0], Value) or args[0].type.kind != "list":
        return NotImplemented
    items, *rest = args
    item = _item(frame, items)
    if item is None or item.kind != "array" or item.rank is None or item.dtype is None:
        return NotImplemented
    names = ("axis",)[: len(rest)]
    options = {**dict(zip(names, rest)), **kwargs}
    if len(rest) > 1 or set(options) - {"axis"}:
        return NotImplemented
    return rule(frame, node, items, item.rank, *[static(frame.low, options[name]) for name in options])


def _item(frame: Frame, items: Value) -> Any:
    """The type of what a list holds by now."""
    return frame.low.current(items).type.item


def _total_length(items: Any) -> Any:
    if len(items) == 0:
        raise ValueError("need at least one array to concatenate")
    n = 0
    for x in items:
        n += len(x)
    return n


def _placed(out: Any, items: Any) -> Any:
    k = 0
    for x in items:
        n = len(x)
        out[k : k + n] = x
        k += n
    return out


def _placed_alike(out: Any, items: Any) -> Any:
    k = 0
    for x in items:
        n = len(x)
        if x.shape[1:] != out.shape[1:]:
            raise ValueError(
                "all the input array dimensions except for the concatenation axis must match exactly"
            )
        out[k : k + n] = x
        k += n
    return out


def _turned(items: Any, axis: Any, move: Any) -> Any:
    return [move(x, axis, 0) for x in items]


def _concatenated(frame: Frame, node: Any, items: Value, rank: int, axis: int = 0) -> Any:
    """The arrays one after the other along an axis that they have."""
    if axis is None or not -rank <= axis < rank:
        return emit(frame, node, np.concatenate, items, axis)
    if axis % rank:
        parts = interpreted(frame, node, _turned, items, axis, np.moveaxis)
        return emit(frame, node, np.moveaxis, _concatenated(frame, node, parts, rank), 0, axis)
    first = emit(frame, node, operator.getitem, items, 0)
    shape = shape_of(frame, node, first)
    count = interpreted(frame, node, _total_length, items)
    out = emit(frame, node, np.zeros, (count, *shape[1:]), dtype=_item(frame, items).dtype)
    return interpreted(frame, node, _placed if rank == 1 else _placed_alike, out, items)


def _stack(frame: Frame, node: Any, items: Value, rank: int, axis: int = 0) -> Any:
    """The arrays beside one another along a new axis."""
    whole = emit(frame, node, np.stack, items)
    return emit(frame, node, np.moveaxis, whole, 0, axis) if axis % (rank + 1) else whole


def _vstack(frame: Frame, node: Any, items: Value, rank: int) -> Any:
    return _stack(frame, node, items, rank) if rank < 2 else _concatenated(frame, node, items, rank)


def _hstack(frame: Frame, node: Any, items: Value, rank: int) -> Any:
    return _concatenated(frame, node, items, rank, 0 if rank == 1 else 1)


def _column_stack(frame: Frame, node: Any, items: Value, rank: int) -> Any:
    return _stack(frame, node, items, rank, 1) if rank < 2 else _concatenated(frame, node, items, rank, 1)


def _dstack(frame: Frame, node: Any, items: Value, rank: int) -> Any:
    if rank > 2:
        return _concatenated(frame, node, items, rank, 2)
    whole = _stack(frame, node, items, rank, rank)
    return whole if rank == 2 else emit(frame, node, operator.getitem, whole, (None,))


OF_LISTS: dict[Any, Callable[..., Any]] = {
    np.concatenate: _concatenated,
    np.stack: _stack,
    np.vstack: _vstack,
    np.hstack: _hstack,
    np.column_stack: _column_stack,
    np.dstack: _dstack,
}
__all__ = ["OF_LISTS", "joined_at_run_time"]
