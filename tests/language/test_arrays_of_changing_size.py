"""Arrays that a loop makes longer or shorter: each iteration has its own extents, and so has what follows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad

from .numerical import check, numerical_gradient

X = np.array([0.3, 1.2, 0.7])
LONG = np.array([0.3, 1.2, 0.7, 0.9, 0.2, 1.1, 0.4, 0.8])


def longer_at_each_turn(x):
    a = x
    for _ in range(4):
        a = np.concatenate([a, a[-1:] * x[0]])
    return np.sum(a**2) * len(a)


def two_that_take_turns(x):
    a, b = x, x * 2
    for _ in range(3):
        a, b = np.concatenate([b, b]), a * 1.5
    return np.sum(a**2) * a.size + np.sum(b**2) * b.size


def shorter_at_each_turn(x):
    v, s = x, 0.0
    for _ in range(3):
        s += np.sum(v) * v.size
        v = np.exp(-v[1:] * v[:-1]) + v[0]
    return s + np.sum(v**2)


def restricted_and_prolonged(x):
    levels = [x]
    while len(levels[-1]) > 2:
        f = levels[-1]
        levels.append(0.5 * (f[::2] + f[1::2]) ** 2)
    u = levels[-1]
    for k in range(len(levels) - 2, -1, -1):
        u = np.repeat(u, 2) * levels[k]
    return np.sum(u**2)


def longer_in_inner_and_outer_loop(x):
    a = x
    for i in range(3):
        for _ in range(i):
            a = np.concatenate([a, a[-1:] * x[0]])
        a = np.append(a, np.sum(a) * len(a))
        b = a * x[1]
    return np.sum(a**2) * len(a) + np.sum(b) * b.size


def padded(x):
    u = np.zeros(2)
    for v in x:
        u = np.pad(u, 1) + v
    return np.sum(u * np.arange(u.shape[0])) * u.shape[0]


def polynomial_of_its_roots(x):
    c = np.array([1.0])
    for r in x:
        c = np.append(c, 0.0) - np.concatenate([np.zeros(1), r * c])
    return np.sum(c**2)


def binomial_tree(x):
    v = np.maximum(1.0 - x[0] * x[1] ** np.arange(4, -5, -2), 0)
    for i in range(3, -1, -1):
        v = np.maximum(0.6 * v[:-1] + 0.38 * v[1:], 1.0 - x[0] * x[1] ** np.arange(i, -i - 1, -2))
    return v[0]


def grown(a, n):
    for _ in range(n):
        a = np.concatenate([a, a[-1:] * 1.1])
    return a


def a_helper_used_for_arrays_of_several_sizes(x):
    a = grown(x, 2)
    return np.sum(a**2) * len(a) + np.sum(a * grown(x[1:], 3)) * np.sum(grown(x, 4) * np.arange(len(x) + 4))


def powered(s, x, n):
    for _ in range(n):
        s = s * x
    return s


def a_helper_used_for_numbers_and_arrays(x):
    of_arrays = np.sum(powered(np.ones(len(x)), x[0], 3) * x) + np.sum(powered(np.ones((2, 1)), x, 2))
    return powered(1, x[0], 3) + of_arrays + np.sum(powered(x[:1], x[1], 3) * x)


def bound_in_the_last_turn_alone(x):
    for i in range(3):
        part = x[i:] * x[0]
    return np.sum(part**2) * part.size


SHORT = [
    longer_at_each_turn,
    two_that_take_turns,
    longer_in_inner_and_outer_loop,
    padded,
    polynomial_of_its_roots,
    binomial_tree,
    a_helper_used_for_arrays_of_several_sizes,
    a_helper_used_for_numbers_and_arrays,
    bound_in_the_last_turn_alone,
]
PROGRAMS = [(f, X) for f in SHORT] + [(f, LONG) for f in (shorter_at_each_turn, restricted_and_prolonged)]


@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_gradient(f: Any, x: np.ndarray):
    check(f, x)


@pytest.mark.parametrize(("f", "x"), PROGRAMS[:6], ids=lambda p: getattr(p, "__name__", ""))
def test_second_order(f: Any, x: np.ndarray):
    slope = lambda x: np.sum(grad(f)(x) * np.array([0.4, -0.7, 0.2]))
    np.testing.assert_allclose(grad(slope)(x), numerical_gradient(slope, (x,))[0], rtol=1e-6, atol=1e-7)


def test_unpacking_an_array_that_a_loop_carries():
    def f(p, y):
        for _ in range(3):
            a, b = y
            y = y + 0.1 * np.array([p[0] * a - a * b, a * b - p[1] * b])
        return np.sum(y**2)

    check(f, np.array([1.1, 0.4]), np.array([2.0, 1.0]), wrt=(0, 1))


def test_parts_of_an_argument_have_a_known_length():
    def f(x, n):
        a, b = x[n : n + 2]
        items = x[:n].tolist()
        scaled = (lambda first, *rest: first * len(rest))(*x[:3])
        return items[-1] * len(items) * a * b + max(x[1:-1].tolist()) * scaled + sum([*x[::2], 1.0]) * x[0]

    for n in (2, 3):
        check(f, np.array([0.3, -1.2, 0.7, 1.9, -0.4]), n)
