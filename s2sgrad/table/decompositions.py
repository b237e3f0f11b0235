"""Factorisations and spectra in NumPy's linear algebra: QR, singular values, eigenvalues.

Notation and conventions are those of the chapter `linalg`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import in_kind
from .linalg import adjoint, diagonal, half_triu, imaginary, nonzero, on_diagonal, right_solve, symmetric
from .products import conjugate, swapped
from .registry import defjvp, defvjp
from .shapes import astype

# QR: a[:, :k] = Q R1, a[:, k:] = Q R2, k the smaller side ------------------------------------------------------


def qr_square(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    """The cotangent of `a = q r` with square `r`, whose diagonal is real.

    Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum
    experimental design" (2018).
    """
    middle = half_triu(gr @ swapped(r) - swapped(q) @ gq)
    return right_solve(gq + conjugate(q) @ (middle + adjoint(middle)), swapped(r))


def qr_pullback(gq: Any, gr: Any, q: Any, r: Any, a: Any) -> Any:
    """The cotangent of `a`, of any shape: columns beyond the square part are `q r2`."""
    k = q.shape[-1]
    rest = gr[..., k:]
    gq = gq + conjugate(a[..., k:] @ swapped(rest))
    return np.concatenate((qr_square(gq, gr[..., :k], q, r[..., :k]), conjugate(q) @ rest), axis=-1)


def qr_pushforward(t: Any, q: Any, r: Any, a: Any) -> tuple[Any, Any]:
    """The tangents of `q` and `r`."""
    k = q.shape[-1]
    r1 = r[..., :k]
    w = right_solve(adjoint(q) @ t[..., :k], r1)
    turn = np.tril(w, -1) - adjoint(np.tril(w, -1))
    turn = turn + on_diagonal(imaginary(diagonal(w))) if np.iscomplexobj(w) else turn
    dq = right_solve(t[..., :k], r1) - q @ (w - turn)
    dr2 = adjoint(dq) @ a[..., k:] + adjoint(q) @ t[..., k:]
    return dq, np.concatenate(((w - turn) @ r1, dr2), axis=-1)


def completed_pullback(g: Any, q: Any, k: Any) -> Any:
    """The cotangent of the first `k` columns of a unitary matrix, the others completing them.

    The others turn with the first, `dq2 = -q1 dq1^H q2`: their own rotation is a choice that has no derivative.
    """
    return g[..., :k] - conjugate(q[..., k:] @ swapped(g[..., k:]) @ q[..., :k])


def completed_pushforward(dq: Any, q: Any, k: Any) -> Any:
    """The tangent of a unitary matrix from that of its first `k` columns."""
    return np.concatenate((dq, -(q[..., :k] @ (adjoint(dq) @ q[..., k:]))), axis=-1)


def below(r: Any, a: Any) -> Any:
    """`r` with rows of zeros below, up to the rows of `a`."""
    return np.concatenate((r, np.zeros_like(a[..., r.shape[-2] :, :])), axis=-2)


def qr_vjp(g: Any, ans: Any, a: Any, mode: Any = "reduced") -> Any:
    """The pullback in each mode."""
    if mode == "r":
        q = np.linalg.qr(a)[0]
        return qr_pullback(np.zeros_like(q), g, q, ans, a)
    if mode == "complete":
        k = min(a.shape[-2], a.shape[-1])
        gq = completed_pullback(g[0], ans[0], k)
        return qr_pullback(gq, g[1][..., :k, :], ans[0][..., :k], ans[1][..., :k, :], a)
    return qr_pullback(g[0], g[1], ans[0], ans[1], a)


def qr_jvp(t: Any, ans: Any, a: Any, mode: Any = "reduced") -> Any:
    """The pushforward in each mode."""
    if mode == "r":
        return qr_pushforward(t, np.linalg.qr(a)[0], ans, a)[1]
    if mode == "complete":
        k = min(a.shape[-2], a.shape[-1])
        dq, dr = qr_pushforward(t, ans[0][..., :k], ans[1][..., :k, :], a)
        return completed_pushforward(dq, ans[0], k), below(dr, a)
    return qr_pushforward(t, ans[0], ans[1], a)


defvjp(np.linalg.qr, qr_vjp)
defjvp(np.linalg.qr, qr_jvp)


# Singular values and vectors ------------------------------------------------------------------------------------


def reciprocal_gaps(w: Any) -> Any:
    """`1 / (w[j] - w[i])`, zero where they coincide."""
    gaps = w[..., None, :] - w[..., :, None]
    return np.where(gaps == 0, 0, 1 / nonzero(gaps))


def thin_svd_pullback(gu: Any, gs: Any, gvh: Any, u: Any, s: Any, vh: Any) -> Any:
    """The cotangent of `a = u s vh` (thin).

    Townsend, "Differentiating the singular value decomposition" (2016), and for complex matrices Wan and Zhang,
    "Automatic differentiation for complex valued SVD" (2019); the phase is left to `u`.
    """
    v, gv, row, inverse = adjoint(vh), adjoint(gvh), s[..., None, :], 1 / nonzero(s)[..., None, :]
    gaps = reciprocal_gaps(s * s)
    along_u, along_v = swapped(u) @ gu, swapped(v) @ gv
    p, q = gaps * along_u, gaps * along_v
    middle = (p + adjoint(p)) * row + s[..., :, None] * (q + adjoint(q)) + on_diagonal(gs)
    middle = middle + on_diagonal(imaginary(diagonal(along_u)) / nonzero(s)) if np.iscomplexobj(u) else middle
    off_u = (gu - conjugate(u) @ along_u) * inverse
    off_v = (gv - conjugate(v) @ along_v) * inverse
    return (conjugate(u) @ middle + off_u) @ conjugate(vh) + conjugate(u) @ adjoint(off_v)


def thin_svd_pushforward(t: Any, u: Any, s: Any, vh: Any) -> tuple[Any, Any, Any]:
    """The tangents of `u`, `s`, `vh` (thin)."""
    v, row, column, inverse = adjoint(vh), s[..., None, :], s[..., :, None], 1 / nonzero(s)[..., None, :]
    gaps = reciprocal_gaps(s * s)
    m = adjoint(u) @ t @ v
    turn = gaps * (m * row + column * adjoint(m))
    turn = turn + on_diagonal(imaginary(diagonal(m)) / nonzero(s)) if np.iscomplexobj(m) else turn
    du = u @ turn + (t @ v - u @ m) * inverse
    dv = v @ (gaps * (column * m + adjoint(m) * row)) + (adjoint(t) @ u - v @ adjoint(m)) * inverse
    return du, np.real(diagonal(m)), adjoint(dv)


def full_svd_pullback(g: Any, ans: Any) -> Any:
    """The same with square `u` and `vh`."""
    u, s, vh = ans
    k = s.shape[-1]
    v = adjoint(vh)
    gu, gv = completed_pullback(g[0], u, k), completed_pullback(adjoint(g[2]), v, k)
    return thin_svd_pullback(gu, g[1], adjoint(gv), u[..., :k], s, vh[..., :k, :])


def full_svd_pushforward(t: Any, ans: Any) -> tuple[Any, Any, Any]:
    """The same with square `u` and `vh`."""
    u, s, vh = ans
    k = s.shape[-1]
    du, ds, dvh = thin_svd_pushforward(t, u[..., :k], s, vh[..., :k, :])
    return completed_pushforward(du, u, k), ds, adjoint(completed_pushforward(adjoint(dvh), adjoint(vh), k))


def singular_values_pullback(gs: Any, a: Any) -> Any:
    """The cotangent of `a` from that of its singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return (conjugate(u) * gs[..., None, :]) @ conjugate(vh)


def singular_values_pushforward(t: Any, a: Any) -> Any:
    """The tangent of the singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.real(diagonal(adjoint(u) @ t @ adjoint(vh)))


def svd_vjp(
    g: Any, ans: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """The pullback for each set of results."""
    if not compute_uv:
        return singular_values_pullback(g, a)
    if full_matrices:
        return full_svd_pullback(g, ans)
    return thin_svd_pullback(g[0], g[1], g[2], ans[0], ans[1], ans[2])


def svd_jvp(
    t: Any, ans: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """The pushforward for each set of results."""
    if not compute_uv:
        return singular_values_pushforward(t, a)
    if full_matrices:
        return full_svd_pushforward(t, ans)
    return thin_svd_pushforward(t, ans[0], ans[1], ans[2])


defvjp(np.linalg.svd, svd_vjp)
defjvp(np.linalg.svd, svd_jvp)
defvjp(np.linalg.svdvals, lambda g, ans, x: singular_values_pullback(g, x))
defjvp(np.linalg.svdvals, lambda t, ans, x: singular_values_pushforward(t, x))


# Eigenvalues and eigenvectors -----------------------------------------------------------------------------------


def eigh_pullback(gw: Any, gv: Any, w: Any, v: Any) -> Any:
    """The symmetric cotangent of `a = v w v^H` (Giles 2008, section 3.1)."""
    middle = reciprocal_gaps(w) * (swapped(v) @ gv) + on_diagonal(gw)
    return symmetric(conjugate(v) @ middle @ swapped(v))


def eigh_pushforward(t: Any, w: Any, v: Any) -> tuple[Any, Any]:
    """The tangents of `w` and `v`."""
    m = adjoint(v) @ symmetric(t) @ v
    return np.real(diagonal(m)), v @ (reciprocal_gaps(w) * m)


def eigvalsh_vjp(g: Any, ans: Any, a: Any, UPLO: Any = "L") -> Any:
    """The eigenvalues alone need no gaps between them."""
    v = np.linalg.eigh(a, UPLO)[1]
    return (conjugate(v) * g[..., None, :]) @ swapped(v)


def eigvalsh_jvp(t: Any, ans: Any, a: Any, UPLO: Any = "L") -> Any:
    """The same, forward."""
    v = np.linalg.eigh(a, UPLO)[1]
    return np.real(diagonal(adjoint(v) @ symmetric(t) @ v))


defvjp(np.linalg.eigh, lambda g, ans, a, UPLO="L": eigh_pullback(g[0], g[1], ans[0], ans[1]))
defjvp(np.linalg.eigh, lambda t, ans, a, UPLO="L": eigh_pushforward(t, ans[0], ans[1]))
defvjp(np.linalg.eigvalsh, eigvalsh_vjp)
defjvp(np.linalg.eigvalsh, eigvalsh_jvp)


def largest_entries(v: Any) -> Any:
    """`1 / v` at the largest entry of each column, which LAPACK makes real; zero elsewhere."""
    rows = np.argmax(np.abs(v), axis=-2)[..., None, :]
    largest = rows == np.arange(v.shape[-2])[:, None]
    return np.where(largest, 1 / np.where(largest, v, 1), 0)


def eig_pullback(gw: Any, gv: Any, w: Any, v: Any) -> Any:
    """The cotangent of `a = v w inv(v)`, columns of unit length, the largest entry of each real.

    Giles (2008), section 3.1, less what moves along the columns themselves.
    """
    h = np.sum(gv * v, axis=-2, keepdims=True)
    gv = gv - np.real(h) * conjugate(v) - imaginary(h) * largest_entries(v)
    middle = reciprocal_gaps(w) * (swapped(v) @ gv) + on_diagonal(gw)
    return np.linalg.solve(swapped(v), middle @ swapped(v))


def eig_pushforward(t: Any, w: Any, v: Any) -> tuple[Any, Any]:
    """The tangents of `w` and `v`."""
    m = np.linalg.solve(v, t @ v)
    dv = v @ (reciprocal_gaps(w) * m)
    along = np.real(np.sum(conjugate(v) * dv, axis=-2, keepdims=True))
    phase = imaginary(np.sum(dv * largest_entries(v), axis=-2, keepdims=True))
    return diagonal(m), dv - v * (along + phase)


def as_complex(x: Any, a: Any) -> Any:
    """Eigenvalues, or vectors, that may be real, as complex numbers: what kind they are is then known."""
    return x if np.iscomplexobj(a) else astype(x, np.result_type(a, np.complex64))


def eig_vjp(g: Any, ans: Any, a: Any) -> Any:
    """The pullback: real for a real matrix, whose values may be complex."""
    gw, gv, w, v = [as_complex(x, a) for x in (g[0], g[1], ans[0], ans[1])]
    share = eig_pullback(gw, gv, w, v)
    return share if np.iscomplexobj(a) else np.real(share)


defvjp(np.linalg.eig, eig_vjp)


def eig_jvp(t: Any, ans: Any, a: Any) -> Any:
    """The pushforward, of the kinds of the values and vectors."""
    w, v = as_complex(ans[0], a), as_complex(ans[1], a)
    dw, dv = eig_pushforward(t, w, v)
    return (dw, dv) if np.iscomplexobj(a) else (in_kind(dw, ans[0]), in_kind(dv, ans[1]))


defjvp(np.linalg.eig, eig_jvp)
composite(np.linalg.eigvals, lambda a: np.linalg.eig(a)[0])  # one factorisation, and one order of the values
