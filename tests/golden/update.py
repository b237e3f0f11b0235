"""Write the generated gallery anew: `python -m tests.golden.update`, then review the diff."""

from __future__ import annotations

from pathlib import Path

from s2sgrad import value_and_grad

from .programs import GALLERY, Exhibit

FOLDER = Path(__file__).parent


def generated(exhibit: Exhibit) -> str:
    """The text of the value and gradient of a program."""
    return value_and_grad(exhibit.fun, exhibit.wrt).source_for(*exhibit.args)


def main() -> None:
    """Write every file."""
    for exhibit in GALLERY:
        (FOLDER / f"{exhibit.name}.py").write_text(generated(exhibit))


if __name__ == "__main__":
    main()
