"""Containers as arguments and results: the gradient has the structure, shapes and dtypes of its argument."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from s2sgrad import UnsupportedSyntaxError, grad, value_and_grad, vjp

Layer = namedtuple("Layer", "W b")


@dataclasses.dataclass
class Model:
    W: Any
    b: Any
    name: str = "model"


@dataclasses.dataclass(frozen=True)
class Pair:
    first: Any
    second: Any


def same(a, b):
    """Equal in structure, type and every bit; a NumPy float64 is a Python float."""
    assert type(a) is type(b) or (type(b) is float and isinstance(a, float)), (a, b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (tuple, list)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            same(x, y)
    elif dataclasses.is_dataclass(a):
        for f in dataclasses.fields(a):
            same(getattr(a, f.name), getattr(b, f.name))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


def vec(*xs):
    return np.array(xs, dtype=float)


def test_dict():
    got = grad(lambda p: np.sum(p["W"] * p["W"]) + 3 * p["b"])({"W": vec(1, 2), "b": 1.0})
    same(got, {"W": vec(2, 4), "b": 3.0})


def test_list_and_tuple():
    same(grad(lambda p: p[0] * p[1])([2.0, 3.0]), [3.0, 2.0])
    same(grad(lambda p: p[0] * p[1])((2.0, 3.0)), (3.0, 2.0))


def test_nested_containers_keep_their_order_and_types():
    def loss(p):
        total = 0.0
        for layer in p["layers"]:
            total = total + np.sum(layer["W"]) * layer["b"][0]
        return total * p["scale"][1][0]

    params = {
        "scale": [1.0, (2.0,)],
        "layers": [{"W": vec(1, 2), "b": (3.0, 4.0)}, {"W": vec(5), "b": (6.0, 7.0)}],
    }
    got = grad(loss)(params)
    same(
        got,
        {
            "scale": [0.0, (39.0,)],
            "layers": [{"W": vec(6, 6), "b": (6.0, 0.0)}, {"W": vec(12), "b": (10.0, 0.0)}],
        },
    )


def test_named_tuple():
    got = grad(lambda p: np.sum(p.W) * p.b)(Layer(vec(1, 2), 3.0))
    same(got, Layer(vec(3, 3), 3.0))


def test_dataclass():
    got = grad(lambda m: np.sum(m.W * m.W) * m.b)(Model(vec(1, 2), 3.0))
    assert type(got) is Model
    np.testing.assert_array_equal(got.W, vec(6, 12))
    assert got.b == 5.0
    assert got.name is None


def test_frozen_dataclass_of_containers():
    got = grad(lambda p: p.first[0] * p.second["x"])(Pair((2.0,), {"x": 5.0}))
    same(got, Pair((5.0,), {"x": 2.0}))


def test_keys_that_are_not_identifiers():
    got = grad(lambda p: p["a b"] * p[3] * p[("x", 1)])({"a b": 2.0, 3: 5.0, ("x", 1): 7.0})
    same(got, {"a b": 35.0, 3: 14.0, ("x", 1): 10.0})


def test_leaves_that_are_not_floating_are_constants_and_none_in_the_gradient():
    def loss(p):
        y = p["x"] ** p["n"]
        if p["on"]:
            y = y * 2
        if p["mode"] == "double":
            y = y * 2
        if p["nothing"] is None:
            y = y + 1
        return p["fun"](y) + np.sum(p["index"])

    p = {
        "x": 3.0,
        "n": 2,
        "on": True,
        "mode": "double",
        "nothing": None,
        "fun": np.sin,
        "index": np.arange(3),
    }
    got = grad(loss)(p)
    assert got["x"] == pytest.approx(np.cos(37.0) * 24, rel=1e-12)
    assert [got[key] for key in ("n", "on", "mode", "nothing", "fun", "index")] == [None] * 6
    assert list(got) == list(p)


def test_text_and_bool_leaves_decide_structure_at_each_call():
    g = grad(lambda p: p["x"] * (3 if p["on"] else 5))
    assert g({"x": 1.0, "on": True})["x"] == 3
    assert g({"x": 1.0, "on": False})["x"] == 5
    assert g({"x": 1.0, "on": True})["x"] == 3


@pytest.mark.parametrize(
    "empty", [{}, [], (), {"a": 1, "b": "x"}, [1, 2], {"a": np.arange(3)}, None, "text", True]
)
def test_a_container_without_a_floating_leaf_is_a_type_error(empty):
    with pytest.raises(TypeError, match="`p`"):
        grad(lambda p, x: x)(empty, 1.0)


def test_a_user_function_as_leaf():
    def square(x):
        return x * x

    got = grad(lambda p: p["f"](p["x"]))({"x": 3.0, "f": square})
    assert got == {"x": 6.0, "f": None}


def test_dtype_of_each_leaf():
    p = {
        "a": np.float32([1, 2]),
        "b": np.float64([3, 4]),
        "c": np.float32(5),
        "d": np.complex64([1 + 2j, 3]),
        "e": 1.5,
    }
    got = grad(lambda p: np.sum(p["a"]) * np.sum(p["b"]) * p["c"] * p["e"] + np.sum(np.abs(p["d"]) ** 2))(p)
    assert [np.asarray(got[k]).dtype.name for k in "abcd"] == ["float32", "float64", "float32", "complex64"]
    assert isinstance(got["e"], float)
    assert [np.shape(got[k]) for k in p] == [np.shape(p[k]) for k in p]


def test_unused_leaves_have_zero_gradients_of_their_own():
    p = {"a": vec(1, 2), "b": vec(3), "c": 2.0, "d": np.float32([[1]]), "z": np.array([1j])}
    got = grad(lambda p: p["c"] * 2)(p)
    same(got, {"a": vec(0, 0), "b": vec(0), "c": 2.0, "d": np.float32([[0]]), "z": np.array([0j])})
    assert not np.shares_memory(got["a"], p["a"])


def test_several_containers():
    g = grad(lambda p, q: p[0] * q["x"], wrt=(1, 0))
    same(g([2.0], {"x": 3.0}), ({"x": 2.0}, [3.0]))


def test_value_and_grad_of_a_container():
    value, gradient = value_and_grad(lambda p: p["a"] ** 2)({"a": 3.0})
    assert (value, gradient) == (9.0, {"a": 6.0})


def test_the_same_object_twice_in_a_container():
    w = vec(1, 2)
    got = grad(lambda p: np.sum(p[0] * p[1]))([w, w])
    same(got, [vec(1, 2), vec(1, 2)])
    assert not np.shares_memory(got[0], got[1])


def test_containers_built_and_taken_apart_inside():
    def loss(p):
        layers = [*p["layers"], p["last"]]
        merged = {**p, "extra": layers[-1] * 2}
        first, *rest = layers
        a, b = rest
        return first * a * b + merged["extra"] + sum(x for x in layers)

    got = grad(loss)({"layers": (2.0, 3.0), "last": 5.0})
    same(got, {"layers": (16.0, 11.0), "last": 9.0})


def test_tree_functions_of_the_user():
    def tree_sum(t):
        if isinstance(t, dict):
            return sum(tree_sum(v) for v in t.values())
        if isinstance(t, (list, tuple)):
            return sum(tree_sum(v) for v in t)
        return np.sum(t * t)

    got = grad(tree_sum)({"a": [vec(1, 2), 3.0], "b": (vec(4),)})
    same(got, {"a": [vec(2, 4), 6.0], "b": (vec(8),)})


def test_an_argument_that_is_a_container_and_not_differentiated():
    g = grad(lambda w, data: np.sum(w * data["x"]) * data["n"])
    np.testing.assert_array_equal(g(vec(1, 2), {"x": vec(3, 4), "n": 2}), vec(6, 8))
    np.testing.assert_array_equal(g(vec(1, 2), {"x": vec(3, 4), "n": 5}), vec(15, 20))


def test_containers_as_results_of_a_pullback():
    def f(x):
        return {"a": x * 2, "b": (np.sum(x), [x * x]), "n": 3}

    value, pullback = vjp(f, vec(1, 2))
    same(value, {"a": vec(2, 4), "b": (np.float64(3), [vec(1, 4)]), "n": 3})
    (bar,) = pullback({"a": vec(1, 0), "b": (10.0, [vec(0, 1)]), "n": None})
    np.testing.assert_array_equal(bar, vec(12, 14))


def test_a_named_tuple_and_a_dataclass_as_results_of_a_pullback():
    value, pullback = vjp(lambda x: Layer(x * 2, x + 1), 3.0)
    same(value, Layer(6.0, 4.0))
    assert pullback(Layer(1.0, 10.0)) == (12.0,)
    value, pullback = vjp(lambda x: Pair(x * 2, x + 1), 3.0)
    same(value, Pair(6.0, 4.0))
    assert pullback(Pair(1.0, 10.0)) == (12.0,)


def test_pullback_to_containers_and_none_for_what_is_not_floating():
    value, pullback = vjp(lambda p, n, flag, s: p["x"] * n, {"x": 2.0, "k": 3}, 4, True, "text")
    assert value == 8.0
    assert pullback(1.0) == ({"x": 4.0, "k": None}, None, None, None)


@pytest.mark.parametrize(
    "bad",
    [
        1.0,
        {"a": 1.0},
        {"a": vec(1, 2), "c": 1.0},
        {"a": vec(1, 2, 3), "b": (1.0,)},
        {"a": vec(1, 2), "b": 1.0},
        {"a": vec(1, 2), "b": (1.0, 2.0)},
        {"a": 1.0, "b": (1.0,)},
    ],
)
def test_a_cotangent_of_another_structure_or_shape_is_a_value_error(bad):
    _, pullback = vjp(lambda x: {"a": x * 2, "b": (np.sum(x),)}, vec(1, 2))
    with pytest.raises(ValueError, match="cotangent"):
        pullback(bad)


def test_an_item_of_a_long_list_is_not_changed_alone():
    """The list would see nothing of it: it is refused, as are methods and attributes that change an item."""
    rows = [[0.1 * i, 0.2] for i in range(20)]

    def elements(rows):
        for i in range(len(rows)):
            for j in range(2):
                rows[i][j] *= 1.5
        return sum(sum(row) ** 2 for row in rows)

    def appended(rows):
        for row in rows:
            row.append(1.0)
        return sum(sum(row) ** 2 for row in rows)

    def renewed(rows):
        rows = [[1.5 * v for v in row] for row in rows]
        return sum(sum(row) ** 2 for row in rows)

    def arrays(layers):
        for layer in layers:
            layer["w"] -= 0.1 * layer["w"] ** 2
            layer["w"][0] *= 2
        return sum(np.sum(layer["w"] ** 2) for layer in layers)

    layers = [{"w": np.array([0.3, 0.1 * i])} for i in range(20)]
    moved = [{"w": layer["w"] + 1e-6 * np.array([1.0, -2.0])} for layer in layers]
    slope = sum(g["w"] @ np.array([1.0, -2.0]) for g in grad(arrays)(layers))
    assert abs((arrays(moved) - arrays([{"w": layer["w"].copy()} for layer in layers])) / 1e-6 - slope) < 1e-3
    for f in (elements, appended):
        with pytest.raises(UnsupportedSyntaxError, match="an item of a list of more than 16 containers"):
            grad(f)(rows)
    assert grad(elements)(rows[:3]) == grad(renewed)(rows[:3])


def test_where_of_a_condition_alone():
    def f(x):
        i = np.where(x > 0)[0]
        (j,) = np.where(condition=x < 0)
        return np.sum(x[i] ** 2) * len(i) + np.sum(x[j]) * x[i[-1]]

    x = np.array([0.3, -1.2, 0.7, 1.9, -0.4])
    expected = np.array([6 * 0.3, 1.9, 6 * 0.7, 6 * 1.9 - 1.6, 1.9])
    np.testing.assert_allclose(grad(f)(x), expected)
    np.testing.assert_allclose(grad(f, jit={"boundscheck": True})(x), expected)
