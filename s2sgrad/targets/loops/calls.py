"""Operations on whole arrays that stay calls: matrix products, factorisations, searches, lists."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ...frontend.primitives import (
    extent,
    length,
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    list_zeros,
    pack,
    unpack,
)
from ...ir.program import UNDEFINED, Op, Value, leaves, type_of
from ...ir.result_types import as_tuple
from ...kernels import KERNELS
from ...table.checks import MISSHAPEN, conformed, shaped_like
from ...table.functional import index_add, index_set, sum_to
from ...table.registry import IMPURE
from ...transforms.checkpoint import checkpoint_place
from ..spelling import LOAD, STORE, call, constant, dotted, name, subscript
from .access import Elements, base_index, element_of
from .draws import is_draw, write_draw
from .extents import demand_same, extent_of
from .foreign import is_foreign, positional, python_function
from .kernel import Kernel, dtype_tree, empty, is_array, is_number, refuse
from .nests import claim_base
from .scalars import cast, is_elementwise, spell_element
from .texts import is_exception, is_text_op, write_print, write_text

Tree = Any
Writer = Callable[[Kernel, Op], None]
CALLS: dict[Any, Writer] = {}


def write_op(k: Kernel, op: Op) -> None:
    """An operation that no loop nest carries out."""
    if is_exception(op.fun):
        return  # is made where it is raised
    if is_draw(op):
        write_draw(k, op)
        return
    if is_foreign(op.fun):
        write_foreign(k, op)
        return
    if is_text_op(k, op):
        write_text(k, op)
        return
    writer = CALLS.get(op.fun)
    if all(is_number(r) for r in op.results) and op.fun in OF_NUMBERS and _only_numbers(op):
        k.trees[op.results[0]] = OF_NUMBERS[op.fun](k, op)
    elif writer is not None:
        writer(k, op)
    elif op.fun in KERNELS:
        write_kernel(k, op)
    elif _of_numbers(op):
        write_number(k, op)
    else:
        raise refuse(op)


def write_foreign(k: Kernel, op: Op) -> None:
    """A call of a function of the user's, which Numba compiles with the program."""
    if len(op.results) != 1 or (op.results[0].type.dtype is None and k.uses.get(op.results[0])):
        raise refuse(op)
    args = [_foreign_argument(k, op, a) for a in positional(op.fun, op.args, op.kwargs)]
    made = call(name(k.parts.external(python_function(op.fun))), *args)
    if op.results[0].type.dtype is None:
        k.statement(gast.Expr(made), op)
    else:
        k.assign(k.label(op.results[0]), made, op)


def _foreign_argument(k: Kernel, op: Op, a: Any) -> Tree:
    if isinstance(a, tuple):
        return gast.Tuple([_foreign_argument(k, op, item) for item in a], LOAD)
    if is_array(a) or (isinstance(a, Value) and a.type.kind == "list"):
        return k.array(a)
    if is_number(a) or a is None or isinstance(a, str):
        return k.scalar(a)
    raise refuse(op, f"of a value of type {type_of(a)}")


def _only_numbers(op: Op) -> bool:
    return not any(is_array(v) for v in leaves(op.operands))


def write_kernel(k: Kernel, op: Op) -> None:
    """A call of a function of whole arrays that is compiled with the program."""
    args = [_kernel_operand(k, op, a) for a in op.args]
    tree = call(k.parts.helper(op.fun), *args)
    if op.structure is None:
        k.assign(k.label(op.results[0]), tree, op)
        return
    targets = [name(k.label(r), STORE) for r in op.results]
    k.statement(gast.Assign([gast.Tuple(targets, STORE)], tree, None), op)


def _kernel_operand(k: Kernel, op: Op, a: Any) -> Tree:
    if is_array(a):
        return k.array(a)
    if not is_number(a):
        raise refuse(op, "with these arguments")
    return k.scalar(a)


def _of_numbers(op: Op) -> bool:
    return is_elementwise(op) and len(op.results) == 1 and is_number(op.results[0]) and op.effect != IMPURE


def write_number(k: Kernel, op: Op) -> None:
    """A number from numbers: a line, or a part of the line that uses it."""
    for a in op.args:
        if isinstance(a, Value) and not is_number(a):
            raise refuse(op, f"of a value of type {a.type}")
    v = op.results[0]
    if v.type.dtype is None:
        raise refuse(op, "whose type is not known")
    tree = k.parts.scalar_function(op, [k.scalar(a) if _operand(a) else None for a in op.args], k)
    handed = v.name is None or v in k.handed
    if isinstance(tree, gast.Name) or (k.uses.get(v, 0) == 1 and handed and _small(tree)):
        k.trees[v] = tree
    else:
        k.assign(k.label(v), tree, op)


def _operand(a: Any) -> bool:
    return isinstance(a, Value) or is_number(a)


def _small(tree: Tree) -> bool:
    return sum(1 for _ in gast.walk(tree)) < 40


def _extent(k: Kernel, op: Op) -> None:
    x, axis = op.args
    v = op.results[0]
    if not is_array(x):
        raise refuse(op)
    k.trees[v] = extent_of(k, x, axis)
    if v.extent is not None:
        k.dims.setdefault(v.extent, k.trees[v])


def _subscript(k: Kernel, op: Op) -> None:
    x, index = op.args
    v = op.results[0]
    if isinstance(x, Value) and x.type.kind == "list":
        k.assign(k.label(v), subscript(k.array(x), k.scalar(index)), op)
        return
    if not is_array(x):
        if is_number(x) and all(i is Ellipsis or i == () for i in as_tuple(index)):
            k.trees[v] = k.scalar(x)
            return
        raise refuse(op)
    if is_number(v):
        e = Elements(k, {}, vector=False, line=lambda depth, statement: k.statement(statement))
        cell = e.cell(x, base_index(k, x, index, ()))
        k.assign(k.label(v), flat(k, cell), op)
        return
    items = as_tuple(index)
    if len(items) == 1 and is_array(items[0]) and items[0].type.dtype.kind == "b":
        k.assign(k.label(v), _masked(k, x, items[0]), op)
        return
    if any(is_array(i) for i in items):
        raise refuse(op, "with this subscript")
    k.assign(k.label(v), subscript(k.array(x), _index_tree(k, index)), op)


def _masked(k: Kernel, x: Value, mask: Value) -> Tree:
    if mask.type.rank == 1 or (mask.type.rank == x.type.rank):
        return (
            call(k.parts.helper("masked" if mask.type.rank > 1 else "masked_rows"), k.array(x), k.array(mask))
            if (mask.type.rank > 1)
            else subscript(k.array(x), k.array(mask))
        )
    raise refuse(None, "a mask of fewer axes")


def _index_tree(k: Kernel, index: Any) -> Tree:
    if isinstance(index, tuple):
        return gast.Tuple([_index_tree(k, i) for i in index], LOAD)
    if isinstance(index, slice):
        parts = [None if s is None else k.scalar(s) for s in (index.start, index.stop, index.step)]
        return gast.Slice(*parts)
    return k.scalar(index) if index is not Ellipsis else constant(Ellipsis)


def flat(k: Kernel, cell: Any) -> Tree:
    """A cell as one expression; an index that is made of one has a name."""
    if cell.tree is None:
        cell.tree = cell.make([flat(k, c) for c in cell.kids])
        if cell.keeps:
            k.assign(cell.label, cell.tree)
            cell.tree = name(cell.label)
    return cell.tree


# --- writes of single entries and of masks ------------------------------------------------------------------------


def _write(k: Kernel, op: Op) -> None:
    x, index, v = op.args
    if not is_array(x):
        if is_number(x):
            _write_number(k, op)
            return
        raise refuse(op)
    items = as_tuple(index)
    if any(is_array(i) and i.type.dtype.kind == "b" for i in items):
        _write_masked(k, op)
        return
    if not is_number(v) and not (is_array(v) and all(n == 1 for n in v.type.shape)):
        raise refuse(op, "with this subscript")
    value = k.scalar(v) if is_number(v) else element_of(k, k.label(v), tuple())
    value = cast(k.parts, value, type_of(v).dtype, x.type.dtype)
    where = base_index(k, x, index, ())
    claim_base(k, op)
    target = element_of(k, k.label(op.results[0]), where)
    target.ctx = STORE
    if op.fun is index_set:
        k.statement(gast.Assign([target], value, None), op)
    elif isinstance(value, gast.UnaryOp) and isinstance(value.op, gast.USub):
        k.statement(gast.AugAssign(target, gast.Sub(), value.operand), op)
    else:
        k.statement(gast.AugAssign(target, gast.Add(), value), op)


def _write_number(k: Kernel, op: Op) -> None:
    """An array without axes is a number here."""
    x, _, v = op.args
    result = op.results[0]
    new = k.number_of(v, result.type)
    k.assign(k.label(result), new if op.fun is index_set else gast.BinOp(k.scalar(x), gast.Add(), new), op)


def _write_masked(k: Kernel, op: Op) -> None:
    x, index, v = op.args
    items = as_tuple(index)
    if len(items) != 1 or items[0].type.rank not in (1, x.type.rank):
        raise refuse(op, "with this subscript")
    claim_base(k, op)
    kind = "set" if op.fun is index_set else "add"
    many = "all" if is_number(v) or v.type.rank == 0 else "each"
    rows = "_rows" if items[0].type.rank < x.type.rank else ""
    if rows:
        raise refuse(op, "with a mask of fewer axes")
    value = cast(k.parts, k.scalar(v), type_of(v).dtype, x.type.dtype) if many == "all" else k.array(v)
    helper = k.parts.helper(f"masked_{kind}_{many}")
    k.statement(gast.Expr(call(helper, name(k.label(op.results[0])), k.array(items[0]), value)), op)


# --- products -----------------------------------------------------------------------------------------------------


def _product(k: Kernel, op: Op) -> None:
    a, b = op.args[:2]
    result = op.results[0]
    dtype = result.type.dtype
    if not (is_array(a) and is_array(b)) or a.type.rank > 2 or b.type.rank > 2 or dtype.kind not in "fc":
        raise refuse(op, f"of arrays of {_rank(a)} and {_rank(b)} axes")
    k.parts.use_numpy()
    operands = [_of_dtype(k, x, dtype) for x in (a, b)]
    k.assign(k.label(result), call(dotted("np.dot"), *operands), op)


def _rank(x: Any) -> int:
    return len(type_of(x).shape or ())


def _of_dtype(k: Kernel, x: Value, dtype: np.dtype) -> Tree:
    tree = k.array(x)
    if x.type.dtype != dtype:
        tree = call(gast.Attribute(tree, "astype", LOAD), dtype_tree(k.parts, dtype))
    return tree


# --- shapes ---------------------------------------------------------------------------------------------------------


def _reshape(k: Kernel, op: Op) -> None:
    x, v = op.args[0], op.results[0]
    if op.kwargs.get("order", "C") != "C" or not is_array(x) or v.type.shape is None:
        raise refuse(op)
    k.parts.use_numpy()
    flatly = call(dotted("np.ascontiguousarray"), k.array(x))
    if not v.type.shape:
        k.assign(k.label(v), subscript(call(gast.Attribute(flatly, "ravel", LOAD)), constant(0)), op)
        return
    if op.fun in (np.reshape,):
        asked = op.args[1] if len(op.args) > 1 else op.kwargs.get("shape", op.kwargs.get("newshape"))
        shape = tuple(asked) if isinstance(asked, (tuple, list)) else (asked,)
        trees = [k.scalar(n) for n in shape]
        made = call(gast.Attribute(flatly, "reshape", LOAD), gast.Tuple(trees, LOAD))
    else:
        made = call(gast.Attribute(flatly, "ravel", LOAD))
    k.assign(k.label(v), made, op)


def _transposed(k: Kernel, op: Op) -> None:
    if op.results[0].type.rank != 2 or len(op.args) > 1:
        raise refuse(op)
    k.assign(k.label(op.results[0]), gast.Attribute(k.array(op.args[0]), "T", LOAD), op)


def _array_of(k: Kernel, op: Op) -> None:
    """`np.array([a, b])` of numbers, or of a list grown at run time."""
    items, v = op.args[0], op.results[0]
    if isinstance(items, Value) and items.type.kind == "list":
        _stacked(k, op)
        return
    if not isinstance(items, (list, tuple)) or v.type.dtype is None or v.type.rank is None:
        raise refuse(op)
    sizes = [constant(n) for n in v.type.shape]
    if not all(isinstance(n, int) for n in v.type.shape):
        raise refuse(op, "of arrays")
    label = k.label(v)
    k.assign(label, empty(k, sizes, v.type.dtype), op)
    for place, item in _entries(items, ()):
        if not _operand(item) or not is_number(item):
            raise refuse(op, "of arrays")
        tree = cast(k.parts, k.scalar(item), type_of(item).dtype, v.type.dtype)
        index = [constant(n) for n in place]
        target = subscript(name(label), index[0] if len(index) == 1 else gast.Tuple(index, LOAD), STORE)
        k.statement(gast.Assign([target], tree, None), op)


def _stacked(k: Kernel, op: Op) -> None:
    """The items of a list as the rows of an array."""
    items, v = op.args[0], op.results[0]
    axis = op.args[1] if len(op.args) > 1 and op.fun is np.stack else op.kwargs.get("axis", 0)
    if not isinstance(items, Value) or items.type.kind != "list" or items.type.item is None or axis != 0:
        raise refuse(op)
    item = items.type.item
    if item.dtype is None or item.shape is None or items in k.empties:
        raise refuse(op, "of a list of unknown items")
    k.parts.use_numpy()
    if not item.shape:
        made: Tree = call(dotted("np.array"), k.array(items))
        if v.type.dtype != item.dtype:
            made = call(gast.Attribute(made, "astype", LOAD), dtype_tree(k.parts, v.type.dtype))
    elif op.fun is np.concatenate:
        made = call(k.parts.helper("joined"), k.array(items))
    else:
        made = call(k.parts.helper("stacked"), k.array(items))
    k.assign(k.label(v), made, op)


def _entries(items: Any, place: tuple[int, ...]) -> Any:
    for j, item in enumerate(items):
        if isinstance(item, (list, tuple)):
            yield from _entries(item, (*place, j))
        else:
            yield (*place, j), item


# --- lists ----------------------------------------------------------------------------------------------------------


def empty_list(k: Kernel, item: Any) -> Tree:
    """A list of no items whose type is known: `[0.0][:0]`."""
    from .control import placeholder

    if item is None:
        raise refuse(None, "a list that is never filled")
    return subscript(gast.List([placeholder(k, item)], LOAD), gast.Slice(None, constant(0), None))


def _list_of(k: Kernel, op: Op) -> None:
    if not op.args:
        k.empties.add(op.results[0])
        return
    trees = [k.array(x) if is_array(x) else k.scalar(x) for x in op.args]
    k.assign(k.label(op.results[0]), gast.List(trees, LOAD), op)


def _item(k: Kernel, x: Any, item_type: Any) -> Tree:
    from .control import placeholder

    if x is None or x is UNDEFINED:
        return placeholder(k, item_type)
    if x in k.empties:
        return empty_list(k, item_type.item)
    if is_array(x):
        return k.array(x)
    return k.number_of(x, item_type) if item_type is not None else k.scalar(x)


def _claim_list(k: Kernel, op: Op) -> str:
    base, result = op.args[0], op.results[0]
    if base in k.empties:
        k.assign(k.label(result), empty_list(k, result.type.item), op)
    elif op in k.found.in_place:
        k.labels[result] = k.label(base)
    else:
        k.assign(k.label(result), call(gast.Attribute(k.array(base), "copy", LOAD)), op)
    return k.labels[result]


def _append(k: Kernel, op: Op) -> None:
    label = _claim_list(k, op)
    item = _item(k, op.args[1], op.results[0].type.item)
    k.statement(gast.Expr(call(gast.Attribute(name(label), "append", LOAD), item)), op)


def _pop(k: Kernel, op: Op) -> None:
    label = _claim_list(k, op)
    k.assign(k.label(op.results[1]), call(gast.Attribute(name(label), "pop", LOAD)), op)


def _list_set(k: Kernel, op: Op) -> None:
    label = _claim_list(k, op)
    index, item, wanted = k.scalar(op.args[1]), op.args[2], op.results[0].type.item
    if wanted is not None and wanted.shape and not isinstance(item, Value) and is_number(item):
        if item != 0:
            raise refuse(op, "a number in a list of arrays")
        k.parts.use_numpy()
        tree = call(
            dotted("np.zeros_like"), subscript(name(label), index)
        )  # the cotangent of what is replaced
    else:
        tree = _item(k, item, wanted)
    k.statement(gast.Assign([subscript(name(label), index, STORE)], tree, None), op)


def _list_zeros(k: Kernel, op: Op) -> None:
    items, result = op.args[0], op.results[0]
    if items in k.empties:
        k.empties.add(result)
        return
    if not isinstance(items, Value) or items.type.item is None:
        raise refuse(op)
    item = items.type.item
    depth, innermost = (1, item) if item.kind != "list" else (2, item.item)
    if innermost is None or innermost.shape is None:
        raise refuse(op, "of a list of unknown items" if depth == 1 else "of lists in lists in lists")
    of = "numbers" if not innermost.shape else "arrays"
    helper = k.parts.helper(f"zeros_of_{of}" if depth == 1 else f"zeros_of_lists_of_{of}")
    k.assign(k.label(result), call(helper, k.array(items)), op)


def _checkpoint(k: Kernel, op: Op) -> None:
    made = call(k.parts.helper(checkpoint_place), *[k.scalar(a) for a in op.args])
    k.assign(k.label(op.results[0]), made, op)


def _conformed(k: Kernel, op: Op) -> None:
    """The cotangent that a rule of the user's gave, if it has the shape of the argument."""
    c, shape, rule = op.args
    result = op.results[0]
    if not (is_array(c) or is_number(c)) or not isinstance(shape, tuple):
        raise refuse(op)
    fault = gast.Raise(call(name("ValueError"), constant(f"the rule of `{rule}` {MISSHAPEN}")), None)
    rank = c.type.rank if is_array(c) else 0
    if rank != len(shape):
        k.statement(fault, op)
    elif rank:
        sizes = gast.Tuple([k.scalar(n) for n in shape], LOAD)
        differs = gast.Compare(gast.Attribute(k.array(c), "shape", LOAD), [gast.NotEq()], [sizes])
        k.statement(gast.If(differs, [fault], []), op)
    if is_array(c):
        k.labels[result] = k.label(c)
    else:
        k.trees[result] = k.scalar(c)


def _shaped_like(k: Kernel, op: Op) -> None:
    """A cotangent, if it has the shape of its argument."""
    c, x = op.args
    result = op.results[0]
    if not (is_array(c) and is_array(x)) or c.type.rank != x.type.rank:
        raise refuse(op)
    for axis, (e, want) in enumerate(zip(c.type.shape, x.type.shape)):
        demand_same(k, e, extent_of(k, c, axis), want, extent_of(k, x, axis))
    k.labels[result] = k.label(c)


def _list_add(k: Kernel, op: Op) -> None:
    a, b = op.args
    known = [x for x in (a, b) if x not in k.empties]
    if len(known) < 2:
        raise refuse(op, "of a list that is never filled")
    item = op.results[0].type.item
    if item is not None and item.kind == "list" and (item.item is None or item.item.kind == "list"):
        raise refuse(op, "of lists in lists in lists")
    helper = "lists_of_lists_added" if item is not None and item.kind == "list" else "lists_added"
    k.assign(k.label(op.results[0]), call(k.parts.helper(helper), k.array(a), k.array(b)), op)


def _list_from(k: Kernel, op: Op) -> None:
    rows = op.args[0]
    if not is_array(rows):
        raise refuse(op)
    k.assign(k.label(op.results[0]), call(k.parts.helper("rows_of"), k.array(rows)), op)


def _length(k: Kernel, op: Op) -> None:
    x = op.args[0]
    k.trees[op.results[0]] = (
        extent_of(k, x, 0) if is_array(x) else call(name("len"), k.trees.get(x) or k.array(x))
    )


def _range(k: Kernel, op: Op) -> None:
    k.trees[op.results[0]] = call(name("range"), *[k.scalar(a) for a in op.args])


def _copyto(k: Kernel, op: Op) -> None:
    """What the caller sees of an array that the program wrote to: what its copy holds in the end."""
    target, source = op.args
    if not is_array(target) or op.kwargs or not (is_array(source) or is_number(source)):
        raise refuse(op)
    place = subscript(k.array(target), constant(Ellipsis), STORE)
    value = k.number_of(source, target.type) if is_number(source) else _of_dtype(k, source, target.type.dtype)
    k.statement(gast.Assign([place], value, None), op)


def _itself(k: Kernel, op: Op) -> Tree:
    return k.number_of(op.args[0], op.results[0].type)


def _filled(number: int) -> Callable[[Kernel, Op], Tree]:
    return lambda k, op: k.static(op.results[0].type.dtype.type(number))


def _full(k: Kernel, op: Op) -> Tree:
    return k.number_of(op.args[1], op.results[0].type)


# What functions of arrays are for numbers, and arrays without axes.
OF_NUMBERS: dict[Any, Callable[[Kernel, Op], Tree]] = {
    **{
        f: _itself
        for f in (np.sum, np.prod, np.max, np.min, np.mean, np.copy, np.array, np.asarray, np.asanyarray, np.ravel,
                  np.ascontiguousarray, np.reshape, np.broadcast_to, np.transpose, np.squeeze, sum_to, np.median)
    },
    np.zeros: _filled(0), np.zeros_like: _filled(0), np.empty: _filled(0), np.empty_like: _filled(0),
    np.ones: _filled(1), np.ones_like: _filled(1), np.full: _full, np.full_like: _full,
}  # fmt: skip


def _pack(k: Kernel, op: Op) -> None:
    trees = [k.array(x) if is_array(x) or not is_number(x) else k.scalar(x) for x in op.args]
    k.assign(k.label(op.results[0]), gast.Tuple(trees, LOAD), op)


def _unpack(k: Kernel, op: Op) -> None:
    targets = [name(k.label(r), STORE) for r in op.results]
    k.statement(gast.Assign([gast.Tuple(targets, STORE)], k.array(op.args[0]), None), op)


PRODUCTS: tuple[Any, ...] = (operator.matmul, np.dot, np.matmul)
CALLS.update(dict.fromkeys(PRODUCTS, _product))
MORE: dict[Any, Writer] = {
    extent: _extent, operator.getitem: _subscript, index_set: _write, index_add: _write, np.reshape: _reshape,
    np.ravel: _reshape, np.transpose: _transposed, np.array: _array_of, np.asarray: _array_of,
    np.asanyarray: _array_of, np.copy: _array_of, np.stack: _stacked,
    np.concatenate: _stacked, list_zeros: _list_zeros, list_add: _list_add, list_from: _list_from, list_of: _list_of,
    list_append: _append, list_pop: _pop, list_set: _list_set, length: _length, range: _range, pack: _pack,
    unpack: _unpack, print: write_print, np.copyto: _copyto, conformed: _conformed, shaped_like: _shaped_like,
    checkpoint_place: _checkpoint,
}  # fmt: skip
CALLS.update(MORE)
__all__ = ["CALLS", "leaves", "spell_element", "write_op"]
