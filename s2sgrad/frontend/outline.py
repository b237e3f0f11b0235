"""Functions of the program: what is called often, is large, or calls itself is lowered once and called.

Everything else is interpreted in place. A function is shared between calls whose arguments have equal types
and equal static parts. Of a recursive function the result type is found by guessing and checking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UnsupportedSyntaxError
from ..ir.builder import freeze
from ..ir.program import (
    Block,
    Call,
    Function,
    Terminator,
    Value,
    first_effect,
    free_values_of_block,
    type_of,
)
from ..ir.rewrite import substitute_in_block
from ..ir.types import INT, PYTHON_TYPES, UNKNOWN, Dim, Type, join, scalar
from ..optimize.undefined import settle_undefined
from .abstract import (
    Closure,
    FunctionRef,
    NotStatic,
    Unbound,
    children,
    is_static,
    map_abstract,
    same_abstract,
)
from .control import NotGuessed
from .frame import Frame
from .liveness import reads

INLINED_SIZE = 40  # operations; larger functions are shared from their second call on
INLINED_RECURSION = 6  # levels of a recursion on static arguments that are interpreted in place
GUESSES = 5
RUNS_TWICE = "what is checkpointed runs twice, so it must not draw random numbers, print or call what is not known: do that outside, and hand in the result"  # noqa: E501


@dataclass(eq=False)
class Outlined:
    """A function of the program under construction or done."""

    function: Function
    template: Any = None  # the abstract result; its leaves are values of the body
    outside: list[Value] = field(default_factory=list)  # what it reads besides its arguments
    done: bool = False
    recursive: bool = False


@dataclass(frozen=True)
class Constant:
    """The role of a run-time value that stands for a static number."""

    number: int | float


class CannotOutline(Exception):
    """The function writes to what the caller sees, or needs to know its arguments: interpret it in place."""


def call_outlined(
    frame: Frame,
    node: Any,
    callee: Any,
    tree: Any,
    bound: dict[str, Any],
    run: Callable[[dict[str, Any]], Any],
) -> Any:
    """The result of a call that may go to a shared function, or NotImplemented to interpret it in place."""
    low = frame.low
    recursive = low.stack.count(tree)
    if low.quiet or not isinstance(callee, FunctionRef) and not (isinstance(callee, Closure) and recursive):
        return NotImplemented
    if recursive >= INLINED_RECURSION:
        bound = {name: _generalised(frame, x) for name, x in bound.items()}
    try:
        tag = ("outlined", id(tree), *_captured_state(low, callee))
        wide = (*tag, *[(name, signature(x, True)) for name, x in bound.items()])
        key = wide if recursive else (*tag, *[(name, signature(x, False)) for name, x in bound.items()])
        known = low.memo.get(key)
    except TypeError:
        return NotImplemented
    if known == "inline":
        return NotImplemented
    in_progress = recursive and (recursive >= INLINED_RECURSION or low.memo.get(("active", wide)))
    large = low.memo.get(("size", key), 0) > INLINED_SIZE
    if known is None and not in_progress and not large:
        return _measured(low, key, wide, bound, run)
    try:
        outlined = known or _outline(frame, node, tree, bound, run, key, bool(recursive))
    except (CannotOutline, NotStatic):
        if recursive:
            raise frame.refuse(
                node,
                f"the recursive function `{tree.name}` writes to its arguments or needs their values at compile time: write it as a loop",  # noqa: E501
            ) from None
        low.memo[key] = "inline"
        return NotImplemented
    return _call(frame, node, outlined, bound)


def _captured_state(low: Any, callee: Any) -> tuple[Any, ...]:
    """What a function defined in interpreted code reads from around it, as it is now."""
    if not isinstance(callee, Closure):
        return ()
    found: dict[str, Any] = {}
    frame = callee.frame
    while frame is not None:
        found = {**{n: x for n, x in frame.names.items() if n in reads(callee.node)}, **found}
        frame = frame.outer
    state = tuple(
        low.current(leaf) if isinstance(leaf, Value) else leaf for x in found.values() for leaf in _leaves(x)
    )
    low.memo[("captured", *map(id, state))] = state  # so that what is named by its identity stays
    return tuple(map(id, state))


def call_checkpointed(frame: Frame, node: Any, fun: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call whose intermediate values are not kept: of a function of the program, marked so."""
    from .nesting import bind_abstract

    names, bound = bind_abstract(frame, node, fun, args, kwargs)
    del names

    def run(inner: dict[str, Any]) -> Any:
        from .calls import call

        return call(frame, node, fun, list(inner.values()), {})

    outlined = Outlined(
        Function(getattr(getattr(fun, "fun", fun), "__name__", "checkpointed").strip("<>"), Block())
    )
    try:
        result = _interpret(frame, bound, run, outlined, False)
    except CannotOutline:
        raise frame.refuse(
            node,
            "a checkpointed function must not write to arrays of its caller, and must return numbers or arrays",
        ) from None
    outlined.template, outlined.done = result, True
    _close(frame, outlined, result)
    demand_repeatable(outlined.function)
    out = _call(frame, node, outlined, bound)
    frame.builder.block.nodes[-1].checkpoint = True
    return out


def demand_repeatable(function: Function) -> None:
    """Refuse to run again what must happen once."""
    effect = first_effect(function)
    if effect is not None:
        source, node = effect.loc or (None, None)
        raise UnsupportedSyntaxError(RUNS_TWICE, None if source is None else source.location(node))


def _measured(
    low: Any, key: Any, wide: Any, bound: dict[str, Any], run: Callable[[dict[str, Any]], Any]
) -> Any:
    """Interpret in place, and remember how much that made."""
    before = low.builder.size
    active = low.memo.get(("active", wide), False)
    low.memo[("active", wide)] = True
    try:
        return run(bound)
    finally:
        low.memo[("active", wide)] = active
        low.memo[("size", key)] = low.builder.size - before


def signature(x: Any, wide: bool) -> Any:
    """A hashable description of an abstract value: types of what is dynamic, the rest itself.

    A wide one forgets the extents of arrays: a recursion on ever smaller slices is one function.
    """
    if isinstance(x, Value):
        return ("value", x.type.kind, x.type.dtype, x.type.rank) if wide else ("value", x.type)
    inner = children(x)
    if inner is not None:
        keys = tuple(x) if isinstance(x, dict) else None
        return (type(x), keys, *[signature(item, wide) for item in inner])
    if isinstance(x, FunctionRef):
        return ("function", x.fun)
    hash(x)
    return freeze(x)


def _generalised(frame: Frame, x: Any) -> Any:
    """A static number as a run-time one: what stops a recursion on a static counter from unfolding for ever."""
    if type(x) in (int, float):
        value = Value(PYTHON_TYPES[type(x).__name__])
        value.role = Constant(x)
        return value
    return x


def _outline(
    frame: Frame,
    node: Any,
    tree: Any,
    bound: dict[str, Any],
    run: Callable[[dict[str, Any]], Any],
    key: Any,
    recursive: bool,
) -> Outlined:
    low, size, memo = frame.low, frame.low.builder.size, dict(frame.low.memo)
    guess: Any = NOT_GUESSED  # at first: what does it return where it does not call itself?
    for attempt in range(GUESSES):
        outlined = Outlined(Function(tree.name, Block()))
        outlined.template = guess if attempt < GUESSES - 1 else Value(UNKNOWN)
        low.memo[key] = outlined
        try:
            result = _interpret(frame, bound, run, outlined, recursive)
        except NotGuessed:
            if not outlined.recursive:  # it asks for another function
                raise
            result = Value(scalar(np.dtype(float)))
        finally:
            del low.memo[key]
        if not outlined.recursive or (guess is not NOT_GUESSED and _consistent(outlined.template, result)):
            low.memo[key] = outlined
            outlined.template, outlined.done = result, True
            _close(frame, outlined, result)
            return outlined
        if guess is NOT_GUESSED:  # functions that were met on the way lack an arm
            low.builder.size, low.memo = size, dict(memo)
        guess = map_abstract(result, _guessed)
    raise frame.refuse(node, f"the result of the recursive function `{tree.name}` has no one type")


NOT_GUESSED = object()


def _guessed(leaf: Any) -> Any:
    """A value of a type that covers that of others like it: of arrays, extents are not guessed."""
    if not isinstance(leaf, Value) and type(leaf) not in (int, float, complex):
        return leaf
    t = type_of(leaf)
    if t.kind == "array" and t.shape is not None:
        t = Type("array", t.dtype, tuple(Dim((object(), k)) for k in range(len(t.shape))))
    return Value(t)


def _interpret(
    frame: Frame,
    bound: dict[str, Any],
    run: Callable[[dict[str, Any]], Any],
    outlined: Outlined,
    recursive: bool,
) -> Any:
    """The body, on fresh parameters for the leaves of the arguments."""
    low, block = frame.low, outlined.function.body

    def parameter(leaf: Any) -> Any:
        if not isinstance(leaf, Value):
            return leaf
        made = Value(_widened(leaf.type, len(block.params), recursive), leaf.name)
        made.extent = None
        block.params.append(made)
        return made

    inner = {name: map_abstract(x, parameter) for name, x in bound.items()}
    versions, ambiguous = dict(low.versions), dict(low.ambiguous)
    try:
        with low.builder.inside(block):
            result = run(inner)
            result = map_abstract(result, lambda leaf: low.current(leaf) if isinstance(leaf, Value) else leaf)
    except BaseException:
        low.versions, low.ambiguous = versions, ambiguous
        raise
    outer_roots = set(block.params) | set(versions)
    if any(
        root in outer_roots and low.versions[root] is not versions.get(root, root) for root in low.versions
    ):
        low.versions, low.ambiguous = versions, ambiguous
        raise CannotOutline
    low.versions = versions
    if not all(_is_result(leaf) for leaf in _leaves(result)):
        raise CannotOutline
    return result


def _widened(t: Type, number: int, recursive: bool) -> Type:
    """An argument type for all calls: the extents of arrays are symbols of the function's own."""
    if t.kind != "array" or t.shape is None:
        return t
    if recursive:
        return Type(t.kind, t.dtype, tuple(Dim(("parameter", number, k)) for k in range(len(t.shape))))
    return Type(
        t.kind,
        t.dtype,
        tuple(
            n if isinstance(n, int) else Dim(("parameter", number, k, n.key), n.not_one)
            for k, n in enumerate(t.shape)
        ),
    )


def _leaves(x: Any) -> list[Any]:
    inner = children(x)
    return [x] if inner is None else [leaf for item in inner for leaf in _leaves(item)]


def _is_result(leaf: Any) -> bool:
    return isinstance(leaf, Value) or (is_static(leaf) and not isinstance(leaf, Unbound))


def _covers(guess: Type, found: Type) -> bool:
    """Whether an array or list is one of those that a guess stands for, whatever its extents."""
    if guess.kind == found.kind == "list":
        if None in (guess.item, found.item):
            return found.item is None
        return guess.item == found.item or _covers(guess.item, found.item)
    same = guess.kind == found.kind == "array" and guess.dtype == found.dtype and guess.rank == found.rank
    return same and guess.shape is not None and all(isinstance(n, Dim) and not n.not_one for n in guess.shape)


def _consistent(guess: Any, result: Any) -> bool:
    """Whether a guessed result type covers the result found with it."""
    if isinstance(guess, Value) and isinstance(result, (Value, int, float, complex)):
        found = type_of(result)
        return (
            guess.type.kind == "unknown"
            or guess.type == found
            or _covers(guess.type, found)
            or (guess.type.is_scalar and found.is_scalar and join(guess.type, found) == guess.type)
        )
    a, b = children(guess), children(result)
    if a is not None and b is not None and type(guess) is type(result):
        x, y = list(a), list(b)
        return len(x) == len(y) and all(map(_consistent, x, y))
    return same_abstract(guess, result)


def _close(frame: Frame, outlined: Outlined, result: Any) -> None:
    """Finish the function: what it reads from outside becomes parameters."""
    block = outlined.function.body
    values = [leaf for leaf in _leaves(result) if isinstance(leaf, Value)]
    block.end = Terminator("return", tuple(values))
    settle_undefined(block)
    outlined.outside = [v for v in free_values_of_block(block)]
    inner = {v: Value(v.type, v.name) for v in outlined.outside}
    for v, p in inner.items():
        p.extent = v.extent
    substitute_in_block(block, inner)
    block.params = [*block.params, *inner.values()]
    _complete_recursive_calls(block, outlined, list(inner.values()))
    del frame


def _complete_recursive_calls(block: Block, outlined: Outlined, extra: list[Value]) -> None:
    from ..ir.program import walk

    for n in walk(block):
        if isinstance(n, Call) and n.function is outlined.function:
            n.args = (*n.args, *extra)


def _call(frame: Frame, node: Any, outlined: Outlined, bound: dict[str, Any]) -> Any:
    """A call node, and its results in the structure of the function's."""
    low = frame.low
    args = [low.current(leaf) for x in bound.values() for leaf in _leaves(x) if isinstance(leaf, Value)]
    args = [a.role.number if isinstance(a.role, Constant) else a for a in args]
    if outlined.done:
        args += [low.current(v) for v in outlined.outside]
    else:
        outlined.recursive = True
        if outlined.template is NOT_GUESSED:
            raise NotGuessed
    results: list[Value] = []

    def result(leaf: Any) -> Any:
        if not isinstance(leaf, Value) and (outlined.done or type(leaf) not in (int, float, complex)):
            return leaf
        t = type_of(leaf)
        made = Value(
            t
            if t.kind != "array" or t.shape is None
            else Type(
                "array",
                t.dtype,
                tuple(
                    n if isinstance(n, int) else Dim((call_key, len(results), k), n.not_one)
                    for k, n in enumerate(t.shape)
                ),
            )
        )
        results.append(made)
        return made

    call_key = object()
    out = map_abstract(outlined.template, result)
    frame.builder.loc = (frame.source, node)
    frame.builder.node(Call(outlined.function, tuple(args), tuple(results)))
    return out


__all__ = ["INT", "CannotOutline", "Outlined", "call_outlined"]
