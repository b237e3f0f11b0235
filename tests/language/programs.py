"""Programs as scientists write them: plain loops, writes in place, early exits, recursion.

`PROGRAMS` holds each with arguments it is checked on and what it is differentiated with respect to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# --- ordinary differential equations ----------------------------------------------------------------------------------


def pendulum(y, length):
    return np.array([y[1], -9.81 / length * np.sin(y[0])])


def rk4(y0, length, dt, steps):
    """The energy-like size of a pendulum's state after some Runge-Kutta steps."""
    y = y0.copy()
    for _ in range(steps):
        k1 = pendulum(y, length)
        k2 = pendulum(y + dt / 2 * k1, length)
        k3 = pendulum(y + dt / 2 * k2, length)
        k4 = pendulum(y + dt * k3, length)
        y += dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0] ** 2 + 0.5 * y[1] ** 2


def adaptive_heun(y0, rate, end, tolerance):
    """Heun's method with a step that follows the error estimate."""
    t, y, h = 0.0, y0, 0.1
    accepted = 0
    while t < end:
        if t + h > end:
            h = end - t
        k1 = -rate * y + np.sin(t)
        k2 = -rate * (y + h * k1) + np.sin(t + h)
        error = abs(h * (k2 - k1) / 2)
        if error > tolerance:
            h = 0.5 * h
            continue
        t += h
        y = y + h * (k1 + k2) / 2
        accepted += 1
        if error < tolerance / 8:
            h *= 1.6
    return y * accepted


def newton_to_tolerance(a, tolerance):
    """The root of x + a*sin(x) - 1, and how fast it moves is the implicit derivative."""
    x = 1.0
    for _ in range(50):
        step = (x + a * np.sin(x) - 1) / (1 + a * np.cos(x))
        x -= step
        if abs(step) < tolerance:
            break
    else:
        raise RuntimeError("Newton's method did not converge")
    return x


# --- partial differential equations -------------------------------------------------------------------------------------  # noqa: E501


def gauss_seidel(b, sweeps):
    """Sweeps for the Poisson equation in two dimensions, each value used as soon as it is known."""
    n, m = b.shape
    u = np.zeros((n, m))
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - b[i, j])
    total = 0.0
    for i in range(n):
        for j in range(m):
            total += u[i, j] ** 2
    return total


def heat(u0, kappa, steps):
    """The heat equation with two buffers that trade places."""
    n = len(u0)
    u, v = u0.copy(), np.empty(n)
    for _ in range(steps):
        v[0] = u[0]
        v[n - 1] = u[n - 1]
        for i in range(1, n - 1):
            v[i] = u[i] + kappa[i] * (u[i - 1] - 2 * u[i] + u[i + 1])
        u, v = v, u
    return np.sum(u**2)


def burgers(u0, nu, steps, dt, dx):
    """The viscous Burgers equation, periodic, upwind by the sign of the velocity."""
    u = u0.copy()
    n = len(u)
    for _ in range(steps):
        old = u.copy()
        for i in range(n):
            left, right = old[i - 1], old[(i + 1) % n]
            if old[i] > 0:
                advection = old[i] * (old[i] - left) / dx
            else:
                advection = old[i] * (right - old[i]) / dx
            u[i] = old[i] - dt * advection + nu * dt / dx**2 * (left - 2 * old[i] + right)
    return np.mean(u**3) + u[0]


# --- linear algebra in place ----------------------------------------------------------------------------------------------  # noqa: E501


def cholesky(m):
    """The logarithm of a determinant from a factor computed in place."""
    a = m @ m.T + 3.0 * np.eye(len(m))
    n = a.shape[0]
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, n):
            a[i, j] /= a[j, j]
    result = a[n - 1, 0] * a[n - 1, n - 2]
    for j in range(n):
        result += 2 * np.log(a[j, j])
    return result


def lu_solve(matrix, b):
    """A solve by elimination with row exchanges, in place."""
    a, x = matrix.copy(), b.copy()
    n = len(x)
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[p, k]):
                p = i
        if p != k:
            for j in range(n):
                a[k, j], a[p, j] = a[p, j], a[k, j]
            x[k], x[p] = x[p], x[k]
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
            x[i] -= a[i, k] * x[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return np.sum(x**2)


def tridiagonal(lower, diagonal, upper, rhs):
    """The Thomas algorithm."""
    n = len(rhs)
    d, r = diagonal.copy(), rhs.copy()
    for i in range(1, n):
        w = lower[i - 1] / d[i - 1]
        d[i] -= w * upper[i - 1]
        r[i] -= w * r[i - 1]
    x = np.zeros(n)
    x[n - 1] = r[n - 1] / d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = (r[i] - upper[i] * x[i + 1]) / d[i]
    return x[0] + np.sum(x**2)


def conjugate_gradients(m, b, tolerance):
    """A solve to a tolerance."""
    a = m @ m.T + np.eye(len(b))
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rr = r @ r
    for _ in range(10 * len(b)):
        if np.sqrt(rr) < tolerance:
            break
        ap = a @ p
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        fresh = r @ r
        p = r + fresh / rr * p
        rr = fresh
    return np.sum(x**3)


def minors(a):
    """A determinant, by the first row."""
    n = a.shape[0]
    if n == 1:
        return a[0, 0]
    if n == 2:
        return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    total, sign = 0.0, 1.0
    for j in range(n):
        rest = np.concatenate((a[1:, :j], a[1:, j + 1 :]), axis=1)
        total += sign * a[0, j] * minors(rest)
        sign = -sign
    return total


# --- statistics and learning --------------------------------------------------------------------------------------------  # noqa: E501


def kalman(params, observations):
    """The negative log-likelihood of a local linear trend."""
    q, r = np.exp(params["log_q"]), np.exp(params["log_r"])
    transition = np.array([[1.0, 1.0], [0.0, params["damping"]]])
    mean = np.zeros(2)
    cov = 10.0 * np.eye(2)
    loss = 0.0
    for z in observations:
        mean = transition @ mean
        cov = transition @ cov @ transition.T + q * np.eye(2)
        innovation = z - mean[0]
        s = cov[0, 0] + r
        gain = cov[:, 0] / s
        mean = mean + gain * innovation
        cov = cov - np.outer(gain, cov[0])
        loss += 0.5 * (np.log(2 * np.pi * s) + innovation**2 / s)
    return loss


def hmm_forward(start, transition, emission, observed):
    """The log-likelihood of a hidden Markov model, scaled at each step."""
    alpha = np.exp(start - np.max(start))
    alpha = alpha / np.sum(alpha)
    steps, states = len(observed), len(start)
    log_likelihood = 0.0
    alpha = alpha * emission[:, observed[0]]
    for t in range(1, steps):
        scale = np.sum(alpha)
        log_likelihood += np.log(scale)
        alpha /= scale
        new = np.zeros(states)
        for j in range(states):
            for i in range(states):
                new[j] += alpha[i] * transition[i, j]
            new[j] *= emission[j, observed[t]]
        alpha = new
    return log_likelihood + np.log(np.sum(alpha))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(params, inputs, target):
    """A sequence through one LSTM cell; the loss is on all its outputs."""
    size = len(params["b"]) // 4
    h, c = np.zeros(size), np.zeros(size)
    outputs = []
    for x in inputs:
        z = params["W"] @ x + params["U"] @ h + params["b"]
        i, f, o = sigmoid(z[:size]), sigmoid(z[size : 2 * size]), sigmoid(z[2 * size : 3 * size])
        c = f * c + i * np.tanh(z[3 * size :])
        h = o * np.tanh(c)
        outputs.append(h)
    return np.mean((np.stack(outputs) - target) ** 2)


# --- particles, trees, geometry -----------------------------------------------------------------------------------------  # noqa: E501


def n_body(positions, velocities, masses, dt, steps):
    """Leapfrog for softened gravity; the kinetic energy at the end."""
    p, v = positions.copy(), velocities.copy()
    n = len(masses)
    for _ in range(steps):
        force = np.zeros_like(p)
        for i in range(n):
            for j in range(i + 1, n):
                d = p[j] - p[i]
                r2 = d @ d + 0.05
                pull = d / (r2 * np.sqrt(r2))
                force[i] += masses[j] * pull
                force[j] -= masses[i] * pull
        v += dt * force
        p += dt * v
    energy = 0.0
    for i in range(n):
        energy += 0.5 * masses[i] * np.sum(v[i] ** 2)
    return energy


def option(spot, strike, rate, volatility, expiry, n):
    """An American put on a binomial tree."""
    dt = expiry / n
    up = np.exp(volatility * np.sqrt(dt))
    down = 1 / up
    p = (np.exp(rate * dt) - down) / (up - down)
    discount = np.exp(-rate * dt)
    values = np.zeros(n + 1)
    for j in range(n + 1):
        values[j] = max(strike - spot * up**j * down ** (n - j), 0.0)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1):
            keep = discount * (p * values[j + 1] + (1 - p) * values[j])
            exercise = strike - spot * up**j * down ** (i - j)
            values[j] = keep if keep > exercise else exercise
    return values[0]


def rotated(r, x):
    """Rodrigues' formula."""
    theta2 = r @ r
    if theta2 > 1e-12:
        theta = np.sqrt(theta2)
        w = r / theta
        cross = np.array([w[1] * x[2] - w[2] * x[1], w[2] * x[0] - w[0] * x[2], w[0] * x[1] - w[1] * x[0]])
        return x * np.cos(theta) + cross * np.sin(theta) + w * (w @ x) * (1 - np.cos(theta))
    return x + np.array([r[1] * x[2] - r[2] * x[1], r[2] * x[0] - r[0] * x[2], r[0] * x[1] - r[1] * x[0]])


def bundle_adjustment(cameras, points, which_camera, which_point, seen):
    """The squared reprojection error: rotation, translation, focal length and radial distortion."""
    error = 0.0
    for k in range(len(seen)):
        camera = cameras[which_camera[k]]
        p = rotated(camera[:3], points[which_point[k]]) + camera[3:6]
        x, y = -p[0] / p[2], -p[1] / p[2]
        r2 = x * x + y * y
        scale = camera[6] * (1 + r2 * (camera[7] + camera[8] * r2))
        error += (scale * x - seen[k, 0]) ** 2 + (scale * y - seen[k, 1]) ** 2
    return error


def spline(knots, values, queries):
    """A natural cubic spline: its second derivatives by a sweep, each value by a search."""
    n = len(knots)
    second, work = np.zeros(n), np.zeros(n)
    for i in range(1, n - 1):
        ratio = (knots[i] - knots[i - 1]) / (knots[i + 1] - knots[i - 1])
        p = ratio * second[i - 1] + 2
        second[i] = (ratio - 1) / p
        jump = (values[i + 1] - values[i]) / (knots[i + 1] - knots[i]) - (values[i] - values[i - 1]) / (
            knots[i] - knots[i - 1]
        )
        work[i] = (6 * jump / (knots[i + 1] - knots[i - 1]) - ratio * work[i - 1]) / p
    for i in range(n - 2, -1, -1):
        second[i] = second[i] * second[i + 1] + work[i]
    total = 0.0
    for q in queries:
        low, high = 0, n - 1
        while high - low > 1:
            middle = (low + high) // 2
            if knots[middle] > q:
                high = middle
            else:
                low = middle
        h = knots[high] - knots[low]
        a, b = (knots[high] - q) / h, (q - knots[low]) / h
        y = (
            a * values[low]
            + b * values[high]
            + ((a**3 - a) * second[low] + (b**3 - b) * second[high]) * h**2 / 6
        )
        total += y**2
    return total


@dataclass(frozen=True)
class Case:
    """A program, arguments for it, the arguments it is differentiated by."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[int, ...] = (0,)

    @property
    def name(self) -> str:
        return self.fun.__name__


def _normal(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def _lstm_params() -> dict[str, Any]:
    return {"W": _normal(0, 8, 3), "U": _normal(1, 8, 2), "b": _normal(2, 8)}


_KNOTS = np.array([0.0, 0.7, 1.1, 2.0, 2.4, 3.5])
_CAMERAS = np.concatenate(
    (0.3 * _normal(5, 2, 3), _normal(6, 2, 3) + [0, 0, -6.0], np.array([[1.2, 0.1, 0.01]] * 2)), axis=1
)

PROGRAMS = [
    Case(rk4, (np.array([0.7, -0.2]), 1.3, 0.05, 12), (0, 1, 2)),
    Case(adaptive_heun, (0.8, 1.7, 2.0, 1e-3), (0, 1)),
    Case(newton_to_tolerance, (0.7, 1e-13)),
    Case(gauss_seidel, (_normal(3, 5, 6), 4)),
    Case(heat, (_normal(4, 7), 0.1 + 0.1 * np.arange(7), 5), (0, 1)),
    Case(burgers, (_normal(5, 6), 0.07, 5, 0.02, 0.3), (0, 1, 3, 4)),
    Case(cholesky, (_normal(6, 4, 4),)),
    Case(lu_solve, (_normal(7, 4, 4), _normal(8, 4)), (0, 1)),
    Case(tridiagonal, (_normal(9, 5), 4 + _normal(10, 6), _normal(11, 5), _normal(12, 6)), (0, 1, 2, 3)),
    Case(conjugate_gradients, (_normal(13, 4, 4), _normal(14, 4), 1e-11), (0, 1)),
    Case(minors, (_normal(15, 4, 4),)),
    Case(kalman, ({"log_q": -1.0, "log_r": 0.3, "damping": 0.9}, _normal(16, 8)), (0, 1)),
    Case(
        hmm_forward,
        (_normal(17, 3), np.exp(_normal(18, 3, 3)), np.exp(_normal(19, 3, 4)), np.array([0, 3, 1, 1, 2])),
        (0, 1, 2),
    ),
    Case(lstm, (_lstm_params(), _normal(20, 5, 3), _normal(21, 5, 2)), (0, 1)),
    Case(n_body, (_normal(22, 4, 3), _normal(23, 4, 3), np.exp(_normal(24, 4)), 0.05, 4), (0, 1, 2)),
    Case(option, (100.0, 103.0, 0.03, 0.25, 1.3, 9), (0, 1, 2, 3, 4)),
    Case(
        bundle_adjustment,
        (
            _CAMERAS,
            _normal(25, 4, 3),
            np.array([0, 1, 0, 1, 1]),
            np.array([0, 1, 2, 3, 0]),
            _normal(26, 5, 2),
        ),
        (0, 1),
    ),
    Case(spline, (_KNOTS, _normal(27, 6), np.array([0.3, 0.9, 1.9, 2.2, 3.3])), (0, 1, 2)),
]
