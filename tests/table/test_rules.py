"""Every case of every chapter, through the eager checker of rules."""

from __future__ import annotations

import importlib
import math
import operator
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sgrad.table
from s2sgrad.table.functional import index_set
from s2sgrad.table.registry import lookup

from .case import Case
from .eager import check

CHAPTERS = sorted(module.name for module in pkgutil.iter_modules(s2sgrad.table.__path__))
FILES = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))


def imported(name: str) -> object | None:
    """A module, or None where it cannot be imported: `test_imports` says why, the other chapters go on."""
    try:
        return importlib.import_module(name)
    except Exception:
        return None


for chapter in CHAPTERS:
    imported(f"s2sgrad.table.{chapter}")
ALL = [(file, case) for file in FILES for case in getattr(imported(f"{__package__}.{file}"), "CASES", [])]


@pytest.mark.parametrize(
    "name", [f"s2sgrad.table.{c}" for c in CHAPTERS] + [f"{__package__}.{f}" for f in FILES]
)
def test_imports(name: str) -> None:
    importlib.import_module(name)


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file[6:]}-{case!r}") for file, case in ALL])
def test_rule(case: Case) -> None:
    check(case)


INF, NAN = math.inf, math.nan
EDGES = [
    # function, arguments, position, cotangent for g = 1: where no numerical derivative reaches
    (operator.pow, (0.0, 0.5), 0, INF),
    (operator.pow, (0.0, 0), 0, 0.0),
    (operator.pow, (0.0, 1), 0, 1.0),
    (operator.pow, (0.0, 2.5), 1, 0.0),
    (operator.pow, (np.zeros(2), np.array([0.0, 1.0])), 0, np.array([0.0, 1.0])),
    (operator.pow, (np.zeros(2), np.array([0.5, 2.0])), 1, np.zeros(2)),
    (operator.abs, (np.array([0.0, -0.0]),), 0, np.zeros(2)),
    (operator.abs, (np.array([0j, 3 + 4j]),), 0, np.array([0.0, 0.6 - 0.8j])),
    (np.sqrt, (np.array([0.0, 4.0]),), 0, np.array([INF, 0.25])),
    (math.sqrt, (0.0,), 0, INF),
    (math.cbrt, (0.0,), 0, INF),
    (math.asin, (1.0,), 0, INF),
    (math.acos, (-1.0,), 0, -INF),
    (math.acosh, (1.0,), 0, INF),
    (math.fabs, (0.0,), 0, 0.0),
    (math.hypot, (0.0, 0.0), 1, 0.0),
    (math.atan2, (0.0, 0.0), 0, 0.0),
    (np.hypot, (np.zeros(1), np.zeros(1)), 0, np.zeros(1)),
    (np.sinc, (np.array([0.0, 1e-9]),), 0, np.array([0.0, -1e-9 * math.pi**2 / 3])),
    (np.clip, (np.array([-1.0, 1.0, 2.0]), -1.0, 1.0), 0, np.array([1.0, 1.0, 0.0])),
    (np.logaddexp, (np.array([-INF, -INF, 2.0]), np.array([-INF, 0.0, -INF])), 0, np.array([0.0, 0.0, 1.0])),
    (np.maximum, (np.array([2.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0])), 0, np.array([1.0, 0.5, 0.0])),
    (np.fmax, (np.array([NAN, 2.0]), np.array([1.0, NAN])), 0, np.array([0.0, 1.0])),
    (np.copysign, (np.array([0.0, 2.0]), -1.0), 0, np.array([0.0, -1.0])),
    (np.where, (np.array([True, False]), np.array([1.0, NAN]), 0.0), 1, np.array([1.0, 0.0])),
]


@pytest.mark.parametrize(("fun", "args", "k", "expected"), EDGES, ids=lambda x: getattr(x, "__name__", None))
def test_edge(fun: Any, args: tuple, k: int, expected: Any) -> None:
    entry = lookup(fun)
    assert entry is not None and entry.vjps is not None
    with np.errstate(divide="ignore", invalid="raise"):
        ans = fun(*args)
        found = entry.vjps[k](np.ones(np.shape(ans)) if isinstance(ans, np.ndarray) else 1.0, ans, *args)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_write_over_a_write_has_the_last() -> None:
    rule = lookup(index_set).vjps[2]
    x, index = np.zeros(3), np.array([0, 0, 1])
    found = rule(np.array([5.0, 7.0, 9.0]), index_set(x, index, np.ones(3)), x, index, np.ones(3))
    np.testing.assert_array_equal(found, [0.0, 5.0, 7.0])


def test_the_checker_sees_a_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = lookup(np.sin)
    monkeypatch.setattr(entry, "vjps", (lambda g, ans, x: g * np.sin(x),))
    with pytest.raises(AssertionError, match="numpy.sin"):
        check(Case(np.sin, (np.array([0.3, 0.5]),)))
