"""A helper that surely raises, for all that is known when the program is compiled, raises when it runs."""

from __future__ import annotations

import pytest

from s2sgrad import grad, jvp


def demand(known):
    if known not in ("square", "cube"):
        raise ValueError(f"{known} is not known")


def power(x, name):
    demand(name)
    return x**2 if name == "square" else x**3


def test_the_exception_of_a_helper_is_not_lost() -> None:
    assert grad(power)(2.0, "cube") == 12.0
    with pytest.raises(ValueError, match="root is not known"):
        grad(power)(2.0, "root")
    with pytest.raises(ValueError, match="root is not known"):
        jvp(lambda x: power(x, "root"), (2.0,), (1.0,))


def never(x):
    raise RuntimeError("not here")


def in_one_arm(x):
    if x > 1:
        never(x)
    return x * x


def test_a_helper_that_always_raises_in_one_arm() -> None:
    assert grad(in_one_arm)(0.5) == 1.0
    with pytest.raises(RuntimeError, match="not here"):
        grad(in_one_arm)(2.0)
