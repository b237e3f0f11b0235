"""The user's objects: `differentiate`, `grad` and its kin, over the compiler driver."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from . import compiler
from .compiler import Request, Specialisation
from .errors import DifferentiationError, NotScalarError
from .frontend.capture import describe
from .signature import Signature, resolve_wrt, signature_of


class Derivative:
    """A derivative of a function: a callable that compiles a program for each kind of arguments it meets.

    Attributes
    ----------
    source : str
        The generated program for the types of the latest call.
    wrt : int, str or tuple
        What is differentiated with respect to.
    """

    def __init__(self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "grad", jit: Any = False, owner: Any = None) -> None:
        if jit:
            raise NotImplementedError("jit=True is not there yet: use jit=False")
        self.__wrapped__ = fun
        self.wrt = wrt
        self._kind, self._jit, self._owner = kind, jit, owner
        self._fun = target_of(fun)
        self._signature: Signature = signature_of(self._fun)
        self._positions = resolve_wrt(self._signature, wrt)
        self._request = Request(kind, tuple(self._positions), not isinstance(wrt, tuple), False)
        self._variants = compiler.variants_of(self._fun, self._request)
        self._floats = tuple(p[0] for p in self._positions if len(p) == 1)
        self._latest: Specialisation | None = None
        self.__name__ = f"{kind}_{getattr(fun, '__name__', type(fun).__name__)}"
        self.__qualname__ = self.__name__
        self.__doc__ = getattr(fun, "__doc__", None)
        self.__module__ = getattr(fun, "__module__", __name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != self._signature.simple:
            args = self._signature.bind(args, kwargs)
        for k in self._floats:
            if type(args[k]) is int:
                args = (*args[:k], float(args[k]), *args[k + 1 :])
        key = tuple(map(describe, args))
        for spec in self._variants.get(key, ()):
            captured = spec.fetch(self._fun, args)
            if captured is not None and spec.generation == compiler.registry.generation():
                break
        else:
            spec, captured = self._compile(args, key)
        self._latest = spec
        try:
            out = spec.run(*args, *captured)
        except Exception as error:
            add_note(error, spec)
            raise
        return self._checked(spec, out) if spec.check_scalar else out

    def _compile(self, args: Any, key: Any) -> tuple[Specialisation, Any]:
        check_arguments(self._signature, args, self._positions, self._kind)
        spec = compiler.specialise(self._fun, self._signature.names, list(args), self._request, self._variants, key)
        captured = spec.fetch(self._fun, args)
        if captured is None:
            raise DifferentiationError("the captured inputs of the function changed while it was compiled")
        return spec, captured

    def _checked(self, spec: Specialisation, out: Any) -> Any:
        """Check a result whose kind only run time could tell."""
        value, gradient = out
        if np.shape(value) != () or not isinstance(value, (float, np.floating, np.ndarray)):
            raise NotScalarError(f"the result has shape {np.shape(value)} and type {type(value).__name__}, and a gradient needs a real scalar: use `jacobian`")
        return out if self._kind == "value_and_grad" else gradient

    def _specialised(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialisation:
        bound = self._signature.bind(args, kwargs)
        bound = tuple(float(a) if k in self._floats and type(a) is int else a for k, a in enumerate(bound))
        return self._compile(bound, tuple(map(describe, bound)))[0]

    @property
    def source(self) -> str:
        """The generated program: for the types of the latest call, else for those that the signature suggests."""
        if self._latest is not None:
            return self._latest.text.text
        return self._suggested().text.text

    def _suggested(self) -> Specialisation:
        from .signature import suggested_arguments

        args = suggested_arguments(self._fun, self._signature)
        try:
            return self._compile(args, tuple(map(describe, args)))[0]
        except (TypeError, ValueError, AttributeError, IndexError, KeyError, DifferentiationError) as error:
            if isinstance(error, DifferentiationError) and not isinstance(error, NotScalarError) and error.lineno is not None:
                raise
            names = ", ".join(self._signature.names)
            raise DifferentiationError(f"the types of the arguments ({names}) cannot be told before a call: use `.source_for(*args)`") from error

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The text of the generated program for these arguments."""
        return self._specialised(args, kwargs).text.text

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The compilation, stage by stage, for these arguments."""
        from .stages import Stages

        return Stages(self._specialised(args, kwargs))

    def export(self, path: Any) -> None:
        """Write the generated program as a module of its own, which does not import s2sgrad."""
        from .stages import export_text

        spec = self._latest or self._suggested()
        with open(path, "w", encoding="utf-8") as file:
            file.write(export_text(spec))

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            return self
        return Derivative(types.MethodType(self._fun, obj), self.wrt, self._kind, self._jit)

    def __reduce__(self) -> Any:
        if self._owner is not None:
            return (getattr, (self._owner, self._kind))
        return (Derivative, (self.__wrapped__, self.wrt, self._kind, self._jit))

    def __repr__(self) -> str:
        return f"<{self._kind} of {getattr(self.__wrapped__, '__name__', self.__wrapped__)} with respect to {self.wrt!r}>"


def add_note(error: BaseException, spec: Specialisation) -> None:
    """Say on which line of the user's the generated program raised."""
    trace = error.__traceback__
    code = spec.run.__code__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            origin = spec.text.lines.get(trace.tb_lineno)
            if origin is not None and origin[1] is not None:
                source, node = origin
                place = source.location(node)
                error.add_note(f"raised by the derivative of line {place.lineno} of {place.filename}: {place.text.strip()}")
                return
        trace = trace.tb_next


def target_of(fun: Any) -> Any:
    """What a call of `fun` runs: decorated functions are their originals, `@njit` ones their Python source."""
    if isinstance(fun, Differentiated):
        return fun.__wrapped__
    inner = getattr(fun, "py_func", None)
    if isinstance(inner, types.FunctionType):
        return inner
    if not callable(fun):
        raise TypeError(f"a {type(fun).__name__} is not a function")
    return fun


def check_arguments(signature: Signature, args: Any, positions: list[tuple[int, ...]], kind: str) -> None:
    """Refuse to differentiate with respect to what has no derivative."""
    if kind == "vjp":
        return
    for position in positions:
        x = args[position[0]]
        for place in position[1:]:
            x = x[place]
        name = signature.names[position[0]]
        check_differentiable(x, name)


def check_differentiable(x: Any, name: str) -> None:
    found = _floating_leaves(x, name)
    if not found:
        raise TypeError(f"argument `{name}` has no floating value to differentiate with respect to: it is {_describe(x)}")


def _describe(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype}"
    return f"a {type(x).__name__}"


def _floating_leaves(x: Any, name: str, inside: bool = False) -> int:
    import dataclasses

    if isinstance(x, (list, tuple)):
        return sum(_floating_leaves(item, f"{name}[{k}]", True) for k, item in enumerate(x))
    if isinstance(x, dict):
        return sum(_floating_leaves(item, f"{name}[{key!r}]", True) for key, item in x.items())
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return sum(_floating_leaves(getattr(x, f.name), f"{name}.{f.name}", True) for f in dataclasses.fields(x))
    if isinstance(x, (np.ndarray, np.generic)):
        return _check_array(x, name, inside)
    return int(isinstance(x, (float, complex)))


ALLOWED = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))


def _check_array(x: Any, name: str, inside: bool) -> int:
    if isinstance(x, np.ndarray) and type(x) not in (np.ndarray, np.memmap):
        raise TypeError(f"`{name}` is a {type(x).__name__}, a subclass of ndarray: convert it with np.asarray")
    if x.dtype in ALLOWED and x.dtype.isnative:
        return 1
    if x.dtype.kind in "fcO" or not x.dtype.isnative:
        raise TypeError(f"`{name}` has dtype {x.dtype.str if not x.dtype.isnative else x.dtype}: arrays of float32, float64, complex64 and complex128 can be differentiated")
    if not inside:
        raise TypeError(f"`{name}` has dtype {x.dtype}: convert it to a floating dtype to differentiate with respect to it")
    return 0


# --- the decorator and the functions -----------------------------------------------------------------------------------------


class Differentiated:
    """A function with its derivatives: calling it calls the original."""

    __slots__ = ("__call__", "__dict__", "__weakref__")

    def __init__(self, fun: Callable[..., Any], wrt: Any = 0, jit: Any = False) -> None:
        object.__setattr__(self, "__call__", fun)
        functools.update_wrapper(self, fun)
        self.__wrapped__ = target_of(fun)
        self.wrt = wrt
        self._jit = jit
        self.grad = Derivative(self.__wrapped__, wrt, "grad", jit, self)
        self.value_and_grad = Derivative(self.__wrapped__, wrt, "value_and_grad", jit, self)

    @property
    def primitives(self) -> str:
        """The primitive operations of the function, one a line."""
        from .stages import primitives_text

        spec = self.value_and_grad._latest or self.grad._latest or self.grad._suggested()
        return primitives_text(spec.lowered)

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            return self
        return Differentiated(types.MethodType(self.__wrapped__, obj), self.wrt, self._jit)

    def __reduce__(self) -> Any:
        return self.__wrapped__.__qualname__

    def __repr__(self) -> str:
        return f"<differentiated {self.__name__}>"


def differentiate(fun: Callable[..., Any] | None = None, /, *, wrt: Any = 0, jit: Any = False) -> Any:
    """Give a function its derivatives, as attributes `grad` and `value_and_grad`.

    Parameters
    ----------
    fun : callable
        A scalar-valued function of the supported language.
    wrt : int, str or tuple of these
        What to differentiate with respect to; a tuple gives a tuple of gradients.
    jit : bool or dict
        Whether to compile the generated program with Numba; a dict holds options for `numba.njit`.

    Returns
    -------
    Differentiated
        Callable as `fun` is, with `.grad`, `.value_and_grad` and `.primitives`.

    Raises
    ------
    ValueError
        If `wrt` names no parameter, or one twice.

    Examples
    --------
    >>> @differentiate
    ... def square(x):
    ...     return x * x
    >>> square(3.0), square.grad(3.0)
    (9.0, 6.0)
    """
    if fun is None:
        return lambda f: Differentiated(f, wrt, jit)
    return Differentiated(fun, wrt, jit)


def grad(fun: Callable[..., Any], wrt: Any = 0, *, jit: Any = False) -> Derivative:
    """The gradient of a scalar-valued function, as a function of the same arguments.

    Parameters
    ----------
    fun : callable
        A function with a real scalar result.
    wrt : int, str or tuple of these
        What to differentiate with respect to.

    Returns
    -------
    Derivative
        Its result has the structure, shapes and dtypes of the argument(s) `wrt`.

    Raises
    ------
    NotScalarError
        When called, if the result of `fun` is not a real scalar.

    Examples
    --------
    >>> import numpy as np
    >>> print(grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0])))
    [2. 4.]
    """
    return Derivative(fun, wrt, "grad", jit)


def value_and_grad(fun: Callable[..., Any], wrt: Any = 0, *, jit: Any = False) -> Derivative:
    """The value and the gradient of a scalar-valued function, from one sweep.

    Examples
    --------
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    return Derivative(fun, wrt, "value_and_grad", jit)


def vjp(fun: Callable[..., Any], *args: Any, jit: Any = False) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of a function, and its pullback at these arguments.

    Parameters
    ----------
    fun : callable
        A function of any result.
    *args
        Its arguments.

    Returns
    -------
    value
        `fun(*args)`.
    pullback : callable
        `pullback(g)` gives one cotangent for each argument, None for arguments that are not floating.

    Examples
    --------
    >>> import numpy as np
    >>> value, pullback = vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> print(pullback(np.array([1.0, 10.0]))[0])
    [ 2. 40.]
    """
    from .pullback import make_pullback

    if jit:
        raise NotImplementedError("jit=True is not there yet: use jit=False")
    return make_pullback(target_of(fun), args)


def source(fun: Callable[..., Any], *args: Any, wrt: Any = 0, jit: Any = False) -> str:
    """The adjoint program that these arguments would run, without running it.

    Examples
    --------
    >>> print(source(lambda x: x * x, 3.0))  # doctest: +ELLIPSIS
    # Generated by s2sgrad from <lambda>.
    ...
    """
    return grad(fun, wrt, jit=jit).source_for(*args)


__all__ = ["Derivative", "Differentiated", "differentiate", "grad", "inspect", "source", "value_and_grad", "vjp"]
