"""P8b: the potential energy of 300 bodies, over pairs."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from benchmarks.problem import Problem, compiled


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 3)), rng.random(300) + 0.5, 0.05


def program(position: Any, mass: Any, softening: Any) -> Any:
    n = len(mass)
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            energy -= mass[i] * mass[j] / np.sqrt(dx * dx + dy * dy + dz * dz + softening * softening)
    return energy


@compiled
def primal(position: Any, mass: Any, softening: Any) -> Any:
    """Columns contiguous and indices unsigned: only then does the inner loop vectorise."""
    n = len(mass)
    x, y, z = position[:, 0].copy(), position[:, 1].copy(), position[:, 2].copy()
    energy = 0.0
    for i in range(n):
        for signed in range(i + 1, n):
            j = numba.uint64(signed)
            dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
            energy -= mass[i] * mass[j] / math.sqrt(dx * dx + dy * dy + dz * dz + softening * softening)
    return energy


@compiled
def adjoint(position: Any, mass: Any, softening: Any) -> Any:
    n = len(mass)
    x, y, z = position[:, 0].copy(), position[:, 1].copy(), position[:, 2].copy()
    x_bar, y_bar, z_bar = np.zeros(n), np.zeros(n), np.zeros(n)
    energy = 0.0
    for i in range(n):
        xi, yi, zi, mi = x[i], y[i], z[i], mass[i]
        xi_bar = yi_bar = zi_bar = 0.0
        for signed in range(i + 1, n):
            j = numba.uint64(signed)
            dx, dy, dz = xi - x[j], yi - y[j], zi - z[j]
            r = math.sqrt(dx * dx + dy * dy + dz * dz + softening * softening)
            pair = mi * mass[j] / r
            energy -= pair
            g = pair / (r * r)
            xi_bar += g * dx
            yi_bar += g * dy
            zi_bar += g * dz
            x_bar[j] -= g * dx
            y_bar[j] -= g * dy
            z_bar[j] -= g * dz
        x_bar[i] += xi_bar
        y_bar[i] += yi_bar
        z_bar[i] += zi_bar
    position_bar = np.empty((n, 3))
    for i in range(n):
        position_bar[i, 0] = x_bar[i]
        position_bar[i, 1] = y_bar[i]
        position_bar[i, 2] = z_bar[i]
    return energy, position_bar


def jax_matrix(position: Any, mass: Any, softening: Any) -> Any:
    import jax.numpy as jnp

    d = position[:, None] - position
    r = jnp.sqrt(jnp.sum(d * d, 2) + softening * softening)
    return -0.5 * jnp.sum((1 - np.eye(len(mass))) * (mass[:, None] * mass) / r)


def jax_columns(position: Any, mass: Any, softening: Any) -> Any:
    import jax.numpy as jnp

    dx, dy, dz = (position[:, k, None] - position[:, k] for k in range(3))
    r = jnp.sqrt(dx * dx + dy * dy + dz * dz + softening * softening)
    return -0.5 * jnp.sum((1 - np.eye(len(mass))) * (mass[:, None] * mass) / r)


def jax_rows(position: Any, mass: Any, softening: Any) -> Any:
    import jax
    import jax.numpy as jnp

    def row(here: Any, own: Any, others: Any) -> Any:
        d = here - position
        r = jnp.sqrt(jnp.sum(d * d, 1) + softening * softening)
        return own * jnp.sum(jnp.where(others, mass / r, 0.0))

    return -0.5 * jnp.sum(jax.vmap(row)(position, mass, ~np.eye(len(mass), dtype=bool)))


def torch_loss(position: Any, mass: Any, softening: Any) -> Any:
    import torch

    d = position[:, None] - position
    r = torch.sqrt(torch.sum(d * d, 2) + softening * softening)
    return -0.5 * torch.sum((1 - torch.eye(len(mass), dtype=torch.float64)) * (mass[:, None] * mass) / r)


def autograd_loss(position: Any, mass: Any, softening: Any) -> Any:
    import autograd.numpy as anp

    n = len(mass)
    d = anp.reshape(position, (n, 1, 3)) - anp.reshape(position, (1, n, 3))
    r = anp.sqrt(anp.sum(d * d, 2) + softening * softening)
    return -0.5 * anp.sum((1 - np.eye(n)) * (mass[:, None] * mass) / r)


PROBLEM = Problem(
    name="P8b",
    title="N-body pairs, n = 300",
    program=program,
    args=arguments,
    wrt=(0,),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_matrix, jax_columns, jax_rows),
    torch=torch_loss,
    autograd=autograd_loss,
)
