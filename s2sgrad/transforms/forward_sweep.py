"""The forward sweep: the original, copied node by node, with a record of what was copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..frontend.primitives import extent
from ..ir.builder import FILLS, SHAPE_ONLY
from ..ir.program import Block, Branch, Loop, Node, Op, Terminator, Value, map_leaves
from ..table.functional import index_add, index_set
from .activity import refuse_opaque
from .regions import Region, Reversal


def copy_forward(state: Reversal, source: Block, region: Region) -> None:
    for node in source.nodes:
        refuse_opaque(node, state.active)
        _copy_node(state, node, region)
    source_end = source.end
    region.block.end = Terminator(
        source_end.kind, map_leaves(source_end.values, lambda v: state.new.get(v, v))
    )


def _copy_node(state: Reversal, node: Node, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)
    with b.at(node.loc, node.state):
        if isinstance(node, Op):
            _copy_op(state, node, region)
        elif isinstance(node, Branch):
            inner = [Block(), Block()]
            made = Branch(map_leaves(node.test, change), inner[0], inner[1])
            for k, (old, new) in enumerate(zip(node.blocks, inner)):
                sub = Region(region, new, made, k)
                with b.inside(new):
                    copy_forward(state, old, sub)
                made_regions = state.regions.setdefault(made, [])
                made_regions.append(sub)
            made.results = tuple(fresh_copy(state, r, region) for r in node.results)
            b.node(made)
            region.records.append(made)
        elif isinstance(node, Loop):
            _copy_loop(state, node, region)
        else:
            from .reverse_call import copy_call

            copy_call(state, node, region)


def fresh_copy(state: Reversal, old: Value, region: Region) -> Value:
    value = Value(old.type, old.name, None, old.loc)
    value.extent = old.extent
    register_copy(state, old, value, region)
    return value


def register_copy(state: Reversal, old: Value, value: Any, region: Region) -> None:
    state.new[old] = value
    if isinstance(value, Value):
        state.home.setdefault(value, region)
        if old in state.active:
            state.alive.add(value)


def _copy_op(state: Reversal, node: Op, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)
    types = node.results[0].type if node.structure is None else _typed(node)
    before = len(b.block.nodes)
    out = b.op(
        node.fun,
        map_leaves(node.args, change),
        map_leaves(node.kwargs, change),
        node.results[0].name,
        types,
        node.effect,
    )
    values = [out] if node.structure is None else list(out)
    for old, value in zip(node.results, values):
        register_copy(state, old, value, region)
        if isinstance(value, Value):
            value.extent = old.extent if value.extent is None else value.extent
            value.name = value.name or old.name
    if len(b.block.nodes) > before:
        region.records.append(b.block.nodes[-1])


def _typed(node: Op) -> Any:
    types = [r.type for r in node.results]
    return node.structure(*types) if hasattr(node.structure, "_fields") else node.structure(types)


def _copy_loop(state: Reversal, node: Loop, region: Region) -> None:
    b = state.builder
    change = lambda v: state.new.get(v, v)
    body = Block()
    made = Loop(map_leaves(node.domain, change), None, [map_leaves(i, change) for i in node.inits], body)
    sub = Region(region, body, made)
    body.params = [fresh_copy(state, p, sub) for p in node.body.params]
    if node.test is not None:
        made.test = Block()
        test_region = Region(region, made.test, made)
        made.test.params = [fresh_copy(state, p, test_region) for p in node.test.params]
        with b.inside(made.test):
            copy_forward(state, node.test, test_region)
    with b.inside(body):
        copy_forward(state, node.body, sub)
    made.results = [fresh_copy(state, r, region) for r in node.results]
    made.keep = map_leaves(node.keep, change)
    b.node(made)
    state.regions[made] = [sub]
    state.originals[made] = node
    region.records.append(made)


SHAPE_ONLY.update({np.zeros_like, np.ones_like, extent, np.shape})
FILLS.update({np.zeros_like, np.ones_like, np.zeros, np.ones})

SAME_SHAPE = {index_set, index_add, np.copy, np.zeros_like, np.ones_like, np.empty_like}


def shape_twin(state: Reversal, v: Value) -> Value:
    """A value of the same type that was there before it, so that no version is kept for its shape alone."""
    while True:
        node, home = v.node, state.home.get(v)
        older: Any = None
        if isinstance(node, Op) and node.fun in SAME_SHAPE:
            older = node.args[0]
        elif home is not None and isinstance(home.node, Loop) and v in home.node.carried:
            older = home.node.inits[home.node.carried.index(v)]
        elif isinstance(node, Loop) and v in node.results:
            older = node.inits[node.results.index(v)]
        if (
            not isinstance(older, Value)
            or older.type != v.type
            or v.type.kind != "array"
            or v.type.shape is None
        ):
            return v
        v = older
