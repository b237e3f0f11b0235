"""Cases of the Fourier transforms."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .case import Case

warnings.filterwarnings("ignore", message="`axes` should not be `None`", category=DeprecationWarning)

rng = np.random.default_rng(13)
F = np.fft
NORMS = [None, "backward", "ortho", "forward"]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"n": 3},
    {"n": 4},
    {"n": 7},
    {"n": 8},
    {"axis": 0},
    {"axis": -2, "n": 3},
    {"axis": 1, "n": 6},
]
LENGTHS: list[dict[str, Any]] = [
    {},
    {"s": (3, 3)},
    {"s": (5, 6)},
    {"s": (2, 7)},
    {"axes": (0, 1)},
    {"axes": (2, 0), "s": (3, 5)},
]
OVER_ALL: list[dict[str, Any]] = [
    {},
    {"axes": (1,)},
    {"axes": (0, 2)},
    {"s": (3, 5), "axes": (1, 0)},
    {"s": (2, 4), "axes": (-2, -1)},
    {"s": (4, -1), "axes": (0, 2)},
]


def r(*shape: int) -> Any:
    """A real array."""
    return rng.standard_normal(shape)


def c(*shape: int) -> Any:
    """A complex array."""
    return r(*shape) + 1j * r(*shape)


CASES = [
    *(
        Case(fun, (make(*shape),))
        for fun in (F.fft, F.ifft, F.irfft, F.hfft)
        for shape in ((4,), (5,), (2,))
        for make in (r, c)
    ),
    *(Case(fun, (r(n),)) for fun in (F.rfft, F.ihfft) for n in (1, 2, 5, 6)),
    *(
        Case(fun, (make(4, 5),), {**options, "norm": norm})
        for fun in (F.fft, F.ifft, F.irfft, F.hfft)
        for options in OPTIONS
        for norm in NORMS
        for make in (r, c)
    ),
    *(
        Case(fun, (r(4, 5),), {**options, "norm": norm})
        for fun in (F.rfft, F.ihfft)
        for options in OPTIONS
        for norm in NORMS
    ),
    *(
        Case(fun, (make(3, 4, 5),), {**options, "norm": norm})
        for fun in (F.fft2, F.ifft2, F.irfft2)
        for options in LENGTHS
        for norm in (None, "ortho")
        for make in (r, c)
    ),
    *(Case(F.rfft2, (r(3, 4, 5),), {**options, "norm": norm}) for options in LENGTHS for norm in NORMS),
    *(
        Case(fun, (make(3, 4, 5),), options)
        for fun in (F.fftn, F.ifftn, F.irfftn)
        for options in OVER_ALL
        for make in (r, c)
    ),
    *(Case(F.rfftn, (r(3, 4, 5),), options) for options in OVER_ALL),
    *(
        Case(fun, (r(4, 5),), {"axes": axes})
        for fun in (F.fftshift, F.ifftshift)
        for axes in (None, 0, (1,), (0, 1))
    ),
    *(Case(fun, (r(4, 5).astype(np.float32),)) for fun in (F.fft, F.ifft, F.rfft, F.irfft)),
    Case(F.fft, (c(4).astype(np.complex64),), {"n": 6}),
]
