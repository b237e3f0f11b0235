"""The saddle point and the particle of Pearlmutter and Siskind, in all combinations of modes."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import jvp

from .nested_problems import particle, saddle, saddle_from, slope_of, worst_case

MODES = ("forward", "reverse")


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("jit", [False, True])
def test_saddle(outer: str, inner: str, jit: bool) -> None:
    x, y = saddle(outer, inner, jit)
    np.testing.assert_allclose(x, 0, atol=2e-5)
    np.testing.assert_allclose(y, 0, atol=2e-5)


COUPLING = np.array([[1.0, 0.5], [-0.3, 0.8]])


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("jit", [False, True])
def test_slope_of_the_worst_case(outer: str, inner: str, jit: bool) -> None:
    """With x and y coupled, the slope runs through the inner descent: its loop, its gradients, its branches."""
    worst, _ = worst_case(inner, COUPLING)
    x = np.array([0.7, -0.4])
    found = slope_of(worst, outer, jit)(x)
    np.testing.assert_allclose(found, 2 * x + COUPLING @ COUPLING.T @ x / 2, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("jit", [False, True])
def test_both_descents_in_one_program(outer: str, inner: str, jit: bool) -> None:
    """A derivative of the whole: nested descents with their nested gradients, pushed forward in one function."""
    f = saddle_from(outer, inner, COUPLING)
    x, t, step = np.array([1.0, 0.5]), np.array([1.0, -2.0]), 1e-6
    value, tangent = jvp(f, (x,), (t,), jit=jit)
    assert abs(value - f(x)) < 1e-12
    moved = (jvp(f, (x + step * t,), (t,))[0] - jvp(f, (x - step * t,), (t,))[0]) / (2 * step)
    assert abs(tangent - moved) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("jit", [False, True])
def test_particle(outer: str, inner: str, jit: bool) -> None:
    height, left = particle(outer, inner, jit)
    assert abs(height - 0.20719187464861194) < 1e-6  # published with the problem
    assert left < 1e-7
