"""Scalar operations of a generated program, counted while it runs as it is written.

Each operator and call counts as many as its result has entries, so an array that is copied for a write to one
entry is seen. A write in place counts what is written, a subscript that is read nothing, since it is a view.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np


class Counter:
    """The names that a counted program calls."""

    def __init__(self) -> None:
        self.operations = 0

    def count(self, x: Any) -> Any:
        self.operations += max(1, x.size) if isinstance(x, np.ndarray) else 1
        return x


class Counted(ast.NodeTransformer):
    """Every operator and call, and every value written, goes through `count_`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return _counted(self.generic_visit(node))

    visit_UnaryOp = visit_Call = visit_Compare = visit_BinOp

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        node.value = _counted(self.visit(node.value))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.value = self.visit(node.value)
        if isinstance(node.targets[0], ast.Subscript):
            node.value = _counted(node.value)
        return node


def _counted(node: Any) -> ast.Call:
    return ast.Call(ast.Name("count_", ast.Load()), [node], [])


def operations_of(derivative: Any, *args: Any) -> int:
    """How many scalar operations the generated program of a derivative makes for these arguments."""
    tree = ast.fix_missing_locations(Counted().visit(ast.parse(derivative.source_for(*args))))
    counter = Counter()
    space: dict[str, Any] = {"count_": counter.count}
    exec(compile(tree, "<counted>", "exec"), space)
    name = next(n.name for n in tree.body if isinstance(n, ast.FunctionDef))
    found = space[name](*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
    np.testing.assert_equal(found, derivative(*args))  # what was counted is what runs
    return counter.operations
