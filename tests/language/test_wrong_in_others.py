"""The patterns on which earlier tools give a wrong gradient without saying so: one named test each.

Every program is compared, in value and gradient, with the original and with a numerical derivative; its
arguments must come back untouched and a second call must agree to the bit (`numerical.check`).
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from s2sgrad import DifferentiationError, differentiate, grad, value_and_grad

from .numerical import check, numerical_gradient

X = np.array([0.9, -0.7, 1.3, 0.4, -1.1])
POSITIVE = np.array([0.9, 1.7, 1.3, 0.4, 2.1])
M = np.random.default_rng(3).normal(size=(3, 4))


# --- loops: what is carried -----------------------------------------------------------------------------------------


def test_nonlinear_loop_carried_scalar():
    def f(x):
        prod = 1.0
        for i in range(len(x)):
            prod *= x[i]
        return prod

    check(f, X)


def test_nonlinear_loop_carried_scalar_raised_to_itself():
    def f(x):
        s = 0.5
        for i in range(len(x)):
            s = np.sin(s * x[i]) + s**2
        return s

    check(f, X)


def test_value_used_after_the_loop():
    def f(x):
        last = 0.0
        s = 0.0
        for i in range(len(x)):
            last = x[i] ** 2
            s += last * x[i]
        return s * last + last

    check(f, X)


def test_loop_variable_used_after_the_loop():
    def f(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i] ** 3
        return s * x[i] * i

    check(f, X)


def test_carry_with_a_non_zero_start():
    def f(x):
        s = x[0] * 3
        for i in range(1, len(x)):
            s = s * x[i] + x[0]
        return s

    check(f, X)


def test_start_of_the_carry_is_used_after_the_loop_too():
    def f(x):
        start = np.exp(x[0])
        s = start
        for i in range(len(x)):
            s = s * x[i]
        return s + start * s

    check(f, X)


# --- stores ---------------------------------------------------------------------------------------------------------


def test_element_multiplied_in_place():
    def f(x, c):
        a = x.copy()
        for i in range(len(a)):
            a[i] *= c
            a[i] *= a[i]
        return np.sum(a * x)

    check(f, X, 1.7, wrt=(0, 1))


def test_element_divided_in_place():
    def f(x, c):
        a = x * x
        for i in range(len(a)):
            a[i] /= c
            a[i] /= 1 + a[i] * x[0]
        return np.sum(a * x)

    check(f, X, 1.7, wrt=(0, 1))


def test_write_after_read():
    def f(x):
        a = x.copy()
        s = 0.0
        for i in range(len(a)):
            s += np.sin(a[i]) * a[i]
            a[i] = s
        return s + np.sum(a**2)

    check(f, X)


def test_read_before_the_element_is_cleared():
    def f(x):
        a = x.copy()
        y = a[0] ** 2
        a[0] = 0.0
        return y + np.sum(a**2)

    check(f, X)


def test_element_reassigned():
    def f(x):
        a = np.zeros(3)
        a[0] = x[0] ** 2
        a[0] = x[1] * x[2]
        a[1] = a[0] * x[3]
        a[0] = x[4]
        return a[0] * 2 + a[1] ** 2

    check(f, X)


def test_element_reassigned_in_a_loop():
    def f(x):
        a = np.zeros(1)
        s = 0.0
        for i in range(len(x)):
            a[0] = a[0] * x[i] + np.cos(x[i])
            s += a[0] ** 2
        return s

    check(f, X)


def test_ping_pong_buffers():
    def f(x, steps):
        a, b = x.copy(), np.zeros(len(x))
        for _ in range(steps):
            for i in range(len(x)):
                b[i] = np.sin(a[i]) * a[len(x) - 1 - i]
            a, b = b, a
        return np.sum(a * np.arange(1.0, 6.0)) + np.sum(b)

    check(f, X, 3)
    check(f, X, 4)
    check(f, X, 0)


def test_ping_pong_buffers_with_a_temporary():
    def f(x, steps):
        old = x.copy()
        new = np.empty(len(x))
        for _ in range(steps):
            new[0], new[-1] = old[0], old[-1]
            for i in range(1, len(x) - 1):
                new[i] = old[i] * old[i] + 0.1 * old[i - 1] * new[i - 1]
            temporary = old
            old = new
            new = temporary
        return np.sum(old**2)

    check(f, X, 3)


# --- exits ----------------------------------------------------------------------------------------------------------


def test_continue_with_arg_max():
    def f(x):
        best, k = x[0], 0
        for i in range(1, len(x)):
            if x[i] <= best:
                continue
            best, k = x[i], i
        return best**2 * x[k] + k

    check(f, X)


def test_continue_before_the_write():
    def f(x):
        a = np.zeros(len(x))
        for i in range(len(x)):
            if x[i] < 0:
                continue
            a[i] = x[i] ** 2
        return np.sum(a * x)

    check(f, X)


def test_break():
    def f(x, limit):
        s = 0.0
        for i in range(len(x)):
            s += x[i] ** 2
            if s > limit:
                break
            s *= 1.5
        return s * s

    for limit in (0.1, 1.0, 3.0, 1e6):
        check(f, X, limit)


def test_break_before_anything_happens():
    def f(x):
        s = x[1]
        for v in x:
            if v > 0:
                break
            s = s * v
        return s

    check(f, X)


def test_while_true_with_break():
    def f(x):
        y, k = 1.0, 0
        while True:
            y = y * 1.5 + x[k % 5] ** 2
            k += 1
            if y > 30:
                break
        return y

    check(f, X)


# --- iteration spaces -----------------------------------------------------------------------------------------------


def test_inner_bound_depends_on_the_outer_index():
    def f(x):
        s = 0.1
        for i in range(len(x)):
            for j in range(i):
                s = s + x[i] * x[j] * np.sin(s)
            for k in range(i + 1, len(x)):
                s = s * (1 + 0.1 * x[k])
        return s

    check(f, X)


def test_inner_bound_depends_on_data():
    def f(x):
        s = 0.1
        for i in range(len(x)):
            for _ in range(int(abs(x[i]) * 3)):
                s = s + x[i] * np.sin(s)
        return s

    check(f, X)


@pytest.mark.parametrize("n", [0, 1, 2, 4, 5])
def test_stride_two(n):
    def f(x, n):
        s = 0.3
        for i in range(0, n, 2):
            s = s * x[i] + x[i] ** 2
        return s + x[0]

    check(f, X, n)


@pytest.mark.parametrize("step", [-1, -2, -3, -7])
def test_negative_step(step):
    def f(x, step):
        s = 0.3
        for i in range(len(x) - 1, -1, step):
            s = s * x[i] + np.sin(s)
        return s + x[0]

    check(f, X, step)


def test_reversed_range_that_is_written_through():
    def f(x):
        a = x.copy()
        for i in reversed(range(1, len(x), 2)):
            a[i - 1] = a[i] * a[i - 1]
        for i in range(len(x) - 2, -1, -1):
            a[i] += a[i + 1] ** 2
        return np.sum(a)

    check(f, X)


def test_zero_trip_loop():
    def f(x, n):
        s = x[0]
        a = x.copy()
        for i in range(n):
            s = s * x[i]
            a[i] = s
        return s**2 + np.sum(a * x)

    check(f, X, 0)
    check(f, X, -3)
    check(f, X, 2)


def test_zero_trip_inner_loop():
    def f(x):
        s = 1.0
        for i in range(len(x)):
            t = x[i]
            for j in range(2, i):
                t = t * x[j]
            s = s + t * s
        return s

    check(f, X)


def test_while_that_never_runs():
    def f(x):
        y = x[0]
        while y > 100:
            y = y / 2
        return y * x[1]

    check(f, X)


# --- aliases, views, overlap ----------------------------------------------------------------------------------------


def test_write_through_an_alias():
    def f(x):
        a = x.copy()
        b = a
        b[0] = x[1] ** 2
        a[1] = b[0] * 3
        return np.sum(a * b)

    check(f, X)


def test_write_through_a_view():
    def f(x):
        a = x.copy()
        b = a[1:4]
        b[0] = x[0] ** 2
        b *= x[4]
        return np.sum(a**2) + b[1]

    check(f, X)


def test_view_sees_the_write_to_its_base():
    def f(x):
        a = x.copy()
        b = a[1:4]
        a[2] = x[0] ** 2
        return np.sum(b**2)

    check(f, X)


def test_overlapping_slices_on_both_sides():
    def f(x):
        a = x * 1.0
        a[1:] += a[:-1]
        a[:-1] *= a[1:]
        return np.sum(a**3)

    check(f, X)


def test_overlapping_slices_assigned():
    def f(x):
        a = x**2
        a[1:] = a[:-1]
        a[:-2] = a[2:] * a[1:-1]
        a[::-1] = a
        return np.sum(a * x)

    check(f, X)


def test_user_function_that_mutates_its_argument():
    def limit(v, low):
        for i in range(len(v)):
            if v[i] < low:
                v[i] = low * v[i]

    def f(x):
        y = x.copy()
        limit(y, -0.1)
        z = y.copy()
        limit(z[1:], 0.5)
        return np.sum(y**2) + np.sum(z * y)

    check(f, X)


def test_the_argument_itself_is_written():
    def f(x):
        x[0] = x[1] * 2
        x *= 3
        x[::2] **= 2
        return np.sum(x**2)

    check(f, X)


# --- index arrays ---------------------------------------------------------------------------------------------------

TWICE = np.array([0, 0, 1])


def test_repeated_indices_read():
    def f(x):
        y = x[TWICE]
        return np.sum(y**2 * np.arange(1.0, 4.0))

    check(f, X)


def test_repeated_indices_accumulated():
    def f(x):
        a = x.copy()
        a[TWICE] += x[2:] ** 2
        return np.sum(a**2)

    check(f, X)


def test_repeated_indices_assigned_the_last_write_wins():
    def f(x, v):
        a = x.copy()
        a[[0, 0, 1]] = v
        return np.sum(a**2)

    g = check(f, X, np.array([3.0, 5.0, 7.0]), wrt=(0, 1))
    np.testing.assert_array_equal(g[1], [0.0, 10.0, 14.0])
    np.testing.assert_array_equal(g[0][:2], [0.0, 0.0])


def test_add_at_with_repeated_indices():
    def f(x):
        a = x.copy()
        np.add.at(a, TWICE, x[2:] ** 2)
        return np.sum(a**2)

    check(f, X)


# --- shapes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 5])
def test_slice_that_happens_to_have_length_one_broadcasts(k):
    def f(x, k):
        return np.sum((x + x[:k]) ** 2 * x)

    check(f, X, k)


def test_slice_of_length_one_and_of_full_length_from_one_derivative():
    def f(x, k):
        return np.sum((x + x[:k]) ** 2 * x)

    g = grad(f)
    for k in (5, 1, 5):
        np.testing.assert_allclose(g(X, k), numerical_gradient(f, (X, k))[0], rtol=1e-8)


def may_be_a_view(x, k):
    a = x.copy()
    b = a[:, :k].reshape(-1)
    b[0] = 5 * x[0, 0] ** 2
    return np.sum(a**2) + np.sum(b**2)


@pytest.mark.parametrize("k", [2, 4])
def test_write_to_what_may_be_a_view_is_right_or_refused(k):
    """`a[:, :k].reshape(-1)` is a view only where k is the whole width."""
    from s2sgrad import UnsupportedSyntaxError

    try:
        check(may_be_a_view, M, k)
    except UnsupportedSyntaxError as error:
        assert error.lineno is not None
        assert "b[0]" in error.text


def test_may_be_a_view_that_is_only_read():
    def f(x):
        a = x.copy()
        b = a[:, :2].reshape(-1)
        return np.sum(a**2) * np.sum(b**3)

    check(f, M)


def test_ravel_of_a_fresh_array_is_a_view():
    def f(x):
        a = np.zeros((3, 4))
        a[:] = x
        b = a.ravel()
        b[5] = x[0, 0] ** 2
        return np.sum(a**3)

    check(f, M)


# --- the same thing twice -------------------------------------------------------------------------------------------


def test_a_helper_called_with_one_array_twice():
    def g(a, b):
        return a * np.sin(b)

    def f(x):
        return np.sum(g(x, x) * g(x, x[::-1]))

    check(f, X)


def test_two_arguments_that_are_the_same_array():
    def f(x, y):
        return np.sum(x * y**2)

    a = X.copy()
    gx, gy = grad(f, (0, 1))(a, a)
    np.testing.assert_allclose(gx, a**2)
    np.testing.assert_allclose(gy, 2 * a**2)
    assert not np.shares_memory(gx, gy)
    np.testing.assert_array_equal(a, X)


def test_an_argument_that_is_a_captured_array_too_and_is_written():
    shared = X.copy()

    def f(x):
        x[0] = 2 * x[1]
        return np.sum(x * shared)

    with pytest.raises(DifferentiationError, match="share memory"):
        grad(f)(shared)
    np.testing.assert_array_equal(shared, X)
    assert_matches = numerical_gradient(f, (X.copy(),))[0]
    np.testing.assert_allclose(grad(f)(X.copy()), assert_matches, rtol=1e-6)


def test_two_arguments_that_are_the_same_array_and_are_written():
    def f(x, y):
        x[0] = 2 * x[0]
        y[1] = x[0] * x[1]
        return np.sum(x * y**2)

    a = X.copy()
    with pytest.raises(DifferentiationError, match="share memory"):
        value_and_grad(f, (0, 1))(a, a)
    with pytest.raises(DifferentiationError, match="share memory"):
        value_and_grad(f, (0, 1))(a[:-1], a[1:])
    np.testing.assert_array_equal(a, X)
    gx, gy = value_and_grad(f, (0, 1))(a, X.copy())[1]
    assert gx.shape == gy.shape == X.shape


@pytest.mark.parametrize(
    "name",
    [
        "add",
        "subtract",
        "multiply",
        "divide",
        "power",
        "maximum",
        "minimum",
        "arctan2",
        "hypot",
        "logaddexp",
        "fmax",
        "fmin",
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_scalar_with_array_broadcasting(name, swapped):
    fun = getattr(np, name)

    def f(s, x):
        y = fun(x, s) if swapped else fun(s, x)
        return np.sum(y * np.arange(1.0, 6.0))

    check(f, 1.37, POSITIVE, wrt=(0, 1))


OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": lambda a, b: a % b,
}


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("swapped", [False, True])
def test_operator_with_a_scalar_on_either_side(symbol, swapped):
    op = OPERATORS[symbol]

    def f(s, x):
        y = op(x, s) if swapped else op(s, x)
        return np.sum(y * np.arange(1.0, 6.0))

    check(f, 1.37, POSITIVE, wrt=(0, 1))


def test_row_and_column_broadcasting():
    def f(r, c):
        return np.sum((r * c + r - c / (2 + r)) ** 2)

    check(f, np.array([[0.3, 0.5, -0.2]]), np.array([[0.7], [1.3]]), wrt=(0, 1))


# --- names ----------------------------------------------------------------------------------------------------------


def test_variables_named_like_generated_ones():
    def f(x):
        d = x * 2
        np_ = np.sin(d)
        t1 = np_ + d
        x_bar = t1 * d
        s_bar = np.sum(x_bar)
        g = s_bar * 2
        t2, ans, i, tape, d_bar = g + t1[0], g * 2, 3, x_bar[1], t1[2]
        return g + s_bar**2 + t2 * ans * i + tape * d_bar

    check(f, X)


def test_a_variable_named_np():
    numpy = np

    def f(x):
        np = numpy.sin(x)
        return numpy.sum(np * x)

    check(f, X)


def test_a_parameter_named_np():
    from numpy import sin

    def f(np, sum):
        return (sin(np) * np).sum() * sum

    check(f, X, 1.5, wrt=(0, 1))


def test_keywordish_names_in_a_loop():
    def f(x):
        x_bar, t, i0 = 1.0, 0.5, 2.0
        for g in range(len(x)):
            x_bar = x_bar * x[g] + t
            t = np.sin(x_bar) * i0
        return x_bar * t

    check(f, X)


# --- values that add nothing ----------------------------------------------------------------------------------------


def test_result_independent_of_the_argument():
    def f(x):
        return 3.0

    def g(x):
        y = x.copy()
        y[:] = 2.0
        return np.sum(y)

    np.testing.assert_array_equal(check(f, X), np.zeros(5))
    np.testing.assert_array_equal(check(g, X), np.zeros(5))
    assert check(lambda x: 2.0, 1.5) == 0.0


def test_result_independent_of_one_argument_of_two():
    def f(x, y):
        return np.sum(y**2)

    gx, gy = check(f, X, M, wrt=(0, 1))
    assert gx.shape == X.shape and not gx.any()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_in_the_branch_of_where_that_is_not_selected():
    x = np.array([-1.0, 0.0, 2.0, 4.0])

    def f(x):
        return np.sum(np.where(x > 0, np.log(x), 3 * x) + np.where(x > 0, np.sqrt(x) / x, x**2))

    g = grad(f)(x)
    np.testing.assert_allclose(g, [3 - 2, 3, 1 / 2 - 0.5 * 2**-1.5, 1 / 4 - 0.5 * 4**-1.5], rtol=1e-14)


def test_nan_in_the_branch_of_if_that_is_not_taken():
    def f(x):
        s = 0.0
        for v in x:
            if v > 0:
                s += np.log(v)
            else:
                s += v * 2
        return s

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(f, X)


def test_prod_with_a_zero():
    def f(x):
        return np.prod(x)

    np.testing.assert_allclose(grad(f)(np.array([2.0, 0.0, 3.0])), [0.0, 6.0, 0.0])
    np.testing.assert_allclose(grad(f)(np.array([2.0, 0.0, 0.0])), [0.0, 0.0, 0.0])
    check(f, X)


def test_prod_with_a_zero_in_a_loop():
    def f(x):
        p = 1.0
        for v in x:
            p *= v
        return p

    np.testing.assert_allclose(grad(f)(np.array([2.0, 0.0, 3.0])), [0.0, 6.0, 0.0])


def test_norm_at_zero():
    g = grad(lambda x: np.linalg.norm(x) + np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf))(np.zeros(3))
    np.testing.assert_array_equal(g, np.zeros(3))
    check(lambda x: np.linalg.norm(x), X)


# --- effects --------------------------------------------------------------------------------------------------------


def test_random_draw_inside_the_loss_happens_once():
    def f(x, rng):
        noise = rng.normal(size=5)
        keep = rng.random(5) > 0.3
        return np.sum(x**2 * noise * keep)

    value, g = value_and_grad(f)(X, np.random.default_rng(5))
    assert value == f(X, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    np.testing.assert_allclose(g, 2 * X * rng.normal(size=5) * (rng.random(5) > 0.3))


def test_random_draw_in_a_loop_with_a_nonlinear_carry():
    def f(x, rng):
        s = 1.0
        for i in range(len(x)):
            s = s * x[i] + rng.normal() * s**2
        return s

    value, g = value_and_grad(f)(X, np.random.default_rng(5))
    assert value == f(X, np.random.default_rng(5))
    expected = numerical_gradient(lambda x: f(x, np.random.default_rng(5)), (X,))[0]
    np.testing.assert_allclose(g, expected, rtol=1e-8)


def test_legacy_random_state_is_advanced_once():
    def f(x):
        return np.sum(x * np.random.rand(5))

    np.random.seed(3)
    expected = np.random.rand(5)
    follows = np.random.rand()
    np.random.seed(3)
    np.testing.assert_array_equal(grad(f)(X), expected)
    assert np.random.rand() == follows


def test_with_errstate_silences_its_body_and_nothing_else():
    def f(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log(x)
        return np.sum(np.where(x > 0, y, 0.0))

    x = np.array([0.0, 1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(grad(f)(x), [0.0, 1.0, 0.5])

    def g(x):
        with np.errstate(divide="ignore"):
            y = x * 2
        return np.sum(np.log(y))

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        value_and_grad(g)(x)


def test_errstate_that_raises_raises():
    def f(x):
        with np.errstate(divide="raise"):
            y = np.log(x)
        return np.sum(y)

    with pytest.raises(FloatingPointError):
        grad(f)(np.array([0.0, 1.0]))


# --- dtypes and shapes ----------------------------------------------------------------------------------------------


def test_float32_kept_float32():
    def f(x, w):
        s = w * 0
        y = 2 * np.exp(-(x**2)) * np.pi + np.sqrt(np.abs(x)) / 3
        for i in range(len(x)):
            s = s + y[i] * x[i] * 0.5
        return s + np.mean(y)

    x, w = X.astype(np.float32), np.float32(0.5)
    value, (gx, gw) = value_and_grad(f, (0, 1))(x, w)
    assert value.dtype == f(x, w).dtype == np.float32
    assert gx.dtype == np.float32 and gw.dtype == np.float32
    expected = numerical_gradient(f, (X, 0.5))[0]
    np.testing.assert_allclose(gx, expected, rtol=2e-5)


def test_float32_argument_in_float64_arithmetic_has_a_float32_gradient():
    w = np.arange(1.0, 6.0)

    def f(x):
        return np.sum(x * w)

    value, g = value_and_grad(f)(X.astype(np.float32))
    assert value.dtype == np.float64
    assert g.dtype == np.float32


def test_float32_buffer_written_with_float64():
    def f(x):
        a = np.zeros(5, dtype=np.float32)
        for i in range(5):
            a[i] = x[i] ** 2
        return np.sum(a)

    g = grad(f)(X)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g, 2 * X, rtol=1e-6)


def test_empty_array():
    def f(x):
        s = 1.5
        for i in range(len(x)):
            s *= x[i]
        for v in x:
            s += v
        return s + np.sum(x**2) + np.sum(x[::-1] * 3)

    value, g = value_and_grad(f)(np.zeros(0))
    assert value == 1.5
    assert g.shape == (0,) and g.dtype == np.float64


def test_zero_dimensional_array():
    def f(x):
        return np.sin(x) * x**2 + np.sum(x)

    x = np.array(0.7)
    value, g = value_and_grad(f)(x)
    assert g.shape == () and g.dtype == np.float64
    np.testing.assert_allclose(g, numerical_gradient(f, (x,))[0], rtol=1e-9)


def test_zero_dimensional_array_as_accumulator():
    def f(x):
        s = np.zeros(())
        for i in range(len(x)):
            s += x[i] ** 2
            s[...] = s * 1.1
        return s

    value, g = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-14)
    np.testing.assert_allclose(g, numerical_gradient(f, (X,))[0], rtol=1e-8)


# --- captures, defaults, expressions --------------------------------------------------------------------------------


def test_closure_cell_rebound_between_calls():
    scale = 2.0

    def f(x):
        return np.sum(x * scale)

    g = grad(f)
    np.testing.assert_array_equal(g(X), np.full(5, 2.0))
    scale = 7.0
    np.testing.assert_array_equal(g(X), np.full(5, 7.0))


def test_closure_over_a_local_rebound_inside():
    def f(x):
        k = 2.0

        def scaled(v):
            return v * k * x[0]

        a = scaled(x[1])
        k = x[2]
        return a + scaled(x[3])

    check(f, X)


def test_closure_in_a_loop_sees_the_latest_value():
    def f(x):
        s = 0.0
        k = 1.0

        def term(v):
            return v * k

        for i in range(len(x)):
            k = k * x[i] + 1
            s += term(x[i])
        return s

    check(f, X)


def test_default_arguments():
    def f(x, p=2, q=0.5, *, r=1.5):
        return np.sum(np.abs(x) ** p * q) * r

    check(f, X)
    np.testing.assert_allclose(grad(f, "q")(X), 1.5 * np.sum(X**2))
    np.testing.assert_allclose(grad(f, "r")(X, q=2.0), 2 * np.sum(X**2))


def test_default_argument_that_is_an_array():
    w = np.arange(5.0)

    def f(x, w=w):
        return np.sum(x**2 * w)

    check(f, X)
    np.testing.assert_allclose(grad(f, "w")(X), X**2)


def test_method_call_on_an_expression():
    def f(x):
        return (
            np.exp(x).sum() + (x * 2).mean() * (x[1:] - x[:-1]).max() + (x + 1).copy().reshape(5, 1).T.sum()
        )

    check(f, X)


def test_the_decorator_gives_the_same():
    @differentiate
    def f(x):
        s = 1.0
        for i in range(len(x)):
            s *= x[i]
        return s

    np.testing.assert_array_equal(f.grad(X), grad(f)(X))
    np.testing.assert_allclose(f.grad(X), numerical_gradient(f, (X,))[0], rtol=1e-8)


@pytest.mark.parametrize("jit", [False, True])
def test_shapes_that_disagree_are_refused_where_the_gradient_needs_no_forward_value(jit):
    """The gradient of a linear function reads nothing of the argument, and so met no operation that compares shapes."""
    x = np.ones(4)
    for f in (
        lambda x: np.sum(x + np.ones(3)),
        lambda x: np.sum(x * np.arange(3.0)),
        lambda x: np.sum(x @ np.ones((5, 2))),
    ):
        with pytest.raises(ValueError):
            grad(f, jit=jit)(x)
