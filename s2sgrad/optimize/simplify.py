"""Algebraic simplification of derivative code, one rule a primitive, applied as operations are made.

Only derivative code is simplified: the original's operations stay as the user wrote them. Values are pure
here, so nothing turns a copy into an alias; who owns the memory of a result is decided by the target.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..frontend.primitives import extent
from ..table import shapes
from ..table.functional import index_add, sum_to
from . import arithmetic, layout
from .patterns import made_by

DERIVATIVE: dict[Callable, Callable[..., Any]] = {
    operator.add: arithmetic.add,
    operator.sub: arithmetic.sub,
    operator.mul: arithmetic.mul,
    operator.truediv: arithmetic.truediv,
    operator.pow: arithmetic.power,
    operator.neg: arithmetic.negative,
    np.broadcast_to: layout.broadcast_to,
    np.transpose: layout.transpose,
    np.reshape: layout.reshape,
    np.conjugate: layout.conjugate,
    np.real: layout.real,
    shapes.astype: layout.astype,
    np.sum: layout.summed,
    index_add: layout.scatter,
    np.zeros_like: layout.zeros_like,
    np.where: layout.choose,
    operator.matmul: arithmetic.product,
    extent: layout.extent_of,
    np.size: layout.size_of,
    sum_to: layout.maximum_of_shapes,
}

__all__ = ["DERIVATIVE", "made_by"]
