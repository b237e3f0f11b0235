"""Every name of the committed list, in every variant: reverse, forward and second order against numerical derivatives.

Of each name the first program is in the quick suite, at first order; `-m slow` runs all, in all modes.
"""

from __future__ import annotations

from typing import Any

import pytest

from .compiled import check_compiled
from .field.check import GROUPS, case_of, programs
from .higher import check_forward, check_second_order

QUICK = 3  # one name in so many has its first program in the quick suite


def listed() -> list[Any]:
    """The programs of all names, those that the quick suite leaves out marked as slow."""
    out, number = [], 0
    for group in GROUPS:
        for name, texts in programs(group).items():
            for k, text in enumerate(texts):
                number += k == 0
                marks = [] if k == 0 and number % QUICK == 0 else [pytest.mark.slow]
                out.append(pytest.param(name, text, id=f"{name}: {text}", marks=marks))
    return out


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "text"), listed())
def test_field(name: str, text: str) -> None:
    case = case_of(name, text)
    check_compiled(case)
    check_forward(case)
    if case.orders > 1:
        check_second_order(case)


def test_every_name_has_programs() -> None:
    names = {name: texts for group in GROUPS for name, texts in programs(group).items()}
    assert len(names) > 750
    assert all(texts for texts in names.values())
