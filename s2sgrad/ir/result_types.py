"""The type of an operation's result: kind and dtype by asking NumPy on small samples, extents by tracing them.

A sample has a different size for every symbolic extent, and is asked with several such sizes: an extent of
the result that follows one symbol each time is that symbol. Elementwise operations, products and
subscripts, whose operands constrain one another, have rules of their own.
"""

from __future__ import annotations

import functools
import itertools
import operator
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..table import shapes
from ..table.functional import in_kind, index_add, index_set, sum_to
from ..table.registry import IMPURE, Entry
from .program import Arg, Branch, Call, Loop, Op, Value, leaves, map_leaves, type_of
from .types import (
    PYTHON_KINDS,
    PYTHON_TYPES,
    UNKNOWN,
    Dim,
    Extent,
    Shape,
    Type,
    array,
    broadcast,
    not_one,
    scalar,
)

# Three sizes for every symbol. No smaller, larger, sum, difference of two is the same, or the same symbol, in all three.  # noqa: E501
SIZES = ((5, 7, 11, 13, 17, 19, 23, 29), (8, 6, 14, 9, 12, 10, 16, 15), (9, 12, 7, 15, 6, 20, 5, 11))
LARGEST_SAMPLE = 200_000
SCALAR_SAMPLES: dict[str, Any] = {"bool": True, "int": 1, "float": 0.5, "complex": 0.5 + 0.25j}

RULES: dict[Callable, Callable[..., Any]] = {}  # result type rules of functions with constraints of their own
# Who tells the type of a call that is not looked into: under jit, Numba.
opaque_types: ContextVar[Callable[..., Type] | None] = ContextVar("opaque_types", default=None)
_elementwise_cache: dict[Any, Any] = {}
_probe_cache: dict[Any, Any] = {}


def result_types(fun: Callable, entry: Entry | None, args: tuple, kwargs: dict, node: Any) -> Any:
    """The type of `fun(*args, **kwargs)`, or a container of types where it returns several values."""
    rule = RULES.get(fun)
    if rule is not None:
        return rule(node, *args, **kwargs)
    if entry is None or entry.effect == IMPURE:
        ask = opaque_types.get()
        return UNKNOWN if ask is None else ask(fun, args, kwargs, node)
    if entry.elementwise:
        return elementwise_type(fun, args, kwargs, node)
    return probe(fun, args, kwargs, node, entry.data_shape)


def elementwise_type(fun: Callable, args: tuple, kwargs: dict, node: Any) -> Any:
    """Broadcast shapes; the dtype and kind that NumPy gives for operands of one element."""
    types = [type_of(a) for a in args]
    shape = broadcast([t.shape for t in types], node)
    key: Any = (
        fun,
        *[
            (t.kind, t.dtype, bool(t.shape)) if isinstance(a, Value) else (type(a), a)
            for a, t in zip(args, types)
        ],
        *kwargs.items(),
    )
    try:
        known = _elementwise_cache.get(key)
    except TypeError:
        key = known = None
    if known is None:
        known = (
            _ask([_small(a) for a in args], fun, kwargs)
            if all(t.dtype is not None or not isinstance(a, Value) for a, t in zip(args, types))
            else UNKNOWN
        )
        if key is not None:
            _elementwise_cache[key] = known
    if isinstance(known, Type):
        return _shaped(known, shape)
    return type(known)(_shaped(t, shape) for t in known)


def _shaped(t: Type, shape: Shape | None) -> Type:
    if shape is None:  # a scalar or an array, only run time knows
        return Type("unknown", t.dtype)
    return Type(t.kind, t.dtype, shape) if t.kind in ("array", "unknown") else t


def _small(arg: Arg) -> Any:
    """A sample of one element: what decides the dtype and kind of an elementwise result."""
    if not isinstance(arg, Value):
        return arg
    t = arg.type
    if t.is_python:
        return SCALAR_SAMPLES[t.kind]
    number = np.asarray(1 if t.dtype.kind in "biu" else 0.5).astype(t.dtype)
    if t.kind == "scalar":
        return number[()]
    return np.full((1,) * (t.rank if t.rank is not None else 1), number)


def _ask(samples: list[Any], fun: Callable, kwargs: dict) -> Any:
    """The type of the result of one sample call, without shapes; unknown where the samples are refused."""
    for scale in (1, 3):
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return type_of_object(fun(*[_scaled(s, scale) for s in samples], **kwargs))
        except (ValueError, ZeroDivisionError, OverflowError, ArithmeticError):
            continue
        except TypeError:
            break
    return UNKNOWN


def _scaled(sample: Any, scale: int) -> Any:
    return sample * scale if scale != 1 and isinstance(sample, (float, np.ndarray, np.floating)) else sample


def type_of_object(x: Any, dims: Callable[[int, int], Extent] | None = None) -> Any:
    """The type of a run-time object; `dims(axis, extent)` names its extents."""
    kind = PYTHON_KINDS.get(type(x))
    if kind is not None:
        return PYTHON_TYPES[kind]
    if isinstance(x, np.generic):
        return scalar(x.dtype)
    if isinstance(x, np.ndarray):
        return array(x.dtype, tuple(dims(k, n) if dims else n for k, n in enumerate(x.shape)))
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[type_of_object(item, dims) for item in x])
    if isinstance(x, (tuple, list)):
        return type(x)([type_of_object(item, dims) for item in x])
    return UNKNOWN


# --- general functions: samples of several sizes ---------------------------------------------------------------------------  # noqa: E501


def probe(fun: Callable, args: tuple, kwargs: dict, node: Any, data_shape: bool = False) -> Any:
    """The result type of any pure function of known types, from samples with different extents."""
    values = list(leaves((args, kwargs)))
    if any(v.type.dtype is None or v.type.shape is None for v in values):
        return UNKNOWN
    dims = list(dict.fromkeys(d for v in values for d in _dims(v)))
    if len(dims) > len(SIZES[0]):
        return UNKNOWN
    number = {d: k for k, d in enumerate(dims)}
    key = _probe_key(fun, args, kwargs, number)
    known = _probe_cache.get(key) if key is not None else None
    if known is None:
        known = _probe_sizes(fun, args, kwargs, number)
        if known is UNKNOWN and any(_is_whole(v.type) and v.type.kind != "int" for v in values):
            known = _probe_places(fun, args, kwargs, number)
        if key is not None:
            _probe_cache[key] = known
    return _instantiate(known, dims, node, data_shape)


def _is_whole(t: Type) -> bool:
    """Whether a number may say how many: an extent of the result may follow it."""
    return t.kind == "int" or (t.shape == () and t.dtype.kind in "iu")


def _dims(v: Value) -> Iterator[Dim]:
    if _is_whole(v.type):
        extent = v.extent if v.extent is not None else Dim(v)
        if isinstance(extent, Dim):
            yield extent
    yield from (n for n in v.type.shape if isinstance(n, Dim))


def _probe_key(fun: Callable, args: tuple, kwargs: dict, number: dict) -> Any:
    from .builder import freeze

    def describe(v: Value) -> Any:
        shape = tuple(("d", number[n], n.not_one) if isinstance(n, Dim) else n for n in v.type.shape)
        return (v.type.kind, v.type.dtype, shape, *[number[d] for d in _dims(v) if _is_whole(v.type)])

    key = (fun, freeze(map_leaves(args, describe)), freeze(map_leaves(kwargs, describe)))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _probe_places(fun: Callable, args: tuple, kwargs: dict, number: dict) -> Any:
    """With ones for whole numbers, where they are no sizes but places: what extents follow is not known then."""
    whole = {d for v in leaves((args, kwargs)) if _is_whole(v.type) for d in _dims(v)}
    result = _run_sample(fun, args, kwargs, {d: 1 if d in whole else SIZES[0][k] for d, k in number.items()})
    return UNKNOWN if result is UNKNOWN else _without_extents(_reconcile((result, {})))


def _probe_sizes(fun: Callable, args: tuple, kwargs: dict, number: dict) -> Any:
    known = _probe_apart(fun, args, kwargs, number)
    if known is not UNKNOWN or not number:
        return known
    for groups in _partitions_to_try(len(number)):
        known = _probe_merged(fun, args, kwargs, number, groups)
        if known is not UNKNOWN:
            return known
    return _probe_pinned(fun, args, kwargs, number)


def _partitions_to_try(n: int) -> list[tuple[int, ...]]:
    return [] if n < 2 else partitions(n) if n <= MOST_MERGED else [(0,) * n]


def _probe_pinned(fun: Callable, args: tuple, kwargs: dict, number: dict) -> Any:
    """With some symbols as large as an extent that is known, which the function demands: `solve(eye(5), x)`."""
    literals = sorted(
        {n for v in leaves((args, kwargs)) for n in v.type.shape if isinstance(n, int)} - {0, 1}
    )
    if len(number) > MOST_PINNED or len(literals) > MOST_PINNED:
        return UNKNOWN
    ways = itertools.product([None, *literals], repeat=len(number))
    for way in sorted(ways, key=lambda way: -way.count(None)):
        if any(way):
            known = _probe_with(fun, args, kwargs, number, way, literals)
            if known is not UNKNOWN:
                return known
    return UNKNOWN


def _probe_with(
    fun: Callable, args: tuple, kwargs: dict, number: dict, way: tuple, literals: list[int]
) -> Any:
    seen = []
    for sizes in SIZES:
        free = [p for p in sizes if p not in literals]
        if len(free) < len(number):
            return UNKNOWN
        names = {free[k]: k for k in number.values() if way[k] is None}
        result = _run_sample(fun, args, kwargs, {d: way[k] or free[k] for d, k in number.items()})
        if result is UNKNOWN:
            return UNKNOWN
        seen.append((result, names))
    alone = _run_sample(fun, args, kwargs, {d: free[k] if way[k] is None else 1 for d, k in number.items()})
    known = _reconcile(*seen, *([] if alone is UNKNOWN else [(alone, names)]))  # one entry may be broadcast
    if known is UNKNOWN or sum(n is not None for n in way) < 2:
        return known
    return _without_extents(known)  # of several that were pinned, some may only have to equal one another


MOST_PINNED = 3
MOST_MERGED = 5  # symbols that are tried as equal: 52 ways


@functools.cache
def partitions(n: int) -> list[tuple[int, ...]]:
    """The ways to make some of `n` symbols equal, fewest equations first: the group that each belongs to."""
    ways: list[tuple[int, ...]] = [()]
    for _ in range(n):
        ways = [(*way, group) for way in ways for group in range(max(way, default=-1) + 2)]
    return sorted((way for way in ways if len(set(way)) < n), key=lambda way: -len(set(way)))


def _probe_merged(fun: Callable, args: tuple, kwargs: dict, number: dict, groups: tuple[int, ...]) -> Any:
    """With one size for the symbols of a group, where operands constrain one another.

    That the function refuses symbols of a group that differ, whichever is larger, shows that they are equal;
    otherwise the extents of the result stay unknown.
    """
    seen = []
    for sizes in SIZES:
        result = _run_sample(fun, args, kwargs, {d: sizes[groups[k]] for d, k in number.items()})
        if result is UNKNOWN:
            return UNKNOWN
        seen.append((result, {sizes[group]: groups.index(group) for group in groups}))
    if len(number) > MOST_MERGED or not _are_equal(fun, args, kwargs, number, groups):
        return _without_extents(_reconcile(*[(result, {}) for result, _ in seen]))
    return _reconcile(*seen)


def _without_extents(t: Any) -> Any:
    """The type with extents that only run time tells: those seen may come from sizes that were made equal."""
    if not isinstance(t, Type):
        items = [_without_extents(x) for x in t]
        return type(t)(*items) if hasattr(t, "_fields") else type(t)(items)
    return array(t.dtype, (None,) * t.rank) if t.kind == "array" else t


def _are_equal(fun: Callable, args: tuple, kwargs: dict, number: dict, groups: tuple[int, ...]) -> bool:
    """Whether the function refuses every way to pull one symbol apart from its group."""
    for apart in (k for k, group in enumerate(groups) if groups.count(group) > 1):
        for factor in (2, 3):
            sizes = {d: 6 * (groups[k] + 1) * (factor if k == apart else 1) for d, k in number.items()}
            smaller = {d: 6 * (groups[k] + 1) // (factor if k == apart else 1) for d, k in number.items()}
            if any(_run_sample(fun, args, kwargs, s) is not UNKNOWN for s in (sizes, smaller)):
                return False
    return True


def _probe_apart(fun: Callable, args: tuple, kwargs: dict, number: dict) -> Any:
    """With a size of its own for every symbol, so that each extent of the result tells which it is."""
    literals = {n for v in leaves((args, kwargs)) for n in v.type.shape if isinstance(n, int)}
    seen = []
    for primes in SIZES:
        sizes = [p for p in primes if p not in literals]
        if len(sizes) < len(number):
            return UNKNOWN
        result = _run_sample(fun, args, kwargs, {d: sizes[k] for d, k in number.items()})
        if result is UNKNOWN:
            return UNKNOWN
        seen.append((result, {sizes[k]: k for k in number.values()}))
    return _reconcile(*seen)


def _run_sample(fun: Callable, args: tuple, kwargs: dict, size: dict) -> Any:
    def sample(v: Value) -> Any:
        return _sample_array(v, size)

    total = max(
        (np.prod([float(size.get(n, n)) for n in v.type.shape]) for v in leaves((args, kwargs))), default=0
    )
    if total > LARGEST_SAMPLE:
        return UNKNOWN
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return type_of_object(fun(*map_leaves(args, sample), **map_leaves(kwargs, sample)))
    except Exception:  # the samples are not in the function's domain: nothing is known, and nothing is lost
        return UNKNOWN


def _sample_array(v: Value, size: dict) -> Any:
    t = v.type
    if _is_whole(t):
        extent = v.extent if v.extent is not None else Dim(v)
        n = size.get(extent, extent)
        return n if t.kind == "int" else t.dtype.type(n) if t.kind == "scalar" else np.asarray(n, t.dtype)
    if t.is_python:
        return SCALAR_SAMPLES[t.kind]
    shape = tuple(size.get(n, n) for n in t.shape)
    if t.kind == "scalar":
        return np.asarray(1 if t.dtype.kind in "biu" else 0.5).astype(t.dtype)[()]
    if t.dtype.kind in "biu":
        return np.ones(shape, t.dtype)
    out = np.linspace(0.3, 0.9, max(int(np.prod(shape)), 1))[: int(np.prod(shape))].reshape(shape)
    if len(shape) >= 2 and shape[-1] == shape[-2]:  # symmetric, positive definite
        out = np.full(shape, 0.1) + shape[-1] * np.eye(shape[-1])
    return out.astype(t.dtype)


def _reconcile(*seen: tuple[Any, dict[int, int]]) -> Any:
    """Merge the types of samples: extents that follow one symbol every time become ('dim', k)."""
    results = [result for result, _ in seen]
    first = results[0]
    if not isinstance(first, Type):
        if any(type(r) is not type(first) or len(r) != len(first) for r in results):
            return UNKNOWN
        items = [_reconcile(*[(r[k], names) for r, names in seen]) for k in range(len(first))]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    if any(
        not isinstance(r, Type) or (r.kind, r.dtype, r.rank) != (first.kind, first.dtype, first.rank)
        for r in results
    ):
        return UNKNOWN
    if first.kind != "array":
        return first
    return array(
        first.dtype, tuple(_extent_seen([r.shape[k] for r in results], seen) for k in range(first.rank))
    )


def _extent_seen(extents: list[int], seen: tuple) -> Any:
    """What an extent is that had these sizes in the samples: a symbol, a number, or neither."""
    symbols = {names.get(n) for n, (_, names) in zip(extents, seen)}
    if len(symbols) == 1 and None not in symbols:
        return ("dim", symbols.pop())
    return extents[0] if len(set(extents)) == 1 else None


def _instantiate(t: Any, dims: list[Dim], node: Any, data_shape: bool) -> Any:
    if not isinstance(t, Type):
        items = [_instantiate(x, dims, (node, k), data_shape) for k, x in enumerate(t)]
        return type(t)(*items) if hasattr(t, "_fields") else type(t)(items)
    if t.kind != "array":
        return t
    if data_shape:
        return array(t.dtype, tuple(Dim((node, k)) for k in range(len(t.shape))))
    shape = (
        dims[n[1]] if isinstance(n, tuple) else Dim((node, k)) if n is None else n
        for k, n in enumerate(t.shape)
    )
    return array(t.dtype, tuple(shape))


# --- extents in loops and lists ---------------------------------------------------------------------------------


def is_settled(n: Any, made: Any = None) -> bool:
    """Whether an extent is the same number wherever it is named: it comes from inputs, and not from a loop.

    With `made`, the nodes and values of a loop, whether it is the same number in all iterations of that one.
    """
    if isinstance(n, Dim):
        return is_settled(n.key, made)
    if isinstance(n, tuple):
        return all(is_settled(part, made) for part in n)
    if isinstance(n, Value):
        return n not in made if made is not None else n.witness is not None
    if isinstance(n, (Op, Branch, Loop, Call)):
        return made is not None and n not in made
    return n is None or isinstance(n, (str, int, float, type))


def item_type(node: Any, items: Type) -> Type:
    """The type of one item of a list: others may have other extents, but for those that inputs have."""
    t = items.item or UNKNOWN
    if t.kind != "array" or t.shape is None:
        return t
    shape = (n if is_settled(n) else Dim((node, "item", k), not_one(n)) for k, n in enumerate(t.shape))
    return array(t.dtype, tuple(shape))


# --- subscripts -----------------------------------------------------------------------------------------------


def getitem_type(node: Any, x: Arg, index: Arg) -> Type:
    """The type of `x[index]`: basic, strided, newaxis, ellipsis, boolean and integer arrays."""
    t = type_of(x)
    if t.kind == "list":
        return t if isinstance(index, slice) else item_type(node, t)
    if t.kind == "scalar" and index == ():
        return t
    if t.kind != "array":
        return UNKNOWN
    shape = subscript_shape(t.shape, index, node)
    if shape is None:
        return Type("unknown", t.dtype)
    dropped = all(
        not isinstance(i, slice) and i is not None and i is not Ellipsis and type_of_index(i) == "int"
        for i in as_tuple(index)
    )
    if shape == () and dropped:
        return scalar(t.dtype)
    return array(t.dtype, shape)


def as_tuple(index: Arg) -> tuple:
    return index if isinstance(index, tuple) else (index,)


def type_of_index(i: Arg) -> Any:
    """What one item of a subscript is: 'int', 'slice', 'new', 'ellipsis', or the type of an index array."""
    if i is None:
        return "new"
    if i is Ellipsis:
        return "ellipsis"
    if isinstance(i, slice):
        return "slice"
    if isinstance(i, list):
        sample = np.asarray(map_leaves(i, lambda v: 0))
        return array(sample.dtype, sample.shape)
    t = type_of(i)
    if t.dtype is not None and t.dtype.kind in "iu" and t.shape == () and t.kind != "array":
        return "int"
    return t


def subscript_shape(shape: Shape | None, index: Arg, node: Any) -> Shape | None:
    """The shape of a subscript, or None where it cannot be told."""
    kinds = [type_of_index(i) for i in as_tuple(index)]
    if shape is None or any(
        isinstance(k, Type) and (k.shape is None or k.dtype is None or k.dtype.kind not in "biu")
        for k in kinds
    ):
        return None
    used = sum(
        k in ("int", "slice") if isinstance(k, str) else k.rank if k.dtype.kind == "b" else 1 for k in kinds
    )
    if used > len(shape):
        return None
    items = list(zip(as_tuple(index), kinds))
    if "ellipsis" not in [k for k in kinds if isinstance(k, str)]:
        items.append((Ellipsis, "ellipsis"))
    return _place(shape, items, len(shape) - used, node)


def _place(shape: Shape, items: list, hidden: int, node: Any) -> Shape:
    """NumPy's placement: index arrays broadcast together, where they stand if adjacent, else in front."""
    out: list[Extent] = []
    arrays: list[Shape] = []
    position: int | None = None
    apart = ended = False
    advanced = any(isinstance(k, Type) for _, k in items)
    axis = 0
    for item, kind in items:
        indexes = isinstance(kind, Type) or (advanced and kind == "int")
        if indexes:
            apart = apart or ended
            position = len(out) if position is None else position
            boolean = isinstance(kind, Type) and kind.dtype.kind == "b"
            arrays.append(
                (Dim((node, len(arrays))),) if boolean else kind.shape if isinstance(kind, Type) else ()
            )
            axis += kind.rank if boolean else 1
            continue
        ended = position is not None and not (item is Ellipsis and hidden == 0)
        if kind == "new":
            out.append(1)
        elif kind == "ellipsis":
            out.extend(shape[axis : axis + hidden])
            axis += hidden
        elif kind == "slice":
            out.append(slice_extent(shape[axis], item))
            axis += 1
        else:
            axis += 1
    if position is not None:
        out[0 if apart else position : 0 if apart else position] = broadcast(arrays, (node, "index")) or ()
    return tuple(out)


def slice_extent(n: Extent, s: slice) -> Extent:
    """The number of entries of a slice of an axis of `n`; `x[1:]` and `x[:-1]` have the same."""
    static = all(p is None or isinstance(p, int) for p in (s.start, s.stop, s.step))
    if static and isinstance(n, int):
        return len(range(*s.indices(n)))
    step = 1 if s.step is None else s.step
    if s.start is None and s.stop is None and step in (1, -1):
        return n
    if static and step == 1:
        start = 0 if s.start is None else s.start
        if start >= 0 and (s.stop is None or s.stop < 0):
            cut = start - (s.stop or 0)
            return Dim(("cut", n, cut)) if cut else n
    from .builder import freeze

    return Dim(("slice", n, freeze((s.start, s.stop, s.step))))


# --- products -------------------------------------------------------------------------------------------------


def matmul_type(node: Any, x: Arg, y: Arg) -> Type:
    """The type of `x @ y` with NumPy's promotion of vectors and broadcasting of stacks."""
    a, b = type_of(x), type_of(y)
    if a.shape is None or b.shape is None or a.dtype is None or b.dtype is None or not a.rank or not b.rank:
        return UNKNOWN
    dtype = np.result_type(a.dtype, b.dtype)
    stack = broadcast([a.shape[:-2], b.shape[:-2]], node) or ()
    shape = stack + (a.shape[-2:-1] if a.rank > 1 else ()) + (b.shape[-1:] if b.rank > 1 else ())
    return array(dtype, shape) if shape else scalar(dtype)


def dot_type(node: Any, a: Arg, b: Arg) -> Type:
    """The type of `np.dot`: the sum over the last axis of one and the last but one of the other."""
    s, t = type_of(a), type_of(b)
    if s.shape is None or t.shape is None or s.dtype is None or t.dtype is None:
        return UNKNOWN
    dtype = np.result_type(s.dtype, t.dtype)
    if not s.rank or not t.rank:
        shape = s.shape + t.shape
    else:
        shape = s.shape[:-1] + (t.shape[:-2] + t.shape[-1:] if t.rank > 1 else ())
    return array(dtype, shape) if shape else scalar(dtype)


def vdot_type(node: Any, a: Arg, b: Arg) -> Type:
    """The type of `np.vdot`: one number."""
    s, t = type_of(a), type_of(b)
    return UNKNOWN if s.dtype is None or t.dtype is None else scalar(np.result_type(s.dtype, t.dtype))


def einsum_type(node: Any, subscripts: Arg, *arrays: Arg, **kwargs: Arg) -> Type:
    """The type of `np.einsum` with a static subscript string and no ellipsis."""
    types = [type_of(a) for a in arrays]
    if any(isinstance(a, Value) and (t.shape is None or t.dtype is None) for a, t in zip(arrays, types)):
        return UNKNOWN
    if not isinstance(subscripts, str) or "." in subscripts or any(t.shape is None for t in types):
        return probe(np.einsum, (subscripts, *arrays), kwargs, node)
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    letters = inputs.replace(",", "")
    if not arrow:
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    extents: dict[str, Extent] = {}
    for term, t in zip(inputs.split(","), types):
        for c, n in zip(term, t.shape):
            extents[c] = n if c not in extents or not not_one(extents[c]) else extents[c]
    dtype = np.result_type(*[t.dtype for t in types])
    shape = tuple(extents[c] for c in output)
    return array(dtype, shape) if shape else scalar(dtype)


def tensordot_type(node: Any, a: Arg, b: Arg, axes: Arg = 2) -> Type:
    """The type of `np.tensordot`: the axes that are not summed, those of the first factor in front."""
    s, t = type_of(a), type_of(b)
    if s.shape is None or t.shape is None or s.dtype is None or t.dtype is None or any(leaves(axes)):
        return UNKNOWN
    if isinstance(axes, int):
        axes = (range(s.rank - axes, s.rank), range(axes))
    summed = [
        {k % max(u.rank, 1) for k in ((part,) if isinstance(part, int) else part)}
        for part, u in zip(axes, (s, t))
    ]
    shape = tuple(n for u, out in zip((s, t), summed) for k, n in enumerate(u.shape) if k not in out)
    return array(np.result_type(s.dtype, t.dtype), shape)


# --- shapes ---------------------------------------------------------------------------------------------------


def extent_of(n: Arg, fresh: Any) -> Extent:
    """The extent that a run-time or static integer asks for."""
    if not isinstance(n, Value):
        return int(n) if n >= 0 else Dim(fresh)
    return n.extent if n.extent is not None else Dim(n)


def asked_shape(shape: Arg, node: Any) -> Shape | None:
    """The extents of a shape given as an operand, or None where even their number is not known."""
    if isinstance(shape, Value):
        return (
            (extent_of(shape, node),)
            if shape.type.dtype is not None and shape.type.shape == () and shape.type.dtype.kind in "iu"
            else None
        )
    items = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(extent_of(n, (node, k)) for k, n in enumerate(items))


def reshape_type(node: Any, a: Arg, shape: Arg, *args: Arg, **kwargs: Arg) -> Type:
    """The type of `np.reshape`: the shape asked for."""
    t, asked = type_of(a), asked_shape(shape, node)
    if asked is None or t.dtype is None:
        return Type("unknown", t.dtype)
    if sum(not isinstance(n, int) for n in asked) == 1 and t.shape is not None:
        asked = _solved(asked, t.shape)
    return array(t.dtype, asked)


def _solved(asked: Shape, have: Shape) -> Shape:
    """The one extent that is not a number, where the others tell it."""
    symbols = [n for n in have if not isinstance(n, int)]
    numbers = [int(np.prod([n for n in shape if isinstance(n, int)])) for shape in (asked, have)]
    if not symbols and numbers[0] and numbers[1] % numbers[0] == 0:
        return tuple(n if isinstance(n, int) else numbers[1] // numbers[0] for n in asked)
    if len(symbols) == 1 and numbers[0] == numbers[1]:
        return tuple(n if isinstance(n, int) else symbols[0] for n in asked)
    return asked


def broadcast_to_type(node: Any, array_: Arg, shape: Arg, **kwargs: Arg) -> Type:
    """The type of `np.broadcast_to`: the shape asked for."""
    t, asked = type_of(array_), asked_shape(shape, node)
    return Type("unknown", t.dtype) if asked is None or t.dtype is None else array(t.dtype, asked)


def sum_to_type(node: Any, x: Arg, shape: Arg) -> Type:
    """The type of `sum_to`: the shape asked for, a number where that has no axes."""
    t, asked = type_of(x), asked_shape(shape, node)
    if asked is None or t.dtype is None or t.shape is None:
        return probe(sum_to, (x, shape), {}, node)
    return array(t.dtype, asked) if asked or t.kind == "array" and not t.shape else scalar(t.dtype)


def concatenate_type(node: Any, arrays: Arg, axis: Arg = 0, **kwargs: Arg) -> Type:
    """The type of `np.concatenate`: the other axes are those of any part; along it, one more symbol."""
    types = [type_of(a) for a in arrays] if isinstance(arrays, (tuple, list)) else []
    if (
        not types
        or kwargs
        or not isinstance(axis, int)
        or any(not isinstance(a, Value) or t.shape is None or t.dtype is None for a, t in zip(arrays, types))
    ):
        return probe(np.concatenate, (arrays, axis), kwargs, node)
    rank = types[0].rank
    if any(t.rank != rank for t in types) or not -rank <= axis < rank:
        return UNKNOWN
    along = [t.shape[axis] for t in types]
    shape = list(types[0].shape)
    shape[axis] = (
        sum(along)
        if all(isinstance(n, int) for n in along)
        else Dim((node, "joined"), any(map(not_one, along)))
    )
    for k in range(rank):
        if k != axis % rank:
            shape[k] = next((t.shape[k] for t in types if isinstance(t.shape[k], int)), shape[k])
    return array(np.result_type(*[t.dtype for t in types]), tuple(shape))


def array_type(fun: Callable) -> Callable[..., Any]:
    """The type of `np.array` and its kin: of a list grown at run time, one more axis than its items have."""

    def of(node: Any, a: Arg, *args: Arg, **kwargs: Arg) -> Type:
        t = type_of(a)
        if t.kind != "list":
            return probe(fun, (a, *args), kwargs, node)
        dtype = kwargs.get("dtype", args[0] if args else None)
        if t.item is None or t.item.shape is None or t.item.dtype is None or t.item.kind == "list":
            return UNKNOWN
        return array(
            t.item.dtype if dtype is None else np.dtype(dtype), (Dim((node, "items")), *t.item.shape)
        )

    return of


def histogram_type(
    node: Any, a: Arg, bins: Arg = 10, range: Arg = None, density: Arg = None, weights: Arg = None
) -> Any:
    """Counts and edges: as many as the bins, of the dtype of the weights."""
    t = type_of(weights) if weights is not None else None
    if density not in (None, False, True) or t is not None and t.dtype is None:
        return UNKNOWN
    counts: Any = np.dtype(np.int64) if t is None else t.dtype
    counts = np.dtype(np.float64) if density else counts
    return array(counts, (Dim((node, "bins")),)), array(np.dtype(np.float64), (Dim((node, "edges")),))


def solve_type(node: Any, a: Arg, b: Arg) -> Type:
    """The type of `np.linalg.solve`: the right-hand sides' shape, for each matrix of a stack."""
    s, t = type_of(a), type_of(b)
    if s.shape is None or t.shape is None or s.dtype is None or t.dtype is None or s.rank < 2 or not t.rank:
        return UNKNOWN
    floats = [d if d.kind in "fc" else np.dtype(np.float64) for d in (s.dtype, t.dtype)]
    dtype = np.result_type(*floats)
    if t.rank == 1:
        return array(dtype, (*s.shape[:-2], t.shape[0]))
    stack = broadcast([s.shape[:-2], t.shape[:-2]], node) or ()
    return array(dtype, (*stack, *t.shape[-2:]))


def eig_type(node: Any, a: Arg) -> Any:
    """Eigenvalues and vectors: of a real matrix they are real or complex as its values turn out."""
    result: Any = type(np.linalg.eig(np.eye(1)))
    t = type_of(a)
    if t.dtype is None or t.dtype.kind == "c" or t.shape is None:
        return probe(np.linalg.eig, (a,), {}, node)
    n = t.shape[-1]
    return result(Type("unknown", None, (*t.shape[:-2], n)), Type("unknown", None, (*t.shape[:-2], n, n)))


def eigvals_type(node: Any, a: Arg) -> Any:
    """Eigenvalues alone."""
    t = type_of(a)
    if t.dtype is None or t.dtype.kind == "c" or t.shape is None:
        return probe(np.linalg.eigvals, (a,), {}, node)
    return Type("unknown", None, t.shape[:-1])


def astype_type(node: Any, x: Arg, dtype: Arg, *args: Arg, **kwargs: Arg) -> Any:
    """The type of `x.astype(dtype)`; of what is an array for all that is known, whatever it held."""
    t = type_of(x)
    if t.kind == "unknown" and t.dtype is None and t.shape and isinstance(dtype, (np.dtype, type)):
        return array(np.dtype(dtype), t.shape)
    return probe(shapes.astype, (x, dtype, *args), kwargs, node)


def shaped_as(place: int) -> Callable[..., Any]:
    """The type of a solution: the shape of one argument, the dtype of all."""

    def of(node: Any, *args: Arg, **kwargs: Arg) -> Any:
        types = [type_of(a) for a in args if isinstance(a, Value)]
        if len(args) <= place or any(t.kind != "array" or t.dtype is None for t in types):
            return UNKNOWN
        floats = [t.dtype if t.dtype.kind in "fc" else np.dtype(np.float64) for t in types]
        return array(np.result_type(*floats), type_of(args[place]).shape) if floats else UNKNOWN

    return of


def real_or_complex_type(node: Any, a: Arg, *args: Arg, **kwargs: Arg) -> Any:
    """The type of what has the shape of its argument, and is real or complex as its values turn out."""
    t = type_of(a)
    if t.kind != "array" or t.dtype is None or t.shape is None:
        return UNKNOWN
    return Type("unknown", None, t.shape)


def real_if_close_type(node: Any, a: Arg, *args: Arg, **kwargs: Arg) -> Any:
    """The type of `np.real_if_close`: a real array stays one."""
    t = type_of(a)
    if t.dtype is not None and t.dtype.kind == "f":
        return probe(np.real_if_close, (a, *args), kwargs, node)
    return real_or_complex_type(node, a)


def in_kind_type(node: Any, x: Arg, like: Arg) -> Any:
    """The type of what is real or complex as `like` is."""
    t = type_of(like)
    return t if t.kind in ("array", "unknown") else UNKNOWN


def like_first(node: Any, x: Arg, *args: Arg, **kwargs: Arg) -> Type:
    """The type of a write: that of the array written to."""
    t = type_of(x)
    return array(t.dtype, t.shape) if t.kind == "array" else t


RULES.update(
    {
        operator.getitem: getitem_type,
        operator.matmul: matmul_type,
        np.matmul: matmul_type,
        np.dot: dot_type,
        np.vdot: vdot_type,
        np.einsum: einsum_type,
        np.tensordot: tensordot_type,
        np.array: array_type(np.array),
        np.asarray: array_type(np.asarray),
        np.reshape: reshape_type,
        sum_to: sum_to_type,
        np.broadcast_to: broadcast_to_type,
        np.concatenate: concatenate_type,
        shapes.astype: astype_type,
        in_kind: in_kind_type,
        np.real_if_close: real_if_close_type,
        np.histogram: histogram_type,
        np.linalg.solve: solve_type,
        np.linalg.eig: eig_type,
        np.linalg.eigvals: eigvals_type,
        index_set: like_first,
        index_add: like_first,
    }
)

from .type_rules import TYPE_RULES  # noqa: E402 - it takes the rules of types from here

RULES.update(TYPE_RULES)
