"""Fair timing: contenders take turns in one process, each with one thread; the median of their turns counts."""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read when a library is first imported
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import statistics
import time
from collections.abc import Callable
from typing import Any

Contenders = dict[str, Callable[[], Any]]


def calls_for(run: Callable[[], Any], seconds: float) -> int:
    """How many calls take about this long."""
    run()
    start = time.perf_counter()
    run()
    once = max(time.perf_counter() - start, 1e-7)
    return max(1, int(seconds / once))


def interleaved(contenders: Contenders, turns: int = 30, seconds: float = 0.01) -> dict[str, float]:
    """The median seconds of a call of each contender."""
    counts = {name: calls_for(run, seconds) for name, run in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, run in contenders.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                run()
            taken[name].append((time.perf_counter() - start) / counts[name])
    return {name: statistics.median(times) for name, times in taken.items()}


def report(title: str, medians: dict[str, float], reference: str) -> None:
    """Print a table: the time of a call, and how it compares with the reference."""
    print(title)
    for name, seconds in sorted(medians.items(), key=lambda item: item[1]):
        print(f"  {name:34} {1e6 * seconds:12.2f} us   {seconds / medians[reference]:6.2f} x {reference}")
