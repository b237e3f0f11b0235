"""P7: an LSTM with 64 hidden units over 100 steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vtanh

STEPS, HIDDEN, INPUTS = 100, 64, 64


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    w, u = rng.normal(size=(4 * HIDDEN, INPUTS)) / 8, rng.normal(size=(4 * HIDDEN, HIDDEN)) / 8
    b = 0.1 * rng.normal(size=4 * HIDDEN)
    return w, u, b, rng.normal(size=(STEPS, INPUTS)), rng.normal(size=(STEPS, HIDDEN))


def program(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    n = u.shape[1]
    h, c = np.zeros(n), np.zeros(n)
    loss = 0.0
    for t in range(len(x)):
        z = w @ x[t] + u @ h + b
        enter = 1 / (1 + np.exp(-z[:n]))
        keep = 1 / (1 + np.exp(-z[n : 2 * n]))
        leave = 1 / (1 + np.exp(-z[2 * n : 3 * n]))
        c = keep * c + enter * np.tanh(z[3 * n :])
        h = leave * np.tanh(c)
        loss += np.sum((h - target[t]) ** 2)
    return loss


@compiled
def gates(w: Any, u: Any, b: Any, x: Any, h: Any, z: Any) -> None:
    n = len(h)
    for r in range(4 * n):
        total = b[r]
        for k in range(len(x)):
            total += w[r, k] * x[k]
        for k in range(n):
            total += u[r, k] * h[k]
        z[r] = total
    for r in range(3 * n):
        z[r] = 1.0 / (1.0 + vexp(-z[r]))
    for r in range(3 * n, 4 * n):
        z[r] = vtanh(z[r])


@compiled
def primal(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    n = u.shape[1]
    h, c, z = np.zeros(n), np.zeros(n), np.empty(4 * n)
    loss = 0.0
    for t in range(len(x)):
        gates(w, u, b, x[t], h, z)
        for k in range(n):
            c[k] = z[n + k] * c[k] + z[k] * z[3 * n + k]
            h[k] = z[2 * n + k] * vtanh(c[k])
            loss += (h[k] - target[t, k]) ** 2
    return loss


@compiled
def adjoint(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    """The adjoints of all steps' gates are kept, and the weights' are matrix products after the loop."""
    steps, n = len(x), u.shape[1]
    h, c = np.zeros((steps + 1, n)), np.zeros((steps + 1, n))
    z, squashed = np.empty((steps, 4 * n)), np.empty((steps, n))
    loss = 0.0
    for t in range(steps):
        gates(w, u, b, x[t], h[t], z[t])
        for k in range(n):
            c[t + 1, k] = z[t, n + k] * c[t, k] + z[t, k] * z[t, 3 * n + k]
            squashed[t, k] = vtanh(c[t + 1, k])
            hk = z[t, 2 * n + k] * squashed[t, k]
            h[t + 1, k] = hk
            loss += (hk - target[t, k]) ** 2
    h_bar, c_bar, z_bars = np.zeros(n), np.zeros(n), np.empty((steps, 4 * n))
    for t in range(steps - 1, -1, -1):
        z_bar = z_bars[t]
        for k in range(n):
            i, f, o, g = z[t, k], z[t, n + k], z[t, 2 * n + k], z[t, 3 * n + k]
            hk_bar = h_bar[k] + 2.0 * (h[t + 1, k] - target[t, k])
            s = squashed[t, k]
            ck_bar = c_bar[k] + hk_bar * o * (1.0 - s * s)
            z_bar[k] = ck_bar * g * i * (1.0 - i)
            z_bar[n + k] = ck_bar * c[t, k] * f * (1.0 - f)
            z_bar[2 * n + k] = hk_bar * s * o * (1.0 - o)
            z_bar[3 * n + k] = ck_bar * i * (1.0 - g * g)
            c_bar[k] = ck_bar * f
        h_bar[:] = 0.0
        for r in range(4 * n):
            for k in range(n):
                h_bar[k] += z_bar[r] * u[r, k]
    return loss, np.dot(z_bars.T, x), np.dot(z_bars.T, h[:-1]), z_bars.sum(0)


def _jax_scan(projected: Any, u: Any, target: Any, weigh: Any) -> Any:
    import jax
    import jax.numpy as jnp

    n = u.shape[1]

    def advance(state: Any, at: Any) -> Any:
        h, c = state
        z = weigh(at[0]) + u @ h
        c = jax.nn.sigmoid(z[n : 2 * n]) * c + jax.nn.sigmoid(z[:n]) * jnp.tanh(z[3 * n :])
        h = jax.nn.sigmoid(z[2 * n : 3 * n]) * jnp.tanh(c)
        return (h, c), jnp.sum((h - at[1]) ** 2)

    _, losses = jax.lax.scan(advance, (jnp.zeros(n), jnp.zeros(n)), (projected, target))
    return losses.sum()


def jax_stepwise(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    return _jax_scan(x, u, target, lambda at: w @ at + b)


def jax_hoisted(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    return _jax_scan(x @ w.T + b, u, target, lambda at: at)


def torch_loss(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    import torch

    n = u.shape[1]
    h = c = torch.zeros(n, dtype=torch.float64)
    loss: Any = 0.0
    for t in range(len(x)):
        z = w @ x[t] + u @ h + b
        gate = torch.sigmoid(z[: 3 * n])
        c = gate[n : 2 * n] * c + gate[:n] * torch.tanh(z[3 * n :])
        h = gate[2 * n :] * torch.tanh(c)
        loss = loss + torch.sum((h - target[t]) ** 2)
    return loss


def autograd_loss(w: Any, u: Any, b: Any, x: Any, target: Any) -> Any:
    import autograd.numpy as anp

    n = u.shape[1]
    h = c = np.zeros(n)
    loss: Any = 0.0
    for t in range(len(x)):
        z = anp.dot(w, x[t]) + anp.dot(u, h) + b
        gate = 1 / (1 + anp.exp(-z[: 3 * n]))
        c = gate[n : 2 * n] * c + gate[:n] * anp.tanh(z[3 * n :])
        h = gate[2 * n :] * anp.tanh(c)
        loss = loss + anp.sum((h - target[t]) ** 2)
    return loss


PROBLEM = Problem(
    name="P7",
    title="LSTM, 100 steps, 64 hidden",
    program=program,
    args=arguments,
    wrt=(0, 1, 2),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_stepwise, jax_hoisted),
    torch=torch_loss,
    autograd=autograd_loss,
)
