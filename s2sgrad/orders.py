"""Forward mode and what is made of it: `jvp`, `hvp`, `elementwise_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import structure
from .api import Derivative
from .frontend.builtin_functions import BUILTINS
from .frontend.nesting import DerivativeOf, nested_jvp
from .pullback import arrays, owned, pullback_at
from .pushforward import Pushforward, tangent_like
from .signature import reach, with_floats


def jvp(fun: Callable[..., Any], args: Any, tangents: Any, *, jit: Any = False) -> tuple[Any, Any]:
    """The value of a function and its derivative along a direction, by forward mode.

    Parameters
    ----------
    fun : callable
        A function of any result.
    args, tangents : tuple
        Its arguments and a tangent for each, in the same structure; None for arguments that do not move.

    Raises
    ------
    ValueError
        If a tangent has another structure or shape than its argument.

    Examples
    --------
    >>> jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, 0.0))
    (6.0, 2.0)
    """
    if (
        not isinstance(args, (tuple, list))
        or not isinstance(tangents, (tuple, list))
        or len(args) != len(tangents)
    ):
        raise ValueError("args and tangents must be tuples of the same length")
    moving = [k for k, t in enumerate(tangents) if t is not None and _moves(args[k], t)]
    if not moving:
        value = fun(*args)
        return value, _zeros_like(value)
    push = Pushforward(fun, tuple(moving), "jvp", jit)
    directions = [tangent_like(tangents[k], args[k]) for k in moving]
    value, tangent = push.along(push._bound(tuple(args), {}), directions)
    given = list(arrays((args, directions, push._seen)))
    value = owned(value, given)
    return value, owned(tangent, [*given, *arrays(value)])


def _moves(x: Any, tangent: Any) -> bool:
    """Whether an argument is differentiated by: a whole number is taken as a float, unless it stays what it is."""
    if type(x) is int:
        return not (isinstance(tangent, (int, float)) and tangent == 0)
    return any(map(structure.is_floating, structure.leaves(x)))


def _zeros_like(x: Any) -> Any:
    def zero(leaf: Any) -> Any:
        return np.zeros_like(leaf)[()] if structure.is_floating(leaf) else None

    return structure.map_leaves(zero, x)


class HessianVectorProduct(Pushforward):
    """`(*args, v)` to the Hessian at `args` times `v`; the Hessian is never formed."""

    takes_direction = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound, v = self._bound(args, kwargs), args[-1]
        wanted = [reach(bound, position, self._signature.names) for position in self._positions]
        given = list(v) if isinstance(self.wrt, (tuple, list)) else [v]
        if len(given) != len(wanted):
            raise ValueError(f"v has {len(given)} parts for {len(wanted)} arguments")
        return self.along(bound, [tangent_like(d, x) for d, x in zip(given, wanted)])

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The values of the parameters: the last argument is the direction."""
        own = args[:-1] if self.takes_direction else args
        return with_floats(self._signature.bind(own, kwargs), self._positions)


def hvp(fun: Callable[..., Any], wrt: Any = 0, *, jit: Any = False) -> HessianVectorProduct:
    """A function `(*args, v)`: the Hessian of `fun` times `v`, forward over reverse.

    Examples
    --------
    >>> import numpy as np
    >>> product = hvp(lambda x: np.sum(x**3))
    >>> print(product(np.array([1.0, 2.0]), np.array([1.0, 0.0])))
    [6. 0.]
    """
    return HessianVectorProduct(fun, wrt, "hvp", jit)


class ElementwiseGrad(Derivative):
    """The derivative of a function that acts element by element, at every element."""

    def __init__(
        self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "elementwise", jit: Any = False
    ) -> None:
        super().__init__(fun, wrt, "elementwise", jit)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = with_floats(self._signature.bind(args, kwargs), self._positions)
        value, pullback = pullback_at(self._fun, self._signature, bound, self._positions, self._jit)
        ones = np.ones_like(value) if isinstance(value, (np.ndarray, np.generic)) else 1.0
        found = pullback(ones)
        return found if isinstance(self.wrt, (tuple, list)) else found[0]


def elementwise_grad(fun: Callable[..., Any], wrt: Any = 0, *, jit: Any = False) -> ElementwiseGrad:
    """The derivative of a function that acts element by element, in the shape of its argument.

    Examples
    --------
    >>> import numpy as np
    >>> print(elementwise_grad(np.square)(np.array([1.0, 2.0])))
    [2. 4.]
    """
    return ElementwiseGrad(fun, wrt, jit=jit)


def nested(kind: str) -> Callable[..., Any]:
    """What the call of a derivative means inside interpreted code."""
    return lambda frame, node, fun, wrt=0, *, jit=False: DerivativeOf(kind, fun, wrt)


BUILTINS[jvp] = nested_jvp
BUILTINS[hvp] = nested("hvp")
BUILTINS[elementwise_grad] = nested("elementwise")


__all__ = ["elementwise_grad", "hvp", "jvp", "nested"]
