"""Vector functions against mpmath: error in units in the last place, over the whole range; and that loops vectorise."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.special import erf

from s2sgrad.targets.vector_math import VECTOR, single, source_of
from s2sgrad.targets.vector_math.quadrants import NEAR

mp.prec = 160  # more where an argument is large
ULPS = 2.0
COUNT = 150  # points a distribution

EXACT: dict[str, Callable[..., Any]] = {
    "exp": mp.exp,
    "exp2": lambda x: mpf(2) ** x,
    "expm1": mp.expm1,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": mp.log10,
    "log1p": mp.log1p,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "near_sin": mp.sin,
    "near_cos": mp.cos,
    "arctan": mp.atan,
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "erf": mp.erf,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
}
EXACT_OF_TWO: dict[str, Callable[..., Any]] = {
    "power": mp.power,
    "arctan2": mp.atan2,
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
}
SINGLE = [name for name in VECTOR if name.removesuffix("_32") in EXACT and name.endswith("_32")]
SINGLE_OF_TWO = [f"{name}_32" for name in EXACT_OF_TWO]
IN_SINGLE_PRECISION = [name for name in SINGLE if VECTOR[name].__module__ == single.__name__]
FUNCTIONS = [name for name in EXACT if not name.startswith("near")]
NUMPY: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(np.zeros_like(x), x),
    "erf": erf,
}
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e308, -1e308, 2.2e-308]


@cache
def generated() -> SimpleNamespace:
    """The text of all functions, run as a generated module would."""
    namespace: dict[str, Any] = {"np": np, "numba": numba}
    exec(source_of(VECTOR), namespace)
    return SimpleNamespace(**namespace)


@cache
def loop(name: str) -> Any:
    """A strict loop of the user's around the function."""
    function = getattr(generated(), VECTOR[name].__name__)

    @numba.njit(error_model="numpy")
    def apply(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    return apply


def compiled(name: str, x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    loop(name)(x, out)
    return out


def near_multiples(rng: np.random.Generator) -> np.ndarray:
    """Doubles nearest to multiples of pi/2, from both sides, with small and with large quotients."""
    counts = np.concatenate([np.arange(1, COUNT), 2.0 ** rng.uniform(0, 52, COUNT) // 1])
    with mp.workprec(160):
        return np.array([float(int(count) * mp.pi / 2) for count in counts])


def points(name: str) -> np.ndarray:
    """Random arguments at every scale, and those where methods break."""
    rng = np.random.default_rng(sum(map(ord, name)))
    sign = rng.choice([-1.0, 1.0], COUNT)
    x = np.concatenate(
        [
            rng.normal(size=COUNT),
            rng.uniform(-20, 20, COUNT),
            rng.uniform(-750, 750, COUNT),
            sign * np.exp(rng.uniform(-700, 700, COUNT)),
            sign * np.exp(rng.uniform(-40, 1, COUNT)),
            sign * np.exp(rng.uniform(0, 12, COUNT)),
            rng.uniform(0.5, 1.6, COUNT),
            1 + rng.uniform(-1e-3, 1e-3, COUNT),
            np.exp(rng.uniform(-745, -700, COUNT)),
            rng.uniform(-746, -708, COUNT),
            near_multiples(rng),
            # the double nearest to a multiple of pi/2, and other hard cases (Muller)
            [6381956970095103 * 2.0**797, 5.319372648326541e255, 1e22, np.finfo(float).max, 709.78, 710.4758],
        ]
    )
    if name in ("log", "log2", "log10"):
        return np.abs(x)
    if name.startswith("arc") or name.startswith("near"):
        return x[np.abs(x) <= (NEAR if name.startswith("near") else 1)]
    return x[x > -1] if name == "log1p" else x


def error(got: float, exact: Any, kind: Any = np.float64) -> float:
    """The error in units in the last place; overflow must be to infinity."""
    with np.errstate(over="ignore"):
        nearest = kind(float(exact))
    if np.isinf(nearest) or np.isinf(got):
        largest = float(np.finfo(kind).max)
        return (
            0.0 if got == nearest or abs(exact) > largest * (1 - float(np.finfo(kind).eps) / 4) else math.inf
        )
    exponent = max(
        math.frexp(float(nearest))[1] - np.finfo(kind).nmant - 1, np.finfo(kind).minexp - np.finfo(kind).nmant
    )
    return float(abs(mpf(float(got)) - exact) / mpf(2) ** int(exponent))


def precise(name: str, x: float) -> Any:
    with mp.workprec(1400 if name in ("sin", "cos", "tan") and abs(x) > 1e9 else 160):
        return EXACT[name](mpf(x))


def assert_accurate(arguments: tuple[np.ndarray, ...], got: np.ndarray, exact: Callable[..., Any]) -> None:
    kind = got.dtype.type
    errors = [error(value, exact(*map(float, at)), kind) for *at, value in zip(*arguments, got)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= ULPS, ([float(x[worst]) for x in arguments], got[worst], errors[worst])


def assert_same(got: np.ndarray, want: np.ndarray, rtol: float = 1e-15) -> None:
    """Equal but for rounding, signs of zeros included."""
    np.testing.assert_allclose(got, want, rtol=rtol, atol=0)
    assert np.array_equal(np.signbit(got[~np.isnan(got)]), np.signbit(want[~np.isnan(got)]))


@pytest.mark.parametrize("name", EXACT)
def test_accurate_over_the_whole_range(name):
    x = points(name)
    assert_accurate((x,), compiled(name, x), lambda at: precise(name, at))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_those_of_numpy(name):
    x = np.array(SPECIAL)
    with np.errstate(all="ignore"):
        want = (NUMPY.get(name) or getattr(np, name))(x)
    assert_same(compiled(name, x), want)


@pytest.mark.parametrize("name", [*EXACT, *SINGLE])
def test_loops_vectorise(name):
    compiled(name, np.ones(4, np.float32 if name in SINGLE else np.float64))
    assert vector_registers(loop(name)), "scalar code"


def vector_registers(function: Any) -> bool:
    assembly = function.inspect_asm(function.signatures[0])
    return any(register in assembly for register in ("ymm", "zmm", ".2d"))


@pytest.mark.parametrize("name", EXACT)
def test_the_same_without_numba(name):
    x = points(name)[::40]
    with np.errstate(all="ignore"):
        uncompiled = np.array([VECTOR[name](at) for at in x])
    np.testing.assert_allclose(uncompiled, compiled(name, x), rtol=1e-15, atol=5e-324)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_flags_of_the_caller_leave_the_functions_alone(name):
    function = getattr(generated(), VECTOR[name].__name__)

    @numba.njit(error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp", "afn"})
    def relaxed(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    x = points(name)[::7]
    out = np.empty_like(x)
    relaxed(x, out)
    np.testing.assert_array_equal(out, compiled(name, x))


# single precision


def single_points(name: str) -> np.ndarray:
    rng = np.random.default_rng(sum(map(ord, name)))
    sign = rng.choice([-1.0, 1.0], COUNT)
    x = np.concatenate(
        [
            rng.normal(size=COUNT),
            rng.uniform(-20, 20, COUNT),
            rng.uniform(-105, 90, COUNT),
            sign * np.exp(rng.uniform(-87, 87, COUNT)),
            rng.uniform(0.5, 1.6, COUNT),
            np.exp(rng.uniform(-103, -80, COUNT)),
        ]
    ).astype(np.float32)
    if name.startswith("log"):
        return x[x > -1] if name == "log1p" else np.abs(x)
    if name in ("sin", "cos", "tan"):
        return np.concatenate([x, near_multiples(rng).astype(np.float32)])
    return x[np.abs(x) <= 1] if name.startswith("arc") else x


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision_is_accurate(name):
    double = name.removesuffix("_32")
    x = single_points(double)
    assert_accurate((x,), compiled(name, x), lambda at: precise(double, at))


@pytest.mark.parametrize("name", SINGLE)
def test_special_values_of_single_precision(name):
    double = name.removesuffix("_32")
    with np.errstate(all="ignore"):
        x = np.array([*SPECIAL[:7], 1e-45, -1e-45, 3e38, -3e38], np.float32)
        want = (NUMPY.get(double) or getattr(np, double))(x)
    assert want.dtype == np.float32 and compiled(name, x).dtype == np.float32
    assert_same(compiled(name, x), want, rtol=3e-7)


@pytest.mark.parametrize("name", IN_SINGLE_PRECISION)
def test_single_precision_computes_in_single_precision(name):
    compiled(name, np.ones(4, np.float32))
    code = loop(name).inspect_llvm(loop(name).signatures[0])
    assert "double" not in code, "some constant or operation is a double"


# functions of two arguments


def compiled_pairs(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    function = getattr(generated(), VECTOR[name].__name__)

    @numba.njit(error_model="numpy")
    def apply(x, y, out):
        for i in range(x.size):
            out[i] = function(x[i], y[i])

    out = np.empty_like(x)
    apply(x, y, out)
    assert vector_registers(apply)
    return out


def pairs(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(len(name))
    if name == "power":  # what the logarithm loses, a large exponent multiplies
        x = [
            np.exp(rng.uniform(-745, 700, COUNT)),
            rng.uniform(0.5, 2, COUNT),
            1 + rng.uniform(-1e-5, 1e-5, COUNT),
        ]
        y = [rng.uniform(-1, 1, COUNT), rng.uniform(-900, 900, COUNT), rng.uniform(-5e7, 5e7, COUNT)]
    else:
        scale = rng.choice([-1.0, 1.0], COUNT) * np.exp(rng.uniform(-690, 690, COUNT))
        x = [rng.normal(size=COUNT), scale, scale * rng.normal(size=COUNT), rng.uniform(-700, 700, COUNT)]
        y = [rng.normal(size=COUNT), scale[::-1], scale, rng.uniform(-700, 700, COUNT)]
    return np.concatenate(x), np.concatenate(y)


@pytest.mark.parametrize("name", ["power", "arctan2"])
def test_accurate_in_two_arguments(name):
    x, y = pairs(name)
    assert_accurate((x, y), compiled_pairs(name, x, y), lambda a, b: EXACT_OF_TWO[name](mpf(a), mpf(b)))


def test_logaddexp_is_accurate_where_it_does_not_cancel():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(1, 700, COUNT), rng.uniform(1, 700, COUNT)
    x[:50] = y[:50] + rng.normal(size=50)
    assert_accurate((x, y), compiled_pairs("logaddexp", x, y), EXACT_OF_TWO["logaddexp"])


@pytest.mark.parametrize("name", EXACT_OF_TWO)
def test_special_pairs_are_those_of_numpy(name):
    special = [*SPECIAL, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1.5, 2.0**52 + 1, -(2.0**53 - 1), 2.0**53 + 2]
    x, y = (grid.ravel().copy() for grid in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        want = getattr(np, name)(x, y)
    assert_same(compiled_pairs(name, x, y), want)


@pytest.mark.parametrize("name", SINGLE_OF_TWO)
def test_two_arguments_in_single_precision(name):
    double = name.removesuffix("_32")
    rng = np.random.default_rng(len(name))
    x, y = (rng.uniform(0.1, 40, COUNT).astype(np.float32) for _ in range(2))
    assert_accurate((x, y), compiled_pairs(name, x, y), lambda a, b: EXACT_OF_TWO[double](mpf(a), mpf(b)))


# reductions


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_sum_vectorises_and_nothing_else_is_reassociated(kind):
    add = generated().vector_add

    @numba.njit(error_model="numpy")
    def total(x):
        result = x[0] - x[0]
        for i in range(x.size):
            result = add(result, x[i])
        return result

    @numba.njit(error_model="numpy")
    def compensated(x):  # Kahan's: zero, if the rest of the program were reassociated
        result, lost = 0.0, 0.0
        for i in range(x.size):
            term = x[i] - lost
            following = result + term
            lost = (following - result) - term
            result = following
        return add(result, -lost)

    x = np.random.default_rng(0).uniform(0, 1, 10007).astype(kind)
    np.testing.assert_allclose(total(x), x.sum(), rtol=1e-13 if kind is np.float64 else 1e-5)
    assert vector_registers(total)
    hard = np.full(100000, 0.1)
    assert compensated(hard) == math.fsum(hard)


@pytest.mark.parametrize("kind, suffix", [(np.float64, ""), (np.float32, "_32")])
def test_ranks_give_numpys_maximum(kind, suffix):
    rank, of_rank = (
        getattr(generated(), f"vector_rank{suffix}"),
        getattr(generated(), f"vector_of_rank{suffix}"),
    )

    @numba.njit(error_model="numpy")
    def maximum(x):
        largest = rank(x[0])
        for i in range(x.size):
            following = rank(x[i])
            largest = following if following > largest else largest
        return of_rank(largest)

    x = np.random.default_rng(0).normal(size=1001).astype(kind)
    cases = [
        x,
        -np.abs(x),
        np.array([-np.inf], kind),
        np.array([-0.0, -1.0], kind),
        np.array([np.inf, 1], kind),
    ]
    for case in cases:
        assert maximum(case) == case.max()
    for position in (0, 500, 1000):
        for nan in (np.nan, -np.nan):
            case = x.copy()
            case[position] = nan
            assert np.isnan(maximum(case))
    assert vector_registers(maximum)


# text


def test_text_has_only_what_is_used():
    text = source_of(["exp"])
    assert "def vector_exp(x):" in text and "vector_log" not in text and "reassociated" not in text
    assert text == source_of(["exp"])


def test_no_name_is_defined_twice():
    names = re.findall(r"^(?:def )?(\w+)(?= =|\()", source_of(VECTOR), re.MULTILINE)
    assert len(names) == len(set(names)) > 100


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError):
        source_of(["gamma"])
