"""Floating-point numbers by their bits: what every function of this package is built on.

`np.float64(x).view(np.int64)` is a reinterpretation in NumPy and in Numba, where it costs nothing and vectorises.
Adding `1.5 * 2**52` rounds to an integer, to nearest even, and leaves that integer in the low bits
(Muller et al., Handbook of Floating-Point Arithmetic): unlike a conversion it has a vector form on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDER = 6755399441055744.0  # 1.5 * 2**52
ROUNDER_BITS = 0x4338000000000000
INFINITY = float("inf")
NOT_A_NUMBER = float("nan")


def float_bits(x: Any) -> Any:
    """The bits of a double, as an integer."""
    return np.float64(x).view(np.int64)


def bits_float(n: Any) -> Any:
    """The double that has these bits."""
    return np.int64(n).view(np.float64)


def power_of_two(n: Any) -> Any:
    """2**n, for -1022 <= n <= 1023; 0.0 for n = -1023."""
    return bits_float((n + 1023) << 52)


def times_power_of_two(x: Any, n: Any) -> Any:
    """x * 2**n with one rounding, for |n| <= 2044 and x near 1: in two steps, the first of which is exact."""
    half = n >> 1
    return x * power_of_two(half) * power_of_two(n - half)


def small_integer_float(n: Any) -> Any:
    """An integer of less than 2**51 as a double."""
    return bits_float(n + ROUNDER_BITS) - ROUNDER


def with_sign_of(x: Any, y: Any) -> Any:
    """|x| with the sign of y."""
    return bits_float((float_bits(x) & 0x7FFFFFFFFFFFFFFF) | (float_bits(y) & -0x8000000000000000))
