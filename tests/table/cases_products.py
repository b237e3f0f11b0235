"""Cases of the products."""

from __future__ import annotations

import operator
from itertools import product
from typing import Any

import numpy as np

from .case import Case

rng = np.random.default_rng(11)


def r(*shape: int) -> Any:
    """A real array."""
    return rng.standard_normal(shape)


def c(*shape: int) -> Any:
    """A complex array."""
    return r(*shape) + 1j * r(*shape)


def f(*shape: int) -> Any:
    """An array in single precision."""
    return r(*shape).astype(np.float32)


MATMUL = [
    ((3, 4), (4, 2)),
    ((3, 4), (4,)),
    ((4,), (4, 2)),
    ((4,), (4,)),
    ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((1, 3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((4,), (2, 4, 3)),
    ((2, 3, 4), (4,)),
    ((5, 2, 3, 4), (4, 1)),
    ((1, 1), (1, 1)),
    ((0, 3), (3, 2)),
    ((3, 0), (0, 2)),
]
DOT = [
    ((), ()),
    ((), (3,)),
    ((2, 3), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)),
    ((2, 3, 4), (4, 5)),
    ((2, 4), (3, 4, 5)),
    ((2, 3, 4), (5, 4, 2)),
]
INNER = [
    ((), ()),
    ((3,), ()),
    ((), (2, 3)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 3), (4, 3)),
    ((2, 4, 3), (5, 3)),
    ((2, 3), (4, 5, 3)),
]
TENSORDOT = [
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (4, 5), 0),
    ((2, 3), (3, 5), 1),
    ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0))),
    ((2, 3, 4), (4, 3, 5), ([2, 1], [0, 1])),
    ((3, 2), (5, 3), (0, 1)),
    ((2, 3, 4), (3, 5, 2), ((0, 1), (2, 0))),
    ((2, 3), (3, 2), ((-2, -1), (1, 0))),
    ((3, 4), (4, 3), ((0, 1), (1, 0))),
]
EINSUM = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ii->", (3, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (3, 3, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,i->", (3,), (3,)),
    ("ij,ij,ij->i", (2, 3), (2, 3), (2, 3)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)),
    ("...ij,...jk->...ik", (3, 4), (2, 4, 5)),
    ("...ij,...jk", (1, 3, 4), (2, 4, 5)),
    ("...,...", (2, 3), (3,)),
    ("i...->...", (2, 3, 4)),
    ("...ii->...", (2, 3, 3)),
    ("ij,kl->", (2, 3), (2, 2)),
    ("ba", (2, 3)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    (" i j , j -> i ", (2, 3), (3,)),
    ("ij,j->i", (2, 1), (3,)),
    ("ij,j->i", (2, 3), (1,)),
    ("ii,i->", (3, 3), (3,)),
    ("ij,jk->i", (2, 3), (3, 4)),
    ("i,...->i...", (2,), (3, 4)),
]
KRON = [
    ((2, 3), (3, 2)),
    ((2,), (3,)),
    ((2, 3), (2,)),
    ((2,), (2, 3)),
    ((2, 2, 2), (3, 1, 2)),
    ((), (2, 3)),
    ((2,), ()),
]
CROSS: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, int]]] = [
    ((3,), (3,), {}),
    ((4, 3), (4, 3), {}),
    ((3,), (4, 3), {}),
    ((2, 4, 3), (4, 3), {}),
    ((3, 4), (3, 4), {"axis": 0}),
    ((3, 4), (4, 3), {"axisa": 0}),
    ((3, 4), (4, 3), {"axisa": 0, "axisc": 0}),
    ((2, 3, 4), (4, 3), {"axisa": 1, "axisb": 1, "axisc": 0}),
    ((4, 1, 3), (1, 2, 3), {}),
]
MULTI_DOT = [
    ((2, 3), (3, 4)),
    ((2, 3), (3, 4), (4, 2)),
    ((3,), (3, 4), (4, 2)),
    ((2, 3), (3, 4), (4,)),
    ((3,), (3, 4), (4,)),
    ((3,), (3,)),
    ((2, 3), (3, 2), (2, 4), (4, 5)),
]

CASES = [
    *(
        Case(fun, (make(*a), make(*b)))
        for fun in (operator.matmul, np.matmul)
        for a, b in MATMUL
        for make in (r, c)
    ),
    *(Case(np.matmul, (left(2, 3), right(3, 2))) for left, right in ((f, f), (r, c), (c, r))),
    *(Case(np.dot, (make(*a), make(*b))) for a, b in DOT for make in (r, c)),
    Case(np.dot, (2.0, r(3))),
    *(Case(np.inner, (make(*a), make(*b))) for a, b in INNER for make in (r, c)),
    *(
        Case(np.outer, (make(*a), make(*b)))
        for a, b in (((3,), (2,)), ((2, 3), (2,)), ((2,), (2, 2)), ((), (3,)))
        for make in (r, c)
    ),
    *(
        Case(np.vdot, (left(*a), right(*b)))
        for a, b in (((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (6,)), ((), ()))
        for left, right in product((r, c), repeat=2)
    ),
    *(
        Case(np.vecdot, (left(*a), right(*b)))
        for a, b in (((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((4, 1, 3), (2, 3)))
        for left, right in product((r, c), repeat=2)
    ),
    *(
        Case(np.vecdot, (r(*a), r(*b)), {"axis": axis})
        for a, b, axis in (((2, 3), (2, 3), 0), ((2, 3, 4), (1, 3, 4), 1), ((2, 3, 4), (2, 3, 4), -2))
    ),
    *(
        Case(np.matvec, (left(*a), right(*b)))
        for a, b in (((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3)), ((4, 2, 3), (4, 3)))
        for left, right in product((r, c), repeat=2)
    ),
    *(
        Case(np.vecmat, (left(*b), right(*a)))
        for a, b in (((3, 2), (3,)), ((4, 3, 2), (3,)), ((3, 2), (4, 3)), ((4, 3, 2), (4, 3)))
        for left, right in product((r, c), repeat=2)
    ),
    *(
        Case(np.tensordot, (make(*a), make(*b)), {"axes": axes})
        for a, b, axes in TENSORDOT
        for make in (r, c)
    ),
    Case(np.tensordot, (r(2, 3, 4), r(3, 4))),
    *(
        Case(np.einsum, (subscripts, *(make(*shape) for shape in shapes)))
        for subscripts, *shapes in EINSUM
        for make in (r, c)
    ),
    Case(np.einsum, ("ij,jk,kl->il", r(2, 3), r(3, 4), r(4, 2)), {"optimize": True}),
    Case(np.einsum, (r(2, 3), [0, 1], r(3, 4), [1, 2])),
    Case(np.einsum, (r(2, 3), [0, 1], r(3, 4), [1, 2], [2, 0])),
    Case(np.einsum, (r(2, 3), [Ellipsis, 1], r(3), [1], [Ellipsis])),
    Case(np.einsum, ("ii->i", f(3, 3))),
    Case(np.einsum, ("ij->i", f(2, 3))),
    *(Case(np.kron, (make(*a), make(*b))) for a, b in KRON for make in (r, c)),
    *(Case(np.cross, (make(*a), make(*b)), kwargs) for a, b, kwargs in CROSS for make in (r, c)),
    *(
        Case(np.linalg.multi_dot, ([make(*shape) for shape in shapes],))
        for shapes in MULTI_DOT
        for make in (r, c)
    ),
    Case(np.linalg.outer, (r(3), r(2))),
    Case(np.linalg.vecdot, (r(2, 3), r(2, 3)), {"axis": 0}),
    Case(np.linalg.tensordot, (r(2, 3), r(3, 2)), {"axes": 1}),
    Case(np.linalg.cross, (r(3, 2), r(3, 2)), {"axis": 0}),
    Case(np.linalg.matmul, (r(3, 2), r(2, 3))),
    *(
        Case(fun, (make(n), make(m), mode))
        for fun in (np.convolve, np.correlate)
        for n, m in ((5, 3), (5, 2), (4, 4), (3, 3), (3, 5), (2, 5))
        for mode in ("full", "same", "valid")
        for make in (r, c)
    ),
]
