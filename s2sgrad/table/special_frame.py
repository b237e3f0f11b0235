"""The word that declares functions of `scipy.special`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .registry import Entry, Rule, elementwise


def special(fun: Callable[..., Any], *rules: Rule | None, **facts: Any) -> Entry:
    """Declare an elementwise function of `scipy.special`."""
    return elementwise(fun, *rules, name=f"scipy.special.{fun.__name__}", **facts)
