"""Discrete distributions: differentiated in their parameters, at counts that are integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
from scipy import stats

from .stats_frame import declare, positive, unless


def counted(k: Any, loc: Any) -> Any:
    """The count from the start of the support."""
    return np.asarray(np.asarray(k) - loc, dtype=float)


def misses(k: Any, low: Any, high: Any) -> Any:
    """Whether `k` is no integer from `low` to `high`."""
    return (k < low) | (k > high) | (np.floor(k) != k) & (k == k)


def whole(n: Any) -> Any:
    """A parameter that must be a whole number, NaN where it is not."""
    n = np.asarray(n, dtype=float)
    return np.where((n >= 0) & (np.floor(n) == n), n, np.nan)


def chance(p: Any) -> Any:
    """A parameter that must be a probability, NaN where it is not."""
    return np.where((np.asarray(p) >= 0) & (np.asarray(p) <= 1), p, np.nan)


def log_choose(n: Any, k: Any) -> Any:
    """The logarithm of a binomial coefficient."""
    return -np.log(n + 1) - sp.betaln(n - k + 1, k + 1)


def poisson_logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    k = counted(k, loc)
    mu = np.where(np.asarray(mu) >= 0, mu, np.nan)
    outside = misses(k, 0, np.inf)
    safe = np.where(outside, 0.0, k)
    return unless(outside, -np.inf, sp.xlogy(safe, mu) - sp.gammaln(safe + 1) - mu)


def poisson_pmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    return np.exp(poisson_logpmf(k, mu, loc))


def poisson_cdf(k: Any, mu: Any, loc: Any = 0) -> Any:
    k = np.floor(counted(k, loc))
    mu = np.where(np.asarray(mu) >= 0, mu, np.nan)
    return unless(k < 0, 0.0, sp.gammaincc(np.where(k < 0, 0.0, k) + 1, mu))


declare(stats.poisson, pmf=poisson_pmf, logpmf=poisson_logpmf, cdf=poisson_cdf)


def binom_logpmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    k, n, p = counted(k, loc), whole(n), chance(p)
    outside = misses(k, 0, n)
    safe = np.where(outside, 0.0, k)
    return unless(outside, -np.inf, log_choose(n, safe) + sp.xlogy(safe, p) + sp.xlog1py(n - safe, -p))


def binom_pmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    return np.exp(binom_logpmf(k, n, p, loc))


def bernoulli_logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    return binom_logpmf(k, 1, p, loc)


def bernoulli_pmf(k: Any, p: Any, loc: Any = 0) -> Any:
    k, p = counted(k, loc), chance(p)
    return unless(misses(k, 0, 1), 0.0, np.where(k == 1, p, 1 - p) + 0 * k)


declare(stats.binom, pmf=binom_pmf, logpmf=binom_logpmf)
declare(stats.bernoulli, pmf=bernoulli_pmf, logpmf=bernoulli_logpmf)


def geom_logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    k, p = counted(k, loc), positive(chance(p))
    outside = misses(k, 1, np.inf)
    return unless(outside, -np.inf, sp.xlog1py(np.where(outside, 1.0, k) - 1, -p) + np.log(p))


def geom_pmf(k: Any, p: Any, loc: Any = 0) -> Any:
    return np.exp(geom_logpmf(k, p, loc))


declare(stats.geom, pmf=geom_pmf, logpmf=geom_logpmf)


def nbinom_logpmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    k, n, p = counted(k, loc), positive(n), positive(chance(p))
    outside = misses(k, 0, np.inf)
    safe = np.where(outside, 0.0, k)
    coefficient = sp.gammaln(n + safe) - sp.gammaln(safe + 1) - sp.gammaln(n)
    return unless(outside, -np.inf, coefficient + n * np.log(p) + sp.xlog1py(safe, -p))


def nbinom_pmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    return np.exp(nbinom_logpmf(k, n, p, loc))


declare(stats.nbinom, pmf=nbinom_pmf, logpmf=nbinom_logpmf)


def betabinom_logpmf(k: Any, n: Any, a: Any, b: Any, loc: Any = 0) -> Any:
    k, n, a, b = counted(k, loc), whole(n), positive(a), positive(b)
    outside = misses(k, 0, n)
    safe = np.where(outside, 0.0, k)
    return unless(outside, -np.inf, log_choose(n, safe) + sp.betaln(safe + a, n - safe + b) - sp.betaln(a, b))


def betabinom_pmf(k: Any, n: Any, a: Any, b: Any, loc: Any = 0) -> Any:
    return np.exp(betabinom_logpmf(k, n, a, b, loc))


declare(stats.betabinom, pmf=betabinom_pmf, logpmf=betabinom_logpmf)
