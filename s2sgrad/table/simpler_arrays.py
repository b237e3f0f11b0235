"""Moving, picking, counting and comparing entries by way of simpler functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels import arrays, numbers
from . import shapes
from .indexing import along, in_bounds, open_mesh
from .reductions import bin_of, falling
from .shapes import array_split, pad_widths, rolled_place
from .simpler import beyond, simpler

# Orders other than the usual one.


def reshaped_by_columns(a: Any, shape: Any, order: Any = "F", copy: Any = None) -> Any:
    asked = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return np.transpose(np.reshape(np.transpose(a), asked[::-1]))


def raveled_by_columns(a: Any, order: Any = "F") -> Any:
    return np.ravel(np.transpose(a))


@simpler(shapes.flatten)
def _flatten(x: Any, order: Any = "C") -> Any:
    return np.array(np.ravel(x, order))


@simpler(np.asfortranarray)
def _asfortranarray(a: Any, dtype: Any = None) -> Any:
    return np.copy(a) if dtype is None else a.astype(dtype)


@simpler(np.require)
def _require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    return np.copy(a) if dtype is None else a.astype(dtype)


@simpler(np.astype)
def _astype(x: Any, dtype: Any, copy: Any = True, device: Any = None) -> Any:
    return x.astype(dtype)


# Axes.


@simpler(np.rollaxis)
def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    return np.moveaxis(a, axis, rolled_place(axis, start, np.ndim(a)))


@simpler(np.rot90)
def _rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    first, second = axes[0] % np.ndim(m), axes[1] % np.ndim(m)
    turns = k % 4
    if turns == 0:
        return np.copy(m)
    if turns == 2:
        return np.flip(np.flip(m, first), second)
    if turns == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


@simpler(np.diagflat)
def _diagflat(v: Any, k: Any = 0) -> Any:
    return np.diag(np.ravel(v), k)


@simpler(np.tri)
def _tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    columns = np.arange(N if M is None else M)
    return (columns[None, :] <= np.arange(N)[:, None] + k).astype(dtype)


@simpler(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    return array_split(ary, indices_or_sections, axis)


@simpler(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    if isinstance(indices_or_sections, int) and np.shape(ary)[axis] % indices_or_sections != 0:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


@simpler(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.vsplit(ary, indices_or_sections)


@simpler(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.hsplit(ary, indices_or_sections)


@simpler(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return shapes.dsplit(ary, indices_or_sections)


@simpler(np.broadcast_shapes)
def _broadcast_shapes(*args: Any) -> Any:
    rank = max([len(s) for s in args])
    out = [1] * rank
    for s in args:
        for k in range(len(s)):
            place = rank - len(s) + k
            out[place] = s[k] if out[place] == 1 else out[place]
    return tuple(out)


def triangle_of_row(m: Any, k: Any = 0) -> Any:
    n = np.shape(m)[0]
    return np.broadcast_to(m, (n, n))


def lower_of_row(m: Any, k: Any = 0) -> Any:
    return np.tril(triangle_of_row(m), k)


def upper_of_row(m: Any, k: Any = 0) -> Any:
    return np.triu(triangle_of_row(m), k)


def array_of_arrays(object: Any, dtype: Any = None, **options: Any) -> Any:
    """`np.array` of a sequence of arrays, or of sequences of them."""
    items = [array_of_arrays(x) if isinstance(x, (list, tuple)) else np.asarray(x) for x in object]
    made = np.stack(items)
    return made if dtype is None else made.astype(dtype)


def array_of_rank(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", ndmin: Any = 0, **rest: Any
) -> Any:
    """`np.array` with axes put in front."""
    made = np.array(object)
    made = made if dtype is None else made.astype(dtype)
    return np.expand_dims(made, tuple(range(ndmin - np.ndim(made)))) if ndmin > np.ndim(made) else made


@simpler(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    asked = tuple(new_shape) if isinstance(new_shape, (tuple, list)) else (new_shape,)
    count = 1
    for n in asked:
        count = count * n
    return np.reshape(np.ravel(a)[np.arange(count) % np.size(a)], asked)


@simpler(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.repeat(np.ravel(a), repeats, 0)
    place = axis % np.ndim(a)
    n = np.shape(a)[place]
    if np.ndim(repeats) == 0:
        return a[along(place, np.arange(n * repeats) // max(repeats, 1))]
    counts = np.broadcast_to(np.asarray(repeats), (n,))
    return a[along(place, arrays.repeated_places(np.copy(counts)))]


@simpler(np.delete)
def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    if axis is None and np.ndim(arr) != 1:
        return np.delete(np.ravel(arr), obj, 0)
    place = 0 if axis is None else axis % np.ndim(arr)
    kept = np.full(np.shape(arr)[place], True)
    kept[obj] = False
    return arr[along(place, np.flatnonzero(kept))]


@simpler(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    if np.ndim(arr) != 1 or axis is not None:
        return shapes.insert(arr, obj, values, axis)
    n = np.shape(arr)[0]
    at = np.arange(n)[obj] if isinstance(obj, slice) else np.ravel(np.asarray(obj))
    at = np.where(at < 0, at + n, at)
    count = np.size(values) if np.size(at) == 1 else np.size(at)
    at = np.sort(np.broadcast_to(at, (count,)))
    order = np.argsort(np.broadcast_to(np.ravel(obj) if not isinstance(obj, slice) else at, (count,)))
    places = at + np.arange(count)
    out = np.zeros(n + count, np.asarray(arr).dtype)
    new = np.full(n + count, False)
    new[places] = True
    out[places] = np.broadcast_to(np.ravel(values), (count,))[order]
    out[np.flatnonzero(~new)] = arr
    return out


# Padding by positions.


def padded_places(n: Any, before: Any, after: Any, mode: str) -> Any:
    """The positions along an axis of `n` that the entries of a padded one are read from."""
    at = np.arange(before + n + after) - before
    if mode == "edge":
        return np.clip(at, 0, n - 1)
    if mode == "wrap":
        return at % n
    if mode == "symmetric":
        turned = at % (2 * n)
        return np.where(turned < n, turned, 2 * n - 1 - turned)
    turned = at % max(2 * (n - 1), 1)
    return np.where(turned < n, turned, 2 * (n - 1) - turned)


@simpler(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode == "empty":
        return np.pad(array, pad_width)
    if mode not in ("edge", "wrap", "symmetric", "reflect") or options.get("reflect_type", "even") == "odd":
        return shapes.pad(array, pad_width, mode, **options)
    widths = pad_widths(pad_width, np.ndim(array))
    for k in range(np.ndim(array)):
        array = array[along(k, padded_places(np.shape(array)[k], widths[k][0], widths[k][1], mode))]
    return array


# Picking.


@simpler(np.take)
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    place = axis % np.ndim(a)
    if mode == "raise":
        return a[along(place, indices if isinstance(indices, int) else np.asarray(indices))]
    return a[along(place, in_bounds(indices, np.shape(a)[place], mode))]


@simpler(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        return np.ravel(arr)[indices]
    place = axis % np.ndim(arr)
    return arr[open_mesh(np.shape(arr), place, indices)]


@simpler(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return np.take(a, np.flatnonzero(np.asarray(condition)), axis)


@simpler(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.flatnonzero(np.asarray(condition))]


@simpler(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    n = len(choices) if isinstance(choices, (list, tuple)) else np.shape(choices)[0]
    if not isinstance(choices, (list, tuple)):
        return np.take_along_axis(choices, in_bounds(a, n, mode)[None], 0)[0]
    which = in_bounds(a, n, mode)
    chosen = choices[-1]
    for k in range(n - 1):
        chosen = np.where(which == n - 2 - k, choices[n - 2 - k], chosen)
    return chosen


# Finding.


@simpler(np.nonzero)
def _nonzero(a: Any) -> Any:
    return arrays.places_of(np.copy(a != 0))


@simpler(np.flatnonzero)
def _flatnonzero(a: Any) -> Any:
    return arrays.places_of(np.copy(np.ravel(np.asarray(a)) != 0))[0]


@simpler(np.argwhere)
def _argwhere(a: Any) -> Any:
    return np.stack(np.nonzero(a), axis=1)


@simpler(np.where)
def _where_true(condition: Any) -> Any:
    return np.nonzero(condition)


@simpler(np.searchsorted)
def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    row = np.asarray(a) if sorter is None else np.asarray(a)[sorter]
    found = arrays.insertion_places(row, np.reshape(v, (np.size(v),)), side == "right")
    return found[0] if np.ndim(v) == 0 else np.reshape(found, np.shape(v))


@simpler(np.digitize)
def _digitize(x: Any, bins: Any, right: Any = False) -> Any:
    n = np.size(bins)
    rising = bins[0] <= bins[-1]
    upwards = np.where(rising, bins, bins[::-1])
    low = np.searchsorted(upwards, x, side="left")
    high = np.searchsorted(upwards, x, side="right")
    if right:
        return np.where(rising, low, n - high)
    return np.where(rising, high, n - low)


@simpler(np.unique)
def _unique(
    ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False, axis: Any = None, *,
    equal_nan: Any = True, sorted: Any = True,
) -> Any:  # fmt: skip
    row = np.ravel(ar)
    values, first, times, which = arrays.distinct(row, np.argsort(row))
    extra = (
        [first] * return_index + [np.reshape(which, np.shape(ar))] * return_inverse + [times] * return_counts
    )
    return tuple([values] + extra) if extra else values


@beyond(np.unique)
def _beyond_unique(ar: Any, *args: Any, axis: Any = None, **options: Any) -> str:
    return "along an axis" if axis is not None or len(args) > 3 else ""


@simpler(np.isin)
def _isin(
    element: Any, test_elements: Any, assume_unique: Any = False, invert: Any = False, *, kind: Any = None
) -> Any:
    found = np.any(element[..., None] == np.ravel(np.asarray(test_elements)), axis=-1)
    return ~found if invert else found


# Comparing.


@simpler(np.isclose)
def _isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    near = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
    return near | (np.isnan(a) & np.isnan(b)) if equal_nan else near


@simpler(math.isclose)
def _number_is_close(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    gap = abs(a - b)
    return a == b or (
        gap < math.inf and (gap <= rel_tol * abs(a) or gap <= rel_tol * abs(b) or gap <= abs_tol)
    )


@simpler(np.allclose)
def _allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> Any:
    return np.all(np.isclose(a, b, rtol, atol, equal_nan))


@simpler(np.isposinf)
def _isposinf(x: Any, out: Any = None) -> Any:
    return np.isinf(x) & (x > 0)


@simpler(np.isneginf)
def _isneginf(x: Any, out: Any = None) -> Any:
    return np.isinf(x) & (x < 0)


@simpler(np.iscomplex)
def _iscomplex(x: Any) -> Any:
    return np.imag(x) != 0


@simpler(np.isreal)
def _isreal(x: Any) -> Any:
    return np.imag(x) == 0


@simpler(np.array_equal)
def _array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> Any:
    if np.ndim(a1) != np.ndim(a2):
        return False
    same = True
    for m, n in zip(np.shape(a1), np.shape(a2)):
        same = same and m == n
    if not same:
        return False
    equal = a1 == a2
    return bool(np.all(equal | (np.isnan(a1) & np.isnan(a2)) if equal_nan else equal))


# Counting.


@simpler(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return np.sum(a != 0, axis=axis, keepdims=keepdims)


@simpler(np.bincount)
def _bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    if weights is None:
        return arrays.counted_weights(np.asarray(x), np.ones(np.size(x), np.int64), minlength)
    return arrays.counted_weights(np.asarray(x), np.asarray(weights).astype(np.float64), minlength)


@simpler(np.histogram)
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    row = np.ravel(a)
    edges = bins if np.ndim(bins) > 0 or isinstance(bins, (list, tuple)) else even_edges(row, bins, range)
    edges = np.asarray(edges)
    place = bin_of(row, edges)
    taken = np.where(place >= 0, 1 if weights is None else np.ravel(weights), 0)
    counts = index_counts(np.size(edges) - 1, place, taken)
    if not density:
        return counts, edges
    return counts / (edges[1:] - edges[:-1]) / np.sum(counts), edges


def index_counts(n: Any, place: Any, taken: Any) -> Any:
    """The sum of what goes to each place; what goes nowhere is zero."""
    out = np.zeros(n, taken.dtype)
    for k in range(np.size(place)):
        out[max(place[k], 0)] += taken[k]
    return out


def even_edges(row: Any, bins: Any, range: Any) -> Any:
    low, high = (np.min(row), np.max(row)) if range is None else range
    return np.linspace(low, high, bins + 1)


# Sequences and polynomials.


@simpler(np.convolve)
def _convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = np.ravel(a), np.ravel(v)
    dtype = np.result_type(a, v)
    whole = arrays.full_convolution(a.astype(dtype), v.astype(dtype))
    if mode == "full":
        return whole
    shorter, longer = min(np.shape(a)[0], np.shape(v)[0]), max(np.shape(a)[0], np.shape(v)[0])
    if mode == "valid":
        return whole[shorter - 1 : longer]
    start = (shorter - 1) // 2
    return whole[start : start + longer]


@simpler(np.vander)
def _vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    n = np.shape(x)[0] if N is None else N
    return x[:, None] ** (np.arange(n) if increasing else falling(n))


@simpler(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p = np.asarray(p)
    dtype = np.result_type(p, x)
    values = arrays.polynomial(p.astype(dtype), np.reshape(x, (np.size(x),)).astype(dtype))
    return values[0] if np.ndim(x) == 0 else np.reshape(values, np.shape(x))


def longer_by(p: Any, n: Any) -> Any:
    """Coefficients with zeros in front, `n` of them in all."""
    return np.concatenate([np.zeros(n - np.size(p), p.dtype), p])


@simpler(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    n = max(np.size(a1), np.size(a2))
    return longer_by(np.ravel(a1), n) + longer_by(np.ravel(a2), n)


@simpler(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    n = max(np.size(a1), np.size(a2))
    return longer_by(np.ravel(a1), n) - longer_by(np.ravel(a2), n)


@simpler(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(arrays.without_leading_zeros(np.ravel(a1)), arrays.without_leading_zeros(np.ravel(a2)))


@simpler(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    return arrays.polynomial_of_roots(np.asarray(seq_of_zeros))


@simpler(np.add.reduceat)
def _add_reduceat(array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    place = axis % np.ndim(array)
    n = np.shape(array)[place]
    starts = np.asarray(indices)
    zero = np.zeros_like(array[along(place, slice(0, 1))])
    totals = np.concatenate([zero, np.cumsum(array, place)], place)
    following = np.concatenate([starts[1:], np.full(1, n)])
    stops = np.where(following > starts, following, starts + 1)
    return totals[along(place, stops)] - totals[along(place, starts)]


@simpler(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 6.283185307179586) -> Any:
    place = axis % np.ndim(p)
    jump = p[along(place, slice(1, None))] - p[along(place, slice(None, -1))]
    least = period / 2 if discont is None else max(discont, period / 2)
    turned = np.mod(jump + period / 2, period) - period / 2
    turned = np.where((turned == -period / 2) & (jump > 0), period / 2, turned)
    correction = np.where(np.abs(jump) < least, 0, turned - jump)
    zero = np.zeros_like(p[along(place, slice(0, 1))])
    return p + np.concatenate([zero, np.cumsum(correction, place)], place)


# Numbers taken apart.


@simpler(np.clip)
def _clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **rest: Any,
) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@simpler(np.angle)
def _angle(z: Any, deg: Any = False) -> Any:
    return np.rad2deg(np.angle(z)) if deg else np.angle(z)


@simpler(np.nan_to_num)
def _nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    largest = 3.4028234663852886e38 if x.dtype == np.float32 else 1.7976931348623157e308
    above = largest if posinf is None else posinf
    below = -largest if neginf is None else neginf
    return np.where(np.isnan(x), nan, np.where(np.isposinf(x), above, np.where(np.isneginf(x), below, x)))


@simpler(np.modf, math.modf)
def _modf(x: Any) -> Any:
    whole = np.trunc(x)
    return np.copysign(np.where(np.isinf(x), 0.0, x - whole), x), whole


@simpler(np.frexp, math.frexp)
def _frexp(x: Any) -> Any:
    return numbers.mantissa(x), numbers.exponent(x)


@simpler(np.divmod, divmod)
def _divmod(x: Any, y: Any) -> Any:
    return x // y, x % y


@simpler(math.remainder)
def _remainder(x: Any, y: Any) -> Any:
    return x - np.rint(x / y) * y


@simpler(math.fsum)
def _fsum(seq: Any) -> Any:
    if isinstance(seq, (list, tuple)):
        total, lost = 0.0, 0.0
        for x in seq:
            total, lost = more_exactly(total, lost, x)
        return total + lost
    return arrays.exact_sum(np.asarray(seq).astype(np.float64))


def more_exactly(total: Any, lost: Any, x: Any) -> Any:
    """A sum with one more number, and what rounding lost (Neumaier, 1974)."""
    s = total + x
    return s, lost + ((total - s) + x if abs(total) >= abs(x) else (x - s) + total)


# Whole numbers: by loops, exact as long as they fit into 64 bits.


@simpler(math.gcd)
def _gcd(*integers: Any) -> Any:
    out = 0
    for n in integers:
        out = numbers.common_divisor(out, n)
    return out


@simpler(math.lcm)
def _lcm(*integers: Any) -> Any:
    out = 1
    for n in integers:
        out = numbers.common_multiple(out, n)
    return out


@simpler(math.factorial)
def _factorial(n: Any) -> Any:
    return numbers.falling_product(n, n)


@simpler(math.comb)
def _comb(n: Any, k: Any) -> Any:
    return numbers.choices(n, k)


@simpler(math.perm)
def _perm(n: Any, k: Any = None) -> Any:
    return numbers.falling_product(n, n if k is None else k)


@simpler(math.isqrt)
def _isqrt(n: Any) -> Any:
    return numbers.whole_root(n)


@simpler(np.lexsort)
def _lexsort(keys: Any, axis: Any = -1) -> Any:
    rows = [keys[k] for k in range(len(keys))]
    order = np.argsort(rows[0], axis)
    for row in rows[1:]:
        order = np.take_along_axis(order, np.argsort(np.take_along_axis(row, order, axis), axis), axis)
    return order


@simpler(np.array_equiv)
def _array_equiv(a1: Any, a2: Any) -> Any:
    return bool(np.all(a1 == a2))


# Grids and windows.


@simpler(np.indices)
def _indices(dimensions: Any, dtype: Any = int, sparse: Any = False) -> Any:
    rank = len(dimensions)
    grids = [
        np.reshape(np.arange(dimensions[k]), (1,) * k + (-1,) + (1,) * (rank - k - 1)).astype(dtype)
        for k in range(rank)
    ]
    if sparse:
        return tuple(grids)
    return np.stack([np.broadcast_to(grid, tuple(dimensions)) for grid in grids])


@simpler(np.ix_)
def _ix(*args: Any) -> Any:
    n = len(args)
    rows = [np.flatnonzero(a) if np.asarray(a).dtype.kind == "b" else np.asarray(a) for a in args]
    return tuple([np.reshape(rows[k], (1,) * k + (-1,) + (1,) * (n - k - 1)) for k in range(n)])


@simpler(np.tril_indices)
def _tril_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return arrays.places_of(np.tri(n, m, k, bool))


@simpler(np.triu_indices)
def _triu_indices(n: Any, k: Any = 0, m: Any = None) -> Any:
    return arrays.places_of(~np.tri(n, m, k - 1, bool))


@simpler(np.tril_indices_from)
def _tril_indices_from(arr: Any, k: Any = 0) -> Any:
    return np.tril_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@simpler(np.triu_indices_from)
def _triu_indices_from(arr: Any, k: Any = 0) -> Any:
    return np.triu_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@simpler(np.diag_indices)
def _diag_indices(n: Any, ndim: Any = 2) -> Any:
    return (np.arange(n),) * ndim


@simpler(np.diag_indices_from)
def _diag_indices_from(arr: Any) -> Any:
    return (np.arange(np.shape(arr)[0]),) * np.ndim(arr)


@simpler(np.ravel_multi_index)
def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    out = multi_index[0]
    for k in range(1, len(dims)):
        out = out * dims[k] + multi_index[k]
    return out


@simpler(np.unravel_index)
def _unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    dims = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    out = []
    for k in range(len(dims)):
        place = len(dims) - 1 - k
        out = [indices % dims[place]] + out
        indices = indices // dims[place]
    return tuple(out)


def cosine_window(M: Any, a: float, b: float, c: float) -> Any:
    angle = 2 * math.pi * np.arange(M) / max(M - 1, 1)
    return np.where(M == 1, 1.0, a - b * np.cos(angle) + c * np.cos(2 * angle))


@simpler(np.hanning)
def _hanning(M: Any) -> Any:
    return cosine_window(M, 0.5, 0.5, 0.0)


@simpler(np.hamming)
def _hamming(M: Any) -> Any:
    return cosine_window(M, 0.54, 0.46, 0.0)


@simpler(np.blackman)
def _blackman(M: Any) -> Any:
    return cosine_window(M, 0.42, 0.5, 0.08)


@simpler(np.bartlett)
def _bartlett(M: Any) -> Any:
    half = max(M - 1, 1) / 2
    n = np.arange(M)
    return np.where(M == 1, 1.0, np.where(n <= half, n / half, 2.0 - n / half))


__all__ = [
    "array_of_arrays",
    "array_of_rank",
    "lower_of_row",
    "raveled_by_columns",
    "reshaped_by_columns",
    "upper_of_row",
]
