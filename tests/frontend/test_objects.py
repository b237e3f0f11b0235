"""Objects of the user's classes in differentiated functions: dataclasses, named tuples, operators, `super()`, sets."""

from __future__ import annotations

import collections
import itertools
from dataclasses import InitVar, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from s2sgrad import NonDifferentiableError, UnsupportedSyntaxError, grad, value_and_grad, vjp

from ..language.numerical import check

X = np.array([0.3, 1.2, 0.7])


@dataclass
class Doubled:
    a: float
    by: InitVar[float] = 2.0
    seen: list = field(default_factory=list)
    c: float = field(init=False, default=3.0)

    def __post_init__(self, by):
        self.a = self.a * by
        self.seen.append(self.a)


@dataclass
class Number:
    a: float
    scale = 2.0

    def __add__(self, other):
        return Number(self.a + other.a)

    def __rmul__(self, k):
        return Number(self.a * k)

    def __neg__(self):
        return Number(-self.a)

    def __lt__(self, other):
        return self.a < other.a

    def __len__(self):
        return 7

    def __getitem__(self, k):
        return self.a * k

    def __call__(self, v):
        return self.a * v

    @classmethod
    def twice(cls, v):
        return cls(v * cls.scale)

    @staticmethod
    def square(v):
        return v * v


class Pair(NamedTuple):
    a: float
    b: float = 2.0

    def area(self):
        return self.a * self.b

    @property
    def sum(self):
        return self.a + self.b

    def __add__(self, other):
        return Pair(self.a + other.a, self.b + other.b)


class Base:
    scale = 2.0

    def __init__(self, w):
        self.w = w

    def act(self, v):
        return np.tanh(v)

    @property
    def size(self):
        return 3.0

    def __matmul__(self, v):
        return self.w @ v


class Derived(Base):
    def act(self, v):
        return super().act(v) * super().size * super().scale * self.scale

    def __call__(self, v):
        return np.sum(self.act(self @ v))


def made_with_post_init(x):
    d = Doubled(x[0], by=x[1])
    e = replace(Doubled(x[2]), a=x[1])
    return d.a**2 * d.c + sum(d.seen) * e.a + len(e.seen)


def operators(x):
    p, q = Number(x[0]), Number(x[1])
    r = p + 3.0 * q
    r.a *= x[2]
    smaller = 1.0 if p < q else 2.0
    return r.a * p[2] + len(p) + q(x[2]) + (-p).a * smaller + Number.twice(x[1]).a * p.square(x[0])


def named_tuples(x):
    p, q = Pair(x[0]), Pair(b=x[1], a=x[2])
    return p.area() * q.area() * (p + q).sum + q.sum + q._replace(a=x[0]).a


MODEL = Derived(np.array([[1.0, 0.2, 0.1], [0.3, 2.0, 0.4], [0.5, 0.1, 1.5]]))


def inherited(x):
    return MODEL(x) + (MODEL @ x)[0]


def sets(x):
    seen, others = set(), set()
    for i in range(len(x)):
        if x[i] > 0.5:
            seen.add(i)
    others.add(9)
    return np.sum(x) * len(seen) * len(others) * (2 in seen) + x[1] * len({1, 2} | {3} - {1})


def pairs_of_itertools(x):
    s = 0.0
    for i, j in itertools.combinations(range(len(x)), 2):
        s += x[i] * x[j] * (j - i)
    return s


def parts_of_a_range(x):
    r = range(len(x))
    return x[r[-1]] * r[-1] + sum(x[i] * i for i in r[1:]) + list(r)[-1] * x[0]


PROGRAMS = [
    made_with_post_init,
    operators,
    named_tuples,
    inherited,
    sets,
    pairs_of_itertools,
    parts_of_a_range,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f: Any):
    check(f, X)


@dataclass
class Layer:
    w: np.ndarray
    inner: Any = None
    norm: float = field(init=False, default=0.0)

    def __post_init__(self):
        if not isinstance(self.w, np.ndarray):
            raise TypeError("no array")
        self.norm = float(np.sum(self.w**2))
        self.extra = 5.0


def test_an_argument_with_post_init():
    f = lambda p: np.sum(p.w**2) * p.inner.w[0] * p.extra + p.norm
    layer = Layer(X, Layer(2 * X))
    found = grad(f)(layer)
    assert type(found) is Layer and type(found.inner) is Layer and found.inner.inner is None
    np.testing.assert_allclose(found.w, 2 * X * 0.6 * 5)
    np.testing.assert_allclose(found.inner.w, [np.sum(X**2) * 5, 0, 0])
    assert (found.norm, found.inner.norm) == (1.0, 0.0)
    _, pullback = vjp(lambda p: p, layer)
    np.testing.assert_allclose(pullback(layer)[0].inner.w, 2 * X)


def test_attributes_of_classes_are_read_at_each_call():
    derivative = grad(lambda x: Number.twice(x).a)
    assert derivative(1.0) == 2.0
    Number.scale = 5.0
    try:
        assert derivative(1.0) == 5.0
    finally:
        Number.scale = 2.0


def test_what_an_unknown_object_is_given_is_not_lost():
    def queued(x):
        q = collections.deque()
        q.append(x[0])
        return q.popleft() ** 2

    def counted(x):
        d = collections.defaultdict(float)
        for i, v in enumerate(x):
            d[i % 2] += v**2
        return d[0] * d[1]

    for f in (queued, counted):
        with pytest.raises(NonDifferentiableError):
            grad(f)(X)

    def constants(x):
        q = collections.deque([1, 2])
        q.append(3)
        return np.sum(x) * q.popleft() * len(q)

    assert value_and_grad(constants)(X)[0] == constants(X)


def test_one_of_two_functions():
    with pytest.raises(UnsupportedSyntaxError, match="this function is of a different nature on two paths"):
        grad(lambda x: (np.sin if x > 0 else lambda v: v)(x))(1.0)


def test_attributes_of_arrays():
    f = lambda x: np.sum(x) * x.nbytes + x.itemsize * x[0]
    np.testing.assert_allclose(grad(f)(X), [32, 24, 24])
    with pytest.raises(UnsupportedSyntaxError, match="`.strides` of an array"):
        grad(lambda x: np.sum(x) * len(x.strides))(X)


def test_sorted_by_a_key():
    x = np.array([0.3, -1.2, 0.7, 1.9, -0.4])
    weights = np.arange(1.0, 6.0)
    for f in (
        lambda x: sum(w * v for w, v in zip(weights, sorted(x, key=lambda v: v * v))),
        lambda x: sum(w * v for w, v in zip(weights, sorted(x, key=lambda v: -v, reverse=True))),
        lambda x: sum(w * v for w, v in zip(weights, sorted([v * x[0] for v in x], key=abs))),
        lambda x: sum(w * v for w, v in zip(weights, sorted((v for v in x if v > 0), key=lambda v: -v))),
        lambda x: sorted([x[0], x[1], x[2]], key=lambda v: v * v)[1] ** 2,
    ):
        check(f, x)


def test_extremes_with_defaults_and_of_containers():
    x = np.array([0.3, -1.2, 0.7, 1.9, -0.4])
    check(
        lambda x: max([v for v in x if v > 100], default=x[1]) + min((v for v in x if v > 0), default=0.0), x
    )
    check(lambda x: max((1, 2), (1, 3))[1] * x[0] + pow(base=x[2], exp=2) + pow(2, 3, 5) * x[1], x)
    with pytest.raises(UnsupportedSyntaxError, match="cannot be ordered"):
        grad(lambda x: max([x[0], 1.0], [x[1], 2.0])[0])(x)
    with pytest.raises(UnsupportedSyntaxError, match="`round` with these arguments"):
        grad(lambda x: round(x[0], 1, 2))(x)


def test_lists_that_are_sorted_in_place():
    def known(x):
        items = [x[0], x[1], x[2]]
        items.sort()
        names = [3.0, 1.0, 2.0]
        names.sort(reverse=True)
        return items[0] * 2 + items[2] + names[0] * x[1]

    def grown(x):
        items = []
        for v in x:
            items.append(v * v)
        items.sort(reverse=True)
        items.sort(key=lambda v: -v)
        return sum(i * v for i, v in enumerate(items))

    for f in (known, grown):
        check(f, X)


def test_text_with_places_for_values():
    check(lambda x: len("%d of %d" % (len(x), 3)) * x[0] + len("%s" % "ab") * x[1], X)  # noqa: UP031
