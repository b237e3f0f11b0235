"""Cases of subscripts and of the functions that take entries."""

from __future__ import annotations

import operator

import numpy as np

from .case import Case

rng = np.random.default_rng(13)
V = rng.normal(size=6)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
S = M.astype(np.float32)
Z = M + 1j * rng.normal(size=(3, 4))
SUBSCRIPTS = [
    (V, 2),
    (V, -1),
    (V, slice(1, 4)),
    (V, slice(None, None, -1)),
    (V, slice(4, 0, -2)),
    (V, slice(2, 2)),
    (V, None),
    (V, Ellipsis),
    (V, ()),
    (V, np.array([0, 3, 3, -1])),
    (V, [0, 0, 0]),
    (V, np.array([[0, 1], [1, 5]])),
    (V, V > 0),
    (V, np.zeros(6, bool)),
    (V, np.zeros(0, int)),
    (M, 1),
    (M, (1, 2)),
    (M, (slice(None), 2)),
    (M, (Ellipsis, -1)),
    (M, (slice(None, 2), slice(None, None, 2))),
    (M, (None, slice(None), None, 1)),
    (M, ([0, 1, 0], [2, 3, 2])),
    (M, (slice(None), [1, 1, 0])),
    (M, ([[0], [2]], [1, 3])),
    (M, M > 0),
    (M, np.array([True, False, True])),
    (M, (slice(None), np.array([True, False, True, True]))),
    (M, (np.array([True, False, True]), 2)),
    (M, np.array([2, 2])),
    (T, (0, Ellipsis, [1, 1])),
    (T, ([0, 1], slice(None), [1, 1])),
    (T, (slice(None), None, 1)),
    (T, (1, 2, 3)),
    (T, (Ellipsis, slice(1, 3))),
    (S, (slice(None), 1)),
    (S, [0, 0]),
    (Z, (0, slice(None))),
    (Z, [1, 1]),
    (np.array(0.7), ()),
    (np.zeros(0), slice(None)),
    (V, np.int64(3)),
]
CASES = [
    Case(operator.getitem, (x, index), wrt=(0,), name=f"getitem{k}")
    for k, (x, index) in enumerate(SUBSCRIPTS)
]
CASES += [
    Case(np.take, (V, [0, 2, 2])),
    Case(np.take, (M, [0, 5, -1])),
    Case(np.take, (M, [1, 1, 3], 1)),
    Case(np.take, (T, np.array([[0, 1], [1, 2]]), 1)),
    Case(np.take, (M, 2, 0)),
    Case(np.take, (V, [7, -8, 3]), {"mode": "wrap"}),
    Case(np.take, (V, [7, -8, 3]), {"mode": "clip"}),
    Case(np.take, (S, [0, 0], -1)),
    Case(np.take, (M, [4, -4], 0), {"mode": "wrap"}),
    Case(np.take, (V, 3)),
    Case(np.take, (V, np.zeros(0, int))),
    Case(np.take_along_axis, (M, np.argsort(M, axis=1), 1)),
    Case(np.take_along_axis, (M, np.argsort(M, axis=0), 0)),
    Case(np.take_along_axis, (M, np.array([0, 5, 5]), None)),
    Case(np.take_along_axis, (T, np.array([[[0], [1], [1]]]), 2)),
    Case(np.take_along_axis, (T, np.zeros((2, 1, 4), int), -2)),
    Case(np.take_along_axis, (V, np.array([1, 1]), 0)),
    Case(np.take_along_axis, (T[:1], np.ones((5, 3, 2), int), 2)),
    Case(np.take_along_axis, (S, np.argsort(S), -1)),
    Case(np.compress, ([True, False, True], M, 0), wrt=(1,)),
    Case(np.compress, ([False, True], M, 1), wrt=(1,)),
    Case(np.compress, ([True, False, True, True, False], M), wrt=(1,)),
    Case(np.compress, (np.array([True, False, True]), V), wrt=(1,)),
    Case(np.extract, (M > 0, M), wrt=(1,)),
    Case(np.extract, ([1, 0, 1, 0, 0, 1], V), wrt=(1,)),
]
