"""Multivariate distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special as sp
from scipy import stats

from .composite import composite
from .stats_frame import unless

# The multinomial and the Dirichlet distribution.


def normalised(p: Any) -> Any:
    """Probabilities whose last entry is what the others leave, where they do not sum to 1, as in SciPy."""
    rest = 1 - np.sum(p[..., :-1], axis=-1, keepdims=True)
    off = np.abs(1 - np.sum(p, axis=-1, keepdims=True)) > 10 * 2.0**-52
    return np.concatenate((p[..., :-1], np.where(off, rest, p[..., -1:])), axis=-1)


def multinomial_logpmf(x: Any, n: Any, p: Any) -> Any:
    x, n, p = np.asarray(x), np.asarray(n), normalised(np.asarray(p, dtype=float))
    outside = np.any((x < 0) | (np.floor(x) != x), axis=-1) | (np.sum(x, axis=-1) != n)
    wrong = np.any((p < 0) | (p > 1), axis=-1) | (n < 0)
    inside = sp.gammaln(n + 1) + np.sum(sp.xlogy(x, p) - sp.gammaln(x + 1), axis=-1)
    return np.asarray(unless(wrong, np.nan, np.where(outside, -np.inf, inside)))


def multinomial_pmf(x: Any, n: Any, p: Any) -> Any:
    return np.exp(multinomial_logpmf(x, n, p))


def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    x, alpha = np.asarray(x), np.asarray(alpha)
    if x.shape[0] != alpha.shape[0]:  # the last coordinate is left out
        x = np.concatenate((x, 1 - np.sum(x, axis=0, keepdims=True)), axis=0)
    exponents = np.reshape(alpha - 1, (-1,) + (1,) * (x.ndim - 1))
    factor = sp.gammaln(np.sum(alpha)) - np.sum(sp.gammaln(alpha))
    return np.squeeze(factor + np.sum(sp.xlogy(exponents, x), axis=0))[()]


def dirichlet_pdf(x: Any, alpha: Any) -> Any:
    return np.exp(dirichlet_logpdf(x, alpha))


# The multivariate normal distribution. A covariance is a number, a diagonal or a matrix.


def dimension(mean: Any, cov: Any) -> int:
    """The number of coordinates."""
    if mean is not None:
        return np.size(mean)
    return np.shape(cov)[0] if np.ndim(cov) == 2 else 1


def covariance(cov: Any, dim: int) -> Any:
    """The covariance as a matrix."""
    cov = np.asarray(1.0 if cov is None else cov, dtype=float)
    if dim == 1:
        return np.reshape(cov, (1, 1))
    if cov.ndim == 0:
        return cov * np.eye(dim)
    return np.diag(cov) if cov.ndim == 1 else cov


def deviation(x: Any, mean: Any, dim: int) -> Any:
    """`x - mean`, the coordinates along the last axis."""
    x = np.asarray(x, dtype=float)
    if dim == 1 and x.ndim < 2:
        x = np.reshape(x, (-1, 1))
    return x if mean is None else x - np.reshape(mean, (-1,))


def eigenvalue_floor(cov: Any) -> Any:
    """The eigenvalues of a covariance, and below which of them is nought."""
    s = np.linalg.eigvalsh(cov)
    return s, 1e6 * 2.0**-52 * np.max(np.abs(s))


def log_pseudo_determinant(cov: Any) -> Any:
    """The sum of the logarithms of the eigenvalues that are not nought, and their number."""
    s, floor = eigenvalue_floor(cov)
    return np.sum(np.log(np.where(s > floor, s, 1.0))), np.sum(s > floor)


def regular_logpdf(dev: Any, cov: Any, dim: int) -> Any:
    """The logarithm of the density, from a Cholesky factor of the covariance."""
    factor = np.linalg.cholesky(cov)
    white = scipy.linalg.solve_triangular(factor, np.reshape(dev, (-1, dim)).T, lower=True)
    distance = np.reshape(np.sum(white * white, axis=0), dev.shape[:-1])
    return -0.5 * (dim * math.log(2 * math.pi) + distance) - np.sum(np.log(np.diagonal(factor)))


def singular_logpdf(dev: Any, cov: Any) -> Any:
    """The logarithm of the density on the range of the covariance, -inf off it."""
    s, floor = eigenvalue_floor(cov)
    log_det, rank = log_pseudo_determinant(cov)
    inverse = np.linalg.pinv(cov, rcond=1e6 * 2.0**-52)
    left = dev - dev @ inverse @ cov
    off = (rank < np.size(s)) & (np.sum(left * left, axis=-1) >= (1e3 * floor) ** 2)
    inside = -0.5 * (rank * math.log(2 * math.pi) + log_det + np.sum((dev @ inverse) * dev, axis=-1))
    return np.where(off, -np.inf, inside)


def multivariate_normal_logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    dim = dimension(mean, cov)
    dev, cov = deviation(x, mean, dim), covariance(cov, dim)
    out = singular_logpdf(dev, cov) if allow_singular else regular_logpdf(dev, cov, dim)
    return np.squeeze(out)[()]


def multivariate_normal_pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    return np.exp(multivariate_normal_logpdf(x, mean, cov, allow_singular))


def multivariate_normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    log_det, rank = log_pseudo_determinant(covariance(cov, dimension(mean, cov)))
    return 0.5 * (rank * (math.log(2 * math.pi) + 1) + log_det)


MULTIVARIATE: dict[str, tuple[Any, Any]] = {
    "multinomial.logpmf": (stats.multinomial.logpmf, multinomial_logpmf),
    "multinomial.pmf": (stats.multinomial.pmf, multinomial_pmf),
    "dirichlet.logpdf": (stats.dirichlet.logpdf, dirichlet_logpdf),
    "dirichlet.pdf": (stats.dirichlet.pdf, dirichlet_pdf),
    "multivariate_normal.logpdf": (stats.multivariate_normal.logpdf, multivariate_normal_logpdf),
    "multivariate_normal.pdf": (stats.multivariate_normal.pdf, multivariate_normal_pdf),
    "multivariate_normal.entropy": (stats.multivariate_normal.entropy, multivariate_normal_entropy),
}
for name, (method, definition) in MULTIVARIATE.items():
    composite(method, definition, name=f"scipy.stats.{name}")
