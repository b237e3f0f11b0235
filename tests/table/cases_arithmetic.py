"""Cases of arithmetic: operators, their ufunc spellings, complex parts, conversions, writes as values."""

from __future__ import annotations

import builtins
import math
import operator
from typing import Any

import numpy as np

from s2sgrad.table.functional import index_add, index_set, sum_to

from .case import Case

RNG = np.random.default_rng(1)


def real(*shape: int) -> np.ndarray:
    """Numbers of both signs, none near 0."""
    return RNG.uniform(0.5, 2.0, shape) * RNG.choice([-1.0, 1.0], shape)


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.5, 2.0, shape)


def complex_(*shape: int) -> np.ndarray:
    return real(*shape) + 1j * real(*shape)


def single(x: np.ndarray) -> np.ndarray:
    return x.astype(np.complex64 if np.iscomplexobj(x) else np.float32)


def pairs(draw: Any) -> list[tuple[Any, Any]]:
    """Two operands: equal shapes, each side broadcast, scalars on each side, empty, single precision."""
    return [
        (draw(3, 2), draw(3, 2)),
        (draw(2), draw(3, 2)),
        (draw(3, 1), draw(1, 2)),
        (draw(3, 2), draw(3, 1)),
        (draw(3), 1.5),
        (1.5, draw(3)),
        (0.7, 1.6),
        (draw(), draw(2)),
        (draw(0), draw(0)),
        (single(draw(3, 2)), single(draw(2))),
        (single(draw(3)), 2.5),
    ]


BINARY = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
)
COMPLEX_PAIRS = [
    (complex_(3), complex_(3)),
    (real(3), complex_(3)),
    (complex_(3, 1), real(2)),
    (0.5 + 2j, complex_(2)),
    (single(complex_(2)), single(real(2))),
]
POWERS = (operator.pow, np.power, np.float_power)

CASES = [
    *[Case(f, pair) for f in BINARY for pair in pairs(real) + COMPLEX_PAIRS],
    # Powers: constant exponents, exponents and bases that vary, zeros.
    *[Case(f, pair) for f in (operator.pow, np.power) for pair in pairs(positive)],
    *[
        Case(f, (x, y), wrt=(0,))
        for f in POWERS
        for x in (real(3), complex_(2))
        for y in (0, 1, 2, 3, -1, -2, 2.0, 3.0, np.array([2, 3])[:, None] * 1.0)
    ],
    *[Case(operator.pow, (x, y), wrt=(0,)) for x in (1.3, -1.3, 0.7 - 1j) for y in (0, 1, 2, 3, -1, 4.0)],
    *[Case(operator.pow, (positive(3), y), wrt=(0,)) for y in (0.5, -0.5, 1.5, -3.2)],
    *[
        Case(operator.pow, (np.array([0.0, 1.0, -2.0]), y), wrt=(0,))
        for y in (0, 1, 2, 3, 2.0, np.array([0, 2, 3]), np.array([1.0, 2.0, 3.0]))
    ],
    *[Case(operator.pow, (0.0, y), wrt=(0,)) for y in (0, 1, 2, 3)],
    *[
        Case(operator.pow, (x, np.array([1.5, 2.5])), wrt=(1,), orders=1)
        for x in (np.array([0.0, 2.0]), 0.0, 2, 2.5)
    ],
    *[Case(f, (complex_(3), complex_(3))) for f in (operator.pow, np.power)],
    Case(operator.pow, (single(positive(3)), 3), wrt=(0,)),
    Case(operator.pow, (single(positive(3)), 0.5), wrt=(0,)),
    Case(builtins.pow, (1.3, 2.2)),
    Case(builtins.pow, (positive(3), 2), wrt=(0,)),
    *[Case(math.pow, pair) for pair in ((1.3, 2.2), (0.4, -1.5), (2.0, 0.0))],
    *[Case(math.pow, (0.0, y), wrt=(0,), orders=1) for y in (0.0, 1.0, 2.0)],
    Case(np.float_power, (positive(3), positive(2, 3))),
    # Remainders.
    *[
        Case(f, pair)
        for f in (operator.mod, np.remainder, np.mod, builtins.divmod, np.divmod)
        for pair in [(real(3) * 5, real(3)), (real(2, 1) * 5, real(3)), (7.3, -2.1), (real(3) * 5, 2.5)]
    ],
    Case(np.remainder, (single(real(3) * 5), single(real(3)))),
    *[Case(f, (real(3), 2.0)) for f in (operator.floordiv, np.floor_divide)],
    # Signs and sizes.
    *[
        Case(f, (x,))
        for f in (operator.neg, operator.pos, np.negative, np.positive)
        for x in (real(3, 2), complex_(3), -0.7, single(real(3)))
    ],
    *[
        Case(f, (x,))
        for f in (operator.abs, builtins.abs, np.abs, np.absolute)
        for x in (real(3, 2), complex_(3), -0.7, 0.3 - 2j, single(real(3)), single(complex_(3)))
    ],
    # Complex parts.
    *[
        Case(f, (x,))
        for f in (np.conj, np.conjugate, np.real, np.imag)
        for x in (real(3), complex_(3, 2), 0.3 - 2j, single(complex_(3)), single(real(2)))
    ],
    *[
        Case(np.angle, (x,), kwargs)
        for x in (complex_(3, 2), real(3), 0.3 - 2j, single(complex_(3)))
        for kwargs in ({}, {"deg": True})
    ],
    *[Case(np.real_if_close, (x,)) for x in (real(3), complex_(3))],
    # Conversions and rounding.
    *[Case(f, (x,)) for f in (float, np.float64, complex, np.complex128) for x in (1.5, np.float64(-0.3))],
    *[Case(complex, args) for args in ((1.5, -0.3), (0.2 + 1j, 0.3 - 1j), (0.2 - 1j,))],
    *[Case(f, (real(3),)) for f in (np.float64, np.complex128)],
    *[Case(f, (single(real(3)),), rtol=5e-3) for f in (np.float32, np.complex64)],
    *[
        Case(f, (1.3,))
        for f in (int, bool, round, math.floor, math.ceil, math.trunc, math.isnan, math.isfinite, math.isinf)
    ],
    *[
        Case(f, (real(3) * 5,))
        for f in (np.round, np.around, np.rint, np.floor, np.ceil, np.trunc, np.fix, np.sign, np.signbit)
    ],
    # Writes as values.
    Case(index_add, (real(4), 1, 0.5)),
    Case(index_add, (real(4, 3), (slice(1, None), 2), real(3))),
    Case(index_add, (real(4, 3), slice(None, None, -2), real(3))),
    Case(index_add, (real(4), np.array([0, 0, 3]), real(3))),
    Case(index_add, (real(4), [0, 0, 3], 0.3)),
    Case(index_add, (real(4, 3), (np.array([[0], [0]]), np.array([1, 2])), real(2, 1))),
    Case(index_add, (real(4), np.array([True, False, True, False]), real(2))),
    Case(index_add, (complex_(4), slice(1, 3), real(2))),
    Case(index_add, (single(real(4)), slice(1, 3), single(real(2)))),
    Case(index_set, (real(4), 1, 0.5)),
    Case(index_set, (real(4), -1, real())),
    Case(index_set, (real(4, 3), (slice(1, None), 2), real(3))),
    Case(index_set, (real(4, 3), 1, real(1))),
    Case(index_set, (real(4, 3), (Ellipsis, slice(0, 2)), real(4, 1))),
    Case(index_set, (real(4), np.array([0, 0, 3]), real(3))),
    Case(index_set, (real(4), [0, 0, 0], 0.3)),
    Case(index_set, (real(4, 3), (np.array([0, 0, 1]), np.array([2, 2, 1])), real(3))),
    Case(index_set, (real(4, 3), np.array([[0, 0], [1, 0]]).T, real(2, 2, 3))),
    Case(index_set, (real(4), np.array([True, False, True, False]), real(2))),
    Case(index_set, (complex_(4), slice(1, 3), real(2))),
    Case(index_set, (single(real(4)), slice(1, 3), single(real(2)))),
    *[Case(sum_to, (real(4, 3), shape)) for shape in ((4, 3), (3,), (1, 3), (4, 1), (1,), ())],
]
