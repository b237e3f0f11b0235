"""What a recursive function keeps for its adjoint, on stacks: one of each type, handed from call to call.

A tuple that holds the tuple of an inner call has no type of its own. So what was packed is copied onto growing lists
of arrays and numbers, and in its place goes a number: where, in the list of places, its parts are told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gast

from ...frontend.primitives import pack, unpack
from ...ir.program import Call, Function, Op, Value, blocks_of, functions_of, walk
from ...ir.types import INT, Type
from ...table.registry import IMPURE
from ..spelling import LOAD, call, constant, name, subscript
from .calls import CALLS, empty_list
from .kernel import Kernel, is_array, is_number, refuse

PLACES = "places"


@dataclass(frozen=True)
class Stacks:
    """The stacks of a program, by the types of what is put on them: their names and the types of their items."""

    items: dict[Any, tuple[str, Type]] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Their names, with that of the list of places, in order; none if there are none."""
        return [PLACES, *[label for label, _ in self.items.values()]] if self.items else []

    def label_for(self, t: Type) -> str:
        return self.items[key_of(t)][0]


def record(*values: Any) -> int:
    raise NotImplementedError("written into compiled programs only")


def recall(place: int, count: int) -> tuple[Any, ...]:
    raise NotImplementedError("written into compiled programs only")


def key_of(t: Type) -> Any:
    """What decides the stack that a value goes to."""
    if t.kind == "list":
        return ("list", None if t.item is None else key_of(t.item))
    return (t.kind == "array" and bool(t.shape), t.dtype, t.rank)


def stack_packed(functions: list[Function]) -> Stacks:
    """Put what is packed on stacks, in place, if a function of the program calls itself."""
    if not any(map(_calls_itself, functions)):
        return Stacks()
    stacks = Stacks()
    for function in functions:
        for block in [function.body, *[b for n in walk(function.body) for b in blocks_of(n)]]:
            _retype([*block.params, *[r for n in block.nodes for r in n.results]])
            for node in block.nodes:
                if isinstance(node, Op) and node.fun is pack:
                    _note(stacks, [a for a in node.args if isinstance(a, Value)])
                    node.fun, node.entry, node.effect = record, None, IMPURE
                elif isinstance(node, Op) and node.fun is unpack:
                    _note(stacks, node.results)
                    node.fun, node.entry, node.effect = recall, None, IMPURE
    return stacks


def _calls_itself(function: Function) -> bool:
    called = {f for n in walk(function.body) if isinstance(n, Call) for f in functions_of(n.function)}
    return function in called


def _retype(values: list[Value]) -> None:
    """A number for what was packed: where it lies."""
    for v in values:
        if v.type.kind == "packed":
            v.type = INT
        elif v.type.kind == "list" and v.type.item is not None and v.type.item.kind == "packed":
            v.type = Type("list", item=INT)


def _note(stacks: Stacks, values: Any) -> None:
    for v in values:
        t = INT if v.type.kind == "packed" else v.type
        if key_of(t) not in stacks.items:
            kind = "lists" if t.kind == "list" else str(t.dtype)
            label = f"kept_{kind}" + (f"_{t.rank}d" if t.rank else "")
            taken = stacks.labels
            label = label if label not in taken else f"{label}_{len(taken)}"
            stacks.items[key_of(t)] = (label, t)


def make_stacks(k: Kernel) -> None:
    """The empty stacks, at the start of a compiled program."""
    stacks = k.parts.stacks
    if stacks.items:
        k.assign(PLACES, empty_list(k, INT))
    for label, t in stacks.items.values():
        if t.kind == "list" and t.item is None or t.kind != "list" and (t.dtype is None or t.shape is None):
            raise refuse(None, "recursion that keeps a value of unknown type")
        k.assign(label, empty_list(k, t))


def _write_record(k: Kernel, op: Op) -> None:
    """`place = len(places)`, then each value on its stack."""
    result = op.results[0]
    k.assign(k.label(result), call(name("len"), name(PLACES)), op)
    for a in op.args:
        if not isinstance(a, Value):
            raise refuse(op, "of a constant")
        stack = name(k.parts.stacks.label_for(a.type))
        _append(k, name(PLACES), call(name("len"), stack))
        _append(k, stack, _item(k, a, op))


def _item(k: Kernel, a: Value, op: Op) -> Any:
    if a in k.empties:
        return empty_list(k, a.type.item)
    if is_array(a) or a.type.kind == "list":
        return call(gast.Attribute(k.array(a), "copy", LOAD))
    if not is_number(a):
        raise refuse(op, f"of a value of type {a.type}")
    return k.scalar(a)


def _append(k: Kernel, stack: Any, item: Any) -> None:
    k.statement(gast.Expr(call(gast.Attribute(stack, "append", LOAD), item)))


def _write_recall(k: Kernel, op: Op) -> None:
    """Each value from where it was put."""
    for j, r in enumerate(op.results):
        if not k.uses.get(r):
            continue
        place = gast.BinOp(k.scalar(op.args[0]), gast.Add(), constant(j)) if j else k.scalar(op.args[0])
        where = subscript(name(PLACES), place)
        k.assign(k.label(r), subscript(name(k.parts.stacks.label_for(r.type)), where), op)


CALLS.update({record: _write_record, recall: _write_recall})
__all__ = ["Stacks", "make_stacks", "recall", "record", "stack_packed"]
