"""What `jit=True` adds to a derivative: its Numba dispatcher, the names of its captured inputs, placed errors."""

from __future__ import annotations

import sys
from typing import Any

from .compiler import Specialisation
from .errors import JitError
from .frontend.abstract import Path


def dispatcher_of(spec: Specialisation) -> Any:
    """The compiled function of a derivative, for calls from compiled code."""
    kernels = getattr(spec.text, "kernels", ())
    if not kernels:
        raise AttributeError("this derivative is not compiled: make it with jit=True")
    if not spec.text.alone:  # type: ignore[attr-defined]
        raise AttributeError(
            "this function has effects on objects of Python's, which compiled code cannot have"
        )
    return spec.run.__globals__[kernels[0]]


def captured_names(spec: Specialisation, fun: Any) -> tuple[str, ...]:
    """What a compiled function takes after the leaves of the arguments, in order, as the user would write it."""
    paths = {v: path for path, v in spec.lowered.inputs.captured.items()}
    return tuple(path_text(paths[v], fun, v.name) for v in getattr(spec.text, "captured", ()))


def path_text(path: Path, fun: Any, name: str | None) -> str:
    """How the user's code reaches a captured input: `w`, `self.W`, `config['lr']`."""
    text = ""
    for kind, key in path[1:]:
        if kind == "cell":
            text = _free_name(fun, key) if not text or text.isidentifier() else f"{text}.<{key}>"
        elif kind == "attr" and key == "__self__":
            text = "self"
        elif kind == "attr":
            text = f"{text}.{key}" if text else str(key)
        elif kind == "item":
            text = f"{text}[{key!r}]" if text else str(key)
    return text or name or "input"


def _free_name(fun: Any, place: int) -> str:
    names = getattr(getattr(fun, "__code__", None), "co_freevars", ())
    return names[place] if place < len(names) else f"cell{place}"


def jit_error(error: BaseException, spec: Specialisation) -> JitError | None:
    """The error for what Numba refuses, with the user's line; None for other exceptions."""
    errors = sys.modules.get("numba.core.errors")
    if errors is None or not isinstance(error, errors.NumbaError):
        return None
    line = getattr(getattr(error, "loc", None), "line", None)
    texts = spec.text.text.splitlines()
    what = texts[line - 1].strip() if line is not None and 0 < line <= len(texts) else "the program"
    origin = None if line is None else spec.text.lines.get(line)
    place = None if origin is None or origin[1] is None else origin[0].location(origin[1])
    return JitError(f"`{what}` cannot be compiled with jit=True: use jit=False, which handles it", place)


__all__ = ["captured_names", "dispatcher_of", "jit_error", "path_text"]
