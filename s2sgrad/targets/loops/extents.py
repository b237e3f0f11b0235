"""Sizes at run time: each symbolic extent gets a name where it is first needed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ...ir.program import Op, Value, type_of
from ...ir.result_types import as_tuple, type_of_index
from ...ir.types import Dim, Type, not_one
from ...table.functional import index_add, index_set
from ..spelling import LOAD, call, constant, name, subscript
from .kernel import Kernel, is_array, refuse
from .reductions import reduction_of
from .scalars import is_elementwise

Tree = Any


def extent_of(k: Kernel, v: Value, axis: int) -> Tree:
    """The size of `v` along `axis`: a number, or a name that holds it."""
    e = v.type.shape[axis]
    if isinstance(e, int):
        return constant(e)
    known = k.dims.get(e)
    if known is not None:
        return known
    if v not in k.lazy and v in k.labels:
        shape = gast.Attribute(k.array(v), "shape", LOAD)
        return k.size_of(e, subscript(shape, constant(axis)))
    node = v.node
    rule = size_rule(node)
    if rule is None:
        raise refuse(node, "whose size is not known")
    return k.size_of(e, rule(k, node, axis))


def size_rule(node: Any) -> Any:
    if not isinstance(node, Op):
        return None
    if is_elementwise(node):
        return elementwise_size
    if any(isinstance(a, Value) and a.type.kind == "list" for a in node.args):
        return None
    return SIZES.get(node.fun) or (_reduced if reduction_of(node) is not None else None)


def _reduced(k: Kernel, op: Op, axis: int) -> Tree:
    """The size of an axis that a reduction keeps."""
    found = reduction_of(op)
    assert found is not None
    if found.shape is not None:
        return k.scalar(found.shape[axis])
    if found.keepdims:
        return extent_of(k, op.args[0], axis)
    kept = [d for d in range(op.args[0].type.rank) if d not in found.axes]
    return extent_of(k, op.args[0], kept[axis])


def _product(k: Kernel, op: Op, axis: int) -> Tree:
    """The size of an axis of a matrix product of at most two axes each."""
    a, b = op.args[:2]
    if axis == 0 and a.type.rank == 2:
        return extent_of(k, a, 0)
    return extent_of(k, b, b.type.rank - 1)


def extents_of(k: Kernel, v: Value) -> list[Tree]:
    return [extent_of(k, v, axis) for axis in range(v.type.rank)]


def elementwise_size(k: Kernel, op: Op, axis: int) -> Tree:
    """The size of operands broadcast together: that of one that surely has it, else whichever is not 1."""
    result = op.results[0]
    arrays = [a for a in op.args if is_array(a)]
    return broadcast_size(k, arrays, axis, result.type.rank, result.type.shape[axis])


def broadcast_size(k: Kernel, arrays: list[Value], axis: int, rank: int, e: Any) -> Tree:
    """The size along an axis of arrays broadcast together to `rank` axes, of which that one has the extent `e`."""
    sizes = []
    for a in arrays:
        place = axis - rank + a.type.rank
        if place < 0 or a.type.shape[place] == 1:
            continue
        if a.type.shape[place] == e:
            return extent_of(k, a, place)
        sizes.append(extent_of(k, a, place))
    out = sizes[0]
    for other in sizes[1:]:
        out = gast.IfExp(gast.Compare(out, [gast.Eq()], [constant(1)]), other, out)
    return out


def _like(k: Kernel, op: Op, axis: int) -> Tree:
    return extent_of(k, op.args[0], axis)


def shape_operand(op: Op) -> tuple:
    shape = (
        op.args[1]
        if op.fun in (np.broadcast_to, np.reshape)
        else op.args[0]
        if op.args
        else op.kwargs["shape"]
    )
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def _asked(k: Kernel, op: Op, axis: int) -> Tree:
    return k.scalar(shape_operand(op)[axis])


def items_of(index: Any, rank: int) -> list[Any]:
    """The items of a subscript, its ellipsis written out."""
    items = list(as_tuple(index))
    used = sum(0 if i is None or i is Ellipsis else axes_used(i) for i in items)
    whole = [slice(None)] * (rank - used)
    places = [j for j, i in enumerate(items) if i is Ellipsis]
    at = places[0] if places else len(items)
    return [*items[:at], *whole, *items[at + len(places) :]]


def axes_used(item: Any) -> int:
    kind = type_of_index(item)
    return kind.rank if isinstance(kind, Type) and kind.dtype.kind == "b" else 1


def _subscript(k: Kernel, op: Op, axis: int) -> Tree:
    """The size of `x[index]` along an axis."""
    x, index = op.args
    place, out = 0, 0
    arrays = [i for i in as_tuple(index) if is_array(i)]
    if arrays:
        return _advanced(k, op, axis, arrays)
    for item in items_of(index, x.type.rank):
        if item is None:
            out += 1
            continue
        if isinstance(item, slice):
            if out == axis:
                return slice_size(k, extent_of(k, x, place), item)
            out += 1
        place += 1
    raise refuse(op, "whose size is not known")


def _advanced(k: Kernel, op: Op, axis: int, arrays: list[Value]) -> Tree:
    e = op.results[0].type.shape[axis]
    for a in arrays:
        for place, n in enumerate(a.type.shape):
            if n == e:
                return extent_of(k, a, place)
    x, index = op.args
    place = 0
    for item in items_of(index, x.type.rank):
        if item is None:
            continue
        if isinstance(item, slice):
            n = extent_of(k, x, place)
            from ...ir.result_types import slice_extent

            if slice_extent(x.type.shape[place], item) == e:
                return slice_size(k, n, item)
        place += 1
    raise refuse(op, "whose size is not known")


def is_whole(s: slice) -> bool:
    return s.start is None and s.stop is None and s.step in (None, 1)


def slice_size(k: Kernel, n: Tree, s: slice) -> Tree:
    """How many entries a slice of an axis of `n` has."""
    if is_whole(s) or (s.start is None and s.stop is None and s.step == -1):
        return n
    step = 1 if s.step is None else s.step
    start, stop = s.start, s.stop
    if (
        step == 1
        and (start is None or (type(start) is int and start >= 0))
        and (stop is None or (type(stop) is int and stop < 0))
    ):
        cut = (start or 0) - (stop or 0)
        k.parts.imports.setdefault("import numpy as np", "")
        return call(name("max"), gast.BinOp(n, gast.Sub(), constant(cut)), constant(0))
    return call(k.parts.helper("slice_size"), n, *slice_bounds(k, n, s))


def slice_bounds(k: Kernel, n: Tree, s: slice) -> list[Tree]:
    """The bounds of a slice as numbers: where none is given, one that means the same."""
    step = 1 if s.step is None else s.step
    backward = type(step) is int and step < 0
    first = gast.BinOp(n, gast.Sub(), constant(1)) if backward else constant(0)
    last = gast.BinOp(gast.UnaryOp(gast.USub(), n), gast.Sub(), constant(1)) if backward else n
    start = first if s.start is None else k.scalar(s.start)
    stop = last if s.stop is None else k.scalar(s.stop)
    return [start, stop, k.scalar(step)]


def _permuted(order: Callable[[Op], tuple[int, ...]]) -> Callable[..., Tree]:
    return lambda k, op, axis: extent_of(k, op.args[0], order(op)[axis])


def _arange(k: Kernel, op: Op, axis: int) -> Tree:
    if len(op.args) == 1 and type_of(op.args[0]).dtype.kind in "iu":
        return call(name("max"), k.scalar(op.args[0]), constant(0))
    if len(op.args) == 1:
        return call(k.parts.helper("arange_size"), constant(0), k.scalar(op.args[0]), constant(1))
    start, stop, *step = [k.scalar(a) for a in op.args[:3]]
    return call(k.parts.helper("arange_size"), start, stop, *(step or [constant(1)]))


def _matched(k: Kernel, op: Op, axis: int) -> Tree:
    """The size of an axis whose extent is that of some operand."""
    e = op.results[0].type.shape[axis]
    for a in op.args:
        if is_array(a):
            for place, n in enumerate(a.type.shape):
                if n == e:
                    return extent_of(k, a, place)
    raise refuse(op, "whose size is not known")


def demand_same(k: Kernel, e: Any, tree: Tree, other: Any, want: Tree) -> None:
    """Compare two sizes at run time, unless they are surely the same number."""
    if e == other or (e, other) in k.checked:
        return
    k.checked |= {(e, other), (other, e)}
    k.statement(
        gast.If(
            gast.Compare(tree, [gast.NotEq()], [want]),
            [
                gast.Raise(
                    call(
                        name("ValueError"),
                        constant("operands could not be broadcast together: shapes disagree"),
                    ),
                    None,
                )
            ],
            [],
        )
    )


SIZES: dict[Any, Callable[..., Tree]] = {
    operator.getitem: _subscript, np.zeros: _asked, np.ones: _asked, np.empty: _asked, np.full: _asked,
    np.broadcast_to: _asked, np.zeros_like: _like, np.ones_like: _like, np.full_like: _like, np.empty_like: _like,
    np.copy: _like, np.array: _like, np.asarray: _like, np.ascontiguousarray: _like, np.asanyarray: _like,
    np.arange: _arange, index_set: _like, index_add: _like, operator.matmul: _product, np.dot: _product,
    np.matmul: _product,
}  # fmt: skip

__all__ = ["SIZES", "Dim", "Type", "demand_same", "extent_of", "extents_of", "not_one", "type_of"]
