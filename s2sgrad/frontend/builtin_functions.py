"""Python's builtins, and the functions of shapes, on abstract values: one lowering each, found in a table."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ..errors import NonDifferentiableError
from ..ir.program import Value, type_of
from ..ir.result_types import type_of_index
from ..ir.types import PYTHON_TYPES
from ..table.arithmetic import MOST_ITEMS
from ..table.composite import refuse
from ..table.functional import is_constant, may_repeat
from ..table.products import operands_of, written
from ..table.registry import lookup
from .abstract import (
    Bound,
    BoundFunction,
    Closure,
    Columns,
    FunctionRef,
    Lazy,
    NotStatic,
    ObjectRef,
    Range,
    Struct,
    children,
    is_static,
    leaves_of,
)
from .expressions import as_operand, attribute, binary, compare, emit, subscript, truth, value_of
from .frame import Frame
from .iteration import comprehension, iterate
from .list_algorithms import interpreted, keyed
from .methods import ndim, shape_of, size_of
from .objects import construct, special, super_of
from .primitives import Method, length, list_from
from .staging import static

BUILTINS: dict[Any, Callable[..., Any]] = {}


def builtin(*funs: Any) -> Callable:
    def register(rule: Callable) -> Callable:
        for fun in funs:
            BUILTINS[fun] = rule
        return rule

    return register


@builtin(len)
def _len(frame: Frame, node: Any, x: Any) -> Any:
    if isinstance(x, Value):
        if x.type.kind == "array" and x.type.shape:
            return shape_of(frame, node, x)[0]
        if x.type.is_scalar:
            raise TypeError(f"object of type '{x.type.kind}' has no len()")
        return emit(frame, node, length, x)
    if isinstance(x, Columns):
        return emit(frame, node, length, x.lists[0])
    if isinstance(x, Range):
        return emit(frame, node, length, emit(frame, node, range, x.start, x.stop, x.step))
    own = special(frame, node, len, x)
    if own is not NotImplemented:
        return own
    if isinstance(x, ObjectRef):
        return emit(frame, node, length, value_of(frame, node, x))
    return len(x)


builtin(super)(super_of)


@builtin(functools.partial)
def _partial(frame: Frame, node: Any, fun: Any, *args: Any, **kwargs: Any) -> Any:
    return BoundFunction(fun, args, kwargs)


@builtin(operator.itemgetter)
def _itemgetter(frame: Frame, node: Any, *keys: Any) -> Any:
    return BoundFunction(FunctionRef(items_at, None), (keys,), {})


def items_at(keys: tuple[Any, ...], x: Any) -> Any:
    """What `operator.itemgetter(*keys)` gives of `x`."""
    return operator.itemgetter(*keys)(x)


@builtin(items_at)
def _items_at(frame: Frame, node: Any, keys: tuple[Any, ...], x: Any) -> Any:
    found = tuple(subscript(frame, node, x, key) for key in keys)
    return found if len(keys) > 1 else found[0]


@builtin(range)
def _range(frame: Frame, node: Any, *args: Any) -> Any:
    if is_static(args):
        return range(*args)
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1) if len(args) == 2 else args
    return Range(start, stop, step)


@builtin(enumerate)
def _enumerate(frame: Frame, node: Any, x: Any, start: Any = 0) -> Any:
    return Lazy("enumerate", (x, start))


@builtin(zip)
def _zip(frame: Frame, node: Any, *parts: Any, strict: bool = False) -> Any:
    return Lazy("zip", parts)


@builtin(np.ndindex)
def _ndindex(frame: Frame, node: Any, *shape: Any) -> Any:
    return Lazy(
        "ndindex", tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    )


@builtin(np.ndenumerate)
def _ndenumerate(frame: Frame, node: Any, x: Any) -> Any:
    return Lazy("ndenumerate", (as_operand(frame, node, x),))


@builtin(reversed)
def _reversed(frame: Frame, node: Any, x: Any) -> Any:
    return Lazy("reversed", (x,))


@builtin(map)
def _map(frame: Frame, node: Any, fun: Any, *parts: Any) -> Any:
    return Lazy("map", (fun, *parts))


@builtin(filter)
def _filter(frame: Frame, node: Any, fun: Any, part: Any) -> Any:
    return Lazy("filter", (fun, part))


@builtin(slice)
def _slice(frame: Frame, node: Any, *args: Any) -> Any:
    return slice(*args)


@builtin(tuple)
def _tuple(frame: Frame, node: Any, x: Any = ()) -> Any:
    items = _items(frame, node, x)
    return items if isinstance(items, Value) else tuple(items)


@builtin(list)
def _list(frame: Frame, node: Any, x: Any = ()) -> Any:
    items = _items(frame, node, x)
    return items if isinstance(items, Value) else list(items)


@builtin(dict)
def _dict(frame: Frame, node: Any, x: Any = (), **kwargs: Any) -> Any:
    items = (
        x
        if isinstance(x, dict)
        else {
            static(frame.low, k): v
            for k, v in (iterate(frame, node, pair) for pair in iterate(frame, node, x))
        }
    )
    return {**items, **kwargs}


@builtin(set, frozenset)
def _set(frame: Frame, node: Any, x: Any = ()) -> Any:
    return set(static(frame.low, iterate(frame, node, x)))


@builtin(sum)
def _sum(frame: Frame, node: Any, x: Any, start: Any = 0) -> Any:
    from .runtime_iteration import fold

    return fold(frame, node, x, start, lambda total, item: binary(frame, node, operator.add, total, item))


@builtin(any)
def _any(frame: Frame, node: Any, x: Any) -> Any:
    return _quantifier(frame, node, x, True)


@builtin(all)
def _all(frame: Frame, node: Any, x: Any) -> Any:
    return _quantifier(frame, node, x, False)


def _quantifier(frame: Frame, node: Any, x: Any, stop: bool) -> Any:
    """`any` (stops at True) or `all` (stops at False) of the truth of items."""
    from .primitives import truth_and, truth_or

    if isinstance(x, Value):
        return emit(frame, node, np.any if stop else np.all, x)
    items = _items(frame, node, x)
    if isinstance(items, Value):
        return emit(frame, node, np.any if stop else np.all, emit(frame, node, np.asarray, items))
    found: Any = not stop
    for item in items:
        t = truth(frame, node, item)
        if isinstance(t, bool):
            if t == stop:
                return stop
            continue
        found = t if isinstance(found, bool) else emit(frame, node, truth_or if stop else truth_and, found, t)
    return found


@builtin(max)
def _max(frame: Frame, node: Any, *args: Any, key: Any = None, **kwargs: Any) -> Any:
    return _extreme(frame, node, builtins.max, np.max, args, key, kwargs)


@builtin(min)
def _min(frame: Frame, node: Any, *args: Any, key: Any = None, **kwargs: Any) -> Any:
    return _extreme(frame, node, builtins.min, np.min, args, key, kwargs)


def _extreme(
    frame: Frame, node: Any, fun: Callable, reduction: Callable, args: tuple, key: Any, kwargs: dict
) -> Any:
    if key is not None:
        known = list(args) if len(args) > 1 else iterate(frame, node, args[0])
        return _extreme_by(frame, node, fun, known, key) if known else fun(known, **kwargs)
    items: Any = (
        list(args)
        if len(args) > 1
        else args[0]
        if isinstance(args[0], Value)
        else _items(frame, node, args[0])
    )
    if isinstance(items, Value):
        return _extreme_at_run_time(frame, node, reduction, items, kwargs)
    if is_static(items) or not items:
        return fun(items, **kwargs)
    if any(children(x) is not None for x in items):
        return _extreme_by(frame, node, fun, items, _itself)
    if len(items) > MOST_ITEMS:
        few = [items[k : k + MOST_ITEMS] for k in range(0, len(items), MOST_ITEMS)]
        items = [
            _extreme(frame, node, fun, reduction, tuple(part), None, {}) for part in few if len(part) > 1
        ]
        items += [part[0] for part in few if len(part) == 1]
    if len(items) == 1:
        return items[0]
    return emit(frame, node, fun, *[as_operand(frame, node, x) for x in items])


def _extreme_at_run_time(frame: Frame, node: Any, reduction: Callable, items: Value, kwargs: dict) -> Any:
    """The extreme of an array, or of a list whose length is known only at run time."""
    from .control import branch

    found = functools.partial(emit, frame, node, reduction)
    if "default" not in kwargs:
        return found(_as_array(frame, node, items))
    filled = emit(frame, node, operator.gt, _len(frame, node, items), 0)
    return branch(
        frame,
        node,
        filled,
        lambda: found(_as_array(frame, node, items)),
        functools.partial(_itself, kwargs["default"]),
    )


def _as_array(frame: Frame, node: Any, x: Value) -> Value:
    """A run-time list as an array, for functions that take arrays."""
    return emit(frame, node, np.asarray, x) if x.type.kind == "list" else x


def _items(frame: Frame, node: Any, x: Any) -> Any:
    """The items of an iterable, or a run-time list of them where a generator's length is known only then."""
    if isinstance(x, Lazy) and x.kind == "generator":
        owner, generator = x.parts
        x = comprehension(owner, generator, generator.elt)
        return x if isinstance(x, Value) else list(x)
    return iterate(frame, node, x)


def _extreme_by(frame: Frame, node: Any, fun: Callable, items: list[Any], key: Any) -> Any:
    from .calls import call
    from .control import branch

    keyed_by = _itself if key is _itself else lambda x: call(frame, node, key, [x], {})
    best, best_key = items[0], keyed_by(items[0])
    for item in items[1:]:
        k = keyed_by(item)
        better = compare(frame, node, gast.Gt() if fun is builtins.max else gast.Lt(), k, best_key)
        if isinstance(better, bool):
            best, best_key = (item, k) if better else (best, best_key)
        else:
            old, new = (best, best_key), (item, k)
            best, best_key = branch(
                frame, node, better, functools.partial(_itself, new), functools.partial(_itself, old)
            )
    return best


def _itself(x: Any) -> Any:
    return x


@builtin(sorted)
def _sorted(frame: Frame, node: Any, x: Any, key: Any = None, reverse: Any = False) -> Any:
    if isinstance(x, Lazy) and x.kind == "generator":
        x = _items(frame, node, x)
    if isinstance(x, Value) and key is not None:
        keys = emit(frame, node, np.array, interpreted(frame, node, keyed, x, key))
        return emit(frame, node, list_from, _in_order(frame, node, _as_array(frame, node, x), keys, reverse))
    if isinstance(x, Value):
        out = emit(frame, node, np.sort, _as_array(frame, node, x))
        if static(frame.low, reverse):
            out = emit(frame, node, operator.getitem, out, slice(None, None, -1))
        return emit(frame, node, list_from, out)
    items = iterate(frame, node, x)
    if key is None and is_static(items):
        return sorted(items, reverse=bool(reverse))
    if key is not None:
        from .calls import call

        return _sorted_by(frame, node, items, [call(frame, node, key, [x], {}) for x in items], reverse)
    if all(isinstance(x, (tuple, list)) and x and is_static(x[0]) for x in items):
        first = [x[0] for x in items]
        if len(set(first)) == len(first):  # what comes after the first of each is never compared
            return _sorted_by(frame, node, items, first, reverse)
    out = emit(frame, node, np.sort, emit(frame, node, np.array, items))
    picked = [emit(frame, node, operator.getitem, out, k) for k in range(len(items))]
    return picked[::-1] if static(frame.low, reverse) else picked


def _in_order(frame: Frame, node: Any, items: Value, keys: Value, reverse: Any) -> Value:
    """An array in the order of its keys, entries of equal keys in the order they came."""
    row = emit(frame, node, operator.neg, keys) if static(frame.low, reverse) else keys
    return emit(frame, node, operator.getitem, items, emit(frame, node, np.argsort, row, kind="stable"))


def _sorted_by(frame: Frame, node: Any, items: list[Any], keys: list[Any], reverse: Any) -> list[Any]:
    """The items in the order of their keys, those of equal keys in the order they came."""
    backwards = bool(static(frame.low, reverse))
    try:
        known = [static(frame.low, k) for k in keys]
    except NotStatic:
        if not all(type_of(x).is_scalar for x in [*items, *keys]):
            raise
        row = emit(frame, node, np.array, [as_operand(frame, node, k) for k in keys])
        array = emit(frame, node, np.array, [as_operand(frame, node, x) for x in items])
        out = _in_order(frame, node, array, row, backwards)
        return [emit(frame, node, operator.getitem, out, k) for k in range(len(items))]
    order = sorted(range(len(items)), key=lambda k: known[k], reverse=backwards)
    return [items[k] for k in order]


@builtin(float)
def _float(frame: Frame, node: Any, x: Any = 0.0) -> Any:
    return x if type_of(x).kind == "float" else _convert(frame, node, float, x)


@builtin(int)
def _int(frame: Frame, node: Any, x: Any = 0, *base: Any) -> Any:
    return x if type_of(x).kind == "int" else _convert(frame, node, int, x, *base)


@builtin(bool)
def _bool(frame: Frame, node: Any, x: Any = False) -> Any:
    known = truth(frame, node, x)
    return (
        known
        if isinstance(known, bool) or type_of(known).kind == "bool"
        else _convert(frame, node, bool, known)
    )


@builtin(complex)
def _complex(frame: Frame, node: Any, x: Any = 0, y: Any = None) -> Any:
    if y is None:
        return x if type_of(x).kind == "complex" else _convert(frame, node, complex, x)
    if is_static((x, y)):
        return complex(x, y)
    return binary(frame, node, operator.add, x, binary(frame, node, operator.mul, y, 1j))


@builtin(str, repr)
def _str(frame: Frame, node: Any, x: Any = "") -> Any:
    return str(x) if is_static(x) else emit(frame, node, Method("format"), "{}", value_of(frame, node, x))


def _convert(frame: Frame, node: Any, kind: Any, x: Any, *rest: Any) -> Any:
    if is_static((x, rest)) and not isinstance(x, np.ndarray):
        return kind(x, *rest)
    return emit(frame, node, kind, as_operand(frame, node, x), *rest)


@builtin(math.fsum)
def _fsum(frame: Frame, node: Any, x: Any) -> Any:
    items = _items(frame, node, x) if isinstance(x, Lazy) else x
    if is_static(items):
        return math.fsum(items)
    return emit(
        frame, node, math.fsum, _as_array(frame, node, items) if isinstance(items, Value) else list(items)
    )


@builtin(np.einsum)
def _einsum(frame: Frame, node: Any, *operands: Any, **kwargs: Any) -> Any:
    from .calls import call_table

    if operands and not isinstance(operands[0], str):  # arrays and lists of their axes in turn
        last = len(operands) % 2 == 1
        operands = tuple(
            static(frame.low, x) if k % 2 == 1 or (last and k == len(operands) - 1) else x
            for k, x in enumerate(operands)
        )
        text = written(operands)
        if last or text.islower():  # else the order of what is not named is that of the numbers
            operands = (text, *operands_of(operands))
    entry = lookup(np.einsum)
    assert entry is not None
    return call_table(frame, node, np.einsum, entry, list(operands), kwargs)


@builtin(np.unstack)
def _unstack(frame: Frame, node: Any, x: Any, axis: Any = 0) -> Any:
    x = as_operand(frame, node, x)
    axis, rank = static(frame.low, axis), x.type.rank
    if rank is None:
        raise frame.refuse(node, "`np.unstack` needs to know how many axes its array has: use subscripts")
    count = static(frame.low, shape_of(frame, node, x)[axis])
    before = (slice(None),) * (axis % rank)
    return tuple(
        [emit(frame, node, operator.getitem, x, (*before, k) if before else k) for k in range(count)]
    )


@builtin(print)
def _print(frame: Frame, node: Any, *args: Any, **kwargs: Any) -> None:
    emit(frame, node, print, *[value_of(frame, node, a) for a in args], **kwargs)


@builtin(isinstance)
def _isinstance(frame: Frame, node: Any, x: Any, kinds: Any) -> Any:
    cls = class_of(x)
    if cls is None:
        return emit(frame, node, isinstance, x, kinds)
    return issubclass(cls, kinds)


@builtin(type)
def _type(frame: Frame, node: Any, x: Any) -> Any:
    cls = class_of(x)
    return emit(frame, node, type, x) if cls is None else cls


def class_of(x: Any) -> type | None:
    """The class of an abstract value, None where only run time knows."""
    import types

    if isinstance(x, Value):
        if x.type.is_python:
            return {"bool": bool, "int": int, "float": float, "complex": complex}[x.type.kind]
        if x.type.kind == "scalar":
            return x.type.dtype.type
        return {"array": np.ndarray, "list": list, "generator": np.random.Generator}.get(x.type.kind)
    if isinstance(x, Struct):
        return x.cls
    if isinstance(x, ObjectRef):
        return type(x.obj)
    if isinstance(x, (FunctionRef, Closure)):
        return types.FunctionType
    if isinstance(x, (Bound, BoundFunction)):
        return types.MethodType
    return range if isinstance(x, Range) else type(x)


@builtin(callable)
def _callable(frame: Frame, node: Any, x: Any) -> bool:
    return isinstance(x, (FunctionRef, Closure, Bound, BoundFunction)) or (
        callable(x.obj) if isinstance(x, ObjectRef) else callable(x)
    )


@builtin(getattr)
def _getattr(frame: Frame, node: Any, x: Any, name: str, *default: Any) -> Any:
    try:
        return attribute(frame, node, x, name)
    except AttributeError:
        if default:
            return default[0]
        raise


@builtin(hasattr)
def _hasattr(frame: Frame, node: Any, x: Any, name: str) -> bool:
    try:
        attribute(frame, node, x, name)
    except AttributeError:
        return False
    return True


@builtin(dataclasses.is_dataclass)
def _is_dataclass(frame: Frame, node: Any, x: Any) -> bool:
    return dataclasses.is_dataclass(x if isinstance(x, type) else class_of(x))


@builtin(dataclasses.fields)
def _fields(frame: Frame, node: Any, x: Any) -> tuple[Any, ...]:
    return dataclasses.fields(x if isinstance(x, type) else class_of(x))  # type: ignore[arg-type]


@builtin(dataclasses.replace)
def _replace(frame: Frame, node: Any, x: Any, **changes: Any) -> Any:
    if not isinstance(x, Struct):
        return emit(frame, node, dataclasses.replace, x, **changes)
    names = [f.name for f in dataclasses.fields(x.cls) if f.init]  # type: ignore[arg-type]
    return construct(frame, node, x.cls, [], {**{n: x.fields[n] for n in names}, **changes})


@builtin(divmod)
def _divmod(frame: Frame, node: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return binary(frame, node, operator.floordiv, a, b), binary(frame, node, operator.mod, a, b)


@builtin(pow)
def _pow(frame: Frame, node: Any, base: Any, exp: Any, mod: Any = None) -> Any:
    if mod is not None:
        return pow(*static(frame.low, (base, exp, mod)))
    return binary(frame, node, operator.pow, base, exp)


@builtin(round)
def _round(frame: Frame, node: Any, x: Any, digits: Any = None) -> Any:
    if is_static((x, digits)):
        return round(x) if digits is None else round(x, digits)
    return emit(frame, node, round, x, *([] if digits is None else [digits]))


# --- NumPy's functions of shapes, and conversions that a type answers ------------------------------------------------


@builtin(np.shape)
def _shape(frame: Frame, node: Any, x: Any) -> Any:
    return shape_of(frame, node, as_operand(frame, node, x))


@builtin(np.ndim)
def _ndim(frame: Frame, node: Any, x: Any) -> Any:
    return ndim(frame, node, as_operand(frame, node, x))


@builtin(np.size)
def _size(frame: Frame, node: Any, x: Any, axis: Any = None) -> Any:
    x = as_operand(frame, node, x)
    return size_of(frame, node, x) if axis is None else shape_of(frame, node, x)[axis]


@builtin(np.iscomplexobj)
def _iscomplexobj(frame: Frame, node: Any, x: Any) -> Any:
    kinds = [type_of(leaf).dtype for leaf in leaves_of(x)]
    if any(k is None for k in kinds):
        return emit(frame, node, np.iscomplexobj, x)
    return any(k.kind == "c" for k in kinds)


@builtin(np.isrealobj)
def _isrealobj(frame: Frame, node: Any, x: Any) -> Any:
    known = _iscomplexobj(frame, node, x)
    return (not known) if isinstance(known, bool) else emit(frame, node, np.isrealobj, x)


@builtin(np.result_type)
def _result_type(frame: Frame, node: Any, *args: Any) -> Any:
    types = [a if isinstance(a, (np.dtype, type, str)) else type_of(a) for a in args]
    if any(not isinstance(t, (np.dtype, type, str)) and t.dtype is None for t in types):
        return emit(frame, node, np.result_type, *args)
    samples = [
        t
        if isinstance(t, (np.dtype, type, str))
        else {"bool": True, "int": 1, "float": 1.0, "complex": 1j}.get(t.kind, t.dtype)
        for t in types
    ]
    return np.result_type(*samples)


@builtin(is_constant)
def _is_constant(frame: Frame, node: Any, x: Any) -> bool:
    return isinstance(x, (int, float))


@builtin(refuse)
def _refuse(frame: Frame, node: Any, unsupported: Any, what: str) -> None:
    if static(frame.low, unsupported):
        loc = frame.builder.loc
        raise NonDifferentiableError(
            f"{what} has no derivative in the table: hide the value with `stop_gradient`, or write it out",
            loc and loc[0].location(loc[1]),
        )


@builtin(may_repeat)
def _may_repeat(frame: Frame, node: Any, index: Any) -> Any:
    kinds = [type_of_index(i) for i in (index if isinstance(index, tuple) else (index,))]
    if any(not isinstance(k, str) and k.dtype is None for k in kinds):
        return emit(frame, node, may_repeat, index)
    return any(not isinstance(k, str) and k.dtype.kind != "b" for k in kinds)


def _make_scalar_type(kind: Any) -> Callable:
    def convert(frame: Frame, node: Any, x: Any = 0) -> Any:
        if is_static(x):
            return kind(x)
        if isinstance(x, Value) and x.type.kind == "scalar" and x.type.dtype == np.dtype(kind):
            return x
        return emit(frame, node, kind, as_operand(frame, node, x))

    return convert


for _kind in (np.float64, np.float32, np.complex128, np.complex64, np.int64, np.int32, np.intp, np.bool_):
    BUILTINS[_kind] = _make_scalar_type(_kind)

__all__ = ["BUILTINS", "PYTHON_TYPES", "class_of", "lookup"]
