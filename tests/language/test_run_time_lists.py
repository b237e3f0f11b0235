"""Lists whose length is known only at run time: their methods, and what is read from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad, value_and_grad

from .numerical import numerical_gradient

X = np.array([0.9, -0.7, 1.3, 0.4])


def methods(x):
    items = []
    for v in x:
        items.append(v * v)
    items.append(x[0])
    last = items.pop()
    first = items.pop(0)
    items.insert(0, x[2])
    items.insert(-1, x[1])
    items.insert(99, x[3] * 2)
    items.extend([x[1], x[3]])
    items += [x[0] * x[0]]
    items[1] = items[1] * 2
    items.reverse()
    return last * first + sum(items) + items[-1] * items[0] + len(items) + items[3] * items[2] * 3


def concatenation(x):
    a = [v * v for v in x]
    b, c, d, e, f = a + [1.0, x[0]], [x[1]] + a, a + a, a * 2, 2 * a
    a += d
    a.extend(x)
    a.extend(v * 2 for v in x)
    return (
        b[0] * b[-1] + c[0] * c[2] + d[5] * d[0] + e[6] * f[7] + len(d) + a[-1] * a[5] * len(a) + sum(a[2:5])
    )


def parts_and_copies(x):
    a = []
    for v in x:
        if v > 0:
            a.append(v)
    b = a[1:] + a[:1]
    c = a.copy()
    c.append(3.0)
    c.clear()
    c.append(x[0])
    return b[0] * a[0] + len(c) * b[-1] + c[0]


def queue(x):
    q = [x[0], x[1]]
    for i in range(6):
        h = q.pop(0)
        q.append(h * 0.5 + x[i % 4])
        if i % 2:
            q.append(h)
    return sum(q) * q[0]


def longer_in_one_arm(x):
    items = []
    if x[0] > 0:
        items.append(x[0] * 2)
    items.append(x[1])
    if x[1] > 0:
        items.append(x[0])
    else:
        items.pop()
    if len(items) > 1:
        return items[0] * items[1]
    return items[0] ** 2 if items else x[3]


def longer_in_an_arm_of_an_arm(x):
    items = [x[0]]
    if x[0] > 0:
        if x[1] > 0:
            items.append(x[1])
        else:
            items.append(x[2])
            items.append(x[3])
    return items[-1] * items[0] * len(items)


def new_in_each_iteration(x):
    s = 0.0
    for v in x:
        items = [v]
        if v > 0:
            items.append(v * v)
        s += sum(items) * items[-1]
    return s


def grow(items, v):
    if v > 0:
        items.append(v * v)


def grown_by_a_helper(x):
    a, b = [], []
    for v in x:
        grow(a, v)
    grow(b, x[0])
    grow(b, x[1])
    return sum(a) * sum(b) + len(b)


def three(x):
    items = []
    for i in range(3):
        items.append(x * (i + 1))
    return items


def read_before_it_is_replaced(x):
    items = three(x)
    v = items[0]
    items[0] = x * x
    return np.sum(v * x) + np.sum(items[0])


def the_last_before_another_is_appended(x):
    items = three(x)
    v = items[-1]
    items.append(x * x)
    return np.sum(v * x) + np.sum(items[-1])


def taken_from_the_front(x):
    items = three(x)
    v = items.pop(0)
    items.insert(0, x * x)
    return np.sum(v * x) + np.sum(items[0])


def written_through_an_item(x):
    items = three(x)
    v = items[0]
    v[0] = x[1] * x[2]
    return np.sum(items[0] * x) + np.sum(v)


def history(x):
    past, states = x, [x]
    for i in range(4):
        now = past * 0.5 + states[-1] * x
        states.append(now)
        past = now
        if i == 2:
            states[0] = now * 2
    old = states[0]
    states[0] = x
    return np.sum(old) + np.sum(np.array(states) ** 2)


PROGRAMS = [
    methods,
    concatenation,
    parts_and_copies,
    queue,
    longer_in_one_arm,
    longer_in_an_arm_of_an_arm,
    new_in_each_iteration,
    grown_by_a_helper,
    read_before_it_is_replaced,
    the_last_before_another_is_appended,
    taken_from_the_front,
    written_through_an_item,
    history,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [X, -X, abs(X)], ids=["mixed", "turned", "positive"])
def test_gradient(f: Any, x: np.ndarray):
    value, gradient = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(gradient, numerical_gradient(f, (x,))[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("f", [methods, concatenation, queue], ids=lambda f: f.__name__)
def test_second_order(f: Any):
    slope = lambda x: np.sum(np.sin(grad(f)(x)))
    np.testing.assert_allclose(grad(slope)(X), numerical_gradient(slope, (X,))[0], rtol=1e-6, atol=1e-8)


def test_an_array_that_was_in_a_list_is_written_to():
    def f(x):
        items = three(x)
        v = items[0]
        items[0] = x
        v[1] = x[0]
        return sum(np.sum(item) for item in items)

    with pytest.raises(UnsupportedSyntaxError, match="this list holds an array"):
        grad(f)(X)


def test_a_method_that_is_not_followed():
    def f(x):
        items = [v for v in x]
        items.remove(x[0])
        return sum(items)

    with pytest.raises(UnsupportedSyntaxError, match="`remove` of a list"):
        grad(f)(X)
