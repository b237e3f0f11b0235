"""The statements of a block: assignments, writes in place, `with np.errstate` regions."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ..frontend.primitives import list_append, list_pop
from ..ir.program import Block, Op, Value, leaves, operands
from ..ir.result_types import type_of_index
from ..ir.types import Type, same_extent
from ..table.functional import add_at_rows, index_add
from ..table.registry import IMPURE
from .expressions import copy_of, expression, operand
from .folding import always_inline, folds
from .names import span_of
from .ownership import WRITES
from .printer import Part, Printer, assign, label_of, statement
from .spelling import LOAD, STORE, call, constant, dotted, name, subscript

COMFORTABLE = 90  # columns of a line above which what is folded into it gets a line of its own
WORTH_A_LINE = 16

NODES: dict[
    type, Callable[..., None]
] = {}  # how each class of node is printed: (printer, node, place, block)


def print_block(p: Printer, block: Block) -> None:
    """All nodes of a block; those under one error state stand in one `with`."""
    k, nodes = 0, block.nodes
    while k < len(nodes):
        state = nodes[k].state
        if not state:
            NODES[type(nodes[k])](p, nodes[k], k, block)
            k += 1
            continue
        outer, p.out = p.out, []
        while k < len(nodes) and nodes[k].state == state:
            NODES[type(nodes[k])](p, nodes[k], k, block)
            k += 1
        inner, p.out = p.out, outer
        if inner:
            p.module.use_numpy()
            manager = call(
                dotted("np.errstate"), **{key: constant(value) for key, value in dict(state).items()}
            )
            p.out.append(gast.With([gast.withitem(manager, None)], inner, None))


def print_op(p: Printer, node: Op, k: int, block: Block) -> None:
    """One operation: a line, or a part of the line that uses it."""
    if node.fun in WRITES:
        print_write(p, node, block)
        return
    part = comfortable(p, node)
    if node.structure is not None:
        _assign_structure(p, node, part)
        return
    result = node.results[0]
    if node.effect == IMPURE and p.places.uses.get(result, 0) == 0:
        statement(p, gast.Expr(part.tree), node)
    elif always_inline(p, node, block, k) or folds(p, node, part, block, k):
        p.folded[result] = part
    else:
        assign(p, result, part.tree, node)


def comfortable(p: Printer, node: Op) -> Part:
    """An operation as syntax, its widest operands given a line each as long as the line would be too long."""
    while True:
        part = expression(p, node)
        result = node.results[0]
        room = COMFORTABLE - 4 * (p.depth + 1) - len(p.wish(result) or "t00") - 3
        if part.size <= room or not give_line(p, node):
            return part


def give_line(p: Printer, node: Any) -> bool:
    """Assign the widest folded operand of a node to a name; False if none is worth it."""
    wide = [
        v
        for v in operands(node)
        if v in p.folded and p.folded[v].size >= WORTH_A_LINE and isinstance(v.node, Op)
    ]
    if not wide:
        return False
    v = max(wide, key=lambda x: p.folded[x].size)
    tree = p.folded.pop(v).tree
    assign(p, v, tree, v.node)
    return True


def _assign_structure(p: Printer, node: Op, part: Part) -> None:
    targets = []
    for r in node.results:
        p.labels[r] = "_" if p.places.uses.get(r, 0) == 0 else label_of(p, r)
        targets.append(name(p.labels[r], STORE))
    statement(p, gast.Assign([gast.Tuple(targets, STORE)], part.tree, None), node)


# --- writes -------------------------------------------------------------------------------------------------


def print_write(p: Printer, node: Op, block: Block) -> None:
    """A functional write: in place where the base is ours, on a copy of it otherwise."""
    base, result = node.args[0], node.results[0]
    if node.fun is list_pop:
        _print_pop(p, node)
        return
    args = [operand(p, a).tree for a in node.args[1:]]
    if node in p.found.copied_items:
        args[-1] = copy_of(p, node.args[-1])
    if node in p.found.in_place and isinstance(base, Value):
        claim(p, base, result, node)
    else:
        args = _out_of_the_way(p, args, label_of(p, result), node)
        assign(p, result, copy_of(p, base), node)
    target = name(p.labels[result])
    if node.fun is list_append:
        statement(p, gast.Expr(call(gast.Attribute(target, "append", LOAD), args[0])), node)
    elif node.fun is index_add:
        _print_add(p, node, target, *args)
    else:
        statement(p, gast.Assign([subscript(target, args[0], STORE)], args[1], None), node)


def _out_of_the_way(p: Printer, trees: list[Any], label: str, node: Any) -> list[Any]:
    """Operands, what they call by the name that the copy to be written to takes under another name."""
    if not any(isinstance(n, gast.Name) and n.id == label for tree in trees for n in gast.walk(tree)):
        return trees
    other = p.names.fresh(None)
    statement(p, gast.Assign([name(other, STORE)], name(label), None), node)
    return [Rename(label, other).visit(copy.deepcopy(tree)) for tree in trees]


class Rename(gast.NodeTransformer):
    """Every read of one name as a read of another."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: Any) -> Any:
        return name(self.new) if node.id == self.old else node


def _print_add(p: Printer, node: Op, target: Any, index: Any, amount: Any) -> None:
    """`x[index] += amount`, as NumPy adds where an entry may be named twice."""
    if may_repeat_statically(node.args[1]):
        rows = names_rows(node.args[0], node.args[1])
        adder = p.module.reference(add_at_rows if rows else np.add.at)
        statement(p, gast.Expr(call(adder, target, index, amount)), node)
        return
    negated = isinstance(amount, gast.UnaryOp) and isinstance(amount.op, gast.USub)
    if is_zeros(node.args[0]):
        made: Any = gast.Assign([subscript(target, index, STORE)], amount, None)
    elif negated:
        made = gast.AugAssign(subscript(target, index, STORE), gast.Sub(), amount.operand)
    else:
        made = gast.AugAssign(subscript(target, index, STORE), gast.Add(), amount)
    statement(p, made, node)


def names_rows(x: Any, index: Any) -> bool:
    """Whether an index is an array of integers, each of which names a row or more of an array."""
    array = isinstance(index, Value) and index.type.kind == "array" and bool(index.type.shape)
    integers = array and index.type.dtype is not None and index.type.dtype.kind in "iu"
    return integers and isinstance(x, Value) and x.type.shape is not None and x.type.rank > 1


def is_zeros(x: Any) -> bool:
    return isinstance(x, Value) and isinstance(x.node, Op) and x.node.fun in (np.zeros_like, np.zeros)


def may_repeat_statically(index: Any) -> bool:
    """Whether an index may name an entry twice: integer arrays may, but for `x[np.arange(n), j]`."""
    items = index if isinstance(index, tuple) else (index,)
    kinds = [type_of_index(i) for i in items]
    arrays = [(i, t) for i, t in zip(items, kinds) if not isinstance(t, str)]
    if not any(t.dtype is None or t.dtype.kind != "b" for _, t in arrays):
        return False
    return not any(counts(i) and all(_broadcasts_into(t, u) for _, u in arrays) for i, t in arrays)


def counts(i: Any) -> bool:
    """Whether an index array is `np.arange(...)`."""
    return isinstance(i, Value) and isinstance(i.node, Op) and i.node.fun is np.arange


def _broadcasts_into(t: Type, u: Type) -> bool:
    """Whether index arrays of types `t` and `u` surely broadcast to the shape of `t`, a vector."""
    if u.dtype is None or u.dtype.kind == "b" or u.shape is None or t.rank != 1:
        return False
    return u.shape in ((), (1,)) or (u.rank == 1 and same_extent(t.shape[0], u.shape[0]))  # type: ignore[index]


def claim(p: Printer, base: Value, result: Value, node: Any) -> None:
    """Let the result of a write in place take over the name of its base."""
    if base not in p.labels:
        assign(p, result, operand(p, base).tree, node)
        return
    label, span = p.labels[base], span_of(p.places, result)
    wanted = p.labels.get(result)
    if wanted is None and p.names.is_promised(label, span):  # to what is made before this one ends
        wanted = p.labels[result] = p.names.of_value(p.wish(result), span)
    if wanted is not None and wanted != label:
        statement(p, gast.Assign([name(wanted, STORE)], name(label), None), node)
        return
    p.labels[result] = label
    p.names.hold(label, span)


def _print_pop(p: Printer, node: Op) -> None:
    base, (rest, item) = node.args[0], node.results
    if node in p.found.in_place:
        claim(p, base, rest, node)
    else:
        assign(p, rest, copy_of(p, base), node)
    popped = call(gast.Attribute(name(p.labels[rest]), "pop", LOAD))
    if p.places.uses.get(item, 0) == 0:
        statement(p, gast.Expr(popped), node)
    else:
        assign(p, item, popped, node)


NODES[Op] = print_op
__all__ = ["NODES", "claim", "leaves", "print_block"]
