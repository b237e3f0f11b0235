"""Generated programs of loops run as plain Python: what they compute without Numba, in no time to compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.extending
import scipy.special


def as_it_is(*args: Any, **options: Any) -> Any:
    """`numba.njit` that leaves a function alone."""
    return args[0] if args and callable(args[0]) else lambda fun: fun


def function_of_scipy(symbol: str, signature: Any) -> Callable[..., Any]:
    """The Python function behind a C function, without the argument that is Cython's own."""
    fun = getattr(scipy.special, symbol.removesuffix("_of_scipy").removeprefix("special_"))
    return lambda *args: fun(*args[:-1])


def complex_function_of_scipy(fun: Any) -> Any:
    return getattr(scipy.special, fun.__name__.removeprefix("special_complex_"))


def run_uncompiled(patch: Any) -> None:
    """Until the patch is undone, compiled modules are Python."""
    patch.setattr(numba, "njit", as_it_is)
    patch.setattr(numba.types, "ExternalFunction", function_of_scipy)
    patch.setattr(numba.extending, "intrinsic", complex_function_of_scipy)
    patch.setenv("S2SGRAD_CACHE", "0")
