"""sin, cos and tan, in doubles: polynomials on |r| <= pi/4, chosen by the quadrant (Muller, Elementary Functions)."""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import bits_float, float_bits
from s2sgrad.targets.vector_math.quadrants import near_quadrant, quadrant


def sin_rest(r: Any) -> Any:
    """sin(r) - r, for |r| <= pi/4."""
    z = r * r
    p = z * 1.591810123027412e-10 + -2.5051131455427946e-08
    p = p * z + 2.755731610068303e-06
    p = p * z + -0.0001984126983675497
    p = p * z + 0.008333333333330946
    p = p * z + -0.16666666666666666
    return z * r * p


def cos_rest(z: Any) -> Any:
    """cos(r) - 1 + z/2, for z = r*r and |r| <= pi/4."""
    p = z * -1.1382614868556325e-11 + 2.0876146024689747e-09
    p = p * z + -2.7557317270560326e-07
    p = p * z + 2.4801587298763433e-05
    p = p * z + -0.0013888888888887395
    p = p * z + 0.041666666666666664
    return z * z * p


def cos_kernel(r: Any) -> Any:
    """cos(r): 1 - r*r/2 with its rounding error, and the rest."""
    z = r * r
    half = 0.5 * z
    leading = 1.0 - half
    return leading + (((1.0 - leading) - half) + cos_rest(z))


def sign_flipped(x: Any, k: Any) -> Any:
    """-x where bit 1 of the integer is set."""
    return bits_float(float_bits(x) ^ ((k & 2) << 62))


def sin_of(x: Any, k: Any, r: Any) -> Any:
    """sin(x), from the quadrant of |x|."""
    value = sign_flipped(cos_kernel(r) if k & 1 else r + sin_rest(r), k)
    return -value if x < 0.0 else (value if x > 0.0 else x)


def cos_of(k: Any, r: Any) -> Any:
    return sign_flipped(r + sin_rest(r) if k & 1 else cos_kernel(r), k + 1)


def vector_sin(x: Any) -> Any:
    k, r, rest = quadrant(abs(x))
    return sin_of(x, k, r + rest)


def vector_cos(x: Any) -> Any:
    k, r, rest = quadrant(abs(x))
    return cos_of(k, r + rest)


def vector_near_sin(x: Any) -> Any:
    """sin for |x| < NEAR, four times faster; wrong beyond, NaN for NaN: for loops that have tested their arguments."""
    k, r, rest = near_quadrant(abs(x))
    return sin_of(x, k, r + rest)


def vector_near_cos(x: Any) -> Any:
    """cos for |x| < NEAR."""
    k, r, rest = near_quadrant(abs(x))
    return cos_of(k, r + rest)


def vector_tan(x: Any) -> Any:
    """tan(r) = r + (sin(r) - r cos(r)) / cos(r), the second term small; or -1 / tan(r), corrected for its rounding."""
    k, r, rest = quadrant(abs(x))
    z = r * r
    below_one = 0.5 * z - cos_rest(z)  # 1 - cos(r)
    rest = rest + (r * below_one + (sin_rest(r) + rest * z)) / (1.0 - below_one)
    tan = r + rest
    inverse = 1.0 / tan
    cotangent = inverse - inverse * (inverse * ((r - tan) + rest))
    value = -cotangent if k & 1 else tan
    return -value if x < 0.0 else (value if x > 0.0 else x)
