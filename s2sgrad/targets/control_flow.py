"""Branches and loops as statements: one name for all versions of what they carry."""

from __future__ import annotations

import functools
from typing import Any

import gast

from ..ir.program import UNDEFINED, Block, Branch, Loop, Op, Value, free_values, free_values_of_block, leaves
from .expressions import copy_of, operand
from .names import span_of
from .ownership import WRITES
from .places import INSIDE, READ, Span
from .printer import Printer, inner_block, labelled_leaves, statement
from .spelling import STORE, call, constant, name
from .statements import NODES, print_block


def print_branch(p: Printer, node: Branch, k: int, block: Block) -> None:
    """`if`; results have one name, whichever arm makes them."""
    test = operand(p, node.test).tree
    _name_results(p, node)
    arms = []
    for inner in node.blocks:
        arms.append(inner_block(p, node, functools.partial(_print_arm, p, node, inner)))
    then, orelse = arms
    if not then and not orelse:
        return
    if not then:
        test, then, orelse = negation(test), orelse, []
    statement(p, gast.If(test, then, orelse), node)


def _print_arm(p: Printer, node: Branch, inner: Block) -> None:
    name_yields(p, inner, p.carried if inner.end.kind == "break" else node.results)
    print_block(p, inner)
    hand_over(p, inner, node.results, node)


def negation(test: Any) -> Any:
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    return gast.UnaryOp(gast.Not(), test)


def _name_results(p: Printer, node: Branch) -> None:
    """The names of a branch's results: first of arrays that an arm writes in place, whose names are settled."""
    bases = [_written_base(p, node, position) for position in range(len(node.results))]
    for r, base in zip(node.results, bases):
        if r in p.labels or base is None or p.labels[base] in map(p.labels.get, node.results):
            continue
        if not p.names.is_promised(p.labels[base], span_of(p.places, r)):
            p.labels[r] = p.labels[base]
            p.names.hold(p.labels[r], span_of(p.places, r))
    for position, r in enumerate(node.results):
        yields = [b.end.values[position] for b in node.blocks if b.end.kind == "yield"]
        if r in p.labels:
            continue
        if any(y is UNDEFINED for y in yields):  # what is read there is an error: never another value's
            p.labels[r] = p.names.fresh(p.wish(r))
        else:
            p.labels[r] = p.names.of_value(p.wish(r), span_of(p.places, r))


def _written_base(p: Printer, node: Branch, position: int) -> Value | None:
    """An array that an arm writes in place and hands over as a result."""
    for block in node.blocks:
        if block.end.kind == "yield" and isinstance(block.end.values[position], Value):
            base = in_place_base(p, block, block.end.values[position])
            if base is not None and base in p.labels:
                return base
    return None


def in_place_base(p: Printer, block: Block, y: Value) -> Value | None:
    """The outer array that `y` is a version of, written in place in this block."""
    written = False
    while (
        isinstance(y.node, Op)
        and y.node.fun in WRITES
        and y is y.node.results[0]
        and y.node in p.found.in_place
        and y.node in block.nodes
    ):
        y, written = y.node.args[0], True
    return y if written and (y.node is None or y.node not in block.nodes) else None


def name_yields(p: Printer, block: Block, targets: Any) -> None:
    """Give values a block hands over the names they are handed over under, where nothing else needs those."""
    if block.end.kind not in ("yield", "break"):
        return
    last_read = labels_read(p, block, {p.labels[t] for t in targets if t in p.labels})
    for t, y in zip(targets, block.end.values):
        if not isinstance(y, Value) or y in p.labels or not _made_here(p, block, y):
            continue
        if sum(1 for other in block.end.values if other is y) > 1:
            continue
        if last_read.get(p.labels[t], -1) <= block.nodes.index(y.node):
            p.labels[y] = p.labels[t]
            p.names.hold(p.labels[y], span_of(p.places, y))


def _made_here(p: Printer, block: Block, y: Value) -> bool:
    """Whether a value is the result of an ordinary operation of a block."""
    if not isinstance(y.node, Op) or y.node not in block.nodes or y.node.structure is not None:
        return False
    return in_place_base(p, block, y) is None and not (y.node.fun in WRITES and y.node in p.found.in_place)


def labels_read(p: Printer, block: Block, labels: set[str]) -> dict[str, int]:
    """For each of these names: the last place in a block where a value that has it is read."""
    last: dict[str, int] = {}
    heirs: dict[Value, str] = {}  # values that will take a name over when they are printed
    for k, node in enumerate(block.nodes):
        for v in free_values(node):
            for x in [v, *labelled_leaves(p, v)]:
                label = p.labels.get(x, heirs.get(x))
                if label in labels:
                    last[label] = k
        heirs.update(_heirs(p, node, heirs))
    for v in leaves(block.end.values):
        label = p.labels.get(v, heirs.get(v))
        if label in labels:
            last[label] = len(block.nodes)
    return last


def _heirs(p: Printer, node: Any, heirs: dict[Value, str]) -> dict[Value, str]:
    """The results of a node that may go by the name of what they are a version of."""
    if isinstance(node, Op):
        pairs = [(node.args[0], node.results[0])] if node.fun in WRITES and node in p.found.in_place else []
    elif isinstance(node, Loop):
        pairs = list(zip(node.inits, node.results))
    elif isinstance(node, Branch):
        pairs = [
            (y, r) for b in node.blocks if b.end.kind == "yield" for y, r in zip(b.end.values, node.results)
        ]
        pairs = [(_version_of(p, y), r) for y, r in pairs]
    else:
        pairs = []
    labels = [(r, p.labels.get(a, heirs.get(a))) for a, r in pairs if isinstance(a, Value)]
    return {r: label for r, label in labels if label is not None}


def _version_of(p: Printer, y: Any) -> Any:
    while isinstance(y, Value) and y.node in p.found.in_place and y is y.node.results[0]:
        y = y.node.args[0]
    return y


def hand_over(p: Printer, block: Block, targets: Any, node: Any) -> None:
    """Assign what a block hands over to the names it is handed over under, all at once."""
    if block.end.kind in ("yield", "break"):
        pairs = []
        targets = p.carried if block.end.kind == "break" else targets
        for t, y in zip(targets, block.end.values):
            if y is UNDEFINED:
                continue
            tree = operand(p, y).tree
            if not (isinstance(tree, gast.Name) and tree.id == p.labels[t]):
                pairs.append((p.labels[t], tree))
        parallel_assign(p, pairs, node)
        if block.end.kind == "break":
            p.out.append(gast.Break())
    elif block.end.kind == "raise":
        raised = block.end.values[0]
        located = isinstance(raised, Value) and raised.loc is not None
        statement(p, gast.Raise(operand(p, raised).tree, None), raised if located else node)


def parallel_assign(p: Printer, pairs: list[tuple[str, Any]], node: Any) -> None:
    """Assignments that all read what was there before."""
    if not pairs:
        return
    targets = {label for label, _ in pairs}
    entangled = any(
        isinstance(n, gast.Name) and n.id in targets for _, tree in pairs for n in gast.walk(tree)
    )
    if entangled and len(pairs) > 1:
        left = gast.Tuple([name(label, STORE) for label, _ in pairs], STORE)
        statement(p, gast.Assign([left], gast.Tuple([tree for _, tree in pairs], gast.Load()), None), node)
        return
    for label, tree in pairs:
        statement(p, gast.Assign([name(label, STORE)], tree, None), node)


# --- loops --------------------------------------------------------------------------------------------------


def print_loop(p: Printer, node: Loop, k: int, block: Block) -> None:
    """`for ... in range(...)` or `while`."""
    _name_carried(p, node, k, block)
    domain = None if node.domain is None else [operand(p, x).tree for x in node.domain]
    if node.domain is not None:
        index = node.body.params[0]
        used = p.places.uses.get(index, 0)
        whole = Span(node.body, span_of(p.places, index).start, 4 * len(node.body.nodes))
        p.labels[index] = p.names.of_value(index.name, whole) if used else "_"
    before, test = _print_test(p, node)
    body = inner_block(p, node, lambda: _print_body(p, node))
    body = [*before, *body] or [gast.Pass()]
    if domain is not None:
        target = name(p.labels[node.body.params[0]], STORE)
        unused = not p.places.uses.get(node.body.params[0], 0)
        statement(p, gast.For(target, _range(domain, unused), body, [], None), node)
    else:
        statement(p, gast.While(test, body, []), node)


def _print_body(p: Printer, node: Loop) -> None:
    name_yields(p, node.body, node.carried)
    enclosing, p.carried = p.carried, node.carried
    print_block(p, node.body)
    hand_over(p, node.body, node.carried, node)
    p.carried = enclosing


def is_minus_one(tree: Any) -> bool:
    return (
        isinstance(tree, gast.UnaryOp) and isinstance(tree.operand, gast.Constant) and tree.operand.value == 1
    )


def is_one_less(tree: Any) -> bool:
    """Whether an expression is `n - 1`."""
    if not isinstance(tree, gast.BinOp) or not isinstance(tree.op, gast.Sub):
        return False
    return isinstance(tree.right, gast.Constant) and tree.right.value == 1


def _range(domain: list[Any], unused: bool) -> Any:
    """`range(n)`, `reversed(range(n))`, or a range with all its bounds."""
    start, stop, step = domain
    if is_minus_one(stop) and is_minus_one(step) and is_one_less(start):
        forward = call(name("range"), start.left)
        return forward if unused else call(name("reversed"), forward)
    if isinstance(step, gast.Constant) and step.value == 1:
        args = [stop] if isinstance(start, gast.Constant) and start.value == 0 else [start, stop]
    else:
        args = [start, stop, step]
    return call(name("range"), *args)


def _print_test(p: Printer, node: Loop) -> tuple[list[Any], Any]:
    """The test of a `while`: an expression, or statements at the head of a `while True`."""
    if node.test is None:
        return [], None
    test = node.test
    for a, b in zip(test.params, node.carried):
        p.labels[a] = p.labels[b]
    made = inner_block(p, node, lambda: print_block(p, test))
    tree = operand(p, test.end.values[0]).tree
    if not made:
        return [], tree
    return [*made, gast.If(negation(tree), [gast.Break()], [])], constant(True)


def _name_carried(p: Printer, node: Loop, k: int, block: Block) -> None:
    """One name for the start, the versions and the result of each carried value, with a copy where they part."""
    starts: list[tuple[str, Any]] = []
    inside = {v for b in node.blocks for v in free_values_of_block(b)}
    for j, (param, init, result) in enumerate(zip(node.carried, node.inits, node.results)):
        copied = (node, j) in p.found.copied_starts
        if init is UNDEFINED:
            label = p.names.fresh(p.wish(param))
        elif not copied and _takes_over(p, node, param, init, inside, k, block):
            label = p.labels[init]
        else:
            whole = Span(block, 4 * k + READ, span_of(p.places, result).stop)
            label = p.names.find(p.wish(param), whole)
            starts.append((label, copy_of(p, init) if copied else operand(p, init).tree))
        p.labels[param] = p.labels[result] = label
        p.names.hold(label, span_of(p.places, param))
        p.names.hold(label, span_of(p.places, result))
    parallel_assign(p, starts, node)


def _takes_over(
    p: Printer, node: Loop, param: Value, init: Any, inside: set[Value], k: int, block: Block
) -> bool:
    """Whether a start is read by this loop alone and has a name that suits, so that the loop may take it over."""
    if not isinstance(init, Value) or init not in p.labels or init in inside:
        return False
    if (
        p.places.made[init][0] is not block
        or p.places.end_of(init) > 4 * k + READ
        or node.inits.count(init) > 1
    ):
        return False
    if init.name is not None and param.name is not None and init.name != param.name:
        return False
    result = node.results[node.inits.index(init)]
    return p.names.free(p.labels[init], Span(block, 4 * k + INSIDE, span_of(p.places, result).stop))


NODES[Branch] = print_branch
NODES[Loop] = print_loop
