"""The variables that programs of the field are written in: a name says what kind of value it is."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(7)


def mixed(*shape: int) -> np.ndarray:
    """Numbers of both signs, none near 0, none near each other."""
    n = int(np.prod(shape))
    values = np.linspace(0.4, 2.1, n) * RNG.choice([-1.0, 1.0], n) if n else np.zeros(0)
    return RNG.permutation(values + RNG.uniform(-0.01, 0.01, n)).reshape(shape)


def positive(*shape: int) -> np.ndarray:
    return np.abs(mixed(*shape))


def complexes(*shape: int) -> np.ndarray:
    return mixed(*shape) + 1j * mixed(*shape)


def definite(*shape: int) -> np.ndarray:
    half = mixed(*shape)
    return half @ np.swapaxes(half, -1, -2) + 2 * np.eye(shape[-1])


def holed(x: np.ndarray) -> np.ndarray:
    """`x` with some entries NaN."""
    x = x.copy()
    x.flat[1::5] = np.nan
    return x


HALF = complexes(3, 3)
POOL: dict[str, Any] = {
    # vectors
    "x": mixed(4), "y": mixed(4), "p": positive(4), "q": positive(4), "u": RNG.uniform(-0.9, 0.9, 4),
    "f": RNG.uniform(0.1, 0.9, 4), "v": RNG.uniform(1.2, 3.0, 4), "c": mixed(3), "d": mixed(3), "w6": mixed(6),
    "x7": mixed(7), "x32": mixed(4).astype(np.float32), "y32": mixed(4).astype(np.float32),
    "p32": positive(4).astype(np.float32), "s64": mixed(64), "g12": mixed(12), "wt": RNG.uniform(0.2, 1.0, 4),
    "up": np.array([0.3, 0.9, 1.7, 2.2]), "nx": holed(mixed(6)),
    # matrices
    "A": mixed(3, 4), "B": mixed(3, 4), "P": positive(3, 4), "U": RNG.uniform(-0.9, 0.9, (3, 4)), "W": mixed(4, 3),
    "M": mixed(3, 3) + 0.3 * np.eye(3), "N": mixed(3, 3), "R": mixed(1, 4), "L": mixed(3, 1), "WIDE": mixed(2, 4),
    "K": positive(2, 2), "Q3": mixed(3, 2), "IM": mixed(5, 5), "nA": holed(mixed(3, 4)),
    "A32": mixed(3, 4).astype(np.float32), "wA": RNG.uniform(0.2, 1.0, (3, 4)),
    # symmetric and definite
    "H": definite(3, 3), "HB": np.stack([definite(3, 3), definite(3, 3)]),
    # more axes
    "T": mixed(2, 3, 4), "S": mixed(2, 3, 3), "TB": mixed(2, 3), "D4": mixed(2, 1, 3, 2),
    # scalars
    "a": 0.7, "b": 1.3, "n": -0.6, "e": 5.3, "a64": np.float64(0.45), "o": np.array(0.8), "a32": np.float32(0.6),
    # complex
    "z": complexes(4), "w": complexes(4), "Z": HALF, "ZW": complexes(3, 4), "C": HALF @ HALF.conj().T + 2 * np.eye(3),
    "zs": 0.4 - 1.1j, "ws": -0.8 + 0.5j, "z64": complexes(3).astype(np.complex64), "ZT": complexes(2, 3, 4),
    # degenerate
    "E": np.zeros(0), "ONE": mixed(1),
}  # fmt: skip
SYMMETRIC = {"H", "HB", "C"}  # moved along symmetric directions
CONSTANTS: dict[str, Any] = {
    "mask": np.array([True, False, True, True]),
    "MASK": np.array([[True, False, True, True], [False, True, True, False], [True, True, False, True]]),
    "idx": np.array([2, 0, 0, 3]),
    "perm": np.array([1, 2, 0]),
    "IDX": np.array([[0, 2, 1, 0], [1, 1, 0, 2], [2, 0, 2, 1]]),
    "counts": np.array([0, 1, 2, 3]),
    "wts": np.array([0.1, 0.4, 0.2, 0.3]),
    "WTS": np.linspace(0.1, 1.2, 12).reshape(3, 4),
}
