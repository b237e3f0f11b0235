"""Order: the derivative of a sorted array follows the order that was found."""

from __future__ import annotations

from typing import Any

import numpy as np

from .indexing import scattered, untaken_along
from .registry import define, defjvp, defvjp


def unsorted(g: Any, a: Any, order: Any, axis: Any) -> Any:
    """The cotangent of an array whose entries were read in `order` along an axis; None flattens it."""
    if axis is None:
        return np.reshape(scattered(g, np.ravel(a), order), np.shape(a))
    if np.ndim(a) == 1:
        return scattered(g, a, order)
    return untaken_along(g, a, order, axis)


def reordered(t: Any, order: Any, axis: Any) -> Any:
    """A tangent read in `order` along an axis; None flattens it."""
    if axis is None:
        return np.ravel(t)[order]
    if np.ndim(t) == 1:
        return t[order]
    return np.take_along_axis(t, order, axis)


def first_places(ar: Any) -> Any:
    """The place of the first of each of the unique values of an array, flat, in their order."""
    return np.unique(ar, return_index=True)[1]


def unique_order(ar: Any, axis: Any) -> Any:
    """The places of the unique subarrays along an axis."""
    return np.unique(ar, return_index=True, axis=axis)[1]


def head(ans: Any, several: bool) -> Any:
    """The values among the results of `unique`, which may return positions and counts with them."""
    return ans[0] if several else ans


def unique_share(g: Any, ar: Any, axis: Any) -> Any:
    """The cotangent of an array whose unique values were taken: to the first of each."""
    if axis is None:
        return np.reshape(scattered(g, np.ravel(ar), first_places(ar)), np.shape(ar))
    return scattered(g, ar, (slice(None),) * (axis % np.ndim(ar)) + (unique_order(ar, axis),))


def unique_tangent(t: Any, ar: Any, axis: Any) -> Any:
    """The tangent of the unique values of an array."""
    return np.ravel(t)[first_places(ar)] if axis is None else np.take(t, unique_order(ar, axis), axis)


def with_zeros(t: Any, ans: Any, several: bool) -> Any:
    """A tangent of `unique`, with zeros for the integers it returns as well."""
    return (t,) + tuple([np.zeros(np.shape(part)) for part in ans[1:]]) if several else t


define(np.unique, data_shape=True)
# fmt: off
defvjp(np.sort,      lambda g, ans, a, axis=-1, kind=None, order=None, stable=None:
                         unsorted(g, a, np.argsort(a, axis, kind=kind), axis))
defjvp(np.sort,      lambda t, ans, a, axis=-1, kind=None, order=None, stable=None:
                         reordered(t, np.argsort(a, axis, kind=kind), axis))
defvjp(np.partition, lambda g, ans, a, kth, axis=-1, kind="introselect", order=None:
                         unsorted(g, a, np.argpartition(a, kth, axis), axis))
defjvp(np.partition, lambda t, ans, a, kth, axis=-1, kind="introselect", order=None:
                         reordered(t, np.argpartition(a, kth, axis), axis))
defvjp(np.unique,
       lambda g, ans, ar, return_index=False, return_inverse=False, return_counts=False, axis=None,
              equal_nan=True, sorted=True:
           unique_share(head(g, return_index or return_inverse or return_counts), ar, axis))
defjvp(np.unique,
       lambda t, ans, ar, return_index=False, return_inverse=False, return_counts=False, axis=None,
              equal_nan=True, sorted=True:
           with_zeros(unique_tangent(t, ar, axis), ans, return_index or return_inverse or return_counts))
# fmt: on
