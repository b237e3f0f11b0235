"""Reductions and running totals: sums, products, extremes, moments, order statistics, polynomials.

A rule is written for the common call first: the pullback of `sum` is `broadcast_to`, that of `mean` the same of
a share of `g`. `where=` leaves entries out, and so do the functions that skip NaN: they are the plain ones with
the entries that are numbers as `where`. What is left out adds nothing, not even NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite, refuse
from .functional import sum_to
from .indexing import along, scattered
from .registry import define, defjvp, defvjp, linear

# The shape of a reduction, and back.


def lift(g: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """`g`, made to broadcast against what was reduced over `axis`."""
    return g if axis is None or keepdims or np.ndim(x) == 0 else np.expand_dims(g, axis)


def spread(g: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """`g` for every entry of what was reduced over `axis`."""
    return g if np.ndim(x) == 0 else np.broadcast_to(lift(g, x, axis, keepdims), x.shape)


def only(where: Any, x: Any) -> Any:
    """`x` where it is asked for, zero elsewhere."""
    return x if where is True else np.where(where, x, 0)


def total(t: Any, axis: Any, keepdims: Any, where: Any = True) -> Any:
    """The sum of a tangent over `axis`, in as few words as it takes."""
    t = only(where, t)
    if keepdims:
        return np.sum(t, axis=axis, keepdims=True)
    return np.sum(t) if axis is None else np.sum(t, axis=axis)


def extent(x: Any, axis: Any) -> Any:
    """How many entries of `x` are reduced into one."""
    if axis is None or np.ndim(x) == 0:
        return np.size(x)
    count = 1
    for k in axis if isinstance(axis, tuple) else (axis,):
        count = count * np.shape(x)[k]
    return count


def count_of(x: Any, axis: Any, keepdims: Any, where: Any, dtype: Any) -> Any:
    """How many entries of `x` are reduced into one, those left out by `where` not counted."""
    if where is True:
        return extent(x, axis)
    return np.sum(np.broadcast_to(where, np.shape(x)), axis=axis, keepdims=keepdims, dtype=dtype)


def numbers(a: Any, where: Any) -> Any:
    """Which entries are asked for and are not NaN."""
    return ~np.isnan(a) if where is True else where & ~np.isnan(a)


def flipped_cumsum(v: Any, axis: Any) -> Any:
    """The sums of each entry and all after it."""
    return np.flip(np.cumsum(np.flip(v, axis), axis), axis)


# Sums and means. Division by a count is NumPy's: the mean of nothing is NaN, not an exception.


def mean_share(g: Any, ans: Any, a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """The pullback of a mean: an equal share for every entry."""
    count = count_of(a, axis, keepdims, where, ans.dtype)
    return only(where, spread(np.divide(g, count), a, axis, keepdims))


def mean_tangent(t: Any, ans: Any, a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """The mean of the entries of a tangent that are asked for."""
    if where is not True:
        return total(t, axis, keepdims, where) / count_of(a, axis, keepdims, where, ans.dtype)
    if keepdims:
        return np.mean(t, axis=axis, keepdims=True)
    return np.mean(t) if axis is None else np.mean(t, axis=axis)


# fmt: off
defvjp(np.sum,  lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                    only(where, spread(g, a, axis, keepdims)),
                None, None, None, None,
                lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                    sum_to(g, np.shape(initial)))
defjvp(np.sum,  lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                    total(t, axis, keepdims, where),
                None, None, None, None,
                lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                    np.broadcast_to(t, np.shape(ans)))
defvjp(np.mean, lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, where=True:
                    mean_share(g, ans, a, axis, keepdims, where))
defjvp(np.mean, lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, where=True:
                    mean_tangent(t, ans, a, axis, keepdims, where))

defvjp(np.nansum,  lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                       only(numbers(a, where), spread(g, a, axis, keepdims)))
defjvp(np.nansum,  lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=0, where=True:
                       total(t, axis, keepdims, numbers(a, where)))
defvjp(np.nanmean, lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, where=True:
                       mean_share(g, ans, a, axis, keepdims, numbers(a, where)))
defjvp(np.nanmean, lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, where=True:
                       mean_tangent(t, ans, a, axis, keepdims, numbers(a, where)))

defvjp(np.add.reduce,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=0, where=True:
           only(where, spread(g, array, axis, keepdims)),
       None, None, None, None,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=0, where=True:
           sum_to(g, np.shape(initial)))
defjvp(np.add.reduce,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=0, where=True:
           total(t, axis, keepdims, where),
       None, None, None, None,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=0, where=True:
           np.broadcast_to(t, np.shape(ans)))
# fmt: on


# Variance. With a `mean` given, the deviations are from that.


def deviation(a: Any, axis: Any, where: Any, mean: Any) -> Any:
    """The distance of entries from their mean, zero where they are left out."""
    if mean is not None:
        return only(where, a - mean)
    if where is not True:
        return np.where(where, a - np.mean(a, axis=axis, keepdims=True, where=where), 0)
    return a - (np.mean(a) if axis is None else np.mean(a, axis=axis, keepdims=True))


def freedom(a: Any, axis: Any, keepdims: Any, where: Any, dtype: Any, ddof: Any, correction: Any) -> Any:
    """The number that a sum of squares is divided by."""
    lost = ddof if correction is None else correction
    count = count_of(a, axis, keepdims, where, dtype)
    return count - lost if lost else count


def doubled(d: Any) -> Any:
    """Twice the conjugate: what a change of `abs(d)**2` is a product of."""
    return 2 * np.conj(d) if np.iscomplexobj(d) else 2 * d


def var_share(g: Any, a: Any, axis: Any, keepdims: Any, where: Any, mean: Any) -> Any:
    """The pullback of a variance, `g` already divided by its degrees of freedom."""
    return only(where, lift(g, a, axis, keepdims) * doubled(deviation(a, axis, where, mean)))


def var_tangent(t: Any, a: Any, axis: Any, keepdims: Any, where: Any, mean: Any) -> Any:
    """The pushforward of a variance, but for the division by its degrees of freedom."""
    return total(np.real(doubled(deviation(a, axis, where, mean)) * t), axis, keepdims)


def unless_zero(ans: Any) -> Any:
    """A standard deviation as a divisor: at 0, where all deviations are 0, the derivative is 0."""
    return np.where(ans == 0, 1, ans)


def center_share(g: Any, a: Any, axis: Any, where: Any, mean: Any) -> Any:
    """The pullback of a variance in the mean that was given."""
    d = deviation(a, axis, where, mean)
    return sum_to(-(lift(g, a, axis, np.ndim(g) == np.ndim(a)) * doubled(d)), np.shape(mean))


def divisor(ans: Any, a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any, correction: Any) -> Any:
    """What the sum of squares was divided by, of the precision of the result."""
    return freedom(a, axis, keepdims, where, ans.dtype, ddof, correction)


# fmt: off
def var_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    share = np.divide(g, divisor(ans, a, axis, ddof, keepdims, where, correction))
    return var_share(share, a, axis, keepdims, where, mean)


def var_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    change = var_tangent(t, a, axis, keepdims, where, mean)
    return np.divide(change, divisor(ans, a, axis, ddof, keepdims, where, correction))


def std_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return var_vjp(g / (2 * unless_zero(ans)), ans, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


def std_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return var_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, where, mean, correction) / (2 * unless_zero(ans))


def center_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    share = np.divide(g, divisor(ans, a, axis, ddof, keepdims, where, correction))
    return center_share(share, a, axis, where, mean)


def center_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    t = -t + np.zeros_like(a)
    return var_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


def std_center_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return center_vjp(g / (2 * unless_zero(ans)), ans, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


def std_center_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return center_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, where, mean, correction) / (2 * unless_zero(ans))


def nanvar_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return var_vjp(g, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nanvar_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return var_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nanstd_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return std_vjp(g, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nanstd_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return std_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nan_center_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return center_vjp(g, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nan_center_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return center_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nanstd_center_vjp(g: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return std_center_vjp(g, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


def nanstd_center_jvp(t: Any, ans: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, where: Any = True, mean: Any = None, correction: Any = None) -> Any:
    return std_center_jvp(t, ans, a, axis, dtype, out, ddof, keepdims, numbers(a, where), mean, correction)


defvjp(np.var,    var_vjp, None, None, None, None, None, None, center_vjp)
defjvp(np.var,    var_jvp, None, None, None, None, None, None, center_jvp)
defvjp(np.std,    std_vjp, None, None, None, None, None, None, std_center_vjp)
defjvp(np.std,    std_jvp, None, None, None, None, None, None, std_center_jvp)
defvjp(np.nanvar, nanvar_vjp, None, None, None, None, None, None, nan_center_vjp)
defjvp(np.nanvar, nanvar_jvp, None, None, None, None, None, None, nan_center_jvp)
defvjp(np.nanstd, nanstd_vjp, None, None, None, None, None, None, nanstd_center_vjp)
defjvp(np.nanstd, nanstd_jvp, None, None, None, None, None, None, nanstd_center_jvp)
# fmt: on


# Products. The quotient `ans / x` serves every entry but the zeros. A zero's own derivative is the product of the
# others: that of the numbers that are not zero if it is the only one, and with two zeros (their sum less itself is
# the other one) the same times that other, 0 in value but not in derivative. So second order holds as well.


def zero_share(a: Any, zero: Any, axis: Any, initial: Any) -> Any:
    """For the zeros of `a`: the product of all other entries."""
    rest = np.prod(np.where(zero, 1, a), axis=axis, keepdims=True, initial=initial)
    other = np.sum(np.where(zero, a, 0), axis=axis, keepdims=True) - a
    zeros = np.sum(zero, axis=axis, keepdims=True)
    return np.where(zeros == 1, rest, np.where(zeros == 2, rest * other, 0))


def others(ans: Any, a: Any, axis: Any, keepdims: Any, initial: Any) -> Any:
    """For every entry of `a` the product of all other entries."""
    zero = a == 0
    return np.where(
        zero, zero_share(a, zero, axis, initial), lift(ans, a, axis, keepdims) / np.where(zero, 1, a)
    )


def prod_share(g: Any, ans: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """The pullback of a product."""
    a = a if where is True else np.where(where, a, 1)
    return only(where, lift(g, a, axis, keepdims) * others(ans, a, axis, keepdims, initial))


def prod_tangent(t: Any, ans: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """The pushforward of a product."""
    a = a if where is True else np.where(where, a, 1)
    return total(others(ans, a, axis, keepdims, initial) * t, axis, keepdims, where)


# fmt: off
defvjp(np.prod,    lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                       prod_share(g, ans, a, axis, keepdims, initial, where))
defjvp(np.prod,    lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                       prod_tangent(t, ans, a, axis, keepdims, initial, where))
defvjp(np.nanprod, lambda g, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                       prod_share(g, ans, a, axis, keepdims, initial, numbers(a, where)))
defjvp(np.nanprod, lambda t, ans, a, axis=None, dtype=None, out=None, keepdims=False, initial=1, where=True:
                       prod_tangent(t, ans, a, axis, keepdims, initial, numbers(a, where)))
defvjp(np.multiply.reduce,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=1, where=True:
           prod_share(g, ans, array, axis, keepdims, initial, where))
defjvp(np.multiply.reduce,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=1, where=True:
           prod_tangent(t, ans, array, axis, keepdims, initial, where))
# fmt: on


# Extremes and order statistics: entries that are equal share equally.


def attained(g: Any, a: Any, m: Any, axis: Any, keepdims: Any, where: Any = True, initial: Any = None) -> Any:
    """The pullback of the value `m` that some entries of `a` have: these share `g` equally, and with `initial`."""
    if np.ndim(a) == 0 and initial is None:
        return g
    hit = a == lift(m, a, axis, keepdims)
    hit = hit if where is True else hit & where
    return np.where(hit, lift(g / holders(hit, m, axis, keepdims, initial), a, axis, keepdims), 0)


def attained_tangent(
    t: Any, a: Any, m: Any, axis: Any, keepdims: Any, where: Any = True, initial: Any = None
) -> Any:
    """The mean tangent of the entries that have the value `m`."""
    if np.ndim(a) == 0 and initial is None:
        return t
    hit = a == lift(m, a, axis, keepdims)
    hit = hit if where is True else hit & where
    return total(np.where(hit, t, 0), axis, keepdims) / holders(hit, m, axis, keepdims, initial)


def holders(hit: Any, m: Any, axis: Any, keepdims: Any, initial: Any) -> Any:
    """How many entries have the value `m`, the initial one among them."""
    count = np.sum(hit, axis=axis, keepdims=keepdims, dtype=np.result_type(m))
    return count if initial is None else count + (m == initial)


define(np.max, np.amax)
define(np.min, np.amin)
# fmt: off
defvjp(np.max,    lambda g, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained(g, a, ans, axis, keepdims, where, initial))
defjvp(np.max,    lambda t, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained_tangent(t, a, ans, axis, keepdims, where, initial))
defvjp(np.min,    lambda g, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained(g, a, ans, axis, keepdims, where, initial))
defjvp(np.min,    lambda t, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained_tangent(t, a, ans, axis, keepdims, where, initial))
defvjp(np.nanmax, lambda g, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained(g, a, ans, axis, keepdims, where, initial))
defjvp(np.nanmax, lambda t, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained_tangent(t, a, ans, axis, keepdims, where, initial))
defvjp(np.nanmin, lambda g, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained(g, a, ans, axis, keepdims, where, initial))
defjvp(np.nanmin, lambda t, ans, a, axis=None, out=None, keepdims=False, initial=None, where=True:
                      attained_tangent(t, a, ans, axis, keepdims, where, initial))
defvjp(np.maximum.reduce,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           attained(g, array, ans, axis, keepdims, where, initial))
defjvp(np.maximum.reduce,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           attained_tangent(t, array, ans, axis, keepdims, where, initial))
defvjp(np.minimum.reduce,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           attained(g, array, ans, axis, keepdims, where, initial))
defjvp(np.minimum.reduce,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           attained_tangent(t, array, ans, axis, keepdims, where, initial))
# fmt: on


def weights_of_exp(ans: Any, array: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """The share of every entry in the logarithm of a sum of exponentials."""
    top = np.where(np.isinf(ans), 0, ans)
    return only(where, np.exp(array - lift(top, array, axis, keepdims)))


# fmt: off
defvjp(np.logaddexp.reduce,
       lambda g, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           lift(g, array, axis, keepdims) * weights_of_exp(ans, array, axis, keepdims, where))
defjvp(np.logaddexp.reduce,
       lambda t, ans, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True:
           total(weights_of_exp(ans, array, axis, keepdims, where) * t, axis, keepdims))
# fmt: on


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """The largest less the smallest entry."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


composite(np.ptp, ptp)


def rows_of(a: Any, axis: Any) -> Any:
    """An array with the axes that are reduced made one, the last."""
    if axis is None:
        return np.ravel(a)
    rank = np.ndim(a)
    if not isinstance(axis, tuple):
        return np.moveaxis(a, axis, -1)
    reduced = [k % rank for k in axis]
    kept = [k for k in range(rank) if k not in reduced]
    return np.reshape(np.transpose(a, tuple(kept + reduced)), tuple([np.shape(a)[k] for k in kept]) + (-1,))


def numbered_halves(rows: Any) -> Any:
    """The two entries in the middle of sorted rows, whose NaN are last and do not count."""
    n = np.sum(~np.isnan(rows), axis=-1, keepdims=True)
    low = np.take_along_axis(rows, np.maximum(n - 1, 0) // 2, -1)
    return low[..., 0], np.take_along_axis(rows, np.maximum(n, 1) // 2, -1)[..., 0]


def halves(a: Any, axis: Any, keepdims: Any, skip_nan: bool) -> Any:
    """The two entries in the middle, in order, in the shape of the median; they may be the same."""
    rows = np.sort(rows_of(a, axis), axis=-1)
    n = np.shape(rows)[-1]
    low, high = numbered_halves(rows) if skip_nan else (rows[..., (n - 1) // 2], rows[..., n // 2])
    shape = kept_shape(a, axis) if keepdims else np.shape(low)
    return np.reshape(low, shape), np.reshape(high, shape)


def kept_shape(a: Any, axis: Any) -> Any:
    """The shape of a reduction with `keepdims`."""
    rank = np.ndim(a)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = [k % rank for k in axes]
    return tuple([1 if k in reduced else np.shape(a)[k] for k in range(rank)])


def median_share(g: Any, a: Any, axis: Any, keepdims: Any, skip_nan: bool) -> Any:
    """The pullback of a median: half of `g` to the entries equal to each of the two in the middle."""
    if np.ndim(a) == 0:
        return g
    low, high = halves(a, axis, keepdims, skip_nan)
    return attained(g / 2, a, low, axis, keepdims) + attained(g / 2, a, high, axis, keepdims)


def median_tangent(t: Any, a: Any, axis: Any, keepdims: Any, skip_nan: bool) -> Any:
    """The pushforward of a median."""
    if np.ndim(a) == 0:
        return t
    low, high = halves(a, axis, keepdims, skip_nan)
    return (attained_tangent(t, a, low, axis, keepdims) + attained_tangent(t, a, high, axis, keepdims)) / 2


# fmt: off
defvjp(np.median,    lambda g, ans, a, axis=None, out=None, overwrite_input=False, keepdims=False:
                         median_share(g, a, axis, keepdims, False))
defjvp(np.median,    lambda t, ans, a, axis=None, out=None, overwrite_input=False, keepdims=False:
                         median_tangent(t, a, axis, keepdims, False))
defvjp(np.nanmedian, lambda g, ans, a, axis=None, out=None, overwrite_input=False, keepdims=False:
                         median_share(g, a, axis, keepdims, True))
defjvp(np.nanmedian, lambda t, ans, a, axis=None, out=None, overwrite_input=False, keepdims=False:
                         median_tangent(t, a, axis, keepdims, True))
# fmt: on


# Quantiles: two neighbours in order, and a fraction of the way between them.

PLOTTING_POSITIONS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
PLOTTING_SOURCE = "Hyndman and Fan, Sample quantiles in statistical packages, 1996"


def stepped(n: Any, q: Any, method: str) -> Any:
    """The place of a quantile by a method that takes single entries, or means of two."""
    place = (n - 1) * q
    if method == "lower":
        return np.floor(place)
    if method == "higher":
        return np.ceil(place)
    if method == "nearest":
        return np.rint(place)
    if method == "midpoint":
        return 0.5 * (np.floor(place) + np.ceil(place))
    if method == "inverted_cdf":
        return np.ceil(n * q) - 1
    if method == "averaged_inverted_cdf":
        return 0.5 * (np.ceil(n * q) + np.floor(n * q + 1)) - 1
    return closest(n * q - 1.5)


def closest(at: Any) -> Any:
    """The next whole place after `at`; `at` itself where it is whole and odd (NumPy counts from 0)."""
    low = np.floor(at)
    return np.where((at == low) & (np.mod(low, 2) == 1), low, low + 1)


def place_of(n: Any, q: Any, method: str) -> Any:
    """Where in `n` sorted entries the quantile `q` is: a whole number and a fraction."""
    if method not in PLOTTING_POSITIONS:
        return np.clip(stepped(n, q, method), 0, n - 1)
    alpha, beta = PLOTTING_POSITIONS[method]
    if method == "linear":
        return (n - 1) * q
    return np.clip(n * q + (alpha + q * (1 - alpha - beta)) - 1, 0, n - 1)


def arranged(values: Any, a: Any, q: Any, axis: Any, keepdims: Any) -> Any:
    """Quantiles of rows, the axis of `q` last, in the shape that NumPy gives them."""
    kept = kept_shape(a, axis) if keepdims else np.shape(values)[:-1]
    out = np.reshape(np.moveaxis(values, -1, 0), np.shape(q) + kept)
    return out if np.ndim(out) > 0 else out[()]


def weighted_quantile(a: Any, q: Any, axis: Any, keepdims: bool, weights: Any, skip_nan: bool) -> Any:
    """The quantiles of weighted entries: the first in order at which the running weight reaches `q` of the whole."""
    a, weights = np.asarray(a), np.asarray(weights)
    if np.ndim(weights) < np.ndim(a):
        weights = placed(weights, axis, np.ndim(a))
    rows, shares = rows_of(a, axis), rows_of(np.broadcast_to(weights, np.shape(a)), axis)
    shares = np.where(np.isnan(rows), 0.0, shares) if skip_nan else shares
    order = np.argsort(rows, axis=-1, kind="stable")
    running = np.cumsum(np.take_along_axis(shares, order, -1), axis=-1)
    running = np.where(running == 0, -1.0, running / running[..., -1:])
    place = np.sum(running[..., None, :] < np.ravel(q)[:, None], axis=-1)
    values = np.take_along_axis(rows, np.take_along_axis(order, place, -1), -1)
    kept = kept_shape(a, axis) if keepdims else np.shape(values)[:-1]
    return np.reshape(np.moveaxis(values, -1, 0), np.shape(q) + kept)


def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles `q`."""
    if weights is not None:
        return weighted_quantile(a, q, axis, keepdims, weights, False)
    rows = np.sort(rows_of(np.asarray(a), axis), axis=-1)
    place = place_of(np.shape(rows)[-1], np.ravel(q), method)
    below = np.floor(place).astype(int)
    low, high = rows[..., below], rows[..., np.ceil(place).astype(int)]
    fraction = place - below
    values = low + np.where(fraction == 0, 0, (high - low) * fraction)
    values = np.where(np.isnan(rows[..., -1:]), np.nan, values)
    return arranged(values, a, q, axis, keepdims)


def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles `q` of the entries that are numbers; sorting puts the others last."""
    if weights is not None:
        return weighted_quantile(a, q, axis, keepdims, weights, True)
    rows = np.sort(rows_of(np.asarray(a), axis), axis=-1)
    n = np.maximum(np.sum(~np.isnan(rows), axis=-1, keepdims=True), 1)
    place = place_of(n, np.ravel(q), method)
    below = np.floor(place).astype(int)
    low = np.take_along_axis(rows, below, -1)
    high = np.take_along_axis(rows, np.ceil(place).astype(int), -1)
    values = low + (high - low) * (place - below)
    return arranged(values, a, q, axis, keepdims)


def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles at `q` hundredths."""
    return quantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims, weights=weights)


def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles at `q` hundredths of the entries that are numbers."""
    return nanquantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims, weights=weights)


composite(np.quantile, quantile, source=PLOTTING_SOURCE)
composite(np.percentile, percentile, source=PLOTTING_SOURCE)
composite(np.nanquantile, nanquantile, source=PLOTTING_SOURCE)
composite(np.nanpercentile, nanpercentile, source=PLOTTING_SOURCE)


def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """The mean, with weights."""
    a = np.asarray(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        return (mean, np.zeros_like(mean) + np.size(a) / np.size(mean)) if returned else mean
    weights = np.asarray(weights)
    if np.ndim(weights) != np.ndim(a):
        weights = placed(weights, axis, np.ndim(a))
    weights = np.broadcast_to(weights, np.shape(a))
    scale = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / scale
    return (mean, scale + np.zeros_like(mean)) if returned else mean


def placed(weights: Any, axis: Any, rank: int) -> Any:
    """Weights of the entries along some axes, with the other axes added."""
    axes = [k % rank for k in (axis if isinstance(axis, tuple) else (axis,))]
    ordered = np.transpose(weights, tuple([axes.index(k) for k in sorted(axes)]))
    return np.expand_dims(ordered, tuple([k for k in range(rank) if k not in axes]))


composite(np.average, average)


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


# Differences and integrals.


def after(a: Any, axis: int) -> Any:
    """All layers but the first."""
    return a[along(axis, slice(1, None))]


def before(a: Any, axis: int) -> Any:
    """All layers but the last."""
    return a[along(axis, slice(None, -1))]


def as_layer(v: Any, a: Any, axis: int) -> Any:
    """What is put at an end of an array along an axis: a scalar is one layer."""
    shape = np.shape(a)
    return np.broadcast_to(v, shape[:axis] + (1,) + shape[axis + 1 :]) if np.ndim(v) == 0 else v


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours, `n` times."""
    a = np.asarray(a)
    axis = axis % np.ndim(a)
    if prepend is not None and append is not None:
        a = np.concatenate([as_layer(prepend, a, axis), a, as_layer(append, a, axis)], axis)
    elif prepend is not None:
        a = np.concatenate([as_layer(prepend, a, axis), a], axis)
    elif append is not None:
        a = np.concatenate([a, as_layer(append, a, axis)], axis)
    for _ in range(n):
        a = after(a, axis) - before(a, axis)
    return a


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours of a flat array, with more at both ends."""
    flat = np.ravel(ary)
    steps = flat[1:] - flat[:-1]
    if to_begin is not None:
        steps = np.concatenate([np.ravel(to_begin), steps])
    return steps if to_end is None else np.concatenate([steps, np.ravel(to_end)])


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule."""
    y = np.asarray(y)
    axis = axis % np.ndim(y)
    heights = (after(y, axis) + before(y, axis)) / 2
    if x is None:
        return np.sum(heights * dx, axis=axis)
    x = np.asarray(x)
    if np.ndim(x) == 1:
        return np.sum(np.reshape(x[1:] - x[:-1], (-1,) + (1,) * (np.ndim(y) - 1 - axis)) * heights, axis=axis)
    axis_of_x = axis - np.ndim(y) + np.ndim(x)
    return np.sum((after(x, axis_of_x) - before(x, axis_of_x)) * heights, axis=axis)


def slope_even(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Central differences on an even grid, one-sided at the ends."""
    inner = (f[along(axis, slice(2, None))] - f[along(axis, slice(None, -2))]) / (2.0 * h)
    f0, f1, e0, e1 = layer(f, axis, 0), layer(f, axis, 1), layer(f, axis, -1), layer(f, axis, -2)
    if edge_order == 1:
        return np.concatenate([(f1 - f0) / h, inner, (e0 - e1) / h], axis)
    f2, e2 = layer(f, axis, 2), layer(f, axis, -3)
    first = (-1.5 * f0 + 2.0 * f1 - 0.5 * f2) / h
    return np.concatenate([first, inner, (1.5 * e0 - 2.0 * e1 + 0.5 * e2) / h], axis)


def layer(f: Any, axis: int, k: int) -> Any:
    """Layer `k` of an array along an axis, the axis kept."""
    return f[along(axis, slice(k, k + 1 if k != -1 else None))]


def slope_uneven(f: Any, x: Any, axis: int, edge_order: int) -> Any:
    """Second-order differences on an uneven grid, one-sided at the ends."""
    d = x[1:] - x[:-1]
    tail = (1,) * (np.ndim(f) - axis - 1)
    a, b = np.reshape(d[:-1], (-1,) + tail), np.reshape(d[1:], (-1,) + tail)
    low, mid, high = (
        f[along(axis, slice(None, -2))],
        f[along(axis, slice(1, -1))],
        f[along(axis, slice(2, None))],
    )
    inner = -b / (a * (a + b)) * low + (b - a) / (a * b) * mid + a / (b * (a + b)) * high
    f0, f1, e0, e1 = layer(f, axis, 0), layer(f, axis, 1), layer(f, axis, -1), layer(f, axis, -2)
    if edge_order == 1:
        return np.concatenate([(f1 - f0) / d[0], inner, (e0 - e1) / d[-1]], axis)
    first = one_sided(f0, f1, layer(f, axis, 2), d[0], d[1])
    return np.concatenate([first, inner, -one_sided(e0, e1, layer(f, axis, -3), d[-1], d[-2])], axis)


def one_sided(f0: Any, f1: Any, f2: Any, a: Any, b: Any) -> Any:
    """The slope at the first of three points, `a` and then `b` apart."""
    return -(2.0 * a + b) / (a * (a + b)) * f0 + (a + b) / (a * b) * f1 - a / (b * (a + b)) * f2


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slopes along some axes, on even or uneven grids."""
    f = np.asarray(f)
    rank = np.ndim(f)
    axes = (
        list(range(rank))
        if axis is None
        else [k % rank for k in (axis if isinstance(axis, tuple) else (axis,))]
    )
    spacings = (
        [1.0] * len(axes) if len(varargs) == 0 else list(varargs) * (len(axes) if len(varargs) == 1 else 1)
    )
    slopes = [
        slope_even(f, spacings[k], axes[k], edge_order)
        if np.ndim(spacings[k]) == 0
        else slope_uneven(f, np.asarray(spacings[k]), axes[k], edge_order)
        for k in range(len(axes))
    ]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


composite(np.diff, diff, shares=True)
composite(np.ediff1d, ediff1d)
composite(np.trapezoid, trapezoid)
composite(np.gradient, gradient)
if hasattr(np, "trapz"):
    composite(np.trapz, trapezoid)


# Statistics of pairs.


def observations(m: Any, rowvar: bool) -> Any:
    """The data as a matrix, a variable a row."""
    m = np.asarray(m)
    if np.ndim(m) < 2:
        return np.reshape(m, (1, -1))
    return m if rowvar or np.shape(m)[0] == 1 else np.transpose(m)


def weights_of(fweights: Any, aweights: Any) -> Any:
    """The weight of every observation, or None."""
    if fweights is None:
        return None if aweights is None else np.asarray(aweights)
    return np.asarray(fweights) if aweights is None else fweights * np.asarray(aweights)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariance matrix."""
    x = observations(m, rowvar)
    x = x if y is None else np.concatenate([x, observations(y, rowvar)], 0)
    lost = (0 if bias else 1) if ddof is None else ddof
    weights = weights_of(fweights, aweights)
    if weights is None:
        x = x - np.mean(x, axis=1, keepdims=True)
        return np.squeeze(x @ np.conj(np.transpose(x)) / (np.shape(x)[1] - lost))
    whole = np.sum(weights)
    x = x - np.sum(x * weights, axis=1, keepdims=True) / whole
    return np.squeeze((x * weights) @ np.conj(np.transpose(x)) / lessened(whole, weights, aweights, lost))


def lessened(whole: Any, weights: Any, aweights: Any, lost: Any) -> Any:
    """The divisor of a weighted covariance."""
    if lost == 0 or aweights is None:
        return whole - lost
    return whole - lost * np.sum(weights * aweights) / whole


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The matrix of correlations."""
    c = cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    scale = np.sqrt(np.real(np.diagonal(c)))
    c = c / scale[:, None] / scale[None, :]
    return np.clip(c, -1, 1) if np.isrealobj(c) else c


composite(np.cov, cov)
composite(np.corrcoef, corrcoef)


# Counting with weights. The counts themselves, and the edges, are constants.


def bin_of(a: Any, edges: Any) -> Any:
    """The bin of every entry; the last bin is closed, and what is in none has the number -1."""
    a = np.asarray(a)
    k = np.searchsorted(edges, a, side="right") - 1
    n = np.size(edges) - 1
    k = np.where(a == edges[-1], n - 1, k)
    return np.where((a >= edges[0]) & (a <= edges[-1]), k, -1)


def histogram_share(g: Any, ans: Any, a: Any, weights: Any, density: Any) -> Any:
    """The cotangent of the weights of a histogram; a density is a share of the whole, a unit of width."""
    counts, edges = ans
    if density:
        whole = np.sum(np.where(bin_of(a, edges) >= 0, weights, 0))
        width = edges[1:] - edges[:-1]
        g = (g / width - np.sum(g * counts)) / whole
    k = bin_of(a, edges)
    return np.where(k >= 0, g[k], 0)


def histogram_tangent(t: Any, ans: Any, a: Any, weights: Any, density: Any) -> Any:
    """The tangent of a histogram from that of its weights."""
    counts, edges = ans
    k = bin_of(a, edges)
    t = np.where(k >= 0, t, 0)
    sums = np.bincount(np.ravel(k) + 1, np.ravel(t), np.size(counts) + 1)[1:]
    if density:
        whole = np.sum(np.where(k >= 0, weights, 0))
        sums = (sums / (edges[1:] - edges[:-1]) - counts * np.sum(t)) / whole
    return sums, np.zeros_like(edges)


def along_edges(edges: Any) -> Any:
    """How far each edge is on the way from the first to the last."""
    return np.arange(np.size(edges)) / (np.size(edges) - 1)


def data_share(g: Any, a: Any, bins: Any, range: Any, density: Any) -> Any:
    """The cotangent of the data of a histogram: counts are constant, equal bins reach from end to end."""
    refuse(density is True, "numpy.histogram of a density, with respect to its data,")
    if np.ndim(bins) > 0 or range is not None:
        return np.zeros_like(a)
    least, greatest, part = a == np.min(a), a == np.max(a), along_edges(g)
    low, high = np.sum(g * (1 - part)) / np.sum(least), np.sum(g * part) / np.sum(greatest)
    return np.where(least, low, 0.0) + np.where(greatest, high, 0.0)


def data_tangent(t: Any, ans: Any, a: Any, bins: Any, range: Any, density: Any) -> Any:
    """The tangent of a histogram from that of its data."""
    refuse(density is True, "numpy.histogram of a density, with respect to its data,")
    if np.ndim(bins) > 0 or range is not None:
        return np.zeros(np.shape(ans[0])), np.zeros_like(ans[1])
    least, greatest, part = a == np.min(a), a == np.max(a), along_edges(ans[1])
    low = np.sum(np.where(least, t, 0.0)) / np.sum(least)
    high = np.sum(np.where(greatest, t, 0.0)) / np.sum(greatest)
    return np.zeros(np.shape(ans[0])), low * (1 - part) + high * part


# fmt: off
linear(np.bincount,  None,
                     lambda g, ans, x, weights=None, minlength=0: g[x], of=(1,))
defvjp(np.histogram, lambda g, ans, a, bins=10, range=None, density=None, weights=None:
                         data_share(g[1], a, bins, range, density),
                     None, None, None,
                     lambda g, ans, a, bins=10, range=None, density=None, weights=None:
                         histogram_share(g[0], ans, a, weights, density))
defjvp(np.histogram, lambda t, ans, a, bins=10, range=None, density=None, weights=None:
                         data_tangent(t, ans, a, bins, range, density),
                     None, None, None,
                     lambda t, ans, a, bins=10, range=None, density=None, weights=None:
                         histogram_tangent(t, ans, a, weights, density))
# fmt: on
define(np.bincount, data_shape=True)
define(np.histogram, limits="counts are constants; not a density with respect to the data")


# Interpolation: the piece that holds `x`, and constants beyond the ends.


def wrapped(x: Any, xp: Any, fp: Any, period: Any) -> Any:
    """The points of a periodic function, in order, with a neighbour at both ends."""
    period = np.abs(period)
    xp = xp % period
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x % period, xp, np.concatenate([fp[-1:], fp, fp[:1]])


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The piecewise linear function through the points."""
    x, xp, fp = np.asarray(x, dtype=float), np.asarray(xp, dtype=float), np.asarray(fp)
    if period is not None:
        x, xp, fp = wrapped(x, xp, fp, period)
    n = np.size(xp)
    piece = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(n - 2, 0))
    following = np.minimum(piece + 1, n - 1)
    start, value = xp[piece], fp[piece]
    width = xp[following] - start
    inside = value + (fp[following] - value) / np.where(width == 0, 1, width) * (x - start)
    inside = np.where(x > xp[-1], fp[-1] if right is None or period is not None else right, inside)
    out = np.where(x < xp[0], fp[0] if left is None or period is not None else left, inside)
    return out if np.ndim(out) > 0 else out[()]


composite(np.interp, interp)


# Convolution: the pullback is a convolution with the other operand reversed, of `g` put where it was cut from.


def uncut(g: Any, a: Any, v: Any, start: Any) -> Any:
    """The cotangent of a full convolution, of which `g` belongs to a part."""
    rest = np.size(a) + np.size(v) - 1 - start - np.size(g)
    return np.concatenate([np.zeros(start, g.dtype), g, np.zeros(rest, g.dtype)])


def full_cotangent(g: Any, a: Any, v: Any, mode: Any) -> Any:
    """The cotangent of the full convolution behind `np.convolve`."""
    if mode == "full":
        return g
    shorter = min(np.size(a), np.size(v))
    return uncut(g, a, v, (shorter - 1) // 2 if mode == "same" else shorter - 1)


def full_correlation(g: Any, a: Any, v: Any, mode: Any) -> Any:
    """The same behind `np.correlate`, which is reversed where its second operand is the longer one."""
    if mode == "full":
        return g
    shorter = min(np.size(a), np.size(v))
    return uncut(g, a, v, (shorter - (np.size(a) >= np.size(v))) // 2 if mode == "same" else shorter - 1)


# fmt: off
linear(np.convolve,  lambda g, ans, a, v, mode="full":
           np.reshape(np.convolve(full_cotangent(g, a, v, mode), np.ravel(v)[::-1], "valid"), np.shape(a)),
                     lambda g, ans, a, v, mode="full":
           np.reshape(np.convolve(full_cotangent(g, a, v, mode), np.ravel(a)[::-1], "valid"), np.shape(v)), of=(0, 1))
linear(np.correlate, lambda g, ans, a, v, mode="valid":
                         np.convolve(full_correlation(g, a, v, mode), np.conj(v), "valid"),
                     lambda g, ans, a, v, mode="valid":
                         np.conj(np.convolve(full_correlation(g, a, v, mode), a[::-1], "valid"))[::-1], of=(0, 1))
# fmt: on


# Polynomials, the highest power first.


def falling(n: int) -> Any:
    """The exponents of `n` coefficients."""
    return np.arange(n - 1, -1, -1)


def steps_of(x: Any, n: int) -> Any:
    """The derivative of the rising powers of `x` below `n`, the first (a constant) left out."""
    return np.vander(x, n - 1, True) * np.arange(1, n)


def vander_share(g: Any, x: Any, increasing: bool) -> Any:
    """The pullback of a Vandermonde matrix."""
    g = g if increasing else g[:, ::-1]
    return np.sum(g[:, 1:] * steps_of(x, max(np.shape(g)[1], 1)), axis=1)


def vander_tangent(t: Any, ans: Any, x: Any, increasing: bool) -> Any:
    """The pushforward of a Vandermonde matrix."""
    slopes = np.concatenate(
        [np.zeros_like(ans[:, :1]), t[:, None] * steps_of(x, max(np.shape(ans)[1], 1))], 1
    )
    return slopes if increasing else slopes[:, ::-1]


def end_of(g: Any, p: Any) -> Any:
    """The part of the coefficients of a sum that a polynomial, perhaps shorter, reaches."""
    return np.reshape(g[np.size(g) - np.size(p) :], np.shape(p))


def untrimmed(g: Any, a1: Any, a2: Any) -> Any:
    """The cotangent of a product, with the leading zeros that `polymul` takes off."""
    return np.concatenate([np.zeros(np.size(a1) + np.size(a2) - 1 - np.size(g), g.dtype), g])


def product_tangent(t: Any, ans: Any, other: Any) -> Any:
    """The tangent of a product, cut to the coefficients it has."""
    whole = np.convolve(np.ravel(t), np.ravel(other))
    return whole[np.size(whole) - np.size(ans) :]


# fmt: off
defvjp(np.vander,   lambda g, ans, x, N=None, increasing=False: vander_share(g, x, increasing))
defjvp(np.vander,   lambda t, ans, x, N=None, increasing=False: vander_tangent(t, ans, x, increasing))
defvjp(np.polyval,  lambda g, ans, p, x: np.ravel(g) @ np.vander(np.ravel(x), np.size(p)),
                    lambda g, ans, p, x: g * np.polyval(np.polyder(p), x))
defjvp(np.polyval,  lambda t, ans, p, x: np.polyval(t, x),
                    lambda t, ans, p, x: t * np.polyval(np.polyder(p), x))
defvjp(np.polyadd,  lambda g, ans, a1, a2: end_of(g, a1),
                    lambda g, ans, a1, a2: end_of(g, a2))
defjvp(np.polyadd,  lambda t, ans, a1, a2: np.polyadd(t, np.zeros_like(a2)),
                    lambda t, ans, a1, a2: np.polyadd(np.zeros_like(a1), t))
defvjp(np.polysub,  lambda g, ans, a1, a2: end_of(g, a1),
                    lambda g, ans, a1, a2: -end_of(g, a2))
defjvp(np.polysub,  lambda t, ans, a1, a2: np.polysub(t, np.zeros_like(a2)),
                    lambda t, ans, a1, a2: np.polysub(np.zeros_like(a1), t))
defvjp(np.polymul,  lambda g, ans, a1, a2:
                        np.reshape(np.convolve(untrimmed(g, a1, a2), np.ravel(a2)[::-1], "valid"), np.shape(a1)),
                    lambda g, ans, a1, a2:
                        np.reshape(np.convolve(untrimmed(g, a1, a2), np.ravel(a1)[::-1], "valid"), np.shape(a2)))
defjvp(np.polymul,  lambda t, ans, a1, a2: product_tangent(t, ans, a2),
                    lambda t, ans, a1, a2: product_tangent(t, ans, a1))
# fmt: on
define(np.polymul, data_shape=True)


def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the derivative of order `m`."""
    p = np.asarray(p)
    for _ in range(m):
        p = p[:-1] * falling(np.size(p))[:-1]
    return p


def constants_of(k: Any, m: int) -> Any:
    """The `m` constants of integration."""
    if k is None:
        return [0.0] * m
    if np.ndim(k) == 0:
        return [k] * m
    return [k[0]] * m if m > 1 and len(k) == 1 else [k[j] for j in range(m)]


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of the integral of order `m`."""
    p = np.asarray(p)
    constants = constants_of(k, m)
    for j in range(m):
        p = np.concatenate([p / np.arange(np.size(p), 0, -1), np.reshape(constants[j], (1,))])
    return p


def polydiv(u: Any, v: Any) -> Any:
    """Quotient and remainder, as by hand; leading zeros of the remainder are taken off."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = np.size(u) - 1, np.size(v) - 1
    quotient = np.zeros(max(m - n + 1, 1), np.result_type(u, v))
    rest = u + np.zeros_like(quotient[:1])
    for k in range(m - n + 1):
        d = rest[k] / v[0]
        quotient[k] = d
        rest[k : k + n + 1] -= d * v
    large = np.append(~np.isclose(rest[:-1], 0, rtol=1e-14), True)
    return quotient, rest[np.argmax(large) :]


def residual_covariance(lhs: Any, rhs: Any, c: Any, scale: Any, cov: Any) -> Any:
    """The covariance of fitted coefficients."""
    base = np.linalg.inv(np.transpose(lhs) @ lhs) / np.outer(scale, scale)
    if cov == "unscaled":
        return base
    residual = rhs - lhs @ (c * (scale if np.ndim(c) == 1 else scale[:, None]))
    factor = np.sum(residual * residual, axis=0) / (np.shape(lhs)[0] - np.shape(lhs)[1])
    return base * factor if np.ndim(c) == 1 else base[:, :, None] * factor


def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The polynomial of least squares."""
    lhs, rhs = np.vander(np.asarray(x) + 0.0, deg + 1), np.asarray(y) + 0.0
    if w is not None:
        w = np.asarray(w)
        lhs = lhs * w[:, None]
        rhs = rhs * (w if np.ndim(rhs) == 1 else w[:, None])
    scale = np.sqrt(np.sum(lhs * lhs, axis=0))
    lhs = lhs / scale
    limit = np.float64(np.size(x) * 2.220446049250313e-16) if rcond is None else rcond
    c, residuals, rank, s = np.linalg.lstsq(lhs, rhs, limit)
    c = c / (scale if np.ndim(c) == 1 else scale[:, None])
    if full:
        return c, residuals, rank, s, limit
    return (c, residual_covariance(lhs, rhs, c, scale, cov)) if cov else c


composite(np.polyder, polyder, shares=True)
composite(np.polyint, polyint)
composite(np.polydiv, polydiv, data_shape=True)
composite(np.polyfit, polyfit)


def without_roots(ans: Any, s: Any) -> Any:
    """Sums over the roots, weighted by `s`, of the product of all other factors: Horner's partial values."""
    return np.convolve(ans[:-1], s)[: np.size(s)]


def poly_tangent(t: Any, ans: Any, z: Any) -> Any:
    """The pushforward of the polynomial with given roots; its first coefficient is always 1."""
    return np.concatenate([np.zeros_like(ans[:1]), -without_roots(ans, t @ np.vander(z, np.size(z), True))])


def poly_share(g: Any, ans: Any, z: Any) -> Any:
    """The pullback of the polynomial with given roots: `-g` against the product of the other factors."""
    n = np.size(z)
    lags = np.convolve(g[1:], ans[:-1][::-1])[n - 1 :]
    return -np.polyval(lags[::-1], z)


def with_roots(z: Any) -> Any:
    """The polynomial with given roots."""
    return np.poly(z)


def characteristic(a: Any) -> Any:
    """The characteristic polynomial of a matrix, by the recurrence of Faddeev and LeVerrier."""
    n = np.shape(a)[0]
    eye = np.eye(n, dtype=a.dtype)
    out = np.zeros(n + 1, dtype=a.dtype)
    out[0] = 1.0
    m = np.zeros_like(a)
    for k in range(1, n + 1):
        m = a @ m + out[k - 1] * eye
        out[k] = -np.trace(a @ m) / k
    return out


def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with given roots, or the characteristic polynomial of a matrix."""
    z = np.asarray(seq_of_zeros)
    return characteristic(z) if np.ndim(z) == 2 else with_roots(np.atleast_1d(z))


# fmt: off
defvjp(with_roots, lambda g, ans, z: poly_share(g, ans, z))
defjvp(with_roots, lambda t, ans, z: poly_tangent(t, ans, z))
# fmt: on
composite(np.poly, poly, source="synthetic division, Horner 1819; Faddeev and LeVerrier for a matrix")
