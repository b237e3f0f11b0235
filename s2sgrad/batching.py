"""`vmap`: a function of one example, applied to every example of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import structure
from .api import Derivative, target_of
from .frontend import nested_loops  # noqa: F401 - declares what this means inside interpreted code
from .frontend.builtin_functions import BUILTINS
from .frontend.nesting import DerivativeOf

# --- axes ---------------------------------------------------------------------------------------------------


def axes_for(in_axes: Any, count: int) -> list[Any]:
    """The axes of each positional argument."""
    if in_axes is None or type(in_axes) is int:
        return [in_axes] * count
    if not isinstance(in_axes, (tuple, list)):
        raise TypeError(f"in_axes is an int, None or a tuple of those, not a {type(in_axes).__name__}")
    if len(in_axes) != count:
        raise ValueError(f"in_axes has {len(in_axes)} items for {count} arguments")
    return list(in_axes)


def axis_at(x: Any, axes: Any, change: Callable[[Any, Any], Any], parts: Any, rebuild: Any) -> Any:
    """`x` with `change(leaf, axis)` for each leaf: `axes` is one for all, or a container of them as `x` is one."""
    inner = parts(x)
    if inner is None:
        if axes is not None and type(axes) is not int:
            raise ValueError(f"an axis is an int or None, not {axes!r}")
        return change(x, axes)
    below = parts(axes) if isinstance(axes, (tuple, list, dict)) else [axes] * len(inner)
    if len(below) != len(inner):
        raise ValueError(f"the axes {axes!r} have {len(below)} items for a container of {len(inner)}")
    items = [axis_at(item, axis, change, parts, rebuild) for item, axis in zip(inner, below)]
    return rebuild(x, items)


def _parts(x: Any) -> list[Any] | None:
    inner = structure.parts(x)
    return None if inner is None else list(inner.values())


# --- the function -------------------------------------------------------------------------------------------


class Batched:
    """A function mapped over a batch axis of its arguments."""

    nature = "batched"
    _kind = "vmap"

    def __init__(
        self, fun: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, jit: Any = False
    ) -> None:
        if not (in_axes is None or isinstance(in_axes, (int, tuple, list))) or isinstance(in_axes, bool):
            raise TypeError(f"in_axes is an int, None or a tuple of those, not a {type(in_axes).__name__}")
        if any(leaf is not None and type(leaf) is not int for leaf in structure.leaves(out_axes)):
            raise ValueError(
                f"out_axes={out_axes!r}: a result has a batch axis, an int, or is None: shared by all"
            )
        if all(leaf is None for leaf in structure.leaves(in_axes)):
            raise ValueError("vmap has no argument to map over: in_axes is None everywhere")
        self.__wrapped__, self.in_axes, self.out_axes = fun, in_axes, out_axes
        self._fun = target_of(fun)
        self.wrt = (in_axes, out_axes)
        self._jit = jit
        batched = jit is not False and Batched(fun, in_axes, out_axes)
        self._compiled = Derivative(batched, (), "value", jit) if batched else None
        self.__name__ = f"vmap_{getattr(fun, '__name__', type(fun).__name__)}"
        self.__doc__ = getattr(fun, "__doc__", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results of all examples, stacked."""
        spots = [*zip(args, axes_for(self.in_axes, len(args))), *[(x, 0) for x in kwargs.values()]]
        sizes: list[int] = []
        items = [axis_at(x, axes, _splitter(sizes), _parts, structure.rebuilt) for x, axes in spots]
        count = _agreed(sizes)
        if self._compiled is not None:
            return self._compiled(*args, **kwargs)
        results = []
        for k in range(count):
            at = [_example(x, k) for x in items]
            results.append(self.__wrapped__(*at[: len(args)], **dict(zip(kwargs, at[len(args) :]))))
        stacked = structure.map_leaves(lambda *leaves: _stack(leaves), *results)
        return axis_at(stacked, self.out_axes, _from_front, _parts, structure.rebuilt)

    def __reduce__(self) -> Any:
        return (Batched, (self.__wrapped__, self.in_axes, self.out_axes, self._jit))

    def __repr__(self) -> str:
        return f"<vmap of {self.__name__[5:]}, in_axes={self.in_axes!r}, out_axes={self.out_axes!r}>"


class _Examples:
    """An argument whose items, along the first axis, are those of the examples."""

    def __init__(self, items: np.ndarray) -> None:
        self.items = items


def _splitter(sizes: list[int]) -> Callable[[Any, Any], Any]:
    def split(leaf: Any, axis: Any) -> Any:
        if axis is None:
            return leaf
        if not isinstance(leaf, np.ndarray) or not -leaf.ndim <= axis < leaf.ndim:
            what = (
                f"an array of {leaf.ndim} axes"
                if isinstance(leaf, np.ndarray)
                else f"a {type(leaf).__name__}"
            )
            raise ValueError(f"{what} has no axis {axis} to map over: give None for it in `in_axes`")
        sizes.append(leaf.shape[axis])
        return _Examples(np.moveaxis(leaf, axis, 0))

    return split


def _agreed(sizes: list[int]) -> int:
    if not sizes:
        raise ValueError("vmap has no argument to map over: in_axes is None everywhere")
    if len(set(sizes)) > 1:
        raise ValueError(f"the axes that are mapped over have different sizes: {sorted(set(sizes))}")
    if not sizes[0]:
        raise ValueError("the batch is empty: what the results would look like cannot be told")
    return sizes[0]


def _example(x: Any, k: int) -> Any:
    return structure.map_leaves(lambda leaf: leaf.items[k] if isinstance(leaf, _Examples) else leaf, x)


def _stack(leaves: tuple[Any, ...]) -> Any:
    """The values of one leaf of the result in all examples; None where it is None."""
    return None if all(leaf is None for leaf in leaves) else np.array(leaves)


def _from_front(leaf: Any, axis: Any) -> Any:
    if axis is None and leaf is not None:
        if not all(np.array_equal(leaf[0], other, equal_nan=leaf.dtype.kind in "fc") for other in leaf):
            raise ValueError("a result with out_axes=None differs from example to example: give it an axis")
        return leaf[0]
    return leaf if leaf is None or not axis else np.moveaxis(leaf, 0, axis)


def vmap(fun: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, *, jit: Any = False) -> Batched:
    """A function mapped over a batch axis: `vmap(grad(f))` gives the gradient of each example.

    Parameters
    ----------
    fun : callable
        A function of one example, of any result.
    in_axes : int, None or tuple of these
        The batch axis of each positional argument, from the end if negative; None for one that all examples share.
        For a container, one axis for all its arrays, or a container of axes. Keyword arguments have axis 0.
    out_axes : int, None or container of these
        Where the batch axis of the results is; None for a result that is the same for all examples.

    Raises
    ------
    ValueError
        If an argument has no such axis, if the axes differ in size, or if the batch is empty.

    Examples
    --------
    >>> import numpy as np
    >>> print(vmap(np.dot, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0])))
    [3. 4.]
    """
    return Batched(fun, in_axes, out_axes, jit)


def _nested(frame: Any, node: Any, fun: Any, in_axes: Any = 0, out_axes: Any = 0, *, jit: Any = False) -> Any:
    return DerivativeOf("vmap", fun, (in_axes, out_axes))


BUILTINS[vmap] = _nested
__all__ = ["Batched", "axes_for", "axis_at", "vmap"]
