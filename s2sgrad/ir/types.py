"""What the compiler knows of a value before it exists: kind, dtype and symbolic shape.

An extent is an `int` where it is known, else a `Dim`: a symbol with a key that says where it came from. Two
extents are the same number if they are equal; two that are both known not to be 1 and that NumPy has
broadcast together are too, and nothing else is assumed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Dim:
    """A symbolic extent; `not_one` is a fact of the specialisation, not of the name."""

    key: Hashable
    not_one: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        return f"<{self.key}>"


Extent = int | Dim
Shape = tuple[Extent, ...]

PYTHON_KINDS = {bool: "bool", int: "int", float: "float", complex: "complex"}
KIND_DTYPES = {
    "bool": np.dtype(bool),
    "int": np.dtype(np.int64),
    "float": np.dtype(np.float64),
    "complex": np.dtype(np.complex128),
}


@dataclass(frozen=True, slots=True)
class Type:
    """An abstract value: `kind` is a Python scalar's, `scalar` (NumPy's), `array`, `list`, or `unknown`.

    `dtype` and `shape` are None where nothing is known. A `list` has the type of its items in `item`.
    """

    kind: str
    dtype: Any = None  # a NumPy dtype
    shape: Any = None  # a tuple of extents
    item: Any = None

    @property
    def rank(self) -> Any:
        return None if self.shape is None else len(self.shape)

    @property
    def is_python(self) -> bool:
        """Whether this is a Python scalar: weak in NumPy's promotion."""
        return self.kind in KIND_DTYPES

    @property
    def is_scalar(self) -> bool:
        """Whether values have no axes and are immutable: Python and NumPy scalars, not 0-d arrays."""
        return self.kind in KIND_DTYPES or self.kind == "scalar"

    @property
    def may_be_active(self) -> bool:
        """Whether a derivative can flow through a value of this type."""
        if self.kind == "list":
            return self.item is None or self.item.may_be_active
        if self.kind == "generator":
            return False
        return self.kind in ("unknown", "packed") or self.dtype is None or self.dtype.kind in "fc"

    def __repr__(self) -> str:
        if self.kind in ("array", "scalar"):
            shape = "?" if self.shape is None else ",".join(map(str, self.shape))
            return f"{self.dtype}[{shape}]" if self.kind == "array" else f"{self.dtype}"
        return self.kind


UNKNOWN = Type("unknown")
GENERATOR = Type("generator")  # of random numbers
PACKED = Type("packed")  # several values as one: what a function keeps for its adjoint
BOOL, INT, FLOAT, COMPLEX = (
    Type(kind, KIND_DTYPES[kind], ()) for kind in ("bool", "int", "float", "complex")
)
PYTHON_TYPES = {"bool": BOOL, "int": INT, "float": FLOAT, "complex": COMPLEX}


def array(dtype: np.dtype | None, shape: Shape | None) -> Type:
    return Type("array", dtype, shape)


def scalar(dtype: np.dtype) -> Type:
    return Type("scalar", dtype, ())


def type_of_constant(value: Any) -> Type:
    """The type of a static Python object that stands as an operand."""
    kind = PYTHON_KINDS.get(type(value))
    if kind is not None:
        return PYTHON_TYPES[kind]
    if isinstance(value, np.generic):
        return scalar(value.dtype)
    return UNKNOWN


def not_one(extent: Extent) -> bool:
    """Whether an extent is known to differ from 1, so that it never broadcasts."""
    return extent != 1 if isinstance(extent, int) else extent.not_one


def broadcast_extent(a: Extent, b: Extent) -> Extent | None:
    """The extent of two broadcast together, or None where it is not known."""
    if a == b or b == 1:
        return a
    if a == 1 or not_one(b):
        return b
    return a if not_one(a) else None


def broadcast(shapes: Any, fresh: Any = None) -> Shape | None:
    """The shape of arrays broadcast together; extents that cannot be told become new symbols of `fresh`."""
    shapes = list(shapes)
    if any(s is None for s in shapes):
        return None
    out: list[Extent] = []
    for axis in range(-max(map(len, shapes), default=0), 0):
        extent: Extent | None = 1
        for s in shapes:
            if len(s) >= -axis:
                extent = None if extent is None else broadcast_extent(extent, s[axis])
        out.append(Dim((fresh, axis)) if extent is None else extent)
    return tuple(out)


def same_extent(a: Extent, b: Extent) -> bool:
    """Whether two extents that broadcast together are surely the same number."""
    return a == b or (not_one(a) and not_one(b))


def covers(x: Shape | None, full: Shape | None) -> bool:
    """Whether an array of shape `x`, broadcast into `full`, surely has that very shape."""
    if x is None or full is None or len(x) != len(full):
        return False
    return all(same_extent(a, b) or not_one(a) for a, b in zip(x, full, strict=True))


WEAK = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}


def _weak(t: Type) -> Any:
    """What stands for a number in NumPy's promotion: of Python's, its kind alone counts."""
    return WEAK.get(t.kind, t.dtype)


def join(a: Type, b: Type, fresh: Any = None) -> Type | None:
    """The type of a name that is `a` on one path and `b` on another; None where no program could use it."""
    if a == b:
        return a
    if a.kind == "list" and b.kind == "list":
        item = b.item if a.item is None else a.item if b.item is None else join(a.item, b.item, fresh)
        return Type("list", item=item)
    if "list" in (a.kind, b.kind):
        return None
    if a.is_python and b.is_python:
        order = ["bool", "int", "float", "complex"]
        return PYTHON_TYPES[max(a.kind, b.kind, key=order.index)]
    if (
        a.kind == b.kind
        and a.dtype == b.dtype
        and a.rank == b.rank
        and a.shape is not None
        and b.shape is not None
    ):
        shape = tuple(
            m if m == n else Dim((fresh, k), not_one(m) and not_one(n))
            for k, (m, n) in enumerate(zip(a.shape, b.shape, strict=True))
        )
        return Type(a.kind, a.dtype, shape)
    if a.is_scalar and b.is_scalar:
        return scalar(np.result_type(_weak(a), _weak(b)))
    dtype = a.dtype if a.dtype == b.dtype else None
    return Type("unknown", dtype, a.shape if a.shape == b.shape else None)
