"""Arithmetic: the operators, the ufuncs that are other spellings of them, rounding, complex parts, conversions."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .functional import is_constant
from .registry import define, defjvp, defvjp, elementwise, inactive


def power_base(g: Any, x: Any, y: Any) -> Any:
    """`g * y * x**(y - 1)`; a constant exponent leaves one branch, and `x**0` has slope 0 at `x = 0` too."""
    if is_constant(y):
        if y == 0:
            return np.zeros_like(x)
        if y == 1:
            return g
        if y == 2:
            return g * (2 * x)
        if 0 < y < 1:  # infinite at 0, where Python's own power raises
            return g * (y * np.power(x, y - 1))
        return g * (y * x ** (y - 1))
    return g * (y * x ** (y - 1 + ((y == 0) & (x == 0))))


def power_exponent(g: Any, ans: Any, x: Any) -> Any:
    """`g * x**y * log(x)`; 0 where the base is 0."""
    return g * ans * np.log(x + (x == 0))


def absolute_slope(g: Any, ans: Any, x: Any) -> Any:
    """The pullback of `|x|`: 0 at 0."""
    if np.iscomplexobj(x):
        return g * np.conj(x) / (ans + (ans == 0))
    return g * np.sign(x)


def real_part(t: Any, x: Any) -> Any:
    """The real part of a tangent that `x` has made complex."""
    return np.real(t) if np.iscomplexobj(x) else t


def if_complex(g: Any, x: Any) -> Any:
    """`g` for a complex `x`: a real one has no imaginary part and an angle that does not move."""
    return g if np.iscomplexobj(x) else np.zeros_like(x)


def turn(g: Any, deg: bool) -> Any:
    """`g` in the unit of an angle."""
    return g * (180 / math.pi) if deg else g


# fmt: off
elementwise(operator.add,      lambda g, ans, x, y: g,
                               lambda g, ans, x, y: g, aliases=(np.add,))
elementwise(operator.sub,      lambda g, ans, x, y: g,
                               lambda g, ans, x, y: -g, aliases=(np.subtract,))
elementwise(operator.mul,      lambda g, ans, x, y: g * y,
                               lambda g, ans, x, y: g * x, aliases=(np.multiply,))
elementwise(operator.truediv,  lambda g, ans, x, y: g / y,
                               lambda g, ans, x, y: -g * ans / y, aliases=(np.divide,))
elementwise(operator.pow,      lambda g, ans, x, y: power_base(g, x, y),
                               lambda g, ans, x, y: power_exponent(g, ans, x), aliases=(builtins.pow, np.power))
elementwise(np.float_power,    lambda g, ans, x, y: power_base(g, x, y),
                               lambda g, ans, x, y: power_exponent(g, ans, x))
elementwise(math.pow,          lambda g, ans, x, y: g * (y * np.power(x, y - 1 + ((y == 0) & (x == 0)))),
                               lambda g, ans, x, y: power_exponent(g, ans, x))
elementwise(operator.mod,      lambda g, ans, x, y: g,
                               lambda g, ans, x, y: -g * (x // y), aliases=(np.remainder,))
elementwise(operator.neg,      lambda g, ans, x: -g, aliases=(np.negative,))
elementwise(operator.pos,      lambda g, ans, x: g, aliases=(np.positive,))
elementwise(operator.abs,      lambda g, ans, x: absolute_slope(g, ans, x), aliases=(builtins.abs, np.absolute),
                               holomorphic=False)
defjvp(operator.abs,           lambda t, ans, x: real_part(absolute_slope(t, ans, x), x))

# Quotient and remainder: only the remainder has a derivative.
elementwise(builtins.divmod,   lambda g, ans, x, y: g[1],
                               lambda g, ans, x, y: -g[1] * ans[0], aliases=(np.divmod,), holomorphic=False)
defjvp(builtins.divmod,        lambda t, ans, x, y: (np.zeros_like(ans[0]), t + np.zeros_like(ans[1])),
                               lambda t, ans, x, y: (np.zeros_like(ans[0]), -t * ans[0]))

# Complex parts. The cotangent of z = x + iy is dL/dx - i dL/dy.
elementwise(np.conjugate,      lambda g, ans, x: np.conj(g) if np.iscomplexobj(x) else g)
elementwise(np.real,           lambda g, ans, val: g, holomorphic=False, view=True)
defjvp(np.real,                lambda t, ans, val: np.real(t))
elementwise(np.imag,           lambda g, ans, val: if_complex(-1j * g, val), holomorphic=False, view=True)
defjvp(np.imag,                lambda t, ans, val: np.imag(t))
elementwise(np.angle,          lambda g, ans, z, deg=False: if_complex(-1j * turn(g, deg) / z, z), holomorphic=False)
defjvp(np.angle,               lambda t, ans, z, deg=False: np.imag(if_complex(turn(t, deg) / z, z)))
defvjp(np.real_if_close,       lambda g, ans, a, tol=100: g)
defjvp(np.real_if_close,       lambda t, ans, a, tol=100: t if np.iscomplexobj(ans) else np.real(t))

# Conversions keep the derivative where they keep the fraction.
elementwise(builtins.complex,  lambda g, ans, real=0, imag=0: g,
                               lambda g, ans, real=0, imag=0: 1j * g)
elementwise(builtins.float,    lambda g, ans, x=0.0: g, linear=(0,))
elementwise(np.float64,        lambda g, ans, x=0.0: g, linear=(0,), shares=True)
elementwise(np.float32,        lambda g, ans, x=0.0: g, linear=(0,), shares=True)
elementwise(np.complex128,     lambda g, ans, x=0.0: g, linear=(0,), shares=True)
elementwise(np.complex64,      lambda g, ans, x=0.0: g, linear=(0,), shares=True)
# fmt: on
define(np.real_if_close, shares=True)


inactive(operator.floordiv, np.floor_divide)
inactive(builtins.int, builtins.bool, np.bool_)
inactive(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
inactive(
    builtins.round, np.round, np.around, np.rint, np.floor, np.ceil, np.trunc, np.fix, np.sign, np.signbit
)
inactive(math.floor, math.ceil, math.trunc, math.isnan, math.isfinite, math.isinf, math.isclose)
inactive(math.comb, math.perm, math.factorial, math.gcd, math.lcm, math.isqrt)


MOST_ITEMS = 16  # of `max` and `min` of numbers


def tied_share(k: int) -> Callable[..., Any]:
    """The cotangent of item `k` of an extreme: shared equally at a tie."""
    return lambda g, ans, *items: g * ((items[k] == ans) / sum([x == ans for x in items]))


elementwise(builtins.max, *[tied_share(k) for k in range(MOST_ITEMS)])
elementwise(builtins.min, *[tied_share(k) for k in range(MOST_ITEMS)])
