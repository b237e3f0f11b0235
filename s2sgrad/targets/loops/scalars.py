"""How an elementwise primitive is written for one element: operators, NumPy's functions of numbers, and casts.

Numba promotes otherwise than NumPy (a float32 times a Python float is a float64 there), so operands are cast to
the type in which NumPy computes wherever the two could differ.
"""

from __future__ import annotations

import functools
import math
import operator
import types
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ...frontend.primitives import stop_gradient, truth_and, truth_not, truth_or
from ...ir.program import Op, Value, type_of
from ...ir.types import Type
from ...kernels import ELEMENTS
from ...table import shapes
from ..spelling import BINARY, COMPARE, LOAD, UNARY, call, constant, dotted, name

Tree = Any
Spelling = Callable[..., Tree]  # (parts, op, operands as syntax) -> syntax
NATURAL = frozenset(map(np.dtype, ("bool", "int64", "float64", "complex128")))

# Functions that Numba has for numbers under NumPy's names, with NumPy's meaning.
NATIVE: tuple[Any, ...] = (
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.sin, np.cos, np.tan, np.arcsin,
    np.arccos, np.arctan, np.arctan2, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, np.hypot, np.fmax,
    np.fmin, np.maximum, np.minimum, np.fmod, np.logaddexp, np.logaddexp2, np.copysign, np.sign, np.floor, np.ceil,
    np.trunc, np.rint, np.fabs, np.isnan, np.isinf, np.isfinite, np.signbit, np.deg2rad, np.rad2deg, np.square,
    np.reciprocal, np.sinc, np.nan_to_num, np.angle, np.conjugate, np.real, np.imag, np.ldexp, np.floor_divide, np.gcd,
    np.lcm, np.logical_xor, np.float_power, np.nextafter, np.spacing,
)  # fmt: skip

# Spelled with NumPy's functions: under jit arithmetic is NumPy's.
OF_MATH: dict[Any, Any] = {
    math.exp: np.exp, math.exp2: np.exp2, math.expm1: np.expm1, math.log2: np.log2, math.log10: np.log10,
    math.log1p: np.log1p, math.sqrt: np.sqrt, math.cbrt: np.cbrt, math.sin: np.sin, math.cos: np.cos, math.tan: np.tan,
    math.asin: np.arcsin, math.acos: np.arccos, math.atan: np.arctan, math.atan2: np.arctan2, math.sinh: np.sinh,
    math.cosh: np.cosh, math.tanh: np.tanh, math.asinh: np.arcsinh, math.acosh: np.arccosh, math.atanh: np.arctanh,
    math.fabs: np.fabs, math.fmod: np.fmod, math.copysign: np.copysign, math.radians: np.deg2rad,
    math.degrees: np.rad2deg, math.isnan: np.isnan, math.isinf: np.isinf, math.isfinite: np.isfinite,
}  # fmt: skip


def weak_dtype(types: list[Type], constants: list[Any]) -> np.dtype:
    """The dtype in which NumPy computes with operands of these types: Python numbers are weak."""
    seen: list[Any] = []
    for t, _c in zip(types, constants):
        if t.is_python and t.kind != "bool":
            seen.append({"int": 0, "float": 0.0, "complex": 0j}[t.kind])
        elif t.dtype is not None:
            seen.append(t.dtype)
    return np.result_type(*seen) if seen else np.dtype(np.float64)


def cast(parts: Any, tree: Tree, have: np.dtype, want: np.dtype) -> Tree:
    """`tree`, of one dtype, as a number of another."""
    if have == want:
        return tree
    if isinstance(tree, gast.Constant) and want in NATURAL and have.kind in "if" and want.kind == "f":
        return constant(float(tree.value))
    parts.use_numpy()
    if have.kind == "c" and want.kind != "c":
        tree = gast.Attribute(tree, "real", LOAD)
    if want.kind == "b":
        return gast.Compare(tree, [gast.NotEq()], [constant(0)])
    return call(dotted(f"np.{want.name}"), tree)


def computed(parts: Any, op: Op, trees: list[Tree], want: np.dtype | None = None) -> list[Tree]:
    """The operands cast to the dtype in which NumPy computes, where Numba would take another."""
    types = [type_of(a) for a in op.args]
    want = want or weak_dtype(types, list(op.args))
    if want in NATURAL and all(t.dtype in NATURAL for t in types):
        return trees
    return [cast(parts, x, t.dtype, want) for x, t in zip(trees, types)]


def _binary(symbol: type) -> Spelling:
    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        dtype = op.results[0].type.dtype
        return gast.BinOp(trees[0], symbol(), trees[1]) if dtype.kind != "b" else _of_bools(symbol, trees)

    return lambda parts, op, trees: spell(parts, op, computed(parts, op, trees, _common(op)))


def _common(op: Op) -> np.dtype | None:
    """The dtype of the result, if operands are to be brought to it: not for integers that give floats."""
    dtype = op.results[0].type.dtype
    return dtype if dtype.kind in "fc" else None


def _of_bools(symbol: type, trees: list[Tree]) -> Tree:
    """NumPy's arithmetic of booleans: a sum is `or`, a product `and`."""
    return gast.BinOp(
        trees[0], {gast.Add: gast.BitOr, gast.Mult: gast.BitAnd}.get(symbol, symbol)(), trees[1]
    )


def has_plain_exponent(op: Op) -> bool:
    """Whether a power is a product of a few factors, or a square root, as NumPy computes it."""
    exponent = op.args[1]
    if type(exponent) not in (int, float) or op.results[0].type.dtype.kind not in "fc":
        return False
    return abs(exponent) <= 64 and (
        exponent == int(exponent) or (exponent == 0.5 and op.results[0].type.dtype.kind == "f")
    )


def _power(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    if not has_plain_exponent(op):
        return gast.BinOp(*_around(gast.Pow(), computed(parts, op, trees, _common(op))))
    exponent, dtype = op.args[1], op.results[0].type.dtype
    base = computed(parts, op, trees, dtype)[0]
    if exponent == 0.5:
        parts.use_numpy()
        return call(dotted("np.sqrt"), base)
    return _whole_power(parts, base, int(exponent), dtype)


def _around(symbol: Any, trees: list[Tree]) -> tuple[Tree, Any, Tree]:
    return trees[0], symbol, trees[1]


def _whole_power(parts: Any, base: Tree, n: int, dtype: np.dtype) -> Tree:
    one = cast(parts, constant(1.0), np.dtype(np.float64), dtype)
    if n == 0:
        return one
    if n == 1:
        return base
    if n < 0:
        return gast.BinOp(one, gast.Div(), _whole_power(parts, base, -n, dtype))
    if n == 2 and isinstance(base, gast.Name):
        return gast.BinOp(base, gast.Mult(), base)
    return gast.BinOp(base, gast.Pow(), constant(n))


def _unary(symbol: type) -> Spelling:
    return lambda parts, op, trees: gast.UnaryOp(symbol(), trees[0])


def _compare(symbol: type) -> Spelling:
    return lambda parts, op, trees: gast.Compare(
        computed(parts, op, trees)[0], [symbol()], [computed(parts, op, trees)[1]]
    )


def _numpy(fun: Any) -> Spelling:
    label = f"np.{fun.__name__}"

    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        parts.use_numpy()
        dtype = op.results[0].type.dtype
        types = [type_of(a) for a in op.args]
        want = (
            dtype
            if dtype.kind in "fc" and all(t.dtype.kind != "c" or dtype.kind == "c" for t in types)
            else None
        )
        if fun is np.ldexp:
            return call(dotted(label), *trees)
        return call(dotted(label), *computed(parts, op, trees, want))

    return spell


def _where(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    test, a, b = trees
    dtype = op.results[0].type.dtype
    types = [type_of(x) for x in op.args]
    if types[0].dtype.kind != "b":
        test = gast.Compare(test, [gast.NotEq()], [constant(0)])
    a, b = (cast(parts, x, t.dtype, dtype) for x, t in zip((a, b), types[1:]))
    return gast.IfExp(test, a, b)


def _clip(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    parts.use_numpy()
    trees = computed(parts, op, trees, op.results[0].type.dtype)
    bounded = trees[0]
    for fun, bound, given in zip(("np.maximum", "np.minimum"), trees[1:], op.args[1:]):
        if given is not None:
            bounded = call(dotted(fun), bounded, bound)
    return bounded


def _mod(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return gast.BinOp(*_around(gast.Mod(), computed(parts, op, trees, _common(op))))


def _absolute(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return call(name("abs"), trees[0])


def _python_extreme(label: str, of_bools: Any) -> Spelling:
    """Python's `min` and `max`: the first unless another is beyond it. Numba has them of numbers."""

    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        dtype = op.results[0].type.dtype
        trees = computed(parts, op, trees, dtype)
        if dtype != np.bool_:
            return call(name(label), *trees)
        return functools.reduce(lambda a, b: gast.BinOp(a, of_bools(), b), trees)

    return spell


def _convert(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return cast(parts, trees[0], type_of(op.args[0]).dtype, op.results[0].type.dtype)


def _real(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return gast.Attribute(trees[0], "real", LOAD) if type_of(op.args[0]).dtype.kind == "c" else trees[0]


def _imag(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    t = type_of(op.args[0])
    if t.dtype.kind == "c":
        return gast.Attribute(trees[0], "imag", LOAD)
    return cast(parts, constant(0.0), np.dtype(np.float64), t.dtype)


def _conjugate(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return (
        call(gast.Attribute(trees[0], "conjugate", LOAD))
        if type_of(op.args[0]).dtype.kind == "c"
        else trees[0]
    )


def _logical(symbol: type) -> Spelling:
    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        return gast.BinOp(*_around(symbol(), [truth(t, type_of(a)) for t, a in zip(trees, op.args)]))

    return spell


def truth(tree: Tree, t: Type) -> Tree:
    """A number as a boolean."""
    return (
        tree
        if t.dtype is not None and t.dtype.kind == "b"
        else gast.Compare(tree, [gast.NotEq()], [constant(0)])
    )


def _short_circuit(symbol: type) -> Spelling:
    return lambda parts, op, trees: gast.BoolOp(symbol(), list(trees))


def _not(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return gast.UnaryOp(gast.Not(), truth(trees[0], type_of(op.args[0])))


def _inverted(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    """`~x`, which of NumPy's truth values is the negation, also where the loops run without Numba."""
    t = type_of(op.args[0])
    negation = t.dtype.kind == "b" and not t.is_python
    return _not(parts, op, trees) if negation else gast.UnaryOp(gast.Invert(), trees[0])


def _rounded(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    parts.use_numpy()
    digits = op.args[1] if len(op.args) > 1 else op.kwargs.get("decimals", 0)
    if op.results[0].type.kind == "int":
        return call(name("int"), call(dotted("np.rint"), trees[0]))
    if type_of(op.args[0]).dtype.kind not in "f":
        return trees[0]
    if not digits:
        return call(dotted("np.rint"), trees[0])
    scale = constant(10.0 ** abs(digits))
    first, last = (gast.Mult, gast.Div) if digits > 0 else (gast.Div, gast.Mult)
    return gast.BinOp(call(dotted("np.rint"), gast.BinOp(trees[0], first(), scale)), last(), scale)


def _same(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    return _convert(parts, op, trees)


def _helper(label: str) -> Spelling:
    """A function of ours for numbers, copied into the module."""

    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        dtype = op.results[0].type.dtype
        return call(parts.helper(label), *computed(parts, op, trees, dtype if dtype.kind in "fc" else None))

    return spell


def _extreme(label: str) -> Spelling:
    """NumPy's maximum or minimum, NaN if either is: complex numbers have NumPy's own."""

    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        dtype = op.results[0].type.dtype
        if dtype.kind == "c":
            parts.use_numpy()
            return call(dotted("np.maximum" if label == "larger" else "np.minimum"), *trees)
        return call(parts.helper(label), *computed(parts, op, trees, dtype if dtype.kind == "f" else None))

    return spell


def _complex(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    if len(trees) == 2:
        return call(name("complex"), *trees)
    return _convert(parts, op, trees)


def _log(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    parts.use_numpy()
    logs = [call(dotted("np.log"), x) for x in trees]
    return logs[0] if len(logs) == 1 else gast.BinOp(logs[0], gast.Div(), logs[1])


def _hypot(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    parts.use_numpy()
    out = trees[0] if len(trees) > 1 else call(name("abs"), trees[0])
    for x in trees[1:]:
        out = call(dotted("np.hypot"), out, x)
    return out


def _of_math(label: str) -> Spelling:
    def spell(parts: Any, op: Op, trees: list[Tree]) -> Tree:
        parts.imports["import math"] = ""
        return _convert_from(parts, op, call(dotted(f"math.{label}"), *trees))

    return spell


def _convert_from(parts: Any, op: Op, tree: Tree) -> Tree:
    """A number that was computed in float64 as the type of the result."""
    dtype = op.results[0].type.dtype
    return tree if dtype in NATURAL else cast(parts, tree, np.dtype(np.float64), dtype)


SCALARS: dict[Any, Spelling] = {fun: _numpy(fun) for fun in NATIVE}
SCALARS.update({fun: _numpy(same) for fun, same in OF_MATH.items()})
SCALARS.update({fun: _binary(symbol) for fun, symbol in BINARY.items() if fun is not operator.matmul})
SCALARS.update({fun: _unary(symbol) for fun, symbol in UNARY.items()})
SCALARS.update({fun: _compare(symbol) for fun, symbol in COMPARE.items()})
SCALARS.update(
    {
        operator.pow: _power, math.pow: _power, operator.mod: _mod, np.mod: _mod, np.where: _where, np.clip: _clip,
        operator.abs: _absolute, np.absolute: _absolute, min: _python_extreme("min", gast.BitAnd),
        max: _python_extreme("max", gast.BitOr),
        float: _convert, complex: _complex, int: _convert, bool: _convert, np.float64: _convert, np.float32: _convert,
        np.complex128: _convert, np.complex64: _convert, shapes.astype: _convert, shapes.item: _convert,
        np.int64: _convert, np.int32: _convert, np.int16: _convert, np.int8: _convert, np.uint8: _convert,
        np.uint16: _convert, np.uint32: _convert, np.uint64: _convert, np.bool_: _convert,
        np.real: _real, np.imag: _imag, np.conjugate: _conjugate, np.logical_and: _logical(gast.BitAnd),
        np.logical_or: _logical(gast.BitOr), np.logical_not: _not, truth_not: _not, operator.not_: _not,
        truth_and: _short_circuit(gast.And), truth_or: _short_circuit(gast.Or), operator.truth: _convert,
        np.around: _rounded, np.round: _rounded, round: _rounded, operator.pos: _same, stop_gradient: _same,
        math.log: _log, math.hypot: _hypot, operator.index: _same,
        math.floor: lambda parts, op, trees: call(name("int"), call(dotted("math.floor"), *_with_math(parts, trees))),
        math.ceil: lambda parts, op, trees: call(name("int"), call(dotted("math.ceil"), *_with_math(parts, trees))),
        math.trunc: lambda parts, op, trees: call(name("int"), *trees),
        np.maximum: _extreme("larger"), np.minimum: _extreme("smaller"),
        np.heaviside: _helper("heaviside"), np.bitwise_and: _binary(gast.BitAnd), np.bitwise_or: _binary(gast.BitOr),
        np.bitwise_xor: _binary(gast.BitXor), np.left_shift: _binary(gast.LShift), np.right_shift: _binary(gast.RShift),
        np.equal: _compare(gast.Eq), np.not_equal: _compare(gast.NotEq), np.less: _compare(gast.Lt),
        np.less_equal: _compare(gast.LtE), np.greater: _compare(gast.Gt), np.greater_equal: _compare(gast.GtE),
        np.invert: _inverted, operator.invert: _inverted,
        np.fix: lambda parts, op, trees: call(dotted("np.trunc"), *trees),
        math.gamma: _of_math("gamma"), math.lgamma: _of_math("lgamma"), math.erf: _of_math("erf"),
        math.erfc: _of_math("erfc"), math.ldexp: _of_math("ldexp"),
        operator.is_: _compare(gast.Eq), operator.is_not: _compare(gast.NotEq),
    }
)  # fmt: skip


def _with_math(parts: Any, trees: list[Tree]) -> list[Tree]:
    parts.imports["import math"] = ""
    return trees


def canonical(op: Op) -> Any:
    """The function of an operation under the spelling that has a form here: `np.add` is `operator.add`."""
    try:
        if op.fun in SCALARS or op.entry is None:
            return op.fun
    except TypeError:
        return None
    return op.entry.fun


def is_elementwise(op: Op) -> bool:
    """Whether an operation has a spelling for one element, and so acts entry by entry."""
    if op.structure is not None:
        return False
    if canonical(op) in SCALARS:
        return _plain_options(op) and _enough_operands(op)
    return is_element_kernel(op) or is_special(op)


def is_element_kernel(op: Op) -> bool:
    return isinstance(op.fun, types.FunctionType) and op.fun in ELEMENTS


def is_special(op: Op) -> bool:
    """Whether an operation is a function of SciPy's that has a C interface."""
    from .special import special_of

    return special_of(op) is not None


def _plain_options(op: Op) -> bool:
    return not op.kwargs or op.fun in (np.around, np.round, shapes.astype)


def _enough_operands(op: Op) -> bool:
    return op.fun is not np.where or len(op.args) == 3


def spell_element(parts: Any, op: Op, trees: list[Tree]) -> Tree:
    """One element of the result, from one element of each operand."""
    spelling = SCALARS.get(canonical(op))
    if spelling is not None:
        return spelling(parts, op, trees)
    if is_element_kernel(op):
        return call(parts.helper(op.fun), *trees)
    from .special import spell_special

    return spell_special(parts, op, trees)


CHEAP = frozenset(
    [operator.add, operator.sub, operator.mul, operator.neg, operator.pos, *COMPARE, np.where, np.maximum, np.minimum,
     operator.abs, np.square, np.real, np.imag, np.conjugate, shapes.astype, float, operator.and_, operator.or_,
     operator.invert, np.logical_and, np.logical_or, np.logical_not, np.sign, np.clip, min, max, stop_gradient]
)  # fmt: skip


def cost(op: Op) -> int:
    """What one element costs beside a multiplication, roughly: what is dear is not computed twice."""
    fun = canonical(op)
    if fun in CHEAP or (fun is operator.pow and type(op.args[1]) in (int, float) and op.args[1] in (1, 2, 3)):
        return 1
    return 4 if fun in (operator.truediv, np.sqrt, np.reciprocal) else 12


__all__ = ["SCALARS", "Value", "cast", "cost", "is_elementwise", "spell_element", "truth"]
