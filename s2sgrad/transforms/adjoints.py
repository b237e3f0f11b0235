"""Adjoints under accumulation: contributions to a value, and their sum when its node is reached."""

from __future__ import annotations

import operator
from typing import Any

from ..ir.program import Value, leaves
from .cotangent import fit, total
from .regions import Mirror, Reversal


def contribute(state: Reversal, mirror: Mirror, arg: Any, c: Any, elementwise: bool, name: str) -> None:
    """Add the cotangent tree `c` to the adjoints of the active leaves of an operand tree."""
    if isinstance(arg, Value):
        if arg in state.alive and c is not None:
            mirror.adjoints.setdefault(arg, []).append(fit(state.builder, c, arg, elementwise, name))
    elif isinstance(arg, (tuple, list)) and isinstance(c, (tuple, list)):
        for a, part in zip(arg, c):
            contribute(state, mirror, a, part, elementwise, name)
    elif (
        isinstance(arg, (tuple, list)) and isinstance(c, Value) and any(v in state.alive for v in leaves(arg))
    ):
        for k, a in enumerate(arg):
            contribute(state, mirror, a, state.builder.op(operator.getitem, (c, k)), elementwise, name)


def adjoint(state: Reversal, mirror: Mirror, v: Value) -> Any:
    """The finished cotangent of a value, given up to its node; None if nothing reached it."""
    bar = total(state.builder, mirror.adjoints.pop(v, []))
    if (
        isinstance(bar, Value)
        and bar.name is None
        and v.name is not None
        and getattr(bar.node, "backward", True)
    ):
        bar.name = f"{v.name}_bar"
    return bar
