"""What the definitions of all distributions share: location, scale, support, and the word that declares them.

A definition has the signature of SciPy's method, so that it can stand for a call of it, and its value: in
double precision, with NaN for a parameter out of its range. Outside the support an argument is replaced
before a formula sees it, and the value after: what is not taken adds nothing to a derivative, not even NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .composite import composite


def declare(distribution: Any, **definitions: Callable[..., Any]) -> None:
    """Give methods of a distribution of `scipy.stats` their definitions."""
    for method, definition in definitions.items():
        name = f"scipy.stats.{distribution.name}.{method}"
        composite(getattr(distribution, method), definition, name=name)


def positive(parameter: Any) -> Any:
    """A parameter that must be positive, NaN where it is not."""
    return np.where(np.asarray(parameter) > 0, parameter, np.nan)


def standard(x: Any, loc: Any, scale: Any) -> Any:
    """`x` in the standard form of its distribution."""
    return np.asarray((np.asarray(x) - loc) / positive(scale), dtype=float)


def located(z: Any, loc: Any, scale: Any) -> Any:
    """The inverse of `standard`."""
    return z * positive(scale) + loc


def probability(q: Any) -> Any:
    """An argument of an inverse distribution function, NaN where it is no probability."""
    q = np.asarray(q, dtype=float)
    return np.where((q >= 0) & (q <= 1), q, np.nan)


def unless(outside: Any, filler: Any, value: Any) -> Any:
    """`value`, and `filler` where `outside`; a scalar for scalars. NaN compares false: it stays."""
    return np.where(outside, filler, value)[()]
