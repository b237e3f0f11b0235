"""The primitive sequence of a function: one operation a line, temporaries `t1`, `t2`, ..., one spelling each."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import gast
import numpy as np

from ..frontend.abstract import leaves_of
from ..frontend.lower import Lowered
from ..ir.program import Block, Function, Op, Value, walk
from .emit import write
from .module_parts import ModuleParts
from .names import Names
from .ownership import Ownership
from .places import find_places
from .printer import Printer
from .results import name_parameters
from .statements import print_block

_lock = threading.Lock()


def primitives_text(lowered: Lowered, function: Function | None = None) -> str:
    """The operations of a lowered function (or of another program of it), one a line."""
    function = function or lowered.function
    results = [leaf for leaf in leaves_of(lowered.result) if isinstance(leaf, Value)]
    places = find_places(function.body, results)
    printer = Printer(Ownership(), places, Names(places), ModuleParts(), folds=False)
    name_parameters(printer, lowered.parameters, list(lowered.inputs.captured.values()))
    for v in function.params:
        if v not in printer.labels:  # a direction
            printer.labels[v] = printer.names.fresh(v.name)
    printer.out.clear()
    with _lock, canonical(function.body):
        print_block(printer, function.body)
    text = write(gast.Module(printer.out, [])).text
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


@contextmanager
def canonical(block: Block) -> Iterator[None]:
    """For a while, each operation is spelled as its entry of the table is: `np.add(x, y)` as `x + y`."""
    changed = [(node, node.fun, node.args) for node in walk(block) if isinstance(node, Op)]
    for node, _, _ in changed:
        if node.entry is not None and node.entry.elementwise and not node.kwargs:
            node.fun = node.entry.fun
        if node.fun is np.reciprocal and not node.kwargs and len(node.args) == 1:
            node.fun, node.args = operator.truediv, (1, *node.args)
    try:
        yield
    finally:
        for node, fun, args in changed:
            node.fun, node.args = fun, args
