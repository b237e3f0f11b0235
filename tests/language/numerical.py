"""Derivatives by differences, and the check that every test of the language makes.

The reference is a central difference with one Richardson step: its error is of order h**4, so what it can
see is limited by rounding at about 1e-10, far below any wrong rule.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2sgrad import value_and_grad

STEP = 2e-4


def leaves(x: Any) -> list[Any]:
    """The numbers and arrays of nested containers, in order."""
    if isinstance(x, dict):
        return [leaf for item in x.values() for leaf in leaves(item)]
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in leaves(item)]
    return [] if x is None else [x]


def _replaced(x: Any, new: Iterator[Any]) -> Any:
    if isinstance(x, dict):
        return {k: _replaced(item, new) for k, item in x.items()}
    if isinstance(x, (tuple, list)):
        items = [_replaced(item, new) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return next(new)


def _moved(leaf: Any, entry: tuple[int, ...], step: float) -> Any:
    if not isinstance(leaf, np.ndarray):
        return leaf + step
    out = leaf.copy(order="K")
    out[entry] += step
    return out


def numerical_gradient(
    fun: Callable[..., Any], args: tuple[Any, ...], position: int = 0, step: float = STEP
) -> list[Any]:
    """For each leaf of one argument, the array of derivatives of `fun(*args)`."""
    old = leaves(args[position])

    def at(k: int, entry: tuple[int, ...], h: float) -> float:
        moved = [_moved(leaf, entry, h) if j == k else copy.copy(leaf) for j, leaf in enumerate(old)]
        given = copy.deepcopy(list(args))
        given[position] = _replaced(copy.deepcopy(args[position]), iter(moved))
        return float(fun(*given))

    def slope(k: int, entry: tuple[int, ...], h: float) -> float:
        return (at(k, entry, h) - at(k, entry, -h)) / (2 * h)

    out = []
    for k, leaf in enumerate(old):
        found = np.zeros(np.shape(leaf))
        for entry in np.ndindex(found.shape):
            found[entry] = (4 * slope(k, entry, step / 2) - slope(k, entry, step)) / 3
        out.append(found)
    return out


def assert_same(a: Any, b: Any) -> None:
    """The same structure, types, shapes and bits."""
    assert type(a) is type(b)
    assert len(leaves(a)) == len(leaves(b))
    for x, y in zip(leaves(a), leaves(b)):
        np.testing.assert_array_equal(x, y, strict=True)


def check(
    fun: Callable[..., Any],
    *args: Any,
    wrt: int | tuple[int, ...] = 0,
    rtol: float = 1e-7,
    atol: float = 1e-8,
    step: float = STEP,
) -> Any:
    """Compare value and gradients with the original and with differences; the gradient.

    Also: the arguments are as they were, and a second call gives the same bits.
    """
    positions = wrt if isinstance(wrt, tuple) else (wrt,)
    original = copy.deepcopy(args)
    expected = fun(*copy.deepcopy(args))
    derivative = value_and_grad(fun, wrt)
    value, gradient = derivative(*args)
    assert_same(args, original)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-13)
    assert type(value) is type(expected), (
        f"value is a {type(value).__name__}, the original returns a {type(expected).__name__}"
    )
    found = gradient if isinstance(wrt, tuple) else (gradient,)
    for position, g in zip(positions, found, strict=True):
        _compare(g, numerical_gradient(fun, original, position, step), original[position], rtol, atol)
    again = derivative(*args)
    assert_same(again, (value, gradient))
    assert_same(args, original)
    return gradient


def _compare(gradient: Any, expected: list[Any], argument: Any, rtol: float, atol: float) -> None:
    assert len(leaves(gradient)) == len(expected)
    for g, e, leaf in zip(leaves(gradient), expected, leaves(argument)):
        assert np.shape(g) == np.shape(leaf)
        np.testing.assert_allclose(g, e, rtol=rtol, atol=atol)


def check_second(fun: Callable[..., Any], *args: Any, rtol: float = 1e-6, atol: float = 1e-7) -> None:
    """Reverse over reverse: the gradient of `<v, grad(fun)>` against differences of the gradient."""
    from s2sgrad import grad

    v = np.random.default_rng(7).normal(size=np.shape(args[0]))
    inner = grad(fun)

    def along(*args: Any) -> Any:
        return np.sum(inner(*args) * v)

    found = grad(along)(*args)
    np.testing.assert_allclose(found, numerical_gradient(along, args)[0], rtol=rtol, atol=atol)
