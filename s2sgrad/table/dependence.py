"""Dependence in the place of derivatives: of each number, the set of the entries of the argument that it may depend on.

What goes beside a value is not its tangent but the sources of its entries: a frozenset for a number, an array of
objects for an array, in its shape; nothing (0, or an empty set) where nothing reaches. NumPy moves objects as it moves
numbers, so functions that only move entries act on sources as they are. These are the words for everything else;
`transforms/dependence.py` says which function is what. Gilbert, Moler and Schreiber, "Sparse matrices in MATLAB"
(1992), call the union along a row its structural sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .registry import define


def union(a: Any, b: Any) -> Any:
    """The sources of a number that depends on two."""
    return a if a is b else a | b if a and b else a or b


def union_of(a: Any, b: Any) -> Any:
    """The sources of what acts entry by entry on two arrays, broadcasting them."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.frompyfunc(union, 2, 1, identity=0)(a, b)
    return union(a, b)


def union_along(sources: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sources of a reduction along axes: each result depends on all it is made of."""
    whole = np.asarray(sources, dtype=object)
    return np.frompyfunc(union, 2, 1, identity=0).reduce(whole, axis=axis, keepdims=keepdims)


def union_before(sources: Any, axis: Any = None) -> Any:
    """The sources of a running reduction: each entry depends on itself and those before."""
    flat = np.ravel(sources) if axis is None else sources
    return np.frompyfunc(union, 2, 1, identity=0).accumulate(flat, axis=axis or 0, dtype=object)


def union_of_all(parts: Any) -> Any:
    """The sources of all entries of some arrays together."""
    out: frozenset[int] = frozenset()
    for part in parts:
        out = union(out, union_along(part))
    return out


def sources_like(sources: Any, x: Any) -> Any:
    """The same sources in the shape of `x`: broadcast to it."""
    return np.broadcast_to(np.asarray(sources, dtype=object), np.shape(x))


def no_sources(x: Any) -> Any:
    """The sources of what depends on nothing, in the shape of `x`."""
    return np.zeros(np.shape(x), dtype=object)


def no_sources_each(items: Any) -> Any:
    """The sources of a list of which no item depends on anything."""
    return [] if items is None else [no_sources(x) if isinstance(x, np.ndarray) else 0 for x in items]


def union_of_each(a: Any, b: Any) -> Any:
    """The sources of the sum of two lists, or of packed values."""
    if isinstance(a, (tuple, list)):
        return type(a)([union_of_each(x, y) for x, y in zip(a, b)])
    return union_of(a, b)


def sources_of_array(items: Any) -> Any:
    """The sources of an array made of numbers, of arrays, or of lists of these."""
    return np.array(items, dtype=object)


def sources_of_product(left: bool, sources: Any, x: Any, y: Any) -> Any:
    """The share of one factor in the sources of `x @ y`: of the left one its row, of the right one its column."""
    if left:
        if np.ndim(x) == 1:
            return union_along(sources)
        rows = union_along(sources, -1, True)
        return rows[..., 0] if np.ndim(y) == 1 else rows
    if np.ndim(y) == 1:
        return union_along(sources)
    columns = union_along(sources, -2, True)
    return columns[..., 0, :] if np.ndim(x) == 1 else columns


def sources_through(fun: Any, k: int, sources: Any, like: Any, *args: Any, **kwargs: Any) -> Any:
    """The share of argument `k` in the sources of a function linear in it: where a NaN at each entry arrives."""
    out, own = np.zeros(np.shape(like), dtype=object), np.ravel(np.asarray(sources, dtype=object))
    for j in range(own.size):
        unit = np.zeros_like(args[k])
        unit.reshape(-1)[j] = np.nan
        reached = np.isnan(fun(*args[:k], unit, *args[k + 1 :], **kwargs))
        out[reached] = union_of(out[reached], own[j])
    return out if np.shape(like) else out[()]


def sources_to(sources: Any, shape: tuple[int, ...]) -> Any:
    """The sources of the sums over the axes along which an array of that shape was broadcast."""
    whole = np.asarray(sources, dtype=object)
    extra = whole.ndim - len(shape)
    added = union_along(whole, tuple(range(extra))) if extra else whole
    stretched = tuple([axis for axis, n in enumerate(shape) if n == 1 and np.shape(added)[axis] != 1])
    return union_along(added, stretched, True) if stretched else added


def sources_added(sources: Any, index: Any, more: Any) -> Any:
    """The sources of an array with something added at `index`."""
    out = np.array(sources, dtype=object)
    np.frompyfunc(union, 2, 1, identity=0).at(out, index, more)
    return out


WORDS = (
    union_of, union_along, union_before, union_of_all, sources_like, no_sources, no_sources_each, union_of_each,
    sources_of_array, sources_of_product, sources_through, sources_to, sources_added,
)  # fmt: skip
for _word in WORDS:
    define(_word, inactive=True)
define(sources_like, view=True)
__all__ = [word.__name__ for word in WORDS]
