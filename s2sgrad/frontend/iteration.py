"""Iterables: those of known length become lists of abstract items, the others an item as function of an index."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ..ir.program import Op, Value
from .abstract import Closure, Columns, Lazy, NotStatic, Range, Struct, Unbound, children, map_abstract
from .expressions import emit, evaluate
from .frame import Frame
from .primitives import extent, length, list_from
from .staging import static

UNROLLED = 16  # a comprehension over a literal range is a container up to this length, a run-time list beyond


def iterate(frame: Frame, node: Any, x: Any, expected: int | None = None) -> list[Any]:
    """The items of an iterable whose length is known at compile time, or can be made so."""
    if isinstance(x, (tuple, list)):
        return list(x)
    if isinstance(x, (dict, str, range, set, frozenset)):
        return list(x)
    if isinstance(x, Lazy):
        return LAZY_ITEMS[x.kind](frame, node, *x.parts)
    if isinstance(x, Range):
        return list(range(static(frame.low, x.start), static(frame.low, x.stop), static(frame.low, x.step)))
    if isinstance(x, Value):
        return _items_of_value(frame, node, x, expected)
    if isinstance(x, Columns):
        n = static(frame.low, emit(frame, node, length, x.lists[0])) if expected is None else expected
        return [item_of(frame, node, x, k) for k in range(n)]
    if isinstance(x, Struct):
        raise TypeError(f"cannot unpack non-iterable {x.cls.__name__} object")
    if isinstance(x, np.ndarray):
        return list(x)
    if isinstance(x, Unbound):
        raise frame.refuse(node, f"what is iterated over here {x.reason}")
    raise frame.refuse(node, f"iterating over a {type(x).__name__} is not supported here")


def _items_of_value(frame: Frame, node: Any, x: Value, expected: int | None) -> list[Any]:
    if x.type.is_scalar:
        raise TypeError(f"cannot unpack non-iterable {x.type.kind} object")
    n: Any = None
    if x.type.shape and isinstance(x.type.shape[0], int):
        n = x.type.shape[0]
    elif x.witness is not None and hasattr(x.witness.value, "__len__"):
        n = len(x.witness.value)
        frame.low.inputs.guard(x.witness.path, len, n)
    elif expected is not None:
        demand_length(frame, node, x, expected)
        n = expected
    else:
        count = (length, x) if x.type.kind == "list" else (extent, x, 0)
        n = static(frame.low, emit(frame, node, *count))
    return [emit(frame, node, operator.getitem, x, k) for k in range(n)]


def demand_length(frame: Frame, node: Any, x: Value, expected: int) -> None:
    """Raise what unpacking raises where `x` has not as many items as there are targets."""
    from .control import branch
    from .statements import throw

    if x.type.kind == "array" and x.type.shape is None or x.type.kind == "unknown" or frame.quiet:
        return
    found = emit(frame, node, length, x) if x.type.kind == "list" else emit(frame, node, extent, x, 0)
    for fun, message in (
        (operator.gt, f"too many values to unpack (expected {expected})"),
        (operator.lt, f"not enough values to unpack (expected {expected})"),
    ):
        test = emit(frame, node, fun, found, expected)
        branch(frame, node, test, functools.partial(throw, frame, node, ValueError, [message]), lambda: None)


def _generator_items(frame: Frame, node: Any, owner: Frame, generator: Any) -> list[Any]:
    out = comprehension(owner, generator, generator.elt)
    return iterate(frame, node, out)


def _map_items(frame: Frame, node: Any, fun: Any, *parts: Any) -> list[Any]:
    from .calls import call

    return [
        call(frame, node, fun, list(items), {}) for items in zip(*[iterate(frame, node, p) for p in parts])
    ]


def _filter_items(frame: Frame, node: Any, fun: Any, part: Any) -> list[Any]:
    from .calls import call

    keep = lambda x: x if fun is None else call(frame, node, fun, [x], {})
    return [x for x in iterate(frame, node, part) if static(frame.low, keep(x))]


def _enumerate_items(frame: Frame, node: Any, part: Any, start: Any) -> list[Any]:
    begin = static(frame.low, start)
    return [(k + begin, item) for k, item in enumerate(iterate(frame, node, part))]


LAZY_ITEMS: dict[str, Callable[..., list[Any]]] = {
    "part": lambda frame, node, x, index: iterate(frame, node, x)[index],
    "generator": _generator_items,
    "map": _map_items,
    "filter": _filter_items,
    "enumerate": _enumerate_items,
    "zip": lambda frame, node, *parts: list(zip(*[iterate(frame, node, p) for p in parts])),
    "reversed": lambda frame, node, part: iterate(frame, node, part)[::-1],
    "ndindex": lambda frame, node, *shape: list(np.ndindex(*static(frame.low, shape))),
    "ndenumerate": lambda frame, node, x: _ndenumerate_items(frame, node, x),
}


def _ndenumerate_items(frame: Frame, node: Any, x: Any) -> list[Any]:
    from .methods import shape_of

    places = np.ndindex(*static(frame.low, shape_of(frame, node, x)))
    return [
        (place, emit(frame, node, operator.getitem, x, place if len(place) > 1 else place[0]))
        for place in places
    ]


@dataclass(frozen=True, slots=True)
class Counted:
    """A run-time iteration: a counted domain, and the item at an index of it."""

    # keep: how many states a checkpointed loop may hold

    start: Any
    stop: Any
    step: Any
    item: Callable[[Any], Any]
    keep: Any = None


def counted(frame: Frame, node: Any, x: Any) -> Counted | None:
    """How to iterate at run time, or None for what is only known item by item at compile time."""
    if isinstance(x, range):
        return Counted(x.start, x.stop, x.step, lambda i: i)
    if isinstance(x, Range):
        return Counted(x.start, x.stop, x.step, lambda i: i)
    if isinstance(x, Value) and is_opaque(x):
        if x.node.fun in ENDLESS:
            raise frame.refuse(node, f"`{x.node.fun.__name__}` has no end: iterate over a range")
        x = emit(frame, node, list_from, x)  # an iterator has no length
    if isinstance(x, Value) and not x.type.is_scalar:
        n = emit(frame, node, length, x) if x.type.kind != "array" else emit(frame, node, extent, x, 0)
        return Counted(0, n, 1, lambda i: emit(frame, node, operator.getitem, x, i))
    if isinstance(x, Columns):
        n = emit(frame, node, length, x.lists[0])
        return Counted(0, n, 1, lambda i: item_of(frame, node, x, i))
    if isinstance(x, Lazy) and x.kind in COUNTED:
        return COUNTED[x.kind](frame, node, *x.parts)
    return None


ENDLESS = (itertools.count, itertools.cycle, itertools.repeat)


def is_opaque(x: Value) -> bool:
    """Whether a value is an object of unknown nature, made by a function that is not looked into."""
    return x.type.kind == "unknown" and isinstance(x.node, Op) and x.node.entry is None


def item_of(frame: Frame, node: Any, x: Columns, index: Any) -> Any:
    """An item of a long list of containers."""
    item = map_abstract(x.template, lambda k: emit(frame, node, operator.getitem, x.lists[k], index))
    _remember_loose(frame, item)
    return item


def _remember_loose(frame: Frame, item: Any) -> None:
    """Note which containers stand for a part of a long list, and are no part of it."""
    if isinstance(item, (list, dict, Struct)):
        frame.low.loose[id(item)] = item
    for part in children(item) or ():
        _remember_loose(frame, part)


def _counted_part(frame: Frame, node: Any, x: Any, index: slice) -> Counted | None:
    """The items of a slice of a run-time list."""
    inner = counted(frame, node, x)
    if inner is None:
        return None
    n, item = _from_zero(frame, node, inner)
    start, stop = (_bound(frame, node, n, p, default) for p, default in ((index.start, 0), (index.stop, n)))
    return Counted(start, stop, 1, item)


def _bound(frame: Frame, node: Any, n: Any, place: Any, default: Any) -> Any:
    place = default if place is None else place
    if isinstance(place, Value):
        return place
    return emit(frame, node, operator.add, n, place) if place < 0 else place


def _from_zero(frame: Frame, node: Any, c: Counted) -> tuple[Any, Callable[[Any], Any]]:
    """A counted iteration over 0..n-1: its length, and its item at a zero-based index."""
    if c.start == 0 and not isinstance(c.start, Value) and c.step == 1:
        return c.stop, c.item
    if all(not isinstance(p, Value) for p in (c.start, c.stop, c.step)):
        n: Any = len(range(c.start, c.stop, c.step))
    else:
        n = emit(frame, node, length, emit(frame, node, range, c.start, c.stop, c.step))

    def item(k: Any) -> Any:
        scaled = (
            k if not isinstance(c.step, Value) and c.step == 1 else emit(frame, node, operator.mul, k, c.step)
        )
        return c.item(emit(frame, node, operator.add, c.start, scaled))

    return n, item


def _counted_enumerate(frame: Frame, node: Any, part: Any, start: Any) -> Counted | None:
    inner = counted(frame, node, part)
    if inner is None:
        return None
    n, item = _from_zero(frame, node, inner)

    def pair(k: Any) -> Any:
        number = (
            k if not isinstance(start, Value) and start == 0 else emit(frame, node, operator.add, k, start)
        )
        return (number, item(k))

    return Counted(0, n, 1, pair)


def _counted_zip(frame: Frame, node: Any, *parts: Any) -> Counted | None:
    inner = [counted(frame, node, p) for p in parts]
    if any(c is None for c in inner) or not inner:
        return None
    pairs = [_from_zero(frame, node, c) for c in inner if c is not None]
    n = pairs[0][0]
    for other, _ in pairs[1:]:
        n = shorter(frame, node, n, other)
    return Counted(0, n, 1, lambda k: tuple(item(k) for _, item in pairs))


def shorter(frame: Frame, node: Any, a: Any, b: Any) -> Any:
    if not isinstance(a, Value) and not isinstance(b, Value):
        return min(a, b)
    if (
        isinstance(a, Value)
        and isinstance(b, Value)
        and (a is b or (a.extent is not None and a.extent == b.extent))
    ):
        return a
    return emit(frame, node, min, a, b)


def _counted_reversed(frame: Frame, node: Any, part: Any) -> Counted | None:
    inner = counted(frame, node, part)
    if inner is None:
        return None
    n, item = _from_zero(frame, node, inner)
    last = n - 1 if not isinstance(n, Value) else emit(frame, node, operator.sub, n, 1)
    return Counted(last, -1, -1, item)


def _counted_checkpointed(frame: Frame, node: Any, part: Any, keep: Any) -> Counted | None:
    inner = counted(frame, node, part)
    return None if inner is None else Counted(inner.start, inner.stop, inner.step, inner.item, keep)


def _product(frame: Frame, node: Any, shape: tuple[Any, ...]) -> Any:
    total: Any = 1
    for n in shape:
        total = (
            n if total == 1 and not isinstance(total, Value) else emit(frame, node, operator.mul, total, n)
        )
    return total


def _place_in(frame: Frame, node: Any, shape: tuple[Any, ...], k: Any) -> tuple[Any, ...]:
    """The subscript of entry `k` of an array, counted in C order."""
    out: list[Any] = []
    for n in reversed(shape[1:]):
        out.insert(0, emit(frame, node, operator.mod, k, n))
        k = emit(frame, node, operator.floordiv, k, n)
    return (k, *out) if shape else ()


def _counted_ndindex(frame: Frame, node: Any, *shape: Any) -> Counted:
    return Counted(0, _product(frame, node, shape), 1, lambda k: _place_in(frame, node, shape, k))


def _counted_ndenumerate(frame: Frame, node: Any, x: Any) -> Counted:
    from .methods import shape_of

    shape = shape_of(frame, node, x)

    def pair(k: Any) -> Any:
        place = _place_in(frame, node, shape, k)
        return place, emit(frame, node, operator.getitem, x, place if len(place) > 1 else place[0])

    return Counted(0, _product(frame, node, shape), 1, pair)


COUNTED: dict[str, Callable[..., Counted | None]] = {
    "checkpointed": _counted_checkpointed,
    "part": _counted_part,
    "enumerate": _counted_enumerate,
    "zip": _counted_zip,
    "ndindex": _counted_ndindex,
    "ndenumerate": _counted_ndenumerate,
    "reversed": _counted_reversed,
}


def comprehension(frame: Frame, node: Any, element: Any) -> Any:
    """A comprehension, or a generator consumed at once: a list where the length is known, else a run-time one."""
    from .frame import bound_names

    names = frozenset(bound_names([g.target for g in node.generators]))
    inner = Frame(frame.low, frame.source, frame.function, frame, {}, names, quiet=frame.quiet)
    first = evaluate(frame, node.generators[0].iter)
    before = len(frame.builder.block.nodes)
    try:
        return list(_generate(inner, node, 0, first, element))
    except _RunTimeLength:
        del frame.builder.block.nodes[before:]
        frame.builder.forget()
        return _comprehension_loop(inner, node, first, element)


class _RunTimeLength(Exception):
    """The number of items of a comprehension is known only at run time."""


def _generate(inner: Frame, node: Any, level: int, iterable: Any, element: Any) -> Any:
    from .writes import assign

    generator = node.generators[level]
    for item in _short_items(inner, generator, iterable):
        assign(inner, generator.target, item)
        if not all(_static_truth(inner, test) for test in generator.ifs):
            continue
        if level + 1 == len(node.generators):
            yield evaluate(inner, element)
        else:
            yield from _generate(
                inner, node, level + 1, evaluate(inner, node.generators[level + 1].iter), element
            )


def _short_items(frame: Frame, node: Any, x: Any) -> list[Any]:
    run_time = counted(frame, node, x)
    if run_time is None:
        return iterate(frame, node, x)
    n, _ = _from_zero(frame, node, run_time)
    if isinstance(n, Value) or n > UNROLLED:
        raise _RunTimeLength
    return iterate(frame, node, x)


def _static_truth(frame: Frame, test: Any) -> bool:
    from .expressions import truth

    known = truth(frame, test, evaluate(frame, test))
    if isinstance(known, bool):
        return known
    raise _RunTimeLength


RESULT = "<items>"


def _comprehension_loop(inner: Frame, node: Any, first: Any, element: Any) -> Value:
    """The same comprehension as nested loops that append to a list."""
    from .loops import for_loop
    from .primitives import list_of
    from .statements import run_block

    append = gast.Expr(
        gast.Call(
            gast.Attribute(gast.Name(RESULT, gast.Load(), None, None), "append", gast.Load()), [element], []
        )
    )
    body: list[Any] = [append]
    for level in range(len(node.generators) - 1, -1, -1):
        g = node.generators[level]
        for test in reversed(g.ifs):
            body = [gast.If(test, body, [])]
        body = [gast.For(g.target, g.iter, body, [], None)]
    for n in gast.walk(body[0]):
        if not hasattr(n, "lineno"):
            gast.copy_location(n, node)
    inner.names[RESULT] = emit(inner, node, list_of)
    inner.local = inner.local | {RESULT}
    del run_block
    for_loop(inner, body[0], first, [])
    return inner.names[RESULT]


__all__ = ["Closure", "Counted", "NotStatic", "comprehension", "counted", "iterate"]
