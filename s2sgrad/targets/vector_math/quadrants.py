"""x = k pi/2 + r, |r| <= pi/4 but for rounding, for arguments of sin, cos and tan of any size, without a branch.

Below 2**15 the multiple of pi/2 is subtracted in three parts, products with the first two of which are exact, and the
first difference as well (Cody and Waite); what the second one loses is kept.
Beyond, x = m 2**e with an integer m, and x 2/pi modulo 4 is m (2**e 2/pi modulo 4): a product of integers, from a
table of 186 bits for each e (Payne and Hanek, Radian Reduction for Trigonometric Functions). No double is closer to
a multiple of pi/2 than 2**-61, so enough bits remain (Muller, Elementary Functions, on the worst cases).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.targets.vector_math.bits import (
    INFINITY,
    NOT_A_NUMBER,
    ROUNDER,
    bits_float,
    float_bits,
    small_integer_float,
)

TWO_OVER_PI = 0.6366197723675814
PI_HALF_1 = 1.5707963267923333  # 38 bits of pi/2
PI_HALF_2 = 2.5633441515839558e-12  # 38 more
PI_HALF_3 = 1.0562999066987428e-23
PI_HALF_24 = 1.570796251296997  # 24 bits of pi/2
PI_HALF_REST = 7.549789954891882e-08
UNIT_31, UNIT_60, UNIT_62 = 4.656612873077393e-10, 8.673617379884035e-19, 2.168404344971009e-19  # 2**-31 ...
NEAR = 32768.0  # 2**15
LIMB = 0x7FFFFFFF  # numbers of 31 bits, whose products fit an integer


def pi_bits(precision: Any) -> Any:
    """pi * 2**precision as an integer, but for its last few bits, by Machin's formula."""
    total = 0
    for factor, inverse in ((16, 5), (-4, 239)):
        term, k = (1 << precision) // inverse, 0
        while term:
            total += (-1) ** k * factor * (term // (2 * k + 1))
            term, k = term // (inverse * inverse), k + 1
    return total


def quarter_turns() -> Any:
    """2**(e - 52) 2/pi modulo 4 for e = 15 .. 1023, in units of 2**-184: three integers of 62 bits each."""
    two_over_pi = (1 << 2601) // pi_bits(1300)  # in units of 2**-1300
    table = np.empty((3, 1009), dtype=np.int64)
    for row in range(1009):
        shift = 1300 - 184 - (row + 15 - 52)
        bits = (two_over_pi >> shift if shift > 0 else two_over_pi << -shift) % (1 << 186)
        table[:, row] = bits >> 124, (bits >> 62) % (1 << 62), bits % (1 << 62)
    return table


QUARTER_TURNS = quarter_turns()
TURNS_HIGH, TURNS_MIDDLE, TURNS_LOW = (
    QUARTER_TURNS[0].copy(),
    QUARTER_TURNS[1].copy(),
    QUARTER_TURNS[2].copy(),
)


def far_fraction(bits: Any) -> Any:
    """x 2/pi modulo 4 for the x > 0 that has these bits: two integers of 62 bits, the first in units of 2**-60."""
    exponent = (bits >> 52) - 1038  # e - 15
    exponent = exponent if exponent > 0 else 0
    row = np.uint64(exponent if exponent < 1008 else 1008)
    high, middle, low = TURNS_HIGH[row], TURNS_MIDDLE[row], TURNS_LOW[row]
    m = (bits & 0xFFFFFFFFFFFFF) | 0x10000000000000
    m_high, m_low = m >> 31, m & LIMB
    digit_4 = m_low * (low >> 31) + m_high * (low & LIMB)
    digit_3 = m_low * (middle & LIMB) + m_high * (low >> 31) + (digit_4 >> 31)
    digit_2 = m_low * (middle >> 31) + m_high * (middle & LIMB) + (digit_3 >> 31)
    digit_1 = m_low * (high & LIMB) + m_high * (middle >> 31) + (digit_2 >> 31)
    digit_0 = m_low * (high >> 31) + m_high * (high & LIMB) + (digit_1 >> 31)
    return ((digit_0 & LIMB) << 31) | (digit_1 & LIMB), ((digit_2 & LIMB) << 31) | (digit_3 & LIMB)


def far_quadrant(size: Any) -> Any:
    """k modulo 4, and r as a sum, for finite |x| >= 2**15."""
    fraction, rest = far_fraction(float_bits(size))
    k = (fraction + 0x800000000000000) >> 60
    fraction = fraction - (k << 60)
    leading = (fraction + 0x40000000) >> 31  # to nearest: zero if the fraction is small, of either sign
    high = small_integer_float(leading) * 1.862645149230957e-09  # 2**-29
    units, below = small_integer_float(fraction - (leading << 31)), small_integer_float(rest >> 31) * UNIT_31
    low = units + below
    lost = ((units - low) + below + small_integer_float(rest & LIMB) * UNIT_62) * UNIT_60
    low = low * UNIT_60
    quarters = high + low
    lost = lost + ((high - quarters) + low)
    first = bits_float(
        float_bits(quarters) & -0x1000000
    )  # 29 bits: its product with 24 bits of pi/2 is exact
    exact, rest = first * PI_HALF_24, ((quarters - first) + lost) * 1.5707963267948966 + first * PI_HALF_REST
    r = exact + rest
    return k, r, (exact - r) + rest


def near_quadrant(size: Any) -> Any:
    """k modulo 4 in the low bits of an integer, and r = |x| - k pi/2 as a sum, for |x| < 2**15."""
    shifted = size * TWO_OVER_PI + ROUNDER
    k = shifted - ROUNDER
    difference = size - k * PI_HALF_1
    r = difference - k * PI_HALF_2
    return float_bits(shifted), r, ((difference - r) - k * PI_HALF_2) - k * PI_HALF_3


def quadrant(size: Any) -> Any:
    """The same for any |x|; r is NaN for those that are not finite."""
    k, r, rest = near_quadrant(size)
    far_k, far_r, far_rest = far_quadrant(size)
    r = r if size < NEAR else far_r
    rest = rest if size < NEAR else far_rest
    return k if size < NEAR else far_k, r if size < INFINITY else NOT_A_NUMBER, rest
