"""Algebraic simplification of derivative code, one rule a primitive, applied as operations are made.

Only derivative code is simplified: the original's operations stay as the user wrote them. Values are pure
here, so nothing turns a copy into an alias; who owns the memory of a result is decided by the target.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.builder import Builder
from ..ir.program import Op, Value, type_of
from ..ir.types import covers
from ..table import shapes
from ..table.functional import index_add, sum_to

Number = (int, float)


def is_number(x: Any, value: float | None = None) -> bool:
    return type(x) in Number and (value is None or x == value)


def made_by(x: Any, fun: Callable) -> Op | None:
    """The operation that made a value, if it is `fun`."""
    if not isinstance(x, Value):
        return None
    node = x.node
    return node if isinstance(node, Op) and node.fun is fun else None


def _keeps(x: Any, other: Any) -> bool:
    """Whether `x op other` has the type of `x` when `other` is a Python number."""
    t = type_of(x)
    return t.dtype is not None and t.dtype.kind in "fc"


def add(b: Builder, x: Any, y: Any) -> Any:
    if is_number(x, 0) and _keeps(y, x):
        return y
    if is_number(y, 0) and _keeps(x, y):
        return x
    if is_number(x) and is_number(y):
        return x + y
    negated = made_by(y, operator.neg)
    if negated is not None:
        return b.op(operator.sub, (x, negated.args[0]))
    negated = made_by(x, operator.neg)
    if negated is not None:
        return b.op(operator.sub, (y, negated.args[0]))
    for this, other in ((x, y), (y, x)):
        scattered = zero_scatter(this)
        if scattered is not None and isinstance(other, Value) and covers(other.type.shape, this.type.shape) and other.type.dtype == this.type.dtype:
            return b.op(index_add, (other, *scattered))
    return NotImplemented


def zero_scatter(x: Any) -> tuple[Any, Any] | None:
    """`(index, v)` if `x` is zeros but for `v` added at `index`."""
    node = made_by(x, index_add)
    if node is None or node.kwargs or made_by(node.args[0], np.zeros_like) is None:
        return None
    return node.args[1], node.args[2]


def sub(b: Builder, x: Any, y: Any) -> Any:
    if is_number(y, 0) and _keeps(x, y):
        return x
    if is_number(x, 0) and _keeps(y, x):
        return b.op(operator.neg, (y,))
    if is_number(x) and is_number(y):
        return x - y
    negated = made_by(y, operator.neg)
    return b.op(operator.add, (x, negated.args[0])) if negated is not None else NotImplemented


def mul(b: Builder, x: Any, y: Any) -> Any:
    if is_number(x) and is_number(y):
        return x * y
    for c, other in ((x, y), (y, x)):
        if is_number(c):
            simpler = _scale(b, c, other)
            if simpler is not NotImplemented:
                return simpler
    for this, other, first in ((x, y, True), (y, x, False)):
        negated = made_by(this, operator.neg)
        if negated is not None:
            args = (negated.args[0], other) if first else (other, negated.args[0])
            return b.op(operator.neg, (b.op(operator.mul, args),))
    stripped = strip_broadcast(b, operator.mul, x, y)
    if stripped is not NotImplemented:
        return stripped
    return NotImplemented


def _scale(b: Builder, c: float, x: Any) -> Any:
    if c == 1 and _keeps(x, c):
        return x
    if c == -1:
        return b.op(operator.neg, (x,))
    if c == 0 and type_of(x).is_scalar:
        return 0.0
    inner = made_by(x, operator.mul)
    if inner is not None:
        for k, other in (inner.args, inner.args[::-1]):
            if is_number(k) and exact(c, k):
                return b.op(operator.mul, (c * k, other))
    return NotImplemented


def exact(c: float, k: float) -> bool:
    """Whether scaling by both at once rounds as scaling one after the other: powers of two, small integers."""
    return float(c * k).is_integer() or np.frexp(abs(c))[0] == 0.5 or np.frexp(abs(k))[0] == 0.5


def strip_broadcast(b: Builder, fun: Callable, x: Any, y: Any) -> Any:
    """`broadcast_to(g, s) * y` is `g * y` where `y` surely has the whole shape already."""
    for this, other, first in ((x, y, True), (y, x, False)):
        spread = made_by(this, np.broadcast_to)
        if spread is not None and isinstance(other, Value) and covers(other.type.shape, this.type.shape) and type_of(spread.args[0]).dtype == this.type.dtype:
            inner = spread.args[0]
            return b.op(fun, (inner, other) if first else (other, inner))
    return NotImplemented


def truediv(b: Builder, x: Any, y: Any) -> Any:
    if is_number(y, 1) and _keeps(x, y):
        return x
    if is_number(x, 0):
        return 0.0 if type_of(y).is_scalar else NotImplemented
    negated = made_by(x, operator.neg)
    if negated is not None:
        return b.op(operator.neg, (b.op(operator.truediv, (negated.args[0], y)),))
    spread = made_by(x, np.broadcast_to)
    if spread is not None and not _is_full(y, x) and type_of(y).rank == 0:
        return b.op(np.broadcast_to, (b.op(operator.truediv, (spread.args[0], y)), spread.args[1]))
    return strip_broadcast(b, operator.truediv, x, y)


def _is_full(y: Any, x: Any) -> bool:
    return covers(type_of(y).shape, type_of(x).shape)


def power(b: Builder, x: Any, y: Any) -> Any:
    if is_number(y, 1) and _keeps(x, y):
        return x
    if is_number(x) and is_number(y):
        try:
            return x**y
        except ArithmeticError:
            return NotImplemented
    return NotImplemented


def negative(b: Builder, x: Any) -> Any:
    if is_number(x):
        return -x
    inner = made_by(x, operator.neg)
    if inner is not None:
        return inner.args[0]
    difference = made_by(x, operator.sub)
    if difference is not None and type_of(x).dtype is not None and type_of(x).dtype.kind in "fc":
        return b.op(operator.sub, difference.args[::-1])
    product = made_by(x, operator.mul)
    if product is not None:
        for k, (c, other) in enumerate((product.args, product.args[::-1])):
            if is_number(c):
                return b.op(operator.mul, (-c, other) if k == 0 else (other, -c))
    spread = made_by(x, np.broadcast_to)
    if spread is not None:
        return b.op(np.broadcast_to, (b.op(operator.neg, (spread.args[0],)), spread.args[1]))
    return NotImplemented


def broadcast_to(b: Builder, x: Any, shape: Any, **kwargs: Any) -> Any:
    if kwargs or not isinstance(shape, tuple):
        return NotImplemented
    if shape == () and type_of(x).is_scalar:
        return x
    known = tuple(n.extent if isinstance(n, Value) and n.extent is not None else n for n in shape)
    if isinstance(x, Value) and x.type.shape == known and x.type.kind == "array":
        return x
    inner = made_by(x, np.broadcast_to)
    return b.op(np.broadcast_to, (inner.args[0], shape)) if inner is not None else NotImplemented


def transpose(b: Builder, x: Any, axes: Any = None) -> Any:
    inner = made_by(x, np.transpose)
    if axes is None and inner is not None and len(inner.args) == 1 and not inner.kwargs:
        return inner.args[0]
    return x if type_of(x).rank is not None and type_of(x).rank < 2 else NotImplemented


def reshape(b: Builder, x: Any, shape: Any, **kwargs: Any) -> Any:
    if kwargs or not isinstance(x, Value) or not isinstance(shape, tuple):
        return NotImplemented
    known = tuple(n.extent if isinstance(n, Value) and n.extent is not None else n for n in shape)
    return x if x.type.kind == "array" and x.type.shape == known else NotImplemented


def conjugate(b: Builder, x: Any) -> Any:
    t = type_of(x)
    return x if t.dtype is not None and t.dtype.kind in "iuf" else NotImplemented


def real(b: Builder, x: Any) -> Any:
    return conjugate(b, x)


def astype(b: Builder, x: Any, dtype: Any, **kwargs: Any) -> Any:
    t = type_of(x)
    return x if not kwargs and t.kind in ("array", "scalar") and t.dtype == dtype else NotImplemented


def summed(b: Builder, x: Any, axis: Any = None, **kwargs: Any) -> Any:
    return x if axis is None and not kwargs and type_of(x).is_scalar else NotImplemented


def scatter(b: Builder, x: Any, index: Any, v: Any, **kwargs: Any) -> Any:
    return x if is_number(v, 0) else NotImplemented


def maximum_of_shapes(b: Builder, x: Any, shape: Any) -> Any:
    known = tuple(n.extent if isinstance(n, Value) and n.extent is not None else n for n in shape) if isinstance(shape, tuple) else None
    return x if known is not None and type_of(x).shape == known else NotImplemented


DERIVATIVE: dict[Callable, Callable[..., Any]] = {
    operator.add: add,
    operator.sub: sub,
    operator.mul: mul,
    operator.truediv: truediv,
    operator.pow: power,
    operator.neg: negative,
    np.broadcast_to: broadcast_to,
    np.transpose: transpose,
    np.reshape: reshape,
    np.conjugate: conjugate,
    np.real: real,
    shapes.astype: astype,
    np.sum: summed,
    index_add: scatter,
    sum_to: maximum_of_shapes,
}
