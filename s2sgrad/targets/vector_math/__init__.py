"""Elementary functions that a compiler can vectorise, and their text.

LLVM vectorises a loop only if everything in it has a vector form; a call of the C library's `exp` has none. The
functions here are straight-line arithmetic: the same expression for every argument, over the whole range, special
values and denormal numbers included, so that the loop around them becomes vector instructions. They run as they are on
NumPy scalars; generated modules, which import nothing of this package, contain the text that `source_of` gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sgrad.targets.vector_math import (
    exponential,
    inverse_trigonometric,
    logarithm,
    powers,
    reductions,
    single,
    special,
    trigonometric,
    widened,
)
from s2sgrad.targets.vector_math.text import source_of as source_of

VECTOR: dict[str, Callable[..., Any]] = {
    "exp": exponential.vector_exp,
    "exp2": exponential.vector_exp2,
    "expm1": exponential.vector_expm1,
    "sinh": exponential.vector_sinh,
    "cosh": exponential.vector_cosh,
    "tanh": exponential.vector_tanh,
    "sigmoid": exponential.vector_sigmoid,
    "log": logarithm.vector_log,
    "log2": logarithm.vector_log2,
    "log10": logarithm.vector_log10,
    "log1p": logarithm.vector_log1p,
    "softplus": logarithm.vector_softplus,
    "logaddexp": logarithm.vector_logaddexp,
    "power": powers.vector_power,
    "sin": trigonometric.vector_sin,
    "cos": trigonometric.vector_cos,
    "tan": trigonometric.vector_tan,
    "near_sin": trigonometric.vector_near_sin,
    "near_cos": trigonometric.vector_near_cos,
    "arctan": inverse_trigonometric.vector_arctan,
    "arctan2": inverse_trigonometric.vector_arctan2,
    "arcsin": inverse_trigonometric.vector_arcsin,
    "arccos": inverse_trigonometric.vector_arccos,
    "erf": special.vector_erf,
    "cbrt": special.vector_cbrt,
    "exp_32": single.vector_exp_32,
    "expm1_32": single.vector_expm1_32,
    "tanh_32": single.vector_tanh_32,
    "sigmoid_32": single.vector_sigmoid_32,
    "log_32": single.vector_log_32,
    "log1p_32": single.vector_log1p_32,
    "softplus_32": single.vector_softplus_32,
    "sin_32": widened.vector_sin_32,
    "cos_32": widened.vector_cos_32,
    "tan_32": widened.vector_tan_32,
    "exp2_32": widened.vector_exp2_32,
    "sinh_32": widened.vector_sinh_32,
    "cosh_32": widened.vector_cosh_32,
    "log2_32": widened.vector_log2_32,
    "log10_32": widened.vector_log10_32,
    "logaddexp_32": widened.vector_logaddexp_32,
    "power_32": widened.vector_power_32,
    "arctan_32": widened.vector_arctan_32,
    "arctan2_32": widened.vector_arctan2_32,
    "arcsin_32": widened.vector_arcsin_32,
    "arccos_32": widened.vector_arccos_32,
    "erf_32": widened.vector_erf_32,
    "cbrt_32": widened.vector_cbrt_32,
    "add": reductions.vector_add,
    "rank": reductions.vector_rank,
    "of_rank": reductions.vector_of_rank,
    "rank_32": reductions.vector_rank_32,
    "of_rank_32": reductions.vector_of_rank_32,
}
