"""Text from a gast tree: the one place where generated code becomes Python.

`write(module)` prints a tree as a person would have typed it, in the manner of `ruff format`: parentheses only
where the grammar needs them, never where they would regroup an operation (floating-point sums are not
associative: `a + (b + c)` keeps its own), comments, blank lines, lines of at most 99 columns.

An expression is dispatched with the precedence that its place *needs*; a node of lower precedence puts itself
in parentheses. Pieces of a line are collected in a list and joined; those that open, separate and close what may
be broken over several lines are strings of the subclasses `Open`, `Break` and `Close`, which cost nothing
until a line turns out to be too long and `fold` has to lay it out.
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gast
from astunparse import Unparser

WIDTH = 99  # columns of the longest line

# Precedence, lowest first: what a node has, and what a place needs.
NAMED, TUPLE, YIELD, TEST, OR, AND, NOT, COMPARE = range(8)
BITOR, BITXOR, BITAND, SHIFT, SUM, TERM, FACTOR, POWER, AWAIT, ATOM = range(8, 18)


class Comment(gast.stmt):
    """A statement that is a comment, a `#` line for each line of `text`; with no text, an empty line."""

    _fields = ("text",)

    def __init__(self, text: str = "", **attributes: Any) -> None:
        super().__init__(**attributes)
        self.text = text


@dataclass(frozen=True)
class Written:
    """A printed module: its text, and for each of its lines (from 1) the `origin` of the statement there."""

    text: str
    lines: dict[int, Any]


def write(module: gast.Module) -> Written:
    """
    The text of a module, and the origins of its lines.

    Parameters
    ----------
    module : gast.Module
        May hold `Comment` nodes among its statements. A statement may carry an attribute `origin`, any object.

    Returns
    -------
    Written
        `text` ends in a newline; `lines` maps line numbers of the text to origins. The header of a compound
        statement (its decorators, too) has the statement's origin, its body the origins of its own statements.
    """
    writer = Writer(module)
    return Written(writer.text, writer.lines)


def phrase(node: gast.AST) -> str:
    """The text of one expression or statement, for messages and comments."""
    writer = Writer(gast.Module([], []))
    if not isinstance(node, gast.stmt):
        return writer.flat(node, TEST)
    writer.statements([node])
    writer.flush()
    return "\n".join(writer.output)


# ---------------------------------------------------------------------------------------------------------
# Pieces that know how they are printed when their line is broken


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
        return [head + lines[0], *lines[1:-1], *joined(lines[-1], rest, indent, tail, inside)]
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


# ---------------------------------------------------------------------------------------------------------
# Constants

HEXADECIMAL_BITS = 14_000  # Python refuses decimal integers of more than 4,300 digits


def quoted(value: str | bytes, quote: str = '"') -> str:
    """A string literal, in these quotes unless the others would need fewer escapes."""
    text = repr(value)
    opening = text.index(text[-1])
    body = text[opening + 1 : -1].replace("\\'", "'")
    if body.count(quote) > body.count("'" if quote == '"' else '"'):
        quote = "'" if quote == '"' else '"'
    return text[:opening] + quote + body.replace(quote, "\\" + quote) + quote


def escaped(text: str, quote: str) -> str:
    """The literal part of an f-string in these quotes."""
    body = repr("\"'" + text)[4:-1]  # both quotes there: Python's text escapes the single ones
    return body if quote[0] == "'" else body.replace("\\'", "'").replace('"', '\\"')


def complex_text(value: complex) -> tuple[str, int]:
    """The text and precedence of `2j` or `1.0 + 2j`; a call where those would lose a sign or an infinity."""
    real, imaginary = value.real, complex(0.0, abs(value.imag))
    if math.isfinite(real) and math.isfinite(value.imag):
        if repr(imaginary) == repr(value):
            return repr(value).replace("e+", "e"), ATOM
        minus = math.copysign(1.0, value.imag) < 0
        if repr(real - imaginary if minus else real + imaginary) == repr(value):
            return f"{real!r} {'-' if minus else '+'} {imaginary!r}".replace("e+", "e"), SUM
    return f"complex({number_text(real)[0]}, {number_text(value.imag)[0]})", ATOM


def number_text(value: float | complex) -> tuple[str, int]:
    """The text and precedence of a Python number."""
    if isinstance(value, complex):
        return complex_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")', ATOM
    if isinstance(value, int) and value.bit_length() > HEXADECIMAL_BITS:
        return hex(value), FACTOR if value < 0 else ATOM
    text = repr(value).replace("e+", "e")
    return text, FACTOR if text[0] == "-" else ATOM


def docstring(value: str) -> str:
    """A triple-quoted literal equal to `value`, or a plain one where that would be unreadable."""
    body = value.replace("\\", "\\\\")
    if not body.replace("\n", "").isprintable() or not body.strip():
        return quoted(value)
    if '"""' in body or body[-1] == '"':
        body = body.replace('"', '\\"')
    return f'"""{visible_ends(body)}"""'


def visible_ends(text: str) -> str:
    """`text` with a space at the end of a line written as an escape, where editors do not remove it."""
    return re.sub(" (?=\n)", r"\\x20", text)


# ---------------------------------------------------------------------------------------------------------
# The writer

# operator: its precedence, what its left and right operands need, its piece
BINARY: dict[str, tuple[int, int, int, str]] = {
    "BitOr": (BITOR, BITOR, BITXOR, operator("|")),
    "BitXor": (BITXOR, BITXOR, BITAND, operator("^")),
    "BitAnd": (BITAND, BITAND, SHIFT, operator("&")),
    "LShift": (SHIFT, SHIFT, SUM, operator("<<")),
    "RShift": (SHIFT, SHIFT, SUM, operator(">>")),
    "Add": (SUM, SUM, TERM, operator("+")),
    "Sub": (SUM, SUM, TERM, operator("-")),
    "Mult": (TERM, TERM, FACTOR, operator("*")),
    "MatMult": (TERM, TERM, FACTOR, operator("@")),
    "Div": (TERM, TERM, FACTOR, operator("/")),
    "Mod": (TERM, TERM, FACTOR, operator("%")),
    "FloorDiv": (TERM, TERM, FACTOR, operator("//")),
    "Pow": (POWER, AWAIT, FACTOR, " ** "),
}
UNARY = {"Invert": (FACTOR, "~"), "UAdd": (FACTOR, "+"), "USub": (FACTOR, "-"), "Not": (NOT, "not ")}
COMPARISONS = {name: operator(symbol) for name, symbol in Unparser.cmpops.items()}
BOOLEAN = {"And": (AND, operator("and")), "Or": (OR, operator("or"))}
CHAINS = frozenset(("BinOp", "BoolOp", "Compare", "IfExp"))  # put in parentheses when too long
DEFINITIONS = frozenset(("FunctionDef", "AsyncFunctionDef", "ClassDef"))
IMPORTS = frozenset(("Import", "ImportFrom"))
QUOTES = ('"', "'", '"""', "'''")


def is_constant(node: Any, *kinds: type) -> bool:
    return node.__class__.__name__ == "Constant" and type(node.value) in kinds


def is_chain(node: Any) -> bool:
    return node.__class__.__name__ in CHAINS


def is_tuple(node: Any) -> bool:
    """Whether a node is a tuple that may be written without parentheses (of one element, they are clearer)."""
    return node.__class__.__name__ == "Tuple" and len(node.elts) > 1


def is_plain(node: Any) -> bool:
    """Whether an operand is a name, a number, or minus such a thing: a slice is then written without spaces."""
    name = node.__class__.__name__
    if name == "UnaryOp":
        return node.op.__class__.__name__ != "Not" and is_plain(node.operand)
    return name == "Name" or name == "Constant"


def is_factor(node: Any) -> bool:
    """Whether an operand is so simple that `**` hugs it: a name, a number, an attribute of a name."""
    name = node.__class__.__name__
    while name == "Attribute":
        node = node.value
        name = node.__class__.__name__
    return name == "Name" or is_constant(node, int, float, complex) and not node.value.real < 0


def is_exponent(node: Any) -> bool:
    """The same to the right of `**`, where signs and further powers need no parentheses."""
    name = node.__class__.__name__
    if name == "BinOp" and node.op.__class__.__name__ == "Pow":
        return is_factor(node.left) and is_exponent(node.right)
    negated = name == "UnaryOp" and node.op.__class__.__name__ != "Not"
    return is_factor(node.operand if negated else node) or is_constant(node, int, float)


def listed(tree: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parameters of `gast.arguments` in order: star, parameter (None for a bare `*` or `/`), default."""
    positional = [*tree.posonlyargs, *tree.args]
    defaults = [None] * (len(positional) - len(tree.defaults)) + list(tree.defaults)
    for i, (parameter, default) in enumerate(zip(positional, defaults, strict=True), 1):
        yield "", parameter, default
        if i == len(tree.posonlyargs):
            yield "/", None, None
    if tree.vararg is not None or tree.kwonlyargs:
        yield "*", tree.vararg, None
    for parameter, default in zip(tree.kwonlyargs, tree.kw_defaults, strict=True):
        yield "", parameter, default
    if tree.kwarg is not None:
        yield "**", tree.kwarg, None


def is_docstring(node: Any) -> bool:
    return (
        node.__class__.__name__ == "Expr"
        and is_constant(node.value, str)
        and not getattr(node.value, "kind", None)
    )


def shown(text: str) -> str:
    """`text` without what may not stand in a comment."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


class Handlers(dict[type, Callable[..., None]]):
    """The method that writes each class of node, found by the class's name when first asked for."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def __missing__(self, cls: type) -> Callable[..., None]:
        method = getattr(self.writer, "_" + cls.__name__, None)
        if method is None:
            raise TypeError(f"no text for a node of type {cls.__name__}")
        self[cls] = method
        return method  # type: ignore[no-any-return]


class Writer(Unparser):  # type: ignore[misc]
    """Writes a gast module: `.text`, and `.lines`, the origins of its lines."""

    def __init__(self, tree: gast.Module) -> None:
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
        self.statements(tree.body, root=True)
        self.flush()

    @property
    def text(self) -> str:
        return "\n".join(self.output) + "\n" if self.output else ""

    # --- lines -------------------------------------------------------------------------------------------

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

    # --- dispatch ----------------------------------------------------------------------------------------

    def dispatch(self, tree: Any) -> None:
        """Writes a body or a node of any kind: what the methods of the base class call."""
        if tree.__class__ is list:
            self.statements(tree)
        elif isinstance(tree, gast.expr):
            self.handlers[tree.__class__](tree, TEST)
        else:
            self.handlers[tree.__class__](tree)

    def statements(self, body: Sequence[Any], root: bool = False, owner: str = "") -> None:
        """Writes the statements of a block; one that holds comments only is given a `pass`."""
        previous = "Module" if root else owner
        outer = self.origin
        for i, node in enumerate(body):
            name = node.__class__.__name__
            if i:
                self.separate(previous, name, body, i)
            self.origin = getattr(node, "origin", None)
            if i == 0 and (root or owner) and is_docstring(node):
                self.write_docstring(node.value.value)
                name = "Docstring" if owner != "FunctionDef" else "Expr"
            else:
                self.handlers[node.__class__](node)
            previous = name
        self.origin = outer
        if not root and all(node.__class__ is Comment for node in body):
            self.fill("pass")

    def separate(self, previous: str, name: str, body: Sequence[Any], i: int) -> None:
        """Blank lines between two statements of a block, as ruff and most people put them."""
        if previous == "Comment" and name != "Comment":
            return  # a comment belongs to what follows it
        if name == "Comment" and previous != "Comment":
            name = next((n.__class__.__name__ for n in body[i:] if n.__class__ is not Comment), "")
        if name in DEFINITIONS or previous in DEFINITIONS:
            self.blank(1 if self._indent else 2)
        elif previous == "Docstring" or (previous in IMPORTS and name not in IMPORTS):
            self.blank(1)

    # --- statements --------------------------------------------------------------------------------------

    def _Comment(self, tree: Comment) -> None:
        self.flush()
        margin = " " * (4 * self._indent)
        room = max(24, WIDTH - len(margin) - 2)
        for line in tree.text.splitlines():
            line = shown(line.expandtabs(4)).rstrip()
            for part in [line] if len(line) <= room else textwrap.wrap(line, room, subsequent_indent="    "):
                self.put(f"{margin}# {part}".rstrip(), origin=self.origin)
        if not tree.text:
            self.put("")

    def write_docstring(self, value: str) -> None:
        self.flush()
        text = " " * (4 * self._indent) + docstring(value)
        self.put(*text.split("\n"), origin=self.origin)

    def _Expr(self, tree: Any) -> None:
        self.fill()
        self.value(tree.value, bare=True)

    def value(self, node: Any, bare: bool = False) -> None:
        """The value of a statement, in parentheses if it has to be broken; `bare`: tuples go without."""
        if bare and is_tuple(node):
            self.bare(node)
        elif is_chain(node):
            self.write(MAYBE)
            self.handlers[node.__class__](node, YIELD)
            self.write(END_MAYBE)
        else:
            self.handlers[node.__class__](node, YIELD)

    def bare(self, node: Any) -> None:
        """A tuple without parentheses."""
        self.write(MAYBE)
        self.series(node.elts)
        self.write(END_MAYBE_TUPLE)

    def _Assign(self, tree: Any) -> None:
        self.fill()
        for target in tree.targets:
            self.target(target)
            self.write(" = ")
        self.value(tree.value, bare=any(map(is_tuple, tree.targets)))

    def target(self, node: Any) -> None:
        """The target of an assignment or a loop: a tuple without parentheses."""
        if is_tuple(node):
            self.write(CHAIN)
            self.series(node.elts, ", ")
            self.write(END_CHAIN)
        else:
            self.handlers[node.__class__](node, TEST)

    def _AugAssign(self, tree: Any) -> None:
        self.fill()
        self.target(tree.target)
        self.write(f" {self.binop[tree.op.__class__.__name__]}= ")
        self.value(tree.value, bare=True)

    def _AnnAssign(self, tree: Any) -> None:
        self.fill()
        parenthesised = not tree.simple and tree.target.__class__.__name__ == "Name"
        self.write(f"({tree.target.id})" if parenthesised else "")
        if not parenthesised:
            self.handlers[tree.target.__class__](tree.target, ATOM)
        self.write(": ")
        self.dispatch(tree.annotation)
        if tree.value is not None:
            self.write(" = ")
            self.value(tree.value)

    def _Return(self, tree: Any) -> None:
        self.fill("return" if tree.value is None else "return ")
        if tree.value is not None:
            self.bare(tree.value) if is_tuple(tree.value) else self.condition(tree.value)

    def condition(self, node: Any, need: int = TEST) -> None:
        """An expression that ends a line, in parentheses if it has to be broken."""
        self.write(MAYBE if is_chain(node) else "")
        self.handlers[node.__class__](node, need)
        self.write(END_MAYBE if is_chain(node) else "")

    def _Assert(self, tree: Any) -> None:
        self.fill("assert ")
        self.condition(tree.test)
        if tree.msg is not None:
            self.write(", ")
            self.condition(tree.msg)

    def _ImportFrom(self, tree: Any) -> None:
        self.fill(f"from {'.' * (tree.level or 0)}{tree.module or ''} import ")
        self.write(MAYBE)
        for i, alias in enumerate(tree.names):
            if i:
                self.write(COMMA)
            self._alias(alias)
        self.write(END_MAYBE if tree.names[0].name == "*" else END_MAYBE_TUPLE)

    def _If(self, tree: Any) -> None:
        outer, word = self.origin, "if "
        while True:
            self.fill(word)
            self.condition(tree.test, NAMED)
            self.block(tree.body)
            if len(tree.orelse) != 1 or tree.orelse[0].__class__.__name__ != "If":
                break
            tree, word = tree.orelse[0], "elif "
            self.origin = getattr(tree, "origin", None)
        self.otherwise(tree.orelse)
        self.origin = outer

    def block(self, body: list[Any], owner: str = "") -> None:
        self.enter()
        self.statements(body, owner=owner)
        self.leave()

    def otherwise(self, body: list[Any]) -> None:
        if body:
            self.fill("else")
            self.block(body)

    def _While(self, tree: Any) -> None:
        self.fill("while ")
        self.condition(tree.test, NAMED)
        self.block(tree.body)
        self.otherwise(tree.orelse)

    def _For(self, tree: Any, word: str = "for ") -> None:
        self.fill(word)
        self.target(tree.target)
        self.write(" in ")
        self.bare(tree.iter) if is_tuple(tree.iter) else self.condition(tree.iter)
        self.block(tree.body)
        self.otherwise(tree.orelse)

    def _AsyncFor(self, tree: Any) -> None:
        self._For(tree, "async for ")

    def _With(self, tree: Any, word: str = "with ") -> None:
        self.fill(word)
        self.write(MAYBE if len(tree.items) > 1 else "")
        for i, item in enumerate(tree.items):
            self.write(COMMA if i else "")
            self.dispatch(item.context_expr)
            if item.optional_vars is not None:
                self.write(" as ")
                self.dispatch(item.optional_vars)
        self.write(END_MAYBE_TUPLE if len(tree.items) > 1 else "")
        self.block(tree.body)

    def _AsyncWith(self, tree: Any) -> None:
        self._With(tree, "async with ")

    def _ExceptHandler(self, tree: Any) -> None:
        self.fill("except" if tree.type is None else "except ")
        if tree.type is not None:
            self.dispatch(tree.type)
        if tree.name is not None:
            self.write(f" as {getattr(tree.name, 'id', tree.name)}")
        self.block(tree.body)

    # --- definitions -------------------------------------------------------------------------------------

    def decorators(self, tree: Any) -> None:
        if getattr(tree, "type_params", None):
            raise TypeError(f"no text for the type parameters of {tree.name}")
        for decorator in tree.decorator_list:
            self.fill("@")
            self.dispatch(decorator)

    def _FunctionDef(self, tree: Any, word: str = "def ") -> None:
        self.decorators(tree)
        self.fill(word + tree.name)
        self.write(ROUND)
        self.parameters(tree.args, COMMA)
        self.write(END_ARGUMENTS)
        if getattr(tree, "returns", None) is not None:
            self.write(" -> ")
            self.dispatch(tree.returns)
        self.block(tree.body, "FunctionDef")

    def _AsyncFunctionDef(self, tree: Any) -> None:
        self._FunctionDef(tree, "async def ")

    def _ClassDef(self, tree: Any) -> None:
        self.decorators(tree)
        self.fill("class " + tree.name)
        if tree.bases or tree.keywords:
            self.arguments(tree.bases, tree.keywords)
        self.block(tree.body, "ClassDef")

    def parameters(self, tree: Any, comma: str) -> None:
        """The parameters of a function; `comma` is a break in a `def`, plain text in a lambda."""
        between = ""
        for star, parameter, default in listed(tree):
            self.write(between)
            between = comma
            self.write(star)
            if parameter is None:
                continue
            self.write(parameter.id)
            annotation = getattr(parameter, "annotation", None)
            if annotation is not None:
                self.write(": ")
                self.dispatch(annotation)
            if default is not None:
                self.write("=" if annotation is None else " = ")
                self.dispatch(default)

    # --- expressions: methods take the precedence that the place needs -----------------------------------

    def series(self, nodes: Sequence[Any], comma: str = COMMA) -> None:
        """Expressions with commas between them."""
        handlers, write = self.handlers, self.write
        for i, node in enumerate(nodes):
            if i:
                write(comma)
            handlers[node.__class__](node, TEST)

    def _Name(self, tree: Any, need: int) -> None:
        self.write(tree.id)

    def _Constant(self, tree: Any, need: int) -> None:
        value = tree.value
        if isinstance(value, str | bytes):
            self.write(("u" if getattr(tree, "kind", None) else "") + quoted(value, self.quote))
        elif type(value) in (int, float, complex):
            text, precedence = number_text(value)
            self.write(f"({text})" if precedence < need else text)
        elif value is Ellipsis:
            self.write("...")
        elif type(value) is tuple:
            self._Tuple(gast.Tuple([gast.Constant(v, None) for v in value], gast.Load()), need)
        else:
            self.write(repr(value))

    def _Attribute(self, tree: Any, need: int) -> None:
        value = tree.value
        if is_constant(value, int):  # `1.real` would be the number `1.` and a name
            self.write(f"({number_text(value.value)[0]})")
        else:
            self.handlers[value.__class__](value, ATOM)
        self.write("." + tree.attr)

    def _Call(self, tree: Any, need: int) -> None:
        self.handlers[tree.func.__class__](tree.func, ATOM)
        self.arguments(tree.args, tree.keywords)

    def arguments(self, args: list[Any], keywords: list[Any]) -> None:
        """Arguments in their parentheses."""
        write = self.write
        if len(args) == 1 and not keywords and args[0].__class__.__name__ == "GeneratorExp":
            self.handlers[args[0].__class__](args[0], NAMED)
            return
        write(ROUND)
        self.series(args)
        comma: str = COMMA if args else ""
        for keyword in keywords:
            write(comma)
            comma = COMMA
            write("**" if keyword.arg is None else keyword.arg + "=")
            self.handlers[keyword.value.__class__](keyword.value, TEST)
        write(END_ARGUMENTS)

    def _Subscript(self, tree: Any, need: int) -> None:
        self.handlers[tree.value.__class__](tree.value, ATOM)
        self.write(SQUARE)
        index = tree.slice
        if index.__class__.__name__ == "Tuple" and index.elts:
            self.series(index.elts)
            self.write(END_LIST if len(index.elts) > 1 else END_INDEX_SINGLE)
        else:
            self.handlers[index.__class__](index, TEST)
            self.write(END_SQUARE)

    def _Slice(self, tree: Any, need: int = TEST) -> None:
        lower, upper, step = tree.lower, tree.upper, tree.step
        space = "" if all(part is None or is_plain(part) for part in (lower, upper, step)) else " "
        self.bound(lower, "", space)
        self.write(":")
        self.bound(upper, space, space if step is not None else "")
        if step is not None:
            self.write(":")
            self.bound(step, space, "")

    def bound(self, node: Any, before: str, after: str) -> None:
        if node is not None:
            self.write(before)
            self.handlers[node.__class__](node, TEST)
            self.write(after)

    def _BinOp(self, tree: Any, need: int) -> None:
        """Goes down the left operands in a loop: a sum of thousands of terms is one long spine of them."""
        write, node, chain = self.write, tree, -1
        spine: list[tuple[Any, str, int, str | None]] = []
        while node.__class__.__name__ == "BinOp":
            own, left, right, symbol = BINARY[node.op.__class__.__name__]
            close = None
            if own < need:
                write(ROUND)
                close = END_ROUND
            elif own != chain:
                write(CHAIN)
                close = END_CHAIN
            if own == POWER and is_factor(node.left) and is_exponent(node.right):
                symbol = "**"
            spine.append((node.right, symbol, right, close))
            node, need, chain = node.left, left, own
        handlers = self.handlers
        handlers[node.__class__](node, need)
        for operand, symbol, right, close in reversed(spine):
            write(symbol)
            handlers[operand.__class__](operand, right)
            if close is not None:
                write(close)

    def _UnaryOp(self, tree: Any, need: int) -> None:
        precedence, symbol = UNARY[tree.op.__class__.__name__]
        self.write(ROUND if precedence < need else "")
        self.write(symbol)
        self.handlers[tree.operand.__class__](tree.operand, precedence)
        self.write(END_ROUND if precedence < need else "")

    def _BoolOp(self, tree: Any, need: int) -> None:
        precedence, symbol = BOOLEAN[tree.op.__class__.__name__]
        self.write(ROUND if precedence < need else CHAIN)
        for i, node in enumerate(tree.values):
            if i:
                self.write(symbol)
            self.handlers[node.__class__](node, precedence + 1)
        self.write(END_ROUND if precedence < need else END_CHAIN)

    def _Compare(self, tree: Any, need: int) -> None:
        self.write(ROUND if need > COMPARE else CHAIN)
        self.handlers[tree.left.__class__](tree.left, BITOR)
        for symbol, node in zip(tree.ops, tree.comparators, strict=True):
            self.write(COMPARISONS[symbol.__class__.__name__])
            self.handlers[node.__class__](node, BITOR)
        self.write(END_ROUND if need > COMPARE else END_CHAIN)

    def _IfExp(self, tree: Any, need: int) -> None:
        self.write(ROUND if need > TEST else CHAIN)
        node = tree
        while node.__class__.__name__ == "IfExp":
            self.handlers[node.body.__class__](node.body, OR)
            self.write(IF)
            self.handlers[node.test.__class__](node.test, OR)
            self.write(ELSE)
            node = node.orelse
        self.handlers[node.__class__](node, TEST)
        self.write(END_ROUND if need > TEST else END_CHAIN)

    def _Lambda(self, tree: Any, need: int) -> None:
        self.write(ROUND if need > TEST else CHAIN)
        self.write("lambda ")
        self.parameters(tree.args, ", ")
        if self.pieces[-1] == "lambda ":
            self.pieces[-1] = "lambda"
        self.write(": ")
        self.dispatch(tree.body)
        self.write(END_ROUND if need > TEST else END_CHAIN)

    def _NamedExpr(self, tree: Any, need: int) -> None:
        self.write(ROUND if need > NAMED else "")
        self.dispatch(tree.target)
        self.write(" := ")
        self.dispatch(tree.value)
        self.write(END_ROUND if need > NAMED else "")

    def _Await(self, tree: Any, need: int) -> None:
        self.write(ROUND if need > AWAIT else "")
        self.write("await ")
        self.handlers[tree.value.__class__](tree.value, ATOM)
        self.write(END_ROUND if need > AWAIT else "")

    def _Yield(self, tree: Any, need: int, word: str = "yield") -> None:
        self.write(ROUND if need > YIELD else CHAIN)
        self.write(word if tree.value is None else word + " ")
        if tree.value is not None:
            self.target(tree.value)
        self.write(END_ROUND if need > YIELD else END_CHAIN)

    def _YieldFrom(self, tree: Any, need: int) -> None:
        self._Yield(tree, need, "yield from")

    def _Starred(self, tree: Any, need: int) -> None:
        self.write("*")
        self.handlers[tree.value.__class__](tree.value, BITOR)

    # --- displays ----------------------------------------------------------------------------------------

    def _Tuple(self, tree: Any, need: int) -> None:
        self.write(ROUND)
        self.series(tree.elts)
        self.write(END_SINGLE if len(tree.elts) == 1 else END_TUPLE)

    def _List(self, tree: Any, need: int) -> None:
        self.write(SQUARE)
        self.series(tree.elts)
        self.write(END_LIST)

    def _Set(self, tree: Any, need: int) -> None:
        self.write(CURLY)
        self.series(tree.elts)
        self.write(END_DISPLAY if tree.elts else END_NO_SET)

    def _Dict(self, tree: Any, need: int) -> None:
        self.write(CURLY)
        for i, (key, value) in enumerate(zip(tree.keys, tree.values, strict=True)):
            self.write(COMMA if i else "")
            if key is None:
                self.write("**")
                self.handlers[value.__class__](value, BITOR)
            else:
                self.series((key, value), ": ")
        self.write(END_DISPLAY)

    def comprehension(
        self, bracket: Open, element: Sequence[Any], generators: list[Any], close: Close
    ) -> None:
        self.write(bracket)
        self.series(element, ": ")
        for generator in generators:
            self.write(ASYNC_FOR if generator.is_async else FOR)
            self.target(generator.target)
            self.write(" in ")
            self.handlers[generator.iter.__class__](generator.iter, OR)
            for test in generator.ifs:
                self.write(IF)
                self.handlers[test.__class__](test, OR)
        self.write(close)

    def _ListComp(self, tree: Any, need: int) -> None:
        self.comprehension(SQUARE, (tree.elt,), tree.generators, END_SQUARE)

    def _SetComp(self, tree: Any, need: int) -> None:
        self.comprehension(CURLY, (tree.elt,), tree.generators, END_CURLY)

    def _DictComp(self, tree: Any, need: int) -> None:
        self.comprehension(CURLY, (tree.key, tree.value), tree.generators, END_CURLY)

    def _GeneratorExp(self, tree: Any, need: int) -> None:
        self.comprehension(ROUND, (tree.elt,), tree.generators, END_ROUND)

    # --- f-strings: one piece each, since before Python 3.12 they may not reuse a quote nor hold a backslash

    def _JoinedStr(self, tree: Any, need: int) -> None:
        outer = self.quote
        for quote in QUOTES if outer == '"' else QUOTES[1:] + QUOTES[:1]:
            self.quote = "'" if quote[0] == '"' else '"'
            parts = list(self.fields(tree))
            if not any(is_code and (quote in text or "\\" in text) for text, is_code in parts):
                break
        else:
            if sys.version_info < (3, 12):
                raise ValueError(
                    "an f-string with such quotes and backslashes cannot be written in this Python"
                )
            quote = '"'
        self.quote = outer
        self.write(f"f{quote}{''.join(t if is_code else escaped(t, quote) for t, is_code in parts)}{quote}")

    def fields(self, tree: Any) -> Iterator[tuple[str, bool]]:
        """The parts of an f-string: text, and whether it is code."""
        for part in tree.values:
            if part.__class__.__name__ == "Constant":
                yield part.value.replace("{", "{{").replace("}", "}}"), False
            else:
                yield from self.replacement(part)

    def replacement(self, tree: Any) -> Iterator[tuple[str, bool]]:
        code = self.flat(tree.value, OR)  # a lambda or a walrus, whose colon would end it, in parentheses
        yield ("{ " if code[0] == "{" else "{") + code, True
        if tree.conversion != -1:
            yield "!" + chr(tree.conversion), True
        if tree.format_spec is not None:
            yield ":", True
            yield from self.fields(tree.format_spec)
        yield "}", True

    def _FormattedValue(self, tree: Any, need: int) -> None:
        self._JoinedStr(gast.JoinedStr([tree]), need)

    def flat(self, node: Any, need: int) -> str:
        """The text of an expression by itself."""
        start = len(self.pieces)
        self.handlers[node.__class__](node, need)
        text = "".join(self.pieces[start:])
        del self.pieces[start:]
        return text
