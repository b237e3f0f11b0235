"""Who reads a value."""

from __future__ import annotations

from typing import Any

from .program import Block, Value, blocks_of, leaves, operands


def uses_of(block: Block) -> dict[Value, list[Any]]:
    """The readers of each value in a block and the blocks inside, ends of blocks included."""
    uses: dict[Value, list[Any]] = {}

    def visit(b: Block) -> None:
        for node in b.nodes:
            for v in operands(node):
                uses.setdefault(v, []).append(node)
            for inner in blocks_of(node):
                visit(inner)
        for v in leaves(b.end.values):
            uses.setdefault(v, []).append(b)

    visit(block)
    return uses
