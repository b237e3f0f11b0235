"""A primitive of the user's that returns several results."""

from __future__ import annotations

import numpy as np

from s2sgrad import defjvp, defvjp, grad, hessian, jvp, primitive

X = np.array([1.0, 2.0, 3.0])


@primitive
def halves(x):
    return x * 2, np.sum(x)


defvjp(halves, lambda g, ans, x: g[0] * 2 + g[1])
defjvp(halves, lambda t, ans, x: (t * 2, np.sum(t)))


def both(x):
    doubled, total = halves(x)
    return np.sum(doubled) * total


def first(x):
    return np.sum(halves(x)[0] ** 3)


def second(x):
    return halves(x)[1] ** 2


def test_gradients() -> None:
    np.testing.assert_allclose(grad(both)(X), 24 * np.ones(3))
    np.testing.assert_allclose(grad(first)(X), 24 * X**2)
    np.testing.assert_allclose(grad(second)(X), 12 * np.ones(3))


def test_forward_and_second_order() -> None:
    np.testing.assert_allclose(jvp(both, (X,), (np.ones(3),))[1], 72.0)
    np.testing.assert_allclose(hessian(first)(X), np.diag(48 * X))
