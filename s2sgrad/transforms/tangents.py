"""What forward mode carries beside the values of a program, and the state of one run of it.

An `Algebra` says what that is. Derivatives are one (`forward_operation.py`), dependence on the entries of the argument
another (`dependence.py`). Several directions are carried at once, each with tangents of its own; a tangent is None
where nothing that the value depends on moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..frontend.capture import Inputs
from ..ir.builder import Builder
from ..ir.program import Function, Op, Value, leaves


@dataclass(frozen=True)
class Algebra:
    """What goes beside the values."""

    zeros: Callable[[Builder, Value], Any]  # of a value that does not move
    of_operation: Callable[[Pushing, Op, Any, Any, Any], Any]  # of the results of an operation
    fitted: Callable[[Builder, Any, Value], Any]  # in the shape of its value
    simplifiers: dict[Any, Any]


@dataclass(eq=False)
class Pushing:
    """One run of forward mode over one function."""

    builder: Builder
    inputs: Inputs
    algebra: Algebra
    active: set[Value]
    new: dict[Value, Any]
    each: list[dict[Value, Any]]  # of each direction: original value -> its tangent
    functions: dict[Any, Function]
    breaks: list[list[tuple[int, Value]]] = field(
        default_factory=list
    )  # of the loops being copied: what moves
    at: int = 0  # the direction at hand

    @property
    def tangents(self) -> dict[Value, Any]:
        """The tangents along the direction at hand."""
        return self.each[self.at]

    def directions(self) -> Iterator[int]:
        """Each direction, made the one at hand."""
        for k in range(len(self.each)):
            self.at = k
            yield k

    def change(self, v: Value) -> Any:
        """What an original value became."""
        return self.new.get(v, v)


def tangent_of(state: Pushing, x: Any) -> Any:
    """The tangent of an operand tree: zeros for what does not move, whole numbers among it."""
    if isinstance(x, Value):
        known = state.tangents.get(x)
        if known is not None:
            return known
        return state.algebra.zeros(state.builder, state.change(x)) if _is_number(x.type) else state.change(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[tangent_of(state, item) for item in x])
    if isinstance(x, (tuple, list)):
        return type(x)([tangent_of(state, item) for item in x])
    if isinstance(x, dict):
        return {key: tangent_of(state, item) for key, item in x.items()}
    if isinstance(x, np.ndarray):
        return np.zeros_like(x)
    return 0.0 if isinstance(x, (int, float, complex, np.number, np.bool_)) else x


def _is_number(t: Any) -> bool:
    return t.may_be_active or (t.dtype is not None and t.dtype.kind in "iub")


def moves(state: Pushing, x: Any) -> bool:
    return any(state.tangents.get(v) is not None for v in leaves(x))


def types_of(node: Op) -> Any:
    """The types of the results of an operation, in their structure."""
    if node.structure is None:
        return node.results[0].type
    types = [r.type for r in node.results]
    return node.structure(*types) if hasattr(node.structure, "_fields") else node.structure(types)
