"""`jit={"parallel": True}`: loops in chunks among threads; and derivatives called from several threads at once."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
import threading
import warnings
from typing import Any

import numba
import numpy as np
import pytest

from s2sgrad import grad, hvp, value_and_grad, vjp

PARALLEL = {"parallel": True}
rng = np.random.default_rng(0)
N = 60_000


def chain(x, a):
    return np.sum((np.tanh(x) * a + np.log1p(np.exp(-x))) ** 2)


def columns(w, x):
    return np.sum(np.sum(np.exp(x) * w, axis=0) ** 2) + np.sum(np.max(x * w, axis=0))


def extremes(x, a):
    return (
        np.max(x * a) + np.min(x) * np.sum(a) + np.prod(1 + 1e-6 * x) + np.count_nonzero(x > 0) * np.mean(x)
    )


def any_and_all(x, a):
    return np.sum(x * a) if np.any(x > 100.0) or not np.all(a < 50.0) else np.sum(x * x * a)


def kept(x, a):
    return np.sum(np.sum(x[:, None] * np.ones(3), axis=1, keepdims=True) * a[:, None])


def stretched(b, x):
    return np.sum((x + b) ** 3)


def shifted(x, a):
    y = x.copy()
    y[1:] += a[:-1] * x[:-1]
    y[::2] = np.sin(y[::2])
    return np.sum(y**2)


def gathered(x, a):
    y = np.zeros(5)
    place = np.arange(len(x)) % 5
    np.add.at(y, place, x * a)
    return np.sum(y**2) + np.sum(x[place] * a)


def logistic(w, x):
    loss = 0.0
    for i in range(len(x)):
        z = 0.0
        for j in range(x.shape[1]):
            z += x[i, j] * w[j]
        loss += np.log1p(np.exp(-abs(z))) + max(z, 0.0)
    return loss


def from_the_second(x, a):
    total = 1.0
    for i in range(1, len(x)):
        total += x[i] * a[i - 1] * i
    return total


def weighed_rows(w, x):
    total = 0.0
    for i in range(len(x)):
        own = np.exp(x[i])  # memory that every iteration writes over
        total += np.max(own) * w[0] / np.sum(own)
    return total


TABLE = (rng.normal(size=3), rng.normal(size=(N // 3, 3)))
LINE = (rng.normal(size=N), rng.normal(size=N))
PROGRAMS: dict[Any, Any] = {
    chain: LINE, extremes: LINE, any_and_all: LINE, kept: LINE, shifted: LINE, gathered: LINE, from_the_second: LINE,
    columns: TABLE, stretched: TABLE, logistic: TABLE, weighed_rows: TABLE,
}  # fmt: skip


def flat(result):
    value, gradients = result
    return [np.asarray(value), *map(np.asarray, gradients)]


@pytest.fixture
def threads():
    """Sets how many threads work, up to those that there are."""
    yield lambda n: numba.set_num_threads(min(n, numba.config.NUMBA_NUM_THREADS))
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_any_number_of_threads_gives_the_same_numbers_and_those_of_one_loop(program, threads):
    args = PROGRAMS[program]
    shared = value_and_grad(program, (0, 1), jit=PARALLEL)
    assert "numba.prange(" in shared.source_for(*args)
    results = []
    for n in (1, 2, 2, 1):
        threads(n)
        results.append(flat(shared(*args)))
    for other in results[1:]:
        for a, b in zip(results[0], other):
            np.testing.assert_array_equal(a, b)
    for reference in (value_and_grad(program, (0, 1), jit=True), value_and_grad(program, (0, 1))):
        for a, b in zip(results[0], flat(reference(*args))):
            scale = np.max(np.abs(b))
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12 * scale)


@pytest.mark.parametrize("size", [0, 1, 2, 31, 33, 9999, 10_001])
@pytest.mark.parametrize("program", [chain, shifted, from_the_second, columns, logistic])
def test_every_entry_belongs_to_one_chunk(program, size):
    args = tuple(a[:size] if len(a) > 3 else a for a in PROGRAMS[program])
    if size == 0 and program is columns:
        args = (args[0], np.ones((1, 3)))
    shared, plain = value_and_grad(program, (0, 1), jit=PARALLEL), value_and_grad(program, (0, 1))
    for a, b in zip(flat(shared(*args)), flat(plain(*args))):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def summed_onto(a, x):
    table = a * 2.0  # in the layout of the argument
    for i in range(len(x)):
        for j in range(a.shape[1]):
            table[0, j] += x[i] * x[i]
    return np.sum(table**2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_any_layout(order):
    args = np.asarray(rng.normal(size=(4, 3)), order=order), LINE[0]
    shared, plain = (
        value_and_grad(summed_onto, (0, 1), jit=PARALLEL),
        value_and_grad(summed_onto, (0, 1), jit=True),
    )
    for a, b in zip(flat(shared(*args)), flat(plain(*args))):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_other_derivatives():
    x, a = (v[:20_000] for v in LINE)
    value, pullback = vjp(chain, x, a, jit=PARALLEL)
    expected, reference = vjp(chain, x, a)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    for g, h in zip(pullback(2.0), reference(2.0)):
        np.testing.assert_allclose(g, h, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(hvp(chain, jit=PARALLEL)(x, a, a), hvp(chain)(x, a, a), rtol=1e-10, atol=1e-11)


def test_nothing_is_shared_where_it_is_not_asked_for():
    assert "prange" not in grad(chain, jit=True).source_for(*LINE)


def refusing(x, a):
    total = 0.0
    for i in range(len(x)):
        if a[i] > 1e6:
            raise ValueError("too large")
        total += x[i] * a[i]
    return total


def test_a_loop_that_may_raise_runs_on_one_thread():
    derivative = value_and_grad(refusing, jit=PARALLEL)
    assert "prange" not in derivative.source_for(*LINE)
    large = LINE[1].copy()
    large[N // 2] = 1e7
    with pytest.raises(ValueError, match="too large"):
        derivative(LINE[0], large)


def test_indices_are_checked_on_one_thread():
    def picked(x, where):
        return np.sum(x[where] ** 2)

    derivative = grad(picked, jit={"parallel": True, "boundscheck": True})
    where = np.zeros(N, dtype=np.int64)
    where[N // 2] = N
    with pytest.raises(IndexError):
        derivative(LINE[0], where)


@pytest.mark.parametrize("options", [PARALLEL, {"parallel": True, "nogil": True}, {"nogil": True}])
def test_a_compiled_derivative_is_called_from_several_threads(options):
    gradient, found = grad(chain, jit=options), []
    workers = [
        threading.Thread(target=lambda: found.extend(gradient(*LINE) for _ in range(20))) for _ in range(4)
    ]
    for t in workers:
        t.start()
    for t in workers:
        t.join()
    assert len(found) == 80
    for g in found:
        np.testing.assert_array_equal(g, found[0])


def in_a_child(gradients, queue):
    queue.put([flat(g(*PROGRAMS[program])) for program, g in gradients.items()])


@pytest.mark.skipif(not hasattr(multiprocessing, "reduction") or sys.platform == "win32", reason="no fork")
def test_after_fork_derivatives_run_on_one_thread():
    context = multiprocessing.get_context("fork")
    gradients = {f: value_and_grad(f, (0, 1), jit=PARALLEL) for f in (chain, columns, logistic)}
    expected = {f: flat(g(*PROGRAMS[f])) for f, g in gradients.items() if f is not logistic}
    queue = context.Queue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python's, of forks beside threads
        child = context.Process(target=in_a_child, args=(gradients, queue))
        child.start()
    found = dict(zip(gradients, queue.get(timeout=240)))  # of `logistic`, first compiled in the child
    child.join()
    assert child.exitcode == 0
    expected[logistic] = flat(gradients[logistic](*PROGRAMS[logistic]))
    for f in gradients:
        for a, b in zip(found[f], expected[f]):
            np.testing.assert_allclose(a, b, rtol=1e-13)


def test_an_exported_program_shares_its_loops(tmp_path):
    derivative = value_and_grad(chain, (0, 1), jit=PARALLEL)
    expected = flat(derivative(*LINE))
    derivative.export(tmp_path / "exported.py")
    spec = importlib.util.spec_from_file_location("exported", tmp_path / "exported.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "s2sgrad" not in module.__dict__
    for a, b in zip(flat(module.chain_value_and_grad(*LINE)), expected):
        np.testing.assert_array_equal(a, b)
