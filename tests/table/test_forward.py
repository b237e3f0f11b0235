"""Every case of every chapter in forward mode, compiled: its tangent, and that it is the pullback's transpose.

One in some forty is in the quick suite; `-m slow` runs the others.
"""

from __future__ import annotations

import pytest

from .case import Case
from .higher import check_forward
from .test_compiled import selected


@pytest.mark.parametrize("case", selected(thin=12))
def test_forward(case: Case) -> None:
    check_forward(case)
