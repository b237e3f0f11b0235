"""Reductions and moments by way of simpler functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .reductions import extent, numbers, only
from .simpler import simpler

# Sums, products and extremes: `where` puts the neutral number in, `initial` is one more entry.


@simpler(np.size)
def _size(a: Any, axis: Any = None) -> Any:
    if axis is not None:
        return np.shape(a)[axis]
    count = 1
    for n in np.shape(a):
        count = count * n
    return count


@simpler(np.sum)
def _sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    if np.ndim(a) == 0:
        return only(where, a) + initial
    taken = only(where, a)
    taken = taken if dtype is None else taken.astype(dtype)
    total = np.sum(taken, axis=axis, keepdims=keepdims)
    return total if isinstance(initial, int) and initial == 0 else total + initial


@simpler(np.prod)
def _prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    taken = a if where is True else np.where(where, a, 1)
    if np.ndim(a) == 0:
        return taken * initial
    taken = taken if dtype is None else taken.astype(dtype)
    total = np.prod(taken, axis=axis, keepdims=keepdims)
    return total if isinstance(initial, int) and initial == 1 else total * initial


@simpler(np.max, np.amax)
def _max(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    taken = a if where is True else np.where(where, a, initial)
    if np.ndim(a) == 0:
        return taken if initial is None else np.maximum(taken, initial)
    if initial is None:
        return np.max(taken, axis=axis, keepdims=keepdims)
    return np.max(with_one_more(taken, axis, initial), axis=axis, keepdims=keepdims)


@simpler(np.min, np.amin)
def _min(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    taken = a if where is True else np.where(where, a, initial)
    if np.ndim(a) == 0:
        return taken if initial is None else np.minimum(taken, initial)
    if initial is None:
        return np.min(taken, axis=axis, keepdims=keepdims)
    return np.min(with_one_more(taken, axis, initial), axis=axis, keepdims=keepdims)


def with_one_more(a: Any, axis: Any, entry: Any) -> Any:
    """An array with one more entry along each axis that is reduced, so that none is reduced empty."""
    axes = tuple(range(np.ndim(a))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = [k % np.ndim(a) for k in axes]
    shape = tuple([np.shape(a)[k] + (1 if k in reduced else 0) for k in range(np.ndim(a))])
    out = np.full(shape, entry, np.asarray(a).dtype)
    out[tuple([slice(0, n) for n in np.shape(a)])] = a
    return out


@simpler(np.any)
def _any(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    taken = a if where is True else np.where(where, a, False)
    return taken != 0 if np.ndim(a) == 0 else np.any(taken, axis=axis, keepdims=keepdims)


@simpler(np.all)
def _all(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    taken = a if where is True else np.where(where, a, True)
    return taken != 0 if np.ndim(a) == 0 else np.all(taken, axis=axis, keepdims=keepdims)


@simpler(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


# Moments.


@simpler(np.mean)
def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    if np.ndim(a) == 0:
        return np.divide(a, 1)
    total = np.sum(only(where, a), axis=axis, dtype=dtype, keepdims=keepdims)
    return np.divide(total, extent(a, axis) if where is True else counted(a, axis, keepdims, where))


def counted(a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """How many entries are asked for."""
    return np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)


@simpler(np.var)
def _var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    if np.ndim(a) == 0:
        return np.abs(a - a)
    a = a if dtype is None else a.astype(dtype)
    middle = np.mean(a, axis=axis, keepdims=True, where=where) if mean is None else mean
    squares = squared_size(only(where, a - middle))
    count = extent(a, axis) if where is True else counted(a, axis, keepdims, where)
    return np.divide(
        np.sum(squares, axis=axis, keepdims=keepdims), np.maximum(count - lost(ddof, correction), 0)
    )


def lost(ddof: Any, correction: Any) -> Any:
    return ddof if correction is None else correction


def squared_size(d: Any) -> Any:
    return np.real(d) ** 2 + np.imag(d) ** 2 if np.iscomplexobj(d) else d * d


@simpler(np.std)
def _std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    return np.sqrt(
        np.var(a, axis, dtype, ddof=lost(ddof, correction), keepdims=keepdims, where=where)
        if mean is None
        else np.var(a, axis, dtype, ddof=lost(ddof, correction), keepdims=keepdims, where=where, mean=mean)
    )


# What skips NaN: the plain functions with the numbers as `where`.


@simpler(np.nansum)
def _nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    return np.sum(a, axis, dtype, keepdims=keepdims, initial=initial, where=numbers(a, where))


@simpler(np.nanprod)
def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    return np.prod(a, axis, dtype, keepdims=keepdims, initial=initial, where=numbers(a, where))


@simpler(np.nanmean)
def _nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    if np.ndim(a) == 0:
        return a
    return np.mean(a, axis, dtype, keepdims=keepdims, where=numbers(a, where))


@simpler(np.nanvar)
def _nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    kept = numbers(a, where)
    middle = np.mean(a, axis=axis, keepdims=True, where=kept) if mean is None else mean
    squares = np.sum(squared_size(only(kept, a - middle)), axis=axis, keepdims=keepdims)
    free = counted(a, axis, keepdims, kept) - lost(ddof, correction)
    return np.where(free > 0, squares / free, np.nan)


@simpler(np.nanstd)
def _nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    return np.sqrt(
        np.nanvar(a, axis, dtype, ddof=lost(ddof, correction), keepdims=keepdims, where=where)
        if mean is None
        else np.nanvar(a, axis, dtype, ddof=lost(ddof, correction), keepdims=keepdims, where=where, mean=mean)
    )


@simpler(np.nanmax)
def _nanmax(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    if np.ndim(a) == 0:
        return a
    kept = numbers(a, where)
    if initial is not None:
        return np.max(np.where(kept, a, initial), axis=axis, keepdims=keepdims, initial=initial)
    found = np.max(np.where(kept, a, -np.inf), axis=axis, keepdims=keepdims)
    return np.where(np.any(kept, axis=axis, keepdims=keepdims), found, np.nan)


@simpler(np.nanmin)
def _nanmin(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    if np.ndim(a) == 0:
        return a
    kept = numbers(a, where)
    if initial is not None:
        return np.min(np.where(kept, a, initial), axis=axis, keepdims=keepdims, initial=initial)
    found = np.min(np.where(kept, a, np.inf), axis=axis, keepdims=keepdims)
    return np.where(np.any(kept, axis=axis, keepdims=keepdims), found, np.nan)


# Methods of ufuncs.


@simpler(np.add.reduce)
def _add_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    return np.sum(array, axis, dtype, keepdims=keepdims, initial=initial, where=where)


@simpler(np.multiply.reduce)
def _multiply_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    return np.prod(array, axis, dtype, keepdims=keepdims, initial=initial, where=where)


@simpler(np.maximum.reduce)
def _maximum_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return np.max(array, axis, keepdims=keepdims, initial=initial, where=where)


@simpler(np.minimum.reduce)
def _minimum_reduce(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return np.min(array, axis, keepdims=keepdims, initial=initial, where=where)


@simpler(np.logaddexp.reduce)
def _logaddexp_reduce(
    array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = -np.inf,
    where: Any = True,
) -> Any:  # fmt: skip
    taken = array if where is True else np.where(where, array, -np.inf)
    top = np.max(taken, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(taken - shift), axis=axis, keepdims=True)) + shift
    total = (
        total if keepdims else np.squeeze(total, axis=tuple(range(np.ndim(array))) if axis is None else axis)
    )
    return np.logaddexp(total, initial)
