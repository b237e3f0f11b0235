"""Lists of tuples that grow in a loop: states with their times, stacks of work, points."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad

from .numerical import check, numerical_gradient

X = np.array([0.3, 1.2, 0.7])


class State(NamedTuple):
    t: float
    y: np.ndarray


def stack_of_work(x):
    work, total = [(0, x[0])], 0.0
    while work:
        depth, v = work.pop()
        total += v * depth
        if depth < 3:
            work.append((depth + 1, v * x[1]))
            work.append((depth + 1, v * x[2]))
    return total


def trajectory(x):
    states, y = [], x
    for k in range(6):
        y = y * 1.1 + x[0]
        states.append((k * 0.1, y))
    return sum(t * np.sum(v**2) for t, v in states) + states[-1][0] + len(states) + np.sum(states[3][1])


def points(x):
    found = []
    for k in range(6):
        found.append((x[0] * k, x[1] ** k))
    a = np.array(found)
    return np.sum(a**2 * np.arange(2.0)) + max(p[0] for p in found)


def named(x):
    states = [State(0.0, x)]
    for _ in range(6):
        s = states[-1]
        states.append(State(s.t + 0.1, s.y + 0.1 * np.sin(s.y) * x[0]))
    return np.sum(states[-1].y * states[2].y) * states[-1].t + len(states)


def nested_and_filtered(x):
    out = []
    for i in range(6):
        for j in range(i):
            if (i + j) % 2:
                out.append(((i, j), x[i % 3] * x[j % 3]))
    return sum(v * i - j for (i, j), v in out) + (1.0 if out else 2.0) * x[0]


def under_two_names(x):
    a = []
    b = a
    for i in range(6):
        b.append((i, x[i % 3]))
        b[i] = (2 * i, b[i][1] * x[1])
    return sum(i * v for i, v in a) * len(b)


def in_a_dict(x):
    history = {"energy": [], "speed": []}
    for i in range(6):
        history["energy"].append((i * 1.0, x[0] * i))
        history["speed"].append(x[1])
    return sum(a * b for a, b in history["energy"]) + sum(history["speed"])


PROGRAMS = [stack_of_work, trajectory, points, named, nested_and_filtered, under_two_names, in_a_dict]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Any):
    check(f, X)


@pytest.mark.parametrize("f", PROGRAMS[:4], ids=lambda f: f.__name__)
def test_second_order(f: Any):
    slope = lambda x: np.sum(grad(f)(x) * np.array([0.4, -0.7, 0.2]))
    np.testing.assert_allclose(grad(slope)(X), numerical_gradient(slope, (X,))[0], rtol=1e-6, atol=1e-7)


def test_items_of_different_kinds():
    def f(x):
        out = []
        for i in range(20):
            if i % 2:
                out.append((i, x[0]))
            else:
                out.append((i, x[0], x[1]))
        return out[0][1]

    with pytest.raises(UnsupportedSyntaxError, match="must all have the same parts"):
        grad(f)(X)
