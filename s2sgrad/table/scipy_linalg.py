"""SciPy's linear algebra: structured systems, factorisations, functions of matrices, special matrices.

Read when a function of SciPy is first met. The notation and the conventions are those of the chapter `linalg`. The
arguments that let SciPy overwrite its input are not passed on by any rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from .composite import refuse
from .functional import sum_to
from .linalg import adjoint, outer_of, symmetric, times_inverse, trace_of
from .norms import SPECTRAL
from .products import conjugate, swapped
from .registry import RAISES, define, defjvp, defvjp

SL = scipy.linalg
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
