"""Running totals, orders and order statistics, along the rows of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import rows
from .order_statistics import halves
from .simpler import simpler


def as_rows(a: Any, axis: Any) -> Any:
    """An array as a matrix whose rows go along an axis of it; None flattens it."""
    if axis is None or np.ndim(a) < 2:
        return np.reshape(a, (1, np.size(a)))
    n = np.shape(a)[axis]
    others = 1
    for k in range(np.ndim(a)):
        others = others * (1 if k == axis % np.ndim(a) else np.shape(a)[k])
    return np.reshape(np.moveaxis(a, axis, -1), (others, n))


def from_rows(found: Any, a: Any, axis: Any) -> Any:
    """What was computed for each row, in the shape of the array that the rows were made of."""
    if axis is None or np.ndim(a) < 2:
        return np.reshape(found, (np.size(a),))
    rest = [np.shape(a)[k] for k in range(np.ndim(a)) if k != axis % np.ndim(a)]
    return np.moveaxis(np.reshape(found, tuple(rest) + (np.shape(a)[axis],)), -1, axis)


def one_a_row(found: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """One number a row, in the shape of a reduction."""
    if axis is None or np.ndim(a) < 2:
        return np.reshape(found, (1,) * np.ndim(a)) if keepdims else found[0]
    shape = [1 if k == axis % np.ndim(a) else np.shape(a)[k] for k in range(np.ndim(a))]
    return np.reshape(found, tuple([n for k, n in enumerate(shape) if keepdims or k != axis % np.ndim(a)]))


def as_totalled(a: Any, dtype: Any) -> Any:
    """An array of the dtype in which NumPy adds it up: that of whole numbers is the widest."""
    if dtype is not None:
        return a.astype(dtype)
    return a.astype(np.int64) if a.dtype.kind in "bi" else a


@simpler(np.cumsum)
def _cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = as_totalled(np.asarray(a), dtype)
    return from_rows(rows.sums_along_rows(as_rows(a, axis)), a, axis)


@simpler(np.cumprod)
def _cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = as_totalled(np.asarray(a), dtype)
    return from_rows(rows.products_along_rows(as_rows(a, axis)), a, axis)


@simpler(np.nancumsum)
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumsum(np.where(np.isnan(a), 0, a), axis, dtype)


@simpler(np.nancumprod)
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(np.where(np.isnan(a), 1, a), axis, dtype)


def start_shape(x: Any, axis: Any) -> Any:
    return tuple([1 if k == axis % np.ndim(x) else np.shape(x)[k] for k in range(np.ndim(x))])


def with_start(totals: Any, axis: Any, start: Any, include_initial: Any) -> Any:
    if not include_initial:
        return totals
    place = 0 if axis is None else axis
    return np.concatenate((np.full(start_shape(totals, place), start, totals.dtype), totals), axis=place)


@simpler(np.cumulative_sum)
def _cumulative_sum(
    x: Any, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    return with_start(np.cumsum(x, axis, dtype), axis, 0, include_initial)


@simpler(np.cumulative_prod)
def _cumulative_prod(
    x: Any, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    return with_start(np.cumprod(x, axis, dtype), axis, 1, include_initial)


@simpler(np.add.accumulate)
def _add_accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return np.cumsum(array, axis, dtype)


@simpler(np.multiply.accumulate)
def _multiply_accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(array, axis, dtype)


@simpler(np.maximum.accumulate)
def _maximum_accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return from_rows(rows.maxima_along_rows(as_rows(array, axis)), array, axis)


@simpler(np.minimum.accumulate)
def _minimum_accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return from_rows(rows.minima_along_rows(as_rows(array, axis)), array, axis)


@simpler(np.sort)
def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return from_rows(rows.sorted_rows(as_rows(a, axis)), a, axis)


@simpler(np.argsort)
def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return from_rows(rows.order_of_rows(as_rows(a, axis)), a, axis)


@simpler(np.partition)
def _partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    return np.sort(a, axis)


@simpler(np.argpartition)
def _argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    return np.argsort(a, axis)


@simpler(np.argmax)
def _argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return one_a_row(rows.place_of_largest(as_rows(a, axis)), a, axis, keepdims)


@simpler(np.argmin)
def _argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return one_a_row(rows.place_of_least(as_rows(a, axis)), a, axis, keepdims)


@simpler(np.nanargmax)
def _nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return np.argmax(np.where(np.isnan(a), -np.inf, a), axis, keepdims=keepdims)


@simpler(np.nanargmin)
def _nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return np.argmin(np.where(np.isnan(a), np.inf, a), axis, keepdims=keepdims)


@simpler(np.median)
def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    if np.ndim(a) == 0:
        return a
    low, high = halves(a, axis, keepdims, False)
    middle = (low + high) / 2
    return np.where(np.any(np.isnan(a), axis=axis, keepdims=keepdims), np.nan, middle)


@simpler(np.nanmedian)
def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: Any = False, keepdims: Any = False
) -> Any:
    if np.ndim(a) == 0:
        return a
    low, high = halves(a, axis, keepdims, True)
    return (low + high) / 2
