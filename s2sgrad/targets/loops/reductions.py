"""Reductions over axes: which operations are, and how an entry is taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ...ir.program import Op, Value
from ...table.functional import sum_to
from ..spelling import call, constant, name
from .scalars import cast, truth

Tree = Any


@dataclass(frozen=True)
class Reduction:
    """How a function takes the entries of an array together, along which axes."""

    kind: str
    axes: tuple[int, ...]
    keepdims: bool = False
    shape: Any = None  # of the result of `sum_to`


KINDS: dict[Any, str] = {
    np.sum: "sum", np.prod: "prod", np.max: "max", np.min: "min", np.amax: "max", np.amin: "min", np.any: "any",
    np.all: "all", np.count_nonzero: "count",
}  # fmt: skip
OPTIONS = {"axis", "keepdims"}


def reduction_of(op: Any) -> Reduction | None:
    """The reduction that an operation is, or None."""
    if not isinstance(op, Op) or not op.args or not is_array(op.args[0]):
        return None
    if op.fun is sum_to:
        return _sum_to(op)
    kind = KINDS.get(op.fun)
    options = dict(op.kwargs)
    if len(op.args) == 2:
        options["axis"] = op.args[1]
    if kind is None or len(op.args) > 2 or set(options) - OPTIONS:
        return None
    dtype = op.args[0].type.dtype
    if dtype is None or (kind in ("max", "min") and dtype.kind == "c") or op.results[0].type.dtype is None:
        return None
    rank = op.args[0].type.rank
    axis, keepdims = options.get("axis"), options.get("keepdims", False)
    if not isinstance(keepdims, (bool, np.bool_)):
        return None
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not all(type(a) is int and -rank <= a < rank for a in axes):
        return None
    return Reduction(kind, tuple(sorted(a % rank for a in axes)), bool(keepdims))


def is_array(x: Any) -> bool:
    return isinstance(x, Value) and x.type.kind == "array" and bool(x.type.shape)


def _sum_to(op: Op) -> Reduction | None:
    shape = op.args[1]
    if (
        not isinstance(shape, (tuple, list))
        or op.results[0].type.shape is None
        or op.args[0].type.dtype is None
    ):
        return None
    lead = op.args[0].type.rank - len(shape)
    return Reduction("sum", tuple(range(lead)), False, tuple(shape)) if lead >= 0 else None


def accumulator_dtype(kind: str, dtype: np.dtype) -> np.dtype:
    """The type in which entries are taken together: sums of float32 are as exact as NumPy's, which are pairwise."""
    if kind == "sum" and dtype == np.float32:
        return np.dtype(np.float64)
    if kind == "sum" and dtype == np.complex64:
        return np.dtype(np.complex128)
    return dtype


def start(k: Any, kind: str, dtype: np.dtype) -> Tree:
    """The accumulator before the first entry."""
    if kind in ("sum", "count"):
        return k.static(dtype.type(0)) if dtype.kind in "fc" else constant(0)
    if kind == "prod":
        return k.static(dtype.type(1)) if dtype.kind in "fc" else constant(1)
    if kind in ("any", "all"):
        return constant(kind == "all")
    if dtype.kind == "f":
        return k.static(dtype.type(-np.inf if kind == "max" else np.inf))
    if dtype.kind == "b":
        return constant(kind == "min")
    info = np.iinfo(dtype)
    return k.static(dtype.type(info.min if kind == "max" else info.max))


RANKS = {np.dtype(np.float64): "", np.dtype(np.float32): "_32"}


def by_rank(k: Any, kind: str, dtype: np.dtype) -> bool:
    """Whether a loop takes the entries together as integers, since then it becomes vector instructions."""
    return kind in ("max", "min") and dtype in RANKS and not k.parallel


def start_of_loop(k: Any, kind: str, dtype: np.dtype) -> Tree:
    """The accumulator of a loop over nothing else, before the first entry."""
    if by_rank(k, kind, dtype):
        return call(k.parts.vector_function("rank" + RANKS[dtype]), k.static(dtype.type(-np.inf)))
    return start(k, kind, dtype)


def taken_in_loop(k: Any, kind: str, total: Tree, entry: Tree, have: np.dtype, dtype: np.dtype) -> Tree:
    """That accumulator with one more entry: the rank of the largest so far, or of the largest of their negatives."""
    if not by_rank(k, kind, dtype):
        return taken(k, kind, total, entry, have, dtype, True)
    entry = entry if kind == "max" else gast.UnaryOp(gast.USub(), entry)
    return call(name("max"), total, call(k.parts.vector_function("rank" + RANKS[dtype]), entry))


def after_loop(k: Any, kind: str, total: Tree, dtype: np.dtype, result: np.dtype) -> Tree:
    """What the accumulator says after the last entry."""
    if not by_rank(k, kind, dtype):
        return cast(k.parts, total, dtype, result)
    largest = call(k.parts.vector_function("of_rank" + RANKS[dtype]), total)
    return largest if kind == "max" else gast.UnaryOp(gast.USub(), largest)


def taken(k: Any, kind: str, total: Tree, entry: Tree, have: np.dtype, dtype: np.dtype, scalar: bool) -> Tree:
    """The accumulator with one more entry."""
    if kind == "count":
        return gast.BinOp(total, gast.Add(), call(name("int"), truth(entry, _typed(have))))
    if kind in ("any", "all"):
        return gast.BinOp(total, gast.BitOr() if kind == "any" else gast.BitAnd(), truth(entry, _typed(have)))
    entry = cast(k.parts, entry, have, dtype) if have != dtype else entry
    if kind == "sum":
        if scalar and dtype.kind in "fc":
            return call(k.parts.vector_function("add"), total, entry)
        return gast.BinOp(total, gast.Add(), entry)
    if kind == "prod":
        return gast.BinOp(total, gast.Mult(), entry)
    return call(k.parts.helper("larger" if kind == "max" else "smaller"), total, entry)


def _typed(dtype: np.dtype) -> Any:
    from ...ir.types import scalar

    return scalar(dtype)


__all__ = [
    "Reduction",
    "Value",
    "accumulator_dtype",
    "after_loop",
    "by_rank",
    "reduction_of",
    "start",
    "start_of_loop",
    "taken",
    "taken_in_loop",
]
