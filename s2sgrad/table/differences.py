"""Differences, slopes, integrals and interpolation of sampled functions, and their convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .indexing import along
from .registry import linear

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


def np_correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Convolution with the second sequence reversed and conjugated; NumPy rounds the middle by which is the longer."""
    turned = np.conj(v[::-1])
    if mode != "same":
        return np.convolve(a, turned, mode)
    n, longer = min(a.shape[0], v.shape[0]), max(a.shape[0], v.shape[0])
    start = (n - 1) // 2 if a.shape[0] >= v.shape[0] else n // 2
    return np.convolve(a, turned, "full")[start : start + longer]


composite(np.correlate, np_correlate)
