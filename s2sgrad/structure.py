"""Nested containers of run-time values: tuples, lists, dicts, named tuples and dataclasses, and their leaves."""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def parts(x: Any) -> dict[str, Any] | None:
    """The parts of a container by label (`[0]`, `['w']`, `.w`), or None for what is no container."""
    if isinstance(x, dict):
        return {f"[{key!r}]": v for key, v in x.items()}
    if isinstance(x, (tuple, list)):
        return {f"[{k}]": v for k, v in enumerate(x)}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return {f".{f.name}": getattr(x, f.name) for f in dataclasses.fields(x)}
    return None


def rebuilt(x: Any, items: list[Any]) -> Any:
    """A container like `x` with these parts."""
    if isinstance(x, dict):
        return dict(zip(x, items, strict=True))
    if isinstance(x, (tuple, list)):
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return with_fields(type(x), dict(zip([f.name for f in dataclasses.fields(x)], items, strict=True)))


def is_generated(fun: Any) -> bool:
    """Whether a function has no text of its own: the `__init__` that `dataclass` writes."""
    return isinstance(fun, types.FunctionType) and fun.__code__.co_filename == "<string>"


def is_made_of_its_fields(cls: type) -> bool:
    """Whether calling a dataclass with its fields gives an instance of just these."""
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    return (
        all(f.init for f in fields)
        and len(fields) == len(inspect.signature(cls).parameters)
        and is_generated(cls.__init__)  # type: ignore[misc]
        and not hasattr(cls, "__post_init__")
    )


def with_fields(cls: Any, fields: dict[str, Any]) -> Any:
    """An instance of a dataclass that has these fields, made without its `__init__`."""
    made = object.__new__(cls)
    for name in fields:
        object.__setattr__(made, name, fields[name])
    return made


def leaves(x: Any) -> Iterator[Any]:
    """The leaves of nested containers, in order."""
    inner = parts(x)
    if inner is None:
        yield x
    else:
        for part in inner.values():
            yield from leaves(part)


def map_leaves(change: Callable[..., Any], x: Any, *others: Any) -> Any:
    """`x` with every leaf replaced by `change` of it and of the leaves of `others` in the same places."""
    inner = parts(x)
    if inner is None:
        return change(x, *others)
    columns = [list((parts(other) or {}).values()) for other in others]
    items = [map_leaves(change, part, *[c[k] for c in columns]) for k, part in enumerate(inner.values())]
    return rebuilt(x, items)


def is_floating(x: Any) -> bool:
    """Whether a leaf carries a derivative."""
    return isinstance(x, (float, complex, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fc"


__all__ = ["is_floating", "leaves", "map_leaves", "parts", "rebuilt"]
