"""Picking, finding, comparing and counting entries by way of simpler functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels import arrays
from .histograms import bin_of
from .indexing import along, in_bounds, open_mesh
from .simpler import beyond, simpler

# Picking.


@simpler(np.take)
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    place = axis % np.ndim(a)
    if mode == "raise":
        return a[along(place, indices if isinstance(indices, int) else np.asarray(indices))]
    return a[along(place, in_bounds(indices, np.shape(a)[place], mode))]


@simpler(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        return np.ravel(arr)[indices]
    place = axis % np.ndim(arr)
    return arr[open_mesh(np.shape(arr), place, indices)]


@simpler(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return np.take(a, np.flatnonzero(np.asarray(condition)), axis)


@simpler(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.flatnonzero(np.asarray(condition))]


@simpler(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    n = len(choices) if isinstance(choices, (list, tuple)) else np.shape(choices)[0]
    if not isinstance(choices, (list, tuple)):
        return np.take_along_axis(choices, in_bounds(a, n, mode)[None], 0)[0]
    which = in_bounds(a, n, mode)
    chosen = choices[-1]
    for k in range(n - 1):
        chosen = np.where(which == n - 2 - k, choices[n - 2 - k], chosen)
    return chosen


# Finding.


@simpler(np.nonzero)
def _nonzero(a: Any) -> Any:
    return arrays.places_of(np.copy(a != 0))


@simpler(np.flatnonzero)
def _flatnonzero(a: Any) -> Any:
    return arrays.places_of(np.copy(np.ravel(np.asarray(a)) != 0))[0]


@simpler(np.argwhere)
def _argwhere(a: Any) -> Any:
    return np.stack(np.nonzero(a), axis=1)


@simpler(np.where)
def _where_true(condition: Any) -> Any:
    return np.nonzero(condition)


@simpler(np.searchsorted)
def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    row = np.asarray(a) if sorter is None else np.asarray(a)[sorter]
    found = arrays.insertion_places(row, np.reshape(v, (np.size(v),)), side == "right")
    return found[0] if np.ndim(v) == 0 else np.reshape(found, np.shape(v))


@simpler(np.digitize)
def _digitize(x: Any, bins: Any, right: Any = False) -> Any:
    n = np.size(bins)
    rising = bins[0] <= bins[-1]
    upwards = np.where(rising, bins, bins[::-1])
    low = np.searchsorted(upwards, x, side="left")
    high = np.searchsorted(upwards, x, side="right")
    if right:
        return np.where(rising, low, n - high)
    return np.where(rising, high, n - low)


@simpler(np.unique)
def _unique(
    ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False, axis: Any = None, *,
    equal_nan: Any = True, sorted: Any = True,
) -> Any:  # fmt: skip
    row = np.ravel(ar)
    values, first, times, which = arrays.distinct(row, np.argsort(row))
    extra = (
        [first] * return_index + [np.reshape(which, np.shape(ar))] * return_inverse + [times] * return_counts
    )
    return tuple([values] + extra) if extra else values


@beyond(np.unique)
def _beyond_unique(ar: Any, *args: Any, axis: Any = None, **options: Any) -> str:
    return "along an axis" if axis is not None or len(args) > 3 else ""


@simpler(np.isin)
def _isin(
    element: Any, test_elements: Any, assume_unique: Any = False, invert: Any = False, *, kind: Any = None
) -> Any:
    found = np.any(element[..., None] == np.ravel(np.asarray(test_elements)), axis=-1)
    return ~found if invert else found


# Comparing.


@simpler(np.isclose)
def _isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
    return near | (np.isnan(a) & np.isnan(b)) if equal_nan else near


@simpler(math.isclose)
def _number_is_close(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    gap = abs(a - b)
    return a == b or (
        gap < math.inf and (gap <= rel_tol * abs(a) or gap <= rel_tol * abs(b) or gap <= abs_tol)
    )


@simpler(np.allclose)
def _allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    return np.all(np.isclose(a, b, rtol, atol, equal_nan))


@simpler(np.isposinf)
def _isposinf(x: Any, out: Any = None) -> Any:
    return np.isinf(x) & (x > 0)


@simpler(np.isneginf)
def _isneginf(x: Any, out: Any = None) -> Any:
    return np.isinf(x) & (x < 0)


@simpler(np.iscomplex)
def _iscomplex(x: Any) -> Any:
    return np.imag(x) != 0


@simpler(np.isreal)
def _isreal(x: Any) -> Any:
    return np.imag(x) == 0


@simpler(np.array_equal)
def _array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> Any:
    if np.ndim(a1) != np.ndim(a2):
        return False
    same = True
    for m, n in zip(np.shape(a1), np.shape(a2)):
        same = same and m == n
    if not same:
        return False
    equal = a1 == a2
    return bool(np.all(equal | (np.isnan(a1) & np.isnan(a2)) if equal_nan else equal))


# Counting.


@simpler(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return np.sum(a != 0, axis=axis, keepdims=keepdims)


@simpler(np.bincount)
def _bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    if weights is None:
        return arrays.counted_weights(np.asarray(x), np.ones(np.size(x), np.int64), minlength)
    return arrays.counted_weights(np.asarray(x), np.asarray(weights).astype(np.float64), minlength)


@simpler(np.histogram)
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    row = np.ravel(a)
    edges = bins if np.ndim(bins) > 0 or isinstance(bins, (list, tuple)) else even_edges(row, bins, range)
    edges = np.asarray(edges)
    place = bin_of(row, edges)
    taken = np.where(place >= 0, 1 if weights is None else np.ravel(weights), 0)
    counts = index_counts(np.size(edges) - 1, place, taken)
    if not density:
        return counts, edges
    return counts / (edges[1:] - edges[:-1]) / np.sum(counts), edges


def index_counts(n: Any, place: Any, taken: Any) -> Any:
    """The sum of what goes to each place; what goes nowhere is zero."""
    out = np.zeros(n, taken.dtype)
    for k in range(np.size(place)):
        out[max(place[k], 0)] += taken[k]
    return out


def even_edges(row: Any, bins: Any, range: Any) -> Any:
    low, high = (np.min(row), np.max(row)) if range is None else range
    return np.linspace(low, high, bins + 1)
