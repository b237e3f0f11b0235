"""One element of an array: where it is read from, or how it is computed from elements of other arrays.

Arrays that are not stored are expressions of a multi-index. Views of arrays (slices, transposes, new axes) turn an
index of theirs into one of their base; elementwise functions hand it on to their operands, broadcasting undone.
Elements form a graph (`Cell`), shared within a loop nest, and each is computed in the outermost loop that knows all
the indices it depends on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ...ir.program import Op, Value, type_of
from ...ir.result_types import as_tuple
from ...ir.types import not_one
from ...table import shapes
from ..spelling import LOAD, STORE, call, constant, dotted, name, subscript
from .extents import SIZES, demand_same, extent_of, is_whole, items_of, slice_bounds
from .kernel import Kernel, is_array, is_number, refuse
from .scalars import cast, is_elementwise, spell_element

Tree = Any


@dataclass(frozen=True)
class Index:
    """A sum of variables times whole numbers, plus a number."""

    terms: tuple[tuple[str, int], ...] = ()
    offset: int = 0
    wraps: bool = False  # whether it may be negative, as the user's subscripts may
    hidden: bool = False  # whether the machine-code compiler could not know that it is not negative

    def tree(self) -> Tree:
        out: Any = None
        for var, factor in self.terms:
            part: Any = name(var)
            if factor == -1 and out is not None:
                out = gast.BinOp(out, gast.Sub(), part)
                continue
            if factor != 1:
                if abs(factor) != 1 if isinstance(factor, int) else True:
                    part = gast.BinOp(part, gast.Mult(), scale_tree(factor))
                if isinstance(factor, int) and factor < 0:
                    out = (
                        gast.UnaryOp(gast.USub(), part) if out is None else gast.BinOp(out, gast.Sub(), part)
                    )
                    continue
            out = part if out is None else gast.BinOp(out, gast.Add(), part)
        if out is None:
            return (
                constant(self.offset)
                if self.offset >= 0
                else gast.UnaryOp(gast.USub(), constant(-self.offset))
            )
        if self.offset:
            symbol = gast.Add() if self.offset > 0 else gast.Sub()
            out = gast.BinOp(out, symbol, constant(abs(self.offset)))
        return out

    @property
    def plain(self) -> bool:
        """Whether the machine-code compiler sees that it is not negative."""
        return not self.hidden and self.offset >= 0 and all(f > 0 for _, f in self.terms)

    def plus(self, other: Index) -> Index:
        terms = dict(self.terms)
        for var, factor in other.terms:
            terms[var] = terms.get(var, 0) + factor
        made = tuple((v, f) for v, f in terms.items() if f != 0)
        return Index(made, self.offset + other.offset, hidden=self.hidden or other.hidden)

    def times(self, factor: int) -> Index:
        return Index(
            tuple((v, scaled(f, factor)) for v, f in self.terms), self.offset * factor, hidden=self.hidden
        )


def scaled(f: Any, factor: int) -> Any:
    """A factor times a whole number: a named stride becomes the pair of both."""
    if isinstance(f, int) or factor == 1:
        return f * factor if isinstance(f, int) else f
    label, times = f if isinstance(f, tuple) else (f, 1)
    return (label, times * factor)


def scale_tree(factor: Any) -> Tree:
    if isinstance(factor, tuple):
        label, times = factor
        return gast.BinOp(name(label), gast.Mult(), constant(times))
    return name(factor) if isinstance(factor, str) else constant(abs(factor))


ZERO = Index()
Multi = tuple[Index, ...]


def variable(label: str, wraps: bool = False) -> Index:
    return Index(((label, 1),), 0, wraps)


def index_tree(k: Kernel, i: Index, runtime: frozenset[str] = frozenset()) -> Tree:
    """An index as syntax; unsigned where it is not negative but the machine-code compiler could not know."""
    if i.wraps or i.plain or not i.terms:
        return i.tree()
    k.parts.use_numpy()
    return call(dotted("np.uint64"), i.tree())


@dataclass(eq=False)
class Cell:
    """One element: how it is made of others, and how often it is wanted."""

    kids: list[Cell]
    make: Callable[[list[Tree]], Tree]
    depth: int
    wish: str | None = None
    uses: int = 0
    label: str | None = None
    keeps: bool = False  # must have a name: an index is made of it
    reads: bool = False  # reads memory
    size: int = 1
    tree: Any = None
    stage: int = -1


@dataclass(eq=False)
class Elements:
    """The cells of one loop nest."""

    k: Kernel
    depths: dict[str, int]  # of the loop variables, and of names made inside
    local: frozenset[Value] = frozenset()  # roots of this very nest: computed, not read back
    cells: dict[Any, Cell] = field(default_factory=dict)
    vector: bool = True  # whether vector mathematics pays
    strided: dict[Any, Index] = field(default_factory=dict)  # indices along axes that may be stretched
    line: Any = None  # appends a statement to the body of a loop: (depth, statement)

    def depth_of(self, idx: Multi) -> int:
        return max([self.depths.get(var, 0) for i in idx for var, _ in i.terms], default=0)

    def cell(self, v: Any, idx: Multi) -> Cell:
        """The cell of `v[idx]`; of a number whatever the index."""
        if not is_array(v):
            return Cell([], lambda _: self.k.scalar(v), 0)
        key = (v, idx)
        found = self.cells.get(key)
        if found is None:
            found = self.cells[key] = self._make(v, idx)
        return found

    def _make(self, v: Value, idx: Multi) -> Cell:
        if v in self.k.lazy or v in self.local:
            return EXPANSIONS.get(v.node.fun, _elementwise)(self, v.node, idx)
        return self.stored(v, idx)

    def stored(self, v: Value, idx: Multi) -> Cell:
        label = self.k.label(v)
        return Cell([], lambda _: element_of(self.k, label, idx), self.depth_of(idx), reads=True)

    def aligned(self, a: Any, op: Op, idx: Multi) -> Multi:
        """The index of an operand that is broadcast to the shape of the result."""
        result = op.results[0].type.shape
        return broadcast_index(self, a, result, idx, lambda axis: extent_of(self.k, op.results[0], axis))


def element_of(k: Kernel, label: str, idx: Multi) -> Tree:
    trees = [index_tree(k, i) for i in idx]
    return subscript(name(label), trees[0] if len(trees) == 1 else gast.Tuple(trees, LOAD))


def broadcast_index(e: Elements, a: Any, result: tuple, idx: Multi, size: Callable[[int], Tree]) -> Multi:
    """The index of `a` where an array of shape `result`, to which it is broadcast, has `idx`."""
    if not is_array(a):
        return ()
    out = []
    lead = len(result) - a.type.rank
    for place, n in enumerate(a.type.shape):
        want, i = result[place + lead], idx[place + lead]
        if n == want:
            out.append(i)
        elif n == 1:
            out.append(ZERO)
        elif not_one(n):
            demand_same(e.k, n, extent_of(e.k, a, place), want, size(place + lead))
            out.append(i)
        else:
            out.append(maybe_one(e, n, extent_of(e.k, a, place), want, size(place + lead), i))
    return tuple(out)


def maybe_one(e: Elements, n: Any, tree: Tree, want: Any, whole: Tree, i: Index) -> Index:
    """An index along an axis of which only run time knows whether it is stretched: times 0 or 1."""
    k, key = e.k, ("stride", n, want)
    stride = k.dims.get(key)
    if stride is None:
        label = k.fresh("stride")
        k.assign(label, gast.IfExp(gast.Compare(tree, [gast.Eq()], [constant(1)]), constant(0), constant(1)))
        k.dims[key] = stride = name(label)
        test = gast.BoolOp(
            gast.And(),
            [gast.Compare(tree, [gast.NotEq()], [constant(1)]), gast.Compare(tree, [gast.NotEq()], [whole])],
        )
        message = constant("operands could not be broadcast together: shapes disagree")
        k.statement(gast.If(test, [gast.Raise(call(name("ValueError"), message), None)], []))
    if not i.terms and i.offset == 0:
        return i
    made = e.strided.get((i, stride.id))
    if made is None:
        label, depth = k.fresh(), e.depth_of((i,))
        e.line(depth, gast.Assign([name(label, STORE)], gast.BinOp(i.tree(), gast.Mult(), stride), None))
        e.depths[label] = depth
        made = e.strided[(i, stride.id)] = variable(label)
    return made


# --- elementwise --------------------------------------------------------------------------------------------


def _elementwise(e: Elements, op: Op, idx: Multi) -> Cell:
    if not is_elementwise(op):
        raise refuse(op)
    kids = [e.cell(a, e.aligned(a, op, idx)) for a in op.args if _is_operand(a)]
    places = [j for j, a in enumerate(op.args) if _is_operand(a)]

    def make(trees: list[Tree]) -> Tree:
        full: list[Tree] = [None] * len(op.args)
        for j, tree in zip(places, trees):
            full[j] = tree
        return (
            e.k.parts.vectorised(op, full)
            if e.vector and e.k.parts.has_vector(op)
            else spell_element(e.k.parts, op, full)
        )

    return Cell(kids, make, max([c.depth for c in kids], default=0), op.results[0].name, size=1)


def _is_operand(a: Any) -> bool:
    return isinstance(a, Value) or is_number(a)


# --- views --------------------------------------------------------------------------------------------------


def _through(e: Elements, op: Op, idx: Multi) -> Cell:
    """An operand itself, possibly of another dtype: copies and conversions."""
    a, t = op.args[0], op.results[0].type
    if not isinstance(a, Value):
        raise refuse(op)
    kid = e.cell(a, idx)
    have = type_of(a).dtype
    if have == t.dtype:
        return kid
    return Cell([kid], lambda trees: cast(e.k.parts, trees[0], have, t.dtype), kid.depth)


def _subscript(e: Elements, op: Op, idx: Multi) -> Cell:
    x, index = op.args
    if any(is_array(i) for i in as_tuple(index)):
        return _gather(e, op, idx)
    return e.cell(x, base_index(e.k, x, index, idx))


def base_index(k: Kernel, x: Value, index: Any, idx: Multi) -> Multi:
    """Where `x[index]` at `idx` is in `x`."""
    out: list[Index] = []
    rest = list(idx)
    for item in items_of(index, x.type.rank):
        place = len(out)
        if item is None:
            rest.pop(0)
        elif isinstance(item, slice):
            out.append(sliced(k, x, place, item, rest.pop(0)))
        else:
            out.append(chosen(k, x, place, item))
    return tuple(out)


def sliced(k: Kernel, x: Value, place: int, s: slice, i: Index) -> Index:
    """Entry `i` of a slice, as an entry of the axis."""
    if is_whole(s):
        return i
    step = 1 if s.step is None else s.step
    if not isinstance(step, int):
        raise refuse(None, "a slice with a step known at run time only")
    if (s.start is None or (type(s.start) is int and s.start >= 0)) and step > 0:
        return i.times(step).plus(Index((), s.start or 0))
    n = extent_of(k, x, place)
    key = ("start", x.type.shape[place], _frozen(s.start), step)
    start = k.dims.get(key)
    if start is None:
        label = k.fresh("start")
        bounds = slice_bounds(k, n, s)
        k.assign(label, call(k.parts.helper("slice_start"), n, bounds[0], bounds[2]))
        start = k.dims[key] = name(label)
    return i.times(step).plus(Index(((start.id, 1),), 0, hidden=True))


def _frozen(x: Any) -> Any:
    return x if isinstance(x, (int, Value, type(None))) else id(x)


def chosen(k: Kernel, x: Value, place: int, item: Any) -> Index:
    """A number as the subscript of an axis."""
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        if item >= 0 or x not in k.lazy:
            return Index((), int(item), wraps=True)
        return Index(((_size_name(k, x, place), 1),), int(item))
    if isinstance(item, Value) and is_number(item):
        tree = k.scalar(item)
        if not isinstance(tree, gast.Name):
            label = k.fresh()
            k.assign(label, tree)
            tree = name(label)
        if x in k.lazy:  # a view of it would take a negative one for another entry
            label = k.fresh()
            n = extent_of(k, x, place)
            below = gast.Compare(tree, [gast.Lt()], [constant(0)])
            k.assign(label, gast.IfExp(below, gast.BinOp(tree, gast.Add(), n), tree))
            tree = name(label)
        return variable(tree.id, wraps=x not in k.lazy)
    raise refuse(None, "a subscript")


def _size_name(k: Kernel, x: Value, place: int) -> str:
    tree = extent_of(k, x, place)
    if isinstance(tree, gast.Name):
        return tree.id
    label = k.fresh("n")
    k.assign(label, tree)
    return label


def _gather(e: Elements, op: Op, idx: Multi) -> Cell:
    """`x[i, j]` with arrays of integers: the entries they name."""
    x, index = op.args
    v = op.results[0]
    made, kids = gathered_index(e, x, index, v.type.shape, lambda axis: extent_of(e.k, v, axis), idx)
    base = e.stored(x, made) if x not in e.k.lazy else e.cell(x, made)
    base.kids = [*base.kids, *[c for c in kids if c not in base.kids]]
    inner = base.make
    own = len(base.kids) - len(kids)
    base.make = lambda trees: inner(trees[:own])
    base.depth = max([base.depth, *[c.depth for c in kids]])
    return base


def gathered_index(
    e: Elements, x: Value, index: Any, shape: tuple, size: Callable[[int], Tree], idx: Multi
) -> tuple[Multi, list[Cell]]:
    """Where entry `idx` of `x[index]`, of this shape, is in `x`; the cells of the index arrays' entries."""
    items = items_of(index, x.type.rank)
    arrays = [i for i in items if is_array(i)]
    span = max(a.type.rank for a in arrays)
    advanced = [j for j, i in enumerate(items) if i is not None and not isinstance(i, slice)]
    apart = advanced[-1] - advanced[0] + 1 != len(advanced)
    before = 0 if apart else sum(1 for i in items[: advanced[0]] if i is None or isinstance(i, slice))
    block = idx[before : before + span]
    rest = [*idx[:before], *idx[before + span :]]
    region = shape[before : before + span]
    out: list[Index] = []
    kids: list[Cell] = []
    for item in items:
        place = len(out)
        if item is None:
            rest.pop(0)
        elif isinstance(item, slice):
            out.append(sliced(e.k, x, place, item, rest.pop(0)))
        elif is_array(item):
            at = broadcast_index(e, item, region, block, lambda axis: size(axis + before))
            cell = e.cell(item, at)
            out.append(named_index(e, cell, x not in e.k.lazy))
            kids.append(cell)
        else:
            out.append(chosen(e.k, x, place, item))
    return tuple(out), kids


def named_index(e: Elements, cell: Cell, wraps: bool) -> Index:
    """An index that is the value of a cell."""
    if cell.label is None:
        cell.label = e.k.fresh()
        cell.keeps = True
        e.depths[cell.label] = cell.depth
    return variable(cell.label, wraps)


def _expand_dims(e: Elements, op: Op, idx: Multi) -> Cell:
    x, axes = op.args[0], op.args[1] if len(op.args) > 1 else op.kwargs["axis"]
    rank = op.results[0].type.rank
    new = {a % rank for a in (axes if isinstance(axes, (tuple, list)) else (axes,))}
    return e.cell(x, tuple(i for j, i in enumerate(idx) if j not in new))


def _squeeze(e: Elements, op: Op, idx: Multi) -> Cell:
    x = op.args[0]
    axes = op.args[1] if len(op.args) > 1 else op.kwargs.get("axis")
    if axes is None:
        gone = {j for j, n in enumerate(x.type.shape) if n == 1}
    else:
        gone = {a % x.type.rank for a in (axes if isinstance(axes, (tuple, list)) else (axes,))}
    rest = list(idx)
    return e.cell(x, tuple(ZERO if j in gone else rest.pop(0) for j in range(x.type.rank)))


def order_of(op: Op) -> tuple[int, ...]:
    """Which axis of its operand each axis of a transposed array is."""
    rank = op.results[0].type.rank
    rest = op.args[1:] or tuple(op.kwargs.values())
    if op.fun in (np.transpose, np.permute_dims):
        axes = rest[0] if rest and rest[0] is not None else tuple(range(rank))[::-1]
        return tuple(a % rank for a in axes)
    if op.fun is np.matrix_transpose or op.fun is np.linalg.matrix_transpose:
        return (*range(rank - 2), rank - 1, rank - 2)
    if op.fun is np.swapaxes:
        order = list(range(rank))
        a, b = (x % rank for x in rest)
        order[a], order[b] = order[b], order[a]
        return tuple(order)
    source, destination = ([x % rank for x in (a if isinstance(a, (tuple, list)) else (a,))] for a in rest)
    order = [a for a in range(rank) if a not in source]
    for d, s in sorted(zip(destination, source)):
        order.insert(d, s)
    return tuple(order)


def _transposed(e: Elements, op: Op, idx: Multi) -> Cell:
    order = order_of(op)
    return e.cell(op.args[0], tuple(idx[order.index(axis)] for axis in range(len(order))))


def _broadcast_to(e: Elements, op: Op, idx: Multi) -> Cell:
    return (
        e.cell(op.args[0], e.aligned(op.args[0], op, idx)) if is_array(op.args[0]) else e.cell(op.args[0], ())
    )


def _flip(e: Elements, op: Op, idx: Multi) -> Cell:
    x = op.args[0]
    axes = op.args[1] if len(op.args) > 1 else op.kwargs.get("axis")
    if op.fun is np.fliplr:
        axes = 1
    elif op.fun is np.flipud:
        axes = 0
    turned = (
        set(range(x.type.rank))
        if axes is None
        else {a % x.type.rank for a in (axes if isinstance(axes, (tuple, list)) else (axes,))}
    )
    backward = slice(None, None, -1)
    return e.cell(x, tuple(sliced(e.k, x, j, backward, i) if j in turned else i for j, i in enumerate(idx)))


# --- generators ---------------------------------------------------------------------------------------------


def _filled(value: Callable[[Op], Any]) -> Callable[..., Cell]:
    def cell(e: Elements, op: Op, idx: Multi) -> Cell:
        x, t = value(op), op.results[0].type
        if is_array(x):
            return e.cell(x, e.aligned(x, op, idx))
        have = type_of(x).dtype
        return Cell([], lambda _: cast(e.k.parts, e.k.scalar(x), have, t.dtype), 0)

    return cell


def _arange(e: Elements, op: Op, idx: Multi) -> Cell:
    t = op.results[0].type
    start, step = (op.args[0], op.args[2] if len(op.args) > 2 else 1) if len(op.args) > 1 else (0, 1)

    def make(_: list[Tree]) -> Tree:
        tree = index_tree(e.k, Index(idx[0].terms, idx[0].offset, True))
        if step != 1:
            tree = gast.BinOp(tree, gast.Mult(), e.k.scalar(step))
        if start != 0 or isinstance(start, float):
            tree = gast.BinOp(e.k.scalar(start), gast.Add(), tree)
        return cast(e.k.parts, tree, np.dtype(np.int64 if t.dtype.kind in "iu" else np.float64), t.dtype)

    return Cell([], make, e.depth_of(idx))


def _eye(e: Elements, op: Op, idx: Multi) -> Cell:
    t = op.results[0].type
    shift = op.args[2] if len(op.args) > 2 else op.kwargs.get("k", 0)

    def make(_: list[Tree]) -> Tree:
        row, column = (index_tree(e.k, Index(i.terms, i.offset, True)) for i in idx)
        if shift:
            row = gast.BinOp(row, gast.Add(), e.k.scalar(shift))
        one, zero = (e.k.static(t.dtype.type(x)) for x in (1, 0))
        return gast.IfExp(gast.Compare(row, [gast.Eq()], [column]), one, zero)

    return Cell([], make, e.depth_of(idx))


def _triangle(symbol: type) -> Callable[..., Cell]:
    def cell(e: Elements, op: Op, idx: Multi) -> Cell:
        shift = op.args[1] if len(op.args) > 1 else op.kwargs.get("k", 0)
        kid = e.cell(op.args[0], idx)
        zero = e.k.static(op.results[0].type.dtype.type(0))

        def make(trees: list[Tree]) -> Tree:
            row, column = (index_tree(e.k, Index(i.terms, i.offset, True)) for i in idx[-2:])
            if shift:
                row = gast.BinOp(row, gast.Add(), e.k.scalar(shift))
            return gast.IfExp(gast.Compare(column, [symbol()], [row]), trees[0], zero)

        return Cell([kid], make, max(kid.depth, e.depth_of(idx)))

    return cell


def _outer(e: Elements, op: Op, idx: Multi) -> Cell:
    kids = [e.cell(a, (i,)) for a, i in zip(op.args, idx)]
    return Cell(kids, lambda trees: gast.BinOp(trees[0], gast.Mult(), trees[1]), max(c.depth for c in kids))


TRANSPOSED = (
    np.transpose, np.swapaxes, np.moveaxis, np.matrix_transpose, np.linalg.matrix_transpose, np.permute_dims
)  # fmt: skip
EXPANSIONS: dict[Any, Callable[..., Cell]] = {
    operator.getitem: _subscript, np.expand_dims: _expand_dims, np.squeeze: _squeeze, np.transpose: _transposed,
    np.swapaxes: _transposed, np.moveaxis: _transposed, np.matrix_transpose: _transposed,
    np.linalg.matrix_transpose: _transposed, np.permute_dims: _transposed, np.broadcast_to: _broadcast_to,
    np.flip: _flip, np.fliplr: _flip, np.flipud: _flip, np.copy: _through, np.array: _through, np.asarray: _through,
    np.asanyarray: _through, np.ascontiguousarray: _through, shapes.astype: _through,
    np.zeros: _filled(lambda op: 0), np.zeros_like: _filled(lambda op: 0), np.empty: _filled(lambda op: 0),
    np.empty_like: _filled(lambda op: 0), np.ones: _filled(lambda op: 1), np.ones_like: _filled(lambda op: 1),
    np.full: _filled(lambda op: op.args[1]), np.full_like: _filled(lambda op: op.args[1]),
    np.arange: _arange, np.eye: _eye, np.identity: _eye, np.tril: _triangle(gast.LtE), np.triu: _triangle(gast.GtE),
    np.outer: _outer,
}  # fmt: skip
VIEWS = frozenset(
    [operator.getitem, np.expand_dims, np.squeeze, np.transpose, np.swapaxes, np.moveaxis, np.matrix_transpose,
     np.linalg.matrix_transpose, np.permute_dims, np.broadcast_to, np.flip, np.fliplr, np.flipud]
)  # fmt: skip
COPIES = frozenset([np.copy, np.array, np.asarray, np.asanyarray, np.ascontiguousarray, shapes.astype])


def _expanded_size(k: Kernel, op: Op, axis: int) -> Tree:
    x, axes = op.args[0], op.args[1] if len(op.args) > 1 else op.kwargs["axis"]
    rank = op.results[0].type.rank
    new = {a % rank for a in (axes if isinstance(axes, (tuple, list)) else (axes,))}
    return extent_of(k, x, axis - sum(1 for a in new if a < axis))


def _squeezed_size(k: Kernel, op: Op, axis: int) -> Tree:
    x = op.args[0]
    axes = op.args[1] if len(op.args) > 1 else op.kwargs.get("axis")
    if axes is None:
        kept = [j for j, n in enumerate(x.type.shape) if n != 1]
    else:
        gone = {a % x.type.rank for a in (axes if isinstance(axes, (tuple, list)) else (axes,))}
        kept = [j for j in range(x.type.rank) if j not in gone]
    return extent_of(k, x, kept[axis])


def _asked_size(k: Kernel, op: Op, axis: int) -> Tree:
    rows = op.args[0]
    return k.scalar(op.args[1] if axis == 1 and len(op.args) > 1 and op.args[1] is not None else rows)


SIZES.update(
    {
        np.outer: lambda k, op, axis: extent_of(k, op.args[axis], 0),
        np.expand_dims: _expanded_size,
        np.squeeze: _squeezed_size,
        np.eye: _asked_size,
        np.identity: _asked_size,
        **{f: (lambda k, op, axis: extent_of(k, op.args[0], order_of(op)[axis])) for f in TRANSPOSED},
        **{
            f: (lambda k, op, axis: extent_of(k, op.args[0], axis))
            for f in (np.flip, np.fliplr, np.flipud, np.tril, np.triu, shapes.astype)
        },
    }
)
__all__ = ["STORE", "Cell", "Elements", "Index", "Multi", "base_index", "variable"]
