"""Loop nests: the roots of one domain computed entry by entry in one pass."""

from __future__ import annotations

import itertools
import math
from typing import Any

import gast
import numpy as np

from ...ir.program import Op, Value, leaves, type_of
from ...ir.result_types import as_tuple
from ...table.functional import index_add, index_set
from ..spelling import STORE, call, constant, dotted, name, subscript
from .access import (
    ZERO,
    Cell,
    Elements,
    Index,
    Multi,
    base_index,
    broadcast_index,
    element_of,
    gathered_index,
    maybe_one,
    variable,
)
from .chunks import Outer, Shared, in_chunks, product
from .extents import broadcast_size, demand_same, extent_of, items_of, slice_size
from .kernel import Kernel, empty, is_array, refuse
from .plan import Nest, Root
from .reductions import (
    accumulator_dtype,
    after_loop,
    by_rank,
    reduction_of,
    start,
    start_of_loop,
    taken,
    taken_in_loop,
)
from .scalars import cast

Tree = Any
LOOP_NAMES = "ijlmpqrs"
LONG = 4096  # entries
WIDEST = 60  # characters, roughly, of an expression that is written where it is used


class Writer:
    """One nest being written: its sizes, its loops' bodies and what follows them."""

    def __init__(self, k: Kernel, nest: Nest, shared: list[str] | None = None) -> None:
        self.k, self.nest = k, nest
        self.sizes = sizes_of(k, nest)
        for root in nest.roots[1:]:
            demand_domain(k, root, nest, self.sizes)
        own = range(len(shared or ()), len(nest.domain))  # the outer loops may be another nest's
        names = [k.fresh(LOOP_NAMES[d] if d < len(LOOP_NAMES) else "i") for d in own]
        self.loops = [*(shared or ()), *names]
        depths = {label: d + 1 for d, label in enumerate(self.loops)}
        stores = frozenset(r.value for r in nest.roots if r.kind == "store")
        self.elements = Elements(k, depths, stores)
        self.before: list[list[Any]] = [[] for _ in range(len(self.loops) + 1)]
        self.after: list[list[Any]] = [[] for _ in range(len(self.loops) + 1)]
        self.elements.line = lambda depth, statement: self.before[depth].append(statement)
        self.idx: Multi = tuple(variable(label) for label in self.loops)
        self.shared: list[Shared] = []  # what the iterations of the outermost loop take part in
        self.ordered = False  # whether these may write to one entry, so that the last one's counts

    # --- cells ------------------------------------------------------------------------------------------------

    def want(self, cell: Cell) -> Cell:
        """Count a reader of a cell, and through it of what it is made of."""
        cell.uses += 1
        if cell.uses == 1:
            for kid in cell.kids:
                self.want(kid)
        return cell

    def tree(self, cell: Cell) -> Tree:
        """A cell as syntax: a name, where it is wanted more than once or further in."""
        if cell.tree is None:
            kids = [self.kid(c, cell) for c in cell.kids]
            made = cell.make(kids)
            if cell.keeps or (cell.uses > 1 and not trivial(made)):
                made = self.named(cell, made)
            cell.tree = made
        return cell.tree

    def kid(self, cell: Cell, reader: Cell) -> Tree:
        tree = self.tree(cell)
        if trivial(tree):
            return tree
        if cell.depth < reader.depth or width(tree) > WIDEST:
            cell.tree = self.named(cell, tree)
        return cell.tree

    def named(self, cell: Cell, tree: Tree) -> Tree:
        label = cell.label or self.k.fresh(cell.wish)
        self.before[cell.depth].append(gast.Assign([name(label, STORE)], tree, None))
        return name(label)

    def emit(self, where: list[list[Any]], depth: int, statement: Any, node: Op) -> None:
        statement.origin = node.loc
        where[depth].append(statement)


def demand_domain(k: Kernel, root: Root, nest: Nest, sizes: list[Tree]) -> None:
    """Compare the domain of a root with that of its nest, where they are the same only if the block does not raise."""
    if root.domain == nest.domain:
        return
    own = sizes_of(k, Nest(root.domain, [root]))
    for e, size, want, whole in zip(root.domain, own, nest.domain, sizes):
        demand_same(k, e, size, want, whole)


def trivial(tree: Tree) -> bool:
    if isinstance(tree, gast.UnaryOp):
        tree = tree.operand
    return isinstance(tree, (gast.Name, gast.Constant)) or (
        isinstance(tree, gast.Attribute) and isinstance(tree.value, gast.Name)
    )


def width(tree: Tree) -> int:
    return sum(
        len(getattr(n, "id", "")) + 3 for n in gast.walk(tree) if isinstance(n, (gast.Name, gast.Constant))
    )


def prepared(w: Writer) -> Writer:
    """Fill the bodies of a nest's loops."""
    for root in w.nest.roots:
        BEGIN[root.kind](w, root)
    plans = [(root, PREPARE[root.kind](w, root)) for root in w.nest.roots]
    for root, found in plans:
        FINISH[root.kind](w, root, found)
    return w


def loop_over(w: Writer, d: int, body: list[Any]) -> Any:
    return gast.For(name(w.loops[d], STORE), call(name("range"), w.sizes[d]), body or [gast.Pass()], [], None)


def write_nest(k: Kernel, nest: Nest) -> None:
    """Append the loops of a nest."""
    w = prepared(Writer(k, nest))
    if any(itertools.chain(*w.before, *w.after)):
        innermost = [*w.before[-1], *w.after[-1]]
        shared_out = k.parallel and not k.frames and not w.ordered and is_long(w.sizes)
        append(k, nest, among_threads(w, innermost) if shared_out else around(w, innermost, len(w.loops)))


def is_long(sizes: list[Tree]) -> bool:
    """Whether a nest may be worth more than one thread, as far as its sizes are known."""
    known = [size.value for size in sizes if isinstance(size, gast.Constant)]
    return bool(sizes) and (len(known) < len(sizes) or math.prod(known) >= LONG)


def among_threads(w: Writer, innermost: list[Any]) -> list[Any]:
    """The loops of a nest, the outermost in chunks."""
    inner = around(w, innermost, len(w.loops), 1)
    work = product([w.sizes[d] for d in range(len(w.loops))])
    loop = Outer(w.loops[0], w.sizes[0], inner, work, tuple(w.shared))
    return [*w.before[0], *in_chunks(w.k, loop), *w.after[0]]


def around(w: Writer, innermost: list[Any], depth: int, outer: int = 0) -> list[Any]:
    """The loops of a nest, but for the `outer` ones, around what is inside the first `depth` of them."""
    for d in reversed(range(outer, depth)):
        innermost = [*w.before[d], loop_over(w, d, innermost), *w.after[d]]
    return innermost


def append(k: Kernel, nest: Nest, statements: list[Any]) -> None:
    for j, statement in enumerate(statements):
        k.statement(statement, nest.roots[0].node if j == 0 else None)


def adds_after(k: Kernel, first: Any, second: Any) -> bool:
    """Whether a nest only adds to the array that the one before it added to, over the same domain.

    Then the two may take turns, row by row, while a row is still in the cache: neither reads the array.
    """
    return (
        _only_adds(k, first)
        and _only_adds(k, second)
        and first.domain == second.domain
        and len(first.domain) > 1
        and second.roots[0].node.args[0] is first.roots[0].value
    )


def _only_adds(k: Kernel, nest: Any) -> bool:
    if not isinstance(nest, Nest) or len(nest.roots) != 1 or nest.roots[0].kind != "write":
        return False
    node = nest.roots[0].node
    x, index, v = node.args
    memory = k.found.roots.get(x, frozenset())
    plain = (
        node.fun is index_add and node in k.found.in_place and not any(is_array(i) for i in as_tuple(index))
    )
    return plain and not _reads(k, v, memory)


def _reads(k: Kernel, v: Any, memory: frozenset) -> bool:
    """Whether an operand, or what it is computed from where it is used, is of some memory."""
    if not isinstance(v, Value):
        return False
    if v in k.lazy and isinstance(v.node, Op):
        return any(_reads(k, a, memory) for a in leaves(v.node.operands))
    return bool(k.found.roots.get(v, frozenset()) & memory)


def write_additions(k: Kernel, nests: list[Nest]) -> None:
    """Nests that add to one array: one pass over the rows, a loop for each along them."""
    first = Writer(k, nests[0])
    outer = len(first.loops) - 1
    writers = [first, *[Writer(k, nest, first.loops[:outer]) for nest in nests[1:]]]
    inner: list[Any] = []
    for w in map(prepared, writers):
        body = [*w.before[-1], *w.after[-1]]
        inner += [*w.before[outer], loop_over(w, outer, body), *w.after[outer]]
    for w in writers[1:]:
        for d in range(outer):
            first.before[d] += w.before[d]
            first.after[d] += w.after[d]
    append(k, nests[0], around(first, inner, outer))


def sizes_of(k: Kernel, nest: Nest) -> list[Tree]:
    root = nest.roots[0]
    node = root.node
    if root.kind == "store":
        return expression_sizes(k, root.value)
    if root.kind == "reduce":
        v = node.args[0]
        return (
            expression_sizes(k, v)
            if v.node in [r.node for r in nest.roots]
            else [extent_of(k, v, axis) for axis in range(v.type.rank)]
        )
    return region_sizes(k, node, nest.domain)


def expression_sizes(k: Kernel, v: Value) -> list[Tree]:
    """The sizes of an array that is about to be stored."""
    was = v in k.lazy
    k.lazy.add(v)
    try:
        return [extent_of(k, v, axis) for axis in range(v.type.rank)]
    finally:
        if not was:
            k.lazy.discard(v)


def region_sizes(k: Kernel, node: Op, domain: tuple) -> list[Tree]:
    """The sizes of the part of an array that is written to."""
    x, index, v = node.args
    out: list[Tree] = []
    arrays = [i for i in as_tuple(index) if is_array(i)]
    if arrays:
        return [_size_among(k, node, axis, domain, [*arrays, v]) for axis in range(len(domain))]
    place = 0
    for item in items_of(index, x.type.rank):
        if item is None:
            out.append(constant(1))
            continue
        if isinstance(item, slice):
            axis = len(out)
            out.append(
                k.size_of(
                    domain[axis], k.dims.get(domain[axis]) or slice_size(k, extent_of(k, x, place), item)
                )
            )
        place += 1
    return out


def _size_among(k: Kernel, node: Op, axis: int, domain: tuple, arrays: list[Any]) -> Tree:
    """The size of an axis of the part that index arrays select, from an operand that has it, or from those arrays."""
    (x, index), e = node.args[:2], domain[axis]
    if isinstance(e, int):
        return constant(e)
    if e in k.dims:
        return k.dims[e]
    for a in arrays:
        if is_array(a) and e in a.type.shape:
            return extent_of(k, a, a.type.shape.index(e))
    from ...ir.result_types import slice_extent

    items = items_of(index, x.type.rank)
    place = 0
    for item in items:
        if item is None:
            continue
        if isinstance(item, slice) and slice_extent(x.type.shape[place], item) == e:
            return k.size_of(e, slice_size(k, extent_of(k, x, place), item))
        place += 1
    if all(is_array(item) for item in items):
        return k.size_of(e, broadcast_size(k, items, axis, len(domain), e))
    raise refuse(node, "whose size is not known")


ZEROS: frozenset[Any] = frozenset([np.zeros, np.zeros_like, np.empty, np.empty_like])


# --- stored arrays --------------------------------------------------------------------------------------------


def _begin_store(w: Writer, root: Root) -> None:
    if root.stored:
        v = root.value
        sizes = expression_sizes(w.k, v)
        fun = "np.zeros" if v.node.fun in (np.zeros, np.zeros_like) else "np.empty"
        allocate(w.k, v, sizes, root.node, fun)


def allocate(k: Kernel, v: Value, sizes: list[Tree], node: Any, fun: str = "np.empty") -> None:
    """Memory for an array: made once, before the loops around, where each iteration may write over the last one's."""
    label = k.label(v)
    if k.frames and v not in k.escaping and k.hoist(label, empty(k, sizes, v.type.dtype)):
        if fun == "np.zeros":
            full = subscript(name(label, STORE), gast.Slice(None, None, None), STORE)
            k.statement(gast.Assign([full], k.static(v.type.dtype.type(0)), None), node)
        return
    k.assign(label, empty(k, sizes, v.type.dtype, fun), node)


def _prepare_store(w: Writer, root: Root) -> Any:
    if not root.stored or root.node.fun in ZEROS:
        return None
    return w.want(w.elements.cell(root.value, w.idx))


def _finish_store(w: Writer, root: Root, cell: Any) -> None:
    if cell is None:
        return
    v = root.value
    target = element_of(w.k, w.k.label(v), w.idx)
    target.ctx = STORE
    w.emit(w.after, len(w.loops), gast.Assign([target], w.tree(cell), None), root.node)


# --- reductions -------------------------------------------------------------------------------------------------


def _begin_reduce(w: Writer, root: Root) -> None:
    pass


def _prepare_reduce(w: Writer, root: Root) -> Any:
    operand = root.node.args[0]
    return w.want(w.elements.cell(operand, w.idx))


def _finish_reduce(w: Writer, root: Root, cell: Cell) -> None:
    k, node, v = w.k, root.node, root.value
    found = reduction_of(node)
    assert found is not None
    have, result = node.args[0].type.dtype, v.type.dtype
    if found.kind in ("max", "min"):
        _demand_entries(w, found.axes)
    kept = [d for d in range(len(w.loops)) if d not in found.axes]
    first = min(found.axes, default=len(w.loops))
    if found.shape is None and found.axes and first == len(kept):
        _trailing(w, root, cell, found, first, have, result)
        return
    target = _target(w, v, found, kept)
    if not target and v.type.shape == ():
        _trailing(w, root, cell, found, 0, have, result)
        return
    label = k.label(v)
    sizes = result_sizes(w, v, found, kept)
    if w.idx[0] not in target:
        w.shared.append(Shared(label, found.kind, result, tuple(sizes)))
    allocate(k, v, sizes, node)
    full = subscript(name(label, STORE), gast.Slice(None, None, None), STORE)
    k.statement(gast.Assign([full], start(k, found.kind, result), None))
    place = element_of(k, label, target)
    more = taken(k, found.kind, place, w.tree(cell), have, result, False)
    store = element_of(k, label, target)
    store.ctx = STORE
    made: Any = gast.Assign([store], more, None)
    if found.kind == "sum" and isinstance(more, gast.BinOp):
        made = gast.AugAssign(store, gast.Add(), more.right)
    w.emit(w.after, len(w.loops), made, node)


def _demand_entries(w: Writer, axes: tuple[int, ...]) -> None:
    """NumPy's error for the largest of no numbers."""
    for d in axes:
        size = w.sizes[d]
        if isinstance(size, gast.Constant) and size.value > 0:
            continue
        message = constant("zero-size array to reduction operation which has no identity")
        raised = gast.Raise(call(name("ValueError"), message), None)
        w.k.statement(gast.If(gast.Compare(size, [gast.Eq()], [constant(0)]), [raised], []))


def _trailing(
    w: Writer, root: Root, cell: Cell, found: Any, first: int, have: np.dtype, result: np.dtype
) -> None:
    """The reduced axes are the innermost loops: the total is a number."""
    k, v = w.k, root.value
    inner = accumulator_dtype(found.kind, result)
    number = v.type.shape == ()
    itself = number and inner == result and not by_rank(k, found.kind, inner)
    label = k.label(v) if itself else k.fresh("total" if v.name is None else v.name)
    if first == 0:
        w.shared.append(Shared(label, found.kind, inner))
    begin = gast.Assign([name(label, STORE)], start_of_loop(k, found.kind, inner), None)
    more = taken_in_loop(k, found.kind, name(label), w.tree(cell), have, inner)
    step = gast.Assign([name(label, STORE)], more, None)
    w.emit(w.after, len(w.loops), step, root.node)
    w.emit(w.before, first, begin, root.node)
    done = after_loop(k, found.kind, name(label), inner, result)
    if number:
        if not itself:
            w.emit(w.after, 0, gast.Assign([name(k.label(v), STORE)], done, None), root.node)
        return
    target = _target(w, v, found, list(range(first)))
    allocate(k, v, result_sizes(w, v, found, list(range(first))), root.node)
    store = element_of(k, k.label(v), target)
    store.ctx = STORE
    w.emit(w.after, first, gast.Assign([store], done, None), root.node)


def _target(w: Writer, v: Value, found: Any, kept: list[int]) -> Multi:
    """Where an entry of the domain goes in the result."""
    if found.shape is not None:
        lead = len(w.loops) - len(found.shape)
        return tuple(_summed(w, v, axis, axis + lead) for axis in range(len(found.shape)))
    if found.keepdims:
        return tuple(ZERO if d in found.axes else w.idx[d] for d in range(len(w.loops)))
    return tuple(w.idx[d] for d in kept)


def _summed(w: Writer, v: Value, axis: int, d: int) -> Index:
    """Along an axis of `sum_to`: the same entry, or the only one."""
    e, want = v.type.shape[axis], w.nest.domain[d]
    if e == want:
        return w.idx[d]
    if e == 1:
        return ZERO
    size = w.k.dims.get(e)
    if size is None:
        size = w.k.size_of(e, w.k.scalar(v.node.args[1][axis]))
    return maybe_one(w.elements, e, size, want, w.sizes[d], w.idx[d])


def result_sizes(w: Writer, v: Value, found: Any, kept: list[int]) -> list[Tree]:
    if found.shape is not None:
        return [w.k.scalar(n) for n in found.shape]
    if found.keepdims:
        return [constant(1) if d in found.axes else w.sizes[d] for d in range(len(w.loops))]
    return [w.sizes[d] for d in kept]


# --- writes -----------------------------------------------------------------------------------------------------


def _begin_write(w: Writer, root: Root) -> None:
    claim_base(w.k, root.node)


def claim_base(k: Kernel, node: Op) -> None:
    """Let the result of a write have its base's memory where it may, else a copy."""
    base, result = node.args[0], node.results[0]
    if node in k.found.in_place:
        k.labels[result] = k.label(base)
        return
    k.assign(k.label(result), call(gast.Attribute(k.array(base), "copy", gast.Load())), node)


def _prepare_write(w: Writer, root: Root) -> Any:
    node = root.node
    x, index, v = node.args
    if any(is_array(i) for i in as_tuple(index)):
        w.ordered = True
        size = lambda axis: w.sizes[axis]
        where, kids = gathered_index(w.elements, x, index, w.nest.domain, size, w.idx)
        for c in kids:
            w.want(c)
    else:
        where, kids = base_index(w.k, x, index, w.idx), []
    at = (
        broadcast_index(w.elements, v, _without_ones(v, w.nest.domain), w.idx, lambda axis: w.sizes[axis])
        if is_array(v)
        else ()
    )
    cell = w.want(w.elements.cell(v, at))
    return where, kids, cell


def _without_ones(v: Any, domain: tuple) -> tuple:
    if v.type.rank > len(domain):
        raise refuse(v.node, "written to a part of fewer axes")
    return domain


def _finish_write(w: Writer, root: Root, prepared: Any) -> None:
    where, kids, cell = prepared
    k, node = w.k, root.node
    for c in kids:
        w.tree(c)
    v, dtype = node.args[2], node.args[0].type.dtype
    tree = cast(k.parts, w.tree(cell), type_of(v).dtype, dtype)
    target = element_of(k, k.label(node.results[0]), where)
    target.ctx = STORE
    made: Any = (
        gast.Assign([target], tree, None)
        if node.fun is index_set
        else gast.AugAssign(target, gast.Add(), tree)
    )
    if isinstance(tree, gast.UnaryOp) and isinstance(tree.op, gast.USub) and node.fun is not index_set:
        made = gast.AugAssign(target, gast.Sub(), tree.operand)
    w.emit(w.after, len(w.loops), made, node)


BEGIN = {"store": _begin_store, "reduce": _begin_reduce, "write": _begin_write}
PREPARE = {"store": _prepare_store, "reduce": _prepare_reduce, "write": _prepare_write}
FINISH = {"store": _finish_store, "reduce": _finish_reduce, "write": _finish_write}
__all__ = ["claim_base", "dotted", "write_nest"]
