"""The table of derivatives as rows, for people."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from .frontend import about_types, write_functions  # noqa: F401  (they register their functions)
from .frontend.builtin_functions import BUILTINS
from .frontend.methods import ARRAY_ATTRIBUTES, ARRAY_METHODS, ARRAY_SPECIAL, refused_method
from .table.composite import DEFINITIONS, STAND_INS
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
    rule : str
        How the derivative is known: "rule", "linear", "definition" (in terms of other functions), "language"
        (lowered by the compiler itself), or "constant".
    source : str
        Where the formula is from, if it is not obvious.
    """

    name: str
    modes: str
    dtypes: str
    jit: bool
    limits: str
    rule: str = ""
    source: str = ""


class Table(list):
    """Rows that print as a table."""

    def __str__(self) -> str:
        rows = [
            ("name", "modes", "dtypes", "jit", "limits"),
            *[tuple(map(str, astuple(row)))[:5] for row in self],
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
    for name, fun in _of_the_language():
        if name not in rows:
            modes = "constant" if name in CONSTANT else "reverse, forward"
            jit = _is_lowered(name, rows)
            rows[name] = Row(name, modes, "real, complex", jit, "", _kind_of(fun))
    for name, fun in _spellings():
        hashable = callable(fun) and fun.__hash__ is not None
        known = ENTRIES.get(fun) if hashable and name not in rows else None
        if known is not None:
            rows[name] = _row(name, fun, known)
    return Table(rows[name] for name in sorted(rows))


# Methods of arrays that become operations of the program, without a function of their own.
LOWERED = frozenset(
    [
        *(
            "T",
            "mT",
            "shape",
            "size",
            "ndim",
            "dtype",
            "itemsize",
            "nbytes",
            "real",
            "imag",
            "conj",
            "copy",
            "fill",
            "flat",
            "sort",
        ),
        *("flatten", "item", "put", "reshape", "astype", "tolist", "transpose", "view"),
        *("__array__", "__getitem__", "__setitem__", "__len__", "__iter__"),
    ]
)


def _is_lowered(name: str, rows: dict[str, Row]) -> bool:
    """Whether what the frontend makes of a name compiles: of a method of arrays, what its function says."""
    from .targets.loops.coverage import REFUSED

    library, _, label = name.rpartition(".")
    if library == "numpy.ndarray":
        same = rows.get(f"numpy.{label}")
        return label in LOWERED or (same is not None and same.jit)
    return name not in REFUSED


CONSTANT = frozenset(
    f"{library}.{name}"
    for library, names in {
        "numpy": "shape size ndim result_type iscomplexobj isrealobj",
        "builtins": "len isinstance type callable hasattr any all int bool range slice print str repr set frozenset",
        "numpy.ndarray": "shape size ndim dtype argmax argmin argsort argpartition nonzero searchsorted any all round",
    }.items()
    for name in names.split()
)


def _path_of(fun: Any) -> str | None:
    """Where a function, or a method of a ufunc, is imported from."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"numpy.{owner.__name__}.{fun.__name__}"
    return import_path(fun)


def _spellings() -> Iterator[tuple[str, Any]]:
    """Other names that libraries have for a function: `np.abs` is `np.absolute`."""
    for library in (np, np.linalg, sys.modules.get("scipy.special")):
        for name in getattr(library, "__all__", ()):
            yield f"{library.__name__}.{name}", getattr(library, name)  # type: ignore[union-attr]


def _kind_of(fun: Any) -> str:
    return "definition" if fun in STAND_INS else "language"


def _of_the_language() -> Iterator[tuple[str, Any]]:
    """What has no entry: functions that the frontend lowers, that stand for others, and methods of arrays."""
    for fun in [*BUILTINS, *STAND_INS]:
        name = _path_of(fun)
        if name is not None and not name.startswith("s2sgrad"):
            yield name, fun
    for name in ("iadd", "isub", "imul", "itruediv", "ipow", "imod", "ifloordiv", "imatmul"):
        yield f"operator.{name}", None
    methods = {name: rule for name, rule in ARRAY_SPECIAL.items() if rule is not refused_method}
    for name in [*ARRAY_ATTRIBUTES, *ARRAY_METHODS, *methods]:
        yield f"numpy.ndarray.{name}", None
    for name in ("__getitem__", "__setitem__", "__iter__", "__len__"):
        yield f"numpy.ndarray.{name}", None


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
    dtypes = "real" if real_only else "real, complex"
    jit = compiles(name, fun, entry)
    return Row(name, modes, dtypes, jit, entry.limits, _rule_of(entry, defined), entry.source)


def _rule_of(entry: Entry, defined: bool) -> str:
    """How the derivative of an entry is known."""
    if entry.inactive:
        return "constant"
    return "definition" if defined else "linear" if entry.linear else "rule"


__all__ = ["Row", "Table", "supported"]
