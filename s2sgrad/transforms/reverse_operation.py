"""The adjoint of one operation: the pullbacks of its table entry, added to the adjoints of its operands."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import RuleError
from ..frontend.lower import lower_rule
from ..ir.program import Op, Value, leaves, type_of
from ..optimize.simplify import made_by
from ..table.checks import conformed
from ..table.functional import index_add, index_set
from ..table.registry import position_of
from .activity import place
from .adjoints import adjoint, contribute
from .cotangent import Masked, zeros
from .regions import Mirror, Reversal
from .reverse_lists import LIST_RULES


def reverse_operation(state: Reversal, mirror: Mirror, node: Op) -> None:
    if not any(r in state.alive for r in node.results):
        return
    masks = _open_masks(mirror, node)
    bars = [adjoint(state, mirror, r) for r in node.results]
    if all(bar is None for bar in bars):
        return
    b = state.builder
    rule = LIST_RULES.get(node.fun)
    if rule is not None and rule(state, mirror, node, bars):
        return
    sigmoid = logistic_argument(node)
    if sigmoid is not None:
        ans = node.results[0]
        slope = b.op(operator.mul, (ans, b.op(operator.sub, (1, ans))))
        contribute(
            state,
            mirror,
            sigmoid,
            b.op(operator.neg, (b.op(operator.mul, (bars[0], slope)),)),
            True,
            "logistic",
        )
        return
    if node.structure is None:
        g, ans = bars[0], node.results[0]
    else:
        filled = [zeros(b, r) if bar is None else bar for bar, r in zip(bars, node.results)]
        rebuild = (
            node.structure if not hasattr(node.structure, "_fields") else lambda items: node.structure(*items)
        )
        g, ans = rebuild(filled), rebuild(list(node.results))
    if node.fun is np.where and len(node.args) == 3 and node.structure is None:
        for k, taken in ((1, True), (2, False)):
            contribute(
                state,
                mirror,
                node.args[k],
                _masked(Masked(node.args[0], taken, g), masks),
                True,
                "numpy.where",
            )
        return
    apply_rules(state, mirror, node, g, ans, masks)


def _open_masks(mirror: Mirror, node: Op) -> list[Masked]:
    """Take the masks off the contributions to an elementwise result, all alike: its operands' will wear them."""
    found: list[Masked] = []
    if node.structure is not None or node.entry is None or not node.entry.elementwise:
        return found
    waiting = mirror.adjoints.get(node.results[0], [])
    while waiting and all(isinstance(c, Masked) and _same_mask(c, waiting[0]) for c in waiting):
        found.append(waiting[0])
        waiting[:] = [c.cotangent for c in waiting]
    return found


def _same_mask(a: Masked, b: Masked) -> bool:
    return a.test is b.test and a.taken == b.taken


def _masked(c: Any, masks: list[Masked]) -> Any:
    for m in reversed(masks):
        c = Masked(m.test, m.taken, c)
    return c


def apply_rules(state: Reversal, mirror: Mirror, node: Op, g: Any, ans: Any, masks: list[Masked]) -> None:
    entry = node.entry
    if entry is None or entry.vjps is None:
        _refuse(node)
    order = list(enumerate(node.args))
    if node.fun in (index_set, index_add):
        order.reverse()  # take the cotangent of what was written, then clear its place
    variadic = len(entry.vjps) == 1 and len(node.args) > 1 and entry.name in VARIADIC
    for k, arg in order:
        if not any(v in state.alive for v in leaves(arg)):
            continue
        rule = entry.vjps[0] if variadic else entry.vjps[k] if k < len(entry.vjps) else None
        if rule is None:
            _refuse(node, k)
        c = _masked(_checked(state, node, rule, _pull_back(state, node, rule, g, ans), arg), masks)
        contribute(state, mirror, arg, c, entry.elementwise, entry.name)
    for key, arg in node.kwargs.items():
        if any(v in state.alive for v in leaves(arg)):
            position = position_of(entry, key)
            if position is None or position >= len(entry.vjps) or entry.vjps[position] is None:
                _refuse(node, key)
            c = _checked(
                state, node, entry.vjps[position], _pull_back(state, node, entry.vjps[position], g, ans), arg
            )
            contribute(state, mirror, arg, c, entry.elementwise, entry.name)


def _checked(state: Reversal, node: Op, rule: Any, c: Any, arg: Any) -> Any:
    """The cotangent that a user's rule gave, with the check of its shape that compile time cannot make."""
    if c is None or node.entry.elementwise or (rule.__module__ or "").startswith("s2sgrad."):
        return c
    if isinstance(arg, (tuple, list)):
        if isinstance(c, (tuple, list)) and len(c) != len(arg):
            raise RuleError(
                f"the rule of `{node.entry.name}` gave {len(c)} cotangents for an argument of {len(arg)} items",
                place(node),
            )
        return (
            type(c)(_checked(state, node, rule, *pair) for pair in zip(c, arg))
            if isinstance(c, (tuple, list))
            else c
        )
    found, wanted = type_of(c), type_of(arg)
    if None not in (found.rank, wanted.rank) and found.rank != wanted.rank:
        raise RuleError(
            f"the rule of `{node.entry.name}` gave a cotangent of rank {found.rank} for an argument of rank {wanted.rank}: give it the argument's shape",  # noqa: E501
            place(node),
        )
    if found.shape is not None and found.shape == wanted.shape or not isinstance(arg, Value):
        return c
    with state.builder.at(node.loc, node.state):
        return state.builder.op(
            conformed,
            (c, () if type_of(arg).shape == () else state.builder.op(np.shape, (arg,)), node.entry.name),
        )


VARIADIC: set[str] = set()


def _pull_back(state: Reversal, node: Op, rule: Any, g: Any, ans: Any) -> Any:
    return lower_rule(state.builder, state.inputs, rule, (g, ans, *node.args), node.kwargs)


def _refuse(node: Op, argument: Any = None) -> None:
    from ..errors import NonDifferentiableError

    name = node.entry.name if node.entry is not None else getattr(node.fun, "__name__", str(node.fun))
    which = "" if argument is None else f" with respect to its argument {argument!r}"
    raise NonDifferentiableError(
        f"`{name}` has no derivative in the table{which}: give it one with `defvjp`, or hide the value with `stop_gradient`",  # noqa: E501
        place(node),
    )


def logistic_argument(node: Op) -> Value | None:
    """`u` if this operation is the last of `1 / (1 + exp(u))`.

    Its slope `-y (1 - y)` holds also where `exp(u)` is infinite and the product of the separate slopes is not
    a number.
    """
    if node.fun is operator.truediv and isinstance(node.args[1], Value):
        one, below = node.args
    elif node.fun is np.reciprocal and isinstance(node.args[0], Value):
        one, below = 1, node.args[0]
    else:
        return None
    addition = made_by(below, operator.add) or made_by(below, np.add)
    if one not in (1, 1.0) or isinstance(one, Value) or addition is None:
        return None
    for c, e in (addition.args, addition.args[::-1]):
        if not isinstance(c, Value) and type(c) in (int, float) and c == 1:
            exponential = made_by(e, np.exp)
            if exponential is not None and not exponential.kwargs and isinstance(exponential.args[0], Value):
                return exponential.args[0]
    return None
