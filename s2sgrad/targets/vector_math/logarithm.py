"""log and its family, in doubles.

x = 2**k m with m in [sqrt(1/2), sqrt(2)); log(m) = 2 atanh(s) with s = f / (2 + f), f = m - 1 exact, arranged as
f - (f*f/2 - s*(f*f/2 + s*s*P(s*s))), whose leading terms have no rounding error (Muller, Elementary Functions,
on the logarithm; the arrangement is that of Ng in FDLIBM). Denormal numbers are first multiplied by 2**54.
"""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import (
    INFINITY,
    NOT_A_NUMBER,
    bits_float,
    float_bits,
    power_of_two,
    small_integer_float,
)
from s2sgrad.targets.vector_math.exponential import LN2_HIGH, LN2_LOW, vector_exp

SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
LN2 = 0.6931471805599453


def binary_exponent(x: Any) -> Any:
    """k with x * 2**-k in [sqrt(1/2), sqrt(2)), for positive normal x."""
    return (float_bits(x) - SQRT_HALF_BITS) >> 52


def mantissa(x: Any, k: Any) -> Any:
    """x * 2**-k, by subtraction from the exponent."""
    return bits_float(float_bits(x) - (k << 52))


def log_kernel(f: Any, half: Any) -> Any:
    """log(1 + f) - f + half, where half = f*f/2, for 1 + f in [sqrt(1/2), sqrt(2))."""
    s = f / (2.0 + f)
    z = s * s
    p = z * 0.14616449685043406 + 0.15331721600556042
    p = p * z + 0.18182889125261723
    p = p * z + 0.2222221113479508
    p = p * z + 0.28571428625975487
    p = p * z + 0.39999999999899505
    p = p * z + 0.666666666666667
    return s * (half + z * p)


def log_reduced(x: Any) -> Any:
    """k as a float, and m - 1."""
    denormal = x < 2.2250738585072014e-308
    x = x * 18014398509481984.0 if denormal else x  # 2**54
    k = binary_exponent(x)
    exponent = small_integer_float(k)
    return exponent - 54.0 if denormal else exponent, mantissa(x, k) - 1.0


def log_or_limit(x: Any, result: Any) -> Any:
    """The result where x is positive and finite; what a logarithm is elsewhere."""
    result = result if x < INFINITY else x
    limit = -INFINITY if x == 0.0 else NOT_A_NUMBER
    return result if x > 0.0 else limit


def vector_log(x: Any) -> Any:
    k, f = log_reduced(x)
    half = 0.5 * f * f
    return log_or_limit(x, k * LN2_HIGH + (f - (half - (log_kernel(f, half) + k * LN2_LOW))))


def log_parts(f: Any) -> Any:
    """log(1 + f) as a sum, of which the first term has 21 bits."""
    half = 0.5 * f * f
    high = bits_float(float_bits(f - half) & -0x100000000)
    return high, ((f - high) - half) + log_kernel(f, half)


def vector_log2(x: Any) -> Any:
    k, f = log_reduced(x)
    high, low = log_parts(f)
    leading = high * 1.4426950407214463  # 32 bits of 1/ln 2: an exact product
    rest = low * 1.4426950407214463 + (low + high) * 1.6751713164886512e-10
    total = k + leading
    return log_or_limit(x, total + (rest + ((k - total) + leading)))


def vector_log10(x: Any) -> Any:
    k, f = log_reduced(x)
    high, low = log_parts(f)
    leading = high * 0.4342944818781689  # 32 bits of 1/ln 10
    rest = low * 0.4342944818781689 + (low + high) * 2.5082946711645275e-11
    exact = k * 0.30102999566395283  # 42 bits of log10(2)
    total = exact + leading
    return log_or_limit(x, total + (rest + (((exact - total) + leading) + k * 2.8363394551044964e-14)))


def vector_log1p(x: Any) -> Any:
    """log of the rounded 1 + x, corrected by what the rounding lost (Kahan)."""
    u = 1.0 + x
    k = binary_exponent(u)
    exponent = small_integer_float(k)
    f = mantissa(u, k) - 1.0
    lost = (x - (u - 1.0)) * power_of_two(-(k if k < 1000 else 1000))
    half = 0.5 * f * f
    low = log_kernel(f, half) + (exponent * LN2_LOW + lost * (1.0 - f))
    result = log_or_limit(u, exponent * LN2_HIGH + (f - (half - low)))
    return x if x == 0.0 else result


def log1p_of_fraction(e: Any) -> Any:
    """log(1 + e), for 0 <= e <= 1: as `vector_log1p`, with k = 0 or 1."""
    u = 1.0 + e
    upper = u > 1.4142135
    f = 0.5 * u - 1.0 if upper else u - 1.0
    lost = (e - (u - 1.0)) * (0.5 if upper else 1.0)
    half = 0.5 * f * f
    low = log_kernel(f, half) + (lost * (1.0 - f) + (LN2_LOW if upper else 0.0))
    return (LN2_HIGH if upper else 0.0) + (f - (half - low))


def vector_softplus(x: Any) -> Any:
    """log(1 + exp(x)), never overflowing."""
    return (0.0 if x < 0.0 else x) + log1p_of_fraction(vector_exp(-abs(x)))


def vector_logaddexp(x: Any, y: Any) -> Any:
    """log(exp(x) + exp(y)), as NumPy's: equal infinities have themselves as their sum."""
    larger = y if x < y else x
    apart = 0.0 if x == y else x - y
    return larger + log1p_of_fraction(vector_exp(-abs(apart)))
