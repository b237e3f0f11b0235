"""Where the numbers in `s2sgrad/targets/vector_math` come from: polynomials near the minimax, by Chebyshev series.

Each kernel is the part of a function that its leading terms leave over, divided by the first power that it has,
so that its relative error hardly matters: `exp(r) = 1 + r + r*r*kernel(r)`.
`python benchmarks/derive_coefficients.py exp` prints the coefficients, highest first, and the largest error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

mp.prec = 240


@dataclass(frozen=True)
class Kernel:
    """A function to be approximated on an interval, by so many coefficients in a double and in a single."""

    function: Callable[[Any], Any]
    low: Any
    high: Any
    double: int
    single: int


def away_from_zero(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, whose removable singularity at zero is stepped around."""
    return lambda z: function(z if abs(z) > mpf(10) ** -24 else mpf(10) ** -24)


def kernels() -> dict[str, Kernel]:
    half_ln2, quarter_pi = mp.log(2) / 2 * mpf("1.0001"), mp.pi / 4 * mpf("1.0001")
    largest_s = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2
    root = mp.sqrt
    scaled_erfc = lambda x: mp.exp(x * x) * mp.erfc(x)
    table = {
        "exp": Kernel(lambda r: (mp.exp(r) - 1 - r) / r**2, -half_ln2, half_ln2, 10, 5),
        "log": Kernel(lambda z: (2 * mp.atanh(root(z)) / root(z) - 2) / z, mpf(0), largest_s, 7, 4),
        "sin": Kernel(lambda z: (mp.sin(root(z)) / root(z) - 1) / z, mpf(0), quarter_pi**2, 6, 3),
        "cos": Kernel(lambda z: (mp.cos(root(z)) - 1 + z / 2) / z**2, mpf(0), quarter_pi**2, 6, 3),
        "sin of a single": Kernel(lambda z: (mp.sin(root(z)) / root(z) - 1) / z, mpf(0), quarter_pi**2, 4, 4),
        "cos of a single": Kernel(lambda z: (mp.cos(root(z)) - 1) / z, mpf(0), quarter_pi**2, 5, 5),
        "sinh": Kernel(lambda z: (mp.sinh(root(z)) / root(z) - 1) / z, mpf(0), half_ln2**2, 5, 3),
        "tanh": Kernel(lambda z: (mp.tanh(root(z)) / root(z) - 1) / z, mpf(0), mpf("0.5494") ** 2, 11, 5),
        "arctan": Kernel(
            lambda z: (mp.atan(root(z)) / root(z) - 1) / z, mpf(0), (root(2) - 1) ** 2 * mpf("1.001"), 11, 5
        ),
        "arcsin": Kernel(lambda z: (mp.asin(root(z)) / root(z) - 1) / z, mpf(0), mpf("0.25"), 13, 6),
        "erf": Kernel(lambda z: mp.erf(root(z)) / root(z) - 1, mpf(0), mpf(1), 12, 7),
        "erfc": Kernel(lambda t: scaled_erfc(3 * (1 + t) / (1 - t)), -mpf(1) / 2, mpf(1) / 3, 16, 8),
        "cbrt": Kernel(lambda m: m ** (-mpf(1) / 3), mpf(1), mpf(8), 6, 6),
        "power": Kernel(lambda z: (mp.atanh(root(z)) / root(z) - 1 - z / 3) / z**2, mpf(0), largest_s, 8, 4),
        "cosh": Kernel(lambda z: (mp.cosh(root(z)) - 1) / z, mpf(0), half_ln2**2, 6, 3),
    }
    return table


def derive(kernel: Kernel, count: int) -> tuple[list[Any], Any]:
    return mp.chebyfit(away_from_zero(kernel.function), [kernel.low, kernel.high], count, error=True)


def main(names: list[str]) -> None:
    for name, kernel in kernels().items():
        if names and name not in names:
            continue
        for kind, count in ((np.float64, kernel.double), (np.float32, kernel.single)):
            coefficients, error = derive(kernel, count)
            print(f"{name} {kind.__name__}: largest error {mp.nstr(error, 3)}")
            for coefficient in coefficients:
                print(f"    {kind(float(coefficient))!s}")


if __name__ == "__main__":
    main(sys.argv[1:])
