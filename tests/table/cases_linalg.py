"""Cases of NumPy's linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case

rng = np.random.default_rng(12)
LA = np.linalg


def r(*shape: int) -> Any:
    """A real array."""
    return rng.standard_normal(shape)


def c(*shape: int) -> Any:
    """A complex array."""
    return r(*shape) + 1j * r(*shape)


def f(*shape: int) -> Any:
    """An array in single precision."""
    return r(*shape).astype(np.float32)


def well(a: Any) -> Any:
    """A matrix far from singular."""
    return a + 3 * np.eye(a.shape[-1], dtype=a.dtype)


def positive(a: Any) -> Any:
    """A positive definite matrix."""
    return a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(a.shape[-1], dtype=a.dtype)


def separated(a: Any) -> Any:
    """A matrix whose eigenvalues and singular values lie well apart."""
    n = a.shape[-1]
    return a / 3 + np.diag(2.0 * np.arange(1, n + 1)).astype(a.dtype)


def hermitian(a: Any) -> Any:
    """The same, Hermitian."""
    a = separated(a)
    return (a + np.conj(np.swapaxes(a, -1, -2))) / 2


SQUARE = [(3, 3), (1, 1), (2, 3, 3)]
ANY = [(3, 3), (4, 2), (2, 4), (2, 3, 2)]
SOLVE = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 3, 3), (3,)),
    ((2, 3, 3), (3, 2)),
    ((2, 3, 3), (2, 3, 2)),
    ((3, 3), (2, 3, 2)),
    ((1, 3, 3), (2, 3, 1)),
]
VECTOR_ORDERS = [None, 2, 1, 3, 2.5, 0, np.inf, -np.inf, -1]
MATRIX_ORDERS = [None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf]
NORM_AXES: list[dict[str, Any]] = [
    {"axis": (0, 1)},
    {"axis": (-1, 0)},
    {"axis": (1, 2), "keepdims": True},
    {"axis": (2, 0), "keepdims": True},
]


CASES = [
    *(
        Case(fun, (well(make(*shape)),))
        for fun in (LA.inv, LA.det, LA.slogdet)
        for shape in SQUARE
        for make in (r, c, f)
    ),
    *(
        Case(LA.solve, (well(left(*a)), right(*b)))
        for a, b in SOLVE
        for left, right in ((r, r), (c, c), (r, c), (f, f))
    ),
    *(
        Case(LA.cholesky, (positive(make(*shape)),), {"upper": upper})
        for shape in SQUARE
        for make in (r, c, f)
        for upper in (False, True)
    ),
    *(
        Case(LA.qr, (make(*shape),), {"mode": mode})
        for shape in ANY
        for make in (r, c)
        for mode in ("reduced", "r")
    ),
    *(Case(LA.qr, (make(*shape),), {"mode": "complete"}) for shape in ((3, 3), (2, 4)) for make in (r, c)),
    *(Case(LA.svd, (separated(r(3, 3)),), {"full_matrices": full}) for full in (False, True)),
    *(Case(LA.svd, (r(*shape),), {"full_matrices": False}) for shape in ANY),
    *(
        Case(fun, (make(*shape),), kwargs)
        for fun, kwargs in ((LA.svd, {"compute_uv": False}), (LA.svdvals, {}))
        for shape in ANY
        for make in (r, c, f)
    ),
    *(
        Case(LA.eigh, (hermitian(make(*shape)),), {"UPLO": side})
        for shape in SQUARE
        for make in (r, f)
        for side in "LU"
    ),
    *(
        Case(LA.eigvalsh, (hermitian(make(*shape)),), {"UPLO": side})
        for shape in SQUARE
        for make in (r, c, f)
        for side in "LU"
    ),
    *(
        Case(fun, (separated(make(*shape)),))
        for fun in (LA.eig, LA.eigvals)
        for shape in SQUARE
        for make in (r, c)
    ),
    Case(
        LA.eig,
        (np.array([[0.3, -2.0, 0.1], [1.5, 0.2, 0.4], [0.2, 0.5, 3.0]]),),
        name="eig of conjugate pairs",
    ),
    *(Case(LA.norm, (make(4),), {"ord": ord}) for ord in VECTOR_ORDERS for make in (r, c)),
    *(Case(LA.norm, (make(3, 4),), {"ord": ord}) for ord in MATRIX_ORDERS for make in (r, c)),
    *(
        Case(LA.norm, (r(3, 4, 2),), {"ord": ord, "axis": 1, "keepdims": keep})
        for ord in VECTOR_ORDERS
        for keep in (False, True)
    ),
    *(Case(LA.norm, (r(3, 4, 2),), {"ord": ord, **kwargs}) for ord in MATRIX_ORDERS for kwargs in NORM_AXES),
    *(Case(LA.norm, (f(3, 4),), {"ord": ord, "axis": -1}) for ord in VECTOR_ORDERS),
    *(Case(LA.norm, (f(3, 4),), {"ord": ord, "axis": (0, 1)}) for ord in MATRIX_ORDERS),
    Case(LA.norm, (r(2, 3, 4),)),
    Case(LA.norm, (r(2, 3),), {"keepdims": True}),
    Case(LA.norm, (r(2, 3),), {"axis": (1,)}),
    *(
        Case(LA.vector_norm, (r(3, 4),), {"ord": ord, "axis": axis})
        for ord in VECTOR_ORDERS[1:]
        for axis in (None, 0, (0, 1))
    ),
    *(Case(LA.vector_norm, (c(3, 4),), {"keepdims": keep}) for keep in (False, True)),
    *(Case(LA.matrix_norm, (r(2, 3, 4),), {"ord": ord}) for ord in MATRIX_ORDERS[1:]),
    Case(LA.matrix_norm, (r(3, 4),), {"keepdims": True}),
    *(
        Case(LA.cond, (well(r(*shape)), p), wrt=(0,))
        for shape in SQUARE
        for p in (None, 2, -2, 1, np.inf, "fro")
    ),
    *(Case(LA.pinv, (make(*shape),)) for shape in ANY for make in (r, c, f)),
    *(
        Case(LA.lstsq, (make(*a), make(*b)), {"rcond": None})
        for a, b in (((5, 2), (5,)), ((5, 2), (5, 3)), ((2, 4), (2,)), ((2, 4), (2, 3)), ((3, 3), (3, 3)))
        for make in (r, c)
    ),
    *(
        Case(LA.matrix_power, (well(make(*shape)), n))
        for shape in SQUARE
        for n in (0, 1, 2, 3, 5, 6, 7, -1, -3)
        for make in (r, c)
    ),
    Case(LA.matrix_rank, (r(3, 3),)),
    Case(LA.tensorinv, (r(2, 3, 6),)),
    Case(LA.tensorinv, (r(6, 2, 3),), {"ind": 1}),
    Case(LA.tensorsolve, (r(2, 3, 6), r(2, 3))),
    Case(LA.tensorsolve, (r(2, 6, 3), r(2, 3)), {"axes": (1,)}),
    Case(LA.trace, (r(2, 3, 3),), {"offset": 1}),
    Case(LA.diagonal, (r(2, 3, 3),), {"offset": -1}),
    Case(LA.matrix_transpose, (r(2, 3, 4),)),
]
