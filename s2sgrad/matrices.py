"""Matrices of derivatives: `jacobian` by columns or rows, `hessian` by columns.

Columns are found several at a time: one forward sweep carries the tangents of several unit vectors. Of containers, the
matrices are containers of blocks: in the structure of the result, and inside in that of the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import structure
from .api import Derivative, target_of
from .arguments import check_arguments
from .frontend import nested_loops  # noqa: F401 - declares what this means inside interpreted code
from .frontend.builtin_functions import BUILTINS
from .frontend.nesting import DerivativeOf
from .ir.program import first_effect
from .orders import HessianVectorProduct, nested
from .pullback import pullback_at
from .pushforward import Pushforward
from .signature import reach, signature_of, with_floats

TOGETHER = 4  # columns of a dense matrix in one sweep: more is faster to run, and slower to compile
TOGETHER_SPARSE = 12  # colours, of which there are few


def widths(count: int, together: int) -> tuple[int, int]:
    """How many sweeps for `count` directions, and how many directions in each."""
    sweeps = max(1, -(-count // together))
    return sweeps, max(1, -(-count // sweeps))


def basis(x: Any) -> Iterator[Any]:
    """Each unit vector of a structure of arrays and numbers; None in the place of what is not floating."""
    zero = structure.map_leaves(lambda leaf: _zero(leaf), x)
    for k, leaf in enumerate(structure.leaves(x)):
        if structure.is_floating(leaf):
            for unit in _units(leaf):
                yield replaced(zero, k, unit)


def _zero(leaf: Any) -> Any:
    return np.zeros_like(leaf)[()] if structure.is_floating(leaf) else None


def _units(leaf: Any) -> Iterator[Any]:
    for index in np.ndindex(*np.shape(leaf)):
        unit = np.zeros(np.shape(leaf), np.asarray(leaf).dtype)
        unit[index] = 1
        yield unit if isinstance(leaf, np.ndarray) else unit[()]


def replaced(x: Any, k: int, leaf: Any) -> Any:
    """A structure with another leaf in the place of leaf `k`."""
    numbers = iter(range(sum(1 for _ in structure.leaves(x))))
    return structure.map_leaves(lambda old: leaf if next(numbers) == k else old, x)


def size_of(x: Any) -> int:
    """How many floating numbers a structure has."""
    return sum(np.size(leaf) for leaf in structure.leaves(x) if structure.is_floating(leaf))


def from_columns(columns: list[Any], x: Any) -> Any:
    """Derivatives along each unit vector of `x` as blocks of output shape + input shape."""

    def blocks(*parts: Any) -> Any:
        if parts[0] is None:
            return None
        at = iter(parts)
        return structure.map_leaves(lambda leaf: _block(at, np.shape(parts[0]), leaf), x)

    return structure.map_leaves(blocks, *columns)


def _block(columns: Iterator[Any], shape: tuple[int, ...], leaf: Any) -> Any:
    """The next columns, those of one leaf of the argument."""
    if not structure.is_floating(leaf):
        return None
    found = [next(columns) for _ in range(np.size(leaf))]
    if not found:
        return np.zeros(shape + np.shape(leaf), np.asarray(leaf).dtype)
    out = np.stack(found, axis=-1) if np.ndim(leaf) else np.asarray(found[0])
    out = out.reshape(shape + np.shape(leaf))
    return out if out.shape else out[()]


class Columns:
    """The derivatives along many directions, in as few sweeps as are worth their compilation."""

    def __init__(self, fun: Any, wrt: Any, kind: str, jit: Any, together: int) -> None:
        self._make = lambda width: Pushforward(fun, wrt, kind, jit, width)
        self._by_width = {1: self._make(1)}
        self.latest, self._together = self._by_width[1], together

    def of_width(self, count: int) -> tuple[int, Pushforward]:
        """The program for `count` directions, and how many it takes at a time."""
        _, width = widths(count, self._together)
        if width not in self._by_width:
            self._by_width[width] = self._make(width)
        return width, self._by_width[width]

    def along(self, args: tuple[Any, ...], directions: list[Any]) -> list[Any]:
        """The derivative along each direction; a direction has a part for each argument that moves."""
        width, self.latest = self.of_width(len(directions))
        out: list[Any] = []
        for k in range(0, len(directions), width):
            group = directions[k : k + width]
            padded = [*group, *[group[0]] * (width - len(group))]
            out.extend(self.latest.along(args, [part for d in padded for part in d])[: len(group)])
        return out


class Hessian(HessianVectorProduct):
    """Second derivatives: Hessian-vector products of the unit vectors."""

    nature = "matrix"
    kind = "hessian"
    takes_direction = False

    def __init__(self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "hvp", jit: Any = False) -> None:
        super().__init__(fun, wrt, kind, jit)
        self._columns = Columns(fun, wrt, "hessian", jit, TOGETHER)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        bound = with_floats(self._signature.bind(args, kwargs), self._positions)
        wanted = tuple(reach(bound, position, self._signature.names) for position in self._positions)
        if first_effect(self._specialised_for(bound).lowered.function) is not None:
            return self._by_rows(bound, wanted)
        found = self._columns.along(bound, [tuple(unit) for unit in basis(wanted)])
        self._latest = self._columns.latest._latest
        if not isinstance(self.wrt, (tuple, list)):
            return from_columns(found, wanted[0])
        return from_columns(found, wanted)

    def _by_rows(self, bound: tuple[Any, ...], wanted: tuple[Any, ...]) -> Any:
        """The Jacobian of the gradient, from one run of it: what it draws or prints happens once."""
        gradient = Derivative(self._fun, self.wrt, "grad", self._jit)
        value, pullback = pullback_at(gradient, signature_of(gradient), bound, self._positions, self._jit)
        if isinstance(self.wrt, (tuple, list)):
            return from_rows(value, pullback, wanted)
        return from_rows(value, lambda g: pullback(g)[0], wanted[0])


def hessian(fun: Callable[..., Any], wrt: Any = 0, *, jit: Any = False) -> Hessian:
    """Second derivatives of a scalar-valued function: shape of the argument, twice.

    Examples
    --------
    >>> import numpy as np
    >>> print(hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0])))
    [[6. 2.]
     [2. 0.]]
    """
    return Hessian(fun, wrt, "hvp", jit)


class Jacobian:
    """The Jacobian of a function with respect to an argument, or to each of a tuple of those."""

    nature = "matrix"
    kind = "jacobian"

    def __init__(
        self,
        fun: Callable[..., Any],
        wrt: Any = 0,
        mode: str = "auto",
        sparsity: Any = None,
        jit: Any = False,
    ) -> None:
        if mode not in ("auto", "forward", "reverse"):
            raise ValueError(f"mode={mode!r}: it is 'forward', 'reverse' or 'auto'")
        self.__wrapped__, self.wrt, self.mode = fun, wrt, mode
        self._fun, self._jit, self._sparsity = target_of(fun), jit, sparsity
        self._groups = None if sparsity is None else _colouring(sparsity, wrt, mode)
        self._columns = Columns(fun, wrt, "tangents", jit, TOGETHER if sparsity is None else TOGETHER_SPARSE)
        self._signature, self._positions = self._push._signature, self._push._positions
        self.__name__ = f"jacobian_{getattr(fun, '__name__', type(fun).__name__)}"
        self.__doc__ = getattr(fun, "__doc__", None)

    def __reduce__(self) -> Any:
        return (type(self), (self.__wrapped__, self.wrt, self.mode, self._sparsity, self._jit))

    @property
    def _push(self) -> Pushforward:
        """The program that the latest columns ran."""
        return self._columns.latest

    def _push_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pushforward:
        """The program that columns run for these arguments."""
        x = reach(self._bound(args, kwargs), self._positions[0], self._signature.names)
        count = size_of(x) if self._groups is None else self._groups.count
        return self._columns.of_width(count * (2 if _is_complex(x) else 1))[1]

    @property
    def source(self) -> str:
        """The program that columns run, for the types of the latest call."""
        return self._push.source

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The program that columns run, for these arguments."""
        return self._push_for(args, kwargs).source_for(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The compilation of what columns run, stage by stage."""
        return self._push_for(args, kwargs).lower(*args, **kwargs)

    def export(self, path: Any) -> None:
        """Write the program that columns run as a module of its own."""
        self._push.export(path)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        return with_floats(self._signature.bind(args, kwargs), self._positions)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.wrt, (tuple, list)):
            return tuple(
                Jacobian(self.__wrapped__, w, self.mode, None, self._jit)(*args, **kwargs) for w in self.wrt
            )
        bound = self._bound(args, kwargs)
        x = reach(bound, self._positions[0], self._signature.names)
        check_arguments(self._signature, bound, self._positions)
        if self._groups is not None:
            return self._compressed(self._groups, bound, x)
        lowered = self._push._specialised_for(bound).lowered
        if self.mode == "reverse" or first_effect(lowered.function) is not None:  # rows are those of one run
            return self._by_rows(bound, x)
        if self.mode == "auto" and size_of(x) > max(1, size_of(self._fun(*args, **kwargs))):
            return self._by_rows(bound, x)
        return self._by_columns(bound, x)

    def _compressed(self, groups: Any, bound: tuple[Any, ...], x: Any) -> Any:
        """A sparse Jacobian, by the colours of its pattern."""
        from .sparse import compressed

        if not structure.is_floating(x):
            raise ValueError("a sparse Jacobian is with respect to one array or number")
        return compressed(groups, x, lambda ds: self._along(bound, ds), lambda: self._pullback(bound))

    def _along(self, bound: tuple[Any, ...], directions: list[Any]) -> list[Any]:
        """The derivatives along directions; of a complex argument by the convention of gradients."""
        if not any(map(_is_complex, directions)):
            return self._columns.along(bound, [(d,) for d in directions])
        turned = [structure.map_leaves(lambda t: None if t is None else 1j * t, d) for d in directions]
        found = self._columns.along(bound, [(d,) for d in (*directions, *turned)])
        return [
            structure.map_leaves(_conjugate_slope, a, b) if _is_complex(d) else a
            for d, a, b in zip(directions, found, found[len(directions) :])
        ]

    def _by_columns(self, bound: tuple[Any, ...], x: Any) -> Any:
        units = list(basis(x))
        return from_columns(self._along(bound, units), x) if units else self._by_rows(bound, x)

    def _pullback(self, bound: tuple[Any, ...]) -> tuple[Any, Callable[[Any], Any]]:
        """The value, and the cotangent of what is differentiated by."""
        value, pullback = pullback_at(self._fun, self._signature, bound, self._positions, self._jit)
        return value, lambda g: pullback(g)[0]

    def _by_rows(self, bound: tuple[Any, ...], x: Any) -> Any:
        value, pullback = self._pullback(bound)
        return from_rows(value, pullback, x)


def from_rows(value: Any, pullback: Callable[[Any], Any], x: Any) -> Any:
    """The pullbacks of the unit vectors of a result, as blocks of output shape + input shape."""
    zero = structure.map_leaves(_zero, value)
    numbers = iter(range(sum(1 for _ in structure.leaves(value))))
    return structure.map_leaves(lambda leaf: _rows(zero, pullback, leaf, next(numbers), x), value)


def _is_complex(x: Any) -> bool:
    return any(np.iscomplexobj(leaf) for leaf in structure.leaves(x) if leaf is not None)


def _conjugate_slope(a: Any, b: Any) -> Any:
    return None if a is None else np.real(a) - 1j * np.real(b)


def _rows(zero: Any, pullback: Callable[[Any], Any], leaf: Any, k: int, x: Any) -> Any:
    """The blocks of leaf `k` of the result: the pullbacks of its unit vectors."""
    if not structure.is_floating(leaf):
        return None
    rows = [pullback(replaced(zero, k, unit)) for unit in _units(leaf)]
    if np.iscomplexobj(leaf):  # for a real argument, the imaginary part has a row of its own
        turned = [pullback(replaced(zero, k, -1j * unit)) for unit in _units(leaf)]
        rows = [structure.map_leaves(_with_imaginary, a, b) for a, b in zip(rows, turned)]

    def block(part: Any, *found: Any) -> Any:
        if not structure.is_floating(part):
            return None
        dtype = np.result_type(leaf, part)
        out = np.array(found, dtype).reshape(np.shape(leaf) + np.shape(part))
        return out if out.shape else out[()]

    return structure.map_leaves(block, x, *rows)


def _with_imaginary(a: Any, b: Any) -> Any:
    return a if a is None or np.iscomplexobj(a) else a + 1j * b


def _colouring(sparsity: Any, wrt: Any, mode: str) -> Any:
    from .sparse import groups_of

    if isinstance(wrt, (tuple, list)):
        raise ValueError(
            "a sparsity pattern is of one argument: give `wrt` as a position or a name, not a tuple"
        )
    return groups_of(sparsity, mode)


def jacobian(
    fun: Callable[..., Any], wrt: Any = 0, *, mode: str = "auto", sparsity: Any = None, jit: Any = False
) -> Jacobian:
    """The Jacobian: output shape + input shape, by columns (forward) or rows (reverse), the cheaper by default.

    Parameters
    ----------
    fun : callable
        A function of any result; a Jacobian has the structure of the result, None for what is not floating.
    wrt : int, str or tuple of these
        An array or number to differentiate with respect to; a tuple gives a tuple of Jacobians.
    mode : {"auto", "forward", "reverse"}
        A forward sweep a column, or a backward sweep a row.
    sparsity : SciPy sparse array, optional
        A pattern of output size by input size, with an entry for every derivative that may not be zero. Columns (or
        rows) that share no row (no column) are found in one sweep; the result is a `scipy.sparse.csr_array`.

    Raises
    ------
    ValueError
        For an unknown mode, an argument that is a container, or a pattern of another size.

    Notes
    -----
    With a complex argument the convention is that of gradients: the Jacobian of a holomorphic function is its
    complex derivative, that of a real function is d/dx - i d/dy.

    Examples
    --------
    >>> import numpy as np
    >>> print(jacobian(lambda x: x**2)(np.array([1.0, 2.0])))
    [[2. 0.]
     [0. 4.]]
    """
    return Jacobian(fun, wrt, mode, sparsity, jit)


def jacobian_sparsity(fun: Callable[..., Any], *args: Any, wrt: Any = 0) -> Any:
    """A pattern for `jacobian(..., sparsity=...)`: which entries of the result may depend on which of the argument.

    Parameters
    ----------
    fun : callable
        A function of any result.
    *args
        Arguments for its shapes, and for the branches and subscripts that depend on values.
    wrt : int or str
        An array or number.

    Returns
    -------
    scipy.sparse.csr_array
        Booleans, of output size by input size.

    Notes
    -----
    Beside each number of the program goes the set of the entries of the argument that it may depend on, in one sweep.
    Entries that move (subscripts, writes, reshapes) take their sets along; elementwise functions unite them whatever
    their derivative is, so both sides of `np.where` and of a maximum count, and factors of zero do not hide anything;
    reductions unite along their axes. What mixes its entries in a way that is not known makes everything depend on
    everything. So the pattern may have entries too many, and none too few, for these arguments; at others too, unless
    an `if`, a `while`, or a subscript that depends on values takes another way there.

    The pattern of a Hessian is that of the gradient's Jacobian: `jacobian_sparsity(grad(f), x)`.

    Examples
    --------
    >>> import numpy as np
    >>> print(jacobian_sparsity(lambda x: x[1:] * x[:-1], np.zeros(3)).toarray())
    [[ True  True False]
     [False  True  True]]
    """
    from .sparse import pattern_of

    if isinstance(wrt, (tuple, list)):
        raise ValueError(
            "a sparsity pattern is of one argument: give `wrt` as a position or a name, not a tuple"
        )
    push = Pushforward(fun, wrt, "pattern")
    bound = with_floats(push._signature.bind(args, {}), push._positions)
    x = reach(bound, push._positions[0], push._signature.names)
    if not structure.is_floating(x):
        raise ValueError("a sparsity pattern is with respect to one array or number")
    return pattern_of(x, lambda sources: push.along(bound, [sources])[0])


BUILTINS[hessian] = nested("hessian")
BUILTINS[jacobian] = lambda frame, node, fun, wrt=0, *, mode="auto", sparsity=None, jit=False: DerivativeOf(
    "jacobian", fun, wrt
)


__all__ = ["hessian", "jacobian", "jacobian_sparsity"]
