"""What is asked of types and not of numbers (`np.finfo(float)`, `np.issubdtype(x.dtype, np.floating)`) is answered when
the program is compiled; where the type is not known then, the question stays in the program."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import Value
from ..table.registry import lookup
from .abstract import FunctionRef, is_static
from .builtin_functions import BUILTINS
from .frame import Frame

OF_TYPES = (
    np.finfo, np.iinfo, np.dtype, np.promote_types, np.can_cast, np.issubdtype, np.min_scalar_type, operator.contains,
)  # fmt: skip


def _answered(fun: Any) -> Callable[..., Any]:
    """The lowering of a function of types: its answer, where the types are known."""

    def rule(frame: Frame, node: Any, *args: Any, **kwargs: Any) -> Any:
        from .calls import call_table

        plain = [a.fun if isinstance(a, FunctionRef) and isinstance(a.fun, type) else a for a in args]
        if is_static((plain, kwargs)):
            return fun(*plain, **kwargs)
        entry = lookup(fun)
        assert entry is not None
        return call_table(frame, node, fun, entry, list(args), kwargs)

    return rule


def _isscalar(frame: Frame, node: Any, element: Any) -> Any:
    """Whether something is a number or a text."""
    if not isinstance(element, Value):
        return np.isscalar(element)
    if element.type.kind in ("unknown", "packed"):
        return _answered_at_run_time(frame, node, np.isscalar, element)
    return element.type.is_scalar


def _iterable(frame: Frame, node: Any, y: Any) -> Any:
    """Whether something can be iterated over."""
    if not isinstance(y, Value):
        return np.iterable(y)
    if y.type.kind in ("unknown", "packed") or (y.type.kind == "array" and y.type.rank is None):
        return _answered_at_run_time(frame, node, np.iterable, y)
    return y.type.kind == "list" or (y.type.kind == "array" and y.type.rank != 0)


def _answered_at_run_time(frame: Frame, node: Any, fun: Any, x: Any) -> Any:
    from .calls import call_table

    entry = lookup(fun)
    assert entry is not None
    return call_table(frame, node, fun, entry, [x], {})


BUILTINS.update({fun: _answered(fun) for fun in OF_TYPES})
BUILTINS[np.isscalar] = _isscalar
BUILTINS[np.iterable] = _iterable
__all__ = ["OF_TYPES"]
