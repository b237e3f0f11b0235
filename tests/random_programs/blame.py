"""Which pass is guilty: the output of each is run and compared with that of the one before.

    original -> lowered program -> adjoint program, after each optimisation -> printed text

The programs are run by the interpreter, which writes nothing in place: what the text alone gets wrong is the
fault of emission (ownership, names, folding).
"""

from __future__ import annotations

import math
import os
import traceback
from typing import Any
from unittest import mock

import numpy as np

from s2sgrad import value_and_grad

from .check import ACTIVE, RTOL, _along, direction_of, load, unload
from .complex_step import copied, derivative
from .interpreter import interpret


def guilty_pass(text: str, args: tuple, seed: int = 0) -> str:
    """`lowering`, `reverse`, `emission`, or another part of the compiler, and what it got wrong."""
    with mock.patch.dict(os.environ, {"S2SGRAD_VERIFY": "1"}), np.errstate(all="ignore"):
        fun = load(text, "guilty")
        try:
            return _compare(text, fun, args, direction_of(seed, args))
        except Exception as error:
            return _place(error)
        finally:
            unload("guilty")


def _place(error: Exception) -> str:
    """The part of the compiler that raised, or the generated program."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/s2sgrad/" in f.filename]
    if not frames:
        return f"the generated program raises {type(error).__name__}: {error}"
    last = frames[-1]
    where = last.filename.partition("/s2sgrad/")[2]
    return f"{where}:{last.lineno} ({last.name}) raises {type(error).__name__}: {error}"


def _compare(text: str, fun: Any, args: tuple, direction: tuple) -> str:
    value = fun(*copied(args))
    known = derivative(text, args, direction)
    derived = value_and_grad(fun, wrt=ACTIVE)
    spec = derived.lower(*args).specialisation
    lowered = spec.lowered
    captured = spec.fetch(fun, args)
    found, _ = interpret(lowered.function, lowered.parameters, lowered.result, args, captured)
    if not math.isclose(found, value, rel_tol=1e-12, abs_tol=1e-12):
        return f"lowering: the lowered program gives {found!r}, the original {value!r}"
    entry = spec.stages[0]
    (forward, gradient), _ = interpret(entry.function, entry.parameters, entry.result, args, captured)
    if not math.isclose(forward, value, rel_tol=1e-12, abs_tol=1e-12):
        return f"reverse: the forward sweep gives {forward!r}, the lowered program {value!r}"
    slope, size = _along(gradient, direction)
    if known is None:
        return "nobody: the reference takes another path"
    if not abs(slope - known[1]) <= RTOL * (1 + abs(known[1]) + size):
        return f"reverse: the adjoint program gives {slope!r}, the reference {known[1]!r}"
    printed, printed_gradient = derived(*copied(args))
    if printed != forward or not all(
        np.allclose(g, h, rtol=1e-11, atol=1e-11) for g, h in zip(gradient, printed_gradient)
    ):
        return f"emission: the text gives {printed!r} and {_along(printed_gradient, direction)[0]!r}, its program {forward!r} and {slope!r}"  # noqa: E501
    return "none of lowering, reverse and emission in first order"
