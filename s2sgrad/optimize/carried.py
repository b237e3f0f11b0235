"""Carried values that never change: what every iteration hands over as it got it is not carried at all."""

from __future__ import annotations

from typing import Any

from ..ir.program import Block, Loop, Value, walk
from ..ir.rewrite import substitute_in_block
from ..transforms.activity import exits


def drop_invariant_carried(block: Block) -> None:
    """Replace carried values that all iterations leave alone by what they start as; in place."""
    same: dict[Value, Any] = {}
    for node in walk(block):
        if isinstance(node, Loop):
            same.update(_invariant(node))
    if same:
        substitute_in_block(block, {v: _resolve(v, same) for v in same})


def _invariant(node: Loop) -> dict[Value, Any]:
    ways = exits(node.body)
    found: dict[Value, Any] = {}
    for k, (param, init) in enumerate(zip(node.carried, node.inits)):
        if (
            ways
            and all(w[k] is param for w in ways)
            and (isinstance(init, Value) or type(init) in (int, float, bool, complex))
        ):
            found[param] = found[node.results[k]] = init
            if node.test is not None:
                found[node.test.params[k]] = init
    return found


def _resolve(v: Any, same: dict[Value, Any]) -> Any:
    while isinstance(v, Value) and v in same:
        v = same[v]
    return v
