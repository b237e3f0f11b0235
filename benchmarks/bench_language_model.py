"""The training loop of `examples/language_model.py`, beside JAX and PyTorch: see `training.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.training import by_jax, by_s2sgrad, by_torch, rebound  # first: it finds the examples

# isort: split

import language_model
import numpy as np

SIZE, ORDER, DIMENSION, HIDDEN, BATCH, KEEP, RATE = 1431, 5, 128, 256, 256, 0.6, 3e-3
TITLE = f"neural language model, {SIZE:,} words, batch {BATCH}, float32"
TOLERANCE = 2e-3  # Adam's first steps have the size of the rate, whatever the size of the gradient


def batches(random: np.random.Generator) -> list[Any]:
    """Contexts, next words and the masks of dropout."""
    out = []
    for _ in range(20):
        masks = [language_model.dropout((BATCH, n), KEEP, random) for n in ((ORDER - 1) * DIMENSION, HIDDEN)]
        grams = np.minimum(random.zipf(1.3, (BATCH, ORDER)), SIZE) - 1
        out.append((grams[:, :-1], grams[:, -1], *masks))
    return out


def jax_loop(*args: Any) -> Callable[[], Any]:
    import jax

    scores = rebound(language_model.scores, np=jax.numpy)
    loss = rebound(language_model.loss, np=jax.numpy, scores=scores, stop_gradient=jax.lax.stop_gradient)
    return by_jax(loss, *args)


def torch_loss(params: Any, contexts: Any, words: Any, keep_x: Any, keep_h: Any) -> Any:
    import torch

    x = torch.nn.functional.embedding(contexts, params["C"]).reshape(len(contexts), -1) * keep_x
    h = torch.tanh(x @ params["H"] + params["d"]) * keep_h
    return torch.nn.functional.cross_entropy(h @ params["U"] @ params["C"].T + params["b"], words)


def contenders() -> dict[str, Callable[[], Any]]:
    random = np.random.default_rng(0)
    params = language_model.start(SIZE, (ORDER - 1) * DIMENSION, DIMENSION, HIDDEN, random)
    problem = (params, batches(random), RATE)
    return {
        "plain": partial(by_s2sgrad, language_model.loss, *problem, jit=False),
        "jit": partial(by_s2sgrad, language_model.loss, *problem, jit=True),
        "jax": partial(jax_loop, *problem),
        "torch": partial(by_torch, torch_loss, *problem),
    }
