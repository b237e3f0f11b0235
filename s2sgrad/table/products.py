"""Products: matmul, dot and their kin, tensor contractions, einsum, Kronecker and cross products.

Ranks are known at compile time, so each `if` on a rank leaves one branch in the generated program. Products are
bilinear: the pullback of one factor is a product of the cotangent with the other, never conjugated.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .registry import define, defjvp, defvjp, linear


def swapped(x: Any) -> Any:
    """The transpose of the last two axes."""
    return x.T if np.ndim(x) == 2 else np.swapaxes(x, -1, -2)


def conjugate(x: Any) -> Any:
    """The complex conjugate; `x` itself where it is real."""
    return np.conj(x) if np.iscomplexobj(x) else x


def leading(x: Any, but: int = 0) -> tuple[int, ...]:
    """The axes of `x` in order, without the last `but`."""
    return tuple(range(np.ndim(x) - but))


# Matrix products ------------------------------------------------------------------------------------------------


def matmul_left(g: Any, x: Any, y: Any) -> Any:
    """The cotangent of `x` in `x @ y`."""
    if np.ndim(x) == 2 and np.ndim(y) == 2:
        return g @ y.T
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return g * y
    if np.ndim(x) == 2 and np.ndim(y) == 1:
        return np.outer(g, y)
    if np.ndim(x) == 1 and np.ndim(y) == 2:
        return y @ g
    if np.ndim(y) == 1:
        return g[..., None] * y
    if np.ndim(x) == 1:  # every axis but that of x is summed, in one product
        return np.tensordot(g, y, (leading(g), leading(y, 2) + (np.ndim(y) - 1,)))
    if np.ndim(x) == 2:
        return np.tensordot(g, y, (leading(g, 2) + (np.ndim(g) - 1,), leading(y, 2) + (np.ndim(y) - 1,)))
    return sum_to(g @ swapped(y), np.shape(x))


def matmul_right(g: Any, x: Any, y: Any) -> Any:
    """The cotangent of `y` in `x @ y`."""
    if np.ndim(x) == 2 and np.ndim(y) <= 2:
        return x.T @ g
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return g * x
    if np.ndim(x) == 1 and np.ndim(y) == 2:
        return np.outer(x, g)
    if np.ndim(x) == 1:
        return x[:, None] * g[..., None, :]
    if np.ndim(y) == 1:
        return np.tensordot(g, x, (leading(g), leading(x, 1)))
    if np.ndim(y) == 2:
        return np.tensordot(x, g, (leading(x, 1), leading(x, 1)))
    return sum_to(swapped(x) @ g, np.shape(y))


linear(operator.matmul, lambda g, ans, x, y: matmul_left(g, x, y),
                        lambda g, ans, x, y: matmul_right(g, x, y),
                        of=(0, 1), aliases=(np.matmul, np.linalg.matmul),
                        limits="the keywords axes and axis of np.matmul")  # fmt: skip


def dot_left(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of `a` in `np.dot(a, b)`."""
    if np.ndim(a) == 0:
        return np.sum(g * b)
    if np.ndim(b) == 0:
        return g * b
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return matmul_left(g, a, b)
    free = np.ndim(a) - 1
    return np.tensordot(
        g, b, (tuple(range(free, np.ndim(g))), leading(b, 2) + (leading(b)[-1],) if np.ndim(b) > 1 else ())
    )


def dot_right(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of `b` in `np.dot(a, b)`."""
    if np.ndim(b) == 0:
        return np.sum(g * a)
    if np.ndim(a) == 0:
        return g * a
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return matmul_right(g, a, b)
    share = np.tensordot(a, g, (leading(a, 1), leading(a, 1)))
    return np.moveaxis(share, 0, -2) if np.ndim(b) > 1 else share


linear(np.dot,   lambda g, ans, a, b, out=None: dot_left(g, a, b),
                 lambda g, ans, a, b, out=None: dot_right(g, a, b), of=(0, 1))  # fmt: skip


def inner_left(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of `a` in `np.inner(a, b)`: the free axes of `b` are summed."""
    if np.ndim(a) == 0:
        return np.sum(g * b)
    if np.ndim(b) <= 1:
        return g * b if np.ndim(a) == 1 or np.ndim(b) == 0 else g[..., None] * b
    return np.tensordot(g, b, (tuple(range(np.ndim(a) - 1, np.ndim(g))), leading(b, 1)))


def inner_right(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of `b` in `np.inner(a, b)`: the free axes of `a` are summed."""
    if np.ndim(b) == 0:
        return np.sum(g * a)
    if np.ndim(a) <= 1:
        return g * a if np.ndim(b) == 1 or np.ndim(a) == 0 else g[..., None] * a
    return np.tensordot(g, a, (leading(a, 1), leading(a, 1)))


linear(np.inner, lambda g, ans, a, b: inner_left(g, a, b),
                 lambda g, ans, a, b: inner_right(g, a, b), of=(0, 1))  # fmt: skip


def flat(x: Any) -> Any:
    """`x` with one axis."""
    return x if np.ndim(x) == 1 else np.ravel(x)


def like(flat_x: Any, x: Any) -> Any:
    """A flat array in the shape of `x`."""
    return flat_x if np.ndim(x) == 1 else np.reshape(flat_x, np.shape(x))


def product_like(g: Any, other: Any, x: Any) -> Any:
    """`g * other` in the shape of `x`, which has as many entries."""
    return g * other if np.ndim(other) == np.ndim(x) == 1 else np.reshape(g * np.ravel(other), np.shape(x))


linear(np.outer, lambda g, ans, a, b, out=None: like(g @ flat(b), a),
                 lambda g, ans, a, b, out=None: like(flat(a) @ g, b), of=(0, 1))  # fmt: skip
linear(np.vdot,  lambda g, ans, a, b: conjugate(product_like(g, b, a)),
                 lambda g, ans, a, b: product_like(g, conjugate(a), b), of=(0, 1))  # fmt: skip


# Vector products with batch axes --------------------------------------------------------------------------------


def stretched(g: Any, other: Any, x: Any, axis: int) -> Any:
    """`g`, back on the axis that a dot product summed, times the other vector, in the shape of `x`."""
    g = np.expand_dims(g, axis)
    if axis == -1 or np.ndim(x) == np.ndim(other):
        return sum_to(g * other, np.shape(x))
    moved = np.moveaxis(x, axis, -1)
    product = np.moveaxis(g, axis, -1) * np.moveaxis(other, axis, -1)
    return np.moveaxis(sum_to(product, np.shape(moved)), -1, axis)


def matvec_matrix(g: Any, x: Any, v: Any) -> Any:
    """The cotangent of the matrix in `np.matvec(x, v)`."""
    if np.ndim(x) == 2 and np.ndim(v) == 1:
        return np.outer(g, v)
    return sum_to(g[..., :, None] * v[..., None, :], np.shape(x))


def matvec_vector(g: Any, x: Any, v: Any) -> Any:
    """The cotangent of the vector in `np.matvec(x, v)`."""
    if np.ndim(x) == 2 and np.ndim(v) == 1:
        return x.T @ g
    return sum_to((swapped(x) @ g[..., None])[..., 0], np.shape(v))


def vecmat_vector(g: Any, v: Any, x: Any) -> Any:
    """The cotangent of the vector, which `np.vecmat` conjugates."""
    if np.ndim(x) == 2 and np.ndim(v) == 1:
        return conjugate(x @ g)
    return sum_to(conjugate((x @ g[..., None])[..., 0]), np.shape(v))


def vecmat_matrix(g: Any, v: Any, x: Any) -> Any:
    """The cotangent of the matrix in `np.vecmat(v, x)`."""
    if np.ndim(x) == 2 and np.ndim(v) == 1:
        return np.outer(conjugate(v), g)
    return sum_to(conjugate(v)[..., :, None] * g[..., None, :], np.shape(x))


linear(np.vecdot, lambda g, ans, x1, x2, axis=-1: conjugate(stretched(g, x2, x1, axis)),
                  lambda g, ans, x1, x2, axis=-1: stretched(g, conjugate(x1), x2, axis),
                  of=(0, 1), limits="the keyword axes")  # fmt: skip
linear(np.matvec, lambda g, ans, x1, x2: matvec_matrix(g, x1, x2),
                  lambda g, ans, x1, x2: matvec_vector(g, x1, x2),
                  of=(0, 1), limits="the keywords axes and axis")  # fmt: skip
linear(np.vecmat, lambda g, ans, x1, x2: vecmat_vector(g, x1, x2),
                  lambda g, ans, x1, x2: vecmat_matrix(g, x1, x2),
                  of=(0, 1), limits="the keywords axes and axis")  # fmt: skip


# Tensor contractions --------------------------------------------------------------------------------------------


def as_axes(axes: Any, ndim: int) -> tuple[int, ...]:
    """One side of the `axes` of tensordot, as non-negative numbers."""
    axes = (axes,) if isinstance(axes, int) else axes
    return tuple([axis % ndim for axis in axes])


def contracted(axes: Any, a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of `a` and of `b` that tensordot pairs."""
    if isinstance(axes, int):
        return tuple(range(np.ndim(a) - axes, np.ndim(a))), tuple(range(axes))
    return as_axes(axes[0], np.ndim(a)), as_axes(axes[1], np.ndim(b))


def others(x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `x` that are not in `axes`."""
    return tuple([axis for axis in range(np.ndim(x)) if axis not in axes])


def restored(x: Any, order: tuple[int, ...]) -> Any:
    """`x`, whose axis `i` belongs at `order[i]`, with its axes in place."""
    if order == tuple(sorted(order)):
        return x
    return np.transpose(x, tuple([order.index(axis) for axis in range(len(order))]))


def tensordot_left(g: Any, a: Any, b: Any, axes: Any) -> Any:
    """The cotangent of `a`: what is left of `b` after its free axes are its contracted axes, in order."""
    in_a, in_b = contracted(axes, a, b)
    share = np.tensordot(g, b, (tuple(range(np.ndim(a) - len(in_a), np.ndim(g))), others(b, in_b)))
    return restored(share, others(a, in_a) + tuple([in_a[in_b.index(axis)] for axis in sorted(in_b)]))


def tensordot_right(g: Any, a: Any, b: Any, axes: Any) -> Any:
    """The cotangent of `b`, as for `a` from the other side."""
    in_a, in_b = contracted(axes, a, b)
    share = np.tensordot(a, g, (others(a, in_a), tuple(range(np.ndim(a) - len(in_a)))))
    return restored(share, tuple([in_b[in_a.index(axis)] for axis in sorted(in_a)]) + others(b, in_b))


linear(np.tensordot, lambda g, ans, a, b, axes=2: tensordot_left(g, a, b, axes),
                     lambda g, ans, a, b, axes=2: tensordot_right(g, a, b, axes), of=(0, 1))  # fmt: skip


# einsum: the cotangent of an operand is an einsum of the cotangent and the other operands -----------------------

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = "abcdefghijklmnopqrstuvwxyz" + UPPER


def letters_of(sublist: Any) -> str:
    """A sublist of axis numbers, the other way to call einsum, as letters."""
    return "".join(["..." if label is Ellipsis else LETTERS[label] for label in sublist])


def written(args: Any) -> str:
    """The subscripts of a call of einsum, without spaces."""
    if isinstance(args[0], str):
        return args[0].replace(" ", "")
    terms = ",".join([letters_of(sublist) for sublist in args[1 : len(args) // 2 * 2 : 2]])
    return terms + "->" + letters_of(args[-1]) if len(args) % 2 == 1 else terms


def operands_of(args: Any) -> Any:
    """The operands of a call of einsum."""
    return args[1:] if isinstance(args[0], str) else args[0 : len(args) // 2 * 2 : 2]


def spelled(term: str, count: int, fresh: str) -> str:
    """A term with its ellipsis written as the last `count` of the letters `fresh`."""
    return term.replace("...", fresh[len(fresh) - count :])


def implicit_output(terms: Any, ellipsis: str) -> str:
    """The output of einsum without an arrow: the ellipsis, then what occurs once, in alphabetical order."""
    labels = "".join(terms).replace(".", "")
    return ellipsis + "".join([label for label in sorted(labels) if labels.count(label) == 1])


def parsed(args: Any) -> tuple[Any, str]:
    """The terms of the operands and that of the output, every axis a letter."""
    text, operands = written(args), operands_of(args)
    terms = text.split("->")[0].split(",")
    fresh = "".join([label for label in UPPER if label not in text])
    extra = [
        np.ndim(x) - len(term.replace(".", "")) if "." in term else 0 for x, term in zip(operands, terms)
    ]
    ellipsis = "..." if "..." in text else ""
    output = text.split("->")[1] if "->" in text else implicit_output(terms, ellipsis)
    inputs = [spelled(term, count, fresh) for term, count in zip(terms, extra)]
    return inputs, spelled(output, max(extra), fresh)


def distinct(term: str, unused: str) -> str:
    """A term with each repeated letter replaced by one of `unused`."""
    return "".join([unused[i] if label in term[:i] else label for i, label in enumerate(term)])


def einsum_share(g: Any, k: int, args: Any, options: Any) -> Any:
    """The cotangent of operand `k`.

    A repeated label is a diagonal, so a unit matrix joins its two axes; a label that nothing else has was summed, so
    a vector of ones spreads over it.
    """
    operands = operands_of(args)
    inputs, output = parsed(args)
    x, term = operands[k], inputs[k]
    rest = [other for i, other in enumerate(inputs) if i != k]
    used = "".join(inputs) + output
    target = distinct(term, "".join([label for label in LETTERS if label not in used]))
    twins = [i for i, label in enumerate(term) if label in term[:i]]
    lone = [i for i, label in enumerate(term) if i not in twins and label not in "".join(rest) + output]
    terms = [output] + rest + [term[i] + target[i] for i in twins] + [term[i] for i in lone]
    factors = [y for i, y in enumerate(operands) if i != k]
    factors = (
        factors
        + [np.eye(x.shape[i], dtype=x.dtype) for i in twins]
        + [np.ones(x.shape[i], dtype=x.dtype) for i in lone]
    )
    share = np.einsum(",".join(terms) + "->" + target, g, *factors, **options)
    return share if np.shape(share) == np.shape(x) else fitted(share, x)


def fitted(share: Any, x: Any) -> Any:
    """Einsum stretches axes of length 1: such an axis of `x` is summed, such an axis of the share is repeated."""
    summed = sum_to(share, tuple([min(n, m) for n, m in zip(np.shape(share), np.shape(x))]))
    return np.broadcast_to(summed, np.shape(x))


def einsum_vjp(g: Any, position: int, args: Any, options: Any) -> Any:
    """The cotangent of the argument at a position, of either way to call einsum."""
    k = position - 1 if isinstance(args[0], str) else position // 2
    return einsum_share(g, k, args, options)


linear(np.einsum, lambda g, ans, *args, **options: einsum_vjp(g, 0, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 1, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 2, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 3, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 4, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 5, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 6, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 7, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 8, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 9, args, options),
                  lambda g, ans, *args, **options: einsum_vjp(g, 10, args, options),
                  of=tuple(range(11)), shares=True, limits="10 operands; an einsum_path as optimize")  # fmt: skip


# Kronecker and cross products -----------------------------------------------------------------------------------


def padded_shape(x: Any, ndim: int) -> Any:
    """The shape of `x` with leading ones up to `ndim` axes."""
    return (1,) * (ndim - np.ndim(x)) + np.shape(x)


def kron_blocks(g: Any, a: Any, b: Any) -> Any:
    """A cotangent shaped like `kron(a, b)`, with an axis of `a` (even) and of `b` (odd) for each of its own."""
    n = max(np.ndim(a), np.ndim(b))
    pairs = zip(padded_shape(a, n), padded_shape(b, n))
    return np.reshape(g, tuple([length for pair in pairs for length in pair]))


def kron_share(blocks: Any, other: Any, x: Any, first: int) -> Any:
    """The cotangent of one factor: the axes of the other, `first`, `first + 2`..., are summed."""
    n = np.ndim(blocks) // 2
    known = np.reshape(other, padded_shape(other, n))
    share = np.tensordot(blocks, known, (tuple(range(first, 2 * n, 2)), tuple(range(n))))
    return share if np.ndim(x) == n else np.reshape(share, np.shape(x))


linear(np.kron, lambda g, ans, a, b: kron_share(kron_blocks(g, a, b), b, a, 1),
                lambda g, ans, a, b: kron_share(kron_blocks(g, a, b), a, b, 0), of=(0, 1))  # fmt: skip


def cross_left(g: Any, a: Any, b: Any, at: int, bt: int, ct: int) -> Any:
    """The cotangent of `a` in `a x b`, the vectors along the axes `at` and `bt`, the result along `ct`: `b x g`."""
    product = np.cross(b, g, axisa=bt, axisb=ct)
    if at == -1:
        return sum_to(product, np.shape(a))
    return np.moveaxis(sum_to(product, np.shape(np.moveaxis(a, at, -1))), -1, at)


def cross_right(g: Any, a: Any, b: Any, at: int, bt: int, ct: int) -> Any:
    """The cotangent of `b` in `a x b`: `g x a`."""
    product = np.cross(g, a, axisa=ct, axisb=at)
    if bt == -1:
        return sum_to(product, np.shape(b))
    return np.moveaxis(sum_to(product, np.shape(np.moveaxis(b, bt, -1))), -1, bt)


def cross_a(
    g: Any, ans: Any, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    """The pullback of `np.cross` in its first argument."""
    if axis is not None:
        return cross_left(g, a, b, axis, axis, axis)
    return cross_left(g, a, b, axisa, axisb, axisc)


def cross_b(
    g: Any, ans: Any, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    """The pullback of `np.cross` in its second argument."""
    if axis is not None:
        return cross_right(g, a, b, axis, axis, axis)
    return cross_right(g, a, b, axisa, axisb, axisc)


linear(np.cross, cross_a, cross_b, of=(0, 1), limits="vectors of three components")


# multi_dot ------------------------------------------------------------------------------------------------------


def as_matrices(arrays: Any) -> Any:
    """The factors of multi_dot, a vector at either end made a matrix."""
    first = arrays[0][None, :] if np.ndim(arrays[0]) == 1 else arrays[0]
    last = arrays[-1][:, None] if np.ndim(arrays[-1]) == 1 else arrays[-1]
    return [first] + list(arrays[1:-1]) + [last]


def multi_dot_share(g: Any, arrays: Any, k: int) -> Any:
    """The cotangent of factor `k`: the factors before it, transposed, `g`, those after it, transposed."""
    matrices = as_matrices(arrays)
    g = np.reshape(g, (matrices[0].shape[0], matrices[-1].shape[1])) if np.ndim(g) < 2 else g
    before = [matrices[i].T for i in reversed(range(k))]
    after = [matrices[i].T for i in reversed(range(k + 1, len(matrices)))]
    share = np.linalg.multi_dot(before + [g] + after)
    return np.reshape(share, np.shape(arrays[k])) if np.ndim(arrays[k]) == 1 else share


def multi_dot_vjp(g: Any, ans: Any, arrays: Any, *, out: Any = None) -> Any:
    """The cotangents of all factors."""
    return [multi_dot_share(g, arrays, k) for k in range(len(arrays))]


def multi_dot_jvp(t: Any, ans: Any, arrays: Any, *, out: Any = None) -> Any:
    """The product rule: each factor in turn gives way to its tangent."""
    arrays = list(arrays)
    return sum(
        [
            np.linalg.multi_dot(arrays[:k] + [t[k]] + arrays[k + 1 :])
            for k in range(len(arrays))
            if t[k] is not None
        ]
    )


defvjp(np.linalg.multi_dot, multi_dot_vjp)
defjvp(np.linalg.multi_dot, multi_dot_jvp)


# The names of the array API standard ----------------------------------------------------------------------------

composite(np.linalg.outer, lambda x1, x2: np.outer(x1, x2))
composite(np.linalg.vecdot, lambda x1, x2, *, axis=-1: np.vecdot(x1, x2, axis=axis))  # type: ignore[call-overload]
composite(np.linalg.tensordot, lambda x1, x2, *, axes=2: np.tensordot(x1, x2, axes))
composite(np.linalg.cross, lambda x1, x2, *, axis=-1: np.cross(x1, x2, axis=axis))

for _product in (operator.matmul, np.dot, np.inner, np.tensordot, np.einsum):
    define(_product, heavy=True)  # kept, not computed again in the backward sweep
