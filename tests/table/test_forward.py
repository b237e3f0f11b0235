"""Every case of every chapter in forward mode, compiled: its tangent, and that it is the pullback's transpose.

Of each function every third case is in the quick suite, the first one always; `-m slow` runs the others.
"""

from __future__ import annotations

import pytest

from .case import Case
from .higher import check_forward
from .test_compiled import selected


@pytest.mark.parametrize("case", selected())
def test_forward(case: Case) -> None:
    check_forward(case)
