"""Elementary functions without branches, which LLVM vectorises in a loop of independent iterations.

They serve the hand-written programs only, on the ranges that occur there: `vexp` flushes results below 1e-307,
`vlog` wants normal numbers, `vsincos` arguments below 1e5.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# Contraction only: the rounding by a large constant below must not be reassociated.
_exact = njit(fastmath={"contract"}, error_model="numpy", forceinline=True)

_ROUND = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits
_ROUND_BITS = 0x4338000000000000
_LOG2_E = 1 / math.log(2.0)
_LN2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")
_LN2_LOW = 5.497923018708371e-14
_HALF_PI = (
    float.fromhex("0x1.921fb54400000p+0"),
    float.fromhex("0x1.0b4611a600000p-34"),
    float.fromhex("0x1.3198a2e037073p-69"),
)
_PI_A, _PI_B, _PI_C = _HALF_PI
_TWO_OVER_PI = 2 / math.pi
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD

F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12, F13, F14, F15, F16, F17 = (
    1 / math.factorial(n) for n in range(2, 18)
)


@intrinsic
def _bits(context: Any, x: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _double(context: Any, n: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), generate


@_exact
def _reduced(x: float) -> Any:
    """`k` (in the low bits of the first) and `r` with x = k*log(2) + r."""
    shifted = x * _LOG2_E + _ROUND
    k = shifted - _ROUND
    return shifted, (x - k * _LN2_HIGH) - k * _LN2_LOW


@_exact
def _expm1_over(r: float) -> float:
    """(exp(r) - 1 - r) / r**2 for |r| < 0.35."""
    tail = F8 + r * (F9 + r * (F10 + r * (F11 + r * (F12 + r * F13))))
    return F2 + r * (F3 + r * (F4 + r * (F5 + r * (F6 + r * (F7 + r * tail)))))


@_exact
def vexp(x: float) -> float:
    """exp"""
    shifted, r = _reduced(x)
    half = _double((_bits(shifted) + 1022) << 52)  # of the power of two: 2.0**1024 is none
    result = (half * (1.0 + r * (1.0 + r * _expm1_over(r)))) * 2.0
    result = math.inf if x > 709.78 else result
    return 0.0 if x < -707.0 else result


@_exact
def vtanh(x: float) -> float:
    """tanh"""
    y = 2.0 * x
    y = 60.0 if y > 60.0 else y
    y = -60.0 if y < -60.0 else y
    shifted, r = _reduced(y)
    power = _double((_bits(shifted) + 1023) << 52)
    expm1 = power * (r + (r * r) * _expm1_over(r)) + (power - 1.0)
    return expm1 / (expm1 + 2.0)


@_exact
def vlog(x: float) -> float:
    """log"""
    bits = _bits(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    mantissa = _double(bits - (exponent << 52))  # between sqrt(1/2) and sqrt(2)
    k = _double(exponent + _ROUND_BITS) - _ROUND
    f = mantissa - 1.0
    s = f / (mantissa + 1.0)
    z = s * s
    tail = 2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * 2 / 21)))
    series = 2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * tail))))
    result = k * _LN2_HIGH + (f - (s * (f - z * series) - k * _LN2_LOW))
    result = -math.inf if x == 0.0 else result
    result = math.nan if x < 0.0 else result
    return math.inf if x == math.inf else result


@_exact
def vlog1p(x: float) -> float:
    """log1p"""
    u = 1.0 + x
    return vlog(u) + (x - (u - 1.0)) / u


@_exact
def vsincos(x: float) -> Any:
    """sin and cos"""
    shifted = x * _TWO_OVER_PI + _ROUND
    k = shifted - _ROUND
    quadrant = _bits(shifted)
    r = ((x - k * _PI_A) - k * _PI_B) - k * _PI_C
    z = r * r
    sine = r + (r * z) * (
        -F3 + z * (F5 + z * (-F7 + z * (F9 + z * (-F11 + z * (F13 + z * (-F15 + z * F17))))))
    )
    cosine = 1.0 + z * (-F2 + z * (F4 + z * (-F6 + z * (F8 + z * (-F10 + z * (F12 + z * (-F14 + z * F16)))))))
    odd = (quadrant & 1) != 0
    s, c = (cosine if odd else sine), (sine if odd else cosine)
    s = _double(_bits(s) ^ ((quadrant & 2) << 62))
    return s, _double(_bits(c) ^ (((quadrant + 1) & 2) << 62))
