"""Dead code: what reaches no result, no effect and no exit is dropped, inside loops and branches too."""

from __future__ import annotations

from ..ir.program import (
    UNDEFINED,
    Block,
    Branch,
    Function,
    Loop,
    Node,
    Op,
    Terminator,
    Value,
    is_impure,
    leaves,
    operands,
)
from ..table.registry import IMPURE


def remove_dead_code(function: Function, results: list) -> None:
    """Keep only what `results` need; in place."""
    live: set[Value] = set(leaves(results)) | set(leaves(function.body.end.values))
    _sweep(function.body, live)


def _sweep(block: Block, live: set[Value]) -> None:
    kept: list[Node] = []
    for node in reversed(block.nodes):
        if _keep(node, live):
            kept.append(node)
    block.nodes = kept[::-1]


def _keep(node: Node, live: set[Value]) -> bool:
    if isinstance(node, Op):
        if node.effect != IMPURE and not any(r in live for r in node.results):
            return False
        live.update(operands(node))
        return True
    leaves_loop = isinstance(node, Branch) and any(_exits(b) for b in node.blocks)
    if not leaves_loop and not is_impure(node) and not any(r in live for r in node.results):
        return False
    if isinstance(node, Branch):
        _sweep_branch(node, live)
    elif isinstance(node, Loop):
        _sweep_loop(node, live)
    live.update(operands(node))
    return True


def _sweep_branch(node: Branch, live: set[Value]) -> None:
    used = [k for k, r in enumerate(node.results) if r in live]
    node.results = tuple(node.results[k] for k in used)
    for block in node.blocks:
        if block.end.kind == "yield":
            block.end = Terminator("yield", tuple(block.end.values[k] for k in used))
        live.update(leaves(block.end.values))
        _sweep(block, live)


def _sweep_loop(node: Loop, live: set[Value]) -> None:
    used = _live_slots(node, live)
    if len(used) < len(node.carried):
        _keep_slots(node, used)
    for block in node.blocks:
        _mark_exits(block, live)
        _sweep(block, live)


def _live_slots(node: Loop, live: set[Value]) -> list[int]:
    """The carried values that matter: a result that is used, or what such a one is computed from."""
    carried = node.carried
    wanted = {k for k, r in enumerate(node.results) if r in live}
    while True:
        needed = _needed_in(node, wanted)
        more = {k for k, p in enumerate(carried) if p in needed} - wanted
        if not more:
            return sorted(wanted)
        wanted |= more


def _needed_in(node: Loop, wanted: set[int]) -> set[Value]:
    """The values that an iteration reads to make the wanted slots, its test and its effects."""
    needed: set[Value] = set()
    if node.test is not None:
        inner: set[Value] = set(leaves(node.test.end.values))
        _mark(node.test, inner, wanted)
        back = dict(zip(node.test.params, node.carried))
        needed |= {back.get(v, v) for v in inner}
    _mark(node.body, needed, wanted)
    return needed


def _mark(block: Block, needed: set[Value], wanted: set[int]) -> None:
    if block.end.kind in ("yield", "break"):
        needed.update(leaves([v for k, v in enumerate(block.end.values) if k in wanted]))
    else:
        needed.update(leaves(block.end.values))
    _mark_nodes(block, needed, wanted)


def _mark_nodes(block: Block, needed: set[Value], wanted: set[int]) -> None:
    for node in reversed(block.nodes):
        if isinstance(node, Op):
            if node.effect == IMPURE or any(r in needed for r in node.results):
                needed.update(operands(node))
        elif isinstance(node, Branch):
            _mark_branch(node, needed, wanted)
        elif is_impure(node) or any(r in needed for r in node.results):
            if isinstance(node, Loop):
                slots = set(_live_slots(node, needed))
                needed.update(leaves((node.domain or (), [node.inits[k] for k in slots], node.keep)))
                needed |= _needed_in(node, slots)
            else:
                needed.update(operands(node))


def _mark_branch(node: Branch, needed: set[Value], wanted: set[int]) -> None:
    leaves_loop = any(_exits(b) for b in node.blocks)
    if not (leaves_loop or is_impure(node) or any(r in needed for r in node.results)):
        return
    needed.update(operands(node))
    for block in node.blocks:
        if block.end.kind == "yield":
            needed.update(leaves([v for r, v in zip(node.results, block.end.values) if r in needed]))
        elif block.end.kind == "break":
            needed.update(leaves([v for k, v in enumerate(block.end.values) if k in wanted]))
        else:
            needed.update(leaves(block.end.values))
        _mark_nodes(block, needed, wanted)


def _exits(block: Block) -> bool:
    return block.end.kind == "break" or any(
        _exits(b) for n in block.nodes if isinstance(n, Branch) for b in n.blocks
    )


def _keep_slots(node: Loop, used: list[int]) -> None:
    offset = 1 if node.domain is not None else 0
    node.body.params = [*node.body.params[:offset], *[node.body.params[offset + k] for k in used]]
    if node.test is not None:
        node.test.params = [node.test.params[k] for k in used]
    node.inits = [node.inits[k] for k in used]
    node.sums = sum(1 for k in used if k >= len(node.results) - node.sums)
    node.results = [node.results[k] for k in used]
    _keep_exit_slots(node.body, used)


def _keep_exit_slots(block: Block, used: list[int], top: bool = True) -> None:
    if block.end.kind == "break" or (top and block.end.kind == "yield"):
        block.end = Terminator(block.end.kind, tuple(block.end.values[k] for k in used))
    for node in block.nodes:
        if isinstance(node, Branch):
            for inner in node.blocks:
                _keep_exit_slots(inner, used, top=False)


def _mark_exits(block: Block, live: set[Value]) -> None:
    live.update(v for v in leaves(block.end.values) if v is not UNDEFINED)
    for node in block.nodes:
        if isinstance(node, Branch):
            for inner in node.blocks:
                if inner.end.kind == "break":
                    live.update(leaves(inner.end.values))
                if _exits(inner):
                    live.update(operands(node))
                    _mark_exits_inner(inner, live)


def _mark_exits_inner(block: Block, live: set[Value]) -> None:
    for node in block.nodes:
        if isinstance(node, Branch) and any(_exits(b) for b in node.blocks):
            live.update(operands(node))
            for inner in node.blocks:
                if inner.end.kind == "break":
                    live.update(leaves(inner.end.values))
                _mark_exits_inner(inner, live)
