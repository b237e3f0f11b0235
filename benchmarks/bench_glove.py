"""The training loop of `examples/glove.py`, beside JAX and PyTorch: see `training.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pydoc_data.topics import topics
from typing import Any

from benchmarks.training import by_jax, by_s2sgrad, by_torch, rebound  # first: it finds the examples

# isort: split

import glove
import numpy as np

RATE, DIMENSION, VOCABULARY = 0.05, 20, 600
TITLE = f"GloVe, {VOCABULARY} words, 82,000 counts, dimension {DIMENSION}, float64"
TOLERANCE = 1e-9


def jax_loop(*args: Any) -> Callable[[], Any]:
    import jax

    return by_jax(rebound(glove.loss, np=jax.numpy), *args)


def jax_loop_of_known_indices(*args: Any) -> Callable[[], Any]:
    """JAX is told that the indices are within bounds, and that those of the rows are in order."""

    def loss(params: Any, rows: Any, columns: Any, logarithms: Any, weights: Any) -> Any:
        def rows_of(name: str) -> Any:
            return params[name].at[rows].get(indices_are_sorted=True, mode="promise_in_bounds")

        def columns_of(name: str) -> Any:
            return params[name].at[columns].get(mode="promise_in_bounds")

        errors = (rows_of("words") * columns_of("contexts")).sum(axis=1) - logarithms
        errors = errors + rows_of("word_biases") + columns_of("context_biases")
        return (weights * errors**2).sum() / len(rows)

    return by_jax(loss, *args)


def torch_loss(params: Any, rows: Any, columns: Any, logarithms: Any, weights: Any) -> Any:
    products = (params["words"][rows] * params["contexts"][columns]).sum(dim=1)
    errors = products + params["word_biases"][rows] + params["context_biases"][columns] - logarithms
    return (weights * errors**2).sum() / len(rows)


def torch_loss_of_embeddings(params: Any, rows: Any, columns: Any, logarithms: Any, weights: Any) -> Any:
    from torch.nn.functional import embedding

    products = (embedding(rows, params["words"]) * embedding(columns, params["contexts"])).sum(dim=1)
    biases = embedding(rows, params["word_biases"][:, None]) + embedding(
        columns, params["context_biases"][:, None]
    )
    return (weights * (products + biases[:, 0] - logarithms) ** 2).sum() / len(rows)


def contenders() -> dict[str, Callable[[], Any]]:
    random, text = np.random.default_rng(0), re.findall(r"[a-z]+", " ".join(topics.values()).lower())
    words, (rows, columns, counts) = glove.count(text, VOCABULARY)
    data = (np.int64(rows), np.int64(columns), np.log(counts), np.minimum(1.0, (counts / 20) ** 0.75))
    problem = (glove.start(len(words), DIMENSION, random), [data], RATE)
    return {
        "plain": partial(by_s2sgrad, glove.loss, *problem, jit=False),
        "jit, arrays": partial(by_s2sgrad, glove.loss, *problem, jit=True),
        "jit, loops": partial(by_s2sgrad, glove.loss_by_loops, *problem, jit=True),
        "jax": partial(jax_loop, *problem),
        "jax, known indices": partial(jax_loop_of_known_indices, *problem),
        "torch": partial(by_torch, torch_loss, *problem),
        "torch, embeddings": partial(by_torch, torch_loss_of_embeddings, *problem),
    }
