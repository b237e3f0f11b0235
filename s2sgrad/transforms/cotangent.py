"""Cotangents: contributions to the adjoint of a value, brought to its shape and dtype, and their sum."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DifferentiationError
from ..frontend.primitives import extent, list_add, list_zeros, packed_add, packed_zeros
from ..ir.builder import Builder
from ..ir.program import Op, Value, type_of
from ..ir.types import UNKNOWN, Dim, Extent, Type, covers, same_extent
from ..table import shapes
from ..table.functional import in_kind, sum_to


def run_time_shape(b: Builder, x: Value) -> Any:
    """The shape of `x` as an operand: extents that are known are numbers."""
    if x.type.shape is None:
        return b.op(np.shape, (x,))
    out = []
    for axis, n in enumerate(x.type.shape):
        if isinstance(n, Dim):
            value = b.op(extent, (x, axis))
            if isinstance(value, Value):
                value.extent = n
            out.append(value)
        else:
            out.append(n)
    return tuple(out)


def fit(b: Builder, c: Any, x: Value, elementwise: bool, rule_name: str) -> Any:
    """A contribution `c` brought to the shape and dtype of `x`, whose cotangent it is."""
    if isinstance(c, Masked):
        inner = type_of(unmasked(c))
        if (
            elementwise
            and inner.shape is not None
            and (covers(x.type.shape, inner.shape) or x.type.shape == inner.shape)
            and inner.dtype == x.type.dtype
        ):
            return c
        c = applied(b, c)
    if elementwise:
        c = unbroadcast(b, c, x)
    elif isinstance(c, Value) and not shapes_agree(type_of(c), x.type):
        found, wanted = type_of(c).rank, x.type.rank
        raise DifferentiationError(
            f"the rule of `{rule_name}` gave a cotangent of rank {found} for an argument of rank {wanted}"
        )
    return described(_real_where_real(b, cast(b, c, x.type), x), x.type)


def _real_where_real(b: Builder, c: Any, x: Value) -> Any:
    """The real part of a cotangent, if its value turns out real: eigenvalues may be either."""
    if x.type.dtype is not None or not (x.type.shape or b.complex) or not isinstance(c, Value):
        return c
    if x.type.kind in ("list", "packed") or c.type.kind in ("list", "packed"):
        return c
    dtype = c.type.dtype
    return b.op(in_kind, (c, x)) if dtype is None or dtype.kind == "c" else c


def described(c: Any, t: Type) -> Any:
    """A cotangent whose type was not found has the shape of its value, and the dtype where that is certain."""
    if not isinstance(c, Value) or c.type.kind != "unknown" or c.type.shape is not None or not t.shape:
        return c
    if t.kind == "array" and t.dtype == np.float64:
        c.type = t
    elif t.kind in ("array", "unknown"):
        c.type = Type("unknown", c.type.dtype, t.shape)
    return c


def shapes_agree(c: Type, x: Type) -> bool:
    return c.rank is None or x.rank is None or c.rank == x.rank or x.kind in ("list", "packed")


def cast(b: Builder, c: Any, t: Type) -> Any:
    """`c` in the dtype of a primal of type `t`: the real part for a real one, float32 kept float32."""
    s = type_of(c)
    if t.dtype is None or s.kind == "list" or t.kind == "list":
        return c
    if s.dtype is None:
        return _cast_unknown(b, c, t)
    if s.dtype.kind == "c" and t.dtype.kind == "f":
        c = b.op(np.real, (c,))
        s = type_of(c)
    if (
        t.dtype.kind in "fc"
        and s.kind in ("array", "scalar")
        and s.dtype != t.dtype
        and t.kind in ("array", "scalar")
    ):
        c = b.op(shapes.astype, (c, t.dtype))
    return c


def _cast_unknown(b: Builder, c: Any, t: Type) -> Any:
    """A cotangent whose dtype only run time knows: the real part for a real primal, in its precision."""
    if not isinstance(c, Value) or t.dtype.kind not in "fc":
        return c
    if t.dtype.kind == "f":
        c = b.op(np.real, (c,))
    return b.op(shapes.astype, (c, t.dtype)) if t.dtype in (np.float32, np.complex64) else c


def unbroadcast(b: Builder, c: Any, x: Value) -> Any:
    """The sum of `c` over the axes along which `x` was broadcast."""
    s, t = type_of(c), x.type
    if s.shape is None or t.shape is None:
        return b.op(sum_to, (c, run_time_shape(b, x)))
    if covers(t.shape, s.shape) or s.shape == t.shape:
        return c
    if len(s.shape) < len(t.shape):
        return b.op(np.broadcast_to, (c, run_time_shape(b, x)))
    if not t.shape:
        return b.op(np.sum, (c,))
    lead = len(s.shape) - len(t.shape)
    pairs = list(zip(s.shape[lead:], t.shape))
    if any(not _settled(m, n) for m, n in pairs):
        return b.op(sum_to, (c, run_time_shape(b, x)))
    if lead:
        c = b.op(np.sum, (c,), {"axis": _axes(range(lead))})
    stretched = [k for k, (m, n) in enumerate(pairs) if n == 1 and m != 1]
    return b.op(np.sum, (c,), {"axis": _axes(stretched), "keepdims": True}) if stretched else c


def _axes(axes: Any) -> Any:
    axes = tuple(axes)
    return axes[0] if len(axes) == 1 else axes


def _settled(wide: Extent, narrow: Extent) -> bool:
    """Whether it is known if an axis of `narrow` was stretched to `wide`."""
    return narrow == 1 or same_extent(wide, narrow) or (isinstance(narrow, Dim) and narrow.not_one)


def zeros(b: Builder, x: Value) -> Any:
    """The zero cotangent of a value."""
    if x.type.is_scalar:
        return 0.0
    if x.type == UNKNOWN:  # it may be a tuple
        return b.op(packed_zeros, (x,))
    zero = {"packed": packed_zeros, "list": list_zeros}.get(x.type.kind, np.zeros_like)
    return described(b.op(zero, (x,)), x.type)


@dataclass(frozen=True, slots=True)
class Masked:
    """A contribution that counts where `test` is `taken` only.

    The mask of a `where` is applied where its branch is left, not where it is entered: a slope that is not
    finite where the branch was not taken then adds nothing.
    """

    test: Any
    taken: bool
    cotangent: Any


def applied(b: Builder, c: Any) -> Any:
    """A contribution with its mask applied."""
    if not isinstance(c, Masked):
        return c
    inner = applied(b, c.cotangent)
    return b.op(np.where, (c.test, inner, 0.0) if c.taken else (c.test, 0.0, inner))


SUMS = {"list": list_add, "packed": packed_add}


def unmasked(c: Any) -> Any:
    return unmasked(c.cotangent) if isinstance(c, Masked) else c


def total(b: Builder, contributions: list[Any]) -> Any:
    """The sum of contributions, in order; None where there is none."""
    if not contributions:
        return None
    contributions = [applied(b, c) for c in contributions]
    out = contributions[0]
    for c in contributions[1:]:
        out = b.op(SUMS.get(type_of(c).kind, operator.add), (out, c))
    return out


__all__ = ["Op", "cast", "fit", "run_time_shape", "total", "unbroadcast", "zeros"]
