"""The derivative table, by chapter; importing this package fills it.

Chapters on SciPy are read when one of its functions is first met, so that importing s2sgrad stays cheap.
"""

import math

import numpy as np

from . import (
    accumulations,
    arithmetic,
    callables,
    comparison,
    decompositions,
    differences,
    elementwise,
    fft,
    functional,
    histograms,
    indexing,
    linalg,
    moments,
    norms,
    order_statistics,
    polynomials,
    products,
    reductions,
    shapes,
    sorting,
)
from .registry import ENTRIES, LAZY_CHAPTERS

# What takes sequences of arrays as they are: elsewhere a list of numbers is the array that NumPy makes of it.
SEQUENCE_FUNCTIONS = (
    np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.array, np.asarray,
    np.asanyarray, np.copy, np.choose, np.select, np.piecewise, np.histogram, np.meshgrid, np.ix_, np.lexsort,
    np.linalg.multi_dot, math.dist, math.fsum, math.prod,
)  # fmt: skip
for _fun in (*SEQUENCE_FUNCTIONS, getattr(np, "row_stack", np.vstack)):
    if _fun in ENTRIES:
        ENTRIES[_fun].sequences = True

LAZY_CHAPTERS["scipy"] = tuple(
    f"{__name__}.{chapter}"
    for chapter in (
        "special",
        "stats",
        "scipy_linalg",
        "scipy_equations",
        "scipy_factorisations",
        "scipy_spectra",
        "scipy_matrices",
        "signal",
        "spectral",
        "integrate",
        "interpolation",
        "stats_density",
    )
)

__all__ = [
    "accumulations",
    "arithmetic",
    "callables",
    "comparison",
    "decompositions",
    "differences",
    "elementwise",
    "fft",
    "functional",
    "histograms",
    "indexing",
    "linalg",
    "moments",
    "norms",
    "order_statistics",
    "polynomials",
    "products",
    "reductions",
    "shapes",
    "sorting",
]
