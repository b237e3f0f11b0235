"""Sums of arrays over iterations: in place, and those of outer products as one matrix product after the loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, hvp, value_and_grad


def recurrent(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for t in range(len(x)):
        h = np.tanh(w @ x[t] + u @ h)
    return np.sum(h**2)


def some_steps(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for t in range(len(x) - 2):
        h = np.tanh(w @ x[t] + u @ h)
    return np.sum(h**2)


def by_items(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for item in x:
        h = np.tanh(w @ item + u @ h)
    return np.sum(h**2)


def left_early(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for t in range(len(x)):
        h = np.tanh(w @ x[t] + u @ h)
        if h[0] > 0.5:
            break
    return np.sum(h**2)


def weights_change(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for t in range(len(x)):
        w = w + np.outer(h, x[t])
        h = np.tanh(w @ x[t] + u @ h)
    return np.sum(h**2)


def twice_a_step(w: Any, u: Any, x: Any) -> Any:
    h = np.zeros(w.shape[0])
    for t in range(len(x)):
        for _ in range(2):
            h = np.tanh(w @ x[t] + u @ h)
    return np.sum(h**2)


PROGRAMS = [recurrent, some_steps, by_items, left_early, weights_change, twice_a_step]


def arguments(steps: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=(steps, 2))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_the_same_as_without(program: Any) -> None:
    jitted = value_and_grad(program, wrt=(0, 1, 2), jit=True)
    for steps in (5, 0):
        args = arguments(steps)
        value, bars = jitted(*args)
        want, want_bars = value_and_grad(program, wrt=(0, 1, 2))(*args)
        np.testing.assert_allclose(value, want, rtol=1e-12)
        for bar, want_bar in zip(bars, want_bars):
            np.testing.assert_allclose(bar, want_bar, rtol=1e-10, atol=1e-12)


def test_one_product_after_the_loop() -> None:
    loops = grad(recurrent, wrt=(0, 1), jit=True).lower(*arguments(5)).loops
    after = loops[loops.rindex("-1, -1):") :]
    assert after.count("np.dot(") == 1 + 2  # by `u.T` in the loop, and one for each matrix after it


def test_hessian_vector_product() -> None:
    w, u, x = arguments(5)
    v = np.ones_like(u)
    got = hvp(recurrent, wrt=1, jit=True)(w, u, x, v)
    np.testing.assert_allclose(got, hvp(recurrent, wrt=1)(w, u, x, v), rtol=1e-10, atol=1e-12)


def test_shapes_that_disagree() -> None:
    w, u, x = arguments(5)
    with pytest.raises(ValueError):
        grad(recurrent, wrt=(0, 1), jit=True)(w, u[:, :2], x)
