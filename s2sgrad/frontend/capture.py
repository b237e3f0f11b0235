"""Arguments and captured inputs: how a run-time object becomes an abstract value, and the key it must match.

`describe` is the part of an object that a specialisation depends on: kinds, dtypes, ranks, which extents are
1, the structure of containers, static values. `Inputs` turns objects into abstract values and remembers what
was read from outside (globals, cells, attributes), so that each call can read it again.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir.program import Value
from ..ir.types import COMPLEX, FLOAT, GENERATOR, INT, Dim, Type, array, scalar
from ..table.registry import lookup
from .abstract import (
    LONG,
    BoundFunction,
    Columns,
    FunctionRef,
    ObjectRef,
    Path,
    Struct,
    Witness,
    is_dataclass_instance,
    is_namedtuple,
    leaves_of,
    map_abstract,
)

PYTHON_NUMBERS = {int: INT, float: FLOAT, complex: COMPLEX}
STATIC_TYPES = (
    str,
    bytes,
    bool,
    type(None),
    type(Ellipsis),
    np.dtype,
    type,
    types.ModuleType,
    range,
    np.random.RandomState,
)


def describe(x: Any) -> Any:
    """The hashable key of an object: two objects with equal keys run the same generated program."""
    rule = _DESCRIBE.get(type(x))
    return rule(x) if rule is not None else _describe_other(x)


def _describe_array(x: np.ndarray) -> Any:
    return (x.dtype, *[n == 1 for n in x.shape])


_DESCRIBE: dict[type, Callable[[Any], Any]] = {
    float: type,
    int: type,
    complex: type,
    np.float64: type,
    np.float32: type,
    np.ndarray: _describe_array,
    tuple: lambda x: (tuple, *[describe(item) for item in x]),
    list: lambda x: (list, *([describe(item) for item in x] if len(x) <= LONG else _describe_long(x))),
    dict: lambda x: (dict, *[(key, describe(item)) for key, item in x.items()]),
    types.FunctionType: lambda x: (x.__code__, id(x.__globals__)),
    bool: lambda x: (bool, x),
    str: lambda x: (str, x),
    type(None): lambda x: None,
}


def _describe_other(x: Any) -> Any:
    if isinstance(x, np.generic):
        return (
            type(x)
            if x.dtype.kind in "bifcu"
            else (type(x), x.dtype, x.item() if x.dtype.kind in "SU" else str(x))
        )
    if isinstance(x, np.memmap):
        return _describe_array(x)
    if is_namedtuple(x):
        return (type(x), *map(describe, x))
    if is_dataclass_instance(x):
        return (type(x), *[describe(getattr(x, f.name)) for f in dataclasses.fields(x)])
    if callable(x) and lookup(x) is not None:
        return (type(x), x)
    if isinstance(x, types.MethodType):
        return (types.MethodType, describe(x.__func__), describe(x.__self__))
    if isinstance(x, functools.partial):
        return (functools.partial, describe(x.func), describe(x.args), describe(x.keywords))
    if isinstance(x, slice):
        return (slice, describe(x.start), describe(x.stop), describe(x.step))
    if isinstance(x, STATIC_TYPES):
        return (type(x), x)
    return (type(x), id(x)) if callable(x) and not hasattr(type(x), "__dict__") else type(x)


@dataclass(frozen=True, slots=True)
class Guard:
    """A fact read from a path at compile time that each call checks again."""

    path: Path
    fact: Callable[[Any], Any]
    expected: Any


@dataclass(eq=False)
class Inputs:
    """The inputs of one specialisation: leaves of arguments, captured values, and guards on the rest."""

    captured: dict[Path, Value] = field(default_factory=dict)
    guards: dict[Any, Guard] = field(default_factory=dict)
    leaves: dict[Path, Value] = field(default_factory=dict)
    globals: dict[int, dict] = field(default_factory=dict)
    objects: dict[int, Any] = field(default_factory=dict)
    reading_arguments: bool = False  # what is met now is covered by the key of the arguments, else by guards

    def arguments(self, names: list[str], args: list[Any]) -> list[Any]:
        """The abstract values of the arguments of a call."""
        self.reading_arguments = True
        try:
            return [self.abstract(a, (("arg", k),), n) for k, (n, a) in enumerate(zip(names, args))]
        finally:
            self.reading_arguments = False

    def abstract(self, x: Any, path: Path, name: str) -> Any:
        """The abstract value of a run-time object reached by `path`."""
        rule = _ABSTRACT.get(type(x))
        if rule is not None:
            return rule(self, x, path, name)
        return self._abstract_other(x, path, name)

    def input(self, x: Any, path: Path, name: str, t: Any) -> Value:
        """A leaf that is read at each call."""
        table = self.leaves if self.reading_arguments else self.captured
        table = self.leaves if path in self.leaves else table
        if path not in table:
            value = table[path] = Value(t, name)
            value.witness = Witness(path, x)
            if table is self.captured:
                self.guard(path, describe, describe(x))
        return table[path]

    def guard(self, path: Path, fact: Callable[[Any], Any], expected: Any) -> None:
        """Demand that `fact(object at path) == expected` holds when this specialisation is used again."""
        self.guards[(path, fact)] = Guard(path, fact, expected)

    def _static(self, x: Any, path: Path, name: str) -> Any:
        if not self.reading_arguments:
            if isinstance(x, (str, bytes, bool, type(None), type(Ellipsis), np.dtype, range)):
                self.guard(path, describe, describe(x))
            else:
                self.guard(path, identity, x)
        return x

    def _array(self, x: np.ndarray, path: Path, name: str) -> Any:
        if (
            type(x) not in (np.ndarray, np.memmap)
            or x.dtype.hasobject
            or not x.dtype.isnative
            or x.dtype.kind in "SUVmM"
        ):
            return self._object(x, path, name)
        shape = tuple(1 if n == 1 else Dim((path, k), not_one=True) for k, n in enumerate(x.shape))
        return self.input(x, path, name, array(x.dtype, shape))

    def _generator(self, x: np.random.Generator, path: Path, name: str) -> Value:
        return self.input(x, path, name, GENERATOR)

    def _number(self, x: Any, path: Path, name: str) -> Value:
        return self.input(x, path, name, PYTHON_NUMBERS[type(x)])

    def _sequence(self, x: Any, path: Path, name: str) -> Any:
        if type(x) is list and len(x) > LONG and _alike(x):
            long = self._long_list(x, path, name)
            if long is not None:
                return long
        self._structure(x, path)
        return type(x)([self.abstract(item, (*path, ("item", k)), f"{name}{k}") for k, item in enumerate(x)])

    def _long_list(self, x: list, path: Path, name: str) -> Any:
        """A long list of alike items as a run-time list, or as one for each leaf of an item."""
        template = Inputs().abstract(x[0], (("arg", 0),), name)
        leaves = [leaf for leaf in leaves_of(template)]
        if any(not isinstance(leaf, Value) or leaf.type.kind == "unknown" for leaf in leaves):
            return None
        if isinstance(template, Value):
            return self.input(x, path, name, Type("list", item=_item_type(template.type, path, 0)))
        if path[0][0] != "arg":
            return None
        numbers = iter(range(len(leaves)))
        lists = [
            self.input(
                x,
                (*path, ("column", k)),
                f"{leaf.name or name}s",
                Type("list", item=_item_type(leaf.type, path, k)),
            )
            for k, leaf in enumerate(leaves)
        ]
        return Columns(map_abstract(template, lambda leaf: next(numbers)), lists)

    def _dict(self, x: dict, path: Path, name: str) -> Any:
        self._structure(x, path)
        return {
            key: self.abstract(
                item,
                (*path, ("item", key)),
                key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}",
            )
            for key, item in x.items()
        }

    def _structure(self, x: Any, path: Path) -> None:
        if not self.reading_arguments:
            self.guard(path, structure, structure(x))

    def _function(self, x: types.FunctionType, path: Path, name: str) -> Any:
        if not self.reading_arguments:
            self.guard(path, code_of, code_of(x))
        return FunctionRef(x, path)

    def _object(self, x: Any, path: Path, name: str) -> ObjectRef:
        if not self.reading_arguments:
            self.guard(path, type, type(x))
        return ObjectRef(path, x, {})

    def _abstract_other(self, x: Any, path: Path, name: str) -> Any:
        if isinstance(x, np.generic):
            return (
                self.input(x, path, name, scalar(x.dtype))
                if x.dtype.kind in "bifcu"
                else self._static(x, path, name)
            )
        if isinstance(x, np.ndarray):
            return self._array(x, path, name)
        if is_namedtuple(x):
            self._structure(x, path)
            return type(x)(
                *[
                    self.abstract(item, (*path, ("item", k)), f)
                    for k, (f, item) in enumerate(zip(x._fields, x))
                ]
            )
        if is_dataclass_instance(x):
            self._structure(x, path)
            names = [f.name for f in dataclasses.fields(x) if hasattr(x, f.name)]
            fields = {n: self.abstract(getattr(x, n), (*path, ("attr", n)), n) for n in names}
            return Struct(type(x), fields, (path, x))
        if (
            isinstance(x, types.MethodType) and lookup(x) is not None
        ):  # a method of a library's object: `norm.logpdf`
            return self._static(x, path, name)
        if isinstance(x, slice):
            self.guard(path, type, slice)
            bounds = ("start", "stop", "step")
            return slice(*[self.abstract(getattr(x, n), (*path, ("attr", n)), n) for n in bounds])
        if isinstance(x, STATIC_TYPES) or callable(x) and lookup(x) is not None:
            return self._static(x, path, name)
        if (
            isinstance(x, types.MethodType)
            or isinstance(x, functools.partial)
            and getattr(type(x), "nature", None) is None
        ):
            return self._bound(x, path, name)
        if callable(x) and not hasattr(x, "__dict__"):
            return self._static(x, path, name)
        return self._object(x, path, name)

    def _bound(self, x: Any, path: Path, name: str) -> BoundFunction:
        """A method or partial: what it is bound to is read from it at each call."""
        reading, self.reading_arguments = self.reading_arguments, False
        try:
            if isinstance(x, functools.partial):
                return BoundFunction(
                    *[
                        self.abstract(getattr(x, part), (*path, ("attr", part)), name)
                        for part in ("func", "args", "keywords")
                    ]
                )
            owner = self.abstract(x.__self__, (*path, ("attr", "__self__")), "self")
            return BoundFunction(self.abstract(x.__func__, (*path, ("attr", "__func__")), name), (owner,), {})
        finally:
            self.reading_arguments = reading


def identity(x: Any) -> Any:
    """The fact that an object is the very one seen: compared by `is`."""
    return x


def equality(x: Any) -> Any:
    """The fact that an object equals the one seen."""
    return x


def _describe_long(x: list) -> list[Any]:
    """The key of a long list: that of one item, if they are all alike."""
    first = describe(x[0])
    items = [describe(item) for item in x]
    return ["many", first] if all(item == first for item in items) else items


def _alike(x: list) -> bool:
    first = describe(x[0])
    return all(describe(item) == first for item in x)


def _item_type(t: Type, path: Path, column: int) -> Type:
    if t.kind != "array" or t.shape is None:
        return t
    return Type(
        "array",
        t.dtype,
        tuple(
            n if isinstance(n, int) else Dim((path, column, "item", k), not_one=True)
            for k, n in enumerate(t.shape)
        ),
    )


def structure(x: Any) -> Any:
    """The shape of one container, without what is inside."""
    return (type(x), tuple(x) if isinstance(x, dict) else len(x) if isinstance(x, (tuple, list)) else None)


def code_of(x: Any) -> Any:
    return getattr(x, "__code__", None), id(getattr(x, "__globals__", None))


_ABSTRACT: dict[type, Callable[..., Any]] = {
    float: Inputs._number,
    int: Inputs._number,
    complex: Inputs._number,
    bool: Inputs._static,
    str: Inputs._static,
    type(None): Inputs._static,
    np.ndarray: Inputs._array,
    tuple: Inputs._sequence,
    list: Inputs._sequence,
    dict: Inputs._dict,
    types.FunctionType: Inputs._function,
    np.random.Generator: Inputs._generator,
}
