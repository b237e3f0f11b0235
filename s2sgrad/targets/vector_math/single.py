"""exp, log, tanh and kin in single precision: twice as many numbers in a register as in double precision.

The methods are those of `exponential` and `logarithm`, with shorter polynomials. Every constant is a float32, and
every integer is made an int32 again after an operation, since Numba widens both where NumPy would not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ZERO_32, HALF_32, ONE_32, TWO_32 = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
INFINITY_32, NOT_A_NUMBER_32 = np.float32("inf"), np.float32("nan")
ROUNDER_32 = np.float32(12582912.0)  # 1.5 * 2**23
LOG2_E_32 = np.float32(1.442695)
LN2_HIGH_32 = np.float32(0.693145751953125)  # 16 bits of ln 2
LN2_LOW_32 = np.float32(1.4286068e-06)
SMALLEST_NORMAL_32 = np.float32(1.1754944e-38)
DENORMAL_SCALE_32, DENORMAL_SHIFT_32 = np.float32(16777216.0), np.float32(24.0)  # 2**24
EXP_LOWEST_32, EXP_HIGHEST_32, EXPM1_LOWEST_32 = np.float32(-104.0), np.float32(89.0), np.float32(-20.0)
EXP_2_32, EXP_3_32, EXP_4_32 = np.float32(0.5), np.float32(0.16666576), np.float32(0.041666556)
EXP_5_32, EXP_6_32 = np.float32(0.008363179), np.float32(0.0013926184)
LOG_2_32, LOG_4_32 = np.float32(0.6666667), np.float32(0.40000123)
LOG_6_32, LOG_8_32 = np.float32(0.28550822), np.float32(0.23330468)
SQRT_TWO_32, TANH_LIMIT_32 = np.float32(1.4142135), np.float32(0.5493)
TANH_3_32, TANH_5_32, TANH_7_32 = np.float32(-0.3333333), np.float32(0.13333115), np.float32(-0.05390978)
TANH_9_32, TANH_11_32 = np.float32(0.02131154), np.float32(-0.0066142785)


def float_bits_32(x: Any) -> Any:
    return np.float32(x).view(np.int32)


def bits_float_32(n: Any) -> Any:
    return np.int32(n).view(np.float32)


def power_of_two_32(n: Any) -> Any:
    """2**n, for -126 <= n <= 127; 0.0 for n = -127."""
    return bits_float_32(np.int32(n + 127) << 23)


def times_power_of_two_32(x: Any, n: Any) -> Any:
    half = np.int32(n >> 1)
    return x * power_of_two_32(half) * power_of_two_32(np.int32(n - half))


def clamped_32(x: Any, low: Any, high: Any) -> Any:
    x = low if x < low else x
    return high if x > high else x


def exp_reduced_32(x: Any) -> Any:
    """n and r with x = n ln 2 + r, for |x| < 128."""
    shifted = x * LOG2_E_32 + ROUNDER_32
    n = shifted - ROUNDER_32
    return np.int32(float_bits_32(shifted) - 0x4B400000), (x - n * LN2_HIGH_32) - n * LN2_LOW_32


def exp_kernel_32(r: Any) -> Any:
    """exp(r) - 1 - r, for |r| <= ln(2)/2."""
    p = r * EXP_6_32 + EXP_5_32
    p = p * r + EXP_4_32
    p = p * r + EXP_3_32
    p = p * r + EXP_2_32
    return r * r * p


def vector_exp_32(x: Any) -> Any:
    n, r = exp_reduced_32(clamped_32(np.float32(x), EXP_LOWEST_32, EXP_HIGHEST_32))
    return times_power_of_two_32(ONE_32 + (r + exp_kernel_32(r)), n)


def vector_expm1_32(x: Any) -> Any:
    x = np.float32(x)
    n, r = exp_reduced_32(clamped_32(x, EXPM1_LOWEST_32, EXP_HIGHEST_32))
    inverse = power_of_two_32(np.int32(-n) if n < 100 else np.int32(-100))
    result = times_power_of_two_32((r + (ONE_32 - inverse)) + exp_kernel_32(r), n)
    return x if x == ZERO_32 else result


def vector_tanh_32(x: Any) -> Any:
    x = np.float32(x)
    size = abs(x)
    z = size * size
    p = z * TANH_11_32 + TANH_9_32
    p = p * z + TANH_7_32
    p = p * z + TANH_5_32
    p = p * z + TANH_3_32
    inner = size + size * z * p
    outer = ONE_32 - TWO_32 / (vector_exp_32(TWO_32 * size) + ONE_32)
    sign = np.int32(float_bits_32(x) & -0x80000000)
    return bits_float_32(float_bits_32(inner if size < TANH_LIMIT_32 else outer) | sign)


def vector_sigmoid_32(x: Any) -> Any:
    x = np.float32(x)
    e = vector_exp_32(-abs(x))
    total = ONE_32 + e
    y = (ONE_32 if x >= ZERO_32 else e) / total
    return y - y * ((e - (total - ONE_32)) * (y if x >= ZERO_32 else ONE_32 - y))


def binary_exponent_32(x: Any) -> Any:
    return np.int32(np.int32(float_bits_32(x) - 0x3F3504F3) >> 23)


def mantissa_32(x: Any, k: Any) -> Any:
    return bits_float_32(float_bits_32(x) - np.int32(k << 23))


def log_kernel_32(f: Any, half: Any) -> Any:
    """log(1 + f) - f + half, where half = f*f/2."""
    s = f / (TWO_32 + f)
    z = s * s
    p = z * LOG_8_32 + LOG_6_32
    p = p * z + LOG_4_32
    p = p * z + LOG_2_32
    return s * (half + z * p)


def log_or_limit_32(x: Any, result: Any) -> Any:
    result = result if x < INFINITY_32 else x
    limit = -INFINITY_32 if x == ZERO_32 else NOT_A_NUMBER_32
    return result if x > ZERO_32 else limit


def vector_log_32(x: Any) -> Any:
    x = np.float32(x)
    denormal = x < SMALLEST_NORMAL_32
    scaled = x * DENORMAL_SCALE_32 if denormal else x
    k = binary_exponent_32(scaled)
    f = mantissa_32(scaled, k) - ONE_32
    exponent = np.float32(k) - DENORMAL_SHIFT_32 if denormal else np.float32(k)
    half = HALF_32 * f * f
    low = log_kernel_32(f, half) + exponent * LN2_LOW_32
    return log_or_limit_32(x, exponent * LN2_HIGH_32 + (f - (half - low)))


def vector_log1p_32(x: Any) -> Any:
    x = np.float32(x)
    u = ONE_32 + x
    k = binary_exponent_32(u)
    exponent = np.float32(k)
    f = mantissa_32(u, k) - ONE_32
    lost = (x - (u - ONE_32)) * power_of_two_32(np.int32(-k) if k < 100 else np.int32(-100))
    half = HALF_32 * f * f
    low = log_kernel_32(f, half) + (exponent * LN2_LOW_32 + lost * (ONE_32 - f))
    result = log_or_limit_32(u, exponent * LN2_HIGH_32 + (f - (half - low)))
    return x if x == ZERO_32 else result


def log1p_of_fraction_32(e: Any) -> Any:
    """log(1 + e), for 0 <= e <= 1."""
    u = ONE_32 + e
    upper = u > SQRT_TWO_32
    f = HALF_32 * u - ONE_32 if upper else u - ONE_32
    lost = (e - (u - ONE_32)) * (HALF_32 if upper else ONE_32)
    half = HALF_32 * f * f
    low = log_kernel_32(f, half) + (lost * (ONE_32 - f) + (LN2_LOW_32 if upper else ZERO_32))
    return (LN2_HIGH_32 if upper else ZERO_32) + (f - (half - low))


def vector_softplus_32(x: Any) -> Any:
    x = np.float32(x)
    return (ZERO_32 if x < ZERO_32 else x) + log1p_of_fraction_32(vector_exp_32(-abs(x)))
