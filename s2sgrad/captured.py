"""Captured inputs: reading them at each call, and whether what was read of them at compile time still holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import DifferentiationError
from .frontend.abstract import Path
from .frontend.capture import Guard, Inputs, code_of, describe, identity
from .frontend.lower import Lowered


def writes_to_arguments(lowered: Lowered) -> bool:
    """Whether the function writes into an array that it was given."""
    given = set(lowered.inputs.leaves.values()) | set(lowered.inputs.captured.values())
    return not given.isdisjoint(lowered.lowering.all_written())


def refuse_overlap(args: tuple[Any, ...]) -> None:
    """Refuse arguments and captured arrays that share memory: a write to one would be a write to the other."""
    found = [x for x in given_arrays(args) if x.size]
    for k, a in enumerate(found):
        for b in found[:k]:
            if a is b or np.may_share_memory(a, b):
                raise DifferentiationError(
                    "two of the arguments share memory, and the function writes to its arguments: "
                    "hand it copies (`x.copy()`)"
                )


def given_arrays(x: Any) -> Iterator[np.ndarray]:
    """The arrays in arguments, through containers."""
    if isinstance(x, np.ndarray):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from given_arrays(item)
    elif isinstance(x, dict):
        yield from given_arrays(list(x.values()))
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        yield from given_arrays([getattr(x, f.name) for f in dataclasses.fields(x)])


def make_fetch(inputs: Inputs, paths: list[Path], exclusive: bool = False) -> Callable[[Any, Any], Any]:
    """A function `(fun, args) -> captured values`, or None where a guarded fact no longer holds.

    `exclusive`: the arguments must not share memory, or `DifferentiationError`.
    """
    space: dict[str, Any] = {}
    lines = [*reading(inputs, paths, exclusive, space, "return None"), "return found_"]
    text = "def fetch(fun_, args_):\n" + "".join(f"    {line}\n" for line in lines)
    exec(compile(text, "<captured inputs>", "exec"), space)
    return space["fetch"]  # type: ignore[no-any-return]


def reading(
    inputs: Inputs, paths: list[Path], exclusive: bool, space: dict[str, Any], otherwise: str
) -> list[str]:
    """Lines that read captured values of `fun_` and `args_` into `found_`, or do `otherwise`; names go to `space`."""
    space |= {"describe_": describe, "refuse_overlap_": refuse_overlap}
    tests = [_guard_text(guard, k, space, inputs) for k, guard in enumerate(inputs.guards.values())]
    values = "".join(f"{_path_text(p, space, inputs)}, " for p in paths)
    lines = [f"found_ = ({values})"]
    if tests or paths:
        guarded = [*[f"if {test}: {otherwise}" for test in tests], *lines]
        faults = "(KeyError, IndexError, AttributeError, ValueError, TypeError)"
        lines = ["try:", *[f"    {line}" for line in guarded], f"except {faults}: {otherwise}"]
    return [*lines, "refuse_overlap_((args_, found_))"] if exclusive else lines


def _guard_text(guard: Guard, k: int, space: dict[str, Any], inputs: Inputs) -> str:
    where = _path_text(guard.path, space, inputs)
    space[f"expected{k}_"] = guard.expected
    if guard.fact is identity:
        return f"{where} is not expected{k}_"
    if guard.fact is code_of:
        space[f"expected{k}_"] = guard.expected[0]
        return f"{where}.__code__ is not expected{k}_"  # in a `try`, as all of these
    if guard.fact is type:
        return f"type({where}) is not expected{k}_"
    space[f"fact{k}_"] = guard.fact
    return f"fact{k}_({where}) != expected{k}_"


def _path_text(path: Path, space: dict[str, Any], inputs: Inputs) -> str:
    (root, key), *steps = path
    if root == "globals":
        space[f"globals{key}_"] = inputs.globals[key]
        text = f"globals{key}_"
    elif root == "object":
        space[f"object{key}_"] = inputs.objects[key]
        text = f"object{key}_"
    else:
        text = "fun_" if root == "fun" else f"args_[{key}]"
    for kind, key in steps:
        if kind == "item":
            text += f"[{key!r}]"
        elif kind == "attr":
            text += f".{key}"
        else:
            text += f".__closure__[{key}].cell_contents"
    return text


__all__ = ["given_arrays", "make_fetch", "reading", "refuse_overlap", "writes_to_arguments"]
