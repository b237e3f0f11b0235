"""P9: the loss of GloVe, 5,000 words, 50 dimensions, 200,000 co-occurrences."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vlog

WORDS, DIMENSIONS, PAIRS = 5_000, 50, 200_000


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    words, contexts = (0.1 * rng.normal(size=(WORDS, DIMENSIONS)) for _ in range(2))
    b, c = (0.1 * rng.normal(size=WORDS) for _ in range(2))
    rows = np.minimum((rng.pareto(1.0, PAIRS) * 50).astype(np.int64), WORDS - 1)
    return words, contexts, b, c, rows, rng.integers(0, WORDS, PAIRS), np.exp(rng.uniform(0, 6, PAIRS))


def program(words: Any, contexts: Any, b: Any, c: Any, rows: Any, columns: Any, counts: Any) -> Any:
    loss = 0.0
    for p in range(len(counts)):
        i, j = rows[p], columns[p]
        error = b[i] + c[j] - np.log(counts[p])
        for k in range(words.shape[1]):
            error += words[i, k] * contexts[j, k]
        weight = min(1.0, (counts[p] / 100) ** 0.75)
        loss += weight * error**2
    return loss


@compiled
def adjoint(words: Any, contexts: Any, b: Any, c: Any, rows: Any, columns: Any, counts: Any) -> Any:
    """What does not depend on the parameters goes into a loop of its own, which vectorises."""
    n, d = len(counts), words.shape[1]
    logs, weights = np.empty(n), np.empty(n)
    for p in range(n):
        logs[p] = vlog(counts[p])
        weights[p] = min(1.0, vexp(0.75 * vlog(counts[p] / 100.0)))
    words_bar, contexts_bar = np.zeros_like(words), np.zeros_like(contexts)
    b_bar, c_bar = np.zeros_like(b), np.zeros_like(c)
    loss = 0.0
    for p in range(n):
        i, j = rows[p], columns[p]
        error = b[i] + c[j] - logs[p]
        for k in range(d):
            error += words[i, k] * contexts[j, k]
        loss += weights[p] * error * error
        g = 2.0 * weights[p] * error
        for k in range(d):
            words_bar[i, k] += g * contexts[j, k]
        for k in range(d):
            contexts_bar[j, k] += g * words[i, k]
        b_bar[i] += g
        c_bar[j] += g
    return loss, words_bar, contexts_bar, b_bar, c_bar


def jax_loss(words: Any, contexts: Any, b: Any, c: Any, rows: Any, columns: Any, counts: Any) -> Any:
    import jax.numpy as jnp

    error = jnp.sum(words[rows] * contexts[columns], 1) + b[rows] + c[columns] - jnp.log(counts)
    return jnp.sum(jnp.minimum(1.0, (counts / 100) ** 0.75) * error**2)


def torch_loss(words: Any, contexts: Any, b: Any, c: Any, rows: Any, columns: Any, counts: Any) -> Any:
    import torch

    pick = torch.index_select
    products = torch.sum(pick(words, 0, rows) * pick(contexts, 0, columns), 1)
    error = products + pick(b, 0, rows) + pick(c, 0, columns) - torch.log(counts)
    return torch.sum(torch.clamp((counts / 100) ** 0.75, max=1.0) * error**2)


def autograd_loss(words: Any, contexts: Any, b: Any, c: Any, rows: Any, columns: Any, counts: Any) -> Any:
    import autograd.numpy as anp

    error = anp.sum(words[rows] * contexts[columns], 1) + b[rows] + c[columns] - np.log(counts)
    return anp.sum(np.minimum(1.0, (counts / 100) ** 0.75) * error**2)


PROBLEM = Problem(
    name="P9",
    title="GloVe, V = 5000, K = 50, nnz = 200,000",
    program=program,
    args=arguments,
    wrt=(0, 1, 2, 3),
    adjoint=adjoint,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
