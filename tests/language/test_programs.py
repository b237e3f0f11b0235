"""The programs of `programs.py`: value and every gradient against the original and numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad

from .numerical import check
from .programs import PROGRAMS, minors, newton_to_tolerance, rotated


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case.name)
def test_program(case):
    check(case.fun, *case.args, wrt=case.wrt, rtol=2e-7, atol=2e-8)


def test_the_minors_give_the_inverse():
    a = np.random.default_rng(1).normal(size=(4, 4))
    np.testing.assert_allclose(grad(minors)(a), np.linalg.det(a) * np.linalg.inv(a).T, rtol=1e-11)


def test_newton_gives_the_implicit_derivative():
    a = 0.7
    x = newton_to_tolerance(a, 1e-14)
    np.testing.assert_allclose(
        grad(newton_to_tolerance)(a, 1e-14), -np.sin(x) / (1 + a * np.cos(x)), rtol=1e-10
    )


def test_the_rotation_at_zero():
    g = grad(lambda r: rotated(r, np.array([1.0, 2.0, 3.0]))[0])(np.zeros(3))
    np.testing.assert_allclose(g, [0.0, 3.0, -2.0])
