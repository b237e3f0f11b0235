"""Definitions that exported programs copy, in a module that imports s2sgrad."""

import dataclasses
from collections import namedtuple

import numpy as np

from s2sgrad import defvjp, primitive

Layer = namedtuple("Layer", "W b")
LENGTH = 3.0


@dataclasses.dataclass
class Point:
    x: float
    y: float = 1.0


def envelope(x):
    """A function that the primitives share."""
    return np.exp(-x / LENGTH)


@primitive
def dampen(x):
    """`x exp(-x / 3)`, as if by a library."""
    return x * envelope(x)


@primitive
def slope_of_dampen(x):
    return envelope(x) * (1 - x / LENGTH)


defvjp(dampen, lambda g, ans, x: g * slope_of_dampen(x))
