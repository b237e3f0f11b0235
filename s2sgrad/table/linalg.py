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

from .functional import sum_to
from .products import conjugate, swapped
from .registry import defjvp, defvjp

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
