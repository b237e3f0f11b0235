"""Functions of NumPy that write into an array they are given: the same writes, spelled as calls."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import Value
from .builtin_functions import builtin
from .expressions import as_operand, emit, index_operand
from .frame import Frame
from .methods import shape_of
from .staging import static
from .writes import accumulate, is_basic, write, write_augmented, write_whole

OPERATORS: dict[Any, Callable] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
}


def _at(fun: Any) -> Callable:
    def rule(frame: Frame, node: Any, target: Any, index: Any, value: Any) -> None:
        _demand_array(frame, node, f"{fun.__name__}.at", target)
        index = index_operand(frame, node, index)
        if fun in (np.add, np.subtract):
            accumulate(frame, node, OPERATORS[fun], target, index, as_operand(frame, node, value))
        elif is_basic(index):
            write_augmented(frame, node, OPERATORS[fun], target, index, value)
        else:
            raise frame.refuse(
                node, f"`np.{fun.__name__}.at` with index arrays is not supported: loop over the indices"
            )

    return rule


for _fun in OPERATORS:
    builtin(_fun.at)(_at(_fun))


def _demand_array(frame: Frame, node: Any, name: str, target: Any) -> None:
    if not isinstance(target, Value) or target.type.kind not in ("array", "unknown"):
        raise frame.refuse(node, f"`np.{name}` writes to an array: give it one")


@builtin(np.fill_diagonal)
def _fill_diagonal(frame: Frame, node: Any, a: Any, val: Any, wrap: Any = False) -> None:
    _demand_array(frame, node, "fill_diagonal", a)
    rank = a.type.rank
    if rank is None or rank < 2:
        raise frame.refuse(node, "`np.fill_diagonal` fills a matrix: write `a[k, k] = v` in a loop")
    from .builtin_functions import _min

    shape = shape_of(frame, node, a)
    if rank == 2 and static(frame.low, wrap):
        step = emit(frame, node, operator.add, shape[1], 1)
        places = emit(frame, node, np.arange, 0, emit(frame, node, np.size, a), step)
    else:
        k = emit(frame, node, np.arange, _min(frame, node, *shape) if rank == 2 else shape[0])
        places = emit(frame, node, np.ravel_multi_index, (k,) * rank, shape)
    values = cycled(frame, node, val, emit(frame, node, np.arange, emit(frame, node, np.size, places)))
    write(frame, node, a, _flat_places(frame, node, a, places), values)


@builtin(np.copyto)
def _copyto(
    frame: Frame, node: Any, dst: Any, src: Any, casting: Any = "same_kind", where: Any = True
) -> None:
    _demand_array(frame, node, "copyto", dst)
    value = as_operand(frame, node, src)
    if where is not True:
        value = emit(frame, node, np.where, as_operand(frame, node, where), value, dst)
    write(frame, node, dst, Ellipsis, value)


def cycled(frame: Frame, node: Any, values: Any, places: Any) -> Any:
    """The entries of `values`, over and over, at `places`: numbers that count from 0."""
    flat = emit(frame, node, np.ravel, as_operand(frame, node, values))
    return emit(
        frame,
        node,
        operator.getitem,
        flat,
        emit(frame, node, operator.mod, places, emit(frame, node, np.size, flat)),
    )


def _flat_places(frame: Frame, node: Any, a: Value, places: Any) -> Any:
    """The subscript that reads flat positions of an array."""
    if a.type.rank == 1:
        return places
    return emit(frame, node, np.unravel_index, places, emit(frame, node, np.shape, a))


@builtin(np.put)
def put(frame: Frame, node: Any, a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """`np.put`, and the method: values at flat positions, over and over if they are too few."""
    _demand_array(frame, node, "put", a)
    places = emit(frame, node, np.ravel, as_operand(frame, node, ind))
    count = emit(frame, node, np.size, places)
    n = emit(frame, node, np.size, a)
    if mode == "wrap":
        places = emit(frame, node, operator.mod, places, n)
    elif mode == "clip":
        places = emit(frame, node, np.clip, places, 0, emit(frame, node, operator.sub, n, 1))
    values = cycled(frame, node, v, emit(frame, node, np.arange, count))
    write(frame, node, a, _flat_places(frame, node, a, places), values)


@builtin(np.place)
def _place(frame: Frame, node: Any, arr: Any, mask: Any, vals: Any) -> None:
    _demand_array(frame, node, "place", arr)
    places = emit(frame, node, np.flatnonzero, as_operand(frame, node, mask))
    values = cycled(frame, node, vals, emit(frame, node, np.arange, emit(frame, node, np.size, places)))
    write(frame, node, arr, _flat_places(frame, node, arr, places), values)


@builtin(np.putmask)
def _putmask(frame: Frame, node: Any, a: Any, mask: Any, values: Any) -> None:
    _demand_array(frame, node, "putmask", a)
    places = emit(frame, node, np.flatnonzero, as_operand(frame, node, mask))
    write(frame, node, a, _flat_places(frame, node, a, places), cycled(frame, node, values, places))


@builtin(np.put_along_axis)
def _put_along_axis(frame: Frame, node: Any, arr: Any, indices: Any, values: Any, axis: Any) -> None:
    _demand_array(frame, node, "put_along_axis", arr)
    indices = as_operand(frame, node, indices)
    axis = static(frame.low, axis)
    if axis is None:
        write(frame, node, arr, _flat_places(frame, node, arr, indices), values)
        return
    rank = arr.type.rank
    if rank is None:
        raise frame.refuse(
            node, "`np.put_along_axis` needs to know how many axes its array has: assign with a subscript"
        )
    index = []
    for k in range(rank):
        if k == axis % rank:
            index.append(indices)
            continue
        own = emit(frame, node, np.arange, shape_of(frame, node, arr)[k])
        index.append(emit(frame, node, np.reshape, own, (1,) * k + (-1,) + (1,) * (rank - k - 1)))
    write(frame, node, arr, tuple(index), values)


@builtin(np.nan_to_num)
def _nan_to_num(frame: Frame, node: Any, x: Any, copy: Any = True, **options: Any) -> Any:
    operand = as_operand(frame, node, x)
    made = emit(
        frame, node, np.nan_to_num, operand, **{k: as_operand(frame, node, v) for k, v in options.items()}
    )
    if static(frame.low, copy) or not isinstance(x, Value) or x.type.kind != "array":
        return made
    return write_whole(frame, node, x, made)
