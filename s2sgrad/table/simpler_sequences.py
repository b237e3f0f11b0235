"""Sequences, polynomials, whole numbers, grids and windows by way of simpler functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels import arrays, numbers
from .indexing import along
from .polynomials import falling
from .simpler import simpler

# Sequences and polynomials.


@simpler(np.convolve)
def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = np.ravel(a), np.ravel(v)
    dtype = np.result_type(a, v)
    whole = arrays.full_convolution(a.astype(dtype), v.astype(dtype))
    if mode == "full":
        return whole
    shorter, longer = min(np.shape(a)[0], np.shape(v)[0]), max(np.shape(a)[0], np.shape(v)[0])
    if mode == "valid":
        return whole[shorter - 1 : longer]
    start = (shorter - 1) // 2
    return whole[start : start + longer]


@simpler(np.vander)
def _vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    n = np.shape(x)[0] if N is None else N
    return x[:, None] ** (np.arange(n) if increasing else falling(n))


@simpler(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p = np.asarray(p)
    dtype = np.result_type(p, x)
    values = arrays.polynomial(p.astype(dtype), np.reshape(x, (np.size(x),)).astype(dtype))
    return values[0] if np.ndim(x) == 0 else np.reshape(values, np.shape(x))


def longer_by(p: Any, n: Any) -> Any:
    """Coefficients with zeros in front, `n` of them in all."""
    return np.concatenate([np.zeros(n - np.size(p), p.dtype), p])


@simpler(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    n = max(np.size(a1), np.size(a2))
    return longer_by(np.ravel(a1), n) + longer_by(np.ravel(a2), n)


@simpler(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    n = max(np.size(a1), np.size(a2))
    return longer_by(np.ravel(a1), n) - longer_by(np.ravel(a2), n)


@simpler(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(arrays.without_leading_zeros(np.ravel(a1)), arrays.without_leading_zeros(np.ravel(a2)))


@simpler(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    return arrays.polynomial_of_roots(np.asarray(seq_of_zeros))


@simpler(np.add.reduceat)
def _add_reduceat(array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    place = axis % np.ndim(array)
    n = np.shape(array)[place]
    starts = np.asarray(indices)
    zero = np.zeros_like(array[along(place, slice(0, 1))])
    totals = np.concatenate([zero, np.cumsum(array, place)], place)
    following = np.concatenate([starts[1:], np.full(1, n)])
    stops = np.where(following > starts, following, starts + 1)
    return totals[along(place, stops)] - totals[along(place, starts)]


@simpler(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 6.283185307179586) -> Any:
    place = axis % np.ndim(p)
    jump = p[along(place, slice(1, None))] - p[along(place, slice(None, -1))]
    least = period / 2 if discont is None else max(discont, period / 2)
    turned = np.mod(jump + period / 2, period) - period / 2
    turned = np.where((turned == -period / 2) & (jump > 0), period / 2, turned)
    correction = np.where(np.abs(jump) < least, 0, turned - jump)
    zero = np.zeros_like(p[along(place, slice(0, 1))])
    return p + np.concatenate([zero, np.cumsum(correction, place)], place)


# Numbers taken apart.


@simpler(np.clip)
def _clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **rest: Any,
) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@simpler(np.angle)
def _angle(z: Any, deg: Any = False) -> Any:
    return np.rad2deg(np.angle(z)) if deg else np.angle(z)


@simpler(np.nan_to_num)
def _nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    largest = 3.4028234663852886e38 if x.dtype == np.float32 else 1.7976931348623157e308
    above = largest if posinf is None else posinf
    below = -largest if neginf is None else neginf
    return np.where(np.isnan(x), nan, np.where(np.isposinf(x), above, np.where(np.isneginf(x), below, x)))


@simpler(np.modf, math.modf)
def _modf(x: Any) -> Any:
    whole = np.trunc(x)
    return np.copysign(np.where(np.isinf(x), 0.0, x - whole), x), whole


@simpler(np.frexp, math.frexp)
def _frexp(x: Any) -> Any:
    return numbers.mantissa(x), numbers.exponent(x)


@simpler(np.divmod, divmod)
def _divmod(x: Any, y: Any) -> Any:
    return x // y, x % y


@simpler(math.remainder)
def _remainder(x: Any, y: Any) -> Any:
    return x - np.rint(x / y) * y


@simpler(math.fsum)
def _fsum(seq: Any) -> Any:
    if isinstance(seq, (list, tuple)):
        total, lost = 0.0, 0.0
        for x in seq:
            total, lost = more_exactly(total, lost, x)
        return total + lost
    return arrays.exact_sum(np.asarray(seq).astype(np.float64))


def more_exactly(total: Any, lost: Any, x: Any) -> Any:
    """A sum with one more number, and what rounding lost (Neumaier, 1974)."""
    s = total + x
    return s, lost + ((total - s) + x if abs(total) >= abs(x) else (x - s) + total)


# Whole numbers: by loops, exact as long as they fit into 64 bits.


@simpler(math.gcd)
def _gcd(*integers: Any) -> Any:
    out = 0
    for n in integers:
        out = numbers.common_divisor(out, n)
    return out


@simpler(math.lcm)
def _lcm(*integers: Any) -> Any:
    out = 1
    for n in integers:
        out = numbers.common_multiple(out, n)
    return out


@simpler(math.factorial)
def _factorial(n: Any) -> Any:
    return numbers.falling_product(n, n)


@simpler(math.comb)
def _comb(n: Any, k: Any) -> Any:
    return numbers.choices(n, k)


@simpler(math.perm)
def _perm(n: Any, k: Any = None) -> Any:
    return numbers.falling_product(n, n if k is None else k)


@simpler(math.isqrt)
def _isqrt(n: Any) -> Any:
    return numbers.whole_root(n)


@simpler(np.lexsort)
def _lexsort(keys: Any, axis: Any = -1) -> Any:
    rows = [keys[k] for k in range(len(keys))]
    order = np.argsort(rows[0], axis)
    for row in rows[1:]:
        order = np.take_along_axis(order, np.argsort(np.take_along_axis(row, order, axis), axis), axis)
    return order


@simpler(np.array_equiv)
def _array_equiv(a1: Any, a2: Any) -> Any:
    return bool(np.all(a1 == a2))


# Grids and windows.


@simpler(np.indices)
def _indices(dimensions: Any, dtype: Any = int, sparse: Any = False) -> Any:
    rank = len(dimensions)
    grids = [
        np.reshape(np.arange(dimensions[k]), (1,) * k + (-1,) + (1,) * (rank - k - 1)).astype(dtype)
        for k in range(rank)
    ]
    if sparse:
        return tuple(grids)
    return np.stack([np.broadcast_to(grid, tuple(dimensions)) for grid in grids])


@simpler(np.ix_)
def _ix(*args: Any) -> Any:
    n = len(args)
    rows = [np.flatnonzero(a) if np.asarray(a).dtype.kind == "b" else np.asarray(a) for a in args]
    return tuple([np.reshape(rows[k], (1,) * k + (-1,) + (1,) * (n - k - 1)) for k in range(n)])


@simpler(np.tril_indices)
def _tril_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return arrays.places_of(np.tri(n, m, k, bool))


@simpler(np.triu_indices)
def _triu_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return arrays.places_of(~np.tri(n, m, k - 1, bool))


@simpler(np.tril_indices_from)
def _tril_indices_from(arr: Any, k: Any = 0) -> Any:
    return np.tril_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@simpler(np.triu_indices_from)
def _triu_indices_from(arr: Any, k: Any = 0) -> Any:
    return np.triu_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@simpler(np.diag_indices)
def _diag_indices(n: Any, ndim: Any = 2) -> Any:
    return (np.arange(n),) * ndim


@simpler(np.diag_indices_from)
def _diag_indices_from(arr: Any) -> Any:
    return (np.arange(np.shape(arr)[0]),) * np.ndim(arr)


@simpler(np.ravel_multi_index)
def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    out = multi_index[0]
    for k in range(1, len(dims)):
        out = out * dims[k] + multi_index[k]
    return out


@simpler(np.unravel_index)
def _unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    dims = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    out: Any = []
    for k in range(len(dims)):
        place = len(dims) - 1 - k
        out = [indices % dims[place]] + out
        indices = indices // dims[place]
    return tuple(out)


def cosine_window(M: Any, a: float, b: float, c: float) -> Any:
    angle = 2 * math.pi * np.arange(M) / max(M - 1, 1)
    return np.where(M == 1, 1.0, a - b * np.cos(angle) + c * np.cos(2 * angle))


@simpler(np.hanning)
def _hanning(M: Any) -> Any:
    return cosine_window(M, 0.5, 0.5, 0.0)


@simpler(np.hamming)
def _hamming(M: Any) -> Any:
    return cosine_window(M, 0.54, 0.46, 0.0)


@simpler(np.blackman)
def _blackman(M: Any) -> Any:
    return cosine_window(M, 0.42, 0.5, 0.08)


@simpler(np.bartlett)
def _bartlett(M: Any) -> Any:
    half = max(M - 1, 1) / 2
    n = np.arange(M)
    return np.where(M == 1, 1.0, np.where(n <= half, n / half, 2.0 - n / half))
