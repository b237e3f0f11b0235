"""x**y in doubles, as exp(y log(x)), for which log(x) is needed to 64 bits: what it loses, y multiplies by up to 745.

log(m) = 2 s (1 + W) with W = s*s/3 + ...; whatever counts is kept as a number of 26 bits, so that products are exact
without fused multiply-add, plus a small rest (the splitting of Dekker, as FDLIBM and Tang apply it to the logarithm).
"""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import (
    INFINITY,
    NOT_A_NUMBER,
    ROUNDER,
    ROUNDER_BITS,
    bits_float,
    float_bits,
    times_power_of_two,
)
from s2sgrad.targets.vector_math.exponential import LN2_HIGH, LN2_LOW, LOG2_E, clamped, exp_kernel
from s2sgrad.targets.vector_math.logarithm import log_reduced

THIRD_HIGH = 0.3333333283662796  # 26 bits of 1/3
THIRD_LOW = 4.967053731282552e-09


def leading_half(x: Any) -> Any:
    """The first 26 bits of x."""
    return bits_float(float_bits(x) & -0x8000000)


def square_log_series(z: Any) -> Any:
    """(log(m) / (2 s) - 1 - z/3) for z = s*s, s = (m - 1) / (m + 1)."""
    p = z * 0.058615255140488765 + 0.05853124270461193
    p = p * z + 0.06667402119112673
    p = p * z + 0.07692297485447729
    p = p * z + 0.09090909167657202
    p = p * z + 0.11111111110828116
    p = p * z + 0.14285714285714682
    p = p * z + 0.2
    return z * z * p


def precise_log(x: Any) -> Any:
    """log(x) as a sum of 26 bits and a rest, for positive finite x."""
    k, f = log_reduced(x)
    total = 2.0 + f
    inverse = 1.0 / total
    s = f * inverse
    s_high = leading_half(s)
    total_high = leading_half(total)
    s_low = ((f - s_high * total_high) - s_high * (f - (total_high - 2.0))) * inverse
    square = s_high * s_high
    square_high = leading_half(square)
    square_rest = (square - square_high) + s_low * (s + s_high)
    third = square_high * THIRD_HIGH
    w_high = leading_half(third)
    w_low = (third - w_high) + (square_rest * 0.3333333333333333 + square_high * THIRD_LOW)
    w_low = w_low + square_log_series(s * s)
    doubled = 2.0 * s_high
    product = doubled * w_high
    rest = doubled * w_low + 2.0 * s_low * (1.0 + (w_high + w_low)) + k * LN2_LOW
    exact = k * LN2_HIGH
    sum_1 = exact + doubled
    sum_2 = sum_1 + product
    rest = rest + (((exact - sum_1) + doubled) + ((sum_1 - sum_2) + product))
    high = leading_half(sum_2 + rest)
    return high, (sum_2 - high) + rest


def power_of_positive(x: Any, y: Any) -> Any:
    """x**y for positive finite x."""
    y = clamped(
        y, -7.378697629483821e19, 7.378697629483821e19
    )  # 2**66, where every x but 1 has over- or underflowed
    log_high, log_low = precise_log(x)
    y_high = leading_half(y)
    product = y_high * log_high
    rest = y_high * log_low + (y - y_high) * (log_high + log_low)
    rest = rest if abs(product) < 800.0 else 0.0
    product = clamped(product, -800.0, 800.0)
    shifted = product * LOG2_E + ROUNDER
    n = shifted - ROUNDER
    r = (product - n * LN2_HIGH) + (rest - n * LN2_LOW)
    return times_power_of_two(1.0 + (r + exp_kernel(r)), float_bits(shifted) - ROUNDER_BITS)


def vector_power(x: Any, y: Any) -> Any:
    size = abs(x)
    ordinary = (size > 0.0) & (size < INFINITY)
    limit = 0.0 if (y > 0.0) == (size == 0.0) else INFINITY  # of 0 and of infinity
    result = power_of_positive(size if ordinary else 1.0, y)
    result = result if ordinary else limit
    extent = abs(y)
    rounded = (
        extent + 4503599627370496.0 if extent < 4503599627370496.0 else extent
    )  # 2**52: the last bit is that of 1
    whole = (rounded - 4503599627370496.0 == extent) | (rounded == extent)
    odd = whole & ((float_bits(rounded) & 1) != 0) & (extent < 9007199254740992.0)
    negative = float_bits(x) < 0
    result = -result if negative & odd else result
    result = NOT_A_NUMBER if negative & ordinary & (not whole) else result
    result = result if (x == x) & (y == y) else NOT_A_NUMBER
    return 1.0 if (x == 1.0) | (y == 0.0) else result
