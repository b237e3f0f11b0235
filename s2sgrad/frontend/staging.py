"""Promotion of run-time integers to static ones, on demand and under a guard."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..ir.program import Op, Value, leaves, map_leaves
from .abstract import NotStatic
from .frame import Lowering
from .primitives import extent, length

FOLDABLE = {
    operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.neg, operator.pos, operator.pow,
    operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.truediv, int, float, bool, abs, min, max,  # noqa: E501
}  # fmt: skip


def static(low: Lowering, x: Any) -> Any:
    """The compile-time value of `x`, guarded where it comes from an input; NotStatic where there is none."""
    if isinstance(x, (tuple, list)):
        return (
            type(x)(static(low, item) for item in x)
            if not hasattr(x, "_fields")
            else type(x)(*[static(low, i) for i in x])
        )
    if not isinstance(x, Value):
        return x
    if x.witness is not None:
        seen = x.witness.value
        if isinstance(seen, (bool, int, np.integer, np.bool_)):
            low.inputs.guard(x.witness.path, _itself, seen)
            return seen
        raise NotStatic(x)
    node = x.node
    if isinstance(node, Op) and node.fun is extent:
        return _static_extent(low, x, *node.args)
    if isinstance(node, Op) and node.fun is length and node.args[0].witness is not None:
        witness = node.args[0].witness
        low.inputs.guard(
            witness.path[:-1] if witness.path[-1][0] == "column" else witness.path, len, len(witness.value)
        )
        return len(witness.value)
    if (
        isinstance(node, Op)
        and node.fun in FOLDABLE
        and not node.kwargs
        and all(v.type.is_scalar for v in leaves(node.args))
    ):
        return node.fun(*map_leaves(node.args, lambda v: static(low, v)))
    raise NotStatic(x)


SPECIAL_ORDERS = (0.0, 1.0, -1.0, 2.0, -2.0, np.inf, -np.inf)


def static_order(low: Lowering, x: Any) -> Any:
    """The order of a norm as a static number, where an input gives one that has a rule of its own."""
    seen = x.witness.value if isinstance(x, Value) and x.witness is not None else None
    if isinstance(seen, float) and seen in SPECIAL_ORDERS:
        low.inputs.guard(x.witness.path, _itself, seen)
        return float(seen)
    return x


def _static_extent(low: Lowering, x: Value, array: Any, axis: int) -> int:
    witness = getattr(array, "witness", None)
    if witness is not None:
        low.inputs.guard(witness.path, np.shape, np.shape(witness.value))
        return np.shape(witness.value)[axis]
    known = array.type.shape if isinstance(array, Value) else None
    n = x.extent if x.extent is not None or not known else known[axis]
    found = _static_dim(low, n)
    if found is None:
        raise NotStatic(x)
    return found


def _static_dim(low: Lowering, n: Any) -> int | None:
    """The number that a symbolic extent is, if it is that of an input, or of a part of one."""
    if n is None or isinstance(n, int):
        return n
    for value in (low.inputs.leaves | low.inputs.captured).values():
        if value.type.shape and n in value.type.shape and value.witness is not None:
            shape = np.shape(value.witness.value)
            low.inputs.guard(value.witness.path, np.shape, shape)
            return shape[value.type.shape.index(n)]
    kind, *parts = n.key if isinstance(n.key, tuple) else (None,)
    whole = _static_dim(low, parts[0]) if kind in ("cut", "slice") else None
    if whole is None:
        return None
    if kind == "cut":
        return max(whole - parts[1], 0)
    bounds = [static(low, p) if isinstance(p, Value) else p[1] for p in parts[1][1:]]
    return len(range(*slice(*bounds).indices(whole)))


def _itself(x: Any) -> Any:
    return x
