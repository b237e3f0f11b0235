"""Functions of the user's that a compiled program calls and does not look into: Numba compiles them too.

What they return is asked of Numba while the program is made, so that what follows from it is typed.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import types
from typing import Any

import numpy as np

from ...frontend.opaque import TRUSTED
from ...ir.program import Arg, Value
from ...ir.types import BOOL, INT, UNKNOWN, Dim, Type, array, scalar


def is_foreign(fun: Any) -> bool:
    """Whether an operation calls a Python function that is neither ours nor a library's."""
    inner = python_function(fun)
    module = (getattr(inner, "__module__", None) or "").partition(".")[0]
    return inner is not None and module not in TRUSTED | {"s2sgrad"} and not hasattr(builtins, inner.__name__)


def python_function(fun: Any) -> Any:
    """The Python function that Numba would compile, or None."""
    inner = getattr(fun, "py_func", fun)
    return inner if isinstance(inner, types.FunctionType) else None


def foreign_type(fun: Any, args: tuple[Arg, ...], kwargs: dict[str, Arg], node: Any) -> Type:
    """The type of the result of such a call, as Numba has it; unknown where it cannot compile the function."""
    if not is_foreign(fun):
        return UNKNOWN
    given = [numba_type(a) for a in positional(fun, args, kwargs)]
    if any(t is None for t in given):
        return UNKNOWN
    found = _returned(python_function(fun), tuple(given))
    return _type_of(found, node)


def positional(fun: Any, args: tuple[Arg, ...], kwargs: dict[str, Arg]) -> tuple[Arg, ...]:
    """The arguments of a call by their places; all defaults between them spelled out."""
    bound = inspect.signature(python_function(fun)).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


def numba_type(x: Arg) -> Any:
    """The type that Numba gives an operand, None where it has none."""
    import numba

    if isinstance(x, (tuple, list)):
        items = [numba_type(item) for item in x]
        return None if any(t is None for t in items) or isinstance(x, list) else numba.types.Tuple(items)
    if not isinstance(x, Value):
        try:
            return numba.typeof(x)
        except (ValueError, TypeError):
            return None
    t = x.type
    if t.dtype is None or t.shape is None or t.dtype.kind not in "biufc":
        return None
    item = numba.from_dtype(t.dtype)
    return numba.types.Array(item, len(t.shape), "C") if t.shape else item


@functools.lru_cache(maxsize=256)
def _returned(fun: Any, given: tuple[Any, ...]) -> Any:
    """What Numba infers that a function returns, None if it cannot compile it."""
    import numba
    from numba.core.errors import NumbaError

    switched_off = (
        (AttributeError,) if numba.config.DISABLE_JIT else ()
    )  # its own functions are not compiled then
    try:
        compiled = numba.njit(fun, error_model="numpy")
        if not hasattr(compiled, "compile"):  # Numba is switched off: it infers all the same
            from numba.core.registry import CPUDispatcher

            compiled = CPUDispatcher(fun, targetoptions={"nopython": True})
        compiled.compile(given)
        return compiled.overloads[given].signature.return_type
    except (NumbaError, KeyError, *switched_off):
        return None


def _type_of(t: Any, node: Any) -> Type:
    import numba
    from numba.np.numpy_support import as_dtype

    if isinstance(t, numba.types.Array):
        return array(np.dtype(as_dtype(t.dtype)), tuple(Dim((node, k)) for k in range(t.ndim)))
    if isinstance(t, numba.types.Boolean):
        return BOOL
    if isinstance(t, numba.types.Integer):
        return INT if t.bitwidth == 64 and t.signed else scalar(np.dtype(as_dtype(t)))
    if isinstance(t, (numba.types.Float, numba.types.Complex)):
        return scalar(np.dtype(as_dtype(t)))
    return UNKNOWN


__all__ = ["foreign_type", "is_foreign", "positional", "python_function"]
