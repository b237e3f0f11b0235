"""Sparse Jacobians by colouring.

Columns of which no two have an entry in the same row can be found together: one forward sweep along the sum of their
unit vectors gives all their entries, each in a row of its own. Which columns go together is a colouring of the graph
that joins columns with a row in common (Curtis, Powell and Reid, 1974); rows and backward sweeps likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

from . import structure


@dataclass(frozen=True)
class Groups:
    """A pattern, as the rows and columns of its entries, and the colour of each column, or of each row."""

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    colours: np.ndarray
    forward: bool

    @property
    def count(self) -> int:
        """How many sweeps the Jacobian takes."""
        return int(self.colours.max(initial=-1)) + 1


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
    entries = known.tocoo()
    found = []
    if mode != "reverse":
        found.append(Groups(known.shape, entries.row, entries.col, colouring(known), True))
    if mode != "forward":
        found.append(Groups(known.shape, entries.row, entries.col, colouring(known.T.tocsr()), False))
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
    column: Callable[[Any], Any],
    pullback: Callable[[], tuple[Any, Callable[[Any], Any]]],
) -> scipy.sparse.csr_array:
    """The Jacobian of a pattern at `x`, from one sweep for each colour."""
    if np.size(x) != groups.shape[1]:
        raise ValueError(f"sparsity has {groups.shape[1]} columns, and the argument has {np.size(x)} entries")
    data = _forward(groups, x, column) if groups.forward else _reverse(groups, x, *pullback())
    return scipy.sparse.csr_array((data, (groups.rows, groups.columns)), shape=groups.shape)


def _forward(groups: Groups, x: Any, column: Callable[[Any], Any]) -> np.ndarray:
    dtype = np.asarray(x).dtype
    data: Any = None
    for colour in range(max(groups.count, 1)):
        direction = (groups.colours == colour).astype(dtype).reshape(np.shape(x))
        found = _flattened(column(direction if isinstance(x, np.ndarray) else direction[()]))
        _demand_rows(groups, found.size)
        data = np.zeros(len(groups.rows), found.dtype) if data is None else data
        here = groups.colours[groups.columns] == colour
        data[here] = found[groups.rows[here]]
    return data


def _reverse(groups: Groups, x: Any, value: Any, pullback: Callable[[Any], Any]) -> np.ndarray:
    if not structure.is_floating(value):
        raise ValueError("a sparse Jacobian by rows is of a function whose result is one array or number")
    _demand_rows(groups, np.size(value))
    turns = np.iscomplexobj(value) and not np.iscomplexobj(x)
    data = np.zeros(len(groups.rows), np.result_type(value, x))
    for colour in range(groups.count):
        seed = (groups.colours == colour).astype(np.asarray(value).dtype).reshape(np.shape(value))
        seed = seed if isinstance(value, np.ndarray) else seed[()]
        found = np.ravel(pullback(seed))
        found = found + 1j * np.ravel(pullback(-1j * seed)) if turns else found
        here = groups.colours[groups.rows] == colour
        data[here] = found[groups.columns[here]]
    return data


def pattern_of(x: Any, push: Callable[[Any], Any]) -> scipy.sparse.csr_array:
    """Where a NaN at each entry of `x` arrives; everywhere if a function refuses it."""
    columns, size = [], 0
    with np.errstate(all="ignore"):
        size = _flattened(push(np.zeros_like(x) if isinstance(x, np.ndarray) else np.zeros_like(x)[()])).size
        for k in range(np.size(x)):
            direction = np.zeros_like(x)
            direction.reshape(-1)[k] = np.nan
            columns.append(_reached(push, direction if isinstance(x, np.ndarray) else direction[()], size))
    counts = np.cumsum([0, *map(len, columns)])
    rows = np.concatenate([*columns, np.zeros(0, int)])
    found = scipy.sparse.csc_array((np.ones(len(rows), bool), rows, counts), shape=(size, np.size(x)))
    return found.tocsr()


def _reached(push: Callable[[Any], Any], direction: Any, size: int) -> np.ndarray:
    try:
        return np.flatnonzero(np.isnan(_flattened(push(direction))))
    except (ValueError, np.linalg.LinAlgError):  # a function that takes finite numbers only
        return np.arange(size)


def _flattened(tangent: Any) -> np.ndarray:
    """The entries of a result of any structure, in order."""
    found = [np.ravel(leaf) for leaf in structure.leaves(tangent) if leaf is not None]
    return np.concatenate(found) if found else np.zeros(0)


def _demand_rows(groups: Groups, size: int) -> None:
    if size != groups.shape[0]:
        raise ValueError(f"sparsity has {groups.shape[0]} rows, and the result has {size} entries")


__all__ = ["Groups", "colouring", "compressed", "groups_of", "pattern_of"]
