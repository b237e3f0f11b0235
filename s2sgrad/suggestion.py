"""Types before any call: stand-ins for the arguments that defaults, annotations and uses suggest."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import gast
import numpy as np

from .errors import SourceNotFoundError
from .signature import Signature

SCALAR, VECTOR, MATRIX = 0.5, np.array([0.5, 0.6, 0.7]), np.full((3, 3), 0.5) + 3 * np.eye(3)
ARRAY_ATTRIBUTES = frozenset(
    [
        "T",
        "mT",
        "shape",
        "ndim",
        "size",
        "dtype",
        "real",
        "imag",
        "flat",
        "sum",
        "mean",
        "prod",
        "max",
        "min",
        "var",
        "std",
        "cumsum",
        "reshape",
        "ravel",
        "copy",
        "dot",
        "transpose",
        "astype",
        "swapaxes",
        "squeeze",
        "diagonal",
        "trace",
        "repeat",
        "take",
        "clip",
        "conj",
        "conjugate",
        "round",
        "argsort",
        "argmax",
        "argmin",
        "any",
        "all",
        "item",
        "tolist",
        "fill",
    ]
)


class StructureNeeded(Exception):
    """An argument whose structure no stand-in can guess."""


def suggestions(fun: Any, signature: Signature) -> Iterator[tuple[Any, ...]]:
    """Stand-ins for the arguments, the likeliest first.

    Raises
    ------
    StructureNeeded
        If an argument is used as a container; its text is the argument's name.
    """
    uses = _uses(fun)
    parameters = signature.parameters()
    for name in signature.names:
        if "structure" in uses.get(name, ()):
            raise StructureNeeded(name)
    for wish in ({}, {"right": VECTOR}, {None: VECTOR}, {None: MATRIX}):
        yield tuple(_suggest(p, uses.get(p.name, set()), wish) for p in parameters)


def _suggest(parameter: inspect.Parameter, uses: set[str], wish: dict[Any, Any]) -> Any:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return ()
    if parameter.kind is parameter.VAR_KEYWORD:
        return {}
    if parameter.default is not parameter.empty:
        return parameter.default
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if text in ("int", "bool", "complex", "float"):
        return {"int": 2, "bool": True, "complex": 1j, "float": SCALAR}[text]
    if None in wish:
        return wish[None]
    if "right" in uses and "right" in wish:
        return wish["right"]
    if "matrix" in uses:
        return MATRIX
    return VECTOR if "vector" in uses or "ndarray" in text or "Array" in text else SCALAR


def of_the_types(lowered: Any) -> tuple[Any, ...] | None:
    """Stand-ins for arguments of the types that a program was made for; None where one has no stand-in."""
    from .frontend.abstract import is_static, leaves_of, map_abstract
    from .ir.program import Value

    arguments = [abstract for _, abstract in lowered.parameters]
    known = (
        isinstance(leaf, Value) and _has_stand_in(leaf.type) or is_static(leaf)
        for leaf in leaves_of(arguments)
    )
    if not all(known):
        return None
    return tuple(
        map_abstract(x, lambda leaf: _of_type(leaf.type) if isinstance(leaf, Value) else leaf)
        for x in arguments
    )


def _has_stand_in(type_: Any) -> bool:
    return type_.is_scalar or (type_.kind == "array" and type_.dtype is not None and type_.shape is not None)


def _of_type(type_: Any) -> Any:
    """A number, or an array whose extents that are symbols are none that a program may depend on."""
    if type_.is_python:
        return {"float": SCALAR, "int": 2, "bool": True, "complex": 1j}[type_.kind]
    sizes = [n if isinstance(n, int) else 3 for n in type_.shape or ()]
    filled = np.full(sizes, 1, type_.dtype)
    return filled if type_.kind == "array" else filled[()]


def describe_suggestion(signature: Signature, args: tuple[Any, ...]) -> str:
    """The assumption as text: `w: array of rank 1, b: float`."""
    return ", ".join(f"{name}: {_kind(x)}" for name, x in zip(signature.names, args))


def _kind(x: Any) -> str:
    return f"array of rank {x.ndim}" if isinstance(x, np.ndarray) else type(x).__name__


def _uses(fun: Any) -> dict[str, set[str]]:
    """How each name is used in the text: as a matrix, a vector, a container, or in ways that tell nothing."""
    from .frontend.source import find_source

    uses: dict[str, set[str]] = {}
    try:
        tree = find_source(getattr(fun, "__func__", fun)).node
    except (SourceNotFoundError, TypeError, AttributeError):
        return uses
    for node in gast.walk(tree):
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(uses, node)
    return uses


def _product(uses: dict[str, set[str]], node: Any) -> None:
    if isinstance(node.op, gast.MatMult):
        _note(uses, node.left, "matrix")
        _note(uses, node.right, "matrix")
        _note(uses, node.right, "right")


def _attribute(uses: dict[str, set[str]], node: Any) -> None:
    if node.attr in ("T", "mT", "transpose"):
        _note(uses, node.value, "matrix")
    else:
        _note(uses, node.value, "vector" if node.attr in ARRAY_ATTRIBUTES else "structure")


def _subscript(uses: dict[str, set[str]], node: Any) -> None:
    if isinstance(node.slice, gast.Constant) and isinstance(node.slice.value, str):
        _note(uses, node.value, "structure")
    else:
        _note(uses, node.value, "matrix" if isinstance(node.slice, gast.Tuple) else "vector")


def _assignment(uses: dict[str, set[str]], node: Any) -> None:
    if any(isinstance(t, (gast.Tuple, gast.List)) for t in node.targets):
        _note(uses, node.value, "structure")


_RULES = {
    gast.BinOp: _product,
    gast.Attribute: _attribute,
    gast.Subscript: _subscript,
    gast.Assign: _assignment,
    gast.For: lambda uses, node: _note(uses, node.iter, "vector"),
    gast.comprehension: lambda uses, node: _note(uses, node.iter, "vector"),
    gast.Call: lambda uses, node: _note(uses, node.func, "structure"),
}


def _note(uses: dict[str, set[str]], node: Any, use: str) -> None:
    if isinstance(node, gast.Name):
        uses.setdefault(node.id, set()).add(use)
