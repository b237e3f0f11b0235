"""Fair timing: contenders take turns in one process; the median of their turns counts."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Run = Callable[[], Any]
STATISTICS: dict[str, Callable[[list[float]], float]] = {"median": statistics.median, "fastest": min}
TURN = 0.002  # seconds of one contender's turn, for calls shorter than that


def seconds_of(run: Run, calls: int = 1) -> float:
    """The seconds of a call, from so many."""
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def interleaved(
    runs: Mapping[str, Run], turns: int, budget: float, statistic: str = "median"
) -> dict[str, float]:
    """The median (or fastest) seconds of a call of each. One that takes a third of the budget runs but once."""
    once = {name: seconds_of(run) for name, run in runs.items()}
    taken = {name: [seconds] for name, seconds in once.items() if seconds * 3 > budget}
    rest = {name: run for name, run in runs.items() if name not in taken}
    taken |= {name: [] for name in rest}
    calls = {name: max(1, int(TURN / max(once[name], 1e-7))) for name in rest}
    deadline = time.perf_counter() + budget * max(1, len(rest)) / 4
    gc.collect()
    gc.disable()
    for turn in range(turns):
        if turn >= 3 and time.perf_counter() > deadline:
            break
        for name, run in rest.items():
            run()  # brings its data back into the caches
            taken[name].append(seconds_of(run, calls[name]))
        gc.collect()
    gc.enable()
    pick = STATISTICS[statistic]
    return {name: pick(times) for name, times in taken.items()}
