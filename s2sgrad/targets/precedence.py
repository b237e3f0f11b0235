"""Precedence of operators, and what decides about spaces and parentheses around an operand."""

from __future__ import annotations

from typing import Any

from astunparse import Unparser

from .line_breaking import operator

# Lowest first: what a node has, and what a place needs.
NAMED, TUPLE, YIELD, TEST, OR, AND, NOT, COMPARE = range(8)
BITOR, BITXOR, BITAND, SHIFT, SUM, TERM, FACTOR, POWER, AWAIT, ATOM = range(8, 18)

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
