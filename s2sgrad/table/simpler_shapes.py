"""Shapes by way of simpler functions: orders of axes and entries, joining, repeating, padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import arrays
from . import shapes
from .indexing import along
from .shapes import array_split, pad_widths, rolled_place
from .simpler import simpler

# Orders other than the usual one.


def reshaped_by_columns(a: Any, shape: Any, order: Any = "F", copy: Any = None) -> Any:
    asked = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return np.transpose(np.reshape(np.transpose(a), asked[::-1]))


def raveled_by_columns(a: Any, order: Any = "F") -> Any:
    return np.ravel(np.transpose(a))


@simpler(shapes.flatten)
def _flatten(x: Any, order: Any = "C") -> Any:
    return np.array(np.ravel(x, order))


@simpler(np.asfortranarray)
def _asfortranarray(a: Any, dtype: Any = None) -> Any:
    return np.copy(a) if dtype is None else a.astype(dtype)


@simpler(np.require)
def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    return np.copy(a) if dtype is None else a.astype(dtype)


@simpler(np.astype)
def _astype(x: Any, dtype: Any, copy: Any = True, device: Any = None) -> Any:
    return x.astype(dtype)


# Axes.


@simpler(np.rollaxis)
def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    return np.moveaxis(a, axis, rolled_place(axis, start, np.ndim(a)))


@simpler(np.rot90)
def _rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    first, second = axes[0] % np.ndim(m), axes[1] % np.ndim(m)
    turns = k % 4
    if turns == 0:
        return np.copy(m)
    if turns == 2:
        return np.flip(np.flip(m, first), second)
    if turns == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


@simpler(np.diagflat)
def _diagflat(v: Any, k: Any = 0) -> Any:
    return np.diag(np.ravel(v), k)


@simpler(np.tri)
def _tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    columns = np.arange(N if M is None else M)
    return (columns[None, :] <= np.arange(N)[:, None] + k).astype(dtype)


@simpler(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    return array_split(ary, indices_or_sections, axis)


@simpler(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    if isinstance(indices_or_sections, int) and np.shape(ary)[axis] % indices_or_sections != 0:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


@simpler(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.vsplit(ary, indices_or_sections)


@simpler(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.hsplit(ary, indices_or_sections)


@simpler(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.dsplit(ary, indices_or_sections)


@simpler(np.broadcast_shapes)
def _broadcast_shapes(*args: Any) -> Any:
    rank = max([len(s) for s in args])
    out = [1] * rank
    for s in args:
        for k in range(len(s)):
            place = rank - len(s) + k
            out[place] = s[k] if out[place] == 1 else out[place]
    return tuple(out)


def triangle_of_row(m: Any, k: Any = 0) -> Any:
    n = np.shape(m)[0]
    return np.broadcast_to(m, (n, n))


def lower_of_row(m: Any, k: Any = 0) -> Any:
    return np.tril(triangle_of_row(m), k)


def upper_of_row(m: Any, k: Any = 0) -> Any:
    return np.triu(triangle_of_row(m), k)


def array_of_arrays(object: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.array` of a sequence of arrays, or of sequences of them."""
    items = [array_of_arrays(x) if isinstance(x, (list, tuple)) else np.asarray(x) for x in object]
    made = np.stack(items)
    return made if dtype is None else made.astype(dtype)


def array_of_rank(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", ndmin: Any = 0, **rest: Any
) -> Any:
    """`np.array` with axes put in front."""
    made = np.array(object)
    made = made if dtype is None else made.astype(dtype)
    return np.expand_dims(made, tuple(range(ndmin - np.ndim(made)))) if ndmin > np.ndim(made) else made


@simpler(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    asked = tuple(new_shape) if isinstance(new_shape, (tuple, list)) else (new_shape,)
    count = 1
    for n in asked:
        count = count * n
    return np.reshape(np.ravel(a)[np.arange(count) % np.size(a)], asked)


@simpler(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.repeat(np.ravel(a), repeats, 0)
    place = axis % np.ndim(a)
    n = np.shape(a)[place]
    if np.ndim(repeats) == 0:
        return a[along(place, np.arange(n * repeats) // max(repeats, 1))]
    counts = np.broadcast_to(np.asarray(repeats), (n,))
    return a[along(place, arrays.repeated_places(np.copy(counts)))]


@simpler(np.delete)
def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    if axis is None and np.ndim(arr) != 1:
        return np.delete(np.ravel(arr), obj, 0)
    place = 0 if axis is None else axis % np.ndim(arr)
    kept = np.full(np.shape(arr)[place], True)
    kept[obj] = False
    return arr[along(place, np.flatnonzero(kept))]


@simpler(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    if np.ndim(arr) != 1 or axis is not None:
        return shapes.insert(arr, obj, values, axis)
    n = np.shape(arr)[0]
    at = np.arange(n)[obj] if isinstance(obj, slice) else np.reshape(np.asarray(obj), (-1,))
    at = np.where(at < 0, at + n, at)
    given = at
    count = np.size(values) if np.size(at) == 1 else np.size(at)
    at = np.sort(np.broadcast_to(at, (count,)))
    order = np.argsort(np.broadcast_to(given, (count,)))
    places = at + np.arange(count)
    out = np.zeros(n + count, np.asarray(arr).dtype)
    new = np.full(n + count, False)
    new[places] = True
    out[places] = np.broadcast_to(np.ravel(values), (count,))[order]
    out[np.flatnonzero(~new)] = arr
    return out


# Padding by positions.


def padded_places(n: Any, before: Any, after: Any, mode: str) -> Any:
    """The positions along an axis of `n` that the entries of a padded one are read from."""
    at = np.arange(before + n + after) - before
    if mode == "edge":
        return np.clip(at, 0, n - 1)
    if mode == "wrap":
        return at % n
    if mode == "symmetric":
        turned = at % (2 * n)
        return np.where(turned < n, turned, 2 * n - 1 - turned)
    turned = at % max(2 * (n - 1), 1)
    return np.where(turned < n, turned, 2 * (n - 1) - turned)


@simpler(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode == "empty":
        return np.pad(array, pad_width)
    if mode not in ("edge", "wrap", "symmetric", "reflect") or options.get("reflect_type", "even") == "odd":
        return shapes.pad(array, pad_width, mode, **options)
    widths = pad_widths(pad_width, np.ndim(array))
    for k in range(np.ndim(array)):
        array = array[along(k, padded_places(np.shape(array)[k], widths[k][0], widths[k][1], mode))]
    return array


__all__ = [
    "array_of_arrays",
    "array_of_rank",
    "lower_of_row",
    "raveled_by_columns",
    "reshaped_by_columns",
    "upper_of_row",
]
