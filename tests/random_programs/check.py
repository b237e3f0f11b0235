"""One program against the reference: its value, gradient, pullback, and at times its second derivatives."""

from __future__ import annotations

import linecache
import math
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad import DifferentiationError, grad, value_and_grad, vjp

from .complex_step import copied, decisions, derivative

ACTIVE = (0, 1, 2, 3, 4)  # x, y, a, b, m
RTOL = 1e-8
LARGE = 1e3  # beyond it, rounding says more than rules
SECOND_STEPS = 1e-5, 1e-6  # of differences, whose disagreement says how far they can be trusted


@dataclass(frozen=True)
class Outcome:
    """What became of a program: `right`, `refused`, `skipped` (the reference says nothing) or `wrong`."""

    verdict: str
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


RIGHT = Outcome("right")


class Wrong(Exception):
    """A number that differs from the reference, or a rule of the interface that is broken."""


def load(text: str, label: str) -> Any:
    """The program of a text, as a function whose source can be read."""
    filename = f"<random program {label}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    module = types.ModuleType(f"random_program_{label}")
    exec(compile(text, filename, "exec"), module.__dict__)
    return module.program


def unload(label: str) -> None:
    linecache.cache.pop(f"<random program {label}>", None)


def direction_of(seed: int, args: tuple) -> tuple:
    rng = np.random.default_rng(seed + 1_000_003)
    return tuple(
        None if isinstance(x, int) else rng.uniform(0.3, 1, np.shape(x)) * rng.choice([-1, 1], np.shape(x))
        for x in args
    )


def check(
    text: str, args: tuple, seed: int = 0, label: str = "p", pullback: bool = True, second: bool = False
) -> Outcome:
    """Differentiate a program and compare; never raises."""
    direction = direction_of(seed, args)
    with np.errstate(all="ignore"):
        try:
            fun = load(text, label)
            value = fun(*copied(args))
            known = derivative(text, args, direction)
        except Exception as error:
            return Outcome("skipped", f"the original raises {type(error).__name__}")
        if np.ndim(value):
            return Outcome("skipped", "no scalar")
        if known is None or not math.isclose(known[0], value, rel_tol=1e-9, abs_tol=1e-9):
            return Outcome("skipped", "a tie, or memory that overlaps")
        if not abs(value) < LARGE or not abs(known[1]) < LARGE:
            return Outcome("skipped", "large")
        try:
            gradient = _first_order(fun, args, value, known[1], direction)
            if pullback:
                _pullback(fun, args, value, gradient)
            if second:
                _second_order(text, fun, args, direction, seed)
        except DifferentiationError as error:
            return Outcome("refused", f"{type(error).__name__}: {error}".partition("\n")[0][:200])
        except Wrong as error:
            return Outcome("wrong", str(error))
        except Exception as error:
            return Outcome(
                "wrong", f"{type(error).__name__}: {error}".partition("\n")[0][:200], {"error": error}
            )
        finally:
            unload(label)
    return RIGHT


def _along(gradient: Any, direction: tuple) -> tuple[float, float]:
    """The derivative along a direction, and the magnitude of what was summed."""
    parts = [np.ravel(g * t) for g, t in zip(gradient, direction) if t is not None]
    every = np.concatenate(parts)
    return float(every.sum()), float(np.abs(every).sum())


def _same(x: Any, y: Any) -> bool:
    return type(x) is type(y) and np.shape(x) == np.shape(y) and np.array_equal(x, y, equal_nan=True)


def _first_order(fun: Any, args: tuple, value: float, expected: float, direction: tuple) -> Any:
    given = copied(args)
    found, gradient = value_and_grad(fun, wrt=ACTIVE)(*given)
    if not all(map(_same, given, args)):
        raise Wrong("an argument was changed")
    if not math.isclose(found, value, rel_tol=1e-12, abs_tol=1e-12):
        raise Wrong(f"the value is {found!r}, and the original gives {value!r}")
    for g, x in zip(gradient, args):
        if np.shape(g) != np.shape(x):
            raise Wrong(f"a gradient of shape {np.shape(g)} for an argument of shape {np.shape(x)}")
    slope, size = _along(gradient, direction)
    if not abs(slope - expected) <= RTOL * (1 + abs(expected) + size):
        raise Wrong(f"the derivative is {slope!r}, and the reference gives {expected!r}")
    return gradient


def _pullback(fun: Any, args: tuple, value: float, gradient: Any) -> None:
    given = copied(args)
    found, pull = vjp(fun, *given)
    once, twice = pull(1.0)[:5], pull(1.0)[:5]
    if not all(map(_same, given, args)):
        raise Wrong("vjp changed an argument")
    if not math.isclose(found, value, rel_tol=1e-12, abs_tol=1e-12):
        raise Wrong("the value of vjp differs")
    if not all(np.array_equal(g, h, equal_nan=True) for g, h in zip(once, twice)):
        raise Wrong("the pullback gives other numbers when it is called again")
    if not all(np.allclose(g, h, rtol=1e-9, atol=1e-9) for g, h in zip(once, gradient)):
        raise Wrong("the pullback differs from the gradient")


def _extrapolated(at: Callable[[float], float | None], h: float) -> float | None:
    """The slope of `at` at zero by central differences, to the fourth order in `h`."""
    a, b, c, d = (at(k * h) for k in (-2, -1, 1, 2))
    return None if a is None or b is None or c is None or d is None else (8 * (c - b) - (d - a)) / (12 * h)


def _second_order(text: str, fun: Any, args: tuple, direction: tuple, seed: int) -> None:
    """The derivative of a directional derivative, against differences of exact directional derivatives."""
    along = tuple(t for t in direction if t is not None)

    def slope(x: Any, y: Any, a: Any, b: Any, m: Any, n: Any) -> Any:
        g = grad(fun, wrt=(0, 1, 2, 3, 4))(x, y, a.copy(), b.copy(), m.copy(), n)
        return (
            g[0] * along[0]
            + g[1] * along[1]
            + np.sum(g[2] * along[2])
            + np.sum(g[3] * along[3])
            + np.sum(g[4] * along[4])
        )

    other = direction_of(seed + 17, args)
    path = decisions(text, args)

    def at(h: float) -> float | None:
        moved = tuple(x if t is None else x + h * t for x, t in zip(args, other))
        moved = tuple(float(x) if np.ndim(x) == 0 and not isinstance(x, int) else x for x in moved)
        if decisions(text, moved) != path:
            return None
        known = derivative(text, moved, direction)
        return None if known is None else known[1]

    rough, expected = (_extrapolated(at, h) for h in SECOND_STEPS)
    if rough is None or expected is None:
        return
    given = copied(args)
    gradient = grad(slope, wrt=ACTIVE)(*given)
    if not all(map(_same, given, args)):
        raise Wrong("the second derivative changed an argument")
    found, size = _along(gradient, other)
    if not abs(found - expected) <= 1e-6 * (1 + abs(expected) + size) + 1e-3 * abs(rough - expected):
        raise Wrong(f"the second derivative is {found!r}, and differences give {expected!r}")


__all__ = ["Outcome", "check", "load"]
