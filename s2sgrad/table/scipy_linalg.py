"""SciPy's linear algebra: structured systems, factorisations, functions of matrices, special matrices.

Read when a function of SciPy is first met. The notation and the conventions are those of the chapter `linalg`. The
arguments that let SciPy overwrite its input are not passed on by any rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ..ir.result_types import RULES, real_or_complex_type, shaped_as
from .composite import composite, refuse
from .functional import in_kind, sum_to
from .linalg import (
    SPECTRAL,
    adjoint,
    as_complex,
    below,
    cholesky_pullback,
    cholesky_pushforward,
    completed_pullback,
    completed_pushforward,
    diagonal,
    eig_pullback,
    eig_pushforward,
    eigh_pullback,
    eigh_pushforward,
    full_svd_pullback,
    full_svd_pushforward,
    on_diagonal,
    outer_of,
    pinv_pullback,
    pinv_pushforward,
    qr_pullback,
    qr_pushforward,
    reciprocal_gaps,
    right_solve,
    singular_values_pullback,
    singular_values_pushforward,
    symmetric,
    thin_svd_pullback,
    thin_svd_pushforward,
    times_inverse,
    trace_of,
)
from .products import conjugate, swapped
from .registry import RAISES, define, defjvp, defvjp

SL = scipy.linalg
SYMMETRIC = ("sym", "symmetric")
HERMITIAN = ("her", "hermitian", "pos", "positive definite")
TURNED = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}

# Inverse, determinant, systems ----------------------------------------------------------------------------------


def masked(x: Any, structure: Any, lower: bool) -> Any:
    """The part of a matrix that a solver told of its structure reads, and the symmetric part of a symmetric one."""
    if structure in HERMITIAN:
        return symmetric(x)
    if structure in SYMMETRIC:
        return (x + swapped(x)) / 2
    if structure in ("upper triangular", "lower triangular"):
        return np.tril(x) if structure == "lower triangular" else np.triu(x)
    if structure == "tridiagonal":
        return np.tril(np.triu(x, -1), 1)
    if structure == "diagonal":
        return np.tril(np.triu(x))
    refuse(
        structure is not None and structure not in ("gen", "general"), "scipy.linalg.solve of this structure"
    )
    return x


def inv_vjp(
    g: Any,
    ans: Any,
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: Any = None,
    lower: bool = False,
) -> Any:
    """As for NumPy's."""
    return masked(-(swapped(ans) @ g @ swapped(ans)), assume_a, lower)


def inv_jvp(
    t: Any,
    ans: Any,
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: Any = None,
    lower: bool = False,
) -> Any:
    """As for NumPy's."""
    return -(ans @ masked(t, assume_a, lower) @ ans)


defvjp(SL.inv, inv_vjp)
defjvp(SL.inv, inv_jvp)
defvjp(SL.det, lambda g, ans, a, overwrite_a=False, check_finite=True: times_inverse(g * ans, a))
defjvp(SL.det, lambda t, ans, a, overwrite_a=False, check_finite=True: ans * trace_of(np.linalg.solve(a, t)))


def transposed_solve(g: Any, a: Any, b: Any, lower: bool, assume_a: Any, transposed: bool) -> Any:
    """The solution against the transposed matrix, by the method of the original."""
    if transposed or assume_a in SYMMETRIC:
        return SL.solve(a, g, lower, assume_a=assume_a)
    if assume_a in HERMITIAN:
        return conjugate(SL.solve(a, conjugate(g), lower, assume_a=assume_a))
    if np.iscomplexobj(a) or assume_a in TURNED:
        return SL.solve(swapped(a), g, assume_a=TURNED.get(assume_a, assume_a))
    return SL.solve(a, g, lower, assume_a=assume_a, transposed=True)


def system_share(gb: Any, x: Any, b: Any, transposed: bool) -> Any:
    """`-gb x^T`, the cotangent of the matrix, or its transpose."""
    return -outer_of(x, gb, np.ndim(b) == 1) if transposed else -outer_of(gb, x, np.ndim(b) == 1)


def solve_a(
    g: Any,
    ans: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> Any:
    """The cotangent of the matrix."""
    gb = transposed_solve(g, a, b, lower, assume_a, transposed)
    return sum_to(masked(system_share(gb, ans, b, transposed), assume_a, lower), np.shape(a))


def solve_b(
    g: Any,
    ans: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> Any:
    """The cotangent of the right-hand side."""
    return sum_to(transposed_solve(g, a, b, lower, assume_a, transposed), np.shape(b))


def solve_jvp_a(
    t: Any,
    ans: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> Any:
    """The share of the matrix in the tangent."""
    change = masked(t, assume_a, lower)
    change = swapped(change) if transposed else change
    return -SL.solve(a, change @ ans, lower, assume_a=assume_a, transposed=transposed)


def solve_jvp_b(
    t: Any,
    ans: Any,
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
) -> Any:
    """The share of the right-hand side."""
    return SL.solve(a, t, lower, assume_a=assume_a, transposed=transposed)


defvjp(SL.solve, solve_a, solve_b)
defjvp(SL.solve, solve_jvp_a, solve_jvp_b)


# Triangular systems ---------------------------------------------------------------------------------------------


def triangle(x: Any, lower: bool, unit_diagonal: bool) -> Any:
    """The part of a triangular matrix that the solver reads."""
    if lower:
        return np.tril(x, -1) if unit_diagonal else np.tril(x)
    return np.triu(x, 1) if unit_diagonal else np.triu(x)


def is_code(trans: Any, number: int, letter: str) -> bool:
    """Whether `trans` names one of the three systems."""
    return trans in (number, letter)


def with_transpose(x: Any, trans: Any) -> Any:
    """`x`, its transpose or its adjoint, as `trans` says."""
    if is_code(trans, 0, "N"):
        return x
    return swapped(x) if is_code(trans, 1, "T") else adjoint(x)


def triangular_back(g: Any, a: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    """The solution against the transpose of the system that `trans` names."""
    if is_code(trans, 2, "C"):
        return conjugate(SL.solve_triangular(a, conjugate(g), 0, lower, unit_diagonal))
    return SL.solve_triangular(a, g, 1 if is_code(trans, 0, "N") else 0, lower, unit_diagonal)


def triangular_a(
    g: Any,
    ans: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the matrix, in its triangle."""
    share = -outer_of(triangular_back(g, a, trans, lower, unit_diagonal), ans, np.ndim(b) == 1)
    return triangle(with_transpose(share, trans), lower, unit_diagonal)


def triangular_b(
    g: Any,
    ans: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the right-hand side."""
    return triangular_back(g, a, trans, lower, unit_diagonal)


def triangular_jvp_a(
    t: Any,
    ans: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the matrix in the tangent."""
    change = with_transpose(triangle(t, lower, unit_diagonal), trans) @ ans
    return -SL.solve_triangular(a, change, trans, lower, unit_diagonal)


def triangular_jvp_b(
    t: Any,
    ans: Any,
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the right-hand side."""
    return SL.solve_triangular(a, t, trans, lower, unit_diagonal)


defvjp(SL.solve_triangular, triangular_a, triangular_b)
defjvp(SL.solve_triangular, triangular_jvp_a, triangular_jvp_b)


# Banded systems: ab[u + i - j, j] = a[i, j] ---------------------------------------------------------------------


def banded_transpose(ab: Any, l: int, u: int) -> Any:
    """The transpose of a banded matrix, in banded form: the rows in reverse, each moved; what wraps is never read."""
    return np.stack([np.roll(ab[u - d], -d) for d in range(-l, u + 1)])


def moved_down(x: Any, d: int) -> Any:
    """`x[i - d]` at `i` along the first axis, zero from outside."""
    if d == 0:
        return x
    if d > 0:
        return np.concatenate((np.zeros_like(x[:d]), x[:-d]))
    return np.concatenate((x[-d:], np.zeros_like(x[:-d])))


def banded_product(ab: Any, x: Any, l: int, u: int) -> Any:
    """A banded matrix times a vector or a matrix."""
    return sum(
        [
            moved_down(ab[d + u] * x if np.ndim(x) == 1 else ab[d + u][:, None] * x, d)
            for d in range(-u, l + 1)
        ]
    )


def banded_outer(y: Any, x: Any, l: int, u: int) -> Any:
    """The band of `y @ x.T`."""
    rows = [moved_down(y, -d) * x for d in range(-u, l + 1)]
    return np.stack([row if np.ndim(row) == 1 else np.sum(row, axis=1) for row in rows])


def banded_back(g: Any, l_and_u: Any, ab: Any) -> Any:
    """The solution against the transposed matrix."""
    l, u = l_and_u
    return SL.solve_banded((u, l), banded_transpose(ab, l, u), g)


def banded_ab(
    g: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the bands."""
    return -banded_outer(banded_back(g, l_and_u, ab), ans, l_and_u[0], l_and_u[1])


def banded_b(
    g: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The cotangent of the right-hand side."""
    return banded_back(g, l_and_u, ab)


def banded_jvp_ab(
    t: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the bands in the tangent."""
    return -SL.solve_banded(l_and_u, ab, banded_product(t, ans, l_and_u[0], l_and_u[1]))


def banded_jvp_b(
    t: Any,
    ans: Any,
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The share of the right-hand side."""
    return SL.solve_banded(l_and_u, ab, t)


defvjp(SL.solve_banded, None, banded_ab, banded_b)
defjvp(SL.solve_banded, None, banded_jvp_ab, banded_jvp_b)


# Sylvester equation, square root, exponential -------------------------------------------------------------------

# fmt: off
defvjp(SL.solve_sylvester, lambda g, ans, a, b, q: -(SL.solve_sylvester(a.T, b.T, g) @ ans.T),
                           lambda g, ans, a, b, q: -(ans.T @ SL.solve_sylvester(a.T, b.T, g)),
                           lambda g, ans, a, b, q: SL.solve_sylvester(a.T, b.T, g))
defjvp(SL.solve_sylvester, lambda t, ans, a, b, q: -SL.solve_sylvester(a, b, t @ ans),
                           lambda t, ans, a, b, q: -SL.solve_sylvester(a, b, ans @ t),
                           lambda t, ans, a, b, q: SL.solve_sylvester(a, b, t))
composite(SL.solve_continuous_lyapunov, lambda a, q: SL.solve_sylvester(a, adjoint(a), q))
# The square of the root is the matrix: `x dx + dx x = da`.
def sqrtm_vjp(g: Any, ans: Any, A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The square root of a real matrix may be complex; the cotangent of the matrix is real."""
    root, g = as_complex(ans, A), as_complex(g, A)
    share = SL.solve_sylvester(swapped(root), swapped(root), g)
    return share if np.iscomplexobj(A) else np.real(share)


def sqrtm_jvp(t: Any, ans: Any, A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The same, forward."""
    root = as_complex(ans, A)
    change = SL.solve_sylvester(root, root, as_complex(t, A))
    return change if np.iscomplexobj(A) else in_kind(change, ans)


RULES[SL.sqrtm] = real_or_complex_type
RULES[SL.solve_sylvester] = RULES[SL.solve_banded] = shaped_as(2)
defvjp(SL.sqrtm, sqrtm_vjp)
defjvp(SL.sqrtm, sqrtm_jvp)
# fmt: on


def frechet_by_blocks(a: Any, e: Any) -> Any:
    """`exp([[a, e], [0, a]])`, whose upper right block is the derivative of the exponential at `a` along `e`.

    Higham, "Functions of Matrices" (2008), equation 3.16.
    """
    above = np.concatenate((a, e), axis=-1)
    return SL.expm(np.concatenate((above, np.concatenate((np.zeros_like(a), a), axis=-1)), axis=-2))


def expm_frechet(
    A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """The exponential and its derivative as blocks of one exponential, which may be differentiated again."""
    n = A.shape[-1]
    blocks = frechet_by_blocks(A, E)
    if compute_expm:
        return blocks[:n, :n], blocks[:n, n:]
    return blocks[:n, n:]


def expm_derivative(a: Any, e: Any) -> Any:
    """The derivative of the exponential at `a` along `e`; its transpose is the derivative at the transpose."""
    if np.ndim(a) == 2:
        return SL.expm_frechet(a, e, compute_expm=False)
    n = a.shape[-1]
    return frechet_by_blocks(a, e)[..., :n, n:]


defvjp(SL.expm, lambda g, ans, A: expm_derivative(swapped(A), g))
defjvp(SL.expm, lambda t, ans, A: expm_derivative(A, t))
composite(SL.expm_frechet, expm_frechet)


# Cholesky -------------------------------------------------------------------------------------------------------


def cholesky_vjp(
    g: Any, ans: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Murray (2016), as for NumPy's."""
    return cholesky_pullback(g, ans) if lower else cholesky_pullback(adjoint(g), adjoint(ans))


def cholesky_jvp(
    t: Any, ans: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The same, forward."""
    return cholesky_pushforward(t, ans) if lower else adjoint(cholesky_pushforward(t, adjoint(ans)))


def cho_factor_vjp(
    g: Any, ans: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The triangle of the factor is that of `cholesky`; the other holds what was there."""
    kept = g[0] - triangle(g[0], lower, False)
    return cholesky_vjp(g[0] - kept, triangle(ans[0], lower, False), a, lower) + symmetric(kept)


def cho_factor_jvp(
    t: Any, ans: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The same, forward."""
    kept = t - triangle(t, lower, False)
    return cholesky_jvp(t, triangle(ans[0], lower, False), a, lower) + kept, None


def cho_solve_back(g: Any, c_and_lower: Any) -> Any:
    """The solution against the transpose, which is the conjugate."""
    return conjugate(SL.cho_solve(c_and_lower, conjugate(g)))


def cho_solve_factor(
    g: Any, ans: Any, c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """Through the matrix `c c^H` (lower) or `c^H c`."""
    c, lower = c_and_lower
    share = -outer_of(cho_solve_back(g, c_and_lower), ans, np.ndim(b) == 1)
    share = share + adjoint(share)
    known = conjugate(triangle(c, lower, False))
    return triangle(share @ known if lower else known @ share, lower, False), None


def cho_solve_jvp_factor(
    t: Any, ans: Any, c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """The same, forward."""
    c, lower = c_and_lower
    known, change = triangle(c, lower, False), triangle(t[0], lower, False)
    half = change @ adjoint(known) if lower else adjoint(change) @ known
    return -SL.cho_solve(c_and_lower, (half + adjoint(half)) @ ans)


defvjp(SL.cholesky, cholesky_vjp)
defjvp(SL.cholesky, cholesky_jvp)
defvjp(SL.cho_factor, cho_factor_vjp)
defjvp(SL.cho_factor, cho_factor_jvp)
defvjp(
    SL.cho_solve,
    cho_solve_factor,
    lambda g, ans, c_and_lower, b, overwrite_b=False, check_finite=True: cho_solve_back(g, c_and_lower),
)
defjvp(
    SL.cho_solve,
    cho_solve_jvp_factor,
    lambda t, ans, c_and_lower, b, overwrite_b=False, check_finite=True: SL.cho_solve(c_and_lower, t),
)


# LU: the rows permuted, m = l u; blocks beyond the square part are l2 u1 below and l1 u2 to the right --------------


def lu_square(gl: Any, gu: Any, l: Any, u: Any) -> Any:
    """The cotangent of square `m = l u`: `dl = l tril(w, -1)`, `du = triu(w) u`, `w = inv(l) dm inv(u)`."""
    middle = np.tril(swapped(l) @ gl, -1) + np.triu(gu @ swapped(u))
    return right_solve(np.linalg.solve(swapped(l), middle), swapped(u))


def lu_pullback(gl: Any, gu: Any, l: Any, u: Any) -> Any:
    """The cotangent of `m = l u` of any shape."""
    k = l.shape[-1]
    l1, l2, u1, u2 = l[..., :k, :], l[..., k:, :], u[..., :k], u[..., k:]
    below_it = right_solve(gl[..., k:, :], swapped(u1))
    beside = np.linalg.solve(swapped(l1), gu[..., k:])
    gl1 = gl[..., :k, :] - beside @ swapped(u2)
    gu1 = gu[..., :k] - swapped(l2) @ below_it
    top = np.concatenate((lu_square(gl1, gu1, l1, u1), beside), axis=-1)
    corner = np.zeros_like(below_it @ beside)
    return np.concatenate((top, np.concatenate((below_it, corner), axis=-1)), axis=-2)


def lu_pushforward(t: Any, l: Any, u: Any) -> tuple[Any, Any]:
    """The tangents of `l` and `u` along `dm = t`."""
    k = l.shape[-1]
    l1, l2, u1, u2 = l[..., :k, :], l[..., k:, :], u[..., :k], u[..., k:]
    w = right_solve(np.linalg.solve(l1, t[..., :k, :k]), u1)
    dl1, du1 = l1 @ np.tril(w, -1), np.triu(w) @ u1
    dl2 = right_solve(t[..., k:, :k] - l2 @ du1, u1)
    du2 = np.linalg.solve(l1, t[..., :k, k:] - dl1 @ u2)
    return np.concatenate((dl1, dl2), axis=-2), np.concatenate((du1, du2), axis=-1)


def lu_vjp(
    g: Any,
    ans: Any,
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """`a = p l u`, where the permutation is locally constant."""
    if permute_l:
        p = SL.lu(a)[0]
        return p @ lu_pullback(swapped(p) @ g[0], g[1], swapped(p) @ ans[0], ans[1])
    share = lu_pullback(g[1], g[2], ans[1], ans[2])
    return share[ans[0]] if p_indices else ans[0] @ share


def lu_jvp(
    t: Any,
    ans: Any,
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    """The same, forward."""
    if permute_l:
        p = SL.lu(a)[0]
        dl, du = lu_pushforward(swapped(p) @ t, swapped(p) @ ans[0], ans[1])
        return p @ dl, du
    if p_indices:
        return None, *lu_pushforward(t[np.argsort(ans[0])], ans[1], ans[2])
    return np.zeros_like(ans[0]), *lu_pushforward(swapped(ans[0]) @ t, ans[1], ans[2])


def unpacked(lu: Any) -> tuple[Any, Any]:
    """The two triangular factors from the one array that keeps them."""
    return np.tril(lu, -1) + np.eye(lu.shape[0], dtype=lu.dtype), np.triu(lu)


def pivoted(x: Any, piv: Any, back: int) -> Any:
    """The row exchanges of an LU factorisation applied to `x` (0) or undone (1): a solution whose factors are ones."""
    return SL.lu_solve((np.eye(x.shape[0], dtype=x.dtype), piv), x, back)


def packed_pullback(g: Any, lu: Any) -> Any:
    """The cotangent of `l u` from that of the array that keeps both."""
    l, u = unpacked(lu)
    return lu_square(np.tril(g, -1), np.triu(g), l, u)


def packed_pushforward(t: Any, lu: Any) -> Any:
    """The tangent of the array that keeps both, along a tangent of `l u`."""
    l, u = unpacked(lu)
    dl, du = lu_pushforward(t, l, u)
    return dl + du


def lu_solve_factor(
    g: Any,
    ans: Any,
    lu_and_piv: Any,
    b: Any,
    trans: int = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Through the matrix `p l u`."""
    lu, piv = lu_and_piv
    l, u = unpacked(lu)
    share = -outer_of(lu_solve_back(g, lu_and_piv, trans), ans, np.ndim(b) == 1)
    share = pivoted(with_transpose(share, trans), piv, 0)
    return np.tril(share @ swapped(u), -1) + np.triu(swapped(l) @ share), None


def lu_solve_jvp_factor(
    t: Any,
    ans: Any,
    lu_and_piv: Any,
    b: Any,
    trans: int = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The same, forward."""
    lu, piv = lu_and_piv
    l, u = unpacked(lu)
    change = pivoted(np.tril(t[0], -1) @ u + l @ np.triu(t[0]), piv, 1)
    return -SL.lu_solve(lu_and_piv, with_transpose(change, trans) @ ans, trans)


def lu_solve_back(g: Any, lu_and_piv: Any, trans: int) -> Any:
    """The solution against the transpose of the system that `trans` names."""
    if trans == 2:
        return conjugate(SL.lu_solve(lu_and_piv, conjugate(g), 0))
    return SL.lu_solve(lu_and_piv, g, 1 - trans)


defvjp(SL.lu, lu_vjp)
defjvp(SL.lu, lu_jvp)
defvjp(
    SL.lu_factor,
    lambda g, ans, a, overwrite_a=False, check_finite=True: pivoted(packed_pullback(g[0], ans[0]), ans[1], 1),
)
defjvp(
    SL.lu_factor,
    lambda t, ans, a, overwrite_a=False, check_finite=True: (
        packed_pushforward(pivoted(t, ans[1], 0), ans[0]),
        None,
    ),
)
defvjp(SL.lu_solve, lu_solve_factor,
                    lambda g, ans, lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True:
                        lu_solve_back(g, lu_and_piv, trans))  # fmt: skip
defjvp(SL.lu_solve, lu_solve_jvp_factor,
                    lambda t, ans, lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True:
                        SL.lu_solve(lu_and_piv, t, trans))  # fmt: skip


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


# Special matrices -----------------------------------------------------------------------------------------------


def as_blocks(arrays: Any) -> Any:
    """The blocks of block_diag as matrices."""
    return [np.reshape(x, (1, -1)) if np.ndim(x) < 2 else x for x in arrays]


def block_share(g: Any, k: int, arrays: Any) -> Any:
    """The block `k` of the cotangent."""
    blocks = as_blocks(arrays)
    top, left = sum([x.shape[0] for x in blocks[:k]]), sum([x.shape[1] for x in blocks[:k]])
    share = g[top : top + blocks[k].shape[0], left : left + blocks[k].shape[1]]
    return share if np.ndim(arrays[k]) == 2 else np.reshape(share, np.shape(arrays[k]))


def block_change(t: Any, k: int, arrays: Any) -> Any:
    """The tangent of one block among zeros."""
    return SL.block_diag(*[t if i == k else np.zeros_like(x) for i, x in enumerate(arrays)])


defvjp(SL.block_diag, lambda g, ans, *arrs: block_share(g, 0, arrs), lambda g, ans, *arrs: block_share(g, 1, arrs),
                      lambda g, ans, *arrs: block_share(g, 2, arrs), lambda g, ans, *arrs: block_share(g, 3, arrs),
                      lambda g, ans, *arrs: block_share(g, 4, arrs), lambda g, ans, *arrs: block_share(g, 5, arrs),
                      lambda g, ans, *arrs:
                          block_share(g, 6, arrs), lambda g, ans, *arrs: block_share(g, 7, arrs))  # fmt: skip
defjvp(SL.block_diag, lambda t, ans, *arrs: block_change(t, 0, arrs), lambda t, ans, *arrs: block_change(t, 1, arrs),
                      lambda t, ans, *arrs: block_change(t, 2, arrs), lambda t, ans, *arrs: block_change(t, 3, arrs),
                      lambda t, ans, *arrs: block_change(t, 4, arrs), lambda t, ans, *arrs: block_change(t, 5, arrs),
                      lambda t, ans, *arrs:
                          block_change(t, 6, arrs), lambda t, ans, *arrs: block_change(t, 7, arrs))  # fmt: skip
define(SL.block_diag, limits="8 matrices")


def constant_diagonals(values: Any, rows: Any, columns: Any) -> Any:
    """The matrix with `values[rows - 1 + j - i]` at `(i, j)`."""
    return values[(rows - 1 - np.arange(rows))[:, None] + np.arange(columns)]


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with first column `c` and first row `r`."""
    r = conjugate(c) if r is None else r
    return constant_diagonals(np.concatenate((c[::-1], r[1:])), c.shape[0], r.shape[0])


def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with first column `c` and last row `r`."""
    r = np.zeros_like(c) if r is None else r
    return np.concatenate((c, r[1:]))[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


def circulant(c: Any) -> Any:
    """The columns are `c`, turned by one more place each."""
    n = np.arange(c.shape[-1])
    return c[..., (n[:, None] - n) % c.shape[-1]]


def leslie(f: Any, s: Any) -> Any:
    """The first row is `f`, the first diagonal below the main one `s`."""
    n = f.shape[0]
    out = np.zeros((n, n), dtype=np.result_type(f, s))
    out[0] = f
    out[np.arange(1, n), np.arange(n - 1)] = s
    return out


def companion(a: Any) -> Any:
    """The matrix whose characteristic polynomial has the coefficients `a`."""
    return np.concatenate(((-a[1:] / a[0])[None, :], np.eye(a.shape[0] - 2, a.shape[0] - 1, dtype=a.dtype)))


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix that convolves a signal of length `n` with `a`."""
    zeros = np.zeros(n - 1, dtype=a.dtype)
    m = a.shape[0]
    full = constant_diagonals(np.concatenate((zeros, a, zeros))[::-1], m + n - 1, n)
    trim = min(n, m) - 1
    if mode == "full":
        return full
    return (
        full[trim // 2 : m + n - 1 - (trim - trim // 2)] if mode == "same" else full[trim : m + n - 1 - trim]
    )


composite(SL.toeplitz, toeplitz, limits="vectors")
composite(SL.hankel, hankel, limits="vectors")
composite(SL.circulant, circulant)
composite(SL.fiedler, lambda a: np.abs(a[..., :, None] - a[..., None, :]))
composite(SL.leslie, leslie, limits="vectors")
composite(SL.companion, companion, limits="vectors")
composite(SL.convolution_matrix, convolution_matrix, limits="vectors")

LIMITS: dict[Any, str] = {
    SL.inv: "",
    SL.det: "singular matrices",
    SL.solve: "structures banded and circulant",
    SL.solve_triangular: "matrices, not stacks of them",
    SL.solve_banded: "",
    SL.solve_sylvester: "",
    SL.sqrtm: "singular matrices",
    SL.expm: "",
    SL.expm_frechet: "",
    SL.cholesky: "",
    SL.cho_factor: "",
    SL.cho_solve: "",
    SL.lu: "dependent leading columns",
    SL.lu_factor: "square matrices",
    SL.lu_solve: "",
    SL.qr: "modes raw; dependent leading columns",
    SL.svd: SPECTRAL,
    SL.svdvals: "",
    SL.pinv: "a change of rank",
    SL.eigh: SPECTRAL + "; type 1; no subsets",
    SL.eigvalsh: "type 1; no subsets",
    SL.eig: SPECTRAL + "; right vectors of one matrix",
    SL.eigvals: "coinciding values; one matrix",
    SL.polar: "full rank, the unitary factor no wider than the matrix",
}
for fun, limits in LIMITS.items():
    define(fun, effect=RAISES, heavy=True, limits=limits)

# Their factors come as a tuple.
define(SL.cho_solve, sequences=True)
define(SL.lu_solve, sequences=True)
