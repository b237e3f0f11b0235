"""The time of a Hessian-vector product over that of a gradient, in 10^5 dimensions; and of sparse Jacobians
over that of their residuals.

python benchmarks/hessian_vector.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import grad, hvp, jacobian, jacobian_sparsity

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


def bundle(cameras: int = 500, points: int = 300, each: int = 6) -> tuple[Callable[[Any], Any], Any]:
    """Residuals of cameras that see points: a rotation vector and a translation a camera, a place a point."""
    rng = np.random.default_rng(0)
    of_camera = np.repeat(np.arange(cameras), each)
    of_point = np.concatenate([rng.permutation(points)[:each] for _ in range(cameras)])

    def bundle_adjustment(x: Any) -> Any:
        pose = x[: 6 * cameras].reshape(cameras, 6)[of_camera]
        place = x[6 * cameras :].reshape(points, 3)[of_point]
        turn = pose[:, :3]
        angle = np.sqrt(np.sum(turn * turn, axis=1, keepdims=True))
        axis = turn / angle
        moved = np.cos(angle) * place + np.sin(angle) * np.cross(axis, place) + pose[:, 3:]
        return np.ravel(moved[:, :2] / (moved[:, 2:] + 9.0))

    return bundle_adjustment, rng.uniform(0.2, 1.0, size=6 * cameras + 3 * points)


def side_by_side(
    first: Callable[[], Any], second: Callable[[], Any], repeats: int = 25
) -> tuple[float, float]:
    """The shortest runs of two calls, turn by turn, after one that compiles."""
    calls, best = (first, second), [np.inf, np.inf]
    for turn in range(repeats + 1):
        for k, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[k] = min(best[k], time.perf_counter() - start) if turn else np.inf
    return best[0], best[1]


def measure_sparse(f: Callable[[Any], Any], x: Any) -> None:
    """Print the cost of a pattern and of the Jacobian that it serves."""
    start = time.perf_counter()
    pattern = jacobian_sparsity(f, x)
    print(f"{f.__name__}: pattern of {pattern.nnz} entries in {time.perf_counter() - start:.2f} s")
    for jit in (False, True):
        derivative = jacobian(f, sparsity=pattern, jit=jit)
        plain, sparse = side_by_side(lambda: f(x), lambda: derivative(x))
        print(f"  jit={jit}: residuals {1e3 * plain:.2f} ms, Jacobian {sparse / plain:.2f} residuals")


def main() -> None:
    """Print a line for each measurement."""
    x, v = np.random.default_rng(0).normal(size=(2, N))
    for f in (rosenbrock, network):
        for jit in (False, True):
            slope, product = grad(f, jit=jit), hvp(f, jit=jit)
            once, twice = side_by_side(lambda: slope(x), lambda: product(x, v))
            print(
                f"{f.__name__}, jit={jit}: gradient {1e3 * once:.2f} ms, product {twice / once:.2f} gradients"
            )
    measure_sparse(residuals, x)
    measure_sparse(*bundle())


if __name__ == "__main__":
    main()
