"""Operations written in another form before loops are planned: what only looks like an operation on arrays.

Arrays without axes are numbers in compiled programs, so that giving one axes is filling an array with it, and taking
all axes away is reading the one entry. Lists in subscripts become index arrays, and masks that are not the whole
subscript become the places of what is true in them, as NumPy has it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ir.program import Node, Op, Value, type_of
from ...ir.result_types import as_tuple, result_types
from ...ir.types import INT, Type, array
from ...kernels.arrays import places_of
from ...table import shapes
from ...table.functional import index_add, index_set
from ...table.registry import lookup
from .kernel import is_array, is_number
from .same_extents import Same, note_same

SUBSCRIPTS = frozenset([operator.getitem, index_set, index_add])
FILLING = frozenset(
    [np.reshape, np.ravel, np.expand_dims, np.asarray, np.array, np.asanyarray, np.ascontiguousarray, np.copy,
     np.squeeze, np.broadcast_to, np.transpose, np.flip, np.swapaxes, np.moveaxis, shapes.flatten, shapes.astype]
)  # fmt: skip


def rewritten(node: Node, same: Same) -> list[Node] | None:
    """The operations that stand for this one, or None where it is left as it is."""
    if not isinstance(node, Op) or len(node.results) != 1:
        return None
    if node.fun in SUBSCRIPTS and is_array(node.args[0]):
        return _plain_subscript(node, same)
    rewrite = REWRITES.get(node.fun) if is_hashable(node.fun) else None
    return None if rewrite is None else rewrite(node)


def is_hashable(fun: Any) -> bool:
    try:
        hash(fun)
    except TypeError:
        return False
    return True


def op_of(fun: Any, args: tuple, results: tuple[Value, ...], like: Op, structure: Any = None) -> Op:
    """An operation in the place of another."""
    made = Op(
        fun, lookup(fun), args, {}, results, structure, loc=like.loc, state=like.state, backward=like.backward
    )  # fmt: skip
    for r in results:
        r.node = made
    return made


def _filled(node: Op) -> list[Node] | None:
    """What is made of a number: an array with one entry, or the number."""
    x, v = node.args[0] if node.args else None, node.results[0]
    if v.type.shape is None or v.type.dtype is None:
        return None
    if is_number(x):
        if v.type.shape == ():
            return [op_of(shapes.astype, (x, v.type.dtype), (v,), node)]
        if all(n == 1 for n in v.type.shape):
            return [op_of(np.full, (v.type.shape, x, v.type.dtype), (v,), node)]
    if isinstance(x, Value) and is_array(x) and v.type.shape == ():
        return [op_of(operator.getitem, (x, (0,) * x.type.rank), (v,), node)]
    return None


def _constant_number(value: int) -> Callable[[Op], list[Node] | None]:
    """`zeros_like` of a number is a number."""

    def rewrite(node: Op) -> list[Node] | None:
        v = node.results[0]
        if v.type.shape != () or v.type.dtype is None:
            return None
        return [op_of(shapes.astype, (value, v.type.dtype), (v,), node)]

    return rewrite


def _filled_number(node: Op) -> list[Node] | None:
    v = node.results[0]
    if v.type.shape != () or v.type.dtype is None or not is_number(node.args[1]):
        return None
    return [op_of(shapes.astype, (node.args[1], v.type.dtype), (v,), node)]


REWRITES: dict[Any, Callable[[Op], list[Node] | None]] = {f: _filled for f in FILLING}
REWRITES[shapes.item] = _filled
REWRITES.update({f: _constant_number(0) for f in (np.zeros_like, np.empty_like, np.zeros, np.empty)})
REWRITES.update({f: _constant_number(1) for f in (np.ones_like, np.ones)})
REWRITES.update({f: _filled_number for f in (np.full_like, np.full)})


# --- subscripts -------------------------------------------------------------------------------------------------------


def _plain_subscript(node: Op, same: Same) -> list[Node] | None:
    """A subscript whose lists are index arrays, and whose masks, unless one is all of it, are the places in them."""
    x, index, *rest = node.args
    items = as_tuple(index)
    before: list[Node] = []
    out: list[Any] = []
    for item in items:
        if isinstance(item, (list, np.ndarray)):
            item = _constant(np.asarray(item, None if np.size(item) else np.int64), node, before)
        if (
            isinstance(item, Value)
            and item.type.kind == "array"
            and item.type.shape == ()
            and item.type.dtype.kind in "iu"
        ):
            v = Value(INT)
            before.append(op_of(int, (item,), (v,), node))
            item = v
        if _is_mask(item) and (len(items) > 1 or item.type.rank != x.type.rank):
            out.extend(_places(item, node, before))
        else:
            out.append(item)
    if not before:
        return None
    kept = tuple(out) if len(out) > 1 or isinstance(index, tuple) else out[0]
    v = node.results[0]
    made = op_of(node.fun, (x, kept, *rest), (v,), node)
    if node.fun is operator.getitem:
        t = result_types(node.fun, node.entry, made.args, {}, made)
        v.type = note_same(same, v.type, Type(v.type.kind, v.type.dtype, t.shape), node, [*before, made])
    return [*before, made]


def _is_mask(item: Any) -> bool:
    return is_array(item) and item.type.dtype.kind == "b"


def _constant(a: np.ndarray, node: Op, before: list[Node]) -> Value:
    v = Value(array(a.dtype, a.shape))
    before.append(op_of(np.array, (a.tolist(),), (v,), node))
    return v


def _places(mask: Value, node: Op, before: list[Node]) -> tuple[Value, ...]:
    probe = Op(
        places_of, lookup(places_of), (mask,), {}, loc=node.loc, state=node.state, backward=node.backward
    )
    types = result_types(places_of, lookup(places_of), (mask,), {}, probe)
    # one size for all: they are the coordinates of the same entries
    first = types[0].shape
    probe.results = tuple(Value(array(t.dtype, first), None, probe) for t in types)
    probe.structure = tuple
    before.append(probe)
    return probe.results


__all__ = ["is_hashable", "op_of", "rewritten", "type_of"]
