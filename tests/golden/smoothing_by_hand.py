"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.25 * (u[:-2] - 2 * u[1:-1] + u[2:])
    value = np.sum(u**2)
    u_bar = 2 * u
    for _ in range(steps):
        share = 0.25 * u_bar[1:-1]
        u_bar[1:-1] -= 2 * share
        u_bar[2:] += share
        u_bar[:-2] += share
    return value, u_bar
