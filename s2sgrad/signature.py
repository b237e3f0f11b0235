"""Parameters: binding calls as Python does, resolving `wrt`, and guessing types before any call."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from .errors import SourceNotFoundError


@dataclass(frozen=True, eq=False)
class Signature:
    """The parameters of a function, in order; `simple` is their number if a positional call needs no binding."""

    names: list[str]
    kinds: list[Any]
    parsed: inspect.Signature | None
    simple: int

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The value of each parameter, defaults filled in; what Python would refuse is its TypeError."""
        if self.parsed is None:
            if kwargs or len(args) != len(self.names):
                raise TypeError(f"expected {len(self.names)} positional arguments, got {len(args)}")
            return args
        bound = self.parsed.bind(*args, **kwargs)
        bound.apply_defaults()
        return tuple(bound.arguments.values())


def signature_of(fun: Any) -> Signature:
    """The signature of a callable; a ufunc's operands are x, y, ..."""
    if isinstance(fun, np.ufunc):
        names = ["x", "y", "z"][: fun.nin] if fun.nin <= 3 else [f"x{k}" for k in range(fun.nin)]
        return Signature(names, [inspect.Parameter.POSITIONAL_ONLY] * fun.nin, None, fun.nin)
    try:
        parsed = inspect.signature(fun)
    except (ValueError, TypeError):
        return Signature(["x"], [inspect.Parameter.POSITIONAL_ONLY], None, 1)
    parameters = list(parsed.parameters.values())
    plain = all(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    return Signature([p.name for p in parameters], [p.kind for p in parameters], parsed, len(parameters) if plain else -1)


def resolve_wrt(signature: Signature, wrt: Any) -> list[tuple[Any, ...]]:
    """Positions of parameters (with places in *args and **kwargs) that `wrt` stands for.

    Raises
    ------
    ValueError
        For an unknown name, a position out of range or negative, a duplicate, an empty tuple.
    """
    known = ", ".join(signature.names)
    items = list(wrt) if isinstance(wrt, (tuple, list)) else [wrt]
    if not items:
        raise ValueError(f"wrt is empty: name one of the parameters ({known})")
    out = [_resolve_one(signature, w, known) for w in items]
    if len(set(out)) != len(out):
        raise ValueError(f"wrt names a parameter twice: {wrt!r} of the parameters ({known})")
    return out


def _resolve_one(signature: Signature, w: Any, known: str) -> tuple[Any, ...]:
    P = inspect.Parameter
    if isinstance(w, str):
        if w in signature.names and signature.kinds[signature.names.index(w)] not in (P.VAR_KEYWORD, P.VAR_POSITIONAL):
            return (signature.names.index(w),)
        if P.VAR_KEYWORD in signature.kinds:
            return (signature.kinds.index(P.VAR_KEYWORD), w)
        if w in signature.names:
            return (signature.names.index(w),)
        raise ValueError(f"wrt={w!r} is not a parameter: they are ({known})")
    if isinstance(w, bool) or not isinstance(w, (int, np.integer)):
        raise ValueError(f"wrt={w!r} is neither a position nor a name of the parameters ({known})")
    positional = [k for k, kind in enumerate(signature.kinds) if kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)]
    if 0 <= w < len(positional):
        return (positional[int(w)],)
    if w >= len(positional) and P.VAR_POSITIONAL in signature.kinds:
        return (signature.kinds.index(P.VAR_POSITIONAL), int(w) - len(positional))
    raise ValueError(f"wrt={w!r} is out of range: the positional parameters are ({known})")


# --- types before any call -----------------------------------------------------------------------------------------------------


def suggested_arguments(fun: Any, signature: Signature) -> tuple[Any, ...]:
    """Stand-ins for the arguments, by default values, annotations and uses: real scalars and arrays."""
    uses = _uses(fun)
    out = []
    for k, name in enumerate(signature.names):
        parameter = signature.parsed.parameters[name] if signature.parsed is not None else None
        out.append(_suggest(name, parameter, uses.get(name, set())))
        del k
    return tuple(out)


def _suggest(name: str, parameter: Any, uses: set[str]) -> Any:
    if parameter is not None and parameter.kind is parameter.VAR_POSITIONAL:
        return ()
    if parameter is not None and parameter.kind is parameter.VAR_KEYWORD:
        return {}
    if parameter is not None and parameter.default is not parameter.empty:
        return parameter.default
    annotation = parameter.annotation if parameter is not None else None
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if text in ("int", "bool", "complex"):
        return {"int": 2, "bool": True, "complex": 1j}[text]
    if "matrix" in uses:
        return np.full((3, 3), 0.5) + 3 * np.eye(3)
    if "vector" in uses or "ndarray" in text:
        return np.array([0.5, 0.6, 0.7])
    return 0.5


def _uses(fun: Any) -> dict[str, set[str]]:
    """How each name is used in the text: as a matrix, as a vector, or in ways that tell nothing."""
    from .frontend.source import find_source

    uses: dict[str, set[str]] = {}
    try:
        tree = find_source(getattr(fun, "__func__", fun)).node
    except (SourceNotFoundError, TypeError, AttributeError):
        return uses
    for node in gast.walk(tree):
        if isinstance(node, gast.BinOp) and isinstance(node.op, gast.MatMult):
            for side in (node.left, node.right):
                _note(uses, side, "matrix")
        elif isinstance(node, gast.Attribute) and node.attr in ("T", "mT"):
            _note(uses, node.value, "matrix")
        elif isinstance(node, gast.Attribute) and node.attr in ("shape", "sum", "mean", "size", "reshape", "copy", "dot"):
            _note(uses, node.value, "vector")
        elif isinstance(node, gast.Subscript):
            _note(uses, node.value, "matrix" if isinstance(node.slice, gast.Tuple) else "vector")
        elif isinstance(node, gast.For):
            _note(uses, node.iter, "vector")
    return uses


def _note(uses: dict[str, set[str]], node: Any, use: str) -> None:
    if isinstance(node, gast.Name):
        uses.setdefault(node.id, set()).add(use)
