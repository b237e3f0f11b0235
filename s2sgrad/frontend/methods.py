"""Attributes and methods of arrays, lists, dicts and text on abstract values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.program import Value, type_of
from ..ir.types import Dim
from ..table import shapes
from ..table.registry import lookup
from .abstract import Columns, Lazy, ObjectRef, children, is_namedtuple, is_static, leaves_of
from .expressions import emit, value_of
from .frame import Frame
from .iteration import comprehension, iterate
from .list_algorithms import interpreted, joined, turned_round, with_inserted, without
from .primitives import Attribute, Method, extent, length, list_append, list_of, list_pop
from .staging import static


def shape_of(frame: Frame, node: Any, x: Any) -> Any:
    """The shape of an abstract value: a tuple of extents, static where they are known."""
    t = type_of(x)
    if t.shape is None:
        return emit(frame, node, np.shape if frame.quiet else Attribute("shape"), x)
    return tuple(_extent(frame, node, x, k, n) for k, n in enumerate(t.shape))


def _extent(frame: Frame, node: Any, x: Any, axis: int, n: Any) -> Any:
    if not isinstance(n, Dim):
        return n
    value = emit(frame, node, extent, x, axis)
    value.extent = n
    return value


def ndim(frame: Frame, node: Any, x: Any) -> Any:
    rank = type_of(x).rank
    return emit(frame, node, np.ndim, x) if rank is None else rank


def size_of(frame: Frame, node: Any, x: Any) -> Any:
    shape = shape_of(frame, node, x)
    if isinstance(shape, Value):
        return emit(frame, node, np.size, x)
    fixed = int(np.prod([n for n in shape if isinstance(n, int)]))
    run_time = [n for n in shape if isinstance(n, Value)]
    if not run_time:
        return fixed
    if len(run_time) > 1:
        return emit(frame, node, np.size, x)
    return run_time[0] if fixed == 1 else emit(frame, node, operator.mul, run_time[0], fixed)


def _dtype(frame: Frame, node: Any, x: Any) -> Any:
    return x.type.dtype if x.type.dtype is not None else emit(frame, node, Attribute("dtype"), x)


def _itemsize(frame: Frame, node: Any, x: Any) -> Any:
    return x.type.dtype.itemsize if x.type.dtype is not None else emit(frame, node, Attribute("itemsize"), x)


def _nbytes(frame: Frame, node: Any, x: Any) -> Any:
    parts = size_of(frame, node, x), _itemsize(frame, node, x)
    static_parts = not any(isinstance(part, Value) for part in parts)
    return parts[0] * parts[1] if static_parts else emit(frame, node, operator.mul, *parts)


ARRAY_ATTRIBUTES: dict[str, Callable[[Frame, Any, Value], Any]] = {
    "shape": shape_of,
    "ndim": ndim,
    "size": size_of,
    "dtype": _dtype,
    "itemsize": _itemsize,
    "nbytes": _nbytes,
    "T": lambda frame, node, x: emit(frame, node, np.transpose, x),
    "mT": lambda frame, node, x: emit(frame, node, np.matrix_transpose, x),
    "real": lambda frame, node, x: emit(frame, node, np.real, x),
    "imag": lambda frame, node, x: emit(frame, node, np.imag, x),
    "flat": lambda frame, node, x: emit(frame, node, np.ravel, x),
}

ARRAY_METHODS: dict[str, Any] = {
    name: getattr(np, name)
    for name in [
        "sum",
        "mean",
        "prod",
        "max",
        "min",
        "var",
        "std",
        "cumsum",
        "cumprod",
        "ravel",
        "swapaxes",
        "squeeze",
        "diagonal",
        "trace",
        "repeat",
        "take",
        "compress",
        "choose",
        "clip",
        "copy",
        "dot",
        "conj",
        "conjugate",
        "round",
        "argsort",
        "argmax",
        "argmin",
        "argpartition",
        "nonzero",
        "searchsorted",
        "any",
        "all",
        "ptp",
    ]
    if hasattr(np, name)
}
ARRAY_METHODS["flatten"] = shapes.flatten
ARRAY_METHODS["astype"] = shapes.astype
ARRAY_METHODS["item"] = shapes.item


def is_method(owner: Value, name: str) -> bool:
    if owner.type.kind == "list":
        return name in LIST_METHODS
    return name in ARRAY_METHODS or name in ARRAY_SPECIAL


def call_method(
    frame: Frame, node: Any, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """`owner.name(*args, **kwargs)` of an abstract value."""
    from .calls import call_table
    from .generators import call_draw
    from .opaque import handed_over, may_write
    from .writes import captured_object, demand_whole

    if name in CHANGING:
        demand_whole(frame, node, owner)
        owner = captured_object(frame, owner) or owner
    if isinstance(owner, Value) and owner.type.kind == "list":
        if name not in LIST_METHODS:
            raise frame.refuse(
                node,
                f"`{name}` of a list grown at run time is not supported: write it as a loop over its items",
            )
        return LIST_METHODS[name](frame, node, owner, *args, **kwargs)
    if isinstance(owner, Value) and owner.type.kind == "generator":
        return call_draw(frame, node, owner, name, args, kwargs)
    if isinstance(owner, Value):
        if name in ARRAY_SPECIAL:
            return ARRAY_SPECIAL[name](frame, node, owner, *args, **kwargs)
        fun = ARRAY_METHODS.get(name)
        if fun is not None:
            entry = lookup(fun)
            if entry is not None:
                return call_table(frame, node, fun, entry, [owner, *args], kwargs)
        if owner.type.kind != "array":
            args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
        return emit(
            frame,
            node,
            Method(name),
            owner,
            *[value_of(frame, node, a) for a in args],
            **{k: value_of(frame, node, v) for k, v in kwargs.items()},
        )
    if isinstance(owner, ObjectRef):
        if may_write(owner.obj, name):
            args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
        return emit(
            frame,
            node,
            Method(name),
            value_of(frame, node, owner),
            *[value_of(frame, node, a) for a in args],
            **{k: value_of(frame, node, v) for k, v in kwargs.items()},
        )
    if isinstance(owner, Columns):
        from .columns import call_on_columns

        return call_on_columns(frame, node, owner, name, args)
    if isinstance(owner, set):
        return _call_on_set(frame, node, owner, name, args)
    if is_namedtuple(owner) and name in ("_replace", "_asdict"):
        return getattr(owner, name)(*args, **kwargs)
    rule = CONTAINER_METHODS.get((type(owner), name))
    if rule is not None:
        return rule(frame, node, owner, *args, **kwargs)
    if is_static((owner, args, kwargs)):
        return getattr(owner, name)(*args, **kwargs)
    if isinstance(owner, str):
        return emit(frame, node, Method(name), owner, *[value_of(frame, node, a) for a in args], **kwargs)
    raise frame.refuse(node, f"the method `{name}` of a {type(owner).__name__} is not supported here")


def _call_on_set(frame: Frame, node: Any, owner: set[Any], name: str, args: list[Any]) -> Any:
    """A method of a set: what changes it, changes an object at run time."""
    from .control import known_at_run_time

    if hasattr(frozenset, name):
        return getattr(owner, name)(*[static(frame.low, iterate(frame, node, a)) for a in args])
    return call_method(frame, node, known_at_run_time(frame, node, owner), name, args, {})


# --- methods of arrays that are not functions of NumPy with the same arguments -----------------------------------------  # noqa: E501


def _reshape(frame: Frame, node: Any, x: Value, *shape: Any, **kwargs: Any) -> Any:
    target = shape[0] if len(shape) == 1 else shape
    return emit(frame, node, np.reshape, x, target, **kwargs)


def _transpose(frame: Frame, node: Any, x: Value, *axes: Any) -> Any:
    order = axes[0] if len(axes) == 1 else axes
    return emit(
        frame,
        node,
        np.transpose,
        x,
        *([] if not axes or order is None else [tuple(static(frame.low, list(order)))]),
    )


def _fill(frame: Frame, node: Any, x: Value, value: Any) -> None:
    from .writes import write

    write(frame, node, x, Ellipsis, value)


def _sort(frame: Frame, node: Any, x: Value, axis: Any = -1, **kwargs: Any) -> None:
    from .writes import write

    write(frame, node, x, Ellipsis, emit(frame, node, np.sort, x, axis))


def _tolist(frame: Frame, node: Any, x: Value) -> Any:
    if x.type.rank == 0:
        return emit(frame, node, shapes.item, x)
    return [_tolist(frame, node, item) for item in iterate(frame, node, x)]


def _item(frame: Frame, node: Any, x: Value, *index: Any) -> Any:
    place = index[0] if len(index) == 1 else index
    if index and not isinstance(place, tuple) and x.type.rank != 1:
        x = emit(frame, node, np.ravel, x)
    picked = emit(frame, node, operator.getitem, x, place) if index else x
    return emit(frame, node, shapes.item, picked)


def _partition(frame: Frame, node: Any, x: Value, kth: Any, axis: Any = -1, **kwargs: Any) -> None:
    from .writes import write

    write(frame, node, x, Ellipsis, emit(frame, node, np.partition, x, kth, axis))


def _put(frame: Frame, node: Any, x: Value, *args: Any, **kwargs: Any) -> None:
    from .write_functions import put

    put(frame, node, x, *args, **kwargs)


def _compress(frame: Frame, node: Any, x: Value, condition: Any, axis: Any = None, out: Any = None) -> Any:
    from .calls import call

    return call(frame, node, np.compress, [condition, x, axis], {} if out is None else {"out": out})


def _clip(frame: Frame, node: Any, x: Value, low: Any = None, high: Any = None, **kwargs: Any) -> Any:
    from .calls import call

    low, high = kwargs.pop("min", low), kwargs.pop("max", high)
    return call(frame, node, np.clip, [x, low, high], kwargs)


def _view(frame: Frame, node: Any, x: Value, kind: Any = None) -> Any:
    if kind not in (None, np.ndarray) and kind != x.type.dtype:
        raise frame.refuse(node, "a view of another dtype is not supported: convert with `.astype`")
    return emit(frame, node, operator.getitem, x, Ellipsis)


def _itself_as_array(frame: Frame, node: Any, x: Value, *args: Any, **kwargs: Any) -> Any:
    return emit(frame, node, shapes.astype, x, args[0]) if args and args[0] is not None else x


def refused_method(frame: Frame, node: Any, x: Value, *args: Any, **kwargs: Any) -> None:
    raise frame.refuse(
        node,
        "this method changes the array in a way that is not supported: assign with a subscript, `a[index] = v`",
    )


ARRAY_SPECIAL: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("resize", "setfield", "setflags", "byteswap"), refused_method),
    "partition": _partition,
    "put": _put,
    "compress": _compress,
    "clip": _clip,
    "view": _view,
    "__array__": _itself_as_array,
    "reshape": _reshape,
    "transpose": _transpose,
    "fill": _fill,
    "sort": _sort,
    "tolist": _tolist,
    "item": _item,
}


# --- lists known only at run time ---------------------------------------------------------------------------------------  # noqa: E501


def _append(frame: Frame, node: Any, xs: Value, item: Any) -> None:
    from .aliases import note_held
    from .columns import append_first, is_plain_item
    from .control import as_list_item
    from .writes import become

    item = as_list_item(frame, node, item)
    if isinstance(item, tuple) and is_plain_item(item) and frame.low.current(xs).type.item is None:
        append_first(frame, node, xs, item)
        return
    if children(item) is not None and any(
        isinstance(v, Value) and v.type.may_be_active for v in leaves_of(item)
    ):
        raise frame.refuse(
            node,
            "a list that grows in a loop must hold numbers and arrays: keep one list for each part of its items",
        )
    value = value_of(frame, node, item)
    become(frame, node, xs, lambda now: emit(frame, node, list_append, now, value))
    note_held(frame, xs, item)


def _pop(frame: Frame, node: Any, xs: Value, index: Any = -1) -> Any:
    from .writes import become, detach_items

    detach_items(frame, xs)
    if type(index) is int and index == -1:
        rest, item = emit(frame, node, list_pop, xs)
        become(frame, node, xs, lambda now: rest)
        return item
    item = frame.low.builder.op(operator.getitem, (frame.low.current(xs), index))  # no view: it is in no list
    _becomes(frame, node, xs, interpreted(frame, node, without, xs, index))
    return item


def _becomes(frame: Frame, node: Any, xs: Value, items: Any, *more: Any) -> None:
    """Let a list hold other items than before, `more` among them."""
    from .aliases import note_held
    from .writes import become

    become(frame, node, xs, lambda now: frame.low.current(value_of(frame, node, items)))
    note_held(frame, xs, *more)


def _extend(frame: Frame, node: Any, xs: Value, items: Any) -> None:
    from .iteration import counted

    if isinstance(items, Lazy) and items.kind == "generator":
        owner, generator = items.parts
        items = comprehension(owner, generator, generator.elt)
    if not isinstance(items, (list, tuple)) and counted(frame, node, items) is not None:
        _becomes(frame, node, xs, interpreted(frame, node, joined, xs, items), items)
        return
    for item in iterate(frame, node, items):
        _append(frame, node, xs, item)


def _insert(frame: Frame, node: Any, xs: Value, index: Any, item: Any) -> None:
    _becomes(frame, node, xs, interpreted(frame, node, with_inserted, xs, index, item), item)


def _reverse(frame: Frame, node: Any, xs: Value) -> None:
    _becomes(frame, node, xs, interpreted(frame, node, turned_round, xs))


def _clear(frame: Frame, node: Any, xs: Value) -> None:
    _becomes(frame, node, xs, emit(frame, node, list_of))


LIST_METHODS: dict[str, Callable[..., Any]] = {
    "append": _append,
    "pop": _pop,
    "extend": _extend,
    "insert": _insert,
    "reverse": _reverse,
    "clear": _clear,
    "sort": lambda frame, node, xs, **options: _sort_list(frame, node, xs, **options),
    "copy": lambda frame, node, xs: interpreted(frame, node, joined, xs, []),
}


# --- containers of known structure ---------------------------------------------------------------------------------------  # noqa: E501


def _list_method(name: str) -> Callable[..., Any]:
    def run(frame: Frame, node: Any, xs: list[Any], *args: Any) -> Any:
        if name == "extend":
            return xs.extend(iterate(frame, node, args[0]))
        places = (
            args
            if name in ("append",)
            else tuple(static(frame.low, a) if k == 0 else a for k, a in enumerate(args))
        )
        return getattr(xs, name)(*places)

    return run


def _sort_list(frame: Frame, node: Any, xs: Any, **options: Any) -> None:
    """`xs.sort(key=..., reverse=...)`."""
    from .calls import call

    items = call(frame, node, sorted, [xs], options)
    if isinstance(xs, Value):
        _becomes(frame, node, xs, items)
    else:
        xs[:] = items


def _dict_get(frame: Frame, node: Any, d: dict, key: Any, default: Any = None) -> Any:
    return d.get(static(frame.low, key), default)


CHANGING = frozenset(
    ["append", "extend", "insert", "pop", "clear", "reverse", "sort", "update", "setdefault"]
)
CONTAINER_METHODS: dict[tuple[type, str], Callable[..., Any]] = {
    **{
        (list, name): _list_method(name) for name in ("append", "extend", "insert", "pop", "clear", "reverse")
    },
    (list, "sort"): _sort_list,
    (list, "copy"): lambda frame, node, xs: list(xs),
    (dict, "items"): lambda frame, node, d: list(d.items()),
    (dict, "keys"): lambda frame, node, d: list(d),
    (dict, "values"): lambda frame, node, d: list(d.values()),
    (dict, "get"): _dict_get,
    (dict, "copy"): lambda frame, node, d: dict(d),
    (dict, "update"): lambda frame, node, d, other=(), **kw: d.update(dict(other), **kw),
    (dict, "pop"): lambda frame, node, d, key, *default: d.pop(static(frame.low, key), *default),
    (dict, "setdefault"): lambda frame, node, d, key, default=None: d.setdefault(
        static(frame.low, key), default
    ),
}
__all__ = [
    "ARRAY_ATTRIBUTES",
    "ARRAY_METHODS",
    "ARRAY_SPECIAL",
    "call_method",
    "length",
    "ndim",
    "refused_method",
    "shape_of",
    "size_of",
]
