"""The derivative table, by chapter; importing this package fills it.

Chapters on SciPy are read when one of its functions is first met, so that importing s2sgrad stays cheap.
"""

from . import (
    arithmetic,
    comparison,
    elementwise,
    fft,
    functional,
    indexing,
    linalg,
    products,
    reductions,
    shapes,
    sorting,
)
from .registry import LAZY_CHAPTERS

LAZY_CHAPTERS["scipy"] = tuple(f"{__name__}.{chapter}" for chapter in ("special", "stats", "scipy_linalg", "signal"))

__all__ = ["arithmetic", "comparison", "elementwise", "fft", "functional", "indexing", "linalg", "products", "reductions", "shapes", "sorting"]
