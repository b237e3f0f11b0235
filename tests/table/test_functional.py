"""Functional forms of array writes, and how they are printed."""

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.table.functional import add_at_rows

SHAPES = {"rows": (7, 3), "planes": (7, 2, 3), "one column": (7, 1), "empty rows": (7, 0)}
INDICES = {
    "repeated": np.array([0, 6, 0, 0, 3]),
    "negative": np.array([-1, 6, -7, 0]),
    "narrow": np.array([5, 5, 1], np.int8),
    "unsigned": np.array([5, 5, 1], np.uint64),
    "of two axes": np.array([[1, 2], [2, 1], [6, 6]]),
    "none": np.zeros(0, int),
}


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_rows_are_added_as_numpy_adds_them(shape, index, dtype, layout):
    random = np.random.default_rng(0)
    start = random.standard_normal(shape).astype(dtype)
    rows = random.standard_normal(index.shape + shape[1:]).astype(dtype)
    for v in (rows, rows[..., :1], dtype(2.0)):
        wanted = start.copy()
        np.add.at(wanted, index, v)
        got = (
            np.zeros((14, *shape[1:]), dtype)[::2] if layout == "strided" else np.empty(shape, dtype, layout)
        )
        got[...] = start
        add_at_rows(got, index, v)
        assert np.array_equal(got, wanted)


def test_an_index_out_of_bounds_is_an_error():
    for k in (7, -8):
        with pytest.raises(IndexError):
            add_at_rows(np.zeros((7, 3)), np.array([0, k]), 1.0)


def test_the_gradient_of_a_lookup_adds_rows():
    words, table = np.array([[2, 0], [2, -1]]), np.arange(8.0).reshape(4, 2)

    def loss(table):
        return np.sum(table[words] ** 3)

    expected = np.array([3 * table[0] ** 2, 0 * table[1], 6 * table[2] ** 2, 3 * table[3] ** 2])
    np.testing.assert_allclose(grad(loss)(table), expected)
    np.testing.assert_allclose(grad(loss)(np.asfortranarray(table)), expected)
    assert "add_at_rows(" in grad(loss).source_for(table)
