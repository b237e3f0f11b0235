"""Frames and the state of one interpretation: names, the current version of every array, and views.

Arrays are values, so a write makes a new version. Names keep the first one, the *handle*: `current` leads
from a handle to the version of this point of the program, through as many views as there are.
"""

from __future__ import annotations

import builtins
import operator
import types
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ..errors import DifferentiationError, UnsupportedSyntaxError
from ..ir.builder import Builder
from ..ir.program import Block, Branch, Op, Terminator, Value, leaves, map_leaves
from ..ir.result_types import type_of_index
from .abstract import Closure, FunctionRef, ObjectRef, Unbound
from .capture import Inputs
from .source import FunctionSource

INLINE_DEPTH = 250  # nested calls followed at compile time before recursion is suspected


@dataclass(frozen=True, slots=True)
class View:
    """A handle that shows part of another: `fun(base, *args)`, made when `base` was at version `seen`."""

    base: Value
    seen: Value
    fun: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A handle that is one of two others, by a test; what it was made as holds while `seen` are their versions."""

    test: Value
    arms: tuple[Value, Value]
    seen: tuple[Value, Value]


@dataclass(eq=False)
class Lowering:
    """What is shared by all the frames of one interpretation."""

    builder: Builder
    inputs: Inputs
    versions: dict[Value, Value] = field(default_factory=dict)
    views: dict[Value, View] = field(default_factory=dict)
    ambiguous: dict[Value, tuple[Value, ...]] = field(
        default_factory=dict
    )  # joined handles -> what they may be
    joined: dict[Value, tuple[Any, Any, Any]] = field(
        default_factory=dict
    )  # results of a branch -> which branch, and the handle in either arm
    choices: dict[Value, Choice] = field(
        default_factory=dict
    )  # of the joined handles, those that are followed
    remade: dict[Value, tuple[Any, tuple[Value, Value], Value]] = field(
        default_factory=dict
    )  # choices -> the block where one was last made anew, of which versions, and the result
    origins: dict[Value, set[Value]] = field(default_factory=dict)  # handles of loops -> what they were
    written: set[Value] = field(default_factory=set)  # the roots of all writes so far, on any path
    held: dict[Value, frozenset[Value]] = field(
        default_factory=dict
    )  # run-time lists -> arrays put into them
    stale: dict[Value, str] = field(default_factory=dict)  # handles that would show the wrong thing -> why
    maybe_copies: list[Value] = field(
        default_factory=list
    )  # views that are copies where the base is not contiguous
    outside: dict[int, tuple[Any, Any, Any]] = field(
        default_factory=dict
    )  # by identity: captured containers -> how they are reached
    loose: dict[int, Any] = field(
        default_factory=dict
    )  # by identity: containers made of the parts of an item of a long list, which changing would not change
    changed: set[Any] = field(default_factory=set)  # the paths of those that the function has changed
    frames: list[Any] = field(default_factory=list)  # the calls being interpreted
    states: list[Any] = field(
        default_factory=list
    )  # what there was before the branches and loops being interpreted
    depth: int = 0
    stack: list[Any] = field(default_factory=list)  # the code objects being inlined
    memo: dict[Any, Any] = field(default_factory=dict)
    quiet: bool = False  # lowering a rule of the table: no views, no user names

    def current(self, v: Any) -> Any:
        """The version of a handle at this point; anything else is itself."""
        if not self.versions or not isinstance(v, Value):
            return v
        if v in self.stale:
            raise UnsupportedSyntaxError(
                self.stale[v], self.builder.loc[0].location(self.builder.loc[1]) if self.builder.loc else None
            )
        if v in self.versions:
            return self.versions[v]
        view = self.views.get(v)
        if view is None:
            return self._chosen(v)
        base = self.current(view.base)
        if base is view.seen:
            return v
        return self.builder.op(view.fun, (base, *map_leaves(view.args, self.current)), view.kwargs)

    def is_stale(self, v: Value) -> bool:
        """Whether reading a handle is refused."""
        while v not in self.stale:
            view = self.view_of(v)
            if view is None:
                return any(map(self.is_stale, self.choices[v].arms)) if v in self.choices else False
            v = view.base
        return True

    def _chosen(self, v: Value) -> Value:
        """The version of what is one of two arrays: chosen again where one of them was written to since."""
        choice = self.choices.get(v)
        if choice is None:
            return v
        now = (self.current(choice.arms[0]), self.current(choice.arms[1]))
        if now == choice.seen:
            return v
        block, versions, made = self.remade.get(v, (None, None, v))
        here = block is self.builder.block and made.node in block.nodes  # a loop lowered again drops nodes
        if not here or versions != now:
            made = Value(v.type, v.name)
            then, orelse = (Block(end=Terminator("yield", (x,))) for x in now)
            self.builder.node(Branch(choice.test, then, orelse, (made,)))
            self.remade[v] = (self.builder.block, now, made)
        return made

    def apply(self, fun: Any, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Emit one operation on abstract operands, and remember it if it is a view."""
        if self.versions:
            fresh_args, fresh_kwargs = map_leaves(args, self.current), map_leaves(kwargs, self.current)
        else:
            fresh_args, fresh_kwargs = args, kwargs
        out = self.builder.op(fun, fresh_args, fresh_kwargs, name)
        if not self.quiet and args:
            self._note_views(out, fun, args, fresh_args, kwargs)
        return out

    def _note_views(
        self, out: Any, fun: Any, args: tuple[Any, ...], fresh: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Remember what shares memory with an operand, surely or maybe."""
        if isinstance(out, Value):
            results: tuple[Value, ...] = (out,)
        else:
            results = tuple(leaves(out))
        for r in results:
            if r.type.is_scalar or not isinstance(r.node, Op) or r is args[0] or r in fresh:
                continue
            entry = r.node.entry
            if entry is not None and not entry.view and fun is not np.einsum:
                continue
            if fun is np.diag and args[0].type.rank == 1:
                continue
            if (
                r is out
                and (fun in VIEWS or (fun is np.diag and args[0].type.rank == 2))
                and isinstance(args[0], Value)
            ):
                if not _copies(fun, args):
                    self.views.setdefault(r, View(args[0], fresh[0], fun, args[1:], kwargs))
                    if fun in (np.reshape, np.ravel):
                        self.maybe_copies.append(r)
                continue
            sources = tuple(a for a in leaves(args) if isinstance(a, Value) and not a.type.is_scalar)
            if sources:
                self.ambiguous.setdefault(r, sources)

    def from_outside(self, content: Any, path: Any, name: str) -> Any:
        """The abstract value of a captured object; a container is remembered, and an object once it is changed."""
        x = self.inputs.abstract(content, path, name)
        self._remember(x, content, path, path)
        return x

    def is_changed(self, x: Any) -> bool:
        """Whether an abstract value is a captured container that the function has changed."""
        known = self.outside.get(id(x))
        return known is not None and known[2] in self.changed

    def _remember(self, x: Any, content: Any, path: Any, start: Any) -> None:
        if not isinstance(x, (list, dict, tuple)):
            return
        self.outside[id(x)] = (x, ObjectRef(path, content, {}), start)
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            self._remember(item, content[key], (*path, ("item", key)), start)

    def may_be(self, v: Value) -> set[Value]:
        """The roots of all memory that a handle may show."""
        out: set[Value] = set()
        work = [v]
        while work:
            r = self.root(work.pop())
            if r not in out:
                out.add(r)
                work.extend(self.ambiguous.get(r, ()))
        return out

    def all_written(self) -> set[Value]:
        """All handles whose memory may have been written to, under whatever name."""
        out: set[Value] = set()
        work = list(self.written)
        while work:
            r = self.root(work.pop())
            if r not in out:
                out.add(r)
                work.extend([*self.ambiguous.get(r, ()), *self.origins.get(r, ())])
        return out

    def root(self, v: Value) -> Value:
        """The handle of the memory that a handle is a view of."""
        while (view := self.view_of(v)) is not None:
            v = view.base
        return v

    def view_of(self, v: Value) -> View | None:
        """What a handle is a view of, if it still is."""
        return None if v in self.versions else self.views.get(v)


VIEWS = {
    operator.getitem,
    np.reshape,
    np.ravel,
    np.transpose,
    np.matrix_transpose,
    np.swapaxes,
    np.moveaxis,
    np.rollaxis,
    np.expand_dims,
    np.squeeze,
    np.flip,
    np.fliplr,
    np.flipud,
    np.rot90,
    np.real,
    np.imag,
    np.diagonal,
    np.broadcast_to,
}  # fmt: skip  (views of their first operand, whatever it is, but for the reshapes)


def _copies(fun: Any, args: tuple[Any, ...]) -> bool:
    """Whether a subscript selects by arrays, and so copies."""
    if fun is not operator.getitem:
        return False
    items = args[1] if isinstance(args[1], tuple) else (args[1],)
    kinds = [type_of_index(i) for i in items]
    return any(not isinstance(k, str) and k.dtype is not None for k in kinds)


@dataclass(eq=False)
class Frame:
    """One call being interpreted: its names, where its source is, and what encloses it."""

    low: Lowering
    source: FunctionSource
    function: FunctionRef | None = None
    outer: Frame | None = None
    names: dict[str, Any] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    loop: Any = None  # the loop being lowered: what its exits must hand over
    quiet: bool = False  # table rules leave no names and no lines of their own

    @property
    def builder(self) -> Builder:
        return self.low.builder

    def here(self, node: Any) -> Any:
        return self.source.location(node)

    def refuse(
        self, node: Any, message: str, kind: type[DifferentiationError] = UnsupportedSyntaxError
    ) -> DifferentiationError:
        return kind(message, self.here(node))

    def missing(self, node: Any, kind: type[NameError], message: str) -> NameError:
        """The error that the original raises for a name that is bound to nothing, with its place as a note."""
        error, place = kind(message), self.here(node)
        if place is not None:
            error.add_note(f"met on line {place.lineno} of {place.filename}: {place.text.strip()}")
        return error

    def lookup(self, name: str, node: Any, changing: bool = False) -> Any:
        """The abstract value of a name, by Python's scoping; `changing`: only to be changed, not read."""
        found = self._find(name, node)
        if self.low.changed and not changing and self.low.is_changed(found):
            raise self.refuse(
                node,
                f"`{name}` is from outside of the function and has been changed here: what it holds is not followed, so keep what is read in a local name",  # noqa: E501
            )
        return found

    def _find(self, name: str, node: Any) -> Any:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                found = frame.names[name]
                if isinstance(found, Unbound):
                    raise self.refuse(node, f"`{name}` {found.reason}")
                return found
            if name in frame.local and frame is self:
                raise self.missing(
                    node,
                    UnboundLocalError,
                    f"cannot access local variable '{name}' where it is not associated with a value",
                )
            if frame.outer is None:
                return frame.outside(name, node)
            frame = frame.outer
        raise AssertionError("unreachable")

    def outside(self, name: str, node: Any) -> Any:
        """A name of the enclosing cells, of the module, or of Python."""
        ref = self.function
        if ref is None:
            raise self.missing(node, NameError, f"name '{name}' is not defined")
        fun, inputs = ref.fun, self.low.inputs
        if name in fun.__code__.co_freevars:
            index = fun.__code__.co_freevars.index(name)
            try:
                content = fun.__closure__[index].cell_contents
            except ValueError:
                raise self.missing(
                    node,
                    NameError,
                    f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope",
                ) from None
            if self.quiet:
                return content
            return self.low.from_outside(content, (*ref.path, ("cell", index)), name)
        scope = fun.__globals__
        if name in scope:
            if self.quiet:
                return (
                    FunctionRef(scope[name], None)
                    if isinstance(scope[name], types.FunctionType)
                    and scope[name].__module__.startswith("s2sgrad.table")
                    else scope[name]
                )
            inputs.globals[id(scope)] = scope
            return self.low.from_outside(scope[name], (("globals", id(scope)), ("item", name)), name)
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise self.missing(node, NameError, f"name '{name}' is not defined")


def parameters(node: Any) -> gast.arguments:
    return node.args


def closure_frame(closure: Closure) -> Frame:
    """A fresh frame for a call of a function defined in interpreted code."""
    outer = closure.frame
    return Frame(
        outer.low, outer.source, outer.function, outer, {}, assigned_names(closure.node), quiet=outer.quiet
    )


_assigned: dict[int, tuple[Any, frozenset[str]]] = {}


def assigned_names(node: Any) -> frozenset[str]:
    """The names that a function's own body binds: its locals."""
    known = _assigned.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    found = frozenset(_bound_in(node.body if isinstance(node.body, list) else [node.body]))
    _assigned[id(node)] = (node, found)
    return found


def _bound_in(nodes: list[Any]) -> set[str]:
    """The names bound by statements or expressions, not looking into nested functions or comprehensions."""
    found: set[str] = set()
    work = list(nodes)
    while work:
        node = work.pop()
        if isinstance(node, gast.Name):
            if isinstance(node.ctx, (gast.Store, gast.Del)):
                found.add(node.id)
            continue
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, gast.Lambda):
            continue
        if isinstance(node, (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)):
            found |= _walrus_in(node)
            continue
        work.extend(gast.iter_child_nodes(node))
    return found


def _walrus_in(node: Any) -> set[str]:
    return {n.target.id for n in gast.walk(node) if isinstance(n, gast.NamedExpr)}


def bound_names(statements: list[Any]) -> set[str]:
    """The names that statements bind: what a loop may carry, what a branch may change."""
    return _bound_in(statements)
