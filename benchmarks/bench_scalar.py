"""Logistic loss of Python scalars: what a call of the derivative costs beside the program that it runs."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from timing import Contenders, interleaved, report  # first: it sets the number of threads

# isort: split

import numpy as np

from s2sgrad import differentiate

ARGS = (0.7, 1.5, -0.2, 1.0)


@differentiate
def loss(w: Any, x: Any, b: Any, t: Any) -> Any:
    z = w * x + b
    y = 1 / (1 + np.exp(-z))
    return 0.5 * (y - t) ** 2


def exported() -> Callable[..., Any]:
    """The generated program as a function of a module of its own."""
    loss.value_and_grad(*ARGS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exported.py"
        loss.value_and_grad.export(path)
        spec = importlib.util.spec_from_file_location("exported", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module.loss_value_and_grad  # type: ignore[no-any-return]


def other_libraries() -> Contenders:
    out: Contenders = {}
    try:
        import autograd
        import autograd.numpy as anp

        derivative = autograd.value_and_grad(
            lambda w, x, b, t: 0.5 * (1 / (1 + anp.exp(-(w * x + b))) - t) ** 2
        )
        out["autograd"] = lambda: derivative(*ARGS)
    except ImportError as error:
        print(f"autograd skipped: {error}")
    try:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(
            jax.value_and_grad(lambda w, x, b, t: 0.5 * (1 / (1 + jnp.exp(-(w * x + b))) - t) ** 2)
        )
        out["jax.jit"] = lambda: jax.block_until_ready(compiled(*ARGS))
    except ImportError as error:
        print(f"jax skipped: {error}")
    return out


def main() -> None:
    program = exported()
    runs: Contenders = {
        "original": lambda: loss(*ARGS),
        "exported program": lambda: program(*ARGS),
        "loss.value_and_grad": lambda: loss.value_and_grad(*ARGS),
        **other_libraries(),
    }
    medians = interleaved(runs)
    report("logistic loss of scalars", medians, "loss.value_and_grad")
    overhead = medians["loss.value_and_grad"] - medians["exported program"]
    print(f"  overhead over the exported program: {1e6 * overhead:.2f} us")


if __name__ == "__main__":
    main()
