"""The builder: the one way that operations come to be, typed, simplified and numbered as they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..table.registry import IMPURE, PURE, lookup
from .program import Arg, Block, Branch, Call, Function, Loop, Op, Terminator, Value, map_leaves, type_of
from .result_types import result_types
from .types import Type


def freeze(arg: Arg) -> Any:
    """A hashable key of a tree of operands: equal only for trees that mean the same bits."""
    kind = type(arg)
    if kind is Value:
        return arg
    if kind is float or kind is complex:
        return (kind, repr(arg))
    if kind is tuple or kind is list:
        return (kind, *[freeze(a) for a in arg])
    if kind is slice:
        return (kind, freeze(arg.start), freeze(arg.stop), freeze(arg.step))
    if kind is dict:
        return (kind, *[(k, freeze(a)) for k, a in arg.items()])
    try:
        hash(arg)
    except TypeError:
        return (kind, id(arg))
    return (kind, arg)


def _all_python(args: tuple) -> bool:
    """Whether a ufunc would get Python scalars alone, and so return a NumPy scalar where an operator does not."""
    return all(type_of(a).is_python for a in args)


SHAPE_ONLY: set[Callable] = set()  # functions that read nothing but the shape and dtype of their argument
FILLS: set[Callable] = set()  # arrays of one number: made anew by the backward sweep, not kept for it


class Builder:
    """Appends nodes to a block; equal pure operations are made once, trivial ones not at all."""

    def __init__(
        self, block: Block, simplifiers: dict[Callable, Callable] | None = None, share: bool = True
    ) -> None:
        self.block = block
        self.loc: Any = None
        self.state: tuple = ()
        self.simplifiers = simplifiers or {}
        self.share = share  # False while names may still be written through: equal values stay apart
        self._scopes: list[dict[Any, Any]] = [{}]
        self.backward = False
        self.complex = False  # complex numbers occur: a cotangent of what has no known dtype is fitted to it
        self.resolve: Callable[[Value], Any] | None = (
            None  # how operands from elsewhere are reached from here
        )
        self.twin: Callable[[Value], Value] | None = None  # a value of the same shape that is easier to have
        self.size = 0  # how many nodes were made, the measure of the inlining budget

    def op(
        self,
        fun: Callable,
        args: tuple,
        kwargs: dict | None = None,
        name: str | None = None,
        types: Any = None,
        effect: str | None = None,
    ) -> Any:
        """The result of `fun(*args, **kwargs)`: a value, or the container of values that `fun` returns."""
        kwargs = kwargs or {}
        if self.twin is not None and fun in SHAPE_ONLY and isinstance(args[0], Value):
            args = (self.twin(args[0]), *args[1:])
        if self.resolve is not None:
            args, kwargs = map_leaves(args, self.resolve), map_leaves(kwargs, self.resolve)
        entry = lookup(fun)
        if (
            entry is not None
            and fun is not entry.fun
            and not kwargs
            and entry.elementwise
            and not _all_python(args)
        ):
            fun = entry.fun  # one spelling: np.add(x, y) is x + y
        simplify = self.simplifiers.get(fun)
        if simplify is not None:
            simpler = simplify(self, *args, **kwargs)
            if simpler is not NotImplemented:
                if name and isinstance(simpler, Value) and simpler.name is None:
                    simpler.name = name
                return simpler
        effect = effect or (entry.effect if entry is not None else IMPURE)
        key = None
        if self.share and effect != IMPURE and not (entry is not None and entry.fresh):
            key = self._key(fun, self.state, args, kwargs)
            key = (key, "backward") if self.backward and fun in FILLS else key
            for scope in reversed(self._scopes):
                if key in scope:
                    return scope[key]
        out = self._append(
            Op(
                fun,
                entry,
                args,
                kwargs,
                loc=self.loc,
                state=self.state,
                effect=effect,
                backward=self.backward,
            ),
            types,
            name,
        )
        if key is not None:
            self._scopes[-1][key] = out
        return out

    def _append(self, node: Op, types: Any, name: str | None) -> Any:
        if types is None:
            types = result_types(node.fun, node.entry, node.args, node.kwargs, node)
        if not isinstance(types, Type) and not len(types):
            return types  # an empty container: nothing to compute
        self.block.nodes.append(node)
        self.size += 1
        if isinstance(types, Type):
            value = Value(types, name, node, self.loc)
            node.results = (value,)
            return value
        values = [Value(t, None, node, self.loc) for t in types]
        node.results = tuple(values)
        node.structure = type(types)
        return type(types)(*values) if hasattr(types, "_fields") else type(types)(values)

    def node(self, node: Loop | Branch | Call) -> None:
        """Append a structured node whose results are already made."""
        node.loc, node.state = node.loc or self.loc, node.state or self.state
        for value in node.results:
            value.node = node
        self.block.nodes.append(node)
        self.size += 1

    @contextmanager
    def inside(self, block: Block) -> Iterator[Block]:
        """Append to an inner block for a while; what is numbered there is forgotten after."""
        outer, self.block = self.block, block
        self._scopes.append({})
        try:
            yield block
        finally:
            self.block = outer
            self._scopes.pop()

    @contextmanager
    def apart(self, block: Block) -> Iterator[None]:
        """Append for a while to a block that will stand elsewhere: nothing made so far is shared with it."""
        outer, scopes = self.block, self._scopes
        self.block, self._scopes = block, [self._numbers(block)]
        try:
            yield
        finally:
            self.block, self._scopes = outer, scopes

    def _numbers(self, block: Block) -> dict[Any, Any]:
        """What the operations of a block are known by, so that they are not made again."""
        pure = [n for n in block.nodes if isinstance(n, Op) and n.effect != IMPURE and len(n.results) == 1]
        return {
            self._key(n.fun, n.state, n.args, n.kwargs): n.results[0]
            for n in pure
            if n.structure is None
            and not (n.entry is not None and n.entry.fresh)
            and not (self.backward and n.fun in FILLS)
        }

    @staticmethod
    def _key(fun: Callable, state: tuple, args: tuple, kwargs: dict) -> Any:
        return (fun, state, *[freeze(a) for a in args], *[(k, freeze(a)) for k, a in kwargs.items()])

    @contextmanager
    def level(self, block: Block, depth: int) -> Iterator[None]:
        """Append for a while to an enclosing block, before the node that is being made inside it."""
        outer, scopes = self.block, self._scopes
        self.block, self._scopes = block, scopes[:depth]
        try:
            yield
        finally:
            self.block, self._scopes = outer, scopes

    @property
    def depth(self) -> int:
        return len(self._scopes)

    @contextmanager
    def at(self, loc: Any, state: tuple | None = None) -> Iterator[None]:
        """Give what is made the source line (and errstate region) of another operation."""
        old = self.loc, self.state
        self.loc = loc
        self.state = self.state if state is None else state
        try:
            yield
        finally:
            self.loc, self.state = old

    def forget(self) -> None:
        """Forget what is numbered in this scope: some of its nodes were taken back."""
        self._scopes[-1] = {}

    def end(self, kind: str, *values: Arg) -> None:
        self.block.end = Terminator(kind, values)


__all__ = ["PURE", "Builder", "Function", "freeze"]
