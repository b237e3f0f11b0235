"""Ways to call functions of the table: keywords, lists for arrays, named results, masks, functions as arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import scipy.special
import scipy.stats

from s2sgrad import NonDifferentiableError, UnsupportedSyntaxError, grad

X = np.array([1.0, 2.0, 3.0])
M = np.arange(6.0).reshape(2, 3) + 1
W = np.array([0.2, 0.5, 0.3])

# fmt: off
CALLS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    # Keywords.
    (lambda a, b: np.sum(np.clip(X * a, a_min=b, a_max=5.0)), (1.0, 1.7)),
    (lambda a, b: np.sum(np.clip(X * a, min=b, max=2.5)), (1.0, 1.7)),
    (lambda a: np.sum((X * a).clip(1.5, 2.5)), (1.0,)),
    (lambda y, w: np.average(y, weights=w), (X, W)),
    (lambda y: np.var(y, ddof=1), (X,)),
    (lambda y: np.sum(np.sum(axis=0, a=y) ** 2), (M,)),
    (lambda y, w: np.interp(x=1.5, xp=y, fp=w), (X, W)),
    (lambda a: np.sum(X, initial=a), (2.0,)),
    (lambda y, w: np.einsum("i,i->", y, w, optimize=True), (X, W)),
    (lambda y, m: np.sum(scipy.stats.norm.logpdf(y, loc=m, scale=2.0)), (X, 1.0)),
    (lambda y: np.sum(scipy.signal.convolve(y, W, mode="same") ** 2), (X,)),
    (lambda y: np.sum(np.add(y, 1.0, where=y > 1.5, out=np.zeros(3)) ** 2), (X,)),
    (lambda y: np.sum(np.log(y, where=y > 1.5, out=np.zeros(3)) ** 2), (np.array([0.0, 2.0, 3.0]),)),
    # Lists where NumPy makes an array of them.
    (lambda a, b: np.sum([a * b, b]), (1.0, 2.0)),
    (lambda a, b: np.mean([a * b, b, 3.0]), (1.0, 2.0)),
    (lambda a, b: np.dot([a, b], [b, a]), (1.0, 2.0)),
    (lambda a, b: np.linalg.norm([a, b]), (3.0, 4.0)),
    (lambda a, b: np.sum(np.outer([a, b], [b, a]) ** 2), (1.0, 2.0)),
    (lambda a, b: np.linalg.det([[a, b], [b, 3.0]]), (1.0, 2.0)),
    (lambda a, b: np.sum(np.linalg.solve([[a, b], [b, 3.0]], [a, b])), (1.0, 2.0)),
    (lambda a, b: np.sum(np.exp([a, b])), (1.0, 2.0)),
    (lambda a, b: np.sum(np.add([a, b], [b, 1.0]) ** 2), (1.0, 2.0)),
    (lambda a, b: np.max([a, b, 1.5]), (1.0, 2.0)),
    (lambda a, b: sorted([b, a])[0] * 3 + b, (1.0, 2.0)),
    (lambda a, b: np.polyval([a, b, 1.0], 2.0), (1.0, 2.0)),
    (lambda a, b: np.sum(np.concatenate([[a, b], [b]]) ** 2), (1.0, 2.0)),
    (lambda a, b: np.sum(np.array([[a, b], [b, a]]) ** 2), (1.0, 2.0)),
    # Several results, some of them with names.
    (lambda a, b: divmod(a, b)[1] * 2 + divmod(a, b)[0], (7.3, 2.0)),
    (lambda a: math.modf(a)[0] * a, (7.3,)),
    (lambda a: math.frexp(a)[0] * a, (7.3,)),
    (lambda y: np.sum(np.modf(y)[0] * y), (X + 0.3,)),
    (lambda m: np.sum(np.linalg.svd(m, full_matrices=False).S), (M,)),
    (lambda m: np.linalg.eigh(m @ m.T).eigenvalues[0], (M,)),
    (lambda m: np.linalg.slogdet(m @ m.T + np.eye(2)).logabsdet, (M,)),
    # Shapes that depend on values; any number of arguments; functions as arguments.
    (lambda y: np.sum(y[np.where(y > 1.5)] ** 2), (X,)),
    (lambda y: np.sum(y[np.nonzero(y > 1.5)] ** 2), (X,)),
    (lambda a, b: math.hypot(a, b, 1.0, 2.0), (3.0, 4.0)),
    (lambda a: np.sum(np.fromfunction(lambda i, j: a * i + j, (2, 3))), (1.5,)),
    (lambda m: np.sum(np.apply_along_axis(lambda r: r * r.sum(), 1, m)), (M,)),
    (lambda y: np.sum(np.piecewise(y, [y < 1.5, y >= 1.5], [lambda t: t**2, lambda t: t**3])), (X,)),
]
# fmt: on


def numerical(fun: Callable[..., Any], args: tuple[Any, ...], k: int) -> np.ndarray:
    """The gradient in argument `k` by central differences."""
    slopes = []
    for i in np.ndindex(np.shape(args[k])):
        ends = []
        for step in (1e-6, -1e-6):
            x = np.array(args[k])
            x[i] += step
            moved = x.item() if isinstance(args[k], float) else x
            ends.append(fun(*args[:k], moved, *args[k + 1 :]))
        slopes.append((ends[0] - ends[1]) / 2e-6)
    return np.reshape(slopes, np.shape(args[k]))


@pytest.mark.parametrize(("fun", "args"), CALLS)
def test_a_way_to_call(fun: Callable[..., Any], args: tuple[Any, ...]) -> None:
    with np.errstate(all="ignore"):
        for k in range(len(args)):
            np.testing.assert_allclose(grad(fun, k)(*args), numerical(fun, args, k), rtol=1e-6, atol=1e-7)


def test_what_is_not_taken_adds_nothing() -> None:
    y = np.array([0.0, 2.0])
    with np.errstate(all="raise"):
        found = grad(lambda y: np.sum(np.sqrt(y, where=y > 1.0, out=np.zeros(2))))(y)
    np.testing.assert_allclose(found, [0.0, 0.5 / np.sqrt(2.0)])


def test_weighted_quantiles_follow_the_entry_that_they_are() -> None:
    found = grad(lambda y: np.quantile(y, 0.5, weights=W, method="inverted_cdf") ** 2)(X)
    np.testing.assert_allclose(found, [0.0, 4.0, 0.0])


def test_a_keyword_without_a_rule_is_refused() -> None:
    with pytest.raises(NonDifferentiableError, match="initial"):
        grad(lambda a: np.max(X, initial=a))(2.0)


def test_where_without_out_is_refused() -> None:
    with pytest.raises(UnsupportedSyntaxError, match="out"):
        grad(lambda y: np.sum(np.sqrt(y, where=y > 1.0)))(X)


def test_extents_are_not_taken_from_a_constant_that_happens_to_fit() -> None:
    """Samples of equal sizes for the array and its spacings fit too, and say nothing of the array's shape."""
    a = np.arange(12.0).reshape(3, 4) ** 2
    up = np.array([0.3, 0.9, 1.7, 2.2])

    def fun(a: Any) -> Any:
        down, along = np.gradient(a, np.array([0.0, 1.0, 2.5]), up)
        return np.sum(down**2) + np.sum(along**2)

    np.testing.assert_allclose(grad(fun)(a), numerical(fun, (a,), 0), rtol=1e-5)
