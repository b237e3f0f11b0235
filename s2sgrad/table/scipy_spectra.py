"""SciPy's QR, singular values, eigenvalues and polar decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite, refuse
from .decompositions import (
    below,
    completed_pullback,
    completed_pushforward,
    eig_pullback,
    eig_pushforward,
    eigh_pullback,
    eigh_pushforward,
    full_svd_pullback,
    full_svd_pushforward,
    qr_pullback,
    qr_pushforward,
    reciprocal_gaps,
    singular_values_pullback,
    singular_values_pushforward,
    thin_svd_pullback,
    thin_svd_pushforward,
)
from .linalg import adjoint, diagonal, on_diagonal, right_solve, symmetric
from .norms import pinv_pullback, pinv_pushforward
from .products import conjugate, swapped
from .registry import defjvp, defvjp
from .scipy_linalg import SL

# QR, SVD, eigenvalues, polar ------------------------------------------------------------------------------------


def qr_factors(a: Any, ans: Any, mode: str, pivoting: bool) -> tuple[Any, Any, Any]:
    """The whole `q`, `r`, and the matrix with its columns as they were factored."""
    moved = a[:, ans[-1]] if pivoting else a
    return (SL.qr(moved)[0], ans[0], moved) if mode == "r" else (ans[0], ans[1], moved)


def qr_vjp(
    g: Any,
    ans: Any,
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """The square and the thin factor by one formula."""
    q, r, moved = qr_factors(a, ans, mode, pivoting)
    k = min(a.shape[0], a.shape[1])
    gq = np.zeros_like(q[:, :k]) if mode == "r" else completed_pullback(g[0], q, k)
    gr = g[0] if mode == "r" else g[1]
    share = qr_pullback(gq, gr[:k], q[:, :k], r[:k], moved)
    return share[:, np.argsort(ans[-1])] if pivoting else share


def qr_jvp(
    t: Any,
    ans: Any,
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """The same, forward."""
    q, r, moved = qr_factors(a, ans, mode, pivoting)
    k = min(a.shape[0], a.shape[1])
    dq, dr = qr_pushforward(t[:, ans[-1]] if pivoting else t, q[:, :k], r[:k], moved)
    dr = dr if mode == "economic" else below(dr, a)
    tangents = (dr,) if mode == "r" else (completed_pushforward(dq, q, k), dr)
    return (*tangents, None) if pivoting else tangents


def svd_vjp(
    g: Any,
    ans: Any,
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """As for NumPy's."""
    if not compute_uv:
        return singular_values_pullback(g, a)
    return (
        full_svd_pullback(g, ans)
        if full_matrices
        else thin_svd_pullback(g[0], g[1], g[2], ans[0], ans[1], ans[2])
    )


def svd_jvp(
    t: Any,
    ans: Any,
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """As for NumPy's."""
    if not compute_uv:
        return singular_values_pushforward(t, a)
    return full_svd_pushforward(t, ans) if full_matrices else thin_svd_pushforward(t, ans[0], ans[1], ans[2])


defvjp(SL.qr, qr_vjp)
defjvp(SL.qr, qr_jvp)
defvjp(SL.svd, svd_vjp)
defjvp(SL.svd, svd_jvp)
defvjp(SL.svdvals, lambda g, ans, a, overwrite_a=False, check_finite=True: singular_values_pullback(g, a))
defjvp(SL.svdvals, lambda t, ans, a, overwrite_a=False, check_finite=True: singular_values_pushforward(t, a))
defvjp(SL.pinv, lambda g, ans, a, *, atol=None, rtol=None, return_rank=False, check_finite=True:
                    pinv_pullback(g[0], ans[0], a) if return_rank else pinv_pullback(g, ans, a))  # fmt: skip
defjvp(SL.pinv, lambda t, ans, a, *, atol=None, rtol=None, return_rank=False, check_finite=True:
                    (pinv_pushforward(t, ans[0], a), None) if return_rank else pinv_pushforward(t, ans, a))  # fmt: skip


def eigh_results(ans: Any, a: Any, b: Any, lower: bool, eigvals_only: bool, options: Any) -> tuple[Any, Any]:
    """The eigenvalues and the vectors, computed where only the values were asked for."""
    subset = options.get("subset_by_index") is not None or options.get("subset_by_value") is not None
    refuse(subset or options.get("type", 1) != 1, "scipy.linalg.eigh of type 2 or 3, or of a subset,")
    return SL.eigh(a, b, lower=lower) if eigvals_only else ans


def eigh_vjp_a(
    g: Any, ans: Any, a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """The cotangent of `a`, where `a v = b v w` and `v^H b v = 1`."""
    w, v = eigh_results(ans, a, b, lower, eigvals_only, options)
    if eigvals_only:
        return (conjugate(v) * g[..., None, :]) @ swapped(v)
    return eigh_pullback(g[0], g[1], w, v)


def eigh_vjp_b(
    g: Any, ans: Any, a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """The cotangent of `b`: `dv = v (gaps * (n_a - n_b w) - diag(n_b) / 2)`, with `n_x = v^H dx v`."""
    w, v = eigh_results(ans, a, b, lower, eigvals_only, options)
    if eigvals_only:
        return -(conjugate(v) * (g * w)[..., None, :]) @ swapped(v)
    along = swapped(v) @ g[1]
    middle = reciprocal_gaps(w) * along * w[..., None, :] + on_diagonal(g[0] * w + diagonal(along) / 2)
    return -symmetric(conjugate(v) @ middle @ swapped(v))


def eigh_jvp_a(
    t: Any, ans: Any, a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """The share of `a`."""
    w, v = eigh_results(ans, a, b, lower, eigvals_only, options)
    tangents = eigh_pushforward(t, w, v)
    return tangents[0] if eigvals_only else tangents


def eigh_jvp_b(
    t: Any, ans: Any, a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """The share of `b`."""
    w, v = eigh_results(ans, a, b, lower, eigvals_only, options)
    n = adjoint(v) @ symmetric(t) @ v
    dw = -np.real(diagonal(n)) * w
    return (
        dw
        if eigvals_only
        else (dw, -v @ (reciprocal_gaps(w) * n * w[..., None, :] + on_diagonal(diagonal(n)) / 2))
    )


defvjp(SL.eigh, eigh_vjp_a, eigh_vjp_b)
defjvp(SL.eigh, eigh_jvp_a, eigh_jvp_b)
composite(
    SL.eigvalsh,
    lambda a, b=None, *, lower=True, type=1, subset_by_index=None, subset_by_value=None, **unused: SL.eigh(
        a,
        b,
        lower=lower,
        eigvals_only=True,
        type=type,
        subset_by_index=subset_by_index,
        subset_by_value=subset_by_value,
    ),
)


def eig_vjp(
    g: Any, ans: Any, a: Any, b: Any = None, left: bool = False, right: bool = True, *_: Any, **unused: Any
) -> Any:
    """As for NumPy's."""
    refuse(
        b is not None or left or not right,
        "scipy.linalg.eig of two matrices, or without the right vectors alone,",
    )
    return eig_pullback(g[0], g[1], ans[0], ans[1])


def eig_jvp(
    t: Any, ans: Any, a: Any, b: Any = None, left: bool = False, right: bool = True, *_: Any, **unused: Any
) -> Any:
    """As for NumPy's."""
    refuse(
        b is not None or left or not right,
        "scipy.linalg.eig of two matrices, or without the right vectors alone,",
    )
    return eig_pushforward(t, ans[0], ans[1])


def eigvals(
    a: Any,
    b: Any = None,
    overwrite_a: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """The values of `eig`, in its order."""
    refuse(b is not None or homogeneous_eigvals, "scipy.linalg.eigvals of two matrices")
    return SL.eig(a)[0]


defvjp(SL.eig, eig_vjp)
defjvp(SL.eig, eig_jvp)
composite(SL.eigvals, eigvals)


def polar_right(gu: Any, gp: Any, u: Any, p: Any) -> Any:
    """The cotangent of `a = u p`: `u^H du` solves `w p + p w = u^H da - da^H u`, smooth where singular values meet.

    Higham, "Functions of Matrices" (2008), section 8.
    """
    w = SL.solve_sylvester(p.T, p.T, u.T @ gu - gp @ p.T)
    off = right_solve(gu - conjugate(u) @ (u.T @ gu), p.T)
    return conjugate(u) @ (w - adjoint(w) + gp) + off


def polar_right_change(t: Any, u: Any, p: Any) -> tuple[Any, Any]:
    """The tangents of `u` and `p`."""
    along = adjoint(u) @ t
    w = SL.solve_sylvester(p, p, along - adjoint(along))
    return u @ w + right_solve(t - u @ along, p), along - w @ p


def polar_vjp(g: Any, ans: Any, a: Any, side: str = "right") -> Any:
    """The left form is the right form of the adjoint."""
    if side == "left":
        return adjoint(polar_right(adjoint(g[0]), g[1], adjoint(ans[0]), ans[1]))
    return polar_right(g[0], g[1], ans[0], ans[1])


def polar_jvp(t: Any, ans: Any, a: Any, side: str = "right") -> Any:
    """The same, forward."""
    if side == "left":
        du, dp = polar_right_change(adjoint(t), adjoint(ans[0]), ans[1])
        return adjoint(du), dp
    return polar_right_change(t, ans[0], ans[1])


defvjp(SL.polar, polar_vjp)
defjvp(SL.polar, polar_jvp)
composite(
    SL.norm,
    lambda a, ord=None, axis=None, keepdims=False, check_finite=True: np.linalg.norm(a, ord, axis, keepdims),
)
