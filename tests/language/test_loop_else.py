"""Loops with an `else`, in all its ways to end, and unpacking that depends on how long an array is."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad, value_and_grad

from .numerical import check

X = np.array([0.9, -0.7, 1.3, 0.4])
scales = pytest.mark.parametrize("scale", [1.0, 0.5, 20.0])  # the loop is left, is not, and is left at once


@scales
def test_return_in_the_else(scale):
    def f(x):
        for v in x:
            if v > 10:
                break
        else:
            return np.sum(x**2)
        return x[0] * x[1]

    check(f, scale * X)


@scales
def test_break_of_the_outer_loop_in_the_else_of_the_inner(scale):
    def f(x):
        s = 0.0
        for i in range(4):
            for j in range(4):
                if x[j] > 10:
                    break
            else:
                if x[i] < 0:
                    break
                s += x[i] ** 2
            s += x[i]
        return s

    check(f, scale * X)


@scales
def test_continue_of_the_outer_loop_in_the_else_of_the_inner(scale):
    def f(x):
        s = 0.0
        for i in range(4):
            for v in x:
                if v * (i + 1) > 3:
                    break
            else:
                s += x[i] ** 2
                continue
            s += x[i] ** 3
        return s

    check(f, scale * X)


@scales
def test_the_else_is_not_run_after_a_return(scale):
    def f(x):
        s = 0.0
        for v in x:
            if v > 1.0:
                return v * v
        else:
            s += 3 * x[0]
        return s

    check(f, scale * X)


def test_raise_in_the_else():
    def f(x):
        for v in [x[0], x[1]]:
            if v > 10.0:
                break
        else:
            raise ValueError("none")
        return v * v

    check(f, 20 * X)
    with pytest.raises(ValueError, match="none"):
        grad(f)(X)


def test_starred_target_takes_all_the_rest_of_an_array():
    def f(x):
        a, *b = x
        p, *q, r = x * 2
        return a * b[0] + sum(b) + p * r + sum(v**2 for v in q)

    check(f, X)
    check(f, np.append(X, 0.3))


def test_the_sum_of_a_filter_is_a_loop():
    check(lambda x: sum(filter(lambda v: v > 0, x * x - 0.5)), X)


def test_filter_of_an_array_by_its_values_is_refused():
    def f(x):
        return max(list(filter(lambda v: v > 0, x)))

    with pytest.raises(UnsupportedSyntaxError, match="known only when it runs") as caught:
        value_and_grad(f)(X)
    assert "filter" in caught.value.text


def scaled_sum(u, p):
    u[1:] *= p
    return np.sum(u)


@pytest.mark.parametrize("p", [0.5, 0.9, -2.0])
def test_else_of_a_while_whose_test_writes(p):
    """The test is a part of the body then, and leaves it by a `break`, after which the `else` runs all the same."""

    def f(x):
        a = x.copy()
        while scaled_sum(a, p) > 0.637:
            a = a - 0.1
        else:
            a[0] = a[1] * a[2]
        return np.sum(a**2)

    check(f, X)


@scales
def test_else_of_a_while_whose_test_writes_and_that_may_break(scale):
    def f(x):
        a = x.copy()
        while scaled_sum(a, 0.8) > 0.6:
            if a[0] > 5:
                break
            a = a - 0.1
        else:
            a[0] = a[1] * a[2]
        return np.sum(a**2)

    check(f, scale * X)


@scales
def test_else_of_a_while_with_a_name_bound_in_its_test(scale):
    def f(x):
        a, k = x.copy(), 0
        while (top := np.max(a) * 0.9) > 0.5 and k < 30:
            a, k = a * 0.8, k + 1
        else:
            a[0] = top * a[2]
        return np.sum(a**2)

    check(f, scale * X)
