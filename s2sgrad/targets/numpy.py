"""The NumPy target: a program as Python text that a person would have written.

Values with a user's name are lines, values used once are folded into the expression that uses them, functional
writes are printed as writes in place where ownership allows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast

from ..frontend.primitives import list_append
from ..ir.program import Block, Branch, Call, Function, Op, Terminator, Value, functions_of, leaves
from ..optimize.undefined import settle_undefined
from .control_flow import NODES
from .emit import Comment, write
from .expressions import copy_of, operand
from .module_parts import ModuleParts
from .names import RESERVED, Names
from .ownership import analyse
from .places import find_places
from .printer import Printer, label_of, statement, wish_names
from .results import name_parameters, plain, result_tree
from .spelling import STORE, call, constant, name
from .statements import print_block


@dataclass(frozen=True)
class Text:
    """A generated module: its text, the origin of each line, and objects it needs from outside."""

    text: str
    lines: dict[int, Any]
    externals: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A function to be printed: its program, how the user's arguments reach its parameters, and its results."""

    name: str
    function: Function
    parameters: list[tuple[str, Any]]  # the user's parameters and the abstract values in them
    captured: list[Value]
    result: Any  # a structure of values, constants and None
    doc: str = ""
    fresh_results: bool = True
    star: tuple[str | None, str | None] = (None, None)


def print_module(entries: list[Entry], header: str = "") -> Text:
    """The text of a module with these functions."""
    parts = ModuleParts()
    called = [f for e in entries for f in functions_of(e.function) if f is not e.function]
    labels = Names(never_again=set(RESERVED) | {e.name for e in entries})
    parts.functions = {f: labels.fresh(f.name) for f in dict.fromkeys(called)}
    bodies = [print_called(f, label, parts) for f, label in parts.functions.items()]
    bodies += [print_entry(e, parts) for e in entries]
    body: list[Any] = [Comment(header)] if header else []
    for text in sorted(parts.imports, key=lambda t: (not t.startswith("import math"), t)):
        body.append(gast.parse(text).body[0])
    body.extend(tree for tree in parts.helpers.values() if tree is not None)
    body.extend(bodies)
    written = write(gast.Module(body, []))
    return Text(written.text, written.lines, parts.externals)


def print_entry(e: Entry, parts: ModuleParts) -> Any:
    """One function definition."""
    results = list(leaves(plain(e.result)))
    e.function.body.end = Terminator("return", ())
    settle_undefined(e.function.body)
    push_early(e.function.body)
    p = printer_of(e.function, results, parts)
    labels = name_parameters(p, e.parameters, e.captured)
    print_block(p, e.function.body)
    returned = gast.Return(result_tree(p, e.result, e.fresh_results))
    returned.origin = next((v.loc for v in results if v in p.folded and v.loc is not None), None)
    p.out.append(returned)
    body = [gast.Expr(constant(e.doc))] if e.doc else []
    args = gast.arguments([name(label, gast.Param()) for label in labels], [], None, [], [], None, [])
    return gast.FunctionDef(e.name, args, [*body, *p.out], [], None, None, [])


def print_called(function: Function, label: str, parts: ModuleParts) -> Any:
    """A function of the program that others call: flat parameters, one result or a tuple."""
    unique = Names()
    named = [(unique.fresh(v.name or "a"), v) for v in function.params]
    results = function.results
    result = results[0] if len(results) == 1 else tuple(results)
    return print_entry(
        Entry(label, function, named, [], result, "", fresh_results=bool(function.consumes)), parts
    )


def print_call(p: Printer, node: Call, k: int, block: Block) -> None:
    """A call of another function of the program; one that returns several values returns a tuple."""
    args = [
        copy_of(p, a) if (node, place) in p.found.copied_args else operand(p, a).tree
        for place, a in enumerate(node.args)
    ]
    tree = call(name(p.module.functions[node.function]), *args)
    for r in node.results:
        p.labels[r] = label_of(p, r) if p.places.uses.get(r, 0) else "_"
    targets = [name(p.labels[r], STORE) for r in node.results]
    target = targets[0] if len(targets) == 1 else gast.Tuple(targets, STORE)
    statement(p, gast.Assign([target], tree, None), node)


def printer_of(function: Function, results: list[Value], parts: ModuleParts) -> Printer:
    """A printer that knows who owns what and where everything is read."""
    places = find_places(function.body, results)
    parts.find_externals(function)
    names = Names(places, never_again=set(RESERVED) | set(parts.externals))
    p = Printer(analyse(function, results), places, names, parts)
    wish_names(p, function.body)
    return p


def push_early(block: Block) -> None:
    """Let a loop record a value right when it is known: the name is then free for the next iteration's value."""
    for node in block.nodes:
        for inner in getattr(node, "blocks", ()):
            push_early(inner)
    if any(isinstance(n, Branch) for n in block.nodes):  # an iteration may end before
        return
    for node in [n for n in block.nodes if isinstance(n, Op) and n.fun is list_append]:
        tape, item = node.args
        if tape in block.params and item in block.params:
            block.nodes.remove(node)
            block.nodes.insert(0, node)


NODES[Call] = print_call
__all__ = ["NODES", "Entry", "ModuleParts", "Text", "print_entry", "print_module", "printer_of"]
