"""The lines of a text being written: margins, breaking, and the origin of each line."""

from __future__ import annotations

from typing import Any

from .display_writer import Handlers
from .expression_writer import Expressions
from .line_breaking import WIDTH, fold, grouped


class Lines(Expressions):
    """Collects the pieces of a line, and finished lines."""

    def __init__(self) -> None:
        self.output: list[str] = []  # finished lines
        self.lines: dict[int, Any] = {}
        self.origin: Any = None  # of the statement being written
        self.future_imports: list[str] = []  # the base class keeps a record there
        self._indent = 0
        self.margin = 0  # indentation, origin and pieces of the line being written
        self.line_origin: Any = None
        self.pieces: list[str] = []
        self.write = self.pieces.append
        self.handlers = Handlers(self)
        self.quote = '"'  # around strings; the other one inside an f-string

    @property
    def text(self) -> str:
        return "\n".join(self.output) + "\n" if self.output else ""

    def fill(self, text: str = "") -> None:
        """Begins a new line."""
        self.flush()
        self.margin = 4 * self._indent
        self.line_origin = self.origin
        self.write(text)

    def flush(self) -> None:
        """Ends the line being written, breaking it if it is too long."""
        if not self.pieces:
            return
        line, margin = "".join(self.pieces), " " * self.margin
        if self.margin + len(line) <= WIDTH:
            self.put(margin + line, origin=self.line_origin)
        else:
            first, *others = fold(grouped(self.pieces), self.margin, self.margin)
            self.put(margin + first, *others, origin=self.line_origin)
        self.pieces.clear()

    def put(self, *lines: str, origin: Any = None) -> None:
        """Adds finished lines."""
        self.output += lines
        if origin is not None:
            end = len(self.output)
            for number in range(end - len(lines) + 1, end + 1):
                self.lines[number] = origin

    def enter(self) -> None:
        self.write(":")
        self._indent += 1

    def blank(self, count: int) -> None:
        self.flush()
        self.output += [""] * count
