"""Functions of derivative zero: comparisons, logic, counting, positions, questions about arrays, constructors.

Also the constructors that do depend on a number: `arange`, `full_like`, `kaiser`.
"""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from .composite import composite
from .functional import sum_to
from .registry import defjvp, defvjp, inactive, linear

# Comparisons and logic.
inactive(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
inactive(operator.not_, operator.truth, operator.is_, operator.is_not, operator.contains, operator.index)
inactive(operator.and_, operator.or_, operator.xor, operator.invert, operator.lshift, operator.rshift)
inactive(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
inactive(np.logical_and, np.logical_or, np.logical_not, np.logical_xor)
inactive(np.isfinite, np.isnan, np.isinf, np.isneginf, np.isposinf, np.isnat, np.isclose, np.allclose)
inactive(np.array_equal, np.array_equiv, np.any, np.all, builtins.any, builtins.all, np.isin)

# Integers and bits.
inactive(
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count
)
inactive(np.gcd, np.lcm, np.packbits, np.unpackbits)

# Positions and counts.
inactive(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort)
inactive(np.searchsorted, np.digitize, np.count_nonzero)
inactive(np.nonzero, np.flatnonzero, np.argwhere, data_shape=True)

# Questions about arrays and types.
inactive(
    np.shape,
    np.size,
    np.ndim,
    np.iscomplexobj,
    np.isrealobj,
    np.iscomplex,
    np.isreal,
    np.isscalar,
    np.iterable,
)
inactive(np.result_type, np.promote_types, np.min_scalar_type, np.can_cast, np.common_type, np.issubdtype)
inactive(np.finfo, np.iinfo, np.dtype, np.shares_memory, np.may_share_memory, np.broadcast_shapes)

# Constructors.
inactive(
    np.zeros,
    np.ones,
    np.empty,
    np.eye,
    np.identity,
    np.tri,
    np.indices,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
)
inactive(np.hanning, np.hamming, np.blackman, np.bartlett)


def kaiser(M: int, beta: float) -> Any:
    """The Kaiser window, as NumPy documents it."""
    if M == 1:
        return np.ones(1)
    middle = (M - 1) / 2.0
    return np.i0(beta * np.sqrt(1 - ((np.arange(M) - middle) / middle) ** 2)) / np.i0(beta)


def like(x: Any, t: Any) -> Any:
    """A scalar tangent, in the shape of `x`."""
    return t + np.zeros_like(x)


# fmt: off
# With one argument, it is the end.
defvjp(np.arange, lambda g, ans, start, stop=None, step=1, dtype=None: 0.0 if stop is None else np.sum(g),
                  None,
                  lambda g, ans, start, stop=None, step=1, dtype=None: np.sum(g * np.arange(np.size(g))))
defjvp(np.arange, lambda t, ans, start, stop=None, step=1, dtype=None: like(ans, 0.0 if stop is None else t),
                  None,
                  lambda t, ans, start, stop=None, step=1, dtype=None: t * np.arange(np.size(ans)))
# fmt: on
linear(
    np.full_like,
    lambda g, ans, a, fill_value, dtype=None, order="K", subok=True, shape=None: (
        None
    ),  # of the array, the shape alone
    lambda g, ans, a, fill_value, dtype=None, order="K", subok=True, shape=None: sum_to(
        g, np.shape(fill_value)
    ),
    of=(1,),
)
defjvp(
    np.full_like,
    lambda t, ans, a, fill_value, dtype=None, order="K", subok=True, shape=None: np.zeros_like(ans),
    lambda t, ans, a, fill_value, dtype=None, order="K", subok=True, shape=None: np.full_like(ans, t),
)
composite(np.kaiser, kaiser)
