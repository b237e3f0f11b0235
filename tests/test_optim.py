"""The optimisers: against their published recurrences, over containers, and differentiated through."""

from __future__ import annotations

import dataclasses
from collections import namedtuple

import numpy as np
import pytest

import s2sgrad
from s2sgrad import checkpointed, grad, jvp, optim

MATRIX = np.array([[2.0, 0.3], [0.3, 1.0]])
START = np.array([1.0, -2.0])
Layer = namedtuple("Layer", "weights bias")


@dataclasses.dataclass
class Point:
    position: np.ndarray
    height: float


def loss(params):
    w, b = params["w"], params["b"]
    return 0.5 * w @ MATRIX @ w + np.sum((b[0] - w) ** 2) + 0.1 * np.sum(b[1] ** 4)


def beginning(w):
    return {"w": w, "b": (w * 0.5, np.sin(w))}


MAKERS = {
    "sgd": lambda rate, decay: optim.sgd(rate),
    "momentum": lambda rate, decay: optim.momentum(rate, decay),
    "nesterov": lambda rate, decay: optim.nesterov(rate, decay),
    "rmsprop": lambda rate, decay: optim.rmsprop(rate, decay),
    "adam": lambda rate, decay: optim.adam(rate, decay),
    "adamw": lambda rate, decay: optim.adamw(rate, decay, weight_decay=0.3),
}


def trained_by(make):
    def trained(rate, decay, w):
        init, update = make(rate, decay)
        params = beginning(w)
        state = init(params)
        for _ in range(5):
            params, state = update(grad(loss)(params), state, params)
        return loss(params)

    return trained


def difference(fun, args, k, direction, h=1e-4):
    """A directional derivative by Richardson's extrapolation of central differences."""

    def central(step):
        up, down = (fun(*args[:k], args[k] + s * direction, *args[k + 1 :]) for s in (step, -step))
        return (up - down) / (2 * step)

    return (4 * central(h / 2) - central(h)) / 3


@pytest.mark.parametrize("name", MAKERS)
def test_the_gradient_through_five_steps_agrees_with_numerical_derivatives(name):
    trained, args = trained_by(MAKERS[name]), (0.05, 0.8, START)
    by_rate, by_decay, by_start = grad(trained, (0, 1, 2))(*args)
    assert by_rate == pytest.approx(difference(trained, args, 0, 1.0), rel=1e-7, abs=1e-9)
    assert by_decay == pytest.approx(difference(trained, args, 1, 1.0), rel=1e-7, abs=1e-9)
    for k, direction in enumerate(np.eye(2)):
        assert by_start[k] == pytest.approx(difference(trained, args, 2, direction), rel=1e-7, abs=1e-9)
    assert (by_rate != 0) and (name == "sgd") == (by_decay == 0)


@pytest.mark.parametrize("name", MAKERS)
def test_forward_mode_agrees_with_reverse_mode(name):
    trained, args, tangents = trained_by(MAKERS[name]), (0.05, 0.8, START), (1.0, 0.5, np.array([0.3, -0.2]))
    gradients = grad(trained, (0, 1, 2))(*args)
    expected = sum(np.sum(g * t) for g, t in zip(gradients, tangents))
    assert jvp(trained, args, tangents)[1] == pytest.approx(expected, rel=1e-10)


def recurrence(name, gradients, rate=0.1, d=0.8, b2=0.999, eps=1e-8):
    """The published updates for a single number, one after another."""
    p, v, s = 1.0, 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        if name == "sgd":
            p -= rate * g
        elif name in ("momentum", "nesterov"):
            v = d * v + g
            p -= rate * (g + d * v if name == "nesterov" else v)
        elif name == "rmsprop":
            s = d * s + (1 - d) * g**2
            p -= rate * g / (np.sqrt(s) + eps)
        else:
            v, s = d * v + (1 - d) * g, b2 * s + (1 - b2) * g**2
            move = (v / (1 - d**t)) / (np.sqrt(s / (1 - b2**t)) + eps)
            p -= rate * (move + (0.3 * p if name == "adamw" else 0.0))
    return p


@pytest.mark.parametrize("name", MAKERS)
def test_updates_are_the_published_recurrences(name):
    gradients = [0.7, -1.2, 0.1, 0.0, 2.0]
    init, update = MAKERS[name](0.1, 0.8)
    params = 1.0
    state = init(params)
    for g in gradients:
        params, state = update(g, state, params)
    assert params == pytest.approx(recurrence(name, gradients), rel=1e-14)


def trained_for(make, steps_of):
    def trained(rate, steps):
        init, update = make(rate, 0.8)
        params = beginning(START)
        state = init(params)
        for _ in steps_of(steps):
            params, state = update(grad(loss)(params), state, params)
        return loss(params)

    return trained


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_time_loop_is_differentiated_and_may_be_checkpointed(name):
    kept = trained_for(MAKERS[name], range)
    checked = trained_for(MAKERS[name], lambda steps: checkpointed(range(steps), keep=3))
    derivative = grad(kept)(0.05, 23)
    assert derivative == pytest.approx(difference(kept, (0.05, 23), 0, 1.0, h=1e-5), rel=1e-6)
    assert grad(checked)(0.05, 23) == pytest.approx(derivative, rel=1e-12)


@pytest.mark.parametrize("name", MAKERS)
def test_containers_keep_their_structure_and_nothing_is_written(name):
    params = {
        "layers": [Layer(np.ones((2, 2), np.float32), 0.5), Layer(np.zeros(3), 1.0)],
        "point": Point(np.arange(3.0), 2.0),
        "kind": "tanh",
        "count": 3,
    }

    def objective(p):
        first, second = p["layers"]
        total = (
            np.sum(first.weights**2)
            + (first.bias - 1) ** 2
            + np.sum((second.weights - 1) ** 2)
            + second.bias**2
        )
        return total + np.sum(p["point"].position ** 2) * p["point"].height ** 2

    before = objective(params)
    init, update = MAKERS[name](1e-3, 0.8)
    new, state = params, init(params)
    for _ in range(3):
        new, state = update(grad(objective)(new), state, new)
    assert objective(params) == before > objective(new)
    assert isinstance(new["layers"][0], Layer) and isinstance(new["point"], Point)
    assert new["layers"][0].weights.dtype == np.float32
    assert (new["kind"], new["count"], state["step"]) == ("tanh", 3, 3)


@pytest.mark.parametrize("name", ["rmsprop", "adam", "adamw"])
def test_a_coordinate_without_gradient_gives_no_nan(name):
    def trained(rate):
        init, update = MAKERS[name](rate, 0.8)
        params = np.array([1.0, 5.0])
        state = init(params)
        for _ in range(3):
            gradient = np.array([1.0, 0.0]) * params
            params, state = update(gradient, state, params)
        return params[0] ** 2

    expected = difference(trained, (0.01,), 0, 1.0)
    with np.errstate(all="raise"):
        assert grad(trained)(0.01) == pytest.approx(expected, rel=1e-7)


def test_schedules():
    assert optim.exponential_decay(0.1, 0.5, every=10)(20) == pytest.approx(0.025)
    cosine = optim.cosine_decay(0.1, 100, final=0.01)
    assert [cosine(0), cosine(100), cosine(150)] == pytest.approx([0.1, 0.01, 0.01])
    assert optim.warmup(0.1, 4)(0) == pytest.approx(0.025)
    assert optim.warmup(cosine, 4)(50) == pytest.approx(cosine(50))


def test_a_schedule_is_followed_and_differentiated():
    def trained(rate, factor):
        init, update = optim.sgd(optim.exponential_decay(rate, factor))
        params, state = 1.0, init(1.0)
        for _ in range(4):
            params, state = update(params, state, params)
        return params

    assert trained(0.1, 0.5) == pytest.approx(np.prod(1 - 0.1 * 0.5 ** np.arange(4)))
    by_rate, by_factor = grad(trained, (0, 1))(0.1, 0.5)
    assert by_rate == pytest.approx(difference(trained, (0.1, 0.5), 0, 1.0), rel=1e-8)
    assert by_factor == pytest.approx(difference(trained, (0.1, 0.5), 1, 1.0), rel=1e-8)


SCHEDULES = {
    "exponential": lambda rate, second: optim.exponential_decay(rate, second, every=3),
    "cosine": lambda rate, second: optim.cosine_decay(rate, 5, final=0.1 * second),
    "warmup of a number": lambda rate, second: optim.warmup(rate * second, 3),
    "warmup of a schedule": lambda rate, second: optim.warmup(optim.cosine_decay(rate, 7, second), 3),
}


@pytest.mark.parametrize("trips", ["unrolled", "run time"])
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_is_differentiated_through_every_kind_of_loop(name, rule, trips):
    def trained(rate, second, w, steps):
        init, update = MAKERS[rule](SCHEDULES[name](rate, second), 0.8)
        params = beginning(w)
        state = init(params)
        for _ in range(steps) if trips == "run time" else range(8):  # past the end of each schedule
            params, state = update(grad(loss)(params), state, params)
        return loss(params)

    args = (0.05, 0.5, START, 8)
    by_rate, by_second, by_start = grad(trained, (0, 1, 2))(*args)
    assert by_rate == pytest.approx(difference(trained, args, 0, 1.0, h=1e-5), rel=1e-6)
    assert by_second == pytest.approx(difference(trained, args, 1, 1.0), rel=1e-6)
    for k, direction in enumerate(np.eye(2)):
        assert by_start[k] == pytest.approx(difference(trained, args, 2, direction), rel=1e-6, abs=1e-9)


CLIPPINGS = {"norm": optim.clip_by_norm, "value": optim.clip_by_value}


@pytest.mark.parametrize("limit, active", [(1.5, True), (1e3, False)])
@pytest.mark.parametrize("name", CLIPPINGS)
def test_every_clipping_is_differentiated_inside_training(name, limit, active):
    def trained(rate, limit, w):
        init, update = optim.momentum(rate, 0.8)
        params = beginning(w)
        state = init(params)
        for _ in range(5):
            params, state = update(CLIPPINGS[name](grad(loss)(params), limit), state, params)
        return loss(params)

    args = (0.05, limit, START)
    by_rate, by_limit, by_start = grad(trained, (0, 1, 2))(*args)
    assert by_rate == pytest.approx(difference(trained, args, 0, 1.0), rel=1e-7)
    assert by_limit == pytest.approx(difference(trained, args, 1, 1.0), rel=1e-7, abs=1e-12)
    assert (by_limit != 0) == active
    for k, direction in enumerate(np.eye(2)):
        assert by_start[k] == pytest.approx(difference(trained, args, 2, direction), rel=1e-7)


def test_clipping_by_norm():
    gradient = {"a": np.array([3.0, 0.0]), "b": [4.0, None]}
    assert optim.global_norm(gradient) == pytest.approx(5.0)
    clipped = optim.clip_by_norm(gradient, 1.0)
    assert clipped["a"] == pytest.approx([0.6, 0.0]) and clipped["b"][0] == pytest.approx(0.8)
    assert clipped["b"][1] is None
    assert optim.clip_by_norm(gradient, 10.0)["b"][0] == 4.0


def test_clipping_is_differentiated():
    def through(x, limit):
        return np.sum(optim.clip_by_norm([x, 2 * x], limit)[0] * np.array([1.0, 2.0]))

    args = (np.array([1.0, -3.0]), 2.0)
    by_x, by_limit = grad(through, (0, 1))(*args)
    for k, direction in enumerate(np.eye(2)):
        assert by_x[k] == pytest.approx(difference(through, args, 0, direction), rel=1e-7)
    assert by_limit == pytest.approx(difference(through, args, 1, 1.0), rel=1e-7)
    assert grad(optim.global_norm)(np.zeros(2)) == pytest.approx([0.0, 0.0])


def test_clipping_by_value():
    assert optim.clip_by_value((np.array([-3.0, 0.5]),), 1.0)[0] == pytest.approx([-1.0, 0.5])


def test_the_module_is_imported_when_it_is_first_used():
    import subprocess
    import sys

    program = "import sys, s2sgrad; assert 's2sgrad.optim' not in sys.modules; s2sgrad.optim.sgd(0.1)"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert "optim" in s2sgrad.__all__


COMPILED = {
    "sgd": lambda jit: optim.sgd(optim.exponential_decay(0.1, 0.9), jit=jit),
    "momentum": lambda jit: optim.momentum(0.1, jit=jit),
    "nesterov": lambda jit: optim.nesterov(optim.warmup(0.1, 3), jit=jit),
    "rmsprop": lambda jit: optim.rmsprop(0.1, jit=jit),
    "adam": lambda jit: optim.adam(0.1, jit=jit),
    "adamw": lambda jit: optim.adamw(optim.cosine_decay(0.1, 10), weight_decay=0.3, jit=jit),
}


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_updates_are_those_of_numpy(name):
    random = np.random.default_rng(0)
    layer = Layer(random.standard_normal((3, 4)).astype(np.float32), 0.5)
    params = {"layer": layer, "list": [random.standard_normal(5)], "kind": "tanh", "count": 3}
    trails = []
    for jit in (False, True):
        init, update = COMPILED[name](jit)
        new, state, gradients = params, init(params), np.random.default_rng(1)
        for _ in range(4):
            slopes = Layer(gradients.standard_normal((3, 4)).astype(np.float32), gradients.standard_normal())
            slope = {"layer": slopes, "list": [gradients.standard_normal(5)], "kind": None, "count": None}
            new, state = update(slope, state, new)
        trails.append((new, state))
    (plain, plain_state), (compiled, state) = trails
    assert isinstance(compiled["layer"], Layer) and compiled["layer"].weights.dtype == np.float32
    assert (compiled["kind"], compiled["count"], state["step"]) == ("tanh", 3, plain_state["step"])
    np.testing.assert_allclose(compiled["layer"].weights, plain["layer"].weights, rtol=1e-6)
    np.testing.assert_allclose(compiled["list"][0], plain["list"][0], rtol=1e-14)
    assert compiled["layer"].bias == pytest.approx(plain["layer"].bias, rel=1e-14)
    assert params["layer"].bias == 0.5 and params["layer"] is layer


def test_a_derivative_goes_through_a_compiled_update():
    def trained(jit):
        def run(rate, w):
            init, update = optim.adam(rate, jit=jit)
            params, state = w, init(w)
            for _ in range(3):
                params, state = update(grad(lambda p: np.sum(p**4))(params), state, params)
            return np.sum(params**2)

        return run

    expected = grad(trained(False), (0, 1))(0.1, START)
    got = grad(trained(True), (0, 1))(0.1, START)
    assert got[0] == expected[0] and np.array_equal(got[1], expected[1])

    init, update = optim.sgd(0.1, jit=True)  # made outside, as a training loop has it
    assert grad(lambda w: np.sum(update(w, init(w), w)[0] ** 2))(START) == pytest.approx(2 * 0.81 * START)
