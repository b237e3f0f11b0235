"""What a value was made by, and what is known of it: the questions that rules of simplification ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import Op, Value, type_of
from ..ir.types import covers
from ..table.functional import index_add

Number = (int, float)


def is_number(x: Any, value: float | None = None) -> bool:
    return type(x) in Number and (value is None or x == value)


def made_by(x: Any, fun: Callable) -> Op | None:
    """The operation that made a value, if it is `fun`."""
    if not isinstance(x, Value):
        return None
    node = x.node
    return node if isinstance(node, Op) and node.fun is fun else None


def keeps(x: Any, other: Any) -> bool:
    """Whether `x op other` has the type of `x` when `other` is a Python number."""
    t = type_of(x)
    return t.dtype is not None and (t.dtype.kind in "fc" or (t.kind == "int" and type(other) is int))


def is_float(x: Any) -> bool:
    """Whether a value is floating or complex."""
    dtype = type_of(x).dtype
    return dtype is not None and dtype.kind in "fc"


def is_integer(x: Any) -> bool:
    """Whether an operand is an integer, or an array of them."""
    dtype = None if isinstance(x, slice) else type_of(x).dtype
    return dtype is not None and dtype.kind in "iu"


def fills(x: Any, like: Value) -> bool:
    """Whether `x`, broadcast with `like`, surely has the whole shape already."""
    return isinstance(x, Value) and covers(x.type.shape, like.type.shape)


def known_shape(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape operand with the extents that its run-time numbers stand for."""
    return tuple(n.extent if isinstance(n, Value) and n.extent is not None else n for n in shape)


def zero_scatter(x: Any) -> tuple[Any, Any] | None:
    """`(index, v)` if `x` is zeros but for `v` added at `index`."""
    node = made_by(x, index_add)
    if node is None or node.kwargs or made_by(node.args[0], np.zeros_like) is None:
        return None
    return node.args[1], node.args[2]


def exact(c: float, k: float) -> bool:
    """Whether scaling by both at once rounds as scaling one after the other: powers of two, small integers."""
    return float(c * k).is_integer() or np.frexp(abs(c))[0] == 0.5 or np.frexp(abs(k))[0] == 0.5


def is_list(x: Any) -> bool:
    return type_of(x).kind == "list"
