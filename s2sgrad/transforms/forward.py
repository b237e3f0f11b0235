"""Forward mode: a program with tangents beside its values, in loops, branches and writes too; nothing is kept.

The tangent of a value is None where nothing it depends on moves. An elementwise operation is pushed forward by
its pullback with the tangent in the place of the cotangent, a linear one by itself; the rest have rules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..frontend.capture import Inputs
from ..frontend.lower import lower_rule
from ..frontend.primitives import (
    list_add,
    list_append,
    list_from,
    list_of,
    list_pop,
    list_set,
    pack,
    packed_add,
    unpack,
)
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
    type_of,
)
from ..ir.types import covers
from ..optimize.simplify import DERIVATIVE
from ..table import shapes
from ..table.functional import index_set
from ..table.registry import position_of
from .activity import active_values, place, refuse_opaque
from .composites import expand_composites
from .cotangent import run_time_shape, total, zeros


@dataclass(eq=False)
class Pushing:
    """One run of forward mode over one function."""

    builder: Builder
    inputs: Inputs
    active: set[Value]
    new: dict[Value, Any] = field(default_factory=dict)
    tangents: dict[Value, Any] = field(default_factory=dict)  # original value -> its tangent
    functions: dict[Any, Function] = field(default_factory=dict)
    structural: bool = False  # carry which entries depend on which, not derivatives: see `_dependence`


@dataclass(frozen=True)
class Pushed:
    """A function with tangents: the copied results and their tangents (None where zero)."""

    function: Function
    results: list[Any]
    tangents: list[Any]
    builder: Builder


def forward(
    function: Function,
    inputs: Inputs,
    independent: list[Value],
    directions: list[Value],
    results: list[Any],
    name: str,
    functions: dict[Any, Function] | None = None,
    structural: bool = False,
) -> Pushed:
    """The function that runs `function` and carries the tangents `directions` of `independent` along."""
    active = active_values(function.body, independent, list(leaves(results)))
    while expand_composites(function, active, inputs):
        active = active_values(function.body, independent, list(leaves(results)))
    block = Block([*function.params, *directions])
    builder = Builder(block)
    builder.simplifiers = {}
    state = Pushing(
        builder,
        inputs,
        active,
        {p: p for p in function.params},
        dict(zip(independent, directions)),
        {} if functions is None else functions,
        structural=structural,
    )
    _block(state, function.body)
    values = [state.new.get(r, r) if isinstance(r, Value) else r for r in results]
    tangents = [state.tangents.get(r) if isinstance(r, Value) else None for r in results]
    return Pushed(Function(name, block), values, tangents, builder)


def _change(state: Pushing) -> Callable[[Value], Any]:
    return lambda v: state.new.get(v, v)


def _block(state: Pushing, source: Block) -> None:
    for node in source.nodes:
        refuse_opaque(node, state.active)
        with state.builder.at(node.loc, node.state):
            PUSH[type(node)](state, node)


def tangent_of(state: Pushing, x: Any) -> Any:
    """The tangent of an operand tree: zeros for what does not move."""
    if isinstance(x, Value):
        known = state.tangents.get(x)
        if known is not None:
            return known
        return zeros(state.builder, state.new.get(x, x)) if x.type.may_be_active else state.new.get(x, x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[tangent_of(state, item) for item in x])
    if isinstance(x, (tuple, list)):
        return type(x)([tangent_of(state, item) for item in x])
    if isinstance(x, dict):
        return {key: tangent_of(state, item) for key, item in x.items()}
    return 0.0 if isinstance(x, (int, float, complex)) and not isinstance(x, bool) else x


def moves(state: Pushing, x: Any) -> bool:
    return any(state.tangents.get(v) is not None for v in leaves(x))


# --- operations ------------------------------------------------------------------------------------------------------------  # noqa: E501


def _op(state: Pushing, node: Op) -> None:
    b = state.builder
    args, kwargs = map_leaves(node.args, _change(state)), map_leaves(node.kwargs, _change(state))
    types: Any = node.results[0].type
    if node.structure is not None:
        types = [r.type for r in node.results]
        types = node.structure(*types) if hasattr(node.structure, "_fields") else node.structure(types)
    out = b.op(node.fun, args, kwargs, node.results[0].name, types, node.effect)
    values = [out] if node.structure is None else list(out)
    for old, value in zip(node.results, values):
        state.new[old] = value
        if isinstance(value, Value) and value.extent is None:
            value.extent = old.extent
    if not any(r in state.active for r in node.results) or not moves(
        state, (node.args, list(node.kwargs.values()))
    ):
        return
    b.simplifiers = DERIVATIVE
    tangents = _tangent(state, node, args, kwargs, out)
    b.simplifiers = {}
    for old, t in zip(node.results, [tangents] if node.structure is None else list(tangents)):
        if old in state.active and t is not None:
            state.tangents[old] = _fitted(state, t, state.new[old])
            _name(state.tangents[old], old)


def _name(t: Any, old: Value) -> None:
    if isinstance(t, Value) and t.name is None and old.name is not None:
        t.name = f"{old.name}_dot"


def _fitted(state: Pushing, t: Any, value: Value) -> Any:
    """A tangent in the shape, kind and dtype of its value."""
    t = _broadcast(state, t, value)
    have, like = type_of(t), value.type
    if like.kind == "array" and like.rank == 0 and have.kind in ("scalar", "float", "complex"):
        t = state.builder.op(np.asarray, (t,))
    if like.kind != "array" or like.dtype is None or have.dtype == like.dtype:
        return t
    if have.kind not in ("array", "unknown") or (have.dtype is None and like.dtype.kind != "c"):
        return t
    if have.dtype is not None and have.dtype.kind == "c" and like.dtype.kind == "f":
        t = state.builder.op(np.real, (t,))
    return state.builder.op(shapes.astype, (t, like.dtype))


def _broadcast(state: Pushing, t: Any, value: Value) -> Any:
    shape, wanted = type_of(t).shape, value.type.shape
    if shape is None or wanted is None or shape == wanted or covers(shape, wanted) or not wanted:
        return t
    return state.builder.op(np.broadcast_to, (t, run_time_shape(state.builder, value)))


def _tangent(state: Pushing, node: Op, args: Any, kwargs: Any, out: Any) -> Any:
    special = LANGUAGE.get(node.fun)
    if special is not None:
        found = special(state, node, args, kwargs)
        if found is not NotImplemented:
            return found
    entry = node.entry
    if entry is None:
        raise _no_rule(node)
    shares = []
    for k, a in enumerate(node.args):
        if moves(state, a):
            shares.append(_share(state, node, entry, k, tangent_of(state, a), args, kwargs, out))
    for key, a in node.kwargs.items():
        if moves(state, a):
            shares.append(_share(state, node, entry, key, tangent_of(state, a), args, kwargs, out))
    return _sum(state, shares, node.structure)


def _sum(state: Pushing, shares: list[Any], structure: Any) -> Any:
    if structure is None:
        return total(state.builder, shares)
    parts = list(zip(*shares))
    return [total(state.builder, [x for x in part if x is not None]) for part in parts]


def _share(state: Pushing, node: Op, entry: Any, which: Any, t: Any, args: Any, kwargs: Any, out: Any) -> Any:
    """The share of one argument, given by position or by keyword, in the tangent of the result."""
    k = which if isinstance(which, int) else position_of(entry, which)
    if state.structural and (entry.elementwise or k not in entry.linear):
        return _dependence(state, node, entry, t, args, kwargs, out)
    if entry.jvps is None and k in entry.linear:
        return _same_call(state, node, which, t, args, kwargs)
    rules = entry.jvps if entry.jvps is not None else entry.vjps if entry.elementwise else None
    if rules is None or k is None:
        raise _no_rule(node, which)
    variadic = entry.jvps is not None and len(rules) == 1 and isinstance(which, int)
    rule = rules[k] if k < len(rules) else rules[0] if variadic else None
    if rule is None:
        raise _no_rule(node, which)
    return lower_rule(state.builder, state.inputs, rule, (t, out, *args), kwargs)


def _same_call(state: Pushing, node: Op, which: Any, t: Any, args: Any, kwargs: Any) -> Any:
    """The tangent of a linear function: itself, of the tangent."""
    if isinstance(which, int):
        return state.builder.op(node.fun, (*args[:which], t, *args[which + 1 :]), kwargs)
    return state.builder.op(node.fun, args, {**kwargs, which: t})


REDUCTIONS = {
    np.sum,
    np.max,
    np.min,
    np.prod,
    np.var,
    np.std,
    np.median,
    np.mean,
    np.nansum,
    np.nanmean,
    np.nanmax,
    np.nanmin,
    np.linalg.norm,
}


def _dependence(state: Pushing, node: Op, entry: Any, t: Any, args: Any, kwargs: Any, out: Any) -> Any:
    """A tangent that moves wherever the result may: at the same place if elementwise, along the axis of a reduction,
    else everywhere. It depends on no value, so a branch of `where` or a maximum not taken counts too."""
    b = state.builder
    if entry.elementwise:
        return t
    if (
        node.fun in REDUCTIONS
        and len(args) == 1
        and set(kwargs) <= {"axis", "keepdims"}
        and isinstance(t, Value)
    ):
        return b.op(np.sum, (t,), kwargs)
    if node.fun is np.cross and not kwargs and len(args) == 2 and type_of(out).rank:
        return b.op(operator.add, (zeros(b, out), b.op(np.sum, (t,), {"axis": -1, "keepdims": True})))
    whole: Any = 0.0
    for leaf in leaves(t):
        if leaf.type.may_be_active:
            whole = b.op(operator.add, (whole, b.op(np.sum, (leaf,))))
    spread = [
        b.op(operator.add, (zeros(b, r), whole)) if type_of(r).may_be_active else None
        for r in ([out] if node.structure is None else out)
    ]
    return spread[0] if node.structure is None else spread


def _no_rule(node: Op, argument: Any = None) -> NonDifferentiableError:
    name = node.entry.name if node.entry is not None else getattr(node.fun, "__name__", str(node.fun))
    which = "" if argument is None else f" with respect to its argument {argument!r}"
    return NonDifferentiableError(
        f"`{name}` has no forward derivative in the table{which}: give it one with `defjvp`, or hide the value with `stop_gradient`",  # noqa: E501
        place(node),
    )


# --- run-time lists, and writes -----------------------------------------------------------------------------------------------  # noqa: E501


def _same_operation(state: Pushing, node: Op, args: Any, kwargs: Any) -> Any:
    """Operations on lists act on the list of tangents as on the list."""
    if node.fun in (operator.getitem, np.array, np.asarray, np.stack) and not (
        isinstance(node.args[0], Value) and node.args[0].type.kind == "list"
    ):
        return NotImplemented
    indices = 1 if node.fun in (operator.getitem, list_set) else len(node.args)
    tangents = tuple(
        tangent_of(state, a) if k < indices or (node.fun is list_set and k == 2) else args[k]
        for k, a in enumerate(node.args)
    )
    types: Any = (
        node.results[0].type if node.structure is None else node.structure([r.type for r in node.results])
    )
    return state.builder.op(node.fun, tangents, kwargs, None, types)


def _write(state: Pushing, node: Op, args: Any, kwargs: Any) -> Any:
    base, _, v = node.args
    return state.builder.op(
        index_set, (tangent_of(state, base), args[1], tangent_of(state, v) if moves(state, v) else 0.0)
    )


LANGUAGE: dict[Any, Callable[..., Any]] = {
    fun: _same_operation
    for fun in (
        list_of,
        list_append,
        list_pop,
        list_set,
        list_from,
        pack,
        unpack,
        operator.getitem,
        np.array,
        np.asarray,
        np.stack,
    )
}
LANGUAGE[index_set] = _write
for _fun in (list_add, packed_add):
    LANGUAGE[_fun] = lambda state, node, args, kwargs: state.builder.op(
        node.fun, tuple(tangent_of(state, a) for a in node.args)
    )


# --- structure -----------------------------------------------------------------------------------------------------------------  # noqa: E501


def _branch(state: Pushing, node: Branch) -> None:
    b = state.builder
    moving = [k for k, r in enumerate(node.results) if r in state.active]
    made = Branch(map_leaves(node.test, _change(state)), Block(), Block())
    for old, new in zip(node.blocks, made.blocks):
        with b.inside(new):
            _block(state, old)
            values = map_leaves(old.end.values, _change(state))
            if old.end.kind == "yield":
                values = (
                    *values,
                    *[_exit_tangent(state, old.end.values[k]) for k in moving],
                )
            elif old.end.kind == "break":
                values = (*values, *[_exit_tangent(state, old.end.values[k]) for k, _ in BREAKS[-1]])
            new.end = Terminator(old.end.kind, values)
    made.results = tuple(_fresh(state, r) for r in node.results) + tuple(
        _fresh_tangent(state, node.results[k]) for k in moving
    )
    b.node(made)


BREAKS: list[list[tuple[int, Value]]] = []  # of the loops being copied: the carried values that move


def _exit_tangent(state: Pushing, x: Any) -> Any:
    """The tangent of what a block hands over; of nothing, nothing."""
    if x is UNDEFINED or x is None:
        return x
    known = state.tangents.get(x) if isinstance(x, Value) else None
    if known is not None:
        return known
    return zeros(state.builder, state.new.get(x, x)) if isinstance(x, Value) else 0.0


def _fresh(state: Pushing, old: Value) -> Value:
    made = Value(old.type, old.name, None, old.loc)
    made.extent = old.extent
    state.new[old] = made
    return made


def _fresh_tangent(state: Pushing, old: Value) -> Value:
    made = Value(old.type, f"{old.name}_dot" if old.name else None)
    state.tangents[old] = made
    return made


def _loop(state: Pushing, node: Loop) -> None:
    b = state.builder
    moving = [
        (k, p)
        for k, (p, r) in enumerate(zip(node.carried, node.results))
        if p in state.active or r in state.active
    ]
    inits = [map_leaves(i, _change(state)) for i in node.inits] + [
        _exit_tangent(state, node.inits[k]) for k, _ in moving
    ]
    body = Block()
    made = Loop(map_leaves(node.domain, _change(state)), None, inits, body)
    body.params = [_fresh(state, p) for p in node.body.params] + [_fresh_tangent(state, p) for _, p in moving]
    if node.test is not None:
        made.test = Block([_fresh(state, p) for p in node.test.params] + [Value(p.type) for _, p in moving])
        with b.inside(made.test):
            _block(state, node.test)
            made.test.end = Terminator("yield", map_leaves(node.test.end.values, _change(state)))
    BREAKS.append(moving)
    with b.inside(body):
        _block(state, node.body)
        values = map_leaves(node.body.end.values, _change(state))
        if node.body.end.kind in ("yield", "break"):
            values = (*values, *[_exit_tangent(state, node.body.end.values[k]) for k, _ in moving])
        body.end = Terminator(node.body.end.kind, values)
    BREAKS.pop()
    made.results = [_fresh(state, r) for r in node.results] + [
        _fresh_tangent(state, node.results[k]) for k, _ in moving
    ]
    b.node(made)


def _call(state: Pushing, node: Call) -> None:
    b = state.builder
    args = map_leaves(node.args, _change(state))
    results = tuple(_fresh(state, r) for r in node.results)
    mask = tuple(isinstance(a, Value) and state.tangents.get(a) is not None for a in node.args)
    moving = [k for k, r in enumerate(node.results) if r in state.active]
    if not any(mask) or not moving:
        b.node(Call(node.function, args, results))
        return
    pushed = _push_function(state, node.function, mask, tuple(moving))
    directions = tuple(state.tangents[a] for a, on in zip(node.args, mask) if on)
    b.node(
        Call(
            pushed,
            (*args, *directions),
            (*results, *[_fresh_tangent(state, node.results[k]) for k in moving]),
        )
    )


def _push_function(
    state: Pushing, function: Function, mask: tuple[bool, ...], moving: tuple[int, ...]
) -> Function:
    """The form of a called function that takes and returns tangents too."""
    key = (function, mask, moving)
    if key not in state.functions:
        made = state.functions[key] = Function(f"{function.name}_forward", Block())
        independent = [p for p, on in zip(function.params, mask) if on]
        directions = [Value(p.type, f"{p.name}_dot" if p.name else None) for p in independent]
        pushed = forward(
            function,
            state.inputs,
            independent,
            directions,
            list(function.results),
            made.name,
            state.functions,
            state.structural,
        )
        made.body = pushed.function.body
        tangents = [
            zeros(pushed.builder, pushed.results[k]) if pushed.tangents[k] is None else pushed.tangents[k]
            for k in moving
        ]
        made.body.end = Terminator("return", (*pushed.results, *tangents))
    return state.functions[key]


PUSH: dict[type, Callable[..., None]] = {Op: _op, Branch: _branch, Loop: _loop, Call: _call}
__all__ = ["Node", "Pushed", "forward"]
