"""What may be differentiated with respect to: floating scalars and arrays, and containers that hold some."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .signature import Signature, reach

ALLOWED = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))
ALLOWED_TEXT = "float32, float64, complex64 and complex128"


def check_arguments(signature: Signature, args: tuple[Any, ...], positions: Any) -> None:
    """Refuse to differentiate with respect to what has no derivative.

    Raises
    ------
    TypeError
        For an argument without floating values, or with such as are not supported.
    """
    for position in positions:
        x = reach(args, position, signature.names)
        name = signature.names[position[0]] + "".join(f"[{place!r}]" for place in position[1:])
        if not floating_leaves(x, name):
            raise TypeError(
                f"argument `{name}` has no floating value to differentiate with respect to: it is {_describe(x)}"
            )


def _describe(x: Any) -> str:
    return f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def floating_leaves(x: Any, name: str, inside: bool = False) -> int:
    """How many floating leaves an argument has; a TypeError for those that are not supported."""
    if isinstance(x, (list, tuple)):
        return sum(floating_leaves(item, f"{name}[{k}]", True) for k, item in enumerate(x))
    if isinstance(x, dict):
        return sum(floating_leaves(item, f"{name}[{key!r}]", True) for key, item in x.items())
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return sum(
            floating_leaves(getattr(x, f.name), f"{name}.{f.name}", True) for f in dataclasses.fields(x)
        )
    if isinstance(x, (np.ndarray, np.generic)):
        return _check_array(x, name, inside)
    return int(isinstance(x, (float, complex)))


def _check_array(x: Any, name: str, inside: bool) -> int:
    if isinstance(x, np.ndarray) and type(x) not in (np.ndarray, np.memmap):
        raise TypeError(
            f"`{name}` is a {type(x).__name__}, a subclass of ndarray: convert it with np.asarray"
        )
    if x.dtype in ALLOWED and x.dtype.isnative:
        return 1
    if x.dtype.kind in "fcO" or not x.dtype.isnative:
        raise TypeError(
            f"`{name}` has dtype {x.dtype if x.dtype.isnative else x.dtype.str}: "
            f"arrays of {ALLOWED_TEXT} can be differentiated, so convert it with `.astype`"
        )
    if not inside:
        raise TypeError(
            f"`{name}` has dtype {x.dtype}: convert it to a floating dtype to differentiate with respect to it"
        )
    return 0
