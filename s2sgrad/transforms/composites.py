"""Composites: active calls that have a definition instead of a rule are replaced by that definition."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..frontend.capture import Inputs
from ..frontend.lower import lower_rule
from ..ir.builder import Builder
from ..ir.program import Block, Function, Loop, Node, Op, Terminator, Value
from ..table.composite import DEFINITIONS
from ..table.registry import lookup as lookup_entry


def expand_composites(function: Function, active: set[Value], inputs: Inputs) -> bool:
    """Replace active calls that have a definition instead of a rule by that definition, in place."""
    return _expand_block(function.body, active, inputs)


def _expand_block(block: Block, active: set[Value], inputs: Inputs) -> bool:
    changed = False
    out: list[Node] = []
    for node in block.nodes:
        for inner in getattr(node, "blocks", ()):
            changed |= _expand_block(inner, active, inputs)
        definition = (
            DEFINITIONS.get(node.fun)
            if isinstance(node, Op) and node.entry is not None and node.entry.vjps is None
            else None
        )
        if definition is None or not any(r in active for r in node.results):
            out.append(node)
            continue
        changed = True
        out.extend(definition_nodes(node, definition, inputs))
    block.nodes = out
    return changed


def definition_nodes(node: Op, definition: Any, inputs: Inputs) -> list[Node]:
    inner = Block()
    builder = Builder(inner, share=False)
    with builder.at(node.loc, node.state):
        made = lower_rule(builder, inputs, definition, node.args, node.kwargs)
    values = [made] if node.structure is None else list(made)
    for old, value in zip(node.results, values):
        if (
            isinstance(value, Value)
            and value.node is not None
            and value.node in inner.nodes
            and value.name is None
        ):
            value.name = old.name
    same = {}
    for old, value in zip(node.results, values):
        same[old] = value
    inner.end = Terminator("yield", tuple(values))
    _alias(node, same, builder)
    return inner.nodes


def _alias(node: Op, same: dict[Value, Any], builder: Builder) -> None:
    """Hand the definition's values over under the names of the results they replace."""
    renamed: dict[Value, Value] = {}
    for old, value in same.items():
        value = renamed.get(value, value) if isinstance(value, Value) else value
        if (
            isinstance(value, Value)
            and value not in same
            and any(value.node is made for made in builder.block.nodes)
        ):
            results = list(value.node.results)
            results[results.index(value)] = old
            renamed[value] = old
            old.type, old.node = value.type, value.node
            from ..ir.rewrite import substitute_in_block

            value.node.results = tuple(results) if not isinstance(value.node, Loop) else results
            substitute_in_block(builder.block, {value: old})
        else:
            same_object = operator.pos if old.type.is_scalar else np.asarray
            made = Op(
                same_object,
                lookup_entry(same_object),
                (value,),
                {},
                (old,),
                loc=node.loc,
                state=node.state,
                effect="pure",
            )
            old.node = made
            builder.block.nodes.append(made)
