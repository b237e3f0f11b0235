"""Substitution in programs: the same nodes with some values replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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


def copy_block(block: Block, new: dict[Value, Any]) -> Block:
    """A block with nodes and values of its own; `new` says what its free values become, and is filled."""

    def fresh(v: Value) -> Value:
        made = Value(v.type, v.name, None, v.loc)
        made.extent = v.extent
        new[v] = made
        return made

    def change(v: Value) -> Any:
        return new.get(v, v)

    out = Block([fresh(p) for p in block.params])
    for node in block.nodes:
        out.nodes.append(_copy_node(node, new, fresh, change))
    out.end = Terminator(block.end.kind, map_leaves(block.end.values, change))
    return out


def _copy_node(node: Node, new: dict[Value, Any], fresh: Any, change: Any) -> Node:
    made: Node
    if isinstance(node, Op):
        made = replace(node, args=map_leaves(node.args, change), kwargs=map_leaves(node.kwargs, change))
    elif isinstance(node, Call):
        made = replace(node, args=map_leaves(node.args, change))
    elif isinstance(node, Branch):
        made = replace(
            node,
            test=map_leaves(node.test, change),
            then=copy_block(node.then, new),
            orelse=copy_block(node.orelse, new),
        )
    else:
        made = replace(
            node,
            domain=map_leaves(node.domain, change),
            inits=[map_leaves(x, change) for x in node.inits],
            test=None if node.test is None else copy_block(node.test, new),
            body=copy_block(node.body, new),
        )
    made.results = type(node.results)(fresh(r) for r in node.results)
    for r in made.results:
        r.node = made
    return made
