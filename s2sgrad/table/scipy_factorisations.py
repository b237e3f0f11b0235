"""SciPy's Cholesky and LU factorisations, and the systems that they solve."""

from __future__ import annotations

from typing import Any

import numpy as np

from .linalg import adjoint, cholesky_pullback, cholesky_pushforward, outer_of, right_solve, symmetric
from .products import conjugate, swapped
from .registry import defjvp, defvjp
from .scipy_linalg import SL, triangle, with_transpose

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
