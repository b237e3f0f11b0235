"""The page of the reference: the table of derivatives, from `supported()`."""

from __future__ import annotations

from itertools import groupby

from s2sgrad import supported
from s2sgrad.supported import Row

from .pages import ROOT

REFERENCE = ROOT / "docs" / "reference.md"

HEAD = """\
# Reference

The functions, methods and operators that have derivatives: what `s2sgrad.supported()` lists, by library. This page
is made from it by `python -m tests.documents`.
What is checked of each, in which variants, stands in [`tests/table/field`](../tests/table/field).

*Rule* says how the derivative is known: a *rule* is a formula of its own; *linear* means that the function itself
pushes tangents forward; a *definition* is in terms of other functions of the table; what is of the *language* is
lowered by the compiler; a *constant* has derivative zero. Second derivatives need nothing more: rules are programs.
*Modes* are the directions, *jit* says whether it compiles with `jit=True`.
"""


def reference() -> str:
    """The text of the page."""
    parts = [HEAD]
    for library, rows in groupby(supported(), key=lambda row: row.name.rpartition(".")[0]):
        parts += [
            f"## {library}\n",
            "| function | rule | modes | dtypes | jit | limits | source |",
            "| --- " * 7 + "|",
        ]
        parts += [line(row) for row in rows]
        parts.append("")
    return "\n".join(parts)


def line(row: Row) -> str:
    name, jit = row.name.rpartition(".")[2], "yes" if row.jit else "no"
    cells = [f"`{name}`", row.rule, row.modes, row.dtypes, jit, cell(row.limits), cell(row.source)]
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    return text.replace("|", "\\|")
