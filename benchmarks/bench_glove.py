"""The training loop of `examples/glove.py`: word vectors from 82,000 nonzero counts, beside JAX and PyTorch."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pydoc_data.topics import topics
from typing import Any

from training import compare, jax_loop, numpy_loop, options, rebound, torch_loop  # first: threads

# isort: split

import glove
import numpy as np

from s2sgrad import value_and_grad

RATE, DIMENSION, VOCABULARY = 0.05, 20, 600


def ours(loss: Callable[..., Any], params: Any, data: list[Any], jit: bool) -> Callable[[], Any]:
    derivative = value_and_grad(loss, jit=jit)
    return numpy_loop(lambda params, batch: derivative(params, *batch), params, data, RATE)


def by_jax(params: Any, data: list[Any]) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    derivative = jax.value_and_grad(rebound(glove.loss, np=jax.numpy))
    on_device = [tuple(jax.numpy.array(part) for part in data[0])]
    return jax_loop(lambda params, batch: derivative(params, *batch), params, on_device, RATE)


def torch_loss(params: Any, batch: Any) -> Any:
    rows, columns, logarithms, weights = batch
    products = (params["words"][rows] * params["contexts"][columns]).sum(dim=1)
    errors = products + params["word_biases"][rows] + params["context_biases"][columns] - logarithms
    return (weights * errors**2).sum() / len(rows)


def main() -> None:
    chosen, random = options(__doc__ or ""), np.random.default_rng(0)
    text = re.findall(r"[a-z]+", " ".join(topics.values()).lower())
    words, (rows, columns, counts) = glove.count(text, VOCABULARY)
    data = [(rows, columns, np.log(counts), np.minimum(1.0, (counts / 20) ** 0.75))]
    params = glove.start(len(words), DIMENSION, random)
    makers = {"s2sgrad": partial(ours, glove.loss, params, data, False)}
    if chosen.jit:
        makers["s2sgrad, jit, arrays"] = partial(ours, glove.loss, params, data, True)
        makers["s2sgrad, jit, loops"] = partial(ours, glove.loss_by_loops, params, data, True)
    makers["jax.jit"] = partial(by_jax, params, data)
    makers["torch eager"] = partial(torch_loop, torch_loss, params, data, RATE)
    compare(f"GloVe, {len(rows)} entries, dimension {DIMENSION}", makers, chosen.turns)


if __name__ == "__main__":
    main()
