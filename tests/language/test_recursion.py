"""Recursion whose depth only run time knows: of functions, and of functions inside of functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad

from .numerical import numerical_gradient

X = np.array([0.9, -0.7, 1.3, 0.4])


def inside(x):
    def go(y, k):
        return y if k == 0 else go(y * 1.1 + x[0], k - 1)

    return go(x[1], int(x.size * 3))


def sorted_list(items):
    if len(items) <= 1:
        return items
    p = items[0]
    return sorted_list([v for v in items[1:] if v < p]) + [p] + sorted_list([v for v in items[1:] if v >= p])


def quicksort_of_a_list(x):
    s = sorted_list(list(x))
    return s[0] * 3 + s[1] * s[2]


def sorted_array(xs):
    if len(xs) <= 1:
        return xs
    p, rest = xs[0], xs[1:]
    return np.concatenate([sorted_array(rest[rest < p]), [p], sorted_array(rest[rest >= p])])


def quicksort_of_an_array(x):
    return np.sum(sorted_array(x) * np.arange(4.0))


def fourier(v):
    n = len(v)
    if n == 1:
        return v
    even, odd = fourier(v[::2]), fourier(v[1::2])
    turned = np.exp(-2j * np.pi * np.arange(n // 2) / n) * odd
    return np.concatenate([even + turned, even - turned])


def spectrum(x):
    return np.sum(np.abs(fourier(x + 0j)) ** 2 * np.arange(4))


def merged(v):
    n = len(v)
    if n < 2:
        return v
    a, b = merged(v[: n // 2]), merged(v[n // 2 :])
    out = np.zeros(n)
    i = j = 0
    for k in range(n):
        if j >= len(b) or (i < len(a) and a[i] < b[j]):
            out[k] = a[i]
            i += 1
        else:
            out[k] = b[j]
            j += 1
    return out


def merge_sort(x):
    return np.sum(merged(np.outer(x, x).ravel()) * np.arange(16.0) ** 2)


def forth(x, n):
    return np.sum(x) if n == 0 else back(x * 1.1, n - 1)


def back(x, n):
    return np.sum(np.sin(x)) if n == 0 else forth(x + 0.1, n - 1)


def mutual(x):
    return forth(x, 31)


def simpson(f, a, b, tolerance, depth=0):
    m = (a + b) / 2
    whole = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
    left, right = (a + m) / 2, (m + b) / 2
    halves = (m - a) / 6 * (f(a) + 4 * f(left) + f(m)) + (b - m) / 6 * (f(m) + 4 * f(right) + f(b))
    if abs(halves - whole) < tolerance or depth > 20:
        return halves
    return simpson(f, a, m, tolerance / 2, depth + 1) + simpson(f, m, b, tolerance / 2, depth + 1)


def adaptive_quadrature(x):
    return simpson(lambda t: np.exp(x[0] * t) * np.sin(t * x[2]), 0.0, 2.0, 1e-6)


PROGRAMS = [
    inside,
    quicksort_of_a_list,
    quicksort_of_an_array,
    spectrum,
    merge_sort,
    mutual,
    adaptive_quadrature,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Any):
    value, gradient = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-12)
    np.testing.assert_allclose(gradient, numerical_gradient(f, (X,))[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", [inside, quicksort_of_an_array, mutual], ids=lambda f: f.__name__)
def test_second_order(f: Any):
    slope = lambda x: np.sum(np.sin(grad(f)(x)))
    np.testing.assert_allclose(grad(slope)(X), numerical_gradient(slope, (X,))[0], rtol=1e-6, atol=1e-8)


def test_a_structure_of_many_levels_takes_no_more_than_one_interpretation_each():
    def total(t):
        return total(t[0]) + t[1] if isinstance(t, tuple) else t * t

    nested: Any = 3.0
    for k in range(60):
        nested = (nested, float(k))
    assert grad(total)(nested)[1] == 1.0
