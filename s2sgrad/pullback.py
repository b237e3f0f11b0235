"""Pullbacks: the value of a function now, the cotangents of its arguments for any seed later."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import compiler
from .api import explain
from .arguments import floating_leaves
from .compiler import Request
from .frontend.capture import describe
from .signature import Signature, reach, signature_of
from .structure import rebuilt


def make_pullback(
    fun: Callable[..., Any], args: tuple[Any, ...], jit: Any = False
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """`(fun(*args), pullback)`."""
    signature = signature_of(fun)
    bound = signature.bind(args, {})
    return pullback_at(fun, signature, bound, _positions(signature, bound, len(args)), jit)


def pullback_at(
    fun: Callable[..., Any], signature: Signature, bound: tuple[Any, ...], positions: Any, jit: Any = False
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value at arguments that are bound to the parameters, and the pullback to those at some positions."""
    request = Request("vjp", tuple(positions), False, compiler.jit_options(jit))
    variants = compiler.variants_of(fun, request)
    key = tuple(map(describe, bound))
    found = compiler.find(variants, key, fun, bound)
    if found is None:
        _check(signature, bound, request.wrt)
        found = compiler.specialise(fun, signature, bound, request, variants, key)
    spec, captured = found
    again = spec.marker.recomputed
    kept = owned((bound, captured), [*arrays((bound, captured))]) if again else ((), ())
    try:
        made = spec.run(*bound, *captured)
    except Exception as error:
        explain(error, spec)
        raise

    value, residuals = (made, ()) if again else made
    value = owned(value, [a for a in arrays((residuals, bound, captured))])

    def pullback(g: Any) -> tuple[Any, ...]:
        """The cotangents of the arguments for the cotangent `g` of the result."""
        try:
            if again:
                return spec.pullback(*kept[0], conform(g, value), *kept[1])
            return spec.pullback(residuals, conform(g, value))
        except Exception as error:
            explain(error, spec)
            raise

    return value, pullback


def _check(signature: Any, bound: tuple[Any, ...], positions: tuple[tuple[Any, ...], ...]) -> None:
    """Refuse arguments whose kind of floating numbers is not supported; others merely have no cotangent."""
    for position in positions:
        x = reach(bound, position, signature.names)
        floating_leaves(x, signature.names[position[0]], inside=True)


def _positions(signature: Any, bound: tuple[Any, ...], given: int) -> tuple[tuple[Any, ...], ...]:
    """The parameters that the positional arguments of a call land in."""
    out: list[tuple[Any, ...]] = []
    for k, kind in enumerate(signature.kinds):
        if kind is kind.VAR_POSITIONAL:
            out.extend((k, j) for j in range(len(bound[k])))
        elif len(out) < given and kind in (kind.POSITIONAL_ONLY, kind.POSITIONAL_OR_KEYWORD):
            out.append((k,))
    return tuple(out[:given])


def arrays(x: Any) -> Iterator[np.ndarray]:
    """The arrays in nested containers."""
    if isinstance(x, np.ndarray):
        yield x
    elif isinstance(x, (tuple, list, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            yield from arrays(item)
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        yield from arrays(vars(x) if hasattr(x, "__dict__") else [])


def owned(value: Any, others: list[np.ndarray]) -> Any:
    """The value, arrays that the pullback or an argument has too copied: the caller may write into it."""
    if isinstance(value, np.ndarray):
        return value.copy() if any(np.may_share_memory(value, other) for other in others) else value
    if isinstance(value, dict):
        return {key: owned(v, others) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        items = [owned(v, others) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return rebuilt(value, [owned(getattr(value, f.name), others) for f in dataclasses.fields(value)])
    return value


def conform(g: Any, value: Any) -> Any:
    """A cotangent in the structure, shape and dtype of the value.

    Raises
    ------
    ValueError
        If its structure or a shape differs.
    """
    if isinstance(value, dict):
        if not isinstance(g, dict) or set(g) != set(value):
            raise ValueError(f"the cotangent must be a dict with the keys {list(value)}")
        return {key: conform(g[key], v) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        if not isinstance(g, (tuple, list)) or len(g) != len(value):
            raise ValueError(f"the cotangent must be a {type(value).__name__} of {len(value)} items")
        items = [conform(a, v) for a, v in zip(g, value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if type(g) is not type(value):
            raise ValueError(f"the cotangent must be a {type(value).__name__}")
        names = [f.name for f in dataclasses.fields(value)]
        return rebuilt(g, [conform(getattr(g, name), getattr(value, name)) for name in names])
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind not in "fc":
        return None  # an integer result has no cotangent
    if isinstance(value, np.ndarray):
        return _conform_array(g, value)
    if isinstance(value, np.generic):
        _demand_scalar(g, ())
        return np.asarray(g).astype(np.result_type(value, g) if np.iscomplexobj(g) else value.dtype)[()]
    if isinstance(value, (float, complex)):
        _demand_scalar(g, ())
        return g.item() if isinstance(g, np.ndarray) else g
    return g


def _conform_array(g: Any, value: np.ndarray) -> np.ndarray:
    _demand_scalar(g, value.shape)
    g = np.asarray(g)
    if value.dtype.kind in "fc" and g.dtype != value.dtype:
        return g.astype(value.dtype if g.dtype.kind != "c" else np.result_type(g, value.dtype))
    return g


def _demand_scalar(g: Any, shape: tuple[int, ...]) -> None:
    if (
        not isinstance(g, (np.ndarray, np.generic, float, int, complex))
        and not (shape and isinstance(g, (list, tuple)))
        or np.asarray(g).dtype.kind not in "biufc"
    ):
        raise ValueError(
            f"the cotangent is a {type(g).__name__}, and the value is "
            f"{f'an array of shape {shape}' if shape else 'a number'}"
        )
    if np.shape(g) != shape:
        raise ValueError(f"the cotangent has shape {np.shape(g)}, and the value has shape {shape}")
