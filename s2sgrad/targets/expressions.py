"""Operations and operands as syntax."""

from __future__ import annotations

from typing import Any

import gast
import numpy as np

from ..ir.program import Op, Value
from .printer import Part, Printer
from .spelling import LOAD, call, constant, dotted, name, spell

PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


def expression(p: Printer, node: Op) -> Part:
    """One operation on its operands."""
    args = [operand(p, a).tree for a in node.args]
    kwargs = {key: operand(p, a).tree for key, a in node.kwargs.items()}
    tree = spell(p, node, args, kwargs)
    return Part(tree, p.width(tree))


def operand(p: Printer, x: Any) -> Part:
    """An operand as syntax."""
    if isinstance(x, Value):
        if x in p.folded:
            return p.folded[x]
        label = p.labels[x]
        return Part(name(label), len(label))
    if isinstance(x, slice):
        parts = [None if s is None else operand(p, s) for s in (x.start, x.stop, x.step)]
        trees = [None if s is None else s.tree for s in parts]
        return Part(gast.Slice(*trees), sum(s.size for s in parts if s is not None) + 2)
    if isinstance(x, (tuple, list)):
        items = [operand(p, item) for item in x]
        kind = gast.Tuple if isinstance(x, tuple) else gast.List
        return Part(kind([i.tree for i in items], LOAD), sum(i.size + 2 for i in items) + 2)
    if isinstance(x, dict):
        items = [operand(p, item) for item in x.values()]
        tree = gast.Dict([constant(key) for key in x], [i.tree for i in items])
        return Part(tree, sum(i.size + 8 for i in items))
    return static(p, x)


def static(p: Printer, x: Any) -> Part:
    """A compile-time constant as syntax."""
    if isinstance(x, PLAIN) and not isinstance(x, np.generic):
        return Part(number(p, x), len(repr(x)))
    if isinstance(x, np.dtype):
        label = x.type.__name__
        p.module.use_numpy()
        return Part(dotted(f"np.{label}"), len(label) + 3)
    if isinstance(x, np.generic):
        p.module.use_numpy()
        return Part(call(dotted(f"np.{type(x).__name__}"), number(p, x.item())), 20)
    if isinstance(x, np.ndarray):
        p.module.use_numpy()
        return Part(call(dotted("np.array"), operand(p, x.tolist()).tree), 20 * x.size)
    return Part(p.module.reference(x), 12)


def number(p: Printer, x: Any) -> Any:
    """A number or another plain constant; infinities and NaN are NumPy's."""
    if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
        p.module.use_numpy()
        tree = dotted("np.nan" if x != x else "np.inf")
        return gast.UnaryOp(gast.USub(), tree) if x == float("-inf") else tree
    if isinstance(x, (int, float)) and not isinstance(x, bool) and (x < 0 or (x == 0 and str(x)[0] == "-")):
        return gast.UnaryOp(gast.USub(), constant(-x))
    return constant(x)


def copy_of(p: Printer, base: Any) -> Any:
    """Syntax for a copy of an operand."""
    tree = operand(p, base).tree
    if isinstance(base, Value) and base.type.kind == "list":
        return call(name("list"), tree)
    if (
        isinstance(base, Value) and base.type.kind == "array" and base.type.rank != 0
    ):  # without axes: maybe a number
        return call(gast.Attribute(tree, "copy", LOAD))
    p.module.use_numpy()
    return call(dotted("np.array"), tree)
