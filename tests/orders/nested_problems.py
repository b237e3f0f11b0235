"""Two problems of nested differentiation, after Pearlmutter and Siskind, "Using programming language theory to make
automatic differentiation sound and efficient" (2008): a saddle point by gradient descent inside of gradient descent,
and a charged particle steered through a potential, whose force is a gradient inside of the integrator.

Each takes the modes of its outer and of its inner derivative, and whether the outer one is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import grad, jacobian

Function = Callable[..., Any]


def slope_of(fun: Function, mode: str, jit: bool) -> Function:
    """The gradient of a function of a vector, by the mode asked for."""
    return grad(fun, jit=jit) if mode == "reverse" else jacobian(fun, mode="forward", jit=jit)


def descend(value: Function, slope: Function, x: Any) -> Any:
    """Gradient descent with a step that doubles after ten successes and halves after a failure."""
    f, g = value(x), slope(x)
    eta, successes = 1e-5, 0
    while np.sqrt(np.sum(g * g)) > 1e-5:
        if successes == 10:
            eta, successes = 2 * eta, 0
        after = x - eta * g
        if np.sqrt(np.sum((x - after) ** 2)) <= 1e-5:
            break
        f_after = value(after)
        if f_after < f:
            x, f, g = after, f_after, slope(after)
            successes = successes + 1
        else:
            eta, successes = eta / 2, 0
    return x


START = np.array([1.0, 1.0])
APART = np.zeros((2, 2))


def worst_case(inner: str, coupling: Any) -> tuple[Function, Function]:
    """The greatest over y of |x|^2 - |y|^2 + x.C.y, found by gradient descent, and where it is, as functions of x."""

    def highest(x: Any) -> Any:
        below = lambda y: np.sum(y * y) - np.sum(x * x) - x @ coupling @ y  # noqa: E731
        slope = grad(below) if inner == "reverse" else jacobian(below, mode="forward")
        return descend(below, slope, START)

    def worst(x: Any) -> Any:
        y = highest(x)
        return np.sum(x * x) - np.sum(y * y) + x @ coupling @ y

    return worst, highest


def saddle(outer: str, inner: str, jit: bool = False, coupling: Any = APART) -> Any:
    """The saddle point: the least over x of the greatest over y. Published with both apart, C = 0."""
    worst, highest = worst_case(inner, coupling)
    x = descend(worst, slope_of(worst, outer, jit), START)
    return x, highest(x)


def saddle_from(outer: str, inner: str, coupling: Any) -> Function:
    """Where the descent to the saddle point ends, as a function of where it starts: three levels of derivatives."""
    worst, _ = worst_case(inner, coupling)
    return lambda start: np.sum(descend(worst, slope_of(worst, outer, False), start))


def landing(w: Any, inner: str) -> Any:
    """Where a charged particle, led by charges of which one stands at height 10 - w, crosses the axis."""

    def potential(p: Any) -> Any:
        first, second = p - np.array([10.0, 10.0 - w]), p - np.array([10.0, 0.0])
        return 1 / np.sqrt(np.sum(first**2)) + 1 / np.sqrt(np.sum(second**2))

    slope = grad(potential) if inner == "reverse" else jacobian(potential, mode="forward")
    place, speed, dt = np.array([0.0, 8.0]), np.array([0.75, 0.0]), 1e-1
    while True:
        force = -1.0 * slope(place)
        after = place + dt * speed
        if after[1] <= 0:
            break
        place, speed = after, speed + dt * force
    return (place - place[1] / speed[1] * speed)[0]


def particle(outer: str, inner: str, jit: bool = False) -> Any:
    """The charge's height that brings the particle to the origin of the axis, and what is left to it."""

    def miss(w: Any) -> Any:
        return landing(w[0], inner) ** 2

    w = descend(miss, slope_of(miss, outer, jit), np.array([0.0]))
    return w[0], miss(w)
