"""An interpreter of programs of the compiler, with purely functional semantics, that counts what it does.

Every operation runs as it is: a write makes a new array. What the targets print may write in place, and must
come to the same numbers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.frontend.abstract import children
from s2sgrad.ir.program import UNDEFINED, Block, Branch, Call, Function, Loop, Op, Value, map_leaves


class Raised(Exception):
    """The program raises what it is told to raise."""


@dataclass
class Interpreter:
    """Runs blocks; counts operations, and the scalar operations that they come to."""

    values: dict[Value, Any] = field(default_factory=dict)
    operations: Counter = field(default_factory=Counter)
    scalar_operations: int = 0

    def read(self, arg: Any) -> Any:
        return map_leaves(arg, lambda v: self.values[v])

    def block(self, block: Block) -> tuple[str, Any]:
        """Run the nodes of a block: how it ends, and the values it hands over."""
        for node in block.nodes:
            ended = RUN[type(node)](self, node)
            if ended is not None:
                return ended
        if block.end.kind == "raise":
            raise Raised(self.read(block.end.values[0]))
        return block.end.kind, [UNDEFINED if y is UNDEFINED else self.read(y) for y in block.end.values]

    def call(self, function: Function, args: list[Any]) -> Any:
        """Run a function of the program: its results."""
        outer, self.values = self.values, dict(zip(function.params, args))
        try:
            return self.block(function.body)[1]
        finally:
            self.values = outer


def _op(run: Interpreter, node: Op) -> None:
    args, kwargs = run.read(node.args), run.read(node.kwargs)
    out = node.fun(*args, **kwargs)
    run.operations[getattr(node.fun, "__name__", str(node.fun))] += 1
    run.scalar_operations += max([1, np.size(out)] if isinstance(out, np.ndarray) else [1])
    if node.structure is None and len(node.results) == 1:
        run.values[node.results[0]] = out
    else:
        parts = list(children(out) or out)
        run.values.update(zip(node.results, parts))


def _branch(run: Interpreter, node: Branch) -> Any:
    kind, values = run.block(node.then if run.read(node.test) else node.orelse)
    if kind != "yield":
        return kind, values
    run.values.update(zip(node.results, values))
    return None


def _loop(run: Interpreter, node: Loop) -> None:
    carried = [UNDEFINED if x is UNDEFINED else run.read(x) for x in node.inits]
    for index in _turns(run, node, lambda: carried):
        params = [*([] if node.domain is None else [index]), *carried]
        run.values.update(zip(node.body.params, params))
        kind, carried = run.block(node.body)
        if kind == "break":
            break
    run.values.update(zip(node.results, carried))


def _turns(run: Interpreter, node: Loop, carried: Any) -> Any:
    """The indices of a counted loop; for a conditional one a turn as long as its test holds."""
    if node.domain is not None:
        yield from range(*[run.read(x) for x in node.domain])
        return
    while True:
        run.values.update(zip(node.test.params, carried()))
        if not run.block(node.test)[1][0]:
            return
        yield None


def _call(run: Interpreter, node: Call) -> None:
    results = run.call(node.function, [run.read(a) for a in node.args])
    run.values.update(zip(node.results, results))


RUN: dict[type, Any] = {Op: _op, Branch: _branch, Loop: _loop, Call: _call}


def arguments_of(parameters: list[tuple[str, Any]], args: tuple) -> dict[Value, Any]:
    """The values that the leaves of the user's parameters stand for."""
    out: dict[Value, Any] = {}

    def bind(abstract: Any, x: Any) -> None:
        if isinstance(abstract, Value):
            out[abstract] = x.copy() if isinstance(x, np.ndarray) else x
        elif children(abstract) is not None:
            for part, item in zip(children(abstract), x.values() if isinstance(x, dict) else x):
                bind(part, item)

    for (_, abstract), x in zip(parameters, args):
        bind(abstract, x)
    return out


def interpret(
    function: Function, parameters: list[tuple[str, Any]], result: Any, args: tuple, captured: tuple = ()
) -> tuple[Any, Interpreter]:
    """The result of a program at these arguments, and the interpreter with its counts."""
    run = Interpreter(arguments_of(parameters, args))
    rest = [p for p in function.params if p not in run.values]
    run.values.update(zip(rest, captured))
    run.block(function.body)
    return run.read(result), run
