"""NumPy's linear algebra: inverses, factorisations, spectra, norms.

Notation of the formulas: `g` pairs with a tangent as `sum(g * t)`, without conjugation, so the pullback of
`X -> L X R` is `L.T @ g @ R.T`. Adjoint forms after Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), which has them for real matrices; `conjugate` makes them complex.
Functions of symmetric (Hermitian) matrices give the symmetric derivative. Where singular values or eigenvalues
coincide the vectors have no derivative: the terms that would divide by zero are left out, which is right for
functions of the result that do not depend on the choice of the vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import in_kind, sum_to
from .products import conjugate, swapped
from .registry import RAISES, define, defjvp, defvjp, inactive
from .shapes import astype

# Pieces of formulas ---------------------------------------------------------------------------------------------


def adjoint(x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return conjugate(swapped(x))


def symmetric(x: Any) -> Any:
    """The symmetric (Hermitian) part."""
    return (x + adjoint(x)) / 2


def half_tril(x: Any) -> Any:
    """The lower triangle with half the diagonal."""
    return (np.tril(x) + np.tril(x, -1)) / 2


def half_triu(x: Any) -> Any:
    """The upper triangle with half the diagonal."""
    return (np.triu(x) + np.triu(x, 1)) / 2


def right_solve(x: Any, a: Any) -> Any:
    """`x @ inv(a)`."""
    return swapped(np.linalg.solve(swapped(a), swapped(x)))


def on_diagonal(v: Any) -> Any:
    """The diagonal matrices of vectors along the last axis."""
    return v[..., None] * np.eye(v.shape[-1], dtype=v.dtype)


def diagonal(x: Any) -> Any:
    """The diagonals of the matrices in the last two axes."""
    return np.diagonal(x, axis1=-2, axis2=-1)


def nonzero(x: Any) -> Any:
    """`x` with ones in place of zeros: a divisor for what is zero wherever `x` is."""
    return np.where(x == 0, 1, x)


def imaginary(x: Any) -> Any:
    """`1j * imag(x)`, in the precision of `x`."""
    return (x - np.conj(x)) / 2


# Inverse, determinant, systems ----------------------------------------------------------------------------------

defvjp(np.linalg.inv, lambda g, ans, a: -(swapped(ans) @ g @ swapped(ans)))
defjvp(np.linalg.inv, lambda t, ans, a: -(ans @ t @ ans))


def trace_of(x: Any) -> Any:
    """The traces of the matrices in the last two axes."""
    return np.trace(x, axis1=-2, axis2=-1)


def times_inverse(s: Any, a: Any) -> Any:
    """`s * inv(a).T`, one scalar `s` a matrix."""
    return s * np.linalg.inv(a).T if np.ndim(a) == 2 else s[..., None, None] * swapped(np.linalg.inv(a))


def slogdet_vjp(g: Any, ans: Any, a: Any) -> Any:
    """`d log|det| = real(w)` and `d sign = 1j sign imag(w)`, where `w = trace(inv(a) da)`."""
    if np.iscomplexobj(a):
        return times_inverse(g[1] + imaginary(g[0] * ans[0]), a)
    return times_inverse(g[1], a)


def slogdet_jvp(t: Any, ans: Any, a: Any) -> Any:
    """The same, forward."""
    w = trace_of(np.linalg.solve(a, t))
    if np.iscomplexobj(a):
        return ans[0] * imaginary(w), np.real(w)
    return np.zeros_like(ans[0]), w


defvjp(np.linalg.det, lambda g, ans, a: times_inverse(g * ans, a))
defjvp(np.linalg.det, lambda t, ans, a: ans * trace_of(np.linalg.solve(a, t)))
defvjp(np.linalg.slogdet, slogdet_vjp)
defjvp(np.linalg.slogdet, slogdet_jvp)


def solved(a: Any, b: Any, vector: bool) -> Any:
    """`solve(a, b)`, where `b` is vectors along the last axis if `vector`."""
    if np.ndim(b) > 1 and vector:
        return np.linalg.solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b)


def outer_of(x: Any, y: Any, vector: bool) -> Any:
    """`x @ y.T` of matrices or of vectors along the last axis."""
    if vector:
        return np.outer(x, y) if np.ndim(x) == 1 else x[..., :, None] * y[..., None, :]
    return x @ swapped(y)


def solve_a(g: Any, ans: Any, a: Any, b: Any) -> Any:
    """`a x = b` gives `a dx = db - da x`."""
    vector = np.ndim(b) == 1
    share = -outer_of(solved(swapped(a), g, vector), ans, vector)
    return share if np.ndim(a) == 2 and np.ndim(b) <= 2 else sum_to(share, np.shape(a))


def solve_b(g: Any, ans: Any, a: Any, b: Any) -> Any:
    """The cotangent of the right-hand side."""
    share = solved(swapped(a), g, np.ndim(b) == 1)
    return share if np.ndim(a) == 2 else sum_to(share, np.shape(b))


def times(a: Any, x: Any, vector: bool) -> Any:
    """`a @ x`, where `x` is vectors along the last axis if `vector`."""
    return (a @ x[..., None])[..., 0] if vector and np.ndim(a) > 2 else a @ x


def solve_jvp_a(t: Any, ans: Any, a: Any, b: Any) -> Any:
    """The share of the matrix in the tangent of the solution."""
    vector = np.ndim(b) == 1
    return -solved(a, times(t, ans, vector), vector)


defvjp(np.linalg.solve, solve_a, solve_b)
defjvp(np.linalg.solve, solve_jvp_a, lambda t, ans, a, b: np.linalg.solve(a, t))


# Cholesky -------------------------------------------------------------------------------------------------------


def cholesky_pullback(g: Any, factor: Any) -> Any:
    """The symmetric cotangent of `a = L L^H`, from that of `L`."""
    middle = half_tril(swapped(factor) @ g)
    return symmetric(right_solve(np.linalg.solve(swapped(factor), middle), conjugate(factor)))


def cholesky_pushforward(t: Any, factor: Any) -> Any:
    """The tangent of `L`, where `a = L L^H`: `dL = L half_tril(inv(L) da inv(L)^H)`."""
    left = np.linalg.solve(factor, symmetric(t))
    return factor @ half_tril(adjoint(np.linalg.solve(factor, adjoint(left))))


def cholesky_vjp(g: Any, ans: Any, a: Any, *, upper: bool = False) -> Any:
    """Murray, "Differentiation of the Cholesky decomposition" (2016), equation 10."""
    if upper:
        return cholesky_pullback(adjoint(g), adjoint(ans))
    return cholesky_pullback(g, ans)


def cholesky_jvp(t: Any, ans: Any, a: Any, *, upper: bool = False) -> Any:
    """Murray (2016), equation 8."""
    if upper:
        return adjoint(cholesky_pushforward(t, adjoint(ans)))
    return cholesky_pushforward(t, ans)


defvjp(np.linalg.cholesky, cholesky_vjp)
defjvp(np.linalg.cholesky, cholesky_jvp)


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
