"""Many programs: `python -m tests.random_programs.run --count 20000 --seed 0 --jobs 2`."""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .check import Outcome

os.environ.setdefault("S2SGRAD_CACHE", "0")

SECONDS = 60  # for one program


@dataclass
class Tally:
    """What became of many programs."""

    verdicts: collections.Counter = field(default_factory=collections.Counter)
    reasons: collections.Counter = field(default_factory=collections.Counter)
    features: collections.Counter = field(default_factory=collections.Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.reasons += other.reasons
        self.features += other.features
        self.wrong += other.wrong

    def report(self) -> str:
        from .coverage import PROMISED

        count = max(1, sum(self.verdicts.values()))
        judged = max(1, count - self.verdicts["skipped"])
        lines = [", ".join(f"{v} {n}" for v, n in self.verdicts.most_common()) + f" in {self.seconds:.0f} s"]
        lines.append(
            f"refused: {100 * self.verdicts['refused'] / judged:.1f} % of the programs that the reference can judge"
        )
        lines += [f"  {n:5d} {reason}" for reason, n in self.reasons.most_common(25)]
        lines += [
            f"{100 * n / judged:5.1f} % {name}{' (promised)' if name in PROMISED else ''}"
            for name, n in self.features.most_common()
        ]
        lines += [f"WRONG seed {seed}: {reason}" for seed, reason in sorted(self.wrong)[:40]]
        return "\n".join(lines)


class NeverEnds(BaseException):
    """A program, or its compilation, took longer than any does that ends (no `except Exception` takes it)."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise `NeverEnds` in what takes longer; only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*_: object) -> None:
        raise NeverEnds

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def writers(sweeps: bool) -> tuple[Callable[[int], str], Callable[[int], tuple]]:
    """What writes the program of a seed, and what its arguments: of any kind, or sweeps in place."""
    from . import generate
    from . import sweeps as in_place

    return (in_place.sweep, in_place.sweep_arguments) if sweeps else (generate.generate, generate.arguments)


def run_seed(seed: int, sweeps: bool = False) -> Outcome:
    """Write and check the program of a seed; some also in second order."""
    from .check import Outcome, check

    write, arguments = writers(sweeps)
    try:
        with limited(SECONDS):
            return check(
                write(seed),
                arguments(seed),
                seed,
                f"{seed}",
                pullback=seed % 3 == 0,
                second=seed % 12 == 0,
            )
    except NeverEnds:
        return Outcome("wrong", f"no end after {SECONDS} s")


def run_seeds(seeds: range, stop: bool = False, sweeps: bool = False) -> Tally:
    """Check the programs of these seeds, with a tally; `stop` at the first that is wrong."""
    from .coverage import features_of

    write, _ = writers(sweeps)
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            outcome = run_seed(seed, sweeps)
            tally.verdicts[outcome.verdict] += 1
            if outcome.verdict in ("refused", "skipped"):
                tally.reasons[f"{outcome.verdict}: {outcome.reason[:110]}"] += 1
            if outcome.verdict == "wrong":
                tally.wrong.append((seed, outcome.reason))
                if stop:
                    break
            if outcome.verdict != "skipped":
                tally.features.update(features_of(write(seed)))
    return tally


def run_many(first: int, count: int, jobs: int, progress: bool = True, sweeps: bool = False) -> Tally:
    """Check programs in several processes, each with its share of seeds."""
    start = time.perf_counter()
    total = Tally()
    chunks = [range(s, min(s + 50, first + count)) for s in range(first, first + count, 50)]
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=20) as pool:
        for k, tally in enumerate(pool.imap_unordered(partial(run_seeds, sweeps=sweeps), chunks)):
            total.add(tally)
            for seed, reason in tally.wrong if progress else ():
                print(f"WRONG seed {seed}: {reason}", file=sys.stderr, flush=True)
            if progress and (k + 1) % 20 == 0:
                print(
                    f"{(k + 1) * 50} programs, {total.verdicts['wrong']} wrong, {time.perf_counter() - start:.0f} s",
                    file=sys.stderr,
                )
    total.seconds = time.perf_counter() - start
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sweeps", action="store_true", help="nested loops in place, at affine subscripts")
    parser.add_argument("--show", type=int, help="print the program of a seed and what becomes of it")
    parser.add_argument(
        "--minimise",
        type=int,
        help="print the smallest program found that fails as this seed does, and the guilty pass",
    )
    options = parser.parse_args()
    if options.show is not None:
        print(writers(options.sweeps)[0](options.show))
        print(run_seed(options.show, options.sweeps))
        return 0
    if options.minimise is not None:
        from .minimise import report

        print(report(options.minimise))
        return 0
    tally = run_many(options.seed, options.count, options.jobs, sweeps=options.sweeps)
    print(tally.report())
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
