"""P2: logistic regression on 100,000 examples of 20 features, as array expressions."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vlog1p


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 20))
    return 0.3 * rng.normal(size=20), 0.1, x, (rng.random(len(x)) < 0.5).astype(float)


def program(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = x @ w + b
    return np.sum(np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - y * z)


@compiled
def primal(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = np.dot(x, w)
    loss = 0.0
    for i in range(len(z)):
        zi = z[i] + b
        loss += max(zi, 0.0) + vlog1p(vexp(-abs(zi))) - y[i] * zi
    return loss


@compiled
def adjoint(w: Any, b: Any, x: Any, y: Any) -> Any:
    z = np.dot(x, w)
    loss = 0.0
    b_bar = 0.0
    for i in range(len(z)):
        zi = z[i] + b
        e = vexp(-abs(zi))
        loss += max(zi, 0.0) + vlog1p(e) - y[i] * zi
        tail = e / (1.0 + e)
        z_bar = (1.0 - tail if zi > 0.0 else tail) - y[i]
        z[i] = z_bar
        b_bar += z_bar
    return loss, np.dot(z, x), b_bar


def jax_loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    import jax

    z = x @ w + b
    return jax.numpy.sum(jax.nn.softplus(z) - y * z)


def torch_loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    import torch

    z = x @ w + b
    return torch.sum(torch.nn.functional.softplus(z) - y * z)


def autograd_loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    import autograd.numpy as anp

    z = anp.dot(x, w) + b
    return anp.sum(anp.maximum(z, 0.0) + anp.log1p(anp.exp(-anp.abs(z))) - y * z)


PROBLEM = Problem(
    name="P2",
    title="logistic regression, 100,000 x 20, arrays",
    program=program,
    args=arguments,
    wrt=(0, 1),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
