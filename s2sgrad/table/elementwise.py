"""Functions of numbers that act entry by entry: `numpy` ufuncs and their like, and the functions of `math`.

Rules of `math` functions are formulas of Python floats. A divisor that is 0 at a point where the slope is
infinite goes through `never_zero`, for Python's own division raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .registry import defjvp, defvjp, elementwise, inactive

LN2 = math.log(2.0)
LN10 = math.log(10.0)
DEGREE = math.pi / 180
TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def never_zero(d: Any) -> Any:
    """A divisor, the least positive number in the place of 0: what is divided becomes infinite, 0 stays 0."""
    return d + (d == 0) * 5e-324


def norm_share(g: Any, x: Any, ans: Any) -> Any:
    """The pullback of a Euclidean norm: 0 at 0."""
    return g * x / (ans + (ans == 0))


def plane_share(g: Any, x: Any, r2: Any) -> Any:
    """The pullback of a polar angle; 0 at the origin, where there is no angle."""
    return g * x / (r2 + (r2 == 0))


# fmt: off
# Exponentials and logarithms.
elementwise(np.exp,     lambda g, ans, x: g * ans)
elementwise(np.exp2,    lambda g, ans, x: g * ans * LN2)
elementwise(np.expm1,   lambda g, ans, x: g * (ans + 1))
elementwise(np.log,     lambda g, ans, x: g / x)
elementwise(np.log2,    lambda g, ans, x: g / (x * LN2))
elementwise(np.log10,   lambda g, ans, x: g / (x * LN10))
elementwise(np.log1p,   lambda g, ans, x: g / (1 + x))

# Powers and roots.
elementwise(np.sqrt,       lambda g, ans, x: g * 0.5 / ans)
elementwise(np.cbrt,       lambda g, ans, x: g / (3 * ans * ans))
elementwise(np.square,     lambda g, ans, x: g * (2 * x))
elementwise(np.reciprocal, lambda g, ans, x: -g * ans * ans)
elementwise(np.fabs,       lambda g, ans, x: g * np.sign(x))

# Circular and hyperbolic functions.
elementwise(np.sin,     lambda g, ans, x: g * np.cos(x))
elementwise(np.cos,     lambda g, ans, x: -g * np.sin(x))
elementwise(np.tan,     lambda g, ans, x: g * (1 + ans * ans))
elementwise(np.arcsin,  lambda g, ans, x: g / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arccos,  lambda g, ans, x: -g / np.sqrt((1 - x) * (1 + x)))
elementwise(np.arctan,  lambda g, ans, x: g / (1 + x * x))
elementwise(np.sinh,    lambda g, ans, x: g * np.cosh(x))
elementwise(np.cosh,    lambda g, ans, x: g * np.sinh(x))
elementwise(np.tanh,    lambda g, ans, x: g * (1 - ans * ans))
elementwise(np.arcsinh, lambda g, ans, x: g / np.sqrt(1 + x * x))
elementwise(np.arccosh, lambda g, ans, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
elementwise(np.arctanh, lambda g, ans, x: g / ((1 - x) * (1 + x)))
elementwise(np.deg2rad, lambda g, ans, x: g * DEGREE, aliases=(np.radians,))
elementwise(np.rad2deg, lambda g, ans, x: g / DEGREE, aliases=(np.degrees,))
elementwise(np.arctan2, lambda g, ans, y, x: plane_share(g, x, x * x + y * y),
                        lambda g, ans, y, x: plane_share(-g, y, x * x + y * y))
elementwise(np.hypot,   lambda g, ans, x, y: norm_share(g, x, ans),
                        lambda g, ans, x, y: norm_share(g, y, ans))
# fmt: on


def sinc_slope(ans: Any, x: Any) -> Any:
    """The derivative of `sin(u) / u` with `u = pi * x`: by its series near 0, where the quotient cancels."""
    u = np.pi * x
    near = np.abs(u) < 0.1
    series = u * (-1 / 3 + u * u * (1 / 30 + u * u * (-1 / 840 + u * u / 45360)))
    return np.pi * np.where(near, series, (np.cos(u) - ans) / np.where(near, 1, u))


def bessel_i1(x: Any) -> Any:
    """The modified Bessel function of order 1: the mean of `cos(s) exp(x cos(s))` on the circle, by 256 points."""
    c = np.cos((np.arange(64) + 0.5) * (np.pi / 128))
    return np.mean(c * np.sinh(np.expand_dims(x, -1) * c), axis=-1)


# fmt: off
elementwise(np.sinc,    lambda g, ans, x: g * sinc_slope(ans, x))
elementwise(np.i0,      lambda g, ans, x: g * bessel_i1(x), source="Abramowitz & Stegun 9.6.19, 9.6.27")
# fmt: on


# The larger and the smaller of two: a tie is shared equally. `fmax` and `fmin` prefer a number to a NaN.


def if_greater(g: Any, x: Any, y: Any) -> Any:
    """The share of `x` where the larger of `x` and `y` is taken."""
    return np.where(x > y, g, np.where(x == y, 0.5 * g, 0))


def if_taken(g: Any, ans: Any, x: Any, y: Any) -> Any:
    """The share of `x` where `ans` is the one of `x` and `y` that is not NaN."""
    return np.where(x == y, 0.5 * g, np.where((ans != y) & (x == x), g, 0))


def finite(x: Any) -> Any:
    """`x`, with 0 in the place of infinities, which would cancel to NaN."""
    return np.where(np.isinf(x), 0, x)


# fmt: off
elementwise(np.maximum,    lambda g, ans, x, y: if_greater(g, x, y),
                           lambda g, ans, x, y: if_greater(g, y, x))
elementwise(np.minimum,    lambda g, ans, x, y: if_greater(g, y, x),
                           lambda g, ans, x, y: if_greater(g, x, y))
elementwise(np.fmax,       lambda g, ans, x, y: if_taken(g, ans, x, y),
                           lambda g, ans, x, y: if_taken(g, ans, y, x))
elementwise(np.fmin,       lambda g, ans, x, y: if_taken(g, ans, x, y),
                           lambda g, ans, x, y: if_taken(g, ans, y, x))
elementwise(np.logaddexp,  lambda g, ans, x, y: g * np.exp(x - finite(ans)),
                           lambda g, ans, x, y: g * np.exp(y - finite(ans)))
elementwise(np.logaddexp2, lambda g, ans, x, y: g * np.exp2(x - finite(ans)),
                           lambda g, ans, x, y: g * np.exp2(y - finite(ans)))
elementwise(np.copysign,   lambda g, ans, x, y: np.where(np.signbit(y), -g, g) * np.sign(x),
                           lambda g, ans, x, y: g * 0.0)
elementwise(np.heaviside,  lambda g, ans, x, y: 0 * g,
                           lambda g, ans, x, y: np.where(x == 0, g, 0))
elementwise(np.fmod,       lambda g, ans, x, y: g,
                           lambda g, ans, x, y: -g * np.rint((x - ans) / y))

# Numbers taken apart.
elementwise(np.ldexp,      lambda g, ans, x, n: np.ldexp(g, n), None)
elementwise(np.frexp,      lambda g, ans, x: np.ldexp(g[0], -ans[1]), holomorphic=False)
defjvp(np.frexp,           lambda t, ans, x: (np.ldexp(t, -ans[1]), np.zeros_like(ans[1])))
elementwise(np.modf,       lambda g, ans, x: g[0], holomorphic=False)
defjvp(np.modf,            lambda t, ans, x: (t, np.zeros_like(ans[1])))
# fmt: on


# Choice. What is not chosen adds nothing, not even NaN: hence `where`, never a product with a mask.


def keep_finite(g: Any, x: Any) -> Any:
    """`g` where `x` is a number; part by part where it is complex."""
    if np.iscomplexobj(x):
        re, im = (
            np.where(np.isfinite(np.real(x)), np.real(g), 0),
            np.where(np.isfinite(np.imag(x)), np.imag(g), 0),
        )
        return re + 1j * im
    return np.where(np.isfinite(x), g, 0)


def if_below(g: Any, a: Any, low: Any, high: Any) -> Any:
    """The share of the lower bound of `clip`, which is `minimum(maximum(a, low), high)`."""
    return np.where(a < low, g, 0) if high is None else np.where((a < low) & (low <= high), g, 0)


def if_above(g: Any, a: Any, low: Any, high: Any) -> Any:
    """The share of the upper bound of `clip`."""
    return np.where(a > high, g, 0) if low is None else np.where((a > high) | (low > high), g, 0)


# fmt: off
elementwise(np.nan_to_num, lambda g, ans, x, copy=True, nan=0.0, posinf=None, neginf=None: keep_finite(g, x))
elementwise(np.where,      None,
                           lambda g, ans, condition, x=None, y=None: np.where(condition, g, 0),
                           lambda g, ans, condition, x=None, y=None: np.where(condition, 0, g))
elementwise(
    np.clip,
    lambda g, ans, a, a_min=None, a_max=None, out=None, min=None, max=None: np.where(ans == a, g, 0),
    lambda g, ans, a, a_min=None, a_max=None, out=None, min=None, max=None: if_below(g, a, a_min, a_max),
    lambda g, ans, a, a_min=None, a_max=None, out=None, min=None, max=None: if_above(g, a, a_min, a_max),
    None,
    lambda g, ans, a, a_min=None, a_max=None, out=None, min=None, max=None: if_below(g, a, min, max),
    lambda g, ans, a, a_min=None, a_max=None, out=None, min=None, max=None: if_above(g, a, min, max),
)
defvjp(np.unwrap,          lambda g, ans, p, discont=None, axis=-1, period=6.283185307179586: g)
defjvp(np.unwrap,          lambda t, ans, p, discont=None, axis=-1, period=6.283185307179586: t)
# fmt: on


def chosen(a: Any, n: int, mode: str) -> Any:
    """The positions that `choose` reads, after its way with those out of range."""
    a = np.asarray(a)
    if mode == "wrap":
        return a % n
    return np.clip(a, 0, n - 1) if mode == "clip" else a


def choose_shares(g: Any, a: Any, choices: Any, mode: str) -> Any:
    """The cotangents of the choices: each the part of `g` where it was chosen."""
    positions = chosen(a, len(choices), mode)
    return tuple([sum_to(np.where(positions == k, g, 0), np.shape(choices[k])) for k in range(len(choices))])


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    value = default
    for k in reversed(range(len(choicelist))):
        value = np.where(condlist[k], choicelist[k], value)
    return value


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function, or constant, where its condition holds; one more than the conditions is for the rest."""
    alone = not isinstance(condlist, (list, tuple)) and np.ndim(condlist) <= min(1, np.ndim(x))
    conditions = [condlist] if alone else list(condlist)
    if len(funclist) == len(conditions) + 1:
        rest = conditions[0]
        for condition in conditions[1:]:
            rest = rest | condition
        conditions = [*conditions, np.logical_not(rest)]
    x = np.asarray(x)
    value = np.zeros_like(x)
    for k in range(len(conditions)):
        where = conditions[k]
        value[where] = funclist[k](x[where], *args, **kw) if callable(funclist[k]) else funclist[k]
    return value


# fmt: off
defvjp(np.choose,          None,
                           lambda g, ans, a, choices, out=None, mode="raise": choose_shares(g, a, choices, mode))
defjvp(np.choose,          None,
                           lambda t, ans, a, choices, out=None, mode="raise": np.choose(a, t, mode=mode))
# fmt: on
composite(np.select, select)
composite(np.piecewise, piecewise)
inactive(callable)


# The functions of `math`, on Python floats.


def sign_of(x: Any) -> Any:
    """The slope of the absolute value."""
    return (x > 0) * 1.0 - (x < 0) * 1.0


def digamma(x: Any) -> Any:
    """The logarithmic derivative of gamma: reflection, recurrence, asymptotic series."""
    reflected = x < 0.5
    y = x + reflected * (1 - 2 * x)
    z = y + 10
    w = 1 / (z * z)
    tail = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32760))))))
    shifted = math.log(z) - 0.5 / z - tail - np.sum(1 / (y + np.arange(10)))
    return shifted - reflected * math.pi / math.tan(math.pi * x)


def coordinate_share(k: int) -> Callable[..., Any]:
    """The pullback of `math.hypot` in its argument `k`."""
    return lambda g, ans, *coordinates: norm_share(g, coordinates[k], ans)


def dist(p: Any, q: Any) -> Any:
    """The Euclidean distance."""
    if isinstance(p, np.ndarray):
        return np.sqrt(np.sum(np.square(p - q))) if p.size == 0 else np.linalg.norm(p - q)
    return math.hypot(*[a - b for a, b in zip(p, q)])


def spread(g: Any, seq: Any) -> Any:
    """`g` for every item of a sequence."""
    return g * np.ones_like(seq) if isinstance(seq, np.ndarray) else [g for _ in seq]


def prod(iterable: Any, start: Any = 1) -> Any:
    """The product of a sequence."""
    value = start
    for factor in iterable:
        value = value * factor
    return value


# fmt: off
elementwise(math.exp,     lambda g, ans, x: g * ans)
elementwise(math.exp2,    lambda g, ans, x: g * ans * LN2)
elementwise(math.expm1,   lambda g, ans, x: g * (ans + 1))
elementwise(math.log,     lambda g, ans, x, base=None: g / x if base is None else g / (x * math.log(base)),
                          lambda g, ans, x, base=None: -g * ans / (base * math.log(base)))
elementwise(math.log2,    lambda g, ans, x: g / (x * LN2))
elementwise(math.log10,   lambda g, ans, x: g / (x * LN10))
elementwise(math.log1p,   lambda g, ans, x: g / (1 + x))
elementwise(math.sqrt,    lambda g, ans, x: g * 0.5 / never_zero(ans))
elementwise(math.cbrt,    lambda g, ans, x: g / never_zero(3 * ans * ans))
elementwise(math.fabs,    lambda g, ans, x: g * sign_of(x))
elementwise(math.sin,     lambda g, ans, x: g * math.cos(x))
elementwise(math.cos,     lambda g, ans, x: -g * math.sin(x))
elementwise(math.tan,     lambda g, ans, x: g * (1 + ans * ans))
elementwise(math.asin,    lambda g, ans, x: g / never_zero(math.sqrt((1 - x) * (1 + x))))
elementwise(math.acos,    lambda g, ans, x: -g / never_zero(math.sqrt((1 - x) * (1 + x))))
elementwise(math.atan,    lambda g, ans, x: g / (1 + x * x))
elementwise(math.sinh,    lambda g, ans, x: g * math.cosh(x))
elementwise(math.cosh,    lambda g, ans, x: g * math.sinh(x))
elementwise(math.tanh,    lambda g, ans, x: g * (1 - ans * ans))
elementwise(math.asinh,   lambda g, ans, x: g / math.sqrt(1 + x * x))
elementwise(math.acosh,   lambda g, ans, x: g / never_zero(math.sqrt((x - 1) * (x + 1))))
elementwise(math.atanh,   lambda g, ans, x: g / ((1 - x) * (1 + x)))
elementwise(math.degrees, lambda g, ans, x: g / DEGREE)
elementwise(math.radians, lambda g, ans, x: g * DEGREE)
elementwise(math.erf,     lambda g, ans, x: g * TWO_OVER_ROOT_PI * math.exp(-x * x))
elementwise(math.erfc,    lambda g, ans, x: -g * TWO_OVER_ROOT_PI * math.exp(-x * x))
elementwise(math.gamma,   lambda g, ans, x: g * ans * digamma(x), source="Abramowitz & Stegun 6.3.5, 6.3.7, 6.3.18")
elementwise(math.lgamma,  lambda g, ans, x: g * digamma(x), source="Abramowitz & Stegun 6.3.5, 6.3.7, 6.3.18")
elementwise(math.atan2,   lambda g, ans, y, x: plane_share(g, x, x * x + y * y),
                          lambda g, ans, y, x: plane_share(-g, y, x * x + y * y))
elementwise(math.hypot,   *[coordinate_share(k) for k in range(16)], limits="up to 16 coordinates")
elementwise(math.copysign, lambda g, ans, x, y: g * sign_of(x) * math.copysign(1.0, y),
                           lambda g, ans, x, y: g * 0.0)
elementwise(math.fmod,    lambda g, ans, x, y: g,
                          lambda g, ans, x, y: -g * round((x - ans) / y))
elementwise(math.remainder, lambda g, ans, x, y: g,
                          lambda g, ans, x, y: -g * round((x - ans) / y))
elementwise(math.ldexp,   lambda g, ans, x, i: math.ldexp(g, i), None)
elementwise(math.frexp,   lambda g, ans, x: math.ldexp(g[0], -ans[1]), holomorphic=False)
defjvp(math.frexp,        lambda t, ans, x: (math.ldexp(t, -ans[1]), 0))
elementwise(math.modf,    lambda g, ans, x: g[0], holomorphic=False)
defjvp(math.modf,         lambda t, ans, x: (t, 0.0))
defvjp(math.fsum,         lambda g, ans, seq: spread(g, seq))
defjvp(math.fsum,         lambda t, ans, seq: math.fsum(t))
# fmt: on
composite(math.prod, prod)
composite(math.dist, dist)
