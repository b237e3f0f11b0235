"""The first call of a jitted gradient in a fresh process: `python -m benchmarks.startup P5` prints its seconds.

`trivial` instead of a problem: that of a function of one line under `@njit(cache=True)`. Run twice with the same cache
folders, the second time tells what a warm start costs. Imports are not counted.
"""

from __future__ import annotations

import sys
import time

import numba

from benchmarks.environment import pin


@numba.njit(cache=True)
def trivial(x: float) -> float:
    return x + 1.0


def main() -> None:
    pin()
    from s2sgrad import value_and_grad

    if sys.argv[1] == "trivial":
        start = time.perf_counter()
        trivial(1.0)
    else:
        from benchmarks.problems import PROBLEMS

        problem = PROBLEMS[sys.argv[1]]
        args = problem.args()
        start = time.perf_counter()
        value_and_grad(problem.program, problem.wrt, jit=True)(*args)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
