"""Checks that only run time can make, as functions of the table: copied into the programs that need them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.program import type_of
from ..ir.result_types import RULES
from .registry import IMPURE, define


def real_scalar(x: Any) -> Any:
    """`x`, which must be a real floating scalar."""
    if np.shape(x) != ():
        raise TypeError(f"an array of shape {np.shape(x)}")
    if isinstance(x, int) or np.asarray(x).dtype.kind != "f":
        raise TypeError(f"of type {type(x).__name__}")
    return x


MISSHAPEN = "gave a cotangent of another shape than its argument"  # of a rule, where the shapes are not told


def conformed(c: Any, shape: tuple[int, ...], rule: str) -> Any:
    """The cotangent `c` that a rule gave for an argument, which must have its shape."""
    if np.shape(c) != shape:
        raise ValueError(
            f"the rule of `{rule}` gave a cotangent of shape {np.shape(c)} for an argument of shape {shape}"
        )
    return c


def shaped_like(c: Any, x: Any) -> Any:
    """The cotangent `c` of `x`, which NumPy would have refused to broadcast if the shapes differ."""
    if np.shape(c) != np.shape(x):
        raise ValueError(f"operands could not be broadcast together with shapes {np.shape(x)} {np.shape(c)}")
    return c


define(real_scalar, effect=IMPURE, vjps=(lambda g, ans, x: g,), jvps=(lambda t, ans, x: t,))
define(
    conformed,
    effect=IMPURE,
    vjps=(lambda g, ans, c, shape, rule: g, None, None),
    jvps=(lambda t, ans, c, shape, rule: t, None, None),
)
define(
    shaped_like,
    effect=IMPURE,
    vjps=(lambda g, ans, c, x: g, lambda g, ans, c, x: np.zeros_like(x)),  # of `x` only the shape is read
    jvps=(lambda t, ans, c, x: t, lambda t, ans, c, x: np.zeros_like(x)),
)
RULES[shaped_like] = lambda node, c, x: type_of(x)
RULES[real_scalar] = lambda node, x: type_of(x)
RULES[conformed] = lambda node, c, shape, rule: type_of(c)
