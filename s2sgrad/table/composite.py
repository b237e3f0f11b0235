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


STAND_INS: dict[Any, Callable[..., Any]] = {}


def stand_in(fun: Any, definition: Callable[..., Any]) -> None:
    """Declare that calls of `fun`, a class or a function of functions, are always those of `definition`.

    What `definition` returns need not be what `fun` returns, but behaves as it: an object whose methods can be read.
    """
    STAND_INS[fun] = definition


def refuse(unsupported: bool, what: str) -> None:
    """Refuse at compile time what a rule does not hold for."""
    if unsupported:
        raise NotImplementedError(f"{what} has no derivative in the table")
