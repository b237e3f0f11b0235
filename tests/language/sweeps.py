"""Loop programs whose kept values are promised: see `test_saved`."""

from __future__ import annotations

import math

import numpy as np

from s2sgrad import checkpointed


def jacobi_1d(start, sweeps):
    u = start.copy()
    for _ in range(sweeps):
        new = u.copy()
        for i in range(1, len(u) - 1):
            new[i] = 0.5 * (u[i - 1] + u[i + 1])
        u = new
    return u[3] + 2.0 * u[1]


def jacobi_1d_in_slices(start, sweeps):
    u = start.copy()
    for _ in range(sweeps):
        u[1:-1] = 0.5 * (u[:-2] + u[2:])
    return np.sum(u)


def jacobi_2d(start, sweeps):
    u, new = start.copy(), start.copy()
    for _ in range(sweeps):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                new[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
        u, new = new, u
    return np.sum(u)


def heat_two_buffers(start, steps):
    u, v = start.copy(), np.zeros_like(start)
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            v[i] = u[i] + 0.1 * (u[i - 1] - 2 * u[i] + u[i + 1])
        v[0], v[-1] = u[0], u[-1]
        u, v = v, u
    return np.sum(u)


def gauss_seidel(b, sweeps):
    x = np.zeros_like(b)
    for _ in range(sweeps):
        for i in range(1, len(b) - 1):
            x[i] = 0.5 * (b[i] + x[i - 1] + x[i + 1])
    return np.sum(x)


def polynomial_least_squares(c, x, y):
    loss = 0.0
    for i in range(len(x)):
        p = c[0] + c[1] * x[i] + c[2] * x[i] ** 2
        loss += (p - y[i]) ** 2
    return loss


def pairwise_energy(q, m):
    energy = 0.0
    for i in range(len(m)):
        for j in range(i):
            square = 0.0
            for k in range(3):
                square += (q[i, k] - q[j, k]) ** 2
            energy -= m[i] * m[j] / np.sqrt(square + 0.01)
    return energy


def driven(x, a, dt):
    for i in range(len(a)):
        x = x + dt * np.sin(x) * a[i]
    return x


def cholesky_by_columns(a):
    a = a.copy()
    n = a.shape[0]
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        a[j, j] = np.sqrt(a[j, j])
        for i in range(j + 1, n):
            a[i, j] /= a[j, j]
    return _lower_sum(a)


def cholesky_by_entries(a):
    a = a.copy()
    n = len(a)
    for j in range(n):
        s = a[j, j]
        for k in range(j):
            s -= a[j, k] ** 2
        a[j, j] = math.sqrt(s)
        for i in range(j + 1, n):
            s = a[i, j]
            for k in range(j):
                s -= a[i, k] * a[j, k]
            a[i, j] = s / a[j, j]
    return _lower_sum(a)


def _lower_sum(a):
    total = 0.0
    for i in range(len(a)):
        for j in range(i + 1):
            total += np.sin(a[i, j])
    return total


def lu(a):
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    total = 0.0
    for k in range(n):
        total += np.log(np.abs(a[k, k]))
    return total


def triangular_solve(a, b):
    x = b.copy()
    for i in range(len(x) - 1, -1, -1):
        for j in range(i + 1, len(x)):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return np.sum(x * x)


def slow_flow(x, rate, steps):
    for _ in range(steps):
        x = x + rate * np.sin(x)
    return x


def slow_flow_checkpointed(x, rate, steps, keep):
    for _ in checkpointed(range(steps), keep=keep):
        x = x + rate * np.sin(x)
    return x


def diffusion(start, rate, steps):
    u = start
    for _ in range(steps):
        u = u + rate * np.sin(np.roll(u, 1) - u)
    return np.sum(u * u)


def diffusion_checkpointed(start, rate, steps, keep):
    u = start
    for _ in checkpointed(range(steps), keep=keep):
        u = u + rate * np.sin(np.roll(u, 1) - u)
    return np.sum(u * u)


def overwritten_later(a):
    """Each entry is written again after it was read: reading it again would be wrong."""
    for _ in range(2):
        for i in range(1, len(a)):
            a[i] = a[i] * a[i - 1]
    return np.sum(a)


def read_ahead(a):
    """Each read is of an entry that the next iteration writes."""
    for i in range(len(a) - 1):
        a[i] = a[i] * np.sin(a[i + 1])
    return np.sum(a)
