"""What the forward sweep keeps for the backward one, in the programs for which that is promised."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad

from . import sweeps
from .numerical import numerical_gradient

RNG = np.random.default_rng(7)
START = RNG.normal(size=9)
GRID = RNG.normal(size=(6, 7))
SYMMETRIC = (lambda a: a @ a.T + 6 * np.eye(6))(RNG.normal(size=(6, 6)))
NUMBER = 8  # bytes

NOTHING: list[tuple[Any, tuple, Any]] = [
    (sweeps.jacobi_1d, (START, 5), 0),
    (sweeps.jacobi_1d_in_slices, (START, 5), 0),
    (sweeps.jacobi_2d, (GRID, 4), 0),
    (sweeps.heat_two_buffers, (START, 5), 0),
    (sweeps.gauss_seidel, (START, 5), 0),
    (sweeps.polynomial_least_squares, (START[:3], START, np.cos(START)), 0),
    (sweeps.polynomial_least_squares, (START[:3], START, np.cos(START)), (0, 1, 2)),
    (sweeps.pairwise_energy, (RNG.normal(size=(5, 3)), RNG.uniform(1, 2, 5)), (0, 1)),
]
FINAL_ARRAY = [
    (sweeps.cholesky_by_columns, (SYMMETRIC,), 0),
    (sweeps.cholesky_by_entries, (SYMMETRIC,), 0),
    (sweeps.lu, (SYMMETRIC,), 0),
    (sweeps.triangular_solve, (SYMMETRIC, START[:6]), (0, 1)),
]
name = lambda x: getattr(x, "__name__", None) or str(x) if not isinstance(x, tuple) or len(x) > 3 else None


def saved(f: Any, args: tuple, wrt: Any, jit: bool) -> list:
    """The records of a derivative, which is right."""
    g = grad(f, wrt=wrt, jit=jit)
    positions, found = ((wrt,), (g(*args),)) if isinstance(wrt, int) else (wrt, g(*args))
    for k, x in zip(positions, found, strict=True):
        np.testing.assert_allclose(x, numerical_gradient(f, args, k)[0], rtol=1e-6, atol=1e-8)
    return g.lower(*args).saved


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("f", "args", "wrt"), NOTHING, ids=name)
def test_nothing(f: Any, args: tuple, wrt: Any, jit: bool):
    assert saved(f, args, wrt, jit) == []


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("f", "args", "wrt"), FINAL_ARRAY, ids=name)
def test_nothing_but_the_final_array(f: Any, args: tuple, wrt: Any, jit: bool):
    (record,) = saved(f, args, wrt, jit)
    shape = np.shape(args[-1])
    assert (record.shape, record.bytes, record.a_trip) == (str(shape), NUMBER * np.prod(shape), False)


@pytest.mark.parametrize(("jit", "most"), [(False, 1), (True, 2)])
def test_a_number_a_step(jit: bool, most: int):
    a = RNG.normal(size=50)
    records = saved(sweeps.driven, (0.3, a, 0.1), (0, 1, 2), jit)
    assert NUMBER * len(a) <= sum(r.bytes for r in records) <= most * NUMBER * len(a)


@pytest.mark.parametrize("f", [sweeps.overwritten_later, sweeps.read_ahead])
def test_what_is_written_again_is_kept(f: Any):
    records = saved(f, (RNG.uniform(0.5, 1.5, 6),), 0, False)
    assert any(r.name.endswith("_tape") for r in records)


def peak(run: Any) -> int:
    run()  # what is made once, such as the compiled program, is not counted
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_checkpointed_loop_holds_as_many_states_as_it_says():
    start, keep = RNG.normal(size=2000), 6
    state = start.nbytes
    checked, plain = grad(sweeps.diffusion_checkpointed), grad(sweeps.diffusion)
    for steps in (50, 400):
        np.testing.assert_allclose(
            checked(start, 0.1, steps, keep), plain(start, 0.1, steps), rtol=1e-12, atol=1e-12
        )
        assert peak(lambda: checked(start, 0.1, steps, keep)) <= (2 * keep + 8) * state
        assert peak(lambda: plain(start, 0.1, steps)) >= steps * state


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_million_steps(jit: bool):
    args = 0.3, 1e-6, 10**6
    expected = grad(sweeps.slow_flow, wrt=(0, 1), jit=jit)(*args)
    checked = grad(sweeps.slow_flow_checkpointed, wrt=(0, 1), jit=jit)
    np.testing.assert_allclose(checked(*args, 20), expected, rtol=1e-12)
    assert checked.lower(*args, 20).saved == []


MEMORY = """\
from s2sgrad import grad
from tests.language import sweeps
from tests.language.test_saved import peak

checked = grad(sweeps.slow_flow_checkpointed, wrt=(0, 1))
print(peak(lambda: checked(0.3, 1e-6, 10**6, 20)), peak(lambda: grad(sweeps.slow_flow, wrt=(0, 1))(0.3, 1e-6, 10**4)))
"""


@pytest.mark.slow
def test_a_million_steps_in_the_memory_of_twenty_states():
    """In a process of its own: what is traced is of all threads, and those that run tests at once talk meanwhile."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], cwd=root, capture_output=True, text=True, check=True
    )
    checked, kept = map(int, done.stdout.split())
    assert checked <= 20 * 1000  # frames and numbers of twenty sweeps
    assert kept >= 10**4 * NUMBER


def test_a_carried_number_is_read_again_from_where_it_was_written():
    """What an iteration begins with has no operation that made it: seed 2000988 of the random programs."""

    def f(x, b):
        m, s = np.zeros(3), 0.5
        for i in range(3):
            s = s + x / b[i]
            m[i] = x
            x, s = s, x
        return np.sum(m * b)

    b = np.array([2.0, 0.7, 1.3])
    for k in (0, 1):
        np.testing.assert_allclose(grad(f, wrt=k)(0.3, b), numerical_gradient(f, (0.3, b), k)[0], rtol=1e-7)
