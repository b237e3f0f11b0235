"""Lists of arrays that a loop made, joined: one after the other, beside one another, as rows, columns and layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sgrad import value_and_grad

from .numerical import check

X = np.array([0.3, -1.2, 0.7, 1.9, -0.4])


def rows(x):
    out = []
    for v in x:
        out.append(np.array([v, v * v, 1.0]))
    return out


def blocks(x):
    out = []
    for v in x:
        out.append(np.outer(x[:2], np.array([v, v * v, 1.0])))
    return out


def weighted(a):
    return np.sum(a * np.reshape(np.arange(1.0 * a.size), a.shape))


JOINED = {
    "concatenate": lambda x: np.concatenate(rows(x)),
    "of different lengths": lambda x: np.concatenate([x[: k + 1] * v for k, v in enumerate(x)]),
    "along an axis": lambda x: np.concatenate(blocks(x), axis=1),
    "along the last axis": lambda x: np.concatenate(blocks(x), -1),
    "vstack": lambda x: np.vstack(rows(x)),
    "vstack of blocks": lambda x: np.vstack(blocks(x)),
    "hstack": lambda x: np.hstack(rows(x)),
    "hstack of blocks": lambda x: np.hstack(blocks(x)),
    "column_stack": lambda x: np.column_stack(rows(x)),
    "dstack": lambda x: np.dstack(rows(x)),
    "dstack of blocks": lambda x: np.dstack(blocks(x)),
    "stack": lambda x: np.stack(blocks(x), axis=1),
    "stack along the last axis": lambda x: np.stack(blocks(x), axis=-1),
    "with more": lambda x: np.concatenate([*rows(x), x]),
}


@pytest.mark.parametrize("make", JOINED.values(), ids=JOINED)
def test_gradient(make: Any):
    check(lambda x: weighted(make(x)), X, rtol=1e-6)


def test_what_cannot_be_joined():
    for columns in ([1, 2, 3, 4, 5], [2, 1, 1, 1, 1]):
        f = lambda x: np.sum(np.concatenate([np.ones((2, columns[k])) * v for k, v in enumerate(x)]) ** 2)
        with pytest.raises(ValueError):
            value_and_grad(f)(X)
    with pytest.raises((ValueError, IndexError)):
        value_and_grad(lambda x: np.sum(np.concatenate([x * v for v in x if v > 100])))(X)


def test_rows_and_columns_that_trade_places():
    def f(m):
        m = m.copy()
        for k in range(2):
            p = k + int(np.argmax(np.abs(m[k:, k])))
            m[[k, p]] = m[[p, k]]
            m[:, [k, p]] = m[:, [p, k]] * 2
            m[[k, p], [p, k]] += m[[p, k], 0]
        return weighted(m)

    check(f, np.arange(12.0).reshape(3, 4) / 7 + 0.1)
