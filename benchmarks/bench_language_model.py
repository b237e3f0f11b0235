"""The training loop of `examples/language_model.py`: a neural language model, beside JAX and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from training import compare, jax_loop, numpy_loop, options, rebound, torch_loop  # first: threads

# isort: split

import language_model
import numpy as np

from s2sgrad import value_and_grad

SIZE, ORDER, DIMENSION, HIDDEN, BATCH, KEEP = 1431, 5, 128, 256, 256, 0.6
RATE = 3e-3


def batches(random: np.random.Generator) -> list[Any]:
    """Contexts, next words and the masks of dropout."""
    out = []
    for _ in range(20):
        masks = [language_model.dropout((BATCH, n), KEEP, random) for n in ((ORDER - 1) * DIMENSION, HIDDEN)]
        grams = np.minimum(random.zipf(1.3, (BATCH, ORDER)), SIZE) - 1
        out.append((grams[:, :-1], grams[:, -1], *masks))
    return out


def ours(params: Any, data: list[Any], jit: bool) -> Callable[[], Any]:
    derivative = value_and_grad(language_model.loss, jit=jit)
    return numpy_loop(lambda params, batch: derivative(params, *batch), params, data, RATE)


def by_jax(params: Any, data: list[Any]) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    scores = rebound(language_model.scores, np=jax.numpy)
    loss = rebound(language_model.loss, np=jax.numpy, scores=scores, stop_gradient=jax.lax.stop_gradient)
    derivative = jax.value_and_grad(loss)
    return jax_loop(lambda params, batch: derivative(params, *batch), params, data, RATE)


def torch_loss(params: Any, batch: Any) -> Any:
    import torch

    contexts, words, keep_x, keep_h = batch
    x = torch.nn.functional.embedding(contexts, params["C"]).reshape(len(contexts), -1) * keep_x
    h = torch.tanh(x @ params["H"] + params["d"]) * keep_h
    return torch.nn.functional.cross_entropy(h @ params["U"] @ params["C"].T + params["b"], words)


def main() -> None:
    chosen, random = options(__doc__ or ""), np.random.default_rng(0)
    params = language_model.start(SIZE, (ORDER - 1) * DIMENSION, DIMENSION, HIDDEN, random)
    data = batches(random)
    makers = {"s2sgrad": partial(ours, params, data, False)}
    if chosen.jit:
        makers["s2sgrad, jit"] = partial(ours, params, data, True)
    makers["jax.jit"] = partial(by_jax, params, data)
    makers["torch eager"] = partial(torch_loop, torch_loss, params, data, RATE)
    compare("language model, batch 256, 1431 words", makers, chosen.turns)


if __name__ == "__main__":
    main()
