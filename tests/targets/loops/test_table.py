"""Every function of the table under `jit=True` against the NumPy program: value, types, cotangents and tangents.

The quick suite runs the loops of one case a function as plain Python, and compiles one in so many; `-m slow` compiles
all. What has no compiled form is a `JitError`, decided by the tables that `supported()` reads.
"""

from __future__ import annotations

import copy
import subprocess
import sys
import warnings
import zlib
from typing import Any

import numpy as np
import pytest

from s2sgrad import JitError, supported, vjp
from s2sgrad.table.registry import lookup
from s2sgrad.targets.loops import coverage
from tests.table.case import Case
from tests.table.compiled import finite_only, program
from tests.table.eager import active_positions, is_floating, map_leaves, normal, precision
from tests.table.test_compiled import selected

from .uncompiled import run_uncompiled

ONE_EACH = 10_000
# Options, of functions that compile otherwise: the beginning of a case's name, and what the error says.
REFUSED = {
    "reductions-poly(": "with_roots",
    "scipy_linalg-leslie": "whose size is not known",
    "linalg-qr(": "mode='complete'",
    "scipy_linalg-eig": "of a real matrix",  # the values decide the dtype
    "linalg-eig": "`s2sgrad.table.functional.in_kind`",  # of real matrices too
    "scipy_linalg-qr(": "with ",
    "scipy_linalg-solve(3x3,3;assume_a=": "assume_a",
    "scipy_linalg-solve(3x3,3x2;assume_a=": "assume_a",
    "shapes-insert(": "`operator.getitem` with this subscript",
    "shapes-array(tuple)": "of unknown type",
    "sorting-unique(": "along an axis",
    "special-sici(2x3)": "`numpy.copysign`",
    "elementwise-piecewise(float": "`operator.getitem`",
    "indexing-extract(list": "`s2sgrad.table.functional.index_add`",
    "products-matmul(3x2,2x3)": "`operator.matmul`",
}
CHOICE = "the signs of eigenvectors are a choice, and LAPACK makes another from the other triangle"


def check_jit(case: Case, name: str) -> None:
    """A case's value and pullback are those of the NumPy program, or the case is refused as declared."""
    positions = active_positions(case)
    if not positions:
        return
    fun = program(case, positions)
    args = [case.args[k] for k in positions]
    entry = lookup(case.fun)
    assert entry is not None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, pullback = vjp(fun, *copy.deepcopy(args))
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        g = map_leaves(lambda leaf: finite_only(normal(rng, leaf), leaf), value)
        want = pullback(g)
        try:
            have_value, have_pullback = vjp(fun, *copy.deepcopy(args), jit=True)
            have = have_pullback(g)
        except JitError as error:
            assert "jit=False" in str(error)
            assert is_refused(case, name, str(error)), f"{name}: {error}"
            return
    single = precision(case.args, value) == "single"
    agree(value, have_value, 1e-4 if single else 1e-10, f"{name}: value")
    agree(want, have, 1e-3 if single else 1e-8, f"{name}: cotangents")


def is_refused(case: Case, name: str, message: str) -> bool:
    """Whether a refusal is declared: of the function, or of these options of it."""
    if not coverage.compiles(lookup(case.fun).name, case.fun, lookup(case.fun)):
        return True
    return any(name.startswith(key) and words in message for key, words in REFUSED.items())


def agree(want: Any, have: Any, rtol: float, what: str) -> None:
    """The same structure, shapes, dtypes and numbers, up to rounding."""

    def same(a: Any, b: Any) -> None:
        if not is_floating(a):
            assert a is None or np.all(np.asarray(a == b)), what
            return
        assert np.shape(a) == np.shape(b) and np.asarray(a).dtype == np.asarray(b).dtype, what
        size = np.max(np.abs(a[np.isfinite(a)]), initial=1e-300) if np.ndim(a) else abs(a)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol * min(size, 1e3), err_msg=what)

    map_leaves(same, want, have)


def named(every: int, thin: int = 1, known: dict[str, str] | None = None) -> list[Any]:
    out = []
    for p in selected(every, thin=thin):
        reasons = [reason for key, reason in (known or {}).items() if p.id.startswith(key)]
        marks = [*p.marks, *[pytest.mark.xfail(reason=reason, strict=False) for reason in reasons]]
        out.append(pytest.param(p.values[0], p.id, id=p.id, marks=marks))
    return out


KNOWN = {
    **{f"linalg-eigh({shape};UPLO='U')": CHOICE for shape in ("3x3", "2x3x3")},
    "scipy_linalg-eigh(3x3;lower=False": CHOICE,
}


@pytest.mark.parametrize(("case", "name"), named(ONE_EACH, known=KNOWN))
def test_as_python(case: Case, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of loops is right before anything compiles it."""
    run_uncompiled(monkeypatch)
    check_jit(case, name)


@pytest.mark.parametrize(("case", "name"), named(ONE_EACH, thin=14, known=KNOWN))
def test_compiled(case: Case, name: str) -> None:
    """Numba compiles it, and the machine code gives the same."""
    check_jit(case, name)


def test_the_column_says_what_compiles():
    rows = {row.name: row.jit for row in supported()}
    assert rows["numpy.sum"] and rows["numpy.linalg.svd"] and rows["scipy.special.wofz"]
    assert not rows["scipy.linalg.sqrtm"] and not rows["numpy.real_if_close"]


def test_nearly_all_of_the_table_compiles():
    """In a process of its own: other tests add rows of functions that they call."""
    text = "from s2sgrad import supported; print(sum(not row.jit for row in supported()))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 19


def test_a_refusal_names_the_operation_the_line_and_the_remedy():
    def f(x):
        return np.sum(np.linalg.qr(x, mode="complete")[0])

    with pytest.raises(JitError, match=r"numpy\.linalg\.qr.*mode='complete'.*jit=False") as caught:
        vjp(f, np.eye(3), jit=True)
    assert caught.value.lineno is not None and "np.linalg.qr" in caught.value.text
