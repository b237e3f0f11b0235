"""Induction variables: integers that a loop counts with, known from its index without being kept.

A carried integer that grows by `a + b*i` in iteration `i`, with `a` fixed while the loop runs and `b` a number, is a
polynomial of the index. A count over a triangle, `for j in range(n): for i in range(j + 1, n): p += 1`, is one of
degree two (Allen and Kennedy, Optimizing Compilers for Modern Architectures, 4.5).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..ir.builder import Builder
from ..ir.program import Loop, Op, Value
from .activity import exits

Terms = tuple[tuple[int, Any], ...]  # a sum of multiples of what does not change in the loop


@dataclass(frozen=True)
class Growth:
    """`sum of terms + slope*index`: by how much a carried integer grows in an iteration."""

    terms: Terms = ()
    slope: int = 0

    def __add__(self, other: Growth) -> Growth:
        return Growth((*self.terms, *other.terms), self.slope + other.slope)

    def times(self, factor: int) -> Growth:
        return Growth(tuple((factor * k, x) for k, x in self.terms), factor * self.slope)


@dataclass(frozen=True)
class Induction:
    """A carried integer of a loop over `range(first, ..., step)`, step 1 or -1: where it starts and how it grows."""

    start: Any
    growth: Growth
    first: Any
    step: int

    @property
    def operands(self) -> tuple[Any, ...]:
        return (self.start, self.first, tuple(x for _, x in self.growth.terms))


def induction(loop: Any, v: Value) -> Induction | None:
    """What is known of a value that a loop carries; None if it is not such a count."""
    if not isinstance(loop, Loop) or v.type.kind != "int" or not _runs_to_its_end(loop):
        return None
    carried = loop.carried
    if v not in carried:
        return None
    k = carried.index(v)
    growth = _growth(loop, v, loop.body.end.values[k])
    if growth is None:
        return None
    return Induction(loop.inits[k], growth, loop.domain[0], loop.domain[2])  # type: ignore[index]


def _runs_to_its_end(loop: Loop) -> bool:
    if loop.domain is None or loop.body.end.kind != "yield" or len(exits(loop.body)) != 1:
        return False
    return type(loop.domain[2]) is int and loop.domain[2] in (1, -1)


def _growth(loop: Loop, v: Value, y: Any) -> Growth | None:
    """The difference between two values of an iteration, if it is known without running it."""
    total = Growth()
    while y is not v:
        node = y.node if isinstance(y, Value) else None
        if node is None or node not in loop.body.nodes:
            return None
        if isinstance(node, Op) and node.fun in (operator.add, operator.sub):
            more, y = _by_operation(loop, node, v)
        elif isinstance(node, Loop):
            more, y = _by_loop(loop, node, node.results.index(y))
        else:
            return None
        if more is None:
            return None
        total = total + more
    return total


def _by_operation(loop: Loop, node: Op, v: Value) -> tuple[Growth | None, Any]:
    a, b = node.args
    if node.fun is operator.add and not _leads_back(a, v) and _leads_back(b, v):
        a, b = b, a
    amount = _affine(loop, b)
    return (amount if amount is None or node.fun is operator.add else amount.times(-1)), a


def _leads_back(x: Any, v: Value) -> bool:
    """Whether a chain of first operands, or of starts of loops, leads from `x` to `v`."""
    while isinstance(x, Value) and x is not v:
        node = x.node
        if isinstance(node, Op) and node.fun in (operator.add, operator.sub):
            a, b = node.args
            x = b if not isinstance(a, Value) or (a.node is None and a is not v) else a
        elif isinstance(node, Loop):
            x = node.inits[node.results.index(x)]
        else:
            return False
    return x is v


def _affine(loop: Loop, x: Any) -> Growth | None:
    """An integer operand as terms that are fixed in the loop and a multiple of its index."""
    if not isinstance(x, Value):
        return Growth(((x, 1),)) if type(x) is int else None
    index = loop.body.params[0]
    if x is index:
        return Growth((), 1)
    node = x.node
    if node is None or node not in loop.body.nodes:
        inside = x in loop.body.params or any(x in n.results for n in loop.body.nodes)
        return Growth(((1, x),)) if not inside and x.type.kind == "int" else None
    if isinstance(node, Op) and node.fun in (operator.add, operator.sub):
        a, b = (_affine(loop, y) for y in node.args)
        if a is None or b is None:
            return None
        return a + (b if node.fun is operator.add else b.times(-1))
    return None


def _by_loop(loop: Loop, inner: Loop, k: int) -> tuple[Growth | None, Any]:
    """How much an inner loop adds: a number that is fixed there, as often as it runs."""
    start = inner.inits[k]
    if not _runs_to_its_end(inner):
        return None, start
    each = _growth(inner, inner.carried[k], inner.body.end.values[k])
    if each is None or each.slope or any(isinstance(x, Value) for _, x in each.terms):
        return None, start
    trips = _trips(loop, inner)
    return (None if trips is None else trips.times(sum(c * x for c, x in each.terms))), start


def _trips(loop: Loop, inner: Loop) -> Growth | None:
    """How often an inner loop runs, where that is a number for each iteration and surely not negative."""
    start, stop, step = inner.domain  # type: ignore[misc]
    if step != 1:
        return None
    low, high = _affine(loop, start), _affine(loop, stop)
    if low is None or high is None:
        return None
    trips = high + low.times(-1)
    return trips if _surely_counts(loop, low, high) else None


def _surely_counts(loop: Loop, low: Growth, high: Growth) -> bool:
    """Whether `high - low` is at least 0 in every iteration of a loop."""
    first, last, step = loop.domain  # type: ignore[misc]
    if step != 1:
        return False
    if low.slope == 1 and high.slope == 0:  # range(i + c, n) in range(.., n): i <= n - 1
        ahead = _number(low)
        return ahead is not None and ahead <= 1 and high.terms == ((1, last),)
    if low.slope == 0 and high.slope == 1:  # range(c, i + d) in range(a, ..): i >= a
        low_number, ahead = _number(low), _number(high)
        return (
            type(first) is int
            and low_number is not None
            and ahead is not None
            and first + ahead >= low_number
        )
    return False


def _number(g: Growth) -> int | None:
    """The terms that do not depend on the index, if they are numbers."""
    return None if any(isinstance(x, Value) for _, x in g.terms) else sum(c * x for c, x in g.terms)


def closed_form(b: Builder, found: Induction, index: Any, reach: Callable[[Value], Any]) -> Any:
    """The carried integer at an index: `start + trips*terms + slope * (sum of the indices so far)`."""

    def at(x: Any) -> Any:
        return reach(x) if isinstance(x, Value) else x

    first = at(found.first)
    done = _minus(b, index, first) if found.step == 1 else _minus(b, first, index)
    value, growth = at(found.start), found.growth
    each: Any = 0
    for factor, x in growth.terms:
        each = _plus(b, each, _times(b, at(x), factor))
    value = _plus(b, value, _times(b, done, each))
    if growth.slope:
        triangle = b.op(operator.floordiv, (_times(b, done, _minus(b, done, 1)), 2))
        indices = _plus(b, _times(b, done, first), _times(b, triangle, found.step))
        value = _plus(b, value, _times(b, indices, growth.slope))
    return value


def _plus(b: Builder, x: Any, y: Any) -> Any:
    if not isinstance(x, Value) and not isinstance(y, Value):
        return x + y
    if type(x) is int and x == 0:
        return y
    return x if type(y) is int and y == 0 else b.op(operator.add, (x, y))


def _minus(b: Builder, x: Any, y: Any) -> Any:
    if not isinstance(x, Value) and not isinstance(y, Value):
        return x - y
    return x if type(y) is int and y == 0 else b.op(operator.sub, (x, y))


def _times(b: Builder, x: Any, y: Any) -> Any:
    if not isinstance(x, Value) and not isinstance(y, Value):
        return x * y
    for c, other in ((x, y), (y, x)):
        if type(c) is int and c in (0, 1):
            return 0 if c == 0 else other
    return b.op(operator.mul, (x, y))


__all__ = ["Induction", "closed_form", "induction"]
