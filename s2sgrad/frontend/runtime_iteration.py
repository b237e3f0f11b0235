"""Reductions over iterables: folded item by item where they are known, by a loop where they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from .abstract import Lazy
from .frame import Frame, bound_names
from .iteration import counted, iterate

TOTAL = "<total>"


def fold(frame: Frame, node: Any, x: Any, start: Any, step: Callable[[Any, Any], Any]) -> Any:
    """`start`, then `step(total, item)` for each item in turn."""
    if isinstance(x, Lazy) and x.kind == "generator":
        owner, generator = x.parts
        if _needs_loop(owner, generator):
            return _fold_generator(owner, generator, start)
    if isinstance(x, Lazy) and x.kind == "filter" and counted(frame, node, x.parts[1]) is not None:
        return _fold_loop(frame, node, x.parts[1], start, x.parts[0])
    run_time = counted(frame, node, x)
    if run_time is not None:
        return _fold_loop(frame, node, x, start)
    total = start
    for item in iterate(frame, node, x):
        total = item if total is start and _is_zero(start) and _is_number(item) else step(total, item)
    return total


def _is_zero(x: Any) -> bool:
    return type(x) is int and x == 0


def _is_number(x: Any) -> bool:
    from ..ir.program import type_of

    return type_of(x).kind in ("int", "float", "complex", "scalar")


def _needs_loop(frame: Frame, generator: Any) -> bool:
    from .expressions import evaluate

    before = len(frame.builder.block.nodes)
    first = evaluate(frame, generator.generators[0].iter)
    run_time = counted(frame, generator, first)
    del frame.builder.block.nodes[before:]
    frame.builder.forget()
    return run_time is not None


def _name(name: str, ctx: Any) -> Any:
    return gast.Name(name, ctx, None, None)


def _add_to_total(element: Any) -> Any:
    return gast.Assign(
        [_name(TOTAL, gast.Store())], gast.BinOp(_name(TOTAL, gast.Load()), gast.Add(), element), None
    )


def _place(tree: Any, node: Any) -> Any:
    for n in gast.walk(tree):
        if not hasattr(n, "lineno"):
            gast.copy_location(n, node)
    return tree


def _fold_generator(owner: Frame, node: Any, start: Any) -> Any:
    """`sum` of a generator expression, as the nested loops that it is."""
    from .statements import run_block

    names = frozenset(bound_names([g.target for g in node.generators])) | {TOTAL}
    inner = Frame(owner.low, owner.source, owner.function, owner, {TOTAL: start}, names, quiet=owner.quiet)
    body: list[Any] = [_add_to_total(node.elt)]
    for g in reversed(node.generators):
        for test in reversed(g.ifs):
            body = [gast.If(test, body, [])]
        body = [gast.For(g.target, g.iter, body, [], None)]
    run_block(inner, [_place(body[0], node)])
    return inner.names[TOTAL]


def _fold_loop(frame: Frame, node: Any, x: Any, start: Any, *keep: Any) -> Any:
    """`sum` over an array, a range or a run-time list; of a filter, over the items that `keep` is true of."""
    from .statements import run_block

    inner = Frame(
        frame.low,
        frame.source,
        frame.function,
        frame,
        {TOTAL: start, "<items>": x, **({"<keep>": keep[0]} if keep else {})},
        frozenset({TOTAL, "<item>"}),
        quiet=frame.quiet,
    )
    body: list[Any] = [_add_to_total(_name("<item>", gast.Load()))]
    if keep:
        item = _name("<item>", gast.Load())
        test = item if keep[0] is None else gast.Call(_name("<keep>", gast.Load()), [item], [])
        body = [gast.If(test, body, [])]
    loop = gast.For(
        _name("<item>", gast.Store()),
        _name("<items>", gast.Load()),
        body,
        [],
        None,
    )
    run_block(inner, [_place(loop, node)])
    return inner.names[TOTAL]
