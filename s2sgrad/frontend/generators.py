"""Draws from a `np.random.Generator`: what kind of number or array each method gives.

A draw stays the call of a method, made exactly as often as in the original; what is added here is its type, so that
what is computed from it is typed too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.program import Arg, Value, type_of
from ..ir.result_types import RULES, asked_shape
from ..ir.types import FLOAT, GENERATOR, INT, UNKNOWN, Dim, Type, array, broadcast, scalar
from .expressions import emit, value_of
from .frame import Frame
from .opaque import WRITING, handed_over
from .primitives import Method


@dataclass(frozen=True)
class Draw:
    """A distribution: its parameters, as NumPy names them, and the type of one draw."""

    parameters: tuple[str, ...] = ()
    one: Type = FLOAT
    typed: bool = False  # takes a dtype


DRAWS: dict[str, Draw] = {
    "random": Draw(typed=True),
    "standard_normal": Draw(typed=True),
    "standard_exponential": Draw(typed=True),
    "standard_gamma": Draw(("shape",), typed=True),
    "standard_cauchy": Draw(),
    "normal": Draw(("loc", "scale")),
    "uniform": Draw(("low", "high")),
    "exponential": Draw(("scale",)),
    "gamma": Draw(("shape", "scale")),
    "beta": Draw(("a", "b")),
    "f": Draw(("dfnum", "dfden")),
    "chisquare": Draw(("df",)),
    "noncentral_chisquare": Draw(("df", "nonc")),
    "noncentral_f": Draw(("dfnum", "dfden", "nonc")),
    "pareto": Draw(("a",)),
    "weibull": Draw(("a",)),
    "power": Draw(("a",)),
    "laplace": Draw(("loc", "scale")),
    "logistic": Draw(("loc", "scale")),
    "lognormal": Draw(("mean", "sigma")),
    "rayleigh": Draw(("scale",)),
    "standard_t": Draw(("df",)),
    "wald": Draw(("mean", "scale")),
    "triangular": Draw(("left", "mode", "right")),
    "geometric": Draw(("p",), INT),
    "zipf": Draw(("a",), INT),
    "poisson": Draw(("lam",), INT),
    "logseries": Draw(("p",), INT),
    "binomial": Draw(("n", "p"), INT),
    "negative_binomial": Draw(("n", "p"), INT),
    "integers": Draw(("low", "high"), scalar(np.dtype(np.int64)), typed=True),
}


def bound_draw(name: str, args: tuple[Arg, ...], kwargs: dict[str, Arg]) -> dict[str, Arg]:
    """The arguments of a draw by their names."""
    draw = DRAWS[name]
    places = [*draw.parameters, "size", *(["dtype"] if draw.typed else [])]
    return {**dict(zip(places, args)), **kwargs}


def _draw_type(name: str) -> Any:
    draw = DRAWS[name]

    def rule(node: Any, owner: Arg, *args: Arg, **kwargs: Arg) -> Type:
        if type_of(owner).kind != "generator":
            return UNKNOWN
        given = bound_draw(name, args, kwargs)
        one = _of_dtype(draw.one, given.get("dtype"))
        size = given.get("size")
        shapes = [type_of(a).shape for key, a in given.items() if key in draw.parameters and a is not None]
        shape = broadcast(shapes, node) if size is None else asked_shape(size, node)
        if (
            one is None
            or shape is None
            or any(isinstance(a, (list, tuple)) for a in _parameters(draw, given))
        ):
            return UNKNOWN
        return array(one.dtype, shape) if shape or size is not None else one

    return rule


def _parameters(draw: Draw, given: dict[str, Arg]) -> list[Arg]:
    return [a for key, a in given.items() if key in draw.parameters]


def _of_dtype(one: Type, dtype: Arg) -> Type | None:
    """The type of one draw of the dtype that a call asks for."""
    if dtype is None:
        return one
    if isinstance(dtype, Value):
        return None
    try:
        asked = np.dtype(dtype)  # type: ignore[arg-type]
    except TypeError:
        return None
    if one.kind == "float":  # one number is Python's, whatever its precision
        return Type("float", asked, ()) if asked != np.float64 else one
    return scalar(asked) if asked.kind in "iu" else None


def _permutation_type(node: Any, owner: Arg, x: Arg, axis: Arg = 0) -> Type:
    t = type_of(x)
    if type_of(owner).kind != "generator":
        return UNKNOWN
    if t.kind == "array" and t.shape:
        return t
    if t.shape == () and t.dtype is not None and t.dtype.kind in "iu":
        return array(np.dtype(np.int64), (x if isinstance(x, int) else Dim((node, 0)),))
    return UNKNOWN


def call_draw(
    frame: Frame, node: Any, owner: Value, name: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """A call of a random generator's method; `shuffle` writes into what it is given."""
    if name in WRITING:
        args, kwargs = handed_over(frame, node, args), handed_over(frame, node, kwargs)
    given = [value_of(frame, node, a) for a in args]
    options = {key: value_of(frame, node, v) for key, v in kwargs.items()}
    return emit(frame, node, Method(name), owner, *given, **options)


RULES.update({Method(name): _draw_type(name) for name in DRAWS})
RULES[np.random.default_rng] = lambda node, *args, **kwargs: GENERATOR
RULES[Method("permutation")] = _permutation_type
__all__ = ["DRAWS", "Draw", "bound_draw", "call_draw"]
