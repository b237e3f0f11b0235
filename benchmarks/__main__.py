"""Run the benchmarks, print the tables, write them to benchmarks/results.md.

python -m benchmarks [P5 P8a glove ...] [--turns N] [--statistic fastest] [--output FILE] [--only-times]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.environment import KEEP_MEMORY, ONE_THREAD, RETURN_MEMORY, description
from benchmarks.problems import PROBLEMS
from benchmarks.timing import STATISTICS
from benchmarks.training import LOOPS

RESULTS = Path(__file__).with_name("results.md")
ROOT = Path(__file__).parents[1]
LIMIT = 1200  # seconds of one process


class Failed(Exception):
    """A process that measures ended with an error; the text is the last line that it wrote."""


def child(module: str, *arguments: str, **environment: str) -> Any:
    """What a process of its own printed last, as JSON."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    scope = os.environ | ONE_THREAD | environment
    try:
        run = subprocess.run(
            command, cwd=ROOT, env=scope, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed("TimeoutExpired") from None
    if run.returncode:
        raise Failed((run.stderr.strip().splitlines() or [f"exit {run.returncode}"])[-1])
    return json.loads(run.stdout.strip().splitlines()[-1])


def attempted(module: str, *arguments: str, **environment: str) -> Any:
    """The same, or the name of the error."""
    try:
        return child(module, *arguments, **environment)
    except Failed as failure:
        print(f"  {module} {' '.join(arguments)}: {failure}", file=sys.stderr)
        return re.split(r"[:\s]", str(failure))[0].rsplit(".", 1)[-1]


def started_twice(name: str) -> tuple[Any, Any]:
    """Seconds of the first call in a process without caches, and in the next one."""
    with tempfile.TemporaryDirectory() as folder:
        caches = {"S2SGRAD_CACHE_DIR": f"{folder}/s2sgrad", "NUMBA_CACHE_DIR": f"{folder}/numba"}
        cold = attempted("startup", name, **caches)
        return cold, attempted("startup", name, **caches) if isinstance(cold, float) else cold


def measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one problem, generated afresh."""
    with tempfile.TemporaryDirectory() as folder:
        measures = (str(options.turns), str(options.budget), options.statistic)
        settings = KEEP_MEMORY | {"S2SGRAD_CACHE_DIR": folder}
        result: dict[str, Any] = child("measure", name, *measures, **settings)
    if not options.only_times:
        result["start"] = started_twice(name)
        result["memory"] = {key: attempted("memory", name, key, **RETURN_MEMORY) for key in table.MEMORY}
    return result


def chosen(names: list[str]) -> list[str]:
    """The problems of these names, or of the families (`P6` for `P6a`, `P6a-state` and `P6b`)."""
    unknown = [n for n in names if n not in LOOPS and not any(p.startswith(n) for p in PROBLEMS)]
    if unknown:
        raise SystemExit(
            f"no problem is called {', '.join(unknown)}; there are {', '.join([*PROBLEMS, *LOOPS])}"
        )
    return [
        p for p in PROBLEMS if not names or p in names or any(re.fullmatch(f"{n}[a-z].*", p) for n in names)
    ]


def trained(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """The step of a training loop, generated afresh."""
    with tempfile.TemporaryDirectory() as folder:
        measures = (str(options.turns), str(options.budget), options.statistic)
        settings = KEEP_MEMORY | {"S2SGRAD_CACHE_DIR": folder}
        return dict(child("training", name, *measures, **settings))


def overhead() -> str:
    times = attempted("overhead", **KEEP_MEMORY)
    if isinstance(times, str):
        return f"Call overhead of a jitted gradient with four arrays: {times}."
    beyond = 1e6 * (times["call"] - times["dispatcher"])
    return f"A jitted gradient with four arrays costs {beyond:.2f} µs beyond its Numba dispatcher."


NOTES = """\
Value and gradient, the {statistic} of interleaved turns in one process a problem. Every gradient was compared with the
hand-written adjoint's (relative difference below 1e-9; else the cell says WRONG). The hand-written adjoints and the
best primals use fused loops, vectorised elementary functions and relaxed reductions; "as written" is `numba.njit` on
the program that s2sgrad is given. The name of an error: that contender cannot run the problem. `~`: extrapolated from
fewer steps. `—`: not installed, or not to be had."""


TRAINING = """\
Training loops of three examples: a step is the gradient and Adam; the first losses of all were found to agree.
JAX's step is one compiled function whose buffers are donated, PyTorch is eager with its fused Adam; each is the fastest
of the idioms in `bench_*.py`. The first step includes compilation."""


def report(results: dict[str, Any], loops: dict[str, Any], extras: dict[str, Any], statistic: str) -> str:
    """The whole page."""
    parts = [
        "# Benchmarks",
        f"Written by `python -m benchmarks`. {description()}",
        NOTES.format(statistic=statistic),
    ]
    if results:
        parts += ["## Times", table.times_table(PROBLEMS, results)]
        for title, ours in (("`jit=True`", "jit"), ("the NumPy program", "plain")):
            parts += [f"## Ratios of {title}", table.ratio_table(results, ours)]
    if loops:
        parts += ["## Training loops", TRAINING, table.training_table(loops)]
    if "trivial" in extras:
        parts += ["## Compilation and start", table.start_table(results, extras["trivial"])]
        parts += ["## Peak memory of a call", table.memory_table(results), extras["overhead"]]
        parts += ["## Loop programs of the tests", table.programs_table(extras["programs"])]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("problems", nargs="*", help="names, such as P5, or families, such as P6; none: all")
    parser.add_argument("--turns", type=int, default=40, help="turns of each contender")
    parser.add_argument("--budget", type=float, default=8.0, help="seconds of which the turns take a share")
    help_statistic = "of the turns; fastest: for a machine that does other work"
    parser.add_argument("--statistic", choices=sorted(STATISTICS), default="median", help=help_statistic)
    parser.add_argument("--only-times", action="store_true", help="no start-up times, memory, loop programs")
    parser.add_argument("--output", type=Path, help="where to write; results.md after a full run")
    options = parser.parse_args()
    results = {}
    for name in chosen(options.problems):
        print(f"{name}: {PROBLEMS[name].title}", file=sys.stderr, flush=True)
        results[name] = measured(name, options)
    loops = {
        name: trained(name, options) for name in LOOPS if not options.problems or name in options.problems
    }
    extras: dict[str, Any] = {}
    if not options.only_times:
        programs = child("loop_programs", **KEEP_MEMORY)
        extras = {"trivial": started_twice("trivial"), "overhead": overhead(), "programs": programs}
    page = report(results, loops, extras, options.statistic)
    print(page)
    complete = len(results) == len(PROBLEMS) and not options.only_times
    output = options.output or (RESULTS if complete else None)
    if output:
        output.write_text(page, encoding="utf-8")
    if any(result["wrong"] for result in results.values()):
        raise SystemExit("a gradient differs from the hand-written adjoint's")
    if any(loop["wrong"] for loop in loops.values()):
        raise SystemExit("a library does not train like the NumPy program")


if __name__ == "__main__":
    main()
