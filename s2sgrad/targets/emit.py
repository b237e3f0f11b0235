"""Text from a gast tree: the one place where generated code becomes Python.

`write(module)` prints a tree as a person would have typed it, in the manner of `ruff format`: parentheses only
where the grammar needs them, never where they would regroup an operation (floating-point sums are not
associative: `a + (b + c)` keeps its own), comments, blank lines, lines of at most 99 columns.

An expression is dispatched with the precedence that its place *needs*; a node of lower precedence puts itself
in parentheses (`expression_writer`). A line that is too long is laid out by `line_breaking`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gast

from .line_breaking import (
    COMMA,
    END_ARGUMENTS,
    END_MAYBE,
    END_MAYBE_TUPLE,
    MAYBE,
    ROUND,
    WIDTH,
)
from .line_writer import Lines
from .literals import docstring
from .precedence import ATOM, NAMED, TEST, YIELD, is_chain, is_constant, is_tuple

DEFINITIONS = frozenset(("FunctionDef", "AsyncFunctionDef", "ClassDef"))
IMPORTS = frozenset(("Import", "ImportFrom"))


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


def is_docstring(node: Any) -> bool:
    return (
        node.__class__.__name__ == "Expr"
        and is_constant(node.value, str)
        and not getattr(node.value, "kind", None)
    )


def shown(text: str) -> str:
    """`text` without what may not stand in a comment."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


class Writer(Lines):
    """Writes a gast module: `.text`, and `.lines`, the origins of its lines."""

    def __init__(self, tree: gast.Module) -> None:
        super().__init__()
        self.statements(tree.body, root=True)
        self.flush()

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

    def _Assign(self, tree: Any) -> None:
        self.fill()
        for target in tree.targets:
            self.target(target)
            self.write(" = ")
        self.value(tree.value, bare=any(map(is_tuple, tree.targets)))

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
