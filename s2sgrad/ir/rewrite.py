"""Substitution in programs: the same nodes with some values replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .program import Block, Branch, Call, Loop, Node, Op, Terminator, Value, map_leaves


def substitute_in_block(block: Block, new: Mapping[Value, Any]) -> None:
    """Replace values wherever a block reads them, in place."""

    def change(v: Value) -> Any:
        return new.get(v, v)

    for node in block.nodes:
        substitute(node, new)
    block.end = Terminator(block.end.kind, map_leaves(block.end.values, change))


def substitute(node: Node, new: Mapping[Value, Any]) -> None:
    """Replace values wherever a node or its blocks read them, in place."""

    def change(v: Value) -> Any:
        return new.get(v, v)

    if isinstance(node, Op):
        node.args = map_leaves(node.args, change)
        node.kwargs = map_leaves(node.kwargs, change)
    elif isinstance(node, Call):
        node.args = map_leaves(node.args, change)
    elif isinstance(node, Branch):
        node.test = map_leaves(node.test, change)
    elif isinstance(node, Loop):
        node.inits = [map_leaves(x, change) for x in node.inits]
        if node.domain is not None:
            node.domain = map_leaves(node.domain, change)
    for block in getattr(node, "blocks", ()):
        substitute_in_block(block, new)
