"""`np.shape` and `np.size` as extents, so that nothing needs to be stored for its size to be told."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...frontend.primitives import extent
from ...ir.program import Node, Op, Value, type_of
from ...ir.types import INT
from ...table.registry import lookup
from .tapes import operation


def sizes_of(node: Any) -> list[Node] | None:
    """What tells the sizes that an operation asks for; None for other operations."""
    if not isinstance(node, Op) or node.fun not in (np.shape, np.size) or not isinstance(node.args[0], Value):
        return None
    x = node.args[0]
    rank = type_of(x).rank
    if x.type.kind not in ("array", "scalar", "int", "float", "complex", "bool") or rank is None:
        return None
    if node.fun is np.shape:
        return [_told(extent, (x, axis), r, node) for axis, r in enumerate(node.results)]
    return _product_of(node, x, rank)


def _product_of(node: Op, x: Value, rank: int) -> list[Node] | None:
    axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("axis")
    result = node.results[0]
    if isinstance(axis, int):
        return [_told(extent, (x, axis % rank), result, node)]
    if axis is not None:
        return None
    if rank < 2:
        return [_told(extent, (x, 0), result, node) if rank else _told(operator.pos, (1,), result, node)]
    sizes = [operation(extent, (x, k), INT, None, node) for k in range(rank)]
    out: list[Node] = list(sizes)
    product = sizes[0].results[0]
    for k, size in enumerate(sizes[1:], 2):
        if k == rank:
            out.append(_told(operator.mul, (product, size.results[0]), result, node))
        else:
            step = operation(operator.mul, (product, size.results[0]), INT, None, node)
            out.append(step)
            product = step.results[0]
    return out


def _told(fun: Any, args: tuple[Any, ...], result: Value, like: Op) -> Op:
    """An operation that makes a value which is known already by another."""
    op = Op(fun, lookup(fun), args, {}, (result,), loc=like.loc, state=like.state, backward=like.backward)
    result.node = op
    return op


__all__ = ["sizes_of"]
