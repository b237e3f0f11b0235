"""Which functions of the table compile: told by the tables that the compiler itself uses."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

import numpy as np

from ...frontend.builtin_functions import BUILTINS
from ...table.composite import DEFINITIONS
from ...table.registry import Entry
from ...table.simpler import SIMPLER
from .access import EXPANSIONS
from .calls import CALLS, OF_NUMBERS
from .definitions import BY_RANK, CHAPTERS
from .reductions import KINDS
from .rewriting import REWRITES
from .scalars import SCALARS
from .special import OWN_NAMES, exported

TABLES = (SCALARS, EXPANSIONS, CALLS, OF_NUMBERS, KINDS, BY_RANK, REWRITES, SIMPLER, DEFINITIONS, OWN_NAMES)
# Refused: of these a definition says what they would be, by way of something that no loops are made of.
REFUSED = frozenset(
    [
        "scipy.integrate.odeint",
        "scipy.linalg.solve_banded",
        "scipy.signal.choose_conv_method",
        "numpy.multiply.at",  # with index arrays not even without `jit`
        "numpy.divide.at",
        "numpy.power.at",
    ]
)


def read_all_chapters() -> None:
    """Read the definitions of functions of SciPy too, if SciPy is there."""
    if find_spec("scipy") is not None:
        for chapter in CHAPTERS.values():
            importlib.import_module(chapter)


def compiles(name: str, fun: Any, entry: Entry) -> bool:
    """Whether a function has a compiled form, for some of its options at least."""
    if name in REFUSED:
        return False
    spellings = [f for f in (fun, entry.fun) if _is_hashable(f)]
    if any(f in table for f in spellings for table in TABLES):
        return True
    if any(f in BUILTINS for f in spellings):
        return True  # lowered to operations that compile, or answered when the program is compiled
    return (
        isinstance(entry.fun, np.ufunc)
        and name.startswith("scipy.special.")
        and entry.fun.__name__ in exported()
    )


def _is_hashable(fun: Any) -> bool:
    try:
        hash(fun)
    except TypeError:
        return False
    return True


__all__ = ["REFUSED", "compiles", "read_all_chapters"]
