"""Activity: which values depend on what is differentiated and reach the result.

Varied values depend on the independent ones, useful values reach the result; both are active. An operation
whose table entry is inactive stops either. Loops are iterated until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..frontend.opaque import KEEPING, WRITING, may_write
from ..frontend.primitives import (
    Attribute,
    Method,
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    pack,
    packed_add,
    unpack,
)
from ..ir.program import Block, Branch, Call, Loop, Node, Op, Value, leaves, operands, type_of
from ..table.registry import IMPURE


def active_values(block: Block, independent: Iterable[Value], dependent: Iterable[Value]) -> set[Value]:
    """The values of a block (and the blocks inside) that are varied and useful."""
    varied = _varied(block, set(independent))
    useful = _useful(block, set(dependent), varied)
    return varied & useful


def _varied(block: Block, varied: set[Value]) -> set[Value]:
    size = -1
    while size != len(varied):
        size = len(varied)
        _spread_forward(block, varied)
    return varied


def passes(node: Op) -> bool:
    """Whether a derivative can flow through an operation at all."""
    if isinstance(node.fun, Attribute) and node.fun.name in ("shape", "ndim", "size", "dtype"):
        return False
    return node.entry is None or not node.entry.inactive


def _spread_forward(block: Block, varied: set[Value]) -> None:
    for node in block.nodes:
        if isinstance(node, Op):
            if passes(node) and any(v in varied for v in operands(node)):
                varied.update(r for r in node.results if r.type.may_be_active)
                if isinstance(node.fun, Method) and node.entry is None:
                    varied.update(_keeper(node))
        elif isinstance(node, Call):
            if any(v in varied for v in operands(node)):
                varied.update(r for r in node.results if r.type.may_be_active)
        elif isinstance(node, Branch):
            for inner in node.blocks:
                _spread_forward(inner, varied)
                if inner.end.kind == "yield":
                    _link(inner.end.values, node.results, varied)
        else:
            _spread_loop(node, varied)


def _keeper(node: Op) -> list[Value]:
    """The object of unknown nature whose method this is: it may keep what it is given, and hand it out later."""
    owner = node.args[0]
    return [owner] if isinstance(owner, Value) and owner.type.kind == "unknown" else []


def _spread_loop(node: Loop, varied: set[Value]) -> None:
    size = -1
    while size != len(varied):
        size = len(varied)
        _link(node.inits, node.carried, varied)
        _spread_forward(node.body, varied)
        for values in exits(node.body):
            _link(values, node.carried, varied)
            _link(values, node.results, varied)
        _link(node.inits, node.results, varied)


def _link(sources: Iterable, targets: Iterable[Value], marked: set[Value]) -> None:
    for source, target in zip(sources, targets):
        if target.type.may_be_active and any(v in marked for v in leaves(source)):
            marked.add(target)


def exits(body: Block) -> list[tuple]:
    """What a loop's iterations hand over: the yielded values and those of every break."""
    out = [body.end.values] if body.end.kind in ("yield", "break") else []
    for node in body.nodes:
        if isinstance(node, Branch):
            out.extend(values for inner in node.blocks for values in breaks(inner))
    return out


def breaks(block: Block) -> list[tuple]:
    out = [block.end.values] if block.end.kind == "break" else []
    for node in block.nodes:
        if isinstance(node, Branch):
            out.extend(values for inner in node.blocks for values in breaks(inner))
    return out


def _useful(block: Block, useful: set[Value], varied: set[Value]) -> set[Value]:
    size = -1
    while size != len(useful):
        size = len(useful)
        _spread_backward(block, useful, varied)
    return useful


def _spread_backward(block: Block, useful: set[Value], varied: set[Value]) -> None:
    for node in reversed(block.nodes):
        if isinstance(node, (Op, Call)):
            if any(r in useful for r in node.results) and (not isinstance(node, Op) or passes(node)):
                useful.update(operands(node))
        elif isinstance(node, Branch):
            for inner in node.blocks:
                if inner.end.kind == "yield":
                    _link_back(inner.end.values, node.results, useful)
                _spread_backward(inner, useful, varied)
        else:
            _spread_loop_backward(node, useful, varied)


def _spread_loop_backward(node: Loop, useful: set[Value], varied: set[Value]) -> None:
    size = -1
    while size != len(useful):
        size = len(useful)
        for values in exits(node.body):
            _link_back(values, node.results, useful)
            _link_back(values, node.carried, useful)
        _spread_backward(node.body, useful, varied)
    _link_back(node.inits, node.carried, useful)
    _link_back(node.inits, node.results, useful)


def _link_back(sources: Iterable, targets: Iterable[Value], useful: set[Value]) -> None:
    for source, target in zip(sources, targets):
        if target in useful:
            useful.update(leaves(source))


def refuse_opaque(node: Node, active: set[Value]) -> None:
    """Raise the diagnosis of an operation that an active value reaches and that has no rule."""
    if (
        isinstance(node, Op)
        and node.entry is None
        and node.effect == IMPURE
        and _may_be_written(node, active)
    ):
        name = getattr(node.fun, "__name__", None) or getattr(node.fun, "name", repr(node.fun))
        message = f"`{name}` cannot be looked into and may write into an array that depends on what is differentiated: hand it a `.copy()`"  # noqa: E501
        raise NonDifferentiableError(message, place(node)) from node.diagnosis
    if not isinstance(node, Op) or not any(r in active for r in node.results):
        return
    if not any(v in active for v in operands(node)):
        return
    if node.diagnosis is not None:
        raise node.diagnosis
    if node.entry is not None and (
        node.entry.vjps is not None
        or node.entry.jvps is not None
        or node.entry.linear
        or node.fun in LANGUAGE
    ):
        return
    name = getattr(node.fun, "__name__", None) or getattr(node.fun, "name", repr(node.fun))
    message = f"`{name}` has no derivative in the table, and a value that depends on what is differentiated reaches it: give it one with `defvjp`, or hide the value with `stop_gradient`"  # noqa: E501
    raise NonDifferentiableError(message, place(node))


def _may_be_written(node: Op, active: set[Value]) -> bool:
    """Whether an active array that is read again later is handed to an opaque function that may write into it."""
    name = node.fun.name if isinstance(node.fun, Method) else None
    if isinstance(node.fun, Attribute) or name in KEEPING or not may_write(node.fun, name):
        return False
    if type_of(node.args[0]).kind == "generator" and name not in WRITING:
        return False
    return any(v in active and v.type.kind == "array" for v in operands(node))


LANGUAGE = {
    pack,
    packed_add,
    unpack,
    list_of,
    list_append,
    list_pop,
    list_set,
    list_add,
    list_from,
    np.asarray,
}  # differentiated by their structure


def place(node: Node) -> Any:
    """The source location of a node, or None."""
    if node.loc is None:
        return None
    source, tree = node.loc
    return source.location(tree)
