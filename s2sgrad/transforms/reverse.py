"""Reverse mode: a program and its adjoint in one function.

The forward sweep is the original, copied; the backward sweep reads its nodes in reverse, asks the table for
the pullback of each and adds up cotangents. A loop has a reverse loop, a branch a reverse branch under the
same test. What a reverse block needs of the forward one is *looked up*: through the results of branches, and
through tapes of loops, which `save` decides on when the needs of the whole block are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..frontend.capture import Inputs
from ..ir.builder import Builder
from ..ir.program import Block, Branch, Call, Function, Loop, Op, Value, leaves, type_of, walk
from ..optimize.privatise import privatise
from ..optimize.simplify import DERIVATIVE
from ..optimize.tails import sink_tails
from .activity import active_values
from .adjoints import adjoint
from .backward import REVERSALS, reverse_records
from .composites import expand_composites
from .cotangent import fit
from .finality import Finality
from .forward_sweep import copy_forward, shape_twin
from .regions import Mirror, Region, Reversal, Reversed, Split
from .reverse_branch import reverse_branch
from .reverse_call import reverse_call
from .reverse_loop import reverse_loop
from .reverse_operation import reverse_operation
from .subscripts import Subscripts


def _values(block: Block) -> Iterator[Value]:
    return (v for node in walk(block) for v in node.results)


def _is_complex(v: Value) -> bool:
    return v.type.dtype is not None and v.type.dtype.kind == "c"


def reverse(
    function: Function,
    inputs: Inputs,
    independent: list[Value],
    results: list[Any],
    seeds: list[Any],
    name: str,
    splits: dict[Any, Split] | None = None,
    packs: bool = False,
    so_far: dict[Value, Value] | None = None,
) -> Reversed:
    """The function that runs `function` and its adjoint.

    `seeds` are the cotangents of `results`; the cotangents of `independent` are None where no result depends
    on one. The caller decides what the new function returns.
    """
    sink_tails(function.body)
    privatise(function, results)
    active = active_values(function.body, independent, list(leaves(results)))
    while expand_composites(function, active, inputs):
        active = active_values(function.body, independent, list(leaves(results)))
    for seed, result in zip(seeds, results):
        if isinstance(seed, Value) and isinstance(result, Value) and seed.type.kind == "unknown":
            seed.type = result.type  # what a definition tells of a result, its cotangent has too
    so_far = so_far or {}
    block = Block([*function.params, *leaves(seeds), *so_far.values()])
    builder = Builder(block)
    builder.complex = any(map(_is_complex, [*function.params, *_values(function.body)]))
    state = Reversal(builder, inputs, active, {} if splits is None else splits, packs=packs)
    region = Region(None, block)
    for p in block.params:
        state.new[p] = p
        state.home[p] = region
        if p in active:
            state.alive.add(p)
    state.final = Finality(state, Subscripts(state.home, region))
    builder.twin = lambda v: shape_twin(state, v)
    copy_forward(state, function.body, region)
    last = block.nodes[-1] if block.nodes else None
    mirror = Mirror(None, region, block, builder.depth)
    mirror.adjoints.update({p: [c] for p, c in so_far.items()})
    values = [state.new.get(r, r) if isinstance(r, Value) else r for r in results]
    for value, seed in zip(values, seeds):
        if isinstance(value, Value) and value in state.alive:
            if value.type.kind == "array" and value.type.rank == 0 and not isinstance(seed, Value):
                seed = builder.op(np.ones_like, (value,))
            mirror.adjoints.setdefault(value, []).append(
                fit(builder, seed, value, type_of(seed).rank == 0, "seed")
            )
    builder.simplifiers, builder.backward = DERIVATIVE, True
    reverse_records(state, mirror)
    bars = [adjoint(state, mirror, p) for p in independent]
    forward = block.nodes.index(last) + 1 if last is not None else 0
    return Reversed(Function(name, block), forward, values, bars, builder)


REVERSALS.update({Op: reverse_operation, Branch: reverse_branch, Loop: reverse_loop, Call: reverse_call})
