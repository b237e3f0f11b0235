"""The compilation stage by stage, as text, and the export of generated programs."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from .compiler import Specialisation
from .frontend.lower import Lowered
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
        raise NotImplementedError("the fused-loop program belongs to jit=True, which is not there yet")


def primitives_of(spec: Specialisation) -> str:
    """The primitive operations of the function, one a line."""
    return primitives_text(spec.lowered)


def export_text(spec: Specialisation) -> str:
    """The module as a file of its own: what it needs from the user's modules is imported by name."""
    lines = spec.text.text.splitlines()
    imports = []
    for label, obj in spec.text.externals.items():
        module, qualname = getattr(obj, "__module__", None), getattr(obj, "__qualname__", label)
        if module is None or "<" in qualname or module == "__main__":
            raise ValueError(f"`{label}` cannot be imported by an exported program: define it in a module")
        head = qualname.partition(".")[0]
        imports.append(f"from {module} import {head}" + (f" as {label}" if head != label and head == qualname else ""))
    place = next((k for k, line in enumerate(lines) if not line.startswith("#")), 0)
    return "\n".join([*lines[:place], *imports, *lines[place:]]) + "\n"


__all__ = ["Lowered", "Stages", "Any", "copy", "export_text", "primitives_text"]
