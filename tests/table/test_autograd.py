"""NumPy's functions against Autograd, an independent table, where it has the function and follows its options."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import make_vjp

from s2sgrad import vjp

from .case import Case
from .compiled import program
from .eager import active_positions, normal
from .test_rules import ALL

CHAPTERS = "arithmetic elementwise reductions shapes products linalg fft".split()
# Where Autograd's pullback disagrees with the numerical derivative, which the compiled checker demands of ours.
IGNORES_OPTIONS = set(
    "sum mean var std prod max min amax amin tile repeat full full_like irfft rfft rfft2".split()
)
KEEPS_COMPLEX = set("solve pinv slogdet where".split())  # the cotangent of a real argument is complex
WRONG_OR_NAN = set("arccosh sinc nan_to_num kron cross triu tril norm".split())
REFUSES = set("outer diag split hsplit vsplit transpose".split())  # a cotangent of the shape it gave itself
APART = IGNORES_OPTIONS | KEEPS_COMPLEX | WRONG_OR_NAN | REFUSES


def twin(fun: Callable[..., Any]) -> Callable[..., Any] | None:
    """Autograd's function of the same name, or None."""
    module, name = getattr(fun, "__module__", "") or "", getattr(fun, "__name__", "")
    if name in APART or "numpy" not in module and not isinstance(fun, np.ufunc):
        return None
    space = anp.linalg if "linalg" in module else anp.fft if "fft" in module else anp
    return getattr(space, name, None)


def agree(case: Case, fun: Callable[..., Any], k: int) -> bool:
    """Compare the cotangents of argument `k`; False where Autograd does not know the call."""
    before, after = case.args[:k], case.args[k + 1 :]
    try:
        pullback, ans = make_vjp(lambda x: fun(*before, x, *after, **case.kwargs))(case.args[k])
        g = normal(np.random.default_rng(3), np.asarray(ans)[()])
        want = pullback(g)
    except Exception:  # whatever it raises, there is nothing to compare with
        return False
    if np.shape(want) != np.shape(case.args[k]):  # Autograd does not undo this broadcasting
        return False
    have = vjp(program(case, (k,)), case.args[k])[1](g)[0]
    single = np.asarray(have).dtype in (np.float32, np.complex64)
    np.testing.assert_allclose(have, want, rtol=1e-4 if single else 1e-8, atol=1e-6, err_msg=f"{case}")
    return True


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_autograd_agrees(chapter: str) -> None:
    compared = 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in (case for file, case in ALL if file == f"cases_{chapter}"):
            fun = twin(case.fun)
            for k in active_positions(case) if fun is not None else ():
                if isinstance(case.args[k], (np.ndarray, float)):
                    compared += agree(case, fun, k)
    assert compared > 5
