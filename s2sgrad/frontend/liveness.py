"""Which names are still read after a loop, and which an iteration reads before it binds them.

One backward pass over the statements of a function. A name bound in a loop that is neither is of no concern to
anyone else and is not carried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast

Names = frozenset[str]
EMPTY: Names = frozenset()


@dataclass(frozen=True)
class LoopNames:
    """For one loop: names read when it is done, and names read by an iteration before it binds them."""

    after: Names
    head: Names


@dataclass
class _Analysis:
    loops: dict[int, LoopNames] = field(default_factory=dict)
    exits: list[tuple[Names, Names]] = field(
        default_factory=list
    )  # (on break, on continue) of enclosing loops


_known: dict[int, tuple[Any, dict[int, LoopNames]]] = {}


def loop_names(function: Any, loop: Any) -> LoopNames | None:
    """The findings for a loop of a function; None for a loop that is not in its text."""
    found = _known.get(id(function))
    if found is None or found[0] is not function:
        analysis = _Analysis()
        body = function.body if isinstance(function.body, list) else []
        captured = _captured_by_closures(body)
        _block(analysis, body, captured)
        found = _known[id(function)] = (
            function,
            {k: LoopNames(n.after | captured, n.head | captured) for k, n in analysis.loops.items()},
        )
    return found[1].get(id(loop))


def _captured_by_closures(body: list[Any]) -> Names:
    """Names that functions defined inside read: they may be called anywhere."""
    found: set[str] = set()
    for s in body:
        for n in gast.walk(s):
            if isinstance(n, (gast.FunctionDef, gast.Lambda, gast.GeneratorExp)):
                found |= reads(n)
    return frozenset(found)


def reads(node: Any) -> Names:
    """All names that a piece of syntax reads."""
    return frozenset(
        n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Load)
    )


def binds(node: Any) -> Names:
    return frozenset(
        n.id for n in gast.walk(node) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
    )


def _block(a: _Analysis, statements: list[Any], out: Names) -> Names:
    """The names live before a block, given those live after it."""
    for s in reversed(statements):
        rule = RULES.get(type(s))
        out = rule(a, s, out) if rule is not None else out | reads(s)
    return out


def _assign(a: _Analysis, s: Any, out: Names) -> Names:
    targets = s.targets if isinstance(s, gast.Assign) else [s.target]
    killed = frozenset(n for t in targets for n in _plain_names(t))
    return (out - killed) | reads(s)


def _plain_names(target: Any) -> Names:
    """The names an assignment target surely binds."""
    if isinstance(target, gast.Name):
        return frozenset([target.id])
    if isinstance(target, (gast.Tuple, gast.List)):
        return frozenset(n for t in target.elts for n in _plain_names(t))
    return _plain_names(target.value) if isinstance(target, gast.Starred) else EMPTY


def _augmented(a: _Analysis, s: Any, out: Names) -> Names:
    return out | reads(s) | _plain_names(s.target)


def _annotated(a: _Analysis, s: Any, out: Names) -> Names:
    return out if s.value is None else _assign(a, s, out)


def _if(a: _Analysis, s: Any, out: Names) -> Names:
    return reads(s.test) | _block(a, s.body, out) | _block(a, s.orelse, out)


def _for(a: _Analysis, s: Any, out: Names) -> Names:
    after = _block(a, s.orelse, out)
    head = _iterate(a, s, after | out, lambda inside: inside - _plain_names(s.target))
    a.loops[id(s)] = LoopNames(after | out, head)
    return reads(s.iter) | after | head


def _while(a: _Analysis, s: Any, out: Names) -> Names:
    after = _block(a, s.orelse, out)
    test = reads(s.test)
    head = _iterate(a, s, after | out | test, lambda inside: inside | test)
    a.loops[id(s)] = LoopNames(after | out, head)
    return after | head | test


def _iterate(a: _Analysis, s: Any, after: Names, at_head: Callable[[Names], Names]) -> Names:
    """The names an iteration reads before it binds them, iterated until they do not grow."""
    head: Names = EMPTY
    while True:
        a.exits.append((after, head | after))
        inside = at_head(_block(a, s.body, head | after))
        a.exits.pop()
        grown = head | (inside - after) | (inside & reads_of(s.body))
        if grown == head:
            return head
        head = grown


def reads_of(body: list[Any]) -> Names:
    return frozenset(n for s in body for n in reads(s)) | frozenset(
        n for s in body for x in gast.walk(s) if isinstance(x, gast.AugAssign) for n in _plain_names(x.target)
    )


def _break(a: _Analysis, s: Any, out: Names) -> Names:
    return a.exits[-1][0] if a.exits else out


def _continue(a: _Analysis, s: Any, out: Names) -> Names:
    return a.exits[-1][1] if a.exits else out


def _return(a: _Analysis, s: Any, out: Names) -> Names:
    return reads(s)


def _with(a: _Analysis, s: Any, out: Names) -> Names:
    return frozenset(n for i in s.items for n in reads(i.context_expr)) | _block(a, s.body, out)


def _definition(a: _Analysis, s: Any, out: Names) -> Names:
    return (out - {s.name}) | reads(s)


RULES: dict[type, Callable[[_Analysis, Any, Names], Names]] = {
    gast.Assign: _assign,
    gast.AnnAssign: _annotated,
    gast.AugAssign: _augmented,
    gast.If: _if,
    gast.For: _for,
    gast.While: _while,
    gast.Break: _break,
    gast.Continue: _continue,
    gast.Return: _return,
    gast.Raise: _return,
    gast.With: _with,
    gast.FunctionDef: _definition,
}
