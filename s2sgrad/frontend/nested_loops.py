"""Batches and matrices of derivatives inside interpreted code, as loops: `vmap`, `jacobian` and `hessian` in a body."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Value, type_of
from .abstract import BoundFunction, FunctionRef, children, leaves_of, map_abstract, rebuild
from .builtin_functions import BUILTINS
from .expressions import emit
from .frame import Frame
from .methods import shape_of
from .nesting import RULES, DerivativeOf, bind_abstract, nested_jvp, push_gradient, targets_of


def _stacked(frame: Frame, node: Any, count: Any, item: Callable[[Any], Any]) -> Any:
    """The results of `item` at 0, ..., count - 1, leaf by leaf along a new first axis: a loop for each leaf."""
    from .calls import State_of, inline

    before = State_of(frame)
    structure = map_abstract(item(0), lambda leaf: leaf)
    before.undo(frame)
    whole = dataclasses.replace(frame, quiet=False)
    columns = []
    for j, leaf in enumerate(leaves_of(structure)):
        part = BoundFunction(_item, (Indexed(lambda k, j=j: list(leaves_of(item(k)))[j]),), {})  # type: ignore[misc]
        found = None if leaf is None else inline(whole, node, FunctionRef(_each, None), [part, count], {})
        columns.append(None if found is None else emit(frame, node, np.array, found))
    rows = iter(columns)
    return map_abstract(structure, lambda leaf: next(rows))


def _each(item: Any, count: Any) -> Any:
    return [item(k) for k in range(count)]


@dataclass(eq=False, slots=True)
class Indexed:
    """What the results of a loop are made by, from the index."""

    make: Callable[[Any], Any]


def _item(*args: Any) -> Any:
    raise TypeError("only interpreted")


def _rule_of_item(frame: Frame, node: Any, indexed: Indexed, k: Any) -> Any:
    return indexed.make(k)


def _moved(frame: Frame, node: Any, x: Any, source: int, destination: int) -> Any:
    if destination is None and x is not None:
        raise frame.refuse(
            node, "`out_axes=None` inside a differentiated function is not supported: take an item"
        )
    return x if source == destination or x is None else emit(frame, node, np.moveaxis, x, source, destination)


def _batched(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`vmap(f)(*args)` in interpreted code: a loop over the examples."""
    from ..batching import axes_for, axis_at
    from .calls import call

    in_axes, out_axes = d.wrt
    given = {name: x for name, x in kwargs.items()}
    spots = [*zip(args, axes_for(in_axes, len(args))), *[(x, 0) for x in given.values()]]
    fronts: list[Any] = []

    def front(leaf: Any, axis: Any) -> Any:
        if axis is None:
            return leaf
        if not (isinstance(leaf, (Value, np.ndarray)) and type_of(leaf).kind in ("array", "unknown")):
            raise frame.refuse(
                node, "an argument that is mapped over has no axis: give `None` for it in `in_axes`"
            )
        fronts.append(emit(frame, node, np.moveaxis, leaf, axis, 0) if axis else leaf)
        return _Mapped(fronts[-1])

    prepared = [axis_at(x, axes, front, _parts, rebuild) for x, axes in spots]
    if not fronts:
        raise ValueError("vmap has no argument to map over: in_axes is None everywhere")
    count = emit(frame, node, np.shape, fronts[0])
    count = count[0] if isinstance(count, (tuple, list)) else emit(frame, node, operator.getitem, count, 0)

    def example(k: Any) -> Any:
        at = [_picked(frame, node, x, k) for x in prepared]
        return call(frame, node, d.fun, at[: len(args)], dict(zip(given, at[len(args) :])))

    out = _stacked(frame, node, count, example)
    return axis_at(out, out_axes, lambda leaf, axis: _moved(frame, node, leaf, 0, axis), _parts, rebuild)


@dataclass(eq=False, slots=True)
class _Mapped:
    """An argument of which each example has an item."""

    items: Any


def _picked(frame: Frame, node: Any, x: Any, k: Any) -> Any:
    return map_abstract(
        x,
        lambda leaf: (
            emit(frame, node, operator.getitem, leaf.items, k) if isinstance(leaf, _Mapped) else leaf
        ),
    )


def _parts(x: Any) -> list[Any] | None:
    inner = children(x)
    return None if inner is None else list(inner)


def _matrix(frame: Frame, node: Any, d: DerivativeOf, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`jacobian(f)(*args)` and `hessian(f)(*args)` in interpreted code: loops over the unit vectors.

    Of containers, containers of blocks: in the structure of the result, and inside in that of the arguments.
    """
    if isinstance(d.wrt, tuple) and d.kind == "jacobian":
        return tuple(_matrix(frame, node, DerivativeOf(d.kind, d.fun, w), args, kwargs) for w in d.wrt)
    names, bound = bind_abstract(frame, node, d.fun, args, kwargs)
    targets = targets_of(d, names)
    moving = tuple(float(bound[t]) if type(bound[t]) is int else bound[t] for t in targets)
    blocks: list[list[Any]] = []
    for j, leaf in enumerate(leaves_of(moving)):
        if _is_floating(leaf):
            column = _column_of(frame, node, d, bound, targets, moving, j)
            template = _blocks(frame, node, leaf, column)
            blocks.append(list(leaves_of(template)))
    if not blocks:
        raise frame.refuse(node, "the argument has no floating number to differentiate with respect to")
    numbers = iter(range(len(blocks[0])))

    def of_all(part: Any) -> Any:
        """The blocks of one leaf of the result, in the structure of the arguments."""
        k, given = next(numbers), iter(blocks)
        found = map_abstract(moving, lambda leaf: next(given)[k] if _is_floating(leaf) else None)
        return None if part is None else found if isinstance(d.wrt, tuple) else found[0]

    return map_abstract(template, of_all)


def _is_floating(leaf: Any) -> bool:
    if not isinstance(leaf, Value):
        return type(leaf) in (float, complex)
    return leaf.type.kind == "unknown" or (leaf.type.dtype is not None and leaf.type.dtype.kind in "fc")


def _column_of(
    frame: Frame,
    node: Any,
    d: DerivativeOf,
    bound: dict[str, Any],
    targets: list[str],
    moving: tuple[Any, ...],
    j: int,
) -> Callable[[Any], Any]:
    """The derivative along a direction of leaf `j` of what moves."""
    names = list(bound)

    def zero(leaf: Any) -> Any:
        if not _is_floating(leaf):
            return None
        is_array = isinstance(leaf, Value) and not leaf.type.is_scalar
        return emit(frame, node, np.zeros_like, leaf) if is_array else 0.0

    def column(unit: Any) -> Any:
        numbers = iter(range(sum(1 for _ in leaves_of(moving))))
        direction = map_abstract(moving, lambda leaf: unit if next(numbers) == j else zero(leaf))
        values = {**bound, **dict(zip(targets, moving))}
        if d.kind == "hessian":
            wrt = tuple(names.index(t) for t in targets)
            whole = DerivativeOf("hvp", d.fun, wrt if isinstance(d.wrt, tuple) else wrt[0])
            along = direction if isinstance(d.wrt, tuple) else direction[0]
            return push_gradient(frame, node, whole, [*values.values(), along], {})
        tangents = [direction[targets.index(name)] if name in targets else None for name in names]
        return nested_jvp(frame, node, d.fun, list(values.values()), tangents)[1]

    return column


def _blocks(frame: Frame, node: Any, x: Any, column: Callable[[Any], Any]) -> Any:
    """The derivatives along all unit vectors of an array or number: output shape + its shape."""
    shape = shape_of(frame, node, x) if isinstance(x, Value) else ()
    rank = len(shape) if isinstance(shape, tuple) else None
    if rank is None or (isinstance(x, Value) and x.type.dtype is not None and x.type.dtype.kind == "c"):
        raise frame.refuse(
            node,
            "the matrix of a function of complex or unknown arguments is not supported inside another function: use `jvp`",  # noqa: E501
        )
    if not rank:
        return column(1.0)
    size = emit(frame, node, np.size, x)
    units = emit(frame, node, np.reshape, emit(frame, node, np.eye, size), (size, *shape))
    out = _stacked(frame, node, size, lambda k: column(emit(frame, node, operator.getitem, units, k)))

    def arranged(leaf: Any) -> Any:
        if leaf is None:
            return None
        last = emit(frame, node, np.moveaxis, leaf, 0, -1)
        rest = emit(frame, node, np.shape, last)
        return emit(frame, node, np.reshape, last, (*rest[:-1], *shape)) if rank > 1 else last

    return map_abstract(out, arranged)


RULES.update({"vmap": _batched, "jacobian": _matrix, "hessian": _matrix})
BUILTINS[_item] = _rule_of_item
__all__ = ["Indexed"]
