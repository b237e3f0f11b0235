"""Functions of `scipy.special` in compiled programs: SciPy's own machine code, called through its C interface.

`scipy.special.cython_special` exports, for each function and each type of its arguments, a C function. A compiled
module makes those that it uses known to the linker when it is imported, and calls them by name.
"""

from __future__ import annotations

import ctypes
import functools
import re
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from ...ir.program import Op, type_of
from ..spelling import call, constant, name
from .scalars import cast

MODULE = "scipy.special.cython_special"
KINDS = {"double": "float64", "__pyx_t_double_complex": "complex128", "Py_ssize_t": "intp"}
OWN_NAMES: dict[Any, str] = {np.i0: "i0"}  # functions of NumPy that SciPy has as well


@dataclass(frozen=True)
class Exported:
    """A C function of SciPy's."""

    symbol: str
    result: str
    operands: tuple[str, ...]
    optional: bool = False  # whether it takes a pointer to its optional arguments

    @property
    def signature(self) -> str:
        """As Numba writes it; the last but one argument tells Cython not to look for an override."""
        rest = ["intc", "intp"] if self.optional else ["intc"]
        return f"{self.result}({', '.join([*self.operands, *rest])})"


@functools.lru_cache(maxsize=1)
def exported() -> dict[str, list[Exported]]:
    """The C functions that SciPy exports, by the name of the function."""
    from scipy.special import cython_special

    tell = ctypes.pythonapi.PyCapsule_GetName
    tell.restype, tell.argtypes = ctypes.c_char_p, [ctypes.py_object]
    out: dict[str, list[Exported]] = {}
    for symbol, capsule in cython_special.__pyx_capi__.items():
        found = _parsed(symbol, tell(capsule).decode())
        if found is not None:
            out.setdefault(re.sub(r"^__pyx_fuse_\d+", "", symbol), []).append(found)
    return out


def _parsed(symbol: str, text: str) -> Exported | None:
    """The C function of a declaration, if its arguments and result are numbers."""
    match = re.fullmatch(r"(\w+) \((.*), int __pyx_skip_dispatch(, struct .*)?\)", text)
    if match is None:
        return None
    kinds = [KINDS.get(k) for k in [match[1], *match[2].split(", ")]]
    if None in kinds:
        return None
    return Exported(symbol, kinds[0], tuple(kinds[1:]), match[3] is not None)  # type: ignore[arg-type]


def special_of(op: Op) -> Exported | None:
    """The C function for an operation and the types of its operands, if there is one."""
    label = special_name(op)
    if label is None or op.kwargs:
        return None
    fits = [f for f in exported().get(label, ()) if _fits(f, op)]
    return min(fits, key=lambda f: (f.operands.count("complex128"), f.operands.count("intp")), default=None)


def special_name(op: Op) -> str | None:
    """The name of an elementwise function of `scipy.special`."""
    fun = getattr(op.entry, "fun", None)
    if isinstance(fun, np.ufunc) and op.entry.name.startswith("scipy.special."):
        return fun.__name__
    try:
        return OWN_NAMES.get(op.fun)
    except TypeError:
        return None


def _fits(f: Exported, op: Op) -> bool:
    result = op.results[0].type.dtype
    if (
        len(f.operands) != len(op.args)
        or result is None
        or (f.result == "complex128") != (result.kind == "c")
    ):
        return False
    return all(
        t.dtype is not None
        and (t.dtype.kind != "c" or k == "complex128")
        and (k != "intp" or t.dtype.kind in "iu")
        for k, t in zip(f.operands, map(type_of, op.args))
    )


def spell_special(parts: Any, op: Op, trees: list[Any]) -> Any:
    """One element of the result, in double precision and then of the type that SciPy gives."""
    found = special_of(op)
    assert found is not None
    return spell_exported(parts, found, op, trees)


def spell_exported(parts: Any, found: Exported, op: Op, trees: list[Any]) -> Any:
    label = special_name(op) or ""
    label = f"special_{label}" if found.result == "float64" else f"special_complex_{label}"
    wanted = [np.dtype(k) for k in found.operands]
    operands = [cast(parts, x, type_of(a).dtype, want) for x, a, want in zip(trees, op.args, wanted)]
    if "complex128" in found.operands:
        return cast(
            parts,
            _with_parts(parts, found, label, operands),
            np.dtype(found.result),
            op.results[0].type.dtype,
        )
    made = call(parts.special(label, found.symbol, found.signature), *operands, constant(0))
    return cast(parts, made, np.dtype(found.result), op.results[0].type.dtype)


def _with_parts(parts: Any, found: Exported, label: str, operands: list[Any]) -> Any:
    """A call that hands complex numbers over, and takes one, as C does: as two numbers each."""
    parts.special(label, found.symbol, "")
    letters = [f"x{k}" for k in range(len(operands))]
    kinds = ", ".join(f"numba.types.{k}" for k in found.operands)
    parts.adapters[label] = ADAPTER.format(
        label=label, letters=", ".join(letters), result=f"numba.types.{found.result}", kinds=kinds
    )
    return call(name(label), *operands)


ADAPTER = """
@intrinsic
def {label}(typing, {letters}):
    def code(context, builder, signature, args):
        handed = []
        for a in args:
            if isinstance(a.type, ir.LiteralStructType):
                handed += [builder.extract_value(a, 0), builder.extract_value(a, 1)]
            else:
                handed.append(a)
        handed.append(ir.Constant(ir.IntType(32), 0))
        kind = ir.FunctionType(context.get_value_type(signature.return_type), [a.type for a in handed])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "{label}_of_scipy"), handed)

    return {result}({kinds}), code
"""


def declarations(specials: dict[str, tuple[str, str]], adapters: dict[str, str]) -> list[Any]:
    """The lines that make C functions of SciPy known to the linker, and give them names."""
    if not specials:
        return []
    lines = [
        "from llvmlite.binding import add_symbol",
        "from numba.extending import get_cython_function_address",
    ]
    if adapters:
        lines += [
            "from llvmlite import ir",
            "from numba.core import cgutils",
            "from numba.extending import intrinsic",
        ]
    for label, (symbol, signature) in specials.items():
        lines.append(f'add_symbol("{label}_of_scipy", get_cython_function_address("{MODULE}", "{symbol}"))')
        if label in adapters:
            lines.append(adapters[label])
            continue
        result, operands = signature[:-1].split("(")
        types = ", ".join(f"numba.types.{k}" for k in operands.split(", "))
        lines.append(
            f'{label} = numba.types.ExternalFunction("{label}_of_scipy", numba.types.{result}({types}))'
        )
    return list(gast.parse("\n".join(lines)).body)


__all__ = ["declarations", "exported", "name", "special_of", "spell_special"]
