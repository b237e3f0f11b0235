"""Calls with arguments that are told at a glance: one generated function tests them, reads what is captured, and runs.

A gradient of a few numbers takes a fraction of a microsecond, so that finding its program must take less.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from .captured import reading
from .table import registry

LOOKED_AT = 16  # arguments, beyond which they are described
# Types that are their own description.
PLAIN = frozenset({float, int, complex, *(np.dtype(c).type for c in "bhilqBHILQfdFD")})

TEXT = """\
def make(fun_, spec_, run_, search_, note_, explain_):
    def call(*args_, **kwargs_):
        if kwargs_ or len(args_) != {count} or registry_._generation != generation_:
            return search_(*args_, **kwargs_)
        {names}= args_
        if not ({tests}):
            return search_(*args_)
        {read}
        if note_ is not None:
            note_(spec_)
        try:
            {run}
        except Exception as error_:
            explain_(error_, spec_)
            raise
    return call
"""


def direct_maker(spec: Any, args: tuple[Any, ...]) -> Callable[..., Any] | None:
    """What makes the `__call__` of a derivative for arguments like these, which are arrays and numbers; None otherwise.

    The function made calls `search` where the arguments are of another kind, or a captured input is. It tells `note`,
    if that is given, what serves the call.
    """
    if not 0 < len(args) <= LOOKED_AT or not all(map(_is_plain, args)):
        return None
    inputs = spec.lowered.inputs
    own: dict[str, Any] = {"ndarray_": np.ndarray, "registry_": registry, "generation_": spec.generation}
    names = [f"x{k}_" for k in range(len(args))]
    tests = [_test(name, x, own) for name, x in zip(names, args)]
    read = reading(inputs, list(inputs.captured), spec.exclusive, own, "return search_(*args_)")
    run = [f"return run_({', '.join(names)}{', *found_' if inputs.captured else ''})"]
    space = own
    body = None if inputs.captured else _body_around_kernel(spec)
    if body is not None:
        names, run = list(spec.run.__code__.co_varnames[: len(args)]), body
        tests = [_test(name, x, own) for name, x in zip(names, args)]
        space = {**spec.run.__globals__, **NUMBERS, **own}
    text = TEXT.format(
        count=len(args),
        names="".join(f"{name}, " for name in names),
        tests=" and ".join(tests),
        read="\n        ".join(read),
        run="\n            ".join(run),
    )
    exec(compile(text, "<call of a derivative>", "exec"), space)
    return space["make"]  # type: ignore[no-any-return]


NUMBERS = {f"{c.__name__}_": c for c in (np.float64, np.float32, np.int64, np.complex128)}


def _body_around_kernel(spec: Any) -> list[str] | None:
    """The lines of the function around a compiled one, to be put where it would be called: a call fewer."""
    if not getattr(spec.text, "kernels", ()):
        return None
    lines = spec.text.text.splitlines()[spec.run.__code__.co_firstlineno - 1 :]
    function = ast.parse("\n".join(lines)).body[0]
    assert isinstance(function, ast.FunctionDef)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    plain = all(isinstance(s, (ast.Assign, ast.Return)) for s in body)
    names = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)} | {
        a.arg for a in function.args.args
    }
    if not plain or len(body) > LOOKED_AT or any(n.endswith("_") or hasattr(builtins, n) for n in names):
        return None  # a name may be one of ours
    return [ast.unparse(_Numbers().visit(s)) for s in body]


class _Numbers(ast.NodeTransformer):
    """`np.float64` by a name of its own, which is found faster."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        is_number = isinstance(node.value, ast.Name) and node.value.id == "np" and f"{node.attr}_" in NUMBERS
        return (
            ast.copy_location(ast.Name(f"{node.attr}_", node.ctx), node)
            if is_number
            else self.generic_visit(node)
        )


def _is_plain(x: Any) -> bool:
    return type(x) in PLAIN or (type(x) is np.ndarray and x.dtype.isbuiltin == 1)


def _test(name: str, x: Any, space: dict[str, Any]) -> str:
    """Whether an argument is described as `x` is, as text."""
    if type(x) in PLAIN:
        space[f"type_of_{name}_"] = type(x)
        return f"type({name}) is type_of_{name}_"
    space[f"dtype_of_{name}_"] = x.dtype
    shape = f"len(shape_ := {name}.shape) == {x.ndim}"
    ones = [f"shape_[{axis}] {'==' if n == 1 else '!='} 1" for axis, n in enumerate(x.shape)]
    return " and ".join([f"type({name}) is ndarray_", f"{name}.dtype is dtype_of_{name}_", shape, *ones])


__all__ = ["direct_maker"]
