"""What a jitted gradient of four arrays costs beyond its dispatcher: `python -m benchmarks.overhead` prints JSON."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np

from benchmarks.environment import pin
from benchmarks.timing import interleaved


def program(a: Any, b: Any, c: Any, d: Any) -> Any:
    return np.sum(a * b + c * d)


def main() -> None:
    pin()
    from s2sgrad import value_and_grad

    args = tuple(np.random.default_rng(0).normal(size=(4, 8)))
    gradient: Any = value_and_grad(program, (0, 1, 2, 3), jit=True)
    gradient(*args)
    runs = {"call": partial(gradient, *args), "dispatcher": partial(gradient.jitted, *args)}
    print(json.dumps(interleaved(runs, turns=50, budget=4.0)))


if __name__ == "__main__":
    main()
