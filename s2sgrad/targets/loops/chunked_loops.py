"""Which loops of the user's threads may share: those that only add, and in which nothing can be raised."""

from __future__ import annotations

from typing import Any

import gast
import numpy as np

from ...ir.program import Loop, Op, Value
from ..spelling import LOAD, STORE, constant, name, subscript
from .chunks import Outer, Shared, in_chunks
from .kernel import Frame, Kernel
from .order import order_is_free

Tree = Any
TRIPS = 16  # what an inner loop counts for, whose trips are not known here
# An exception, or a jump out of the loop, would be lost among threads.
LEAVING = (gast.Raise, gast.Return, gast.With, gast.Assert, gast.Delete)
OF_NUMPY = frozenset(
    [
        "empty",
        "uint64",
        "int64",
        "float64",
        "float32",
        "bool_",
        "sin",
        "cos",
        "tan",
        "exp",
        "log",
        "sqrt",
        "tanh",
    ]
    + [
        "log1p",
        "expm1",
        "arctan",
        "arcsin",
        "arccos",
        "sinh",
        "cosh",
        "floor",
        "ceil",
        "abs",
        "arctan2",
        "hypot",
        "sign",
    ]
)
OF_PYTHON = frozenset(["range", "min", "max", "abs", "int", "float", "bool"])
OF_OURS = frozenset(["larger", "smaller", "slice_start", "slice_size"])


def loop_in_chunks(
    k: Kernel, node: Loop, runs: str, bounds: list[Tree], body: list[Any], frame: Frame
) -> list[Any] | None:
    """The statements that stand for a loop whose iterations threads share; None for a loop that runs on one."""
    start, stop, step = bounds
    by_one = isinstance(step, gast.Constant) and step.value == 1
    forward = (
        by_one and isinstance(start, gast.Constant) and start.value >= 0
    )  # so that subscripts have no sign
    if not k.parallel or k.frames or not forward or not order_is_free(node):
        return None
    added_to = [p for p, y in zip(node.carried, node.body.end.values) if p is not y]
    carried = {k.labels[p]: p.type for p in added_to}
    once, body = told_once(body, set(carried))
    contiguous = all(
        p.type.rank < 2 or begins_as_zeros(init) for p, init in zip(node.carried, node.inits) if p in added_to
    )
    if not contiguous or not all(map(is_quiet, [*body, *frame.before])) or not only_added_to(body, carried):
        return None
    out: list[Any] = []
    from_zero = isinstance(start, gast.Constant) and start.value == 0
    size = stop if from_zero else gast.BinOp(stop, gast.Sub(), start)
    if not isinstance(size, (gast.Name, gast.Constant)):
        out.append(gast.Assign([name(label := k.fresh("trips"), STORE)], size, None))
        size = name(label)
    if once:
        out.append(gast.If(gast.Compare(size, [gast.Gt()], [constant(0)]), once, []))
    private = tuple(s for s in frame.before if makes_memory(s))
    k.out[:] = [s for s in k.out if s not in private]
    index = {runs, k.labels[node.body.params[0]]}
    shared = [
        shared_of(label, t)
        for label, t in carried.items()
        if not (t.rank and each_its_own(body, label, index))
    ]
    work = gast.BinOp(size, gast.Mult(), constant(weight(body)))
    loop = Outer(runs, size, body, work, tuple(shared), private, None if from_zero else start)
    return [*out, *in_chunks(k, loop)]


def begins_as_zeros(init: Any) -> bool:
    """Whether an array lies in memory row by row, whatever the layout of arguments."""
    return (
        isinstance(init, Value) and isinstance(init.node, Op) and init.node.fun in (np.zeros, np.zeros_like)
    )


def shared_of(label: str, t: Any) -> Shared:
    shape = gast.Attribute(name(label), "shape", LOAD)
    return Shared(label, "sum", t.dtype, tuple(subscript(shape, constant(axis)) for axis in range(t.rank)))


def told_once(body: list[Any], carried: set[str]) -> tuple[list[Any], list[Any]]:
    """The tests that raise or not, the same in every iteration; and the rest of the body."""
    changing = carried | {
        n.id for s in body for n in gast.walk(s) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
    }
    names = lambda tree: {n.id for n in gast.walk(tree) if isinstance(n, gast.Name)}
    is_once = lambda s: (
        isinstance(s, gast.If) and isinstance(s.body[0], gast.Raise) and not names(s.test) & changing
    )
    return [s for s in body if is_once(s)], [s for s in body if not is_once(s)]


def each_its_own(body: list[Any], label: str, index: set[str]) -> bool:
    """Whether an iteration adds to entries of an array that no other adds to: its first subscript is the index."""
    own = 0
    for s in body:
        for n in gast.walk(s):
            if isinstance(n, gast.Subscript) and isinstance(n.value, gast.Name) and n.value.id == label:
                first = n.slice.elts[0] if isinstance(n.slice, gast.Tuple) else n.slice
                own += isinstance(first, gast.Name) and first.id in index
    uses = sum(isinstance(n, gast.Name) and n.id == label for s in body for n in gast.walk(s))
    return own == uses


def is_quiet(statement: Any) -> bool:
    """Whether nothing in a statement can raise, or leave the loop around."""
    for n in gast.walk(statement):
        if isinstance(n, LEAVING) or isinstance(n, gast.Call) and not _is_quiet_call(n.func):
            return False
    return True


def _is_quiet_call(fun: Any) -> bool:
    if isinstance(fun, gast.Name):
        return fun.id in OF_PYTHON or fun.id in OF_OURS or fun.id.startswith("vector_")
    of_numpy = isinstance(fun, gast.Attribute) and isinstance(fun.value, gast.Name) and fun.value.id == "np"
    return of_numpy and fun.attr in OF_NUMPY


def only_added_to(body: list[Any], targets: dict[str, Any]) -> bool:
    """Whether the arrays among what a loop carries stay where they are."""
    arrays = {label for label, t in targets.items() if t.rank}
    moved = {
        n.id
        for s in body
        for n in gast.walk(s)
        if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store) and n.id in arrays
    }
    floats = all(t.dtype is not None and t.dtype.kind in "fci" and t.kind != "list" for t in targets.values())
    return floats and not moved


def makes_memory(statement: Any) -> bool:
    value = getattr(statement, "value", None)
    fun = getattr(value, "func", None)
    return isinstance(fun, gast.Attribute) and fun.attr == "empty"


def weight(statements: list[Any]) -> int:
    """How much there is to do in an iteration, roughly: in statements."""
    total = 0
    for s in statements:
        inner = [*getattr(s, "body", []), *getattr(s, "orelse", [])]
        total += 1 + (TRIPS if isinstance(s, (gast.For, gast.While)) else 1) * weight(inner)
    return total


__all__ = ["loop_in_chunks"]
