"""Operations on whole arrays as plain loops: ordinary Python that Numba compiles, copied into compiled modules.

A kernel is a function of stored arrays and numbers that gives new arrays. It runs as it stands, which is how the
compiler learns the types of its results; definitions by simpler functions call it like any function of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import type_of
from ..ir.result_types import RULES
from ..ir.types import UNKNOWN, array, broadcast, scalar
from ..table.registry import define

ELEMENTS: dict[Callable[..., Any], Any] = {}  # function of numbers -> the dtype of its result
KERNELS: dict[Callable[..., Any], str] = {}  # kernel -> the name it goes by in a compiled module


def kernel(fun: Any) -> Any:
    """Declare a kernel: an operation of compiled programs."""
    define(fun, name=fun.__name__)
    KERNELS[fun] = fun.__name__
    return fun


def counting_kernel(fun: Any) -> Any:
    """Declare a kernel the sizes of whose results depend on values."""
    define(fun, name=fun.__name__, data_shape=True)
    KERNELS[fun] = fun.__name__
    return fun


def element(dtype: Any) -> Any:
    """Declare a function of numbers that acts on arrays entry by entry, with results of one dtype."""

    def declare(fun: Any) -> Any:
        define(fun, name=fun.__name__)
        ELEMENTS[fun] = np.dtype(dtype)
        RULES[fun] = lambda node, *operands: _broadcast_type(ELEMENTS[fun], operands, node)
        return fun

    return declare


def _broadcast_type(dtype: Any, operands: Any, node: Any) -> Any:
    shape = broadcast([type_of(x).shape for x in operands], node)
    return UNKNOWN if shape is None else array(dtype, shape) if shape else scalar(dtype)


__all__ = ["ELEMENTS", "KERNELS", "counting_kernel", "element", "kernel"]
