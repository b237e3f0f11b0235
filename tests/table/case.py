"""One checked call of a table function, as data: the shared checkers run every case in every mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A call `fun(*args, **kwargs)` to be differentiated in the floating leaves of the positions `wrt`."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] | None = None  # None: every argument with floating leaves
    rtol: float = 1e-6
    orders: int = 2  # 1 where the second derivative does not exist at this point (kinks)
    value_rtol: float = 1e-11  # how well the value agrees with the original's
    name: str = ""
    symmetric: tuple[int, ...] = ()  # positions of symmetric matrices, which move along symmetric directions

    def __repr__(self) -> str:
        shapes = ",".join("x".join(map(str, getattr(a, "shape", ()))) or type(a).__name__ for a in self.args)
        extra = ",".join(f"{k}={v!r}" for k, v in self.kwargs.items())
        return (
            f"{self.name or getattr(self.fun, '__name__', self.fun)}({shapes}{';' if extra else ''}{extra})"
        )
