"""Linear algebra by way of kernels on stacks of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import matrices
from .linalg import adjoint
from .norms import norm_axes
from .simpler import beyond, simpler


def stack_of(a: Any) -> Any:
    """The matrices in the last two axes, one after another."""
    if np.ndim(a) == 3:
        return a
    count = 1
    for n in np.shape(a)[:-2]:
        count = count * n
    return np.reshape(a, (count,) + np.shape(a)[-2:])


def unstacked(found: Any, lead: Any) -> Any:
    """What was found for each matrix of a stack, in the shape that the stack had."""
    return found if len(lead) == 1 else np.reshape(found, tuple(lead) + np.shape(found)[1:])


def lead_of(a: Any) -> Any:
    return np.shape(a)[:-2]


def as_floating(a: Any) -> Any:
    return a if a.dtype.kind in "fc" else a.astype(np.float64)


def precision_of(dtype: Any) -> float:
    """The distance from 1 to the next number."""
    return 1.1920928955078125e-07 if dtype in (np.float32, np.complex64) else 2.220446049250313e-16


@simpler(np.linalg.inv)
def _inv(a: Any) -> Any:
    return unstacked(matrices.inverse_of_each(stack_of(as_floating(a))), lead_of(a))


@simpler(np.linalg.det)
def _det(a: Any) -> Any:
    found = matrices.determinant_of_each(stack_of(as_floating(a)))
    return found[0] if np.ndim(a) == 2 else unstacked(found, lead_of(a))


@simpler(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    sign, log = matrices.signs_and_logarithms(stack_of(as_floating(a)))
    if np.ndim(a) == 2:
        return sign[0], log[0]
    return unstacked(sign, lead_of(a)), unstacked(log, lead_of(a))


@simpler(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    if np.ndim(b) == 1:
        return np.linalg.solve(a, b[:, None])[..., 0]
    dtype = np.result_type(as_floating(a), b)
    if np.ndim(a) > 2 or np.ndim(b) > 2:
        lead = np.broadcast_shapes(lead_of(a), lead_of(b))
        a = np.broadcast_to(a, tuple(lead) + np.shape(a)[-2:])
        b = np.broadcast_to(b, tuple(lead) + np.shape(b)[-2:])
    found = matrices.solve_each(stack_of(a).astype(dtype), stack_of(b).astype(dtype))
    return unstacked(found, lead_of(a))


@simpler(np.linalg.cholesky)
def _cholesky(a: Any, /, *, upper: Any = False) -> Any:
    if upper:
        return adjoint(np.linalg.cholesky(adjoint(a)))
    return unstacked(matrices.cholesky_of_each(stack_of(as_floating(a))), lead_of(a))


@simpler(np.linalg.eigh)
def _eigh(a: Any, UPLO: Any = "L") -> Any:
    given = as_floating(a) if UPLO == "L" or UPLO == "l" else adjoint(as_floating(a))
    w, v = matrices.symmetric_spectra(stack_of(given))
    return unstacked(w, lead_of(a)), unstacked(v, lead_of(a))


@simpler(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    return np.linalg.eigh(a, UPLO)[0]


@simpler(np.linalg.eig)
def _eig(a: Any) -> Any:
    w, v = matrices.spectra(stack_of(as_floating(a)))
    return unstacked(w, lead_of(a)), unstacked(v, lead_of(a))


@simpler(np.linalg.qr)
def _qr(a: Any, mode: Any = "reduced") -> Any:
    q, r = matrices.thin_qr_of_each(stack_of(as_floating(a)))
    if mode == "r":
        return unstacked(r, lead_of(a))
    return unstacked(q, lead_of(a)), unstacked(r, lead_of(a))


@beyond(np.linalg.qr)
def _beyond_qr(a: Any, mode: Any = "reduced") -> str:
    return "" if mode in ("reduced", "r") else f"with mode={mode!r}"


@simpler(np.linalg.svd)
def _svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False) -> Any:
    if full_matrices and compute_uv:
        u, s, vh = matrices.full_svd_of_each(stack_of(as_floating(a)))
    else:
        u, s, vh = matrices.thin_svd_of_each(stack_of(as_floating(a)))
    if not compute_uv:
        return unstacked(s, lead_of(a))
    return unstacked(u, lead_of(a)), unstacked(s, lead_of(a)), unstacked(vh, lead_of(a))


@simpler(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return np.linalg.svd(x, False)[1]


@simpler(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Any:
    u, s, vh = np.linalg.svd(a, False)
    limit = 1e-15 if rcond is None and rtol is None else rtol if rcond is None else rcond
    kept = s > limit * np.max(s, axis=-1, keepdims=True)
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    return adjoint(vh) @ (inverse[..., :, None] * adjoint(u))


@simpler(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    dtype = np.result_type(as_floating(a), b)
    limit = precision_of(dtype) * max(np.shape(a)[0], np.shape(a)[1]) if rcond is None else rcond
    right = b if np.ndim(b) == 2 else b[:, None]
    x, residuals, rank, s = matrices.least_squares(a.astype(dtype), right.astype(dtype), limit)
    return (x if np.ndim(b) == 2 else x[:, 0]), residuals, rank[0], s


@simpler(np.linalg.matrix_rank)
def _matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Any:
    if np.ndim(A) < 2:
        return np.any(A != 0).astype(int)
    s = np.linalg.svd(A, False)[1]
    least = max(np.shape(A)[-2], np.shape(A)[-1]) * precision_of(s.dtype) if rtol is None else rtol
    limit = np.max(s, axis=-1, keepdims=True) * least if tol is None else tol
    return np.sum(s > limit, axis=-1)


# Norms.


def size_of(x: Any) -> Any:
    """The squared absolute values."""
    return np.real(x) ** 2 + np.imag(x) ** 2 if np.iscomplexobj(x) else x * x


def vector_length(x: Any, ord: Any, axes: Any, keepdims: Any) -> Any:
    if ord is None or ord == 2 or ord == "fro" or ord == "f":
        return np.sqrt(np.sum(size_of(x), axis=axes, keepdims=keepdims))
    if ord == np.inf:
        return np.max(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(np.abs(x).dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    return np.sum(np.abs(x) ** ord, axis=axes, keepdims=keepdims) ** (1.0 / ord)


def matrix_size(x: Any, ord: Any, axes: Any, keepdims: Any) -> Any:
    """The norm of the matrices in two axes."""
    if ord is None or ord == "fro" or ord == "f":
        return np.sqrt(np.sum(size_of(x), axis=axes, keepdims=keepdims))
    rows, columns = axes[0] % np.ndim(x), axes[1] % np.ndim(x)
    if ord == "nuc" or ord == 2 or ord == -2:
        s = np.linalg.svd(np.moveaxis(x, (rows, columns), (-2, -1)), False)[1]
        made = np.sum(s, axis=-1) if ord == "nuc" else np.max(s, axis=-1) if ord == 2 else np.min(s, axis=-1)
    else:
        sums = np.sum(np.abs(x), axis=rows if abs(ord) == 1 else columns, keepdims=True)
        made = np.max(sums, axis=(rows, columns)) if ord > 0 else np.min(sums, axis=(rows, columns))
    return np.expand_dims(made, (min(rows, columns), max(rows, columns))) if keepdims else made


@simpler(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    if axis is None and ord is None or np.ndim(x) == 0:
        return np.sqrt(np.sum(size_of(x), axis=None, keepdims=keepdims))
    axes = norm_axes(x, axis)
    if len(axes) == 1:
        return vector_length(x, ord, axes[0], keepdims)
    return matrix_size(x, ord, axes, keepdims)


@simpler(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    return vector_length(x, ord, norm_axes(x, axis), keepdims)


@simpler(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return matrix_size(x, ord, (-2, -1), keepdims)
