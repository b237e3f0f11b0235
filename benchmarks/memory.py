"""Peak memory of a call: `python -m benchmarks.memory P5 jit` prints by how many bytes the process grew (Linux).

What NumPy, Numba and Python lists hold all counts; what the first call, which compiles, took does not.
"""

from __future__ import annotations

import gc
import json
import sys

from benchmarks.contenders import contenders
from benchmarks.environment import pin
from benchmarks.problem import Problem
from benchmarks.timing import Run, seconds_of


def resident(field: str) -> int:
    """`VmRSS` or `VmHWM`, the size now or at its highest, in bytes."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def growth(run: Run) -> int:
    """How far above its start the resident size rose during a call."""
    run()  # compiles
    if seconds_of(run) < 1:
        run()
    gc.collect()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as out:
        out.write("5")  # the highest size so far is forgotten
    before = resident("VmRSS")
    run()
    return resident("VmHWM") - before


def saved(problem: Problem) -> int | None:
    """The bytes that the generated program keeps from its forward for its backward sweep, where it can tell."""
    from s2sgrad import value_and_grad

    records = value_and_grad(problem.program, problem.wrt).lower(*problem.args()).saved
    known = all(record.bytes is not None and not record.a_trip for record in records)
    return sum(record.bytes or 0 for record in records) if known else None


def main() -> None:
    pin()
    from benchmarks.problems import PROBLEMS

    problem, name = PROBLEMS[sys.argv[1]], sys.argv[2]
    makers = contenders(problem)
    primal = "primal" if "primal" in makers else "written"
    print(
        json.dumps(
            saved(problem) if name == "saved" else growth(makers[primal if name == "primal" else name]())
        )
    )


if __name__ == "__main__":
    main()
