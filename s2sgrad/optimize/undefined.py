"""Names that are not bound on every path: `None` stands in where a missing value would have to be handed on.

A value that is only read where it exists needs nothing. One that a block hands over, bound or not, must exist:
copying a Python name that was never assigned would raise where the original does not.
"""

from __future__ import annotations

from typing import Any

from ..frontend.primitives import zeros_if_made
from ..ir.program import UNDEFINED, Block, Branch, Loop, Op, Terminator, Value, leaves, walk
from ..transforms.activity import breaks, exits


def settle_undefined(block: Block) -> None:
    """Replace missing values that are handed on by `None`, in place."""
    nodes = [n for n in walk(block) if isinstance(n, (Branch, Loop))]
    missing: set[Value] = set()
    size = -1
    while size != len(missing):
        size = len(missing)
        for node in nodes:
            missing.update(r for r, sources in _sources(node) if any(_may_miss(s, missing) for s in sources))
    if not missing:
        return
    handed = _handed_on(nodes, missing)
    handed.update(
        v
        for n in walk(block)
        if isinstance(n, Op) and n.fun is zeros_if_made
        for v in leaves(n.args)
        if v in missing
    )
    for node in nodes:
        _fill(node, handed)


def _may_miss(x: Any, missing: set[Value]) -> bool:
    return x is UNDEFINED or (isinstance(x, Value) and x in missing)


def _sources(node: Branch | Loop) -> list[tuple[Value, list[Any]]]:
    """What each result (and each carried value) of a node may be."""
    if isinstance(node, Branch):
        ends = [b.end.values for b in node.blocks if b.end.kind == "yield"]
        return [(r, [values[k] for values in ends]) for k, r in enumerate(node.results)]
    ways = exits(node.body)
    out: list[tuple[Value, list[Any]]] = []
    for k, (param, init, result) in enumerate(zip(node.carried, node.inits, node.results)):
        sources = [init, *[w[k] for w in ways]]
        out += [(param, sources), (result, sources)]
    return out


def _handed_on(nodes: list[Branch | Loop], missing: set[Value]) -> set[Value]:
    """Missing values that reach the end of a block, or start a loop, under another name than their own."""
    found: set[Value] = set()
    for node in nodes:
        if isinstance(node, Branch):
            for b in node.blocks:
                found.update(v for v in leaves(b.end.values) if v in missing)
            continue
        for k, param in enumerate(node.carried):
            passed = [node.inits[k], *[w[k] for w in exits(node.body)]]
            found.update(v for v in leaves(passed) if v in missing and v is not param)
    return found


def _fill(node: Branch | Loop, handed: set[Value]) -> None:
    if isinstance(node, Branch):
        places = [k for k, r in enumerate(node.results) if r in handed]
        for b in node.blocks:
            if b.end.kind == "yield" and places:
                b.end = _filled(b.end, places)
        return
    places = [k for k, (p, r) in enumerate(zip(node.carried, node.results)) if p in handed or r in handed]
    for k in places:
        node.inits[k] = None if node.inits[k] is UNDEFINED else node.inits[k]
    if places:
        for b in [node.body, *_breaking(node.body)]:
            if b.end.kind in ("yield", "break"):
                b.end = _filled(b.end, places)


def _breaking(block: Block) -> list[Block]:
    inner = [b for n in block.nodes if isinstance(n, Branch) for b in n.blocks if breaks(b)]
    return [b for b in inner if b.end.kind == "break"] + [x for b in inner for x in _breaking(b)]


def _filled(end: Terminator, places: list[int]) -> Terminator:
    return Terminator(
        end.kind, tuple(None if k in places and v is UNDEFINED else v for k, v in enumerate(end.values))
    )
