"""Shapes that disagree are refused where the original refuses them, after what it does before, and not elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import value_and_grad


def returns_before(x: Any, y: Any) -> Any:
    s, t = np.sum(x**2), np.sum(y**3)
    if len(x) != len(y):
        return s + t
    return s + t + np.sum(np.exp(x * y))


def breaks_before(x: Any, y: Any) -> Any:
    total = 0.0
    for _ in range(3):
        total = total + np.sum(x**2) * np.sum(y**3)
        if len(x) != len(y):
            break
        total = total + np.sum(np.exp(x * y))
    return total


def raises_before(x: Any, y: Any) -> Any:
    total = np.sum(x**2) * np.sum(y**3)
    if len(x) != len(y):
        raise KeyError("no")
    return total + np.sum(np.exp(x * y))


def prints_before(x: Any, y: Any) -> Any:
    total = np.sum(x**2) * np.sum(y**3)
    print("seen")
    return total + np.sum(np.exp(x * y))


@pytest.mark.parametrize("fun", [returns_before, breaks_before])
@pytest.mark.parametrize("sizes", [(5, 5), (5, 3), (3, 5)])
def test_what_is_not_reached_does_not_count(fun, sizes):
    x, y = (np.linspace(0.1, 1, n) for n in sizes)
    value, gradient = value_and_grad(fun, (0, 1), jit=True)(x, y)
    expected, plain = value_and_grad(fun, (0, 1))(x, y)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    for a, b in zip(gradient, plain):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_what_comes_first_comes_first(capfd):
    x, y = np.ones(5), np.ones(3)
    with pytest.raises(KeyError):
        value_and_grad(raises_before, (0, 1), jit=True)(x, y)
    with pytest.raises(ValueError):
        value_and_grad(prints_before, (0, 1), jit=True)(x, y)
    assert capfd.readouterr().out == "seen\n"
