"""Lists that grow at run time, handed to functions of NumPy and to Python's own as they are."""

from __future__ import annotations

import numpy as np
import pytest

from .numerical import check

X = np.array([0.9, -0.7, 1.3, 0.4])

FUNCTIONS = {
    "max": max,
    "min": min,
    "sorted": lambda h: sorted(h)[0] * sorted(h, reverse=True)[1],
    "np.max": np.max,
    "mean": np.mean,
    "sum": np.sum,
    "prod": np.prod,
    "norm": np.linalg.norm,
    "dot": lambda h: np.dot(h, h),
    "exp": lambda h: np.sum(np.exp(h)),
    "multiply": lambda h: np.sum(np.multiply(h, 2.0)),
    "where": lambda h: np.sum(np.where(np.array(h) > 0.5, h, 0.0)),
    "operator": lambda h: np.sum(np.ones(4) * h),
    "matmul": lambda h: np.arange(4.0) @ h,
    "cumsum": lambda h: np.cumsum(h)[2],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_grown_list(name):
    of_list = FUNCTIONS[name]

    def f(x):
        h = []
        for v in x:
            h.append(v * v)
        return of_list(h)

    check(f, X)
