"""Every case that has a second derivative: forward over reverse and reverse over reverse, compiled.

One in some eighty is in the quick suite; `-m slow` runs the others.
"""

from __future__ import annotations

import pytest

from .case import Case
from .higher import check_second_order
from .test_compiled import selected


@pytest.mark.parametrize("case", selected(every=4, order=2, thin=20))
def test_second_order(case: Case) -> None:
    check_second_order(case)
