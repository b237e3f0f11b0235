"""Writes in place, as new versions of the arrays behind the names: elements, slices, views of views."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import gast
import numpy as np

from ..ir.program import Value, type_of
from ..table.functional import index_add, index_set
from .abstract import LONG, Columns, ObjectRef, Struct
from .aliases import (
    demand_writable,
    in_c_order,
    is_contiguous_handle,
    note_held,
    note_item_write,
    note_write,
    references,
)
from .control import branch
from .expressions import as_operand, binary, emit, index_operand, subscript
from .frame import Frame, View
from .primitives import Method, list_set
from .staging import static


def write(frame: Frame, node: Any, owner: Any, index: Any, value: Any) -> None:
    """`owner[index] = value`."""
    from .iteration import is_opaque
    from .methods import call_method

    if isinstance(owner, Value) and is_opaque(owner):
        emit(frame, node, Method("__setitem__"), owner, index, value)
    elif isinstance(owner, Value) and owner.type.kind != "list":
        operand = as_operand(frame, node, value)
        _update(
            frame,
            node,
            owner,
            lambda now: emit(frame, node, index_set, now, index_operand(frame, node, index), operand),
        )
    elif isinstance(owner, Value):
        _list_write(frame, node, owner, index, value)
    elif isinstance(owner, Columns):
        from .columns import set_item

        set_item(frame, node, owner, index, value)
    elif isinstance(owner, ObjectRef):
        call_method(frame, node, owner, "__setitem__", [index, value], {})
    elif isinstance(owner, (list, dict)):
        demand_whole(frame, node, owner)
        captured = captured_object(frame, owner)
        if captured is not None:
            call_method(frame, node, captured, "__setitem__", [index, value], {})
            return
        owner[static(frame.low, index)] = value
    else:
        raise frame.refuse(node, f"items of a {type(owner).__name__} cannot be assigned")


def captured_object(frame: Frame, x: Any) -> ObjectRef | None:
    """The run-time object behind a captured list or dict that is about to be changed; None for what is our own."""
    known = frame.low.outside.get(id(x))
    if known is None:
        return None
    _, reference, start = known
    frame.low.changed.add(start)
    return reference


def demand_own(frame: Frame, node: Any, owner: Any) -> None:
    """Refuse to change a container of the world outside in a way that it would see nothing of."""
    demand_whole(frame, node, owner)
    if id(owner) in frame.low.outside:
        raise frame.refuse(
            node,
            "a list or dict from outside of the function is changed here: hand it in as an argument, or return what it is to hold",  # noqa: E501
        )


def demand_whole(frame: Frame, node: Any, owner: Any) -> None:
    """Refuse to change what stands for an item of a long list: the list would see nothing of it."""
    if id(owner) in frame.low.loose:
        raise frame.refuse(
            node,
            f"an item of a list of more than {LONG} containers is changed here: make a new list of new items",
        )


def detach_items(frame: Frame, items: Value) -> None:
    """Before a list gets other items: arrays that were read from it stay what they are, wherever they then stand.

    Of a list in a list, what may be an item of the same one is; the lists around it keep what they hold.
    """
    low = frame.low
    root, depth = low.root(items), _depth(low, items)
    views = [v for v, view in low.views.items() if view.base.type.kind == "list" and v not in low.versions]
    read = set(references(frame)) if views else set()
    for v in views:
        base = low.views[v].base
        if low.root(base) is root and v is not items and _depth(low, base) == depth and v in read:
            low.versions[v] = low.current(v)
            low.held[root] = low.held.get(root, frozenset()) | {v}


def _depth(low: Any, items: Value) -> int:
    """In how many lists a list stands."""
    view = low.view_of(items)
    return 0 if view is None else 1 + _depth(low, view.base)


def _list_write(frame: Frame, node: Any, owner: Value, index: Any, value: Any) -> None:
    from .control import as_list_item

    value = as_list_item(frame, node, value)
    become(frame, node, owner, lambda now: emit(frame, node, list_set, now, index, value))
    note_held(frame, owner, value)


def become(frame: Frame, node: Any, items: Value, change: Callable[[Any], Any]) -> None:
    """Let a run-time list hold other items, in whatever list it stands itself."""
    detach_items(frame, items)
    _update(frame, node, items, change)


def write_augmented(frame: Frame, node: Any, fun: Callable, owner: Any, index: Any, value: Any) -> None:
    """`owner[index] op= value`: an accumulation where it is a sum without repeated indices."""
    from .iteration import is_opaque

    if isinstance(owner, Value) and owner.type.kind != "list" and not is_opaque(owner):
        index = index_operand(frame, node, index)
        operand = as_operand(frame, node, value)
        if (
            fun in (operator.add, operator.sub)
            and is_basic(index)
            and owner.type.dtype is not None
            and owner.type.dtype.kind in "fc"
        ):
            accumulate(frame, node, fun, owner, index, operand)
            return
        old = emit(frame, node, operator.getitem, owner, index)
        new = emit(frame, node, fun, old, operand)
        _update(frame, node, owner, lambda now: emit(frame, node, index_set, now, index, new))
        return
    old = subscript(frame, node, owner, index)
    new = augmented(frame, node, fun, old, value)
    if new is not old or captured_object(frame, owner) is not None:
        write(frame, node, owner, index, new)


def accumulate(frame: Frame, node: Any, fun: Callable, owner: Value, index: Any, operand: Any) -> None:
    """Add to (or take from) `owner[index]`, as often as an entry is named."""
    amount = (
        operand
        if fun is operator.add
        else emit(frame, node, operator.neg, operand)
        if isinstance(operand, Value)
        else -operand
    )
    _update(frame, node, owner, lambda now: emit(frame, node, index_add, now, index, amount))


def is_basic(index: Any) -> bool:
    """Whether a subscript selects each entry at most once whatever its values: no index arrays."""
    items = index if isinstance(index, tuple) else (index,)
    return all(
        i is None
        or i is Ellipsis
        or isinstance(i, (slice, int))
        or (isinstance(i, Value) and i.type.kind in ("int", "scalar"))
        for i in items
    )


def augmented(frame: Frame, node: Any, fun: Callable, old: Any, value: Any) -> Any:
    """The value of `old op= value` for a name: arrays and lists are changed in place, the rest rebound."""
    demand_own(frame, node, old)
    if type(old) is list and fun is operator.add:
        from .iteration import iterate

        old.extend(iterate(frame, node, value))
        return old
    if isinstance(old, Value) and old.type.kind == "list" and fun is operator.add:
        from .methods import LIST_METHODS

        LIST_METHODS["extend"](frame, node, old, value)
        return old
    if isinstance(old, Value) and old.type.kind == "array":
        new = emit(frame, node, fun, old, as_operand(frame, node, value))
        return write_whole(frame, node, old, new)
    return binary(frame, node, fun, old, value)


def write_whole(frame: Frame, node: Any, target: Value, value: Any) -> Value:
    """`target[...] = value`, and `target` itself: what `out=` and augmented assignment of an array do."""
    if isinstance(target, (tuple, list)):
        raise frame.refuse(node, "`out=` takes one array")
    s, t = target.type, type_of(value)
    if (
        s.kind == "array"
        and t.kind == "array"
        and s.shape == t.shape
        and s.dtype == t.dtype
        and None not in (s.shape,)
        and target not in frame.low.views
    ):
        _update(frame, node, target, lambda now: value)
    else:
        _update(frame, node, target, lambda now: emit(frame, node, index_set, now, Ellipsis, value))
    return target


def _update(frame: Frame, node: Any, handle: Value, change: Callable[[Any], Any]) -> None:
    """Make a new version of the memory behind a handle, and of all it is a view of."""
    low = frame.low
    if handle.type.kind == "scalar" or handle.type.is_python:
        raise TypeError(f"'{handle.type}' object does not support item assignment")
    choice = low.choices.get(handle)
    if choice is not None:
        arms = [partial(_update, frame, node, a, change) for a in choice.arms]
        branch(frame, node, choice.test, *arms)
        return
    view = low.view_of(handle)
    if view is None:
        demand_writable(frame, node, handle)
    elif view.base.type.kind == "list":
        note_item_write(frame, node, view.base)
    new = change(low.current(handle))
    if view is None:
        low.versions[handle] = new
        note_write(frame, handle)
        return
    _update(frame, node, view.base, lambda base: put_back(frame, node, view, base, new))


def write_version(frame: Frame, node: Any, handle: Value, version: Value) -> None:
    """Let a handle show another array from now on."""
    _update(frame, node, handle, lambda now: version)


def put_back(frame: Frame, node: Any, view: View, base: Any, part: Any) -> Any:
    """The base with a changed view of it put back: the inverse of the view operation."""
    rule = INVERSES.get(view.fun)
    if rule is None:
        raise frame.refuse(
            node,
            f"writing through `{getattr(view.fun, '__name__', view.fun)}` is not supported: write to the array itself",
        )
    if rule is _put_reshape:
        _demand_contiguous(frame, node, view)
    return rule(frame, node, base, part, *view.args, **view.kwargs)


def _put_subscript(frame: Frame, node: Any, base: Any, part: Any, index: Any) -> Any:
    if base.type.kind == "list":
        return emit(frame, node, list_set, base, index, part)
    return emit(frame, node, index_set, base, index, part)


def _put_transpose(frame: Frame, node: Any, base: Any, part: Any, axes: Any = None) -> Any:
    inverse = None if axes is None else tuple(int(k) for k in np.argsort(static(frame.low, axes)))
    return (
        emit(frame, node, np.transpose, part, inverse)
        if inverse is not None
        else emit(frame, node, np.transpose, part)
    )


def _put_same_operation(fun: Callable) -> Callable:
    def put(frame: Frame, node: Any, base: Any, part: Any, *args: Any, **kwargs: Any) -> Any:
        return emit(frame, node, fun, part, *args, **kwargs)

    return put


def _put_reshape(frame: Frame, node: Any, base: Any, part: Any, *args: Any, **kwargs: Any) -> Any:
    from .methods import shape_of

    return emit(frame, node, np.reshape, part, shape_of(frame, node, base))


def _demand_contiguous(frame: Frame, node: Any, view: View) -> None:
    """`reshape` and `ravel` share memory only where the array is contiguous."""
    place = 1 if view.fun is np.reshape else 0
    if not in_c_order(view.args, view.kwargs, place) or not is_contiguous_handle(frame.low, view.base):
        raise frame.refuse(
            node,
            "whether this reshape shares memory with its argument is not known here: write to the array itself",
        )


INVERSES: dict[Callable, Callable] = {
    operator.getitem: _put_subscript,
    np.transpose: _put_transpose,
    np.flip: _put_same_operation(np.flip),
    np.swapaxes: _put_same_operation(np.swapaxes),
    np.reshape: _put_reshape,
    np.ravel: _put_reshape,
}


def assign(frame: Frame, target: Any, value: Any) -> None:
    """Bind a target of an assignment: a name, an attribute, a subscript, or a pattern of these."""
    from .expressions import evaluate, named, to_change
    from .iteration import iterate

    if isinstance(target, gast.Name):
        frame.names[target.id] = named(frame, value, target.id)
    elif isinstance(target, gast.Subscript):
        owner = to_change(frame, target.value)
        write(frame, target, owner, evaluate(frame, target.slice), value)
    elif isinstance(target, gast.Attribute):
        _set_attribute(frame, target, evaluate(frame, target.value), value)
    elif isinstance(target, (gast.Tuple, gast.List)):
        starred = any(isinstance(t, gast.Starred) for t in target.elts)
        _unpack(frame, target, iterate(frame, target, value, None if starred else len(target.elts)))
    else:
        raise frame.refuse(target, f"assignment to {type(target).__name__} is not supported")


def _set_attribute(frame: Frame, target: Any, owner: Any, value: Any) -> None:
    if isinstance(owner, Struct):
        demand_whole(frame, target, owner)
        owner.fields[target.attr] = value
    elif isinstance(owner, ObjectRef):
        raise frame.refuse(
            target,
            "assignment to an attribute of an object is not supported: use a local name or a dataclass",
        )
    elif isinstance(owner, Value) and target.attr == "flat":
        _set_flat(frame, target, owner, value)
    else:
        raise frame.refuse(target, f"assignment to `.{target.attr}` is not supported")


def _set_flat(frame: Frame, target: Any, owner: Value, value: Any) -> None:
    """`owner.flat = value`: the entries of `value`, over and over, in order."""
    from .write_functions import cycled

    size = emit(frame, target, np.size, owner)
    values = cycled(frame, target, value, emit(frame, target, np.arange, size))
    write(
        frame,
        target,
        owner,
        Ellipsis,
        emit(frame, target, np.reshape, values, emit(frame, target, np.shape, owner)),
    )


def _unpack(frame: Frame, target: Any, items: list[Any]) -> None:
    starred = [k for k, t in enumerate(target.elts) if isinstance(t, gast.Starred)]
    count = len(target.elts)
    if not starred and len(items) != count:
        few = (
            "not enough values to unpack (expected {}, got {})"
            if len(items) < count
            else "too many values to unpack (expected {})"
        )
        raise ValueError(few.format(count, len(items)))
    if starred:
        k = starred[0]
        if len(items) < count - 1:
            raise ValueError(f"not enough values to unpack (expected at least {count - 1}, got {len(items)})")
        after = count - 1 - k
        end = len(items) - after
        items = [*items[:k], list(items[k:end]), *items[end:]]
    for t, item in zip(target.elts, items):
        assign(frame, t.value if isinstance(t, gast.Starred) else t, item)
