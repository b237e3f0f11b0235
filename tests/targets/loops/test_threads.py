"""`parallel`, which has no effect yet, and derivatives called from several threads at once."""

from __future__ import annotations

import threading

import numpy as np

from s2sgrad import grad


def loss(x: np.ndarray) -> float:
    return np.sum(np.tanh(x) ** 2)


def test_parallel_gives_the_same_numbers():
    x = np.linspace(-1, 1, 1001)
    np.testing.assert_array_equal(grad(loss, jit={"parallel": True})(x), grad(loss, jit=True)(x))


def test_a_compiled_derivative_is_called_from_several_threads():
    x, found = np.linspace(-1, 1, 1001), []
    gradient = grad(loss, jit={"parallel": True})
    threads = [threading.Thread(target=lambda: found.append(gradient(x))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 4
    for g in found:
        np.testing.assert_allclose(g, grad(loss)(x), rtol=1e-13)
