"""P5: a chain of elementwise functions of a million numbers, and its sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vlog1p, vtanh


def program(x: Any, w: Any, b: Any) -> Any:
    return np.sum(np.tanh(x * w + b) * np.exp(-(x**2)) + np.log1p(x * x))


@compiled
def primal(x: Any, w: Any, b: Any) -> Any:
    loss = 0.0
    for i in range(len(x)):
        square = x[i] * x[i]
        loss += vtanh(x[i] * w + b) * vexp(-square) + vlog1p(square)
    return loss


@compiled
def adjoint(x: Any, w: Any, b: Any) -> Any:
    x_bar = np.empty(len(x))
    loss = 0.0
    w_bar = 0.0
    b_bar = 0.0
    for i in range(len(x)):
        xi = x[i]
        square = xi * xi
        t, e = vtanh(xi * w + b), vexp(-square)
        loss += t * e + vlog1p(square)
        u_bar = e * (1.0 - t * t)
        x_bar[i] = u_bar * w - 2.0 * xi * (e * t) + 2.0 * xi / (1.0 + square)
        w_bar += u_bar * xi
        b_bar += u_bar
    return loss, x_bar, w_bar, b_bar


def jax_loss(x: Any, w: Any, b: Any) -> Any:
    import jax.numpy as jnp

    return jnp.sum(jnp.tanh(x * w + b) * jnp.exp(-(x**2)) + jnp.log1p(x * x))


def torch_loss(x: Any, w: Any, b: Any) -> Any:
    import torch

    return torch.sum(torch.tanh(x * w + b) * torch.exp(-(x**2)) + torch.log1p(x * x))


def autograd_loss(x: Any, w: Any, b: Any) -> Any:
    import autograd.numpy as anp

    return anp.sum(anp.tanh(x * w + b) * anp.exp(-(x**2)) + anp.log1p(x * x))


PROBLEM = Problem(
    name="P5",
    title="elementwise chain and sum, 10^6",
    program=program,
    args=lambda: (np.random.default_rng(0).normal(size=1_000_000), 1.3, 0.2),
    wrt=(0, 1, 2),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
