"""What is said rather than computed: printed lines, text made of values, the exceptions that carry it.

None of it depends on the types of machine code, so it is handed to Python, by `with numba.objmode()`: the text is
the original's, to the letter.
"""

from __future__ import annotations

import operator
from typing import Any

import gast

from ...frontend.primitives import Method
from ...ir.program import Op, Value, leaves
from ..spelling import BINARY, LOAD, STORE, call, dotted, name
from .kernel import Kernel, is_array, is_number, refuse

Tree = Any
TEXT = "unicode_type"  # Numba's name of the type
JOINED = frozenset([operator.add, operator.mul, operator.mod])


def is_text(k: Kernel, x: Any) -> bool:
    """Whether an operand is text: known, or made before."""
    return isinstance(x, str) or isinstance(x, Value) and x in k.texts


def is_text_op(k: Kernel, op: Op) -> bool:
    """Whether an operation makes text of text and values."""
    if isinstance(op.fun, Method):
        return is_text(k, op.args[0])
    return op.fun in JOINED and any(is_text(k, a) for a in op.args)


def spoken(k: Kernel, op: Op, x: Any) -> Tree:
    """A value as Python shall print it: a number of NumPy's is one again."""
    if isinstance(x, (tuple, list)):
        kind = gast.Tuple if isinstance(x, tuple) else gast.List
        return kind([spoken(k, op, item) for item in x], LOAD)
    if isinstance(x, dict):
        return gast.Dict([k.static(key) for key in x], [spoken(k, op, item) for item in x.values()])
    if not isinstance(x, Value):
        return k.static(x)
    if is_text(k, x):
        return name(k.label(x))
    if is_number(x):
        return _number(k, x)
    if is_array(x) or (x.type.kind == "list" and x.type.item is not None and x.type.item.shape == ()):
        return k.array(x)
    raise refuse(op, f"of a value of type {x.type}")


def _number(k: Kernel, x: Value) -> Tree:
    tree = k.scalar(x)
    if x.type.is_python:
        return tree
    k.parts.use_numpy()
    label = "np.bool_" if x.type.dtype.kind == "b" else f"np.{x.type.dtype.name}"
    made = call(dotted(label), tree)
    return call(dotted("np.asarray"), made) if x.type.kind == "array" else made


def in_python(k: Kernel, op: Op, statement: Tree, **made: str) -> None:
    """A statement that the interpreter runs; `made` are the types of the names it defines."""
    types = {label: k.static(kind) for label, kind in made.items()}
    item = gast.withitem(call(dotted("numba.objmode"), **types), None)
    k.statement(gast.With([item], [statement]), op)


def write_print(k: Kernel, op: Op) -> None:
    args = [spoken(k, op, a) for a in op.args]
    options = {key: spoken(k, op, v) for key, v in op.kwargs.items()}
    in_python(k, op, gast.Expr(call(name("print"), *args, **options)))


def write_text(k: Kernel, op: Op) -> None:
    result = op.results[0]
    args = [spoken(k, op, a) for a in op.args]
    if isinstance(op.fun, Method):
        options = {key: spoken(k, op, v) for key, v in op.kwargs.items()}
        tree: Tree = call(gast.Attribute(args[0], op.fun.name, LOAD), *args[1:], **options)
    else:
        tree = gast.BinOp(args[0], BINARY[op.fun](), args[1])
    k.texts.add(result)
    label = k.label(result)
    in_python(k, op, gast.Assign([name(label, STORE)], tree, None), **{label: TEXT})


def write_raise(k: Kernel, raised: Any, node: Any) -> None:
    """`raise ValueError("...", x)`: an exception of any class, with text and numbers."""
    op = raised.node if isinstance(raised, Value) else None
    if isinstance(raised, type):
        k.statement(gast.Raise(k.parts.reference(raised), None), node)
        return
    if not isinstance(op, Op) or not is_exception(op.fun):
        raise refuse(op or node, "as an exception")
    for a in leaves(op.args):
        if not (is_number(a) or is_text(k, a)):
            raise refuse(op, f"with an argument of type {a.type}")
    if op.kwargs or not all(isinstance(a, (Value, str)) or is_number(a) for a in op.args):
        raise refuse(op, "with these arguments")
    args = [name(k.label(a)) if isinstance(a, Value) and is_text(k, a) else k.scalar(a) for a in op.args]
    k.statement(gast.Raise(call(k.parts.reference(op.fun), *args), None), op)


def is_exception(fun: Any) -> bool:
    return isinstance(fun, type) and issubclass(fun, BaseException)


__all__ = ["in_python", "is_exception", "is_text_op", "write_print", "write_raise", "write_text"]
