"""Random programs with fixed seeds; `make random COUNT=20000` tries many more.

A failure names its seed: `python -m tests.random_programs.run --minimise SEED` prints the smallest program
that fails in the same way, and the guilty pass.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .random_programs.check import check, load
from .random_programs.coverage import PROMISED, features_of
from .random_programs.generate import arguments, generate
from .random_programs.interpreter import interpret
from .random_programs.run import run_seeds

SEEDS, CHUNK = 300, 50


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_fixed_seeds(first: int):
    tally = run_seeds(range(first, first + CHUNK))
    assert not tally.wrong, tally.report()
    assert tally.verdicts["refused"] <= 0.1 * CHUNK, tally.report()
    assert tally.verdicts["right"] >= 0.85 * CHUNK, tally.report()


@settings(max_examples=10, derandomize=True)
@given(st.integers(0, 2**32).map(lambda seed: (generate(seed), arguments(seed), seed)))
def test_seeds_that_hypothesis_chooses(program: tuple):
    assert check(*program, label="hypothesis").verdict in ("right", "refused", "skipped")


def test_a_seed_is_a_program():
    assert generate(5) == generate(5) != generate(6)


def test_what_is_promised_is_covered():
    found = [features_of(generate(seed)) for seed in range(1000)]
    shares = {name: sum(name in f for f in found) / len(found) for name in PROMISED}
    assert all(share >= 0.2 for share in shares.values()), shares


def test_the_interpreter_runs_a_program_and_counts():
    from s2sgrad import value_and_grad

    text = "def program(x, y, a, b, m, n):\n    for i in range(n):\n        x = x * y\n    return x\n"
    args = arguments(0)
    stages = value_and_grad(load(text, "counted"), wrt=(0, 1, 2, 3, 4)).lower(*args)
    lowered = stages.specialisation.lowered
    value, run = interpret(lowered.function, lowered.parameters, lowered.result, args)
    assert value == pytest.approx(args[0] * args[1] ** 3, rel=1e-14)
    assert run.operations["mul"] == 3
    assert run.scalar_operations == 3


def test_a_wrong_gradient_is_found(monkeypatch: pytest.MonkeyPatch):
    from .random_programs import check as checking

    right = checking.value_and_grad

    def wrong(fun, wrt):
        def run(*args):
            value, gradient = right(fun, wrt=wrt)(*args)
            return value, (gradient[0] * (1 + 1e-6), *gradient[1:])

        return run

    monkeypatch.setattr(checking, "value_and_grad", wrong)
    text = "def program(x, y, a, b, m, n):\n    return x * y + np.sum(a)\n".replace(
        "def", "import numpy as np\ndef", 1
    )
    assert check(text, arguments(1)).verdict == "wrong"
    assert np.isfinite(arguments(1)[0])
