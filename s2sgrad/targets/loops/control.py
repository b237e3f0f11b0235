"""Blocks, loops, branches and calls of a program as compiled Python."""

from __future__ import annotations

import operator
from typing import Any

import gast

from ...errors import JitError
from ...ir.program import UNDEFINED, Block, Branch, Call, Loop, Op, Value, free_values, leaves
from ...ir.types import Type
from ..control_flow import is_minus_one, is_one_less, negation
from ..spelling import LOAD, STORE, call, constant, dotted, name
from .calls import empty_list, write_op
from .chunked_loops import loop_in_chunks
from .kernel import Kernel, empty, is_array, is_number, place_of, refuse
from .nests import adds_after, write_additions, write_nest
from .order import only_subscripts, order_is_free, runs_over_naturals
from .plan import Nest, plan_block
from .texts import write_raise

Tree = Any


def write_block(k: Kernel, block: Block) -> None:
    """All steps of a block."""
    plan = plan_block(k.found, block)
    outer, k.handed = (
        k.handed,
        set(leaves(block.end.values)) if block.end.kind in ("yield", "break") else set(),
    )
    k.lazy |= plan.lazy
    for run in runs_of(k, plan.steps):
        try:
            write_step(k, run)
        except JitError as error:
            raise located(error, run[0]) from None
    k.handed = outer


def runs_of(k: Kernel, steps: list[Any]) -> list[list[Any]]:
    """The steps, those together that are additions to one array."""
    out: list[list[Any]] = []
    for step in steps:
        apart = k.parallel and not k.frames  # each among threads
        if out and not apart and adds_after(k, out[-1][-1], step):
            out[-1].append(step)
        else:
            out.append([step])
    return out


def write_step(k: Kernel, run: list[Any]) -> None:
    """Loop nests, or a node that stands alone."""
    step = run[0]
    if len(run) > 1:
        write_additions(k, run)
        return
    if isinstance(step, Nest):
        write_nest(k, step)
        return
    if k.depth and any(v in k.serial for v in free_values(step)):
        k.serial.update(step.results)
    NODES[type(step)](k, step)


def located(error: JitError, step: Any) -> JitError:
    """The error with a place in the user's source: that of the step, unless it has one."""
    nodes = [root.node for root in step.roots] if isinstance(step, Nest) else [step]
    found = next((place_of(n) for n in nodes if place_of(n) is not None), None)
    return error if error.location is not None or found is None else JitError(error.message, found)


def placeholder(k: Kernel, t: Type) -> Tree:
    """A value of a type where no value is ever read."""
    if t.kind == "list":
        return empty_list(k, t.item)
    if t.dtype is None or t.shape is None:
        raise refuse(None, "a value of unknown type")
    if not t.shape:
        return k.static(t.dtype.type(0).item() if t.dtype.kind != "b" else False)
    return empty(k, [constant(0)] * len(t.shape), t.dtype)


def start_of(k: Kernel, y: Any, t: Type, copied: bool) -> Tree:
    """What a carried value starts as, or a block hands over, for a place of this type."""
    if y is UNDEFINED or y is None:
        return placeholder(k, t)
    if isinstance(y, Value) and y in k.empties:
        return empty_list(k, t.item)
    if isinstance(y, Value) and y.type.kind in ("list", "packed"):
        tree = k.array(y)
        return call(gast.Attribute(tree, "copy", LOAD)) if copied else tree
    if is_array(y):
        tree = k.array(y)
        if t.dtype is not None and y.type.dtype != t.dtype:
            raise refuse(y.node, "whose dtype changes")
        if copied:
            return call(gast.Attribute(tree, "copy", LOAD))
        if y in k.given or (isinstance(y.node, Op) and may_have_gaps(y.node)):
            k.parts.use_numpy()
            return call(dotted("np.ascontiguousarray"), tree)
        return tree
    if not is_number(y):
        raise refuse(getattr(y, "node", None), "a value of unknown type")
    if t.shape:
        raise refuse(getattr(y, "node", None), "a number where another path has an array")
    return k.number_of(y, t)


def may_have_gaps(op: Op) -> bool:
    from .access import VIEWS

    return op.fun in VIEWS


def hand_over(k: Kernel, block: Block, targets: Any, node: Any) -> None:
    """Assign what a block hands over to the names it goes by, all at once; then leave as it says."""
    kind = block.end.kind
    if kind in ("yield", "break"):
        targets = k.carried if kind == "break" else targets
        pairs = []
        for t, y in zip(targets, block.end.values):
            if y is UNDEFINED:
                continue
            tree = accumulated(k, t, y) if isinstance(node, Loop) else None
            tree = start_of(k, y, t.type, False) if tree is None else tree
            if not (isinstance(tree, gast.Name) and tree.id == k.labels[t]):
                pairs.append((k.labels[t], tree))
        parallel_assign(k, pairs)
        if kind == "break":
            k.out.append(gast.Break())
    elif kind == "raise":
        write_raise(k, block.end.values[0], node)
    elif kind != "unreachable":
        raise refuse(node)


def accumulated(k: Kernel, t: Value, y: Any) -> Tree | None:
    """A sum that its loop does nothing else with, `s = s + e`: its additions may be reassociated."""
    op = y.node if isinstance(y, Value) else None
    if (
        not isinstance(op, Op)
        or op.fun not in (operator.add, operator.sub)
        or k.uses.get(t) != 1
        or y not in k.trees
    ):
        return None
    if (
        t.type.dtype is None
        or t.type.dtype.kind not in "fc"
        or y.type.dtype != t.type.dtype
        or k.uses.get(y) != 1
    ):
        return None
    a, b = op.args
    if b is t and op.fun is operator.add:
        a, b = b, a
    if a is not t:
        return None
    more = k.number_of(b, t.type)
    more = gast.UnaryOp(gast.USub(), more) if op.fun is operator.sub else more
    return call(k.parts.vector_function("add"), name(k.labels[t]), more)


def parallel_assign(k: Kernel, pairs: list[tuple[str, Tree]]) -> None:
    """Assignments that all read what was there before."""
    assigned: set[str] = set()
    entangled = False
    for label, tree in pairs:
        entangled = entangled or any(isinstance(n, gast.Name) and n.id in assigned for n in gast.walk(tree))
        assigned.add(label)
    if entangled:
        left = gast.Tuple([name(label, STORE) for label, _ in pairs], STORE)
        k.statement(gast.Assign([left], gast.Tuple([tree for _, tree in pairs], LOAD), None))
        k.defined |= assigned
        return
    for label, tree in pairs:
        k.assign(label, tree)


def write_loop(k: Kernel, node: Loop) -> None:
    """`for ... in range(...)` or `while`."""
    pairs = []
    for j, (param, init, result) in enumerate(zip(node.carried, node.inits, node.results)):
        copied = (node, j) in k.found.copied_starts
        if not copied and takes_over(k, init, param.type):
            k.labels[param] = k.labels[result] = k.labels[init]
            continue
        tree = start_of(k, init, param.type, copied)
        label = k.fresh(result.name or param.name)
        k.labels[param] = k.labels[result] = label
        pairs.append((label, tree))
    parallel_assign(k, pairs)
    enclosing, k.carried = k.carried, node.carried
    k.serial.update(node.carried)
    k.depth += 1
    if node.domain is not None:
        _counted(k, node)
    else:
        _conditional(k, node)
    k.carried = enclosing
    k.depth -= 1


def takes_over(k: Kernel, init: Any, t: Type) -> bool:
    """Whether a start is read by its loop alone, so that what the loop carries may go by its name."""
    if not isinstance(init, Value) or init in k.given or k.uses.get(init) != 1 or init not in k.labels:
        return False
    if init in k.lazy or init in k.trees:
        return False
    same = init.type.kind == t.kind or (is_number(init) and t.shape == ())
    return (
        same and init.type.dtype == t.dtype and not (isinstance(init.node, Op) and may_have_gaps(init.node))
    )


def _counted(k: Kernel, node: Loop) -> None:
    assert node.domain is not None
    bounds = [k.scalar(x) for x in node.domain]
    index = node.body.params[0]
    k.labels[index] = k.fresh(index.name or "i") if k.uses.get(index) else "_"
    runs = k.labels[index]
    if is_minus_one(bounds[2]) and order_is_free(node):
        bounds = [plus_one(bounds[1]), plus_one(bounds[0]), constant(1)]
    start, _, step = bounds
    if runs_over_naturals(node.domain, k.natural):
        k.natural.add(index)
    forward = isinstance(step, gast.Constant) and step.value == 1 and index in k.natural
    shifted = forward and not isinstance(start, gast.Constant) and only_subscripts(node.body, index)
    if shifted:
        runs = k.fresh(index.name or "i")
    with k.loop({k.labels[p] for p in node.carried} | {runs, k.labels[index]}) as body:
        frame = k.frames[-1]
        if shifted:  # not negative, which the machine-code compiler could not know
            k.parts.use_numpy()
            k.assign(k.labels[index], call(dotted("np.uint64"), name(runs)))
        write_block(k, node.body)
        hand_over(k, node.body, node.carried, node)
    shared_out = loop_in_chunks(k, node, runs, bounds, body, frame)
    if shared_out is not None:
        for statement in shared_out:
            k.statement(statement, node)
        return
    k.statement(gast.For(name(runs, STORE), counted(bounds), body or [gast.Pass()], [], None), node)


def plus_one(tree: Tree) -> Tree:
    if is_minus_one(tree):
        return constant(0)
    if is_one_less(tree):
        return tree.left
    return gast.BinOp(tree, gast.Add(), constant(1))


def counted(bounds: list[Tree]) -> Tree:
    start, stop, step = bounds
    if isinstance(step, gast.Constant) and step.value == 1:
        first = isinstance(start, gast.Constant) and start.value == 0
        return call(name("range"), *([stop] if first else [start, stop]))
    return call(name("range"), start, stop, step)


def _conditional(k: Kernel, node: Loop) -> None:
    test = node.test
    assert test is not None
    with k.loop({k.labels[p] for p in node.carried}) as body:
        for a, b in zip(test.params, node.carried):
            k.labels[a] = k.labels[b]
        write_block(k, test)
        tree = k.scalar(test.end.values[0])
        before = list(body)
        body.clear()
        write_block(k, node.body)
        hand_over(k, node.body, node.carried, node)
    if before:
        body = [*before, gast.If(negation(tree), [gast.Break()], []), *body]
        tree = constant(True)
    if isinstance(tree, gast.Constant):
        # Numba 0.68 takes the wrong version of a variable that `while True` changes before a `break`.
        label = k.fresh("running")
        k.assign(label, tree)
        tree = name(label)
    k.statement(gast.While(tree, body or [gast.Pass()], []), node)


def write_branch(k: Kernel, node: Branch) -> None:
    """`if`: the results have one name, whichever arm makes them."""
    test = k.scalar(node.test)
    for r in node.results:
        k.labels[r] = k.fresh(r.name)
    arms = []
    for inner in node.blocks:
        with k.body() as body:
            write_block(k, inner)
            hand_over(k, inner, node.results, node)
        arms.append(body)
    then, orelse = arms
    if not then and not orelse:
        return
    if not then:
        test, then, orelse = negation(test), orelse, []
    k.statement(gast.If(test, then, orelse), node)


def write_call(k: Kernel, node: Call) -> None:
    """A call of another function of the program."""
    args = []
    for place, a in enumerate(node.args):
        want = node.function.params[place].type
        args.append(start_of(k, a, want, (node, place) in k.found.copied_args))
    args += [name(label) for label in k.parts.stacks.labels]
    tree = call(name(k.parts.functions[node.function]), *args)
    targets = [name(k.label(r), STORE) for r in node.results]
    target = targets[0] if len(targets) == 1 else gast.Tuple(targets, STORE)
    k.statement(gast.Assign([target], tree, None), node)


NODES: dict[type, Any] = {Op: write_op, Loop: write_loop, Branch: write_branch, Call: write_call}
__all__ = ["NODES", "write_block"]
