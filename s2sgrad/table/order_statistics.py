"""Medians and quantiles: entries found by their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .moments import placed
from .reductions import attained, attained_tangent
from .registry import defjvp, defvjp


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
