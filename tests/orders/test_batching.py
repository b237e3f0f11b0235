"""`vmap`: alone, of derivatives, and inside what is differentiated."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import check_grads, grad, hessian, jacobian, vmap

rng = np.random.default_rng(3)
w, X, T = rng.normal(size=3), rng.normal(size=(20, 3)), rng.normal(size=20)


def loss(w, x, t):
    return (np.tanh(x @ w) - t) ** 2


def test_values() -> None:
    np.testing.assert_allclose(vmap(loss, (None, 0, 0))(w, X, T), (np.tanh(X @ w) - T) ** 2)


def test_gradients_of_the_examples() -> None:
    found = vmap(grad(loss), in_axes=(None, 0, 0))(w, X, T)
    np.testing.assert_array_equal(found, [grad(loss)(w, x, t) for x, t in zip(X, T)])


def test_axes() -> None:
    found = vmap(np.outer, in_axes=(-1, None), out_axes=-1)(X, w)
    np.testing.assert_allclose(found, np.einsum("ik,j->ijk", X, w)[..., : X.shape[1]])


def test_containers() -> None:
    def f(p, x):
        return {"y": p["a"] * x, "z": (np.sum(x), p["b"][0] + x)}

    found = vmap(f, in_axes=({"a": 0, "b": None}, 1), out_axes={"y": 1, "z": 0})(
        {"a": np.arange(4.0), "b": [2.0]}, np.ones((3, 4))
    )
    np.testing.assert_allclose(found["y"], np.tile(np.arange(4.0), (3, 1)))
    np.testing.assert_allclose(found["z"][0], 3 * np.ones(4))
    assert found["z"][1].shape == (4, 3)


def test_keyword_arguments() -> None:
    np.testing.assert_allclose(vmap(loss, (None, 0))(w, X, t=T), vmap(loss, (None, 0, 0))(w, X, T))


def test_vmap_of_vmap() -> None:
    found = vmap(vmap(np.dot, (None, 0)), (0, None))(X[:4], X)
    np.testing.assert_allclose(found, X[:4] @ X.T)


def test_gradient_of_a_batch() -> None:
    def total(w, X, T):
        return np.mean(vmap(loss, in_axes=(None, 0, 0))(w, X, T))

    np.testing.assert_allclose(grad(total)(w, X, T), np.mean(vmap(grad(loss), (None, 0, 0))(w, X, T), 0))
    check_grads(total, (w, X[:3], T[:3]))


def test_jacobian_and_hessian_of_a_batch() -> None:
    np.testing.assert_allclose(
        jacobian(vmap(loss, (None, 0, 0)))(w, X, T), vmap(grad(loss), (None, 0, 0))(w, X, T)
    )
    found = vmap(hessian(lambda x: np.sum(x**3)))(X)
    np.testing.assert_allclose(found, [np.diag(6 * x) for x in X])


def test_gradients_of_the_examples_inside() -> None:
    def spread(w, X, T):
        each = vmap(grad(loss), in_axes=(None, -1, 0), out_axes=1)(w, X.T, T)
        return np.sum(each**2)

    check_grads(spread, (w, X, T), order=1)


def test_containers_inside() -> None:
    def parts(x):
        return {"s": x * 2.0, "p": (x**2, np.outer(x, x))}

    def total(X):
        found = vmap(parts)(X)
        return np.sum(found["s"]) + np.sum(found["p"][0]) * np.sum(found["p"][1])

    check_grads(total, (X,), order=1)


@pytest.mark.parametrize(
    ("in_axes", "args", "message"),
    [
        ((0, 0), (X, T[:5]), "different sizes"),
        ((0, 0), (X, 1.0), "has no axis 0"),
        ((2, None), (X, T), "has no axis 2"),
        ((0,), (X, T), "1 items for 2 arguments"),
        (0, (X[:0], T[:0]), "empty"),
    ],
)
def test_refusals(in_axes, args, message) -> None:
    with pytest.raises(ValueError, match=message):
        vmap(lambda x, y: np.sum(x) * y, in_axes)(*args)


def test_nothing_to_map_over() -> None:
    with pytest.raises(ValueError, match="None everywhere"):
        vmap(np.sin, in_axes=None)
