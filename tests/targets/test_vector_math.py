"""Vector functions against mpmath: error in units in the last place, over the whole range; and that loops vectorise."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from mpmath import mp, mpf

from s2sgrad.targets.vector_math import VECTOR, source_of

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
}
NUMPY: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
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
            np.arange(1, COUNT) * (np.pi / 2),
            # the double nearest to a multiple of pi/2, and other hard cases (Muller)
            [6381956970095103 * 2.0**797, 5.319372648326541e255, 1e22, np.finfo(float).max, 709.78, 710.4758],
        ]
    )
    if name in ("log", "log2", "log10"):
        return np.abs(x)
    return x[x > -1] if name == "log1p" else x


def error(got: float, exact: Any) -> float:
    """The error in units in the last place; overflow must be to infinity."""
    nearest = float(exact)
    if math.isinf(nearest) or math.isinf(got):
        return 0.0 if got == nearest or abs(exact) > np.finfo(float).max * (1 - 2.0**-52) else math.inf
    return float(abs(mpf(got) - exact) / mpf(math.ulp(nearest)))


def precise(name: str, x: float) -> Any:
    with mp.workprec(1400 if name in ("sin", "cos", "tan") and abs(x) > 1e9 else 160):
        return EXACT[name](mpf(x))


@pytest.mark.parametrize("name", EXACT)
def test_accurate_over_the_whole_range(name):
    x = points(name)
    errors = [error(float(got), precise(name, float(at))) for at, got in zip(x, compiled(name, x))]
    worst = int(np.argmax(errors))
    assert errors[worst] <= ULPS, (x[worst], errors[worst])


@pytest.mark.parametrize("name", EXACT)
def test_special_values_are_those_of_numpy(name):
    x = np.array(SPECIAL)
    got = compiled(name, x)
    with np.errstate(all="ignore"):
        want = (NUMPY.get(name) or getattr(np, name))(x)
    np.testing.assert_allclose(got, want, rtol=1e-15, atol=0)
    assert np.array_equal(np.signbit(got[~np.isnan(got)]), np.signbit(want[~np.isnan(got)]))


@pytest.mark.parametrize("name", EXACT)
def test_loops_vectorise(name):
    compiled(name, np.ones(4))
    assembly = loop(name).inspect_asm(loop(name).signatures[0])
    assert any(register in assembly for register in ("ymm", "zmm", ".2d")), "no vector registers"


@pytest.mark.parametrize("name", EXACT)
def test_the_same_without_numba(name):
    x = points(name)[::40]
    with np.errstate(all="ignore"):
        uncompiled = np.array([VECTOR[name](at) for at in x])
    np.testing.assert_allclose(uncompiled, compiled(name, x), rtol=1e-15, atol=5e-324)


def test_logaddexp():
    x = np.array([1.0, -3.0, 700.0, math.inf, -math.inf, math.inf, math.nan, 1.0])
    y = np.array([2.0, -3.0, -700.0, math.inf, -math.inf, -math.inf, 1.0, math.nan])
    with np.errstate(all="ignore"):
        got = [VECTOR["logaddexp"](a, b) for a, b in zip(x, y)]
    np.testing.assert_allclose(got, np.logaddexp(x, y), rtol=1e-15)


def test_text_has_only_what_is_used():
    text = source_of(["exp"])
    assert "def vector_exp(x):" in text and "log" not in text.split("def vector_exp")[0]
    assert text == source_of(["exp"])
