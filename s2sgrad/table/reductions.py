"""Reductions: sums, means, products, extremes.

A rule is written for the common call first: the pullback of `sum` is `broadcast_to`, that of `mean` the same of
a share of `g`. `where=` leaves entries out, and so do the functions that skip NaN: they are the plain ones with
the entries that are numbers as `where`. What is left out adds nothing, not even NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .registry import define, defjvp, defvjp

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
