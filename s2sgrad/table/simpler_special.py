"""Functions of `scipy.special` by way of simpler ones; read when a program uses one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from ..kernels import numbers
from .simpler import beyond, simpler


def total_over(x: Any, axis: Any) -> Any:
    return np.sum(x, axis=axis, keepdims=True)


@simpler(sp.logsumexp)
def _logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Any:
    x = np.real(a) if np.iscomplexobj(a) else a
    x = x if b is None else np.where(b == 0, -np.inf, x + 0 * b)
    top = np.max(x, axis=axis, keepdims=True)
    shift = np.where(np.isfinite(top), top, 0)
    terms = np.exp(a - shift) if b is None else np.where(b == 0, 0, b * np.exp(a - shift))
    total = np.sum(terms, axis=axis, keepdims=keepdims)
    back = shift if keepdims else np.reshape(shift, np.shape(total))
    if return_sign:
        return np.log(np.abs(total)) + back, np.sign(total)
    return np.log(total) + back


@simpler(sp.softmax)
def _softmax(x: Any, axis: Any = None) -> Any:
    weights = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weights / total_over(weights, axis)


@simpler(sp.log_softmax)
def _log_softmax(x: Any, axis: Any = None) -> Any:
    off = x - np.max(x, axis=axis, keepdims=True)
    return off - np.log(total_over(np.exp(off), axis))


@simpler(sp.zeta)
def _zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    if q is not None:
        return numbers.hurwitz_zeta(x, q)
    right = numbers.hurwitz_zeta(np.where(x < 1, 2.0, x), 1.0)
    return np.where(x < 1, np.nan, right)


@simpler(sp.polygamma)
def _polygamma(n: Any, x: Any) -> Any:
    n, x = n + 0.0, x + 0.0
    sign = np.where(np.mod(n, 2) == 0, -1.0, 1.0)
    higher = sign * sp.gamma(n + 1) * numbers.hurwitz_zeta(np.maximum(n, 1.0) + 1, x)
    return np.where(n == 0, sp.psi(x), higher)


@simpler(sp.multigammaln)
def _multigammaln(a: Any, d: Any) -> Any:
    shape = np.expand_dims(a, -1) - 0.5 * np.arange(d)
    return np.sum(sp.gammaln(shape), axis=-1) + d * (d - 1) * (0.25 * np.log(np.pi))


@simpler(sp.factorial)
def _factorial(n: Any, exact: Any = False, extend: Any = "zero") -> Any:
    return np.where(n < 0, 0.0, sp.gamma(np.where(n < 0, 0.0, n) + 1))


@beyond(sp.factorial)
def _beyond_factorial(n: Any, exact: Any = False, extend: Any = "zero") -> str:
    return "with exact=True" if exact else "" if extend == "zero" else "with extend='complex'"


@simpler(sp.comb)
def _comb(N: Any, k: Any, exact: Any = False, repetition: Any = False) -> Any:
    if repetition:
        return sp.comb(N + k - 1, k)
    return np.where((k <= N) & (N >= 0) & (k >= 0), sp.binom(N, k), 0.0)


@beyond(sp.comb)
def _beyond_comb(N: Any, k: Any, exact: Any = False, repetition: Any = False) -> str:
    return "with exact=True" if exact else ""


@simpler(sp.fresnel)
def _fresnel(x: Any) -> Any:
    both = (0.5 + 0.5j) * sp.erf((0.5 - 0.5j) * np.sqrt(np.pi) * x)
    if np.iscomplexobj(x):
        other = (0.5 - 0.5j) * sp.erf((0.5 + 0.5j) * np.sqrt(np.pi) * x)
        return (both - other) / 2j, (both + other) / 2
    return np.imag(both), np.real(both)


@simpler(sp.sici)
def _sici(x: Any) -> Any:
    size = np.abs(x)
    far = sp.exp1(1j * np.where(size < 2, 2.0, size))
    near = numbers.sine_integral(np.where(size < 2, size, 0.0))
    si = np.where(size < 2, near, np.pi / 2 + np.imag(far))
    ci = np.where(x < 0, np.nan, -np.real(sp.exp1(1j * size)))
    return np.copysign(si, x), np.where(x == 0, -np.inf, ci)


@simpler(sp.spherical_jn)
def _spherical_jn(n: Any, z: Any, derivative: Any = False) -> Any:
    if derivative:
        lower = np.where(n > 0, sp.spherical_jn(np.maximum(n - 1, 0), z), 0.0)
        return np.where(
            n > 0, (n * lower - (n + 1) * sp.spherical_jn(n + 1, z)) / (2 * n + 1), -sp.spherical_jn(1, z)
        )
    safe = np.where(z == 0, 1.0, z)
    return np.where(z == 0, 1.0 * (n == 0), np.sqrt(np.pi / 2 / safe) * sp.jv(n + 0.5, safe))


@simpler(sp.spherical_yn)
def _spherical_yn(n: Any, z: Any, derivative: Any = False) -> Any:
    if derivative:
        lower = np.where(n > 0, sp.spherical_yn(np.maximum(n - 1, 0), z), 0.0)
        return np.where(
            n > 0, (n * lower - (n + 1) * sp.spherical_yn(n + 1, z)) / (2 * n + 1), -sp.spherical_yn(1, z)
        )
    return np.sqrt(np.pi / 2 / z) * sp.yv(n + 0.5, z)


@simpler(sp.spherical_in)
def _spherical_in(n: Any, z: Any, derivative: Any = False) -> Any:
    if derivative:
        lower = np.where(n > 0, sp.spherical_in(np.maximum(n - 1, 0), z), 0.0)
        return np.where(
            n > 0, (n * lower + (n + 1) * sp.spherical_in(n + 1, z)) / (2 * n + 1), sp.spherical_in(1, z)
        )
    safe = np.where(z == 0, 1.0, z)
    return np.where(z == 0, 1.0 * (n == 0), np.sqrt(np.pi / 2 / safe) * sp.iv(n + 0.5, safe))


@simpler(sp.spherical_kn)
def _spherical_kn(n: Any, z: Any, derivative: Any = False) -> Any:
    if derivative:
        lower = np.where(n > 0, sp.spherical_kn(np.maximum(n - 1, 0), z), 0.0)
        return np.where(
            n > 0, -(n * lower + (n + 1) * sp.spherical_kn(n + 1, z)) / (2 * n + 1), -sp.spherical_kn(1, z)
        )
    return np.sqrt(np.pi / 2 / z) * sp.kv(n + 0.5, z)
