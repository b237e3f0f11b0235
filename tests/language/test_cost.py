"""What gradients of loops cost: operations grow with the trips and the length, and the memory is what `.saved` says."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad

from . import sweeps
from .counting import operations_of

RNG = np.random.default_rng(11)
SIZES = [10**3, 10**4, 10**5, pytest.param(10**6, marks=pytest.mark.slow)]


def recurrence(a):
    for i in range(1, len(a)):
        a[i] = a[i] + 0.1 * a[i - 1] ** 2
    return a[-1]


def running_state(x, a):
    out = np.zeros(len(a))
    for i in range(len(a)):
        x = np.sin(x) * a[i]
        out[i] = x
    return np.sum(out * a)


def first_above(a, level):
    s = 0.0
    for v in a:
        s += v * v
        if s > level:
            break
    return s


# By the length of an array, gone through in a loop, or in array operations; by the trips, at a length of 20.
BY_LENGTH: list[tuple[Any, Any, Any]] = [
    (sweeps.driven, lambda n: (0.3, RNG.normal(size=n), 0.1), (0, 1, 2)),
    (sweeps.gauss_seidel, lambda n: (RNG.normal(size=n), 1), 0),
    (sweeps.polynomial_least_squares, lambda n: (RNG.normal(size=3), *RNG.normal(size=(2, n))), (0, 1)),
    (sweeps.diffusion, lambda n: (RNG.normal(size=n), 0.1, 4), 0),
    (recurrence, lambda n: (RNG.uniform(0.1, 0.2, n),), 0),
    (running_state, lambda n: (0.3, RNG.normal(size=n)), (0, 1)),
    (first_above, lambda n: (np.full(n, 0.5), 1e9), 0),
]
BY_TRIPS: list[tuple[Any, Any, Any]] = [
    (sweeps.slow_flow, lambda n: (0.3, 1e-6, n), (0, 1)),
    (sweeps.jacobi_1d_in_slices, lambda n: (RNG.normal(size=20), n), 0),
    (sweeps.diffusion, lambda n: (RNG.normal(size=20), 0.1, n), 0),
]
CASES = [*BY_LENGTH, *BY_TRIPS]
IDS = [f"{f.__name__}-{by}" for by, some in (("length", BY_LENGTH), ("trips", BY_TRIPS)) for f, _, _ in some]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("f", "args", "wrt"), CASES, ids=IDS)
def test_operations_grow_in_proportion(f: Any, args: Any, wrt: Any, size: int):
    g = grad(f, wrt=wrt)
    small, twice, large = (operations_of(g, *args(n)) for n in (100, 200, size))
    a_turn = (twice - small) / 100
    assert 0 < a_turn < 300
    assert large == pytest.approx(small + a_turn * (size - 100), rel=1e-3)


def peak(run: Any) -> int:
    run()  # what is made once, such as the compiled program, is not counted
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("steps", [10, 100])
def test_arrays_that_are_kept(steps: int):
    """As many bytes as `.saved` says, beside a few arrays at work."""
    start = RNG.normal(size=5000)
    g = grad(sweeps.diffusion)
    said = sum(r.bytes for r in g.lower(start, 0.1, steps).saved)
    assert said >= steps * start.nbytes
    assert said <= peak(lambda: g(start, 0.1, steps)) <= said + 12 * start.nbytes


def test_numbers_that_are_kept():
    """In plain Python a number of 8 bytes is an object of 24 or 32, in a list of pointers with room to spare."""
    a = RNG.normal(size=20_000)
    g = grad(sweeps.driven)
    said = sum(r.bytes for r in g.lower(0.3, a, 0.1).saved)
    assert said == a.nbytes
    assert said <= peak(lambda: g(0.3, a, 0.1)) <= 6 * said + 3 * a.nbytes


@pytest.mark.parametrize(
    ("f", "args", "longer"),
    [
        (sweeps.jacobi_1d_in_slices, (RNG.normal(size=500), 20), (RNG.normal(size=500), 2000)),
        (sweeps.gauss_seidel, (RNG.normal(size=50), 20), (RNG.normal(size=50), 400)),
        (sweeps.heat_two_buffers, (RNG.normal(size=50), 20), (RNG.normal(size=50), 400)),
    ],
)
def test_where_nothing_is_kept_the_memory_does_not_grow(f: Any, args: tuple, longer: tuple):
    g = grad(f)
    assert g.lower(*args).saved == []
    assert peak(lambda: g(*longer)) <= 1.1 * peak(lambda: g(*args)) + 500


@pytest.mark.parametrize("f", [sweeps.cholesky_by_columns, sweeps.cholesky_by_entries, sweeps.lu])
def test_a_factorisation_in_place_in_the_memory_of_a_few_arrays(f: Any):
    a = (lambda m: m @ m.T + 40 * np.eye(40))(RNG.normal(size=(40, 40)))
    g = grad(f)
    said = sum(r.bytes for r in g.lower(a).saved)
    assert said == a.nbytes
    assert said <= peak(lambda: g(a)) <= said + 3 * a.nbytes
