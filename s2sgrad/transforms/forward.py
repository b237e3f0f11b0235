"""Forward mode: a program with tangents beside its values, in loops, branches and writes too; nothing is kept.

Several directions go in one sweep: the values are computed once, with a tangent of each direction beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..frontend.capture import Inputs
from ..ir.builder import Builder
from ..ir.program import (
    UNDEFINED,
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Node,
    Op,
    Terminator,
    Value,
    leaves,
    map_leaves,
)
from .activity import active_values, refuse_opaque
from .composites import expand_composites
from .forward_operation import DERIVATIVES
from .tangents import Algebra, Pushing, moves, types_of


@dataclass(frozen=True)
class Pushed:
    """A function with tangents: the copied results and, of each direction, their tangents (None where zero)."""

    function: Function
    results: list[Any]
    tangents: list[list[Any]]
    builder: Builder


def forward(
    function: Function,
    inputs: Inputs,
    independent: list[Value],
    directions: list[list[Value]],
    results: list[Any],
    name: str,
    functions: dict[Any, Function] | None = None,
    algebra: Algebra = DERIVATIVES,
) -> Pushed:
    """The function that runs `function` and carries tangents of `independent` along, of each of the directions."""
    active = active_values(function.body, independent, list(leaves(results)))
    while expand_composites(function, active, inputs):
        active = active_values(function.body, independent, list(leaves(results)))
    block = Block([*function.params, *[v for direction in directions for v in direction]])
    builder = Builder(block)
    builder.simplifiers = {}
    each: list[dict[Value, Any]] = [dict(zip(independent, direction)) for direction in directions]
    functions = {} if functions is None else functions
    state = Pushing(builder, inputs, algebra, active, {p: p for p in function.params}, each, functions)
    _block(state, function.body)
    values = [state.change(r) if isinstance(r, Value) else r for r in results]
    tangents = [[known.get(r) if isinstance(r, Value) else None for r in results] for known in each]
    return Pushed(Function(name, block), values, tangents, builder)


def _block(state: Pushing, source: Block) -> None:
    for node in source.nodes:
        refuse_opaque(node, state.active)
        with state.builder.at(node.loc, node.state):
            PUSH[type(node)](state, node)


def _op(state: Pushing, node: Op) -> None:
    b = state.builder
    args, kwargs = map_leaves(node.args, state.change), map_leaves(node.kwargs, state.change)
    out = b.op(node.fun, args, kwargs, node.results[0].name, types_of(node), node.effect)
    values = [out] if node.structure is None else list(out)
    for old, value in zip(node.results, values):
        state.new[old] = value
        if isinstance(value, Value) and value.extent is None:
            value.extent = old.extent
    if not any(r in state.active for r in node.results):
        return
    for _ in state.directions():
        if moves(state, (node.args, list(node.kwargs.values()))):
            _push_op(state, node, args, kwargs, out)


def _push_op(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> None:
    b, algebra = state.builder, state.algebra
    b.simplifiers = algebra.simplifiers
    tangents = algebra.of_operation(state, node, args, kwargs, out)
    b.simplifiers = {}
    for old, t in zip(node.results, [tangents] if node.structure is None else list(tangents)):
        if old in state.active and t is not None:
            fitted = state.tangents[old] = algebra.fitted(b, t, state.new[old])
            if isinstance(fitted, Value) and fitted.name is None and old.name is not None:
                fitted.name = f"{old.name}_dot"


# --- structure -----------------------------------------------------------------------------------------------------------------  # noqa: E501


def _branch(state: Pushing, node: Branch) -> None:
    b = state.builder
    moving = [k for k, r in enumerate(node.results) if r in state.active]
    made = Branch(map_leaves(node.test, state.change), Block(), Block())
    for old, new in zip(node.blocks, made.blocks):
        with b.inside(new):
            _block(state, old)
            values = map_leaves(old.end.values, state.change)
            if old.end.kind == "yield":
                values = (
                    *values,
                    *_exit_tangents(state, old.end.values, [(k, node.results[k]) for k in moving]),
                )
            elif old.end.kind == "break":
                values = (*values, *_exit_tangents(state, old.end.values, state.breaks[-1]))
            new.end = Terminator(old.end.kind, values)
    made.results = (*[_fresh(state, r) for r in node.results], *_fresh_tangents(state, node, moving))
    b.node(made)


def _exit_tangents(state: Pushing, values: Any, moving: list[tuple[int, Value]]) -> list[Any]:
    """The tangents, of each direction, of the values that move."""
    return [_exit_tangent(state, values[k], like) for _ in state.directions() for k, like in moving]


def _exit_tangent(state: Pushing, x: Any, like: Value) -> Any:
    if x is UNDEFINED or (x is None and not like.type.is_scalar):  # never made on this path
        return x
    known = state.tangents.get(x) if isinstance(x, Value) else None
    if known is not None:
        return known
    return state.algebra.zeros(state.builder, state.change(x)) if isinstance(x, Value) else 0.0


def _fresh(state: Pushing, old: Value) -> Value:
    made = Value(old.type, old.name, None, old.loc)
    made.extent = old.extent
    state.new[old] = made
    return made


def _fresh_tangent(state: Pushing, old: Value) -> Value:
    made = Value(old.type, f"{old.name}_dot" if old.name else None)
    state.tangents[old] = made
    return made


def _fresh_tangents(state: Pushing, node: Node, moving: list[int]) -> list[Value]:
    """New tangents, of each direction, of the results that move."""
    return [_fresh_tangent(state, node.results[k]) for _ in state.directions() for k in moving]


def _loop(state: Pushing, node: Loop) -> None:
    b = state.builder
    pairs = enumerate(zip(node.carried, node.results))
    moving = [(k, p) for k, (p, r) in pairs if p in state.active or r in state.active]
    inits = [*[map_leaves(i, state.change) for i in node.inits], *_exit_tangents(state, node.inits, moving)]
    body = Block()
    made = Loop(map_leaves(node.domain, state.change), None, inits, body)
    body.params = [_fresh(state, p) for p in node.body.params]
    carried = [_fresh_tangent(state, p) for _ in state.directions() for _, p in moving]
    body.params += carried
    if node.test is not None:
        made.test = Block([*[_fresh(state, p) for p in node.test.params], *[Value(t.type) for t in carried]])
        with b.inside(made.test):
            _block(state, node.test)
            made.test.end = Terminator("yield", map_leaves(node.test.end.values, state.change))
    state.breaks.append(moving)
    with b.inside(body):
        _block(state, node.body)
        values = map_leaves(node.body.end.values, state.change)
        if node.body.end.kind in ("yield", "break"):
            values = (*values, *_exit_tangents(state, node.body.end.values, moving))
        body.end = Terminator(node.body.end.kind, values)
    state.breaks.pop()
    results = _fresh_tangents(state, node, [k for k, _ in moving])
    made.results = [*[_fresh(state, r) for r in node.results], *results]
    b.node(made)


def _call(state: Pushing, node: Call) -> None:
    b = state.builder
    args = map_leaves(node.args, state.change)
    results = tuple(_fresh(state, r) for r in node.results)
    mask = tuple(isinstance(a, Value) and state.tangents.get(a) is not None for a in node.args)
    moving = [k for k, r in enumerate(node.results) if r in state.active]
    if not any(mask) or not moving:
        b.node(Call(node.function, args, results))
        return
    pushed = _push_function(state, node.function, mask, tuple(moving))
    moved = [state.tangents[a] for _ in state.directions() for a, on in zip(node.args, mask) if on]
    b.node(Call(pushed, (*args, *moved), (*results, *_fresh_tangents(state, node, moving))))


def _push_function(
    state: Pushing, function: Function, mask: tuple[bool, ...], moving: tuple[int, ...]
) -> Function:
    """The form of a called function that takes and returns tangents too."""
    key = (function, mask, moving)
    if key not in state.functions:
        made = state.functions[key] = Function(f"{function.name}_forward", Block())
        independent = [p for p, on in zip(function.params, mask) if on]
        directions = [
            [Value(p.type, f"{p.name}_dot" if p.name else None) for p in independent] for _ in state.each
        ]
        results = list(function.results)
        pushed = forward(
            function,
            state.inputs,
            independent,
            directions,
            results,
            made.name,
            state.functions,
            state.algebra,
        )
        made.body = pushed.function.body
        tangents = [
            state.algebra.zeros(pushed.builder, pushed.results[k]) if known[k] is None else known[k]
            for known in pushed.tangents
            for k in moving
        ]
        made.body.end = Terminator("return", (*pushed.results, *tangents))
    return state.functions[key]


PUSH: dict[type, Callable[..., None]] = {Op: _op, Branch: _branch, Loop: _loop, Call: _call}
__all__ = ["Node", "Pushed", "forward"]
