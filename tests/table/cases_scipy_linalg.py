"""Cases of SciPy's linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as SL

from .case import Case
from .cases_linalg import hermitian, positive, separated, well

rng = np.random.default_rng(15)


def r(*shape: int) -> Any:
    """A real array."""
    return rng.standard_normal(shape)


def c(*shape: int) -> Any:
    """A complex array."""
    return r(*shape) + 1j * r(*shape)


def f(*shape: int) -> Any:
    """An array in single precision."""
    return r(*shape).astype(np.float32)


def factored(a: Any, lower: bool) -> Any:
    """A Cholesky factor and its side."""
    return np.array(SL.cho_factor(positive(a), lower)[0]), lower


def rooted(a: Any) -> Any:
    """A matrix whose eigenvalues are far from the negative axis."""
    return separated(a) + 2 * np.eye(a.shape[-1], dtype=a.dtype)


# The signs of the vectors, a choice of LAPACK, do not change near this matrix.
SETTLED = np.array([[1.0, 0.6, -0.5], [0.6, 3.0, 0.7], [-0.5, 0.7, 6.0]])
ANY = [(3, 3), (4, 2), (2, 4)]
RIGHT = [(3,), (3, 2)]
BANDS = [(1, 1), (2, 1), (0, 2), (1, 0), (3, 3)]

CASES = [
    *(
        Case(fun, (well(make(*shape)),))
        for fun in (SL.inv, SL.det)
        for shape in ((3, 3), (1, 1), (2, 3, 3))
        for make in (r, c, f)
    ),
    *(
        Case(SL.solve, (well(make(3, 3)), make(*b)), {"transposed": flag})
        for b in RIGHT
        for make in (r, c)
        for flag in (False, True)
        if make is r or not flag
    ),
    *(
        Case(SL.solve, (well(make(3, 3)), make(*b)), {"assume_a": s})
        for b in RIGHT
        for make in (r, c)
        for s in ("general", "upper triangular", "lower triangular", "diagonal", "tridiagonal")
    ),
    *(
        Case(SL.solve, (positive(r(3, 3)), make(*b)), {"assume_a": s, "lower": lower}, wrt=(1,))
        for b in RIGHT
        for make in (r, c)
        for s in ("pos", "sym", "her")
        for lower in (False, True)
    ),
    *(
        Case(SL.solve, (positive(c(3, 3)), c(*b)), {"assume_a": s}, wrt=(1,))
        for b in RIGHT
        for s in ("pos", "her")
    ),
    *(
        Case(
            SL.solve_triangular,
            (well(make(3, 3)), make(*b)),
            {"trans": trans, "lower": lower, "unit_diagonal": unit},
        )
        for b in RIGHT
        for make in (r, c)
        for trans in (0, 1, 2, "N", "T", "C")
        for lower in (False, True)
        for unit in (False, True)
    ),
    *(
        Case(
            SL.solve_banded,
            (
                bands,
                make(sum(bands) + 1, 5) + 3 * (np.arange(sum(bands) + 1) == bands[1])[:, None],
                make(5, *b),
            ),
        )
        for bands in BANDS
        for b in ((), (2,))
        for make in (r, c)
    ),
    *(Case(SL.solve_sylvester, (well(make(3, 3)), well(make(2, 2)), make(3, 2))) for make in (r, c)),
    *(Case(SL.sqrtm, (rooted(make(*shape)),)) for shape in ((3, 3), (1, 1)) for make in (r, c)),
    *(Case(SL.expm, (make(*shape),)) for shape in ((3, 3), (1, 1), (2, 3, 3)) for make in (r, c)),
    *(Case(SL.expm_frechet, (r(3, 3), r(3, 3)), {"compute_expm": flag}) for flag in (False, True)),
    *(
        Case(SL.cholesky, (positive(make(3, 3)),), {"lower": lower})
        for make in (r, c, f)
        for lower in (False, True)
    ),
    *(
        Case(SL.cho_solve, (factored(make(3, 3), lower), make(*b)))
        for b in RIGHT
        for make in (r, c)
        for lower in (False, True)
    ),
    *(
        Case(SL.lu, (make(*shape),), kwargs)
        for shape in ANY
        for make in (r, c)
        for kwargs in ({}, {"permute_l": True}, {"p_indices": True})
    ),
    *(Case(SL.lu_factor, (make(4, 4),)) for make in (r, c)),
    *(
        Case(SL.lu_solve, (SL.lu_factor(make(3, 3)), make(*b)), {"trans": trans})
        for b in RIGHT
        for make in (r, c)
        for trans in (0, 1, 2)
    ),
    *(
        Case(SL.qr, (make(*shape),), {"mode": mode, "pivoting": flag})
        for shape in ANY
        for make in (r, c)
        for mode in ("economic", "r")
        for flag in (False, True)
    ),
    *(
        Case(SL.qr, (make(*shape),), {"pivoting": flag})
        for shape in ((3, 3), (2, 4))
        for make in (r, c)
        for flag in (False, True)
    ),
    *(Case(SL.svd, (separated(r(3, 3)),), {"full_matrices": flag}) for flag in (False, True)),
    *(Case(SL.svd, (r(*shape),), {"full_matrices": False}) for shape in ANY),
    *(
        Case(fun, (make(*shape),), kwargs)
        for fun, kwargs in ((SL.svd, {"compute_uv": False}), (SL.svdvals, {}))
        for shape in ANY
        for make in (r, c)
    ),
    *(
        Case(SL.pinv, (make(*shape),), {"return_rank": flag})
        for shape in ANY
        for make in (r, c)
        for flag in (False, True)
    ),
    *(Case(SL.eigh, (SETTLED,), {"lower": flag, "driver": "ev"}) for flag in (False, True)),
    Case(SL.eigh, (hermitian(r(3, 3)), positive(r(3, 3)))),
    *(
        Case(SL.eigh, (hermitian(make(3, 3)), positive(make(3, 3))), {"eigvals_only": True})
        for make in (r, c)
    ),
    *(Case(SL.eigh, (hermitian(make(3, 3)),), {"eigvals_only": True}) for make in (r, c)),
    Case(SL.eigvalsh, (hermitian(r(3, 3)),)),
    *(
        Case(fun, (a,))
        for fun in (SL.eig, SL.eigvals)
        for a in (SETTLED, SETTLED + 0.2 * np.tri(3), separated(c(3, 3)))
    ),
    *(
        Case(SL.polar, (make(*shape),), {"side": side})
        for shape, side in (((3, 3), "right"), ((4, 2), "right"), ((3, 3), "left"), ((2, 4), "left"))
        for make in (r, c)
    ),
    Case(SL.polar, (np.eye(3) + 0 * r(3, 3),), name="polar of coinciding singular values"),
    *(Case(SL.norm, (r(3, 3),), {"ord": ord}) for ord in (None, 1, "fro")),
    Case(SL.block_diag, (r(2, 3), r(2), r(1, 1))),
    Case(SL.block_diag, (r(2, 2), c(2, 3))),
    *(
        Case(fun, (make(4),))
        for fun in (SL.toeplitz, SL.hankel, SL.circulant, SL.companion)
        for make in (r, c)
    ),
    *(Case(fun, (r(4), r(3))) for fun in (SL.toeplitz, SL.hankel)),
    Case(SL.leslie, (r(4), r(3))),
    Case(SL.fiedler, (r(4),)),
    *(
        Case(SL.convolution_matrix, (make(m), n, mode))
        for m, n in ((3, 5), (5, 3), (4, 4), (2, 5))
        for mode in ("full", "same", "valid")
        for make in (r, c)
    ),
    *(Case(SL.solve_continuous_lyapunov, (well(make(3, 3)), make(3, 3))) for make in (r, c)),
]
