"""Vector functions beside NumPy's and the C library's in a Numba loop: nanoseconds an element, and compile time.

`python benchmarks/vector_math.py` runs all of them on 20,000 numbers, which the cache holds;
`python benchmarks/vector_math.py 1000000 exp sin` runs two on a million.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from timing import interleaved  # first: it sets the number of threads

# isort: split

import numba
import numpy as np
from scipy.special import erf, expit

from s2sgrad.targets.vector_math import VECTOR, source_of

REDUCTIONS = ("add", "rank", "of_rank", "rank_32", "of_rank_32")
NUMPY = {
    "sigmoid": expit,
    "softplus": lambda x, out: np.logaddexp(0, x, out=out),
    "erf": erf,
    "near_sin": np.sin,
    "near_cos": np.cos,
}
LIBRARY = {  # what the generated loop would call otherwise
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: max(x, 0) + math.log1p(math.exp(-abs(x))),
    "logaddexp": lambda x, y: max(x, y) + math.log1p(math.exp(-abs(x - y))),
    "exp2": lambda x: 2.0**x,
    "erf": lambda x: math.erf(x),
    "arctan": lambda x: math.atan(x),
    "arctan2": lambda y, x: math.atan2(y, x),
    "arcsin": lambda x: math.asin(x),
    "arccos": lambda x: math.acos(x),
    "power": lambda x, y: x**y,
    "cbrt": lambda x: x ** (1 / 3),
    "near_sin": lambda x: math.sin(x),
    "near_cos": lambda x: math.cos(x),
}


def calling(function: Any) -> Any:
    """A Python function, which `njit` wants."""
    return lambda x: function(x)


def loop_of(function: Any, arguments: int) -> Any:
    """The loop that a generated program would have around it."""
    if arguments == 2:

        @numba.njit(error_model="numpy")
        def of_two(x, y, out):
            for i in range(x.size):
                out[i] = function(x[i], y[i])

        return of_two

    @numba.njit(error_model="numpy")
    def of_one(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    return of_one


def with_compile_time(name: str, operands: list[np.ndarray]) -> tuple[Any, float]:
    """The loop, and the CPU milliseconds that the function adds to the compilation of one."""
    namespace: dict[str, Any] = {"np": np, "numba": numba}
    exec(source_of([name]), namespace)
    function = namespace[VECTOR[name].__name__]
    signature = tuple(numba.typeof(x).dtype for x in operands[:-1])
    start = time.process_time()
    function.compile(signature)
    spent = 1e3 * (time.process_time() - start)
    return loop_of(function, len(signature)), spent


def operands_of(name: str, size: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    kind = np.float32 if name.endswith("_32") else np.float64
    count = 3 if name.removesuffix("_32") in ("power", "arctan2", "logaddexp") else 2
    return [rng.uniform(0.1, 1.0 if name.startswith("arc") else 3.0, size).astype(kind) for _ in range(count)]


def measure(name: str, size: int) -> dict[str, float]:
    *inputs, out = operands = operands_of(name, size)
    plain = name.removesuffix("_32")
    library = numba.njit(LIBRARY.get(plain) or calling(getattr(math, plain)))
    ours, spent = with_compile_time(name, operands)
    numpys = NUMPY.get(plain) or getattr(np, plain)
    theirs = loop_of(library, len(inputs))
    medians = interleaved(
        {
            "vector": lambda: ours(*operands),
            "numpy": lambda: numpys(*inputs, out=out),
            "library": lambda: theirs(*operands),
        },
        turns=40,
        seconds=0.0005,  # short turns: most of them undisturbed
    )
    return {**{key: 1e9 * seconds / size for key, seconds in medians.items()}, "compile": spent}


def main(arguments: list[str]) -> None:
    size = int(arguments[0]) if arguments else 20_000
    names = arguments[1:] or [name for name in VECTOR if name not in REDUCTIONS]
    with_compile_time("exp", operands_of("exp", 4))  # what Numba does once
    print(
        f"{'ns an element of ' + str(size):24}{'vector':>9}{'NumPy':>9}{'C library':>11}{'compile, ms':>13}"
    )
    for name in names:
        row = measure(name, size)
        print(f"{name:24}{row['vector']:9.2f}{row['numpy']:9.2f}{row['library']:11.2f}{row['compile']:13.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
