"""Pullbacks of compiled programs whose residuals have no type of their own: they start from the arguments again.

What a compiled forward sweep can hand to a compiled backward sweep are numbers, arrays and lists of numbers. A list
of lists, or of arrays of differing shapes, stays inside one compiled function, so both sweeps are in it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from .compiler import Marker, Request, gradients, independent_leaves, seeds_for, take_captured
from .frontend.abstract import leaves_of, map_abstract
from .frontend.lower import Lowered
from .ir.program import Function, Op, Value, functions_of, walk
from .ir.verifier import verify_if_asked
from .optimize.dead_code import remove_dead_code
from .table.registry import IMPURE
from .targets.numpy import Entry
from .transforms.reverse import reverse


def storable(v: Value) -> bool:
    """Whether a compiled function can return a value to Python and take it back."""
    if v.type.kind == "list":
        return v.type.item is not None and v.type.item.shape == ()
    return v.type.kind not in ("packed", "unknown")


def recomputing(
    lowered: Lowered, targets: list[Any], request: Request, residual: Value
) -> tuple[list[Entry], Any]:
    """The value, and a pullback that takes the arguments beside the cotangent.

    Raises
    ------
    JitError
        If the program has effects, which must not happen again.
    """
    from .targets.loops.kernel import refuse

    if any(_has_effect(n) for f in functions_of(lowered.function) for n in walk(f.body)):
        raise refuse(
            residual.node,
            "keeps a list of lists or arrays for the pullback, which would have to be computed again "
            "with the effects of the program, and",
        )
    results = list(leaves_of(lowered.result))
    forward = _forward_entry(lowered, targets, results)
    seeds = seeds_for(results)
    adjoint = reverse(
        lowered.function, lowered.inputs, independent_leaves(targets), results, seeds, lowered.function.name
    )
    cotangents = tuple(gradients(adjoint, targets))
    plain = [v for v in leaves_of(cotangents) if isinstance(v, Value)]
    marker = Marker(adjoint.function.body, adjoint.forward, plain, recomputed=True)
    given = iter(seeds)
    shape = map_abstract(lowered.result, lambda leaf: next(given))
    backward = _entry(
        lowered, adjoint.function, "pullback", [("g", shape)], cotangents, "The pullback of", plain
    )
    return [forward, backward], marker


def _forward_entry(lowered: Lowered, targets: list[Any], results: list[Any]) -> Entry:
    """The value alone: a forward sweep of its own, since the pullback's is part of another function."""
    made = reverse(
        lowered.function, lowered.inputs, independent_leaves(targets), results, seeds_for(results), "forward"
    )
    found = iter(made.results)
    value = map_abstract(lowered.result, lambda leaf: next(found))
    plain = [v for v in leaves_of(value) if isinstance(v, Value)]
    entry = _entry(lowered, made.function, "vjp", [], value, "The value of", plain)
    return dataclasses.replace(entry, fresh_results=False)


def _entry(
    lowered: Lowered,
    function: Function,
    kind: str,
    more: list[Any],
    result: Any,
    doc: str,
    plain: list[Value],
) -> Entry:
    """A function of the arguments and more."""
    name = lowered.function.name
    take_captured(function, lowered)
    verify_if_asked(function, plain, "reverse")
    remove_dead_code(function, plain)
    captured = list(lowered.inputs.captured.values())
    return Entry(
        f"{name}_{kind}", function, [*lowered.parameters, *more], captured, result, f"{doc} `{name}`."
    )


def _has_effect(node: Any) -> bool:
    """Whether a node does more than to compute values or to make an exception."""
    if not isinstance(node, Op) or node.effect != IMPURE:
        return False
    return not (isinstance(node.fun, type) and issubclass(node.fun, BaseException))


__all__ = ["recomputing", "storable"]
