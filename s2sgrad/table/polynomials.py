"""Polynomials by their coefficients, the highest power first, and by their roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .registry import define, defjvp, defvjp

# Polynomials, the highest power first.


def falling(n: int) -> Any:
    """The exponents of `n` coefficients."""
    return np.arange(n - 1, -1, -1)


def steps_of(x: Any, n: int) -> Any:
    """The derivative of the rising powers of `x` below `n`, the first (a constant) left out."""
    return np.vander(x, n - 1, True) * np.arange(1, n)


def vander_share(g: Any, x: Any, increasing: bool) -> Any:
    """The pullback of a Vandermonde matrix."""
    g = g if increasing else g[:, ::-1]
    return np.sum(g[:, 1:] * steps_of(x, max(np.shape(g)[1], 1)), axis=1)


def vander_tangent(t: Any, ans: Any, x: Any, increasing: bool) -> Any:
    """The pushforward of a Vandermonde matrix."""
    slopes = np.concatenate(
        [np.zeros_like(ans[:, :1]), t[:, None] * steps_of(x, max(np.shape(ans)[1], 1))], 1
    )
    return slopes if increasing else slopes[:, ::-1]


def end_of(g: Any, p: Any) -> Any:
    """The part of the coefficients of a sum that a polynomial, perhaps shorter, reaches."""
    return np.reshape(g[np.size(g) - np.size(p) :], np.shape(p))


def untrimmed(g: Any, a1: Any, a2: Any) -> Any:
    """The cotangent of a product, with the leading zeros that `polymul` takes off."""
    return np.concatenate([np.zeros(np.size(a1) + np.size(a2) - 1 - np.size(g), g.dtype), g])


def product_tangent(t: Any, ans: Any, other: Any) -> Any:
    """The tangent of a product, cut to the coefficients it has."""
    whole = np.convolve(np.ravel(t), np.ravel(other))
    return whole[np.size(whole) - np.size(ans) :]


# fmt: off
defvjp(np.vander,   lambda g, ans, x, N=None, increasing=False: vander_share(g, x, increasing))
defjvp(np.vander,   lambda t, ans, x, N=None, increasing=False: vander_tangent(t, ans, x, increasing))
defvjp(np.polyval,  lambda g, ans, p, x: np.ravel(g) @ np.vander(np.ravel(x), np.size(p)),
                    lambda g, ans, p, x: g * np.polyval(np.polyder(p), x))
defjvp(np.polyval,  lambda t, ans, p, x: np.polyval(t, x),
                    lambda t, ans, p, x: t * np.polyval(np.polyder(p), x))
defvjp(np.polyadd,  lambda g, ans, a1, a2: end_of(g, a1),
                    lambda g, ans, a1, a2: end_of(g, a2))
defjvp(np.polyadd,  lambda t, ans, a1, a2: np.polyadd(t, np.zeros_like(a2)),
                    lambda t, ans, a1, a2: np.polyadd(np.zeros_like(a1), t))
defvjp(np.polysub,  lambda g, ans, a1, a2: end_of(g, a1),
                    lambda g, ans, a1, a2: -end_of(g, a2))
defjvp(np.polysub,  lambda t, ans, a1, a2: np.polysub(t, np.zeros_like(a2)),
                    lambda t, ans, a1, a2: np.polysub(np.zeros_like(a1), t))
defvjp(np.polymul,  lambda g, ans, a1, a2:
                        np.reshape(np.convolve(untrimmed(g, a1, a2), np.ravel(a2)[::-1], "valid"), np.shape(a1)),
                    lambda g, ans, a1, a2:
                        np.reshape(np.convolve(untrimmed(g, a1, a2), np.ravel(a1)[::-1], "valid"), np.shape(a2)))
defjvp(np.polymul,  lambda t, ans, a1, a2: product_tangent(t, ans, a2),
                    lambda t, ans, a1, a2: product_tangent(t, ans, a1))
# fmt: on
define(np.polymul, data_shape=True)


def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of the derivative of order `m`."""
    p = np.asarray(p)
    for _ in range(m):
        p = p[:-1] * falling(np.size(p))[:-1]
    return p


def constants_of(k: Any, m: int) -> Any:
    """The `m` constants of integration."""
    if k is None:
        return [0.0] * m
    if np.ndim(k) == 0:
        return [k] * m
    return [k[0]] * m if m > 1 and len(k) == 1 else [k[j] for j in range(m)]


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of the integral of order `m`."""
    p = np.asarray(p)
    constants = constants_of(k, m)
    for j in range(m):
        p = np.concatenate([p / np.arange(np.size(p), 0, -1), np.reshape(constants[j], (1,))])
    return p


def polydiv(u: Any, v: Any) -> Any:
    """Quotient and remainder, as by hand; leading zeros of the remainder are taken off."""
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    m, n = np.size(u) - 1, np.size(v) - 1
    quotient = np.zeros(max(m - n + 1, 1), np.result_type(u, v))
    rest = u + np.zeros_like(quotient[:1])
    for k in range(m - n + 1):
        d = rest[k] / v[0]
        quotient[k] = d
        rest[k : k + n + 1] -= d * v
    large = np.append(~np.isclose(rest[:-1], 0, rtol=1e-14), True)
    return quotient, rest[np.argmax(large) :]


def residual_covariance(lhs: Any, rhs: Any, c: Any, scale: Any, cov: Any) -> Any:
    """The covariance of fitted coefficients."""
    base = np.linalg.inv(np.transpose(lhs) @ lhs) / np.outer(scale, scale)
    if cov == "unscaled":
        return base
    residual = rhs - lhs @ (c * (scale if np.ndim(c) == 1 else scale[:, None]))
    factor = np.sum(residual * residual, axis=0) / (np.shape(lhs)[0] - np.shape(lhs)[1])
    return base * factor if np.ndim(c) == 1 else base[:, :, None] * factor


def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The polynomial of least squares."""
    lhs, rhs = np.vander(np.asarray(x) + 0.0, deg + 1), np.asarray(y) + 0.0
    if w is not None:
        w = np.asarray(w)
        lhs = lhs * w[:, None]
        rhs = rhs * (w if np.ndim(rhs) == 1 else w[:, None])
    scale = np.sqrt(np.sum(lhs * lhs, axis=0))
    lhs = lhs / scale
    limit = np.float64(np.size(x) * 2.220446049250313e-16) if rcond is None else rcond
    c, residuals, rank, s = np.linalg.lstsq(lhs, rhs, limit)
    c = c / (scale if np.ndim(c) == 1 else scale[:, None])
    if full:
        return c, residuals, rank, s, limit
    return (c, residual_covariance(lhs, rhs, c, scale, cov)) if cov else c


composite(np.polyder, polyder, shares=True)
composite(np.polyint, polyint)
composite(np.polydiv, polydiv, data_shape=True)
composite(np.polyfit, polyfit)


def without_roots(ans: Any, s: Any) -> Any:
    """Sums over the roots, weighted by `s`, of the product of all other factors: Horner's partial values."""
    return np.convolve(ans[:-1], s)[: np.size(s)]


def poly_tangent(t: Any, ans: Any, z: Any) -> Any:
    """The pushforward of the polynomial with given roots; its first coefficient is always 1."""
    return np.concatenate([np.zeros_like(ans[:1]), -without_roots(ans, t @ np.vander(z, np.size(z), True))])


def poly_share(g: Any, ans: Any, z: Any) -> Any:
    """The pullback of the polynomial with given roots: `-g` against the product of the other factors."""
    n = np.size(z)
    lags = np.convolve(g[1:], ans[:-1][::-1])[n - 1 :]
    return -np.polyval(lags[::-1], z)


def with_roots(z: Any) -> Any:
    """The polynomial with given roots."""
    return np.poly(z)


def characteristic(a: Any) -> Any:
    """The characteristic polynomial of a matrix, by the recurrence of Faddeev and LeVerrier."""
    n = np.shape(a)[0]
    eye = np.eye(n, dtype=a.dtype)
    out = np.zeros(n + 1, dtype=a.dtype)
    out[0] = 1.0
    m = np.zeros_like(a)
    for k in range(1, n + 1):
        m = a @ m + out[k - 1] * eye
        out[k] = -np.trace(a @ m) / k
    return out


def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with given roots, or the characteristic polynomial of a matrix."""
    z = np.asarray(seq_of_zeros)
    return characteristic(z) if np.ndim(z) == 2 else with_roots(np.atleast_1d(z))


# fmt: off
defvjp(with_roots, lambda g, ans, z: poly_share(g, ans, z))
defjvp(with_roots, lambda t, ans, z: poly_tangent(t, ans, z))
# fmt: on
composite(np.poly, poly, source="synthetic division, Horner 1819; Faddeev and LeVerrier for a matrix")
