"""Variances, weighted averages, and covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .reductions import count_of, lift, numbers, only, total
from .registry import defjvp, defvjp

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
