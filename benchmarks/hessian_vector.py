"""The time of a Hessian-vector product over that of a gradient, in 10^5 dimensions; and of a sparse Jacobian.

python benchmarks/hessian_vector.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse

from s2sgrad import grad, hvp, jacobian

N = 100_000


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function, a chain of valleys."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def network(x: Any) -> Any:
    """A smooth function with a transcendental at every entry."""
    return np.sum(np.log1p(np.exp(x)) * np.tanh(x[::-1]))


def residuals(x: Any) -> Any:
    """A banded system of residuals."""
    return np.sin(x[1:]) * x[:-1] + x[1:] ** 2


def best(call: Callable[[], Any], repeats: int = 15) -> float:
    """The shortest of some runs, after one that compiles."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print a line for each measurement."""
    x, v = np.random.default_rng(0).normal(size=(2, N))
    for f in (rosenbrock, network):
        slope, product = grad(f), hvp(f)
        once, twice = best(lambda: slope(x)), best(lambda: product(x, v))
        print(
            f"{f.__name__}: gradient {1e3 * once:.2f} ms, Hessian-vector product {twice / once:.2f} gradients"
        )
    ones = np.ones(N - 1)
    pattern = scipy.sparse.diags_array([ones, ones], offsets=[0, 1], shape=(N - 1, N))
    derivative = jacobian(residuals, sparsity=pattern)
    plain, sparse = best(lambda: residuals(x)), best(lambda: derivative(x), 5)
    print(f"sparse Jacobian: residuals {1e3 * plain:.2f} ms, Jacobian {sparse / plain:.2f} residuals")


if __name__ == "__main__":
    main()
