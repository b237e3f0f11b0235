"""Functions that are written as loops by way of simpler ones: each definition is ordinary NumPy, lowered in place."""

from __future__ import annotations

import importlib
import inspect
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import NonDifferentiableError, UnsupportedSyntaxError
from ...frontend.capture import Inputs
from ...ir.program import Block, Function, Node, Op, Value, functions_of, is_static, leaves, type_of
from ...ir.rewrite import substitute_in_block
from ...ir.types import Type, array
from ...kernels import KERNELS
from ...table import shapes, simpler_shapes
from ...table.composite import DEFINITIONS
from ...table.registry import extended, lookup
from ...table.simpler import BEYOND, SIMPLER, batched_product, dot_of_vectors, general_dot, stacked_product
from ...transforms.composites import definition_nodes
from .kernel import is_array, refuse
from .plan import is_lazy_kind
from .reductions import reduction_of
from .rewriting import is_hashable, rewritten
from .same_extents import Same, note_same, rename_extents
from .scalars import is_elementwise
from .sizes import sizes_of

for _chapter in ("fourier", "linalg", "orders", "products", "reductions", "search", "sequences", "shapes"):
    importlib.import_module(f"s2sgrad.table.simpler_{_chapter}")  # these fill the table of definitions

DEEPEST = 12  # definitions by way of definitions


def define_simply(entries: list[Any], inputs: Inputs) -> None:
    """Replace, in place, operations that have no compiled form of their own by their definitions."""
    same: Same = {}
    functions = list(dict.fromkeys(f for e in entries for f in functions_of(e.function)))
    for f in functions:
        for _ in range(DEEPEST):
            if not _expand(f.body, inputs, same):
                break
            for g in functions:
                rename_extents(g.body, same)


def _expand(block: Block, inputs: Inputs, same: Same) -> bool:
    changed = False
    out: list[Node] = []
    for node in block.nodes:
        for inner in getattr(node, "blocks", ()):
            changed |= _expand(inner, inputs, same)
        told = sizes_of(node) or constants_of(node)
        if told is not None:
            out.extend(told)
            continue
        written = rewritten(node, same)
        if written is not None:
            changed = True
            out.extend(written)
            continue
        definition = definition_of(node)
        if definition is None:
            out.append(node)
        else:
            changed = True
            out.extend(defined(node, definition, inputs, same))
    block.nodes = out
    return changed


TABLES = frozenset(
    [np.polynomial.legendre.leggauss]
)  # functions of numbers that stand in the program, tabulated


def constants_of(node: Any) -> list[Node] | None:
    """The results of a function of constants, as arrays that are written down."""
    if (
        not isinstance(node, Op)
        or not is_hashable(node.fun)
        or node.fun not in TABLES
        or not is_static(node.operands)
    ):
        return None
    out: list[Node] = []
    for r, table in zip(node.results, node.fun(*node.args, **node.kwargs)):
        made = Op(np.array, lookup(np.array), (table.tolist(),), {}, (r,), loc=node.loc, state=node.state)
        r.node, r.type = made, array(table.dtype, table.shape)
        out.append(made)
    return out


def defined(node: Op, definition: Any, inputs: Inputs, same: Same) -> list[Node]:
    """The operations of a definition; its results have the types that the function's had."""
    try:
        inspect.signature(definition).bind(*node.args, **node.kwargs)
    except TypeError as error:
        raise refuse(node, f"with these arguments ({error})") from None
    limit = BEYOND.get(node.fun)
    missing = "" if limit is None else limit(*node.args, **node.kwargs)
    if missing:
        raise refuse(node, missing)
    types = [r.type for r in node.results]
    try:
        nodes = definition_nodes(node, definition, inputs)
    except NonDifferentiableError:  # of a definition that needs a rank or a number of parts
        raise refuse(node, "whose structure depends on a value that is known only when it runs") from None
    except UnsupportedSyntaxError as error:
        raise refuse(node, f"with these arguments ({error.args[0]})") from None
    for made in nodes:
        if isinstance(made, Op):
            made.backward = node.backward
    for result, t in zip(node.results, types):
        result.type = note_same(same, t, result.type, node, nodes)
        _restore(nodes, result, t)
    return nodes


def _restore(nodes: list[Node], result: Value, t: Type) -> None:
    """Convert the result of a definition to the dtype and kind that NumPy's own result has."""
    made = result.type
    if (
        t.dtype is None
        or t.shape is None
        or made.shape is None
        or (made.dtype, made.kind) == (t.dtype, t.kind)
    ):
        return
    inner, maker = Value(made, result.name), result.node
    maker.results = type(maker.results)([inner if r is result else r for r in maker.results])  # type: ignore[union-attr]
    inner.node = maker
    substitute_in_block(Block([], nodes), {result: inner})
    op = Op(
        shapes.astype,
        lookup(shapes.astype),
        (inner, t.dtype),
        {},
        (result,),
        loc=maker.loc,
        state=maker.state,
    )
    result.type, result.node = Type(t.kind, t.dtype, made.shape), op
    nodes.append(op)


def definition_of(node: Any) -> Any:
    """The definition of an operation that has no form of its own, or None."""
    if not isinstance(node, Op):
        return None
    if any(isinstance(a, Value) and a.type.kind == "list" for a in node.args):
        return None
    rule = BY_RANK.get(node.fun) if is_hashable(node.fun) else None
    found = None if rule is None else rule(node)
    if found is not None or rule is not None and node.fun not in SIMPLER:
        return found
    if is_lazy_kind(node) or reduction_of(node) is not None or is_elementwise(node):
        return None
    load_scipy_definitions(node)
    spellings: tuple[Any, Any] = (node.fun, getattr(node.entry, "fun", None))
    for fun in spellings:
        for table in (SIMPLER, DEFINITIONS):
            if is_hashable(fun) and table.get(fun) is not None:
                return table[fun]
    return None


def load_scipy_definitions(node: Op) -> None:
    """Read the definitions of functions of SciPy when a program first uses one of them."""
    library, _, rest = getattr(node.entry, "name", "").partition(".")
    chapter = CHAPTERS.get(rest.partition(".")[0]) if library == "scipy" else None
    if chapter is not None and chapter not in sys.modules:
        with extended():
            importlib.import_module(chapter)


CHAPTERS = {
    "special": "s2sgrad.table.simpler_special",
    "linalg": "s2sgrad.table.simpler_scipy_linalg",
    "fft": "s2sgrad.table.simpler_signal",
    "signal": "s2sgrad.table.simpler_signal",
}


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


def _if_by_columns(definition: Any, place: int) -> Callable[[Op], Any]:
    """Where the order asked for is that of Fortran."""

    def rule(node: Op) -> Any:
        order = node.kwargs.get("order", node.args[place] if len(node.args) > place else "C")
        return definition if order == "F" else None

    return rule


def _if_row(definition: Any) -> Callable[[Op], Any]:
    return lambda node: definition if type_of(node.args[0]).rank == 1 else None


def _clip(node: Op) -> Any:
    """Where a bound is missing, or has a name."""
    return SIMPLER[np.clip] if node.kwargs or None in node.args or len(node.args) < 3 else None


def _array_of(node: Op) -> Any:
    object_ = node.args[0] if node.args else None
    if node.kwargs.get("ndmin"):
        return simpler_shapes.array_of_rank
    if isinstance(object_, (list, tuple)) and any(map(is_array, leaves(object_))):
        return simpler_shapes.array_of_arrays
    return None


BY_RANK: dict[Any, Callable[[Op], Any]] = {
    **{f: _product for f in (operator.matmul, np.matmul, np.dot)},
    **{f: _array_of for f in (np.array, np.asarray, np.asanyarray, np.copy, np.ascontiguousarray)},
    np.reshape: _if_by_columns(simpler_shapes.reshaped_by_columns, 2),
    np.ravel: _if_by_columns(simpler_shapes.raveled_by_columns, 1),
    np.clip: _clip,
    np.tril: _if_row(simpler_shapes.lower_of_row),
    np.triu: _if_row(simpler_shapes.upper_of_row),
}


__all__ = ["KERNELS", "Function", "define_simply", "definition_of", "is_array"]
