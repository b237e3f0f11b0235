"""Programs that push directions forward: beside a function's values, and beside its gradient's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from . import compiler
from .api import Derivative, explain
from .compiler import (
    BUILDERS,
    Request,
    check_scalar,
    finish_function,
    gradients,
    independent_leaves,
    is_floating,
)
from .frontend.abstract import leaves_of, map_abstract
from .frontend.capture import describe
from .ir.program import Value, type_of
from .pullback import conform
from .targets.numpy import Entry
from .transforms.cotangent import zeros
from .transforms.dependence import DEPENDENCE
from .transforms.forward import forward
from .transforms.forward_operation import DERIVATIVES
from .transforms.reverse import reverse


def _directions(targets: list[Any]) -> list[Any]:
    """Tangents in the structure of what they are tangent to; None for what is not floating."""

    def tangent(leaf: Any) -> Any:
        return Value(leaf.type, f"{leaf.name or 'x'}_dot") if is_floating(leaf) else None

    return [map_abstract(t, tangent) for t in targets]


def _tangent_parameters(lowered: Any, request: Request, directions: list[Any]) -> list[tuple[str, Any]]:
    names = [lowered.parameters[position[0]][0] for position in request.wrt]
    return [*lowered.parameters, *[(f"{name}_dot", d) for each in directions for name, d in zip(names, each)]]


def _values(x: Any) -> list[Value]:
    return [leaf for leaf in leaves_of(x) if isinstance(leaf, Value)]


def _pushed(lowered: Any, targets: list[Any], directions: list[Any], name: str, algebra: Any) -> Any:
    """The program with tangents beside its values."""
    return forward(
        lowered.function,
        lowered.inputs,
        independent_leaves(targets),
        [_values(d) for d in directions],
        list(leaves_of(lowered.result)),
        name,
        algebra=algebra,
    )


def _structured(lowered: Any, leaves: list[Any]) -> Any:
    given = iter(leaves)
    return map_abstract(lowered.result, lambda leaf: next(given))


def _build_jvp(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """The value and the directional derivative, in one forward sweep."""
    directions = [_directions(targets)]
    name = f"{lowered.function.name}_jvp"
    pushed = _pushed(lowered, targets, directions, name, DERIVATIVES)
    tangents = [_tangent(pushed, r, t) for r, t in zip(pushed.results, pushed.tangents[0])]
    both = (_structured(lowered, pushed.results), _structured(lowered, tangents))
    doc = f"The value of `{lowered.function.name}` and its directional derivative."
    return _entry(lowered, pushed, _tangent_parameters(lowered, request, directions), name, both, doc), None


def _build_tangents(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """The derivatives along several directions, in one forward sweep."""
    return _build_columns(lowered, targets, request, DERIVATIVES, "its derivative along each direction")


def _build_pattern(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """What each entry of the result depends on."""
    return _build_columns(lowered, targets, request, DEPENDENCE, "what it depends on")


def _build_columns(lowered: Any, targets: list[Any], request: Request, algebra: Any, what: str) -> Any:
    directions = [_directions(targets) for _ in range(request.directions)]
    name = f"{lowered.function.name}_tangents"
    pushed = _pushed(lowered, targets, directions, name, algebra)
    columns = tuple(
        _structured(
            lowered, [_tangent(pushed, r, t, algebra.zeros) for r, t in zip(pushed.results, tangents)]
        )
        for tangents in pushed.tangents
    )
    doc = f"Of `{lowered.function.name}`, {what}."
    return _entry(
        lowered, pushed, _tangent_parameters(lowered, request, directions), name, columns, doc
    ), None


def _entry(lowered: Any, pushed: Any, parameters: Any, name: str, result: Any, doc: str) -> list[Entry]:
    entry = finish_function(lowered, pushed.function, parameters, name, result, doc)
    return [
        dataclasses.replace(entry, fresh_results=False)
    ]  # who asked copies what is shared, of any structure


def _tangent(pushed: Any, result: Any, tangent: Any, zero: Any = zeros) -> Any:
    if tangent is not None:
        return tangent
    if isinstance(result, Value):
        return zero(pushed.builder, result) if type_of(result).may_be_active else None
    return 0.0 if isinstance(result, (float, complex)) else None


def _build_hvp(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """Forward over reverse: the gradient's directional derivative."""
    check_scalar(lowered)
    name = f"{lowered.function.name}_hvp"
    adjoint = reverse(
        lowered.function, lowered.inputs, independent_leaves(targets), [lowered.result], [1.0], name
    )
    gradient = gradients(adjoint, targets)
    directions = [_directions(targets) for _ in range(request.directions)]
    leaves = list(leaves_of(gradient))
    along = [_values(d) for d in directions]
    pushed = forward(adjoint.function, lowered.inputs, independent_leaves(targets), along, leaves, name)
    products = [_product(pushed, gradient, leaves, list(leaves_of(targets)), t) for t in pushed.tangents]
    each = [p[0] if request.single else tuple(p) for p in products]
    result = tuple(each) if request.kind == "hessian" else each[0]
    parameters = _tangent_parameters(lowered, request, directions)
    doc = f"The Hessian of `{lowered.function.name}` times a vector."
    return [finish_function(lowered, pushed.function, parameters, name, result, doc)], None


def _product(
    pushed: Any, gradient: list[Any], leaves: list[Any], targets: list[Any], found: list[Any]
) -> Any:
    """The tangents of a gradient, in its structure."""
    tangents = iter(
        [None if g is None else _zero_or(pushed, t, leaf) for g, t, leaf in zip(leaves, found, targets)]
    )
    return [map_abstract(g, lambda leaf: next(tangents)) for g in gradient]


def _zero_or(pushed: Any, tangent: Any, leaf: Any) -> Any:
    if tangent is not None and isinstance(tangent, Value):
        return tangent
    return zeros(pushed.builder, leaf)


BUILDERS["jvp"] = _build_jvp
BUILDERS["tangents"] = _build_tangents
BUILDERS["pattern"] = _build_pattern
BUILDERS["hvp"] = BUILDERS["hessian"] = _build_hvp


class Pushforward(Derivative):
    """A compiled program that takes directions beside its arguments."""

    def __init__(
        self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "hvp", jit: Any = False, directions: int = 1
    ) -> None:
        super().__init__(fun, wrt, kind, jit)
        if directions != 1:
            self._request = dataclasses.replace(self._request, directions=directions)
            self._variants = compiler.variants_of(self._fun, self._request)
        self._seen: Any = ()  # the captured inputs of the latest call

    def along(self, args: tuple[Any, ...], directions: list[Any]) -> Any:
        """What the program computes for the values of all parameters, along directions."""
        key = tuple(map(describe, args))
        found = compiler.find(self._variants, key, self._fun, args)
        spec, captured = found if found is not None else self._compile(args, key)
        self._latest, self._seen = spec, captured
        try:
            return spec.run(*args, *directions, *captured)
        except Exception as error:
            explain(error, spec)
            raise


def tangent_like(tangent: Any, x: Any) -> Any:
    """A direction in the structure and shapes of what it is tangent to.

    Raises
    ------
    ValueError
        If it has another structure or shape.
    """
    try:
        return conform(tangent, float(x) if type(x) is int else x)
    except ValueError as error:
        raise ValueError(str(error).replace("cotangent", "tangent").replace("value", "argument")) from None


__all__ = ["Pushforward", "tangent_like"]
