"""Helper functions of compiled modules: plain loops, copied as they stand and compiled with the program."""

from __future__ import annotations

from typing import Any

import numpy as np


def larger(a: Any, b: Any) -> Any:
    return b if b > a or b != b else a


def smaller(a: Any, b: Any) -> Any:
    return b if b < a or b != b else a


def slice_start(n: Any, start: Any, step: Any) -> Any:
    if start < 0:
        start += n
        if start < 0:
            start = -1 if step < 0 else 0
    elif start >= n:
        start = n - 1 if step < 0 else n
    return start


def slice_size(n: Any, start: Any, stop: Any, step: Any) -> Any:
    first = slice_start(n, start, step)
    last = slice_start(n, stop, step)
    if step < 0:
        return max((first - last - step - 1) // -step, 0)
    return max((last - first + step - 1) // step, 0)


def arange_size(start: Any, stop: Any, step: Any) -> Any:
    return max(int(np.ceil((stop - start) / step)), 0)


def heaviside(x: Any, middle: Any) -> Any:
    if x != x:
        return x
    return middle if x == 0 else middle * 0 + (1 if x > 0 else 0)


def masked(x: Any, mask: Any) -> Any:
    flat, chosen = np.ascontiguousarray(x).ravel(), np.ascontiguousarray(mask).ravel()
    return flat[chosen]


def masked_set_all(x: Any, mask: Any, v: Any) -> None:
    for i in np.ndindex(mask.shape):
        if mask[i]:
            x[i] = v


def masked_add_all(x: Any, mask: Any, v: Any) -> None:
    for i in np.ndindex(mask.shape):
        if mask[i]:
            x[i] += v


def masked_set_each(x: Any, mask: Any, v: Any) -> None:
    count = 0
    for i in np.ndindex(mask.shape):
        if mask[i]:
            x[i] = v[count]
            count += 1


def masked_add_each(x: Any, mask: Any, v: Any) -> None:
    count = 0
    for i in np.ndindex(mask.shape):
        if mask[i]:
            x[i] += v[count]
            count += 1


def stacked(items: Any) -> Any:
    out = np.empty((len(items), *items[0].shape), items[0].dtype)
    for i in range(len(items)):
        if items[i].shape != items[0].shape:
            raise ValueError("all input arrays must have the same shape")
        out[i] = items[i]
    return out


def joined(items: Any) -> Any:
    size = 0
    for x in items:
        size += x.shape[0]
    out = np.empty((size, *items[0].shape[1:]), items[0].dtype)
    start = 0
    for x in items:
        if x.shape[1:] != items[0].shape[1:]:
            raise ValueError(
                "all the input array dimensions except for the concatenation axis must match exactly"
            )
        out[start : start + x.shape[0]] = x
        start += x.shape[0]
    return out


def zeros_of_numbers(items: Any) -> Any:
    return [zero for zero in np.zeros_like(np.array(items))]


def zeros_of_arrays(items: Any) -> Any:
    return [np.zeros_like(x) for x in items]


def zeros_of_lists_of_numbers(items: Any) -> Any:
    return [[zero for zero in np.zeros_like(np.array(x))] for x in items]


def zeros_of_lists_of_arrays(items: Any) -> Any:
    return [[np.zeros_like(y) for y in x] for x in items]


def lists_added(a: Any, b: Any) -> Any:
    return [a[i] + b[i] for i in range(len(a))]


def lists_of_lists_added(a: Any, b: Any) -> Any:
    return [[a[i][j] + b[i][j] for j in range(len(a[i]))] for i in range(len(a))]


def rows_of(rows: Any) -> Any:
    return [rows[i] for i in range(len(rows))]


def chunk_count(trips: Any, work: Any, added: Any) -> Any:
    return max(1, min(32, trips, work // (4096 + 64 * added)))
