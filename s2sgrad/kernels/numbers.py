"""Functions of numbers that neither Numba nor the C interface of SciPy has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import element


@element(np.float64)
def mantissa(x: Any) -> Any:
    return math.frexp(x)[0]


@element(np.int64)
def exponent(x: Any) -> Any:
    return math.frexp(x)[1]


@element(np.float64)
def hurwitz_zeta(s: Any, q: Any) -> Any:
    """The sum of (q + k)**-s, by Euler and Maclaurin (Abramowitz & Stegun 23.1.30); NaN and infinity as in SciPy."""
    if s == 1.0 or s != s or q != q:
        return np.inf if s == 1.0 else np.nan
    if s < 1.0:
        return np.nan
    if q <= 0.0:
        if q == math.floor(q):
            return np.inf
        if s != math.floor(s):
            return np.nan
    if s > 1e8:
        return 1.0 if q == 1.0 else (0.0 if q > 1.0 else np.inf)
    total = 0.0
    a = float(q)
    count = 0
    while a <= 9.0 or count < 9:
        term = a**-s
        total += term
        a += 1.0
        count += 1
        if count >= 9 and abs(term) < 1e-17 * abs(total):
            return total
    total += a ** (1.0 - s) / (s - 1.0) + 0.5 * a**-s
    # Bernoulli numbers over factorials
    factor, power = s, a ** (-s - 1.0)
    k = 0.0
    for b in (
        1.0 / 12.0, -1.0 / 720.0, 1.0 / 30240.0, -1.0 / 1209600.0, 1.0 / 47900160.0, -691.0 / 1307674368000.0,
        1.0 / 74724249600.0, -3617.0 / 10670622842880000.0, 43867.0 / 5109094217170944000.0,
        -174611.0 / 802857662698291200000.0,
    ):  # fmt: skip
        term = b * factor * power
        total += term
        if abs(term) < 1e-17 * abs(total):
            return total
        factor *= (s + k + 1.0) * (s + k + 2.0)
        power /= a * a
        k += 2.0
    return total


@element(np.float64)
def sine_integral(x: Any) -> Any:
    """The integral of sin(t) / t from 0, by its series: for small arguments."""
    term = x
    total = x
    for k in range(1, 30):
        term *= -x * x / ((2 * k) * (2 * k + 1))
        total += term / (2 * k + 1)
    return total


@element(np.int64)
def common_divisor(a: Any, b: Any) -> Any:
    a, b = abs(a), abs(b)
    while b:
        a, b = b, a % b
    return a


@element(np.int64)
def common_multiple(a: Any, b: Any) -> Any:
    if a == 0 or b == 0:
        return 0
    return abs(a) // common_divisor(a, b) * abs(b)


@element(np.int64)
def falling_product(n: Any, k: Any) -> Any:
    """n (n - 1) ... (n - k + 1)."""
    if n < 0 or k < 0:
        raise ValueError("factorial() not defined for negative values")
    out = 1
    for j in range(k):
        if n - j != 0 and out > 9223372036854775807 // max(n - j, 1):
            raise OverflowError("the result does not fit into 64 bits")
        out *= n - j
    return out


@element(np.int64)
def choices(n: Any, k: Any) -> Any:
    """The binomial coefficient."""
    if n < 0 or k < 0:
        raise ValueError("n must be a non-negative integer")
    if k > n:
        return 0
    out = 1
    for j in range(min(k, n - k)):
        if out > 9223372036854775807 // (n - j):
            raise OverflowError("the result does not fit into 64 bits")
        out = out * (n - j) // (j + 1)
    return out


@element(np.int64)
def whole_root(n: Any) -> Any:
    """The largest whole number whose square is not above `n`."""
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    root = int(math.sqrt(n))
    while root * root > n:
        root -= 1
    while (root + 1) * (root + 1) <= n:
        root += 1
    return root
