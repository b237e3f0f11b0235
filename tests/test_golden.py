"""The gallery: generated text, committed, compared with what a person wrote for the same program."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.table.functional import add_at_rows

from .golden.programs import GALLERY, Exhibit
from .golden.update import FOLDER, generated

RATIO = 1.5  # generated lines of code to hand-written ones
COLUMNS = 99

exhibits = pytest.mark.parametrize("exhibit", GALLERY, ids=[e.name for e in GALLERY])


def committed(exhibit: Exhibit) -> Path:
    return FOLDER / f"{exhibit.name}.py"


def by_hand(exhibit: Exhibit):
    return importlib.import_module(f"{__package__}.golden.{exhibit.name}_by_hand").value_and_grad


def functions(module):
    return [f for f in vars(module).values() if callable(f) and f.__name__.endswith("_value_and_grad")]


def lines_of_code(text: str) -> int:
    """Lines that are not blank, comments, docstrings, or of the helper that stands for `np.add.at`, copied in."""
    tree = ast.parse(text)
    described = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.Module)) and ast.get_docstring(node)
    ]
    copied = [node for node in tree.body if getattr(node, "name", None) == add_at_rows.__name__]
    left_out = {
        n for d in [*(d.body[0] for d in described), *copied] for n in range(d.lineno, d.end_lineno + 1)
    }
    lines = enumerate(text.splitlines(), 1)
    return sum(
        1 for n, line in lines if line.strip() and not line.strip().startswith("#") and n not in left_out
    )


def leaves(x):
    if isinstance(x, dict):
        return [leaf for key in sorted(x) for leaf in leaves(x[key])]
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in leaves(item)]
    return [np.asarray(x)]


def assert_close(found, wanted, tolerance=1e-12):
    found, wanted = leaves(found), leaves(wanted)
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@exhibits
def test_the_committed_text_is_what_is_generated(exhibit):
    """After a change of the output that is meant: `python -m tests.golden.update`, and review the diff."""
    assert generated(exhibit) == committed(exhibit).read_text()


@exhibits
def test_it_is_about_as_long_as_by_hand(exhibit):
    hand = (FOLDER / f"{exhibit.name}_by_hand.py").read_text()
    assert lines_of_code(committed(exhibit).read_text()) <= RATIO * lines_of_code(hand)


@exhibits
def test_lines_are_short(exhibit):
    assert max(map(len, committed(exhibit).read_text().splitlines())) <= COLUMNS


def test_ruff_finds_nothing():
    files = [str(committed(e)) for e in GALLERY]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--isolated",
            "--select",
            "E,W,F,I,B,UP,SIM",
            "--line-length",
            "99",
            *files,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@exhibits
def test_by_hand_gives_the_same(exhibit):
    found = value_and_grad(exhibit.fun, exhibit.wrt)(*exhibit.args)
    assert_close(found, by_hand(exhibit)(*exhibit.args))


@exhibits
def test_a_numerical_derivative_agrees(exhibit):
    _, gradient = value_and_grad(exhibit.fun, exhibit.wrt)(*exhibit.args)
    wrt = exhibit.wrt if isinstance(exhibit.wrt, tuple) else (exhibit.wrt,)
    gradient = gradient if isinstance(exhibit.wrt, tuple) else (gradient,)
    rng = np.random.default_rng(7)
    steps = {k: nested(exhibit.args[k], lambda x: rng.normal(size=np.shape(x))[()]) for k in wrt}

    def along(h):
        args = [added(a, steps[k], h) if k in steps else a for k, a in enumerate(exhibit.args)]
        return exhibit.fun(*args)

    h = 1e-4
    slope = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
    found = sum(np.sum(g * s) for k, bar in zip(wrt, gradient) for g, s in zip(leaves(bar), leaves(steps[k])))
    np.testing.assert_allclose(found, slope, rtol=1e-8)


def nested(x, change):
    return {key: nested(item, change) for key, item in x.items()} if isinstance(x, dict) else change(x)


def added(x, step, h):
    return (
        {key: added(item, step[key], h) for key, item in x.items()} if isinstance(x, dict) else x + h * step
    )


WITHOUT_S2SGRAD = """
import importlib.util, pickle, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "s2sgrad":
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
for path, function, args in pickle.load(sys.stdin.buffer):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = getattr(module, function)(*args)
    sys.stdout.buffer.write(pickle.dumps(result))
assert not any(name.split(".")[0] == "s2sgrad" for name in sys.modules)
"""


def test_exported_programs_run_without_s2sgrad(tmp_path):
    import io
    import pickle

    jobs = []
    for exhibit in GALLERY:
        path = tmp_path / f"{exhibit.name}.py"
        derivative = value_and_grad(exhibit.fun, exhibit.wrt)
        derivative(*exhibit.args)
        derivative.export(path)
        jobs.append((str(path), f"{exhibit.name}_value_and_grad", exhibit.args))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_S2SGRAD], input=pickle.dumps(jobs), capture_output=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr.decode()
    results = io.BytesIO(done.stdout)
    for exhibit in GALLERY:
        found, wanted = pickle.load(results), value_and_grad(exhibit.fun, exhibit.wrt)(*exhibit.args)
        for a, b in zip(leaves(found), leaves(wanted)):
            assert a.tobytes() == b.tobytes()
