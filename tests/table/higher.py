"""Forward mode and second order of each case: programs that make its call, differentiated by the compiler.

A case is made a real scalar by a weighted sum of the entries of its result and of their squares, so that the
second derivative of a linear function is seen too.
"""

from __future__ import annotations

import copy
import linecache
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import grad, hvp, jvp, vjp

from .case import Case
from .compiled import KEEPS_ZEROS, finite_only, program
from .eager import (
    SINGLE,
    active_positions,
    call,
    direction,
    is_floating,
    is_symmetric,
    leaves,
    map_leaves,
    moved,
    name_of,
    normal,
    numerical,
    pairing,
    rebuilt,
    tolerance,
    widened,
)

SECOND_STEP = 1e-4
DATA_DTYPE = {"scipy.linalg.eig"}  # vectors are real or complex as the values turn out


def directions(case: Case, rng: np.random.Generator) -> dict[int, Any]:
    """A random tangent for each argument that is differentiated."""
    out = {k: direction(rng, case.args[k], is_symmetric(case, k)) for k in active_positions(case)}
    if name_of(case) in KEEPS_ZEROS:
        return {k: np.where(case.args[k] == 0, 0, t) for k, t in out.items()}
    return out


def has_single(args: Any) -> bool:
    """Whether single precision bounds how well derivatives agree."""
    return any(isinstance(x, (np.ndarray, np.generic)) and x.dtype in SINGLE for x in leaves(args))


def quiet(check: Callable[[Case], None]) -> Callable[[Case], None]:
    """The check with NumPy's warnings off: cases stand at edges on purpose."""

    def checked(case: Case) -> None:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(case)

    return checked


@quiet
def check_forward(case: Case) -> None:
    """The compiled tangent is the numerical one, entry by entry, and pairs like the pullback."""
    positions = active_positions(case)
    rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
    tangents = directions(case, rng)
    given = tuple(rebuilt(tangents[k], case.args[k]) for k in positions)
    arguments = tuple(case.args[k] for k in positions)
    value, found = jvp(program(case, positions), copy.deepcopy(arguments), given)
    ans = call(case, case.args)
    if not positions:
        return
    parts = [numerical(case, k, tangents[k]) for k in positions]
    expected = map_leaves(lambda *terms: sum(terms[1:], terms[0]), *parts)
    single = has_single((case.args, ans))
    for leaf, have, want, own in zip(
        leaves(ans), leaves(found), leaves(expected), leaves(value), strict=True
    ):
        check_leaf(case, leaf, have, finite_only(want, leaf), own, single)
    pair_with_pullback(case, positions, arguments, given, found, single, rng)


def check_leaf(case: Case, leaf: Any, have: Any, want: Any, own: Any, single: bool) -> None:
    """One leaf of a tangent has the shape and dtype of its value, and the numerical entries."""
    if not is_floating(leaf):
        assert have is None or not np.any(have), f"{case}: a tangent for {leaf!r}"
        return
    np.testing.assert_allclose(own, leaf, rtol=1e-4 if single else max(1e-9, case.value_rtol), atol=1e-9)
    assert np.shape(have) == np.shape(leaf), f"{case}: tangent of shape {np.shape(have)} for {np.shape(leaf)}"
    if isinstance(leaf, np.ndarray):
        assert isinstance(have, np.ndarray), f"{case}: a {type(have)} for an array"
        assert have.dtype == leaf.dtype or name_of(case) in DATA_DTYPE, (
            f"{case}: tangent of {have.dtype} for {leaf.dtype}"
        )
    have = finite_only(np.asarray(have), np.asarray(leaf))
    size = float(np.max(np.abs(want), initial=0.0))
    allowed = tolerance(case, single) * (size + np.abs(want)) + 1e-9
    assert np.all(np.abs(have - want) <= allowed), f"{case}: the tangent is {have}, numerically {want}"


def pair_with_pullback(
    case: Case, positions: Any, arguments: Any, given: Any, tangent: Any, single: bool, rng: Any
) -> None:
    """<g, J v> == <J^T g, v>."""
    value, pullback = vjp(program(case, positions), *copy.deepcopy(arguments))
    g = map_leaves(lambda leaf: finite_only(normal(rng, leaf), leaf), value)
    tangent = map_leaves(lambda t, leaf: finite_only(t, leaf), tangent, value)
    left, size = pairing(g, tangent)
    right, other = pairing(pullback(g), given)
    allowed = (2e-4 if single else 1e-9) * max(size, other, 1e-3)  # terms that cancel leave rounding
    assert abs(left - right) <= allowed, f"{case}: <g, Jv> is {left}, and <J^T g, v> is {right}"


# --- second order ------------------------------------------------------------------------------------


def scalarised(case: Case, positions: tuple[int, ...], rng: np.random.Generator) -> Callable[..., Any]:
    """A real scalar of the arguments: weighted entries and squares of entries of the result."""
    space: dict[str, Any] = {"program": program(case, positions), "np": np}
    terms = []

    def visit(x: Any, path: str) -> None:
        if isinstance(x, (tuple, list)):
            for k, item in enumerate(x):
                visit(item, f"{path}[{k}]")
        elif is_floating(x) and np.all(np.isfinite(x)):
            n = len(terms)
            space[f"w{n}"], space[f"u{n}"] = normal(rng, x), normal(rng, x)
            terms.append(f"np.sum(np.real(w{n} * {path} + u{n} * {path} * {path}))")

    visit(call(case, case.args), "out")
    if not terms:
        return None  # type: ignore[return-value]
    names = ", ".join(f"x{k}" for k in positions)
    lines = [f"def loss({names}):", f"    out = program({names})", f"    return {' + '.join(terms)}"]
    return made(lines, space, "loss")


def along(
    loss: Callable[..., Any], case: Case, positions: tuple[int, ...], given: dict[int, Any]
) -> Callable[..., Any]:
    """The gradient's product with a direction, a scalar of the same arguments."""
    space: dict[str, Any] = {"slope": grad(loss, tuple(range(len(positions)))), "np": np}
    terms: list[str] = []

    def visit(x: Any, t: Any, path: str) -> None:
        if isinstance(x, (tuple, list)):
            for k, item in enumerate(x):
                visit(item, t[k], f"{path}[{k}]")
        elif is_floating(x):
            space[f"t{len(terms)}"] = t
            terms.append(f"np.sum(np.real(t{len(terms)} * {path}))")

    for j, k in enumerate(positions):
        visit(case.args[k], given[k], f"bars[{j}]")
    names = ", ".join(f"x{k}" for k in positions)
    lines = [f"def along({names}):", f"    bars = slope({names})", f"    return {' + '.join(terms)}"]
    return made(lines, space, "along")


def made(lines: list[str], space: dict[str, Any], name: str) -> Callable[..., Any]:
    """A function with a source that can be read."""
    text = "\n".join(lines) + "\n"
    filename = f"<{name} {zlib.crc32(text.encode()):08x}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), space)
    return space[name]


@quiet
def check_second_order(case: Case) -> None:
    """Forward over reverse, and reverse over reverse, agree with the numerical derivative of the gradient."""
    positions = active_positions(case)
    rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
    loss = scalarised(case, positions, rng) if positions else None
    if loss is None:
        return
    u, v = directions(case, rng), directions(case, rng)
    arguments = tuple(case.args[k] for k in positions)
    single = has_single(case.args)
    which = tuple(range(len(positions)))
    slope = grad(loss, which)

    def gradient_at(step: float) -> Any:
        return slope(*[moved(widened(case.args[k]), u[k], step) for k in positions])

    expected, scale = extrapolated(gradient_at, tuple(v[k] for k in positions))
    allowed = max(30 * tolerance(case, single), 1e-5) * scale + 1e-8
    product = hvp(loss, which)(
        *copy.deepcopy(arguments), tuple(rebuilt(u[k], case.args[k]) for k in positions)
    )
    found, _ = pairing(product, tuple(v[k] for k in positions))
    assert abs(found - expected) <= allowed, f"{case}: forward over reverse {found}, numerically {expected}"
    twice = grad(along(loss, case, positions, v), which)(*copy.deepcopy(arguments))
    found, _ = pairing(twice, tuple(u[k] for k in positions))
    assert abs(found - expected) <= allowed, f"{case}: reverse over reverse {found}, numerically {expected}"


def extrapolated(gradient_at: Callable[[float], Any], v: Any) -> tuple[float, float]:
    """The numerical derivative of the gradient's product with `v`, and a size to compare errors with."""
    at = {s: gradient_at(s * SECOND_STEP) for s in (-2, -1, 1, 2)}
    paired = {s: pairing(g, v) for s, g in at.items()}
    fine = (paired[1][0] - paired[-1][0]) / (2 * SECOND_STEP)
    coarse = (paired[2][0] - paired[-2][0]) / (4 * SECOND_STEP)
    value = (4 * fine - coarse) / 3
    return value, max(abs(value), paired[1][1])


__all__ = ["check_forward", "check_second_order"]
