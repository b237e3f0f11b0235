"""Columns of arrays that inner loops run along become vectors under jit; results and errors stay the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad

from .uncompiled import run_uncompiled


def pairs(x: Any, m: Any) -> Any:
    e = 0.0
    for i in range(len(m)):
        for j in range(i + 1, len(m)):
            dx, dy = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1]
            e += m[i] * m[j] / np.sqrt(dx * dx + dy * dy + 0.1)
    return e


def negative_rows(x: Any, m: Any) -> Any:
    e = 0.0
    for i in range(len(m)):
        for j in range(1, len(m) + 1):
            e += m[i] * x[-j, 1] ** 2 * x[i, 0]
    return e


def written_too(x: Any, m: Any) -> Any:
    y = x.copy()
    for i in range(1, len(m)):
        for j in range(len(m)):
            y[j, 0] += m[i] * y[j, 1] * y[i, 1]
            y[j, 1] = y[j, 0] * 0.5
    return np.sum(y)


def of_one_column_only(x: Any, m: Any) -> Any:
    e = 0.0
    for i in range(len(m)):
        for j in range(len(m)):
            e += np.sin(x[j, 2]) * m[i]
        e += np.sum(x[i] ** 2)
    return e


@pytest.mark.parametrize(
    "program", [pairs, negative_rows, written_too, of_one_column_only], ids=lambda f: f.__name__
)
def test_the_same_as_without(program: Any) -> None:
    rng = np.random.default_rng(0)
    args = rng.normal(size=(5, 3)), rng.random(5) + 0.5
    value, bars = value_and_grad(program, wrt=(0, 1), jit=True)(*args)
    want, want_bars = value_and_grad(program, wrt=(0, 1))(*args)
    np.testing.assert_allclose(value, want, rtol=1e-12)
    for bar, want_bar in zip(bars, want_bars):
        np.testing.assert_allclose(bar, want_bar, rtol=1e-11, atol=1e-13)


def test_inner_loops_read_vectors() -> None:
    loops = grad(pairs, jit=True).lower(np.ones((5, 3)), np.ones(5)).loops
    inner = loops[loops.index("for j") :]
    assert "j_2, 0]" not in inner.split("for i_")[0]


def in_two_or_three_dimensions(x: Any, m: Any, dimensions: int) -> Any:
    e = 0.0
    for i in range(len(m)):
        for j in range(i + 1, len(m)):
            square = (x[i, 0] - x[j, 0]) ** 2 + (x[i, 1] - x[j, 1]) ** 2
            if dimensions > 2:
                square += (x[i, 2] - x[j, 2]) ** 2
            e += m[i] * m[j] / np.sqrt(square + 0.1)
    return e


@pytest.mark.parametrize("columns", [2, 3])
def test_a_column_that_is_not_there_is_not_touched(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run_uncompiled(monkeypatch)  # where an index out of bounds is an error
    rng = np.random.default_rng(0)
    args = rng.normal(size=(5, columns)), rng.random(5) + 0.5
    got = grad(in_two_or_three_dimensions, wrt=1, jit=True)(*args, columns)
    want = grad(in_two_or_three_dimensions, wrt=1)(*args, columns)
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-13)


def test_bounds_are_checked_where_the_user_reads() -> None:
    with pytest.raises(IndexError):
        grad(pairs, jit={"boundscheck": True})(np.ones((5, 1)), np.ones(5))
