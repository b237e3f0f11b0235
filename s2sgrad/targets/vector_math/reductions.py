"""Sums and extrema of loops, in forms that vectorise.

`s = vector_add(s, e)` may be reassociated, and nothing else of the loop: LLVM's flags belong to the instruction, which
keeps them when the function is inlined. NumPy's maximum, NaN where any operand is, is that of the integers
`vector_rank`; the minimum of x is less the maximum of -x.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.targets.vector_math.bits import bits_float, float_bits

LOWEST_RANK = -0x7FF0000000000001  # of minus infinity
LOWEST_RANK_32 = np.int32(-0x7F800001)


def vector_add(total: Any, term: Any) -> Any:
    return total + term


def vector_rank(x: Any) -> Any:
    """An integer that grows with x, NaN above all: its bits, those of negative numbers turned over."""
    bits = float_bits(x)
    return bits ^ ((bits >> 63) & 0x7FFFFFFFFFFFFFFF) if x == x else 0x7FF8000000000000


def vector_of_rank(rank: Any) -> Any:
    """The double of a rank."""
    return bits_float(rank ^ ((rank >> 63) & 0x7FFFFFFFFFFFFFFF))


def vector_rank_32(x: Any) -> Any:
    bits = np.float32(x).view(np.int32)
    turned = np.int32(bits ^ ((bits >> 31) & 0x7FFFFFFF))
    return turned if x == x else np.int32(0x7FC00000)


def vector_of_rank_32(rank: Any) -> Any:
    return np.int32(rank ^ ((rank >> 31) & 0x7FFFFFFF)).view(np.float32)
