"""Expressions as pieces of a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from .display_writer import Displays
from .line_breaking import (
    CHAIN,
    COMMA,
    ELSE,
    END_ARGUMENTS,
    END_CHAIN,
    END_INDEX_SINGLE,
    END_LIST,
    END_MAYBE_TUPLE,
    END_ROUND,
    END_SQUARE,
    IF,
    MAYBE,
    ROUND,
    SQUARE,
)
from .literals import number_text, quoted
from .precedence import (
    ATOM,
    AWAIT,
    BINARY,
    BITOR,
    BOOLEAN,
    COMPARE,
    COMPARISONS,
    NAMED,
    OR,
    POWER,
    TEST,
    UNARY,
    YIELD,
    is_constant,
    is_exponent,
    is_factor,
    is_plain,
    is_tuple,
)


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


class Expressions(Displays):
    """Writes gast expressions: each method takes the precedence that the place needs."""

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

    # --- what statements and expressions share ------------------------------------------------------------

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

    def bare(self, node: Any) -> None:
        """A tuple without parentheses."""
        self.write(MAYBE)
        self.series(node.elts)
        self.write(END_MAYBE_TUPLE)

    def target(self, node: Any) -> None:
        """The target of an assignment or a loop: a tuple without parentheses."""
        if is_tuple(node):
            self.write(CHAIN)
            self.series(node.elts, ", ")
            self.write(END_CHAIN)
        else:
            self.handlers[node.__class__](node, TEST)
