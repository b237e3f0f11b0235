"""One fresh module cache for the whole run, shared by its workers, set before anything imports s2sgrad."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

# Workers of pytest-xdist inherit the controller's folder: several processes at one cache is a use to test.
os.environ.setdefault("S2SGRAD_VERIFY", "1")  # programs are checked after every pass
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
if not IS_WORKER:
    os.environ["S2SGRAD_CACHE_DIR"] = tempfile.mkdtemp(prefix="s2sgrad-tests-")
CACHE_DIR = os.environ["S2SGRAD_CACHE_DIR"]

# The first example of a test compiles, the others do not: a time limit per example would only be flaky.
settings.register_profile("s2sgrad", deadline=None, print_blob=True)
settings.load_profile("s2sgrad")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the cache when the run that made it ends (a hook, so that forked children do not)."""
    if not IS_WORKER:
        shutil.rmtree(CACHE_DIR, ignore_errors=True)
