"""What a generated function takes and returns: the user's containers taken apart and put together again."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ..frontend.abstract import Columns, Struct, is_namedtuple, map_abstract
from ..ir.program import Op, Value, leaves
from ..structure import is_made_of_its_fields, with_fields
from .expressions import operand, static
from .names import span_of
from .ownership import has_memory, is_view, shown
from .printer import Part, Printer, label_of
from .spelling import LOAD, STORE, call, constant, name, subscript

# --- parameters ---------------------------------------------------------------------------------------------


def name_parameters(p: Printer, parameters: list[tuple[str, Any]], captured: list[Value]) -> list[str]:
    """The names of a function's parameters; the leaves of those that are containers are taken out of them."""
    labels = []
    for label, abstract in parameters:
        labels.append(_parameter_name(p, label, abstract))
    for v in captured:
        p.labels[v] = p.names.fresh(v.name)
    for label, (_, abstract) in zip(labels, parameters):
        if not isinstance(abstract, Value):
            unpack(p, name(label), abstract)
    return [*labels, *[p.labels[v] for v in captured]]


def _parameter_name(p: Printer, label: str, abstract: Any) -> str:
    if not isinstance(abstract, Value):
        return p.names.fresh(label)
    p.labels[abstract] = label = p.names.of_value(label, span_of(p.places, abstract))
    return label


def unpack(p: Printer, tree: Any, abstract: Any) -> None:
    """Lines that name the leaves inside a container; one that is read once is read from there."""
    if isinstance(abstract, Value):
        _unpack_leaf(p, tree, abstract)
    elif isinstance(abstract, Struct):
        for field_name, item in abstract.fields.items():
            unpack(p, gast.Attribute(tree, field_name, LOAD), item)
    elif isinstance(abstract, slice):
        for bound in ("start", "stop", "step"):
            unpack(p, gast.Attribute(tree, bound, LOAD), getattr(abstract, bound))
    elif is_namedtuple(abstract):
        for field_name, item in zip(abstract._fields, abstract):
            unpack(p, gast.Attribute(tree, field_name, LOAD), item)
    elif isinstance(abstract, (tuple, list)):
        _unpack_sequence(p, tree, abstract)
    elif isinstance(abstract, Columns):
        _unpack_columns(p, tree, abstract)
    elif isinstance(abstract, dict):
        for key, item in abstract.items():
            unpack(p, subscript(tree, constant(key)), item)


def _unpack_columns(p: Printer, tree: Any, columns: Columns) -> None:
    """One list for each leaf of the items of a long list: `Ws = [item[0] for item in params]`."""
    for path, k in _template_paths(columns.template, name("item")):
        element = gast.ListComp(path, [gast.comprehension(name("item", STORE), tree, [], False)])
        _unpack_leaf(p, element, columns.lists[k])


def _template_paths(template: Any, tree: Any) -> list[tuple[Any, int]]:
    """How each leaf of an item is reached, and which column it is."""
    if isinstance(template, int):
        return [(tree, template)]
    if isinstance(template, Struct) or is_namedtuple(template):
        fields = template.fields if isinstance(template, Struct) else template._asdict()
        return [x for f, part in fields.items() for x in _template_paths(part, gast.Attribute(tree, f, LOAD))]
    parts = template.items() if isinstance(template, dict) else enumerate(template)
    return [x for key, part in parts for x in _template_paths(part, subscript(tree, constant(key)))]


def _columns_tree(p: Printer, columns: Columns, shared: dict[Any, int], fresh: bool) -> Any:
    """The long list put together again: `[(W, b) for W, b in zip(Ws_bar, bs_bar)]`."""
    names = [f"item_{k}" for k in range(len(columns.lists))]
    labels = [
        constant(None) if column is None else name(label) for label, column in zip(names, columns.lists)
    ]
    element = _tree(p, map_abstract(columns.template, lambda k: _Spelled(labels[k])), shared, fresh)
    present = [(label, column) for label, column in zip(names, columns.lists) if column is not None]
    sources = [_tree(p, column, shared, fresh) for _, column in present]
    targets = [name(label, STORE) for label, _ in present]
    if len(present) == 1:
        return gast.ListComp(element, [gast.comprehension(targets[0], sources[0], [], False)])
    return gast.ListComp(
        element, [gast.comprehension(gast.Tuple(targets, STORE), call(name("zip"), *sources), [], False)]
    )


@dataclass(frozen=True)
class _Spelled:
    """A leaf that is syntax already."""

    tree: Any


def _unpack_leaf(p: Printer, tree: Any, leaf: Value) -> None:
    uses = p.places.uses.get(leaf, 0)
    if uses == 0:
        return
    if (
        uses == 1
        and p.folds
        and leaf not in p.places.pinned
        and p.places.reader[leaf][0] is p.places.made[leaf][0]
    ):
        p.folded[leaf] = Part(tree, p.width(tree))
        return
    p.out.append(gast.Assign([name(label_of(p, leaf), STORE)], tree, None))


def _unpack_sequence(p: Printer, tree: Any, items: Any) -> None:
    used = [v for v in items if isinstance(v, Value) and p.places.uses.get(v, 0)]
    if len(used) > 1 and len(used) == len(items):
        targets = [name(label_of(p, v), STORE) for v in items]
        p.out.append(gast.Assign([gast.Tuple(targets, STORE)], tree, None))
        return
    for k, item in enumerate(items):
        unpack(p, subscript(tree, constant(k)), item)


# --- results ------------------------------------------------------------------------------------------------


def plain(x: Any) -> Any:
    """A result structure with dataclasses seen as tuples."""
    if isinstance(x, Struct):
        return tuple(plain(v) for v in x.fields.values())
    if isinstance(x, Columns):
        return tuple(plain(v) for v in x.lists)
    if isinstance(x, (tuple, list)):
        return tuple(plain(v) for v in x)
    return {k: plain(v) for k, v in x.items()} if isinstance(x, dict) else x


def result_tree(p: Printer, x: Any, fresh: bool) -> Any:
    """The syntax of what is returned; `fresh`: the caller shall own it."""
    shared: dict[Any, int] = {}
    for v in leaves(plain(x)):
        for root in shown(p.found, v):
            shared[root] = shared.get(root, 0) + 1
    return _tree(p, x, shared, fresh)


def _tree(p: Printer, x: Any, shared: dict[Any, int], fresh: bool) -> Any:
    if isinstance(x, Value):
        return _leaf(p, x, shared) if fresh else operand(p, x).tree
    if isinstance(x, Columns):
        return _columns_tree(p, x, shared, fresh)
    if isinstance(x, _Spelled):
        return x.tree
    if isinstance(x, Struct):
        cls, parts = (
            name(p.module.external(x.cls)),
            {f: _tree(p, v, shared, fresh) for f, v in x.fields.items()},
        )
        if is_made_of_its_fields(x.cls) and set(parts) == {f.name for f in dataclasses.fields(x.cls)}:
            return call(cls, **parts)
        held = gast.Dict([constant(f) for f in parts], list(parts.values()))
        return call(p.module.reference(with_fields), cls, held)
    if is_namedtuple(x):
        return call(name(p.module.external(type(x))), *[_tree(p, v, shared, fresh) for v in x])
    if isinstance(x, (tuple, list)):
        kind = gast.Tuple if isinstance(x, tuple) else gast.List
        return kind([_tree(p, v, shared, fresh) for v in x], LOAD)
    if isinstance(x, dict):
        return gast.Dict([constant(key) for key in x], [_tree(p, v, shared, fresh) for v in x.values()])
    return static(p, x).tree


def _leaf(p: Printer, v: Value, shared: dict[Any, int]) -> Any:
    """A result that the caller shall own: copied where its memory is an argument's or another result's."""
    tree = operand(p, v).tree
    roots = p.found.roots.get(v, frozenset())
    ours = all(root in p.found.owned_roots and shared.get(root, 0) <= 1 for root in roots)
    if not has_memory(v) or (ours and not (isinstance(v.node, Op) and is_view(v.node))):
        return tree
    if v.type.kind == "array":
        return call(gast.Attribute(tree, "copy", LOAD))
    if v.type.kind == "list":
        return call(name("list"), tree)
    if all(root not in p.labels or root.node is not None for root in roots):
        return tree
    return call(p.function(np.copy), tree)
