"""The training loop of `examples/learning_to_learn.py`, beside JAX and PyTorch: see `training.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.training import by_jax, by_s2sgrad, by_torch, rebound  # first: it finds the examples

# isort: split

import learning_to_learn as example
import numpy as np

RATE, HIDDEN, BATCH, STEPS = 0.01, 20, 32, 20
TITLE = f"learning to learn, {BATCH} quadratics, through {STEPS} steps, float64"
TOLERANCE = 1e-6


def total(phi: Any, theta: Any, W: Any, y: Any) -> Any:
    """The objective alone: what the example differentiates, without what it carries to the next stretch."""
    states = example.beginning(theta, HIDDEN)
    return example.unroll(phi, theta, states, example.quadratic, (W, y), 0, STEPS)[0]


def with_jax() -> dict[str, Callable[..., Any]]:
    """The functions of the example over `jax.numpy`."""
    import jax

    names: dict[str, Any] = {
        "np": jax.numpy,
        "grad": jax.grad,
        "stop_gradient": jax.lax.stop_gradient,
    }
    for name in ("sigmoid", "features", "lstm", "quadratic", "unroll"):
        names[name] = rebound(getattr(example, name), **names)
    return names


def jax_loop(*args: Any) -> Callable[[], Any]:
    """As written: the steps are traced one after another."""
    own = with_jax()

    def loss(phi: Any, theta: Any, W: Any, y: Any) -> Any:
        states = example.beginning(theta, HIDDEN)
        return own["unroll"](phi, theta, states, own["quadratic"], (W, y), 0, STEPS)[0]

    return by_jax(loss, *args)


def jax_loop_by_scan(*args: Any) -> Callable[[], Any]:
    """The steps as a loop of JAX's, traced once."""
    import jax

    own = with_jax()

    def loss(phi: Any, theta: Any, W: Any, y: Any) -> Any:
        def step(carried: Any, k: Any) -> Any:
            theta, states = carried
            slope = jax.lax.stop_gradient(jax.grad(own["quadratic"])(theta, k, W, y))
            h, first = own["lstm"](phi["first"], own["features"](slope), states[0])
            h, second = own["lstm"](phi["second"], h, states[1])
            theta = theta + 0.1 * (h @ phi["out"]).reshape(theta.shape)
            value = own["quadratic"](theta, k + 1, W, y) / len(theta)
            return (theta, (first, second)), (k + 1) / example.HORIZON * value

        begin = (theta, example.beginning(theta, HIDDEN))
        return jax.lax.scan(step, begin, jax.numpy.arange(STEPS))[1].sum()

    return by_jax(loss, *args)


def torch_loss(phi: Any, theta: Any, W: Any, y: Any) -> Any:
    """The same written for PyTorch: its own gradient of the quadratic, read without differentiating it."""
    import torch

    zeros = torch.zeros(theta.numel(), HIDDEN, dtype=theta.dtype)
    states, value = [(zeros, zeros), (zeros, zeros)], 0.0
    for step in range(STEPS):
        read = theta.detach().requires_grad_()
        slope = torch.autograd.grad(torch_quadratic(read, W, y), read)[0]
        h = torch_features(slope)
        for k, name in enumerate(("first", "second")):
            states[k] = torch_lstm(phi[name], h, states[k])
            h = states[k][0]
        theta = theta + 0.1 * (h @ phi["out"]).reshape(theta.shape)
        value = value + (step + 1) / example.HORIZON * torch_quadratic(theta, W, y) / len(theta)
    return value


def torch_quadratic(theta: Any, W: Any, y: Any) -> Any:
    import torch

    return ((torch.einsum("bij,bj->bi", W, theta) - y) ** 2).sum()


def torch_features(g: Any) -> Any:
    import torch

    size, bound = g.abs(), float(np.exp(-example.RANGE))
    large = size >= bound
    first = torch.where(large, torch.log(size.clamp(min=1e-300)) / example.RANGE, -1.0)
    second = torch.where(large, torch.sign(g), g / bound)
    return torch.stack([first.ravel(), second.ravel()], dim=1)


def torch_lstm(layer: Any, x: Any, state: Any) -> Any:
    import torch

    h, c = state
    gates = torch.cat([x, h], dim=1) @ layer["weights"] + layer["biases"]
    forget, enter, new, out = gates.chunk(4, dim=1)
    c = torch.sigmoid(forget) * c + torch.sigmoid(enter) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(c), c


def contenders() -> dict[str, Callable[[], Any]]:
    random = np.random.default_rng(0)
    phi = example.fresh_optimiser(HIDDEN, random)
    data = [(theta, *rest) for theta, rest in (example.quadratics(BATCH, random) for _ in range(10))]
    problem = (phi, data, RATE)
    return {
        "plain": partial(by_s2sgrad, total, *problem, jit=False),
        "jit": partial(by_s2sgrad, total, *problem, jit=True),
        "jax": partial(jax_loop, *problem),
        "jax, scan": partial(jax_loop_by_scan, *problem),
        "torch": partial(by_torch, torch_loss, *problem),
    }
