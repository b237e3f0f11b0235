"""Sparse Jacobians: colourings, and the matrices found with them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from s2sgrad import grad, jacobian, jacobian_sparsity, vmap
from s2sgrad.sparse import colouring, groups_of

rng = np.random.default_rng(5)


def chain(x):
    return x[1:] ** 2 * x[:-1]


def banded(n):
    return scipy.sparse.diags_array([np.ones(n - 1)] * 2, offsets=[0, 1], shape=(n - 1, n))


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_a_banded_jacobian_takes_two_sweeps(mode) -> None:
    x = rng.normal(size=60)
    derivative = jacobian(chain, sparsity=banded(60), mode=mode)
    found = derivative(x)
    assert isinstance(found, scipy.sparse.csr_array) and found.shape == (59, 60)
    np.testing.assert_allclose(found.toarray(), jacobian(chain)(x))
    assert derivative._groups.count == 2


def test_columns_of_a_colour_share_no_row() -> None:
    pattern = scipy.sparse.random_array((80, 50), density=0.04, rng=rng, format="csr")
    colours = colouring(pattern.astype(bool))
    dense = pattern.toarray() != 0
    for colour in range(colours.max() + 1):
        assert np.all(dense[:, colours == colour].sum(axis=1) <= 1)
    assert dense.sum(axis=1).max() <= colours.max() + 1 < 50


def test_the_cheaper_of_rows_and_columns() -> None:
    arrow = np.zeros((6, 9), bool)
    arrow[0] = True  # one full row: each column would need a sweep of its own
    arrow[np.arange(6), np.arange(6)] = True
    groups = groups_of(scipy.sparse.csr_array(arrow))
    assert not groups.forward and groups.count == 2
    assert groups_of(scipy.sparse.csr_array(arrow), "forward").count == 9


def test_bundle_of_observations() -> None:
    cameras, points = 6, 15
    which = [(c, p) for c in range(cameras) for p in range(points) if (c + p) % 3]
    of_camera, of_point = (np.array(k) for k in zip(*which))

    def residuals(x):
        pose, place = x[: 3 * cameras].reshape(cameras, 3), x[3 * cameras :].reshape(points, 3)
        moved = place[of_point] - pose[of_camera]
        return np.ravel(moved[:, :2] / (moved[:, 2:] + 9.0))

    n = len(which)
    pattern = np.zeros((n, 2, 3 * (cameras + points)), bool)
    for k in range(n):
        for j in range(3):
            pattern[k, :, 3 * of_camera[k] + j] = True
            pattern[k, :, 3 * (cameras + of_point[k]) + j] = True
    x = rng.normal(size=3 * (cameras + points))
    derivative = jacobian(residuals, sparsity=scipy.sparse.csr_array(pattern.reshape(2 * n, -1)))
    np.testing.assert_allclose(derivative(x).toarray(), jacobian(residuals)(x), atol=1e-14)
    assert derivative._groups.count <= 12


def test_matrices_and_complex_numbers() -> None:
    x = rng.normal(size=(3, 2))
    found = jacobian(lambda x: np.sin(x) * x, sparsity=scipy.sparse.eye_array(6))(x)
    np.testing.assert_allclose(found.toarray(), np.diag(np.ravel(np.sin(x) + x * np.cos(x))))
    z = rng.normal(size=4) + 1j * rng.normal(size=4)
    for mode in ("forward", "reverse"):
        found = jacobian(np.exp, sparsity=scipy.sparse.eye_array(4), mode=mode)(z)
        np.testing.assert_allclose(found.toarray(), np.diag(np.exp(z)))


@pytest.mark.parametrize("shape", [(59, 59), (60, 60)])
def test_a_pattern_of_another_size(shape) -> None:
    with pytest.raises(ValueError, match="sparsity has"):
        jacobian(chain, sparsity=scipy.sparse.eye_array(*shape))(np.ones(60))


# --- patterns from the program --------------------------------------------------------------------------


def smoothed(x):
    y = np.zeros(len(x))
    for i in range(1, len(x) - 1):
        y[i] = x[i - 1] * x[i + 1] + np.sin(y[i - 1])
    return y


def gathered(x):
    place = np.array([2, 0, 1, 1, 3])
    y = x[place] * np.roll(x, 1)
    y[[0, 3]] += x[:2]
    np.add.at(y, np.array([1, 1]), x[3:])
    return y


def collected(x):
    found = []
    for i in range(len(x) - 1):
        if i % 2:
            found.append(x[i] * x[i + 1])
        else:
            found.append(x[i])
    return np.array(found)


def until(x):
    i, s = 0, 0.0
    while i < len(x):
        s = s + x[i] ** 2
        i += 1
        if s > 3.0:
            break
    return s


PROGRAMS = [
    (chain, np.zeros(7)),  # at zero every derivative vanishes: the pattern does not
    (lambda x: np.where(x > 0, x**2, 0.0), -np.ones(4)),
    (lambda x: np.maximum(x[:3], x[3:]), np.arange(6.0)),
    (lambda x: np.sum(x.reshape(3, 2) ** 2, axis=1), np.arange(6.0)),
    (lambda x: np.max(x.reshape(3, 2), axis=1), np.arange(6.0)),
    (lambda x: np.concatenate((x[::2], np.exp(x[1::2]))), np.arange(6.0)),
    (lambda x: np.linalg.solve(np.diag(x + 5), x), np.arange(4.0)),
    (lambda x: np.sort(x), np.arange(4.0)),
    (lambda x: {"a": x[0] * x, "b": 3.0 * x[1]}, np.arange(3.0)),
    (smoothed, rng.normal(size=8)),
    (gathered, rng.normal(size=5)),
    (collected, rng.normal(size=5)),
    (until, rng.normal(size=5)),
    (lambda x: np.cumsum(x**2), np.arange(4.0)),
    (lambda x: np.cumprod(x.reshape(2, 3), axis=1), np.arange(6.0)),
    (lambda x: np.diff(x) / np.median(x[:2]), np.arange(4.0)),
    (lambda x: np.convolve(x, np.ones(3)), np.arange(5.0)),
    (lambda x: np.einsum("ij,kj->ik", x.reshape(2, 2), np.ones((3, 2))), np.arange(4.0)),
    (lambda x: np.outer(x[:2], x[2:]), np.arange(5.0)),
    (lambda x: x.reshape(2, 2) @ x.reshape(2, 2), np.arange(4.0)),
    (lambda x: np.ones((3, 4)) @ x, np.arange(4.0)),
    (lambda x: x @ np.arange(1.0, 9.0).reshape(4, 2), np.arange(4.0)),
    (lambda x: np.stack([x, np.ones(3), x[::-1]]), np.arange(3.0)),
    (lambda x: np.array([x[0], 1.0, x[0] * x[2]]), np.arange(3.0)),
    (lambda x: np.full(2, x[1]), np.arange(3.0)),
    (lambda x: np.pad(x, 2), np.arange(3.0)),
    (lambda x: np.tril(x.reshape(2, 2)), np.arange(4.0)),
    (lambda x: np.linalg.norm(x.reshape(2, 2), axis=0), np.arange(1.0, 5.0)),
    (lambda x: np.std(x.reshape(2, 3), axis=(0,), ddof=1), np.arange(6.0)),
    (lambda x: np.add.reduce(x.reshape(2, 2)), np.arange(4.0)),
    (lambda x: np.split(x, 2)[1] * x[0], np.arange(4.0)),
    (lambda x: np.fft.fft(x.reshape(2, 2)).real, np.arange(4.0)),
    (lambda x: vmap(lambda r: np.sum(r) * r)(x.reshape(3, 2)), np.arange(6.0)),
    (grad(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2)), np.arange(1.0, 6.0)),
]


def is_solve(fun) -> bool:
    return "solve" in getattr(fun, "__code__", smoothed.__code__).co_names


@pytest.mark.parametrize(("fun", "x"), PROGRAMS)
def test_patterns_miss_nothing(fun, x) -> None:
    pattern = jacobian_sparsity(fun, x).toarray()
    seen = np.zeros_like(pattern)
    for _ in range(20):
        found = jacobian(fun)(rng.normal(size=x.shape) + (3.0 if is_solve(fun) else 0.0))
        parts = found.values() if isinstance(found, dict) else [found]
        seen |= np.concatenate([np.reshape(p, (-1, x.size)) for p in parts]) != 0
    assert pattern.shape == seen.shape
    assert not np.any(seen & ~pattern)


EXACT = [p for p in PROGRAMS if not is_solve(p[0])]


@pytest.mark.parametrize(("fun", "x"), EXACT)
def test_patterns_are_exact_where_entries_stay_apart(fun, x) -> None:
    """No entry too many: each is different from zero somewhere."""
    pattern = jacobian_sparsity(fun, x).toarray()
    seen = np.zeros_like(pattern)
    for _ in range(60):
        found = jacobian(fun)(rng.normal(size=x.shape))
        parts = found.values() if isinstance(found, dict) else [found]
        seen |= np.concatenate([np.reshape(p, (-1, x.size)) for p in parts]) != 0
    np.testing.assert_array_equal(pattern, seen)


def test_patterns_in_detail() -> None:
    np.testing.assert_array_equal(jacobian_sparsity(chain, np.zeros(7)).toarray(), banded(7).toarray() != 0)
    np.testing.assert_array_equal(
        jacobian_sparsity(np.sin, np.zeros((2, 2))).toarray(), np.eye(4, dtype=bool)
    )
    assert jacobian_sparsity(lambda x, y: x * y, 2.0, 3.0, wrt="y").toarray().tolist() == [[True]]
    assert jacobian_sparsity(lambda x: 3.0, 2.0).toarray().tolist() == [[False]]
    z = np.ones(3) + 1j
    np.testing.assert_array_equal(jacobian_sparsity(lambda z: z.real**2, z).toarray(), np.eye(3, dtype=bool))


def test_a_pattern_found_serves_a_jacobian() -> None:
    x = rng.normal(size=40)
    found = jacobian(smoothed, sparsity=jacobian_sparsity(smoothed, x))(x)
    np.testing.assert_allclose(found.toarray(), jacobian(smoothed)(x), atol=1e-14)


def bundle(cameras: int, points: int, each: int):
    """Residuals of cameras that see points: a rotation vector and a translation for each camera, a place a point."""
    of_camera = np.repeat(np.arange(cameras), each)
    of_point = np.concatenate([rng.permutation(points)[:each] for _ in range(cameras)])

    def residuals(x):
        pose, place = (
            x[: 6 * cameras].reshape(cameras, 6)[of_camera],
            x[6 * cameras :].reshape(points, 3)[of_point],
        )
        turn = pose[:, :3]
        angle = np.sqrt(np.sum(turn * turn, axis=1, keepdims=True))
        axis = turn / angle
        moved = np.cos(angle) * place + np.sin(angle) * np.cross(axis, place) + pose[:, 3:]
        return np.ravel(moved[:, :2] / (moved[:, 2:] + 9.0))

    return residuals, rng.uniform(0.2, 1.0, size=6 * cameras + 3 * points)


def test_the_pattern_of_a_bundle_adjustment_is_exact() -> None:
    residuals, x = bundle(20, 12, 4)
    pattern = jacobian_sparsity(residuals, x).toarray()
    np.testing.assert_array_equal(pattern, jacobian(residuals)(x) != 0)


def test_the_cost_of_a_bundle_adjustment_does_not_grow_with_the_parameters() -> None:
    """Of 500 cameras: one sweep with as many directions as one residual has parameters, and few more."""
    residuals, x = bundle(500, 300, 6)
    derivative = jacobian(residuals, sparsity=jacobian_sparsity(residuals, x))
    v, step = rng.normal(size=x.size), 1e-6
    numerical = (residuals(x + step * v) - residuals(x - step * v)) / (2 * step)
    np.testing.assert_allclose(derivative(x) @ v, numerical, rtol=1e-5, atol=1e-6)
    assert derivative._groups.count <= 12
    assert derivative.source_for(x).count("np.sqrt") == 1  # the residual is computed once for all
