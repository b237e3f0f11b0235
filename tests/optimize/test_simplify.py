"""What clean-up does to derivative code: fewer words, never other numbers where it matters."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad

X = np.array([0.3, -0.8, 0.5])


def body(derivative, *args):
    """The statements of the generated function, without comments."""
    lines = derivative.source_for(*args).splitlines()
    start = max(k for k, line in enumerate(lines) if line.startswith("def "))
    return [line.strip() for line in lines[start + 2 :] if line.strip() and not line.strip().startswith("#")]


def square_mean(x):
    return np.mean(x**2)


def test_a_mean_of_squares_is_one_line():
    assert body(grad(square_mean), X) == ["x_bar = 2 * x / x.shape[0]", "return x_bar"]


def test_the_mean_of_nothing_has_a_gradient_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value, gradient = value_and_grad(square_mean)(np.zeros(0))
    assert np.isnan(value) and gradient.shape == (0,)


def test_single_precision_is_kept():
    gradient = grad(square_mean)(X.astype(np.float32))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, 2 * X / 3, rtol=1e-6)


def test_equal_contributions_are_a_multiple():
    assert body(grad(lambda x: 0.1 * np.sum(x * x)), X) == ["x_bar = 0.2 * x", "return x_bar"]


def test_factors_that_would_round_differently_stay_apart():
    gradient = grad(lambda x: 0.1 * np.sum(0.7 * x))(X)
    assert np.array_equal(gradient, np.full(3, 0.1 * 0.7))


def test_what_a_mask_leaves_out_adds_nothing():
    def f(x):
        return np.sum(np.where(x > 0, 2.0 * np.log(np.where(x > 0, x, 1.0)), 0.0))

    np.testing.assert_allclose(grad(f)(np.array([2.0, 0.0, -1.0])), [1.0, 0.0, 0.0])


def test_the_transpose_of_a_product_is_a_product_of_transposes():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)

    def f(a, b):
        return np.sum((a @ b).T ** 2)

    text = "\n".join(body(grad(f, (0, 1)), a, b))
    assert ").T" not in text
    for found, wanted in zip(grad(f, (0, 1))(a, b), (2 * a @ b @ b.T, 2 * a.T @ (a @ b))):
        np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("rows", ["len(labels)", "logits.shape[0]"])
def test_picked_entries_of_a_log_softmax_make_no_dense_zeros(rows, tmp_path):
    import importlib.util

    path = tmp_path / "loss.py"
    path.write_text(
        "import numpy as np\n"
        "def f(logits, labels):\n"
        "    log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))\n"
        f"    return -np.mean(log_p[np.arange({rows}), labels])\n"
    )
    spec = importlib.util.spec_from_file_location("loss", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    logits, labels = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])
    text = grad(module.f).source_for(logits, labels)
    assert "zeros_like" not in text and "add.at" not in text
    p = np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)
    p[np.arange(5), labels] -= 1
    np.testing.assert_allclose(grad(module.f)(logits, labels), p / 5)


def test_a_column_of_rows_that_are_named_twice_accumulates():
    rows, columns = np.array([1, 1, 0, 1]), np.array([2, 2, 0, 1])

    def f(x):
        p = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
        return np.sum(p[rows, columns])

    x = np.random.default_rng(1).normal(size=(3, 3))
    wanted = np.zeros((3, 3))
    np.add.at(wanted, (rows, columns), 1.0)
    p = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    wanted -= np.bincount(rows, minlength=3)[:, None] * p
    np.testing.assert_allclose(grad(f)(x), wanted, atol=1e-14)


def test_one_row_of_counting_indices_against_many_columns_may_repeat():
    columns = np.array([2, 2, 0])

    def f(x):
        return np.sum(x[np.arange(1), columns] * np.array([1.0, 10.0, 100.0]))

    assert np.array_equal(grad(f)(np.ones((1, 3))), [[100.0, 0.0, 11.0]])
