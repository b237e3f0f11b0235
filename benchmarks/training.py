"""A training loop of an example, step by step: `python -m benchmarks.training glove 15 8 median` prints JSON.

A step is the gradient and Adam. `bench_language_model.py`, `bench_glove.py` and `bench_learning_to_learn.py` say what
is trained and by whom; here is the step of each library. The first losses of all have to agree.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import numpy as np

from benchmarks.environment import pin
from benchmarks.measure import is_missing, warm_up
from benchmarks.timing import Run, interleaved, seconds_of
from s2sgrad import optim, value_and_grad

LOOPS = ("language_model", "glove", "learning_to_learn")
CHECKED = 3  # steps whose losses are compared


def rebound(fun: Callable[..., Any], **names: Any) -> Callable[..., Any]:
    """The same function with other globals: another library's NumPy, another `grad`, other helpers."""
    return types.FunctionType(fun.__code__, {**fun.__globals__, **names}, fun.__name__, fun.__defaults__)


def by_s2sgrad(loss: Callable[..., Any], params: Any, batches: list[Any], rate: float, jit: bool) -> Run:
    """Each call takes the next step."""
    derivative, (init, update) = value_and_grad(loss, jit=jit), optim.adam(rate, jit=jit)
    held = {"params": params, "state": init(params), "step": 0}

    def run() -> Any:
        value, gradient = derivative(held["params"], *batches[held["step"] % len(batches)])
        held["params"], held["state"] = update(gradient, held["state"], held["params"])
        held["step"] += 1
        return value

    return run


def by_jax(loss: Callable[..., Any], params: Any, batches: list[Any], rate: float) -> Run:
    """Gradient and Adam are one compiled function, whose buffers are donated; the batches are on the device."""
    import jax

    jax.config.update("jax_enable_x64", True)
    tree = jax.tree

    def step(params: Any, state: Any, batch: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(params, *batch)
        count, mean, square = state
        count = count + 1
        mean = tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        scale, of_square = rate / (1 - 0.9**count), 1 - 0.999**count

        def moved(p: Any, m: Any, s: Any) -> Any:
            return (p - scale * m / (jax.numpy.sqrt(s / of_square) + 1e-8)).astype(p.dtype)

        return tree.map(moved, params, mean, square), (count, mean, square), value

    compiled = jax.jit(step, donate_argnums=(0, 1))
    params, batches = tree.map(jax.numpy.array, params), tree.map(jax.numpy.array, batches)
    zeros = tree.map(jax.numpy.zeros_like, params)
    held = {"params": params, "state": (0, zeros, tree.map(jax.numpy.copy, zeros)), "step": 0}

    def run() -> Any:
        batch = batches[held["step"] % len(batches)]
        held["params"], held["state"], value = compiled(held["params"], held["state"], batch)
        held["step"] += 1
        return float(value)

    return run


def by_torch(loss: Callable[..., Any], params: Any, batches: list[Any], rate: float) -> Run:
    """Eager, with PyTorch's own fused Adam."""
    import torch

    torch.set_num_threads(1)
    tensors = tree_of_tensors(params)
    adam, held = torch.optim.Adam(leaves(tensors), lr=rate, fused=True), {"step": 0}
    batches = [tuple(torch.tensor(part) for part in batch) for batch in batches]

    def run() -> Any:
        adam.zero_grad()
        value = loss(tensors, *batches[held["step"] % len(batches)])
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


def disagreeing(losses: dict[str, list[float]], tolerance: float) -> list[str]:
    """Those whose first losses are not those of the NumPy program."""
    return sorted(
        name for name, some in losses.items() if not np.allclose(some, losses["plain"], tolerance, 0)
    )


def measure(name: str, turns: int, budget: float, statistic: str) -> dict[str, Any]:
    """Seconds of a step of each, or what failed; of the first step, compilation included; who disagrees."""
    module = importlib.import_module(f"benchmarks.bench_{name}")
    warm_up()
    runs: dict[str, Run] = {}
    first: dict[str, float] = {}
    losses: dict[str, list[float]] = {}
    times: dict[str, Any] = {}
    for contender, make in module.contenders().items():
        try:
            run = make()
            first[contender] = seconds_of(lambda run=run: losses.update({contender: [float(run())]}))
            losses[contender] += [float(run()) for _ in range(CHECKED - 1)]
            runs[contender] = run
        except Exception as error:  # shown in the cell of the table
            losses.pop(contender, None)
            times[contender] = "—" if is_missing(contender, error) else type(error).__name__
    times |= interleaved(runs, turns, budget, statistic)
    wrong = disagreeing(losses, module.TOLERANCE)
    return {"title": module.TITLE, "times": times, "first": first, "wrong": wrong}


def main() -> None:
    pin()
    name, turns, budget, statistic = sys.argv[1:]
    print(json.dumps(measure(name, int(turns), float(budget), statistic)))


if __name__ == "__main__":
    main()
