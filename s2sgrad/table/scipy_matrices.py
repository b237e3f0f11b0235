"""Matrices of a special form, made of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .products import conjugate
from .registry import define, defjvp, defvjp
from .scipy_linalg import SL

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
