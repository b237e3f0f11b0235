"""The saddle point and the particle of Pearlmutter and Siskind, in all combinations of modes."""

from __future__ import annotations

import numpy as np
import pytest

from .nested_problems import particle, saddle

MODES = ("forward", "reverse")


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_saddle(outer: str, inner: str) -> None:
    x, y = saddle(outer, inner)
    np.testing.assert_allclose(x, 0, atol=2e-5)
    np.testing.assert_allclose(y, 0, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_particle(outer: str, inner: str) -> None:
    height, left = particle(outer, inner)
    assert abs(height - 0.20719187464861194) < 1e-6  # published with the problem
    assert left < 1e-7
