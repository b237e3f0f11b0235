"""What the alias analysis cannot prove is right or refused with its place, never silently wrong."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import DifferentiationError, grad, value_and_grad

from .numerical import check, numerical_gradient

X = np.array([0.9, -0.7, 1.3, 0.4, -1.1])
M = np.random.default_rng(2).normal(size=(4, 5))


def right_or_refused(fun, *args, text: str) -> bool:
    """The derivative agrees with differences, or an error shows the line; whether it was refused."""
    try:
        check(fun, *args)
    except DifferentiationError as error:
        assert text in error.text
        assert error.filename == __file__
        assert error.lineno > 0 and error.offset > 0
        return True
    return False


@pytest.mark.parametrize("sign", [1, -1])
def test_write_to_one_of_two_arrays_by_a_test(sign):
    def f(x):
        a, b = x * 1.0, x * 2.0
        c = a if x[0] > 0 else b
        c[1] = x[2] ** 2
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, sign * X, text="c[1]")


@pytest.mark.parametrize("sign", [1, -1])
def test_write_to_one_of_two_arrays_by_a_statement(sign):
    def f(x):
        a, b = x * 1.0, x * 2.0
        if x[0] > 0:
            c = a
        else:
            c = b
        c *= 3.0
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, sign * X, text="c *= 3.0")


@pytest.mark.parametrize("sign", [1, -1])
def test_one_of_two_arrays_read_after_a_write_to_either(sign):
    def f(x):
        a, b = x * 1.0, x * 2.0
        c = a if x[0] > 0 else b
        a[1] = x[2] ** 2
        b[0] = 7.0
        return np.sum(c**2)

    right_or_refused(f, sign * X, text="c**2")


@pytest.mark.parametrize("sign", [1, -1])
def test_view_of_one_of_two_arrays(sign):
    def f(x):
        a, b = x * 1.0, x * 2.0
        c = (a if x[0] > 0 else b)[1:]
        c[0] = x[0] ** 2
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, sign * X, text="c[0]")


@pytest.mark.parametrize("sign", [1, -1])
def test_two_views_of_one_array_by_a_test(sign):
    def f(x):
        a = x * 1.0
        if x[0] > 0:
            c = a[:2]
        else:
            c = a[3:]
        c[0] = x[2] ** 2
        return np.sum(a**2)

    right_or_refused(f, sign * X, text="c[0]")


@pytest.mark.parametrize("sign", [1, -1])
def test_alias_or_copy_by_a_test(sign):
    def f(x):
        a = x * 1.0
        b = a if x[0] > 0 else a.copy()
        b[0] = x[1] ** 2
        return np.sum(a**2) + np.sum(b)

    right_or_refused(f, sign * X, text="b[0]")


def test_alias_or_copy_chosen_in_a_loop():
    def f(x):
        a = x * 1.0
        b = x * 2.0
        c = a
        for i in range(4):
            c[i] = c[i] * x[i + 1]
            if x[i] > 0:
                c = b
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, X, text="c[i]")


def test_alias_made_in_one_iteration_and_written_in_the_next():
    def f(x):
        a = x * 1.0
        b = np.zeros(5)
        for i in range(4):
            b[i] = x[i] ** 2
            a = b
            a[i + 1] = x[i] * 3
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, X, text="")


def test_row_kept_in_a_list_and_written_later():
    def f(m):
        a = m.copy()
        rows = []
        for i in range(4):
            rows.append(a[i])
        a[0] = m[1] ** 2
        return np.sum(rows[0] ** 2) + np.sum(a**3)

    right_or_refused(f, M, text="")


def test_buffer_kept_in_a_grown_list_and_written_later():
    def f(x):
        u = x.copy()
        history = []
        for i in range(4):
            u[i] *= x[i + 1]
            history.append(u)
        return sum(np.sum(v**2) for v in history)

    right_or_refused(f, X, text="history.append(u)")


def test_buffer_copied_into_a_grown_list():
    def f(x):
        u = x.copy()
        history = []
        for i in range(4):
            u[i] *= x[i + 1]
            history.append(u.copy())
        return np.sum(np.stack(history) ** 2)

    check(f, X)


def test_array_kept_in_a_known_list_is_an_alias():
    def f(x):
        u = x.copy()
        kept = [u, u[1:]]
        u[1] = x[0] ** 2
        kept[0][2] *= x[1]
        kept[1][2] += x[0]
        return np.sum(kept[0] ** 2) + np.sum(kept[1] ** 3) + np.sum(u)

    check(f, X)


def test_write_through_reshape_of_a_transposed_array():
    def f(m):
        a = m.copy()
        b = a.T.reshape(-1)
        b[0] = 5 * m[1, 1]
        return np.sum(a**2) + np.sum(b)

    right_or_refused(f, M, text="b[0]")


def test_write_through_reshape_of_a_slice():
    def f(m):
        a = m.copy()
        b = a[:, 1:3].ravel()
        b *= 2.0
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, M, text="b *= 2.0")


@pytest.mark.parametrize("order", ["C", "F"])
def test_write_through_reshape_of_an_argument(order):
    def f(m):
        b = m.reshape(-1)
        b[1] = m[0, 0] ** 2
        return np.sum(m**2) + np.sum(b**3)

    right_or_refused(f, np.asarray(M, order=order), text="b[1]")


@pytest.mark.parametrize("order", ["C", "F"])
def test_write_to_the_base_of_a_reshape(order):
    def f(m):
        b = m.reshape(-1)
        m[0, 1] = m[0, 0] ** 2
        return np.sum(b**3)

    right_or_refused(f, np.asarray(M, order=order), text="")


@pytest.mark.parametrize("order", ["C", "F"])
def test_one_derivative_for_both_layouts(order):
    def f(m):
        b = m.ravel()
        b[1] = 3.0
        return np.sum(m**2) + np.sum(b**3)

    g = grad(f)
    for layout in ("C", "F", "C"):
        m = np.asarray(M, order=layout)
        try:
            found = g(m)
        except DifferentiationError:
            continue
        np.testing.assert_allclose(found, numerical_gradient(f, (m,))[0], rtol=1e-7)


def test_base_of_a_reshape_of_a_slice_written():
    def f(m):
        a = m.copy()
        b = a[:, 1:3].reshape(-1)
        a[0, 1] = m[0, 0] ** 2
        return np.sum(b**3)

    right_or_refused(f, M, text="")


def test_asarray_is_the_array_itself():
    def f(x):
        a = x * 1.0
        b = np.asarray(a)
        b[0] = x[1] ** 2
        return np.sum(a**2)

    right_or_refused(f, X, text="b[0]")


def test_atleast_and_squeeze_and_broadcast_views():
    def f(x):
        a = x * 1.0
        b = np.atleast_2d(a)
        b[0, 1] = x[0] ** 2
        return np.sum(a**2)

    def g(x):
        a = x.reshape(1, 5) * 1.0
        b = np.squeeze(a)
        b[1] = x[0] ** 2
        return np.sum(a**2)

    right_or_refused(f, X, text="b[0, 1]")
    right_or_refused(g, X, text="b[1]")


def test_real_part_written():
    def f(x):
        z = x * (1 + 2j)
        r = z.real
        r[0] = x[1] ** 2
        return np.sum(np.abs(z) ** 2)

    right_or_refused(f, X, text="r[0]")


def test_diagonal_written():
    def f(x):
        a = np.outer(x, x)
        d = np.einsum("ii->i", a)
        d[0] = x[1]
        return np.sum(a**2)

    right_or_refused(f, X, text="d[0]")


def test_flat_written():
    def f(m):
        a = m.copy()
        a.flat[3] = m[0, 0] ** 2
        return np.sum(a**2)

    right_or_refused(f, M, text="a.flat[3]")


def test_split_views_written():
    def f(x):
        a = x * 1.0
        b, c = np.split(a, [2])
        b[0] = x[3] ** 2
        c *= 2
        return np.sum(a**2)

    right_or_refused(f, X, text="")


def test_loop_over_rows_that_writes_them():
    def f(m):
        a = m.copy()
        for row in a:
            row *= row[0]
            row[1] = 2.0
        return np.sum(a**2)

    right_or_refused(f, M, text="row")


def test_rows_unpacked_and_written():
    def f(m):
        a = m[:2].copy()
        p, q = a
        p *= 2
        q[0] = m[0, 1] ** 2
        return np.sum(a**2)

    right_or_refused(f, M, text="")


def test_view_carried_by_a_loop():
    def f(x):
        a = x * 1.0
        tail = a
        for i in range(3):
            tail[0] = tail[0] * x[i + 1]
            tail = tail[1:]
        return np.sum(a**2)

    right_or_refused(f, X, text="tail")


def test_array_returned_by_a_helper_is_an_alias():
    def same(v):
        return v

    def either(v, w, t):
        return v if t > 0 else w

    def f(x):
        a, b = x * 1.0, x * 2.0
        same(a)[0] = x[1] ** 2
        c = either(a, b, x[0])
        c[1] = 5.0
        return np.sum(a**2) + np.sum(b**3)

    right_or_refused(f, X, text="c[1]")


def test_recursive_function_returning_its_argument():
    def descend(v, n):
        if n == 0:
            return v
        return descend(v, n - 1)

    def f(x, n):
        a = x * 1.0
        b = descend(a, n)
        b[0] = x[1] ** 2
        return np.sum(a**2) + np.sum(b)

    right_or_refused(f, X, 3, text="")


def test_arguments_that_overlap_and_are_written():
    def f(x, y):
        x[1] = y[2] ** 2
        return np.sum(x * y)

    base = X.copy()
    try:
        value, _ = value_and_grad(f)(base[:4], base[1:])
    except (DifferentiationError, ValueError):
        return
    fresh = X.copy()
    assert value == f(fresh[:4], fresh[1:])


def overwrite(a):
    vars()  # something that cannot be followed
    try:
        a[0] = 100.0
    finally:
        pass


def test_opaque_function_that_writes_into_an_active_array():
    def f(x):
        a = x * 2
        overwrite(a)
        return np.sum(a**2)

    with pytest.raises(DifferentiationError) as caught:
        grad(f)(X)
    assert caught.value.lineno is not None


def test_opaque_function_that_writes_into_a_constant_array():
    def f(x):
        w = np.ones(5)
        first = w[0] + w[1]
        overwrite(w)
        return np.sum(x**2 * w) * (w[0] + w[1]) * first

    check(f, X)


def test_opaque_function_that_writes_into_an_argument():
    def f(x, w):
        before = w[0] * 2
        overwrite(w)
        return np.sum(x**2 * w) * before * (w[0] * 2)

    check(f, X, np.ones(5))


def test_shuffle_of_a_constant():
    def f(x, rng):
        order = np.arange(5)
        first = order[0]
        rng.shuffle(order)
        return x[order[0]] ** 2 * x[order[1]] * x[first]

    value, g = value_and_grad(f)(X, np.random.default_rng(1))
    assert value == f(X, np.random.default_rng(1))
    np.testing.assert_allclose(
        g, numerical_gradient(lambda x: f(x, np.random.default_rng(1)), (X,))[0], rtol=1e-7
    )


def test_shuffle_of_an_active_array_is_refused():
    def f(x, rng):
        a = x * 2
        rng.shuffle(a)
        return a[0] * 3

    with pytest.raises(DifferentiationError) as caught:
        grad(f)(X, np.random.default_rng(1))
    assert "rng.shuffle(a)" in caught.value.text


def test_in_place_method_without_a_rule_is_refused():
    def f(x):
        a = x * 2
        a.partition(2)
        return a[0] * 3

    right_or_refused(f, X, text="a.partition(2)")


def test_nan_to_num_in_place():
    def f(x):
        a = x * 2
        np.nan_to_num(a, copy=False, nan=1.0)
        return np.sum(a**2)

    right_or_refused(f, X, text="np.nan_to_num")


def test_put_is_refused_or_right():
    def f(x):
        a = x * 2
        np.put(a, [0, 1], x[2:4])
        return np.sum(a**2)

    right_or_refused(f, X, text="np.put")


def test_captured_workspace_is_written_once_and_holds_forward_values():
    work = np.zeros(5)

    def f(x):
        for i in range(5):
            work[i] = x[i] ** 2
        work[0] += 1
        return np.sum(work * x)

    np.testing.assert_allclose(grad(f)(X), 3 * X**2 + np.array([1.0, 0, 0, 0, 0]))
    expected = X**2
    expected[0] += 1
    np.testing.assert_allclose(work, expected)


def test_captured_list_is_appended_to_once():
    log, counts = [], {"calls": 0}

    def f(x):
        y = x**2
        s = np.sum(y)
        log.append(float(s))
        log.append(y)
        for v in x:
            log.append(v)
        counts["calls"] += 1
        return s * s

    g = grad(f)
    for n in (1, 2):
        np.testing.assert_allclose(g(X), 4 * X * np.sum(X**2))
        assert len(log) == 7 * n and counts["calls"] == n
        assert log[-7] == np.sum(X**2)
        np.testing.assert_array_equal(log[-6], X**2)
        np.testing.assert_array_equal(log[-5:], X)


def test_reading_a_captured_list_after_changing_it_is_refused():
    log = []

    def f(x):
        log.append(np.sum(x**2))
        return log[-1] * 2

    def in_a_loop(x):
        s = 0.0
        for v in x:
            s += v * len(log)
            log.append(v)
        return s

    for fun, text in ((f, "log[-1]"), (in_a_loop, "len(log)")):
        with pytest.raises(DifferentiationError) as caught:
            grad(fun)(X)
        assert text in caught.value.text


def test_float32_buffer_truncates():
    def f(x):
        a = np.zeros(5, dtype=np.float32)
        a[:] = x
        return np.sum(a.astype(float) ** 2)

    g = grad(f)(X)
    np.testing.assert_allclose(g, 2 * X, rtol=1e-6)


def test_write_of_an_active_value_to_an_integer_buffer():
    def f(x):
        a = np.zeros(5, dtype=int)
        a[:] = x * 10
        return np.sum(a * x)

    np.testing.assert_allclose(grad(f)(X), np.trunc(X * 10))
