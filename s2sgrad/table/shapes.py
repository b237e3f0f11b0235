"""Shapes: functions that move, join, split, repeat and convert entries, all of them linear.

A function of several arrays, or of many options, is given by its definition in terms of a few: `reshape`,
`transpose`, `concatenate`, subscripts, `broadcast_to`. Its derivative then needs no word.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .indexing import along, scattered
from .registry import linear

# Methods of arrays that are no functions of NumPy with the same arguments.


def flatten(x: Any, order: Any = "C") -> Any:
    """`x.flatten(order)`: a copy with one axis."""
    return np.array(np.ravel(x, order))


def astype(
    x: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True
) -> Any:
    """`x.astype(dtype)`; NumPy scalars are cast to NumPy scalars."""
    if isinstance(x, np.ndarray):
        return x.astype(dtype, order=order, casting=casting, copy=copy)
    return np.asarray(x).astype(dtype)[()]


def item(x: Any) -> Any:
    """`x.item()`: the one entry of an array, as a Python scalar."""
    return x.item() if hasattr(x, "item") else x


# Axes.


def inverse(axes: Any) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    n = len(axes)
    return tuple([k for place in range(n) for k in range(n) if axes[k] % n == place])


def turned_back(g: Any, axes: Any) -> Any:
    """`g` with the axes of a transposition put back."""
    return np.transpose(g) if axes is None else np.transpose(g, inverse(axes))


def rolled_place(axis: int, start: int, n: int) -> int:
    """Where `rollaxis` puts an axis of `n`."""
    start = start + n if start < 0 else start
    return start - 1 if axis % n < start else start


def places_in_order(a: Any, shape: Any, order: Any) -> Any:
    """The places of the entries of `a` as a reshape reads them that follows its layout in memory."""
    places = np.empty_like(a, dtype=int)
    places[...] = np.reshape(np.arange(np.size(a)), np.shape(a))
    return np.ravel(places, "K") if order == "K" else np.reshape(places, shape, order=order)


def reflat(g: Any, a: Any, order: Any) -> Any:
    """A flat cotangent in the shape of `a`."""
    if order == "A" or order == "K" and np.ndim(a) > 1:
        return np.reshape(scattered(g, np.ravel(a), places_in_order(a, np.shape(g), order)), np.shape(a))
    return (
        np.reshape(g, np.shape(a))
        if order == "C" or order == "K"
        else np.reshape(g, np.shape(a), order=order)
    )


# fmt: off
linear(np.reshape,          lambda g, ans, a, shape, order="C", copy=None: reflat(g, a, order), view=True)
linear(np.ravel,            lambda g, ans, a, order="C": reflat(g, a, order), view=True)
linear(flatten,             lambda g, ans, x, order="C": reflat(g, x, order), name="numpy.ndarray.flatten")
linear(np.transpose,        lambda g, ans, a, axes=None:
                                turned_back(g, axes), aliases=(np.permute_dims,), view=True)
linear(np.matrix_transpose, lambda g, ans, x: np.matrix_transpose(g), view=True)
linear(np.swapaxes,         lambda g, ans, a, axis1, axis2: np.swapaxes(g, axis1, axis2), view=True)
linear(np.moveaxis,         lambda g, ans, a, source, destination:
                                np.moveaxis(g, destination, source), view=True)
linear(np.rollaxis,         lambda g, ans, a, axis, start=0:
                                np.moveaxis(g, rolled_place(axis, start, np.ndim(a)), axis), view=True)
linear(np.expand_dims,      lambda g, ans, a, axis: np.reshape(g, np.shape(a)), view=True)
linear(np.squeeze,          lambda g, ans, a, axis=None: np.reshape(g, np.shape(a)), view=True)
linear(np.broadcast_to,     lambda g, ans, array, shape, subok=False: sum_to(g, np.shape(array)), view=True)
# fmt: on


def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """The arrays, all in the shape they broadcast to."""
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple([np.broadcast_to(a, shape) for a in args])


def one_or_all(arrays: Any) -> Any:
    """What the `atleast` functions return: an array for one argument, else a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def with_axis(a: Any) -> Any:
    return np.reshape(a, (1,)) if np.ndim(a) == 0 else a


def with_rows(a: Any) -> Any:
    return np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a


def with_planes(a: Any) -> Any:
    if np.ndim(a) == 0:
        return np.reshape(a, (1, 1, 1))
    if np.ndim(a) == 1:
        return a[None, :, None]
    return a[:, :, None] if np.ndim(a) == 2 else a


def atleast_1d(*arys: Any) -> Any:
    """The arrays, scalars with an axis."""
    return one_or_all([with_axis(a) for a in arys])


def atleast_2d(*arys: Any) -> Any:
    """The arrays, those of one axis as rows."""
    return one_or_all([with_rows(a) for a in arys])


def atleast_3d(*arys: Any) -> Any:
    """The arrays, with axes added at both ends."""
    return one_or_all([with_planes(a) for a in arys])


composite(np.broadcast_arrays, broadcast_arrays, view=True)
composite(np.atleast_1d, atleast_1d, view=True)
composite(np.atleast_2d, atleast_2d, view=True)
composite(np.atleast_3d, atleast_3d, view=True)


# Joining. The cotangent of a sequence is a tuple, one part of `g` an item.


def ends(sizes: Any) -> list[Any]:
    """The running sums of extents, from 0."""
    total = [0]
    for n in sizes:
        total.append(total[-1] + n)
    return total


def parts(g: Any, arrays: Any, axis: Any) -> Any:
    """The parts of `g` that came from each of the arrays joined along `axis`; None flattens them first."""
    if axis is None:
        bounds = ends([np.size(a) for a in arrays])
        return tuple(
            [np.reshape(g[bounds[k] : bounds[k + 1]], np.shape(arrays[k])) for k in range(len(arrays))]
        )
    axis = axis % np.ndim(g)
    if isinstance(arrays, np.ndarray):
        shape = np.shape(arrays)
        each = shape[1 : axis + 1] + (shape[0],) + shape[axis + 1 :]
        return np.moveaxis(np.reshape(g, each), axis, 0)
    bounds = ends([np.shape(a)[axis] for a in arrays])
    return tuple([g[along(axis, slice(bounds[k], bounds[k + 1]))] for k in range(len(arrays))])


def layers(g: Any, arrays: Any, axis: int) -> Any:
    """The parts of `g` that came from each of the arrays stacked along `axis`."""
    axis = axis % np.ndim(g)
    if isinstance(arrays, np.ndarray):
        return np.moveaxis(g, axis, 0)
    return tuple([g[along(axis, k)] for k in range(len(arrays))])


# fmt: off
linear(np.concatenate, lambda g, ans, arrays, axis=0, out=None, dtype=None, casting="same_kind":
                           parts(g, arrays, axis))
linear(np.stack,       lambda g, ans, arrays, axis=0, out=None, dtype=None, casting="same_kind":
                           layers(g, arrays, axis))
# fmt: on


def vstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays one below another."""
    if isinstance(tup, np.ndarray):
        return np.concatenate(tup if np.ndim(tup) > 2 else np.reshape(tup, (np.shape(tup)[0], 1, -1)))
    return np.concatenate([with_rows(a) for a in tup])


def hstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays side by side."""
    if isinstance(tup, np.ndarray):
        return np.ravel(tup) if np.ndim(tup) < 3 else np.concatenate(tup, 1)
    arrays = [with_axis(a) for a in tup]
    return np.concatenate(arrays, 0 if np.ndim(arrays[0]) == 1 else 1)


def dstack(tup: Any) -> Any:
    """The arrays one behind another."""
    if isinstance(tup, np.ndarray):
        return np.transpose(tup)[None] if np.ndim(tup) == 2 else np.concatenate([np.moveaxis(tup, 0, -1)], 2)
    return np.concatenate([with_planes(a) for a in tup], 2)


def column_stack(tup: Any) -> Any:
    """The arrays side by side, those of one axis as columns."""
    if isinstance(tup, np.ndarray):
        if np.ndim(tup) < 3:
            return np.array(np.transpose(tup)) if np.ndim(tup) == 2 else np.reshape(tup, (1, -1))
        return np.concatenate(tup, 1)
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], 1)


def block_depth(arrays: Any) -> int:
    """How deep the lists of a block matrix are nested."""
    return 1 + max([block_depth(a) for a in arrays]) if isinstance(arrays, list) else 0


def block_rank(arrays: Any) -> int:
    """The largest rank in a block matrix."""
    return max([block_rank(a) for a in arrays]) if isinstance(arrays, list) else np.ndim(arrays)


def joined_block(arrays: Any, depth: int, rank: int) -> Any:
    """The innermost lists joined along the last axis, those around them along the axes before."""
    if isinstance(arrays, list):
        return np.concatenate([joined_block(a, depth - 1, rank) for a in arrays], rank - depth)
    return np.reshape(arrays, (1,) * (rank - np.ndim(arrays)) + np.shape(arrays))


def block(arrays: Any) -> Any:
    """An array of nested lists of blocks."""
    depth = block_depth(arrays)
    if depth == 0:
        return np.array(arrays)
    return joined_block(arrays, depth, max(depth, block_rank(arrays)))


def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """The values behind the array."""
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis)


composite(np.vstack, vstack)
composite(np.hstack, hstack)
composite(np.dstack, dstack)
composite(np.column_stack, column_stack)
composite(np.block, block)
composite(np.append, append)
if hasattr(np, "row_stack") and np.row_stack is not np.vstack:
    composite(np.row_stack, vstack)


# Leaving out and putting in: which places are new is found by doing the same to positions.


def kept_places(n: int, obj: Any) -> Any:
    """The positions that `delete` keeps of `n`."""
    return np.delete(np.arange(n), obj)


def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """The array without the entries at `obj`."""
    if axis is None:
        return np.ravel(arr)[kept_places(np.size(arr), obj)]
    axis = axis % np.ndim(arr)
    return arr[along(axis, kept_places(np.shape(arr)[axis], obj))]


def places(n: int, obj: Any, m: int) -> Any:
    """Where `insert` takes the entries of a result from: below `n` of the array, from `n` on of `m` values."""
    return np.insert(np.arange(n), obj, np.arange(n, n + m))


def inserted_count(obj: Any, values: Any) -> int:
    """How many entries `insert` puts in."""
    if isinstance(obj, (list, tuple, slice)) or np.ndim(obj) > 0:
        return np.size(np.insert(np.zeros(0), np.zeros_like(obj), 0.0))
    return np.shape(values)[0] if np.ndim(values) > 0 else 1


def insert_flat(arr: Any, obj: Any, values: Any) -> Any:
    """`insert` into an array of one axis."""
    n = np.size(arr)
    many = np.size(places_of(n, obj))
    count = np.size(values) if many == 1 else many
    both = np.concatenate([arr, np.broadcast_to(np.ravel(values), (count,))])
    return both[places(n, obj, count)]


def places_of(n: int, obj: Any) -> Any:
    """The positions that an index of `insert` names."""
    return np.arange(n + 1)[obj]


def insert_layers(arr: Any, obj: Any, values: Any, axis: int) -> Any:
    """`insert` along an axis: a single position takes all the values there, several one each."""
    n, single = np.shape(arr)[axis], np.ndim(obj) == 0
    values = with_rank(values, np.ndim(arr))
    if single:
        values = np.moveaxis(values, 0, axis)
    count = np.shape(values)[axis] if np.size(obj) == 1 else np.size(obj)
    shape = np.shape(arr)[:axis] + (count,) + np.shape(arr)[axis + 1 :]
    both = np.concatenate([arr, np.broadcast_to(values, shape)], axis)
    return both[along(axis, places(n, obj, count))]


def with_rank(a: Any, rank: int) -> Any:
    """An array with axes of extent 1 put in front."""
    return np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a))


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """The array with the values put in before the entries at `obj`."""
    if axis is None:
        return insert_flat(np.ravel(arr), obj, values)
    return insert_layers(arr, obj, values, axis % np.ndim(arr))


composite(np.delete, delete)
composite(np.insert, insert)


# Splitting.


def cuts(sections: Any, n: int) -> Any:
    """The bounds of the parts an axis of extent `n` is split into: the first ones are longer where it is uneven."""
    if isinstance(sections, (tuple, list)):
        return [0, *sections, n]
    if np.ndim(sections) > 0:
        return [0, *[int(k) for k in sections], n]
    return [k * (n // sections) + min(k, n % sections) for k in range(sections + 1)]


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts of an array, by their number or by the positions of the cuts."""
    axis = axis % np.ndim(ary)
    bounds = cuts(indices_or_sections, np.shape(ary)[axis])
    return [ary[along(axis, slice(bounds[k], bounds[k + 1]))] for k in range(len(bounds) - 1)]


def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The parts of an array, cut across its rows."""
    return np.split(ary, indices_or_sections, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The parts of an array, cut across its columns."""
    return np.split(ary, indices_or_sections, 0 if np.ndim(ary) == 1 else 1)


def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The parts of an array, cut across its third axis."""
    return np.split(ary, indices_or_sections, 2)


def unstack(x: Any, axis: int = 0) -> Any:
    """The layers of an array along an axis."""
    axis = axis % np.ndim(x)
    return tuple([x[along(axis, k)] for k in range(np.shape(x)[axis])])


# fmt: off
linear(np.split,       lambda g, ans, ary, indices_or_sections, axis=0: np.concatenate(g, axis), view=True)
linear(np.array_split, lambda g, ans, ary, indices_or_sections, axis=0: np.concatenate(g, axis), view=True)
linear(np.vsplit,      lambda g, ans, ary, indices_or_sections: np.concatenate(g, 0), view=True)
linear(np.hsplit,      lambda g, ans, ary, indices_or_sections:
                           np.concatenate(g, 0 if np.ndim(ary) == 1 else 1), view=True)
linear(np.dsplit,      lambda g, ans, ary, indices_or_sections: np.concatenate(g, 2), view=True)
linear(np.unstack,     lambda g, ans, x, axis=0: np.stack(g, axis), view=True)
# fmt: on


# Repeating.


def tile_share(g: Any, A: Any, reps: Any) -> Any:
    """The cotangent of a tiled array: the sum over its copies."""
    reps = tuple(reps) if isinstance(reps, (tuple, list)) or np.ndim(reps) > 0 else (reps,)
    rank = max(len(reps), np.ndim(A))
    shape = (1,) * (rank - np.ndim(A)) + np.shape(A)
    reps = (1,) * (rank - len(reps)) + reps
    copies = np.reshape(g, tuple([n for pair in zip(reps, shape) for n in pair]))
    return np.reshape(np.sum(copies, axis=tuple(range(0, 2 * rank, 2))), np.shape(A))


def repeat_share(g: Any, a: Any, repeats: Any, axis: Any) -> Any:
    """The cotangent of an array whose entries were repeated: the sum over their copies."""
    if axis is None:
        return np.reshape(repeat_share(g, np.ravel(a), repeats, 0), np.shape(a))
    axis = axis % np.ndim(a)
    n = np.shape(a)[axis]
    if np.ndim(repeats) == 0:
        shape = np.shape(a)[: axis + 1] + (repeats,) + np.shape(a)[axis + 1 :]
        return np.sum(np.reshape(g, shape), axis=axis + 1)
    return scattered(g, a, along(axis, np.repeat(np.arange(n), repeats)))


def negated(shift: Any) -> Any:
    return tuple([-s for s in shift]) if isinstance(shift, (tuple, list)) else -shift


def cyclic(a: Any, new_shape: Any) -> Any:
    """The positions in a flat array that `resize` reads."""
    return np.resize(np.arange(np.size(a)), new_shape)


def resize(a: Any, new_shape: Any) -> Any:
    """The entries of an array, over and over, in a new shape."""
    return np.ravel(a)[cyclic(a, new_shape)]


# fmt: off
linear(np.tile,   lambda g, ans, A, reps: tile_share(g, A, reps))
linear(np.repeat, lambda g, ans, a, repeats, axis=None: repeat_share(g, a, repeats, axis))
linear(np.roll,   lambda g, ans, a, shift, axis=None: np.roll(g, negated(shift), axis))
linear(np.flip,   lambda g, ans, m, axis=None: np.flip(g, axis), view=True)
linear(np.fliplr, lambda g, ans, m: np.fliplr(g), view=True)
linear(np.flipud, lambda g, ans, m: np.flipud(g), view=True)
linear(np.rot90,  lambda g, ans, m, k=1, axes=(0, 1): np.rot90(g, -k, axes), view=True)
# fmt: on
composite(np.resize, resize)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Coordinates of a grid from those of its axes."""
    n = len(xi)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    sizes = [np.size(x) for x in xi]
    grids = [np.reshape(xi[k], tuple([sizes[k] if order[j] == k else 1 for j in range(n)])) for k in range(n)]
    if sparse:
        return tuple([np.array(grid) for grid in grids])
    shape = tuple([sizes[k] for k in order])
    return tuple([np.array(np.broadcast_to(grid, shape)) for grid in grids])


composite(np.meshgrid, meshgrid)


# Triangles and diagonals.


def diagonal_places(a: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The positions of a flat array that lie on a diagonal, in the shape of the diagonal."""
    return np.diagonal(np.reshape(np.arange(np.size(a)), np.shape(a)), offset, axis1, axis2)


def diagonal_share(g: Any, a: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The cotangent of an array whose diagonal was read."""
    return np.reshape(scattered(g, np.ravel(a), diagonal_places(a, offset, axis1, axis2)), np.shape(a))


def trace_share(g: Any, a: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The cotangent of an array whose trace was taken: `g` on the diagonal, zero elsewhere."""
    rank = np.ndim(a)
    axis1, axis2 = axis1 % rank, axis2 % rank
    eye = np.eye(np.shape(a)[axis1], np.shape(a)[axis2], offset, dtype=a.dtype)
    eye = eye if axis1 < axis2 else np.transpose(eye)
    low, high = min(axis1, axis2), max(axis1, axis2)
    inside = tuple([np.shape(a)[k] if k in (axis1, axis2) else 1 for k in range(rank)])
    return np.expand_dims(np.expand_dims(g, low), high) * np.reshape(eye, inside)


def flat_diagonal(g: Any, v: Any, k: int) -> Any:
    """The part of the cotangent of `diagflat` on its diagonal, in the shape of what was laid there."""
    return np.reshape(np.diagonal(g, k), np.shape(v))


def diag_share(g: Any, v: Any, k: int) -> Any:
    """The pullback of `diag`: it lays out a vector, and reads the diagonal of a matrix."""
    return np.diagonal(g, k) if np.ndim(v) == 1 else diagonal_share(g, v, k, 0, 1)


# fmt: off
linear(np.tril,     lambda g, ans, m, k=0: np.tril(g, k) if np.ndim(m) > 1 else np.sum(np.tril(g, k), axis=0))
linear(np.triu,     lambda g, ans, m, k=0: np.triu(g, k) if np.ndim(m) > 1 else np.sum(np.triu(g, k), axis=0))
linear(np.diag,     lambda g, ans, v, k=0: diag_share(g, v, k), view=True)
linear(np.diagflat, lambda g, ans, v, k=0: flat_diagonal(g, v, k))
linear(np.diagonal, lambda g, ans, a, offset=0, axis1=0, axis2=1:
                        diagonal_share(g, a, offset, axis1, axis2), view=True)
linear(np.trace,    lambda g, ans, a, offset=0, axis1=0, axis2=1, dtype=None, out=None:
                        trace_share(g, a, offset, axis1, axis2))
# fmt: on


# Padding and trimming, by positions: what is read from where.


def pad_widths(pad_width: Any, rank: int) -> Any:
    """The widths before and after each axis, from any of the ways to give them."""
    if isinstance(pad_width, dict):
        return [pair_of(pad_width.get(k, pad_width.get(k - rank, 0))) for k in range(rank)]
    if not isinstance(pad_width, (tuple, list)):
        return [(pad_width, pad_width)] * rank if np.ndim(pad_width) == 0 else [pair_of(p) for p in pad_width]
    if len(pad_width) == 1 and not isinstance(pad_width[0], (tuple, list)):
        return [(pad_width[0], pad_width[0])] * rank
    if len(pad_width) == 1:
        return [pair_of(pad_width[0])] * rank
    if not isinstance(pad_width[0], (tuple, list)):
        return [(pad_width[0], pad_width[1])] * rank
    return [pair_of(p) for p in pad_width]


def pair_of(p: Any) -> Any:
    """One width, or one before and one after, as two."""
    if isinstance(p, (tuple, list)) or np.ndim(p) > 0:
        return (p[0], p[1]) if len(p) == 2 else (p[0], p[0])
    return (p, p)


def middle(g: Any, a: Any, widths: Any) -> Any:
    """The part of a padded array that is the array."""
    return g[tuple([slice(widths[k][0], widths[k][0] + np.shape(a)[k]) for k in range(np.ndim(a))])]


def linear_end(last: Any, end: Any, steps: Any) -> Any:
    """Values from `last` to `end` in the given fractions of the way to it."""
    return last + (end - last) * steps


def fractions(width: int, axis: int, rank: int, before: bool) -> Any:
    """How far from the edge to the end value of a ramp its entries are, along an axis."""
    steps = np.arange(width, 0, -1) / max(width, 1) if before else np.arange(1, width + 1) / max(width, 1)
    return np.reshape(steps, (1,) * axis + (-1,) + (1,) * (rank - axis - 1))


def edge(a: Any, axis: int, last: bool) -> Any:
    """The first or last layer of an array along an axis, the axis kept."""
    return a[along(axis, slice(-1, None) if last else slice(0, 1))]


def pad_ramp(a: Any, widths: Any, end_values: Any) -> Any:
    """`pad` with `linear_ramp`, an axis at a time."""
    rank = np.ndim(a)
    values = pad_widths(end_values, rank)
    for k in range(rank):
        before = linear_end(edge(a, k, False), values[k][0], fractions(widths[k][0], k, rank, True))
        after = linear_end(edge(a, k, True), values[k][1], fractions(widths[k][1], k, rank, False))
        a = np.concatenate([before, a, after], k)
    return a


def pad_constant(a: Any, widths: Any, constant_values: Any) -> Any:
    """`pad` with constants, which may be active, an axis at a time."""
    rank = np.ndim(a)
    values = pad_widths(constant_values, rank)
    for k in range(rank):
        shape = np.shape(a)
        before = np.full(shape[:k] + (widths[k][0],) + shape[k + 1 :], values[k][0], dtype=a.dtype)
        after = np.full(shape[:k] + (widths[k][1],) + shape[k + 1 :], values[k][1], dtype=a.dtype)
        a = np.concatenate([before, a, after], k)
    return a


def statistic(a: Any, axis: int, mode: str) -> Any:
    """The layer that a statistic mode of `pad` repeats."""
    if mode == "mean":
        return np.mean(a, axis=axis, keepdims=True)
    if mode == "median":
        return np.median(a, axis=axis, keepdims=True)
    return np.max(a, axis=axis, keepdims=True) if mode == "maximum" else np.min(a, axis=axis, keepdims=True)


def lengths_of(stat_length: Any, k: int, n: int, rank: int) -> Any:
    """How many entries at both ends of an axis a statistic is of."""
    if stat_length is None:
        return (n, n)
    pair = pad_widths(stat_length, rank)[k]
    return (min(pair[0], n), min(pair[1], n))


def pad_statistic(a: Any, widths: Any, mode: str, stat_length: Any) -> Any:
    """`pad` with statistics of the entries near the edges, an axis at a time."""
    rank = np.ndim(a)
    for k in range(rank):
        n = np.shape(a)[k]
        first, last = lengths_of(stat_length, k, n, rank)
        before = statistic(a[along(k, slice(0, first))], k, mode)
        after = statistic(a[along(k, slice(n - last, n))], k, mode)
        a = np.concatenate([np.repeat(before, widths[k][0], k), a, np.repeat(after, widths[k][1], k)], k)
    return a


def pad_places(n: int, pair: Any, mode: Any) -> Any:
    """The positions along an axis of extent `n` that the entries of a padded one are read from."""
    return np.pad(np.arange(n), pair, mode=mode)


def reflected(a: Any, axis: int, pair: Any, mode: str) -> Any:
    """`reflect` and `symmetric` of the odd kind: twice the edge less the even reflection, as often as it takes."""
    n = np.shape(a)[axis]
    period = n - 1 if mode == "reflect" else n
    at = np.arange(-pair[0], n + pair[1])
    even = a[along(axis, pad_places(n, pair, mode))]
    turns = np.floor_divide(at, max(period, 1)) if mode == "reflect" else np.floor_divide(at, n)
    odd = np.reshape(np.mod(turns, 2), (1,) * axis + (-1,) + (1,) * (np.ndim(a) - axis - 1))
    whole = np.reshape(turns + np.mod(turns, 2), (1,) * axis + (-1,) + (1,) * (np.ndim(a) - axis - 1))
    first, last = edge(a, axis, False), edge(a, axis, True)
    return np.where(odd, -even, even) + whole * (last - first) + odd * (2 * first)


def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """The array with more entries around it."""
    array = np.asarray(array)
    widths = pad_widths(pad_width, np.ndim(array))
    if mode == "constant" or mode == "empty":
        return pad_constant(array, widths, kwargs.get("constant_values", 0))
    if mode == "linear_ramp":
        return pad_ramp(array, widths, kwargs.get("end_values", 0))
    if mode in ("mean", "median", "maximum", "minimum"):
        return pad_statistic(array, widths, mode, kwargs.get("stat_length"))
    for k in range(np.ndim(array)):
        if kwargs.get("reflect_type", "even") == "odd" and mode in ("reflect", "symmetric"):
            array = reflected(array, k, widths[k], mode)
        else:
            array = array[along(k, pad_places(np.shape(array)[k], widths[k], mode))]
    return array


def first_kept(filt: Any, trim: str) -> Any:
    """How many zeros `trim_zeros` takes off the front."""
    kept = np.flatnonzero(filt)
    return 0 if "f" not in trim.lower() else kept[0] if np.size(kept) else np.size(filt)


# fmt: off
composite(np.pad, pad)
# fmt: on


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """The array without the zeros at its ends."""
    box = trimmed_box(filt, trim, axis)
    return filt[box]


def trimmed_box(filt: Any, trim: str, axis: Any) -> Any:
    """The subscript of what is left when zeros are trimmed from an array of one axis."""
    kept = np.append(np.flatnonzero(filt), np.size(filt))
    last = np.append(-1, np.flatnonzero(filt))[-1] + 1
    start = np.minimum(kept[0], last) if "f" in trim.lower() else 0
    return slice(start, last if "b" in trim.lower() else np.size(filt))


composite(np.trim_zeros, trim_zeros, data_shape=True, view=True, limits="arrays of one axis")


# Making and converting. A nested list is differentiated leaf by leaf, in its own structure.


def nested(g: Any, like: Any) -> Any:
    """A cotangent in the structure of the nested lists and tuples an array was made of."""
    return tuple([nested(g[k], like[k]) for k in range(len(like))]) if isinstance(like, (list, tuple)) else g


def rank_of(like: Any) -> int:
    """The rank of the array that is made of nested lists and tuples."""
    if isinstance(like, (list, tuple)):
        return 1 + (rank_of(like[0]) if len(like) else 0)
    return np.ndim(like)


def without_axes(g: Any, like: Any) -> Any:
    """A cotangent without the axes that were put in front of what an array was made of."""
    extra = np.ndim(g) - rank_of(like)
    return nested(np.reshape(g, np.shape(g)[extra:]) if extra else g, like)


# fmt: off
linear(np.array,
       lambda g, ans, object, dtype=None, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None:
           without_axes(g, object))
linear(np.asarray,           lambda g, ans, a, dtype=None, order=None, device=None, copy=None, like=None:
                                 nested(g, a), view=True)
linear(np.asanyarray,        lambda g, ans, a, dtype=None, order=None, device=None, copy=None, like=None:
                                 nested(g, a), view=True)
linear(np.ascontiguousarray, lambda g, ans, a, dtype=None, like=None: without_axes(g, a), view=True)
linear(np.asfortranarray,    lambda g, ans, a, dtype=None, like=None: without_axes(g, a), view=True)
linear(np.require,           lambda g, ans, a, dtype=None, requirements=None, like=None:
                                 nested(g, a), view=True)
linear(np.copy,              lambda g, ans, a, order="K", subok=False: nested(g, a))
linear(np.astype,            lambda g, ans, x, dtype, copy=True, device=None: g)
linear(astype,               lambda g, ans, x, dtype, order="K", casting="unsafe", subok=True, copy=True:
                                 g, name="numpy.ndarray.astype")
linear(item,                 lambda g, ans, x: np.reshape(g, np.shape(x)), name="numpy.ndarray.item")
linear(np.full,              None,
                             lambda g, ans, shape, fill_value, dtype=None, order="C", device=None, like=None:
                                 sum_to(g, np.shape(fill_value)), of=(1,))
# fmt: on


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Evenly spaced numbers."""
    delta = np.subtract(stop, start)
    count = num - 1 if endpoint else num
    fraction = np.reshape(np.arange(num) / max(count, 1), (-1,) + (1,) * np.ndim(delta))
    values = start + fraction * delta
    values = values if axis == 0 else np.moveaxis(values, 0, axis)
    values = values if dtype is None else values.astype(dtype)
    return (values, np.divide(delta, count)) if retstep else values


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers whose logarithms are evenly spaced."""
    values = np.power(base, np.linspace(start, stop, num=num, endpoint=endpoint, axis=axis))
    return values if dtype is None else values.astype(dtype)


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Numbers of constant ratio."""
    ratio = np.true_divide(stop, start)
    count = num - 1 if endpoint else num
    fraction = np.reshape(np.arange(num) / max(count, 1), (-1,) + (1,) * np.ndim(ratio))
    values = start * ratio**fraction
    values = values if axis == 0 else np.moveaxis(values, 0, axis)
    return values if dtype is None else values.astype(dtype)


composite(np.linspace, linspace)
composite(np.logspace, logspace)
composite(np.geomspace, geomspace)


# Functions handed over.


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of vectors, at every vector along an axis."""
    axis = axis % np.ndim(arr)
    shape = np.shape(arr)
    rows = np.reshape(np.moveaxis(arr, axis, -1), (-1, shape[axis]))
    count = 1
    for n in shape[:axis] + shape[axis + 1 :]:
        count = count * n
    results = np.array([func1d(rows[k], *args, **kwargs) for k in range(count)])
    inner = np.ndim(results) - 1
    whole = np.reshape(results, shape[:axis] + shape[axis + 1 :] + np.shape(results)[1:])
    rank = np.ndim(whole)
    return np.moveaxis(whole, list(range(rank - inner, rank)), list(range(axis, axis + inner)))


def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """A reduction over one axis after another, each kept."""
    rank = np.ndim(a)
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        result = func(a, axis)
        a = result if np.ndim(result) == rank else np.expand_dims(result, axis)
    return a


def fromfunction(function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any) -> Any:
    """A function of the coordinates of a grid."""
    coordinates = np.indices(shape, dtype=dtype)
    return function(*[coordinates[k] for k in range(len(shape))], **kwargs)


composite(np.apply_along_axis, apply_along_axis)
composite(np.apply_over_axes, apply_over_axes)
composite(np.fromfunction, fromfunction)
