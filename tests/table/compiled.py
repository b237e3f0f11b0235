"""The compiled checker: each case as the body of a program, differentiated by the compiler.

A case becomes the text of a function that calls the function of the table: what is differentiated are its
parameters, what can be written down (axes, flags, subscripts) stands in its text, anything else is a global.
"""

from __future__ import annotations

import copy
import linecache
import math
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import vjp

from .case import Case
from .eager import (
    active_positions,
    call,
    check_shapes,
    direction,
    is_floating,
    is_symmetric,
    leaves,
    map_leaves,
    name_of,
    normal,
    numerical,
    pairing,
    precision,
    tolerance,
)

WRITABLE = (int, float, bool, str, type(None), type(Ellipsis))


def is_writable(x: Any) -> bool:
    """Whether a value can stand in the text of a program, as users write axes, flags and subscripts."""
    if type(x) in (tuple, list):
        return all(map(is_writable, x))
    if isinstance(x, slice):
        return is_writable((x.start, x.stop, x.step))
    return type(x) in WRITABLE and not (isinstance(x, float) and not math.isfinite(x))


def program(case: Case, positions: tuple[int, ...], keywords: tuple[str, ...] = ()) -> Callable[..., Any]:
    """A function of the arguments at `positions` and of `keywords` that makes the call of a case."""
    space: dict[str, Any] = {"fun": case.fun}
    operands = []

    def operand(x: Any, name: str) -> str:
        if is_writable(x):
            return repr(x)
        space[name.upper()] = x
        return name.upper()

    for k, arg in enumerate(case.args):
        operands.append(f"x{k}" if k in positions else operand(arg, f"x{k}"))
    for key, arg in case.kwargs.items():
        operands.append(f"{key}={key if key in keywords else operand(arg, key)}")
    parameters = ", ".join([*(f"x{k}" for k in positions), *keywords])
    text = f"def program({parameters}):\n    return fun({', '.join(operands)})\n"
    filename = f"<case {zlib.crc32(text.encode()):08x}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), space)
    return space["program"]


def check_value(want: Any, have: Any, what: str, rtol: float = 1e-11) -> None:
    """A value is the original's: the same structure, types and dtypes, and the same numbers but for rounding."""
    assert isinstance(have, (tuple, list)) == isinstance(want, (tuple, list)), (
        f"{what}: {type(have)} for {type(want)}"
    )

    def same(a: Any, b: Any) -> None:
        assert isinstance(b, type(a)), f"{what}: the value is a {type(b)}, not a {type(a)}"
        if isinstance(a, (np.ndarray, np.generic)):
            assert b.dtype == a.dtype, f"{what}: the value has dtype {b.dtype}, not {a.dtype}"
        if isinstance(a, (np.ndarray, np.generic, float, complex, int)):
            single = isinstance(a, (np.ndarray, np.generic)) and a.dtype in (np.float32, np.complex64)
            np.testing.assert_allclose(b, a, rtol=1e-5 if single else rtol, atol=1e-12, err_msg=what)
        else:
            assert b == a, what

    map_leaves(same, want, have)


KEEPS_ZEROS = {"numpy.trim_zeros"}  # the shape of the result depends on which entries are zero


def finite_only(x: Any, value: Any) -> Any:
    """`x`, and 0 where a value is not finite: a value of minus infinity has no numerical derivative."""
    if not is_floating(value) or np.all(np.isfinite(value)):
        return x
    return np.where(np.isfinite(value), x, 0).astype(value.dtype) if np.shape(value) else np.zeros_like(x)[()]


def check_compiled(case: Case) -> None:
    """The compiled value and pullback of a case agree with the original and its numerical derivative."""
    positions = active_positions(case)
    arguments = tuple(case.args[k] for k in positions)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, pullback = vjp(program(case, positions), *copy.deepcopy(arguments))
        ans = call(case, case.args)
        check_value(ans, value, f"{case}", case.value_rtol)
        rng = np.random.default_rng(zlib.crc32(repr(case).encode()))
        g = map_leaves(lambda leaf: finite_only(normal(rng, leaf), leaf), ans)
        cotangents = pullback(g)
    assert isinstance(cotangents, tuple) and len(cotangents) == len(positions)
    single = precision(case.args, ans) == "single"
    for k, cotangent in zip(positions, cotangents, strict=True):
        check_cotangent(case, name_of(case), k, g, cotangent, single, rng)


def check_cotangent(
    case: Case, name: str, k: int, g: Any, cotangent: Any, single: bool, rng: np.random.Generator
) -> None:
    """The cotangent of argument `k` has its shapes and dtypes, and pairs like the numerical derivative."""
    what = f"{name}: {case}: cotangent of argument {k}"
    arg = case.args[k]
    check_shapes(cotangent, arg, single, what)
    check_leaf_types(arg, cotangent, what)
    tangent = direction(rng, arg, is_symmetric(case, k))
    if name in KEEPS_ZEROS:
        tangent = np.where(arg == 0, 0, tangent)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change = map_leaves(finite_only, numerical(case, k, tangent), call(case, case.args))
        expected, scale = pairing(g, change)
    found, size = pairing(cotangent, tangent)
    allowed = tolerance(case, single) * max(scale, size) + 1e-9
    assert np.isfinite(found) and abs(found - expected) <= allowed, f"{what}: {found}, numerically {expected}"


def check_leaf_types(arg: Any, cotangent: Any, what: str) -> None:
    """Arrays have arrays of their dtype as cotangents."""

    def same(a: Any, c: Any) -> None:
        if isinstance(a, np.ndarray) and is_floating(a):
            assert isinstance(c, np.ndarray), f"{what}: a {type(c)} for an array"
            assert c.dtype == a.dtype, f"{what}: {c.dtype} for {a.dtype}"

    map_leaves(same, arg, cotangent)


__all__ = ["check_compiled", "leaves", "program"]
