"""Breaking lines: the pieces of a line that know how they are printed when it is too long.

Pieces are collected in a list and joined; those that open, separate and close what may be broken over several
lines are strings of the subclasses `Open`, `Break` and `Close`, which cost nothing until a line turns out to be
too long and `fold` has to lay it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

WIDTH = 99  # columns of the longest line


class Open(str):
    """Opens a group; `bracket` is what it prints when the group is broken (optional parentheses: "" flat)."""

    bracket: str

    def __new__(cls, flat: str, bracket: str) -> Open:
        piece = super().__new__(cls, flat)
        piece.bracket = bracket
        return piece


class Close(str):
    """Closes a group; broken one item a line, its last item ends with `comma`. `display`: it is always so broken."""

    bracket: str
    comma: str
    display: bool

    def __new__(cls, flat: str, bracket: str, comma: str = "", display: bool = False) -> Close:
        piece = super().__new__(cls, flat)
        piece.bracket, piece.comma, piece.display = bracket, comma, display
        return piece


class Break(str):
    """Separates two items of a group: broken, `end` stays on the first's line, `start` leads the second's."""

    end: str
    start: str

    def __new__(cls, flat: str, end: str = "", start: str = "") -> Break:
        piece = super().__new__(cls, flat)
        piece.end, piece.start = end, start
        return piece


def operator(symbol: str) -> Break:
    """An infix operator; a broken line starts with it."""
    return Break(f" {symbol} ", "", f"{symbol} ")


COMMA = Break(", ", ",")
CHAIN, END_CHAIN = Open("", ""), Close("", "")  # operators of one precedence: broken only within brackets
MAYBE, ROUND, SQUARE, CURLY = Open("", "("), Open("(", "("), Open("[", "["), Open("{", "{")
END_MAYBE, END_MAYBE_TUPLE = Close("", ")"), Close("", ")", ",", True)
END_ROUND, END_ARGUMENTS = Close(")", ")"), Close(")", ")", ",")
END_TUPLE, END_SINGLE = Close(")", ")", ",", True), Close(",)", ")", ",", True)
END_SQUARE, END_LIST, END_INDEX_SINGLE = Close("]", "]"), Close("]", "]", ",", True), Close(",]", "]", ",")
END_CURLY, END_DISPLAY, END_NO_SET = Close("}", "}"), Close("}", "}", ",", True), Close("*()}", "}")
FOR, ASYNC_FOR, IF, ELSE = (Break(f" {word} ", "", f"{word} ") for word in ("for", "async for", "if", "else"))


@dataclass(eq=False)
class Group:
    """What stands between an `Open` and its `Close`: items, with breaks between them."""

    open: Open
    items: list[list[str | Group]] = field(default_factory=lambda: [[]])
    breaks: list[Break] = field(default_factory=list)
    close: Close = END_CHAIN
    width: int = 0

    @property
    def free(self) -> bool:
        """Whether breaking it adds no brackets, so that brackets around it must make its newlines harmless."""
        return not self.open.bracket

    def finish(self, close: Close) -> None:
        self.close = close
        inner = sum(map(breadth, self.items)) + sum(map(len, self.breaks))
        self.width = len(self.open) + inner + len(close)

    def flat(self) -> Iterator[str]:
        yield self.open
        yield from self.inside()
        yield self.close

    def inside(self) -> Iterator[str]:
        for i, item in enumerate(self.items):
            if i:
                yield self.breaks[i - 1]
            yield from flat(item)


Part = str | Group


def breadth(parts: Iterable[Part]) -> int:
    return sum(part.width if isinstance(part, Group) else len(part) for part in parts)


def flat(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Group):
            yield from part.flat()
        else:
            yield part


def grouped(pieces: Iterable[str]) -> list[Part]:
    """The pieces of a line as a tree of groups."""
    outermost = Group(CHAIN)
    stack = [outermost]
    for piece in pieces:
        kind = piece.__class__
        if kind is Open:
            stack.append(Group(piece))  # type: ignore[arg-type]
        elif kind is Close:
            group = stack.pop()
            group.finish(piece)  # type: ignore[arg-type]
            stack[-1].items[-1].append(group)
        elif kind is Break:
            stack[-1].breaks.append(piece)  # type: ignore[arg-type]
            stack[-1].items.append([])
        elif piece:
            stack[-1].items[-1].append(piece)
    parts = outermost.items[0]
    for between, item in zip(outermost.breaks, outermost.items[1:], strict=True):
        parts += [str(between), *item]
    return parts


def fold(parts: list[Part], column: int, indent: int, tail: int = 0, inside: bool = False) -> list[str]:
    """
    The lines of `parts`: the first begins at `column`, where the text so far ends, the others are indented by
    themselves, the last leaves `tail` columns free. `inside` brackets a newline is harmless.
    """
    if column + breadth(parts) + tail <= WIDTH:
        return ["".join(flat(parts))]
    if not inside:
        parts = list(spliced(parts))
    at = broken_group(parts, column, indent, tail, inside)
    if at < 0:
        return ["".join(flat(parts))]
    group = parts[at]
    assert isinstance(group, Group)
    head, rest = "".join(flat(parts[:at])), parts[at + 1 :]
    if group.free:
        lines = one_a_line(group, column + len(head), indent, tail + breadth(rest))
        lines[0] = head + lines[0]
        return [*lines[:-1], *joined(lines[-1], rest, indent, tail, inside)]
    last = " " * indent + group.close.bracket
    return [
        head + group.open.bracket,
        *contents(group, indent + 4),
        *joined(last, rest, indent, tail, inside),
    ]


def joined(line: str, rest: list[Part], indent: int, tail: int, inside: bool) -> list[str]:
    """`line` with `rest` after it."""
    first, *others = fold(rest, len(line), indent, tail, inside)
    return [line + first, *others]


def spliced(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with the contents of free groups in their place: not inside brackets, they cannot be broken."""
    for part in parts:
        if isinstance(part, Group) and part.free:
            for i, item in enumerate(part.items):
                if i:
                    yield str(part.breaks[i - 1])
                yield from spliced(item)
        else:
            yield part


def broken_group(parts: list[Part], column: int, indent: int, tail: int, inside: bool) -> int:
    """Which of `parts` to break: an operator chain if one may be, else the widest group that helps; -1 for none."""
    total, before = breadth(parts) + tail, 0
    best, choice = (False, False, 0), -1
    for i, part in enumerate(parts):
        if isinstance(part, Group) and any(part.items):
            after = total - before - part.width
            helps = column + before + 1 <= WIDTH and indent + 1 + after <= WIDTH
            if (rank := (inside and part.free, helps, part.width)) >= best:
                best, choice = rank, i
        before += part.width if isinstance(part, Group) else len(part)
    return choice


def contents(group: Group, indent: int) -> list[str]:
    """The lines between the brackets of a broken group: one line if all fits there, else one an item."""
    inner = sum(map(breadth, group.items)) + sum(map(len, group.breaks))
    if indent + inner <= WIDTH and not group.close.display:
        return [" " * indent + "".join(group.inside())]
    lines = one_a_line(group, indent, indent, len(group.close.comma))
    lines[0] = " " * indent + lines[0]
    lines[-1] += group.close.comma
    return lines


def one_a_line(group: Group, column: int, indent: int, tail: int) -> list[str]:
    """A group's items, each from a line of its own, the first at `column`."""
    lines: list[str] = []
    for i, item in enumerate(group.items):
        end = group.breaks[i].end if i < len(group.breaks) else ""
        margin = " " * indent + group.breaks[i - 1].start if i else ""
        room = len(end) if i < len(group.breaks) else tail
        first, *others = fold(item, len(margin) or column, indent, room, inside=True)
        lines += [margin + first, *others]
        lines[-1] += end
    return lines
