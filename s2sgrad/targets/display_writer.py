"""Displays, comprehensions and f-strings as pieces of a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gast
from astunparse import Unparser

from .line_breaking import (
    ASYNC_FOR,
    COMMA,
    CURLY,
    END_CURLY,
    END_DISPLAY,
    END_LIST,
    END_NO_SET,
    END_ROUND,
    END_SINGLE,
    END_SQUARE,
    END_TUPLE,
    FOR,
    IF,
    ROUND,
    SQUARE,
    Close,
    Open,
)
from .literals import escaped
from .precedence import (
    BITOR,
    OR,
    TEST,
)

QUOTES = ('"', "'", '"""', "'''")


class Handlers(dict[type, Callable[..., None]]):
    """The method that writes each class of node, found by the class's name when first asked for."""

    def __init__(self, writer: Displays) -> None:
        self.writer = writer

    def __missing__(self, cls: type) -> Callable[..., None]:
        method = getattr(self.writer, "_" + cls.__name__, None)
        if method is None:
            raise TypeError(f"no text for a node of type {cls.__name__}")
        self[cls] = method
        return method  # type: ignore[no-any-return]


class Displays(Unparser):  # type: ignore[misc]
    """Writes what brackets enclose, and the lists of items in them."""

    pieces: list[str]
    write: Callable[[str], None]
    handlers: Handlers
    quote: str
    dispatch: Callable[[Any], None]

    def series(self, nodes: Sequence[Any], comma: str = COMMA) -> None:
        """Expressions with commas between them."""
        handlers, write = self.handlers, self.write
        for i, node in enumerate(nodes):
            if i:
                write(comma)
            handlers[node.__class__](node, TEST)

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
