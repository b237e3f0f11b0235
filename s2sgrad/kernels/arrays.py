"""Kernels that search, count and convolve."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import counting_kernel, kernel


@kernel
def insertion_places(a: Any, v: Any, after: Any) -> Any:
    """Where each of `v` goes in a sorted `a`: before what equals it, or after. NaN is beyond all numbers."""
    out = np.empty(v.shape[0], np.int64)
    for i in range(v.shape[0]):
        low, high = 0, a.shape[0]
        while low < high:
            middle = (low + high) // 2
            if is_before(a[middle], v[i]) or (after and not is_before(v[i], a[middle])):
                low = middle + 1
            else:
                high = middle
        out[i] = low
    return out


def is_before(a: Any, b: Any) -> Any:
    return a < b or (b != b and a == a)


@kernel
def full_convolution(a: Any, v: Any) -> Any:
    n, m = a.shape[0], v.shape[0]
    if n == 0 or m == 0:
        raise ValueError("a convolution needs entries on both sides")
    out = np.zeros(n + m - 1, a.dtype)
    for i in range(n):
        for j in range(m):
            out[i + j] += a[i] * v[j]
    return out


@counting_kernel
def places_of(mask: Any) -> Any:
    """The coordinates of what is true, one array an axis."""
    return np.nonzero(mask)


@counting_kernel
def repeated_places(counts: Any) -> Any:
    """Each number as often as its count says."""
    total = 0
    for i in range(counts.shape[0]):
        if counts[i] < 0:
            raise ValueError("counts cannot be negative")
        total += counts[i]
    out = np.empty(total, np.int64)
    at = 0
    for i in range(counts.shape[0]):
        for _ in range(counts[i]):
            out[at] = i
            at += 1
    return out


@counting_kernel
def counted_weights(x: Any, weights: Any, least: Any) -> Any:
    """The sum of the weights of each whole number from 0 on."""
    n = least
    for i in range(x.shape[0]):
        if x[i] < 0:
            raise ValueError("'list' argument must have no negative elements")
        n = max(n, x[i] + 1)
    out = np.zeros(n, weights.dtype)
    for i in range(x.shape[0]):
        out[x[i]] += weights[i]
    return out


@counting_kernel
def distinct(x: Any, order: Any) -> Any:
    """The distinct entries of `x`, given its order: them, the first place, the number, and which each entry is."""
    n = x.shape[0]
    count = 0
    which = np.empty(n, np.int64)
    for k in range(n):
        if k == 0 or differ(x[order[k]], x[order[k - 1]]):
            count += 1
        which[order[k]] = count - 1
    values = np.empty(count, x.dtype)
    first = np.empty(count, np.int64)
    times = np.zeros(count, np.int64)
    for k in range(n):
        j = which[order[k]]
        if times[j] == 0:
            values[j] = x[order[k]]
            first[j] = order[k]
        times[j] += 1
    return values, first, times, which


def differ(a: Any, b: Any) -> Any:
    return a != b and (a == a or b == b)


@kernel
def polynomial(p: Any, x: Any) -> Any:
    """A polynomial, the highest power first, at every entry of a vector."""
    out = np.zeros(x.shape[0], x.dtype)
    for i in range(x.shape[0]):
        total = out[i]
        for k in range(p.shape[0]):
            total = total * x[i] + p[k]
        out[i] = total
    return out


@counting_kernel
def without_leading_zeros(p: Any) -> Any:
    """Coefficients from the first that is not zero; one zero where all are."""
    start = 0
    while start < p.shape[0] - 1 and p[start] == 0:
        start += 1
    return p[start:].copy()


@kernel
def polynomial_of_roots(z: Any) -> Any:
    n = z.shape[0]
    out = np.zeros(n + 1, z.dtype)
    out[0] = 1
    for k in range(n):
        for j in range(k + 1, 0, -1):
            out[j] -= z[k] * out[j - 1]
    return out


@kernel
def exact_sum(x: Any) -> Any:
    """A sum with what rounding loses kept apart (Neumaier, 1974)."""
    total, lost = 0.0, 0.0
    for i in range(x.shape[0]):
        s = total + x[i]
        if abs(total) >= abs(x[i]):
            lost += (total - s) + x[i]
        else:
            lost += (x[i] - s) + total
        total = s
    return total + lost


@kernel
def scattered_products(a: Any, to_a: Any, b: Any, to_b: Any, size: Any) -> Any:
    """The sums of products of an entry each, by the sum of their places."""
    out = np.zeros(size, a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            out[to_a[i] + to_b[j]] += a[i] * b[j]
    return out
