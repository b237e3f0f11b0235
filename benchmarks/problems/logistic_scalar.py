"""P1: the squared error of a logistic unit, four Python numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled


def program(w: Any, b: Any, x: Any, t: Any) -> Any:
    z = w * x + b
    y = 1 / (1 + np.exp(-z))
    return 0.5 * (y - t) ** 2


@compiled
def adjoint(w: Any, b: Any, x: Any, t: Any) -> Any:
    e = math.exp(-(w * x + b))
    y = 1.0 / (1.0 + e)
    r = y - t
    z_bar = r * (y * y) * e
    return 0.5 * r * r, z_bar * x, z_bar


def jax_loss(w: Any, b: Any, x: Any, t: Any) -> Any:
    import jax.numpy as jnp

    return 0.5 * (1 / (1 + jnp.exp(-(w * x + b))) - t) ** 2


def torch_loss(w: Any, b: Any, x: Any, t: Any) -> Any:
    import torch

    return 0.5 * (1 / (1 + torch.exp(-(w * x + b))) - t) ** 2


def autograd_loss(w: Any, b: Any, x: Any, t: Any) -> Any:
    import autograd.numpy as anp

    return 0.5 * (1 / (1 + anp.exp(-(w * x + b))) - t) ** 2


PROBLEM = Problem(
    name="P1",
    title="logistic loss of four scalars",
    program=program,
    args=lambda: (0.7, -0.3, 1.5, 0.8),
    wrt=(0, 1),
    adjoint=adjoint,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
