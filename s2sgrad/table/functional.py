"""Functional forms of array writes: what `a[i] = v` and `a[i] += v` mean when every array is a value.

The compiler lowers writes to these and the targets print them as writes in place wherever the old array is
dead and owned. They run as they are, so that rules and generated programs can be checked without a compiler.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .registry import define, defjvp, defvjp, inactive, linear


def index_add(x: Any, index: Any, v: Any) -> Any:
    """`x` with `v` added at `index`, repeated indices accumulating."""
    out = np.array(x)
    if may_repeat(index):
        np.add.at(out, index, v)
    else:
        out[index] += v
    return out


def add_at_rows(a: Any, index: Any, rows: Any) -> None:
    """`np.add.at(a, index, rows)` on the flat array, for which NumPy has a faster loop."""
    rows = np.broadcast_to(rows, index.shape + a.shape[1:])
    if a.flags.c_contiguous and rows.size:
        width = a[0].size
        places = index.astype(np.intp).reshape(-1, 1) * width + np.arange(width)
        np.add.at(a.reshape(-1), places.reshape(-1), rows.reshape(-1))
    else:
        np.add.at(a, index, rows)


def index_set(x: Any, index: Any, v: Any) -> Any:
    """`x` with `v` written at `index`; of repeated indices the last write wins."""
    out = np.array(x)
    out[index] = v
    return out


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The sum of `x` over the axes along which an array of that shape was broadcast to the shape of `x`."""
    extra = np.ndim(x) - len(shape)
    added = np.sum(x, axis=tuple(range(extra))) if extra else np.asarray(x)
    stretched = tuple(axis for axis, n in enumerate(shape) if n == 1 and added.shape[axis] != 1)
    return np.sum(added, axis=stretched, keepdims=True) if stretched else added


def in_kind(x: Any, like: Any) -> Any:
    """A complex `x`, or its real part where `like` turned out real."""
    return x if isinstance(like, (tuple, list)) or np.iscomplexobj(like) else np.real(x)


def last_written(shape: tuple[int, ...], index: Any) -> Any:
    """A mask shaped like `x[index]`: which entries of a write `x[index] = v` survive repeated indices."""
    stamp = np.full(shape, -1)
    turns = np.arange(stamp[index].size).reshape(stamp[index].shape)
    stamp[index] = turns  # by the same write, so that whatever order NumPy takes is the order found
    return stamp[index] == turns


def may_repeat(index: Any) -> bool:
    """Whether an index can name an entry twice: an array of integers in it can, slices and masks cannot."""
    parts = index if isinstance(index, tuple) else (index,)
    return any([isinstance(p, list) or (isinstance(p, np.ndarray) and p.dtype.kind != "b") for p in parts])


def is_constant(x: Any) -> bool:
    """Whether `x` is a number written in the program, so that a rule may be specialised to it."""
    return isinstance(x, (int, float))


def written_share(g: Any, x: Any, index: Any, v: Any) -> Any:
    """The part of `g` that a written value answers for: what was written over later has none."""
    taken = np.where(last_written(np.shape(x), index), g[index], 0) if may_repeat(index) else g[index]
    return sum_to(taken, np.shape(v))


# fmt: off
defvjp(index_add, lambda g, ans, x, index, v: g,
                  None,
                  lambda g, ans, x, index, v: sum_to(g[index], np.shape(v)))
defjvp(index_add, lambda t, ans, x, index, v: t,
                  None,
                  lambda t, ans, x, index, v: index_add(np.zeros_like(x), index, t))

defvjp(index_set, lambda g, ans, x, index, v: index_set(g, index, 0),
                  None,
                  lambda g, ans, x, index, v: written_share(g, x, index, v))
defjvp(index_set, lambda t, ans, x, index, v: index_set(t, index, 0),
                  None,
                  lambda t, ans, x, index, v: index_set(np.zeros_like(x), index, t))

defvjp(in_kind,   lambda g, ans, x, like: g,
                  lambda g, ans, x, like: None)
defjvp(in_kind,   lambda t, ans, x, like: in_kind(t, like),
                  lambda t, ans, x, like: np.zeros_like(ans))
define(in_kind, shares=True)
linear(sum_to,    lambda g, ans, x, shape: np.broadcast_to(g, np.shape(x)), shares=True)
# fmt: on
inactive(last_written, may_repeat, is_constant)
