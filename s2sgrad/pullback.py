"""Pullbacks: the value of a function now, the cotangents of its arguments for any seed later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import compiler
from .api import explain
from .arguments import floating_leaves
from .compiler import Request
from .frontend.capture import describe
from .signature import reach, signature_of


def make_pullback(fun: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """`(fun(*args), pullback)`."""
    signature = signature_of(fun)
    bound = signature.bind(args, {})
    request = Request("vjp", _positions(signature, bound, len(args)), False)
    variants = compiler.variants_of(fun, request)
    key = tuple(map(describe, bound))
    found = compiler.find(variants, key, fun, bound)
    if found is None:
        _check(signature, bound, request.wrt)
        found = compiler.specialise(fun, signature, bound, request, variants, key)
    spec, captured = found
    try:
        value, residuals = spec.run(*bound, *captured)
    except Exception as error:
        explain(error, spec)
        raise

    def pullback(g: Any) -> tuple[Any, ...]:
        """The cotangents of the arguments for the cotangent `g` of the result."""
        try:
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
    if np.shape(g) != shape:
        raise ValueError(f"the cotangent has shape {np.shape(g)}, and the value has shape {shape}")
