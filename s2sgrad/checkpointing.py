"""Trading time for memory: functions and loops whose intermediate values are computed again, not kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from .frontend.abstract import Lazy
from .frontend.builtin_functions import BUILTINS
from .frontend.nesting import Checkpointed


class Checkpoint:
    """A function marked for recomputation; a call of it is a call of the function."""

    nature = "checkpoint"

    def __init__(self, fun: Callable[..., Any]) -> None:
        functools.update_wrapper(self, fun)
        self.__wrapped__ = fun

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<checkpoint of {getattr(self, '__name__', self.__wrapped__)}>"


def checkpoint(fun: Callable[..., Any]) -> Checkpoint:
    """The same function, whose intermediate values are computed again in the backward sweep, not kept.

    Parameters
    ----------
    fun : callable
        A function that writes to nothing its caller can see.

    Examples
    --------
    >>> import numpy as np
    >>> from s2sgrad import grad
    >>> block = checkpoint(lambda x: np.tanh(np.sin(x)) ** 2)
    >>> print(round(grad(lambda x: block(block(x)))(0.5), 6))
    0.230462
    """
    return Checkpoint(fun)


def checkpointed(steps: range, *, keep: int) -> Iterator[int]:
    """Iterate over `steps`; the backward sweep holds at most `keep` states of the loop at a time.

    Parameters
    ----------
    steps : range
        Counts up by one.
    keep : int
        How many states are held; the steps between are repeated by a binomial schedule.

    Raises
    ------
    ValueError
        If `keep` is less than 1.

    Examples
    --------
    >>> from s2sgrad import grad
    >>> def spiral(x):
    ...     for _ in checkpointed(range(100), keep=5):
    ...         x = x - 0.01 * x**3
    ...     return x
    >>> print(round(grad(spiral)(1.0), 6))
    0.188914
    """
    if keep < 1:
        raise ValueError(f"keep={keep}: at least one state must be held")
    return iter(steps)


BUILTINS[checkpoint] = lambda frame, node, fun: Checkpointed(fun)
BUILTINS[checkpointed] = lambda frame, node, steps, *, keep: Lazy("checkpointed", (steps, keep))
