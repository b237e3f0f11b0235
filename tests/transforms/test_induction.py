"""Integers that a loop counts with are not kept: the index tells them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from tests.language.numerical import check


def counter(x: Any, n: int) -> Any:
    s, p = 1.0, 3
    for _ in range(n):
        s = s * x[p]
        p += 2
    return s


def downwards(x: Any, n: int) -> Any:
    s, p = 1.0, len(x) - 1
    for i in range(n, 0, -1):
        s = s * x[p] + i
        p -= 1
    return s


def by_the_index(x: Any, n: int) -> Any:
    s, p = 1.0, 0
    for i in range(2, n):
        s = s * x[p] + p
        p = p + i - 1
    return s


def by_the_index_downwards(x: Any, n: int) -> Any:
    s, p = 1.0, 0
    for i in range(n, 1, -1):
        s = s * x[p] + p
        p = 1 + p + i - 3
    return s


def upper_triangle(x: Any, n: int) -> Any:
    s, p = 1.0, n
    for j in range(n):
        for i in range(j + 1, n):
            s = s * x[p] + x[i]
            p += 1
    return s


def lower_triangle(x: Any, n: int) -> Any:
    s, p = 1.0, 0
    for j in range(n):
        for i in range(j + 1):
            s = s * x[p] + x[i]
            p += 1
    return s


def after_the_diagonal(x: Any, n: int) -> Any:
    """`range(j + 2, n)` is empty in the last two iterations: its length is not n - j - 2 there."""
    s, p = 1.0, 0
    for j in range(n):
        for i in range(j + 2, n):
            s = s * x[p] + x[i]
            p += 1
        s = s * x[p]
    return s


def by_what_is_read(x: Any, n: int) -> Any:
    s, p, c = 1.0, 0, len(x) // 8
    for _ in range(n):
        s = s * x[p]
        p += c
    return s


def sometimes(x: Any, n: int) -> Any:
    s, p = 1.0, 0
    for i in range(n):
        s = s * x[p]
        if x[i] > 1.0:
            p += 1
    return s


def until_it_breaks(x: Any, n: int) -> Any:
    s, p = 1.0, 0
    for _ in range(n):
        if s > 40.0:
            break
        s = s * x[p] + 1.0
        p += 1
    return s * x[p]


def by_what_changes(x: Any, n: int) -> Any:
    s, p, q = 1.0, 0, 1
    for _ in range(n):
        s = s * x[p]
        p += q
        q = 3 - q
    return s


COUNTS = [
    counter,
    downwards,
    by_the_index,
    by_the_index_downwards,
    upper_triangle,
    lower_triangle,
    by_what_is_read,
]
OTHERS = [after_the_diagonal, sometimes, until_it_breaks, by_what_changes]


@pytest.mark.parametrize("program", [*COUNTS, *OTHERS], ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_gradient(program: Any, n: int) -> None:
    x = np.random.default_rng(0).uniform(0.5, 1.5, 24)
    check(program, x, n)


@pytest.mark.parametrize("program", COUNTS, ids=lambda f: f.__name__)
def test_no_integer_is_kept(program: Any) -> None:
    saved = grad(program).lower(np.ones(24), 5).saved
    assert [record for record in saved if np.issubdtype(record.dtype, np.integer)] == []
    assert saved, "the products are kept"
