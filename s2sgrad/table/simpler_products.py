"""Contractions by way of sums of products: einsum, Kronecker, cross and chained products."""

from __future__ import annotations

from typing import Any

import numpy as np

from .functional import is_constant
from .products import operands_of, padded_shape, parsed
from .simpler import simpler


@simpler(np.einsum)
def _einsum(*args: Any, out: Any = None, **options: Any) -> Any:
    operands = [np.asarray(x) for x in operands_of(args)]
    inputs, output = parsed(args)
    if len(operands) == 2 and is_plain_product(inputs, output) and not is_stretched(operands, inputs):
        return plain_product(operands[0], operands[1], inputs, output)
    letters = output + "".join(sorted([c for c in set("".join(inputs)) if c not in output]))
    total = laid_out(operands[0], inputs[0], letters)
    for x, term in zip(operands[1:], inputs[1:]):
        total = total * laid_out(x, term, letters)
    summed = tuple(range(len(output), len(letters)))
    return np.sum(total, axis=summed) if summed else np.array(total)


def is_plain_product(inputs: Any, output: str) -> bool:
    """Whether two operands make a matrix product: what is summed is in both, what is kept in one."""
    a, b = inputs
    if len(set(a)) != len(a) or len(set(b)) != len(b):
        return False
    summed = [c for c in a if c in b]
    return len(summed) > 0 and all([(c in output) != (c in summed) for c in a + b])


def is_stretched(operands: Any, inputs: Any) -> bool:
    """Whether an axis that is known to have length 1 meets another, which einsum repeats it along."""
    (a, b), shapes = inputs, [np.shape(x) for x in operands]
    pairs = [(shapes[0][a.index(c)], shapes[1][b.index(c)]) for c in a if c in b]
    return any([(is_constant(m) and m == 1) != (is_constant(n) and n == 1) for m, n in pairs])


def plain_product(x: Any, y: Any, inputs: Any, output: str) -> Any:
    a, b = inputs
    summed = [c for c in a if c in b]
    left, right = tuple([a.index(c) for c in summed]), tuple([b.index(c) for c in summed])
    made = "".join([c for c in a if c not in summed] + [c for c in b if c not in summed])
    product = np.tensordot(x, y, (left, right))
    order = tuple([made.index(c) for c in output])
    return product if order == tuple(range(len(order))) else np.transpose(product, order)


def laid_out(x: Any, term: str, letters: str) -> Any:
    """An operand with one axis for every letter, in their order; of a repeated letter the diagonal."""
    twins = [c for c in term if term.count(c) > 1]
    if twins:
        first = term.index(twins[0])
        second = term.index(twins[0], first + 1)
        rest = term[:first] + term[first + 1 : second] + term[second + 1 :]
        return laid_out(np.diagonal(x, 0, first, second), rest + twins[0], letters)
    order = tuple([term.index(c) for c in letters if c in term])
    turned = x if order == tuple(range(len(order))) else np.transpose(x, order)
    return np.expand_dims(turned, tuple([k for k, c in enumerate(letters) if c not in term]))


@simpler(np.kron)
def _kron(a: Any, b: Any) -> Any:
    n = max(np.ndim(a), np.ndim(b))
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    left, right = padded_shape(a, n), padded_shape(b, n)
    x = np.reshape(a, tuple([size for m in left for size in (m, 1)]))
    y = np.reshape(b, tuple([size for m in right for size in (1, m)]))
    return np.reshape(x * y, tuple([m * n for m, n in zip(left, right)]))


@simpler(np.cross)
def _cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    if axis is not None:
        return np.cross(a, b, axis, axis, axis)
    x, y = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if np.shape(x)[-1] != 3 or np.shape(y)[-1] != 3:
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    parts = [
        x[..., 1] * y[..., 2] - x[..., 2] * y[..., 1],
        x[..., 2] * y[..., 0] - x[..., 0] * y[..., 2],
        x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0],
    ]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


@simpler(np.linalg.multi_dot)
def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    product = arrays[0]
    for a in arrays[1:]:
        product = product @ a
    return product
