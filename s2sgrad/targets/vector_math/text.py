"""The text of vector functions, with everything that they use, for modules that import nothing of this package."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import ModuleType

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


@dataclass(frozen=True)
class Definition:
    """A function or an assignment at the top of a module."""

    text: str
    binds: tuple[str, ...]
    reads: frozenset[str]
    decorator: str  # empty: it runs when the module is imported


def source_of(names: Iterable[str]) -> str:
    """The definitions of these functions of `VECTOR`, and of all that they use, in an order in which they can run.

    The text expects `np` and `numba` to be imported. A function is called by its `__name__`: `VECTOR["exp"].__name__`.
    """
    from s2sgrad.targets.vector_math import VECTOR  # built from the modules that are read here

    needed = _closure({VECTOR[name].__name__ for name in names})
    chosen = [definition for definition in _definitions() if needed.intersection(definition.binds)]
    used = {definition.decorator for definition in chosen}
    decorators = [f"{name} = {value}" for name, value in DECORATORS.items() if name in used]
    return "\n".join(decorators) + "\n\n\n" + "\n\n\n".join(definition.text for definition in chosen) + "\n"


def _closure(names: set[str]) -> set[str]:
    """These names and all that their definitions read."""
    by_name = {name: definition for definition in _definitions() for name in definition.binds}
    needed: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            waiting.extend(by_name[name].reads)
    return needed


@cache
def _definitions() -> tuple[Definition, ...]:
    return tuple(definition for module in MODULES for definition in _of_module(module))


def _of_module(module: ModuleType) -> list[Definition]:
    source = inspect.getsource(module)
    tree = ast.parse(source)
    lines = source.splitlines()
    at_import = _run_at_import(tree)
    found = []
    for node in tree.body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef):
            chosen = "" if node.name in at_import else _decorator(node.name)
            header = f"@{chosen}\n" if chosen else ""
            found.append(Definition(header + _without_annotations(text), (node.name,), _reads(node), chosen))
        elif isinstance(node, ast.Assign):
            found.append(Definition(text, _targets(node), _reads(node), ""))
    return found


def _decorator(name: str) -> str:
    if name == "vector_add":
        return "reassociated"
    return "contracted" if name.startswith("vector_") else "inlined"


def _run_at_import(tree: ast.Module) -> set[str]:
    """The functions that assignments at the top of a module call, and those that these call."""
    functions = {node.name: _reads(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    waiting = [name for node in tree.body if isinstance(node, ast.Assign) for name in _reads(node)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in reached:
            reached.add(name)
            waiting.extend(functions[name])
    return reached


def _reads(node: ast.AST) -> frozenset[str]:
    return frozenset(
        child.id
        for child in ast.walk(node)
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load)
    )


def _targets(node: ast.Assign) -> tuple[str, ...]:
    return tuple(
        child.id for target in node.targets for child in ast.walk(target) if isinstance(child, ast.Name)
    )


def _without_annotations(text: str) -> str:
    """Every annotation here is `Any`, which the text need not import."""
    return text.replace(": Any", "").replace(" -> Any", "")
