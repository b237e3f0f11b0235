"""The primitive sequence of a function: one operation a line, temporaries `t1`, `t2`, ..."""

from __future__ import annotations

import gast

from ..frontend.abstract import leaves_of
from ..frontend.lower import Lowered
from ..ir.program import Function, Value
from .emit import write
from .module_parts import ModuleParts
from .names import Names
from .ownership import Ownership
from .places import find_places
from .printer import Printer
from .results import name_parameters
from .statements import print_block


def primitives_text(lowered: Lowered, function: Function | None = None) -> str:
    """The operations of a lowered function (or of another program of it), one a line."""
    function = function or lowered.function
    results = [leaf for leaf in leaves_of(lowered.result) if isinstance(leaf, Value)]
    places = find_places(function.body, results)
    printer = Printer(Ownership(), places, Names(places), ModuleParts(), folds=False)
    name_parameters(printer, lowered.parameters, list(lowered.inputs.captured.values()))
    printer.out.clear()
    print_block(printer, function.body)
    text = write(gast.Module(printer.out, [])).text
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
