"""Functions differentiated through a definition: when active, the call is replaced by its definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .registry import Entry, define

DEFINITIONS: dict[Callable[..., Any], Callable[..., Any]] = {}


def composite(
    fun: Callable[..., Any], definition: Callable[..., Any], *aliases: Callable[..., Any], **facts: Any
) -> Entry:
    """Declare that `fun` equals `definition`, a function in the supported language with the same signature."""
    entry = define(fun, *aliases, **facts)
    for spelling in (fun, *aliases):
        DEFINITIONS[spelling] = definition
    return entry
