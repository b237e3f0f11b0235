"""Compiled derivatives and the disk: warm starts, damaged and missing caches, processes and threads at once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os, sys, threading
import numpy as np
from s2sgrad import grad

def loss(w, x):
    return np.sum((x @ w) ** 2) * 0.5

x, w = np.arange(6.0).reshape(3, 2), np.array([1.0, -2.0])
expected = x.T @ (x @ w)
derivative = grad(loss, jit=True)
"""
CHECK = """
np.testing.assert_allclose(derivative(w, x), expected)
stats = derivative.jitted.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def start(cache, body=CHECK, folder=None, **environment):
    """A new process that runs the program with a cache folder of its own."""
    folder = Path(folder or cache).parent
    file = folder / "program.py"
    if not file.exists():
        file.write_text(PROGRAM + textwrap.dedent(body))
    own = {"S2SGRAD_CACHE": "1", "S2SGRAD_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    env = {**os.environ, **own, **environment}  # other tests may have turned the cache off
    return subprocess.Popen(
        [sys.executable, "-B", str(file)],
        env=env,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split()


def test_a_second_process_starts_warm_and_damage_is_repaired(tmp_path):
    cache = tmp_path / "cache"
    assert result(start(cache)) == ["0", "1"]
    assert result(start(cache)) == ["1", "0"]
    beside = {p.name for p in tmp_path.iterdir()}
    assert beside == {"cache", "program.py"}  # nothing is written beside the user's file

    (module,) = cache.glob("loss_grad*.py")
    module.write_text("broken (")
    assert len(result(start(cache))) == 2
    assert "broken" not in module.read_text()

    for file in [*cache.rglob("*.nbi"), *cache.rglob("*.nbc")]:
        file.write_bytes(b"damaged")
    assert result(start(cache)) == ["0", "1"]
    assert result(start(cache)) == ["1", "0"]


def test_two_processes_at_once(tmp_path):
    both = [start(tmp_path / "cache") for _ in range(2)]
    assert [len(result(p)) for p in both] == [2, 2]


def test_without_a_cache_nothing_is_kept(tmp_path):
    cache = tmp_path / "cache"
    assert result(start(cache, S2SGRAD_CACHE="0")) == ["0", "1"]
    assert {p.name for p in tmp_path.iterdir()} == {"program.py"}


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert result(start(tmp_path / "file" / "cache", folder=tmp_path / "x")) == ["0", "1"]


def test_threads_and_a_forked_child(tmp_path):
    body = """
    found = []
    threads = [threading.Thread(target=lambda: found.append(derivative(w, x))) for _ in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert len(found) == 4
    for g in found:
        np.testing.assert_allclose(g, expected)
    child = os.fork()
    if child == 0:
        ok = np.allclose(derivative(w, x), expected) and np.allclose(grad(lambda w: np.sum(w * w), jit=True)(w), 2 * w)
        os._exit(0 if ok else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert result(start(tmp_path / "cache", body)) == ["0"]
