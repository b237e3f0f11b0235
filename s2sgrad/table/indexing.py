"""Reading parts of arrays: subscripts, and the functions that take entries by position or by condition.

The pullback of a subscript is always `index_add(zeros_like(x), index, g)`; the compiler turns sums of those
into accumulation in one buffer.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .functional import index_add
from .registry import inactive, linear


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """The subscript that is `index` at one axis and everything before it."""
    return (slice(None),) * axis + (index,)


def scattered(g: Any, x: Any, index: Any) -> Any:
    """The cotangent of `x` of which `x[index]` was read."""
    return index_add(np.zeros_like(x), index, g)


def in_bounds(indices: Any, n: Any, mode: str) -> Any:
    """The positions that `take` reads, after its way with those out of range."""
    if mode == "wrap":
        return np.mod(indices, n)
    return np.clip(indices, 0, n - 1) if mode == "clip" else np.asarray(indices)


def untaken(g: Any, a: Any, indices: Any, axis: Any, mode: str) -> Any:
    """The cotangent of an array that `take` read from."""
    if axis is None:
        flat = scattered(g, np.ravel(a), in_bounds(indices, np.size(a), mode))
        return np.reshape(flat, np.shape(a))
    axis = axis % np.ndim(a)
    return scattered(g, a, along(axis, in_bounds(indices, np.shape(a)[axis], mode)))


def open_mesh(shape: tuple[int, ...], axis: int, index: Any) -> tuple[Any, ...]:
    """The subscript that reads `index` along `axis` and each place of its own along the other axes."""
    rank = len(shape)
    return tuple(
        [
            index if k == axis else np.reshape(np.arange(shape[k]), (1,) * k + (-1,) + (1,) * (rank - k - 1))
            for k in range(rank)
        ]
    )


def untaken_along(g: Any, arr: Any, indices: Any, axis: Any) -> Any:
    """The cotangent of an array that `take_along_axis` read from; its other axes may broadcast."""
    if axis is None:
        return np.reshape(scattered(g, np.ravel(arr), indices), np.shape(arr))
    return scattered(g, arr, open_mesh(np.shape(arr), axis % np.ndim(arr), indices))


def positions(condition: Any) -> Any:
    """Where a flat condition holds."""
    return np.flatnonzero(condition)


# fmt: off
linear(operator.getitem,   lambda g, ans, x, index: index_add(np.zeros_like(x), index, g), view=True)
linear(np.take,            lambda g, ans, a, indices, axis=None, out=None, mode="raise":
                               untaken(g, a, indices, axis, mode))
linear(np.take_along_axis, lambda g, ans, arr, indices, axis=-1: untaken_along(g, arr, indices, axis))
linear(np.compress,        None,
                           lambda g, ans, condition, a, axis=None, out=None:
                               untaken(g, a, positions(condition), axis, "raise"), of=(1,), data_shape=True)
linear(np.extract,         None,
                           lambda g, ans, condition, arr:
                               untaken(g, arr, positions(condition), None, "raise"), of=(1,), data_shape=True)
# fmt: on
inactive(
    np.ix_,
    np.diag_indices,
    np.diag_indices_from,
    np.tril_indices,
    np.tril_indices_from,
    np.triu_indices,
    np.triu_indices_from,
    np.mask_indices,
    np.unravel_index,
    np.ravel_multi_index,
)
