"""Functions of the user's that are called, not looked into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .table.registry import IMPURE, define, dotted_name

F = TypeVar("F", bound=Callable[..., Any])


def primitive(fun: F) -> F:
    """Put a function into the table of derivatives, opaque: programs call it, as often as the original does.

    Its derivative is given with `defvjp` (and `defjvp`); constants may be handed to it without one.

    Parameters
    ----------
    fun : callable
        Any function, also one that is not of the supported language.

    Returns
    -------
    callable
        `fun` itself.

    Examples
    --------
    >>> import numpy as np
    >>> from s2sgrad import defvjp, grad
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda g, ans, x: 3 * g * x**2)
    >>> print(grad(lambda x: np.sum(cube(x)))(np.array([1.0, 2.0])))
    [ 3. 12.]
    """
    if not callable(fun):
        raise TypeError(f"a {type(fun).__name__} is not a function")
    try:
        define(fun, name=dotted_name(fun), effect=IMPURE, heavy=True)
    except TypeError as error:
        raise TypeError(f"{fun!r} cannot be hashed, and the table finds functions by their hash") from error
    return fun
