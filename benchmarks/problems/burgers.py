"""P6b: Burgers' equation, 200 explicit steps on 128 x 128 points."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.problems.heat import misfit


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return 0.5 * rng.normal(size=(128, 128)), 0.1, rng.normal(size=(128, 128)), 200, 0.02


def program(u0: Any, nu: Any, target: Any, steps: Any, c: Any) -> Any:
    u = u0.copy()
    for _ in range(steps):
        here, south, north = u[1:-1, 1:-1], u[2:, 1:-1], u[:-2, 1:-1]
        east, west = u[1:-1, 2:], u[1:-1, :-2]
        u[1:-1, 1:-1] = (
            here - c * here * (south - north + east - west) + nu * (south + north + east + west - 4.0 * here)
        )
    return np.sum((u - target) ** 2)


@compiled
def step(u: Any, v: Any, nu: Any, c: Any) -> None:
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            south, north, east, west = u[i + 1, j], u[i - 1, j], u[i, j + 1], u[i, j - 1]
            v[i, j] = (
                u[i, j]
                - c * u[i, j] * (south - north + east - west)
                + nu * (south + north + east + west - 4.0 * u[i, j])
            )


@compiled
def primal(u0: Any, nu: Any, target: Any, steps: Any, c: Any) -> Any:
    u, v = u0.copy(), u0.copy()
    for _ in range(steps):
        step(u, v, nu, c)
        u, v = v, u
    loss = 0.0
    for i in range(u.shape[0]):
        for j in range(u.shape[1]):
            loss += (u[i, j] - target[i, j]) ** 2
    return loss


@compiled
def step_adjoint(u: Any, nu: Any, c: Any, u_bar: Any, plus: Any, minus: Any) -> Any:
    """What neighbours receive is put into two padded seeds, and gathered from there."""
    nu_bar = 0.0
    n, m = u.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            south, north, east, west = u[i + 1, j], u[i - 1, j], u[i, j + 1], u[i, j - 1]
            g = u_bar[i, j]
            nu_bar += g * (south + north + east + west - 4.0 * u[i, j])
            advected = -g * c * u[i, j]
            u_bar[i, j] -= g * c * (south - north + east - west) + 4.0 * nu * g
            plus[i + 1, j + 1] = nu * g + advected
            minus[i + 1, j + 1] = nu * g - advected
    for i in range(n):
        for j in range(m):
            u_bar[i, j] += plus[i, j + 1] + minus[i + 2, j + 1] + plus[i + 1, j] + minus[i + 1, j + 2]
    return nu_bar


@compiled
def adjoint(u0: Any, nu: Any, target: Any, steps: Any, c: Any) -> Any:
    n, m = u0.shape
    states = np.empty((steps + 1, n, m))
    states[0] = u0
    for t in range(steps):
        u, v = states[t], states[t + 1]
        v[0] = u[0]
        v[n - 1] = u[n - 1]
        for i in range(1, n - 1):
            v[i, 0] = u[i, 0]
            v[i, m - 1] = u[i, m - 1]
        step(u, v, nu, c)
    loss, u_bar = misfit(states[steps], target)
    nu_bar = 0.0
    plus, minus = np.zeros((n + 2, m + 2)), np.zeros((n + 2, m + 2))
    for t in range(steps - 1, -1, -1):
        nu_bar += step_adjoint(states[t], nu, c, u_bar, plus, minus)
    return loss, u_bar, nu_bar


def _change(u: Any, nu: Any, c: Any) -> Any:
    here, south, north = u[1:-1, 1:-1], u[2:, 1:-1], u[:-2, 1:-1]
    east, west = u[1:-1, 2:], u[1:-1, :-2]
    return -c * here * (south - north + east - west) + nu * (south + north + east + west - 4.0 * here)


def jax_checkpointed(u0: Any, nu: Any, target: Any, steps: int, c: Any) -> Any:
    import jax

    @jax.checkpoint
    def advance(u: Any, _: Any) -> Any:
        return u + jax.numpy.pad(_change(u, nu, c), 1), None

    u, _ = jax.lax.scan(advance, u0, None, length=steps)
    return jax.numpy.sum((u - target) ** 2)


def torch_loss(u0: Any, nu: Any, target: Any, steps: int, c: Any) -> Any:
    import torch

    u = u0
    for _ in range(steps):
        u = u + torch.nn.functional.pad(_change(u, nu, c), (1, 1, 1, 1))
    return torch.sum((u - target) ** 2)


def autograd_loss(u0: Any, nu: Any, target: Any, steps: int, c: Any) -> Any:
    import autograd.numpy as anp

    inside = np.zeros(target.shape)
    inside[1:-1, 1:-1] = 1.0
    u = u0
    for _ in range(steps):
        south, north, east, west = (
            anp.roll(u, -1, 0),
            anp.roll(u, 1, 0),
            anp.roll(u, -1, 1),
            anp.roll(u, 1, 1),
        )
        diffusion = nu * (south + north + east + west - 4.0 * u)
        u = u + inside * (diffusion - c * u * (south - north + east - west))
    return anp.sum((u - target) ** 2)


PROBLEM = Problem(
    name="P6b",
    title="Burgers' equation 128^2 x 200",
    program=program,
    args=arguments,
    wrt=(0, 1),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_checkpointed,),
    torch=torch_loss,
    autograd=autograd_loss,
)
