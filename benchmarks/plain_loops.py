"""Generated gradients of plain Python loops beside hand-written ones: `python -m benchmarks.plain_loops`.

Nothing is compiled here: both run in the interpreter, operation by operation, so that the ratio counts what the
generated program does more than a person would have written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.timing import interleaved

# --- a driven oscillator: a state a step is kept ---


def driven(x: Any, a: Any, dt: Any) -> Any:
    for i in range(len(a)):
        x = x + dt * math.sin(x) * a[i]
    return x


def driven_by_hand(x: Any, a: Any, dt: Any) -> Any:
    states = []
    for i in range(len(a)):
        states.append(x)
        x = x + dt * math.sin(x) * a[i]
    x_bar, dt_bar = 1.0, 0.0
    a_bar = np.zeros_like(a)
    for i in range(len(a) - 1, -1, -1):
        x = states[i]
        sine = math.sin(x)
        a_bar[i] = x_bar * dt * sine
        dt_bar += x_bar * sine * a[i]
        x_bar += x_bar * dt * math.cos(x) * a[i]
    return x_bar, a_bar, dt_bar


# --- the energy of pairs: one loop forwards and backwards, nothing kept ---


def energy(q: Any, m: Any) -> Any:
    total = 0.0
    for i in range(len(m)):
        for j in range(i):
            dx, dy = q[i, 0] - q[j, 0], q[i, 1] - q[j, 1]
            total -= m[i] * m[j] / np.sqrt(dx * dx + dy * dy + 0.01)
    return total


def energy_by_hand(q: Any, m: Any) -> Any:
    q_bar, m_bar = np.zeros_like(q), np.zeros_like(m)
    for i in range(len(m)):
        for j in range(i):
            dx, dy = q[i, 0] - q[j, 0], q[i, 1] - q[j, 1]
            square = dx * dx + dy * dy + 0.01
            inverse = 1.0 / np.sqrt(square)
            m_bar[i] -= m[j] * inverse
            m_bar[j] -= m[i] * inverse
            pull = m[i] * m[j] * inverse / square
            q_bar[i, 0] += pull * dx
            q_bar[j, 0] -= pull * dx
            q_bar[i, 1] += pull * dy
            q_bar[j, 1] -= pull * dy
    return q_bar, m_bar


# --- Cholesky in place: the factor alone is kept ---


def cholesky(a: Any) -> Any:
    a = a.copy()
    n = len(a)
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, n):
            a[i, j] /= a[j, j]
    total = 0.0
    for j in range(n):
        total += np.log(a[j, j])
    return total


def cholesky_by_hand(a: Any) -> Any:
    a = a.copy()
    n = len(a)
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, n):
            a[i, j] /= a[j, j]
    a_bar = np.zeros_like(a)
    for j in range(n):
        a_bar[j, j] = 1.0 / a[j, j]
    for j in range(n - 1, -1, -1):
        for i in range(n - 1, j, -1):
            a_bar[i, j] /= a[j, j]
            a_bar[j, j] -= a_bar[i, j] * a[i, j]
        a_bar[j, j] *= 0.5 / a[j, j]
        for k in range(j - 1, -1, -1):
            for i in range(n - 1, j - 1, -1):
                g = a_bar[i, j]
                a_bar[i, k] -= g * a[j, k]
                a_bar[j, k] -= g * a[i, k]
    return a_bar


# --- Horner's rule under a loss: nothing kept of the data, a number a coefficient ---


def fit(c: Any, x: Any, y: Any) -> Any:
    loss = 0.0
    for i in range(len(x)):
        p = c[0] + c[1] * x[i] + c[2] * x[i] ** 2
        loss += (p - y[i]) ** 2
    return loss


def fit_by_hand(c: Any, x: Any, y: Any) -> Any:
    c_bar = np.zeros_like(c)
    for i in range(len(x)):
        p = c[0] + c[1] * x[i] + c[2] * x[i] ** 2
        g = 2 * (p - y[i])
        c_bar[0] += g
        c_bar[1] += g * x[i]
        c_bar[2] += g * x[i] ** 2
    return c_bar


RNG = np.random.default_rng(3)
SPD = (lambda m: m @ m.T + 20 * np.eye(20))(RNG.normal(size=(20, 20)))
EXAMPLES: list[tuple[str, Callable, Callable, tuple, Any]] = [
    ("driven oscillator", driven, driven_by_hand, (0.3, RNG.normal(size=1000), 0.1), (0, 1, 2)),
    ("energy of pairs", energy, energy_by_hand, (RNG.normal(size=(40, 2)), RNG.uniform(1, 2, 40)), (0, 1)),
    ("Cholesky in place", cholesky, cholesky_by_hand, (SPD,), 0),
    ("least squares", fit, fit_by_hand, (RNG.normal(size=3), *RNG.normal(size=(2, 1000))), 0),
]


def measure(turns: int = 15, budget: float = 4.0) -> list[tuple[str, float, float]]:
    """Name, seconds of the hand-written gradient, seconds of the generated one."""
    from s2sgrad import grad

    out = []
    for name, fun, by_hand, args, wrt in EXAMPLES:
        generated = grad(fun, wrt=wrt)
        check(by_hand(*args), generated(*args))
        runs = {"hand": partial(by_hand, *args), "generated": partial(generated, *args)}
        times = interleaved(runs, turns, budget)
        out.append((name, times["hand"], times["generated"]))
    return out


def check(expected: Any, found: Any) -> None:
    pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
    for e, f in pairs:
        np.testing.assert_allclose(f, e, rtol=1e-9, atol=1e-12)


def main() -> None:
    print(f"{'':20}{'by hand':>12}{'generated':>12}{'ratio':>8}")
    for name, hand, generated in measure():
        print(f"{name:20}{1e3 * hand:9.2f} ms{1e3 * generated:9.2f} ms{generated / hand:8.2f}")


if __name__ == "__main__":
    main()
