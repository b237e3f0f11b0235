"""The table knows which functions may return memory of their arguments: other results may be written in place."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from s2sgrad.table.registry import lookup

from .case import Case
from .eager import leaves
from .test_rules import ALL

NO_DERIVATIVE = {"numpy.histogram"}  # of what it shares: the edges of the bins


def shared_positions(case: Case) -> set[int]:
    """The arguments of a case with which its result shares memory."""
    args = copy.deepcopy(case.args)
    with np.errstate(all="ignore"):
        results = [
            r for r in leaves(case.fun(*args, **copy.deepcopy(case.kwargs))) if isinstance(r, np.ndarray)
        ]
    arrays = [(k, a) for k, arg in enumerate(args) for a in leaves(arg) if isinstance(a, np.ndarray)]
    return {k for k, a in arrays if any(np.shares_memory(a, r) for r in results)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("file", sorted({file for file, _ in ALL}))
def test_results_that_share_memory_are_declared(file: str) -> None:
    for case in (case for name, case in ALL if name == file):
        entry = lookup(case.fun)
        if entry.view or entry.shares or entry.name in NO_DERIVATIVE:
            continue
        assert not shared_positions(case), f"{case}: declare {entry.name} with view=True or shares=True"
