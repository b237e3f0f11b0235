"""The API of compiled derivatives: options, the dispatcher, captured inputs, stages, export, every function."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numba
import numpy as np
import pytest

from s2sgrad import (
    differentiate,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    source,
    value_and_grad,
    vjp,
    vmap,
)

X = np.array([1.0, 2.0, 3.0])
A = np.arange(9.0).reshape(3, 3)


def quadratic(x, a):
    return np.sum(x * (a @ x)) / 2


def gradient_of_quadratic(x, a):
    return (a + a.T) @ x / 2


class TestOptions:
    @pytest.mark.parametrize("jit", [{"fastmat": True}, 3, "yes", {"forceobj": True}])
    def test_unknown_options_are_type_errors_at_construction(self, jit):
        for make in (grad, value_and_grad, hvp, hessian, jacobian, elementwise_grad, vmap):
            with pytest.raises(TypeError, match="jit"):
                make(quadratic, jit=jit)
        with pytest.raises(TypeError, match="jit"):
            differentiate(jit=jit)(quadratic)
        with pytest.raises(TypeError, match="jit"):
            vjp(quadratic, X, A, jit=jit)

    @pytest.mark.parametrize(
        "jit", [{"fastmath": {"nnan"}}, {"nogil": True, "cache": False}, {"boundscheck": True}]
    )
    def test_options_reach_numba(self, jit):
        derivative = grad(quadratic, jit=jit)
        np.testing.assert_allclose(derivative(X, A), gradient_of_quadratic(X, A))
        options = derivative.jitted.targetoptions
        assert all(options[key] == value for key, value in jit.items() if key != "cache")

    def test_what_the_options_mean(self):
        assert grad(lambda x: 1 / x, jit=True)(0.0) == -np.inf
        with pytest.raises(ZeroDivisionError):
            grad(lambda x: 1 / x, jit={"error_model": "python"})(0.0)
        with pytest.raises(IndexError):
            grad(lambda x, i: x[i] * 2, jit={"boundscheck": True})(X, 7)


class TestDispatcher:
    def test_it_is_called_from_compiled_code(self):
        weights, settings = np.array([2.0, 0.5, 1.0]), {"rate": 0.1}

        @differentiate(jit=True)
        def loss(p, x):
            return np.sum((p["w"] * x + weights) ** 2) * settings["rate"] + p["b"]

        p = {"w": X, "b": 2.0}
        expected = loss.grad(p, X)
        assert loss.grad.captures == ("weights", "settings['rate']")
        inner = loss.grad.jitted

        @numba.njit
        def twice(w, b, x, weights, rate):
            w_bar, b_bar = inner(w, b, x, weights, rate)
            return 2 * w_bar, 2 * b_bar

        w_bar, b_bar = twice(X, 2.0, X, weights, 0.1)
        np.testing.assert_allclose(w_bar, 2 * expected["w"])
        assert b_bar == 2 * expected["b"]

    def test_what_a_method_captures(self):
        class Model:
            def __init__(self):
                self.weights, self.rate = A, 0.5

            @differentiate(jit=True)
            def loss(self, x):
                return np.sum((self.weights @ x) ** 2) * self.rate

        model = Model()
        np.testing.assert_allclose(model.loss.grad(X), A.T @ (A @ X))
        assert model.loss.grad.captures == ("self.weights", "self.rate")
        np.testing.assert_allclose(model.loss.grad.jitted(X, A, 0.5), A.T @ (A @ X))

    def test_there_is_none_without_jit(self):
        derivative = grad(quadratic)
        derivative(X, A)
        with pytest.raises(AttributeError, match="jit=True"):
            _ = derivative.jitted


class TestStages:
    def test_lower_compiles_no_machine_code_and_serves_the_next_call(self):
        derivative = grad(quadratic, jit=True)
        stages = derivative.lower(X, A)
        assert "for i in range(" in stages.loops
        assert derivative.source_for(X, A).startswith(stages.loops.rstrip())
        loaded = derivative._specialised((X, A), {}).run.__globals__
        assert not loaded["quadratic_grad_loops"].signatures
        made = derivative._variants.made
        derivative(X, A)
        assert derivative._variants.made == made
        assert len(derivative.jitted.signatures) == 1
        with pytest.raises(AttributeError, match="jit"):
            _ = grad(quadratic).lower(X, A).loops

    def test_source(self):
        text = source(quadratic, X, A, jit=True)
        assert "numba.njit" in text and text == grad(quadratic, jit=True).source_for(X, A)

    def test_export(self, tmp_path):
        derivative = value_and_grad(lambda x: np.sum(np.tanh(x) ** 2), jit=True)
        value, gradient = derivative(X)
        derivative.export(tmp_path / "exported.py")
        (name,) = (
            line.split("(")[0][4:]
            for line in (tmp_path / "exported.py").read_text().splitlines()
            if line.startswith("def ") and "value_and_grad(" in line
        )
        script = "import sys; sys.modules['s2sgrad'] = None\nimport numpy as np, exported\n"
        script += (
            f"print(*[np.asarray(v).tolist() for v in exported.{name}(np.array([1.0, 2.0, 3.0]))], sep=';')"
        )
        done = subprocess.run(
            [sys.executable, "-B", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        found = [eval(part) for part in done.stdout.split(";")]
        assert found[0] == pytest.approx(float(value), rel=1e-14)
        np.testing.assert_allclose(found[1], gradient, rtol=1e-14)

    def test_copies(self):
        derivative = grad(quadratic, jit={"fastmath": True})
        for same in (pickle.loads(pickle.dumps(derivative)), copy.deepcopy(derivative)):
            np.testing.assert_allclose(same(X, A), gradient_of_quadratic(X, A))
            assert same.jitted.targetoptions["fastmath"]


class TestFunctions:
    def test_functions_compiled_by_the_user(self):
        @numba.njit
        def inner(x, a):
            return np.sum(x * (a @ x)) / 2

        np.testing.assert_allclose(grad(inner, jit=True)(X, A), gradient_of_quadratic(X, A))
        np.testing.assert_allclose(
            grad(lambda x: inner(x, A) * 2, jit=True)(X), 2 * gradient_of_quadratic(X, A)
        )

    def test_second_order_and_forward_mode(self):
        np.testing.assert_allclose(hvp(quadratic, jit=True)(X, A, X), (A + A.T) @ X / 2)
        np.testing.assert_allclose(hessian(quadratic, jit=True)(X, A), (A + A.T) / 2)
        value, tangent = jvp(quadratic, (X, A), (X, None), jit=True)
        assert (value, tangent) == pytest.approx((quadratic(X, A), gradient_of_quadratic(X, A) @ X))

    def test_matrices(self):
        np.testing.assert_allclose(jacobian(lambda x: x * x, jit=True)(X), np.diag(2 * X))
        np.testing.assert_allclose(elementwise_grad(lambda x: x**3, jit=True)(X), 3 * X**2)

    def test_nesting(self):
        inner = grad(quadratic, jit=True)
        found = grad(lambda x: np.sum(inner(x, A) ** 2), jit=True)(X)
        np.testing.assert_allclose(found, (A + A.T) / 2 @ gradient_of_quadratic(X, A) * 2)
        assert grad(grad(lambda x: x**4, jit=True), jit=True)(2.0) == pytest.approx(48.0)

    def test_batches(self):
        def loss(w, x):
            return np.sum(np.tanh(w * x)) ** 2

        batch = np.linspace(-1, 1, 12).reshape(4, 3)
        compiled = vmap(grad(loss), in_axes=(None, 0), jit=True)
        np.testing.assert_allclose(
            compiled(X, batch), vmap(grad(loss), in_axes=(None, 0))(X, batch), rtol=1e-12
        )
        with pytest.raises(ValueError, match="different sizes"):
            vmap(loss, jit=True)(A, batch)
        with pytest.raises(ValueError, match="empty"):
            compiled(X, batch[:0])

    def test_a_captured_derivative_that_changes(self):
        def f(a, b):
            return a * a * b

        inner = grad(f, 0)

        def outer(x):
            return inner(x, 3.0)

        derivative = grad(outer)
        assert derivative(2.0) == 6.0
        inner = grad(f, 1)
        assert derivative(2.0) == 4.0


class TestKinds:
    @pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
    def test_dtypes_and_layouts(self, dtype):
        a = (np.arange(24.0).reshape(4, 6) / 7 + (1j if dtype[0] == "c" else 0)).astype(dtype)
        frozen = a[:, :3].copy()
        frozen.flags.writeable = False
        compiled, plain = (value_and_grad(lambda x: np.sum(np.abs(x * x + 1)), jit=j) for j in (True, False))
        for x in (a, np.asfortranarray(a), a[:, ::2], a[::-1, ::-1], frozen, a[:0]):
            (v, g), (value, gradient) = compiled(x), plain(x)
            assert (type(v), g.dtype, g.shape) == (type(value), gradient.dtype, gradient.shape)
            np.testing.assert_allclose(g, gradient, rtol=1e-5 if dtype in ("float32", "complex64") else 1e-12)

    @pytest.mark.parametrize(
        "x", [2.0, 2, np.float64(2), np.float32(2), np.array(2.0), np.array(2.0, np.float32)]
    )
    def test_numbers(self, x):
        found, expected = (value_and_grad(lambda x: x * np.sin(x), jit=j)(x) for j in (True, False))
        for a, b in zip(found, expected):
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-6, strict=True)

    def test_long_lists(self):
        def loss(layers):
            s = 0.0
            for w, b in layers:
                s = s + np.sum(w * w) * b
            return s

        layers = [(X * k, float(k)) for k in range(18)]
        found, expected = grad(loss, jit=True)(layers), grad(loss)(layers)
        for (w, b), (w_bar, b_bar) in zip(found, expected, strict=True):
            np.testing.assert_allclose(w, w_bar)
            assert b == pytest.approx(b_bar)
