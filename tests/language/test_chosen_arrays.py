"""Arrays that are one of two by a test at run time, and arrays that trade places under one: both are written to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import DifferentiationError, UnsupportedSyntaxError, check_grads, grad, value_and_grad

from .numerical import numerical_gradient

RNG = np.random.default_rng(5)


def traded(a, b):
    if a[0] > b[0]:
        a, b = b, a
    a[1] = a[0] * b[2]
    b[0] *= a[1]
    return np.sum(a * a) + np.sum(np.sin(b))


def traded_in_a_loop(a, b):
    for i in range(3):
        if a[i] > b[i]:
            a, b = b, a
        a[i] = a[0] * b[2]
        b[i] *= a[1]
    return np.sum(a * a) + np.sum(np.sin(b))


def traded_in_a_while(a, b):
    u, v, k = a.copy(), np.zeros_like(b), 0
    while k < 3:
        for i in range(1, len(u)):
            v[i] = u[i - 1] * b[i]
        if v[1] > 0.01:
            u, v = v, u
        k += 1
    return np.sum(u * v * v) + np.sum(np.sin(u))


def chosen(a, b):
    c = a if a[0] > 0 else b
    c[1] = a[0] * b[2] * c[2]
    return np.sum(a * a) + np.sum(np.sin(b)) * c[1]


def chosen_and_viewed(a, b):
    if a[0] > 0:
        c = a
    else:
        c = b
    v = c[1:]
    v[0] += a[0] * b[2]
    a[2] = 3 * c[1]
    c *= b[1]
    return np.sum(a * a) + np.sum(np.sin(b)) * c[1] + np.sum(v * v * v)


def chosen_anew_each_time(a, b):
    for i in range(3):
        c = a if a[i] > b[i] else b
        c[i] = a[0] * b[2] + np.sin(c[i - 1])
        b[1] += a[i] * c[2]
    return np.sum(a * a) + np.sum(np.sin(b))


def chosen_of_chosen(a, b):
    c = a if a[0] > 0 else b
    d = c if b[0] > 0 else a
    for i in range(3):
        d[i] = d[i] * c[i - 1]
        c[i] *= 0.5
    return np.sum(a * a) + np.sum(np.sin(b) * c * d)


def of_two_lengths(a, b):
    tail = b[1:]
    c = a if a[0] > 0 else tail
    c[-1] = a[0] * b[2]
    c[:2] *= c[1]
    return np.sum(a * a) + np.sum(np.sin(b)) * np.sum(c)


def handed_to_a_helper(a, b):
    def scale(x, i):
        x[i] *= x[0]

    scale(a if a[1] > 0 else b, 2)
    return np.sum(a * a) + np.sum(np.sin(b))


CHOSEN = [
    traded,
    traded_in_a_loop,
    traded_in_a_while,
    chosen,
    chosen_and_viewed,
    chosen_anew_each_time,
    chosen_of_chosen,
    of_two_lengths,
    handed_to_a_helper,
]


def arguments(signs: tuple[int, int]) -> tuple:
    a, b = RNG.uniform(0.4, 1.4, size=(2, 4))
    return a * signs[0], b * signs[1]


SIGNS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]


@pytest.mark.parametrize("signs", SIGNS, ids=str)
@pytest.mark.parametrize("f", CHOSEN)
def test_gradient(f: Any, signs: tuple[int, int]):
    args = arguments(signs)
    value, gradients = value_and_grad(f, wrt=(0, 1))(*args)
    np.testing.assert_allclose(value, f(*[x.copy() for x in args]), rtol=1e-13)
    for k, g in enumerate(gradients):
        np.testing.assert_allclose(g, numerical_gradient(f, args, k)[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("f", CHOSEN)
def test_second_order(f: Any):
    check_grads(lambda a, b: f(a.copy(), b.copy()), arguments((1, -1)), order=2)


@pytest.mark.parametrize("f", [traded_in_a_loop, chosen_and_viewed, chosen_of_chosen])
def test_as_loops(f: Any, monkeypatch: pytest.MonkeyPatch):
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    args = arguments((1, 1))
    for g, h in zip(grad(f, wrt=(0, 1), jit=True)(*args), grad(f, wrt=(0, 1))(*args), strict=True):
        np.testing.assert_allclose(g, h, rtol=1e-12)


def rebound_in_one_arm(a, b):
    if a[0] < 0:
        a = b * 1.0
    a[1] = b[0] * b[2]
    return np.sum(a * a) + np.sum(np.sin(b))


@pytest.mark.parametrize("f", [traded, traded_in_a_loop, chosen, rebound_in_one_arm])
def test_one_array_as_both_arguments_is_refused(f: Any):
    """The original would write to both; the derivative takes them for two."""
    x = np.array([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(DifferentiationError, match="share memory"):
        grad(f)(x, x)


def chosen_by_an_array_that_is_written_to(a, b):
    flags = np.zeros(1) < a[0]
    test = flags.reshape(())
    c = a if test else b
    flags[0] = False
    c[1] = a[0] * b[2]
    return np.sum(a * a) + np.sum(np.sin(b))


def test_what_a_loop_chose_last_is_refused_after_it():
    """At the head of an iteration it was another choice, which was written to since."""

    def f(a, b):
        for i in range(3):
            c = a if a[i] > b[i] else b
            c[i] = a[0] * b[2]
        return np.sum(a * c)

    with pytest.raises(UnsupportedSyntaxError, match="written to since"):
        grad(f)(*arguments((1, 1)))


def test_a_test_that_is_written_to_later():
    """The choice was made by what the array held then: refused, since it is not known any more."""
    with pytest.raises(UnsupportedSyntaxError, match="one of several"):
        grad(chosen_by_an_array_that_is_written_to)(*arguments((1, 1)))


def test_both_are_read_by_the_choice_after_writes_to_either():
    def f(a, b):
        c = a if a[0] > 0 else b
        before = np.sum(c * c)
        a[1] = b[0] ** 2
        b[2] = a[0] ** 2
        return before + np.sum(np.sin(c))

    for signs in SIGNS:
        args = arguments(signs)
        for k, g in enumerate(grad(f, wrt=(0, 1))(*args)):
            np.testing.assert_allclose(g, numerical_gradient(f, args, k)[0], rtol=1e-7, atol=1e-9)


def test_what_went_stale_in_one_arm_is_refused_after_it():
    """Arrays trade places in a loop, and one is written to under its own name: seed 1010801 of the random programs."""

    def f(a, b, c):
        v = b[::-1]
        if c[0] > 5:
            c = c * 1.0
        else:
            for t in a:
                v, c = c, v
                if t < 0.3:
                    continue
            b[-2] = a[0] * 2
        return np.sum(np.sin(v)) + np.sum(c * c)

    with pytest.raises(UnsupportedSyntaxError, match="written to since"):
        grad(f)(*arguments((1, 1)), np.arange(3.0))
