"""Cases of reductions, running totals, order statistics, integrals, convolutions and polynomials."""

from __future__ import annotations

import numpy as np

from .case import Case

rng = np.random.default_rng(11)
V = rng.normal(size=6)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
S = M.astype(np.float32)
Z = M + 1j * rng.normal(size=(3, 4))
POINT = np.array(0.7)
EMPTY = np.zeros(0)
HOLES = np.where(rng.random((3, 4)) < 0.3, np.nan, M)
HOLES[:, 0] = [0.5, -1.5, 2.5]
MASK = np.array([[True, False, True, True], [True, True, False, True], [False, True, True, True]])
ZEROS = np.array([[1.5, 2.0, -3.0], [0.0, 2.0, 3.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]])
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 1.0]])
WEIGHTS = rng.random((3, 4)) + 0.5
W4 = rng.random(4) + 0.5
W6 = rng.random(6) + 0.5

AXES = [{}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}, {"keepdims": True}]
DEEP = [{"axis": (0, 2)}, {"axis": (-1, 0), "keepdims": True}, {"axis": 1}, {"axis": ()}]


def reductions(fun, *, deep=True, orders=2):
    """The variants every reduction has."""
    cases = [Case(fun, (M,), kwargs, orders=orders) for kwargs in AXES]
    cases += [Case(fun, (T,), kwargs, orders=orders) for kwargs in (DEEP if deep else DEEP[:3])]
    return cases + [
        Case(fun, (V,)),
        Case(fun, (S,), {"axis": 0}),
        Case(fun, (S,)),
        Case(fun, (POINT,)),
        Case(fun, (1.5,)),
    ]


def masked(fun, **more):
    """The variants with `where`."""
    return [
        Case(fun, (M,), {"where": MASK, **more}),
        Case(fun, (M,), {"where": MASK, "axis": 0, **more}),
        Case(fun, (M,), {"where": MASK, "axis": 1, "keepdims": True, **more}),
        Case(fun, (S,), {"where": MASK, "axis": 1, **more}),
        Case(fun, (M,), {"where": MASK[0], "axis": (0, 1), **more}),
    ]


def skipping(fun):
    """The variants with NaN."""
    return [Case(fun, (M,), {"axis": 1}), Case(fun, (V,)), Case(fun, (1.5,)), Case(fun, (S,), {"axis": 0})]


CASES: list[Case] = []
for f in (np.sum, np.mean, np.var, np.std, np.prod):
    CASES += reductions(f) + masked(f)
    CASES += [
        Case(f, (Z,), {"axis": 0}),
        Case(f, (Z,)),
        Case(f, (M, 1)),
        Case(f, (M.T,), {"axis": 0}),
        Case(f, (T,), {"axis": (1, 2)}),
    ]
    CASES += [Case(f, (S,), {"dtype": np.float64})]
CASES = [c for c in CASES if not (c.fun in (np.var, np.std) and c.kwargs.get("axis") == ())]
CASES = [c for c in CASES if not (c.fun is np.std and np.ndim(c.args[0]) == 0)]
for f in (np.sum, np.prod):
    CASES += [
        Case(f, (EMPTY,)),
        Case(f, (np.zeros((0, 3)),), {"axis": 0}),
        Case(f, (M,), {"axis": 0, "initial": 2.5}),
    ]
CASES += [
    Case(np.sum, (M, 0, None, None, False, 2.5), wrt=(0, 5)),
    Case(np.add.reduce, (M,)),
    Case(np.add.reduce, (M,), {"axis": None}),
    Case(np.add.reduce, (T,), {"axis": (0, -1), "keepdims": True}),
    Case(np.multiply.reduce, (ZEROS,), {"axis": 1}),
    Case(np.multiply.reduce, (M,)),
    Case(np.multiply.reduce, (V,)),
    Case(np.logaddexp.reduce, (M,)),
    Case(np.logaddexp.reduce, (M,), {"axis": 1, "keepdims": True}),
    Case(np.logaddexp.reduce, (V,)),
    Case(np.prod, (ZEROS,), {"axis": 1}),
    Case(np.prod, (ZEROS,), {"axis": 0}),
    Case(np.prod, (ZEROS,)),
    Case(np.prod, (np.array([0.0, 2.0, 3.0]),)),
    Case(np.prod, (np.array([0.0, 2.0, 0.0]),)),
    Case(np.prod, (0.0,)),
    Case(np.prod, (ZEROS[:2],), {"axis": (0, 1), "keepdims": True}),
]
for f in (np.var, np.std):
    CASES += [
        Case(f, (M,), {"ddof": 1, "axis": 0}),
        Case(f, (V,), {"correction": 1}),
        Case(f, (V,), {"ddof": 1.5}),
        Case(f, (M,), {"axis": 1, "mean": np.mean(M, axis=1, keepdims=True)}),
        Case(f, (M,), {"axis": 1, "keepdims": True, "mean": np.array([[0.1], [0.2], [0.3]])}),
    ]
for f in (np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanprod, np.nanmax, np.nanmin, np.nanmedian):
    CASES += [c for c in skipping(f) if not (f is np.nanstd and np.ndim(c.args[0]) == 0)]
    CASES += [Case(f, (T,), {"axis": (0, 1)}), Case(f, (M,), {"keepdims": True})]
CASES += [
    Case(f, (M,), {"where": MASK, "axis": 1})
    for f in (np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanprod)
]
for f in (np.max, np.min, np.amax, np.amin):
    CASES += reductions(f)
    CASES += [
        Case(f, (M,), {"axis": 0, "initial": 0.1}),
        Case(f, (M,), {"axis": 1, "initial": 9.0, "where": MASK}),
        Case(f, (M,), {"axis": 1, "initial": -9.0, "where": MASK}),
    ]
CASES += [
    Case(f, (M,), kw)
    for f in (np.maximum.reduce, np.minimum.reduce)
    for kw in ({}, {"axis": 1, "keepdims": True}, {"axis": None})
]
CASES += [Case(f, (M,), kw) for f in (np.ptp,) for kw in AXES]
CASES += reductions(np.median, deep=False) + [
    Case(np.median, (np.array([3.0, 1.0, 2.0]),)),
    Case(np.median, (T,), {"axis": (0, 2), "keepdims": True}),
]
for f, q in ((np.quantile, 0.3), (np.percentile, 30.0), (np.nanquantile, 0.3), (np.nanpercentile, 30.0)):
    qs = np.array([0.1, 0.55, 0.9]) * (q / 0.3)
    CASES += [
        Case(f, (V, q)),
        Case(f, (M, q), {"axis": 0}),
        Case(f, (M, qs), {"axis": 1}),
        Case(f, (T, qs), {"axis": (0, 2), "keepdims": True}),
        Case(f, (M, qs[:2].reshape(2, 1)), {"keepdims": True}),
        Case(f, (V, 0.0), wrt=(0,)),
        Case(f, (V, q), {"keepdims": True}),
    ]
CASES += [
    Case(np.nanquantile, (HOLES, 0.4), {"axis": 1}),
    Case(np.nanpercentile, (HOLES, [20.0, 70.0])),
    Case(np.quantile, (HOLES, 0.4), {"axis": 1}, wrt=(0,)),
]
METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear "
    "median_unbiased normal_unbiased lower higher midpoint nearest"
).split()
CASES += [
    Case(f, (V, q), {"method": m}, wrt=(0,))
    for m in METHODS
    for f in (np.quantile, np.nanquantile)
    for q in (0.37, 0.5, np.array([0.02, 0.25, 1.0]))
]
CASES += [
    Case(f, (V, q), {"method": m}, wrt=(1,))
    for m in ("interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased")
    for f in (np.quantile, np.nanquantile)
    for q in (0.37, np.array([0.31, 0.55, 0.71]))
]
CASES += [
    Case(np.average, (M,)),
    Case(np.average, (M,), {"axis": 1}),
    Case(np.average, (M, 1, W4)),
    Case(np.average, (M, None, WEIGHTS)),
    Case(np.average, (M, 0, WEIGHTS)),
    Case(np.average, (M, 1, W4, True)),
    Case(np.average, (M, 1, WEIGHTS), {"keepdims": True}),
    Case(np.average, (M, 0), {"returned": True}),
    Case(np.average, (T, (2, 1), np.ones((4, 3)) + M.T**2)),
]
for f in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod):
    CASES += [
        Case(f, (V,)),
        Case(f, (M,)),
        Case(f, (M, 0)),
        Case(f, (M, -1)),
        Case(f, (S, 1)),
        Case(f, (T, 1)),
        Case(f, (EMPTY,)),
        Case(f, (POINT,)),
    ]
CASES += [
    Case(np.cumprod, (ZEROS, 1)),
    Case(np.cumprod, (ZEROS, 0)),
    Case(np.cumprod, (ZEROS,)),
    Case(np.cumsum, (Z, 0)),
    Case(np.cumprod, (Z, 0)),
]
for f in (np.cumulative_sum, np.cumulative_prod):
    CASES += [
        Case(f, (V,)),
        Case(f, (M,), {"axis": 1}),
        Case(f, (V,), {"include_initial": True}),
        Case(f, (M,), {"axis": 0, "include_initial": True}),
    ]
for f in (np.add.accumulate, np.multiply.accumulate, np.maximum.accumulate, np.minimum.accumulate):
    CASES += [Case(f, (V,)), Case(f, (M,)), Case(f, (M, 1)), Case(f, (S, -1))]
CASES += [Case(f, (V, V[:3])) for f in (np.add.outer, np.subtract.outer, np.multiply.outer, np.divide.outer)]
CASES += [Case(f, (M, V)) for f in (np.add.outer, np.subtract.outer, np.multiply.outer, np.divide.outer)]
CASES += [Case(np.multiply.outer, (1.5, V)), Case(np.add.outer, (V, 2.5))]
CASES += [
    Case(np.add.reduceat, (V, [0, 2, 4])),
    Case(np.add.reduceat, (M, np.array([0, 3, 1, 2]), 1)),
    Case(np.add.reduceat, (V, [3, 3, 1])),
]
CASES += [
    Case(np.diff, (V,)),
    Case(np.diff, (M,)),
    Case(np.diff, (M, 2, 0)),
    Case(np.diff, (M, 1, 1, V[:3].reshape(3, 1))),
    Case(np.diff, (V, 1, -1, 0.5, 2.5)),
    Case(np.diff, (M, 1, 0), {"append": 1.5}),
    Case(np.diff, (V, 0)),
    Case(np.diff, (S,)),
    Case(np.ediff1d, (V,)),
    Case(np.ediff1d, (M, 0.5, V[:2])),
    Case(np.ediff1d, (V,), {"to_begin": 1.5}),
    Case(np.trapezoid, (V,)),
    Case(np.trapezoid, (V, W6)),
    Case(np.trapezoid, (M,), {"dx": 0.5, "axis": 0}),
    Case(np.trapezoid, (M, W4)),
    Case(np.trapezoid, (M, np.sort(W4[:3])), {"axis": 0}),
    Case(np.trapezoid, (T, np.sort(M[:, 0])), {"axis": 1}),
    Case(np.trapezoid, (M, WEIGHTS)),
    Case(np.gradient, (V,)),
    Case(np.gradient, (V, 0.5)),
    Case(np.gradient, (V, np.cumsum(W6))),
    Case(np.gradient, (M,)),
    Case(np.gradient, (M, 0.5, 2.0)),
    Case(np.gradient, (M,), {"axis": 0, "edge_order": 2}),
    Case(np.gradient, (M, np.cumsum(W4)), {"axis": 1, "edge_order": 2}),
    Case(np.gradient, (M, 2.0, np.cumsum(W4))),
    Case(np.gradient, (T,), {"axis": (0, 2)}),
    Case(np.gradient, (V,), {"edge_order": 2}),
    Case(np.gradient, (S, 0.5)),
    Case(np.cov, (M,)),
    Case(np.cov, (V, W6)),
    Case(np.cov, (V,)),
    Case(np.cov, (M,), {"rowvar": False}),
    Case(np.cov, (M,), {"bias": True}),
    Case(np.cov, (M,), {"ddof": 0}),
    Case(np.cov, (M,), {"fweights": np.array([1, 2, 1, 3])}),
    Case(np.cov, (M,), {"aweights": W4}),
    Case(np.cov, (Z,)),
    Case(np.cov, (M,), {"aweights": W4, "fweights": np.array([1, 2, 1, 3]), "ddof": 0}),
    Case(np.cov, (M, T[0]), {"rowvar": False}),
    Case(np.corrcoef, (M,)),
    Case(np.corrcoef, (V, W6)),
    Case(np.corrcoef, (M.T,), {"rowvar": False}),
    Case(np.corrcoef, (V,)),
    Case(np.bincount, (np.array([0, 2, 2, 5, 1, 0]), V)),
    Case(np.bincount, (np.array([0, 2, 2, 1]), W4, 6)),
    Case(
        np.histogram,
        (np.array([0.1, 0.5, 0.9, 1.0, 0.45, 2.0]), np.array([0.0, 0.4, 0.8, 1.0]), None, None, W6),
        wrt=(4,),
    ),
    Case(
        np.histogram,
        (np.array([0.1, 0.5, 0.9, 1.0, 0.45, 2.0]), np.array([0.0, 0.4, 0.8, 1.0]), None, True, W6),
        wrt=(4,),
    ),
    Case(np.histogram, (np.array([0.1, 0.5, 0.9, 1.0, 0.45, 2.0]), 4, (0.0, 2.0), None, W6), wrt=(4,)),
]
XP, FP = np.array([0.0, 1.0, 2.5, 4.0]), np.array([1.0, 3.0, 2.0, -1.0])
CASES += [
    Case(np.interp, (np.array([-1.0, 0.3, 1.7, 3.9, 5.0]), XP, FP)),
    Case(np.interp, (0.7, XP, FP)),
    Case(np.interp, (M, XP, FP)),
    Case(np.interp, (np.array([-1.0, 0.3, 1.7, 5.0]), XP, FP, -7.0, 9.0)),
    Case(np.interp, (np.array([-1.0, 0.3, 6.7]), XP[[1, 0, 2, 3]], FP), {"period": 4.5}),
    Case(np.interp, (np.array([0.0, 2.5, 4.0]), XP, FP), wrt=(2,)),
]
for f in (np.convolve, np.correlate):
    for mode in ("full", "same", "valid"):
        CASES += [
            Case(f, (V, V[:3] + 1, mode)),
            Case(f, (V[:3], V + 1, mode)),
            Case(f, (V, V[:4] + 1, mode)),
            Case(f, (V[:2], V + 1, mode)),
            Case(f, (V, V + 1, mode)),
            Case(f, (Z[0], Z[1, :3], mode)),
            Case(f, (S[0], S[1, :2], mode)),
        ]
CASES += [Case(np.convolve, (V, W4)), Case(np.correlate, (V, W4)), Case(np.correlate, (W4, V))]
P, Q = np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.3])
CASES += [
    Case(np.polyval, (P, V)),
    Case(np.polyval, (P, 0.7)),
    Case(np.polyval, (P, M)),
    Case(np.polyval, (Z[0], Z)),
    Case(np.polyval, (np.array([2.0]), V)),
    Case(np.polyadd, (P, Q)),
    Case(np.polyadd, (Q, P)),
    Case(np.polysub, (P, Q)),
    Case(np.polysub, (Q, P)),
    Case(np.polymul, (P, Q)),
    Case(np.polymul, (Q, P)),
    Case(np.polydiv, (np.array([1.0, 2.0, 3.0, 4.0]), Q)),
    Case(np.polydiv, (Q, P)),
    Case(np.polydiv, (P, P), wrt=()),
    Case(np.polyder, (P,)),
    Case(np.polyder, (V, 2)),
    Case(np.polyder, (P, 0)),
    Case(np.polyint, (P,)),
    Case(np.polyint, (P, 2)),
    Case(np.polyint, (P, 2, 0.5)),
    Case(np.polyint, (P, 2, [0.5, 1.5])),
    Case(np.polyint, (P, 1), {"k": 0.5}),
    Case(np.poly, (V,)),
    Case(np.poly, (P,)),
    Case(np.poly, (np.array([0.0, 1.0]),)),
    Case(np.polyfit, (V, W6, 2)),
    Case(np.polyfit, (V, W6, 1), {"w": W6[::-1]}),
    Case(np.polyfit, (V, np.stack([W6, V], 1), 1)),
    Case(np.polyfit, (V, W6, 1), {"cov": True}),
    Case(np.polyfit, (V, W6, 1), {"full": True}),
    Case(np.polyfit, (V, W6, 1), {"cov": "unscaled"}),
    Case(np.vander, (V,)),
    Case(np.vander, (V, 3)),
    Case(np.vander, (V, 4, True)),
    Case(np.vander, (np.array([0.0, 1.0, 2.0]),)),
    Case(np.vander, (V, 1)),
]
