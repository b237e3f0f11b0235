"""Lists in lists whose lengths are known only at run time: tables, triangles, adjacency, paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad

from .numerical import check, numerical_gradient

X = np.array([0.3, 1.2, 0.7])


def warped(x, n):
    y = x[::-1] * 1.3
    d = [[float("inf")] * (n + 1) for _ in range(n + 1)]
    d[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            d[i][j] = abs(x[i % 3] - y[j % 3]) + min(d[i - 1][j], d[i][j - 1], d[i - 1][j - 1])
    return d[n][n]


def eliminated(x, n):
    a = [[x[(i * j) % 3] + (3.0 if i == j else 0.1 * i) for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(k + 1, n):
            f = a[i][k] / a[k][k]
            for j in range(k, n):
                a[i][j] -= f * a[k][j]
    p = 1.0
    for k in range(n):
        p *= a[k][k]
    return p


def adjacency(x, n):
    near = [[] for _ in range(n)]
    for i in range(n):
        near[i].append(x[i % 3] * i)
        near[(i + 1) % n].append(x[1] * i)
    s = 0.0
    for row in near:
        for v in row:
            s += v * v
    return s


def appended_and_popped(x, n):
    rows = [[] for _ in range(n)]
    for i in range(n):
        rows[i].append(x[0] * i)
        rows[i].append(x[1] * i)
        last = rows[i].pop()
        rows[i][0] += last
    return sum([r[0] ** 2 for r in rows])


def triangle(x, n):
    t = [[x[0]]]
    for i in range(1, n):
        row = [x[0]]
        for j in range(1, i):
            row.append(t[i - 1][j - 1] + t[i - 1][j] * x[1])
        row.append(x[2])
        t.append(row)
    return t[-1][2] * t[-2][1]


def path(x, n):
    places = [[0.0, 1.0]]
    for _ in range(n):
        places.append([places[-1][0] + x[0], places[-1][1] * x[1]])
    places[3][1] = x[2]
    return places[-1][0] * places[3][1] + places[4][1]


def a_row_under_a_name(x, n):
    d = [[x[0]] * n for _ in range(n)]
    row = d[3]
    row[1] = x[1] ** 2
    d[4][2] = x[2] * row[1]
    return d[3][1] * d[4][2] + d[4][0]


def three_deep(x, n):
    d = [[[x[0]] * 2 for _ in range(n)] for _ in range(n)]
    b = d[1]
    c = b[2]
    c[1] = x[1]
    b[3] = [x[2], x[2] ** 2]
    return d[1][2][1] * d[2][3][1] + d[1][3][0] * d[2][2][0]


def rows_of_an_iteration(x, n):
    a = [[0.0] * n for _ in range(n)]
    for r in a:
        for j in range(n):
            r[j] = x[j % 3] * j
    a[2][1] = x[0] * 7
    s = 0.0
    for i in range(n):
        for j in range(n):
            s += a[i][j] ** 2
    return s


def arrays_written_in_the_list(x, n):
    d = [np.zeros(3) for _ in range(n)]
    for i in range(1, n):
        d[i][:] = d[i - 1] * x + i
        d[i][0] = x[1]
    return np.sum(d[-1] ** 2)


PROGRAMS = [
    warped,
    eliminated,
    adjacency,
    appended_and_popped,
    triangle,
    path,
    a_row_under_a_name,
    three_deep,
    rows_of_an_iteration,
    arrays_written_in_the_list,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [5, 20])
def test_gradient(f: Any, n: int):
    check(f, X, n, rtol=1e-6)


@pytest.mark.parametrize("f", [eliminated, adjacency, triangle, path], ids=lambda f: f.__name__)
def test_second_order(f: Any):
    slope = lambda x: np.sum(grad(f)(x, 6) * np.array([0.4, -0.7, 0.2]))
    np.testing.assert_allclose(grad(slope)(X), numerical_gradient(slope, (X,))[0], rtol=1e-6, atol=1e-7)


# What may be one array under several names is refused, not taken for several.


def one_array_in_all_places(x, n):
    a = x * 2
    rows = [a for _ in range(n)]
    rows[0][0] = x[1] ** 2
    return np.sum(rows[-1] ** 2)


def one_row_in_all_places(x, n):
    d = [[x[0]] * 3] * n
    d[0][1] = x[1] ** 2
    return d[n - 1][1] * x[2]


def one_array_in_two_lists(x, n):
    a, b = [], []
    for i in range(n):
        row = x * i
        a.append(row)
        b.append(row)
    a[1][0] = 5.0
    return np.sum(b[1] ** 2)


def twice_in_a_list(x, n):
    a = []
    for i in range(n):
        row = x * i
        a.append(row)
        a.append(row)
    a[3][1] = x[0] * 7
    return np.sum(a[2] ** 2)


def a_name_for_the_last(x, n):
    rows = []
    for i in range(n):
        row = x * i
        rows.append(row)
    row[0] = 5.0
    return np.sum(rows[-1])


def in_the_list_that_grows(x, n):
    state = x * 1.0
    states = [state]
    for _ in range(n):
        states.append(states[-1] * 1.1)
    state[0] = 9.0
    return np.sum(states[0])


def rows_of_another_list(x, n):
    a = [[0.0] * n for _ in range(n)]
    b = [row for row in a]
    a[1][1] = x[0]
    return b[1][1] ** 2


SHARED = [
    one_array_in_all_places,
    one_row_in_all_places,
    one_array_in_two_lists,
    twice_in_a_list,
    a_name_for_the_last,
    in_the_list_that_grows,
    rows_of_another_list,
]


@pytest.mark.parametrize("f", SHARED, ids=lambda f: f.__name__)
def test_one_array_under_several_names(f: Any):
    with pytest.raises(UnsupportedSyntaxError, match="append a `.copy\\(\\)` of it"):
        grad(f)(X, 20)
