"""The loop programs of the tests, small as they are there: `python -m benchmarks.loop_programs` prints JSON."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from benchmarks.contenders import flat, under_numba
from benchmarks.environment import pin
from benchmarks.measure import TOLERANCE, difference
from benchmarks.timing import Run, interleaved


def measure(case: Any, turns: int, budget: float) -> dict[str, Any]:
    """Times of a call in seconds, or the name of what failed."""
    from s2sgrad import value_and_grad

    makers = {
        "plain": lambda: partial(value_and_grad(case.fun, case.wrt), *case.args),
        "jit": lambda: partial(value_and_grad(case.fun, case.wrt, jit=True), *case.args),
        "primal": lambda: partial(under_numba(case.fun), *case.args),
    }
    runs: dict[str, Run] = {}
    results: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for name, make in makers.items():
        try:
            run = make()
            results[name] = leaves(run())
            runs[name] = run
        except Exception as error:  # shown in the cell of the table
            times[name] = type(error).__name__
    wrong = [
        name
        for name in runs
        if "plain" in results
        and not difference(results[name], results["plain"][: len(results[name])]) < TOLERANCE
    ]
    return {"times": times | interleaved(runs, turns, budget), "wrong": wrong}


def leaves(result: Any) -> list[Any]:
    """The numbers and arrays of a nested result."""
    if isinstance(result, dict):
        return [leaf for part in result.values() for leaf in leaves(part)]
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return flat(result)


def main() -> None:
    pin()
    from tests.language.programs import PROGRAMS

    print(json.dumps({case.name: measure(case, turns=11, budget=0.3) for case in PROGRAMS}))


if __name__ == "__main__":
    main()
