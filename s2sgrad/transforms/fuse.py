"""Loops whose iterations owe each other only a sum: forward and backward in one loop, nothing kept.

Where every carried value that matters is a scalar that iterations only add to, `s = s + e`, the cotangent of
`s` is the same in every iteration. The adjoint of an iteration then needs nothing but that iteration, and runs
right after it. If the cotangent is not known yet, it is taken as one and the sums are scaled afterwards.
"""

from __future__ import annotations

import operator
from typing import Any

from ..ir.program import Block, Branch, Loop, Op, Value, free_values, leaves
from .activity import exits


def is_sum(node: Loop, k: int) -> bool:
    """Whether iterations only add to the carried value number `k`: its cotangent never changes."""
    param = node.carried[k]
    if not param.type.is_scalar or node.domain is None or node.body.end.kind != "yield":
        return False
    if len(exits(node.body)) != 1:
        return False
    return _adds_to(node.body, node.body.end.values[k], param) and _reads(node.body, param) == 1


def _adds_to(block: Block, y: Any, start: Value) -> bool:
    """Whether `y` is `start` plus terms, each partial sum read only by the next."""
    while y is not start:
        if not isinstance(y, Value) or y.node is None or y.node not in block.nodes or _reads(block, y) != 1:
            return False
        found = STEPS.get(type(y.node))
        if found is None:
            return False
        y = found(y.node, y, start)
        if y is None:
            return False
    return True


def _through_op(node: Op, y: Value, start: Value) -> Any:
    """The partial sum before an addition or subtraction: the operand that leads back to the start."""
    if node.fun is operator.sub:
        return node.args[0]
    if node.fun is not operator.add:
        return None
    for a in node.args:
        if isinstance(a, Value) and (a is start or leads_to(a, start)):
            return a
    return None


def leads_to(v: Value, start: Value) -> bool:
    """Whether a value is made from `start` by additions and loops alone."""
    while v is not start:
        node = v.node
        if isinstance(node, Op) and node.fun in (operator.add, operator.sub):
            back = [a for a in node.args if isinstance(a, Value) and (a is start or a.node is not None)]
            nearer = [a for a in back if a is start or _made_of(a, start)]
            if len(nearer) != 1:
                return False
            v = nearer[0]
        elif isinstance(node, Loop) and v in node.results:
            init = node.inits[node.results.index(v)]
            if not isinstance(init, Value):
                return False
            v = init
        else:
            return False
    return True


def _made_of(v: Value, start: Value, depth: int = 0) -> bool:
    if v is start:
        return True
    node = v.node
    if depth > 8 or node is None:
        return False
    if isinstance(node, Loop):
        init = node.inits[node.results.index(v)] if v in node.results else None
        return isinstance(init, Value) and _made_of(init, start, depth + 1)
    if isinstance(node, Op) and node.fun in (operator.add, operator.sub):
        return any(isinstance(a, Value) and _made_of(a, start, depth + 1) for a in node.args)
    return False


def _through_loop(node: Loop, y: Value, start: Value) -> Any:
    k = node.results.index(y)
    return node.inits[k] if is_sum(node, k) else None


def _through_branch(node: Branch, y: Value, start: Value) -> Any:
    """The partial sum before a branch both of whose arms only add to it, or leave it."""
    k = node.results.index(y)
    found = None
    for block in node.blocks:
        if block.end.kind != "yield" or not isinstance(block.end.values[k], Value):
            return None
        before = _before_arm(block, block.end.values[k])
        if before is None or (found is not None and before is not found):
            return None
        found = before
    return found


def _before_arm(block: Block, y: Value) -> Value | None:
    while y.node is not None and y.node in block.nodes:
        node = y.node
        if not isinstance(node, Op) or node.fun not in (operator.add, operator.sub) or _reads(block, y) != 1:
            return None
        inner = [
            a for a in node.args if isinstance(a, Value) and (a.node is None or a.node not in block.nodes)
        ]
        chain = [
            a for a in node.args if isinstance(a, Value) and a.node is not None and a.node in block.nodes
        ]
        if (
            node.fun is operator.sub
            or len(inner) == 1
            and not any(_reads(block, c) == 1 and _is_partial(c) for c in chain)
        ):
            y = node.args[0] if node.fun is operator.sub else inner[0]
            if not isinstance(y, Value):
                return None
        else:
            return None
    return y


def _is_partial(v: Value) -> bool:
    return isinstance(v.node, Op) and v.node.fun in (operator.add, operator.sub)


def _reads(block: Block, v: Value) -> int:
    """How many nodes of a block, and values it hands over, read a value."""
    return sum(1 for node in block.nodes for x in free_values_once(node) if x is v) + sum(
        1 for x in leaves(block.end.values) if x is v
    )


def free_values_once(node: Any) -> list[Value]:
    if isinstance(node, Op):
        return list(leaves(tuple(node.operands)))
    inner = [v for b in getattr(node, "blocks", ()) for v in _block_reads(b)]
    return [*leaves(tuple(node.operands)), *inner]


def _block_reads(block: Block) -> list[Value]:
    """Every read of a value from outside, repeated as often as it happens."""
    out: list[Value] = []
    for node in block.nodes:
        out.extend(free_values_once(node))
    out.extend(leaves(block.end.values))
    return out


STEPS: dict[Any, Any] = {Op: _through_op, Loop: _through_loop, Branch: _through_branch}
__all__ = ["free_values", "is_sum"]
