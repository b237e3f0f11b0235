"""What a benchmark problem is: a program in its natural style, what it runs on, and what it is measured against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba

Fun = Callable[..., Any]

# Reductions may be reassociated and multiplications contracted; NaN and infinity keep their meaning.
RELAXED = {"contract", "reassoc", "nsz", "arcp", "afn"}


def compiled(fun: Fun) -> Fun:
    """The function under Numba, with the options that an expert gives numerical code."""
    return numba.njit(fastmath=RELAXED, error_model="numpy")(fun)  # type: ignore[no-any-return]


def inlined(fun: Fun) -> Fun:
    """A part of such a function, which Numba puts in the place of its call."""
    return numba.njit(fastmath=RELAXED, error_model="numpy", inline="always")(fun)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Shortened:
    """A smaller instance for contenders that would take minutes: their time is multiplied by `factor`, and marked."""

    contenders: tuple[str, ...]
    args: Callable[[], tuple[Any, ...]]
    factor: float


@dataclass(frozen=True)
class Problem:
    """One row of the table.

    `program` is what a scientist would write; `primal` is the same computation in the form that is fastest under
    Numba, where that differs. `adjoint` takes the arguments of `program` and returns its value and the gradients.
    The losses of the other libraries take the same arguments; of several for one library the fastest counts.
    """

    name: str
    title: str
    program: Fun
    args: Callable[[], tuple[Any, ...]]
    wrt: tuple[int, ...]
    adjoint: Fun
    primal: Fun | None = None
    jax: tuple[Fun, ...] = ()
    torch: Fun | None = None
    autograd: Fun | None = None
    shortened: Shortened | None = None
