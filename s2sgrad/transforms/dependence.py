"""Dependence in the place of derivatives: which entries of the argument each number may depend on.

The sets are exact where entries only move (subscripts, writes, reshapes, concatenations), where functions act entry by
entry, along the axes of reductions and of running ones, and in matrix products. Whatever else mixes its arguments
makes each of its results depend on all they depend on. No value is looked at: a branch of `where` that is not taken
counts, and so does a factor of zero. The words are in `table/dependence.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..frontend.primitives import (
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    pack,
    packed_add,
    unpack,
)
from ..ir.builder import Builder
from ..ir.program import Op, Value, leaves, type_of
from ..table import dependence as words
from ..table import shapes
from ..table.checks import conformed, real_scalar, shaped_like
from ..table.functional import in_kind, index_add, index_set, sum_to
from ..table.registry import parameters_of
from .tangents import Algebra, Pushing, moves, tangent_of, types_of

Rule = Callable[[Pushing, Op, Any, dict[str, Any], Any], Any]


def _zeros(b: Builder, x: Value) -> Any:
    if x.type.is_scalar:
        return 0
    word = words.no_sources_each if x.type.kind in ("list", "packed") else words.no_sources
    return b.op(word, (x,), None, None, x.type)


def _fitted(b: Builder, sources: Any, value: Value) -> Any:
    """Sources in the shape of their value."""
    have, like = type_of(sources), value.type
    if like.kind in ("list", "packed") or like.is_scalar or (have == like and isinstance(sources, Value)):
        return sources
    return b.op(words.sources_like, (sources, value), None, None, like)


def _of_operation(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    rule = RULES.get(node.fun)
    if rule is not None:
        return rule(state, node, args, kwargs, out)
    if node.entry is not None and node.entry.elementwise:
        return _entry_by_entry(state, node, args, kwargs, out)
    if _is_linear(state, node):
        return _through(state, node, args, kwargs, out)
    return _everywhere(state, node, args, kwargs, out)


def _moving(state: Pushing, node: Op) -> list[Any]:
    """The sources of what moves among the operands."""
    return [state.tangents[v] for v in leaves((node.args, list(node.kwargs.values()))) if moves(state, v)]


def _entry_by_entry(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    first, *rest = _moving(state, node)
    for more in rest:
        first = state.builder.op(words.union_of, (first, more), None, None, type_of(out))
    return first


def _everywhere(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """Everything in the results depends on everything that moves."""
    b = state.builder
    results = [out] if node.structure is None else list(out)
    whole = b.op(words.union_of_all, (tuple(_moving(state, node)),), None, None, SET)
    spread = [b.op(words.sources_like, (whole, r), None, None, type_of(r)) for r in results]
    spread = [whole if type_of(r).is_scalar else s for r, s in zip(results, spread)]
    return spread[0] if node.structure is None else spread


def _is_linear(state: Pushing, node: Op) -> bool:
    """Whether an operation gives one array, linear in each operand that moves."""
    moving = [k for k, a in enumerate(node.args) if moves(state, a)]
    alone = all(isinstance(node.args[k], Value) and node.args[k].type.kind == "array" for k in moving)
    linear = () if node.entry is None else node.entry.linear
    return (
        alone
        and set(moving) <= set(linear)
        and node.structure is None
        and not moves(state, list(node.kwargs.values()))
    )


def _through(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A linear function is asked where each entry arrives."""
    b = state.builder
    shares = [
        b.op(
            words.sources_through, (node.fun, k, tangent_of(state, a), out, *args), kwargs, None, type_of(out)
        )
        for k, a in enumerate(node.args)
        if moves(state, a)
    ]
    whole = shares[0]
    for share in shares[1:]:
        whole = b.op(words.union_of, (whole, share), None, None, type_of(out))
    return whole


SET = type_of(0.0)  # what the sources of one number are typed as, since the number is


def _moved(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A function that moves entries moves their sources."""
    moved = tuple(tangent_of(state, a) if moves(state, a) else arg for a, arg in zip(node.args, args))
    named = {key: tangent_of(state, a) if moves(state, a) else kwargs[key] for key, a in node.kwargs.items()}
    named.pop("dtype", None)
    return state.builder.op(node.fun, moved, named, None, types_of(node))


def _list_operation(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """Operations on lists act on the list of sources as on the list."""
    index = {operator.getitem: 1, list_set: 1}.get(node.fun)
    moved = tuple(
        arg if k == index else tangent_of(state, a) for k, (a, arg) in enumerate(zip(node.args, args))
    )
    return state.builder.op(node.fun, moved, kwargs, None, types_of(node))


def _written(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    base, _, v = node.args
    new = tangent_of(state, v) if moves(state, v) else 0
    return state.builder.op(index_set, (tangent_of(state, base), args[1], new), None, None, type_of(out))


def _added(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    base, _, v = node.args
    sources = tangent_of(state, base)
    if not moves(state, v):
        return sources
    more = (sources, args[1], tangent_of(state, v))
    return state.builder.op(words.sources_added, more, None, None, type_of(out))


def _array(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """An array made of numbers, arrays, lists."""
    return state.builder.op(
        words.sources_of_array, (tangent_of(state, node.args[0]),), None, None, type_of(out)
    )


def _summed(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """The sum that undoes broadcasting."""
    sources = tangent_of(state, node.args[0])
    return state.builder.op(words.sources_to, (sources, *args[1:]), kwargs, None, type_of(out))


def _filled(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    (sources,) = _moving(state, node)
    return sources  # broadcast, as any number that is to be an array


def _named(node: Op, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments of a call by the names that the rules of the function have for them."""
    return {**dict(zip(parameters_of(node.entry), args)), **kwargs}


def _only_first(state: Pushing, node: Op) -> bool:
    return not moves(state, (node.args[1:], list(node.kwargs.values())))


def _reduced(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A reduction along axes."""
    if not _only_first(state, node):
        return _everywhere(state, node, args, kwargs, out)
    named = _named(node, args, kwargs)
    axis = named.get("axis", 0 if "array" in named else None)  # of the method of a ufunc: the first axis
    keepdims = named.get("keepdims", False)
    return state.builder.op(
        words.union_along, (tangent_of(state, node.args[0]), axis, keepdims), None, None, type_of(out)
    )


def _running(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A running reduction along an axis."""
    named = _named(node, args, kwargs)
    if not _only_first(state, node) or "include_initial" in named:
        return _everywhere(state, node, args, kwargs, out)
    axis = named.get("axis", 0 if "array" in named else None)
    return state.builder.op(
        words.union_before, (tangent_of(state, node.args[0]), axis), None, None, type_of(out)
    )


def _in_lanes(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """Entries that mix along one axis, which may change its length."""
    axis = _named(node, args, kwargs).get("axis", -1)
    if not _only_first(state, node) or node.structure is not None or axis is None:
        return _everywhere(state, node, args, kwargs, out)
    return state.builder.op(words.union_along, (tangent_of(state, node.args[0]), axis, True), None, None, SET)


def _product(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A matrix product."""
    if node.fun is np.dot and any(type_of(a).rank not in (1, 2) for a in args):
        return _everywhere(state, node, args, kwargs, out)
    b = state.builder
    shares = [
        b.op(words.sources_of_product, (k == 0, tangent_of(state, a), *args), None, None, SET)
        for k, a in enumerate(node.args)
        if moves(state, a)
    ]
    if len(shares) == 1:
        return shares[0]
    return b.op(words.union_of, tuple(shares), None, None, SET)


LISTS = (list_of, list_append, list_pop, list_set, list_from, pack, unpack)
MOVES = (
    operator.getitem, np.take, np.take_along_axis, np.compress, np.extract, np.reshape, np.ravel, shapes.flatten,
    np.transpose, np.matrix_transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.expand_dims, np.squeeze,
    np.broadcast_to, np.concatenate, np.stack, np.split, np.array_split, np.vsplit, np.hsplit, np.dsplit, np.unstack,
    np.tile, np.repeat, np.roll, np.flip, np.fliplr, np.flipud, np.rot90, np.tril, np.triu, np.diag, np.diagflat,
    np.diagonal, np.copy, np.fft.fftshift, np.fft.ifftshift, shapes.item,
)  # fmt: skip
ARRAYS = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require)
SAME = (np.astype, shapes.astype, in_kind, conformed, real_scalar)
REDUCTIONS = (
    np.sum, np.mean, np.nansum, np.nanmean, np.prod, np.nanprod, np.var, np.std, np.nanvar, np.nanstd, np.max, np.min,
    np.nanmax, np.nanmin, np.median, np.nanmedian, np.linalg.norm, np.linalg.vector_norm, np.add.reduce,
    np.multiply.reduce, np.maximum.reduce, np.minimum.reduce, np.logaddexp.reduce,
)  # fmt: skip
RUNNING = (
    np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.cumulative_sum, np.cumulative_prod, np.add.accumulate,
    np.multiply.accumulate, np.maximum.accumulate, np.minimum.accumulate,
)  # fmt: skip
LANES = (np.sort, np.partition, np.unwrap, np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft)


def _cross(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    """A vector product, of which each component depends on all components of both."""
    if kwargs or len(args) != 2 or not type_of(out).rank:
        return _everywhere(state, node, args, kwargs, out)
    b = state.builder
    lanes = [b.op(words.union_along, (s, -1, True), None, None, SET) for s in _moving(state, node)]
    return lanes[0] if len(lanes) == 1 else b.op(words.union_of, tuple(lanes), None, None, SET)


def _sum_of_lists(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    both = tuple(tangent_of(state, a) for a in node.args)
    return state.builder.op(words.union_of_each, both, None, None, type_of(out))


RULES: dict[Any, Rule] = {
    **dict.fromkeys(LISTS, _list_operation),
    **dict.fromkeys(MOVES, _moved),
    **dict.fromkeys(ARRAYS, _array),
    **dict.fromkeys(SAME, _entry_by_entry),
    **dict.fromkeys(REDUCTIONS, _reduced),
    **dict.fromkeys(RUNNING, _running),
    **dict.fromkeys(LANES, _in_lanes),
    **dict.fromkeys((operator.matmul, np.dot), _product),
    **dict.fromkeys((list_add, packed_add), _sum_of_lists),
    np.full: _filled,
    np.full_like: _filled,
    np.cross: _cross,
    index_set: _written,
    index_add: _added,
    sum_to: _summed,
    shaped_like: lambda state, node, args, kwargs, out: tangent_of(state, node.args[0]),
}
DEPENDENCE = Algebra(_zeros, _of_operation, _fitted, {})
__all__ = ["DEPENDENCE"]
