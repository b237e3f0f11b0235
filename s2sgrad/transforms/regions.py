"""Regions of a forward sweep, their mirrors in the backward one, and the state of one reversal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..frontend.capture import Inputs
from ..ir.builder import Builder
from ..ir.program import Block, Branch, Function, Loop, Node, Value
from .activity import breaks


@dataclass(eq=False)
class Region:
    """A block of the forward sweep, and how what it defines can be had from outside."""

    parent: Any  # the enclosing region, None for the function's own block
    block: Block
    node: Any = None  # the branch or loop that owns the block
    arm: int = 0
    records: list[Node] = field(default_factory=list)
    exported: dict[Value, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Mirror:
    """A block of the backward sweep: the adjoints it accumulates, and what it needs of its region."""

    parent: Any  # the mirror of the enclosing block
    region: Region
    block: Block
    depth: int
    adjoints: dict[Value, list[Any]] = field(default_factory=dict)
    needs: dict[Value, Value] = field(default_factory=dict)
    index: Value | None = None  # of a reverse loop: the index of the forward iteration
    fused: bool = False  # this block follows its forward block in the same iteration: everything is at hand
    tail: list[tuple[Any, Any]] | None = (
        None  # (cotangent, value) handed over by a block that may break at its end
    )
    bars: tuple[Any, ...] = ()  # of a reverse loop: the cotangents of what the iteration handed over


@dataclass(eq=False)
class Split:
    """A called function in two: a forward that also returns residuals, and a backward that takes them."""

    forward: Function
    backward: Function
    active_results: list[int] = field(default_factory=list)
    accumulated: tuple[int, ...] = ()  # parameters whose cotangent so far is handed in, to be added to


@dataclass(frozen=True)
class Reversed:
    """A function with its adjoint: where the forward sweep ends, the copied results, the cotangents."""

    function: Function
    forward: int  # how many nodes of the body are the forward sweep
    results: list[Any]
    cotangents: list[Any]
    builder: Builder


@dataclass(eq=False)
class Reversal:
    """One run of reverse mode over one function."""

    builder: Builder
    inputs: Inputs
    active: set[Value]  # of the original
    splits: dict[Any, Split]  # functions of the program already reversed, by function and active parameters
    new: dict[Value, Any] = field(default_factory=dict)  # original value -> its copy in the forward sweep
    home: dict[Value, Region] = field(default_factory=dict)
    regions: dict[Any, list[Region]] = field(default_factory=dict)  # of the blocks of each copied node
    originals: dict[Any, Loop] = field(default_factory=dict)  # the original of each copied loop
    calls: dict[Any, tuple[Split, tuple[bool, ...]]] = field(default_factory=dict)
    alive: set[Value] = field(default_factory=set)  # active copies
    origins: dict[Value, tuple[int, Value]] = field(
        default_factory=dict
    )  # value handed out of a branch -> arm, value there
    final: Any = None  # which entries of arrays are not written again: see `finality`
    packs: bool = False  # what the backward sweep needs is handed over as data, not by living names


def in_loop(region: Region) -> bool:
    """Whether a region is executed more than once: its values are gone when it is reversed."""
    r: Region | None = region
    while r is not None:
        if isinstance(r.node, Loop):
            return True
        r = r.parent
    return False


def encloses(outer: Region, inner: Region | None) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return False


def may_break_at_end(block: Block) -> bool:
    last = block.nodes[-1] if block.nodes else None
    return isinstance(last, Branch) and any(breaks(b) for b in last.blocks)
