"""Functions whose derivative is zero, under `jit=True`: their values, where a derivative is taken beside them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from s2sgrad import vjp

from .uncompiled import run_uncompiled

X = np.array([0.3, -1.2, 2.5, 0.0, 0.7, 2.5])
NUMBERS = {
    "argmax": lambda x: np.argmax(x),
    "argmax of rows": lambda x: np.argmax(np.reshape(x, (2, 3)), axis=1),
    "argmin, kept": lambda x: np.argmin(np.reshape(x, (2, 3)), axis=0, keepdims=True),
    "argsort": lambda x: np.argsort(x),
    "searchsorted": lambda x: np.searchsorted(np.sort(x), x, side="right"),
    "digitize": lambda x: np.digitize(x, np.array([-1.0, 0.5, 2.0])),
    "nonzero": lambda x: np.nonzero(x > 0)[0],
    "flatnonzero": lambda x: np.flatnonzero(x > 0),
    "argwhere": lambda x: np.argwhere(np.reshape(x, (2, 3)) > 0),
    "count_nonzero": lambda x: np.count_nonzero(x),
    "count_nonzero of rows": lambda x: np.count_nonzero(np.reshape(x, (2, 3)), axis=1),
    "any, all": lambda x: np.array([np.any(x > 2), np.all(x > 2)]),
    "isclose": lambda x: np.isclose(x, 2.5),
    "allclose": lambda x: np.array([np.allclose(x, x + 1e-12)]),
    "array_equal": lambda x: np.array([np.array_equal(x, x), np.array_equal(x, x + 1)]),
    "isin": lambda x: np.isin(x, np.array([2.5, 0.7])),
    "isposinf": lambda x: np.isposinf(1 / x),
    "iscomplex": lambda x: np.iscomplex(x + 1j * (x > 0)),
    "unravel_index": lambda x: np.unravel_index(np.argmax(x), (2, 3))[1] + np.zeros(1),
    "tril_indices": lambda x: np.reshape(x[:4], (2, 2))[np.tril_indices(2)],
    "ix_": lambda x: np.reshape(x, (2, 3))[np.ix_([0, 1], [2, 0])],
    "diag_indices": lambda x: np.reshape(x[:4], (2, 2))[np.diag_indices(2)],
    "indices": lambda x: np.indices((2, 3)),
    "tri": lambda x: np.tri(3, 4, 1),
    "windows": lambda x: np.hanning(5) + np.hamming(5) + np.blackman(5) + np.bartlett(5),
    "bincount": lambda x: np.bincount((x > 0).astype(int)),
    "histogram": lambda x: np.histogram(x, np.array([-2.0, 0.0, 1.0, 3.0]))[0],
    "unique with counts": lambda x: np.unique(x, return_counts=True)[1],
    "lexsort": lambda x: np.lexsort((x, np.abs(x) > 1)),
    "matrix_rank": lambda x: np.linalg.matrix_rank(np.reshape(x, (2, 3))),
    "gcd": lambda x: np.array(
        [math.gcd(12, 18), math.lcm(4, 6), math.comb(7, 3), math.perm(5, 2), math.isqrt(17)]
    ),
    "factorial": lambda x: np.array([math.factorial(10)]),
    "fftfreq": lambda x: np.fft.fftfreq(len(x), 0.5) + 0 * np.fft.rfftfreq(2 * len(x) - 1)[0],
    "floor and kin": lambda x: np.floor(x) + np.ceil(x) + np.rint(x) + np.sign(x),
    "divmod": lambda x: np.divmod(x, 0.7)[0],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_value(name, monkeypatch):
    run_uncompiled(monkeypatch)
    fun = NUMBERS[name]

    def both(x):
        return fun(x), np.sum(x)

    with np.errstate(all="ignore"):
        want = fun(X)
        (have, _), _ = vjp(both, X, jit=True)
    assert np.shape(have) == np.shape(want) and np.asarray(have).dtype == np.asarray(want).dtype
    np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-13)
