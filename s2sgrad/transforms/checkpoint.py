"""Checkpointed loops: of the states of a long loop only a few are held, the rest is computed again.

The backward sweep is a function of the program that calls itself: it goes forward from a state it holds to
one further on, reverses what lies behind that with one state fewer to hold, and repeats on what is left. Where
to stop is the binomial schedule of Griewank and Walther, "Algorithm 799: revolve" (2000), which repeats each
step the fewest times.
"""

from __future__ import annotations

import operator
from typing import Any

from ..errors import DifferentiationError
from ..ir.builder import Builder
from ..ir.program import (
    Block,
    Branch,
    Call,
    Function,
    Loop,
    Terminator,
    Value,
    free_values_of_block,
    type_of,
)
from ..ir.rewrite import copy_block
from ..ir.types import INT, PACKED
from ..table.registry import define, extended
from .activity import place
from .adjoints import adjoint, contribute
from .cotangent import total, zeros
from .lookups import lookup
from .regions import Mirror, Reversal
from .reverse_call import split_function


def checkpoint_place(start: int, stop: int, keep: int) -> int:
    """Where to hold the next state, of the steps from `start` to `stop`, if `keep` more may be held."""
    length, repeats, reach = stop - start, 0, 1
    if length <= 1 or keep < 1:
        return stop - 1
    while reach < length:  # reach = binomial(keep + repeats, keep): steps that `repeats` repetitions cover
        repeats += 1
        reach = reach * (keep + repeats) // repeats
    fewer = reach * repeats // (keep + repeats)  # binomial(keep + repeats - 1, keep)
    return start + max(1, min(fewer, length - 1))


with extended():  # read when a derivative first needs it, which is not to be made again for that
    define(checkpoint_place, inactive=True)


def reverse_checkpointed(state: Reversal, mirror: Mirror, node: Loop) -> None:
    """The adjoint of a checkpointed loop, added to the mirror's adjoints."""
    b = state.builder
    assert node.domain is not None
    start, stop, step = node.domain
    if isinstance(step, Value) or step != 1:
        raise DifferentiationError("a checkpointed loop counts up by one", place(node))
    body, free = _step_function(state, node)
    free_active = [v in state.alive for v in free]
    carried_active = [p in state.alive or r in state.alive for p, r in zip(node.carried, node.results)]
    mask = (False, *carried_active, *free_active)
    first_free = 1 + len(node.carried)
    accumulate = tuple(
        first_free + k for k, (v, on) in enumerate(zip(free, free_active)) if on and v.type.kind == "array"
    )
    split = split_function(state, body, mask, accumulate)
    sweep = _sweep_function(body, split, carried_active, free_active, node, free)
    bars = [adjoint(state, mirror, r) for r, on in zip(node.results, carried_active) if on]
    bars = [
        zeros(b, r) if bar is None else bar
        for bar, r in zip(bars, [r for r, on in zip(node.results, carried_active) if on])
    ]
    priors = [total(b, mirror.adjoints.pop(v, [])) for v, on in zip(free, free_active) if on]
    priors = [
        zeros(b, v) if p is None else p for p, v in zip(priors, [v for v, on in zip(free, free_active) if on])
    ]
    reach = lambda x: lookup(state, mirror, x) if isinstance(x, Value) else x
    states = [reach(x) for x in node.inits]
    args = (reach(start), reach(stop), reach(node.keep), *states, *[reach(v) for v in free], *bars, *priors)
    results = tuple(Value(type_of(x)) for x in [*bars, *priors])
    b.node(Call(sweep, args, results))
    for init, bar in zip([i for i, on in zip(node.inits, carried_active) if on], results):
        contribute(state, mirror, init, bar, False, "checkpointed")
    for v, bar in zip([v for v, on in zip(free, free_active) if on], results[len(bars) :]):
        mirror.adjoints.setdefault(v, []).append(bar)


def _step_function(state: Reversal, node: Loop) -> tuple[Function, list[Value]]:
    """One iteration as a function: the index, the carried values, then what it reads from outside."""
    original = state.originals[node]
    outside = free_values_of_block(original.body)
    new: dict[Value, Any] = {}
    params = [Value(v.type, v.name) for v in outside]
    for v, p in zip(outside, params):
        p.extent = v.extent
        new[v] = p
    block = copy_block(original.body, new)
    block.params = [*block.params, *params]
    block.end = Terminator("return", block.end.values)
    return Function("step", block), [state.new.get(v, v) for v in outside]


def _sweep_function(
    body: Function,
    split: Any,
    carried_active: list[bool],
    free_active: list[bool],
    node: Loop,
    free: list[Value],
) -> Function:
    """`sweep(start, stop, keep, state..., free..., bars...) -> bars...`, which calls itself."""
    function = Function("sweep", Block())
    block = function.body
    start, stop, keep = Value(INT, "start"), Value(INT, "stop"), Value(INT, "keep")
    states = [Value(p.type, p.name) for p in node.carried]
    frees = [Value(v.type, v.name) for v in free]
    bar_like = [p for p, on in zip(node.carried, carried_active) if on] + [
        v for v, on in zip(free, free_active) if on
    ]
    bars = [Value(v.type, f"{v.name}_bar" if v.name else None) for v in bar_like]
    block.params = [start, stop, keep, *states, *frees, *bars]
    function.consumes = frozenset(range(len(block.params) - len(bars), len(block.params)))
    b = Builder(block)
    b.loc = node.loc
    inner = Block()
    end, carried = Value(INT, "stop"), [Value(v.type, v.name) for v in bars]
    inner.params = [end, *carried]
    test = Block([Value(INT, "stop"), *[Value(v.type, v.name) for v in bars]])
    with b.inside(test):
        test.end = Terminator("yield", (b.op(operator.gt, (test.params[0], start)),))
    with b.inside(inner):
        place_ = b.op(checkpoint_place, (start, end, keep), types=INT, name="middle")
        reached = _advance(b, body, start, place_, states, frees, node)
        new_bars = _reverse_part(
            b, function, body, split, place_, end, keep, reached, frees, carried, carried_active, free_active
        )
        inner.end = Terminator("yield", (place_, *new_bars))
    loop = Loop(
        None, test, [stop, *bars], inner, [Value(INT, "stop"), *[Value(v.type, v.name) for v in bars]]
    )
    b.node(loop)
    block.end = Terminator("return", tuple(loop.results[1:]))
    return function


def _advance(
    b: Builder, body: Function, start: Value, stop: Value, states: list[Value], frees: list[Value], node: Loop
) -> list[Value]:
    """Run the iterations from `start` to `stop`, keeping nothing."""
    inner = Block([Value(INT, "i"), *[Value(p.type, p.name) for p in node.carried]])
    with b.inside(inner):
        results = tuple(Value(p.type, p.name) for p in node.carried)
        b.node(Call(body, (*inner.params, *frees), results))
        inner.end = Terminator("yield", results)
    loop = Loop((start, stop, 1), None, list(states), inner, [Value(p.type, p.name) for p in node.carried])
    b.node(loop)
    return loop.results


def _reverse_part(
    b: Builder,
    sweep: Function,
    body: Function,
    split: Any,
    middle: Value,
    stop: Value,
    keep: Value,
    states: list[Value],
    frees: list[Value],
    bars: list[Value],
    carried_active: list[bool],
    free_active: list[bool],
) -> list[Value]:
    """Reverse the iterations from `middle` to `stop`: the one there is, or by another sweep."""
    single = b.op(operator.eq, (b.op(operator.sub, (stop, middle)), 1))
    one, many = Block(), Block()
    count = sum(carried_active)
    with b.inside(one):
        residuals = Value(PACKED, "residuals")
        results = tuple(Value(v.type, v.name) for v in states)
        b.node(Call(split.forward, (middle, *states, *frees), (*results, residuals)))
        seeds = _seeds(b, split, results, bars, carried_active)
        found = tuple(Value(v.type, v.name) for v in bars)
        handed = set(split.accumulated)
        places = [1 + len(carried_active) + k for k, on in enumerate(free_active) if on]
        b.node(
            Call(
                split.backward,
                (residuals, *seeds, *[bar for bar, k in zip(bars[count:], places) if k in handed]),
                found,
            )
        )
        added = [
            new if k in handed else b.op(operator.add, (old, new))
            for old, new, k in zip(bars[count:], found[count:], places)
        ]
        one.end = Terminator("yield", (*found[:count], *added))
    with b.inside(many):
        fewer = b.op(operator.sub, (keep, 1))
        found = tuple(Value(v.type, v.name) for v in bars)
        b.node(Call(sweep, (middle, stop, fewer, *states, *frees, *bars), found))
        many.end = Terminator("yield", found)
    made = Branch(single, one, many, tuple(Value(v.type, v.name) for v in bars))
    b.node(made)
    return list(made.results)


def _seeds(
    b: Builder, split: Any, results: tuple[Value, ...], bars: list[Value], carried_active: list[bool]
) -> list[Any]:
    waiting = iter(bars)
    by_result = [next(waiting) if on else None for on in carried_active]
    return [zeros(b, results[k]) if by_result[k] is None else by_result[k] for k in split.active_results]


__all__ = ["checkpoint_place", "reverse_checkpointed"]
