"""erf and the cube root, in doubles."""

from __future__ import annotations

from typing import Any

from s2sgrad.targets.vector_math.bits import bits_float, float_bits, power_of_two, with_sign_of
from s2sgrad.targets.vector_math.exponential import vector_exp


def erf_kernel(x: Any) -> Any:
    """erf(x), for |x| <= 1."""
    z = x * x
    square = z * z
    low = (0.12837916709551256 + z * -0.37612638903183543) + square * (
        0.11283791670945006 + z * -0.02686617064323777
    )
    middle = (0.0052239776071164225 + z * -0.0008548325975389692) + square * (
        0.00012055294904839707 + z * -1.492473690741966e-05
    )
    high = (1.6447424703317362e-06 + z * -1.6208483801871705e-07) + square * (
        1.3720064546777686e-08 + z * -7.795898827002142e-10
    )
    fourth = square * square
    p = low + fourth * (middle + fourth * high)
    return x + x * p


def scaled_erfc(x: Any) -> Any:
    """exp(x*x) erfc(x), for 1 <= x <= 6."""
    t = (x - 3.0) / (x + 3.0)
    square = t * t
    low = (0.17900115118138996 + t * -0.3262335600430372) + square * (
        0.24560380171233487 + t * -0.15011593650077898
    )
    middle = (0.07166583719747308 + t * -0.024392499318915004) + square * (
        0.004269136356961225 + t * 0.0007077464666941425
    )
    high = (-0.0005970624964924544 + t * 4.525434558991009e-05) + square * (
        6.406279226046039e-05 + t * -1.2845780030775907e-05
    )
    highest = (-8.00978093907608e-06 + t * 2.0135111426447427e-06) + square * (
        1.2755818949624478e-06 + t * 3.381355142042904e-09
    )
    fourth = square * square
    p = (low + fourth * middle) + fourth * fourth * (high + fourth * highest)
    return p


def vector_erf(x: Any) -> Any:
    """Beyond 1 from the complement, whose error hardly counts there (Cody, Rational Chebyshev Approximations)."""
    size = abs(x)
    bounded = 6.0 if size > 6.0 else size
    outer = 1.0 - vector_exp(-bounded * bounded) * scaled_erfc(bounded)
    return with_sign_of(erf_kernel(bounded) if size < 1.0 else outer, x)


def vector_cbrt(x: Any) -> Any:
    """x = 2**(3 q) m with m in [1, 8): m**(-1/3) by a polynomial and Newton's method, which has no division."""
    size = abs(x)
    denormal = size < 2.2250738585072014e-308
    scaled = size * 18014398509481984.0 if denormal else size  # 2**54
    exponent = (float_bits(scaled) >> 52) - 1023
    q = ((exponent + 1200) * 43691 >> 17) - 400  # the exponent divided by 3, rounded down
    m = bits_float(float_bits(scaled) - (3 * q << 52))
    p = m * -0.00010790352720438857 + 0.002967073319555683
    p = p * m + -0.03233586898392608
    p = p * m + 0.1792104144854146
    p = p * m + -0.5538784978606232
    p = p * m + 1.3994427296412673
    p = p + p * (1.0 - m * (p * p * p)) * 0.3333333333333333
    p = p + p * (1.0 - m * (p * p * p)) * 0.3333333333333333
    p = p + p * (1.0 - m * (p * p * p)) * 0.3333333333333333
    square = p * p
    root = m * square
    root = root + (m - root * root * root) * square * 0.3333333333333333
    root = root * power_of_two(q - 18 if denormal else q)
    ordinary = (x != 0.0) & (x - x == 0.0)
    return with_sign_of(root, x) if ordinary else x
