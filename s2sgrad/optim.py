"""Optimisers as pairs of pure functions over containers, themselves differentiable.

Each of `sgd`, `momentum`, `nesterov`, `rmsprop`, `adam` and `adamw` returns an `Optimiser`, a pair

    init(params) -> state
    update(gradient, state, params) -> (new params, new state)

where params is a number, an array, or a nesting of tuples, lists, dicts, named tuples and dataclasses of these,
and the gradient has its structure (None in the place of leaves that are no floating numbers: those stay as they
are). Nothing is written in place. All of it is in the language that s2sgrad differentiates, so that the result
of a training loop has exact derivatives with respect to the learning rate, the decay rates, the first
parameters and the data.

A learning rate is a number or a schedule: a function from the step, counted from 0, to a number.

With `jit=True` (or options, as for `grad`) the update is compiled: one loop over each leaf, where NumPy makes a dozen
passes. It is compiled at the first call with leaves of a kind, which takes a second or two; the results are the same.

    >>> import numpy as np
    >>> from s2sgrad import grad, optim
    >>> def loss(params):
    ...     return np.sum((params["w"] - 1.0) ** 2)
    >>> init, update = optim.momentum(0.1, 0.5)
    >>> params = {"w": np.zeros(2)}
    >>> state = init(params)
    >>> for _ in range(30):
    ...     params, state = update(grad(loss)(params), state, params)
    >>> bool(np.allclose(params["w"], 1.0, atol=1e-3))
    True
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .api import Derivative
from .frontend.builtin_functions import BUILTINS

Rate = float | Callable[[int], float]


class Optimiser(NamedTuple):
    """A rule of descent: `init(params)` makes its state, `update(gradient, state, params)` takes a step."""

    init: Callable[[Any], Any]
    update: Callable[[Any, Any, Any], tuple[Any, Any]]


# Optimisers


def sgd(rate: Rate, *, jit: Any = False) -> Optimiser:
    """Gradient descent: p <- p - rate g."""

    def init(params: Any) -> Any:
        return {"step": 0}

    def update(gradient: Any, state: Any, params: Any) -> Any:
        size = _at(rate, state["step"])
        new = _each(lambda p, g: p - size * g, params, gradient)
        return new, {"step": state["step"] + 1}

    return Optimiser(init, _run_by(update, jit))


def momentum(rate: Rate, decay: float = 0.9, *, jit: Any = False) -> Optimiser:
    """The heavy ball: v <- decay v + g, p <- p - rate v (Polyak 1964)."""

    def init(params: Any) -> Any:
        return {"step": 0, "velocity": _zeros(params)}

    def update(gradient: Any, state: Any, params: Any) -> Any:
        size = _at(rate, state["step"])
        velocity = _each(lambda p, g, v: decay * v + g, params, gradient, state["velocity"])
        new = _each(lambda p, g, v: p - size * v, params, gradient, velocity)
        return new, {"step": state["step"] + 1, "velocity": velocity}

    return Optimiser(init, _run_by(update, jit))


def nesterov(rate: Rate, decay: float = 0.9, *, jit: Any = False) -> Optimiser:
    """Momentum that looks ahead: v <- decay v + g, p <- p - rate (g + decay v) (Sutskever et al. 2013)."""

    def init(params: Any) -> Any:
        return {"step": 0, "velocity": _zeros(params)}

    def update(gradient: Any, state: Any, params: Any) -> Any:
        size = _at(rate, state["step"])
        velocity = _each(lambda p, g, v: decay * v + g, params, gradient, state["velocity"])
        new = _each(lambda p, g, v: p - size * (g + decay * v), params, gradient, velocity)
        return new, {"step": state["step"] + 1, "velocity": velocity}

    return Optimiser(init, _run_by(update, jit))


def rmsprop(rate: Rate, decay: float = 0.9, epsilon: float = 1e-8, *, jit: Any = False) -> Optimiser:
    """Each coordinate by its recent size: s <- decay s + (1 - decay) g^2, p <- p - rate g / (sqrt(s) + epsilon)."""

    def init(params: Any) -> Any:
        return {"step": 0, "square": _zeros(params)}

    def update(gradient: Any, state: Any, params: Any) -> Any:
        size = _at(rate, state["step"])
        square = _each(lambda p, g, s: decay * s + (1 - decay) * g * g, params, gradient, state["square"])
        new = _each(lambda p, g, s: p - size * g / (_root(s) + epsilon), params, gradient, square)
        return new, {"step": state["step"] + 1, "square": square}

    return Optimiser(init, _run_by(update, jit))


def adam(
    rate: Rate, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, *, jit: Any = False
) -> Optimiser:
    """Momentum over size, both freed from their start at zero (Kingma and Ba 2015).

    m <- beta1 m + (1 - beta1) g,  s <- beta2 s + (1 - beta2) g^2, and after t steps
    p <- p - rate (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon).
    """
    return adamw(rate, beta1, beta2, epsilon, 0.0, jit=jit)


def adamw(
    rate: Rate,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.01,
    *,
    jit: Any = False,
) -> Optimiser:
    """Adam with the decay of weights apart from the gradient: also p <- p - rate weight_decay p.

    Loshchilov and Hutter 2019, with the learning rate as the factor of both terms.
    """

    def init(params: Any) -> Any:
        return {"step": 0, "mean": _zeros(params), "square": _zeros(params)}

    def update(gradient: Any, state: Any, params: Any) -> Any:
        size, count = _at(rate, state["step"]), state["step"] + 1
        mean = _each(lambda p, g, m: beta1 * m + (1 - beta1) * g, params, gradient, state["mean"])
        square = _each(lambda p, g, s: beta2 * s + (1 - beta2) * g * g, params, gradient, state["square"])
        of_mean, of_square = 1 - beta1**count, 1 - beta2**count

        def moved(p: Any, g: Any, m: Any, s: Any) -> Any:
            return p - size * ((m / of_mean) / (_root(s / of_square) + epsilon) + weight_decay * p)

        new = _each(moved, params, gradient, mean, square)
        return new, {"step": count, "mean": mean, "square": square}

    return Optimiser(init, _run_by(update, jit))


def _run_by(update: Callable[..., Any], jit: Any) -> Callable[..., Any]:
    """The update as it is, or compiled."""
    return update if jit is False else Derivative(update, (), "value", jit)


BUILTINS[_run_by] = lambda frame, node, update, jit: (
    update
)  # inside what is differentiated, it is the function


# Learning rates


def exponential_decay(rate: float, factor: float, every: int = 1) -> Callable[[int], float]:
    """The schedule rate * factor^(step / every)."""
    return lambda step: rate * factor ** (step / every)


def cosine_decay(rate: float, steps: int, final: float = 0.0) -> Callable[[int], float]:
    """The schedule that falls from `rate` to `final` over `steps` along half a cosine, and then stays."""
    return lambda step: final + 0.5 * (rate - final) * (1 + math.cos(math.pi * min(step / steps, 1.0)))


def warmup(rate: Rate, steps: int) -> Callable[[int], float]:
    """The schedule `rate`, growing linearly from rate / steps over the first `steps`."""
    return lambda step: _at(rate, step) * min((step + 1) / steps, 1.0)


# Gradient clipping


def global_norm(gradient: Any) -> Any:
    """The Euclidean norm of all leaves together; its derivative at 0 is 0."""
    return _root(_sum_of_squares(gradient))


def clip_by_norm(gradient: Any, limit: float) -> Any:
    """The gradient, scaled down to the norm `limit` where its norm is larger."""
    norm = global_norm(gradient)
    scale = limit / norm if norm > limit else 1.0
    return _each(lambda g, same: g * scale, gradient, gradient)


def clip_by_value(gradient: Any, limit: float) -> Any:
    """The gradient, each entry held between -limit and limit."""
    return _each(lambda g, same: np.clip(g, -limit, limit), gradient, gradient)


# Containers


def _at(rate: Any, step: Any) -> Any:
    return rate(step) if callable(rate) else rate


def _root(x: Any) -> Any:
    """sqrt(x) with derivative 0 at 0: a coordinate that never had a gradient must not turn into NaN."""
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)


def _each(fun: Callable[..., Any], tree: Any, gradient: Any, *others: Any) -> Any:
    """`fun` of corresponding leaves, in the structure of `tree`; a leaf without gradient stays as it is."""
    trees = (gradient, *others)
    if isinstance(tree, dict):
        return {key: _each(fun, tree[key], *[t[key] for t in trees]) for key in tree}
    if isinstance(tree, (list, tuple)):
        return _like(tree, [_each(fun, part, *[t[i] for t in trees]) for i, part in enumerate(tree)])
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [field.name for field in dataclasses.fields(tree)]
        parts = {n: _each(fun, getattr(tree, n), *[getattr(t, n) for t in trees]) for n in names}
        return type(tree)(**parts)
    return tree if gradient is None else fun(tree, gradient, *others)


def _like(tree: Any, parts: list[Any]) -> Any:
    """The parts as a list, tuple or named tuple, as `tree` is."""
    if isinstance(tree, list):
        return parts
    return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)


def _zeros(params: Any) -> Any:
    """The state of a coordinate at rest; text and functions among the parameters have none that is used."""
    return _each(lambda p, same: np.zeros_like(p) if isinstance(p, np.ndarray) else 0.0, params, params)


def _sum_of_squares(tree: Any) -> Any:
    if isinstance(tree, dict):
        return sum([_sum_of_squares(tree[key]) for key in tree])
    if isinstance(tree, (list, tuple)):
        return sum([_sum_of_squares(part) for part in tree])
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return sum([_sum_of_squares(getattr(tree, field.name)) for field in dataclasses.fields(tree)])
    return 0.0 if tree is None else np.sum(tree * tree)
