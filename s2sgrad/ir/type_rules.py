"""Result types of functions that samples tell nothing of: what is split, repeated and left out, vectors of three."""

from __future__ import annotations

from typing import Any

import numpy as np

from .program import Arg, Value, type_of
from .types import UNKNOWN, Dim, Type, array, broadcast, scalar


def split_type(node: Any, ary: Arg, sections: Arg, axis: Arg = 0) -> Any:
    """The parts of an array: their number is that of the sections, or one more than that of the cuts."""
    t = type_of(ary)
    if t.shape is None or t.dtype is None or not isinstance(axis, int) or isinstance(sections, Value):
        return UNKNOWN
    count = sections if isinstance(sections, (int, np.integer)) else len(sections) + 1
    n, place = t.shape[axis], axis % t.rank
    known = _known_parts(n, sections) if isinstance(n, int) else [Dim((node, k)) for k in range(count)]
    return [array(t.dtype, (*t.shape[:place], m, *t.shape[place + 1 :])) for m in known]


def _known_parts(n: int, sections: Any) -> list[int]:
    return [len(part) for part in np.array_split(np.empty(n, bool), sections)]


def _splitting_along(axis: Any) -> Any:
    return lambda node, ary, sections: split_type(node, ary, sections, axis(type_of(ary).rank))


def repeat_type(node: Any, a: Arg, repeats: Arg, axis: Arg = None) -> Type:
    """As many entries as the counts add up to, which no shape tells."""
    t = type_of(a)
    if t.shape is None or t.dtype is None or not isinstance(axis, (int, type(None))):
        return UNKNOWN
    n: Any = Dim((node, "repeated"))
    if axis is None:
        return array(t.dtype, (n,))
    place = axis % t.rank
    if isinstance(repeats, int) and isinstance(t.shape[place], int):
        n = repeats * t.shape[place]
    return array(t.dtype, (*t.shape[:place], n, *t.shape[place + 1 :]))


def delete_type(node: Any, arr: Arg, obj: Arg, axis: Arg = None) -> Type:
    """The entries that are left: how many depends on repetitions among those named."""
    t = type_of(arr)
    if t.shape is None or t.dtype is None or not isinstance(axis, (int, type(None))):
        return UNKNOWN
    n = Dim((node, "left"))
    if axis is None:
        return array(t.dtype, (n,))
    return array(t.dtype, (*t.shape[: axis % t.rank], n, *t.shape[axis % t.rank + 1 :]))


def arange_type(node: Any, *args: Arg, **kwargs: Arg) -> Type:
    """As samples say where all is whole; how many steps of a float there are only run time tells."""
    from .result_types import probe

    t = probe(np.arange, args, kwargs, node)
    floats = [
        a for a in args if isinstance(a, Value) and (a.type.dtype is None or a.type.dtype.kind not in "iu")
    ]
    return array(t.dtype, (Dim((node, "steps")),)) if floats and t.kind == "array" else t


def full_type(node: Any, shape: Arg, fill_value: Arg, dtype: Arg = None, *args: Arg, **kwargs: Arg) -> Type:
    """The shape asked for."""
    from .result_types import asked_shape

    asked, t = asked_shape(shape, node), type_of(fill_value)
    if asked is None or t.dtype is None or kwargs or args:
        return UNKNOWN
    return array(t.dtype if dtype is None else np.dtype(dtype), asked)


def clip_type(
    node: Any,
    a: Arg,
    a_min: Arg = None,
    a_max: Arg = None,
    out: Arg = None,
    *,
    min: Arg = None,
    max: Arg = None,
    **rest: Arg,
) -> Any:
    """As for arithmetic of the array and of those bounds that there are."""
    from .result_types import elementwise_type

    bounds = [x for x in (a_min, a_max, min, max) if x is not None]
    if len(bounds) == 2:
        return elementwise_type(np.clip, (a, *bounds), {}, node)
    return elementwise_type(np.maximum, (a, bounds[0] if bounds else a), {}, node)


def cross_type(
    node: Any, a: Arg, b: Arg, axisa: Arg = -1, axisb: Arg = -1, axisc: Arg = -1, axis: Arg = None
) -> Type:
    """A vector of three for each pair of vectors of three."""
    s, t = type_of(a), type_of(b)
    if not s.shape or not t.shape or s.dtype is None or t.dtype is None:
        return UNKNOWN
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    if 2 in (s.shape[axisa], t.shape[axisb]):
        return UNKNOWN
    rest = broadcast([_without(s.shape, axisa), _without(t.shape, axisb)], node)
    place = axisc % (len(rest) + 1)  # type: ignore[arg-type]
    return array(np.result_type(s.dtype, t.dtype), (*rest[:place], 3, *rest[place:]))  # type: ignore[index]


def vecdot_type(node: Any, x1: Arg, x2: Arg, axis: Arg = -1) -> Type:
    """One number for each pair of vectors along an axis of both."""
    s, t = type_of(x1), type_of(x2)
    if not s.shape or not t.shape or s.dtype is None or t.dtype is None or not isinstance(axis, int):
        return UNKNOWN
    shape = broadcast([_without(s.shape, axis), _without(t.shape, axis)], node)
    dtype = np.result_type(s.dtype, t.dtype)
    return array(dtype, shape) if shape else scalar(dtype)


def stack_type(node: Any, arrays: Arg, axis: Arg = 0, **kwargs: Arg) -> Type:
    """One more axis than each of the arrays has, which have one shape; of a list grown at run time, than its items."""
    from .result_types import probe

    if type_of(arrays).kind == "list":
        return _stacked_list(node, type_of(arrays).item, UNKNOWN if kwargs else axis)
    types = [type_of(a) for a in arrays] if isinstance(arrays, (tuple, list)) else []
    if (
        not types
        or kwargs
        or not isinstance(axis, int)
        or any(t.shape is None or t.dtype is None for t in types)
    ):
        return probe(np.stack, (arrays, axis), kwargs, node)
    rank = types[0].rank
    if any(t.rank != rank for t in types) or not -rank - 1 <= axis <= rank:
        return UNKNOWN
    shape = [
        next((t.shape[k] for t in types if isinstance(t.shape[k], int)), types[0].shape[k])
        for k in range(rank)
    ]
    place = axis % (rank + 1)
    dtypes = [a if not isinstance(a, Value) else t.dtype for a, t in zip(arrays, types)]
    return array(np.result_type(*dtypes), (*shape[:place], len(types), *shape[place:]))


def _stacked_list(node: Any, item: Any, axis: Arg) -> Type:
    """As many entries along the new axis as the list has items."""
    if item is None or item.shape is None or item.dtype is None or type(axis) is not int:
        return UNKNOWN
    place = axis % (len(item.shape) + 1)
    return array(item.dtype, (*item.shape[:place], Dim((node, "items")), *item.shape[place:]))


def _without(shape: Any, axis: int) -> Any:
    place = axis % len(shape)
    return (*shape[:place], *shape[place + 1 :])


TYPE_RULES: dict[Any, Any] = {
    np.split: split_type,
    np.array_split: split_type,
    np.vsplit: _splitting_along(lambda rank: 0),
    np.hsplit: _splitting_along(lambda rank: 0 if rank == 1 else 1),
    np.dsplit: _splitting_along(lambda rank: 2),
    np.repeat: repeat_type,
    np.delete: delete_type,
    np.clip: clip_type,
    np.cross: cross_type,
    np.full: full_type,
    np.vecdot: vecdot_type,
    np.stack: stack_type,
    np.arange: arange_type,
}
