"""Counting with weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import refuse
from .registry import define, defjvp, defvjp, linear

# Counting with weights. The counts themselves, and the edges, are constants.


def bin_of(a: Any, edges: Any) -> Any:
    """The bin of every entry; the last bin is closed, and what is in none has the number -1."""
    a = np.asarray(a)
    k = np.searchsorted(edges, a, side="right") - 1
    n = np.size(edges) - 1
    k = np.where(a == edges[-1], n - 1, k)
    return np.where((a >= edges[0]) & (a <= edges[-1]), k, -1)


def histogram_share(g: Any, ans: Any, a: Any, weights: Any, density: Any) -> Any:
    """The cotangent of the weights of a histogram; a density is a share of the whole, a unit of width."""
    counts, edges = ans
    if density:
        whole = np.sum(np.where(bin_of(a, edges) >= 0, weights, 0))
        width = edges[1:] - edges[:-1]
        g = (g / width - np.sum(g * counts)) / whole
    k = bin_of(a, edges)
    return np.where(k >= 0, g[k], 0)


def histogram_tangent(t: Any, ans: Any, a: Any, weights: Any, density: Any) -> Any:
    """The tangent of a histogram from that of its weights."""
    counts, edges = ans
    k = bin_of(a, edges)
    t = np.where(k >= 0, t, 0)
    sums = np.bincount(np.ravel(k) + 1, np.ravel(t), np.size(counts) + 1)[1:]
    if density:
        whole = np.sum(np.where(k >= 0, weights, 0))
        sums = (sums / (edges[1:] - edges[:-1]) - counts * np.sum(t)) / whole
    return sums, np.zeros_like(edges)


def along_edges(edges: Any) -> Any:
    """How far each edge is on the way from the first to the last."""
    return np.arange(np.size(edges)) / (np.size(edges) - 1)


def data_share(g: Any, a: Any, bins: Any, range: Any, density: Any) -> Any:
    """The cotangent of the data of a histogram: counts are constant, equal bins reach from end to end."""
    refuse(density is True, "numpy.histogram of a density, with respect to its data,")
    if np.ndim(bins) > 0 or range is not None:
        return np.zeros_like(a)
    least, greatest, part = a == np.min(a), a == np.max(a), along_edges(g)
    low, high = np.sum(g * (1 - part)) / np.sum(least), np.sum(g * part) / np.sum(greatest)
    return np.where(least, low, 0.0) + np.where(greatest, high, 0.0)


def data_tangent(t: Any, ans: Any, a: Any, bins: Any, range: Any, density: Any) -> Any:
    """The tangent of a histogram from that of its data."""
    refuse(density is True, "numpy.histogram of a density, with respect to its data,")
    if np.ndim(bins) > 0 or range is not None:
        return np.zeros(np.shape(ans[0])), np.zeros_like(ans[1])
    least, greatest, part = a == np.min(a), a == np.max(a), along_edges(ans[1])
    low = np.sum(np.where(least, t, 0.0)) / np.sum(least)
    high = np.sum(np.where(greatest, t, 0.0)) / np.sum(greatest)
    return np.zeros(np.shape(ans[0])), low * (1 - part) + high * part


# fmt: off
linear(np.bincount,  None,
                     lambda g, ans, x, weights=None, minlength=0: g[x], of=(1,))
defvjp(np.histogram, lambda g, ans, a, bins=10, range=None, density=None, weights=None:
                         data_share(g[1], a, bins, range, density),
                     None, None, None,
                     lambda g, ans, a, bins=10, range=None, density=None, weights=None:
                         histogram_share(g[0], ans, a, weights, density))
defjvp(np.histogram, lambda t, ans, a, bins=10, range=None, density=None, weights=None:
                         data_tangent(t, ans, a, bins, range, density),
                     None, None, None,
                     lambda t, ans, a, bins=10, range=None, density=None, weights=None:
                         histogram_tangent(t, ans, a, weights, density))
# fmt: on
define(np.bincount, data_shape=True)
define(np.histogram, limits="counts are constants; not a density with respect to the data")
