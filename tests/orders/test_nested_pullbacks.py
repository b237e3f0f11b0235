"""`vjp` in the body of a function that is itself differentiated or compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad, vjp, vmap

from ..language.numerical import check, numerical_gradient

X = np.array([0.3, 1.2, 0.7])


def called_twice(x):
    y, pullback = vjp(lambda v: np.tanh(v) * v[0], x)
    (b,) = pullback(y)
    (c,) = pullback(np.ones(3))
    return np.sum(b * c * y)


def structures(x):
    y, pullback = vjp(lambda v, s, n: {"a": v * s, "b": (np.sum(v) ** n, n)}, x, x[0], 2)
    b, s, n = pullback({"a": x, "b": (2.0, None)})
    assert n is None
    return np.sum(b) * s + y["b"][0]


def through_a_loop(x):
    def f(v):
        s = 0.0
        for i in range(len(v)):
            s = s * v[i] + np.sin(v[i])
        return s

    total = 0.0
    for k in range(3):
        y, pullback = vjp(f, x * (k + 1))
        total += y * np.sum(pullback(1.0)[0])
    return total


def rows_of_a_jacobian(x):
    jac = np.zeros((2, 3))
    _, pullback = vjp(lambda v: np.array([v[0] * v[1], np.sum(v**2)]), x)
    for i in range(2):
        e = np.zeros(2)
        e[i] = 1.0
        jac[i] = pullback(e)[0]
    return np.sum(jac**3)


def in_a_batch(x):
    rows = np.arange(6.0).reshape(2, 3) / 4 * x
    return np.sum(vmap(lambda v: vjp(lambda u: u**3, v)[1](v)[0])(rows))


PROGRAMS = [called_twice, structures, through_a_loop, rows_of_a_jacobian, in_a_batch]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Any):
    check(f, X)


@pytest.mark.parametrize("f", PROGRAMS[:4], ids=lambda f: f.__name__)
def test_second_order(f: Any):
    slope = lambda x: np.sum(grad(f)(x) * np.array([0.4, -0.7, 0.2]))
    np.testing.assert_allclose(grad(slope)(X), numerical_gradient(slope, (X,))[0], rtol=1e-6, atol=1e-7)


def test_what_it_draws_it_draws_once():
    def f(x):
        draws = np.random.default_rng(0)
        y, pullback = vjp(lambda v: v * draws.normal(), x)
        return np.sum(pullback(x)[0] * y)

    check(f, X)


@pytest.mark.parametrize("bad", [np.ones(2), 1.0, (np.ones(3), 1.0)])
def test_a_cotangent_of_the_wrong_shape(bad):
    with pytest.raises(ValueError):
        value_and_grad(lambda x: np.sum(vjp(lambda v: v**2, x)[1](bad)[0]))(X)
