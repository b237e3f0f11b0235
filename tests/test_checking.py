"""`check_grads` itself: it passes what is right, and names what is wrong by a thousandth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from s2sgrad import check_grads, defjvp, defvjp, primitive


@dataclasses.dataclass
class Pair:
    a: float
    b: np.ndarray


def test_containers_complex_numbers_and_orders() -> None:
    check_grads(lambda p: Pair(p.a * 2, p.b**3 * p.a), (Pair(2.0, np.array([1.0, 2.0])),))
    check_grads(
        lambda x, y: {"a": x * y["p"], "b": (np.exp(y["q"][0]), 3)}, (0.3, {"p": np.ones(2), "q": [0.3, 4]})
    )
    check_grads(lambda z: z * z * np.exp(z), (np.array([0.3 + 0.2j, 1 - 1j]),))
    check_grads(lambda x, n: x**n, (1.5, 4), order=3)
    check_grads(np.tanh, (np.array([0.5], np.float32),), order=1)


@primitive
def cube(x):
    return x**3


@primitive
def slope(x):
    return 3 * x**2


X = np.array([0.5, 1.5, -2.0])


def test_right_rules_pass() -> None:
    defvjp(cube, lambda g, ans, x: g * slope(x))
    defjvp(cube, lambda t, ans, x: t * slope(x))
    defvjp(slope, lambda g, ans, x: g * (6 * x))
    defjvp(slope, lambda t, ans, x: t * (6 * x))
    check_grads(lambda x, k: k * cube(x), (X, 2.0))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_first_derivative_wrong_by_a_thousandth(mode) -> None:
    defvjp(cube, lambda g, ans, x: g * slope(x) * 1.001)
    defjvp(cube, lambda t, ans, x: t * slope(x) * 1.001)
    with pytest.raises(AssertionError, match=r"`x`\[0\] at order 1 in .* is .*numerically it is") as failure:
        check_grads(lambda k, x: k * cube(x), (2.0, X), modes=(mode,))
    found, wanted = numbers(str(failure.value))
    assert abs(found / wanted - 1.001) < 1e-6


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_second_derivative_wrong_by_a_thousandth(mode) -> None:
    defvjp(cube, lambda g, ans, x: g * slope(x))
    defjvp(cube, lambda t, ans, x: t * slope(x))
    defvjp(slope, lambda g, ans, x: g * (6 * x) * 0.999)
    defjvp(slope, lambda t, ans, x: t * (6 * x) * 0.999)
    check_grads(cube, (X,), order=1, modes=(mode,))
    with pytest.raises(AssertionError, match=r"`x`\[0\] at order 2 in .* is .*numerically it is") as failure:
        check_grads(cube, (X,), order=2, modes=(mode,))
    found, wanted = numbers(str(failure.value))
    assert abs(found / wanted - 0.999) < 1e-6


def test_one_entry_of_one_part_is_named() -> None:
    defvjp(cube, lambda g, ans, x: g * (3 * x**2 + np.where(np.arange(3) == 2, 0.01, 0.0)))
    with pytest.raises(AssertionError, match=r"`p`\['w'\]\[1\]\[2\] at order 1 in reverse mode"):
        check_grads(lambda p: cube(p["w"][1]) * p["b"], ({"b": 2.0, "w": [1.0, X]},), modes=("reverse",))


def numbers(message: str) -> tuple[float, float]:
    """The value found and the numerical one, from a message."""
    found, wanted = message.split(" mode is ")[1].split(", and numerically it is ")
    return float(found), float(wanted)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="sideways"):
        check_grads(np.sin, (1.0,), modes=("sideways",))
    with pytest.raises(ValueError, match="order=0"):
        check_grads(np.sin, (1.0,), order=0)
    with pytest.raises(ValueError, match="no argument"):
        check_grads(lambda n: n, (3,))
    with pytest.raises(ValueError, match="no floating result"):
        check_grads(lambda x: (1, "a"), (3.0,))


def test_arguments_that_are_written_to_stay_as_they_are():
    def f(a, b):
        a[0] = np.sin(b[1]) * a[1]
        a *= b
        return np.sum(a * a)

    a, b = np.array([0.3, -0.7]), np.array([1.2, 0.4])
    check_grads(f, (a, b))
    np.testing.assert_array_equal(a, [0.3, -0.7])
