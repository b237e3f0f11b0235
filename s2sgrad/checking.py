"""Gradients against numerical derivatives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .api import vjp
from .signature import signature_of

MODES = ("reverse", "forward")


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A floating leaf of an argument: its label, its value, and the arguments with another value in its place."""

    label: str
    value: Any
    replaced: Callable[[Any], tuple[Any, ...]]


def check_grads(
    fun: Callable[..., Any], args: Any, *, order: int = 2, modes: tuple[str, ...] = MODES
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
        "reverse", "forward" or both.

    Raises
    ------
    AssertionError
        Naming the argument, the entry, both values and the order that disagree.
    ValueError
        For an unknown mode or an order less than 1.

    Examples
    --------
    >>> import numpy as np
    >>> check_grads(lambda x: np.sum(np.sin(x)), (np.array([0.5, 1.0]),), order=1, modes=("reverse",))
    """
    unknown = [m for m in modes if m not in MODES]
    if unknown:
        raise ValueError(f"mode {unknown[0]!r} is unknown: choose from {MODES}")
    if order < 1:
        raise ValueError(f"order={order} is less than 1")
    if order > 1 or "forward" in modes:
        raise NotImplementedError("only order=1 and modes=('reverse',) are there yet")
    args = tuple(args)
    names = signature_of(fun).names
    _check_reverse(fun, args, names, 1)


def _check_reverse(fun: Callable[..., Any], args: tuple[Any, ...], names: list[str], order: int) -> None:
    """The pullback of a random cotangent against the numerical derivative of its product with the result."""
    rng = np.random.default_rng(0)
    value, pullback = vjp(fun, *args)
    seed = _map(value, lambda x: _random_like(rng, x))
    bars = pullback(seed)
    for k, (arg, bar) in enumerate(zip(args, bars)):
        label = f"`{names[min(k, len(names) - 1)]}`"
        for leaf, found in zip(_leaves(arg, label, _putter(args, k)), _bars(arg, bar)):
            _compare(lambda *a: _product(seed, fun(*a)), leaf, found, order)


def _putter(args: tuple[Any, ...], k: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda x: (*args[:k], x, *args[k + 1 :])


def _part_putter(put: Callable[[Any], tuple[Any, ...]], x: Any, k: int) -> Callable[[Any], tuple[Any, ...]]:
    return lambda part: put(_with_part(x, k, part))


def _compare(loss: Callable[..., float], leaf: Leaf, found: Any, order: int) -> None:
    for entry in np.ndindex(np.shape(leaf.value)):
        expected = _numerical(loss, leaf, entry)
        got = np.asarray(found)[entry]
        wide = np.asarray(leaf.value).dtype.itemsize // (2 if np.iscomplexobj(leaf.value) else 1) >= 8
        tolerance = (1e-6 if wide else 2e-2) * max(1.0, abs(expected), abs(got))
        if not abs(got - expected) <= tolerance:
            where = f"[{', '.join(map(str, entry))}]" if entry else ""
            raise AssertionError(
                f"the derivative with respect to {leaf.label}{where} at order {order} is {got}, "
                f"and numerically it is {expected}"
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
        loss(*leaf.replaced(_moved(leaf.value, entry, h * direction)))
        - loss(*leaf.replaced(_moved(leaf.value, entry, -h * direction)))
    ) / (2 * h)


def _moved(x: Any, entry: tuple[int, ...], step: Any) -> Any:
    out = np.array(x)
    out[entry] += step
    return (
        out if isinstance(x, np.ndarray) else out.dtype.type(out) if isinstance(x, np.generic) else out.item()
    )


def _product(seed: Any, value: Any) -> float:
    """The real product of a cotangent with a value; of complex ones the real part, by the same convention."""
    pairs = zip(_flat(seed), _flat(value))
    return float(sum(np.sum(np.real(np.asarray(s) * v)) for s, v in pairs if s is not None))


def _random_like(rng: np.random.Generator, x: Any) -> Any:
    if not _is_floating(x):
        return None
    out = rng.normal(size=np.shape(x))
    if np.iscomplexobj(x):
        out = out + 1j * rng.normal(size=np.shape(x))
    return np.asarray(out, np.asarray(x).dtype) if isinstance(x, np.ndarray) else np.asarray(out).item()


def _is_floating(x: Any) -> bool:
    return isinstance(x, (float, complex, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fc"


def _parts(x: Any) -> dict[str, Any] | None:
    """The parts of a container by label, or None."""
    if isinstance(x, dict):
        return {f"[{key!r}]": v for key, v in x.items()}
    if isinstance(x, (tuple, list)):
        return {f"[{k}]": v for k, v in enumerate(x)}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return {f".{f.name}": getattr(x, f.name) for f in dataclasses.fields(x)}
    return None


def _with_part(x: Any, k: int, part: Any) -> Any:
    if isinstance(x, dict):
        return {key: part if j == k else v for j, (key, v) in enumerate(x.items())}
    if isinstance(x, (tuple, list)):
        items = [part if j == k else v for j, v in enumerate(x)]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return dataclasses.replace(x, **{dataclasses.fields(x)[k].name: part})


def _map(x: Any, change: Callable[[Any], Any]) -> Any:
    parts = _parts(x)
    if parts is None:
        return change(x)
    out = x
    for k, part in enumerate(parts.values()):
        out = _with_part(out, k, _map(part, change))
    return out


def _flat(x: Any) -> Iterator[Any]:
    parts = _parts(x)
    if parts is None:
        yield x
    else:
        for part in parts.values():
            yield from _flat(part)


def _leaves(x: Any, label: str, put: Callable[[Any], tuple[Any, ...]]) -> Iterator[Leaf]:
    """The floating leaves of an argument, in order."""
    parts = _parts(x)
    if parts is None:
        if _is_floating(x):
            yield Leaf(label, x, put)
        return
    for k, (name, part) in enumerate(parts.items()):
        yield from _leaves(part, label + name, _part_putter(put, x, k))


def _bars(x: Any, bar: Any) -> Iterator[Any]:
    """The cotangents of the floating leaves, in the same order."""
    parts = _parts(x)
    if parts is None:
        if _is_floating(x):
            yield bar
        return
    for part, of_part in zip(parts.values(), _parts(bar).values()):  # type: ignore[union-attr]
        yield from _bars(part, of_part)
