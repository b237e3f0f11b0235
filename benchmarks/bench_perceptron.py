"""A 784-256-128-10 perceptron, batch 128: value and gradient in plain NumPy, beside Autograd, PyTorch and JAX."""

from __future__ import annotations

import itertools
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from timing import Contenders, interleaved, report  # first: it sets the number of threads

# isort: split

import numpy as np

from s2sgrad import value_and_grad

SIZES = (784, 256, 128, 10)
BATCH = 128


def loss_of_labels(params: dict[str, Any], x: Any, labels: Any) -> Any:
    """Softmax cross-entropy with the classes as integers."""
    h1 = np.tanh(x @ params["W1"] + params["b1"])
    h2 = np.tanh(h1 @ params["W2"] + params["b2"])
    logits = h2 @ params["W3"] + params["b3"]
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


def loss_of_targets(params: dict[str, Any], x: Any, targets: Any) -> Any:
    """The same with one-hot targets."""
    h1 = np.tanh(x @ params["W1"] + params["b1"])
    h2 = np.tanh(h1 @ params["W2"] + params["b2"])
    logits = h2 @ params["W3"] + params["b3"]
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(targets * log_p) / len(x)


def parameters(rng: np.random.Generator) -> dict[str, Any]:
    out = {}
    for k, (m, n) in enumerate(itertools.pairwise(SIZES), 1):
        out[f"W{k}"] = rng.normal(size=(m, n)) / np.sqrt(m)
        out[f"b{k}"] = np.zeros(n)
    return out


def with_library(library: Any, fun: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, written with another library's NumPy."""
    import types

    return types.FunctionType(fun.__code__, {**fun.__globals__, "np": library}, fun.__name__)


def autograd_run(fun: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[], Any]:
    import autograd
    import autograd.numpy as anp

    derivative = autograd.value_and_grad(with_library(anp, fun))
    return lambda: derivative(*args)


def jax_run(fun: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    derivative = jax.jit(jax.value_and_grad(with_library(jax.numpy, fun)))
    on_device = jax.tree.map(jax.numpy.asarray, args)
    return lambda: jax.block_until_ready(derivative(*on_device))


def torch_run(fun: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    params = {key: torch.tensor(value, requires_grad=True) for key, value in args[0].items()}
    x, y = torch.tensor(args[1]), torch.tensor(args[2])

    def run() -> Any:
        h1 = torch.tanh(x @ params["W1"] + params["b1"])
        h2 = torch.tanh(h1 @ params["W2"] + params["b2"])
        logits = h2 @ params["W3"] + params["b3"]
        value = torch.nn.functional.cross_entropy(logits, y)
        return value, torch.autograd.grad(value, list(params.values()))

    return run


def contenders(fun: Callable[..., Any], args: tuple[Any, ...]) -> Contenders:
    derivative = value_and_grad(fun)
    out: Contenders = {"s2sgrad": lambda: derivative(*args)}
    for name, make in (("autograd", autograd_run), ("torch eager", torch_run), ("jax.jit", jax_run)):
        try:
            out[name] = make(fun, args)
        except ImportError as error:
            print(f"{name} skipped: {error}")
    return out


def peak_megabytes(run: Callable[[], Any]) -> float:
    run()
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(BATCH, SIZES[0])), rng.integers(0, SIZES[-1], BATCH)
    params = parameters(rng)
    for fun, y in ((loss_of_labels, labels), (loss_of_targets, np.eye(SIZES[-1])[labels])):
        runs = contenders(fun, (params, x, y))
        report(f"{fun.__name__}: value and gradient", interleaved(runs), "s2sgrad")
        print(f"  peak of traced memory: {peak_megabytes(runs['s2sgrad']):.2f} MB")
    print(value_and_grad(loss_of_labels).source_for(params, x, labels))


if __name__ == "__main__":
    main()
