"""Kernels on stacks of matrices: each matrix is handed to the routine of LAPACK that Numba calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import counting_kernel, kernel


@kernel
def solve_each(a: Any, b: Any) -> Any:
    out = np.empty(b.shape, b.dtype)
    for i in range(a.shape[0]):
        out[i] = np.linalg.solve(a[i], b[i])
    return out


@kernel
def inverse_of_each(a: Any) -> Any:
    out = np.empty(a.shape, a.dtype)
    for i in range(a.shape[0]):
        out[i] = np.linalg.inv(a[i])
    return out


@kernel
def determinant_of_each(a: Any) -> Any:
    out = np.empty(a.shape[0], a.dtype)
    for i in range(a.shape[0]):
        out[i] = np.linalg.det(a[i])
    return out


@kernel
def signs_and_logarithms(a: Any) -> Any:
    """The sign of each determinant, and the logarithm of its absolute value."""
    sign, log = np.empty(a.shape[0], a.dtype), np.empty(a.shape[0], a.real.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.slogdet(a[i])
        sign[i], log[i] = found[0], found[1]
    return sign, log


@kernel
def cholesky_of_each(a: Any) -> Any:
    out = np.empty(a.shape, a.dtype)
    for i in range(a.shape[0]):
        out[i] = np.linalg.cholesky(a[i])
    return out


@kernel
def symmetric_spectra(a: Any) -> Any:
    """Eigenvalues and eigenvectors of the symmetric matrices that have these lower triangles."""
    values, vectors = np.empty(a.shape[:2], a.real.dtype), np.empty(a.shape, a.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.eigh(a[i])
        values[i], vectors[i] = found[0], found[1]
    return values, vectors


@kernel
def spectra(a: Any) -> Any:
    """Eigenvalues and eigenvectors, of the type of the matrices."""
    values, vectors = np.empty(a.shape[:2], a.dtype), np.empty(a.shape, a.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.eig(a[i])
        values[i], vectors[i] = found[0], found[1]
    return values, vectors


@kernel
def thin_qr_of_each(a: Any) -> Any:
    m, n = a.shape[1], a.shape[2]
    k = min(m, n)
    q, r = np.empty((a.shape[0], m, k), a.dtype), np.empty((a.shape[0], k, n), a.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.qr(a[i])
        q[i], r[i] = found[0], found[1]
    return q, r


@kernel
def thin_svd_of_each(a: Any) -> Any:
    m, n = a.shape[1], a.shape[2]
    k = min(m, n)
    u, vh = np.empty((a.shape[0], m, k), a.dtype), np.empty((a.shape[0], k, n), a.dtype)
    s = np.empty((a.shape[0], k), a.real.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.svd(a[i], False)
        u[i], s[i], vh[i] = found[0], found[1], found[2]
    return u, s, vh


@kernel
def full_svd_of_each(a: Any) -> Any:
    m, n = a.shape[1], a.shape[2]
    u, vh = np.empty((a.shape[0], m, m), a.dtype), np.empty((a.shape[0], n, n), a.dtype)
    s = np.empty((a.shape[0], min(m, n)), a.real.dtype)
    for i in range(a.shape[0]):
        found = np.linalg.svd(a[i], True)
        u[i], s[i], vh[i] = found[0], found[1], found[2]
    return u, s, vh


@counting_kernel
def least_squares(a: Any, b: Any, rcond: Any) -> Any:
    """The solution, the residuals, the rank (an array of one) and the singular values."""
    found = np.linalg.lstsq(a, b, rcond)
    rank = np.empty(1, np.int64)
    rank[0] = found[2]
    return found[0], found[1], rank, found[3]


@kernel
def triangular_solutions(a: Any, b: Any, lower: Any, unit: Any) -> Any:
    """`solve(a, b)` for each pair, reading one triangle of `a`; with `unit` its diagonal is taken as ones."""
    out = b.copy()
    n, m = b.shape[1], b.shape[2]
    for s in range(a.shape[0]):
        for step in range(n):
            i = step if lower else n - 1 - step
            for k in range(0 if lower else i + 1, i if lower else n):
                for j in range(m):
                    out[s, i, j] -= a[s, i, k] * out[s, k, j]
            if not unit:
                if a[s, i, i] == 0:
                    raise np.linalg.LinAlgError("singular matrix")
                for j in range(m):
                    out[s, i, j] /= a[s, i, i]
    return out


@kernel
def lu_of_each(a: Any) -> Any:
    """Both factors in one matrix, and which row each row was exchanged with, largest pivots first."""
    out = a.copy()
    m, n = a.shape[1], a.shape[2]
    k = min(m, n)
    pivots = np.empty((a.shape[0], k), np.int64)
    for s in range(a.shape[0]):
        for c in range(k):
            best = c
            for i in range(c + 1, m):
                if size_of(out[s, i, c]) > size_of(out[s, best, c]):
                    best = i
            pivots[s, c] = best
            if best != c:
                for j in range(n):
                    out[s, c, j], out[s, best, j] = out[s, best, j], out[s, c, j]
            if out[s, c, c] == 0:
                continue
            for i in range(c + 1, m):
                out[s, i, c] /= out[s, c, c]
                for j in range(c + 1, n):
                    out[s, i, j] -= out[s, i, c] * out[s, c, j]
    return out, pivots


def size_of(x: Any) -> Any:
    return abs(x.real) + abs(x.imag)


@kernel
def rows_exchanged(pivots: Any, count: Any) -> Any:
    """The order of the rows after the exchanges, one stack entry a row."""
    out = np.empty((pivots.shape[0], count), np.int64)
    for s in range(pivots.shape[0]):
        for i in range(count):
            out[s, i] = i
        for i in range(pivots.shape[1]):
            j = pivots[s, i]
            out[s, i], out[s, j] = out[s, j], out[s, i]
    return out


@kernel
def exponential_of_each(a: Any) -> Any:
    """Scaling and squaring with a Pade approximant of degree 13 (Higham, 2005)."""
    out = np.empty(a.shape, a.dtype)
    n = a.shape[1]
    eye = np.eye(n).astype(a.dtype)
    for s in range(a.shape[0]):
        norm = 0.0
        for j in range(n):
            total = 0.0
            for i in range(n):
                total += abs(a[s, i, j])
            norm = max(norm, total)
        squarings = 0
        while norm > 5.371920351148152:
            norm /= 2
            squarings += 1
        x = a[s] / 2.0**squarings
        x2 = np.dot(x, x)
        x4 = np.dot(x2, x2)
        x6 = np.dot(x4, x2)
        odd = np.dot(x6, x6 + 16380.0 * x4 + 40840800.0 * x2)
        odd = (
            odd
            + 33522128640.0 * x6
            + 10559470521600.0 * x4
            + 1187353796428800.0 * x2
            + 32382376266240000.0 * eye
        )
        u = np.dot(x, odd)
        v = np.dot(x6, 182.0 * x6 + 960960.0 * x4 + 1323241920.0 * x2)
        v = (
            v
            + 670442572800.0 * x6
            + 129060195264000.0 * x4
            + 7771770303897600.0 * x2
            + 64764752532480000.0 * eye
        )
        found = np.linalg.solve(v - u, v + u)
        for _ in range(squarings):
            found = np.dot(found, found)
        out[s] = found
    return out
