"""Kernels on the rows of a matrix: what goes along one axis of an array, the others taken together."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import kernel


@kernel
def sorted_rows(x: Any) -> Any:
    out = np.empty(x.shape, x.dtype)
    for i in range(x.shape[0]):
        out[i] = np.sort(x[i])
    return out


@kernel
def order_of_rows(x: Any) -> Any:
    """Where the entries of each sorted row are; equal ones in the order in which they stand, NaN last."""
    n = x.shape[1]
    out = np.empty(x.shape, np.int64)
    for i in range(x.shape[0]):
        for j in range(n):
            out[i, j] = j
        other = np.empty(n, np.int64)
        width = 1
        while width < n:
            for start in range(0, n, 2 * width):
                merge_runs(x[i], out[i], other, start, min(start + width, n), min(start + 2 * width, n))
            out[i] = other
            width = 2 * width
    return out


def merge_runs(x: Any, order: Any, other: Any, start: Any, middle: Any, stop: Any) -> None:
    left, right = start, middle
    for k in range(start, stop):
        if left < middle and (right >= stop or not comes_before(x[order[right]], x[order[left]])):
            other[k] = order[left]
            left += 1
        else:
            other[k] = order[right]
            right += 1


def comes_before(a: Any, b: Any) -> Any:
    return a < b or (b != b and a == a)


@kernel
def sums_along_rows(x: Any) -> Any:
    out = np.empty(x.shape, x.dtype)
    for i in range(x.shape[0]):
        total = x.dtype.type(0)
        for j in range(x.shape[1]):
            total += x[i, j]
            out[i, j] = total
    return out


@kernel
def products_along_rows(x: Any) -> Any:
    out = np.empty(x.shape, x.dtype)
    for i in range(x.shape[0]):
        total = x.dtype.type(1)
        for j in range(x.shape[1]):
            total *= x[i, j]
            out[i, j] = total
    return out


@kernel
def maxima_along_rows(x: Any) -> Any:
    out = x.copy()
    for i in range(x.shape[0]):
        for j in range(1, x.shape[1]):
            if not (out[i, j] > out[i, j - 1] or out[i, j] != out[i, j]):
                out[i, j] = out[i, j - 1]
    return out


@kernel
def minima_along_rows(x: Any) -> Any:
    out = x.copy()
    for i in range(x.shape[0]):
        for j in range(1, x.shape[1]):
            if not (out[i, j] < out[i, j - 1] or out[i, j] != out[i, j]):
                out[i, j] = out[i, j - 1]
    return out


@kernel
def place_of_largest(x: Any) -> Any:
    """The first place of the largest entry of each row, or of the first NaN."""
    if x.shape[1] == 0:
        raise ValueError("attempt to get argmax of an empty sequence")
    out = np.zeros(x.shape[0], np.int64)
    for i in range(x.shape[0]):
        best = x[i, 0]
        for j in range(1, x.shape[1]):
            if best == best and (x[i, j] > best or x[i, j] != x[i, j]):
                best = x[i, j]
                out[i] = j
    return out


@kernel
def place_of_least(x: Any) -> Any:
    """The first place of the least entry of each row, or of the first NaN."""
    if x.shape[1] == 0:
        raise ValueError("attempt to get argmin of an empty sequence")
    out = np.zeros(x.shape[0], np.int64)
    for i in range(x.shape[0]):
        best = x[i, 0]
        for j in range(1, x.shape[1]):
            if best == best and (x[i, j] < best or x[i, j] != x[i, j]):
                best = x[i, j]
                out[i] = j
    return out
