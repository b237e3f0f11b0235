"""Functions of float32 computed in doubles and rounded: half as fast as in single precision, with hardly another error.

sin, cos and tan have a reduction of their own, since products of 24 bits with 29 are exact in a double: x = m 2**e with
an integer m, and x 2/pi modulo 4 is m (2**e 2/pi modulo 4), from a table of that to 82 bits for every e (Payne and
Hanek, Radian Reduction for Trigonometric Functions).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.targets.vector_math.bits import ROUNDER, float_bits, power_of_two
from s2sgrad.targets.vector_math.exponential import vector_cosh, vector_exp2, vector_sinh
from s2sgrad.targets.vector_math.inverse_trigonometric import (
    vector_arccos,
    vector_arcsin,
    vector_arctan,
    vector_arctan2,
)
from s2sgrad.targets.vector_math.logarithm import vector_log2, vector_log10, vector_logaddexp
from s2sgrad.targets.vector_math.powers import vector_power
from s2sgrad.targets.vector_math.quadrants import pi_bits
from s2sgrad.targets.vector_math.special import vector_cbrt, vector_erf
from s2sgrad.targets.vector_math.trigonometric import sign_flipped


def quarter_turns_32() -> Any:
    """2**(e - 23) 2/pi modulo 4 for e = -150 .. 128, as sums of 29 bits and a double."""
    two_over_pi = (1 << 801) // pi_bits(400)  # in units of 2**-400
    table = np.empty((2, 279))
    for row in range(279):
        shift = row - 150 - 23
        turns = (two_over_pi << shift if shift > 0 else two_over_pi >> -shift) % (4 << 400)
        cut = max(turns.bit_length() - 29, 0)
        leading = turns >> cut << cut
        table[:, row] = leading / (1 << 400), (turns - leading) / (1 << 400)
    return table


QUARTER_TURNS_32 = quarter_turns_32()
TURNS_32, TURNS_REST_32 = QUARTER_TURNS_32[0].copy(), QUARTER_TURNS_32[1].copy()


def quadrant_32(size: Any) -> Any:
    """k modulo 4 in the low bits of an integer, and r, for a float32 |x| given as a double; NaN if it is not finite."""
    e = (float_bits(size) >> 52) - 1023
    e = e if e > -150 else -150
    e = e if e < 128 else 128
    m = size * power_of_two(23 - e)
    row = np.uint64(e + 150)
    leading, rest = m * TURNS_32[row], m * TURNS_REST_32[row]
    shifted = leading + rest + ROUNDER
    k = shifted - ROUNDER
    return float_bits(shifted), ((leading - k) + rest) * 1.5707963267948966 + (size - size)


def sin_and_cos_32(r: Any) -> Any:
    """sin(r) and cos(r) for |r| <= pi/4, to 40 bits."""
    z = r * r
    sin = r + r * z * (
        -0.16666666663853044
        + z * (0.008333331873837089 + z * (-0.00019840086263755443 + z * 2.7249864655139585e-06))
    )
    cos = 1.0 + z * (
        -0.49999999999963857
        + z
        * (
            0.041666666637372694
            + z * (-0.0013888885089126252 + z * (2.479986150250612e-05 + z * -2.7237076731325097e-07))
        )
    )
    return sin, cos


def vector_sin_32(x: Any) -> Any:
    k, r = quadrant_32(abs(np.float64(x)))
    sin, cos = sin_and_cos_32(r)
    value = np.float32(sign_flipped(cos if k & 1 else sin, k))
    return -value if x < 0.0 else (value if x > 0.0 else np.float32(x))


def vector_cos_32(x: Any) -> Any:
    k, r = quadrant_32(abs(np.float64(x)))
    sin, cos = sin_and_cos_32(r)
    return np.float32(sign_flipped(sin if k & 1 else cos, k + 1))


def vector_tan_32(x: Any) -> Any:
    k, r = quadrant_32(abs(np.float64(x)))
    sin, cos = sin_and_cos_32(r)
    value = np.float32((-cos if k & 1 else sin) / (sin if k & 1 else cos))
    return -value if x < 0.0 else (value if x > 0.0 else np.float32(x))


def vector_exp2_32(x: Any) -> Any:
    return np.float32(vector_exp2(np.float64(x)))


def vector_sinh_32(x: Any) -> Any:
    return np.float32(vector_sinh(np.float64(x)))


def vector_cosh_32(x: Any) -> Any:
    return np.float32(vector_cosh(np.float64(x)))


def vector_log2_32(x: Any) -> Any:
    return np.float32(vector_log2(np.float64(x)))


def vector_log10_32(x: Any) -> Any:
    return np.float32(vector_log10(np.float64(x)))


def vector_logaddexp_32(x: Any, y: Any) -> Any:
    return np.float32(vector_logaddexp(np.float64(x), np.float64(y)))


def vector_power_32(x: Any, y: Any) -> Any:
    return np.float32(vector_power(np.float64(x), np.float64(y)))


def vector_arctan_32(x: Any) -> Any:
    return np.float32(vector_arctan(np.float64(x)))


def vector_arctan2_32(y: Any, x: Any) -> Any:
    return np.float32(vector_arctan2(np.float64(y), np.float64(x)))


def vector_arcsin_32(x: Any) -> Any:
    return np.float32(vector_arcsin(np.float64(x)))


def vector_arccos_32(x: Any) -> Any:
    return np.float32(vector_arccos(np.float64(x)))


def vector_erf_32(x: Any) -> Any:
    return np.float32(vector_erf(np.float64(x)))


def vector_cbrt_32(x: Any) -> Any:
    return np.float32(vector_cbrt(np.float64(x)))
