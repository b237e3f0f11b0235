"""Second and third derivatives against closed forms."""

from __future__ import annotations

import mpmath
import numpy as np
import scipy.optimize

from s2sgrad import grad, hessian, hvp

RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 5))
CLASSES = 3
LABELS = RNG.integers(0, CLASSES, 50)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - (LABELS == 1) * z)


def cross_entropy(w):
    z = X @ w
    z = z - np.max(z, axis=1, keepdims=True)
    scores = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(scores[np.arange(50), LABELS])


def test_rosenbrock_in_100_dimensions() -> None:
    x = RNG.normal(size=100)
    np.testing.assert_allclose(hessian(rosenbrock)(x), scipy.optimize.rosen_hess(x), rtol=1e-10, atol=1e-9)


def test_hessian_vector_product_of_rosenbrock_keeps_few_arrays() -> None:
    """Only one array of zeros, and no product that the gradient alone needs: in time within 4 gradients."""
    x = RNG.normal(size=1000)
    text = hvp(rosenbrock).source_for(x, x)
    assert text.count("zeros_like") == 1
    assert len(text.splitlines()) <= 16, text


def test_logistic_regression() -> None:
    w = RNG.normal(size=5)
    p = 1 / (1 + np.exp(-X @ w))
    found = hessian(logistic)(w)
    np.testing.assert_allclose(found, (X.T * (p * (1 - p))) @ X / 50, rtol=1e-12, atol=1e-15)
    assert np.min(np.linalg.eigvalsh(found)) > 0


def test_softmax_cross_entropy() -> None:
    w = RNG.normal(size=(5, CLASSES))
    p = np.exp(X @ w)
    p /= p.sum(axis=1, keepdims=True)
    blocks = [np.kron(np.outer(x, x), np.diag(q) - np.outer(q, q)) for x, q in zip(X, p)]
    found = hessian(cross_entropy)(w).reshape(5 * CLASSES, 5 * CLASSES)
    np.testing.assert_allclose(found, sum(blocks) / 50, rtol=1e-10, atol=1e-14)
    assert np.min(np.linalg.eigvalsh(found)) > -1e-14


def through_loop(x, sin=np.sin):
    y = x
    for _ in range(5):
        y = sin(y) * x + 0.125 * y * y
    return y


def test_third_derivative_through_a_loop() -> None:
    found = grad(grad(grad(lambda x: through_loop(x))))(0.7)
    with mpmath.workdps(40):
        expected = mpmath.diff(lambda x: through_loop(x, mpmath.sin), mpmath.mpf(0.7), 3)
    assert abs(found - float(expected)) < 1e-10 * abs(found)
