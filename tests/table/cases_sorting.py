"""Cases of sorted arrays."""

from __future__ import annotations

import numpy as np

from .case import Case

rng = np.random.default_rng(14)
V = rng.normal(size=7)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
S = M.astype(np.float32)
INTEGERS = np.array([3.0, 1.0, 2.0, 0.5])
CASES = [
    Case(np.sort, (V,)),
    Case(np.sort, (M,)),
    Case(np.sort, (M, 0)),
    Case(np.sort, (M, None)),
    Case(np.sort, (T, 1)),
    Case(np.sort, (S,)),
    Case(np.sort, (np.zeros(0),)),
    Case(np.sort, (V,), {"kind": "stable"}),
    Case(np.sort, (M,), {"axis": -1, "kind": "heapsort"}),
    Case(np.sort, (V,), {"stable": True}),
    Case(np.partition, (V, 3)),
    Case(np.partition, (M, 1)),
    Case(np.partition, (M, (0, 2), 1)),
    Case(np.partition, (M, 1, 0)),
    Case(np.partition, (M, 5, None)),
    Case(np.unique, (V,)),
    Case(np.unique, (M,)),
    Case(np.unique, (INTEGERS,), {"return_inverse": True}),
    Case(np.unique, (M, True, True, True)),
    Case(np.unique, (M,), {"axis": 0}),
    Case(np.unique, (M, False, False, True), {"axis": 1}),
]
