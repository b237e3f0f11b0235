"""Norms, pseudo-inverse and least squares, and what NumPy's linear algebra defines through other functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .decompositions import singular_values_pullback, singular_values_pushforward
from .linalg import adjoint, nonzero, outer_of
from .products import conjugate, swapped
from .registry import RAISES, define, defjvp, defvjp, inactive

# Norms ----------------------------------------------------------------------------------------------------------


def phase(x: Any) -> Any:
    """The derivative of `abs(x)`: the conjugate of `x / abs(x)`, 0 at 0."""
    return np.conj(x) / nonzero(np.abs(x)) if np.iscomplexobj(x) else np.sign(x)


def shared(hits: Any, axis: Any, dtype: Any) -> Any:
    """Ones where `hits`, divided by their number along `axis`: ties share equally."""
    ones = hits.astype(dtype)
    return ones / np.sum(ones, axis=axis, keepdims=True)


def spread_out(g: Any, axes: Any, keepdims: bool, ndim: int) -> Any:
    """A reduction with its axes back, of length 1."""
    if keepdims or np.ndim(g) == 0 and len(axes) == ndim:
        return g
    return np.expand_dims(g, axes)


def vector_slope(g: Any, n: Any, x: Any, ord: Any, axes: Any) -> Any:
    """`g` times the derivative of the norm `n` of the vectors that `axes` make; `g` and `n` have those axes."""
    if ord is None or ord == 2 or ord == "fro" or ord == "f":
        return (g / nonzero(n)) * conjugate(x)
    if ord == 1:
        return g * phase(x)
    if ord == np.inf or ord == -np.inf:
        return g * phase(x) * shared(np.abs(x) == n, axes, np.abs(x).dtype)
    if ord == 0:
        return np.zeros_like(x)
    return g * phase(x) * np.where(x == 0, 1, np.abs(x) / nonzero(n)) ** (ord - 1)


def spectral_slope(g: Any, x: Any, ord: Any) -> Any:
    """The same for the norms made of singular values."""
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    if ord == "nuc":
        weight = (s != 0).astype(s.dtype)
    elif ord == 2:
        weight = np.where(s == 0, 0, shared(s == s[..., :1], -1, s.dtype))
    else:
        weight = np.where(s == 0, 0, shared(s == s[..., -1:], -1, s.dtype))
    return g * ((conjugate(u) * weight[..., None, :]) @ conjugate(vh))


def matrix_slope(g: Any, n: Any, x: Any, ord: Any) -> Any:
    """`g` times the derivative of the matrix norm `n` over the last two axes, which `g` and `n` have."""
    if ord is None or ord == "fro" or ord == "f":
        return (g / nonzero(n)) * conjugate(x)
    if ord == "nuc" or ord == 2 or ord == -2:
        return spectral_slope(g, x, ord)
    summed, kept = (-2, -1) if abs(ord) == 1 else (-1, -2)
    return g * phase(x) * shared(np.sum(np.abs(x), axis=summed, keepdims=True) == n, kept, np.abs(x).dtype)


def as_last(x: Any, axes: Any) -> Any:
    """`x` with two axes moved to the end; a scalar as it is."""
    return x if np.ndim(x) == 0 else np.moveaxis(x, axes, (-2, -1))


def slope(g: Any, n: Any, x: Any, ord: Any, axes: Any, matrix: bool, keepdims: bool) -> Any:
    """`g` times the derivative of a norm `n` of `x` over `axes`."""
    ndim = np.ndim(x)
    g, n = spread_out(g, axes, keepdims, ndim), spread_out(n, axes, keepdims, ndim)
    if not matrix:
        return vector_slope(g, n, x, ord, axes)
    if axes[0] % ndim == ndim - 2 and axes[1] % ndim == ndim - 1:
        return matrix_slope(g, n, x, ord)
    moved = matrix_slope(as_last(g, axes), as_last(n, axes), as_last(x, axes), ord)
    return np.moveaxis(moved, (-2, -1), axes)


def change(t: Any, n: Any, x: Any, ord: Any, axes: Any, matrix: bool, keepdims: bool) -> Any:
    """The tangent of a norm: its slope along `t`."""
    along = slope(np.ones_like(n), n, x, ord, axes, matrix, keepdims) * t
    return np.sum(np.real(along) if np.iscomplexobj(along) else along, axis=axes, keepdims=keepdims)


def norm_axes(x: Any, axis: Any) -> Any:
    """The axes of a norm as a tuple."""
    if axis is None:
        return tuple(range(np.ndim(x)))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def is_matrix(x: Any, ord: Any, axis: Any) -> bool:
    """Whether `np.linalg.norm` takes a matrix norm."""
    return len(norm_axes(x, axis)) == 2 and not (axis is None and ord is None)


def norm_vjp(g: Any, ans: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The pullback of `np.linalg.norm`."""
    return slope(g, ans, x, ord, norm_axes(x, axis), is_matrix(x, ord, axis), keepdims)


def norm_jvp(t: Any, ans: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The pushforward of `np.linalg.norm`."""
    return change(t, ans, x, ord, norm_axes(x, axis), is_matrix(x, ord, axis), keepdims)


def vector_norm_vjp(
    g: Any, ans: Any, x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    """The pullback of `np.linalg.vector_norm`."""
    return slope(g, ans, x, ord, norm_axes(x, axis), False, keepdims)


def vector_norm_jvp(
    t: Any, ans: Any, x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    """The pushforward of `np.linalg.vector_norm`."""
    return change(t, ans, x, ord, norm_axes(x, axis), False, keepdims)


defvjp(np.linalg.norm, norm_vjp)
defjvp(np.linalg.norm, norm_jvp)
defvjp(np.linalg.vector_norm, vector_norm_vjp)
defjvp(np.linalg.vector_norm, vector_norm_jvp)
defvjp(
    np.linalg.matrix_norm,
    lambda g, ans, x, *, keepdims=False, ord="fro": slope(g, ans, x, ord, (-2, -1), True, keepdims),
)
defjvp(
    np.linalg.matrix_norm,
    lambda t, ans, x, *, keepdims=False, ord="fro": change(t, ans, x, ord, (-2, -1), True, keepdims),
)


def cond(x: Any, p: Any = None) -> Any:
    """The condition number in a norm."""
    if p is None or p == 2:
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., 0] / s[..., -1]
    if p == -2:
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


composite(np.linalg.cond, cond)


# Pseudo-inverse, least squares ----------------------------------------------------------------------------------


def pinv_pullback(g: Any, p: Any, a: Any) -> Any:
    """The cotangent of `a`, where `p = pinv(a)`.

    Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate" (1973).
    """
    ca, cp, gh = conjugate(a), conjugate(p), adjoint(g)
    left, right = gh @ cp @ swapped(p), swapped(p) @ cp @ gh
    return left - ca @ (cp @ left) + right - (right @ cp) @ ca - swapped(p) @ g @ swapped(p)


def pinv_pushforward(t: Any, p: Any, a: Any) -> Any:
    """The tangent of the pseudo-inverse."""
    left, right = p @ adjoint(p) @ adjoint(t), adjoint(t) @ adjoint(p) @ p
    return left - (left @ a) @ p + right - p @ (a @ right) - p @ t @ p


defvjp(np.linalg.pinv, lambda g, ans, a, rcond=None, hermitian=False, *, rtol=None: pinv_pullback(g, ans, a))
defjvp(
    np.linalg.pinv, lambda t, ans, a, rcond=None, hermitian=False, *, rtol=None: pinv_pushforward(t, ans, a)
)


def residual_weights(x: Any, residuals: Any) -> Any:
    """Cotangents of the sums of squared residuals, one a right-hand side: NumPy returns none where it has none."""
    if np.ndim(x) == 1:
        return np.sum(residuals)
    return np.concatenate((residuals, np.zeros_like(x[0])))[: x.shape[1]]


def lstsq_a(g: Any, ans: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """The solution is `pinv(a) @ b`, each residual `sum(abs(b - a x)**2)`."""
    x, vector = ans[0], np.ndim(b) == 1
    pulled = pinv_pullback(outer_of(g[0], b, vector), np.linalg.pinv(a), a)
    error = 2 * conjugate(b - a @ x) * residual_weights(x, g[1])
    return pulled - outer_of(error, x, vector) + singular_values_pullback(g[3], a)


def lstsq_b(g: Any, ans: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """The cotangent of the right-hand sides."""
    error = 2 * conjugate(b - a @ ans[0]) * residual_weights(ans[0], g[1])
    return np.linalg.pinv(a).T @ g[0] + error


def residual_change(change: Any, residuals: Any) -> Any:
    """The tangent of the sums of squared residuals, as many as there are."""
    return np.reshape(change, (-1,))[: residuals.shape[0]]


def squares_change(error: Any, change: Any) -> Any:
    """The tangent of `sum(abs(error)**2)`, a right-hand side each."""
    return np.sum(2 * np.real(conjugate(error) * change), axis=0)


def lstsq_jvp_a(t: Any, ans: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """The share of the matrix."""
    x = ans[0]
    dx = pinv_pushforward(t, np.linalg.pinv(a), a) @ b
    return (
        dx,
        residual_change(squares_change(b - a @ x, -(t @ x)), ans[1]),
        None,
        singular_values_pushforward(t, a),
    )


def lstsq_jvp_b(t: Any, ans: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """The share of the right-hand sides."""
    error = b - a @ ans[0]
    return (
        np.linalg.pinv(a) @ t,
        residual_change(squares_change(error, t), ans[1]),
        None,
        np.zeros_like(ans[3]),
    )


defvjp(np.linalg.lstsq, lstsq_a, lstsq_b)
defjvp(np.linalg.lstsq, lstsq_jvp_a, lstsq_jvp_b)
define(np.linalg.lstsq, data_shape=True)  # there are residuals only where the rank is full


# Definitions through others -------------------------------------------------------------------------------------


def matrix_power(a: Any, n: int) -> Any:
    """Repeated squaring."""
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    base = np.linalg.inv(a) if n < 0 else a
    result, square, left = base, base, abs(n) - 1
    while left > 0:
        if left % 2 == 1:
            result = result @ square
        left = left // 2
        if left > 0:
            square = square @ square
    return result


def product_of(lengths: Any) -> int:
    """The number of entries that lengths make."""
    count = 1
    for length in lengths:
        count = count * length
    return count


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of the matrix that the first `ind` axes and the others make."""
    shape = np.shape(a)
    inverse = np.linalg.inv(np.reshape(a, (product_of(shape[:ind]), product_of(shape[ind:]))))
    return np.reshape(inverse, shape[ind:] + shape[:ind])


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution of the system that the last axes of `a` make against the first."""
    if axes is not None:
        axes = tuple([axis % np.ndim(a) for axis in axes])
        a = np.transpose(a, tuple([axis for axis in range(np.ndim(a)) if axis not in axes]) + axes)
    shape = np.shape(a)[np.ndim(b) :]
    size = product_of(shape)
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


composite(np.linalg.matrix_power, matrix_power, shares=True)
composite(np.linalg.tensorinv, tensorinv)
composite(np.linalg.tensorsolve, tensorsolve)
composite(
    np.linalg.trace, lambda x, *, offset=0, dtype=None: np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)
)
composite(np.linalg.diagonal, lambda x, *, offset=0: np.diagonal(x, offset, axis1=-2, axis2=-1), view=True)
composite(np.linalg.matrix_transpose, lambda x: np.swapaxes(x, -1, -2), view=True)
inactive(np.linalg.matrix_rank, effect=RAISES, heavy=True)

SPECTRAL = "vectors of coinciding values: only functions that do not depend on their choice"
LIMITS: dict[Any, str] = {
    np.linalg.inv: "",
    np.linalg.slogdet: "",
    np.linalg.solve: "",
    np.linalg.cholesky: "",
    np.linalg.svdvals: "",
    np.linalg.eigvalsh: "",
    np.linalg.det: "singular matrices",
    np.linalg.eigh: SPECTRAL,
    np.linalg.eig: SPECTRAL,
    np.linalg.eigvals: "coinciding values",
    np.linalg.svd: SPECTRAL + "; hermitian=True is differentiated as a general matrix",
    np.linalg.qr: "mode raw; dependent leading columns",
    np.linalg.pinv: "a change of rank",
    np.linalg.lstsq: "a change of rank",
    np.linalg.cond: "",
    np.linalg.matrix_power: "",
    np.linalg.tensorinv: "",
    np.linalg.tensorsolve: "",
}
for fun, limits in LIMITS.items():
    define(fun, effect=RAISES, heavy=True, limits=limits)
