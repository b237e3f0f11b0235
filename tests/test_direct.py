"""Calls that are recognised at a glance: whatever changes from one call to the next is seen."""

import gc
import os
import subprocess
import sys
import weakref
from typing import Any

import numpy as np
import pytest

from s2sgrad import differentiate, grad, vjp
from s2sgrad.direct import LOOKED_AT


def scaled(x, k=2.0):
    return np.sum(x * x) * k


CALLS = [
    (np.arange(3.0), 2.0),
    (np.arange(3.0), np.float64(2.0)),
    (np.arange(3.0), 2),
    (np.arange(3.0, dtype=np.float32), 2.0),
    (np.arange(3.0).astype(complex), 2.0),
    (np.ones(1), 2.0),
    (np.ones((3, 2)), 2.0),
    (np.ones((1, 2)), np.ones((4, 1))),
    (np.float64(3.0), 2.0),
    (3.0, 2.0),
    (3, 2.0),
    ([1.0, 2.0], 2.0),
]


@pytest.mark.parametrize("jit", [False, True])
def test_arguments_of_other_kinds_take_turns(jit):
    derivative = grad(scaled_by_real, jit=jit)
    for x, k in CALLS * 2:
        given = np.asarray(x, dtype=float) if isinstance(x, list) else x
        found = derivative(given, k)
        total = np.sum(np.real(k))
        expected = 2 * np.real(given) * total
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert np.asarray(found).dtype == (float if isinstance(given, int) else np.asarray(given).dtype)


def scaled_by_real(x, k):
    return np.sum(np.real(x) ** 2) * np.sum(k)


def test_keywords_defaults_and_wrong_calls_after_a_direct_one():
    derivative = grad(scaled)
    x = np.arange(3.0)
    assert np.array_equal(derivative(x, 2.0), 4 * x)
    assert np.array_equal(derivative(x, k=3.0), 6 * x)
    assert np.array_equal(derivative(x), 4 * x)
    with pytest.raises(TypeError, match="positional argument"):
        derivative(x, 2.0, 1.0)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        derivative()
    assert np.array_equal(derivative(x, 2.0), 4 * x)


def test_many_arguments_are_described():
    def total(*xs):
        return sum(x * x for x in xs)

    args = tuple(np.arange(1.0, LOOKED_AT + 3))
    derivative = grad(total)
    assert derivative(*args) == derivative(*args) == 2.0


class Model:
    def __init__(self, weight):
        self.weight = weight

    @differentiate
    def loss(self, x):
        return self.weight * np.sum(x * x)


def test_a_method_remembers_the_latest_call_of_any_object():
    first, second = Model(2.0).loss.grad, Model(3.0).loss.grad
    row, table = np.ones(3), np.ones((3, 2))
    for _ in range(2):
        assert np.array_equal(first(row), 4 * row) and np.array_equal(second(table), 6 * table)
        latest = Model.__dict__["loss"].grad._latest
        assert latest is second._latest
        first(row)
        assert Model.__dict__["loss"].grad._latest is not latest


TWICE = """
import numpy as np, scipy.linalg, scipy.special
from s2sgrad import grad

def loss(x):
    return np.sum({}(x))

x = np.eye(3)
derivative = grad(loss, jit=True)
derivative(x)
derivative(x)
"""


@pytest.mark.parametrize("fun", ["np.exp", "scipy.special.expit", "scipy.linalg.expm"])
def test_the_first_compiled_derivative_of_a_process_is_compiled_once(fun, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(TWICE.format(fun))
    run = subprocess.run(
        [sys.executable, str(program)],
        env=os.environ | {"S2SGRAD_LOG": "1", "S2SGRAD_CACHE": "0"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stderr.count("compiled in") == 1, run.stderr


def test_a_derivative_is_freed_with_its_last_name() -> None:
    """What its function closes over, such as a batch of data, must not wait for the collector of cycles."""
    batch = np.ones(1000)
    derivative = grad(lambda x: np.sum(batch * x))
    derivative(np.ones(1000))
    alive = weakref.ref(derivative)
    gc.disable()
    try:
        del derivative
        assert alive() is None
    finally:
        gc.enable()


def test_derivatives_that_are_made_anew_share_their_programs(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x)

    os.environ["S2SGRAD_LOG"] = "1"
    try:
        for _ in range(3):
            vjp(grad(f), np.ones(3))
    finally:
        del os.environ["S2SGRAD_LOG"]
    assert capsys.readouterr().err.count("compiled in") == 1


CHECKPOINTED = """
from s2sgrad import grad
from tests.language import sweeps

for _ in range(3):
    grad(sweeps.slow_flow_checkpointed)(0.3, 0.1, 9, 3)
"""


def test_the_first_checkpointed_derivative_is_made_once() -> None:
    """In a process of its own, which reads what it needs for that in the middle of making it."""
    environment = {**os.environ, "S2SGRAD_LOG": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", CHECKPOINTED], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.count("compiled in") == 1
