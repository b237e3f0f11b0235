"""The text of vector functions, with everything that they use, for modules that import nothing of this package."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from s2sgrad.targets.vector_math import (
    bits,
    exponential,
    inverse_trigonometric,
    logarithm,
    powers,
    quadrants,
    reductions,
    single,
    special,
    trigonometric,
    widened,
)

DECORATORS = {
    "contracted": 'numba.njit(fastmath={"contract"}, error_model="numpy", forceinline=True)',
    "reassociated": 'numba.njit(fastmath={"reassoc", "contract", "nsz", "arcp", "afn"}, forceinline=True)',
    "inlined": 'numba.njit(inline="always")',  # into the function that calls it, by Numba: compiles three times faster
}
MODULES = (
    bits,
    exponential,
    inverse_trigonometric,
    logarithm,
    powers,
    quadrants,
    trigonometric,
    special,
    single,
    widened,
    reductions,
)  # in the order of their text


_BEGINS = re.compile(r"def (\w+)\(|((?:\w+, )*\w+) = ")  # a statement that binds names
_READ = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Definition:
    """A function or an assignment at the top of a module, in their order."""

    place: int
    text: str
    binds: tuple[str, ...]

    @property
    def is_function(self) -> bool:
        return self.text.startswith("def ")

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every word of its code, the names that it reads among them."""
        code = "".join(self.text.split('"""')[::2])
        return frozenset(_READ.findall(re.sub("#.*", "", code))).difference(self.binds)


def source_of(names: Iterable[str]) -> str:
    """The definitions of these functions of `VECTOR`, and of all that they use, in an order in which they can run.

    The text expects `np` and `numba` to be imported. A function is called by its `__name__`: `VECTOR["exp"].__name__`.
    """
    from s2sgrad.targets.vector_math import VECTOR  # built from the modules that are read here

    chosen = sorted(_closure(VECTOR[name].__name__ for name in names), key=lambda d: d.place)
    at_import = _closure(name for d in chosen if not d.is_function for name in d.reads)
    used = {_decorator(d) for d in chosen if d.is_function and d not in at_import}
    decorators = [f"{name} = {value}" for name, value in DECORATORS.items() if name in used]
    texts = [_decorated(d) if d.is_function and d not in at_import else d.text for d in chosen]
    return "\n".join(decorators) + "\n\n\n" + "\n\n\n".join(texts) + "\n"


def _closure(names: Iterable[str]) -> set[Definition]:
    """The definitions of these names and of all that they read."""
    known = _definitions()
    needed: set[Definition] = set()
    waiting = list(names)
    while waiting:
        found = known.get(waiting.pop())
        if found is not None and found not in needed:
            needed.add(found)
            waiting.extend(found.reads)
    return needed


@cache
def _definitions() -> dict[str, Definition]:
    """By the names that they bind; the modules are searched, not parsed, since a warm start waits for it."""
    texts = [text for module in MODULES for text in _statements(inspect.getsource(module))]
    found: dict[str, Definition] = {}
    for place, text in enumerate(texts):
        begins = _BEGINS.match(text)
        binds = tuple((begins[1] or begins[2]).split(", ")) if begins else ()
        found |= dict.fromkeys(binds, Definition(place, _without_annotations(text), binds))
    return found


def _statements(source: str) -> Iterator[str]:
    """The statements at the top of a module, each with the lines that are indented below it."""
    lines = source.split('"""', 2)[2].splitlines()  # after what the module says of itself
    starts = [k for k, line in enumerate(lines) if line and line[0] not in " )#"]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        body = [line for line in lines[start:end] if not line.startswith("#")]
        yield "\n".join(body).rstrip()


def _decorated(definition: Definition) -> str:
    return f"@{_decorator(definition)}\n{definition.text}"


def _decorator(definition: Definition) -> str:
    name = definition.binds[0]
    if name == "vector_add":
        return "reassociated"
    return "contracted" if name.startswith("vector_") else "inlined"


def _without_annotations(text: str) -> str:
    """Every annotation here is `Any`, which the text need not import."""
    return text.replace(": Any", "").replace(" -> Any", "")
