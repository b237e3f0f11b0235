"""Calls of `scipy.stats`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from .case import Case

rng = np.random.default_rng(12)
X = np.array([[-1.7, -0.4, 0.3], [0.9, 1.6, 3.1]])
IN = np.array([[0.15, 0.45, 0.3], [0.9, 0.62, 0.77]])  # inside every bounded support
Q = np.array([[0.02, 0.35, 0.49], [0.61, 0.8, 0.97]])
LOC = np.array([[0.2], [-0.15]])
SCALE = np.array([1.3, 0.8, 2.1])
COUNTS = np.array([[0, 1, 2], [3, 1, 5]])
EVERY = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


def calls(
    distribution: Any, methods: tuple[str, ...], x: np.ndarray, *shapes: Any, wrt: Any = None
) -> list[Case]:
    """Each method: scalar, array, location and scale by position and by keyword, broadcast, single precision."""
    n = len(shapes)
    everything = None if wrt is None else (*wrt, 1 + n, 2 + n)
    cases = []
    for method in methods:
        fun, name = getattr(distribution, method), f"{distribution.name}.{method}"
        cases += [
            Case(fun, (float(x[0, 1]), *shapes), wrt=wrt, name=name),
            Case(fun, (x, *shapes), wrt=wrt, name=name),
            Case(fun, (x, *shapes, LOC, SCALE), wrt=everything, name=name),
            Case(fun, (x[0], *shapes, 0.1, 1.7), wrt=everything, name=name),
            Case(fun, (x[1], *shapes), {"loc": 0.1, "scale": SCALE}, wrt=wrt, name=name),
            Case(fun, (0.4, *shapes), {"scale": SCALE}, wrt=wrt, name=name),
        ]
        if method not in ("ppf", "isf"):  # which SciPy computes in single precision, and we do not
            cases += [Case(fun, (x.astype(np.float32), *shapes), wrt=wrt, name=name)]
    return cases


def counts(distribution: Any, methods: tuple[str, ...], *shapes: Any, first: int = 0) -> list[Case]:
    """Each method of a discrete distribution: at a count, at counts, shifted, and off the support."""
    cases, floating = [], tuple(1 + i for i, shape in enumerate(shapes) if not isinstance(shape, int))
    for method in methods:
        fun, name = getattr(distribution, method), f"{distribution.name}.{method}"
        cases += [
            Case(fun, (first + 1, *shapes), name=name),
            Case(fun, (COUNTS + first, *shapes), name=name),
            Case(fun, (COUNTS + first + 2, *shapes, 2), name=name),
            Case(fun, (COUNTS[:, :1] + first, *shapes), {"loc": -1}, name=name),
            Case(fun, (np.array([-1.0, 0.5, first]), *shapes), wrt=floating, name=name),
        ]
    return cases


CASES: list[Case] = []
for line in (stats.norm, stats.logistic, stats.cauchy, stats.gumbel_r, stats.gumbel_l):
    CASES += calls(line, EVERY, X) + calls(line, ("ppf",), Q)
for line in (stats.norm, stats.logistic, stats.cauchy, stats.expon):
    CASES += calls(line, ("isf",), Q)
CASES += calls(stats.laplace, ("pdf", "logpdf", "cdf", "sf"), X)
CASES += calls(stats.expon, EVERY, X) + calls(stats.expon, ("ppf",), Q)
CASES += calls(stats.uniform, ("pdf", "logpdf", "cdf"), IN) + calls(stats.uniform, ("ppf",), Q)
CASES += calls(stats.pareto, EVERY, X, 1.4) + calls(stats.pareto, ("ppf",), Q, 1.4)
CASES += calls(stats.pareto, ("pdf", "cdf"), X, np.array([[0.8], [2.5]]))
CASES += calls(stats.t, ("pdf", "logpdf"), X, 3.5) + calls(stats.t, ("pdf",), X, np.array([[1.0], [7.0]]))
CASES += calls(stats.t, ("cdf", "logcdf", "sf", "logsf"), X, 3.5)
for shaped in (stats.gamma, stats.chi2):
    CASES += calls(shaped, ("pdf", "logpdf"), X, 2.2) + calls(
        shaped, ("logpdf",), X, np.array([[0.7], [3.0]])
    )
    CASES += calls(shaped, ("cdf", "logcdf", "sf", "logsf"), X, 2.2)
CASES += calls(stats.beta, ("pdf", "logpdf"), IN, 2.2, 0.7) + calls(stats.beta, ("pdf",), X, 2.2, SCALE)
CASES += calls(stats.beta, ("cdf", "logcdf", "sf", "logsf"), IN, 2.2, 1.7)
CASES += calls(stats.gennorm, ("pdf", "logpdf"), X, 1.3)
CASES += calls(stats.gennorm, ("cdf",), X, 1.3)
CASES += calls(stats.vonmises, ("pdf", "logpdf"), X, 1.3) + calls(stats.vonmises, ("pdf",), X, SCALE)
CASES += calls(stats.wrapcauchy, ("pdf", "logpdf"), X, 0.4)
CASES += calls(stats.truncnorm, EVERY, X, -1.1, 2.3) + calls(stats.truncnorm, EVERY, X, 0.2, 4.0)
CASES += calls(stats.truncnorm, EVERY, X, -np.inf, 1.2, wrt=(0, 2))

CASES += counts(stats.poisson, ("pmf", "logpmf", "cdf"), 1.7)
CASES += counts(stats.poisson, ("logpmf",), np.array([0.3, 1.1, 4.0]))
CASES += counts(stats.bernoulli, ("pmf", "logpmf"), 0.3)
CASES += counts(stats.binom, ("pmf", "logpmf"), 5, 0.3) + counts(stats.binom, ("pmf",), 4, IN[0])
CASES += counts(stats.geom, ("pmf", "logpmf"), 0.3, first=1)
CASES += counts(stats.nbinom, ("pmf", "logpmf"), 2.5, 0.4)
CASES += counts(stats.betabinom, ("pmf", "logpmf"), 5, 1.2, 0.7)

# At and beyond the ends of a support: a formula not taken adds nothing, not even NaN.
EDGES = np.array([-3.0, 0.0, 0.5, 1.0, 4.0])
CASES += [
    Case(stats.gamma.logpdf, (EDGES[[0, 2]], 0.7, np.array([0.1, 0.2]))),
    Case(stats.gamma.cdf, (EDGES[[0, 2]], 0.7)),
    Case(stats.beta.logpdf, (EDGES[[0, 2, 4]], 0.7, 0.6)),
    Case(stats.beta.cdf, (EDGES[[0, 2, 4]], 0.7, 0.6)),
    Case(stats.pareto.logpdf, (EDGES[[0, 2, 4]], 0.7)),
    Case(stats.uniform.logpdf, (EDGES[[0, 2, 4]],)),
    Case(stats.gumbel_r.pdf, (np.array([-800.0, -7.0, 0.0]),), wrt=()),
    Case(stats.gumbel_l.pdf, (np.array([800.0, 7.0, 0.0]),), wrt=()),
    Case(
        stats.logistic.pdf, (np.array([-800.0, 0.0, 800.0]),), orders=1
    ),  # steps as wide as the largest entry
    Case(stats.laplace.cdf, (np.array([-800.0, 2.0, 800.0]),), orders=1),
    Case(stats.norm.logcdf, (np.array([-40.0, 9.0]),)),
    Case(stats.truncnorm.logcdf, (np.array([-3.0, 0.9, 3.0]), -1.0, 1.0), wrt=(0,)),
    Case(stats.truncnorm.logpdf, (np.array([5.2, 5.9]), 5.0, 6.0)),
    Case(stats.bernoulli.logpmf, (np.array([0, 1, 2]), np.array([0.3, 0.6, 0.4]))),
    Case(stats.expon.logcdf, (np.array([-1.0, 0.3]),)),
    Case(stats.gennorm.cdf, (np.array([-0.5, 0.8]), 2.5)),
]

# Several variables.
ALPHA = np.array([1.3, 0.8, 2.4])
SIMPLEX = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]).T
MEAN = np.array([0.3, -0.2, 0.5])
COV = np.array([[1.4, 0.3, -0.2], [0.3, 0.9, 0.1], [-0.2, 0.1, 2.0]])
POINTS = rng.normal(size=(2, 4, 3))
for method in ("logpdf", "pdf"):
    dirichlet, normal = getattr(stats.dirichlet, method), getattr(stats.multivariate_normal, method)
    for x in (SIMPLEX[:, 0], SIMPLEX):
        CASES += [Case(dirichlet, (x, ALPHA), wrt=(1,), name=f"dirichlet.{method}")]
    CASES += [Case(dirichlet, (x[:2], ALPHA), name=f"dirichlet.{method}") for x in (SIMPLEX[:, 0], SIMPLEX)]
    for args in (
        (POINTS[0, 0], MEAN, COV),
        (POINTS, MEAN, COV),
        (POINTS[0], MEAN, np.diag(COV)),
        (POINTS[0], MEAN, 1.7),
        (POINTS[0], MEAN),
        (POINTS[0, 0], np.zeros(3), COV),
        (0.3, 0.1, 1.7),
        (POINTS[0, 0], 0.1, 1.7),
        (POINTS[0, 0],),
        (POINTS[0], None, COV),
    ):
        CASES += [Case(normal, args, name=f"multivariate_normal.{method}")]
    CASES += [Case(normal, (POINTS[0], MEAN, COV, True), name=f"multivariate_normal.{method}")]
    CASES += [Case(normal, (POINTS[0],), {"cov": COV}, name=f"multivariate_normal.{method}")]
CASES += [
    Case(stats.multivariate_normal.entropy, (MEAN, COV), wrt=(1,), name="multivariate_normal.entropy"),
    Case(stats.multivariate_normal.entropy, (None, COV), name="multivariate_normal.entropy"),
    Case(stats.multivariate_normal.entropy, (0.2, 1.7), name="multivariate_normal.entropy"),
]
for method in ("logpmf", "pmf"):
    # The probabilities must sum to 1 and cannot be moved one by one: the compiled checker normalises them first.
    multinomial = getattr(stats.multinomial, method)
    CASES += [
        Case(multinomial, (np.array([1, 2, 3]), 6, SIMPLEX[:, 0]), wrt=(), name=f"multinomial.{method}"),
        Case(
            multinomial,
            (np.array([[1, 2, 3], [0, 4, 2]]), 6, SIMPLEX.T),
            wrt=(),
            name=f"multinomial.{method}",
        ),
        Case(multinomial, (np.array([1, 2, 4]), 6, SIMPLEX[:, 0]), wrt=(), name=f"multinomial.{method}"),
    ]
for axis in (0, 1, -1, None):
    CASES += [
        Case(stats.sem, (POINTS, axis), name="sem"),
        Case(stats.sem, (POINTS,), {"axis": axis, "keepdims": True}),
    ]
CASES += [
    Case(stats.sem, (POINTS[0, 0],)),
    Case(stats.sem, (POINTS, 1, 0)),
    Case(stats.sem, (POINTS, 0, 1, "omit")),
]
