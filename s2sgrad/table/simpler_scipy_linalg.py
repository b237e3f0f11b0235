"""`scipy.linalg` by way of NumPy's linear algebra and kernels on stacks of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from ..kernels import matrices
from .linalg import adjoint
from .products import conjugate, swapped
from .simpler import beyond, simpler
from .simpler_linalg import as_floating, lead_of, stack_of, unstacked


@simpler(sl.inv)
def _inv(
    a: Any, overwrite_a: Any = False, check_finite: Any = True, *, assume_a: Any = None, lower: Any = False
) -> Any:
    return np.linalg.inv(a)


@beyond(sl.inv)
def _beyond_inv(a: Any, *args: Any, assume_a: Any = None, **rest: Any) -> str:
    return "" if assume_a in (None, "gen", "general") else "with assume_a"


@simpler(sl.det)
def _det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    a = as_floating(a)
    return np.linalg.det(
        a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)
    )  # in double precision


@simpler(sl.pinv)
def _pinv(
    a: Any, *, atol: Any = None, rtol: Any = None, return_rank: Any = False, check_finite: Any = True
) -> Any:
    u, s, vh = np.linalg.svd(a, False)
    least = max(np.shape(a)[-2], np.shape(a)[-1]) * (
        1.1920929e-07 if s.dtype == np.float32 else 2.220446049250313e-16
    )
    relative = (least if atol is None else 0.0) if rtol is None else rtol
    kept = s > (0.0 if atol is None else atol) + relative * np.max(s, axis=-1, keepdims=True)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    made = adjoint(vh) @ (inverse[..., :, None] * adjoint(u))
    return (made, np.sum(kept, axis=-1)) if return_rank else made


@simpler(sl.svd)
def _svd(
    a: Any, full_matrices: Any = True, compute_uv: Any = True, overwrite_a: Any = False, check_finite: Any = True,
    lapack_driver: Any = "gesdd",
) -> Any:  # fmt: skip
    return np.linalg.svd(a, full_matrices, compute_uv)


@simpler(sl.svdvals)
def _svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.svd(a, False)[1]


@simpler(sl.cholesky)
def _cholesky(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.cholesky(a) if lower else adjoint(np.linalg.cholesky(adjoint(a)))


@simpler(sl.cho_factor)
def _cho_factor(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    factor = sl.cholesky(a, lower)
    rest = np.triu(a, 1) if lower else np.tril(a, -1)
    return factor + rest, lower


@simpler(sl.cho_solve)
def _cho_solve(c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    c, lower = c_and_lower
    if lower:
        return sl.solve_triangular(c, sl.solve_triangular(c, b, 0, True), 2, True)
    return sl.solve_triangular(c, sl.solve_triangular(c, b, 2, False), 0, False)


def broadcast_pair(a: Any, b: Any) -> Any:
    """Matrices and right-hand sides of one dtype, their stacks broadcast together."""
    dtype = np.result_type(as_floating(a), b)
    a, b = a.astype(dtype), b.astype(dtype)
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        lead = np.broadcast_shapes(lead_of(a), lead_of(b))
        a = np.broadcast_to(a, tuple(lead) + np.shape(a)[-2:])
        b = np.broadcast_to(b, tuple(lead) + np.shape(b)[-2:])
    return a, b


@simpler(sl.solve_triangular)
def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: Any = False, unit_diagonal: Any = False, overwrite_b: Any = False,
    check_finite: Any = True,
) -> Any:  # fmt: skip
    if np.ndim(b) == 1:
        return sl.solve_triangular(a, b[:, None], trans, lower, unit_diagonal)[..., 0]
    turned = trans != 0 and trans != "N"
    a = a if not turned else swapped(a) if trans == 1 or trans == "T" else adjoint(a)
    a, b = broadcast_pair(a, b)
    found = matrices.triangular_solutions(stack_of(a), stack_of(b), lower != turned, unit_diagonal)
    return unstacked(found, lead_of(a))


@simpler(sl.solve)
def _solve(
    a: Any, b: Any, lower: Any = False, overwrite_a: Any = False, overwrite_b: Any = False, check_finite: Any = True,
    assume_a: Any = None, transposed: Any = False,
) -> Any:  # fmt: skip
    a = filled_from(a, lower, assume_a)
    a = swapped(a) if transposed else a
    if np.ndim(b) == 1:
        return np.linalg.solve(a, b[:, None])[..., 0]
    return np.linalg.solve(a, b)


def filled_from(a: Any, lower: Any, kind: Any) -> Any:
    """The whole of a matrix of which one triangle is read."""
    if kind is None or kind == "gen" or kind == "general":
        return a
    below = np.tril(a, -1) if lower else swapped(np.triu(a, 1))
    diagonal = np.triu(np.tril(a))
    if kind == "sym" or kind == "symmetric":
        return below + diagonal + swapped(below)
    if lower:
        return below + diagonal + adjoint(below)
    return conjugate(below) + diagonal + swapped(below)


@beyond(sl.solve)
def _beyond_solve(
    a: Any, b: Any, lower: Any = False, overwrite_a: Any = False, overwrite_b: Any = False, check_finite: Any = True,
    assume_a: Any = None, transposed: Any = False,
) -> str:  # fmt: skip
    known = (None, "gen", "general", "sym", "symmetric", "her", "hermitian", "pos", "positive definite")
    return "" if assume_a in known else f"with assume_a={assume_a!r}"


@simpler(sl.lu_factor)
def _lu_factor(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    lu, pivots = matrices.lu_of_each(stack_of(as_floating(a)))
    return unstacked(lu, lead_of(a)), unstacked(pivots, lead_of(a))


@simpler(sl.lu_solve)
def _lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True
) -> Any:
    lu, pivots = lu_and_piv
    n = np.shape(lu)[-1]
    order = matrices.rows_exchanged(np.asarray(pivots)[None].astype(np.int64), n)[0]
    right = b if np.ndim(b) == 2 else b[:, None]
    if trans == 0:
        found = sl.solve_triangular(lu, right[order], 0, True, True)
        found = sl.solve_triangular(lu, found, 0, False)
    else:
        found = sl.solve_triangular(lu, right, trans, False)
        found = sl.solve_triangular(lu, found, trans, True, True)[np.argsort(order)]
    return found if np.ndim(b) == 2 else found[:, 0]


@simpler(sl.lu)
def _lu(
    a: Any, permute_l: Any = False, overwrite_a: Any = False, check_finite: Any = True, p_indices: Any = False
) -> Any:
    m, n = np.shape(a)[-2], np.shape(a)[-1]
    k = min(m, n)
    both, pivots = matrices.lu_of_each(stack_of(as_floating(a)))
    order = matrices.rows_exchanged(pivots, m)
    unit = (np.arange(m)[:, None] == np.arange(k)[None, :]).astype(both.dtype)
    lower, upper = np.tril(both[..., :k], -1) + unit, np.triu(both[..., :k, :])
    lower, upper = unstacked(lower, lead_of(a)), unstacked(upper, lead_of(a))
    back = unstacked(np.argsort(order, axis=-1), lead_of(a))
    if permute_l:
        return np.take_along_axis(lower, back[..., None], axis=-2), upper
    if p_indices:
        return back, lower, upper
    permutation = (back[..., :, None] == np.arange(m)).astype(np.real(both).dtype)
    return permutation, lower, upper


@simpler(sl.qr)
def _qr(
    a: Any, overwrite_a: Any = False, lwork: Any = None, mode: Any = "full", pivoting: Any = False,
    check_finite: Any = True,
) -> Any:  # fmt: skip
    return (np.linalg.qr(a, "r"),) if mode == "r" else np.linalg.qr(a)


@beyond(sl.qr)
def _beyond_qr(
    a: Any, overwrite_a: Any = False, lwork: Any = None, mode: Any = "full", pivoting: Any = False,
    check_finite: Any = True,
) -> str:  # fmt: skip
    return "with pivoting=True" if pivoting else "" if mode in ("economic", "r") else f"with mode={mode!r}"


@simpler(sl.eig)
def _eig(
    a: Any, b: Any = None, left: Any = False, right: Any = True, overwrite_a: Any = False, overwrite_b: Any = False,
    check_finite: Any = True, homogeneous_eigvals: Any = False,
) -> Any:  # fmt: skip
    w, v = np.linalg.eig(a)
    return (w + 0j, v) if right else w + 0j


@beyond(sl.eig)
def _beyond_eig(
    a: Any, b: Any = None, left: Any = False, right: Any = True, overwrite_a: Any = False, overwrite_b: Any = False,
    check_finite: Any = True, homogeneous_eigvals: Any = False,
) -> str:  # fmt: skip
    return "of two matrices" if b is not None else "with left=True" if left else ""


@simpler(sl.eigh)
def _eigh(
    a: Any, b: Any = None, *, lower: Any = True, eigvals_only: Any = False, overwrite_a: Any = False,
    overwrite_b: Any = False, type: Any = 1, check_finite: Any = True, subset_by_index: Any = None,
    subset_by_value: Any = None, driver: Any = None,
) -> Any:  # fmt: skip
    if b is not None:
        factor = np.linalg.cholesky(filled_from(b, lower, "her"))
        half = np.linalg.solve(factor, filled_from(a, lower, "her"))
        w, v = np.linalg.eigh(adjoint(np.linalg.solve(factor, adjoint(half))))
        v = np.linalg.solve(adjoint(factor), v)
    else:
        w, v = np.linalg.eigh(a, "L" if lower else "U")
    return w if eigvals_only else (w, v)


@beyond(sl.eigh)
def _beyond_eigh(a: Any, b: Any = None, **options: Any) -> str:
    chosen = [k for k in ("subset_by_index", "subset_by_value") if options.get(k) is not None]
    return f"with {chosen[0]}" if chosen else "" if options.get("type", 1) == 1 else "of another type"


@simpler(sl.polar)
def _polar(a: Any, side: Any = "right") -> Any:
    w, s, vh = np.linalg.svd(a, False)
    unitary = w @ vh
    if side == "right":
        return unitary, (adjoint(vh) * s[..., None, :]) @ vh
    return unitary, (w * s[..., None, :]) @ adjoint(w)


@simpler(sl.expm)
def _expm(A: Any) -> Any:
    return unstacked(matrices.exponential_of_each(stack_of(as_floating(A))), lead_of(A))


@simpler(sl.solve_sylvester)
def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    m, n = np.shape(a)[0], np.shape(b)[0]
    whole = np.kron(a, np.eye(n)) + np.kron(np.eye(m), np.transpose(b))
    return np.reshape(np.linalg.solve(whole, np.ravel(q)), (m, n))


@simpler(sl.block_diag)
def _block_diag(*arrs: Any) -> Any:
    blocks = [np.atleast_2d(x) for x in arrs]
    rows, columns = 0, 0
    for x in blocks:
        rows, columns = rows + np.shape(x)[0], columns + np.shape(x)[1]
    out = np.zeros((rows, columns), np.result_type(*[x.dtype for x in blocks]))
    top, left = 0, 0
    for x in blocks:
        m, n = np.shape(x)
        out[top : top + m, left : left + n] = x
        top, left = top + m, left + n
    return out
