"""Calls of `scipy.special`."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from .case import Case

rng = np.random.default_rng(11)
ANY = rng.uniform(-2.5, 2.5, (2, 3))
POSITIVE = rng.uniform(0.3, 3.0, (2, 3))
UNIT = rng.uniform(0.1, 0.9, (2, 3))
POLES = np.array([[-2.6, -1.5, -0.3], [0.4, 1.0, 2.7]])  # between the poles of the gamma function
COMPLEX = ANY + 0.7j * POSITIVE
COLUMN = rng.uniform(1.2, 2.5, (2, 1))
ROW = rng.uniform(0.4, 1.1, 3)


def unary(fun: Any, x: np.ndarray, *, single: bool = True) -> list[Case]:
    """A function of one argument: scalar, vector, matrix, single precision."""
    values = [float(x[0, 1]), x[0, 0], x[1], x]
    return [Case(fun, (v,)) for v in values] + ([Case(fun, (x.astype(np.float32),))] if single else [])


def binary(fun: Any, x: np.ndarray, y: np.ndarray, wrt: tuple[int, ...] | None = None) -> list[Case]:
    """A function of two arguments: equal shapes, both kinds of broadcasting, scalars."""
    pairs = [
        (x, y),
        (x[:, :1], y[0]),
        (float(x[0, 0]), y),
        (x, float(y[0, 0])),
        (float(x[1, 1]), float(y[1, 1])),
    ]
    return [Case(fun, pair, wrt=wrt) for pair in pairs]


FAR = [(0.02, 0.1), (50.0, 30.0), (50.0, 80.0), (300.0, 290.0), (2.5, np.array([0.01, 20.0]))]

REAL_LINE = [
    sp.erf, sp.erfc, sp.erfcx, sp.erfi, sp.dawsn, sp.ndtr, sp.log_ndtr, sp.expit, sp.log_expit, sp.expm1, sp.cosm1,
    sp.exp2, sp.exp10, sp.i0, sp.i0e, sp.i1, sp.i1e, sp.j0, sp.j1, sp.expi, sp.cbrt,
]  # fmt: skip
HALF_LINE = [sp.entr, sp.log1p, sp.loggamma, sp.y0, sp.y1, sp.spence, sp.exp1, sp.k0, sp.k1, sp.k0e, sp.k1e]
INTERVAL = [sp.erfinv, sp.logit, sp.ndtri, sp.erfcinv]
HOLOMORPHIC = [
    sp.erf,
    sp.erfc,
    sp.erfcx,
    sp.dawsn,
    sp.wofz,
    sp.ndtr,
    sp.gamma,
    sp.rgamma,
    sp.loggamma,
    sp.expi,
    sp.exp1,
]
ORDERED = [sp.jv, sp.yv, sp.iv, sp.ive, sp.kv, sp.kve]
SPHERICAL = [sp.spherical_jn, sp.spherical_yn, sp.spherical_in, sp.spherical_kn]

CASES: list[Case] = []
for fun in REAL_LINE:
    CASES += unary(fun, ANY)
for fun in (sp.gamma, sp.rgamma, sp.gammaln, sp.psi):
    CASES += unary(fun, POLES)
for fun in HALF_LINE:
    CASES += unary(fun, POSITIVE)
for fun in INTERVAL:
    CASES += unary(fun, UNIT)
for fun in HOLOMORPHIC:
    CASES += [Case(fun, (COMPLEX,)), Case(fun, (complex(COMPLEX[0, 0]),))]
for fun in ORDERED:
    CASES += [
        Case(fun, (order, z), wrt=(1,)) for order in (0, 1, 2.5, COLUMN) for z in (POSITIVE, POSITIVE[0, 0])
    ]
    CASES += [Case(fun, (1.5, POSITIVE + 0.4j), wrt=(1,))]
for fun in SPHERICAL:
    CASES += [Case(fun, (n, POSITIVE), {"derivative": d}, wrt=(1,)) for n in (0, 1, 3) for d in (False, True)]
    CASES += [Case(fun, (np.array([0, 1, 2]), POSITIVE), wrt=(1,))]

# Where a formula divides or takes a logarithm of nothing.
CASES += [
    Case(sp.j1, (np.array([0.0, 1.0]),)),
    Case(sp.i1, (np.array([0.0, -1.0]),)),
    Case(sp.iv, (2, np.array([0.0, -1.0])), wrt=(1,)),
    Case(sp.jv, (1, np.array([0.0, -1.0])), wrt=(1,)),
    Case(sp.spherical_jn, (1, np.array([0.0, 0.5])), wrt=(1,)),
    Case(sp.spherical_jn, (2, np.array([0.0, 0.5]), True), wrt=(1,)),
    Case(sp.spence, (np.array([1.0, 0.5]),)),
    Case(sp.rgamma, (np.array([0.0, -1.0, -2.0, 0.5, 3.0]),)),
    Case(sp.log_ndtr, (np.array([-1000.0, -30.0, 8.0]),)),
    Case(sp.log_ndtr, (np.array([-3e4, 20.0]),)),
    Case(sp.log_ndtr, (COMPLEX,)),
    Case(sp.log_expit, (np.array([-700.0, 30.0]),)),
    Case(sp.boxcox, (POSITIVE, 0.0)),
    Case(sp.boxcox, (POSITIVE, 1e-9)),
    Case(sp.boxcox, (np.array([0.0, 1.0]), 2.5), wrt=(1,)),
    Case(sp.xlogy, (np.array([0.0, 2.0]), np.array([0.0, 1.5])), wrt=(1,), name="xlogy00"),
    Case(sp.xlogy, (0, POSITIVE), wrt=(1,)),
    Case(sp.kl_div, (np.array([0.0, 1.0]), np.array([0.5, 0.7])), wrt=(1,)),
    Case(sp.rel_entr, (np.array([0.0, 1.0]), np.array([0.5, 0.7])), wrt=(1,)),
    Case(sp.comb, (np.array([3.0, 1.0]), np.array([1.5, 2.5]))),
    Case(sp.factorial, (np.array([2.5, -1.0]),)),
]

CASES += [
    *(Case(fun, pair) for fun in (sp.gammainc, sp.gammaincc) for pair in FAR),
    Case(sp.gammainc, (2.0, np.array([0.0, 0.5])), wrt=(0,)),
    Case(sp.stdtr, (np.array([1.0, 30.0, 2.5]), np.array([-6.0, 1e-3, 0.0]))),
]

# Several arguments.
for fun in (
    sp.xlogy,
    sp.xlog1py,
    sp.rel_entr,
    sp.kl_div,
    sp.boxcox,
    sp.boxcox1p,
    sp.beta,
    sp.betaln,
    sp.poch,
    sp.owens_t,
):
    CASES += binary(fun, POSITIVE, POSITIVE[::-1, ::-1] + 0.1)
for fun in (sp.comb, sp.binom):
    CASES += binary(fun, POSITIVE + 4, POSITIVE)
CASES += [Case(sp.comb, (POSITIVE + 4, POSITIVE), {"repetition": True})]
CASES += binary(sp.gammainc, POSITIVE, POSITIVE[::-1])
CASES += binary(sp.gammaincc, POSITIVE, POSITIVE[::-1])
CASES += binary(sp.stdtr, POSITIVE, ANY)
CASES += binary(sp.zeta, POSITIVE + 1.2, POSITIVE, wrt=(1,))
for fun in (sp.betainc, sp.betaincc):
    CASES += [
        Case(fun, (COLUMN, ROW, UNIT)),
        Case(fun, (0.5, 2, UNIT)),
        Case(fun, (1, 1.0, 0.3)),
        Case(fun, (40.0, 55.0, np.array([0.3, 0.42, 0.6]))),
    ]
CASES += [
    Case(sp.xlogy, (COMPLEX, COMPLEX[::-1])),
    Case(sp.polygamma, (0, POSITIVE)),
    Case(sp.polygamma, (2, POSITIVE)),
    Case(sp.polygamma, (1, 0.7)),
    Case(sp.polygamma, (np.array([0, 1, 2]), POSITIVE)),
    Case(sp.multigammaln, (3.5, 3)),
    Case(sp.multigammaln, (POSITIVE + 1, 2)),
    Case(sp.factorial, (POSITIVE,)),
    Case(sp.zeta, (3, 0.8)),
    Case(sp.yn, (0, POSITIVE)),
    Case(sp.yn, (2, POSITIVE)),
    Case(sp.expn, (0, POSITIVE)),
    Case(sp.expn, (1, POSITIVE)),
    Case(sp.expn, (3, POSITIVE[0, 0])),
    Case(sp.expn, (np.array([0, 1, 4]), POSITIVE)),
    Case(sp.fresnel, (ANY,)),
    Case(sp.fresnel, (0.6,)),
    Case(sp.fresnel, (COMPLEX,)),
    Case(sp.sici, (POSITIVE,)),
    Case(sp.sici, (1.3,)),
    Case(sp.sici, (COMPLEX,)),
    Case(sp.hyp1f1, (COLUMN, ROW, ANY), wrt=(2,)),
    Case(sp.hyp1f1, (1, 2, 0.5), wrt=(2,)),
    Case(sp.hyp1f1, (0.5, 1.5, COMPLEX), wrt=(2,)),
    Case(sp.hyp2f1, (0.5, COLUMN, ROW + 1, UNIT), wrt=(3,)),
    Case(sp.hyp2f1, (1, 2, 3, 0.25), wrt=(3,)),
    Case(sp.gammasgn, (ANY,)),
    Case(sp.hankel1, (0.5, POSITIVE), wrt=(1,)),
    Case(sp.hankel2, (1, COMPLEX), wrt=(1,)),
]

# Sums of exponentials.
CUBE = rng.normal(size=(2, 3, 4))
SIGNED = np.array([[1.0, -0.5, 2.0, 0.3], [0.7, 1.1, -0.2, 1.0], [-2.0, 0.4, 0.3, 0.1]])
HOLES = np.array([[0.5, -np.inf, 1.0], [-np.inf, -np.inf, -np.inf], [0.1, 0.2, -3.0]])
for axis in (None, 0, -1, (0, 2), (1,)):
    CASES += [Case(sp.logsumexp, (CUBE,), {"axis": axis, "keepdims": k}) for k in (False, True)]
    CASES += [Case(fun, (CUBE,), {"axis": axis}) for fun in (sp.softmax, sp.log_softmax)]
CASES += [
    Case(sp.logsumexp, (CUBE[0, 0],)),
    Case(sp.logsumexp, (CUBE.astype(np.float32),), {"axis": 1}),
    Case(sp.logsumexp, (1.5,)),
    Case(sp.logsumexp, (CUBE + 800.0, 1)),
    Case(sp.logsumexp, (CUBE, 1, np.abs(SIGNED))),
    Case(sp.logsumexp, (CUBE, None, np.abs(SIGNED[:1]))),
    Case(sp.logsumexp, (CUBE[:, :1], -1, np.abs(SIGNED), True)),
    Case(sp.logsumexp, (CUBE[0, 0], 0, np.abs(SIGNED))),
    Case(sp.logsumexp, (CUBE, -1, SIGNED, False, True)),
    Case(sp.logsumexp, (CUBE, 0, SIGNED, True, True)),
    Case(sp.logsumexp, (CUBE,), {"axis": (0, 1), "return_sign": True}),
    Case(sp.logsumexp, (CUBE,), {"b": np.abs(SIGNED), "axis": 1}, name="logsumexp_b"),
    Case(sp.logsumexp, (0.3 * CUBE + 0.2j,), {"axis": 1}),
    Case(sp.softmax, (CUBE[0].astype(np.float32),), {"axis": 1}),
    Case(sp.log_softmax, (CUBE[0] * 300,), {"axis": 0}),
    Case(sp.log_softmax, (0.5,)),
]
