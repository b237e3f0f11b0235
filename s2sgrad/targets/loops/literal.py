"""Short loops whose lengths are written in: for the sizes of the first call, they become straight code.

A loop of ten iterations inside of others costs more in being a loop than in what it does. Where the extents of an
argument are that short, and there is work to make it worthwhile, a second version of the function has them as numbers.
It serves calls with just these sizes; the function itself serves all others, and is compiled when one comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast

from ..spelling import LOAD, call, constant, name, subscript
from .chunks import renamed

LONGEST = 16
WORTHWHILE = 1000  # entries of the largest argument


@dataclass(frozen=True)
class Size:
    """`label = argument.shape[axis]` in a compiled function, and what that is in the first call."""

    label: str
    argument: str
    axis: int
    value: int


def short_sizes(function: Any, shapes: dict[str, tuple[int, ...]]) -> list[Size]:
    """The sizes of arguments of which inner loops run over all, where they are short."""
    if max((product(s) for s in shapes.values()), default=0) < WORTHWHILE:
        return []
    lengths = set(_lengths(function.body, 0))
    found = [_size(s, shapes) for s in function.body]
    return [s for s in found if s is not None and s.label in lengths and 1 < s.value <= LONGEST]


def product(shape: tuple[int, ...]) -> int:
    out = 1
    for n in shape:
        out *= n
    return out


def _size(statement: Any, shapes: dict[str, tuple[int, ...]]) -> Size | None:
    match statement:
        case gast.Assign(
            targets=[gast.Name(id=label)],
            value=gast.Subscript(
                value=gast.Attribute(value=gast.Name(id=argument), attr="shape"),
                slice=gast.Constant(value=axis),
            ),
        ) if argument in shapes:
            return Size(label, argument, axis, shapes[argument][axis])
    return None


def _lengths(body: list[Any], depth: int) -> Any:
    """The names in the bounds of loops that are in another, and hold none."""
    for statement in body:
        inner = [s for part in ("body", "orelse") for s in getattr(statement, part, [])]
        loop = isinstance(statement, (gast.For, gast.While))
        yield from _lengths(inner, depth + loop)
        alone = not any(isinstance(n, (gast.For, gast.While)) for s in inner for n in gast.walk(s))
        if isinstance(statement, gast.For) and depth and alone:
            yield from (n.id for n in gast.walk(statement.iter) if isinstance(n, gast.Name))


def written_in(function: Any, sizes: list[Size]) -> list[Any]:
    """The function with these sizes as numbers, and the one that chooses between the two."""
    values = {s.label: s.value for s in sizes}
    made = renamed(function, {})
    made.name = f"{function.name}_{'_'.join(str(s.value) for s in sizes)}"
    for statement in made.body:
        if isinstance(statement, gast.Assign) and getattr(statement.targets[0], "id", None) in values:
            statement.value = constant(values.pop(statement.targets[0].id))
    tests = [gast.Compare(_shape(s.argument, s.axis), [gast.Eq()], [constant(s.value)]) for s in sizes]
    test = tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)
    labels = [a.id for a in function.args.args]
    chosen = gast.IfExp(test, name(made.name), name(function.name))
    chooses = gast.FunctionDef(
        chooser(function.name),
        gast.arguments([name(a, gast.Param()) for a in labels], [], None, [], [], None, []),
        [gast.Return(call(chosen, *map(name, labels)))],
        [], None, None, [],
    )  # fmt: skip
    return [made, chooses]


def chooser(label: str) -> str:
    return f"{label}_by_size"


def _shape(argument: str, axis: int) -> Any:
    return subscript(gast.Attribute(name(argument), "shape", LOAD), constant(axis))


__all__ = ["chooser", "short_sizes", "written_in"]
