"""Cases of elementwise functions: every ufunc with its complex, broadcast, single and kinked points; `math`; choice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .case import Case
from .cases_arithmetic import complex_, pairs, positive, real, single

RNG = np.random.default_rng(2)


def unit(*shape: int) -> np.ndarray:
    return RNG.uniform(-0.9, 0.9, shape)


def above_one(*shape: int) -> np.ndarray:
    return RNG.uniform(1.2, 3.0, shape)


def unary(draw: Any) -> list[Any]:
    """Arguments of one-place functions: matrix, 0-d array, Python and NumPy scalar, empty, single precision."""
    return [draw(3, 2), draw(), float(draw()), np.float64(draw()), draw(0), single(draw(3))]


ANYWHERE = (
    np.exp, np.exp2, np.expm1, np.square, np.reciprocal, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arctan,
    np.atan, np.arcsinh, np.asinh, np.cbrt, np.fabs, np.deg2rad,
    np.radians, np.rad2deg, np.degrees, np.sinc, np.nan_to_num,
)  # fmt: skip
ON_POSITIVE = (np.log, np.log2, np.log10, np.log1p, np.sqrt)
ON_UNIT = (np.arcsin, np.asin, np.arccos, np.acos, np.arctanh, np.atanh)
COMPLEX = (
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square, np.reciprocal, np.sin, np.cos,
    np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.sinc,
    np.nan_to_num,
)  # fmt: skip
ORDERS = (np.maximum, np.minimum, np.fmax, np.fmin)
SMOOTH = (np.arctan2, np.atan2, np.hypot, np.logaddexp, np.logaddexp2)
NAN, INF = np.nan, np.inf
X = real(3, 4)

MATH_ANYWHERE = (
    math.exp, math.exp2, math.expm1, math.sin, math.cos, math.tan, math.atan, math.sinh, math.cosh, math.tanh,
    math.asinh, math.cbrt, math.degrees, math.radians, math.fabs, math.erf, math.erfc,
)  # fmt: skip
MATH_POSITIVE = (math.log, math.log2, math.log10, math.log1p, math.sqrt, math.gamma, math.lgamma)
MATH_UNIT = (math.asin, math.acos, math.atanh)

CASES = [
    *[Case(f, (x,)) for f in ANYWHERE for x in unary(real)],
    *[Case(f, (x,)) for f in ON_POSITIVE for x in unary(positive)],
    *[Case(f, (x,)) for f in ON_UNIT for x in unary(unit)],
    *[Case(f, (x,)) for f in (np.arccosh, np.acosh) for x in unary(above_one)],
    *[Case(f, (x,)) for f in COMPLEX for x in (complex_(3), 0.3 - 0.8j, single(complex_(2)))],
    *[Case(np.sinc, (x,)) for x in (np.array([0.0, 1e-6, 1e-3, 0.03, -0.0319, 1.0]), 0.0)],
    *[Case(np.i0, (x,)) for x in (real(3, 2), np.array([0.0, 1e-7, 20.0, -5.0]), 1.5)],
    # Two arguments.
    *[Case(f, pair) for f in SMOOTH for pair in pairs(real)],
    *[Case(f, pair) for f in ORDERS for pair in pairs(real) if pair[0] is not pair[1]],
    *[Case(f, pair, wrt=(0,)) for f in (np.copysign,) for pair in pairs(real)],
    *[Case(f, (4 * x, y)) for f in (np.fmod,) for x, y in pairs(real)],
    *[Case(f, (np.array([1.0, NAN, 2.0]), np.array([NAN, 1.5, 3.0])), orders=1) for f in (np.fmax, np.fmin)],
    *[
        Case(np.heaviside, (np.array([-1.0, 2.0]), real(2))),
        Case(np.heaviside, (np.array([-1.0, 0.0, 2.0]), real(3)), wrt=(1,)),
        Case(np.heaviside, (0.0, 0.5), wrt=(1,)),
    ],
    # Kinks: on either side of the point the slope is the mean of the two.
    *[Case(f, (np.array([1.0, 2.0, 0.0]), np.array([1.0, -2.0, 0.0])), orders=1) for f in ORDERS],
    *[Case(f, (np.array([0.0, 1.0]), 0.0), orders=1) for f in ORDERS],
    *[Case(f, (np.array([0.0, 1.5]),), orders=1) for f in (np.abs, np.fabs)],
    *[Case(math.fabs, (0.0,), orders=1), Case(abs, (0.0,), orders=1), Case(abs, (0j,), orders=1)],
    # Numbers taken apart.
    *[
        Case(np.ldexp, args, wrt=(0,))
        for args in ((X, 2), (X, np.array([-1, 0, 1, 2])), (1.5, -1), (single(X), 3))
    ],
    *[Case(f, (x,)) for f in (np.frexp, np.modf) for x in (real(3, 2) * 1.37, 5.3, single(real(3) * 1.37))],
    # Choice.
    *[
        Case(np.nan_to_num, (np.array([1.5, NAN, INF, -INF]),), kwargs)
        for kwargs in ({}, {"nan": 2.0, "posinf": 1.0})
    ],
    Case(np.nan_to_num, (np.array([1.5 + 2j, complex(NAN, 1.0), complex(1.0, INF)]),), orders=1),
    Case(np.where, (X > 0, X, real(3, 4))),
    Case(np.where, (X > 0, real(4), real(3, 1))),
    Case(np.where, (X > 0, X, 0.0)),
    Case(np.where, (X > 0, 0.5, complex_(3, 4))),
    Case(np.where, (np.array([True, False]), real(3, 1), 2)),
    Case(np.where, (X > 0, single(X), single(real(4)))),
    Case(np.where, (True, X, 1.0)),
    Case(np.clip, (X, -1.0, 1.1), wrt=(0,)),
    Case(np.clip, (X, -1.0, 1.1)),
    Case(np.clip, (X, np.full(4, -1.0), np.full((3, 1), 1.1))),
    Case(np.clip, (X, None, 1.1)),
    Case(np.clip, (X, 0.1, None)),
    Case(np.clip, (X, 2.0, -2.0)),
    Case(np.clip, (0.3, -1.0, 1.0)),
    Case(np.clip, (X,), {"min": -1.0, "max": 1.1}),
    Case(np.clip, (X,), {"min": np.full(4, 0.1)}),
    Case(np.clip, (X,), {"max": 0.2}),
    Case(np.clip, (X,), {"a_min": -0.3, "a_max": 0.2}),
    Case(np.clip, (single(X), -1.0, 1.1), wrt=(0,)),
    Case(np.unwrap, (np.array([0.0, 2.0, 5.0, 9.0, 3.0]),)),
    Case(np.unwrap, (np.array([[0.0, 2.0], [5.0, 9.0]]),), {"axis": 0, "period": 4.0}),
    Case(np.choose, (np.array([0, 2, 1]), (real(3), real(3), real(3)))),
    Case(np.choose, (np.array([[0], [2], [1]]), [real(4), 0.5, real(3, 1)])),
    Case(np.choose, (np.array([0, 5, -1]), (real(3), real(3))), {"mode": "wrap"}),
    Case(np.choose, (np.array([0, 5, -1]), (real(3), real(3))), {"mode": "clip"}),
    Case(np.select, ([X > 1, X < 0], [X, X * X])),
    Case(np.select, ([X > 1, X < 3, X < 0], [X, 2 * X, 0.5]), {"default": 1.5}),
    Case(np.piecewise, (X, [X < 0, X >= 0], [np.sin, lambda x: x * x])),
    Case(np.piecewise, (X, [X < -1, X > 1], [0.0, np.exp, lambda x: x * x])),
    Case(np.piecewise, (X[0], X[0] < 0, [np.sin, 1.5])),
    Case(np.piecewise, (0.3, 0.3 < 1, [np.sin, 1.5])),
    Case(np.piecewise, (X, [X < 0], [lambda x, c: c * x, 1.5], 3.0)),
    # Constructors that depend on a number.
    Case(np.full_like, (X, 0.5), wrt=(1,)),
    Case(np.full_like, (X, real(4)), wrt=(1,)),
    Case(np.arange, (0.3, 2.1, 0.5), wrt=(0, 2)),
    Case(np.arange, (0.3, 2.1), wrt=(0,)),
    Case(np.arange, (2.1,), wrt=(0,)),
    *[Case(np.kaiser, (m, 1.5)) for m in (1, 2, 5)],
    # math.
    *[Case(f, (x,)) for f in MATH_ANYWHERE for x in (0.7, -1.3, 2)],
    *[Case(f, (x,)) for f in MATH_POSITIVE for x in (0.7, 2.3, 15.5)],
    *[Case(f, (x,)) for f in MATH_UNIT for x in (0.7, -0.3, 0.0)],
    *[Case(f, (x,)) for f in (math.gamma, math.lgamma) for x in (-0.3, -2.6, 1.0, 3.0, 0.5)],
    Case(math.acosh, (1.7,)),
    *[Case(math.log, args) for args in ((3.0, 2.0), (0.4, 7.5), (5.0, 10))],
    *[Case(math.atan2, args) for args in ((0.3, -0.5), (-0.2, 1.0))],
    *[Case(math.hypot, args) for args in ((0.3, -0.5), (1.0,), (1.0, 2.0, -3.0), (0.5, 0.0))],
    *[Case(math.hypot, (0.0, 0.0), orders=1)],
    *[
        Case(math.dist, args)
        for args in (((0.3, 1.0), (-0.5, 2.0)), ([1.0, 2.0, 3.0], [0.0, 1.0, -1.0]), (real(3), real(3)))
    ],
    *[Case(math.copysign, args, wrt=(0,)) for args in ((0.3, -0.5), (-0.3, -0.0), (1.0, 2.0))],
    *[
        Case(f, args)
        for f in (math.fmod, math.remainder)
        for args in ((7.3, 2.0), (-7.3, 2.2), (0.5, 3.0), (7.3, -2.1))
    ],
    *[Case(math.fsum, (x,)) for x in ([0.3, 1.0, -0.5], (0.1, 0.2), real(4))],
    *[
        Case(math.prod, (x,), kwargs)
        for x in ([0.3, 1.0, -0.5], (0.1, 0.0), real(4))
        for kwargs in ({}, {"start": 2.0})
    ],
    *[Case(f, (x,)) for f in (math.modf, math.frexp) for x in (5.3, -0.7)],
    *[Case(math.ldexp, (0.7, 3), wrt=(0,))],
]
