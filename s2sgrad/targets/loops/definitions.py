"""Functions that are written as loops by way of simpler ones: each definition is ordinary NumPy, lowered in place."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...frontend.capture import Inputs
from ...ir.program import Block, Function, Node, Op, Value, functions_of, map_leaves, type_of
from ...ir.result_types import as_tuple
from ...ir.types import array
from ...table.composite import DEFINITIONS
from ...table.functional import index_add, index_set
from ...table.simpler import SIMPLER, batched_product, dot_of_vectors, general_dot, stacked_product
from ...transforms.composites import definition_nodes
from .kernel import is_array
from .plan import is_lazy_kind
from .reductions import reduction_of
from .scalars import is_elementwise
from .sizes import sizes_of
from .tapes import operation

DEEPEST = 12  # definitions by way of definitions


def define_simply(entries: list[Any], inputs: Inputs) -> None:
    """Replace, in place, operations that have no compiled form of their own by their definitions."""
    for f in dict.fromkeys(f for e in entries for f in functions_of(e.function)):
        for _ in range(DEEPEST):
            if not _expand(f.body, inputs):
                break


def _expand(block: Block, inputs: Inputs) -> bool:
    changed = False
    out: list[Node] = []
    for node in block.nodes:
        for inner in getattr(node, "blocks", ()):
            changed |= _expand(inner, inputs)
        out.extend(_index_arrays(node))
        told = sizes_of(node)
        if told is not None:
            out.extend(told)
            continue
        definition = definition_of(node)
        if definition is None:
            out.append(node)
        else:
            changed = True
            out.extend(definition_nodes(node, definition, inputs))
    block.nodes = out
    return changed


def _index_arrays(node: Any) -> list[Node]:
    """Arrays in the place of lists and constant arrays in a subscript, which the node is given."""
    made: list[Node] = []
    if (
        not isinstance(node, Op)
        or node.fun not in (operator.getitem, index_set, index_add)
        or len(node.args) < 2
    ):
        return made
    if not is_array(node.args[0]):
        return made
    items = as_tuple(node.args[1])
    if not any(isinstance(i, (list, np.ndarray)) for i in items):
        return made
    new = []
    for i in items:
        if isinstance(i, (list, np.ndarray)):
            listed = i.tolist() if isinstance(i, np.ndarray) else i
            sample = np.asarray(map_leaves(listed, lambda v: 0))
            dtype = sample.dtype if sample.size else np.dtype(np.int64)
            op = operation(np.array, (listed,), array(dtype, sample.shape), None, node)
            made.append(op)
            new.append(op.results[0])
        else:
            new.append(i)
    index = new[0] if not isinstance(node.args[1], tuple) else tuple(new)
    node.args = (node.args[0], index, *node.args[2:])
    return made


def definition_of(node: Any) -> Any:
    """The definition of an operation that has no form of its own, or None."""
    if (
        not isinstance(node, Op)
        or is_lazy_kind(node)
        or reduction_of(node) is not None
        or is_elementwise(node)
    ):
        return None
    if any(isinstance(a, Value) and a.type.kind == "list" for a in node.args):
        return None
    rule = BY_RANK.get(node.fun)
    if rule is not None:
        return rule(node)
    for table in (SIMPLER, DEFINITIONS):
        try:
            found = table.get(node.fun)
        except TypeError:
            return None
        if found is not None:
            return found
    return None


def _product(node: Op) -> Any:
    a, b = (type_of(x).rank for x in node.args[:2])
    if a is None or b is None or len(node.args) > 2 or node.kwargs:
        return None
    if a == 1 and b == 1:
        return dot_of_vectors
    if 1 <= a <= 2 and 1 <= b <= 2:
        return None if node.results[0].type.dtype.kind in "fc" else stacked_product
    if node.fun is np.dot:
        return general_dot
    known = all(isinstance(n, int) or n.not_one for x in node.args[:2] for n in (type_of(x).shape or ())[:1])
    if max(a, b) == 3 and min(a, b) >= 2 and known and node.results[0].type.dtype.kind in "fc":
        return batched_product
    return stacked_product


BY_RANK: dict[Any, Callable[[Op], Any]] = {operator.matmul: _product, np.matmul: _product, np.dot: _product}


__all__ = ["Function", "define_simply", "definition_of", "is_array"]
