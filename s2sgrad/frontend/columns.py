"""Lists of tuples that grow in a loop: one run-time list for each part of their items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ir.program import Value
from .abstract import Columns, children, leaves_of, map_abstract
from .control import State, ToList, rename_everywhere
from .expressions import emit
from .frame import Frame
from .primitives import list_of


def is_plain_item(x: Any) -> bool:
    """Whether an item is a tuple, or a tuple of such, of numbers and arrays: nothing in it can be changed."""
    if isinstance(x, tuple):
        return bool(x) and all(map(is_plain_item, x))
    return isinstance(x, (Value, int, float, complex, np.generic))


class ToColumns(ToList):
    """A list that was taken for one of numbers or arrays gets a tuple: it must be one list for each part."""

    def __init__(self, items: Value, template: Any) -> None:
        super().__init__(items)
        self.template = template

    def known_in(self, state: State) -> bool:
        """Whether a name led to the list then."""
        return any(x is self.container for _, names in state.frames for x in _reached(names))

    def convert(self, frame: Frame, node: Any) -> Columns:
        """Let empty columns stand for the list under all its names."""
        return rename_everywhere(frame, self.container, columns_of(frame, node, [], self.template))


def _reached(names: dict[str, Any]) -> Iterator[Any]:
    for x in names.values():
        yield from leaves_of(x)


def columns_of(frame: Frame, node: Any, items: list[Any], template: Any) -> Columns:
    """The columns of items that are alike."""
    width = sum(1 for _ in leaves_of(template))
    rows = [list(leaves_of(item)) for item in items]
    lists = [emit(frame, node, list_of, *[row[k] for row in rows]) for k in range(width)]
    numbers = iter(range(width))
    return Columns(map_abstract(template, lambda leaf: next(numbers)), lists, own=True)


def may_be_columns(items: list[Any]) -> bool:
    """Whether the items of a list are tuples of one shape."""
    return (
        bool(items)
        and all(type(x) is not list and isinstance(x, tuple) for x in items)
        and (all(map(is_plain_item, items)) and all(_same_shape(items[0], x) for x in items))
    )


def _same_shape(a: Any, b: Any) -> bool:
    """Whether two items are tuples of one kind with as many parts, and so for their parts."""
    inner_a, inner_b = children(a), children(b)
    if inner_a is None or inner_b is None:
        return inner_a is None and inner_b is None
    parts_a, parts_b = list(inner_a), list(inner_b)
    return (
        type(a) is type(b)
        and len(parts_a) == len(parts_b)
        and all(_same_shape(x, y) for x, y in zip(parts_a, parts_b))
    )


def append_item(frame: Frame, node: Any, xs: Columns, item: Any) -> None:
    """`xs.append(item)`, part by part."""
    from .methods import LIST_METHODS

    if not _same_shape(xs.template, item):
        raise frame.refuse(node, "the items of a list that grows in a loop must all have the same parts")
    for items, part in zip(xs.lists, list(leaves_of(item))):
        LIST_METHODS["append"](frame, node, items, part)


def append_first(frame: Frame, node: Any, xs: Value, item: Any) -> None:
    """The first tuple that a list gets which was empty so far."""
    conversion = ToColumns(xs, item)
    if any(map(conversion.known_in, frame.low.states)):
        raise conversion
    append_item(frame, node, conversion.convert(frame, node), item)


def call_on_columns(frame: Frame, node: Any, xs: Columns, name: str, args: list[Any]) -> Any:
    """A method of a list of tuples."""
    from .methods import LIST_METHODS

    if not xs.own or name not in ("append", "pop", "clear"):
        raise frame.refuse(
            node,
            f"`{name}` of a long list of tuples is not supported: keep one list for each part of its items",
        )
    if name == "append":
        return append_item(frame, node, xs, *args)
    parts = [LIST_METHODS[name](frame, node, items, *args) for items in xs.lists]
    return map_abstract(xs.template, lambda k: parts[k]) if name == "pop" else None


def set_item(frame: Frame, node: Any, xs: Columns, index: Any, item: Any) -> None:
    """`xs[index] = item`, part by part."""
    from .writes import write

    if not xs.own or not is_plain_item(item) or not _same_shape(xs.template, item):
        raise frame.refuse(
            node, "an item of a long list of tuples can be replaced by one with the same parts only"
        )
    for items, part in zip(xs.lists, list(leaves_of(item))):
        write(frame, node, items, index, part)


def as_array(frame: Frame, node: Any, xs: Columns) -> Any:
    """What NumPy makes of a list of tuples of numbers: a row each."""
    flat = isinstance(xs.template, tuple) and all(type(k) is int for k in xs.template)
    items = [frame.low.current(column).type.item for column in xs.lists]
    if not flat or not all(t is not None and t.is_scalar for t in items):
        raise frame.refuse(node, "an array of a list of tuples is made of flat tuples of numbers only")
    return emit(frame, node, np.stack, [emit(frame, node, np.array, column) for column in xs.lists], axis=-1)


__all__ = [
    "append_first",
    "as_array",
    "call_on_columns",
    "columns_of",
    "is_plain_item",
    "may_be_columns",
    "set_item",
]
