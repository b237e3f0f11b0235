"""Calls of functions that are not looked into, which may write into the arrays they are given.

Such a function gets a copy, which is from then on what the caller's name shows: what it wrote is seen, what
was read before is not disturbed, and an argument of the differentiated function is left alone.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..ir.program import Value
from .abstract import children
from .expressions import emit
from .frame import Frame
from .writes import write_version

WRITING = frozenset(
    [
        "shuffle",
        "heappush",
        "heappop",
        "heapify",
        "heappushpop",
        "heapreplace",
        "insort",
        "insort_left",
        "insort_right",
        "readinto",
        "pack_into",
    ]
)
KEEPING = frozenset(
    ["append", "extend", "insert", "update", "setdefault", "__setitem__"]
)  # methods that keep what they get as it is
TRUSTED = frozenset({"numpy", "scipy"}) | sys.stdlib_module_names


def may_write(fun: Any, name: str | None = None) -> bool:
    """Whether an opaque function may write into its arguments: those of libraries do not, but for a few."""
    name = name or getattr(fun, "__name__", "")
    owner = getattr(fun, "__self__", None)
    module = getattr(fun, "__module__", None) or type(owner if owner is not None else fun).__module__ or ""
    return name in WRITING or module.partition(".")[0] not in TRUSTED


def handed_over(frame: Frame, node: Any, x: Any) -> Any:
    """An argument with the arrays in it replaced by copies that they are from now on."""
    if isinstance(x, Value):
        if x.type.kind != "array":
            return x
        made = emit(frame, node, np.copy, x)
        write_version(frame, node, x, made)
        return made
    if isinstance(x, (tuple, list)) and type(x) in (tuple, list):
        return type(x)([handed_over(frame, node, item) for item in children(x) or ()])
    if type(x) is dict:
        return {k: handed_over(frame, node, item) for k, item in x.items()}
    return x
