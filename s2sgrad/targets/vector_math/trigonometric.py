"""sin, cos and tan, in doubles: polynomials on |r| <= pi/4, chosen by the quadrant (Muller, Elementary Functions)."""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import bits_float, float_bits
from s2sgrad.targets.vector_math.reduction import quadrant


def sin_kernel(r: Any) -> Any:
    """sin(r), for |r| <= pi/4."""
    z = r * r
    p = z * 1.591810123027412e-10 + -2.5051131455427946e-08
    p = p * z + 2.755731610068303e-06
    p = p * z + -0.0001984126983675497
    p = p * z + 0.008333333333330946
    p = p * z + -0.16666666666666666
    return r + z * r * p


def cos_kernel(r: Any) -> Any:
    """cos(r), for |r| <= pi/4: 1 - r*r/2 with its rounding error, and the rest."""
    z = r * r
    p = z * -1.1382614868556325e-11 + 2.0876146024689747e-09
    p = p * z + -2.7557317270560326e-07
    p = p * z + 2.4801587298763433e-05
    p = p * z + -0.0013888888888887395
    p = p * z + 0.041666666666666664
    half = 0.5 * z
    leading = 1.0 - half
    return leading + (((1.0 - leading) - half) + z * z * p)


def sign_flipped(x: Any, k: Any) -> Any:
    """-x where bit 1 of the integer is set."""
    return bits_float(float_bits(x) ^ ((k & 2) << 62))


def vector_sin(x: Any) -> Any:
    k, r = quadrant(x)
    value = sign_flipped(cos_kernel(r) if k & 1 else sin_kernel(r), k)
    return -value if x < 0.0 else (value if x > 0.0 else x)


def vector_cos(x: Any) -> Any:
    k, r = quadrant(x)
    return sign_flipped(sin_kernel(r) if k & 1 else cos_kernel(r), k + 1)


def vector_tan(x: Any) -> Any:
    k, r = quadrant(x)
    sin, cos = sin_kernel(r), cos_kernel(r)
    value = -cos / sin if k & 1 else sin / cos
    return -value if x < 0.0 else (value if x > 0.0 else x)
