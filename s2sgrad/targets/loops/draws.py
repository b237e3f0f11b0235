"""Draws from random generators: Numba has NumPy's generators, and their numbers."""

from __future__ import annotations

from typing import Any

import gast

from ...frontend.generators import DRAWS, bound_draw
from ...frontend.primitives import Method
from ...ir.program import Op, Value
from ..spelling import LOAD, call, constant, name
from .kernel import Kernel, dtype_tree, is_array, is_number, refuse

Tree = Any
DEFAULTS = {"poisson": {"lam": 1.0}}  # parameters that Numba wants told


def is_draw(op: Op) -> bool:
    """Whether an operation calls a method of a generator."""
    owner = op.args[0] if op.args else None
    return isinstance(op.fun, Method) and isinstance(owner, Value) and owner.type.kind == "generator"


def write_draw(k: Kernel, op: Op) -> None:
    method = op.fun.name  # type: ignore[attr-defined]
    if method in ("shuffle", "permutation"):
        _write_rearranged(k, op, method)
        return
    if method not in DRAWS or op.results[0].type.dtype is None:
        raise refuse(op)
    given = {**DEFAULTS.get(method, {}), **bound_draw(method, op.args[1:], op.kwargs)}
    if method == "integers" and given.get("high") is None:
        given["low"], given["high"] = 0, given["low"]
    options = {key: _argument(k, op, key, x) for key, x in given.items() if x is not None}
    made = call(gast.Attribute(name(k.label(op.args[0])), method, LOAD), **options)
    k.assign(k.label(op.results[0]), made, op)


def _argument(k: Kernel, op: Op, key: str, x: Any) -> Tree:
    if key == "dtype":
        return dtype_tree(k.parts, op.results[0].type.dtype)
    if key == "size" and isinstance(x, (tuple, list)) and all(map(is_number, x)):
        return gast.Tuple([k.scalar(n) for n in x], LOAD)
    if key == "endpoint" and isinstance(x, bool):
        return constant(x)
    if not is_number(x):
        raise refuse(op, "with a parameter that is an array" if is_array(x) else f"with this `{key}`")
    return k.scalar(x)


def _write_rearranged(k: Kernel, op: Op, method: str) -> None:
    x = op.args[1] if len(op.args) > 1 else None
    if len(op.args) != 2 or op.kwargs or not (is_array(x) or is_number(x) and method == "permutation"):
        raise refuse(op)
    made = call(
        gast.Attribute(name(k.label(op.args[0])), method, LOAD), k.array(x) if is_array(x) else k.scalar(x)
    )
    if method == "shuffle":
        k.statement(gast.Expr(made), op)
    else:
        k.assign(k.label(op.results[0]), made, op)


__all__ = ["is_draw", "write_draw"]
