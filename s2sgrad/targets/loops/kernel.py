"""The state of writing one function as loops: names, extents, what is stored and what is an expression."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ...errors import JitError
from ...ir.program import Block, Op, Value, type_of
from ...ir.types import Dim, Type
from ..emit import Comment
from ..names import RESERVED
from ..ownership import Ownership
from ..printer import source_line
from ..spelling import LOAD, STORE, call, dotted, name, subscript
from .parts import LoopParts
from .scalars import cast

Tree = Any


@dataclass(eq=False)
class Frame:
    """A loop being written: what goes before it, and the names that mean the same in every iteration."""

    invariant: set[str]
    before: list[Any] = field(default_factory=list)
    dims: dict[Any, Tree] = field(default_factory=dict)


@dataclass(eq=False)
class Kernel:
    """One function being written."""

    found: Ownership
    parts: LoopParts
    labels: dict[Value, str] = field(default_factory=dict)  # scalars and stored arrays
    trees: dict[Value, Tree] = field(default_factory=dict)  # scalars that are written where they are used
    lazy: set[Value] = field(default_factory=set)  # arrays that are never stored: their elements are computed
    dims: dict[Any, Tree] = field(default_factory=dict)  # the size of each symbolic extent, where it is known
    checked: set[Any] = field(default_factory=set)  # pairs of extents that were compared at run time
    taken: set[str] = field(default_factory=lambda: set(RESERVED))
    out: list[Any] = field(default_factory=list)
    commented: frozenset[Any] = frozenset()
    carried: Any = ()  # of the loop being written: what a break hands over
    uses: dict[Value, int] = field(default_factory=dict)
    escaping: set[Any] = field(default_factory=set)  # allocations that outlive the block that makes them
    defined: set[str] = field(default_factory=set)  # the names assigned so far
    frames: list[Frame] = field(default_factory=list)  # the loops around
    serial: set[Value] = field(default_factory=set)  # what an iteration has from the one before it
    depth: int = 0  # of loops of the program around
    empties: set[Value] = field(
        default_factory=set
    )  # lists of no items, whose type is told where they are used
    handed: set[Value] = field(default_factory=set)  # what the block being written hands over
    given: set[Value] = field(default_factory=set)  # parameters: not ours to write to, of any layout
    texts: set[Value] = field(default_factory=set)  # values that are text
    natural: set[Value] = field(default_factory=set)  # indices of loops that are never negative
    parallel: bool = False  # whether threads share the loops whose iterations are independent

    def fresh(self, wish: str | None = None) -> str:
        """A name of its own."""
        wish = wish if wish and wish.isidentifier() else None
        k, label = 1, wish or "t1"
        if wish is None:
            k = self.parts.counter
            label = f"t{k}"
        while label in self.taken:
            k += 1
            # Numba calls a later `x` in a loop of threads `x_2`, whatever else has that name.
            label = f"{wish}_{'v' * self.parallel}{k}" if wish else f"t{k}"
        if wish is None:
            self.parts.counter = k + 1
        self.taken.add(label)
        return label

    def label(self, v: Value) -> str:
        """The name of a value, given when it is first asked for."""
        label = self.labels.get(v)
        if label is None:
            label = self.labels[v] = self.fresh(v.name)
        return label

    def assign(self, label: str, tree: Tree, node: Any = None) -> None:
        self.defined.add(label)
        self.statement(gast.Assign([name(label, STORE)], tree, None), node)

    def hoist(self, label: str, tree: Tree) -> bool:
        """Assign before the outermost loop that changes nothing of what is read; False if there is none."""
        read = (
            {n.id for n in gast.walk(tree) if isinstance(n, gast.Name)} - HARMLESS - set(self.parts.compiled)
        )
        for depth, frame in enumerate(self.frames):
            if read <= frame.invariant:
                frame.before.append(gast.Assign([name(label, STORE)], tree, None))
                self.defined.add(label)
                for inner in self.frames[depth:]:
                    inner.invariant.add(label)
                return True
        return False

    @contextmanager
    def loop(self, carried: set[str]) -> Iterator[list[Any]]:
        """Statements of a loop's body, what does not change in it put before it."""
        frame = Frame(self.defined - carried)
        self.frames.append(frame)
        try:
            with self.body() as body:
                yield body
        finally:
            self.frames.pop()
            self.out.extend(frame.before)
            self.dims.update(frame.dims)

    def statement(self, tree: Tree, node: Any = None) -> None:
        """Append a statement; the first for a line of the user's in a backward sweep says which line that is."""
        loc = getattr(node, "loc", None)
        tree.origin = loc
        line = source_line(node) if node is not None else None
        if getattr(node, "backward", False) and line is not None and line not in self.commented:
            self.commented |= {line}
            source = loc[0]  # type: ignore[index]
            text = source.lines[line[1] - 1].strip() if line[1] <= len(source.lines) else ""
            if text:
                self.out.append(Comment(text))
        self.out.append(tree)

    @contextmanager
    def body(self) -> Iterator[list[Any]]:
        """Statements of an inner block; what is learnt of extents there is forgotten after it."""
        outer, self.out = self.out, []
        dims, checked, commented = dict(self.dims), set(self.checked), self.commented
        try:
            yield self.out
        finally:
            self.out, self.dims, self.checked, self.commented = outer, dims, checked, commented

    # --- operands -------------------------------------------------------------------------------------------

    def scalar(self, x: Any) -> Tree:
        """A number as syntax."""
        if isinstance(x, Value):
            tree = self.trees.get(x)
            return tree if tree is not None else name(self.label(x))
        return self.static(x)

    def number_of(self, x: Any, want: Type) -> Tree:
        """A number as syntax, of the dtype that a place wants."""
        t = type_of(x)
        tree = self.scalar(x)
        if t.dtype is None or want.dtype is None or t.dtype == want.dtype:
            return tree
        return cast(self.parts, tree, t.dtype, want.dtype)

    def static(self, x: Any) -> Tree:
        """A compile-time constant as syntax."""
        return self.parts.static(x)

    def array(self, x: Any) -> Tree:
        """A stored array as syntax."""
        return name(self.label(x))

    def extent(self, v: Any, axis: int) -> Tree:
        """The size of an array along an axis, as a name or a number."""
        from .extents import extent_of

        return extent_of(self, v, axis)

    def size_of(self, e: Any, source: Tree, wish: str = "n") -> Tree:
        """A name for the size of an extent that `source` computes."""
        if isinstance(source, (gast.Name, gast.Constant)):
            tree = source
        else:
            label = self.fresh(wish)
            hoisted = self.hoist(label, source)
            if not hoisted:
                self.assign(label, source)
            tree = name(label)
        if isinstance(e, Dim):
            self.dims[e] = tree
        return tree


HARMLESS = frozenset(
    ["max", "min", "len", "np", "slice_size", "slice_start", "arange_size", "range", "int", "abs"]
)


def refuse(node: Any, why: str = "") -> JitError:
    """The error for an operation that has no compiled form; `why` goes on after its name, or stands alone."""
    if getattr(node, "diagnosis", None) is not None:
        why = f"{why} ({node.diagnosis})".strip()
    named = f"`{name_of(node)}`" if isinstance(node, Op) else ""
    what = " ".join(part for part in (named, why) if part) or "this"
    advice = "use jit=False, which handles it"
    if isinstance(node, Op) and is_legacy_draw(node.fun):
        advice = "use a generator made by `np.random.default_rng`, or jit=False"
    return JitError(f"{what} cannot be compiled with jit=True: {advice}", place_of(node))


def name_of(op: Op) -> str:
    """What people call the function of an operation."""
    fun = op.fun
    method = getattr(fun, "name", None)
    if type(fun).__module__ == "s2sgrad.frontend.primitives" and isinstance(method, str):
        return f".{method}"
    return getattr(op.entry, "name", None) or getattr(fun, "__name__", None) or str(fun)


def is_legacy_draw(fun: Any) -> bool:
    """Whether a function draws from NumPy's old generators, the global one or one of its own."""
    return isinstance(getattr(fun, "__self__", fun), np.random.RandomState) or fun is np.random.RandomState


def place_of(node: Any) -> Any:
    """Where in the user's source a node comes from."""
    loc = getattr(node, "loc", None)
    return None if loc is None or loc[1] is None else loc[0].location(loc[1])


def is_array(x: Any) -> bool:
    """Whether a value has axes: arrays without axes are numbers here."""
    return isinstance(x, Value) and x.type.kind == "array" and bool(x.type.shape)


def is_number(x: Any) -> bool:
    """Whether an operand is a number: a value without axes or a constant."""
    if not isinstance(x, Value):
        return isinstance(x, (bool, int, float, complex, np.generic))
    return x.type.dtype is not None and x.type.shape == () and x.type.kind in (
        "bool", "int", "float", "complex", "scalar", "array"
    )  # fmt: skip


def dtype_tree(parts: LoopParts, dtype: np.dtype) -> Tree:
    parts.use_numpy()
    return dotted("np.bool_" if dtype.kind == "b" else f"np.{dtype.name}")


def empty(k: Kernel, extents: list[Tree], dtype: np.dtype, fun: str = "np.empty") -> Tree:
    """`np.empty((n, m), np.float64)`."""
    k.parts.use_numpy()
    shape = extents[0] if len(extents) == 1 else gast.Tuple(extents, LOAD)
    return call(dotted(fun), shape, dtype_tree(k.parts, dtype))


__all__ = ["Block", "Kernel", "Op", "empty", "is_array", "is_number", "refuse", "subscript"]
