"""Sparse Jacobians by colouring.

Columns of which no two have an entry in the same row can be found together: one forward sweep along the sum of their
unit vectors gives all their entries, each in a row of its own. Which columns go together is a colouring of the graph
that joins columns with a row in common (Curtis, Powell and Reid, 1974); rows and backward sweeps likewise.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from . import structure


@dataclass(frozen=True)
class Groups:
    """A pattern, row by row, with the colour of each column, or of each row."""

    shape: tuple[int, int]
    indptr: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    colours: np.ndarray
    forward: bool

    @property
    def count(self) -> int:
        """How many directions the Jacobian takes."""
        return int(self.colours.max(initial=-1)) + 1

    def directions(self, like: Any) -> list[Any]:
        """Of each colour, the sum of its unit vectors, in the shape and dtype of an array or number."""
        dtype, shape = np.asarray(like).dtype, np.shape(like)
        found = [
            (self.colours == colour).astype(dtype).reshape(shape) for colour in range(max(self.count, 1))
        ]
        return found if isinstance(like, np.ndarray) else [d[()] for d in found]

    def matrix(self, found: list[np.ndarray]) -> scipy.sparse.csr_array:
        """The matrix whose entries are in what each colour gave."""
        lane, place = (self.columns, self.rows) if self.forward else (self.rows, self.columns)
        entries = self.colours[lane] * len(found[0]) + place
        data = np.concatenate(found)[entries]
        return scipy.sparse.csr_array((data, self.columns.copy(), self.indptr.copy()), shape=self.shape)


def groups_of(pattern: Any, mode: str = "auto") -> Groups:
    """The columns (forward) or rows (reverse) to find together, the fewer groups by default."""
    try:
        known = scipy.sparse.csr_array(pattern, dtype=bool)
    except (TypeError, ValueError):
        raise ValueError(f"sparsity is a SciPy sparse pattern, not a {type(pattern).__name__}") from None
    if known.ndim != 2:
        raise ValueError(f"sparsity has {known.ndim} axes: it is a pattern of output size by input size")
    known.sum_duplicates()
    known.eliminate_zeros()
    rows = np.repeat(np.arange(known.shape[0]), np.diff(known.indptr))
    found = []
    if mode != "reverse":
        found.append(Groups(known.shape, known.indptr, rows, known.indices, colouring(known), True))
    if mode != "forward":
        colours = colouring(known.T.tocsr())
        found.append(Groups(known.shape, known.indptr, rows, known.indices, colours, False))
    return min(found, key=lambda groups: groups.count)  # of equals the first: forward


def colouring(pattern: scipy.sparse.csr_array) -> np.ndarray:
    """A colour for each column, different where two share a row: greedy, those with most neighbours first."""
    ones = pattern.astype(np.int32)
    neighbours = (ones.T @ ones).tocsr()
    colours = np.full(pattern.shape[1], -1)
    for column in np.argsort(-np.diff(neighbours.indptr), kind="stable"):
        near = neighbours.indices[neighbours.indptr[column] : neighbours.indptr[column + 1]]
        used = np.zeros(len(near) + 1, bool)
        taken = colours[near]
        used[taken[(taken >= 0) & (taken <= len(near))]] = True
        colours[column] = np.argmin(used)
    return colours


def compressed(
    groups: Groups,
    x: Any,
    along: Callable[[list[Any]], list[Any]],
    pullback: Callable[[], tuple[Any, Callable[[Any], Any]]],
) -> scipy.sparse.csr_array:
    """The Jacobian of a pattern at `x`, from the derivatives along the colours, or from their pullbacks."""
    if np.size(x) != groups.shape[1]:
        raise ValueError(f"sparsity has {groups.shape[1]} columns, and the argument has {np.size(x)} entries")
    if not groups.forward:
        return _by_rows(groups, x, *pullback())
    found = [_flattened(tangent) for tangent in along(groups.directions(x))]
    _demand_rows(groups, found[0].size)
    return groups.matrix(found)


def _by_rows(groups: Groups, x: Any, value: Any, pullback: Callable[[Any], Any]) -> scipy.sparse.csr_array:
    if not structure.is_floating(value):
        raise ValueError("a sparse Jacobian by rows is of a function whose result is one array or number")
    _demand_rows(groups, np.size(value))
    turns = np.iscomplexobj(value) and not np.iscomplexobj(x)
    found = []
    for seed in groups.directions(value):
        row = np.ravel(pullback(seed))
        found.append(row + 1j * np.ravel(pullback(-1j * seed)) if turns else row)
    return groups.matrix(found)


def pattern_of(x: Any, push: Callable[[Any], Any]) -> scipy.sparse.csr_array:
    """Which entries of the result depend on which of `x`: the sources of each, as rows of a matrix."""
    own = np.empty(np.size(x), dtype=object)
    own[:] = [frozenset([k]) for k in range(np.size(x))]
    with np.errstate(all="ignore"):
        found = push(own.reshape(np.shape(x)) if isinstance(x, np.ndarray) else own[0])
    leaves = [
        np.ravel(np.asarray(leaf, dtype=object)) for leaf in structure.leaves(found) if leaf is not None
    ]
    sources = [sorted(entry) if entry else [] for leaf in leaves for entry in leaf]
    indptr = np.cumsum([0, *map(len, sources)])
    columns = np.fromiter(itertools.chain.from_iterable(sources), int, indptr[-1])
    shape = (len(sources), np.size(x))
    return scipy.sparse.csr_array((np.ones(len(columns), bool), columns, indptr), shape=shape)


def _flattened(tangent: Any) -> np.ndarray:
    """The entries of a result of any structure, in order."""
    found = [np.ravel(leaf) for leaf in structure.leaves(tangent) if leaf is not None]
    return np.concatenate(found) if found else np.zeros(0)


def _demand_rows(groups: Groups, size: int) -> None:
    if size != groups.shape[0]:
        raise ValueError(f"sparsity has {groups.shape[0]} rows, and the result has {size} entries")


__all__ = ["Groups", "colouring", "compressed", "groups_of", "pattern_of"]
