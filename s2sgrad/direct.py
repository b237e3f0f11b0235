"""Calls with arguments that are told at a glance: one generated function tests them, reads what is captured, and runs.

A gradient of a few numbers takes a fraction of a microsecond, so that finding its program must take less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .captured import reading
from .table import registry

LOOKED_AT = 16  # arguments, beyond which they are described
# Types that are their own description.
PLAIN = frozenset({float, int, complex, *(np.dtype(c).type for c in "bhilqBHILQfdFD")})

TEXT = """\
def make(fun, spec, run, search, note, explain):
    def call(*args, **kwargs):
        if kwargs or len(args) != {count} or registry._generation != generation:
            return search(*args, **kwargs)
        {names}= args
        if not ({tests}):
            return search(*args)
        {read}
        if note is not None:
            note(spec)
        try:
            return run({names}{captured})
        except Exception as error:
            explain(error, spec)
            raise
    return call
"""


def direct_maker(spec: Any, args: tuple[Any, ...]) -> Callable[..., Any] | None:
    """What makes the `__call__` of a derivative for arguments like these, which are arrays and numbers; None otherwise.

    The function made calls `search` where the arguments are of another kind, or a captured input is. It tells `note`,
    if that is given, what serves the call.
    """
    space: dict[str, Any] = {"ndarray": np.ndarray, "registry": registry, "generation": spec.generation}
    tests = [_test(f"x{k}", x, space) for k, x in enumerate(args)]
    if not 0 < len(args) <= LOOKED_AT or None in tests:
        return None
    inputs = spec.lowered.inputs
    read = reading(inputs, list(inputs.captured), spec.exclusive, space, "return search(*args)")
    text = TEXT.format(
        count=len(args),
        names="".join(f"x{k}, " for k in range(len(args))),
        tests=" and ".join(test for test in tests if test),
        read="\n        ".join(read),
        captured="*found" if inputs.captured else "",
    )
    exec(compile(text, "<call of a derivative>", "exec"), space)
    return space["make"]  # type: ignore[no-any-return]


def _test(name: str, x: Any, space: dict[str, Any]) -> str | None:
    """Whether an argument is described as `x` is, as text."""
    if type(x) in PLAIN:
        space[f"type_{name}"] = type(x)
        return f"type({name}) is type_{name}"
    if type(x) is not np.ndarray or x.dtype.isbuiltin != 1:
        return None
    space[f"dtype_{name}"] = x.dtype
    shape = f"len(shape := {name}.shape) == {x.ndim}"
    ones = [f"shape[{axis}] {'==' if n == 1 else '!='} 1" for axis, n in enumerate(x.shape)]
    return " and ".join([f"type({name}) is ndarray", f"{name}.dtype is dtype_{name}", shape, *ones])


__all__ = ["direct_maker"]
