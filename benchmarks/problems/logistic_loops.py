"""P2 again, as explicit loops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.problem import compiled
from benchmarks.problems import logistic_arrays
from benchmarks.vector import vexp, vlog1p


def program(w: Any, b: Any, x: Any, y: Any) -> Any:
    n, d = x.shape
    loss = 0.0
    for i in range(n):
        z = b
        for j in range(d):
            z += x[i, j] * w[j]
        loss += max(z, 0.0) + np.log1p(np.exp(-abs(z))) - y[i] * z
    return loss


@compiled
def adjoint(w: Any, b: Any, x: Any, y: Any) -> Any:
    n, d = x.shape
    loss = 0.0
    w_bar = np.zeros(d)
    b_bar = 0.0
    for i in range(n):
        z = b
        for j in range(d):
            z += x[i, j] * w[j]
        e = vexp(-abs(z))
        loss += max(z, 0.0) + vlog1p(e) - y[i] * z
        tail = e / (1.0 + e)
        z_bar = (1.0 - tail if z > 0.0 else tail) - y[i]
        for j in range(d):
            w_bar[j] += x[i, j] * z_bar
        b_bar += z_bar
    return loss, w_bar, b_bar


PROBLEM = replace(
    logistic_arrays.PROBLEM,
    name="P2-loops",
    title="the same as loops",
    program=program,
    adjoint=adjoint,
    primal=None,
)
