"""Forward mode, Hessians, Jacobians and nested derivatives, against closed forms, SciPy and differences."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
import scipy.optimize

from s2sgrad import check_grads, elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad

rng = np.random.default_rng(7)

# --- forward mode ------------------------------------------------------------------------------------


def test_jvp_of_a_scalar_function() -> None:
    value, tangent = jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, 10.0))
    assert (value, tangent) == (6.0, 32.0)


def test_jvp_leaves_arguments_without_tangents_alone() -> None:
    value, tangent = jvp(lambda x, n, y: x**n * y, (3.0, 2, 5.0), (1.0, None, None))
    assert (value, tangent) == (45.0, 30.0)


def test_jvp_of_containers() -> None:
    Pair = namedtuple("Pair", "a b")

    def f(p, d):
        return {"s": p.a * d["k"], "t": (p.b**2, [d["k"]])}

    value, tangent = jvp(f, (Pair(2.0, np.ones(2)), {"k": 3.0}), (Pair(1.0, np.array([1.0, 0])), {"k": 0.5}))
    assert value["s"] == 6.0 and tangent["s"] == 2.0 * 0.5 + 3.0
    np.testing.assert_array_equal(tangent["t"][0], [2.0, 0.0])
    assert tangent["t"][1] == [0.5]


def test_jvp_of_complex_values() -> None:
    z, t = np.array([0.3 + 0.1j, -1j]), np.array([1j, 2.0 + 0j])
    value, tangent = jvp(lambda z: np.exp(z) * z, (z,), (t,))
    np.testing.assert_allclose(value, np.exp(z) * z)
    np.testing.assert_allclose(tangent, np.exp(z) * (1 + z) * t)


def sweep(x, n):
    a = np.zeros(n + 1)
    a[0] = x
    for i in range(n):
        if a[i] > 0:
            a[i + 1] = np.sin(a[i]) - 0.7
        else:
            a[i + 1] = a[i] * x + 0.5
        a[0] = a[0] * a[i + 1]
    return a


def test_jvp_through_loops_branches_and_writes() -> None:
    n, h = 6, 1e-6
    for x in (0.4, 1.3, -0.8):
        _, tangent = jvp(sweep, (x, n), (1.0, None))
        np.testing.assert_allclose(
            tangent, (sweep(x + h, n) - sweep(x - h, n)) / (2 * h), rtol=1e-6, atol=1e-8
        )


def test_jvp_of_what_nothing_moves() -> None:
    value, tangent = jvp(lambda x: np.arange(3.0), (1.0,), (1.0,))
    np.testing.assert_array_equal(tangent, np.zeros(3))
    assert value.shape == (3,)


@pytest.mark.parametrize("tangents", [(1.0,), (np.zeros(3), None), ("x", None)])
def test_jvp_refuses_tangents_of_another_shape(tangents) -> None:
    with pytest.raises(ValueError):
        jvp(lambda x, y: x * y, (np.zeros(2), 1.0), tangents)


# --- second order ------------------------------------------------------------------------------------


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_hessian_of_rosenbrock_in_100_dimensions_is_scipys() -> None:
    x = rng.normal(size=100)
    np.testing.assert_allclose(hessian(rosenbrock)(x), scipy.optimize.rosen_hess(x), rtol=1e-11, atol=1e-9)


def test_hvp_of_rosenbrock_is_scipys() -> None:
    x, v = rng.normal(size=(2, 1000))
    np.testing.assert_allclose(
        hvp(rosenbrock)(x, v), scipy.optimize.rosen_hess_prod(x, v), rtol=1e-10, atol=1e-8
    )


def test_hessian_of_a_number() -> None:
    assert hessian(lambda x: x**4)(2.0) == 48.0


def test_hvp_of_several_arguments() -> None:
    def f(x, y):
        return np.sum(x**2 * y)

    x, y, u, v = rng.normal(size=(4, 3))
    of_x, of_y = hvp(f, (0, 1))(x, y, (u, v))
    np.testing.assert_allclose(of_x, 2 * y * u + 2 * x * v)
    np.testing.assert_allclose(of_y, 2 * x * u)


def test_hvp_of_a_container() -> None:
    def f(p):
        return np.sum(p["w"] ** 3) * p["b"][0]

    p = {"w": np.array([1.0, 2.0]), "b": [0.5]}
    found = hvp(f)(p, {"w": np.array([1.0, 0.0]), "b": [2.0]})
    np.testing.assert_allclose(found["w"], 6 * p["w"] * [1, 0] * 0.5 + 3 * p["w"] ** 2 * 2)
    np.testing.assert_allclose(found["b"][0], 3.0)


def test_hessian_of_logistic_regression_is_the_closed_form() -> None:
    X, t, w = rng.normal(size=(30, 4)), rng.integers(0, 2, 30) * 1.0, rng.normal(size=4)

    def loss(w):
        z = X @ w
        return np.sum(np.logaddexp(0.0, z) - t * z)

    p = 1 / (1 + np.exp(-X @ w))
    found = hessian(loss)(w)
    np.testing.assert_allclose(found, X.T @ (X * (p * (1 - p))[:, None]), rtol=1e-11)
    assert np.linalg.eigvalsh(found).min() > 0


def test_hessian_of_softmax_cross_entropy_is_the_closed_form() -> None:
    k = 2

    def loss(z):
        m = np.max(z)
        return m + np.log(np.sum(np.exp(z - m))) - z[k]

    z = rng.normal(size=5)
    p = np.exp(z) / np.sum(np.exp(z))
    found = hessian(loss)(z)
    np.testing.assert_allclose(found, np.diag(p) - np.outer(p, p), rtol=1e-10, atol=1e-13)
    assert np.linalg.eigvalsh(found).min() > -1e-14


# --- Jacobians ---------------------------------------------------------------------------------------

MODES = ("auto", "forward", "reverse")


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_has_output_shape_and_input_shape(mode) -> None:
    A = rng.normal(size=(3, 4))
    x = rng.normal(size=(4, 2))
    found = jacobian(lambda x: A @ x, mode=mode)(x)
    assert found.shape == (3, 2, 4, 2)
    np.testing.assert_allclose(found, np.einsum("ik,jl->ijkl", A, np.eye(2)))


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_several_arguments(mode) -> None:
    x, y = rng.normal(size=(2, 3))
    of_y, of_x = jacobian(lambda x, y: x * np.exp(y), ("y", "x"), mode=mode)(x, y)
    np.testing.assert_allclose(of_x, np.diag(np.exp(y)))
    np.testing.assert_allclose(of_y, np.diag(x * np.exp(y)))


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_numbers(mode) -> None:
    assert jacobian(lambda x: x**3, mode=mode)(2.0) == 12.0
    np.testing.assert_allclose(jacobian(lambda x: x * np.arange(3.0), mode=mode)(2.0), np.arange(3.0))
    np.testing.assert_allclose(
        jacobian(lambda x: np.sum(x**2), mode=mode)(np.arange(3.0)), 2 * np.arange(3.0)
    )


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_a_container(mode) -> None:
    found = jacobian(lambda x: {"a": x**2, "b": (np.sum(x), 3)}, mode=mode)(np.array([1.0, 2.0]))
    np.testing.assert_allclose(found["a"], [[2.0, 0.0], [0.0, 4.0]])
    np.testing.assert_allclose(found["b"][0], [1.0, 1.0])
    assert found["b"][1] is None


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_complex_functions(mode) -> None:
    z, x = np.array([0.3 + 0.2j, 1 - 1j]), np.array([0.1, 0.2])
    holomorphic = jacobian(lambda z: z**2 * np.exp(z), mode=mode)(z)
    np.testing.assert_allclose(holomorphic, np.diag((2 * z + z**2) * np.exp(z)), atol=1e-15)
    np.testing.assert_allclose(
        jacobian(lambda z: np.abs(z) ** 2, mode=mode)(z), np.diag(2 * np.conj(z)), atol=1e-15
    )
    np.testing.assert_allclose(jacobian(lambda x: np.exp(1j * x), mode=mode)(x), np.diag(1j * np.exp(1j * x)))


def test_jacobian_refuses() -> None:
    with pytest.raises(ValueError, match="sideways"):
        jacobian(np.sin, mode="sideways")
    with pytest.raises(TypeError, match="no floating value"):
        jacobian(lambda p: p["a"])({"a": 1})


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_by_a_container_is_a_container_of_blocks(mode) -> None:
    def f(p):
        return {"u": p["a"] @ p["b"], "v": (p["c"] * np.sum(p["a"]), p["n"])}

    p = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=3), "c": 2.0, "n": 4}
    found = jacobian(f, mode=mode)(p)
    np.testing.assert_allclose(found["u"]["a"], np.einsum("ik,j->ikj", np.eye(2), p["b"]), atol=1e-15)
    np.testing.assert_allclose(found["u"]["b"], p["a"])
    np.testing.assert_allclose(found["u"]["c"], np.zeros(2))
    np.testing.assert_allclose(found["v"][0]["a"], np.full((2, 3), 2.0))
    np.testing.assert_allclose(found["v"][0]["c"], np.sum(p["a"]))
    assert found["u"]["n"] is None and found["v"][1] is None


def cubic(x, y):
    return np.sum(x**2) * y + y**3 * x[0]


def test_hessian_by_several_arguments_is_nested_tuples() -> None:
    x, y = rng.normal(size=3), 1.5
    (xx, xy), (yx, yy) = hessian(cubic, (0, 1))(x, y)
    np.testing.assert_allclose(xx, 2 * y * np.eye(3))
    np.testing.assert_allclose(xy, 2 * x + 3 * y**2 * np.eye(3)[0])
    np.testing.assert_allclose(yx, xy)
    np.testing.assert_allclose(yy, 6 * y * x[0])
    ((alone,),) = hessian(cubic, (0,))(x, y)
    np.testing.assert_allclose(alone, xx)


@pytest.mark.parametrize("jit", [False, True])
def test_hessian_by_a_container_is_a_container_of_containers(jit) -> None:
    p = {"x": rng.normal(size=3), "y": 1.5}
    found = hessian(lambda p: cubic(p["x"], p["y"]), jit=jit)(p)
    assert list(found) == list(found["x"]) == list(found["y"]) == ["x", "y"]
    for a, row in zip("xy", hessian(cubic, (0, 1))(p["x"], p["y"])):
        for b, block in zip("xy", row):
            np.testing.assert_allclose(found[a][b], block)


def test_whole_numbers_among_what_moves_have_no_tangent() -> None:
    """Joined with floating numbers, they are constants."""
    x, t = np.array([0.5, 1.5]), np.array([2.0, 3.0])
    joined = [
        lambda x: np.concatenate((x, np.arange(3))),
        lambda x: np.stack([x, np.arange(2), np.ones(2)]),
        lambda x: np.array([x[0], 3, len(x), True]),
        lambda x: np.where(x > 1, x, np.arange(2)),
    ]
    for f in joined:
        moved = (f(x + 1e-6 * t) - f(x - 1e-6 * t)) / 2e-6
        np.testing.assert_allclose(jvp(f, (x,), (t,))[1], moved, atol=1e-8)


def test_elementwise_grad() -> None:
    x = rng.normal(size=(2, 3))
    np.testing.assert_allclose(elementwise_grad(np.tanh)(x), 1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(elementwise_grad(elementwise_grad(np.sin))(x), -np.sin(x))


# --- nesting -----------------------------------------------------------------------------------------


def test_a_gradient_in_a_loss() -> None:
    def model(w, x):
        return np.sum(np.tanh(w * x))

    def loss(w, x):
        return np.sum(grad(model, 1)(w, x) ** 2)

    check_grads(loss, (rng.normal(size=3), rng.normal(size=3)), order=1)


def test_no_confusion_between_levels() -> None:
    found = grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0)
    assert found == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,))[1] == 1.0
    assert grad(lambda x: x * jvp(lambda y: x * y, (1.0,), (1.0,))[1])(3.0) == 6.0


def test_a_force_as_the_gradient_of_a_potential_in_an_integrator() -> None:
    def potential(q, k):
        return 0.5 * k * np.sum(q**2) + 0.25 * np.sum(q**4)

    def final_energy(k, q, steps):
        p = np.zeros(2)
        for _ in range(steps):
            p = p - 0.05 * grad(potential)(q, k)
            q = q + 0.05 * p
        return np.sum(p**2) + np.sum(q)

    check_grads(final_energy, (1.3, np.array([0.4, -0.2]), 25), order=2)


def test_an_inner_argmin_by_gradient_descent() -> None:
    def inner(y, x):
        return np.sum((y - x**2) ** 2) + 0.1 * np.sum(y**2)

    def outer(x):
        y = np.zeros(2)
        for _ in range(60):
            y = y - 0.2 * grad(inner)(y, x)
        return np.sum(y)

    x = np.array([0.7, -1.2])
    np.testing.assert_allclose(grad(outer)(x), 2 * x / 1.1, rtol=1e-8)


def test_five_levels() -> None:
    f = lambda x: np.sin(2 * x)
    for k in range(1, 6):
        f = grad(f)
        assert np.isclose(
            f(0.3), 2**k * [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)][k % 4](0.6)
        )


def test_value_and_grad_and_hvp_inside() -> None:
    def f(x):
        value, slope = value_and_grad(lambda y: np.sum(y**3))(x)
        return value + np.sum(slope * hvp(lambda y: np.sum(y**4))(x, x))

    x = np.array([0.5, 1.5])
    np.testing.assert_allclose(grad(f)(x), 3 * x**2 + 36 * 5 * x**4)


def test_jacobian_and_hessian_inside() -> None:
    def f(x):
        return np.sum(jacobian(np.sin)(x) @ x) + np.trace(hessian(lambda y: np.sum(y**3))(x))

    x = np.array([0.5, 1.5])
    np.testing.assert_allclose(grad(f)(x), np.cos(x) - x * np.sin(x) + 6)
    np.testing.assert_allclose(jacobian(jacobian(lambda x: x**3))(x)[1, 1, 1], 6 * x[1])


@pytest.mark.parametrize("jit", [False, True])
def test_blocks_inside(jit) -> None:
    """Hessians by several arguments and Jacobians by containers, in a function that is differentiated."""

    def loss(x, y):
        (xx, xy), (yx, yy) = hessian(cubic, (0, 1))(x, y)
        by_name = jacobian(lambda p: {"u": p["x"] * p["y"]})({"x": x, "y": y})["u"]
        return np.sum(xx**2) + np.sum(xy * yx) + yy * np.sum(by_name["x"] ** 2) + np.sum(by_name["y"])

    def by_hand(x, y):
        xx, xy, yy = 2 * y * np.eye(3), 2 * x + 3 * y**2 * np.eye(3)[0], 6 * y * x[0]
        return np.sum(xx**2) + np.sum(xy**2) + yy * 3 * y**2 + np.sum(x)

    x, y = np.array([0.3, -1.2, 0.8]), 1.5
    found = value_and_grad(loss, (0, 1), jit=jit)(x, y)
    expected = value_and_grad(by_hand, (0, 1))(x, y)
    assert np.isclose(found[0], by_hand(x, y))
    np.testing.assert_allclose(found[1][0], expected[1][0])
    np.testing.assert_allclose(found[1][1], expected[1][1])


# --- higher orders through control flow -----------------------------------------------------------------


def test_third_derivative_through_a_loop() -> None:
    def f(x):
        y = 1.0
        for _ in range(7):
            y = y * x
        return y

    assert np.isclose(grad(grad(grad(f)))(1.3), 7 * 6 * 5 * 1.3**4)
    check_grads(lambda x, n: repeated(x, n), (0.4, 5), order=3)


def repeated(x, n):
    for _ in range(n):
        x = np.sin(x) * x + 0.1
    return x


def overwritten(x):
    a = np.zeros(4)
    a[0] = x
    i = 0
    while np.sum(a) < 4.0:
        i = i + 1
        a[i % 4] = a[(i - 1) % 4] * x + 0.5 * x**2
        a[0] = a[0] * 1.1
    return np.sum(a * a)


def test_second_order_through_while_loop_with_overwritten_elements() -> None:
    check_grads(overwritten, (0.8,), order=2)


def grown(x, n):
    items = [x]
    for _ in range(n):
        items.append(np.sin(items[-1]) * items[0])
    total = 0.0
    for item in items:
        total = total + item**2
    return total


def test_second_order_through_growable_list() -> None:
    check_grads(grown, (0.9, 20), order=2)


# --- both programs of Pearlmutter and Siskind, in all combinations ---------------------------------------


def by_forward(f, x):
    """The gradient of a function of two numbers, by forward mode."""
    return jacobian(f, mode="forward")(x)


def slope_reverse(f, x):
    return grad(f)(x)


def slope_forward(f, x):
    return np.array([jvp(f, (x,), (np.array([1.0, 0.0]),))[1], jvp(f, (x,), (np.array([0.0, 1.0]),))[1]])


SLOPES = {"forward": slope_forward, "reverse": slope_reverse}
COMBINATIONS = [(outer, inner) for outer in SLOPES for inner in SLOPES]


@pytest.mark.parametrize(("outer", "inner"), COMBINATIONS)
def test_saddle_point_by_nested_descents(outer, inner) -> None:
    """min over x of max over y of (|x|^2 + 1) - (|y|^2 + 1) - x.y at (0, 0), a descent inside a descent."""
    of_outer, of_inner = SLOPES[outer], SLOPES[inner]

    def value(x):
        y = np.array([1.0, 1.0])
        for _ in range(40):
            y = y + 0.3 * of_inner(lambda y: np.sum(x**2) - np.sum(y**2) - x[0] * y[1], y)
        return np.sum(x**2) - np.sum(y**2) - x[0] * y[1]

    x = np.array([0.8, -0.6])
    for _ in range(30):
        x = x - 0.3 * of_outer(value, x)
    np.testing.assert_allclose(x, np.zeros(2), atol=1e-4)


@pytest.mark.parametrize(("outer", "inner"), COMBINATIONS)
def test_charged_particle_is_steered(outer, inner) -> None:
    """A particle falls through the potential of two charges; the second is moved so that it lands at 0."""
    of_inner = SLOPES[inner]

    def landing(w):
        q, p = np.array([0.0, 8.0]), np.array([0.75, 0.0])
        first, second = np.array([10.0, 10.0 - w]), np.array([10.0, 0.0])
        for _ in range(40):
            force = of_inner(
                lambda q: 1 / np.sqrt(np.sum((q - first) ** 2)) + 1 / np.sqrt(np.sum((q - second) ** 2)), q
            )
            p = p - 0.1 * force
            q = q + 0.1 * p
        return (q[1] - 8.15) ** 2

    by_outer = grad if outer == "reverse" else lambda f: lambda w: jvp(f, (w,), (1.0,))[1]
    h = 1e-4
    for w in (0.0, 1.0):
        numerical = (landing(w + h) - landing(w - h)) / (2 * h)
        np.testing.assert_allclose(by_outer(landing)(w), numerical, rtol=1e-5)
    second = by_outer(by_outer(landing) if outer == "reverse" else grad(landing))
    w = 0.0
    for _ in range(12):
        w = w - by_outer(landing)(w) / abs(second(w))
    assert abs(by_outer(landing)(w)) < 1e-8


def test_the_stages_of_a_hessian_vector_product() -> None:
    product = hvp(lambda x: np.sum(np.sin(x) * x))
    x = np.array([0.3, 1.2])
    stages = product.lower(x, x)
    assert "x_dot" in stages.adjoint and "x_dot" in stages.source
    product(x, x)
    assert product.source == stages.source == product.source_for(x, x)


def test_tangents_of_constants_are_none_or_zero() -> None:
    x = np.array([0.3, 1.2])
    for constant, tangents in ((3, (None, 0)), ([3], (None, [0])), ({"n": 3}, (None, {"n": None}))):
        for tangent in tangents:
            n = constant if isinstance(constant, int) else 3
            f = lambda x, c: x * (c if isinstance(c, int) else c[0] if isinstance(c, list) else c["n"])
            _, found = jvp(f, (x, constant), (x, tangent))
            np.testing.assert_allclose(found, n * x)
