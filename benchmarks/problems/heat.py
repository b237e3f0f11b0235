"""P6a: the heat equation, 200 explicit steps on 128 x 128 points, by state and diffusivity, or state alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(128, 128)), 0.2, rng.normal(size=(128, 128)), 200


def program(u0: Any, k: Any, target: Any, steps: Any) -> Any:
    u = u0.copy()
    for _ in range(steps):
        u[1:-1, 1:-1] += k * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
    return np.sum((u - target) ** 2)


@compiled
def step(u: Any, v: Any, k: Any) -> None:
    """The interior of `v`, one step after `u`."""
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            v[i, j] = u[i, j] + k * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4.0 * u[i, j])


@compiled
def misfit(u: Any, target: Any) -> Any:
    """The loss, and its adjoint."""
    loss = 0.0
    u_bar = np.empty(u.shape)
    for i in range(u.shape[0]):
        for j in range(u.shape[1]):
            difference = u[i, j] - target[i, j]
            loss += difference * difference
            u_bar[i, j] = 2.0 * difference
    return loss, u_bar


@compiled
def primal(u0: Any, k: Any, target: Any, steps: Any) -> Any:
    u, v = u0.copy(), u0.copy()
    for _ in range(steps):
        step(u, v, k)
        u, v = v, u
    loss = 0.0
    for i in range(u.shape[0]):
        for j in range(u.shape[1]):
            loss += (u[i, j] - target[i, j]) ** 2
    return loss


@compiled
def gather(u_bar: Any, seed: Any) -> None:
    """Add the transposed stencil of a seed that has a margin of two zeros on each side."""
    for i in range(u_bar.shape[0]):
        for j in range(u_bar.shape[1]):
            u_bar[i, j] += (
                seed[i, j + 1]
                + seed[i + 2, j + 1]
                + seed[i + 1, j]
                + seed[i + 1, j + 2]
                - 4.0 * seed[i + 1, j + 1]
            )


@compiled
def step_adjoint(u: Any, k: Any, u_bar: Any, seed: Any) -> Any:
    k_bar = 0.0
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            k_bar += u_bar[i, j] * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] - 4.0 * u[i, j])
            seed[i + 1, j + 1] = k * u_bar[i, j]
    gather(u_bar, seed)
    return k_bar


@compiled
def adjoint(u0: Any, k: Any, target: Any, steps: Any) -> Any:
    """A checkpoint at the start of each of about sqrt(steps) blocks, whose states are recomputed."""
    n, m = u0.shape
    size = int(math.sqrt(steps))
    blocks = (steps + size - 1) // size
    starts, states = np.empty((blocks, n, m)), np.empty((size, n, m))
    states[:] = u0  # for the border, which never changes
    u, v = u0.copy(), u0.copy()
    for t in range(steps):
        if t % size == 0:
            starts[t // size] = u
        step(u, v, k)
        u, v = v, u
    loss, u_bar = misfit(u, target)
    k_bar = 0.0
    seed = np.zeros((n + 2, m + 2))
    for block in range(blocks - 1, -1, -1):
        length = min(steps - block * size, size)
        states[0] = starts[block]
        for t in range(length - 1):
            step(states[t], states[t + 1], k)
        for t in range(length - 1, -1, -1):
            k_bar += step_adjoint(states[t], k, u_bar, seed)
    return loss, u_bar, k_bar


@compiled
def state_adjoint(u0: Any, k: Any, target: Any, steps: Any) -> Any:
    """A linear step needs nothing of the forward sweep."""
    u, v = u0.copy(), u0.copy()
    for _ in range(steps):
        step(u, v, k)
        u, v = v, u
    loss, u_bar = misfit(u, target)
    n, m = u.shape
    seed = np.zeros((n + 2, m + 2))
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                seed[i + 1, j + 1] = k * u_bar[i, j]
        gather(u_bar, seed)
    return loss, u_bar


def _laplacian(u: Any) -> Any:
    return u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]


def jax_added(u0: Any, k: Any, target: Any, steps: int) -> Any:
    import jax

    def advance(u: Any, _: Any) -> Any:
        return u.at[1:-1, 1:-1].add(k * _laplacian(u)), None

    u, _ = jax.lax.scan(advance, u0, None, length=steps)
    return jax.numpy.sum((u - target) ** 2)


def jax_padded(u0: Any, k: Any, target: Any, steps: int) -> Any:
    import jax

    def advance(u: Any, _: Any) -> Any:
        return u + jax.numpy.pad(k * _laplacian(u), 1), None

    u, _ = jax.lax.scan(advance, u0, None, length=steps)
    return jax.numpy.sum((u - target) ** 2)


def torch_loss(u0: Any, k: Any, target: Any, steps: int) -> Any:
    import torch

    u = u0.clone()
    for _ in range(steps):
        u[1:-1, 1:-1] += k * _laplacian(u)
    return torch.sum((u - target) ** 2)


def autograd_loss(u0: Any, k: Any, target: Any, steps: int) -> Any:
    import autograd.numpy as anp

    inside = np.zeros(target.shape)
    inside[1:-1, 1:-1] = 1.0
    u = u0
    for _ in range(steps):
        around = anp.roll(u, -1, 0) + anp.roll(u, 1, 0) + anp.roll(u, -1, 1) + anp.roll(u, 1, 1)
        u = u + k * inside * (around - 4.0 * u)
    return anp.sum((u - target) ** 2)


BOTH = Problem(
    name="P6a",
    title="heat equation 128^2 x 200, state and diffusivity",
    program=program,
    args=arguments,
    wrt=(0, 1),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_padded, jax_added),
    torch=torch_loss,
    autograd=autograd_loss,
)

STATE = replace(
    BOTH, name="P6a-state", title="the same, state only (nothing kept)", wrt=(0,), adjoint=state_adjoint
)
