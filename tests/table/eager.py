"""The eager checker: each rule of the table, called directly with NumPy values, against a numerical derivative.

A tangent moves one argument at a time; the numerical derivative is a central difference with one Richardson
step. The pairing is `real(sum(g * dans)) == real(sum(xbar * dx))`, which is the convention of complex gradients.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2sgrad.table.composite import DEFINITIONS
from s2sgrad.table.functional import sum_to
from s2sgrad.table.registry import Entry, lookup

from .case import Case

STEP = 1e-4
SINGLE = (np.float32, np.complex64)
FLOATING = (float, complex, np.floating, np.complexfloating)
# Functions of a symmetric (Hermitian) argument are moved along symmetric directions.
SYMMETRIC = {
    "cholesky",
    "cho_factor",
    "eigh",
    "eigvalsh",
    "eigh_tridiagonal",
    "ldl",
    "eig_banded",
    "cholesky_banded",
}


def name_of(case: Case) -> str:
    """The name of the function of a case: the table's, or the case's own for a program."""
    entry = lookup(case.fun)
    return entry.name if entry is not None else case.name


def is_symmetric(case: Case, k: int) -> bool:
    """Whether an argument stands for a symmetric matrix."""
    name = name_of(case)
    return (
        k in case.symmetric
        or name.split(".")[-1] in SYMMETRIC
        or lookup(case.fun) is not None
        and "multivariate_normal" in name
    )


# Trees: nested tuples and lists whose leaves are arrays, scalars, or anything else.


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`f` at every leaf of `tree`, with the leaves of `others` in the same places; the result is of plain tuples."""
    if isinstance(tree, (tuple, list)):
        others = tuple((None,) * len(tree) if other is None else tuple(other) for other in others)
        assert all(len(other) == len(tree) for other in others), "structures differ"
        return tuple(map_leaves(f, *parts) for parts in zip(tree, *others, strict=True))
    return f(tree, *others)


def leaves(tree: Any) -> Iterator[Any]:
    """The leaves of `tree`, in order."""
    if isinstance(tree, (tuple, list)):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def is_floating(leaf: Any) -> bool:
    """Whether a leaf can carry a derivative."""
    return isinstance(leaf, FLOATING) or isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"


def rebuilt(tree: Any, like: Any) -> Any:
    """`tree`, of plain tuples, with the lists of `like` in their places."""
    if isinstance(like, (tuple, list)):
        parts = [rebuilt(part, model) for part, model in zip(tree, like, strict=True)]
        return parts if isinstance(like, list) else tuple(parts)
    return tree


def like_leaf(value: Any, leaf: Any) -> Any:
    """`value` with the type of `leaf`: a Python scalar, a NumPy scalar or an array, of its precision."""
    if isinstance(leaf, np.ndarray):
        return np.asarray(value, leaf.dtype)
    return type(leaf)(value)


# Random directions and numerical derivatives.


def normal(rng: np.random.Generator, leaf: Any) -> Any:
    """A random value of the shape and kind of a floating leaf; zeros for another leaf."""
    if not is_floating(leaf):
        return np.zeros(np.shape(leaf))
    value = rng.standard_normal(np.shape(leaf))
    if np.iscomplexobj(leaf):
        value = value + 1j * rng.standard_normal(np.shape(leaf))
    return like_leaf(value, leaf)


def magnitude(leaf: Any) -> float:
    """The largest finite entry of a leaf: what a step is relative to."""
    return float(np.max(np.abs(leaf), initial=0.0, where=np.isfinite(leaf))) or 1.0


def direction(rng: np.random.Generator, arg: Any, symmetric: bool) -> Any:
    """A random tangent of an argument, as large as the argument; `None` at leaves that cannot move."""

    def draw(leaf: Any) -> Any:
        if not is_floating(leaf):
            return None
        t = normal(rng, leaf) * min(magnitude(leaf), 1e3)
        if symmetric and np.ndim(t) >= 2 and t.shape[-1] == t.shape[-2]:
            t = (t + np.conj(np.swapaxes(t, -1, -2))) / 2
        return like_leaf(t, leaf)

    return map_leaves(draw, arg)


def widened(arg: Any) -> Any:
    """An argument in double precision, so that its numerical derivative is exact enough to compare with."""

    def widen(leaf: Any) -> Any:
        if isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype in SINGLE:
            return leaf.astype(np.result_type(leaf.dtype, np.float64))
        return leaf

    return rebuilt(map_leaves(widen, arg), arg)


def moved(arg: Any, tangent: Any, step: float) -> Any:
    """`arg + step * tangent`."""
    return rebuilt(
        map_leaves(lambda leaf, t: leaf if t is None else like_leaf(leaf + step * t, leaf), arg, tangent), arg
    )


def call(case: Case, args: tuple[Any, ...]) -> Any:
    """The function of a case at other arguments, none of which it can change."""
    with np.errstate(all="ignore"):
        return case.fun(*copy.deepcopy(args), **copy.deepcopy(case.kwargs))


def numerical(case: Case, k: int, tangent: Any) -> Any:
    """The derivative of the result along `tangent` in argument `k`; zero where the result is not floating."""
    args = tuple(widened(arg) for arg in case.args)

    def at(step: float) -> Any:
        return call(case, (*args[:k], moved(args[k], tangent, step), *args[k + 1 :]))

    def quotient(high: Any, low: Any, step: float) -> Any:
        return map_leaves(
            lambda a, b: (a - b) / (2 * step) if is_floating(a) else np.zeros(np.shape(a)), high, low
        )

    coarse = quotient(at(STEP), at(-STEP), STEP)
    fine = quotient(at(STEP / 2), at(-STEP / 2), STEP / 2)
    return map_leaves(lambda c, f: (4 * f - c) / 3, coarse, fine)


# The comparisons.


def pairing(a: Any, b: Any) -> tuple[float, float]:
    """`real(sum(a * b))` over all leaves, and the sum of the sizes of the terms."""
    pairs = [(x, y) for x, y in zip(leaves(a), leaves(b), strict=True) if x is not None and y is not None]
    total = sum(float(np.sum(np.asarray(x) * y).real) for x, y in pairs)
    return total, sum(float(np.sum(np.abs(np.asarray(x) * y))) for x, y in pairs)


def unbroadcast(cotangent: Any, arg: Any) -> Any:
    """What the compiler does for elementwise entries: sums over the axes that broadcasting added."""
    return np.broadcast_to(sum_to(cotangent, np.shape(arg)), np.shape(arg))


def precision(*trees: Any) -> str:
    """`single` if there are floating arrays or NumPy scalars and none of double precision, else `double`."""
    typed = [
        leaf for leaf in leaves(trees) if isinstance(leaf, (np.ndarray, np.generic)) and is_floating(leaf)
    ]
    return "single" if typed and all(leaf.dtype in SINGLE for leaf in typed) else "double"


def check_shapes(cotangent: Any, arg: Any, single: bool, what: str) -> None:
    """The cotangent of an argument has its structure, its shapes, and no more precision than it."""

    def check(leaf: Any, part: Any) -> None:
        if not is_floating(leaf) or part is None:
            return
        assert np.shape(part) == np.shape(leaf), f"{what}: shape {np.shape(part)} for {np.shape(leaf)}"
        if single and isinstance(part, (np.ndarray, np.generic)):
            assert part.dtype in SINGLE, f"{what}: {part.dtype} from single precision"

    try:
        map_leaves(check, arg, cotangent)
    except TypeError as error:
        raise AssertionError(f"{what}: the cotangent has not the structure of its argument") from error


def rule_at(rules: tuple[Any, ...] | None, k: int) -> Any:
    """The rule of argument `k`, or None."""
    return rules[k] if rules is not None and k < len(rules) else None


def check_pullback(entry: Entry, case: Case, ans: Any, k: int, rng: np.random.Generator) -> None:
    """The pullback of argument `k` agrees with the numerical derivative, paired with a random cotangent."""
    what = f"{entry.name}: {case}: vjp of argument {k}"
    g = map_leaves(lambda leaf: normal(rng, leaf), ans)
    single = precision(case.args, ans) == "single"
    tangent = direction(rng, case.args[k], is_symmetric(case, k))
    expected, scale = pairing(g, numerical(case, k, tangent))
    rule = rule_at(entry.vjps, k)
    if rule is None:
        assert abs(expected) <= 1e-6 * max(scale, 1.0), f"{what}: no rule, but the derivative is {expected}"
        return
    with np.errstate(all="ignore"):
        cotangent = rule(g, ans, *case.args, **case.kwargs)
    if entry.elementwise:
        cotangent = map_leaves(unbroadcast, cotangent, case.args[k])
    check_shapes(cotangent, case.args[k], single, what)
    found, size = pairing(cotangent, tangent)
    allowed = tolerance(case, single) * max(scale, size) + 1e-9
    assert np.isfinite(found) and abs(found - expected) <= allowed, f"{what}: {found}, numerically {expected}"


def tangent_of(entry: Entry, case: Case, ans: Any, k: int, tangent: Any) -> Any:
    """The tangent of the result by the table: an explicit rule, linearity, or the pullback with t for g."""
    if entry.jvps is not None:
        rule = rule_at(entry.jvps, k)
        return None if rule is None else rule(tangent, ans, *case.args, **case.kwargs)
    if k in entry.linear:
        return case.fun(*case.args[:k], rebuilt(tangent, case.args[k]), *case.args[k + 1 :], **case.kwargs)
    if entry.elementwise and entry.holomorphic and rule_at(entry.vjps, k) is not None:
        return np.broadcast_to(rule_at(entry.vjps, k)(tangent, ans, *case.args, **case.kwargs), np.shape(ans))
    return None


def check_pushforward(entry: Entry, case: Case, ans: Any, k: int, rng: np.random.Generator) -> None:
    """The pushforward of argument `k` agrees with the numerical derivative, entry by entry."""
    what = f"{entry.name}: {case}: jvp of argument {k}"
    # The tangent of a Python scalar is in double precision: the compiler casts it.
    single = precision(case.args, ans) == precision(case.args[k]) == "single"
    tangent = direction(rng, case.args[k], is_symmetric(case, k))
    expected = numerical(case, k, tangent)
    with np.errstate(all="ignore"):
        found = tangent_of(entry, case, ans, k, tangent)
    if found is None:
        assert rule_at(entry.vjps, k) is None, f"{what}: a pullback but no pushforward"
        return
    filled = map_leaves(lambda want, have: 0 * want if have is None else have, expected, found)
    for leaf, want, have in zip(leaves(ans), leaves(expected), leaves(filled), strict=True):
        if is_floating(leaf):
            check_tangent(want, have, tolerance(case, single), single, what)


def check_tangent(want: Any, have: Any, rtol: float, single: bool, what: str) -> None:
    """One leaf of a tangent has the shape, precision and value expected."""
    assert np.shape(have) == np.shape(want), f"{what}: shape {np.shape(have)} for {np.shape(want)}"
    if single and isinstance(have, (np.ndarray, np.generic)) and is_floating(have):
        assert have.dtype in SINGLE, f"{what}: {have.dtype} from single precision"
    allowed = rtol * (magnitude(want) + np.abs(want)) + 1e-9
    assert np.all(np.abs(np.asarray(have) - want) <= allowed), f"{what}: {have}, numerically {want}"


def tolerance(case: Case, single: bool) -> float:
    """The relative tolerance of a case."""
    return max(case.rtol, 2e-4) if single else case.rtol


def check_definition(case: Case) -> None:
    """The definition of a composite has the value of the function it stands for."""

    def close(want: Any, have: Any) -> None:
        np.testing.assert_allclose(have, want, rtol=1e-9, atol=1e-12, err_msg=f"definition of {case}")

    with np.errstate(all="ignore"):
        have = DEFINITIONS[case.fun](*copy.deepcopy(case.args), **copy.deepcopy(case.kwargs))
    map_leaves(close, call(case, case.args), have)


def active_positions(case: Case) -> tuple[int, ...]:
    """The positions that a case differentiates."""
    if case.wrt is not None:
        return case.wrt
    return tuple(k for k, arg in enumerate(case.args) if any(is_floating(leaf) for leaf in leaves(arg)))


def check(case: Case) -> None:
    """Check every rule that the table has for a case; `AssertionError` names the entry, the case and the argument."""
    entry = lookup(case.fun)
    assert entry is not None, f"{case}: {case.fun} is not in the table"
    if case.fun in DEFINITIONS:
        check_definition(case)
        return
    ans = call(case, case.args)
    if entry.inactive:
        return
    assert entry.vjps is not None, f"{entry.name}: no pullback"
    rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
    for k in active_positions(case):
        check_pullback(entry, case, ans, k, rng)
        check_pushforward(entry, case, ans, k, rng)
