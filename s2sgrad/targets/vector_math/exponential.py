"""exp and its family, in doubles.

x = n ln 2 + r with |r| <= ln(2)/2, ln 2 in two parts of which the first has 42 bits, so that n times it is exact
(Cody and Waite, Software Manual for the Elementary Functions); exp(r) by a polynomial; 2**n put into the exponent.
Long polynomials are evaluated in groups of four terms, which do not wait for one another (Estrin).
Arguments are clamped to where the result has become 0 or infinity, which the arithmetic then reaches by itself.
"""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import (
    ROUNDER,
    ROUNDER_BITS,
    float_bits,
    power_of_two,
    times_power_of_two,
    with_sign_of,
)

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471805598903  # 42 bits of ln 2
LN2_LOW = 5.497923018708371e-14


def clamped(x: Any, low: Any, high: Any) -> Any:
    """x within low and high; NaN stays."""
    x = low if x < low else x
    return high if x > high else x


def exp_reduced(x: Any) -> Any:
    """n and r with x = n ln 2 + r, for |x| < 800."""
    shifted = x * LOG2_E + ROUNDER
    n = shifted - ROUNDER
    return float_bits(shifted) - ROUNDER_BITS, (x - n * LN2_HIGH) - n * LN2_LOW


def exp_kernel(r: Any) -> Any:
    """exp(r) - 1 - r, for |r| <= ln(2)/2."""
    z = r * r
    low = (0.5000000000000001 + r * 0.16666666666666669) + z * (
        0.04166666666662413 + r * 0.008333333333330062
    )
    middle = (0.0013888888917213717 + r * 0.00019841269863053618) + z * (
        2.4801521295954376e-05 + r * 2.7557268459997064e-06
    )
    high = 2.7620088445409746e-07 + r * 2.510038549551032e-08
    fourth = z * z
    return z * (low + fourth * (middle + fourth * high))


def vector_exp(x: Any) -> Any:
    n, r = exp_reduced(clamped(x, -746.0, 710.0))
    return times_power_of_two(1.0 + (r + exp_kernel(r)), n)


def vector_exp2(x: Any) -> Any:
    x = clamped(x, -1076.0, 1025.0)
    shifted = x + ROUNDER
    part = x - (shifted - ROUNDER)
    r = part * 0.6931471805599453
    low = part * 2.3190468138462996e-17  # ln 2 has more digits than a double
    return times_power_of_two(1.0 + (r + (exp_kernel(r) + low)), float_bits(shifted) - ROUNDER_BITS)


def vector_expm1(x: Any) -> Any:
    """2**n (exp(r) - 2**-n), the exact part of the sum first."""
    n, r = exp_reduced(clamped(x, -40.0, 710.0))
    inverse = power_of_two(-(n if n < 1000 else 1000))
    result = times_power_of_two((r + (1.0 - inverse)) + exp_kernel(r), n)
    return x if x == 0.0 else result


def hyperbolic_parts(r: Any) -> Any:
    """cosh(r) - 1 and sinh(r) - r, for |r| <= ln(2)/2."""
    z = r * r
    c = z * 2.0918137737642736e-09 + 2.75572632790885e-07
    c = c * z + 2.4801587336442236e-05
    c = c * z + 0.0013888888888879073
    c = c * z + 0.04166666666666668
    c = c * z + 0.5
    s = z * 2.510038549551032e-08 + 2.7557268459997064e-06
    s = s * z + 0.00019841269863053618
    s = s * z + 0.008333333333330062
    s = s * z + 0.16666666666666669
    return z * c, z * r * s


def hyperbolic(x: Any) -> Any:
    """n, and sinh(x) and cosh(x) over 2**(n-1), for 0 <= x < 711, by the addition theorems for n ln 2 and r."""
    n, r = exp_reduced(x)
    inverse = power_of_two(-2 * (n if n < 500 else 500))
    difference, total = 1.0 - inverse, 1.0 + inverse
    c, s = hyperbolic_parts(r)
    sinh = (difference + total * r) + (difference * c + total * s)
    cosh = (total + difference * r) + (total * c + difference * s)
    return n, sinh, cosh


def vector_sinh(x: Any) -> Any:
    n, sinh, _ = hyperbolic(clamped(abs(x), 0.0, 711.0))
    return with_sign_of(times_power_of_two(sinh, n - 1), x)


def vector_cosh(x: Any) -> Any:
    n, _, cosh = hyperbolic(clamped(abs(x), 0.0, 711.0))
    return times_power_of_two(cosh, n - 1)


def tanh_kernel(x: Any) -> Any:
    """tanh(x), for |x| <= 0.5494."""
    z = x * x
    square = z * z
    low = (-0.3333333333333333 + z * 0.13333333333332728) + square * (
        -0.053968253967448886 + z * 0.02186948849434692
    )
    middle = (-0.008863234413515995 + z * 0.0035921105859637024) + square * (
        -0.0014556634889905222 + z * 0.0005889442392294812
    )
    high = (-0.0002346590802410171 + z * 8.515307997787498e-05) + square * -2.0630552105769933e-05
    fourth = square * square
    p = low + fourth * (middle + fourth * high)
    return x + x * z * p


def vector_tanh(x: Any) -> Any:
    """1 - 2 / (exp(2|x|) + 1) where that is at least 1/2, which keeps its error small."""
    size = abs(x)
    outer = 1.0 - 2.0 / (vector_exp(2.0 * size) + 1.0)
    return with_sign_of(tanh_kernel(size) if size < 0.5493 else outer, x)


def vector_sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), from e = exp(-|x|), which cannot overflow, corrected for what rounding 1 + e lost."""
    e = vector_exp(-abs(x))
    total = 1.0 + e
    y = (1.0 if x >= 0.0 else e) / total
    return y - y * ((e - (total - 1.0)) * (y if x >= 0.0 else 1.0 - y))
