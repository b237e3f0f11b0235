"""The table of derivatives: one `Entry` per primitive, and the words that declare one.

An entry says what the compiler may assume of a function (elementwise, linear, inactive, effect) and how its
derivative is written. A rule is ordinary NumPy, `lambda g, ans, x, y: g * y`: the cotangent `g` of the
result (or the tangent `t` of an argument), the result `ans`, then the arguments of the call, positional and
keyword, exactly as the user gave them. Rules are compiled by the same frontend as any function.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Rule = Callable[..., Any]

PURE = "pure"  # no effect: may be moved, shared, dropped
RAISES = "raises"  # pure but for an exception: not hoisted past a branch, an effect or a loop entry
IMPURE = "impure"  # random draws, prints, opaque calls: never duplicated, recomputed or dropped


@dataclass(eq=False)
class Entry:
    """What the table knows of one function."""

    fun: Callable[..., Any]
    name: str
    vjps: tuple[Rule | None, ...] | None = None
    jvps: tuple[Rule | None, ...] | None = None
    elementwise: bool = False  # acts entry by entry, broadcasting its arguments
    holomorphic: bool = True  # if elementwise: the pushforward is the pullback with t for g
    linear: tuple[int, ...] = ()  # linear in these arguments, the others held: pushforward is fun itself
    inactive: bool = False  # derivative zero: integer, boolean or shape results
    view: bool = False  # the result may share memory with argument 0
    shares: bool = False  # in some calls the result is an operand itself, or a view of one: it is not owned
    sequences: bool = (
        False  # takes lists and tuples of arrays as they are; elsewhere a list of numbers is an array
    )
    fresh: bool = False  # always makes a new mutable object: two equal calls are never shared
    effect: str = PURE
    heavy: bool = False  # never recomputed in the backward sweep
    data_shape: bool = False  # the shape of the result depends on values, not on shapes and static arguments
    source: str = ""  # paper, textbook, section, where the formula is not obvious
    limits: str = ""  # what is not differentiated, for the reference page
    version: int = 0  # counts redefinitions, part of the key of compiled derivatives
    aliases: list[Callable[..., Any]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


ENTRIES: dict[Callable[..., Any], Entry] = {}
_generation = 0


def generation() -> int:
    """The number of changes made to the table so far: compiled derivatives are valid for one of them."""
    return _generation


LAZY_CHAPTERS: dict[
    str, tuple[str, ...]
] = {}  # library -> the modules of the table that declare its functions


def lookup(fun: Any) -> Entry | None:
    """The entry of a function, found by equality (`np.add.at is np.add.at` is false), or None."""
    try:
        entry = ENTRIES.get(fun)
    except TypeError:  # an unhashable callable is in no table
        return None
    if entry is None and LAZY_CHAPTERS:
        return _lookup_lazily(fun)
    return entry


def _lookup_lazily(fun: Any) -> Entry | None:
    """Load the chapters of the library a function comes from, when it is first met, then look again."""
    owner = getattr(fun, "__self__", fun)  # scipy.stats.norm.logpdf is a method of an object of scipy.stats
    module = getattr(fun, "__module__", None) or getattr(type(owner), "__module__", None) or ""
    library = module.partition(".")[0]
    if isinstance(fun, np.ufunc) and getattr(np, fun.__name__, None) is not fun:
        library = "scipy"  # ufuncs of SciPy do not know their module
    chapters = LAZY_CHAPTERS.pop(library, ())
    with extended():
        for chapter in chapters:
            importlib.import_module(chapter)
    return ENTRIES.get(fun) if chapters else None


@contextmanager
def extended() -> Iterator[None]:
    """Import chapters of our own: no derivative made so far could use what was not there."""
    global _generation
    before = _generation
    try:
        yield
    finally:
        _generation = before


def parameters_of(entry: Entry) -> list[str]:
    """The names of a function's parameters, from the rules: not every function of C tells its own."""
    rule = next((rule for rule in (*(entry.vjps or ()), *(entry.jvps or ())) if rule is not None), None)
    return [] if rule is None else list(inspect.signature(rule).parameters)[2:]


def position_of(entry: Entry, name: str) -> int | None:
    """The position of a parameter, by the names in the rules."""
    names = parameters_of(entry)
    return names.index(name) if name in names else None


def dotted_name(fun: Any) -> str:
    """The name users know a function by: `numpy.exp`, `math.exp`, `scipy.special.expit`."""
    name = getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or repr(fun)
    module = getattr(fun, "__module__", None)
    if module is None:
        module = type(fun).__module__ if type(fun).__name__ == "ufunc" else ""
    module = {"_operator": "operator"}.get(module, module)
    return f"{module}.{name}" if module else name


def define(fun: Callable[..., Any], *aliases: Callable[..., Any], name: str = "", **facts: Any) -> Entry:
    """The entry of `fun`, made if it is new, with these facts; `aliases` are other spellings of it."""
    global _generation
    entry = ENTRIES.get(fun)
    if entry is None:
        entry = ENTRIES[fun] = Entry(fun, name or dotted_name(fun))
    for key, value in facts.items():
        setattr(entry, key, value)
    for alias in aliases:
        ENTRIES[alias] = entry
        entry.aliases.append(alias)
    entry.version += 1
    _generation += 1
    return entry


def defvjp(fun: Callable[..., Any], *rules: Rule | None) -> None:
    """Give `fun` its pullback: one rule `(g, ans, *args, **kwargs) -> cotangent` an argument, in order.

    `None` in the place of an argument means that it has no derivative. Where `fun` is elementwise the
    compiler undoes broadcasting; elsewhere a cotangent has the shape of its argument. A new definition takes
    effect at the next call.

    Examples
    --------
    >>> import numpy as np
    >>> defvjp(np.exp, lambda g, ans, x: g * ans)
    """
    define(fun, vjps=rules)


def defjvp(fun: Callable[..., Any], *rules: Rule | None) -> None:
    """Give `fun` its pushforward: one rule `(t, ans, *args, **kwargs) -> tangent` an argument, in order.

    Each rule is the share of its argument in the tangent of the result; the shares are added.

    Examples
    --------
    >>> import numpy as np
    >>> defjvp(np.exp, lambda t, ans, x: t * ans)
    """
    define(fun, jvps=rules)


def elementwise(fun: Callable[..., Any], *rules: Rule | None, aliases: tuple = (), **facts: Any) -> Entry:
    """Declare a function that acts entry by entry, with its pullbacks; they serve as pushforwards too."""
    return define(fun, *aliases, elementwise=True, vjps=rules, **facts)


def linear(
    fun: Callable[..., Any],
    *rules: Rule | None,
    of: tuple[int, ...] = (0,),
    aliases: tuple = (),
    **facts: Any,
) -> Entry:
    """Declare a function that is linear in each of the arguments `of`, with its pullbacks."""
    return define(fun, *aliases, linear=of, vjps=rules, **facts)


def inactive(*funs: Callable[..., Any], **facts: Any) -> None:
    """Declare functions whose derivative is zero: integer, boolean and shape results."""
    for fun in funs:
        define(fun, inactive=True, **facts)
