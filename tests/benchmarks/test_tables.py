"""The pages of the benchmarks: what becomes of measurements, failures and missing libraries."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import table
from benchmarks.__main__ import chosen
from benchmarks.contenders import flat
from benchmarks.measure import difference, is_missing
from benchmarks.problems import PROBLEMS
from benchmarks.timing import STATISTICS, interleaved
from benchmarks.training import LOOPS, disagreeing

HERE = Path(table.__file__).parent

TIMES = {
    "primal": 1e-3,
    "written": 4e-3,
    "hand": 2e-3,
    "plain": 8e-3,
    "jit": "JitError",
    "jax0": 9e-3,
    "jax1": 5e-3,
    "torch": "—",
    "autograd": 12.5,
}
MEASURED = {"times": TIMES, "first": {}, "wrong": ["jax1"], "extrapolated": ["autograd"]}


def cells(text, row):
    return [cell.strip() for cell in text.splitlines()[row].strip("|").split("|")]


def test_times_show_errors_missing_libraries_extrapolations_and_wrong_results():
    page = table.times_table(PROBLEMS, {"P5": MEASURED})
    assert cells(page, 2)[2:] == [
        "1 ms",
        "4 ms",
        "2 ms",
        "8 ms",
        "JitError",
        "5 ms WRONG",
        "—",
        "~12.5 s",
    ]


def test_ratios_are_between_medians_and_the_mean_is_geometric():
    slower = {**MEASURED, "times": {**TIMES, "plain": 32e-3}}
    page = table.ratio_table({"P1": MEASURED, "P5": slower}, "plain")
    assert cells(page, 2)[:4] == ["P1", "4", "8", "0.625"]
    assert cells(page, 4)[:3] == ["geometric mean", "8", "16"]
    assert cells(page, 5)[:2] == ["without P1", "16"]
    assert cells(table.ratio_table({"P5": MEASURED}, "jit"), 2)[1:] == ["—"] * 5


def test_a_difference_is_relative_to_each_result():
    one, other = flat((1e-6, (np.ones(3), 5.0))), flat((1.001e-6, (np.ones(3), 5.0)))
    assert difference(other, one) == pytest.approx(1e-3)
    assert difference(flat((1.0, np.ones(3))), flat((1.0, np.ones(4)))) == np.inf


def test_only_other_libraries_may_be_missing():
    assert is_missing("jax0", ImportError("jax"))
    assert not is_missing("jit", ImportError("numba"))
    assert not is_missing("torch", ValueError("wrong"))


def test_names_and_families_choose_problems():
    assert chosen(["P6"]) == ["P6a", "P6a-state", "P6b"]
    assert chosen(["P8a", "P5"]) == ["P5", "P8a"]
    assert chosen(["P6a"]) == ["P6a"]
    with pytest.raises(SystemExit, match="P10"):
        chosen(["P10"])


def test_a_slow_contender_runs_once_and_the_rest_take_turns():
    calls = {"slow": 0, "quick": 0}

    def run(name):
        calls[name] += 1
        if name == "slow":
            sum(range(3_000_000))

    medians = interleaved({name: lambda name=name: run(name) for name in calls}, turns=4, budget=0.06)
    assert calls["slow"] == 1
    assert calls["quick"] > 4
    assert medians["quick"] < medians["slow"]
    assert STATISTICS["fastest"]([3.0, 1.0, 2.0]) == 1.0


def test_a_training_loop_shows_the_best_idiom_of_each_library_and_who_disagrees():
    times = {"plain": 4e-3, "jit, arrays": 3e-3, "jit, loops": 2e-3, "jax": 6e-3, "torch": "—"}
    loop = {"title": "GloVe", "times": times, "first": {"jit, loops": 1.5, "jax": 2.0}, "wrong": ["jax"]}
    page = table.training_table({"glove": loop})
    assert cells(page, 2) == ["GloVe", "4 ms", "2 ms", "6 ms WRONG", "—", "3", "—", "1.5 s", "2 s"]


def test_training_loops_are_known_by_name_and_are_no_problems():
    assert chosen(["glove"]) == [] and set(LOOPS) <= {path.stem[6:] for path in HERE.glob("bench_*.py")}


def test_losses_that_differ_are_found():
    losses = {"plain": [1.0, 0.5], "jit": [1.0, 0.5 + 1e-12], "torch": [1.0, 0.6]}
    assert disagreeing(losses, 1e-9) == ["torch"]
