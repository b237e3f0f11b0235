"""Autograd's table of derivatives, function by function: which compile here.

`autograd_functions.txt` is the list; after a change that is meant, write it anew with
`python -m tests.targets.loops.test_autograd_functions`, and review the diff.
"""

from __future__ import annotations

from pathlib import Path

import autograd.core
import autograd.scipy.integrate
import autograd.scipy.linalg
import autograd.scipy.signal
import autograd.scipy.special
import autograd.scipy.stats  # noqa: F401 - these fill Autograd's table
import numpy as np

from s2sgrad import supported

LIST = Path(__file__).with_name("autograd_functions.txt")
OWN = (
    "autograd.core",
    "autograd.builtins",
    "autograd.numpy.numpy_boxes",
)  # of no meaning outside of Autograd
SAME = {  # functions of Autograd's own around those of NumPy, and methods of SciPy's distributions
    "_array_from_scalar_or_array": "numpy.array",
    "array_from_args": "numpy.array",
    "concatenate_args": "numpy.concatenate",
    "_astype": "numpy.astype",
    "fft_grad": "numpy.fft.fft",
    "odeint": "scipy.integrate.odeint",
}


def names() -> list[str]:
    """Autograd's functions with a derivative, by the names that users know."""
    known = {row.name for row in supported()}
    out = set()
    for wrapped in autograd.core.primitive_vjps:
        fun = getattr(wrapped, "fun", wrapped)
        module = getattr(fun, "__module__", None) or ("numpy" if isinstance(fun, np.ufunc) else "")
        if module not in OWN:
            out.add(_public(fun, module, known))
    return sorted(out)


def _public(fun: object, module: str, known: set[str]) -> str:
    name = getattr(fun, "__name__", str(fun))
    owner = getattr(fun, "__self__", None)
    if name in SAME:
        return SAME[name]
    distribution = getattr(owner, "name", None) or type(owner).__name__.removesuffix("_gen")
    tried = [
        f"scipy.stats.{distribution}.{name}",
        f"{module}.{name}",
        f"scipy.special.{name}",
        f"scipy.linalg.{name}",
        f"scipy.signal.{name}",
        f"numpy.{name}",
    ]
    if isinstance(fun, np.ufunc):
        tried = [f"numpy.{name}", f"scipy.special.{name}"] if hasattr(np, name) else [f"scipy.special.{name}"]
    return next((path for path in tried if path in known), f"{module}.{name}")


def lines() -> list[str]:
    jit = {row.name: row.jit for row in supported()}
    words = {True: "compiles", False: "does not compile", None: "not in the table"}
    return [f"{name}: {words[jit.get(name)]}" for name in names()]


def test_the_list_is_up_to_date():
    assert LIST.read_text(encoding="utf-8").splitlines() == lines()


def test_few_do_not_compile():
    assert sum("does not" in line for line in lines()) <= 15


if __name__ == "__main__":
    LIST.write_text("\n".join(lines()) + "\n", encoding="utf-8")
