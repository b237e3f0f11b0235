"""Statistics: `scipy.stats`. Loaded when a function of SciPy is first met; the distributions are beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from . import special, stats_discrete, stats_line, stats_multivariate, stats_shape
from .composite import composite

__all__ = ["special", "stats_discrete", "stats_line", "stats_multivariate", "stats_shape"]


def sem(
    a: Any, axis: Any = 0, ddof: Any = 1, nan_policy: str = "propagate", *, keepdims: bool = False
) -> Any:
    """The standard error of the mean."""
    a = np.asarray(a)
    if nan_policy == "omit":
        count = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
        return np.nanstd(a, axis=axis, ddof=ddof, keepdims=keepdims) / np.sqrt(count)
    count = a.size if axis is None else a.shape[axis]
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / count**0.5


composite(stats.sem, sem, name="scipy.stats.sem")
