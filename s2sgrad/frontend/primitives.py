"""Primitives of the language itself: extents, lists grown at run time, methods of unknown objects, truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Value, type_of
from ..ir.result_types import RULES, item_type
from ..ir.types import BOOL, INT, PACKED, UNKNOWN, Type, join
from ..table.registry import IMPURE, RAISES, define


def extent(x: Any, axis: int) -> int:
    """The number of entries of `x` along an axis: `x.shape[axis]`."""
    return np.shape(x)[axis]


def length(x: Any) -> int:
    return len(x)


def truth_and(a: Any, b: Any) -> Any:
    return a and b


def truth_or(a: Any, b: Any) -> Any:
    return a or b


def truth_not(a: Any) -> bool:
    return not a


@dataclass(frozen=True)
class Method:
    """Calling a method by name on an object that the table does not know."""

    name: str

    def __call__(self, owner: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(owner, self.name)(*args, **kwargs)


@dataclass(frozen=True)
class Attribute:
    """Reading an attribute of an object that the table does not know."""

    name: str

    def __call__(self, owner: Any) -> Any:
        return getattr(owner, self.name)


def call_object(fun: Any, *args: Any, **kwargs: Any) -> Any:
    """Calling an object known only at run time."""
    return fun(*args, **kwargs)


# --- lists known only at run time; a list is a value, each append makes the next one -----------------------------


def list_of(*items: Any) -> list:
    return list(items)


def list_append(items: list, item: Any) -> list:
    """The list with one more item at its end."""
    return [*items, item]


def list_pop(items: list) -> tuple[list, Any]:
    """The list without its last item, and that item."""
    return items[:-1], items[-1]


def list_set(items: list, index: int, item: Any) -> list:
    out = list(items)
    out[index] = item
    return out


def list_zeros(items: list) -> list:
    """The zero cotangent of a list, also of lists; of none where it was never made."""
    return [] if items is None else [packed_zeros(x) for x in items]


def zeros_if_made(x: Any) -> Any:
    """The zero cotangent of an array that may never have been made: nobody then asks what it is."""
    return None if x is None else np.zeros_like(x)


def list_add(a: list, b: list) -> list:
    """The sum of two cotangents of a list, also of lists."""
    return [packed_add(x, y) for x, y in zip(a, b, strict=True)]


def list_from(rows: Any) -> list:
    """The entries of an array along its first axis, as a list."""
    return list(rows)


def pack(*values: Any) -> tuple:
    """Values as one: what a function hands its adjoint."""
    return values


def packed_zeros(packed: Any) -> Any:
    """The zero cotangent of packed values."""
    if isinstance(packed, (tuple, list)):
        return type(packed)([packed_zeros(x) for x in packed])
    return np.zeros_like(packed) if isinstance(packed, np.ndarray) else 0.0


def packed_add(a: Any, b: Any) -> Any:
    """The sum of two cotangents of packed values."""
    if isinstance(a, (tuple, list)):
        return type(a)([packed_add(x, y) for x, y in zip(a, b)])
    return a + b


def part_cotangent(whole: Any, index: int, part: Any) -> Any:
    """The cotangent of what may be a tuple, or an array, of which one item was read."""
    if isinstance(whole, (tuple, list)):
        return tuple(
            [part if k == index % len(whole) else packed_zeros(item) for k, item in enumerate(whole)]
        )
    out = np.zeros_like(whole)
    out[index] = part
    return out


def unpack(packed: tuple, count: int) -> tuple:
    return packed


def raise_now(exception: Any) -> Any:
    """A `raise` as a call, where something follows that is never reached."""
    raise exception


def stop_gradient(x: Any) -> Any:
    """`x`, with derivative zero."""
    return x


def _list_type(node: Any, *items: Any) -> Type:
    item: Any = None
    for x in items:
        t = type_of(x)
        item = t if item is None else join(item, t, (node, "item"))
    return Type("list", item=item)


def _append_type(node: Any, items: Any, item: Any) -> Type:
    known, t = type_of(items).item, type_of(item)
    return Type("list", item=t if known is None else join(known, t, (node, "item")) or UNKNOWN)


def _pop_type(node: Any, items: Any) -> tuple[Type, Type]:
    t = type_of(items)
    return t, item_type(node, t)


def _rows_type(node: Any, rows: Any) -> Type:
    t = type_of(rows)
    if t.kind != "array" or not t.shape:
        return Type("list", item=UNKNOWN)
    return Type(
        "list", item=Type("array", t.dtype, t.shape[1:]) if len(t.shape) > 1 else Type("scalar", t.dtype, ())
    )


def _extent_type(node: Any, x: Any, axis: int) -> Type:
    return INT


def _same(node: Any, x: Any, *rest: Any) -> Type:
    return type_of(x)


def _boolean(node: Any, a: Any, b: Any) -> Type:
    s, t = type_of(a), type_of(b)
    return s if s == t else join(s, t) or UNKNOWN


define(extent, inactive=True)
define(length, inactive=True)
define(truth_and, inactive=True)
define(truth_or, inactive=True)
define(truth_not, inactive=True)
define(list_of, fresh=True)
define(list_append)
define(list_pop)
define(list_set)
define(list_zeros, inactive=True, fresh=True)
define(zeros_if_made, inactive=True, fresh=True)
define(list_add)
define(pack, view=True)
define(
    part_cotangent,
    vjps=(lambda g, ans, whole, index, part: None, None, lambda g, ans, whole, index, part: g[index]),
    jvps=(
        lambda t, ans, whole, index, part: packed_zeros(ans),
        None,
        lambda t, ans, whole, index, part: part_cotangent(whole, index, t),
    ),
)
define(packed_zeros, inactive=True, fresh=True)
define(packed_add)
define(unpack, view=True)
define(list_from)
define(raise_now, inactive=True, effect=IMPURE)
define(stop_gradient, inactive=True, shares=True)
RULES.update(
    {
        extent: _extent_type,
        length: lambda node, x: INT,
        truth_and: _boolean,
        truth_or: _boolean,
        truth_not: lambda node, x: BOOL,
        list_of: _list_type,
        list_append: _append_type,
        list_pop: _pop_type,
        list_set: _same,
        list_zeros: _same,
        zeros_if_made: _same,
        list_add: _same,
        pack: lambda node, *values: PACKED,
        packed_zeros: lambda node, packed: PACKED,
        packed_add: lambda node, a, b: PACKED,
        part_cotangent: lambda node, whole, index, part: PACKED,
        list_from: _rows_type,
        stop_gradient: _same,
    }
)
OPAQUE = IMPURE
MAY_RAISE = RAISES
__all__ = [
    "Attribute",
    "Method",
    "Value",
    "call_object",
    "extent",
    "length",
    "list_add",
    "list_append",
    "list_from",
    "list_of",
    "list_pop",
    "list_set",
    "list_zeros",
    "pack",
    "packed_add",
    "packed_zeros",
    "part_cotangent",
    "raise_now",
    "stop_gradient",
    "truth_and",
    "truth_not",
    "truth_or",
    "unpack",
]
