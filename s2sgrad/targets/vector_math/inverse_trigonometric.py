"""arctan, arcsin, arccos and arctan2, in doubles: odd polynomials on short intervals.

arctan(x) = arctan(c) + arctan((x - c) / (1 + c x)) with c = 0, 1, infinity, and beyond one half
arcsin(x) = pi/2 - 2 arcsin(sqrt((1 - x)/2)) (Cody and Waite; Muller, Elementary Functions).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.targets.vector_math.bits import INFINITY, NOT_A_NUMBER, float_bits, with_sign_of

PI_HALF = 1.5707963267948966
PI_HALF_LOW = 6.123233995736766e-17


def arctan_rest(q: Any) -> Any:
    """arctan(q) - q, for |q| <= sqrt(2) - 1."""
    z = q * q
    p = z * -0.019162068915902573 + 0.03921955253255129
    p = p * z + -0.05085030492810941
    p = p * z + 0.058580687568615106
    p = p * z + -0.06664502215671447
    p = p * z + 0.07692182535116648
    p = p * z + -0.09090904549884611
    p = p * z + 0.11111111014561013
    p = p * z + -0.14285714284657894
    p = p * z + 0.1999999999999548
    p = p * z + -0.3333333333333333
    return q * z * p


def vector_arctan(x: Any) -> Any:
    size = abs(x)
    numerator = size - 1.0 if size > 0.41421356 else size
    denominator = size + 1.0 if size > 0.41421356 else 1.0
    numerator = -1.0 if size > 2.4142135 else numerator
    denominator = size if size > 2.4142135 else denominator
    half_pis = 0.5 if size > 0.41421356 else 0.0
    half_pis = 1.0 if size > 2.4142135 else half_pis
    q = numerator / denominator
    return with_sign_of(half_pis * PI_HALF + (q + (arctan_rest(q) + half_pis * PI_HALF_LOW)), x)


def vector_arctan2(y: Any, x: Any) -> Any:
    """The angle of (x, y), from that of (larger, smaller), which is at most pi/4."""
    across, up = abs(x), abs(y)
    steep = up > across
    larger = up if steep else across
    smaller = across if steep else up
    smaller = 1.0 if smaller == INFINITY else smaller  # both are infinite: 45 degrees
    larger = 1.0 if (smaller == 1.0) & (across == up) & (larger == INFINITY) else larger
    larger = 1.0 if larger == 0.0 else larger
    smaller = 0.25 * smaller if larger > 1e300 else smaller
    larger = 0.25 * larger if larger > 1e300 else larger
    middle = smaller > 0.41421356 * larger
    q = (smaller - larger if middle else smaller) / (smaller + larger if middle else larger)
    half_pis = 0.5 if middle else 0.0
    angle, rest = q, arctan_rest(q)
    sign = -1.0 if steep else 1.0
    half_pis = 1.0 - half_pis if steep else half_pis
    left = float_bits(x) < 0
    sign = -sign if left else sign
    half_pis = 2.0 - half_pis if left else half_pis
    result = half_pis * PI_HALF + (sign * angle + (sign * rest + half_pis * PI_HALF_LOW))
    return with_sign_of(result, y) if (x == x) & (y == y) else NOT_A_NUMBER


def arcsin_parts(size: Any) -> Any:
    """s and arcsin(s) - s, where s = |x| up to one half, and sqrt((1 - |x|) / 2) beyond."""
    inner = size <= 0.5
    z = size * size if inner else 0.5 * (1.0 - size)
    s = size if inner else np.sqrt(z)
    p = z * 0.028757851367421566 + -0.014851887071247204
    p = p * z + 0.01740087944269402
    p = p * z + 0.005457506718640358
    p = p * z + 0.01032281435018578
    p = p * z + 0.011479177415184906
    p = p * z + 0.013971212973552933
    p = p * z + 0.017352392720869973
    p = p * z + 0.02237217294214989
    p = p * z + 0.030381944138531247
    p = p * z + 0.04464285714635543
    p = p * z + 0.07499999999998433
    p = p * z + 0.16666666666666669
    return s, s * z * p


def vector_arcsin(x: Any) -> Any:
    size = abs(x)
    s, rest = arcsin_parts(size)
    outer = PI_HALF - (2.0 * s + (2.0 * rest - PI_HALF_LOW))
    return with_sign_of(s + rest if size <= 0.5 else outer, x)


def vector_arccos(x: Any) -> Any:
    size = abs(x)
    s, rest = arcsin_parts(size)
    signed = s if x > 0.0 else -s
    signed_rest = rest if x > 0.0 else -rest
    inner = PI_HALF - (signed + (signed_rest - PI_HALF_LOW))
    outer = 2.0 * (s + rest)
    outer = outer if x > 0.0 else 2.0 * PI_HALF - (outer - 2.0 * PI_HALF_LOW)
    return inner if size <= 0.5 else outer
