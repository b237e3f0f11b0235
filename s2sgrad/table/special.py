"""Special functions: `scipy.special`. Loaded when a function of SciPy is first met.

Formulas without a source are in the NIST Digital Library of Mathematical Functions, in the chapter of the
function. Orders of Bessel functions, and the like, have no derivative where there is no formula.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from . import special_incomplete
from .registry import define, defjvp, defvjp, inactive
from .special_frame import special
from .special_zeta import hurwitz

__all__ = ["special_incomplete"]


# The error function and the normal distribution.


def hazard(x: Any, ans: Any) -> Any:
    """The normal density over its integral. With `erfcx` the left tail is exact; from 12.7 on it is below 1e-35."""
    if np.iscomplexobj(x):
        return (0.5 / np.pi) ** 0.5 * np.exp(-0.5 * x * x - ans)
    return (2 / np.pi) ** 0.5 / sp.erfcx(np.maximum(x * -(0.5**0.5), -9.0))


special(sp.erf, lambda g, ans, x: g * (2 / np.pi**0.5) * np.exp(-x * x))
special(sp.erfc, lambda g, ans, x: -g * (2 / np.pi**0.5) * np.exp(-x * x))
special(sp.erfinv, lambda g, ans, y: g * (np.pi**0.5 / 2) * np.exp(ans * ans))
special(sp.erfcinv, lambda g, ans, y: -g * (np.pi**0.5 / 2) * np.exp(ans * ans))
special(sp.erfcx, lambda g, ans, x: g * (2 * x * ans - 2 / np.pi**0.5))
special(sp.erfi, lambda g, ans, x: g * (2 / np.pi**0.5) * np.exp(x * x))
special(sp.dawsn, lambda g, ans, x: g * (1 - 2 * x * ans))
special(sp.wofz, lambda g, ans, z: g * (2j / np.pi**0.5 - 2 * z * ans))
special(sp.ndtr, lambda g, ans, x: g * (0.5 / np.pi) ** 0.5 * np.exp(-0.5 * x * x))
special(sp.ndtri, lambda g, ans, y: g * (2 * np.pi) ** 0.5 * np.exp(0.5 * ans * ans))
special(sp.log_ndtr, lambda g, ans, x: g * hazard(x, ans))
special(
    sp.owens_t,
    lambda g, ans, h, a: -g * (0.125 / np.pi) ** 0.5 * np.exp(-0.5 * h * h) * sp.erf(a * h * 0.5**0.5),
    lambda g, ans, h, a: g * np.exp(-0.5 * h * h * (1 + a * a)) / (2 * np.pi * (1 + a * a)),
)


# Functions of statistics and machine learning.

special(sp.expit, lambda g, ans, x: g * ans * (1 - ans))
special(sp.logit, lambda g, ans, p: g / (p * (1 - p)))
special(sp.log_expit, lambda g, ans, x: -g * np.expm1(ans))
special(sp.expm1, lambda g, ans, x: g * (ans + 1))
special(sp.log1p, lambda g, ans, x: g / (1 + x))
special(sp.cosm1, lambda g, ans, x: -g * np.sin(x))
special(sp.exp2, lambda g, ans, x: g * ans * math.log(2))
special(sp.exp10, lambda g, ans, x: g * ans * math.log(10))
special(sp.cbrt, lambda g, ans, x: g / (3 * ans * ans))


def ratio(x: Any, y: Any) -> Any:
    """`x / y`, and 0 where x is 0, whatever y is."""
    return np.where(x == 0, 0, x / np.where(x == 0, 1, y))


# xlogy(g, y) rather than g * log(y): where nothing is asked for, a logarithm of 0 adds nothing, not NaN.
special(sp.entr, lambda g, ans, x: -g - sp.xlogy(g, x))
special(
    sp.xlogy,
    lambda g, ans, x, y: sp.xlogy(g, y),
    lambda g, ans, x, y: g * ratio(x, y),
)
special(
    sp.xlog1py,
    lambda g, ans, x, y: sp.xlog1py(g, y),
    lambda g, ans, x, y: g * ratio(x, 1 + y),
)


def relative(x: Any, y: Any) -> Any:
    """`x / y` in the domain of the relative entropy, x >= 0 and y > 0, and 1 outside, where nothing moves."""
    inside = (x >= 0) & (y > 0)
    return np.where(inside, x, 1) / np.where(inside, y, 1)


def within(g: Any, x: Any, y: Any) -> Any:
    """The cotangent in the domain of the relative entropy, 0 outside."""
    return np.where((x >= 0) & (y > 0), g, 0)


special(
    sp.rel_entr,
    lambda g, ans, x, y: within(g, x, y) + sp.xlogy(g, relative(x, y)),
    lambda g, ans, x, y: -within(g, x, y) * relative(x, y),
)
special(
    sp.kl_div,
    lambda g, ans, x, y: sp.xlogy(g, relative(x, y)),
    lambda g, ans, x, y: g * (1 - relative(x, y)),
)


def transformed_log(power: Any, log: Any) -> Any:
    """The derivative of expm1(power * log) / power by `power`, DLMF 13.4.1."""
    return log * log * sp.hyp1f1(2, 3, power * log) / 2


special(
    sp.boxcox,
    lambda g, ans, x, lmbda: g * x ** (lmbda - 1),
    # at x = 0 the value is -1/lmbda
    lambda g, ans, x, lmbda: (
        g * np.where(x == 0, ans * ans, transformed_log(lmbda, np.log(np.where(x == 0, 1, x))))
    ),
)
special(
    sp.boxcox1p,
    lambda g, ans, x, lmbda: g * (1 + x) ** (lmbda - 1),
    lambda g, ans, x, lmbda: (
        g * np.where(x == -1, ans * ans, transformed_log(lmbda, np.log1p(np.where(x == -1, 0, x))))
    ),
)


# The gamma function and its relatives.


def rgamma_slope(x: Any, ans: Any) -> Any:
    """The derivative of 1/gamma(x); left of 1/2 that of gamma(1 - x) sin(pi x) / pi, which has no poles there."""
    left = np.real(x) < 0.5
    low = np.where(left, x, 0)
    reflected = sp.gamma(1 - low) * (np.cos(np.pi * low) - sp.psi(1 - low) * np.sin(np.pi * low) / np.pi)
    return np.where(left, reflected, -ans * sp.psi(np.where(left, 1, x)))


special(sp.gamma, lambda g, ans, x: g * ans * sp.psi(x))
special(sp.rgamma, lambda g, ans, x: g * rgamma_slope(x, ans))
special(sp.gammaln, lambda g, ans, x: g * sp.psi(x))
special(sp.loggamma, lambda g, ans, z: g * sp.psi(z))
special(sp.psi, lambda g, ans, x: g * (hurwitz(2, x) if np.iscomplexobj(x) else sp.zeta(2, x)))
special(sp.polygamma, None, lambda g, ans, n, x: g * sp.polygamma(n + 1, x), limits="not in n")
special(
    sp.multigammaln,
    lambda g, ans, a, d: g * np.sum(sp.psi(np.expand_dims(a, -1) - 0.5 * np.arange(d)), axis=-1),
    None,
    limits="not in d",
)
special(
    sp.beta,
    lambda g, ans, a, b: g * ans * (sp.psi(a) - sp.psi(a + b)),
    lambda g, ans, a, b: g * ans * (sp.psi(b) - sp.psi(a + b)),
)
special(
    sp.betaln,
    lambda g, ans, a, b: g * (sp.psi(a) - sp.psi(a + b)),
    lambda g, ans, a, b: g * (sp.psi(b) - sp.psi(a + b)),
)
special(
    sp.poch,
    lambda g, ans, z, m: g * ans * (sp.psi(z + m) - sp.psi(z)),
    lambda g, ans, z, m: g * ans * sp.psi(z + m),
    limits="not at the poles, z = 0, -1, -2, ...",
)
special(
    sp.factorial,
    lambda g, ans, n, exact=False, extend="zero": g * ans * sp.psi(np.where(np.real(n) < 0, 0, n) + 1),
)
special(
    sp.binom,
    lambda g, ans, n, k: g * ans * (sp.psi(n + 1) - sp.psi(n - k + 1)),
    lambda g, ans, n, k: g * ans * (sp.psi(n - k + 1) - sp.psi(k + 1)),
    limits="not where k or n - k is a negative integer",
)


def comb_slopes(n: Any, k: Any, repetition: bool) -> tuple[Any, Any]:
    """The derivatives of log comb(n, k) by n and by k; 0 outside 0 <= k <= n, where the value is 0."""
    n = n + k - 1 if repetition else n
    inside = (k >= 0) & (k <= n)
    top, chosen = np.where(inside, n, 0), np.where(inside, k, 0)
    rest = sp.psi(top - chosen + 1)
    in_n = sp.psi(top + 1) - rest
    in_k = rest - sp.psi(chosen + 1)
    return in_n, in_n + in_k if repetition else in_k


special(
    sp.comb,
    lambda g, ans, N, k, exact=False, repetition=False: g * ans * comb_slopes(N, k, repetition)[0],
    lambda g, ans, N, k, exact=False, repetition=False: g * ans * comb_slopes(N, k, repetition)[1],
)
special(sp.zeta, None, lambda g, ans, x, q=None, out=None: -g * x * sp.zeta(x + 1, q), limits="not in x")
inactive(sp.gammasgn, name="scipy.special.gammasgn")


# Integrals of elementary functions.


def spence_slope(x: Any) -> Any:
    """log(x) / (1 - x), with its tangent at 1."""
    return np.where(x == 1, (x - 3) / 2, np.log(x) / (1 - np.where(x == 1, 0, x)))


def expn_slope(n: Any, x: Any) -> Any:
    """-expn(n - 1, x), and the elementary form of expn(-1, x), which SciPy does not have."""
    safe = np.where(n == 0, x, 1)
    return -np.where(n == 0, np.exp(-safe) * (1 + safe) / (safe * safe), sp.expn(np.maximum(n - 1, 0), x))


special(sp.spence, lambda g, ans, x: g * spence_slope(x))
special(sp.exp1, lambda g, ans, x: -g * np.exp(-x) / x)
special(sp.expi, lambda g, ans, x: g * np.exp(x) / x)
special(sp.expn, None, lambda g, ans, n, x: g * expn_slope(n, x), limits="not in n")


def sine_ratio(x: Any) -> Any:
    """sin(x) / x, and 1 at 0."""
    return np.sinc(x / np.pi)


def cosine_ratio(x: Any) -> Any:
    """cos(x) / x, and 0 at 0, where the cosine integral has no derivative and the sine integral has one."""
    return np.where(x == 0, 0, np.cos(x) / np.where(x == 0, 1, x))


def quadratic_phase(x: Any) -> Any:
    """The phase of the Fresnel integrals."""
    return (np.pi / 2) * x * x


define(sp.fresnel, name="scipy.special.fresnel")
defvjp(sp.fresnel, lambda g, ans, x: g[0] * np.sin(quadratic_phase(x)) + g[1] * np.cos(quadratic_phase(x)))
defjvp(sp.fresnel, lambda t, ans, x: (t * np.sin(quadratic_phase(x)), t * np.cos(quadratic_phase(x))))
define(sp.sici, name="scipy.special.sici")
defvjp(sp.sici, lambda g, ans, x: g[0] * sine_ratio(x) + g[1] * cosine_ratio(x))
defjvp(sp.sici, lambda t, ans, x: (t * sine_ratio(x), t * cosine_ratio(x)))


# Hypergeometric functions.

special(
    sp.hyp1f1,
    None,
    None,
    lambda g, ans, a, b, x: g * a / b * sp.hyp1f1(a + 1, b + 1, x),
    limits="not in a and b",
)
special(
    sp.hyp2f1,
    None,
    None,
    None,
    lambda g, ans, a, b, c, z: g * a * b / c * sp.hyp2f1(a + 1, b + 1, c + 1, z),
    limits="not in a, b and c",
)


# Bessel functions: neighbouring orders, DLMF 10.6.1 and 10.29.1; no division, so that 0 is an ordinary point.

ORDER = "not in the order"
special(sp.j0, lambda g, ans, x: -g * sp.j1(x))
special(sp.j1, lambda g, ans, x: g * 0.5 * (sp.j0(x) - sp.jv(2, x)))
special(sp.y0, lambda g, ans, x: -g * sp.y1(x))
special(sp.y1, lambda g, ans, x: g * 0.5 * (sp.y0(x) - sp.yv(2, x)))
special(sp.i0, lambda g, ans, x: g * sp.i1(x))
special(sp.i1, lambda g, ans, x: g * 0.5 * (sp.i0(x) + sp.iv(2, x)))
special(sp.i0e, lambda g, ans, x: g * (sp.i1e(x) - np.sign(x) * ans))
special(sp.i1e, lambda g, ans, x: g * (0.5 * (sp.i0e(x) + sp.ive(2, x)) - np.sign(x) * ans))
special(sp.k0, lambda g, ans, x: -g * sp.k1(x))
special(sp.k1, lambda g, ans, x: -g * 0.5 * (sp.k0(x) + sp.kv(2, x)))
special(sp.k0e, lambda g, ans, x: g * (ans - sp.k1e(x)))
special(sp.k1e, lambda g, ans, x: g * (ans - 0.5 * (sp.k0e(x) + sp.kve(2, x))))
special(sp.jv, None, lambda g, ans, v, z: g * 0.5 * (sp.jv(v - 1, z) - sp.jv(v + 1, z)), limits=ORDER)
special(sp.yn, None, lambda g, ans, n, x: g * 0.5 * (sp.yn(n - 1, x) - sp.yn(n + 1, x)), limits=ORDER)
special(sp.yv, None, lambda g, ans, v, z: g * 0.5 * (sp.yv(v - 1, z) - sp.yv(v + 1, z)), limits=ORDER)
special(sp.iv, None, lambda g, ans, v, z: g * 0.5 * (sp.iv(v - 1, z) + sp.iv(v + 1, z)), limits=ORDER)
special(sp.kv, None, lambda g, ans, v, z: -g * 0.5 * (sp.kv(v - 1, z) + sp.kv(v + 1, z)), limits=ORDER)
special(
    sp.kve, None, lambda g, ans, v, z: g * (ans - 0.5 * (sp.kve(v - 1, z) + sp.kve(v + 1, z))), limits=ORDER
)
special(
    sp.hankel1,
    None,
    lambda g, ans, v, z: g * 0.5 * (sp.hankel1(v - 1, z) - sp.hankel1(v + 1, z)),
    limits=ORDER,
)
special(
    sp.hankel2,
    None,
    lambda g, ans, v, z: g * 0.5 * (sp.hankel2(v - 1, z) - sp.hankel2(v + 1, z)),
    limits=ORDER,
)


def ive_slope(v: Any, z: Any) -> Any:
    """The derivative of iv, scaled as ive is."""
    return 0.5 * (sp.ive(v - 1, z) + sp.ive(v + 1, z))


# The scale exp(-abs(real(z))) of ive is not holomorphic: it moves with the real part alone.
special(
    sp.ive,
    None,
    lambda g, ans, v, z: g * ive_slope(v, z) - np.real(g * ans) * np.sign(np.real(z)),
    holomorphic=False,
    limits=ORDER,
)
defjvp(sp.ive, None, lambda t, ans, v, z: t * ive_slope(v, z) - np.real(t) * ans * np.sign(np.real(z)))


# Spherical Bessel functions, DLMF 10.51.2 and 10.51.5: with derivative=True the recurrence is differentiated.


def lower(n: Any) -> Any:
    """The order below n; at n = 0 its factor in the recurrences is 0."""
    return np.maximum(n - 1, 0)


special(
    sp.spherical_jn,
    None,
    lambda g, ans, n, z, derivative=False: (
        g * (n * sp.spherical_jn(lower(n), z, True) - (n + 1) * sp.spherical_jn(n + 1, z, True)) / (2 * n + 1)
        if derivative
        else g * sp.spherical_jn(n, z, True)
    ),
    limits=ORDER,
)
special(
    sp.spherical_yn,
    None,
    lambda g, ans, n, z, derivative=False: (
        g * (n * sp.spherical_yn(lower(n), z, True) - (n + 1) * sp.spherical_yn(n + 1, z, True)) / (2 * n + 1)
        if derivative
        else g * sp.spherical_yn(n, z, True)
    ),
    limits=ORDER,
)
special(
    sp.spherical_in,
    None,
    lambda g, ans, n, z, derivative=False: (
        g * (n * sp.spherical_in(lower(n), z, True) + (n + 1) * sp.spherical_in(n + 1, z, True)) / (2 * n + 1)
        if derivative
        else g * sp.spherical_in(n, z, True)
    ),
    limits=ORDER,
)
special(
    sp.spherical_kn,
    None,
    lambda g, ans, n, z, derivative=False: (
        -g
        * (n * sp.spherical_kn(lower(n), z, True) + (n + 1) * sp.spherical_kn(n + 1, z, True))
        / (2 * n + 1)
        if derivative
        else g * sp.spherical_kn(n, z, True)
    ),
    limits=ORDER,
)


# Logarithms of sums of exponentials.


def spread(g: Any, axis: Any, keepdims: bool) -> Any:
    """A reduced value, with the reduced axes back in their places."""
    return g if keepdims or axis is None else np.expand_dims(g, axis)


def summed_to(g: Any, x: Any) -> Any:
    """`g` summed over the axes along which `x` was stretched."""
    lead = np.ndim(g) - np.ndim(x)
    g = np.sum(g, axis=tuple(range(lead))) if lead > 0 else g
    for i in range(np.ndim(x)):
        g = np.sum(g, axis=i, keepdims=True) if np.shape(x)[i] == 1 else g
    return g


def shares(a: Any, total: Any) -> Any:
    """exp(a - total): 0 where both are -inf, 1 where both are inf."""
    shift = np.where(total == -np.inf, 0, total)
    return np.exp(np.where(a == np.inf, 0, a - shift))


def signed_shares(ans: Any, a: Any, axis: Any, keepdims: bool, return_sign: bool) -> Any:
    """The derivative of log(abs(sum)) by one exponential, times that exponential."""
    if return_sign:
        return shares(a, spread(ans[0], axis, keepdims)) * spread(ans[1], axis, keepdims)
    return shares(a, spread(ans, axis, keepdims))


def logsumexp_a(g: Any, ans: Any, a: Any, axis: Any, b: Any, keepdims: bool, return_sign: bool) -> Any:
    """The pullback of logsumexp in its exponents."""
    weight = signed_shares(ans, a, axis, keepdims, return_sign)
    out = spread(g[0] if return_sign else g, axis, keepdims) * weight
    return out if b is None else summed_to(out * b, a)


def logsumexp_b(g: Any, ans: Any, a: Any, axis: Any, b: Any, keepdims: bool, return_sign: bool) -> Any:
    """The pullback of logsumexp in its factors."""
    weight = signed_shares(ans, a, axis, keepdims, return_sign)
    return summed_to(spread(g[0] if return_sign else g, axis, keepdims) * weight * np.ones_like(b), b)


def logsumexp_tangent(dsum: Any, ans: Any, axis: Any, keepdims: bool, return_sign: bool) -> Any:
    """The tangent of the result, from the summands of that of its logarithm."""
    out = np.sum(dsum, axis=axis, keepdims=keepdims)
    return (out, np.zeros_like(ans[1])) if return_sign else out


define(sp.logsumexp, name="scipy.special.logsumexp", limits="return_sign: real arguments")
defvjp(
    sp.logsumexp,
    lambda g, ans, a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp_a(
        g, ans, a, axis, b, keepdims, return_sign
    ),
    None,
    lambda g, ans, a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp_b(
        g, ans, a, axis, b, keepdims, return_sign
    ),
)
defjvp(
    sp.logsumexp,
    lambda t, ans, a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp_tangent(
        t * signed_shares(ans, a, axis, keepdims, return_sign) * (1 if b is None else b),
        ans,
        axis,
        keepdims,
        return_sign,
    ),
    None,
    lambda t, ans, a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp_tangent(
        t * signed_shares(ans, a, axis, keepdims, return_sign), ans, axis, keepdims, return_sign
    ),
)

define(sp.softmax, name="scipy.special.softmax")
defvjp(sp.softmax, lambda g, ans, x, axis=None: ans * (g - np.sum(g * ans, axis=axis, keepdims=True)))
defjvp(sp.softmax, lambda t, ans, x, axis=None: ans * (t - np.sum(t * ans, axis=axis, keepdims=True)))

define(sp.log_softmax, name="scipy.special.log_softmax")
defvjp(sp.log_softmax, lambda g, ans, x, axis=None: g - np.exp(ans) * np.sum(g, axis=axis, keepdims=True))
defjvp(sp.log_softmax, lambda t, ans, x, axis=None: t - np.sum(np.exp(ans) * t, axis=axis, keepdims=True))
