"""Lowering of statements: one function a kind of syntax, found in a table.

A block of statements ends by falling off its end, by `continue`, by returning, or dead (after `break` or
`raise`). A run-time `if` with an exit inside takes all that follows it into its arms, so that no flag is
needed; only a `return` or `break` that must cross a loop sets one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ..ir.program import Block, Value
from . import about_types, write_functions  # noqa: F401  (they register their functions)
from .abstract import Closure, Unbound, is_static
from .control import DEAD, branch
from .expressions import BINARY, closure, emit, evaluate, subscript, truth, value_of
from .frame import Frame
from .iteration import iterate
from .loops import BROKEN, RETURN_VALUE, RETURNED, TestFailed, exits_of, for_loop, while_loop
from .primitives import raise_now
from .staging import static
from .writes import assign, augmented, write, write_augmented

FELL = object()  # ran off the end of the statements


@dataclass(frozen=True, slots=True)
class Returned:
    value: Any


@dataclass(frozen=True, slots=True)
class _EnterState:
    """Pseudo-statement: from here on operations run under these errstate options."""

    options: tuple


@dataclass(frozen=True, slots=True)
class _LeaveState:
    state: tuple


STATEMENTS: dict[type, Callable[[Frame, Any], Any]] = {}


def statement(kind: type) -> Callable:
    def register(rule: Callable) -> Callable:
        STATEMENTS[kind] = rule
        return rule

    return register


def run_function(frame: Frame, tree: Any) -> Any:
    """The abstract result of a function whose parameters are bound in `frame`."""
    if isinstance(tree, gast.Lambda):
        return evaluate(frame, tree.body)
    if isinstance(tree, gast.AsyncFunctionDef):
        raise frame.refuse(tree, "async functions are not supported: make it a plain function")
    outcome = run_block(frame, tree.body)
    if outcome is DEAD and frame.builder.block.end.kind == "raise":
        _raise_in_line(frame, tree)
    return outcome.value if isinstance(outcome, Returned) else None


def _raise_in_line(frame: Frame, tree: Any) -> None:
    """A function that ends by raising, for all that is known: what its caller does next is written after that."""
    (exception,) = frame.builder.block.end.values
    frame.builder.block.end = Block().end
    emit(frame, tree, raise_now, exception)


def run_block(frame: Frame, statements: list[Any]) -> Any:
    """Interpret statements in order; how they end: FELL, Returned, or DEAD."""
    k, n = 0, len(statements)
    while k < n:
        s = statements[k]
        k += 1
        if not frame.quiet and isinstance(s, gast.stmt):
            frame.builder.loc = (frame.source, s)
        if isinstance(s, gast.If):
            outcome = _if(frame, s, statements[k:])
        elif isinstance(s, (gast.For, gast.While)):
            outcome = _loop(frame, s, statements[k:])
        elif isinstance(s, gast.With):
            return _run_with(frame, s, statements[k:])
        else:
            outcome = _simple(frame, s)
        if outcome is not None:
            return outcome
    return FELL


def _simple(frame: Frame, s: Any) -> Any:
    rule = STATEMENTS.get(type(s))
    if rule is None:
        name = type(s).__name__
        raise frame.refuse(
            s,
            f"`{KEYWORDS.get(name, name.lower())}` is not supported in a differentiated function: move it outside",
        )
    return rule(frame, s)


KEYWORDS = {
    "Delete": "del",
    "ClassDef": "class",
    "AsyncFunctionDef": "async def",
    "ImportFrom": "from ... import",
    "TryStar": "try",
}


# --- compound statements: the outcome is None where the statements that follow are still to be run ------------------


def _if(frame: Frame, s: Any, rest: list[Any]) -> Any:
    test = truth(frame, s.test, evaluate(frame, s.test))
    if isinstance(test, bool):
        return _arm_of_all(frame, s.body if test else s.orelse, rest)
    exits = exits_of([*s.body, *s.orelse])
    if not exits and not _raises(s.body) and not _raises(s.orelse):
        branch(frame, s, test, lambda: _arm(frame, s.body), lambda: _arm(frame, s.orelse))
        return None
    return _tail_branch(
        frame,
        s,
        test,
        lambda: run_block(frame, [*s.body, *rest]),
        lambda: run_block(frame, [*s.orelse, *rest]),
    )


def _arm_of_all(frame: Frame, body: list[Any], rest: list[Any]) -> Any:
    """Statements that surely run; an exit among them must skip what follows, so it takes that along."""
    if exits_of(body) or _raises(body):
        return run_block(frame, [*body, *rest])
    run_block(frame, body)
    return None


def _raises(body: list[Any]) -> bool:
    return any(isinstance(n, gast.Raise) for s in body for n in gast.walk(s))


def _arm(frame: Frame, body: list[Any]) -> None:
    run_block(frame, body)


def _tail_branch(frame: Frame, s: Any, test: Value, then: Callable, orelse: Callable) -> Any:
    """A branch that nothing follows in its block: its outcome is that of the block."""
    inside_loop = frame.loop is not None

    def arm(run: Callable) -> Any:
        outcome = run()
        if outcome is DEAD:
            return DEAD
        return None if inside_loop or outcome is FELL else outcome.value

    joined = branch(frame, s, test, lambda: arm(then), lambda: arm(orelse))
    if joined is DEAD:
        return DEAD
    return CONTINUED if inside_loop else Returned(joined)


CONTINUED = FELL  # an iteration that ends early ends like one that runs to its end


def _loop(frame: Frame, s: Any, rest: list[Any]) -> Any:
    if frame.loop is None:
        frame.names.pop(RETURNED, None)
    enclosing = frame.names.pop(BROKEN, None)
    if isinstance(s, gast.For):
        for_loop(frame, s, evaluate(frame, s.iter), rest)
    else:
        _while(frame, s, rest)
    broken = frame.names.pop(BROKEN, False)
    if enclosing is not None:  # of the loop around this one
        frame.names[BROKEN] = enclosing
    flag = frame.names.get(RETURNED, False)
    if flag is False or "return" not in exits_of(s.body):
        return _loop_else(frame, s, broken, rest)
    frame.names[RETURNED] = False
    if flag is True:
        return _return(frame, frame.names[RETURN_VALUE])
    leave = lambda: _return(frame, frame.names[RETURN_VALUE])
    return _tail_branch(frame, s, flag, leave, lambda: _else_and_rest(frame, s, broken, rest))


def _else_and_rest(frame: Frame, s: Any, broken: Any, rest: list[Any]) -> Any:
    outcome = _loop_else(frame, s, broken, rest)
    return run_block(frame, rest) if outcome is None else outcome


def _loop_else(frame: Frame, s: Any, broken: Any, rest: list[Any]) -> Any:
    """The `else` of a loop, which like an arm of an `if` may leave what encloses it."""
    if not s.orelse or broken is True:
        return None
    if broken is False:
        return _arm_of_all(frame, s.orelse, rest)
    if not exits_of(s.orelse) and not _raises(s.orelse):
        branch(frame, s, broken, lambda: None, lambda: _arm(frame, s.orelse))
        return None
    return _tail_branch(
        frame, s, broken, lambda: run_block(frame, rest), lambda: run_block(frame, [*s.orelse, *rest])
    )


def _while(frame: Frame, s: Any, rest: list[Any]) -> None:
    if isinstance(s.test, gast.Constant) and not s.test.value:
        return
    while_loop(frame, s, rest)


def _run_with(frame: Frame, s: Any, rest: list[Any]) -> Any:
    """A `with` and what follows it; an exit from inside leaves the state too."""
    state = frame.builder.state
    outcome = run_block(frame, [*_with(frame, s), *rest])
    frame.builder.state = state
    return outcome


def _with(frame: Frame, s: Any) -> list[Any]:
    """`with np.errstate(...)`: its body between two changes of state."""
    if (
        len(s.items) != 1
        or not _is_errstate(frame, s.items[0].context_expr)
        or s.items[0].optional_vars is not None
    ):
        raise frame.refuse(
            s,
            "`with` is supported for `np.errstate(...)` only: move it outside of the differentiated function",
        )
    keywords = s.items[0].context_expr.keywords
    options = tuple((k.arg, static(frame.low, evaluate(frame, k.value))) for k in keywords)
    return [_EnterState(options), *s.body, _LeaveState(frame.builder.state)]


def _is_errstate(frame: Frame, expr: Any) -> bool:
    return isinstance(expr, gast.Call) and not expr.args and evaluate(frame, expr.func) is np.errstate


# --- simple statements ----------------------------------------------------------------------------------------------


@statement(_EnterState)
def _enter(frame: Frame, s: _EnterState) -> None:
    frame.builder.state = (*frame.builder.state, *s.options)


@statement(_LeaveState)
def _leave(frame: Frame, s: _LeaveState) -> None:
    frame.builder.state = s.state


@statement(gast.Return)
def _return_statement(frame: Frame, s: Any) -> Any:
    return _return(frame, None if s.value is None else evaluate(frame, s.value))


def _return(frame: Frame, value: Any) -> Any:
    if frame.loop is None:
        return Returned(value)
    frame.names[RETURNED], frame.names[RETURN_VALUE] = True, value
    frame.loop.carry(RETURN_VALUE, value)
    return _break(frame, None)


@statement(gast.Break)
@statement(TestFailed)
def _break(frame: Frame, s: Any) -> Any:
    if type(s) is gast.Break:
        frame.names[BROKEN] = True
    if frame.loop.unrolled:
        return FELL
    frame.builder.end("break", *frame.loop.exit_values(frame))
    return DEAD


@statement(gast.Continue)
def _continue(frame: Frame, s: Any) -> Any:
    return FELL


@statement(gast.Assign)
def _assign(frame: Frame, s: Any) -> None:
    value = evaluate(frame, s.value)
    for target in s.targets:
        assign(frame, target, value)


@statement(gast.AnnAssign)
def _annotated(frame: Frame, s: Any) -> None:
    if s.value is not None:
        assign(frame, s.target, evaluate(frame, s.value))


@statement(gast.AugAssign)
def _augassign(frame: Frame, s: Any) -> None:
    fun = BINARY[type(s.op)]
    if isinstance(s.target, gast.Subscript):
        owner, index = evaluate(frame, s.target.value), evaluate(frame, s.target.slice)
        if isinstance(owner, Value) and any(isinstance(n, gast.Call) for n in gast.walk(s.value)):
            _augment_after_call(frame, s, fun, owner, index)
            return
        write_augmented(frame, s, fun, owner, index, evaluate(frame, s.value))
        return
    load = gast.copy_location(
        gast.Name(s.target.id, gast.Load(), None, None)
        if isinstance(s.target, gast.Name)
        else gast.Attribute(s.target.value, s.target.attr, gast.Load()),
        s.target,
    )
    old = evaluate(frame, load)
    new = augmented(frame, s, fun, old, evaluate(frame, s.value))
    if new is not old:
        assign(frame, s.target, new)


def _augment_after_call(frame: Frame, s: Any, fun: Any, owner: Value, index: Any) -> None:
    """`a[i] op= f(a)`: Python reads `a[i]` before the call, which may write to it."""
    low = frame.low
    root = low.root(owner)
    version = low.current(root)
    old = subscript(frame, s, owner, index)
    value = evaluate(frame, s.value)
    if low.current(root) is version:
        write_augmented(frame, s, fun, owner, index, value)
    else:
        write(frame, s, owner, index, augmented(frame, s, fun, old, value))


@statement(gast.Expr)
def _expr(frame: Frame, s: Any) -> None:
    if not isinstance(s.value, gast.Constant):
        evaluate(frame, s.value)


@statement(gast.Pass)
def _pass(frame: Frame, s: Any) -> None:
    return None


@statement(gast.FunctionDef)
def _function(frame: Frame, s: Any) -> None:
    made: Any = closure(frame, s)
    from .calls import call

    for decorator in reversed(s.decorator_list):
        made = call(frame, s, evaluate(frame, decorator), [made], {})
    frame.names[s.name] = made


@statement(gast.Assert)
def _assert(frame: Frame, s: Any) -> None:
    if not __debug__:
        return
    test = truth(frame, s.test, evaluate(frame, s.test))
    if test is True:
        return

    def fail() -> Any:
        message = [] if s.msg is None else [value_of(frame, s, evaluate(frame, s.msg))]
        return throw(frame, s, AssertionError, message)

    if test is False:
        fail()
        return
    branch(frame, s, test, lambda: None, fail)


@statement(gast.Raise)
def _raise(frame: Frame, s: Any) -> Any:
    if not isinstance(s.exc, gast.Call):
        exception = evaluate(frame, s.exc) if s.exc is not None else RuntimeError
        return throw(frame, s, exception, [])
    exception = evaluate(frame, s.exc.func)
    args = [evaluate(frame, a) for a in s.exc.args]
    return throw(frame, s, exception, [value_of(frame, s, a) for a in args])


def throw(frame: Frame, s: Any, exception: Any, args: list[Any]) -> Any:
    made = emit(frame, s, exception, *args) if isinstance(exception, type) else value_of(frame, s, exception)
    frame.builder.end("raise", made)
    return DEAD


__all__ = ["Closure", "Unbound", "is_static", "iterate", "run_block", "run_function"]
