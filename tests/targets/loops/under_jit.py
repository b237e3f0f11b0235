"""A pytest plugin: every derivative of a test run is made with `jit=True`; what is refused with JitError is skipped.

With NUMBA_DISABLE_JIT=1 the generated loops run as Python, so that the whole language is gone through in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import s2sgrad.api
import s2sgrad.compiler
from s2sgrad.errors import JitError

_original = s2sgrad.compiler.jit_options


def _always(jit: Any) -> Any:
    options = _original(jit)
    return () if options is False else options


s2sgrad.compiler.jit_options = s2sgrad.api.jit_options = _always


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Skip a test at whose bottom lies a JitError that names its place and the way out."""
    outcome: Any = yield
    error = outcome.excinfo[1] if outcome.excinfo else None
    while error is not None and not isinstance(error, JitError):
        error = error.__cause__ or error.__context__
    if error is not None:
        assert "jit=False" in error.message
        outcome.force_exception(pytest.skip.Exception(f"refused: {error.message}"))
