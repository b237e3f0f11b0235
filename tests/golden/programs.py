"""The programs of the gallery: small losses as people write them, one a feature of the language.

`GALLERY` holds each with the arguments it is compiled for; what it is differentiated with respect to is the
first argument unless it says otherwise. The generated text of each is committed as `<name>.py` beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


def scalar_logistic(w, x, b, t):
    z = w * x + b
    y = 1 / (1 + np.exp(-z))
    return 0.5 * (y - t) ** 2


def linear_regression(w, x, t):
    residual = x @ w - t
    return np.mean(residual**2)


def logistic_regression(w, b, x, t):
    z = x @ w + b
    y = 1 / (1 + np.exp(-z))
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))


def softmax_cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_norm = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    log_p = shifted - log_norm
    return -np.mean(log_p[np.arange(len(labels)), labels])


def perceptron(params, x, t):
    h = np.tanh(x @ params["W1"] + params["b1"])
    y = h @ params["W2"] + params["b2"]
    return np.mean((y - t) ** 2)


def horner(c, x, t):
    y = np.zeros_like(x)
    for k in range(len(c)):
        y = y * x + c[k]
    return np.sum((y - t) ** 2)


def robust(w, x, t):
    r = np.clip(x * w, -1.0, 1.0) - t
    size = np.maximum(np.abs(r), 1e-3)
    return np.sum(np.where(size < 0.5, 0.5 * r**2, 0.5 * size - 0.125))


def factorisation(u, v, a):
    difference = a - u @ v.T
    return np.linalg.norm(difference) ** 2 + 0.1 * np.sum(u * u) + 0.1 * np.sum(v * v)


def embedding(table, words, target):
    sentence = table[words].mean(axis=0)
    return -np.dot(sentence, table[target])


def branch(x, y):
    if x > y:
        z = x * np.sin(y)
    else:
        z = y * y * x
    return z * x


def recurrence(a, x0, n):
    x = x0
    total = 0.0
    for _ in range(n):
        x = a * x * (1 - x)
        total += x * x
    return total


def smoothing(u, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.25 * (u[:-2] - 2 * u[1:-1] + u[2:])
    return np.sum(u**2)


@dataclass(frozen=True)
class Exhibit:
    """A program, the arguments it is compiled for, and what it is differentiated with respect to."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: Any = 0

    @property
    def name(self) -> str:
        return self.fun.__name__


def _normal(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def _params() -> dict[str, Any]:
    return {"W1": _normal(1, 3, 4), "b1": _normal(2, 4), "W2": _normal(3, 4, 2), "b2": _normal(4, 2)}


GALLERY = [
    Exhibit(scalar_logistic, (0.7, 1.5, -0.2, 1.0)),
    Exhibit(linear_regression, (_normal(0, 3), _normal(1, 7, 3), _normal(2, 7))),
    Exhibit(logistic_regression, (_normal(0, 3), 0.3, _normal(1, 7, 3), 1.0 * (_normal(2, 7) > 0)), (0, 1)),
    Exhibit(softmax_cross_entropy, (_normal(0, 6, 4), np.array([0, 3, 1, 1, 2, 0]))),
    Exhibit(perceptron, (_params(), _normal(5, 7, 3), _normal(6, 7, 2))),
    Exhibit(horner, (_normal(0, 5), _normal(1, 8), _normal(2, 8))),
    Exhibit(robust, (0.8, _normal(1, 9), _normal(2, 9))),
    Exhibit(factorisation, (_normal(0, 5, 2), _normal(1, 4, 2), _normal(2, 5, 4)), (0, 1)),
    Exhibit(embedding, (_normal(0, 6, 3), np.array([1, 4, 1, 0]), 2)),
    Exhibit(branch, (1.3, 0.4), (0, 1)),
    Exhibit(recurrence, (2.9, 0.2, 6), (0, 1)),
    Exhibit(smoothing, (_normal(0, 9), 4)),
]
