"""Jacobians and Hessians by arguments of every kind, and of functions that draw or print."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import (
    UnsupportedSyntaxError,
    checkpoint,
    checkpointed,
    elementwise_grad,
    grad,
    hessian,
    jacobian,
)

X = np.array([0.3, 1.2, 0.7])
MODES = pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])


def parametrised(x, *more, k=2.0, **options):
    return x[:2] * more[0] * k * options.get("z", 1.0)


@MODES
def test_arguments_of_every_kind(mode):
    def jac(wrt):
        return jacobian(parametrised, wrt, mode=mode)(X, 3.0, k=5.0, z=2.0)

    np.testing.assert_allclose(jac("x"), 30 * np.eye(2, 3))
    np.testing.assert_allclose(jac(1), 10 * X[:2])
    np.testing.assert_allclose(jac("k"), 6 * X[:2])
    np.testing.assert_allclose(jac("z"), 15 * X[:2])
    np.testing.assert_allclose(jacobian(np.sum, mode=mode)(X), np.ones(3))


def test_elementwise_gradient_by_every_kind_of_argument():
    np.testing.assert_allclose(elementwise_grad(parametrised, "z")(X, 3.0, k=5.0, z=2.0), np.sum(15 * X[:2]))
    np.testing.assert_allclose(elementwise_grad(parametrised, 0)(X, 3.0, k=5.0), [15, 15, 0])


@MODES
def test_a_jacobian_is_that_of_one_draw(mode):
    draws = np.random.default_rng(0)
    found = jacobian(lambda x: x * draws.normal(), mode=mode)(X)
    np.testing.assert_array_equal(found, np.eye(3) * np.random.default_rng(0).normal())


def test_a_hessian_is_that_of_one_draw(capsys):
    draws = np.random.default_rng(0)

    def f(x):
        print("drawn")
        return np.sum(x**2 * draws.normal())

    np.testing.assert_array_equal(hessian(f)(X), np.eye(3) * 2 * np.random.default_rng(0).normal())
    assert capsys.readouterr().out == "drawn\n"


def test_what_is_checkpointed_may_not_draw():
    draws = np.random.default_rng(0)
    drawn = lambda x: np.sum(np.sin(x * draws.normal()))

    def looped(x):
        for _ in checkpointed(range(5), keep=2):
            x = x * draws.normal()
        return np.sum(x)

    with pytest.raises(UnsupportedSyntaxError, match="runs twice") as info:
        grad(checkpoint(drawn))(X)
    assert info.value.lineno == drawn.__code__.co_firstlineno
    with pytest.raises(UnsupportedSyntaxError, match="runs twice") as info:
        grad(looped)(X)
    assert info.value.lineno == looped.__code__.co_firstlineno + 2
