"""How each primitive is written in Python: operators, subscripts, attributes, calls by their dotted names."""

from __future__ import annotations

import builtins
import importlib
import math
import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ..frontend.primitives import (
    Attribute,
    Method,
    call_object,
    extent,
    length,
    list_append,
    list_of,
    list_pop,
    list_set,
    pack,
    stop_gradient,
    truth_and,
    truth_not,
    truth_or,
    unpack,
)
from ..ir.program import Value, type_of
from ..table import shapes
from ..table.functional import index_add, index_set

BINARY: dict[Callable, type] = {
    operator.add: gast.Add, operator.sub: gast.Sub, operator.mul: gast.Mult, operator.truediv: gast.Div,
    operator.pow: gast.Pow, operator.mod: gast.Mod, operator.floordiv: gast.FloorDiv, operator.matmul: gast.MatMult,
    operator.and_: gast.BitAnd, operator.or_: gast.BitOr, operator.xor: gast.BitXor,
    operator.lshift: gast.LShift, operator.rshift: gast.RShift,
}  # fmt: skip
UNARY: dict[Callable, type] = {
    operator.neg: gast.USub,
    operator.pos: gast.UAdd,
    operator.invert: gast.Invert,
    truth_not: gast.Not,
}
COMPARE: dict[Callable, type] = {
    operator.lt: gast.Lt, operator.le: gast.LtE, operator.gt: gast.Gt, operator.ge: gast.GtE,
    operator.eq: gast.Eq, operator.ne: gast.NotEq,
}  # fmt: skip
BOOLEAN: dict[Callable, type] = {truth_and: gast.And, truth_or: gast.Or}
LOAD, STORE = gast.Load(), gast.Store()


def name(text: str, ctx: Any = LOAD) -> gast.Name:
    return gast.Name(text, ctx, None, None)


def constant(value: Any) -> gast.Constant:
    return gast.Constant(value, None)


def call(fun: Any, *args: Any, **keywords: Any) -> gast.Call:
    return gast.Call(
        fun, list(map(outside, args)), [gast.keyword(k, outside(v)) for k, v in keywords.items()]
    )


def outside(tree: Any) -> Any:
    """An operand as it is written outside of a subscript: `1:3` is `slice(1, 3)` there."""
    if isinstance(tree, gast.Slice):
        bounds = [constant(None) if part is None else part for part in (tree.lower, tree.upper, tree.step)]
        return gast.Call(name("slice"), bounds if tree.step is not None else bounds[:2], [])
    if isinstance(tree, (gast.Tuple, gast.List)) and any(
        isinstance(e, (gast.Slice, gast.Tuple, gast.List)) for e in tree.elts
    ):
        return type(tree)([outside(e) for e in tree.elts], LOAD)
    return tree


def dotted(text: str) -> Any:
    head, *rest = text.split(".")
    out: Any = name(head)
    for part in rest:
        out = gast.Attribute(out, part, LOAD)
    return out


def subscript(x: Any, index: Any, ctx: Any = LOAD) -> gast.Subscript:
    return gast.Subscript(x, index, ctx)


Operands = list[Any]
Spelling = Callable[..., Any]  # (printer, args as syntax, kwargs as syntax, the operation) -> syntax


def _attribute(attr: str) -> Spelling:
    return lambda p, args, kwargs, op: gast.Attribute(args[0], attr, LOAD)


def _transpose(p: Any, args: Operands, kwargs: dict, op: Any) -> Any:
    if len(args) == 1 and not kwargs:
        return gast.Attribute(args[0], "T", LOAD)
    return call(p.function(np.transpose), *args, **kwargs)


def _size(p: Any, args: Operands, kwargs: dict, op: Any) -> Any:
    x = op.args[0]
    if len(args) == 1 and isinstance(x, Value) and x.type.kind == "array":
        return gast.Attribute(args[0], "size", LOAD)
    return call(p.function(np.size), *args, **kwargs)


def _extent(p: Any, args: Operands, kwargs: dict, op: Any) -> Any:
    x = op.args[0]
    if isinstance(x, Value) and x.type.kind == "array":
        return subscript(gast.Attribute(args[0], "shape", LOAD), args[1])
    return subscript(call(p.function(np.shape), args[0]), args[1])


def _method(p: Any, args: Operands, kwargs: dict, op: Any) -> Any:
    return call(gast.Attribute(args[0], op.fun.name, LOAD), *args[1:], **kwargs)


def _astype(p: Any, args: Operands, kwargs: dict, op: Any) -> Any:
    x = op.args[0]
    if isinstance(x, Value) and x.type.is_python:
        return call(
            gast.Attribute(call(p.function(np.asarray), args[0]), "astype", LOAD), *args[1:], **kwargs
        )
    return call(gast.Attribute(args[0], "astype", LOAD), *args[1:], **kwargs)


def _on_array(attr: str) -> Spelling:
    return lambda p, args, kwargs, op: call(gast.Attribute(args[0], attr, LOAD), *args[1:], **kwargs)


SPELLINGS: dict[Any, Spelling] = {
    operator.getitem: lambda p, args, kwargs, op: subscript(args[0], args[1]),
    operator.contains: lambda p, args, kwargs, op: gast.Compare(args[1], [gast.In()], [args[0]]),
    operator.abs: lambda p, args, kwargs, op: call(name("abs"), *args),
    extent: _extent,
    length: lambda p, args, kwargs, op: call(name("len"), *args),
    np.transpose: _transpose,
    np.size: _size,
    np.real: lambda p, args, kwargs, op: (
        gast.Attribute(args[0], "real", LOAD)
        if isinstance(op.args[0], Value) and op.args[0].type.dtype is not None
        else call(p.function(np.real), *args)
    ),
    shapes.astype: _astype,
    shapes.flatten: _on_array("flatten"),
    shapes.item: lambda p, args, kwargs, op: (
        args[0] if type_of(op.args[0]).is_python else _on_array("item")(p, args, kwargs, op)
    ),
    call_object: lambda p, args, kwargs, op: call(args[0], *args[1:], **kwargs),
    stop_gradient: lambda p, args, kwargs, op: args[0],
    pack: lambda p, args, kwargs, op: gast.Tuple(list(args), LOAD),
    unpack: lambda p, args, kwargs, op: args[0],
    list_of: lambda p, args, kwargs, op: gast.List(list(args), LOAD),
    list_append: lambda p, args, kwargs, op: gast.List([gast.Starred(args[0], LOAD), args[1]], LOAD),
}
for _fun, _symbol in BINARY.items():
    SPELLINGS[_fun] = lambda p, args, kwargs, op, s=_symbol: gast.BinOp(args[0], s(), args[1])
for _fun, _symbol in UNARY.items():
    SPELLINGS[_fun] = lambda p, args, kwargs, op, s=_symbol: gast.UnaryOp(s(), args[0])
for _fun, _symbol in COMPARE.items():
    SPELLINGS[_fun] = lambda p, args, kwargs, op, s=_symbol: gast.Compare(args[0], [s()], [args[1]])
for _fun, _symbol in BOOLEAN.items():
    SPELLINGS[_fun] = lambda p, args, kwargs, op, s=_symbol: gast.BoolOp(s(), list(args))


def spell(printer: Any, op: Any, args: Operands, kwargs: dict[str, Any]) -> Any:
    """The syntax of one operation on operands that are syntax already."""
    rule = SPELLINGS.get(op.fun)
    if rule is not None:
        return rule(printer, args, kwargs, op)
    if isinstance(op.fun, Method):
        return _method(printer, args, kwargs, op)
    if isinstance(op.fun, Attribute):
        return gast.Attribute(args[0], op.fun.name, LOAD)
    return call(printer.function(op.fun), *args, **kwargs)


_paths: dict[Any, str | None] = {}


def import_path(fun: Any) -> str | None:
    """`numpy.linalg.inv`: where a library's function can be imported from, or None."""
    try:
        if fun in _paths:
            return _paths[fun]
    except TypeError:
        return None
    path = _paths[fun] = _find_path(fun)
    return path


def _find_path(fun: Any) -> str | None:
    owner = getattr(fun, "__self__", None)
    label = getattr(fun, "__name__", None)
    if owner is not None and label and not hasattr(owner, "__path__") and not isinstance(owner, type(math)):
        base = import_path(owner) or _named_in(owner, ("scipy.stats", "numpy"))
        if base is not None:
            return f"{base}.{label}"
    candidates = [getattr(fun, "__module__", None), *LIBRARIES]
    for module in candidates:
        if module is None or label is None:
            continue
        public = _public(module)
        for place in dict.fromkeys([public, module]):
            if place.partition(".")[0] in (
                "numpy",
                "scipy",
                "math",
                "cmath",
                "operator",
                "builtins",
                "functools",
                "itertools",
            ) and _resolves(place, label, fun):
                return f"{place}.{label}"
    return None


LIBRARIES = ("numpy", "scipy.special", "numpy.linalg", "numpy.fft", "scipy.linalg", "math")


def _public(module: str) -> str:
    """The public face of a private module: numpy._core.x is numpy, scipy.linalg._basic is scipy.linalg."""
    return (
        ".".join(
            part
            for k, part in enumerate(module.split("."))
            if not any(p.startswith("_") for p in module.split(".")[: k + 1])
        )
        or module
    )


def _resolves(module: str, label: str, fun: Any) -> bool:
    try:
        return getattr(importlib.import_module(module), label, None) == fun
    except ImportError:
        return False


def _named_in(x: Any, modules: tuple[str, ...]) -> str | None:
    for module in modules:
        if not type(x).__module__.startswith(module.partition(".")[0]):
            continue
        for label, member in vars(importlib.import_module(module)).items():
            if member is x:
                return f"{module}.{label}"
    return None


BUILTIN_NAMES = frozenset(vars(builtins))
WRITE_FUNCTIONS = (index_add, index_set, list_append, list_pop, list_set)
