"""Effects on objects of Python's: they stay in the function around the compiled one, before it or after it.

`log.append(loss)` happens after the compiled function has returned the loss; a generator that the program makes,
`np.random.default_rng(seed)`, is made before and handed in. This is for effects in the function's own block: inside
loops and branches they have no compiled form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...ir.program import Block, Function, Op, Value, blocks_of, leaves, operands, walk
from ...table.registry import IMPURE
from ..numpy import Entry
from ..results import plain


@dataclass(frozen=True)
class Aside:
    """What is done around the compiled function of an entry, in order."""

    before: tuple[Op, ...] = ()
    after: tuple[Op, ...] = ()

    @property
    def made(self) -> tuple[Value, ...]:
        """What is handed to the compiled function beside the arguments."""
        return tuple(r for op in self.before for r in op.results)

    @property
    def wanted(self) -> tuple[Value, ...]:
        """What the compiled function computes for what comes after it."""
        return tuple(v for op in self.after for v in operands(op))


def set_aside(e: Entry) -> tuple[Entry, Aside]:
    """The entry without what stays in Python, and that."""
    given = {v for _, abstract in e.parameters for v in leaves(plain(abstract))} | set(e.captured)
    read = set(_all_read(e.function.body.nodes)) | set(leaves(plain(e.result)))
    before = [n for n in e.function.body.nodes if _makes_generator(n, given)]
    after = [n for n in e.function.body.nodes if _is_last(n, given, read)]
    if not before and not after:
        return e, Aside()
    kept = [n for n in e.function.body.nodes if n not in before and n not in after]
    function = Function(e.function.name, Block(e.function.body.params, kept, e.function.body.end))
    function.consumes = e.function.consumes
    return replace(e, function=function), Aside(tuple(before), tuple(after))


def _all_read(nodes: Iterable[Any]) -> Iterable[Value]:
    for top in nodes:
        for n in [top, *[inner for b in blocks_of(top) for inner in walk(b)]]:
            yield from operands(n)
            for b in blocks_of(n):
                yield from leaves(b.end.values)


def _makes_generator(node: Any, given: set[Value]) -> bool:
    return isinstance(node, Op) and node.fun is np.random.default_rng and given.issuperset(operands(node))


def _is_last(node: Any, given: set[Value], read: set[Value]) -> bool:
    """Whether nothing depends on an effect, and it is on an object that compiled code cannot hold."""
    if not isinstance(node, Op) or node.effect != IMPURE or any(r in read for r in node.results):
        return False
    if node.fun is np.copyto:
        return isinstance(node.args[0], Value) and node.args[0].type.shape == ()
    return any(v.type.kind == "unknown" and v in given for v in operands(node))


__all__ = ["Aside", "set_aside"]
