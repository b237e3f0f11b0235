"""Cases of convolutions, cosine transforms and integrals of samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
import scipy.integrate
import scipy.signal

from .case import Case

rng = np.random.default_rng(14)
S, F, Q = scipy.signal, scipy.fft, scipy.integrate
MODES = ["full", "same", "valid"]
NORMS = [None, "ortho", "forward"]


def r(*shape: int) -> Any:
    """A real array."""
    return rng.standard_normal(shape)


def c(*shape: int) -> Any:
    """A complex array."""
    return r(*shape) + 1j * r(*shape)


PAIRS = [
    ((5,), (3,)),
    ((5,), (2,)),
    ((3,), (5,)),
    ((2,), (5,)),
    ((4,), (4,)),
    ((4, 5), (2, 3)),
    ((2, 3), (4, 4)),
    ((3, 4, 3), (2, 1, 3)),
]
PLANES = [((5, 4), (3, 2)), ((4, 4), (2, 3)), ((2, 3), (3, 4)), ((3, 3), (1, 2))]
DOMINATED = [((5, 4), (3, 2)), ((2, 3), (3, 4))]
AXES: list[tuple[tuple[int, ...], tuple[int, ...], Any]] = [
    ((4, 5), (4, 3), 1),
    ((4, 5), (1, 3), 1),
    ((1, 5), (4, 3), (1,)),
    ((4, 5), (2, 5), -2),
    ((4, 5), (2, 2), (0, 1)),
]
FOURIER_1 = [F.fft, F.ifft, F.irfft, F.hfft]
FOURIER_N = [F.fft2, F.ifft2, F.irfft2, F.fftn, F.ifftn, F.irfftn]

CASES = [
    *(
        Case(fun, (make(*a), make(*b), mode))
        for fun in (S.convolve, S.fftconvolve, S.oaconvolve, S.correlate)
        for a, b in PAIRS
        for mode in MODES
        for make in (r, c)
    ),
    *(Case(S.convolve, (r(6), r(3)), {"method": method}) for method in ("direct", "fft")),
    *(
        Case(fun, (r(*a), r(*b)), {"mode": mode, "axes": axes})
        for fun in (S.fftconvolve, S.oaconvolve)
        for a, b, axes in AXES
        for mode in ("full", "same")
    ),
    Case(S.fftconvolve, (r(4, 5), r(1, 3)), {"mode": "valid", "axes": 1}),
    *(
        Case(fun, (make(*a), make(*b), mode))
        for fun in (S.convolve2d, S.correlate2d)
        for a, b in PLANES
        for mode in ("full", "same")
        for make in (r, c)
    ),
    *(Case(fun, (r(*a), r(*b), "valid")) for fun in (S.convolve2d, S.correlate2d) for a, b in DOMINATED),
    *(
        Case(fun, (r(5, 4), r(*b), mode, boundary))
        for fun in (S.convolve2d, S.correlate2d)
        for b in ((3, 2), (2, 3), (4, 4))
        for mode in MODES
        for boundary in ("wrap", "symm")
    ),
    *(
        Case(fun, (r(5, 4), r(2, 3), mode, "fill", 1.5))
        for fun in (S.convolve2d, S.correlate2d)
        for mode in MODES
    ),
    *(
        Case(S.detrend, (r(4, 6),), kwargs)
        for kwargs in ({}, {"axis": 0}, {"type": "constant"}, {"bp": (2,)}, {"bp": (2, 4), "axis": 1})
    ),
    *(
        Case(fun, (r(4, 5),), {"type": type, "norm": norm})
        for fun in (F.dct, F.idct, F.dst, F.idst)
        for type in (1, 2, 3, 4)
        for norm in NORMS
    ),
    *(
        Case(fun, (r(4, 5),), {"type": type, "norm": norm, "orthogonalize": flag})
        for fun in (F.dct, F.idct, F.dst, F.idst)
        for type in (1, 2, 3)
        for norm in NORMS
        for flag in (False, True)
    ),
    *(
        Case(fun, (r(4, 5),), {"type": type, "n": n, "axis": 0})
        for fun in (F.dct, F.idct, F.dst)
        for type in (1, 2, 3)
        for n in (3, 6)
    ),
    *(
        Case(fun, (r(3, 4, 5),), {"type": type, "norm": norm})
        for fun in (F.dctn, F.idctn, F.dstn, F.idstn)
        for type in (1, 2, 3)
        for norm in NORMS
    ),
    *(
        Case(fun, (r(3, 4, 5),), kwargs)
        for fun in (F.dctn, F.idctn)
        for kwargs in ({"axes": (1,)}, {"s": (4, 4), "axes": (0, 2)}, {"s": (4, 4)}, {"axes": 1, "s": 3})
    ),
    Case(F.dct, (c(4),)),
    Case(F.dct, (r(4).astype(np.float32),)),
    *(
        Case(fun, (c(4, 5),), kwargs)
        for fun in FOURIER_1
        for kwargs in ({}, {"n": 6, "axis": 0, "norm": "ortho"})
    ),
    *(
        Case(fun, (r(4, 5),), kwargs)
        for fun in (F.rfft, F.ihfft, F.rfft2, F.rfftn)
        for kwargs in ({}, {"norm": "forward"})
    ),
    *(Case(fun, (c(4, 5),), kwargs) for fun in FOURIER_N for kwargs in ({}, {"s": (3, 6)})),
    *(Case(fun, (r(4, 5),)) for fun in (F.fftshift, F.ifftshift)),
    *(
        Case(fun, (r(4, 5),), kwargs)
        for fun in (Q.trapezoid, Q.cumulative_trapezoid)
        for kwargs in ({}, {"axis": 0}, {"dx": 0.5})
    ),
    *(Case(fun, (r(4, 5), r(5))) for fun in (Q.trapezoid, Q.cumulative_trapezoid)),
    *(Case(fun, (r(4, 5), r(4)), {"axis": 0}) for fun in (Q.trapezoid, Q.cumulative_trapezoid)),
    *(Case(fun, (r(4, 5), r(4, 5))) for fun in (Q.trapezoid, Q.cumulative_trapezoid)),
    Case(Q.cumulative_trapezoid, (r(4, 5),), {"initial": 0}),
]
