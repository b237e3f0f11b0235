"""Interpolation on grids: `scipy.ndimage.map_coordinates`, `scipy.interpolate.RegularGridInterpolator`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.interpolate
import scipy.ndimage

from .composite import composite, refuse, stand_in
from .registry import inactive

MODES = ("constant", "nearest", "reflect", "mirror", "wrap")


def triangle_wave(x: Any, period: Any) -> Any:
    """`x` where it rises from 0 to half a period, and the way back after that."""
    m = np.mod(x, period)
    return np.where(m > period / 2, period - m, m)


def inside(x: Any, n: Any, mode: str) -> Any:
    """The place between 0 and n - 1 that stands for a coordinate beyond the ends."""
    if mode == "mirror":
        return triangle_wave(x, 2 * (n - 1))
    if mode == "reflect":
        return triangle_wave(x + 0.5, 2 * n) - 0.5
    if mode == "wrap":
        return np.where((x < 0) | (x > n - 1), np.mod(x, n - 1), x)
    return np.clip(x, 0, n - 1)


def neighbour(k: Any, n: Any, mode: str) -> Any:
    """The entry that stands for a place beyond the ends: of splines that end as their filter assumes."""
    if mode == "reflect":
        m = np.mod(k, 2 * n)
        return np.where(m >= n, 2 * n - 1 - m, m)
    if mode == "nearest":
        return np.clip(k, 0, n - 1)
    m = np.mod(k, max(2 * (n - 1), 1))
    return np.where(m >= n, 2 * (n - 1) - m, m)


def spline_weights(d: Any, order: int) -> Any:
    """The B-spline weights of the entries around a place, `d` beyond the first of them but for (order - 1) // 2."""
    if order == 1:
        return [1 - d, d]
    if order == 2:
        return [0.5 * (0.5 - d) ** 2, 0.75 - d * d, 0.5 * (0.5 + d) ** 2]
    e = 1 - d
    return [e * e * e / 6, (d * d * (d - 2) * 3 + 4) / 6, (e * e * (e - 2) * 3 + 4) / 6, d * d * d / 6]


def along_axis(x: Any, n: Any, order: int, mode: str) -> Any:
    """The entries along an axis that a place reads, and their weights."""
    if order == 0:
        return [neighbour(np.floor(x + 0.5).astype(int), n, mode)], [1.0]
    first = np.floor(x + 0.5).astype(int) if order == 2 else np.floor(x).astype(int)
    weights = spline_weights(x - first, order)
    start = first - (order if order == 2 else order - 1) // 2
    return [neighbour(start + k, n, mode) for k in range(order + 1)], weights


def spline_matrix(n: int, order: int, mode: str) -> Any:
    """The matrix that makes coefficients of a spline from the entries along an axis."""
    return scipy.ndimage.spline_filter1d(np.eye(n), order, axis=0, mode=mode)


def filtered(x: Any, order: int, mode: str) -> Any:
    """The coefficients of the spline through the entries: SciPy's recursive filter, as a matrix an axis."""
    for axis in range(np.ndim(x)):
        n = np.shape(x)[axis]
        matrix = spline_matrix(n, order, "mirror" if mode == "constant" else mode)
        x = np.moveaxis(np.tensordot(matrix, x, axes=(1, axis)), 0, axis)
    return x


def all_pairs(parts: Any) -> Any:
    """Every choice of one entry of each part."""
    found: Any = [()]
    for part in parts:
        found = [(*before, item) for before in found for item in part]
    return found


def map_coordinates(
    input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """The values of the spline through the entries of an array at places between them."""
    refuse(
        output is not None or order > 3 or mode not in MODES,
        "scipy.ndimage.map_coordinates of this order, mode or output",
    )
    refuse(
        order > 1 and mode in ("nearest", "wrap"), "scipy.ndimage.map_coordinates with splines and this mode"
    )
    x = np.asarray(input)
    rank = np.ndim(x)
    places = np.asarray(coordinates)
    c = filtered(x, order, mode) if order > 1 and prefilter else x
    shape = np.shape(x)
    read = [along_axis(inside(places[k], shape[k], mode), shape[k], order, mode) for k in range(rank)]
    total = np.zeros(np.shape(places)[1:])
    for choice in all_pairs([list(range(order + 1))] * rank):
        weight: Any = 1.0
        for k in range(rank):
            weight = weight * read[k][1][choice[k]]
        total = total + weight * c[tuple([read[k][0][choice[k]] for k in range(rank)])]
    if mode == "constant":
        for k in range(rank):
            total = np.where((places[k] < 0) | (places[k] > shape[k] - 1), cval, total)
    return total


inactive(spline_matrix)
composite(
    scipy.ndimage.map_coordinates,
    map_coordinates,
    limits="orders 0 to 3; not grid modes, nor splines with nearest or wrap",
)


@dataclass
class GridInterpolator:
    """Values on a rectangular grid, interpolated between its points."""

    points: Any
    values: Any
    method: str
    bounds_error: bool
    fill_value: Any

    def __call__(self, xi: Any, method: Any = None) -> Any:
        how = self.method if method is None else method
        refuse(how not in ("linear", "nearest"), "scipy.interpolate.RegularGridInterpolator of this method")
        xi, rank = np.asarray(xi), len(self.points)
        flat = np.reshape(xi, (-1, rank))
        if self.bounds_error:
            for k in range(rank):
                if np.any((flat[:, k] < self.points[k][0]) | (flat[:, k] > self.points[k][-1])):
                    raise ValueError("one of the requested xi is out of bounds")
        cells = [
            np.clip(np.searchsorted(p, flat[:, k]) - 1, 0, np.size(p) - 2) for k, p in enumerate(self.points)
        ]
        steps = [
            (flat[:, k] - p[cells[k]]) / (p[cells[k] + 1] - p[cells[k]]) for k, p in enumerate(self.points)
        ]
        total = self.linear(cells, steps) if how == "linear" else self.nearest(cells, steps)
        total = total if self.bounds_error or self.fill_value is None else self.filled(total, flat)
        return np.reshape(total, np.shape(xi)[:-1] + np.shape(self.values)[rank:])

    def spread(self, w: Any) -> Any:
        """A weight a point, ready to multiply values that have further axes."""
        return np.reshape(w, (-1,) + (1,) * (np.ndim(self.values) - len(self.points)))

    def linear(self, cells: Any, steps: Any) -> Any:
        """The multilinear interpolation in a cell."""
        rank = len(self.points)
        total: Any = 0.0
        for choice in all_pairs([[0, 1]] * rank):
            weight: Any = 1.0
            for k in range(rank):
                weight = weight * (steps[k] if choice[k] else 1 - steps[k])
            total = (
                total + self.spread(weight) * self.values[tuple([cells[k] + choice[k] for k in range(rank)])]
            )
        return total

    def nearest(self, cells: Any, steps: Any) -> Any:
        """The value at the nearest point of the grid, the lower one of two."""
        return self.values[tuple([np.where(s <= 0.5, i, i + 1) for i, s in zip(cells, steps)])]

    def filled(self, total: Any, flat: Any) -> Any:
        """The fill value outside of the grid."""
        for k in range(len(self.points)):
            outside = (flat[:, k] < self.points[k][0]) | (flat[:, k] > self.points[k][-1])
            total = np.where(self.spread(outside), self.fill_value, total)
        return total


def regular_grid(
    points: Any, values: Any, method: str = "linear", bounds_error: bool = True, fill_value: Any = np.nan, *,
    solver: Any = None, solver_args: Any = None,
) -> Any:  # fmt: skip
    """The interpolator that `RegularGridInterpolator` makes."""
    return GridInterpolator(
        tuple([np.asarray(p) for p in points]), np.asarray(values), method, bounds_error, fill_value
    )


stand_in(scipy.interpolate.RegularGridInterpolator, regular_grid)
