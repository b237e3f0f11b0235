"""Continuous distributions with no parameters but location and scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
from scipy import stats

from .stats_frame import declare, located, probability, standard, unless

# The normal distribution.


def norm_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return -0.5 * z * z - 0.5 * math.log(2 * math.pi) - np.log(scale)


def norm_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) / scale


def norm_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.ndtr(standard(x, loc, scale))


def norm_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.log_ndtr(standard(x, loc, scale))


def norm_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.ndtr(-standard(x, loc, scale))


def norm_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.log_ndtr(-standard(x, loc, scale))


def norm_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(sp.ndtri(probability(q)), loc, scale)


def norm_isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-sp.ndtri(probability(q)), loc, scale)


declare(
    stats.norm,
    pdf=norm_pdf,
    logpdf=norm_logpdf,
    cdf=norm_cdf,
    logcdf=norm_logcdf,
    sf=norm_sf,
    logsf=norm_logsf,
    ppf=norm_ppf,
    isf=norm_isf,
)


# The exponential distribution.


def waited(x: Any, loc: Any, scale: Any) -> Any:
    """The standard form, 0 before the start."""
    z = standard(x, loc, scale)
    return unless(z < 0, 0.0, z)


def expon_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless(z < 0, -np.inf, -z - np.log(scale))


def expon_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(expon_logpdf(x, loc, scale))


def expon_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -np.expm1(-waited(x, loc, scale))


def expon_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless(z <= 0, -np.inf, np.log(-np.expm1(-np.where(z <= 0, 1.0, z))))


def expon_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(-waited(x, loc, scale))


def expon_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -waited(x, loc, scale)


def expon_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-np.log1p(-probability(q)), loc, scale)


def expon_isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-np.log(probability(q)), loc, scale)


declare(
    stats.expon,
    pdf=expon_pdf,
    logpdf=expon_logpdf,
    cdf=expon_cdf,
    logcdf=expon_logcdf,
    sf=expon_sf,
    logsf=expon_logsf,
    ppf=expon_ppf,
    isf=expon_isf,
)


# The Laplace distribution.


def laplace_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -np.abs(standard(x, loc, scale)) - math.log(2) - np.log(scale)


def laplace_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return 0.5 * np.exp(-np.abs(standard(x, loc, scale))) / scale


def laplace_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    above = 1 - 0.5 * np.exp(-np.where(z > 0, z, 0.0))
    return unless(z > 0, above, 0.5 * np.exp(np.where(z > 0, 0.0, z)))


def laplace_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return laplace_cdf(np.negative(x), np.negative(loc), scale)


declare(stats.laplace, pdf=laplace_pdf, logpdf=laplace_logpdf, cdf=laplace_cdf, sf=laplace_sf)


# The logistic distribution.


def logistic_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return sp.log_expit(z) + sp.log_expit(-z) - np.log(scale)


def logistic_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return sp.expit(z) * sp.expit(-z) / scale


def logistic_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.expit(standard(x, loc, scale))


def logistic_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.log_expit(standard(x, loc, scale))


def logistic_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.expit(-standard(x, loc, scale))


def logistic_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return sp.log_expit(-standard(x, loc, scale))


def logistic_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(sp.logit(probability(q)), loc, scale)


def logistic_isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-sp.logit(probability(q)), loc, scale)


declare(
    stats.logistic,
    pdf=logistic_pdf,
    logpdf=logistic_logpdf,
    cdf=logistic_cdf,
    logcdf=logistic_logcdf,
    sf=logistic_sf,
    logsf=logistic_logsf,
    ppf=logistic_ppf,
    isf=logistic_isf,
)


# The Cauchy distribution.


def cauchy_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -math.log(math.pi) - 2 * np.log(np.hypot(1.0, standard(x, loc, scale))) - np.log(scale)


def cauchy_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return 1 / (math.pi * (1 + z * z)) / scale


def cauchy_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.arctan2(1.0, -standard(x, loc, scale)) / math.pi


def cauchy_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(cauchy_cdf(x, loc, scale))


def cauchy_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.arctan2(1.0, standard(x, loc, scale)) / math.pi


def cauchy_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(cauchy_sf(x, loc, scale))


def cauchy_quantile(q: Any) -> Any:
    """The standard quantile, from the tail it is in: 1 - q is exact above 1/2."""
    side = np.where(q > 0.5, 1.0, -1.0)
    return side / np.tan(math.pi * np.where(q > 0.5, 1 - q, q))


def cauchy_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(cauchy_quantile(probability(q)), loc, scale)


def cauchy_isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-cauchy_quantile(probability(q)), loc, scale)


declare(
    stats.cauchy,
    pdf=cauchy_pdf,
    logpdf=cauchy_logpdf,
    cdf=cauchy_cdf,
    logcdf=cauchy_logcdf,
    sf=cauchy_sf,
    logsf=cauchy_logsf,
    ppf=cauchy_ppf,
    isf=cauchy_isf,
)


# The uniform distribution; 0 * z keeps NaN.


def uniform_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless((z < 0) | (z > 1), -np.inf, 0 * z - np.log(scale))


def uniform_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return unless((z < 0) | (z > 1), 0.0, (0 * z + 1) / scale)


def uniform_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.clip(standard(x, loc, scale), 0.0, 1.0)


def uniform_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(probability(q), loc, scale)


declare(stats.uniform, pdf=uniform_pdf, logpdf=uniform_logpdf, cdf=uniform_cdf, ppf=uniform_ppf)


# The Gumbel distributions: of maxima, and of minima, its mirror image.


def bounded(x: Any, loc: Any, scale: Any) -> Any:
    """The standard form from -100 on: below it exp(-exp(-z)) is 0, and so is its product with any power of exp(-z)."""
    z = standard(x, loc, scale)
    return np.where(z < -100, -100.0, z)


def gumbel_r_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return -z - np.exp(-z) - np.log(scale)


def gumbel_r_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = bounded(x, loc, scale)
    return np.exp(-z - np.exp(-z)) / scale


def gumbel_r_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(-np.exp(-bounded(x, loc, scale)))


def gumbel_r_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -np.exp(-standard(x, loc, scale))


def gumbel_r_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return -np.expm1(-np.exp(-bounded(x, loc, scale)))


def gumbel_r_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.log(gumbel_r_sf(x, loc, scale))


def gumbel_r_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-np.log(-np.log(probability(q))), loc, scale)


def gumbel_l_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_logpdf(np.negative(x), np.negative(loc), scale)


def gumbel_l_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_pdf(np.negative(x), np.negative(loc), scale)


def gumbel_l_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_sf(np.negative(x), np.negative(loc), scale)


def gumbel_l_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_logsf(np.negative(x), np.negative(loc), scale)


def gumbel_l_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_cdf(np.negative(x), np.negative(loc), scale)


def gumbel_l_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return gumbel_r_logcdf(np.negative(x), np.negative(loc), scale)


def gumbel_l_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(np.log(-np.log1p(-probability(q))), loc, scale)


declare(
    stats.gumbel_r,
    pdf=gumbel_r_pdf,
    logpdf=gumbel_r_logpdf,
    cdf=gumbel_r_cdf,
    logcdf=gumbel_r_logcdf,
    sf=gumbel_r_sf,
    logsf=gumbel_r_logsf,
    ppf=gumbel_r_ppf,
)
declare(
    stats.gumbel_l,
    pdf=gumbel_l_pdf,
    logpdf=gumbel_l_logpdf,
    cdf=gumbel_l_cdf,
    logcdf=gumbel_l_logcdf,
    sf=gumbel_l_sf,
    logsf=gumbel_l_logsf,
    ppf=gumbel_l_ppf,
)
