"""Well-formedness of programs: every value is defined once and before it is read, and blocks hand over what
their owners expect. Checked after every pass in tests (`S2SGRAD_VERIFY=1`)."""

from __future__ import annotations

import os
from typing import Any

from .program import (
    UNDEFINED,
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Node,
    Op,
    Value,
    functions_of,
    leaves,
    operands,
)


class MalformedProgram(AssertionError):
    """A pass has made a program that breaks the rules: a defect of the compiler, not of the user's code."""


def verify_if_asked(function: Function, results: Any, stage: str) -> None:
    """Verify after a pass, if the environment asks for it."""
    if os.environ.get("S2SGRAD_VERIFY"):
        verify(function, results, stage)


def verify(function: Function, results: Any = (), stage: str = "") -> None:
    """Raise `MalformedProgram` unless a function, and all it calls, is well formed."""
    for f in functions_of(function):
        outer = set(f.params)
        if len(outer) != len(f.params):
            raise MalformedProgram(f"{stage}: a parameter of {f.name} stands twice")
        defined = set(outer)
        _block(f.body, set(outer), defined, stage, f.name)
        if f is function:
            _demand(results, _after(f.body, outer), stage, f"the results of {f.name}")


def _after(block: Block, known: set[Value]) -> set[Value]:
    return known | {r for node in block.nodes for r in node.results}


def _block(block: Block, known: set[Value], defined: set[Value], stage: str, where: str) -> None:
    known = set(known)
    for node in block.nodes:
        _demand(list(operands(node)), known, stage, f"{_label(node)} in {where}")
        CHECKS[type(node)](node, known, defined, stage, where)
        for r in node.results:
            if r in defined:
                raise MalformedProgram(f"{stage}: {r} is defined twice, again by {_label(node)} in {where}")
            defined.add(r)
            known.add(r)
    _demand(block.end.values, known, stage, f"the end of a block of {where}")


def _label(node: Node) -> str:
    return getattr(getattr(node, "fun", None), "__name__", None) or type(node).__name__


def _demand(values: Any, known: set[Value], stage: str, where: str) -> None:
    for v in leaves(values if isinstance(values, (list, tuple)) else [values]):
        if v not in known:
            raise MalformedProgram(f"{stage}: {v} is read by {where} before it is defined")


def _op(node: Op, known: set[Value], defined: set[Value], stage: str, where: str) -> None:
    if not node.results:
        raise MalformedProgram(f"{stage}: {_label(node)} in {where} has no result")


def _branch(node: Branch, known: set[Value], defined: set[Value], stage: str, where: str) -> None:
    for block in node.blocks:
        if block.params:
            raise MalformedProgram(f"{stage}: an arm of a branch in {where} has parameters")
        _block(block, known, defined, stage, where)
        if block.end.kind == "yield" and len(block.end.values) != len(node.results):
            raise MalformedProgram(
                f"{stage}: an arm in {where} yields {len(block.end.values)} values for {len(node.results)} results"
            )


def _loop(node: Loop, known: set[Value], defined: set[Value], stage: str, where: str) -> None:
    count = len(node.inits)
    if len(node.results) != count or len(node.carried) != count:
        raise MalformedProgram(
            f"{stage}: a loop in {where} carries {count} starts, {len(node.carried)} values, {len(node.results)} results"  # noqa: E501
        )
    for block in node.blocks:
        defined.update(block.params)
        _block(block, known | set(block.params), defined, stage, where)
    for values in exits_of_loop(node.body, True):
        if len(values) != count:
            raise MalformedProgram(
                f"{stage}: a loop in {where} carries {count} values and an exit hands over {len(values)}"
            )


def exits_of_loop(block: Block, top: bool) -> list[tuple]:
    """What each exit of an iteration hands over."""
    out = [block.end.values] if block.end.kind == "break" or (top and block.end.kind == "yield") else []
    for node in block.nodes:
        if isinstance(node, Branch):
            out.extend(v for b in node.blocks for v in exits_of_loop(b, False))
    return out


def _call(node: Call, known: set[Value], defined: set[Value], stage: str, where: str) -> None:
    if len(node.args) != len(node.function.params):
        raise MalformedProgram(
            f"{stage}: a call of {node.function.name} in {where} has {len(node.args)} arguments for {len(node.function.params)}"  # noqa: E501
        )
    if len(node.results) != len(node.function.results):
        raise MalformedProgram(
            f"{stage}: a call of {node.function.name} in {where} takes {len(node.results)} of {len(node.function.results)} results"  # noqa: E501
        )


CHECKS: dict[Any, Any] = {Op: _op, Branch: _branch, Loop: _loop, Call: _call}
__all__ = ["UNDEFINED", "MalformedProgram", "verify", "verify_if_asked"]
