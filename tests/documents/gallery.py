"""The page of the gallery: each program of `tests/golden` beside what is generated from it."""

from __future__ import annotations

import inspect

from tests.golden.programs import GALLERY, Exhibit
from tests.golden.update import FOLDER

from .pages import ROOT

PAGE = ROOT / "docs" / "gallery.md"

HEAD = """\
# Gallery

A dozen small losses, each beside the program that s2sgrad writes for its value and gradient. The generated texts are
those of [`tests/golden`](../tests/golden), which the tests compare with what the compiler writes now and with a version
written by hand. This page is made from them by `python -m tests.documents`.
"""


def page() -> str:
    return "\n".join([HEAD, contents(), *map(section, GALLERY)])


def contents() -> str:
    return "\n".join(f"* [{title(e)}](#{title(e).replace(' ', '-')})" for e in GALLERY) + "\n"


def title(exhibit: Exhibit) -> str:
    return exhibit.name.replace("_", " ")


def section(exhibit: Exhibit) -> str:
    written = inspect.getsource(exhibit.fun).strip()
    generated = (FOLDER / f"{exhibit.name}.py").read_text(encoding="utf-8").strip()
    cells = [cell("written", written), cell("generated", generated)]
    return "\n".join([f"## {title(exhibit)}\n", "<table><tr>", *cells, "</tr></table>\n"])


def cell(head: str, code: str) -> str:
    return f'<td valign="top">\n\n*{head}*\n\n```py\n{code}\n```\n\n</td>'
