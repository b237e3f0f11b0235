"""Functions by way of simpler ones: what has no compiled form of its own is written as loops through these.

Each definition is ordinary NumPy in the supported language and gives what the function gives, for the options that
compiled programs take; a definition may use another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .functional import index_set, last_written

SIMPLER: dict[Any, Callable[..., Any]] = {}  # function -> its definition


BEYOND: dict[
    Any, Callable[..., str]
] = {}  # function -> what of its arguments has no compiled form, "" if all has


def beyond(*funs: Any) -> Callable[..., Any]:
    """Declare which options of functions have no compiled form."""

    def declare(options: Any) -> Any:
        for fun in funs:
            BEYOND[fun] = options
        return options

    return declare


def simpler(*funs: Any) -> Callable[..., Any]:
    """Declare the definition of functions."""

    def declare(definition: Any) -> Any:
        for fun in funs:
            SIMPLER[fun] = definition
        return definition

    return declare


# --- products ---------------------------------------------------------------------------------------------------------


def dot_of_vectors(a: Any, b: Any) -> Any:
    return np.sum(a * b)


def stacked_product(a: Any, b: Any) -> Any:
    """Batched matrix product: a sum over the shared axis."""
    left = a if np.ndim(a) > 1 else a[None, :]
    right = b if np.ndim(b) > 1 else b[:, None]
    out = np.sum(left[..., :, :, None] * right[..., None, :, :], axis=-2)
    if np.ndim(a) == 1:
        return out[..., 0, :]
    return out if np.ndim(b) > 1 else out[..., 0]


def batched_product(a: Any, b: Any) -> Any:
    """A stack of matrix products, one after another."""
    stack = np.shape(a)[0] if np.ndim(a) == 3 else np.shape(b)[0]
    if np.ndim(a) == 3 and np.ndim(b) == 3 and np.shape(a)[0] == 1:
        stack = np.shape(b)[0]
    out = np.empty((stack, np.shape(a)[-2], np.shape(b)[-1]), np.result_type(a, b))
    for i in range(stack):
        left = a if np.ndim(a) == 2 else a[i if np.shape(a)[0] != 1 else 0]
        right = b if np.ndim(b) == 2 else b[i if np.shape(b)[0] != 1 else 0]
        out[i] = left @ right
    return out


def general_dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if np.ndim(b) == 1:
        return np.sum(a * b, axis=-1)
    return np.tensordot(a, b, axes=((np.ndim(a) - 1,), (np.ndim(b) - 2,)))


@simpler(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return np.sum(np.conjugate(np.ravel(a)) * np.ravel(b))


@simpler(np.inner)
def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    return np.tensordot(a, b, axes=((np.ndim(a) - 1,), (np.ndim(b) - 1,)))


@simpler(np.vecdot, np.linalg.vecdot)
def _vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    return np.sum(np.conjugate(a) * b, axis=axis)


@simpler(np.matvec)
def _matvec(a: Any, x: Any) -> Any:
    return np.sum(a * x[..., None, :], axis=-1)


@simpler(np.vecmat)
def _vecmat(x: Any, a: Any) -> Any:
    return np.sum(np.conjugate(x)[..., :, None] * a, axis=-2)


@simpler(np.linalg.outer, np.multiply.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.outer(a, b) if np.ndim(a) == 1 and np.ndim(b) == 1 else _outer_of_any(a, b)


def _outer_of_any(a: Any, b: Any) -> Any:
    return np.expand_dims(a, tuple(range(np.ndim(a), np.ndim(a) + np.ndim(b)))) * b


@simpler(np.outer)
def _outer_of_flat(a: Any, b: Any) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


@simpler(np.tensordot, np.linalg.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    n, m = np.ndim(a), np.ndim(b)
    if isinstance(axes, int):
        left, right = tuple(range(n - axes, n)), tuple(range(axes))
    else:
        left, right = axes
        left = (left,) if isinstance(left, int) else tuple(left)
        right = (right,) if isinstance(right, int) else tuple(right)
        left, right = tuple([x % n for x in left]), tuple([x % m for x in right])
    keep_a = tuple([x for x in range(n) if x not in left])
    keep_b = tuple([x for x in range(m) if x not in right])
    rows, columns, inner = 1, 1, 1
    for x in keep_a:
        rows = rows * np.shape(a)[x]
    for x in keep_b:
        columns = columns * np.shape(b)[x]
    for x in left:
        inner = inner * np.shape(a)[x]
    p = np.reshape(np.transpose(a, keep_a + left), (rows, inner))
    q = np.reshape(np.transpose(b, right + keep_b), (inner, columns))
    shape = tuple([np.shape(a)[x] for x in keep_a]) + tuple([np.shape(b)[x] for x in keep_b])
    return np.reshape(p @ q, shape)


# --- diagonals ---------------------------------------------------------------------------------------------------------


@simpler(np.trace)
def _trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@simpler(np.linalg.trace)
def _matrix_trace(x: Any, *, offset: int = 0, dtype: Any = None) -> Any:
    return np.sum(np.diagonal(x, offset, -2, -1), axis=-1, dtype=dtype)


@simpler(np.linalg.diagonal)
def _matrix_diagonal(x: Any, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@simpler(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    turned = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(turned)[-2], np.shape(turned)[-1]
    start_row, start_column = max(-offset, 0), max(offset, 0)
    k = np.arange(max(min(rows - start_row, columns - start_column), 0))
    return turned[..., k + start_row, k + start_column]


@simpler(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    n = np.shape(v)[0]
    place = np.arange(n)
    out = np.zeros((n + abs(k), n + abs(k)), np.asarray(v).dtype)
    return index_set(out, (place + max(-k, 0), place + max(k, 0)), v)


# --- shapes ---------------------------------------------------------------------------------------------------------


@simpler(np.linspace)
def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    parts = num - 1 if endpoint else num
    return start + np.arange(num) * ((stop - start) / max(parts, 1))


@simpler(np.concatenate)
def _concatenate(arrays: Any, axis: Any = 0) -> Any:
    if axis is None:
        return np.concatenate([np.ravel(a) for a in arrays], axis=0)
    rank = np.ndim(arrays[0])
    place = axis % rank
    total = 0
    for a in arrays:
        total = total + np.shape(a)[place]
    shape = tuple([total if k == place else np.shape(arrays[0])[k] for k in range(rank)])
    out = np.empty(shape, np.result_type(*[np.asarray(a).dtype for a in arrays]))
    start = 0
    for a in arrays:
        stop = start + np.shape(a)[place]
        out[(slice(None),) * place + (slice(start, stop),)] = a
        start = stop
    return out


@simpler(np.stack)
def _stack(arrays: Any, axis: int = 0) -> Any:
    return np.concatenate([np.expand_dims(a, axis) for a in arrays], axis=axis)


@simpler(np.vstack)
def _vstack(arrays: Any) -> Any:
    return np.concatenate([np.atleast_2d(a) for a in arrays], axis=0)


@simpler(np.hstack)
def _hstack(arrays: Any) -> Any:
    first = [np.atleast_1d(a) for a in arrays]
    return np.concatenate(first, axis=0 if np.ndim(first[0]) == 1 else 1)


@simpler(np.column_stack)
def _column_stack(arrays: Any) -> Any:
    return np.concatenate(
        [a if np.ndim(a) > 1 else np.reshape(a, (np.shape(a)[0], 1)) for a in arrays], axis=1
    )


@simpler(np.dstack)
def _dstack(arrays: Any) -> Any:
    return np.concatenate([np.atleast_3d(a) for a in arrays], axis=2)


@simpler(np.atleast_1d)
def _atleast_1d(x: Any) -> Any:
    return x if np.ndim(x) >= 1 else np.reshape(x, (1,))


@simpler(np.atleast_2d)
def _atleast_2d(x: Any) -> Any:
    if np.ndim(x) == 0:
        return np.reshape(x, (1, 1))
    return x[None, :] if np.ndim(x) == 1 else x


@simpler(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, axis=0), np.shape(a))
    shifts = shift if isinstance(shift, tuple) else (shift,)
    axes = axis if isinstance(axis, tuple) else (axis,)
    out = a
    for k in range(len(axes)):
        place = axes[k] % np.ndim(a)
        n = np.shape(a)[place]
        index = (np.arange(n) - (shifts[k] if len(shifts) > 1 else shifts[0])) % n
        out = out[(slice(None),) * place + (index,)]
    return out


@simpler(np.tile)
def _tile(a: Any, reps: Any) -> Any:
    times = reps if isinstance(reps, tuple) else (reps,)
    rank = max(np.ndim(a), len(times))
    times = (1,) * (rank - len(times)) + times
    x = np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a))
    for k in range(rank):
        if not isinstance(times[k], int) or times[k] != 1:
            n = np.shape(x)[k]
            x = x[(slice(None),) * k + (np.arange(n * times[k]) % n,)]
    return x


@simpler(math.hypot)
def _hypot(*coordinates: Any) -> Any:
    total = 0.0
    for x in coordinates:
        total = total + x * x
    return np.sqrt(total)


@simpler(last_written)
def _last_written(shape: Any, index: Any) -> Any:
    stamp = np.full(shape, -1)
    size = 1
    for n in np.shape(stamp[index]):
        size = size * n
    turns = np.reshape(np.arange(size), np.shape(stamp[index]))
    stamp[index] = turns
    return stamp[index] == turns


__all__ = [
    "BEYOND",
    "SIMPLER",
    "batched_product",
    "beyond",
    "dot_of_vectors",
    "general_dot",
    "stacked_product",
]
