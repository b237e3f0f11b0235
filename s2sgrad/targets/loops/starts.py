"""What loops start from: memory of their own, where it holds nothing but one number or nothing yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...ir.program import Block, Function, Loop, Op, Value, blocks_of
from ...ir.uses import uses_of

FILLS = {np.empty, np.empty_like, np.zeros, np.zeros_like}


def separate_starts(function: Function) -> None:
    """Let every loop that starts from zeros make its own, in place: that is less than a copy of another's."""
    uses = {v: len(readers) for v, readers in uses_of(function.body).items()}
    _in_block(function.body, uses)


def _in_block(block: Block, uses: dict[Value, int]) -> None:
    out = []
    for node in block.nodes:
        for inner in blocks_of(node):
            _in_block(inner, uses)
        if isinstance(node, Loop):
            for j, init in enumerate(node.inits):
                made = init.node if isinstance(init, Value) else None
                if isinstance(made, Op) and made.fun in FILLS and init.type.shape and uses.get(init, 0) > 1:
                    own = Value(init.type, init.name, None, init.loc)
                    own.node = replace(made, results=(own,))
                    out.append(own.node)
                    node.inits[j] = own
        out.append(node)
    block.nodes = out
