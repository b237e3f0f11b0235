"""Adjoints of stencils gather from neighbours under jit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import hvp, value_and_grad


def heat(u0: Any, k: Any) -> Any:
    u = u0.copy()
    for _ in range(3):
        u[1:-1, 1:-1] += k * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
    return np.sum(u**2)


def fourth_order(u0: Any, k: Any) -> Any:
    u = u0[0].copy()
    for _ in range(3):
        u[2:-2] += k * (-u[4:] + 16.0 * u[3:-1] - 30.0 * u[2:-2] + 16.0 * u[1:-3] - u[:-4])
    return np.sum(u**2)


def one_sided(u0: Any, k: Any) -> Any:
    u = u0.copy()
    for _ in range(3):
        u[:-2] += k * (3.0 * u[1:-1] - u[2:] - 2.0 * u[:-2])
    return np.sum(u**2)


def from_the_end(u0: Any, k: Any) -> Any:
    u = u0.copy()
    for _ in range(3):
        u[1:-1] += k * (u[-2:][0] + u[1:-1] * u[:-2] - u[2:])
    return np.sum(u**2)


def of_one_row(u0: Any, k: Any) -> Any:
    """What is added to the slices is stretched along their first axis."""
    u, row = u0.copy(), u0[:1]
    for _ in range(3):
        u[:, 1:-1] += k * (row[:, 2:] + row[:, :-2] - 2.0 * row[:, 1:-1])
        row = row * u[:1]
    return np.sum(u**2)


@pytest.mark.parametrize(
    "program", [heat, fourth_order, one_sided, from_the_end, of_one_row], ids=lambda f: f.__name__
)
def test_the_same_as_without(program: Any) -> None:
    jitted, plain = (value_and_grad(program, wrt=(0, 1), jit=jit) for jit in (True, False))
    rng = np.random.default_rng(0)
    for shape in [(7, 9), (5, 5), (4, 3), (3, 6), (2, 5), (5, 2), (2, 2)]:
        u = rng.normal(size=shape)
        try:
            value, bars = plain(u, 0.1)
        except (ValueError, IndexError) as error:
            with pytest.raises(type(error)):
                jitted(u, 0.1)
            continue
        got, got_bars = jitted(u, 0.1)
        np.testing.assert_allclose(got, value, rtol=1e-12)
        for bar, want in zip(got_bars, bars):
            np.testing.assert_allclose(bar, want, rtol=1e-11, atol=1e-12)


def test_one_pass_over_the_adjoint() -> None:
    loops = value_and_grad(heat, jit=True).lower(np.ones((5, 6)), 0.1).loops
    assert loops[loops.rindex("for _") :].count("+=") == 1


def test_hessian_vector_product() -> None:
    u, v = np.random.default_rng(0).normal(size=(2, 5, 6))
    np.testing.assert_allclose(
        hvp(from_the_end, jit=True)(u, 0.1, v), hvp(from_the_end)(u, 0.1, v), rtol=1e-10
    )
