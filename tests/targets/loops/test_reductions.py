"""Reductions in compiled loops."""

import numpy as np
import pytest

from s2sgrad import value_and_grad

SPECIAL = {"finite": 0.3, "nan": np.nan, "infinite": np.inf, "minus infinite": -np.inf, "minus zero": -0.0}


@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("extreme", [np.max, np.min], ids=["max", "min"])
def test_the_extremes_that_become_vector_instructions_are_those_of_numpy(extreme, dtype, special):
    x = np.random.default_rng(0).standard_normal((4, 37)).astype(dtype)
    x[1, 5] = SPECIAL[special]
    x[2] = -np.abs(x[2])

    def by_rows(x):
        return np.sum(extreme(2 * x, axis=1) ** 2)

    def of_all(x):
        return 3 * extreme(x)

    with np.errstate(invalid="ignore"):
        for loss in (by_rows, of_all):
            (value, gradient), expected = value_and_grad(loss, jit=True)(x), value_and_grad(loss)(x)
            np.testing.assert_allclose(value, expected[0], rtol=1e-6)
            np.testing.assert_allclose(gradient, expected[1], rtol=1e-6)
            assert gradient.dtype == dtype
    assert "vector_rank" in value_and_grad(by_rows, jit=True).lower(x).loops
