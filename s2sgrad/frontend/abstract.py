"""Abstract values: what a name is bound to while a function is interpreted at compile time.

A `Value` stands for what is known only at run time. Static things are themselves: numbers, text, `None`,
modules and functions of libraries; tuples, lists, dicts, named tuples and dataclasses hold abstract values.
The classes here are the rest: functions of the user's, objects explored by attribute, lazy iterables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Value

Path = tuple[
    tuple[str, Any], ...
]  # how a run-time object is reached: (("arg", 0), ("item", "W"), ("attr", "T"))


class NotStatic(Exception):
    """A run-time value stands where the structure of the program depends on it."""

    def __init__(self, value: Value) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True, slots=True)
class Witness:
    """A run-time input seen at compile time: its value may be promoted to static under a guard."""

    path: Path
    value: Any


@dataclass(eq=False, slots=True)
class FunctionRef:
    """A Python function object reached by a path; its globals and cells are read from there."""

    fun: Any
    path: Any  # a Path, or None for functions of the library's own


@dataclass(eq=False, slots=True)
class Closure:
    """A function or lambda defined inside the interpreted code, with the frame it closes over."""

    node: Any
    frame: Any
    defaults: list[Any]
    kw_defaults: list[Any]

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")


@dataclass(eq=False, slots=True)
class Bound:
    """A method looked up on an abstract value, before it is called."""

    owner: Any
    name: str


@dataclass(eq=False, slots=True)
class BoundFunction:
    """A user's function with its first arguments, or some keywords, filled in: a method or a partial."""

    fun: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(eq=False, slots=True)
class ObjectRef:
    """An object of a class of the user's, reached by a path and explored attribute by attribute."""

    path: Any
    obj: Any
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """`range(start, stop, step)` with run-time bounds."""

    start: Any
    stop: Any
    step: Any


@dataclass(eq=False, slots=True)
class Lazy:
    """An iterable made of others: `enumerate`, `zip`, `reversed`, `map`, a generator expression."""

    kind: str
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Unbound:
    """What a name holds where its binding on some path is missing or of a different nature."""

    reason: str


@dataclass(eq=False, slots=True)
class Raised:
    """An exception object under construction, to be raised at run time."""

    value: Any


def is_dataclass_instance(x: Any) -> bool:
    return dataclasses.is_dataclass(x) and not isinstance(x, type)


def is_namedtuple(x: Any) -> bool:
    return isinstance(x, tuple) and hasattr(x, "_fields")


@dataclass(eq=False, slots=True)
class Struct:
    """A dataclass instance whose fields are abstract."""

    cls: type
    fields: dict[str, Any]
    origin: Any = (
        None  # of one that was handed in: its path and the instance, for attributes that are no fields
    )


@dataclass(eq=False, slots=True)
class Columns:
    """A long list of containers that are all alike: one run-time list for each leaf of an item."""

    template: Any  # an item, whose leaves are numbers into `lists`
    lists: list[Any]
    kind: type = list
    own: bool = False  # grown in interpreted code, and not handed in


LONG = 16  # items; a longer list of alike items is a run-time value, its length no part of a specialisation


def children(x: Any) -> Iterator[Any] | None:
    """The abstract values inside a container, or None for what is no container."""
    if isinstance(x, (tuple, list)):
        return iter(x)
    if isinstance(x, dict):
        return iter(x.values())
    if isinstance(x, Struct):
        return iter(x.fields.values())
    if isinstance(x, Columns):
        return iter(x.lists)
    if isinstance(x, slice):
        return iter((x.start, x.stop, x.step))
    return None


def rebuild(x: Any, items: list[Any]) -> Any:
    """A container like `x` with these children."""
    if is_namedtuple(x):
        return type(x)(*items)
    if isinstance(x, (tuple, list)):
        return type(x)(items)
    if isinstance(x, dict):
        return dict(zip(x, items, strict=True))
    if isinstance(x, slice):
        return slice(*items)
    if isinstance(x, Columns):
        return Columns(x.template, items, x.kind, x.own)
    return Struct(x.cls, dict(zip(x.fields, items, strict=True)), x.origin)


def map_abstract(x: Any, change: Callable[[Any], Any]) -> Any:
    """`x` with every leaf replaced; containers are copied."""
    inner = children(x)
    return change(x) if inner is None else rebuild(x, [map_abstract(item, change) for item in inner])


def leaves_of(x: Any) -> Iterator[Any]:
    """The leaves of nested containers, in order."""
    inner = children(x)
    if inner is None:
        yield x
    else:
        for item in inner:
            yield from leaves_of(item)


def is_static(x: Any) -> bool:
    """Whether an abstract value is a plain Python object through and through."""
    return all(
        not isinstance(
            leaf, (Value, FunctionRef, Closure, Bound, BoundFunction, ObjectRef, Range, Lazy, Unbound)
        )
        for leaf in leaves_of(x)
    )


def same_abstract(a: Any, b: Any) -> bool:
    """Whether two abstract values are surely the same run-time object or equal constants."""
    if a is b:
        return True
    inner_a, inner_b = children(a), children(b)
    if inner_a is not None and inner_b is not None and type(a) is type(b):
        items_a, items_b = list(inner_a), list(inner_b)
        keys = not isinstance(a, dict) or list(a) == list(b)
        return keys and len(items_a) == len(items_b) and all(map(same_abstract, items_a, items_b))
    if isinstance(a, Value) or isinstance(b, Value) or type(a) is not type(b):
        return False
    if isinstance(a, (FunctionRef, ObjectRef)):
        return (getattr(a, "fun", None) or getattr(a, "obj", None)) is (
            getattr(b, "fun", None) or getattr(b, "obj", None)
        )
    try:
        return bool(a == b) and (not isinstance(a, float) or np.copysign(1, a) == np.copysign(1, b))
    except (ValueError, TypeError):
        return False
