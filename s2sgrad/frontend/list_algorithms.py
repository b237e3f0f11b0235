"""What lists grown at run time do beyond `append` and the last `pop`, in the language itself.

These functions are not called: they are interpreted like the user's, so they need no rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DifferentiationError
from ..ir.program import Value
from .abstract import FunctionRef, Lazy
from .frame import Frame


def is_run_time_list(x: Any) -> bool:
    """Whether an abstract value is a list, or a part of one, whose length is known only at run time."""
    if isinstance(x, Lazy):
        return x.kind == "part" and is_run_time_list(x.parts[0])
    return isinstance(x, Value) and x.type.kind == "list"


def interpreted(frame: Frame, node: Any, algorithm: Callable[..., Any], *args: Any) -> Any:
    """The abstract result of one of the functions below."""
    from .calls import inline

    try:
        return inline(frame, node, FunctionRef(algorithm, None), list(args), {})
    except DifferentiationError as error:
        if error.filename == __file__:  # the user's line is where it was asked for
            raise type(error)(error.message, frame.here(node)) from None
        raise


def joined(a: Any, b: Any) -> Any:
    out: list[Any] = []
    for item in a:
        out.append(item)
    for item in b:
        out.append(item)
    return out


def repeated(items: Any, count: Any) -> Any:
    out: list[Any] = []
    for _ in range(count):
        for item in items:
            out.append(item)
    return out


def without(items: Any, index: Any) -> Any:
    k = index + len(items) if index < 0 else index
    out: list[Any] = []
    for i in range(len(items)):
        if i != k:
            out.append(items[i])
    return out


def with_inserted(items: Any, index: Any, x: Any) -> Any:
    k = max(0, index + len(items)) if index < 0 else index
    out: list[Any] = []
    for i in range(len(items)):
        if i == k:
            out.append(x)
        out.append(items[i])
    if k >= len(items):
        out.append(x)
    return out


def keyed(items: Any, key: Any) -> Any:
    return [key(x) for x in items]


def turned_round(items: Any) -> Any:
    out: list[Any] = []
    for i in range(len(items)):
        out.append(items[len(items) - 1 - i])
    return out
