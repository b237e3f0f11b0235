"""Functions that the frontend lowers, most without an entry in the table: they compile, as `supported()` says."""

from __future__ import annotations

import functools
import operator
import warnings

import numpy as np
import pytest
import scipy.interpolate
import scipy.stats

from s2sgrad import JitError, grad, supported

from .uncompiled import run_uncompiled

PLACES, MASK = np.array([0, 2, 2]), np.array([True, False, True, False])
GRID, HEIGHTS = (np.arange(3.0), np.arange(4.0)), np.arange(12.0).reshape(3, 4) ** 2
X = np.array([0.5, 1.5, 2.5, 0.7])


def add_at(x):
    y = x * 2
    np.add.at(y, PLACES, x[:3])
    return np.sum(y**2)


def subtract_at(x):
    y = x * 2
    np.subtract.at(y, PLACES, x[:3])
    return np.sum(y**2)


def copyto(x):
    y, z = np.zeros(4), np.zeros(4)
    np.copyto(y, x)
    np.copyto(z, x, where=MASK)
    return np.sum(y**2 * z)


def fill_diagonal(x):
    y = np.ones((2, 2))
    np.fill_diagonal(y, x[0])
    return np.sum(y**2)


def place(x):
    y = x * 2
    np.place(y, MASK, x[:2])
    return np.sum(y**2)


def put(x):
    y = x * 2
    np.put(y, [0, 1], x[:2])
    y.put([2], x[3])
    return np.sum(y**2)


def put_along_axis(x):
    y = x.reshape(2, 2) * 2
    np.put_along_axis(y, np.array([[0], [1]]), x[:2].reshape(2, 1), 1)
    return np.sum(y**2)


def putmask(x):
    y = x * 2
    np.putmask(y, MASK, x**3)
    return np.sum(y**2)


def ndenumerate(x):
    s = 0.0
    for i, v in np.ndenumerate(x):
        s += v**2 * i[0]
    return s


def ndindex(x):
    s = 0.0
    for i in np.ndindex(*x.shape):
        s += x[i] ** 2
    return s


def methods(x):
    y = x.view() * x.conj() + x.__array__()
    return np.sum(y.flat[1:] ** 2) + sum([v**2 for v in x.tolist()])


def types(x):
    small = np.finfo(x.dtype).eps + np.finfo(float).tiny
    wide = np.promote_types(np.float32, np.dtype("float64"))
    if np.issubdtype(x.dtype, np.floating) and np.can_cast(np.float32, wide) and 3 in [1, 3]:
        x = x.astype(wide) ** 2
    return np.sum(np.sqrt(x + small)) if np.iterable(x) and not np.isscalar(x) else x


PROGRAMS = {
    "numpy.add.at": add_at,
    "numpy.subtract.at": subtract_at,
    "numpy.copyto": copyto,
    "numpy.fill_diagonal": fill_diagonal,
    "numpy.place": place,
    "numpy.put numpy.ndarray.put": put,
    "numpy.put_along_axis": put_along_axis,
    "numpy.putmask": putmask,
    "numpy.ndenumerate": ndenumerate,
    "numpy.ndindex": ndindex,
    "numpy.ndarray.view numpy.ndarray.conj numpy.ndarray.__array__ numpy.ndarray.flat numpy.ndarray.tolist": methods,
    "numpy.finfo numpy.promote_types numpy.dtype numpy.issubdtype numpy.can_cast numpy.iterable numpy.isscalar": types,
    "numpy.vectorize": lambda x: np.sum(np.vectorize(lambda a: a**2 if a > 1 else a)(x)),
    "scipy.stats.gaussian_kde": lambda x: np.sum(scipy.stats.gaussian_kde(x)(np.array([0.3, 1.0]))),
    "scipy.interpolate.RegularGridInterpolator": lambda x: np.sum(
        scipy.interpolate.RegularGridInterpolator(GRID, HEIGHTS)(0.7 * x.reshape(2, 2))
    ),
    "functools.partial": lambda x: np.sum(functools.partial(np.power, x)(2)),
    "operator.contains": lambda x: np.sum(x) * (2.0 if operator.contains([1, 2, 3], 3) else 1.0),
    "numpy.unstack": lambda x: np.unstack(x)[1] ** 2,
}
REFUSED = {
    "numpy.common_type": lambda x: np.sum(x.astype(np.common_type(x)) ** 2),
    "numpy.may_share_memory": lambda x: np.sum(x**2) if np.may_share_memory(x, x) else np.sum(x),
    "numpy.bitwise_count": lambda x: np.sum(x * np.bitwise_count(PLACES[0])),
    "numpy.packbits": lambda x: np.sum(x) * np.packbits(MASK)[0],
    "numpy.mask_indices": lambda x: np.sum(x.reshape(2, 2)[np.mask_indices(2, np.triu)]),
}
ROWS = {row.name: row.jit for row in supported()}


def check(name: str) -> None:
    fun = PROGRAMS[name]
    np.testing.assert_allclose(grad(fun, jit=True)(X), grad(fun)(X), rtol=1e-13)
    assert all(ROWS[one] for one in name.split())


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_python(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_uncompiled(monkeypatch)
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled(name: str) -> None:
    check(name)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.all(np.isfinite(grad(REFUSED[name])(X)))
        with pytest.raises(JitError, match="jit=False"):
            grad(REFUSED[name], jit=True)(X)
    assert not ROWS[name]
