"""Sweeps in place with fixed seeds; `python -m tests.random_programs.run --sweeps` tries many more."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.transforms.finality import Finality
from s2sgrad.transforms.subscripts import Subscripts

from .check import Outcome, check, load
from .complex_step import copied
from .sweeps import sweep, sweep_arguments

SEEDS = range(240)


def outcome_of(seed: int) -> Outcome:
    return check(sweep(seed), sweep_arguments(seed), seed, f"sweep{seed}", seed % 3 == 0, seed % 12 == 0)


def test_fixed_seeds(monkeypatch: pytest.MonkeyPatch):
    """All right, and most of them by reading again what the forward sweep left in its arrays."""
    find, found = Finality._find, []

    def counted(*args):
        out = find(*args)
        found.append(out is not None)
        return out

    monkeypatch.setattr(Finality, "_find", counted)
    verdicts, with_reads = Counter(), 0
    for seed in SEEDS:
        found.clear()
        outcome = outcome_of(seed)
        assert outcome.verdict in ("right", "skipped"), (seed, outcome)
        verdicts[outcome.verdict] += 1
        with_reads += outcome.verdict == "right" and any(found)
    assert verdicts["right"] >= 0.5 * len(SEEDS)
    assert with_reads >= 0.4 * len(SEEDS)


@pytest.mark.parametrize("fault", ["apart", "within", "after"])
def test_a_wrong_answer_about_subscripts_is_found(fault: str, monkeypatch: pytest.MonkeyPatch):
    """Claiming too much, by one kind of fact, is seen in the gradients."""
    right = getattr(Subscripts, fault)
    wrongs = {
        "apart": lambda *args: True,
        "within": lambda *args: tuple(fact - 1 for fact in right(*args)),
        "after": lambda *args: tuple(fact - 1 for fact in right(*args)),
    }
    monkeypatch.setattr(Subscripts, fault, wrongs[fault])
    assert any(outcome_of(seed).verdict == "wrong" for seed in SEEDS)


@pytest.mark.parametrize("first", [0, 30])
def test_as_loops(first: int, monkeypatch: pytest.MonkeyPatch):
    """The loops that Numba would compile, run without it."""
    numba = pytest.importorskip("numba")
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    judged = 0
    for seed in range(first, first + 30):
        fun, args = load(sweep(seed), f"loops{seed}"), sweep_arguments(seed)
        try:
            value = fun(*copied(args))
        except (IndexError, ValueError):
            continue
        if abs(value) > 1e3:
            continue
        judged += 1
        expected = value_and_grad(fun, wrt=(0, 1, 2, 3, 4))(*copied(args))
        found = value_and_grad(fun, wrt=(0, 1, 2, 3, 4), jit=True)(*copied(args))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
        for g, h in zip(found[1], expected[1]):
            np.testing.assert_allclose(g, h, rtol=1e-9, atol=1e-10)
    assert judged >= 15
