"""Every hand-written adjoint and every program of the benchmarks has the gradient of Autograd's or JAX's."""

import numpy as np
import pytest

from benchmarks.contenders import PRIMALS, contenders, flat
from benchmarks.measure import difference
from benchmarks.plain_loops import EXAMPLES, check
from benchmarks.problems import PROBLEMS
from s2sgrad import grad

QUICK = ("P1", "P3", "P4", "P6a", "P6a-state", "P6b", "P7", "P8b")


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_hand_written_adjoints_and_s2sgrad_agree_with_autograd(name):
    makers = contenders(PROBLEMS[name])
    expected = flat(makers["autograd"]()())
    for other in {"hand", "plain", "primal"} & set(makers):
        got = flat(makers[other]()())
        assert difference(got, expected[:1] if other in PRIMALS else expected) < 1e-10, other


@pytest.mark.parametrize(("name", "fun", "by_hand", "args", "wrt"), EXAMPLES)
def test_loops_by_hand_are_right(name, fun, by_hand, args, wrt):
    check(by_hand(*args), grad(fun, wrt=wrt)(*args))


VECTOR = {
    "vexp": (np.exp, np.linspace(-700, 709, 4001)),
    "vtanh": (np.tanh, np.linspace(-25, 25, 4001)),
    "vlog": (np.log, np.geomspace(1e-300, 1e300, 4001)),
    "vlog1p": (np.log1p, np.geomspace(1e-18, 1e18, 4001)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", VECTOR)
def test_vectorised_functions_are_numpys(name):
    import numba

    from benchmarks import vector

    function, (reference, x) = getattr(vector, name), VECTOR[name]
    got = numba.njit(lambda x: np.array([function(t) for t in x]))(x)
    np.testing.assert_allclose(got, reference(x), rtol=1e-15)
