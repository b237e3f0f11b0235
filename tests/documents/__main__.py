"""Bring the documentation up to date: `python -m tests.documents [page ...]`, then review the diff.

With `--print` the new text of one page goes to standard output and nothing is written.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .gallery import PAGE, page
from .pages import PAGES, ROOT, refreshed
from .reference import REFERENCE, reference


def in_a_process_of_its_own(name: str) -> subprocess.CompletedProcess[str]:
    """The new text of a page on standard output; a page may define rules, which another must not meet."""
    command = [sys.executable, "-m", "tests.documents", "--print", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def print_refreshed(name: str) -> None:
    """Where the page does not exist: the frontend is to take the text it is given, not the file of that name."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        text = refreshed(name)
        os.chdir(ROOT)
    sys.stdout.write(text)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        print_refreshed(arguments[1])
        return
    PAGE.write_text(page(), encoding="utf-8")
    REFERENCE.write_text(reference(), encoding="utf-8")
    for name in arguments or PAGES:
        update(ROOT / name, name)


def update(path: Path, name: str) -> None:
    """Until nothing changes: the places in messages are lines of the page, which what is printed may move."""
    before = None
    while (now := path.read_text(encoding="utf-8")) != before:
        done = in_a_process_of_its_own(name)
        if done.returncode:
            sys.exit(f"{name}:\n{done.stderr}")
        path.write_text(done.stdout, encoding="utf-8")
        before = now


if __name__ == "__main__":
    main(sys.argv[1:])
