"""Objects that a program looks into while it is compiled: slices handed over, fields and attributes asked for."""

from __future__ import annotations

import dataclasses
from collections import namedtuple

import numpy as np
import pytest

from s2sgrad import grad, jacobian, jvp, vjp

TABLE = np.arange(12.0).reshape(6, 2)
PART = slice(1, 5, 2)
Pair = namedtuple("Pair", "left right")


@dataclasses.dataclass
class Ball:
    centre: np.ndarray
    radius: float


def rows(w, part):
    return np.sum((TABLE[part] @ w) ** 2)


def captured_rows(w):
    return rows(w, PART)


def gradient_of_rows(w, part):
    return 2 * TABLE[part].T @ (TABLE[part] @ w)


@pytest.mark.parametrize("part", [slice(0, 3), slice(None, None, 2), slice(-2, None), slice(5, 1, -1), 2])
def test_a_slice_is_an_argument_like_others(part):
    w = np.array([0.5, -1.0])
    expected = gradient_of_rows(w, part) if isinstance(part, slice) else 2 * TABLE[part] * (TABLE[part] @ w)
    assert grad(rows)(w, part) == pytest.approx(expected)


def test_a_captured_slice_is_read_at_each_call(monkeypatch):
    w, derivative = np.array([0.5, -1.0]), grad(captured_rows)
    for part in (PART, slice(2, 3, 1), slice(None, 4), np.array([0, 0, 3])):
        monkeypatch.setitem(globals(), "PART", part)
        assert derivative(w) == pytest.approx(gradient_of_rows(w, part))


def total(tree):
    """Over leaves, by what the containers say of themselves."""
    if dataclasses.is_dataclass(tree):
        return sum([total(getattr(tree, field.name)) for field in dataclasses.fields(tree)])
    if hasattr(tree, "_fields"):
        return total(tree.left) + 3 * total(tree.right)
    if isinstance(tree, tuple):
        return sum([total(part) for part in tree])
    return np.sum(tree * tree)


def test_containers_tell_what_they_are():
    ball, pair = Ball(np.array([1.0, 2.0]), 3.0), Pair(1.0, (2.0, np.ones(2)))
    by_ball = grad(total)(ball)
    assert by_ball.centre == pytest.approx([2.0, 4.0]) and by_ball.radius == pytest.approx(6.0)
    by_pair = grad(total)(pair)
    assert by_pair.left == pytest.approx(2.0)
    assert by_pair.right[0] == pytest.approx(12.0) and by_pair.right[1] == pytest.approx([6.0, 6.0])


def test_a_dataclass_is_replaced_by_one_with_other_fields():
    def moved(x):
        ball = dataclasses.replace(Ball(x, 2.0), radius=x[0] ** 2)
        return ball.radius * ball.centre[1]

    assert grad(moved)(np.array([3.0, 5.0])) == pytest.approx([30.0, 9.0])


def product(x, y):
    return np.sum(x**2 * y)


def test_derivatives_of_derivatives_take_the_arguments_of_the_function():
    x, y, g = np.array([1.0, 2.0]), np.array([3.0, -1.0]), np.array([1.0, 10.0])
    value, pullback = vjp(grad(product), x, y)
    by_x, by_y = pullback(g)
    assert (
        value == pytest.approx(2 * x * y)
        and by_x == pytest.approx(2 * y * g)
        and by_y == pytest.approx(2 * x * g)
    )
    assert jvp(grad(product), (x, y), (g, g))[1] == pytest.approx(2 * y * g + 2 * x * g)
    assert jacobian(grad(product), 1)(x, y) == pytest.approx(np.diag(2 * x))
    assert jacobian(grad(product), "y")(x, y) == pytest.approx(np.diag(2 * x))
