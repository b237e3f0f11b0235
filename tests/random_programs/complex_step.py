"""The reference: the program itself, run at complex arguments.

A derivative is the imaginary part of the value at `x + i h t`, over `h`, without cancellation: exact to
rounding for any `h` small enough. Comparisons look at real parts, and the decisions they make are recorded:
a run that decides otherwise than the original says nothing about its derivative.
"""

from __future__ import annotations

import ast
import cmath
import copy
import math
from typing import Any

import numpy as np

STEP = 1e-100
COMPARISONS = {ast.Gt: "gt", ast.Lt: "lt", ast.GtE: "ge", ast.LtE: "le", ast.Eq: "eq", ast.NotEq: "ne"}


class Numbers:
    """`np` and `math` as the instrumented program sees them: new arrays are complex."""

    def __init__(self, module: Any, changed: dict[str, Any]) -> None:
        self._module = module
        self.__dict__.update(changed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _real_abs(x: Any) -> Any:
    return np.where(np.real(x) < 0, -x, x)


ARRAYS = Numbers(
    np,
    {
        "zeros": lambda shape: np.zeros(shape, complex),
        "ones": lambda shape: np.ones(shape, complex),
        "full": lambda shape, value: np.full(shape, value, complex),
        "abs": _real_abs,
    },
)
SCALARS = Numbers(math, {"sin": cmath.sin, "cos": cmath.cos, "exp": cmath.exp, "sqrt": cmath.sqrt})


class Instrument(ast.NodeTransformer):
    """Each comparison becomes a call that compares real parts and records what it found.

    What is assigned to entries is copied first. NumPy means to do as much where memory overlaps, and fails
    for vectors of different strides, as in `m[1, 1:4] = m[:, 3]`: such programs have no value to compare with.
    """

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(t, ast.Subscript) for t in node.targets):
            node.value = ast.Call(ast.Name("copy_", ast.Load()), [node.value], [])
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        left, tests = node.left, []
        for op, right in zip(node.ops, node.comparators):
            args = [ast.Constant(COMPARISONS[type(op)]), left, right]
            tests.append(ast.Call(ast.Name("compare_", ast.Load()), args, []))
            left = right
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)


def instrumented(text: str) -> tuple[Any, list[Any]]:
    """The program with recorded decisions, and where they are recorded."""
    trace: list[Any] = []

    def compare(op: str, a: Any, b: Any) -> Any:
        out = getattr(np.real(a), f"__{op}__")(np.real(b))
        if out is NotImplemented:
            out = getattr(np.asarray(np.real(a)), f"__{op}__")(np.real(b))
        trace.append(out.tobytes() if isinstance(out, np.ndarray) else bool(out))
        return out

    tree = Instrument().visit(ast.parse(text))
    tree.body = [s for s in tree.body if not isinstance(s, ast.Import)]
    space: dict[str, Any] = {"compare_": compare, "copy_": copy.copy, "np": ARRAYS, "math": SCALARS}
    exec(compile(ast.fix_missing_locations(tree), "<instrumented program>", "exec"), space)
    return space["program"], trace


def copied(args: tuple) -> tuple:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in args)


def derivative(text: str, args: tuple, direction: tuple) -> tuple[float, float] | None:
    """The value and its derivative along a direction, or None where the path is not the original's."""
    run, trace = instrumented(text)
    run(
        *[
            x.astype(complex) if isinstance(x, np.ndarray) else x if isinstance(x, int) else complex(x)
            for x in args
        ]
    )
    expected = list(trace)
    trace.clear()
    moved = [x if t is None else x + 1j * STEP * t for x, t in zip(args, direction)]
    value = run(*moved)
    if trace != expected:
        return None
    return float(np.real(value)), float(np.imag(value)) / STEP


def decisions(text: str, args: tuple) -> list[Any]:
    """What the comparisons of a run at real arguments find."""
    run, trace = instrumented(text)
    run(
        *[
            x.astype(complex) if isinstance(x, np.ndarray) else x if isinstance(x, int) else complex(x)
            for x in args
        ]
    )
    return list(trace)


__all__ = ["copied", "decisions", "derivative", "instrumented"]
