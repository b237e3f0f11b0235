"""Algebra on derivative code: signs, numbers, sums and products.

Factors that are numbers are merged only where that rounds as before; what is chosen by a mask stays chosen.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.builder import Builder
from ..ir.program import Value, type_of
from ..ir.types import covers
from ..table.functional import index_add
from .patterns import exact, is_float, is_number, keeps, made_by, zero_scatter


def add(b: Builder, x: Any, y: Any) -> Any:
    if is_number(x, 0) and keeps(y, x):
        return y
    if is_number(y, 0) and keeps(x, y):
        return x
    if is_number(x) and is_number(y):
        return x + y
    negated = made_by(y, operator.neg)
    if negated is not None:
        return b.op(operator.sub, (x, negated.args[0]))
    negated = made_by(x, operator.neg)
    if negated is not None:
        return b.op(operator.sub, (y, negated.args[0]))
    if x is y and is_float(x):
        return b.op(operator.mul, (2, x))
    before = made_by(x, operator.add)
    if before is not None and before.args[1] is y and isinstance(y, Value) and is_float(y):
        return b.op(operator.add, (before.args[0], b.op(operator.mul, (2, y))))
    for this, other in ((x, y), (y, x)):
        scattered = zero_scatter(this)
        if (
            scattered is not None
            and isinstance(other, Value)
            and covers(other.type.shape, this.type.shape)
            and other.type.dtype == this.type.dtype
        ):
            return b.op(index_add, (other, *scattered))
    return NotImplemented


def sub(b: Builder, x: Any, y: Any) -> Any:
    if is_number(y, 0) and keeps(x, y):
        return x
    if is_number(x, 0) and keeps(y, x):
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
    for this, other in ((x, y), (y, x)):
        for rule in (_share, _spread_scaled, _chosen_scaled):
            simpler = rule(b, this, other)
            if simpler is not NotImplemented:
                return simpler
    return strip_broadcast(b, operator.mul, x, y)


def _share(b: Builder, x: Any, y: Any) -> Any:
    """`np.divide(c, n) * y` is `c * y / n` where `y` is NumPy's, whose division by zero is no exception."""
    share = made_by(x, np.divide)
    if (
        share is None
        or share.kwargs
        or not is_number(share.args[0])
        or type_of(y).kind not in ("array", "scalar")
    ):
        return NotImplemented
    c, n = share.args
    return b.op(operator.truediv, (b.op(operator.mul, (c, y)), n))


def _spread_scaled(b: Builder, x: Any, y: Any) -> Any:
    """`broadcast_to(c, s) * k` for numbers is `broadcast_to(c * k, s)`."""
    spread = made_by(x, np.broadcast_to)
    if spread is None or not is_number(spread.args[0]) or not is_number(y):
        return NotImplemented
    return b.op(np.broadcast_to, (spread.args[0] * y, spread.args[1]))


def _chosen_scaled(b: Builder, x: Any, y: Any) -> Any:
    """`where(m, c, 0) * y` for a number `c` is `where(m, c * y, 0)`; what is not chosen adds nothing, not even NaN."""
    choice = made_by(x, np.where)
    if choice is None or len(choice.args) != 3 or not is_float(y):
        return NotImplemented
    mask, one, other = choice.args
    if is_number(one) and is_number(other, 0):
        return b.op(np.where, (mask, b.op(operator.mul, (one, y)), other))
    if is_number(other) and is_number(one, 0):
        return b.op(np.where, (mask, one, b.op(operator.mul, (other, y))))
    return NotImplemented


def _scale(b: Builder, c: float, x: Any) -> Any:
    if c == 1 and keeps(x, c):
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


def strip_broadcast(b: Builder, fun: Callable, x: Any, y: Any) -> Any:
    """`broadcast_to(g, s) * y` is `g * y` where `y` surely has the whole shape already."""
    for this, other, first in ((x, y, True), (y, x, False)):
        spread = made_by(this, np.broadcast_to)
        if (
            spread is not None
            and isinstance(other, Value)
            and covers(other.type.shape, this.type.shape)
            and type_of(spread.args[0]).dtype == this.type.dtype
        ):
            inner = spread.args[0]
            return b.op(fun, (inner, other) if first else (other, inner))
    return NotImplemented


def truediv(b: Builder, x: Any, y: Any) -> Any:
    if is_number(y, 1) and keeps(x, y):
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
    if is_number(y, 1) and keeps(x, y):
        return x
    if is_number(x) and is_number(y):
        try:
            return x**y
        except ArithmeticError:
            return NotImplemented
    return NotImplemented


def negative(b: Builder, x: Any) -> Any:
    if is_number(x) or type(x) is complex:
        return -x
    inner = made_by(x, operator.neg)
    if inner is not None:
        return inner.args[0]
    difference = made_by(x, operator.sub)
    if difference is not None and is_float(x):
        return b.op(operator.sub, difference.args[::-1])
    product = made_by(x, operator.mul)
    if product is not None:
        for k, (c, other) in enumerate((product.args, product.args[::-1])):
            if is_number(c):
                return b.op(operator.mul, (-c, other) if k == 0 else (other, -c))
    spread = made_by(x, np.broadcast_to)
    if spread is not None:
        return b.op(np.broadcast_to, (b.op(operator.neg, (spread.args[0],)), spread.args[1]))
    return _negative_inside(b, x)


def _negative_inside(b: Builder, x: Any) -> Any:
    """The sign goes where it costs nothing: a difference turned round, a number, what is scattered."""
    for fun in (operator.truediv, np.divide):
        quotient = made_by(x, fun)
        if (
            quotient is not None
            and not quotient.kwargs
            and (is_number(quotient.args[0]) or made_by(quotient.args[0], operator.sub))
        ):
            return b.op(fun, (b.op(operator.neg, (quotient.args[0],)), quotient.args[1]))
    scattered = zero_scatter(x)
    if scattered is not None and is_float(x):
        index, v = scattered
        return b.op(index_add, (x.node.args[0], index, b.op(operator.neg, (v,))))
    return NotImplemented


def product(b: Builder, x: Any, y: Any) -> Any:
    """The sign of a factor is the sign of the product."""
    for k, factor in enumerate((x, y)):
        negated = made_by(factor, operator.neg)
        if negated is not None:
            args = (negated.args[0], y) if k == 0 else (x, negated.args[0])
            return b.op(operator.neg, (b.op(operator.matmul, args),))
    return NotImplemented
