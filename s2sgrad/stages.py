"""The compilation stage by stage, as text, and the export of generated programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .compiler import Specialisation
from .saved import Saved, saved_of
from .targets.primitives import primitives_text


@dataclass(frozen=True)
class Stages:
    """What `.lower(*args)` returns: each stage of one compilation.

    Attributes
    ----------
    primitives : str
        The primitive operations of the function, one a line.
    adjoint : str
        The program with its adjoint, one operation a line.
    source : str
        The program as it runs.
    loops : str
        With `jit`, the loops that Numba compiles.
    saved : Saved
        What the forward sweep keeps for the backward one.
    """

    specialisation: Specialisation
    arguments: dict[str, Any]

    @property
    def primitives(self) -> str:
        return primitives_of(self.specialisation)

    @property
    def adjoint(self) -> str:
        return primitives_text(self.specialisation.lowered, self.specialisation.stages[0].function)

    @property
    def source(self) -> str:
        return self.specialisation.text.text

    @property
    def loops(self) -> str:
        loops = getattr(self.specialisation.text, "loops", None)
        if loops is None:
            raise AttributeError("there are no loops without jit=True")
        return str(loops)

    @property
    def saved(self) -> Saved:
        return saved_of(self.specialisation, self.arguments)


def primitives_of(spec: Specialisation) -> str:
    """The primitive operations of the function, one a line."""
    return primitives_text(spec.lowered)
