"""Work arrays that every iteration writes anew owe nothing to the iteration before; others stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from tests.language.numerical import check, check_second


def filled(x: Any, n: int) -> Any:
    work, total = np.zeros(n), 0.0
    for k in range(4):
        for i in range(n):
            work[i] = np.sin(x[i] * k)
        total += work[0] * work[n - 1]
    return total


def filled_by_rows(x: Any, n: int) -> Any:
    work, total = np.zeros((n, 2)), 0.0
    for k in range(4):
        for i in range(n):
            for j in range(2):
                work[i, j] = x[i] ** (k + j + 1)
        total += np.sum(work) * work[0, 1]
    return total


def filled_at_once(x: Any, n: int) -> Any:
    work, total = np.zeros(n), 0.0
    for k in range(4):
        work[:] = x * k
        for i in range(1, n):
            work[i] += work[i - 1] ** 2
        total += work[n - 1]
    return total


def filled_in_both_arms(x: Any, n: int) -> Any:
    work, total = np.zeros(n), 0.0
    for k in range(4):
        if x[0] * k > 1.0:
            for i in range(n):
                work[i] = x[i] ** 2
        else:
            work[:] = np.cos(x)
        total += work[0] * work[1]
    return total


def not_the_first(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for k in range(4):
        for i in range(1, n):
            work[i] = work[0] * x[i] * k
        work[0] = work[n - 1]
        total += work[0]
    return total


def read_before(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for _ in range(4):
        for i in range(n):
            work[i] = work[n - 1 - i] * x[i]
        total += work[0] * work[1]
    return total


def in_one_arm(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for k in range(4):
        if k % 2 == 0:
            for i in range(n):
                work[i] = x[i] * (work[0] if k > 9 else k + 1.0)
        total += work[0] * work[1]
    return total


def left_early(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for k in range(4):
        for i in range(n):
            if x[i] * k > 1.5:
                break
            work[i] = x[i] * k
        total += work[0] * work[n - 1]
    return total


def added_to(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for _ in range(3):
        for i in range(n):
            work[i] += x[i] ** 2
        total += work[0] * work[n - 1]
    return total


def read_after(x: Any, n: int) -> Any:
    work, total = np.ones(n), 0.0
    for k in range(3):
        for i in range(n):
            work[i] = x[i] ** k
        total += work[1]
    return total * work[0] * work[n - 1]


def a_longer_array(x: Any, n: int) -> Any:
    work, total = np.ones(n + 1), 0.0
    for k in range(3):
        work[n] *= x[0]
        for i in range(n):
            work[i] = x[i] ** k
        total += work[1] * work[n]
    return total


INDEPENDENT = [filled, filled_by_rows, filled_in_both_arms]
CARRIED = [
    not_the_first,
    read_before,
    in_one_arm,
    left_early,
    added_to,
    read_after,
    a_longer_array,
    filled_at_once,
]


@pytest.mark.parametrize("program", [*INDEPENDENT, *CARRIED], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [2, 3])
def test_gradient(program: Any, n: int) -> None:
    x = np.array([0.7, 1.2, 0.9])[:n]
    check(program, x, n)


@pytest.mark.parametrize("program", INDEPENDENT, ids=lambda f: f.__name__)
def test_nothing_is_kept(program: Any) -> None:
    """Forward and backward run in one loop: what is kept is kept for an iteration, not for all."""
    loops = [line for line in grad(program).lower(np.ones(3), 3).source.splitlines() if " k in " in line]
    assert len(loops) == 1


def test_the_second_derivative() -> None:
    x = np.array([0.7, 1.2, 0.9])
    for program in (filled, filled_by_rows, filled_at_once, not_the_first):
        check_second(program, x, 3)
