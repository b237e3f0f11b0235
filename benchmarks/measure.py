"""Measure one problem, in this process: `python -m benchmarks.measure P5 15 8 median` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

from benchmarks.contenders import PRIMALS, contenders, flat
from benchmarks.environment import pin
from benchmarks.problem import Problem, compiled
from benchmarks.timing import Run, interleaved, seconds_of

TOLERANCE = 1e-9
OPTIONAL = ("jax", "torch", "autograd")


def difference(got: list[Any], expected: list[Any]) -> float:
    """The largest over value and gradients, relative to the largest entry of each."""
    if [a.shape for a in got] != [b.shape for b in expected]:
        return float("inf")
    return max(float(np.max(np.abs(a - b)) / (np.max(np.abs(b)) + 1e-300)) for a, b in zip(got, expected))


def is_missing(name: str, error: Exception) -> bool:
    """Whether this is another library that is not installed."""
    return isinstance(error, ImportError) and name.startswith(OPTIONAL)


def warm_up() -> None:
    """What the first compilation of a process costs, whatever is compiled, is nobody's own."""
    import s2sgrad  # noqa: F401

    compiled(lambda x: np.dot(x, x).sum())(np.ones((2, 2)))


def generation_of(problem: Problem) -> float:
    """Seconds from the program to the text of its gradient, with nothing in the cache and nothing run."""
    from s2sgrad import value_and_grad

    args = problem.args()
    return seconds_of(lambda: value_and_grad(problem.program, problem.wrt).source_for(*args))


def ready(problem: Problem) -> tuple[dict[str, Run], dict[str, Any], dict[str, float]]:
    """Each contender after its first call: to run, with its result and the seconds that this took, or its failure."""
    runs: dict[str, Run] = {}
    results: dict[str, Any] = {}
    first: dict[str, float] = {}
    for name, make in contenders(problem).items():
        start = time.perf_counter()
        try:
            runs[name] = make()
            results[name] = flat(runs[name]())
            first[name] = time.perf_counter() - start
        except Exception as error:  # shown in the cell of the table
            runs.pop(name, None)
            results[name] = "—" if is_missing(name, error) else type(error).__name__
    return runs, results, first


def compared(problem: Problem, results: dict[str, Any]) -> dict[str, float]:
    """How far each result is from the hand-written adjoint's."""
    expected = {name: results["hand"] for name in results}
    if problem.shortened:
        small = flat(problem.adjoint(*problem.shortened.args()))
        expected |= {name: small for name in problem.shortened.contenders}
    return {
        name: difference(result, expected[name][:1] if name in PRIMALS else expected[name])
        for name, result in results.items()
        if not isinstance(result, str)
    }


def measure(problem: Problem, turns: int, budget: float, statistic: str) -> dict[str, Any]:
    """Times of a call in seconds (or what failed), of the first call, and the differences of the results."""
    warm_up()
    generation = generation_of(problem)
    runs, results, first = ready(problem)
    differences = compared(problem, results)
    times: dict[str, Any] = {name: result for name, result in results.items() if isinstance(result, str)}
    times |= interleaved(runs, turns, budget, statistic)
    shortened = problem.shortened
    for name in shortened.contenders if shortened else ():
        if not isinstance(times.get(name, ""), str):
            times[name] *= shortened.factor  # type: ignore[union-attr]
    return {
        "times": times,
        "generation": generation,
        "first": first,
        "differences": differences,
        "wrong": sorted(name for name, value in differences.items() if not value < TOLERANCE),
        "extrapolated": sorted(shortened.contenders) if shortened else [],
    }


def main() -> None:
    pin()
    from benchmarks.problems import PROBLEMS

    name, turns, budget, statistic = sys.argv[1:]
    print(json.dumps(measure(PROBLEMS[name], int(turns), float(budget), statistic)))


if __name__ == "__main__":
    main()
