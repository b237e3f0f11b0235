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
from .writes import accumulate, is_basic, write, write_augmented

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
    if a.type.rank != 2 or wrap is not False:
        raise frame.refuse(
            node,
            "`np.fill_diagonal` is supported for matrices, without `wrap`: write `a[k, k] = v` in a loop",
        )
    from .builtin_functions import _min
    from .methods import shape_of

    n = _min(frame, node, *shape_of(frame, node, a))
    k = emit(frame, node, np.arange, n)
    write(frame, node, a, (k, k), val)


@builtin(np.copyto)
def _copyto(
    frame: Frame, node: Any, dst: Any, src: Any, casting: Any = "same_kind", where: Any = True
) -> None:
    _demand_array(frame, node, "copyto", dst)
    value = as_operand(frame, node, src)
    if where is not True:
        value = emit(frame, node, np.where, as_operand(frame, node, where), value, dst)
    write(frame, node, dst, Ellipsis, value)


@builtin(np.putmask, np.place, np.put, np.put_along_axis)
def _refused(frame: Frame, node: Any, *args: Any, **kwargs: Any) -> None:
    raise frame.refuse(
        node,
        "this function writes into its argument in a way that is not supported: assign with a subscript, `a[index] = v`",  # noqa: E501
    )
