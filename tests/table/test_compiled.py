"""Every case of every chapter, compiled: value, dtypes, shapes and pullback of a program that makes its call.

Of each function every third case is in the quick suite, the first one always; `-m slow` runs the others.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .case import Case
from .compiled import check_compiled
from .test_rules import ALL

EVERY = 3


def selected(every: int = EVERY, order: int = 1, thin: int = 1) -> list[Any]:
    """The cases with derivatives of an order as parameters, those that the quick suite leaves out marked as slow.

    `thin` keeps one in so many of those that are left.
    """
    seen: Counter[Any] = Counter()
    out = []
    for file, case in ALL:
        if case.orders < order:
            continue
        quick = seen[case.fun] % every == 0
        seen[case.fun] += 1
        seen["quick"] += quick
        name = f"{file[6:]}-{case!r}"
        marks = [] if quick and seen["quick"] % thin == 0 else [pytest.mark.slow]
        out.append(pytest.param(case, id=name, marks=marks))
    return out


@pytest.mark.parametrize("case", selected())
def test_compiled(case: Case) -> None:
    check_compiled(case)
