"""Bring the documentation up to date: `python -m tests.documents [page ...]`, then review the diff.

With `--print` the new text of one page goes to standard output and nothing is written.
"""

from __future__ import annotations

import subprocess
import sys

from .gallery import PAGE, page
from .pages import PAGES, ROOT, refreshed


def in_a_process_of_its_own(name: str) -> subprocess.CompletedProcess[str]:
    """The new text of a page on standard output; a page may define rules, which another must not meet."""
    command = [sys.executable, "-m", "tests.documents", "--print", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        sys.stdout.write(refreshed(arguments[1]))
        return
    PAGE.write_text(page(), encoding="utf-8")
    for name in arguments or PAGES:
        done = in_a_process_of_its_own(name)
        if done.returncode:
            sys.exit(f"{name}:\n{done.stderr}")
        (ROOT / name).write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
