"""The training loop of `examples/learning_to_learn.py`: through 20 unrolled steps, beside JAX and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from training import compare, jax_loop, numpy_loop, options, rebound, torch_loop  # first: threads

# isort: split

import learning_to_learn as example
import numpy as np

from s2sgrad import value_and_grad

RATE, HIDDEN, BATCH, STEPS = 0.01, 20, 32, 20


def total(phi: Any, theta: Any, W: Any, y: Any) -> Any:
    """The objective alone: what the example differentiates, without what it carries to the next stretch."""
    states = example.beginning(theta, HIDDEN)
    return example.unroll(phi, theta, states, example.quadratic, (W, y), 0, STEPS)[0]


def ours(phi: Any, data: list[Any], jit: bool) -> Callable[[], Any]:
    derivative = value_and_grad(total, jit=jit)
    return numpy_loop(lambda phi, batch: derivative(phi, *batch), phi, data, RATE)


def by_jax(phi: Any, data: list[Any]) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    names: dict[str, Any] = {"np": jnp, "grad": jax.grad, "stop_gradient": jax.lax.stop_gradient}
    for name in ("sigmoid", "features", "lstm", "quadratic", "unroll"):
        names[name] = rebound(getattr(example, name), **names)

    def loss(phi: Any, theta: Any, W: Any, y: Any) -> Any:
        states = example.beginning(theta, HIDDEN)
        return names["unroll"](phi, theta, states, names["quadratic"], (W, y), 0, STEPS)[0]

    derivative = jax.value_and_grad(loss)
    return jax_loop(lambda phi, batch: derivative(phi, *batch), phi, data, RATE)


def torch_loss(phi: Any, batch: Any) -> Any:
    """The same written for PyTorch: its own gradient of the quadratic, read without differentiating it."""
    import torch

    theta, W, y = batch
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


def main() -> None:
    chosen, random = options(__doc__ or ""), np.random.default_rng(0)
    phi = example.fresh_optimiser(HIDDEN, random)
    data = [(theta, *rest) for theta, rest in (example.quadratics(BATCH, random) for _ in range(10))]
    makers = {"s2sgrad": partial(ours, phi, data, False)}
    if chosen.jit:
        makers["s2sgrad, jit"] = partial(ours, phi, data, True)
    makers["jax.jit"] = partial(by_jax, phi, data)
    makers["torch eager"] = partial(torch_loop, torch_loss, phi, data, RATE)
    compare(f"learning to learn, {BATCH} quadratics, {STEPS} steps", makers, chosen.turns)


if __name__ == "__main__":
    main()
