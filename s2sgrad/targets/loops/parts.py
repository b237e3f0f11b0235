"""What the functions of a compiled module share: imports, helper functions, special functions of SciPy."""

from __future__ import annotations

import functools
import inspect
import math
import operator
import textwrap
import types
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ...ir.program import Function, Op, blocks_of, walk
from ..expressions import PLAIN
from ..module_parts import ModuleParts, is_external
from ..spelling import LOAD, call, constant, dotted, name
from .foreign import is_foreign, python_function
from .scalars import OF_MATH, canonical, computed, has_plain_exponent, spell_element


@dataclass(frozen=True)
class Compiled:
    """A function of the module being written, as something that an operation calls."""

    label: str

    def __call__(self, *args: Any) -> Any:
        raise NotImplementedError(f"{self.label} is called by the generated module only")

    @property
    def __name__(self) -> str:
        return self.label


@dataclass(eq=False)
class LoopParts(ModuleParts):
    """Imports and helpers of a module of loops; its helpers are compiled too."""

    counter: int = 1
    specials: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> symbol of SciPy, signature
    adapters: dict[str, str] = field(default_factory=dict)  # functions of a line around those, as text
    vector: set[str] = field(default_factory=set)  # vector mathematics in use
    compiled: dict[str, Any] = field(default_factory=dict)  # helper functions, by name
    options: dict[str, Any] = field(default_factory=dict)
    shares_work: bool = False  # whether the function being written has a loop that threads share
    forks: bool = False  # whether one of the module has
    stacks: Any = None  # of what recursive functions keep for their adjoints
    foreign: dict[str, Any] = field(default_factory=dict)  # the user's own functions and exceptions, by name

    def static(self, x: Any) -> Any:
        """A compile-time constant as syntax."""
        if isinstance(x, np.dtype):
            self.use_numpy()
            return dotted(f"np.{x.name}")
        if isinstance(x, np.generic):
            self.use_numpy()
            inner = self.static(x.item())
            natural = (np.float64, np.int64, np.bool_, np.complex128)
            return inner if isinstance(x, natural) else call(dotted(f"np.{x.dtype.name}"), inner)
        if isinstance(x, bool) or x is None or isinstance(x, (str, bytes)):
            return constant(x)
        if isinstance(x, complex):
            return call(name("complex"), self.static(x.real), self.static(x.imag))
        if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
            self.use_numpy()
            tree = dotted("np.nan" if x != x else "np.inf")
            return gast.UnaryOp(gast.USub(), tree) if x == float("-inf") else tree
        if isinstance(x, (int, float)):
            if x < 0 or (x == 0 and str(x)[0] == "-"):
                return gast.UnaryOp(gast.USub(), constant(-x))
            return constant(x)
        if isinstance(x, np.ndarray):
            self.use_numpy()
            return call(dotted("np.array"), self.static(x.tolist()))
        if isinstance(x, (tuple, list)):
            kind = gast.Tuple if isinstance(x, tuple) else gast.List
            return kind([self.static(item) for item in x], LOAD)
        if isinstance(x, type) and issubclass(x, np.generic):
            return self.static(np.dtype(x))
        return self.reference(x)

    def reference(self, fun: Any) -> Any:
        """Syntax that names a function: a compiled one of this module by its name."""
        if isinstance(fun, Compiled):
            return name(fun.label)
        return super().reference(fun)

    def find_externals(self, function: Any) -> None:
        """Nothing: what the function around a compiled one needs is named when it is written."""

    def find_foreign(self, function: Function) -> None:
        """Name the functions and exceptions of the user's that compiled code needs, before its own values are named."""
        for block in [function.body, *[b for n in walk(function.body) for b in blocks_of(n)]]:
            used: list[Any] = [n.fun for n in block.nodes if isinstance(n, Op)]
            if block.end.kind == "raise":
                used += [x for x in block.end.values if isinstance(x, type)]
            for fun in used:
                if (
                    is_foreign(fun)
                    or isinstance(fun, type)
                    and issubclass(fun, BaseException)
                    and is_external(fun)
                ):
                    obj = python_function(fun) or fun
                    self.foreign[self.external(obj)] = obj

    def scalar_function(self, op: Any, trees: list[Any], k: Any) -> Any:
        """A number from numbers; in a loop by vector mathematics, unless it waits for the iteration before."""
        if k.depth and op.results[0] not in k.serial and vector_name(op) in WORTH_ALONE:
            return self.vectorised(op, trees)
        return spell_element(self, op, trees)

    def has_vector(self, op: Any) -> bool:
        """Whether our vector mathematics has this function for this type."""
        return vector_name(op) is not None

    def vectorised(self, op: Any, trees: list[Any]) -> Any:
        """One element by a function of our vector mathematics."""
        label = vector_name(op)
        assert label is not None
        return call(self.vector_function(label), *computed(self, op, trees, op.results[0].type.dtype))

    def helper(self, fun: Any) -> Any:
        """A compiled helper function, copied into the module with what it calls; those of `kernels` go by name."""
        if isinstance(fun, str):
            from . import kernels

            fun = getattr(kernels, fun)
        self._compile(fun)
        return name(fun.__name__)

    def _compile(self, fun: Any) -> None:
        if fun.__name__ in self.compiled:
            return
        text = source_text(fun)
        for used in names_in(fun):
            other = fun.__globals__.get(used)
            if (
                isinstance(other, types.FunctionType)
                and other.__module__ == fun.__module__
                and other is not fun
            ):
                self._compile(other)
        if "math." in text:
            self.imports["import math"] = ""
        self.use_numpy()
        self.compiled[fun.__name__] = fun  # after what it calls

    def special(self, label: str, symbol: str, signature: str) -> Any:
        """A function of SciPy's, called through its C interface."""
        self.specials[label] = (symbol, signature)
        return name(label)

    def vector_function(self, label: str) -> Any:
        """A function of our vector mathematics."""
        from ..vector_math import VECTOR

        self.vector.add(label)
        return name(VECTOR[label].__name__)


# Faster than the C library's even where the loop around them does not become vector instructions.
WORTH_ALONE = frozenset(["exp", "expm1", "log", "log1p", "tanh", "exp_32", "log_32", "log1p_32", "tanh_32"])
OF_FUNCTIONS: dict[Any, str] = {
    np.exp: "exp", np.exp2: "exp2", np.expm1: "expm1", np.sinh: "sinh", np.cosh: "cosh", np.tanh: "tanh",
    np.log: "log", np.log2: "log2", np.log10: "log10", np.log1p: "log1p", np.logaddexp: "logaddexp", np.sin: "sin",
    np.cos: "cos", np.tan: "tan", np.arctan: "arctan", np.arctan2: "arctan2", np.arcsin: "arcsin",
    np.arccos: "arccos", np.cbrt: "cbrt", math.erf: "erf",
}  # fmt: skip


def vector_name(op: Any) -> str | None:
    """Which function of our vector mathematics an operation is, if any."""
    from ..vector_math import VECTOR

    fun = canonical(op)
    label = OF_FUNCTIONS.get(OF_MATH.get(fun, fun))
    if fun is operator.pow and not has_plain_exponent(op):
        label = "power"
    dtype = op.results[0].type.dtype
    if dtype == np.float32 and label is not None:
        label = f"{label}_32"
    elif dtype != np.float64:
        return None
    return label if label in VECTOR else None


@functools.lru_cache(maxsize=512)
def source_text(fun: Any) -> str:
    return textwrap.dedent(inspect.getsource(fun)).strip()


@functools.lru_cache(maxsize=512)
def names_in(fun: Any) -> tuple[str, ...]:
    """The global names that a function reads, inner functions included."""
    return tuple(fun.__code__.co_names)


__all__ = ["PLAIN", "LoopParts", "constant", "source_text"]
