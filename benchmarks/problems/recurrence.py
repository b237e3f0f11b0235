"""P8a: a million steps of x += dt*sin(x)*a[i], each of which needs the one before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.problem import Problem, Shortened, compiled
from benchmarks.vector import vsincos

BLOCK = 512


def arguments(n: int = 1_000_000) -> tuple[Any, ...]:
    return 0.5, np.random.default_rng(0).normal(size=n), 0.01


def program(x: Any, a: Any, dt: Any) -> Any:
    for i in range(len(a)):
        x += dt * np.sin(x) * a[i]
    return 0.5 * x * x


@compiled
def adjoint(x: Any, a: Any, dt: Any) -> Any:
    """The backward loop split by blocks into a part that vectorises and a linear recurrence."""
    n = len(a)
    states = np.empty(n)
    for i in range(n):
        states[i] = x
        x = x + dt * math.sin(x) * a[i]
    loss = 0.5 * x * x
    x_bar = x
    a_bar = np.empty(n)
    factor = np.empty(BLOCK)
    for end in range(n, 0, -BLOCK):
        start = max(0, end - BLOCK)
        for i in range(start, end):
            sine, cosine = vsincos(states[i])
            a_bar[i] = dt * sine
            factor[i - start] = a[i] * dt * cosine
        for i in range(end - 1, start - 1, -1):
            a_bar[i] *= x_bar
            x_bar += x_bar * factor[i - start]
    return loss, x_bar, a_bar


def jax_loss(x: Any, a: Any, dt: Any) -> Any:
    import jax

    x, _ = jax.lax.scan(lambda x, rate: (x + dt * jax.numpy.sin(x) * rate, None), x, a)
    return 0.5 * x * x


def torch_loss(x: Any, a: Any, dt: Any) -> Any:
    import torch

    for i in range(len(a)):
        x = x + dt * torch.sin(x) * a[i]
    return 0.5 * x * x


def autograd_loss(x: Any, a: Any, dt: Any) -> Any:
    import autograd.numpy as anp

    for i in range(len(a)):
        x = x + dt * anp.sin(x) * a[i]
    return 0.5 * x * x


PROBLEM = Problem(
    name="P8a",
    title="x += dt*sin(x)*a[i], 10^6 steps",
    program=program,
    args=arguments,
    wrt=(0, 1),
    adjoint=adjoint,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
    # The adjoint of `a[i]` is an array of zeros in both: their time grows faster than the number of steps.
    shortened=Shortened(contenders=("torch", "autograd"), args=lambda: arguments(2_000), factor=500),
)
