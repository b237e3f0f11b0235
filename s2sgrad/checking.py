"""Derivatives of any order against numerical ones.

The function is made a real scalar by a random cotangent of its result, and its derivative in each mode is compared,
entry by entry, with a difference quotient. The next order does the same with the derivative along a random
direction, which is a scalar of the same arguments.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import linecache
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .api import grad
from .orders import jvp
from .signature import signature_of
from .structure import is_floating, map_leaves, parts, rebuilt
from .structure import leaves as flat

MODES = ("reverse", "forward")


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A floating leaf of an argument: its label, its value, and the arguments with another value in its place."""

    label: str
    value: Any
    replaced: Callable[[Any], tuple[Any, ...]]


def check_grads(
    fun: Callable[..., Any], args: Any, *, order: int = 2, modes: tuple[str, ...] = ("forward", "reverse")
) -> None:
    """Compare the derivatives of a function with numerical ones.

    Parameters
    ----------
    fun : callable
        A function of any result.
    args : tuple
        The arguments to check at.
    order : int
        Derivatives up to this one are compared.
    modes : tuple of str
        "reverse", "forward" or both; from the second order on, every mode of every mode.

    Raises
    ------
    AssertionError
        Naming the argument, the entry, both values and the order that disagree.
    ValueError
        For an unknown mode, an order less than 1, or a function without a floating argument or result.

    Notes
    -----
    A difference quotient needs a smooth function: at a kink it shows a slope that no derivative has. It is good to
    about seven digits in double precision, two in single.

    Examples
    --------
    >>> import numpy as np
    >>> check_grads(lambda x: np.sum(np.sin(x)), (np.array([0.5, 1.0]),))
    """
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    unknown = [m for m in modes if m not in MODES]
    if unknown or not modes:
        raise ValueError(
            f"mode {unknown[0]!r} is unknown: choose from {MODES}" if unknown else "modes is empty"
        )
    if order < 1:
        raise ValueError(f"order={order} is less than 1")
    args, rng = tuple(args), np.random.default_rng(0)
    moving = tuple(k for k, a in enumerate(args) if any(is_floating(x) for x in flat(a)))
    if not moving:
        raise ValueError("no argument has a floating number to differentiate with respect to")
    loss = _weighted(lambda: _value(fun, args), {"fun": fun}, f"fun({_names(args)})", args, rng)
    _check(loss, args, moving, _labels(fun, len(args)), modes, (1, order), rng)


def _value(fun: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The result for copies of the arguments, which the function may write to."""
    return fun(*copy.deepcopy(args))


def _labels(fun: Callable[..., Any], n: int) -> list[str]:
    names = signature_of(fun).names or ["args"]
    return [f"`{names[min(k, len(names) - 1)]}`" for k in range(n)]


def _check(
    loss: Callable[..., Any],
    args: tuple[Any, ...],
    moving: tuple[int, ...],
    labels: list[str],
    modes: tuple[str, ...],
    orders: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    """The derivative of a scalar function in each mode, then that of its derivative along a direction."""
    order, last = orders
    leaves = [leaf for k in moving for leaf in _leaves(args[k], labels[k], _putter(args, k))]
    numerical = [_all_entries(loss, leaf) for leaf in leaves]
    size = abs(float(_value(loss, args)))
    for mode in modes:
        for leaf, found, expected in zip(
            leaves, DERIVATIVES[mode](loss, args, moving), numerical, strict=True
        ):
            _compare(leaf, found, expected, size, f"at order {order} in {mode} mode")
    if order == last:
        return
    directions = tuple(map_leaves(lambda x: _random_like(rng, x), args[k]) for k in moving)
    for mode in modes:
        _check(
            ALONG[mode](loss, args, moving, directions), args, moving, labels, modes, (order + 1, last), rng
        )


# --- derivatives of a scalar function, by mode ---------------------------------------------------------


def _by_reverse(loss: Callable[..., Any], args: tuple[Any, ...], moving: tuple[int, ...]) -> Iterator[Any]:
    """The gradients of the floating leaves, in order."""
    for k, bar in zip(moving, grad(loss, moving)(*args)):
        yield from _bars(args[k], bar)


def _by_forward(loss: Callable[..., Any], args: tuple[Any, ...], moving: tuple[int, ...]) -> Iterator[Any]:
    """The same, a directional derivative for each entry of each leaf."""
    for k in moving:
        zero = map_leaves(lambda x: np.zeros_like(x) if is_floating(x) else None, args[k])
        for leaf in _leaves(zero, "", lambda part: part):
            yield _slopes(loss, args, k, leaf)


def _slopes(loss: Callable[..., Any], args: tuple[Any, ...], k: int, leaf: Leaf) -> Any:
    out = np.empty(np.shape(leaf.value), np.asarray(leaf.value).dtype)
    for entry in np.ndindex(out.shape):
        slopes = []
        for unit in (1, 1j) if np.iscomplexobj(leaf.value) else (1,):
            tangents: list[Any] = [None] * len(args)
            tangents[k] = leaf.replaced(_moved(leaf.value, entry, unit))
            slopes.append(jvp(loss, args, tuple(tangents))[1])
        out[entry] = slopes[0] if len(slopes) == 1 else slopes[0] - 1j * slopes[1]
    return out


def _along_by_reverse(loss: Any, args: Any, moving: tuple[int, ...], directions: tuple[Any, ...]) -> Any:
    """The gradient's product with the directions, a scalar function."""
    slope = grad(loss, moving)
    names = [f"bars[{j}]" for j in range(len(moving))]
    terms, space = _terms(directions, names)
    lines = [f"bars = slope({_names(args)})", f"return {' + '.join(terms)}"]
    return _made(_names(args), lines, {"slope": slope, "np": np, **space})


def _along_by_forward(loss: Any, args: Any, moving: tuple[int, ...], directions: tuple[Any, ...]) -> Any:
    """The directional derivative, a scalar function."""
    given = dict(zip(moving, directions))
    tangents = "".join(f"d{k}, " if k in given else "None, " for k in range(len(args)))
    lines = [f"return jvp(loss, ({_names(args)},), ({tangents}))[1]"]
    return _made(_names(args), lines, {"jvp": jvp, "loss": loss, **{f"d{k}": d for k, d in given.items()}})


DERIVATIVES: dict[str, Callable[..., Iterator[Any]]] = {"reverse": _by_reverse, "forward": _by_forward}
ALONG: dict[str, Callable[..., Any]] = {"reverse": _along_by_reverse, "forward": _along_by_forward}


# --- programs of our own -------------------------------------------------------------------------------


def _names(args: tuple[Any, ...]) -> str:
    return ", ".join(f"a{k}" for k in range(len(args)))


def _weighted(
    call: Callable[[], Any], space: dict[str, Any], text: str, args: tuple[Any, ...], rng: np.random.Generator
) -> Any:
    """The real product of the result with a random cotangent, as a function of the arguments."""
    terms, weights = _terms((map_leaves(lambda x: _random_like(rng, x), call()),), ["out"])
    if not terms:
        raise ValueError("the function has no floating result to differentiate")
    lines = [f"out = {text}", f"return {' + '.join(terms)}"]
    return _made(_names(args), lines, {**space, "np": np, **weights})


def _terms(weights: tuple[Any, ...], names: list[str]) -> tuple[list[str], dict[str, Any]]:
    """The terms of a product with floating leaves, and the weights that their text names."""
    terms: list[str] = []
    space: dict[str, Any] = {}
    for weight, name in zip(weights, names):
        for leaf in _leaves(weight, name, lambda part: part):
            key = f"w{len(terms)}"
            space[key] = leaf.value
            terms.append(f"np.sum(np.real({key} * {leaf.label}))")
    return terms, space


_numbers = itertools.count()


def _made(parameters: str, lines: list[str], space: dict[str, Any]) -> Callable[..., Any]:
    """A function from its text, which the compiler can read too."""
    text = "".join([f"def scalar({parameters}):\n", *[f"    {line}\n" for line in lines]])
    filename = f"<check_grads {next(_numbers)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    exec(compile(text, filename, "exec"), space)
    return space["scalar"]


# --- numerical derivatives -----------------------------------------------------------------------------


def _putter(args: tuple[Any, ...], k: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda x: (*args[:k], x, *args[k + 1 :])


def _part_putter(put: Callable[[Any], tuple[Any, ...]], x: Any, k: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda part: put(_with_part(x, k, part))


def _all_entries(loss: Callable[..., float], leaf: Leaf) -> dict[tuple[int, ...], Any]:
    return {entry: _numerical(loss, leaf, entry) for entry in np.ndindex(np.shape(leaf.value))}


def _compare(leaf: Leaf, found: Any, expected: dict[tuple[int, ...], Any], size: float, where: str) -> None:
    wide = np.asarray(leaf.value).dtype.itemsize // (2 if np.iscomplexobj(leaf.value) else 1) >= 8
    relative, absolute = (1e-6, 1e-8) if wide else (2e-2, 1e-2)
    for entry, want in expected.items():
        got = np.asarray(found)[entry]
        tolerance = relative * max(abs(want), abs(got)) + absolute * max(1.0, size)
        if not abs(got - want) <= tolerance:
            place = f"[{', '.join(map(str, entry))}]" if entry else ""
            raise AssertionError(
                f"the derivative with respect to {leaf.label}{place} {where} is {got}, "
                f"and numerically it is {want}"
            )


def _numerical(loss: Callable[..., float], leaf: Leaf, entry: tuple[int, ...]) -> Any:
    """The central difference at one entry, extrapolated once; for complex entries dL/dx - i dL/dy."""
    slope = lambda direction: (
        (4 * _difference(loss, leaf, entry, direction, 0.5) - _difference(loss, leaf, entry, direction, 1.0))
        / 3
    )
    return slope(1) - 1j * slope(1j) if np.iscomplexobj(leaf.value) else slope(1)


def _difference(
    loss: Callable[..., float], leaf: Leaf, entry: tuple[int, ...], direction: Any, part: float
) -> float:
    single = np.asarray(leaf.value).dtype in (np.float32, np.complex64)
    h = part * (2e-2 if single else 1e-4) * max(1.0, float(abs(np.asarray(leaf.value)[entry])))
    return (
        _value(loss, leaf.replaced(_moved(leaf.value, entry, h * direction)))
        - _value(loss, leaf.replaced(_moved(leaf.value, entry, -h * direction)))
    ) / (2 * h)


def _moved(x: Any, entry: tuple[int, ...], step: Any) -> Any:
    out = np.array(x)
    out[entry] += step
    return (
        out if isinstance(x, np.ndarray) else out.dtype.type(out) if isinstance(x, np.generic) else out.item()
    )


def _random_like(rng: np.random.Generator, x: Any) -> Any:
    if not is_floating(x):
        return None
    out = rng.normal(size=np.shape(x))
    if np.iscomplexobj(x):
        out = out + 1j * rng.normal(size=np.shape(x))
    return np.asarray(out, np.asarray(x).dtype) if isinstance(x, np.ndarray) else np.asarray(out).item()


def _with_part(x: Any, k: int, part: Any) -> Any:
    return rebuilt(x, [part if j == k else v for j, v in enumerate((parts(x) or {}).values())])


def _leaves(x: Any, label: str, put: Callable[[Any], tuple[Any, ...]]) -> Iterator[Leaf]:
    """The floating leaves of an argument, in order."""
    inner = parts(x)
    if inner is None:
        if is_floating(x):
            yield Leaf(label, x, put)
        return
    for k, (name, part) in enumerate(inner.items()):
        yield from _leaves(part, label + name, _part_putter(put, x, k))


def _bars(x: Any, bar: Any) -> Iterator[Any]:
    """The cotangents of the floating leaves, in the same order."""
    return (b for leaf, b in zip(flat(x), flat(bar), strict=True) if is_floating(leaf))
