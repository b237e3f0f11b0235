"""The documentation is true: its examples run, and print what stands below them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from .documents.__main__ import in_a_process_of_its_own
from .documents.gallery import PAGE, page
from .documents.pages import PAGES, ROOT, examples, output_block

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in PAGES if examples(text_of(name))])
def test_the_examples_of_a_page_print_what_it_says(name):
    """After a change of the output that is meant: `python -m tests.documents`, and review the diff."""
    done = in_a_process_of_its_own(name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == text_of(name).splitlines()


def test_the_gallery_shows_the_committed_programs():
    """After a change of the gallery: `python -m tests.documents`."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_the_reference_is_the_table():
    """After a change of the table: `python -m tests.documents`. In a process of its own, since tests add rules."""
    text = "from tests.documents.reference import reference; print(reference(), end='')"
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == text_of("docs/reference.md")


def test_every_module_is_on_the_map():
    """A module that is added gets a line in `docs/architecture.md`."""
    text = text_of("docs/architecture.md")
    modules = [p.relative_to(ROOT) for p in sorted((ROOT / "s2sgrad").rglob("*.py"))]
    modules += [p.relative_to(ROOT) for p in sorted((ROOT / "benchmarks").glob("*.py"))]
    assert not [str(p) for p in modules if p.name != "__init__.py" and f"`{p.name}`" not in text]


def test_what_is_on_the_map_exists():
    names = {p.name for folder in ("s2sgrad", "benchmarks") for p in (ROOT / folder).rglob("*.py")}
    assert not set(re.findall(r"`(\w+\.py)`", text_of("docs/architecture.md"))) - names


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    found = [link for link in LINK.findall(text_of(name)) if "://" not in link]
    missing = [link for link in found if not ((ROOT / name).parent / link).exists()]
    assert not missing


def test_figures_are_small_and_shown():
    figures = sorted((ROOT / "docs" / "figures").iterdir())
    pages = "".join(map(text_of, PAGES))
    assert figures and not [f.name for f in figures if f.stat().st_size > 100_000 or f.name not in pages]


def test_every_example_is_on_a_page():
    pages = "".join(text_of(name) for name in PAGES if name.startswith("docs/examples"))
    assert not [p.name for p in (ROOT / "examples").glob("*.py") if f"examples/{p.name}" not in pages]


def test_a_page_without_output_gets_it_and_a_wrong_one_is_replaced(tmp_path, monkeypatch):
    from .documents import pages

    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "page.md").write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    monkeypatch.setattr(pages, "run", lambda page, text: ["2\n"])
    assert pages.refreshed("page.md") == "```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n"
    assert output_block("") == ""
