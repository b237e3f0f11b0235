"""The state of printing one function: names, what is folded, the statements so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast

from ..ir.program import Block, Loop, Op, Value, blocks_of, leaves, operands
from .emit import Comment, Writer
from .module_parts import ModuleParts
from .names import Names, span_of
from .ownership import WRITES, Ownership
from .places import Places
from .precedence import TEST
from .spelling import LOAD, STORE, name

AUGMENTED = (gast.Add, gast.Sub, gast.Mult)


@dataclass(frozen=True)
class Part:
    """A piece of syntax and its length in characters."""

    tree: Any
    size: int


@dataclass(eq=False)
class Printer:
    """One function being printed."""

    found: Ownership
    places: Places
    names: Names
    module: ModuleParts
    labels: dict[Value, str] = field(default_factory=dict)
    wishes: dict[Value, str] = field(default_factory=dict)
    folded: dict[Value, Part] = field(default_factory=dict)
    out: list[Any] = field(default_factory=list)
    folds: bool = True  # False: one operation a line
    depth: int = 0  # of indentation
    commented: frozenset[Any] = frozenset()  # the user's lines that need no comment any more, here
    carried: Any = ()  # of the loop being printed: what a break hands over
    writer: Writer = field(default_factory=lambda: Writer(gast.Module([], [])))

    def function(self, fun: Any) -> Any:
        return self.module.reference(fun)

    def width(self, tree: Any) -> int:
        return len(self.writer.flat(tree, TEST))

    def wish(self, v: Value) -> str | None:
        return self.wishes.get(v, v.name)


def label_of(p: Printer, v: Value) -> str:
    """The name of a value, found when it is first needed."""
    label = p.labels.get(v)
    if label is None:
        span = span_of(p.places, v)
        label = p.labels[v] = p.names.of_value(p.wish(v), span)
    return label


def labelled_leaves(p: Printer, v: Value) -> list[Value]:
    """The named values that a folded value's expression reads."""
    if v not in p.folded:
        return [v] if v in p.labels else []
    if not isinstance(v.node, Op):
        return []
    return [x for o in operands(v.node) for x in labelled_leaves(p, o)]


def assign(p: Printer, result: Value, tree: Any, node: Any) -> None:
    """`result = tree`; a scalar that adds to itself is written with `+=`."""
    label = label_of(p, result)
    if result.type.is_scalar and adds_to(tree, label):
        made: Any = gast.AugAssign(name(label, STORE), tree.op, tree.right)
    else:
        made = gast.Assign([name(label, STORE)], tree, None)
    statement(p, made, node)


def adds_to(tree: Any, label: str) -> bool:
    """Whether an expression is an operation on the variable itself."""
    return (
        isinstance(tree, gast.BinOp)
        and isinstance(tree.op, AUGMENTED)
        and isinstance(tree.left, gast.Name)
        and tree.left.id == label
    )


def statement(p: Printer, tree: Any, node: Any) -> None:
    """Append a statement; the first of the backward sweep for a line of the user's says which line that is."""
    tree.origin = node.loc
    line = source_line(node)
    if getattr(node, "backward", False) and line is not None and line not in p.commented:
        p.commented |= {line}
        source = node.loc[0]
        text = source.lines[line[1] - 1].strip() if line[1] <= len(source.lines) else ""
        if text:
            p.out.append(Comment(text))
    p.out.append(tree)


def source_line(node: Any) -> tuple[str, int] | None:
    """The file and the number of the user's line that a node comes from."""
    if node.loc is None or node.loc[1] is None:
        return None
    line = getattr(node.loc[1], "lineno", None)
    return None if line is None else (node.loc[0].filename, line)


def inner_block(p: Printer, header: Any, print_it: Callable[[], None]) -> list[Any]:
    """The statements of an inner block; the line of its header is not named again inside."""
    outer, p.out = p.out, []
    commented, line = p.commented, source_line(header)
    p.commented = frozenset() if line is None else frozenset([line])
    p.depth += 1
    print_it()
    p.depth -= 1
    p.commented = commented
    made, p.out = p.out, outer
    return made


def wish_names(p: Printer, block: Block) -> None:
    """Let an array that is written in place, or carried by a loop, have its last version's name from the start."""
    for node in reversed(block.nodes):
        if isinstance(node, Op):
            if node.fun in WRITES and node in p.found.in_place:
                _wish(p, node.args[0], p.wish(node.results[0]))
            continue
        if isinstance(node, Loop):
            for param, init, result in zip(node.carried, node.inits, node.results):
                _wish(p, param, p.wish(result))
                _wish(p, init, p.wish(param))
        for inner in blocks_of(node):
            wish_names(p, inner)


def _wish(p: Printer, v: Any, wish: str | None) -> None:
    if isinstance(v, Value) and wish is not None and p.wish(v) is None:
        p.wishes[v] = wish


__all__ = ["LOAD", "Part", "Printer", "assign", "inner_block", "label_of", "leaves", "statement"]
