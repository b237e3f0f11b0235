"""Forward mode and what is made of it: `jvp`, `hvp`, `hessian`, `jacobian`, `elementwise_grad`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import compiler, structure
from .api import Derivative, explain, target_of
from .compiler import (
    BUILDERS,
    Request,
    check_scalar,
    finish_function,
    gradients,
    independent_leaves,
    is_floating,
)
from .frontend.abstract import leaves_of, map_abstract
from .frontend.builtin_functions import BUILTINS
from .frontend.capture import describe
from .frontend.nesting import DerivativeOf, nested_jvp
from .ir.program import Value, first_effect, type_of
from .pullback import arrays, conform, owned, pullback_at
from .signature import reach, signature_of, with_floats
from .targets.numpy import Entry
from .transforms.cotangent import zeros
from .transforms.forward import forward
from .transforms.reverse import reverse

# --- programs -----------------------------------------------------------------------------------------------


def _directions(targets: list[Any]) -> list[Any]:
    """Tangents in the structure of what they are tangent to; None for what is not floating."""

    def tangent(leaf: Any) -> Any:
        return Value(leaf.type, f"{leaf.name or 'x'}_dot") if is_floating(leaf) else None

    return [map_abstract(t, tangent) for t in targets]


def _tangent_parameters(lowered: Any, request: Request, directions: list[Any]) -> list[tuple[str, Any]]:
    names = [lowered.parameters[position[0]][0] for position in request.wrt]
    return [*lowered.parameters, *[(f"{name}_dot", d) for name, d in zip(names, directions)]]


def _values(x: Any) -> list[Value]:
    return [leaf for leaf in leaves_of(x) if isinstance(leaf, Value)]


def _build_jvp(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """The value and the directional derivative, in one forward sweep."""
    directions = _directions(targets)
    name = f"{lowered.function.name}_jvp"
    results = list(leaves_of(lowered.result))
    structural = request.kind == "pattern"
    leaves = independent_leaves(targets)
    pushed = forward(
        lowered.function, lowered.inputs, leaves, _values(directions), results, name, structural=structural
    )
    values, tangents = (
        iter(pushed.results),
        iter([_tangent(pushed, r, t) for r, t in zip(pushed.results, pushed.tangents)]),
    )
    value = map_abstract(lowered.result, lambda leaf: next(values))
    tangent = map_abstract(lowered.result, lambda leaf: next(tangents))
    parameters = _tangent_parameters(lowered, request, directions)
    doc = f"The value of `{lowered.function.name}` and its directional derivative."
    entry = finish_function(lowered, pushed.function, parameters, name, (value, tangent), doc)
    return [
        dataclasses.replace(entry, fresh_results=False)
    ], None  # `jvp` copies what is shared, of any structure


def _tangent(pushed: Any, result: Any, tangent: Any) -> Any:
    if tangent is not None:
        return tangent
    if isinstance(result, Value):
        return zeros(pushed.builder, result) if type_of(result).may_be_active else None
    return 0.0 if isinstance(result, (float, complex)) else None


def _build_hvp(lowered: Any, targets: list[Any], request: Request) -> tuple[list[Entry], Any]:
    """Forward over reverse: the gradient's directional derivative."""
    check_scalar(lowered)
    name = f"{lowered.function.name}_hvp"
    adjoint = reverse(
        lowered.function, lowered.inputs, independent_leaves(targets), [lowered.result], [1.0], name
    )
    gradient = gradients(adjoint, targets)
    directions = _directions(targets)
    leaves = list(leaves_of(gradient))
    pushed = forward(
        adjoint.function, lowered.inputs, independent_leaves(targets), _values(directions), leaves, name
    )
    tangents = iter(
        [
            None if g is None else _zero_or(pushed, t, leaf)
            for g, t, leaf in zip(leaves, pushed.tangents, leaves_of(targets))
        ]
    )
    product = [map_abstract(g, lambda leaf: next(tangents)) for g in gradient]
    result = product[0] if request.single else tuple(product)
    parameters = _tangent_parameters(lowered, request, directions)
    doc = f"The Hessian of `{lowered.function.name}` times a vector."
    return [finish_function(lowered, pushed.function, parameters, name, result, doc)], None


def _zero_or(pushed: Any, tangent: Any, leaf: Any) -> Any:
    if tangent is not None and isinstance(tangent, Value):
        return tangent
    return zeros(pushed.builder, leaf)


BUILDERS["jvp"] = BUILDERS["pattern"] = _build_jvp
BUILDERS["hvp"] = _build_hvp


# --- the functions ------------------------------------------------------------------------------------------------


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
    push = _Pushforward(fun, tuple(moving), "jvp", jit)
    directions = [_conform(tangents[k], args[k]) for k in moving]
    value, tangent = push.along(push._bound(tuple(args), {}), directions)
    given = list(arrays((args, directions, push._seen)))
    value = owned(value, given)
    return value, owned(tangent, [*given, *arrays(value)])


def _moves(x: Any, tangent: Any) -> bool:
    """Whether an argument is differentiated by: a whole number is taken as a float, unless it stays what it is."""
    if type(x) is int:
        return not (isinstance(tangent, (int, float)) and tangent == 0)
    return any(map(structure.is_floating, structure.leaves(x)))


def _conform(tangent: Any, x: Any) -> Any:
    try:
        return conform(tangent, float(x) if type(x) is int else x)
    except ValueError as error:
        raise ValueError(str(error).replace("cotangent", "tangent").replace("value", "argument")) from None


def _zeros_like(x: Any) -> Any:
    def zero(leaf: Any) -> Any:
        return np.zeros_like(leaf)[()] if structure.is_floating(leaf) else None

    return structure.map_leaves(zero, x)


class _Pushforward(Derivative):
    """A compiled program that takes directions beside its arguments."""

    def __init__(self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "hvp", jit: Any = False) -> None:
        super().__init__(fun, wrt, kind, jit)
        self._seen: Any = ()  # the captured inputs of the latest call

    def along(self, args: tuple[Any, ...], directions: list[Any]) -> Any:
        """What the program computes for the values of all parameters, along directions."""
        key = tuple(map(describe, args))
        found = compiler.find(self._variants, key, self._fun, args)
        spec, captured = found if found is not None else self._compile(args, key)
        self._latest, self._seen = spec, captured
        try:
            return spec.run(*args, *directions, *captured)
        except Exception as error:
            explain(error, spec)
            raise


class HessianVectorProduct(_Pushforward):
    """`(*args, v)` to the Hessian at `args` times `v`; the Hessian is never formed."""

    takes_direction = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound, v = self._bound(args, kwargs), args[-1]
        wanted = [reach(bound, position, self._signature.names) for position in self._positions]
        given = list(v) if isinstance(self.wrt, (tuple, list)) else [v]
        if len(given) != len(wanted):
            raise ValueError(f"v has {len(given)} parts for {len(wanted)} arguments")
        return self.along(bound, [_conform(d, x) for d, x in zip(given, wanted)])

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


def basis(x: Any) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Each unit vector of an array or number, and where its one stands."""
    shape = np.shape(x)
    for index in np.ndindex(*shape):
        if not shape:
            yield (np.asarray(1.0, np.asarray(x).dtype)[()] if isinstance(x, np.generic) else 1.0), index
            return
        unit = np.zeros(shape, x.dtype)
        unit[index] = 1
        yield unit, index


class Hessian(HessianVectorProduct):
    """Second derivatives of a function of one array or number, a column a Hessian-vector product."""

    nature = "matrix"
    kind = "hessian"
    takes_direction = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        bound = self._bound(args, kwargs)
        x = reach(bound, self._positions[0], self._signature.names)
        if len(self._positions) != 1 or not isinstance(x, (float, complex, np.ndarray, np.generic)):
            raise ValueError(
                "the Hessian is of one array or number: use `hvp`, or differentiate with respect to one argument"
            )
        if first_effect(self._specialised_for(bound).lowered.function) is not None:
            return self._by_rows(bound, x)
        out = np.empty(np.shape(x) * 2, np.asarray(x).dtype)
        for unit, index in basis(x):
            out[(..., *index)] = self.along(bound, [unit])  # type: ignore
        return out if out.shape else out[()]

    def _by_rows(self, bound: tuple[Any, ...], x: Any) -> Any:
        """The Jacobian of the gradient, from one run of it: what it draws or prints happens once."""
        gradient = Derivative(self._fun, self.wrt, "grad", self._jit)
        value, pullback = pullback_at(gradient, signature_of(gradient), bound, self._positions, self._jit)
        row = lambda g: pullback(g)[0]
        return _rows(value, row, [value], 0, x)


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
    """The Jacobian of a function with respect to one array or number, or to each of a tuple of those."""

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
        self._fun = target_of(fun)
        self._push, self._jit = _Pushforward(fun, wrt, "jvp", jit), jit
        self._groups = None if sparsity is None else _colouring(sparsity, wrt, mode)
        self._sparsity = sparsity
        self.__name__ = f"jacobian_{getattr(fun, '__name__', type(fun).__name__)}"
        self.__doc__ = getattr(fun, "__doc__", None)

    def __reduce__(self) -> Any:
        return (type(self), (self.__wrapped__, self.wrt, self.mode, self._sparsity, self._jit))

    @property
    def source(self) -> str:
        """The program that one column runs, for the types of the latest call."""
        return self._push.source

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The program that one column runs, for these arguments."""
        return self._push.source_for(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The compilation of what one column runs, stage by stage."""
        return self._push.lower(*args, **kwargs)

    def export(self, path: Any) -> None:
        """Write the program that one column runs as a module of its own."""
        self._push.export(path)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.wrt, (tuple, list)):
            return tuple(
                Jacobian(self.__wrapped__, w, self.mode, None, self._jit)(*args, **kwargs) for w in self.wrt
            )
        bound = with_floats(self._push._signature.bind(args, kwargs), self._push._positions)
        x = reach(bound, self._push._positions[0], self._push._signature.names)
        if not isinstance(x, (float, complex, np.ndarray, np.generic)):
            raise ValueError("the Jacobian is with respect to one array or number, or a tuple of those")
        if self._groups is not None:
            from .sparse import compressed

            return compressed(
                self._groups, x, lambda t: self._column(bound, t), lambda: self._pullback(bound)
            )
        lowered = self._push._specialised_for(bound).lowered
        if self.mode == "reverse" or first_effect(lowered.function) is not None:  # rows are those of one run
            return self._by_rows(bound, x)
        if self.mode == "auto" and np.size(x) > max(1, self._output_size(args, kwargs)):
            return self._by_rows(bound, x)
        return self._by_columns(bound, x)

    def _output_size(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
        value = self._fun(*args, **kwargs)
        return sum(np.size(leaf) for leaf in structure.leaves(value) if structure.is_floating(leaf))

    def _column(self, bound: tuple[Any, ...], direction: Any) -> Any:
        """The derivative along a direction; of a complex argument by the convention of gradients."""
        t = self._push.along(bound, [direction])[1]
        if not np.iscomplexobj(direction):
            return t
        turned = self._push.along(bound, [1j * direction])[1]
        return structure.map_leaves(
            lambda a, b: None if a is None else np.real(a) - 1j * np.real(b), t, turned
        )

    def _by_columns(self, bound: tuple[Any, ...], x: Any) -> Any:
        columns = [(self._column(bound, unit), index) for unit, index in basis(x)]
        if not columns:
            return self._by_rows(bound, x)
        return _assemble([c for c, _ in columns], [i for _, i in columns], np.shape(x))

    def _pullback(self, bound: tuple[Any, ...]) -> tuple[Any, Callable[[Any], Any]]:
        """The value, and the cotangent of what is differentiated by."""
        value, pullback = pullback_at(
            self._fun, self._push._signature, bound, self._push._positions, self._jit
        )
        return value, lambda g: pullback(g)[0]

    def _by_rows(self, bound: tuple[Any, ...], x: Any) -> Any:
        value, pullback = self._pullback(bound)
        leaves = list(structure.leaves(value))
        numbers = iter(range(len(leaves)))
        return structure.map_leaves(lambda leaf: _rows(value, pullback, leaves, next(numbers), x), value)


def _rows(value: Any, pullback: Callable[[Any], Any], leaves: list[Any], k: int, x: Any) -> Any:
    """The rows of one leaf of the result: the pullbacks of its unit vectors."""
    leaf = leaves[k]
    if not structure.is_floating(leaf):
        return None
    turns = np.iscomplexobj(leaf) and not np.iscomplexobj(x)  # the imaginary part has a row of its own
    out = np.empty(np.shape(leaf) + np.shape(x), np.result_type(leaf, x))
    for unit, index in basis(leaf):
        row = pullback(_seed(value, k, unit))
        out[index] = row + 1j * pullback(_seed(value, k, -1j * unit)) if turns else row
    return out if out.shape else out[()]


def _seed(value: Any, k: int, unit: Any) -> Any:
    """A cotangent of the whole result, a unit vector in leaf `k`."""
    numbers = iter(range(sum(1 for _ in structure.leaves(value))))

    def part(leaf: Any) -> Any:
        if next(numbers) == k:
            return unit
        return np.zeros_like(leaf)[()] if structure.is_floating(leaf) else None

    return structure.map_leaves(part, value)


def _assemble(columns: list[Any], indices: list[tuple[int, ...]], shape: tuple[int, ...]) -> Any:
    """Columns, in the structure of the result, as arrays of output shape + input shape."""

    def fill(*parts: Any) -> Any:
        if parts[0] is None:
            return None
        out = np.empty(np.shape(parts[0]) + shape, np.result_type(*parts))
        for part, index in zip(parts, indices):
            out[(..., *index)] = part  # type: ignore
        return out if out.shape else out[()]

    return structure.map_leaves(fill, *columns)


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
    The program is pushed forward with dependence in the place of derivatives: a NaN that starts at one entry of the
    argument and arrives wherever that entry may have gone. Elementwise functions hand it on whatever their derivative
    is, so both sides of `np.where` and of a maximum count, and factors of zero do not hide anything; what mixes its
    entries in a way that is not known makes everything depend on everything. So the pattern may have entries too many,
    and none too few, for these arguments; at others too, unless an `if`, a `while`, or a subscript that depends on
    values takes another way there. It costs a sweep for each entry of the argument.

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
    push = _Pushforward(fun, wrt, "pattern")
    bound = with_floats(push._signature.bind(args, {}), push._positions)
    x = reach(bound, push._positions[0], push._signature.names)
    if not structure.is_floating(x):
        raise ValueError("a sparsity pattern is with respect to one array or number")
    return pattern_of(x, lambda direction: push.along(bound, [direction])[1])


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


def _nested(kind: str) -> Callable[..., Any]:
    return lambda frame, node, fun, wrt=0, *, jit=False: DerivativeOf(kind, fun, wrt)


BUILTINS[jvp] = nested_jvp
BUILTINS[hvp] = _nested("hvp")
BUILTINS[elementwise_grad] = _nested("elementwise")
BUILTINS[hessian] = _nested("hessian")
BUILTINS[jacobian] = lambda frame, node, fun, wrt=0, *, mode="auto", sparsity=None, jit=False: DerivativeOf(
    "jacobian", fun, wrt
)


__all__ = ["elementwise_grad", "hessian", "hvp", "jacobian", "jacobian_sparsity", "jvp"]
