"""The primitive sequence of a function: one operation a line, temporaries `t1`, `t2`, ..."""

from __future__ import annotations

import operator
from typing import Any

import gast
import numpy as np

from ..frontend.abstract import leaves_of
from ..frontend.lower import Lowered
from ..ir.program import Function, Op, Value
from .emit import write
from .numpy import Entry, ModuleParts, Names, Printer, _count_uses, _print_block, _unpack_parameters
from .ownership import Ownership
from .spelling import BINARY, LOAD, SPELLINGS, constant


class _OneALine(Printer):
    """A printer that folds nothing and spells each primitive in one way."""


def primitives_text(lowered: Lowered, function: Function | None = None) -> str:
    """The operations of a lowered function (or of another program of it), one a line."""
    function = function or lowered.function
    printer = _OneALine(Ownership(), Names(), ModuleParts())
    for label, _ in lowered.parameters:
        printer.names.taken.add(label)
    results = [leaf for leaf in leaves_of(lowered.result) if isinstance(leaf, Value)]
    entry = Entry(function.name, function, lowered.parameters, list(lowered.inputs.captured.values()), None)
    _count_uses(printer, function.body, results)
    printer.uses = {v: k + 1 for v, k in printer.uses.items()}  # nothing is used once: nothing is folded
    for node in function.body.nodes:
        for r in node.results:
            printer.pinned.add(r)
    _unpack_parameters(printer, entry)
    printer.out.clear()
    for k, node in enumerate(function.body.nodes):
        if isinstance(node, Op):
            canonical(node, printer)
        del k
    _print_block(printer, function.body)
    text = write(gast.Module(printer.out, [])).text
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def canonical(node: Op, printer: Printer) -> None:
    """Nothing to change yet: spelling is decided when the operation is printed."""


__all__ = ["BINARY", "LOAD", "SPELLINGS", "Any", "constant", "np", "operator", "primitives_text"]
