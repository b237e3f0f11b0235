"""The program: a typed, structured SSA of primitive operations. Every transform is Program -> Program.

A `Block` is a list of nodes and a terminator. A node is an `Op` (one primitive applied to values), a `Loop`
or a `Branch` (which own blocks and say which values they carry in and out), or a `Call` of another function
of the program. Arrays are values too: a write `a[i] = v` is the operation `index_set(a, i, v)`, whose result
is the next version of `a`; the targets print it as a write in place wherever the old version is dead.

Operands are trees: a `Value`, a static Python object, or a tuple, list, dict or slice of operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..table.registry import IMPURE, PURE
from .types import Type, type_of_constant

Arg = Any


class Undefined:
    """The value of a name on a path that does not bind it; reading it is the user's UnboundLocalError."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = Undefined()


class Value:
    """The result of a node or a parameter of a block: defined once, equal only to itself."""

    __slots__ = ("extent", "loc", "name", "node", "role", "type", "witness")

    def __init__(
        self, type: Type, name: str | None = None, node: Node | None = None, loc: Any = None
    ) -> None:
        self.type = type
        self.name = name  # the user's name for it, or a suggestion
        self.node: Any = node  # the node that defines it, None for a parameter
        self.loc = loc
        self.extent: Any = None  # the symbolic extent this int stands for
        self.witness: Any = None  # where it is read and what was seen there: see frontend.staging
        self.role: Any = None  # what it stands for while a loop or a function is being lowered

    def __repr__(self) -> str:
        return f"%{self.name or 'v'}{id(self) % 9973}:{self.type}"


@dataclass(eq=False, slots=True)
class Op:
    """`results = fun(*args, **kwargs)`: one primitive operation."""

    fun: Callable[..., Any]
    entry: Any  # of the table, or None: opaque
    args: tuple[Arg, ...]
    kwargs: dict[str, Arg]
    results: tuple[Value, ...] = ()
    structure: Any = None  # None: one result; else the container type that the results fill
    loc: Any = None
    state: tuple = ()  # the errstate region the operation runs in
    effect: str = PURE
    diagnosis: Exception | None = None  # why an opaque operation could not be lowered
    backward: bool = False  # made by the backward sweep

    @property
    def operands(self) -> tuple[Arg, ...]:
        return (*self.args, *self.kwargs.values())


@dataclass(eq=False, slots=True)
class Terminator:
    """How a block ends: `yield` to its owner, `break` its loop, `return`, or `raise`; with these values."""

    kind: str
    values: tuple[Arg, ...] = ()


@dataclass(eq=False, slots=True)
class Block:
    """Nodes in order, with the parameters its owner binds and the terminator that hands values back."""

    params: list[Value] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)
    end: Terminator = field(default_factory=lambda: Terminator("yield"))


@dataclass(eq=False, slots=True)
class Branch:
    """`results = then if test else orelse`; an arm that breaks or raises yields nothing."""

    test: Arg
    then: Block
    orelse: Block
    results: tuple[Value, ...] = ()
    loc: Any = None
    state: tuple = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.then, self.orelse)

    @property
    def operands(self) -> tuple[Arg, ...]:
        return (self.test,)


@dataclass(eq=False, slots=True)
class Loop:
    """A counted loop over `range(*domain)`, or a conditional one where `domain` is None and `test` is a block.

    The body's parameters are the index (counted loops only), then the carried values, which start as `inits`;
    a body yields the next ones. `test` has the carried values as parameters and yields a predicate.
    """

    domain: tuple[Arg, Arg, Arg] | None
    test: Block | None
    inits: list[Arg]
    body: Block
    results: list[Value] = field(default_factory=list)
    loc: Any = None
    state: tuple = ()
    sums: int = 0  # how many of the last results are only added to what comes later: see transforms.fuse
    keep: Arg = None  # how many states a checkpointed loop may hold in its backward sweep

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.body,) if self.test is None else (self.test, self.body)

    @property
    def carried(self) -> list[Value]:
        return self.body.params[1:] if self.domain is not None else self.body.params

    @property
    def operands(self) -> tuple[Arg, ...]:
        return (*(self.domain or ()), *self.inits, *(() if self.keep is None else (self.keep,)))


@dataclass(eq=False, slots=True)
class Call:
    """`results = function(*args)`: a call of another function of the program."""

    function: Function
    args: tuple[Arg, ...]
    results: tuple[Value, ...] = ()
    loc: Any = None
    state: tuple = ()
    checkpoint: bool = False  # run again in the backward sweep, nothing kept but the arguments

    @property
    def operands(self) -> tuple[Arg, ...]:
        return self.args


Node = Op | Branch | Loop | Call


@dataclass(eq=False, slots=True)
class Function:
    """A named block whose terminator returns the results.

    `consumes` are the places of parameters whose memory a call gives up: the function may write to them, and
    its results may be made of them.
    """

    name: str
    body: Block
    consumes: frozenset[int] = frozenset()

    @property
    def params(self) -> list[Value]:
        return self.body.params

    @property
    def results(self) -> tuple[Arg, ...]:
        return self.body.end.values


def blocks_of(node: Node) -> tuple[Block, ...]:
    return getattr(node, "blocks", ())


def leaves(arg: Arg) -> Iterator[Value]:
    """The values in a tree of operands, left to right."""
    if isinstance(arg, Value):
        yield arg
    elif isinstance(arg, (tuple, list)):
        for item in arg:
            yield from leaves(item)
    elif isinstance(arg, dict):
        for item in arg.values():
            yield from leaves(item)
    elif isinstance(arg, slice):
        yield from leaves((arg.start, arg.stop, arg.step))


def map_leaves(arg: Arg, change: Callable[[Value], Arg]) -> Arg:
    """The same tree of operands, each value replaced."""
    kind = type(arg)
    if kind is Value:
        return change(arg)
    if kind is tuple:
        return tuple([map_leaves(a, change) for a in arg])
    if kind is list:
        return [map_leaves(a, change) for a in arg]
    if kind is slice:
        return slice(*map_leaves((arg.start, arg.stop, arg.step), change))
    if kind is dict:
        return {key: map_leaves(a, change) for key, a in arg.items()}
    if isinstance(arg, tuple) and hasattr(arg, "_fields"):
        return kind(*[map_leaves(a, change) for a in arg])
    return arg


def operands(node: Node) -> Iterator[Value]:
    """The values a node reads itself, not those its blocks read."""
    for arg in node.operands:
        yield from leaves(arg)


def type_of(arg: Arg) -> Type:
    """The type of an operand that is a value or a scalar constant."""
    return arg.type if isinstance(arg, Value) else type_of_constant(arg)


def is_static(arg: Arg) -> bool:
    """Whether a tree of operands holds no value: it is known at compile time."""
    return next(leaves(arg), None) is None


def functions_of(function: Function) -> list[Function]:
    """A function and all that it calls, callees first."""
    seen: dict[int, Function] = {}

    def visit(f: Function) -> None:
        if id(f) not in seen:
            seen[id(f)] = f
            for node in walk(f.body):
                if isinstance(node, Call):
                    visit(node.function)

    visit(function)
    return list(seen.values())[::-1]


def walk(block: Block) -> Iterator[Node]:
    """Every node of a block and of the blocks inside, in order."""
    for node in block.nodes:
        yield node
        for inner in blocks_of(node):
            yield from walk(inner)


def free_values(node: Node) -> list[Value]:
    """The values a node and its blocks read that are defined outside of it, in order of first use."""
    found: dict[Value, None] = dict.fromkeys(operands(node))
    for block in blocks_of(node):
        found.update(dict.fromkeys(free_values_of_block(block)))
    return list(found)


def free_values_of_block(block: Block) -> list[Value]:
    """The values a block reads and does not define."""
    defined = set(block.params)
    found: dict[Value, None] = {}
    for node in block.nodes:
        found.update(dict.fromkeys(v for v in free_values(node) if v not in defined))
        defined.update(node.results)
    found.update(dict.fromkeys(v for v in leaves(block.end.values) if v not in defined))
    return list(found)


def is_impure(node: Node) -> bool:
    """Whether a node must happen exactly as often as in the original."""
    if isinstance(node, Op):
        return node.effect == IMPURE
    if isinstance(node, Call):
        return any(_impure_block(f.body) for f in functions_of(node.function))
    return any(b.end.kind == "raise" or any(map(is_impure, b.nodes)) for b in blocks_of(node))


def first_effect(function: Function) -> Op | None:
    """The first operation that may happen once alone: a draw, a print, the call of something unknown.

    A function of the user's that has rules may be called again.
    """
    for f in functions_of(function):
        for n in walk(f.body):
            ruled = isinstance(n, Op) and n.entry is not None and (n.entry.vjps or n.entry.jvps)
            if isinstance(n, Op) and n.effect == IMPURE and not ruled:
                return n
    return None


def _impure_block(block: Block) -> bool:
    """Whether a block has an effect of its own, not by way of calls."""
    inner = [b for node in block.nodes for b in blocks_of(node)]
    return (
        block.end.kind == "raise"
        or any(isinstance(n, Op) and n.effect == IMPURE for n in block.nodes)
        or any(map(_impure_block, inner))
    )


__all__ = [name for name in dir() if not name.startswith("_")]
