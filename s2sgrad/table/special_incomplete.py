"""The incomplete gamma and beta functions, and Student's t distribution.

The derivative in the end of the integral is the integrand. That in a shape is an integral without a closed
form: the derivative of the density, over the tail that does not contain the mode, in the logarithm (the logit)
of the variable, where the integrand falls from the end on. A substitution with two exponentials and the
trapezoidal rule find it to about 1e-12 (H. Takahasi and M. Mori, Double exponential formulas for numerical
integration, Publ. RIMS 9, 1974).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from .registry import inactive
from .special_frame import special

# Densities.


def gamma_density(a: Any, x: Any) -> Any:
    """The density of the gamma distribution."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """The density of the beta distribution."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def student_density(df: Any, t: Any) -> Any:
    """The density of Student's t distribution."""
    return np.exp(-0.5 * (df + 1) * np.log1p(t * t / df) - sp.betaln(0.5 * df, 0.5)) / np.sqrt(df)


# Integrals over a tail.


def nodes() -> tuple[Any, Any]:
    """Nodes and weights on the half line: sum(w * f(s)) is the integral of f."""
    tau = np.linspace(-3.7, 2.0, 101)
    s = np.exp(np.pi / 2 * np.sinh(tau))
    return s, s * np.cosh(tau) * (np.pi / 2 * 0.057)


def gamma_in_shape(a: Any, x: Any) -> Any:
    """The derivative of gammainc(a, x) in a."""
    inner = (x > 0) & (x < np.inf)
    x = np.where(inner, x, 1.0)
    side = np.where(x <= a, -1.0, 1.0)  # the tail below x or above it
    width = side / (np.abs(a - x) + np.minimum(a, np.sqrt(a)))
    s, w = nodes()
    # from exp(100) on the density is 0, and is to remain finite in its derivatives
    log_t = np.minimum(np.expand_dims(np.log(x), -1) + np.expand_dims(width, -1) * s, 100.0)
    shape = np.expand_dims(a, -1)
    density = np.exp(shape * log_t - np.exp(log_t) - sp.gammaln(shape))
    return np.where(inner, -width * np.sum(w * density * (log_t - sp.psi(shape)), axis=-1), 0.0)


def beta_in_first(a: Any, b: Any, logit: Any) -> Any:
    """The derivative of betainc(a, b, expit(logit)) in a."""
    inner = np.abs(logit) < np.inf
    logit = np.where(inner, logit, 0.0)
    slope = a * sp.expit(-logit) - b * sp.expit(logit)  # of the logarithm of the density
    curvature = a * b / (a + b)
    width = np.where(slope >= 0, -1.0, 1.0) / (np.abs(slope) + np.minimum(curvature, np.sqrt(curvature)))
    s, w = nodes()
    v = np.expand_dims(logit, -1) + np.expand_dims(width, -1) * s
    first, second = np.expand_dims(a, -1), np.expand_dims(b, -1)
    density = np.exp(first * sp.log_expit(v) + second * sp.log_expit(-v) - sp.betaln(first, second))
    score = sp.log_expit(v) - sp.psi(first) + sp.psi(first + second)
    return np.where(inner, -width * np.sum(w * density * score, axis=-1), 0.0)


def beta_in_second(a: Any, b: Any, logit: Any) -> Any:
    """The derivative of betainc(a, b, expit(logit)) in b: it is 1 - betainc(b, a, expit(-logit))."""
    return -beta_in_first(b, a, -logit)


def student_score(df: Any, t: Any) -> Any:
    """The derivative of the logarithm of the density of Student's t distribution in df."""
    ratio = t * t / df
    spread = 0.5 * (df + 1) * ratio / (df * (1 + ratio)) - 0.5 * np.log1p(ratio)
    return spread - 0.5 * (sp.psi(0.5 * df) - sp.psi(0.5 * (df + 1))) - 0.5 / df


def student_near_zero(df: Any, t: Any) -> Any:
    """The derivative of stdtr(df, t) in df as an integral from 0 to t, by Gauss's formula: it is smooth at 0."""
    s, w = np.polynomial.legendre.leggauss(32)
    x, shape = np.expand_dims(t, -1) * (0.5 * (s + 1)), np.expand_dims(df, -1)
    return t * np.sum(0.5 * w * student_density(shape, x) * student_score(shape, x), axis=-1)


def student_in_df(df: Any, t: Any) -> Any:
    """The derivative of stdtr(df, t) in df: for t > 0 it is 1 - betainc(df / 2, 1 / 2, df / (df + t * t)) / 2."""
    df, t = np.broadcast_arrays(df, t)
    near = t * t < 0.25 * df
    far, low = np.where(near, np.sqrt(df), t), np.where(near, t, 0.0)
    by_shape = beta_in_first(0.5 * df, 0.5, np.log(df) - 2 * np.log(np.abs(far)))
    outer = -0.25 * np.sign(far) * by_shape - student_density(df, far) * far / (2 * df)
    return np.where(near, student_near_zero(df, low), outer)


inactive(np.polynomial.legendre.leggauss)
special(
    sp.gammainc,
    lambda g, ans, a, x: g * gamma_in_shape(a, x),
    lambda g, ans, a, x: g * gamma_density(a, x),
)
special(
    sp.gammaincc,
    lambda g, ans, a, x: -g * gamma_in_shape(a, x),
    lambda g, ans, a, x: -g * gamma_density(a, x),
)
special(
    sp.betainc,
    lambda g, ans, a, b, x: g * beta_in_first(a, b, sp.logit(x)),
    lambda g, ans, a, b, x: g * beta_in_second(a, b, sp.logit(x)),
    lambda g, ans, a, b, x: g * beta_density(a, b, x),
)
special(
    sp.betaincc,
    lambda g, ans, a, b, x: -g * beta_in_first(a, b, sp.logit(x)),
    lambda g, ans, a, b, x: -g * beta_in_second(a, b, sp.logit(x)),
    lambda g, ans, a, b, x: -g * beta_density(a, b, x),
)
special(
    sp.stdtr,
    lambda g, ans, df, t: g * student_in_df(df, t),
    lambda g, ans, df, t: g * student_density(df, t),
)
