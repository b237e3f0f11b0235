"""Globals and closed-over values are read at each call, and equal programs are compiled once."""

from __future__ import annotations

import functools
import os
import types

import numpy as np
import pytest

from s2sgrad import compiler, differentiate, grad, value_and_grad, vjp

scale = 2.0
table = np.array([1.0, 2.0, 3.0])
depth = 2
settings = {"rate": 3.0, "layers": [1.0, 2.0]}
flag = True
text = "sin"


class Config:
    factor = 4.0


config = Config()


def helper(x):
    return x * scale


def other(x):
    return x * x


@pytest.fixture
def compiled(monkeypatch):
    """The names of what is compiled during the test."""
    names = []
    inner = compiler.compile_derivative

    def counted(fun, *args, **kwargs):
        names.append(getattr(fun, "__name__", "?"))
        return inner(fun, *args, **kwargs)

    monkeypatch.setattr(compiler, "compile_derivative", counted)
    return names


def test_a_rebound_global_number(monkeypatch, compiled):
    g = grad(lambda x: x * scale)
    assert g(1.0) == 2.0
    monkeypatch.setitem(globals(), "scale", 5.0)
    assert g(1.0) == 5.0
    assert len(compiled) == 1


def test_a_global_number_that_changes_its_type(monkeypatch):
    g = grad(lambda x: np.sum(x * scale))
    np.testing.assert_array_equal(g(np.ones(3)), [2.0, 2.0, 2.0])
    monkeypatch.setitem(globals(), "scale", np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(g(np.ones(3)), [1.0, 2.0, 3.0])
    monkeypatch.setitem(globals(), "scale", 7)
    np.testing.assert_array_equal(g(np.ones(3)), [7.0, 7.0, 7.0])


def test_a_global_read_by_a_helper(monkeypatch):
    g = grad(lambda x: helper(x))
    assert g(1.0) == 2.0
    monkeypatch.setitem(globals(), "scale", 9.0)
    assert g(1.0) == 9.0


def test_a_captured_array_mutated_in_place(monkeypatch):
    monkeypatch.setitem(globals(), "table", np.array([1.0, 2.0, 3.0]))
    g = grad(lambda x: np.sum(x * table))
    np.testing.assert_array_equal(g(np.ones(3)), [1, 2, 3])
    table[1] = 50.0
    np.testing.assert_array_equal(g(np.ones(3)), [1, 50, 3])


def test_a_captured_array_of_another_size(monkeypatch, compiled):
    g = grad(lambda x: np.sum(x * table))
    np.testing.assert_array_equal(g(np.ones(3)), [1, 2, 3])
    monkeypatch.setitem(globals(), "table", np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(g(np.ones(4)), [1, 2, 3, 4])
    monkeypatch.setitem(globals(), "table", np.float32([1.0, 2.0]))
    np.testing.assert_array_equal(g(np.ones(2)), [1, 2])
    assert len(compiled) == 2  # another dtype, not another size


def test_a_replaced_global_function(monkeypatch):
    g = grad(lambda x: helper(x))
    assert g(3.0) == 2.0
    monkeypatch.setitem(globals(), "helper", other)
    assert g(3.0) == 6.0
    monkeypatch.setitem(globals(), "helper", np.sin)
    assert g(3.0) == pytest.approx(np.cos(3.0))


def test_an_int_that_decides_structure(monkeypatch):
    def power(x):
        y = 1.0
        for _ in range(depth):
            y = y * x
        return y

    g = grad(power)
    assert g(3.0) == 6.0
    monkeypatch.setitem(globals(), "depth", 3)
    assert g(3.0) == 27.0
    monkeypatch.setitem(globals(), "depth", 0)
    assert g(3.0) == 0.0


def test_an_int_used_as_axis(monkeypatch):
    monkeypatch.setitem(globals(), "depth", 0)
    g = grad(lambda x: np.max(np.sum(x, axis=depth)))
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    np.testing.assert_array_equal(g(x), [[0, 1], [0, 1]])
    monkeypatch.setitem(globals(), "depth", 1)
    np.testing.assert_array_equal(g(x), [[0, 0], [1, 1]])


def test_flags_and_text(monkeypatch):
    def f(x):
        y = np.sin(x) if text == "sin" else x * x
        return y * 2 if flag else y

    g = grad(f)
    assert g(1.0) == pytest.approx(2 * np.cos(1.0))
    monkeypatch.setitem(globals(), "flag", False)
    assert g(1.0) == pytest.approx(np.cos(1.0))
    monkeypatch.setitem(globals(), "text", "square")
    assert g(1.0) == 2.0


def test_captured_containers_and_objects(monkeypatch):
    g = grad(lambda x: x * settings["rate"] * settings["layers"][1] * config.factor)
    assert g(1.0) == 24.0
    monkeypatch.setitem(settings, "rate", 1.0)
    assert g(1.0) == 8.0
    monkeypatch.setattr(config, "factor", 1.0, raising=False)
    assert g(1.0) == 2.0
    monkeypatch.setitem(globals(), "settings", {"rate": 5.0, "layers": (0.0, 7.0, 9.0)})
    assert g(1.0) == 35.0


def test_a_loop_over_a_captured_list_that_grows():
    layers = [1.0, 2.0]

    def f(x):
        total = 0.0
        for layer in layers:
            total = total + layer * x
        return total

    g = grad(f)
    assert g(1.0) == 3.0
    layers.append(10.0)
    assert g(1.0) == 13.0


def test_closure_cells():
    def make():
        a, k = 2.0, 3

        def f(x):
            return a * x**k

        def change(new_a, new_k):
            nonlocal a, k
            a, k = new_a, new_k

        return f, change

    f, change = make()
    g = grad(f)
    assert g(2.0) == 24.0
    change(1.0, 2)
    assert g(2.0) == 4.0


def test_two_closures_of_one_function_do_not_mix():
    def make(a):
        return lambda x: a * x

    first, second = grad(make(2.0)), grad(make(np.array(5.0)))
    assert [first(1.0), second(1.0), first(1.0)] == [2.0, 5.0, 2.0]


def test_closures_over_functions_do_not_mix():
    def make(f):
        return lambda x: f(x)

    gradients = [grad(make(f)) for f in (np.sin, np.exp, other, lambda x: 7 * x)]
    for _ in range(2):
        assert [float(g(2.0)) for g in gradients] == pytest.approx([np.cos(2.0), np.exp(2.0), 4.0, 7.0])


def test_default_values_are_read_at_each_call():
    def f(x, a=3.0, *, b=2.0):
        return x * a * b

    g = grad(f)
    assert g(1.0) == 6.0
    f.__defaults__ = (10.0,)
    f.__kwdefaults__ = {"b": 1.0}
    assert grad(f)(1.0) == 10.0


def test_a_default_of_a_helper():
    def inner(x, a=3.0):
        return a * x

    g = grad(lambda x: inner(x))
    assert g(1.0) == 3.0
    inner.__defaults__ = (4.0,)
    assert g(1.0) == 4.0


def test_a_thousand_lambdas_compile_once(compiled):
    def f(w, x):
        return np.sum((w * x) ** 2)

    w = np.array([1.0, 2.0])
    for k in range(1000):
        x = np.array([float(k), 1.0])
        got = grad(lambda w: f(w, x))(w)  # noqa: B023
        assert got[0] == 2.0 * k * k
    assert len(compiled) == 1


def test_a_thousand_partials_compile_once(compiled):
    def f(x, w):
        return np.sum(w * x)

    w = np.array([1.0, 2.0])
    for k in range(1000):
        got = grad(functools.partial(f, np.array([float(k), 1.0])))(w)
        assert got[0] == k
    assert len(compiled) == 1


def test_a_thousand_objects_compile_once(compiled):
    class Loss:
        def __init__(self, x):
            self.x = x

        def __call__(self, w):
            return np.sum(w * self.x)

        def method(self, w):
            return np.sum(w * self.x)

    w = np.array([1.0, 2.0])
    for k in range(300):
        x = np.array([float(k), 1.0])
        assert grad(Loss(x))(w)[0] == k
        assert grad(Loss(x).method)(w)[0] == k
        assert vjp(Loss(x).method, w)[1](1.0)[0][0] == k
    assert len(compiled) <= 3


def test_one_compilation_for_any_size(compiled):
    g = grad(lambda x: np.sum(x * x))
    for n in range(2, 50):
        np.testing.assert_array_equal(g(np.ones(n)), 2 * np.ones(n))
    assert len(compiled) == 1


def test_what_is_compiled_is_logged(monkeypatch, capsys):
    monkeypatch.setenv("S2SGRAD_LOG", "1")
    g = grad(lambda x: x * x * 1.25)
    g(1.0)
    g(2.0)
    err = capsys.readouterr().err
    assert err.count(" compiled in ") == 1
    assert "lambda" in err


def test_many_types_warn_once_and_still_work():
    g = grad(lambda p: p["x"] * 2)
    with pytest.warns(RuntimeWarning, match="keeps changing"):
        for k in range(100):
            assert g({"x": 1.0, f"key{k}": 1})["x"] == 2.0


def test_an_object_of_another_class():
    class A:
        c = 2.0

    class B:
        @property
        def c(self):
            return 7.0

    box = types.SimpleNamespace(item=A())
    g = grad(lambda x: x * box.item.c)
    assert g(1.0) == 2.0
    box.item = B()
    assert g(1.0) == 7.0


def test_values_written_to_what_is_captured_are_seen_by_the_caller():
    workspace = np.zeros(3)

    def f(x):
        workspace[:] = x * 2
        return np.sum(workspace * workspace)

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0, 3.0])), [8.0, 16.0, 24.0])
    np.testing.assert_array_equal(workspace, [2.0, 4.0, 6.0])


def test_a_captured_name_that_is_missing_then_defined(monkeypatch):
    g = grad(lambda x: x * not_yet)  # noqa: F821
    with pytest.raises(NameError):
        g(1.0)
    monkeypatch.setitem(globals(), "not_yet", 3.0)
    assert g(1.0) == 3.0
    monkeypatch.delitem(globals(), "not_yet")
    with pytest.raises(NameError):
        g(1.0)


def test_scipy_minimize_with_jac_true():
    from scipy.optimize import minimize

    target = np.array([1.0, -2.0, 3.0])

    def loss(w):
        return np.sum((w - target) ** 2) + 0.1 * np.sum(w**4)

    found = minimize(value_and_grad(loss), np.zeros(3), jac=True, method="BFGS")
    plain = minimize(loss, np.zeros(3), method="BFGS", tol=1e-8)
    assert found.success
    np.testing.assert_allclose(found.x, plain.x, atol=1e-4)
    assert np.abs(grad(loss)(found.x)).max() < 1e-4


def test_scipy_minimize_with_extra_arguments():
    from scipy.optimize import minimize

    @differentiate
    def loss(w, a, b):
        return np.sum((w - a) ** 2) * b

    found = minimize(loss, np.zeros(2), args=(np.array([1.0, 2.0]), 3.0), jac=loss.grad, method="L-BFGS-B")
    np.testing.assert_allclose(found.x, [1.0, 2.0], atol=1e-6)


def test_reading_a_chapter_of_the_table_forgets_no_derivative(tmp_path):
    import subprocess
    import sys

    program = """
from s2sgrad import grad
g = grad(lambda x: x * x)
g(1.0)
import scipy.special as sp
h = grad(lambda x: sp.erf(x))
for _ in range(2): h(1.0); g(1.0)
"""
    env = {**os.environ, "S2SGRAD_LOG": "1"}
    path = tmp_path / "program.py"
    path.write_text(program)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, env=env, check=True)
    assert done.stderr.count(" compiled in ") == 2


@pytest.mark.parametrize("jit", [False, True])
def test_the_order_of_a_norm_is_read_at_each_call(jit):
    """Orders with a rule of their own are facts of a program, other orders are numbers like any other."""
    order = {"p": np.inf}
    a = np.array([[1.0, -3.0], [2.0, 0.5]])
    slope = grad(lambda x: np.linalg.norm(x, order["p"]), jit=jit)
    np.testing.assert_array_equal(slope(a), [[1, -1], [0, 0]])
    order["p"] = 1.0
    np.testing.assert_array_equal(slope(a), [[0, -1], [0, 1]])
    condition = grad(lambda x: np.linalg.cond(x, order["p"]), jit=jit)
    for p in (1.0, np.inf, 2.0):
        order["p"] = p
        step = 1e-6 * np.array([[0.3, -0.2], [0.5, 0.7]])
        moved = (np.linalg.cond(a + step, p) - np.linalg.cond(a - step, p)) / 2
        np.testing.assert_allclose(np.sum(condition(a) * step), moved, rtol=1e-6)
    of_row = grad(lambda x: np.linalg.norm(x, order["p"]), jit=jit)
    for p in (3.0, 3.5, 1.0):
        order["p"] = p
        power = np.abs(a[0]) ** (p - 1) * np.sign(a[0]) / np.linalg.norm(a[0], p) ** (p - 1)
        np.testing.assert_allclose(of_row(a[0]), power, rtol=1e-12)
    assert of_row._variants.made == 1
