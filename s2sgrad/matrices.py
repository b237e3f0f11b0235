"""Jacobians and Hessians from their columns or rows, in the structure of results and arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import structure

Place = tuple[int, tuple[int, ...]]  # the number of a leaf, and the index of an entry of it


def units(x: Any) -> Iterator[tuple[Any, Place]]:
    """Each unit vector of an argument, in its structure, and where its one stands."""
    for k, leaf in enumerate(structure.leaves(x)):
        for unit, index in basis(leaf) if structure.is_floating(leaf) else ():
            yield at_leaf(x, k, unit), (k, index)


def basis(x: Any) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Each unit vector of an array or number, and where its one stands."""
    shape = np.shape(x)
    for index in np.ndindex(*shape):
        if not shape:
            yield (np.asarray(1.0, np.asarray(x).dtype)[()] if isinstance(x, np.generic) else 1.0), index
            return
        unit = np.zeros(shape, x.dtype)
        unit[index] = 1
        yield unit, index


def at_leaf(x: Any, k: int, unit: Any) -> Any:
    """`unit` in the place of one leaf, zeros for the others."""
    numbers = iter(range(sum(1 for _ in structure.leaves(x))))

    def part(leaf: Any) -> Any:
        if next(numbers) == k:
            return unit
        return np.zeros_like(leaf)[()] if structure.is_floating(leaf) else None

    return structure.map_leaves(part, x)


def by_columns(columns: list[tuple[Any, Place]], x: Any) -> Any:
    """The derivative along each unit vector of `x`, as arrays of output shape + input shape."""
    results = [result for result, _ in columns]

    def matrix(*parts: Any) -> Any:
        """What the columns of one leaf of the result make, in the structure of the argument."""
        if parts[0] is None:
            return None
        found: dict[int, Any] = {}
        for part, (_, (k, index)) in zip(parts, columns):
            if k not in found:
                leaf = list(structure.leaves(x))[k]
                found[k] = np.empty(np.shape(part) + np.shape(leaf), np.result_type(*parts))
            found[k][(..., *index)] = part
        return in_structure(x, found, np.shape(parts[0]), parts[0])

    return structure.map_leaves(matrix, *results)


def in_structure(x: Any, found: dict[int, Any], shape: tuple[int, ...], like: Any) -> Any:
    """Arrays by the number of a leaf of `x`, in its structure; no entries where a leaf has none."""
    numbers = iter(range(sum(1 for _ in structure.leaves(x))))

    def part(leaf: Any) -> Any:
        k = next(numbers)
        if not structure.is_floating(leaf):
            return None
        out = found.get(k)
        out = np.empty(shape + np.shape(leaf), np.result_type(like, leaf)) if out is None else out
        return out if out.shape else out[()]

    return structure.map_leaves(part, x)


def by_rows(value: Any, pullback: Callable[[Any], Any], x: Any) -> Any:
    """The pullbacks of the unit vectors of each leaf of the result."""
    leaves = list(structure.leaves(value))
    numbers = iter(range(len(leaves)))
    return structure.map_leaves(lambda leaf: _rows(value, pullback, leaf, next(numbers), x), value)


def _rows(value: Any, pullback: Callable[[Any], Any], leaf: Any, k: int, x: Any) -> Any:
    """The rows of one leaf of the result, in the structure of the argument."""
    if not structure.is_floating(leaf):
        return None
    targets = {j: t for j, t in enumerate(structure.leaves(x)) if structure.is_floating(t)}
    found = {j: np.empty(np.shape(leaf) + np.shape(t), np.result_type(leaf, t)) for j, t in targets.items()}
    for unit, index in basis(leaf):
        rows = list(structure.leaves(pullback(at_leaf(value, k, unit))))
        turned = rows
        if np.iscomplexobj(leaf):  # of a real argument the imaginary part has a row of its own
            turned = list(structure.leaves(pullback(at_leaf(value, k, -1j * unit))))
        for j, t in targets.items():
            real = np.iscomplexobj(leaf) and not np.iscomplexobj(t)
            found[j][index] = rows[j] + 1j * turned[j] if real else rows[j]
    return in_structure(x, found, np.shape(leaf), leaf)


__all__ = ["at_leaf", "basis", "by_columns", "by_rows", "in_structure", "units"]
