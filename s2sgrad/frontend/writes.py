"""Writes in place, as new versions of the arrays behind the names: elements, slices, views of views."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ..ir.program import Value, type_of
from ..table.functional import index_add, index_set
from .abstract import ObjectRef, Struct
from .expressions import as_operand, binary, emit, index_operand, subscript
from .frame import Frame, View
from .staging import static


def write(frame: Frame, node: Any, owner: Any, index: Any, value: Any) -> None:
    """`owner[index] = value`."""
    if isinstance(owner, Value) and owner.type.kind != "list":
        operand = as_operand(frame, node, value)
        _update(frame, node, owner, lambda now: emit(frame, node, index_set, now, index_operand(frame, node, index), operand))
    elif isinstance(owner, Value):
        _list_write(frame, node, owner, index, value)
    elif isinstance(owner, (list, dict)):
        owner[static(frame.low, index)] = value
    else:
        raise frame.refuse(node, f"items of a {type(owner).__name__} cannot be assigned")


def _list_write(frame: Frame, node: Any, owner: Value, index: Any, value: Any) -> None:
    from .primitives import list_set

    frame.low.versions[owner] = emit(frame, node, list_set, owner, index, value)


def write_augmented(frame: Frame, node: Any, fun: Callable, owner: Any, index: Any, value: Any) -> None:
    """`owner[index] op= value`: an accumulation where it is a sum without repeated indices."""
    if isinstance(owner, Value) and owner.type.kind != "list":
        index = index_operand(frame, node, index)
        operand = as_operand(frame, node, value)
        if fun in (operator.add, operator.sub) and is_basic(index) and owner.type.dtype is not None and owner.type.dtype.kind in "fc":
            accumulate(frame, node, fun, owner, index, operand)
            return
        old = emit(frame, node, operator.getitem, owner, index)
        new = emit(frame, node, fun, old, operand)
        _update(frame, node, owner, lambda now: emit(frame, node, index_set, now, index, new))
        return
    write(frame, node, owner, index, augmented(frame, node, fun, subscript(frame, node, owner, index), value))


def accumulate(frame: Frame, node: Any, fun: Callable, owner: Value, index: Any, operand: Any) -> None:
    """Add to (or take from) `owner[index]`, as often as an entry is named."""
    amount = operand if fun is operator.add else emit(frame, node, operator.neg, operand) if isinstance(operand, Value) else -operand
    _update(frame, node, owner, lambda now: emit(frame, node, index_add, now, index, amount))


def is_basic(index: Any) -> bool:
    """Whether a subscript selects each entry at most once whatever its values: no index arrays."""
    items = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is Ellipsis or isinstance(i, (slice, int)) or (isinstance(i, Value) and i.type.kind in ("int", "scalar")) for i in items)


def augmented(frame: Frame, node: Any, fun: Callable, old: Any, value: Any) -> Any:
    """The value of `old op= value` for a name: arrays and lists are changed in place, the rest rebound."""
    if type(old) is list and fun is operator.add:
        from .iteration import iterate

        old.extend(iterate(frame, node, value))
        return old
    if isinstance(old, Value) and old.type.kind == "list" and fun is operator.add:
        from .primitives import list_append

        for item in value if isinstance(value, (list, tuple)) else ():
            frame.low.versions[old] = emit(frame, node, list_append, old, item)
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
    if s.kind == "array" and t.kind == "array" and s.shape == t.shape and s.dtype == t.dtype and None not in (s.shape,) and target not in frame.low.views:
        _update(frame, node, target, lambda now: value)
    else:
        _update(frame, node, target, lambda now: emit(frame, node, index_set, now, Ellipsis, value))
    return target


def _update(frame: Frame, node: Any, handle: Value, change: Callable[[Any], Any]) -> None:
    """Make a new version of the memory behind a handle, and of all it is a view of."""
    low = frame.low
    if handle in low.ambiguous:
        raise frame.refuse(node, "this array is one of two, depending on a run-time test: write to them by their own names")
    if handle.type.kind == "scalar" or handle.type.is_python:
        raise TypeError(f"'{handle.type}' object does not support item assignment")
    view = low.views.get(handle)
    new = change(low.current(handle))
    if view is None:
        low.versions[handle] = new
        _refuse_stale(frame, node, handle)
        return
    _update(frame, node, view.base, lambda base: put_back(frame, node, view, base, new))


def _refuse_stale(frame: Frame, node: Any, root: Value) -> None:
    """A name that may or may not be this array would now show the wrong one: make reading it an error."""
    from .abstract import Unbound

    stale = {v for v, sources in frame.low.ambiguous.items() if any(frame.low.root(s) is root for s in sources)}
    if not stale:
        return
    f: Frame | None = frame
    while f is not None:
        for name, value in f.names.items():
            if isinstance(value, Value) and frame.low.root(value) in stale:
                f.names[name] = Unbound("may be an array that has been written to under another name: use `.copy()` where they part")
        f = f.outer


def put_back(frame: Frame, node: Any, view: View, base: Any, part: Any) -> Any:
    """The base with a changed view of it put back: the inverse of the view operation."""
    rule = INVERSES.get(view.fun)
    if rule is None:
        raise frame.refuse(node, f"writing through `{getattr(view.fun, '__name__', view.fun)}` is not supported: write to the array itself")
    return rule(frame, node, base, part, *view.args, **view.kwargs)


def _put_subscript(frame: Frame, node: Any, base: Any, part: Any, index: Any) -> Any:
    return emit(frame, node, index_set, base, index, part)


def _put_transpose(frame: Frame, node: Any, base: Any, part: Any, axes: Any = None) -> Any:
    inverse = None if axes is None else tuple(int(k) for k in np.argsort(static(frame.low, axes)))
    return emit(frame, node, np.transpose, part, inverse) if inverse is not None else emit(frame, node, np.transpose, part)


def _put_same_operation(fun: Callable) -> Callable:
    def put(frame: Frame, node: Any, base: Any, part: Any, *args: Any, **kwargs: Any) -> Any:
        return emit(frame, node, fun, part, *args, **kwargs)

    return put


def _put_reshape(frame: Frame, node: Any, base: Any, part: Any, *args: Any, **kwargs: Any) -> Any:
    from .methods import shape_of

    _demand_contiguous(frame, node, base)
    return emit(frame, node, np.reshape, part, shape_of(frame, node, base))


def _demand_contiguous(frame: Frame, node: Any, base: Any) -> None:
    """`reshape` and `ravel` share memory only where the array is contiguous: known for arrays made here."""
    root = base
    while isinstance(root, Value) and root.node is not None and getattr(root.node, "fun", None) in (index_set, index_add):
        root = root.node.args[0]
    if root.witness is not None:
        frame.low.inputs.guard(root.witness.path, is_contiguous, is_contiguous(root.witness.value))
        if is_contiguous(root.witness.value):
            return
    elif root.node is not None and getattr(root.node, "fun", None) in CONTIGUOUS:
        return
    raise frame.refuse(node, "whether this reshape shares memory with its argument is not known here: write to the array itself")


def is_contiguous(x: Any) -> bool:
    return bool(x.flags.c_contiguous)


CONTIGUOUS = {np.zeros, np.ones, np.empty, np.full, np.arange, np.linspace, np.copy}
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
    from .expressions import evaluate, named
    from .iteration import iterate

    if isinstance(target, gast.Name):
        frame.names[target.id] = named(frame, value, target.id)
    elif isinstance(target, gast.Subscript):
        owner = evaluate(frame, target.value)
        write(frame, target, owner, evaluate(frame, target.slice), value)
    elif isinstance(target, gast.Attribute):
        _set_attribute(frame, target, evaluate(frame, target.value), value)
    elif isinstance(target, (gast.Tuple, gast.List)):
        _unpack(frame, target, iterate(frame, target, value, len(target.elts)))
    else:
        raise frame.refuse(target, f"assignment to {type(target).__name__} is not supported")


def _set_attribute(frame: Frame, target: Any, owner: Any, value: Any) -> None:
    if isinstance(owner, Struct):
        owner.fields[target.attr] = value
    elif isinstance(owner, ObjectRef):
        raise frame.refuse(target, "assignment to an attribute of an object is not supported: use a local name or a dataclass")
    else:
        raise frame.refuse(target, f"assignment to `.{target.attr}` is not supported")


def _unpack(frame: Frame, target: Any, items: list[Any]) -> None:
    starred = [k for k, t in enumerate(target.elts) if isinstance(t, gast.Starred)]
    count = len(target.elts)
    if not starred and len(items) != count:
        few = "not enough values to unpack (expected {}, got {})" if len(items) < count else "too many values to unpack (expected {})"
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
