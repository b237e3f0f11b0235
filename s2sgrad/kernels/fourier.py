"""Discrete Fourier transforms of the rows of a matrix: mixed radices, and Bluestein's way for large primes."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import kernel


@kernel
def fourier_of_rows(x: Any, sign: Any) -> Any:
    """The sums of `x[i, j] * exp(sign * 2j * pi * j * k / n)`, not scaled."""
    n = x.shape[1]
    out = x.copy()
    if n < 2:
        return out
    if largest_factor(n) > 61:
        chirped(out, sign)
        return out
    roots = roots_of_one(n, sign)
    other = np.empty(n, x.dtype)
    for i in range(x.shape[0]):
        transform(out[i], other, roots)
    return out


def largest_factor(n: Any) -> Any:
    largest, p = 1, 2
    while p * p <= n:
        while n % p == 0:
            n //= p
            largest = p
        p += 1
    return max(largest, n)


def roots_of_one(n: Any, sign: Any) -> Any:
    out = np.empty(n, np.complex128)
    for k in range(n):
        angle = 2.0 * np.pi * k / n
        out[k] = complex(np.cos(angle), sign * np.sin(angle))
    return out


def transform(row: Any, other: Any, roots: Any) -> None:
    """Stockham's transform of a row, in place: a factor of the length at a time, without reordering (1966)."""
    n = row.shape[0]
    done, left, radix = 1, n, 2
    while left > 1:
        while left % radix != 0:
            radix += 1
        step = left // radix
        for k in range(n):
            other[k] = 0
        for j in range(done * radix):
            for q in range(radix):
                root = roots[(j * q * step) % n]
                source, target = (j % done) * left + q * step, j * step
                for k in range(step):
                    other[target + k] += root * row[source + k]
        for k in range(n):
            row[k] = other[k]
        done, left = done * radix, step


def chirped(rows: Any, sign: Any) -> None:
    """Bluestein's transform of each row (1970): a convolution with a chirp, of a length that is a power of two."""
    n = rows.shape[1]
    size = 1
    while size < 2 * n - 1:
        size *= 2
    chirp = np.empty(n, np.complex128)
    for k in range(n):
        angle = np.pi * ((k * k) % (2 * n)) / n
        chirp[k] = complex(np.cos(angle), sign * np.sin(angle))
    forward, backward = roots_of_one(size, -1), roots_of_one(size, 1)
    spare = np.empty(size, np.complex128)
    spread = np.zeros(size, np.complex128)
    spread[0] = np.conj(chirp[0])
    for k in range(1, n):
        spread[k] = np.conj(chirp[k])
        spread[size - k] = np.conj(chirp[k])
    transform(spread, spare, forward)
    work = np.empty(size, np.complex128)
    for i in range(rows.shape[0]):
        for k in range(size):
            work[k] = rows[i, k] * chirp[k] if k < n else 0.0
        transform(work, spare, forward)
        for k in range(size):
            work[k] *= spread[k]
        transform(work, spare, backward)
        for k in range(n):
            rows[i, k] = work[k] * chirp[k] / size
