"""What the benchmarks of training loops share: the step of each library, and the options of the command line."""

from __future__ import annotations

import argparse
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from timing import Contenders, interleaved, report  # first: it sets the number of threads

# isort: split

import numpy as np

from s2sgrad import optim

Step = Callable[[Any, Any], tuple[Any, Any]]  # (params, what changes from step to step) -> (loss, gradient)


def options(text: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--jit", action="store_true", help="also s2sgrad with jit=True")
    parser.add_argument("--turns", type=int, default=15, help="interleaved turns, of which the median counts")
    return parser.parse_args()


def rebound(fun: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """The same function with other globals: another library's NumPy, another `grad`, other helpers."""
    return types.FunctionType(fun.__code__, {**fun.__globals__, **names}, fun.__name__, fun.__defaults__)


def numpy_loop(derivative: Step, params: Any, batches: list[Any], rate: float) -> Callable[[], Any]:
    """A step of training by s2sgrad and its Adam; each call takes the next."""
    init, update = optim.adam(rate)
    held = {"params": params, "state": init(params), "step": 0}

    def run() -> Any:
        value, gradient = derivative(held["params"], batches[held["step"] % len(batches)])
        held["params"], held["state"] = update(gradient, held["state"], held["params"])
        held["step"] += 1
        return value

    return run


def jax_loop(derivative: Step, params: Any, batches: list[Any], rate: float) -> Callable[[], Any]:
    """The same in JAX: gradient and Adam are one compiled function, whose buffers are donated."""
    import jax

    jnp, tree = jax.numpy, jax.tree

    def step(params: Any, state: Any, batch: Any) -> Any:
        value, gradient = derivative(params, batch)
        count, mean, square = state
        count = count + 1
        mean = tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        scale, of_square = rate / (1 - 0.9**count), 1 - 0.999**count

        def moved(p: Any, m: Any, s: Any) -> Any:
            return (p - scale * m / (jnp.sqrt(s / of_square) + 1e-8)).astype(p.dtype)

        return tree.map(moved, params, mean, square), (count, mean, square), value

    compiled = jax.jit(step, donate_argnums=(0, 1))
    params = tree.map(jnp.array, params)
    zeros = tree.map(jnp.zeros_like, params)
    held = {"params": params, "state": (0, zeros, tree.map(jnp.copy, zeros)), "step": 0}

    def run() -> Any:
        batch = batches[held["step"] % len(batches)]
        held["params"], held["state"], value = compiled(held["params"], held["state"], batch)
        held["step"] += 1
        return float(value)

    return run


def torch_loop(
    loss: Callable[[Any, Any], Any], params: Any, batches: list[Any], rate: float
) -> Callable[[], Any]:
    """The same in PyTorch, eager, with its Adam."""
    import torch

    torch.set_num_threads(1)
    tensors = tree_of_tensors(params)
    adam, held = torch.optim.Adam(leaves(tensors), lr=rate), {"step": 0}
    batches = [tuple(torch.tensor(part) for part in batch) for batch in batches]

    def run() -> Any:
        adam.zero_grad()
        value = loss(tensors, batches[held["step"] % len(batches)])
        value.backward()
        adam.step()
        held["step"] += 1
        return value.item()

    return run


def tree_of_tensors(params: Any) -> Any:
    import torch

    if isinstance(params, dict):
        return {key: tree_of_tensors(value) for key, value in params.items()}
    return torch.tensor(params, requires_grad=True)


def leaves(tree: Any) -> list[Any]:
    return [leaf for value in tree.values() for leaf in leaves(value)] if isinstance(tree, dict) else [tree]


def compare(title: str, makers: dict[str, Callable[[], Callable[[], Any]]], turns: int) -> None:
    """Time the loops side by side, after checking that they compute the same first losses."""
    runs: Contenders = {}
    firsts: dict[str, list[float]] = {}
    for name, make in makers.items():
        try:
            runs[name] = make()
        except ImportError as error:
            print(f"{name} skipped: {error}")
            continue
        firsts[name] = [float(runs[name]()) for _ in range(3)]
    for name, losses in firsts.items():
        if not np.allclose(losses, firsts["s2sgrad"], rtol=2e-3):
            raise AssertionError(f"{name} does not train like s2sgrad: {losses}, {firsts['s2sgrad']}")
    report(f"{title}: a step of training", interleaved(runs, turns), "s2sgrad")
