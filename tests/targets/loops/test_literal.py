"""Short inner loops with their lengths written in serve the sizes of the first call; the function itself all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad import grad


def distances(x: Any, centre: Any) -> Any:
    total = 0.0
    for i in range(x.shape[0]):
        square = 0.0
        for j in range(x.shape[1]):
            square += (x[i, j] - centre[j]) ** 2
        total += np.sqrt(1.0 + square)
    return total


def arguments(n: int, d: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)), rng.normal(size=d)


def test_the_sizes_of_the_first_call_and_others() -> None:
    jitted, plain = (grad(distances, wrt=(0, 1), jit=jit) for jit in (True, False))
    for d in (3, 5, 3, 40):
        args = arguments(400, d)
        for got, want in zip(jitted(*args), plain(*args)):
            np.testing.assert_allclose(got, want, rtol=1e-12)


def test_what_is_printed() -> None:
    stages = grad(distances, jit=True).lower(*arguments(400, 3))
    assert stages.source.count("= 3\n") == 1
    assert "= 3\n" not in stages.loops


def test_little_work_has_one_version() -> None:
    def of_few(x: Any, centre: Any) -> Any:  # its program is made for this call
        return distances(x, centre)

    assert "_by_size" not in grad(of_few, jit=True).lower(*arguments(20, 3)).source


def test_from_compiled_code() -> None:
    derivative = grad(distances, jit=True)
    for d in (3, 5):
        x, centre = arguments(400, d)
        np.testing.assert_allclose(derivative.jitted(x, centre), derivative(x, centre), rtol=1e-12)
