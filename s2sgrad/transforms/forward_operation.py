"""The tangents of an operation: derivatives by the rules of the table.

An elementwise operation is pushed forward by its pullback with the tangent in the place of the cotangent, a linear
one by itself; the rest have rules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..frontend.lower import lower_rule
from ..frontend.primitives import (
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    pack,
    packed_add,
    unpack,
)
from ..ir.builder import Builder
from ..ir.program import Op, Value, type_of
from ..ir.types import covers
from ..optimize.simplify import DERIVATIVE
from ..table import shapes
from ..table.functional import index_set
from ..table.registry import position_of
from .activity import place
from .cotangent import run_time_shape, total, zeros
from .tangents import Algebra, Pushing, moves, tangent_of, types_of


def _fitted(b: Builder, t: Any, value: Value) -> Any:
    """A tangent in the shape, kind and dtype of its value."""
    t = _broadcast(b, t, value)
    have, like = type_of(t), value.type
    if like.kind == "array" and like.rank == 0 and have.kind in ("scalar", "float", "complex"):
        t = b.op(np.asarray, (t,))
    if like.kind != "array" or like.dtype is None or have.dtype == like.dtype:
        return t
    if have.kind not in ("array", "unknown") or (have.dtype is None and like.dtype.kind != "c"):
        return t
    if have.dtype is not None and have.dtype.kind == "c" and like.dtype.kind == "f":
        t = b.op(np.real, (t,))
    return b.op(shapes.astype, (t, like.dtype))


def _broadcast(b: Builder, t: Any, value: Value) -> Any:
    shape, wanted = type_of(t).shape, value.type.shape
    if shape is None or wanted is None or shape == wanted or covers(shape, wanted) or not wanted:
        return t
    return b.op(np.broadcast_to, (t, run_time_shape(b, value)))


def _tangent(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    special = LANGUAGE.get(node.fun)
    if special is not None:
        found = special(state, node, args, kwargs)
        if found is not NotImplemented:
            return found
    entry = node.entry
    if entry is None:
        raise no_rule(node)
    shares = []
    for k, a in enumerate(node.args):
        if moves(state, a):
            shares.append(_share(state, node, entry, k, tangent_of(state, a), args, kwargs, out))
    for key, a in node.kwargs.items():
        if moves(state, a):
            shares.append(_share(state, node, entry, key, tangent_of(state, a), args, kwargs, out))
    return _sum(state, shares, node.structure)


def _sum(state: Pushing, shares: list[Any], structure: Any) -> Any:
    if structure is None:
        return total(state.builder, shares)
    parts = list(zip(*shares))
    return [total(state.builder, [x for x in part if x is not None]) for part in parts]


def _share(state: Pushing, node: Op, entry: Any, which: Any, t: Any, args: Any, kwargs: Any, out: Any) -> Any:
    """The share of one argument, given by position or by keyword, in the tangent of the result."""
    k = which if isinstance(which, int) else position_of(entry, which)
    if entry.jvps is None and k in entry.linear:
        return _same_call(state, node, which, t, args, kwargs)
    rules = entry.jvps if entry.jvps is not None else entry.vjps if entry.elementwise else None
    if rules is None or k is None:
        raise no_rule(node, which)
    variadic = entry.jvps is not None and len(rules) == 1 and isinstance(which, int)
    rule = rules[k] if k < len(rules) else rules[0] if variadic else None
    if rule is None:
        raise no_rule(node, which)
    return lower_rule(state.builder, state.inputs, rule, (t, out, *args), kwargs)


def _same_call(state: Pushing, node: Op, which: Any, t: Any, args: Any, kwargs: Any) -> Any:
    """The tangent of a linear function: itself, of the tangent."""
    if isinstance(which, int):
        return state.builder.op(node.fun, (*args[:which], t, *args[which + 1 :]), kwargs)
    return state.builder.op(node.fun, args, {**kwargs, which: t})


def no_rule(node: Op, argument: Any = None) -> NonDifferentiableError:
    name = node.entry.name if node.entry is not None else getattr(node.fun, "__name__", str(node.fun))
    which = "" if argument is None else f" with respect to its argument {argument!r}"
    return NonDifferentiableError(
        f"`{name}` has no forward derivative in the table{which}: give it one with `defjvp`, or hide the value with `stop_gradient`",  # noqa: E501
        place(node),
    )


# --- run-time lists, and writes -----------------------------------------------------------------------------------------------  # noqa: E501


def _same_operation(state: Pushing, node: Op, args: Any, kwargs: Any) -> Any:
    """Operations on lists act on the list of tangents as on the list."""
    if node.fun in (operator.getitem, np.array, np.asarray, np.stack) and not (
        isinstance(node.args[0], Value) and node.args[0].type.kind == "list"
    ):
        return NotImplemented
    indices = 1 if node.fun in (operator.getitem, list_set) else len(node.args)
    tangents = tuple(
        tangent_of(state, a) if k < indices or (node.fun is list_set and k == 2) else args[k]
        for k, a in enumerate(node.args)
    )
    return state.builder.op(node.fun, tangents, kwargs, None, types_of(node))


def _write(state: Pushing, node: Op, args: Any, kwargs: Any) -> Any:
    base, _, v = node.args
    return state.builder.op(
        index_set, (tangent_of(state, base), args[1], tangent_of(state, v) if moves(state, v) else 0.0)
    )


LANGUAGE: dict[Any, Callable[..., Any]] = {
    fun: _same_operation
    for fun in (
        list_of,
        list_append,
        list_pop,
        list_set,
        list_from,
        pack,
        unpack,
        operator.getitem,
        np.array,
        np.asarray,
        np.stack,
    )
}
LANGUAGE[index_set] = _write
for _fun in (list_add, packed_add):
    LANGUAGE[_fun] = lambda state, node, args, kwargs: state.builder.op(
        node.fun, tuple(tangent_of(state, a) for a in node.args)
    )

DERIVATIVES = Algebra(zeros, _tangent, _fitted, DERIVATIVE)
__all__ = ["DERIVATIVES", "no_rule"]
