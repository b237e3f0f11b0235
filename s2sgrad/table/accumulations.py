"""Running totals, products and extremes, and other methods of ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .indexing import along, scattered
from .reductions import flipped_cumsum
from .registry import defjvp, defvjp, linear

# Running totals.


def cumsum_share(g: Any, a: Any, axis: Any) -> Any:
    """The pullback of running sums: the sums of all that came after."""
    if axis is None:
        return np.reshape(flipped_cumsum(g, 0), np.shape(a))
    return flipped_cumsum(g, axis)


def after_initial(g: Any, axis: Any, initial: Any) -> Any:
    """Running totals without the start."""
    axis = 0 if axis is None else axis % np.ndim(g)
    return g[along(axis, slice(1, None))] if initial else g


def first_ones(a: Any, zero: Any, rank: Any, k: int, axis: int) -> Any:
    """Running products with the zero number `k` taken as 1."""
    return np.cumprod(np.where(zero & (rank == k), 1, a), axis)


def cumprod_share(g: Any, ans: Any, a: Any, axis: Any) -> Any:
    """The pullback of running products, right with zeros to second order: the first two are taken as 1."""
    if axis is None:
        return np.reshape(cumprod_share(g, ans, np.ravel(a), 0), np.shape(a))
    zero = a == 0
    rank = np.cumsum(zero, axis)
    usual = flipped_cumsum(g * ans, axis) / np.where(zero, 1, a)
    first = flipped_cumsum(g * first_ones(a, zero, rank, 1, axis), axis)
    second = flipped_cumsum(g * first_ones(a, zero, rank, 2, axis), axis)
    return np.where(zero, np.where(rank == 1, first, np.where(rank == 2, second, 0)), usual)


def cumprod_tangent(t: Any, ans: Any, a: Any, axis: Any) -> Any:
    """The pushforward of running products, right with zeros to second order."""
    if axis is None:
        return cumprod_tangent(np.ravel(t), ans, np.ravel(a), 0)
    zero = a == 0
    rank = np.cumsum(zero, axis)
    usual = ans * np.cumsum(np.where(zero, 0, t / np.where(zero, 1, a)), axis)
    first = first_ones(a, zero, rank, 1, axis) * np.cumsum(np.where(zero & (rank == 1), t, 0), axis)
    second = first_ones(a, zero, rank, 2, axis) * np.cumsum(np.where(zero & (rank == 2), t, 0), axis)
    return usual + first + second


def with_start(t: Any, ans: Any, axis: Any, initial: Any) -> Any:
    """A tangent of running products, with zero for the start."""
    if not initial:
        return t
    axis = 0 if axis is None else axis % np.ndim(t)
    return np.concatenate([np.zeros_like(ans[along(axis, slice(0, 1))]), t], axis)


def late_start(t: Any, ans: Any, x: Any, axis: Any, initial: Any) -> Any:
    """The pushforward of running products that may begin with 1."""
    return with_start(cumprod_tangent(t, after_initial(ans, axis, initial), x, axis), ans, axis, initial)


def numbers_or(a: Any, start: int) -> Any:
    """`a` with what adds nothing in the place of NaN."""
    return np.where(np.isnan(a), start, a)


# fmt: off
linear(np.cumsum,         lambda g, ans, a, axis=None, dtype=None, out=None: cumsum_share(g, a, axis))
linear(np.cumulative_sum, lambda g, ans, x, axis=None, dtype=None, out=None, include_initial=False:
                              cumsum_share(after_initial(g, axis, include_initial), x, axis))
linear(np.add.accumulate, lambda g, ans, array, axis=0, dtype=None, out=None: flipped_cumsum(g, axis))
defvjp(np.nancumsum,      lambda g, ans, a, axis=None, dtype=None, out=None:
                              np.where(np.isnan(a), 0, cumsum_share(g, a, axis)))
defjvp(np.nancumsum,      lambda t, ans, a, axis=None, dtype=None, out=None:
                              np.cumsum(np.where(np.isnan(a), 0, t), axis))
defvjp(np.cumprod,        lambda g, ans, a, axis=None, dtype=None, out=None: cumprod_share(g, ans, a, axis))
defjvp(np.cumprod,        lambda t, ans, a, axis=None, dtype=None, out=None: cumprod_tangent(t, ans, a, axis))
defvjp(np.nancumprod,     lambda g, ans, a, axis=None, dtype=None, out=None:
                              np.where(np.isnan(a), 0, cumprod_share(g, ans, numbers_or(a, 1), axis)))
defjvp(np.nancumprod,     lambda t, ans, a, axis=None, dtype=None, out=None:
                              cumprod_tangent(np.where(np.isnan(a), 0, t), ans, numbers_or(a, 1), axis))
defvjp(np.cumulative_prod, lambda g, ans, x, axis=None, dtype=None, out=None, include_initial=False:
           cumprod_share(after_initial(g, axis, include_initial), after_initial(ans, axis, include_initial), x, axis))
defjvp(np.cumulative_prod, lambda t, ans, x, axis=None, dtype=None, out=None, include_initial=False:
           late_start(t, ans, x, axis, include_initial))
defvjp(np.multiply.accumulate, lambda g, ans, array, axis=0, dtype=None, out=None:
                                   cumprod_share(g, ans, array, axis))
defjvp(np.multiply.accumulate, lambda t, ans, array, axis=0, dtype=None, out=None:
                                   cumprod_tangent(t, ans, array, axis))
# fmt: on


# Running extremes: all entries so far that equal the extreme share equally.


def lane(n: Any, axis: int, rank: int) -> Any:
    """The positions along an axis, to broadcast against an array."""
    return np.reshape(np.arange(n), (1,) * axis + (-1,) + (1,) * (rank - axis - 1))


def level_starts(ans: Any, axis: int) -> Any:
    """For every entry of a running extreme the position where its level begins."""
    before, after = ans[along(axis, slice(None, -1))], ans[along(axis, slice(1, None))]
    new = np.concatenate([np.ones_like(ans[along(axis, slice(0, 1))], dtype=bool), after != before], axis)
    return np.maximum.accumulate(np.where(new, lane(np.shape(ans)[axis], axis, np.ndim(ans)), 0), axis)


def sharers(hit: Any, starts: Any, axis: int, dtype: Any) -> Any:
    """How many entries share each entry of a running extreme."""
    return level_sums(hit.astype(dtype), starts, axis)


def level_sums(v: Any, starts: Any, axis: int) -> Any:
    """Running sums that begin anew at every level."""
    sums = np.cumsum(v, axis)
    return sums - np.take_along_axis(sums - v, starts, axis)


def climb_share(g: Any, ans: Any, array: Any, axis: int) -> Any:
    """The pullback of running extremes: each entry has its share of what its level receives from there on."""
    axis = axis % np.ndim(array)
    hit, starts = array == ans, level_starts(ans, axis)
    share = g / sharers(hit, starts, axis, ans.dtype)
    n = np.shape(ans)[axis]
    last = np.flip(n - 1 - level_starts(np.flip(ans, axis), axis), axis)
    after = flipped_cumsum(share, axis)
    return np.where(hit, after - np.take_along_axis(after - share, last, axis), 0)


def climb_tangent(t: Any, ans: Any, array: Any, axis: int) -> Any:
    """The pushforward of running extremes: the mean of the tangents of the entries that share it."""
    axis = axis % np.ndim(array)
    hit, starts = array == ans, level_starts(ans, axis)
    return level_sums(np.where(hit, t, 0), starts, axis) / sharers(hit, starts, axis, ans.dtype)


# fmt: off
defvjp(np.maximum.accumulate, lambda g, ans, array, axis=0, dtype=None, out=None:
                                  climb_share(g, ans, array, axis))
defjvp(np.maximum.accumulate, lambda t, ans, array, axis=0, dtype=None, out=None:
                                  climb_tangent(t, ans, array, axis))
defvjp(np.minimum.accumulate, lambda g, ans, array, axis=0, dtype=None, out=None:
                                  climb_share(g, ans, array, axis))
defjvp(np.minimum.accumulate, lambda t, ans, array, axis=0, dtype=None, out=None:
                                  climb_tangent(t, ans, array, axis))
# fmt: on


# Other methods of ufuncs.


def outer_axes(A: Any, B: Any) -> Any:
    """The first operand of an outer operation, with axes for the second."""
    return np.reshape(A, np.shape(A) + (1,) * np.ndim(B))


def add_outer(A: Any, B: Any) -> Any:
    """All sums."""
    return outer_axes(A, B) + B


def subtract_outer(A: Any, B: Any) -> Any:
    """All differences."""
    return outer_axes(A, B) - B


def multiply_outer(A: Any, B: Any) -> Any:
    """All products."""
    return outer_axes(A, B) * B


def divide_outer(A: Any, B: Any) -> Any:
    """All quotients."""
    return outer_axes(A, B) / B


composite(np.add.outer, add_outer)
composite(np.subtract.outer, subtract_outer)
composite(np.multiply.outer, multiply_outer)
composite(np.divide.outer, divide_outer)


def segment_lengths(indices: Any, n: int) -> Any:
    """How many entries `reduceat` adds for each index: up to the next one, or one where that is not later."""
    starts = np.asarray(indices)
    return np.maximum(np.append(starts[1:], n) - starts, 1)


def segment_places(indices: Any, n: int) -> Any:
    """The positions that `reduceat` reads, segment after segment."""
    lengths = segment_lengths(indices, n)
    offset = np.asarray(indices) - (np.cumsum(lengths) - lengths)
    return np.arange(np.sum(lengths)) + np.repeat(offset, lengths)


def reduceat_share(g: Any, array: Any, indices: Any, axis: int) -> Any:
    """The pullback of sums of segments, which may overlap."""
    axis = axis % np.ndim(array)
    n = np.shape(array)[axis]
    places = segment_places(indices, n)
    return scattered(np.repeat(g, segment_lengths(indices, n), axis), array, along(axis, places))


linear(
    np.add.reduceat,
    lambda g, ans, array, indices, axis=0, dtype=None, out=None: reduceat_share(g, array, indices, axis),
)
