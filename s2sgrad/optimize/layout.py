"""Shapes in derivative code: broadcasts that are not needed, transposes, sums of what is mostly zero, extents."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..frontend.primitives import extent
from ..ir.builder import Builder
from ..ir.program import Op, Value, leaves, type_of
from ..ir.types import covers
from ..table.functional import index_add, index_set
from .patterns import is_float, is_integer, is_list, is_number, known_shape, made_by, zero_scatter


def broadcast_to(b: Builder, x: Any, shape: Any, **kwargs: Any) -> Any:
    if kwargs or not isinstance(shape, tuple):
        return NotImplemented
    if shape == () and type_of(x).is_scalar:
        return x
    known = known_shape(shape)
    if isinstance(x, Value) and x.type.shape == known and x.type.kind == "array":
        return x
    inner = made_by(x, np.broadcast_to)
    if inner is None:
        inner = made_by(x, np.expand_dims)
        if inner is None or inner.kwargs or inner.args[1] != 0 or type_of(x).rank != len(shape):
            return NotImplemented  # only axes in front come by themselves
    return b.op(np.broadcast_to, (inner.args[0], shape))


def transpose(b: Builder, x: Any, axes: Any = None) -> Any:
    inner = made_by(x, np.transpose)
    if axes is None and inner is not None and len(inner.args) == 1 and not inner.kwargs:
        return inner.args[0]
    negated = made_by(x, operator.neg)
    if axes is None and negated is not None:
        return b.op(operator.neg, (b.op(np.transpose, (negated.args[0],)),))
    scaled = made_by(x, operator.mul)
    if axes is None and scaled is not None and is_number(scaled.args[0]):
        inner = made_by(scaled.args[1], np.transpose)
        if inner is not None and len(inner.args) == 1 and not inner.kwargs:
            return b.op(operator.mul, (scaled.args[0], inner.args[0]))
    product = made_by(x, operator.matmul)
    if axes is None and product is not None and all(type_of(a).rank == 2 for a in product.args):
        left, right = (b.op(np.transpose, (a,)) for a in product.args)
        return b.op(operator.matmul, (right, left))
    rank = type_of(x).rank
    return x if rank is not None and rank < 2 else NotImplemented


def reshape(b: Builder, x: Any, shape: Any, *order: Any, **kwargs: Any) -> Any:
    if order or kwargs or not isinstance(x, Value) or not isinstance(shape, tuple):
        return NotImplemented
    known = known_shape(shape)
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
    if axis is None and not kwargs and type_of(x).is_scalar:
        return x
    if set(kwargs) - {"keepdims"}:
        return NotImplemented
    negated = made_by(x, operator.neg)
    if negated is not None and is_float(x):
        options = {} if axis is None else {"axis": axis}
        return b.op(operator.neg, (b.op(np.sum, (negated.args[0],), {**options, **kwargs}),))
    return _scatter_summed(b, x, axis, **kwargs)


def _scatter_summed(b: Builder, x: Any, axis: Any, keepdims: Any = False) -> Any:
    """The sums of the rows of zeros with `v` added at `(i, j)`: a column of zeros with `v` added at `i`."""
    scattered, t = zero_scatter(x), type_of(x)
    if scattered is None or axis not in (1, -1) or t.rank != 2 or not keepdims:
        return NotImplemented
    index, v = scattered
    if not isinstance(index, tuple) or len(index) != 2 or not all(map(is_integer, index)):
        return NotImplemented
    if type_of(v).rank not in (0, 1) or type_of(index[0]).rank != 1:
        return NotImplemented
    options = {} if t.dtype == np.float64 else {"dtype": t.dtype}
    column = b.op(np.zeros, ((b.op(extent, (x, 0)), 1),), options)
    return b.op(index_add, (column, (index[0], 0), v))


def scatter(b: Builder, x: Any, index: Any, v: Any, **kwargs: Any) -> Any:
    if is_number(v, 0):
        return x
    spread = made_by(v, np.broadcast_to)
    if spread is not None and not kwargs and not is_list(x):
        return b.op(index_add, (x, index, spread.args[0]))
    return NotImplemented


def maximum_of_shapes(b: Builder, x: Any, shape: Any) -> Any:
    known = known_shape(shape) if isinstance(shape, tuple) else None
    return x if known is not None and type_of(x).shape == known else NotImplemented


def choose(b: Builder, mask: Any, *arms: Any, **kwargs: Any) -> Any:
    """`where(m, broadcast_to(x, s), y)` is `where(m, x, y)` where the others have the whole shape already."""
    if len(arms) != 2 or kwargs:
        return NotImplemented
    for k, arm in enumerate(arms):
        spread = made_by(arm, np.broadcast_to)
        others = (mask, arms[1 - k])
        if spread is not None and any(
            isinstance(o, Value) and covers(o.type.shape, arm.type.shape) for o in others
        ):
            inner = spread.args[0]
            if type_of(inner).dtype == arm.type.dtype:
                return b.op(np.where, (mask, inner, arms[1]) if k == 0 else (mask, arms[0], inner))
    negated = made_by(arms[0], operator.neg)
    if negated is not None and is_number(arms[1], 0):
        return b.op(operator.neg, (b.op(np.where, (mask, negated.args[0], arms[1])),))
    return NotImplemented


def source_of(x: Any, axis: int) -> tuple[Any, int]:
    """An earlier array, and an axis of it, with the extent that `x` has along `axis`."""
    while isinstance(x, Value) and isinstance(x.node, Op) and x.name is None and x.type.shape is not None:
        n = x.type.shape[axis]
        found = next(((v, k) for v in leaves(x.node.operands) for k in axes_of(v, n)), None)
        if found is None:
            break
        x, axis = found
    return x, axis


def axes_of(v: Value, n: Any) -> list[int]:
    """The axes of an array that have this extent."""
    shape = v.type.shape if v.type.kind == "array" else None
    return [k for k, m in enumerate(shape or ()) if m == n]


def extent_of(b: Builder, x: Any, axis: Any) -> Any:
    t = type_of(x)
    if t.kind != "array" or not t.shape or not isinstance(axis, int):
        return NotImplemented
    source, k = source_of(x, axis)
    if source is x:
        return NotImplemented
    out = b.op(extent, (source, k))
    if isinstance(out, Value):
        out.extent = t.shape[axis]
    return out


def size_of(b: Builder, x: Any, axis: Any = None) -> Any:
    """The size of an elementwise result is that of its operand."""
    if axis is not None or not isinstance(x, Value) or x.name is not None or not isinstance(x.node, Op):
        return NotImplemented
    if type_of(x).rank == 1 and type_of(x).kind == "array":
        return b.op(extent, (x, 0))
    for v in leaves(x.node.operands):
        if v.type.kind == "array" and v.type.shape is not None and v.type.shape == x.type.shape:
            return b.op(np.size, (v,))
    return NotImplemented


def zeros_like(b: Builder, x: Any, **kwargs: Any) -> Any:
    """Zeros like an array that was written into are zeros like the first version of it, which is needed anyway."""
    base = x
    while isinstance(base, Value) and isinstance(base.node, Op) and not base.node.kwargs:
        if base.node.fun not in (index_add, index_set, np.zeros_like):
            break
        earlier = base.node.args[0]
        if not isinstance(earlier, Value) or (earlier.type.dtype, earlier.type.kind) != (
            x.type.dtype,
            x.type.kind,
        ):
            break
        base = earlier
    return NotImplemented if base is x or kwargs else b.op(np.zeros_like, (base,))
