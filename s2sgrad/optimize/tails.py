"""What follows a branch that may leave its loop is moved into the arms that go on.

So a branch that may break is always the last node of its block, which reverse mode relies on: whatever a block
does after such a branch, and what it hands over, belongs to the arms that did not break.
"""

from __future__ import annotations

from ..ir.program import Block, Branch, Terminator, Value, blocks_of, leaves
from ..ir.rewrite import copy_block
from ..transforms.activity import breaks


def sink_tails(block: Block) -> None:
    """Make every branch that may break the last node of its block, in place."""
    for node in block.nodes:
        for inner in blocks_of(node):
            sink_tails(inner)
    for k, node in enumerate(block.nodes[:-1]):
        if isinstance(node, Branch) and any(map(breaks, node.blocks)):
            tail = block.nodes[k + 1 :]
            del block.nodes[k + 1 :]
            made = {r for n in tail for r in n.results}
            _sink(node, tail, [v for v in dict.fromkeys(leaves(block.end.values)) if v in made])
            return


def _sink(node: Branch, tail: list, wanted: list[Value]) -> None:
    """Put a copy of `tail` at the end of each arm that has an end; the branch then hands out `wanted`."""
    for arm in node.blocks:
        if arm.end.kind != "yield":
            continue
        copied = copy_block(
            Block([], tail, Terminator("yield", tuple(wanted))), dict(zip(node.results, arm.end.values))
        )
        arm.nodes += copied.nodes
        arm.end = Terminator("yield", (*arm.end.values, *copied.end.values))
        sink_tails(arm)
    node.results = (*node.results, *wanted)
    for v in wanted:
        v.node = node
