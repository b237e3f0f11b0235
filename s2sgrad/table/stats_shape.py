"""Continuous distributions with shape parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
from scipy import stats

from .stats_frame import declare, located, positive, probability, standard, unless

# The Pareto distribution.


def pareto_log(x: Any, b: Any, loc: Any, scale: Any) -> Any:
    """The logarithm of the survival function, 0 below the support."""
    z = standard(x, loc, scale)
    return -positive(b) * np.log(np.where(z < 1, 1.0, z))


def pareto_logpdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.log(positive(b)) - (b + 1) * np.log(np.where(z < 1, 1.0, z)) - np.log(scale)
    return unless(z < 1, -np.inf, inside)


def pareto_pdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(pareto_logpdf(x, b, loc, scale))


def pareto_cdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -np.expm1(pareto_log(x, b, loc, scale))


def pareto_logcdf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.log1p(-(np.where(z <= 1, 2.0, z) ** -positive(b)))
    return unless(z <= 1, -np.inf, inside)


def pareto_sf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(pareto_log(x, b, loc, scale))


def pareto_logsf(x: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return pareto_log(x, b, loc, scale)


def pareto_ppf(q: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(np.exp(-np.log1p(-probability(q)) / positive(b)), loc, scale)


declare(
    stats.pareto,
    pdf=pareto_pdf,
    logpdf=pareto_logpdf,
    cdf=pareto_cdf,
    logcdf=pareto_logcdf,
    sf=pareto_sf,
    logsf=pareto_logsf,
    ppf=pareto_ppf,
)


# Student's t distribution.


def t_logpdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, df = standard(x, loc, scale), positive(df)
    factor = -sp.betaln(0.5 * df, 0.5) - 0.5 * np.log(df) - np.log(scale)
    return factor - 0.5 * (df + 1) * np.log1p(z * z / df)


def t_pdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(t_logpdf(x, df, loc, scale))


def t_cdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.stdtr(positive(df), standard(x, loc, scale))


def t_logcdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(t_cdf(x, df, loc, scale))


def t_sf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.stdtr(positive(df), -standard(x, loc, scale))


def t_logsf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(t_sf(x, df, loc, scale))


declare(stats.t, pdf=t_pdf, logpdf=t_logpdf, cdf=t_cdf, logcdf=t_logcdf, sf=t_sf, logsf=t_logsf)


# The gamma distribution, and chi-squared, which is one.


def gamma_logpdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, a = standard(x, loc, scale), positive(a)
    safe = np.where(z < 0, 1.0, z)
    return unless(z < 0, -np.inf, sp.xlogy(a - 1, safe) - safe - sp.gammaln(a) - np.log(scale))


def gamma_pdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(gamma_logpdf(x, a, loc, scale))


def gamma_cdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless(z <= 0, 0.0, sp.gammainc(positive(a), np.where(z <= 0, 1.0, z)))


def gamma_logcdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless(z <= 0, -np.inf, np.log(sp.gammainc(positive(a), np.where(z <= 0, 1.0, z))))


def gamma_sf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless(z <= 0, 1.0, sp.gammaincc(positive(a), np.where(z <= 0, 1.0, z)))


def gamma_logsf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(gamma_sf(x, a, loc, scale))


declare(
    stats.gamma,
    pdf=gamma_pdf,
    logpdf=gamma_logpdf,
    cdf=gamma_cdf,
    logcdf=gamma_logcdf,
    sf=gamma_sf,
    logsf=gamma_logsf,
)


def chi2_logpdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_logpdf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


def chi2_pdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_pdf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


def chi2_cdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_cdf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


def chi2_logcdf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_logcdf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


def chi2_sf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_sf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


def chi2_logsf(x: Any, df: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gamma_logsf(x, np.multiply(df, 0.5), loc, np.multiply(scale, 2.0))


declare(
    stats.chi2,
    pdf=chi2_pdf,
    logpdf=chi2_logpdf,
    cdf=chi2_cdf,
    logcdf=chi2_logcdf,
    sf=chi2_sf,
    logsf=chi2_logsf,
)


# The beta distribution.


def interior(z: Any) -> Any:
    """`z` inside the open unit interval, 1/2 for the rest."""
    return np.where((z <= 0) | (z >= 1), 0.5, z)


def beta_logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, a, b = standard(x, loc, scale), positive(a), positive(b)
    outside = (z < 0) | (z > 1)
    safe = np.where(outside, 0.5, z)
    inside = sp.xlogy(a - 1, safe) + sp.xlog1py(b - 1, -safe) - sp.betaln(a, b) - np.log(scale)
    return unless(outside, -np.inf, inside)


def beta_pdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(beta_logpdf(x, a, b, loc, scale))


def beta_cdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = sp.betainc(positive(a), positive(b), interior(z))
    return unless(z <= 0, 0.0, np.where(z >= 1, 1.0, inside))


def beta_logcdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.log(sp.betainc(positive(a), positive(b), interior(z)))
    return unless(z <= 0, -np.inf, np.where(z >= 1, 0.0, inside))


def beta_sf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = sp.betaincc(positive(a), positive(b), interior(z))
    return unless(z <= 0, 1.0, np.where(z >= 1, 0.0, inside))


def beta_logsf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.log(sp.betaincc(positive(a), positive(b), interior(z)))
    return unless(z <= 0, 0.0, np.where(z >= 1, -np.inf, inside))


declare(
    stats.beta,
    pdf=beta_pdf,
    logpdf=beta_logpdf,
    cdf=beta_cdf,
    logcdf=beta_logcdf,
    sf=beta_sf,
    logsf=beta_logsf,
)


# The generalised normal distribution.


def power_of_size(z: Any, beta: Any) -> Any:
    """abs(z) ** beta, with derivative 0 at 0."""
    return np.where(z == 0, 0.0, np.abs(np.where(z == 0, 1.0, z)) ** beta)


def gennorm_logpdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, beta = standard(x, loc, scale), positive(beta)
    return np.log(0.5 * beta) - sp.gammaln(1 / beta) - np.log(scale) - power_of_size(z, beta)


def gennorm_pdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(gennorm_logpdf(x, beta, loc, scale))


def gennorm_cdf(x: Any, beta: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, beta = standard(x, loc, scale), positive(beta)
    tail = 0.5 * sp.gammaincc(1 / beta, np.abs(np.where(z == 0, 1.0, z)) ** beta)
    at_zero = 0.5 + 0.5 * z * beta * sp.rgamma(1 / beta)  # the tangent
    return unless(z == 0, at_zero, np.where(z > 0, 1 - tail, tail))


declare(stats.gennorm, pdf=gennorm_pdf, logpdf=gennorm_logpdf, cdf=gennorm_cdf)


# Distributions on the circle.


def vonmises_logpdf(x: Any, kappa: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    kappa = np.where(np.asarray(kappa) >= 0, kappa, np.nan)
    return kappa * sp.cosm1(z) - math.log(2 * math.pi) - np.log(sp.i0e(kappa)) - np.log(scale)


def vonmises_pdf(x: Any, kappa: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(vonmises_logpdf(x, kappa, loc, scale))


def wrapcauchy_pdf(x: Any, c: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    c = np.where((np.asarray(c) > 0) & (np.asarray(c) < 1), c, np.nan)
    inside = (1 - c * c) / (2 * math.pi * (1 + c * c - 2 * c * np.cos(z))) / scale
    return unless((z < 0) | (z > 2 * math.pi), 0.0, inside)


def wrapcauchy_logpdf(x: Any, c: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    c = np.where((np.asarray(c) > 0) & (np.asarray(c) < 1), c, np.nan)
    inside = np.log1p(-c * c) - np.log(2 * math.pi * (1 + c * c - 2 * c * np.cos(z))) - np.log(scale)
    return unless((z < 0) | (z > 2 * math.pi), -np.inf, inside)


declare(stats.vonmises, pdf=vonmises_pdf, logpdf=vonmises_logpdf)
declare(stats.wrapcauchy, pdf=wrapcauchy_pdf, logpdf=wrapcauchy_logpdf)


# The truncated normal distribution.


def log_mass(a: Any, b: Any) -> Any:
    """The logarithm of the normal probability of (a, b), mirrored to the left, where differences are accurate."""
    low = sp.log_ndtr(np.maximum(np.where(a > 0, -b, a), -1e9))  # finite: so is its derivative
    high = sp.log_ndtr(np.where(a > 0, -a, b))
    return high + np.log1p(-np.exp(low - high))


def ordered(a: Any, b: Any) -> tuple[Any, Any]:
    """The ends of the support, NaN where they are not in order."""
    right = np.asarray(a) < b
    return np.where(right, a, np.nan), np.where(right, b, np.nan)


def inner(z: Any, a: Any, b: Any) -> Any:
    """`z` inside (a, b), and some finite point of it for the rest."""
    low = np.maximum(a, np.minimum(b, 0.0) - 1)
    return np.where((z <= a) | (z >= b), 0.5 * (low + np.minimum(b, low + 2)), z)


def log_share(part: Any, rest: Any, total: Any) -> Any:
    """part - total, of logarithms of masses; from the rest of the mass where the part is nearly all."""
    most = part - total > -0.1
    return np.where(most, np.log1p(-np.exp(np.where(most, rest - total, -1.0))), part - total)


def truncnorm_logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, (a, b) = standard(x, loc, scale), ordered(a, b)
    outside = (z < a) | (z > b)
    safe = np.where(outside, 0.0, z)
    inside = -0.5 * safe * safe - 0.5 * math.log(2 * math.pi) - log_mass(a, b) - np.log(scale)
    return unless(outside, -np.inf, inside)


def truncnorm_pdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(truncnorm_logpdf(x, a, b, loc, scale))


def truncnorm_logcdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, (a, b) = standard(x, loc, scale), ordered(a, b)
    safe = inner(z, a, b)
    inside = log_share(log_mass(a, safe), log_mass(safe, b), log_mass(a, b))
    return unless(z <= a, -np.inf, np.where(z >= b, 0.0, inside))


def truncnorm_logsf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z, (a, b) = standard(x, loc, scale), ordered(a, b)
    safe = inner(z, a, b)
    inside = log_share(log_mass(safe, b), log_mass(a, safe), log_mass(a, b))
    return unless(z <= a, 0.0, np.where(z >= b, -np.inf, inside))


def truncnorm_cdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(truncnorm_logcdf(x, a, b, loc, scale))


def truncnorm_sf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(truncnorm_logsf(x, a, b, loc, scale))


declare(
    stats.truncnorm,
    pdf=truncnorm_pdf,
    logpdf=truncnorm_logpdf,
    cdf=truncnorm_cdf,
    logcdf=truncnorm_logcdf,
    sf=truncnorm_sf,
    logsf=truncnorm_logsf,
)
