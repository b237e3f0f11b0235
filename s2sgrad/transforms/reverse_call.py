"""The adjoint of a call: a function of the program in two forms, one that also returns residuals, one that takes them."""  # noqa: E501

from __future__ import annotations

from typing import Any

import numpy as np

from ..frontend.primitives import pack, unpack
from ..ir.builder import Builder
from ..ir.program import Block, Call, Function, Node, Op, Terminator, Value, leaves, map_leaves, type_of
from ..ir.types import PACKED, Type
from ..table.registry import lookup as entry_of
from .adjoints import adjoint, contribute
from .backward import block_reads
from .cotangent import total, zeros
from .forward_sweep import fresh_copy
from .lookups import lookup
from .regions import Mirror, Region, Reversal, Split


def copy_call(state: Reversal, node: Call, region: Region) -> None:
    """An active call goes to the forward form of its function, whose residuals are one more result."""
    b = state.builder
    args = map_leaves(node.args, lambda v: state.new.get(v, v))
    mask = tuple(isinstance(a, Value) and a in state.active for a in node.args)
    results = tuple(fresh_copy(state, r, region) for r in node.results)
    if not any(r in state.active for r in node.results):
        made = Call(node.function, args, results)
    elif node.checkpoint:
        made = Call(node.function, args, results, checkpoint=True)
        state.calls[made] = (split_function(state, node.function, mask), mask)
    else:
        split = split_function(state, node.function, mask)
        residuals = Value(PACKED, "residuals")
        state.home[residuals] = region
        made = Call(split.forward, args, (*results, residuals))
        state.calls[made] = (split, mask)
    b.node(made)
    region.records.append(made)


def split_function(
    state: Reversal, function: Function, mask: tuple[bool, ...], accumulate: tuple[int, ...] | None = None
) -> Split:
    """The forward and backward forms of a function, for these active parameters.

    The cotangents of array parameters (or of those in `accumulate`) are added to what is handed in, so that
    reading an entry of a large array does not cost an array of zeros.
    """
    if accumulate is None:
        accumulate = tuple(
            k for k, (p, on) in enumerate(zip(function.params, mask)) if on and p.type.kind == "array"
        )
    key = (function, mask, accumulate)
    if key in state.splits:
        return state.splits[key]
    split = state.splits[key] = Split(
        Function(f"{function.name}_forward", Block()),
        Function(f"{function.name}_backward", Block()),
        accumulated=accumulate,
    )
    split.active_results = [
        k
        for k, r in enumerate(function.results)
        if type_of(r).may_be_active and type_of(r).kind not in ("int", "bool")
    ]
    seeds = [
        _seed_of(r, f"{function.name}_bar") if k in split.active_results else None
        for k, r in enumerate(function.results)
    ]
    independent = [p for p, active in zip(function.params, mask) if active]
    so_far = {
        function.params[k]: Value(function.params[k].type, f"{function.params[k].name or 'x'}_bar")
        for k in accumulate
    }
    from .reverse import reverse

    made = reverse(
        function,
        state.inputs,
        independent,
        list(function.results),
        seeds,
        function.name,
        state.splits,
        packs=True,
        so_far=so_far,
    )
    b, nodes = made.builder, made.function.body.nodes
    bars = [_zero_bar_of(b, p) if bar is None else bar for bar, p in zip(made.cotangents, independent)]
    head, tail = nodes[: made.forward], nodes[made.forward :]
    given = set(leaves(seeds)) | set(so_far.values())
    kept = [v for v in block_reads(Block([], tail, Terminator("return", tuple(bars)))) if v not in given]
    _finish_forward(split, function, head, made.results, kept)
    _finish_backward(split, tail, kept, [*[s for s in seeds if s is not None], *so_far.values()], bars)
    return split


def _seed_of(r: Any, name: str) -> Value:
    t = type_of(r)
    return Value(Type("float", np.dtype(float), ()) if not isinstance(r, Value) else t, name)


def _zero_bar_of(b: Builder, p: Value) -> Any:
    return zeros(b, p)


def _finish_forward(
    split: Split, function: Function, head: list[Node], results: list[Any], kept: list[Value]
) -> None:
    from ..optimize.dead_code import remove_dead_code

    block = split.forward.body
    block.params, block.nodes = list(function.params), head
    packed = Value(PACKED, "residuals")
    packed.node = Op(pack, entry_of(pack), tuple(kept), {}, (packed,))
    block.nodes.append(packed.node)
    block.end = Terminator("return", (*results, packed))
    remove_dead_code(split.forward, [])


def _finish_backward(
    split: Split, tail: list[Node], kept: list[Value], seeds: list[Value], bars: list[Any]
) -> None:
    from ..ir.rewrite import substitute_in_block
    from ..optimize.dead_code import remove_dead_code

    block = split.backward.body
    packed = Value(PACKED, "residuals")
    inner = {v: Value(v.type, v.name) for v in kept}
    for v, p in inner.items():
        p.extent = v.extent
    opened = Op(unpack, entry_of(unpack), (packed, len(kept)), {}, tuple(inner.values()), structure=tuple)
    for p in inner.values():
        p.node = opened
    block.params = [packed, *seeds]
    split.backward.consumes = frozenset(range(1, len(block.params)))
    block.nodes = tail
    block.end = Terminator("return", tuple(bars))
    substitute_in_block(block, inner)
    block.nodes = [opened, *tail] if kept else tail
    remove_dead_code(split.backward, [])


def reverse_call(state: Reversal, mirror: Mirror, node: Call) -> None:
    """Call the backward form with the residuals and the cotangents of the results."""
    found = state.calls.get(node)
    if found is None:
        return
    split, mask = found
    b = state.builder
    results = node.results if node.checkpoint else node.results[:-1]
    bars = [adjoint(state, mirror, r) for r in results]
    if all(bar is None for bar in bars):
        return
    seeds = [zeros(b, node.results[k]) if bars[k] is None else bars[k] for k in split.active_results]
    active = [a for a, on in zip(node.args, mask) if on]
    residuals = (
        run_again(state, mirror, node, split) if node.checkpoint else lookup(state, mirror, node.results[-1])
    )
    so_far = [cotangent_so_far(state, mirror, node.args[k]) for k in split.accumulated]
    active = [(k, a) for k, (a, on) in enumerate(zip(node.args, mask)) if on]
    results = tuple(Value(a.type, f"{a.name}_bar" if a.name else None) for _, a in active)
    b.node(Call(split.backward, (residuals, *seeds, *so_far), results))
    for (k, a), bar in zip(active, results):
        if k in split.accumulated and a in state.alive:
            mirror.adjoints.setdefault(a, []).append(bar)
        else:
            contribute(state, mirror, a, bar, False, node.function.name)


def cotangent_so_far(state: Reversal, mirror: Mirror, arg: Value) -> Any:
    """The cotangent of an argument as it stands, to be added to by the function that is called."""
    known = total(state.builder, mirror.adjoints.pop(arg, []))
    return zeros(state.builder, arg) if known is None else known


def run_again(state: Reversal, mirror: Mirror, node: Call, split: Split) -> Value:
    """The residuals of a checkpointed call, from its arguments."""
    args = map_leaves(node.args, lambda v: lookup(state, mirror, v))
    again = Call(
        split.forward, args, (*[Value(r.type, r.name) for r in node.results], Value(PACKED, "residuals"))
    )
    state.builder.node(again)
    return again.results[-1]
