"""From measurements to text: Markdown tables of times, ratios, start-up and memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from benchmarks.problem import Problem

Measured = dict[str, Any]  # what `measure` made of one problem, with what was added by `__main__`
Number = float | None
MISSING = "—"


def seconds(value: Any, mark: str = "") -> str:
    """A time with its unit, or the name of what failed."""
    if not isinstance(value, float):
        return MISSING if value is None else str(value)
    for unit, scale in (("ns", 1e9), ("µs", 1e6), ("ms", 1e3)):
        if value * scale < 1000:
            return f"{mark}{value * scale:.3g} {unit}"
    return f"{mark}{value:.3g} s"


def ratio(value: Number) -> str:
    return MISSING if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def megabytes(value: Any) -> str:
    return f"{value / 1e6:.2f}" if isinstance(value, int) else MISSING if value is None else str(value)


def over(a: Any, b: Any) -> Number:
    return a / b if isinstance(a, float) and isinstance(b, float) else None


def geometric_mean(values: Iterable[Number]) -> Number:
    """Of those that there are."""
    logarithms = [math.log(value) for value in values if value is not None]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def primal_of(times: dict[str, Any]) -> Any:
    """The time of the best primal under Numba: the program as written, or the hand-tuned form."""
    found = [times[name] for name in ("primal", "written") if isinstance(times.get(name), float)]
    return min(found) if found else times.get("written")


def jax_of(times: dict[str, Any]) -> Any:
    return best_of(times, "jax")


def best_of(times: dict[str, Any], library: str) -> Any:
    """The best of the idioms of a library."""
    every = [value for name, value in times.items() if name.startswith(library)]
    found = [value for value in every if isinstance(value, float)]
    return min(found) if found else every[0] if every else None


def columns(measured: Measured) -> dict[str, Any]:
    """The times by column."""
    times = measured["times"]
    return {
        "primal": primal_of(times),
        "written": times.get("written"),
        "hand": times.get("hand"),
        "plain": times.get("plain"),
        "jit": times.get("jit"),
        "jax": jax_of(times),
        "torch": times.get("torch"),
        "autograd": times.get("autograd"),
    }


TIME_HEAD = {
    "primal": "Numba primal, best",
    "written": "Numba primal, as written",
    "hand": "hand-written adjoint",
    "plain": "s2sgrad",
    "jit": "s2sgrad `jit=True`",
    "jax": "`jax.jit`",
    "torch": "torch eager",
    "autograd": "Autograd",
}


def times_table(problems: dict[str, Problem], results: dict[str, Measured]) -> str:
    rows = []
    for name, measured in results.items():
        cells = columns(measured)
        wrong, guessed = measured["wrong"], measured["extrapolated"]
        text = [
            seconds(cells[key], "~" if key in guessed else "")
            + (" WRONG" if any(bad.startswith(key) for bad in wrong) else "")
            for key in TIME_HEAD
        ]
        rows.append([name, problems[name].title, *text])
    return markdown(["", "problem", *TIME_HEAD.values()], rows)


RATIOS = {
    "s2sgrad / hand-written": (None, "hand"),
    "s2sgrad / Numba primal": (None, "primal"),
    "jax / s2sgrad": ("jax", None),
    "torch / s2sgrad": ("torch", None),
    "Autograd / s2sgrad": ("autograd", None),
}


def ratios(cells: dict[str, Any], ours: str) -> list[Number]:
    """Those of `RATIOS`, where `None` stands for our column."""
    return [over(cells[a or ours], cells[b or ours]) for a, b in RATIOS.values()]


def ratio_table(results: dict[str, Measured], ours: str) -> str:
    rows = {name: ratios(columns(measured), ours) for name, measured in results.items()}
    text = [[name, *map(ratio, values)] for name, values in rows.items()]
    means = {"geometric mean": list(rows), "without P1": [name for name in rows if name != "P1"]}
    for title, names in means.items():
        per_column = zip(*(rows[name] for name in names))
        text.append([title, *(ratio(geometric_mean(column)) for column in per_column)])
    return markdown(["", *RATIOS], text)


def start_table(results: dict[str, Measured], trivial: tuple[Any, Any]) -> str:
    """Generation; other first calls, less a later one; first calls in fresh processes, without and with caches."""
    rows, compared = [], []
    for name, measured in results.items():
        first, times = measured["first"], measured["times"]
        spent = {
            key: max(first[key] - times[key], 0.0)
            for key in ("jit", "primal", "written", "hand")
            if key in first and isinstance(times.get(key), float)
        }
        compared.append(over(spent.get("jit"), spent.get("written", spent.get("primal"))))
        cold, warm = measured.get("start", (None, None))
        jit = spent.get("jit", times.get("jit"))
        cells = [measured["generation"], jit, spent.get("written"), spent.get("primal"), spent.get("hand")]
        beyond = warm - trivial[1] if isinstance(warm, float) and isinstance(trivial[1], float) else None
        rows.append(
            [name, *map(seconds, cells), ratio(compared[-1]), seconds(cold), seconds(warm), seconds(beyond)]
        )
    rows.append(["geometric mean", "", "", "", "", "", ratio(geometric_mean(compared)), "", "", ""])
    rows.append(["trivial `@njit(cache=True)`", "", "", "", "", "", "", *map(seconds, trivial), ""])
    head = ["", "generation, plain", "generation and compilation, jit", "compilation of the program"]
    head += [
        "of the tuned primal",
        "of the hand-written adjoint",
        "jit / program",
        "first call, new process",
        "the same, warm",
    ]
    return markdown([*head, "warm beyond trivial"], rows)


TRAINING_HEAD = {"plain": "s2sgrad", "jit": "s2sgrad `jit=True`", "jax": "`jax.jit`", "torch": "torch eager"}


def training_table(loops: dict[str, Measured]) -> str:
    """A row a training loop: a step of each library, ratios, and the first step of the compiled ones."""
    rows = []
    for measured in loops.values():
        times, wrong = measured["times"], measured["wrong"]
        best = {library: best_of(times, library) for library in TRAINING_HEAD}
        first = {library: best_of(measured["first"], library) for library in ("jit", "jax")}
        cells = [
            seconds(value) + (" WRONG" if any(name.startswith(library) for name in wrong) else "")
            for library, value in best.items()
        ]
        ratios_of = [ratio(over(best[library], best["jit"])) for library in ("jax", "torch")]
        rows.append([measured["title"], *cells, *ratios_of, *map(seconds, first.values())])
    head = [
        "",
        *TRAINING_HEAD.values(),
        "jax / s2sgrad",
        "torch / s2sgrad",
        "first step, s2sgrad",
        "first step, jax",
    ]
    return markdown(head, rows)


MEMORY = {
    "primal": "primal",
    "hand": "hand-written",
    "plain": "s2sgrad",
    "jit": "s2sgrad jit",
    "saved": "`.saved`",
}


def memory_table(results: dict[str, Measured]) -> str:
    rows = [
        [name, *(megabytes(measured["memory"].get(key)) for key in MEMORY)]
        for name, measured in results.items()
        if "memory" in measured
    ]
    return markdown(["MB", *MEMORY.values()], rows)


def programs_table(results: dict[str, Measured]) -> str:
    rows, gains = [], []
    for name, measured in results.items():
        times = measured["times"]
        cells = [
            seconds(times.get(key)) + (" WRONG" if key in measured["wrong"] else "")
            for key in ("primal", "plain", "jit")
        ]
        gains.append((over(times["plain"], times["jit"]), over(times["jit"], times["primal"])))
        rows.append([f"`{name}`", *cells, *map(ratio, gains[-1])])
    rows.append(["geometric mean", "", "", "", *(ratio(geometric_mean(column)) for column in zip(*gains))])
    head = ["", "Numba primal", "s2sgrad", "s2sgrad jit", "plain / jit", "jit / Numba primal"]
    return markdown(head, rows)
