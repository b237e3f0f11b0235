"""The table of derivatives as rows, for people."""

from __future__ import annotations

import importlib
from dataclasses import astuple, dataclass
from importlib.util import find_spec
from typing import Any

from .table.composite import DEFINITIONS
from .table.registry import ENTRIES, LAZY_CHAPTERS, Entry
from .targets.spelling import import_path


@dataclass(frozen=True)
class Row:
    """One function of the table.

    Attributes
    ----------
    name : str
        Where it is imported from: `numpy.exp`.
    modes : str
        "reverse", "forward", both, or "constant" where the derivative is zero.
    dtypes : str
        What may be differentiated through it.
    jit : bool
        Whether it compiles under `jit=True`.
    limits : str
        What is not differentiated.
    """

    name: str
    modes: str
    dtypes: str
    jit: bool
    limits: str


class Table(list):
    """Rows that print as a table."""

    def __str__(self) -> str:
        rows = [
            ("name", "modes", "dtypes", "jit", "limits"),
            *[tuple(map(str, astuple(row))) for row in self],
        ]
        widths = [max(len(row[k]) for row in rows) for k in range(5)]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows)


def supported() -> Table:
    """The functions that have derivatives, one row each, in the order of their names.

    Examples
    --------
    >>> [row.modes for row in supported() if row.name == "numpy.exp"]
    ['reverse, forward']
    """
    for library in [name for name in LAZY_CHAPTERS if find_spec(name) is not None]:
        for chapter in LAZY_CHAPTERS.pop(library, ()):
            importlib.import_module(chapter)
    from .targets.loops.coverage import read_all_chapters

    read_all_chapters()
    rows: dict[str, Row] = {}
    for fun, entry in list(ENTRIES.items()):
        name = _name_of(fun, entry)
        if name is not None:
            rows[name] = _row(name, fun, entry)
    return Table(rows[name] for name in sorted(rows))


def _name_of(fun: Any, entry: Entry) -> str | None:
    """The public name of a function; None for what is the compiler's own."""
    if (getattr(fun, "__module__", None) or "").partition(".")[0] == "s2sgrad":
        return None
    name = import_path(fun) or (entry.name if fun is entry.fun else None)
    return None if name is None or name.startswith("s2sgrad") else name


def _row(name: str, fun: Any, entry: Entry) -> Row:
    from .targets.loops.coverage import compiles

    defined = fun in DEFINITIONS
    reverse = entry.vjps is not None or defined
    forward = (
        entry.jvps is not None
        or bool(entry.linear)
        or defined
        or (entry.elementwise and entry.holomorphic and entry.vjps is not None)
    )
    modes = (
        "constant"
        if entry.inactive
        else ", ".join(m for m, there in (("reverse", reverse), ("forward", forward)) if there)
    )
    real_only = "scipy" in name or name.startswith("math.")
    jit = compiles(name, fun, entry)
    return Row(name, modes, "real" if real_only else "real, complex", jit, entry.limits)


__all__ = ["Row", "Table", "supported"]
