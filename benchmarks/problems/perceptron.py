"""P3: softmax cross-entropy of a perceptron 784-256-128-10 on a batch of 128."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vlog, vtanh

SIZES = (784, 256, 128, 10)
BATCH = 128


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    w1, w2, w3 = (rng.normal(size=(m, n)) / np.sqrt(m) for m, n in itertools.pairwise(SIZES))
    b1, b2, b3 = (np.zeros(n) for n in SIZES[1:])
    x, labels = rng.normal(size=(BATCH, SIZES[0])), rng.integers(0, SIZES[-1], BATCH)
    return w1, b1, w2, b2, w3, b3, x, labels


def program(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    h1 = np.tanh(x @ w1 + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    logits = h2 @ w3 + b3
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


@compiled
def layer(x: Any, w: Any, b: Any) -> Any:
    h = np.dot(x, w)
    for i in range(h.shape[0]):
        for k in range(h.shape[1]):
            h[i, k] = vtanh(h[i, k] + b[k])
    return h


@compiled
def primal(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    z = np.dot(layer(layer(x, w1, b1), w2, b2), w3)
    n, classes = z.shape
    loss = 0.0
    for i in range(n):
        largest = z[i, 0] + b3[0]
        for k in range(classes):
            z[i, k] += b3[k]
            largest = max(largest, z[i, k])
        total = 0.0
        for k in range(classes):
            total += vexp(z[i, k] - largest)
        loss += largest + vlog(total) - z[i, labels[i]]
    return loss / n


@compiled
def cross_entropy(z: Any, b: Any, labels: Any) -> Any:
    """The loss and the adjoint of `b`; `z` becomes its own adjoint."""
    n, classes = z.shape
    loss = 0.0
    b_bar = np.zeros(classes)
    for i in range(n):
        largest = z[i, 0] + b[0]
        for k in range(classes):
            z[i, k] += b[k]
            largest = max(largest, z[i, k])
        chosen = z[i, labels[i]]
        total = 0.0
        for k in range(classes):
            z[i, k] = vexp(z[i, k] - largest)
            total += z[i, k]
        loss += largest + vlog(total) - chosen
        scale = (1.0 / n) / total
        for k in range(classes):
            z[i, k] *= scale
        z[i, labels[i]] -= 1.0 / n
        for k in range(classes):
            b_bar[k] += z[i, k]
    return loss / n, b_bar


@compiled
def layer_adjoint(above: Any, w: Any, h: Any) -> Any:
    """The adjoint of what tanh was applied to, and of the bias."""
    a_bar = np.dot(above, w.T)
    b_bar = np.zeros(h.shape[1])
    for i in range(h.shape[0]):
        for k in range(h.shape[1]):
            a_bar[i, k] *= 1.0 - h[i, k] * h[i, k]
            b_bar[k] += a_bar[i, k]
    return a_bar, b_bar


@compiled
def adjoint(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    h1 = layer(x, w1, b1)
    h2 = layer(h1, w2, b2)
    z = np.dot(h2, w3)
    loss, b3_bar = cross_entropy(z, b3, labels)
    a2_bar, b2_bar = layer_adjoint(z, w3, h2)
    a1_bar, b1_bar = layer_adjoint(a2_bar, w2, h1)
    return loss, np.dot(x.T, a1_bar), b1_bar, np.dot(h1.T, a2_bar), b2_bar, np.dot(h2.T, z), b3_bar


def jax_loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    import jax
    import jax.numpy as jnp

    z = jnp.tanh(jnp.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], 1))


def torch_loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    import torch

    z = torch.tanh(torch.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3
    return torch.nn.functional.cross_entropy(z, labels)


def autograd_loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> Any:
    import autograd.numpy as anp

    z = anp.dot(anp.tanh(anp.dot(anp.tanh(anp.dot(x, w1) + b1), w2) + b2), w3) + b3
    shifted = z - anp.max(z, axis=1, keepdims=True)
    log_p = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
    return -anp.mean(log_p[np.arange(len(labels)), labels])


PROBLEM = Problem(
    name="P3",
    title="perceptron 784-256-128-10, batch 128",
    program=program,
    args=arguments,
    wrt=(0, 1, 2, 3, 4, 5),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
