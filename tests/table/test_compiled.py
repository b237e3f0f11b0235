"""Every case of every chapter, compiled: value, dtypes, shapes and pullback of a program that makes its call."""

from __future__ import annotations

import pytest

from .case import Case
from .compiled import check_compiled
from .test_rules import ALL


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file[6:]}-{case!r}") for file, case in ALL])
def test_compiled(case: Case) -> None:
    check_compiled(case)
