"""Sentences of the language's promise, one test each, where no other page has them."""

from __future__ import annotations

import linecache
import math
import operator
from typing import Any

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad, value_and_grad

from .numerical import numerical_gradient

X = np.array([0.9, -0.7, 1.3, 0.4])


def check(f: Any, *args: Any) -> None:
    value, gradient = value_and_grad(f)(*args)
    np.testing.assert_allclose(value, f(*args), rtol=1e-12)
    np.testing.assert_allclose(gradient, numerical_gradient(f, args)[0], rtol=1e-7, atol=1e-9)


def written(text: str) -> Any:
    """The function `f` of a text."""
    filename = f"<{text[:60]} {len(text)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    names: dict[str, Any] = {"np": np}
    exec(compile(text, filename, "exec"), names)
    return names["f"]


def test_a_tie_of_three_numbers_is_shared_equally():
    third = pytest.approx(1 / 3)
    assert grad(lambda a, b, c: max(a, b, c), wrt=(0, 1, 2))(1.0, 1.0, 1.0) == (third, third, third)
    assert grad(lambda a, b, c: min(a, b, c, 2.0), wrt=(0, 1, 2))(1.0, 1.0, 3.0) == (0.5, 0.5, 0.0)
    assert type(value_and_grad(lambda a, b, c: max(a, b, c))(1.0, 2.0, 3.0)[0]) is float


def test_the_greatest_of_many_numbers():
    check(lambda x: max([v * v for v in x] + [0.5] * 40) * x[0], X)


BOTH, SECOND = (0, 1), 1


def test_which_arguments_may_be_read_from_outside():
    def product(a, b):
        return a * b * b

    def f(x):
        first, second = grad(product, wrt=BOTH)(x[0], x[1])
        return first * second * grad(product, wrt=SECOND)(x[2], x[3])

    check(f, X)


def test_items_of_a_dict_in_the_order_of_their_names():
    """Python compares the names and, as no two are equal, never the arrays."""

    def f(d):
        first = sum([np.sum(v) * (i + 1.0) for i, (_, v) in enumerate(sorted(d.items()))])
        by_key = sum(
            [np.sum(v**2) * i for i, (_, v) in enumerate(sorted(d.items(), key=operator.itemgetter(0)))]
        )
        both = operator.itemgetter("b", "a")(d)
        return first + by_key + both[0] @ both[1]

    a, b = np.array([0.5, 2.0]), np.array([3.0, -1.0])
    found = grad(f)({"b": b, "a": a})
    np.testing.assert_allclose(found["a"], 1.0 + b)
    np.testing.assert_allclose(found["b"], 2.0 + 2 * b + a)


def test_sorted_by_a_run_time_key():
    def f(x):
        rising = sorted([x[0], x[1], x[2]], key=lambda v: -v * v)
        falling = sorted([x[0], x[1], x[2]], key=lambda v: v * v, reverse=True)
        return rising[0] * 3 + rising[1] * rising[2] + falling[0] * falling[1]

    check(f, X)


@pytest.mark.parametrize("count", [2, 4])
def test_unpacking_an_array_of_another_length(count: int):
    def argument(x):
        a, b, c = x
        return a * b * c

    def slice_of_a_local(x):
        y = x * 2
        a, b, c = y[:4]
        return a * b * c

    def rows(x):
        s = 0.0
        for p in np.outer(x, x):
            a, b, c = p
            s += a * b * c
        return s

    for f in (argument, slice_of_a_local, rows):
        check(f, X[:3])
        for derivative in (grad(f), value_and_grad(f)):
            with pytest.raises(ValueError, match="values to unpack"):
                derivative(X[:count])


def test_an_error_state_ends_where_it_is_left():
    def f(x):
        for v in x:
            with np.errstate(divide="raise"):
                if v < 0:
                    continue
                x = x * 1.0
        return np.sum(1.0 / (x - x[0]) * 0.0)

    with pytest.warns(RuntimeWarning):
        assert np.isnan(f(X))
    with pytest.warns(RuntimeWarning):
        value_and_grad(f)(X)


def test_an_else_may_leave_the_loop_around():
    def f(x):
        s = x[0]
        for i in range(0, 5, 2):
            for v in x:
                if i > 2:
                    s = s * v
            else:
                break
        else:
            s = s * 100.0
        return s

    check(f, X)


def test_a_structure_two_hundred_levels_deep():
    def total(t):
        return total(t[0]) + t[1] if isinstance(t, tuple) else t * t

    nested: Any = 3.0
    for k in range(200):
        nested = (nested, float(k))
    gradient = grad(total)(nested)
    for _ in range(200):
        gradient, last = gradient
        assert last == 1.0
    assert gradient == 6.0


def test_a_hundred_equal_layers_are_no_more_program_than_ten():
    def network(layers, x):
        for w, b in layers:
            x = np.tanh(x @ w + b)
        return np.sum(x * x)

    rng = np.random.default_rng(0)
    layers = lambda count: [(rng.normal(size=(4, 4)), rng.normal(size=4)) for _ in range(count)]
    lines = [grad(network).source_for(layers(n), X).count("\n") for n in (10, 100, 200)]
    assert lines[1] == lines[2] < lines[0]
    weights, x = layers(100), X[None]
    (g, _), *_ = grad(network)(weights, x)
    at = lambda h: network([(weights[0][0] + h, weights[0][1]), *weights[1:]], x)
    h = 1e-6 * np.eye(4)
    slope = (at(h) - at(-h)) / 2e-6
    assert np.sum(g * np.eye(4)) == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_recursion_two_hundred_deep():
    def power(x, n):
        return x if n == 0 else power(x * 1.01, n - 1) * 1.001

    assert grad(power)(1.0, 200) == pytest.approx((1.01 * 1.001) ** 200)


def test_recursion_without_end():
    def endless(x):
        return endless(x * 1.0) + 1

    with pytest.raises(RecursionError):
        grad(endless)(1.0)


def test_two_thousand_terms():
    f = written(
        "def f(x):\n    return " + " + ".join(f"np.sin(x[{k % 4}]) * {k}" for k in range(2000)) + "\n"
    )
    weights = np.arange(2000.0).reshape(500, 4).sum(0)
    np.testing.assert_allclose(grad(f)(X), weights * np.cos(X), rtol=1e-10)


def test_three_thousand_statements():
    f = written("def f(x):\n" + "    x = x * 1.0001 + 1e-5\n" * 3000 + "    return x\n")
    assert grad(f)(1.0) == pytest.approx(1.0001**3000)


def test_five_hundred_arguments():
    names = [f"a{k}" for k in range(500)]
    f = written(
        f"def f({', '.join(names)}):\n    return {' + '.join(f'{n} * {k}.0' for k, n in enumerate(names))}\n"
    )
    assert grad(f, wrt=tuple(range(500)))(*[1.0] * 500) == tuple(map(float, range(500)))


def test_five_derivatives_of_one_another():
    f: Any = lambda x: x**7 + math.sin(x)
    for _ in range(5):
        f = grad(f)
    assert f(1.0) == pytest.approx(7 * 6 * 5 * 4 * 3 + math.cos(1.0))


def test_tests_nested_deeper_than_python_can_read():
    f = written(
        "def f(x, k):\n"
        + "".join(f"    if k == {k}:\n        return x * {k}.0\n" for k in range(120))
        + "    return x\n"
    )
    with pytest.raises(UnsupportedSyntaxError, match="inside of one another"):
        grad(f)(1.0, 3)
