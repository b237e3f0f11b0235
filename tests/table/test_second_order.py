"""Every case that has a second derivative: forward over reverse and reverse over reverse, compiled.

One in some eighty is in the quick suite; `-m slow` runs the others.
"""

from __future__ import annotations

import pytest

from .case import Case
from .higher import check_second_order
from .test_compiled import selected

UNKNOWN = "a rule of its rule branches on the rank of a value whose type is not found: a NotStatic error"
PIECES = "how many pieces there are is known at run time only, and the rule asks for their list"
KNOWN = {
    "linalg-eig(": UNKNOWN,
    "linalg-eig of conjugate pairs(3x3)": UNKNOWN,
    "linalg-eigvals(": UNKNOWN,
    "linalg-tensorinv(2x3x6)": UNKNOWN,
    "scipy_linalg-eig(3x3)": UNKNOWN,
    "scipy_linalg-eigvals(3x3)": UNKNOWN,
    "scipy_linalg-leslie(4,3)": UNKNOWN,
    "scipy_linalg-solve_banded": "slices are multiplied by ranks where the rank is not found",
    "shapes-hsplit(": PIECES,
    "shapes-split(": PIECES,
    "shapes-unstack(": PIECES,
    "shapes-vsplit(": PIECES,
    "special-gamma(complex)": "the derivative of digamma is SciPy's zeta, which takes real numbers only",
    "special-loggamma(complex)": "the derivative of digamma is SciPy's zeta, which takes real numbers only",
    "special-rgamma(complex)": "signs are moved to and fro without end where a constant is complex",
    "special-stdtr(3,3)": "the derivative in the degrees of freedom is itself a difference quotient",
}


@pytest.mark.parametrize("case", selected(every=4, order=2, thin=20, known=KNOWN))
def test_second_order(case: Case) -> None:
    check_second_order(case)
