"""The user's objects: `differentiate`, `grad` and its kin, over the compiler driver."""

from __future__ import annotations

import functools
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from . import compiler
from .arguments import check_arguments
from .compiler import Request, Specialisation, jit_options
from .errors import DifferentiationError, NotScalarError, RuleError
from .frontend.builtin_functions import BUILTINS
from .frontend.capture import describe
from .frontend.nested_pullback import nested_vjp
from .frontend.nesting import DerivativeOf
from .jitted import captured_names, dispatcher_of, jit_error
from .signature import Signature, resolve_wrt, signature_of, with_floats
from .table.checks import MISSHAPEN


def _searching(derivative: Derivative) -> Callable[..., Any]:
    """What finds the program of a call: it does not keep alive the derivative, and the arrays it may close over."""
    alive = weakref.ref(derivative)

    def search(*args: Any, **kwargs: Any) -> Any:
        return alive()._search(*args, **kwargs)  # type: ignore[union-attr]

    return search


class Derivative:
    """A derivative of a function: a callable that compiles a program for each kind of arguments it meets.

    Attributes
    ----------
    source : str
        The generated program for the types of the latest call.
    wrt : int, str or tuple
        What is differentiated with respect to.
    jitted : numba dispatcher
        With `jit`, the compiled function, for calls from compiled code.
    captures : tuple of str
        With `jit`, the captured inputs that `jitted` takes after the leaves of the arguments.
    """

    # The slot makes a call of this object a call of a function, which may be another for other arguments.
    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Callable[..., Any]

    nature = "derivative"

    def __init__(
        self, fun: Callable[..., Any], wrt: Any = 0, kind: str = "grad", jit: Any = False, owner: Any = None
    ) -> None:
        self.__wrapped__ = fun
        self.wrt = wrt
        self._kind, self._jit, self._owner = kind, jit, owner
        self._fun = target_of(fun)
        self._signature: Signature = signature_of(self._fun)
        self._positions = [] if kind == "value" else resolve_wrt(self._signature, wrt)
        self._plain = all(len(p) == 1 for p in self._positions)
        self._request = Request(
            kind, tuple(self._positions), not isinstance(wrt, (tuple, list)), jit_options(jit)
        )
        self._variants = compiler.variants_of(self._fun, self._request)
        self._latest: Specialisation | None = None
        Derivative.__call__.__set__(self, _searching(self))  # type: ignore[attr-defined]
        self.__name__ = f"{kind}_{getattr(fun, '__name__', type(fun).__name__)}"
        self.__qualname__ = self.__name__
        self.__doc__ = getattr(fun, "__doc__", None)
        self.__module__ = getattr(fun, "__module__", __name__)

    def _search(self, *args: Any, **kwargs: Any) -> Any:
        """A call of unknown arguments: its program is found, or compiled, and made what is called from now on."""
        args = self._bound(args, kwargs)
        key = tuple(map(describe, args))
        found = compiler.find(self._variants, key, self._fun, args)
        spec, captured = found if found is not None else self._compile(args, key)
        self._latest = spec
        if spec.direct is not None:
            call = spec.direct(self._fun, spec, spec.run, _searching(self), self._noting(), explain)
            Derivative.__call__.__set__(self, call)  # type: ignore[attr-defined]
        try:
            return spec.run(*args, *captured)
        except Exception as error:
            explain(error, spec)
            raise

    def _noting(self) -> Callable[[Specialisation], None] | None:
        """What is told of each call, beside the first of a kind."""
        return None

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The value of each parameter, ints that are differentiated with respect to as floats."""
        if kwargs or len(args) != self._signature.simple:
            args = self._signature.bind(args, kwargs)
        return with_floats(args, self._positions)

    def _compile(self, args: tuple[Any, ...], key: Any) -> tuple[Specialisation, Any]:
        check_arguments(self._signature, args, self._positions)
        return compiler.specialise(self._fun, self._signature, args, self._request, self._variants, key)

    def _specialised(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialisation:
        """The compilation for these arguments, made if need be: it serves the next such call."""
        args = self._bound(args, kwargs)
        return self._specialised_for(args)

    def _specialised_for(self, args: tuple[Any, ...]) -> Specialisation:
        key = tuple(map(describe, args))
        found = compiler.find(self._variants, key, self._fun, args)
        return (found if found is not None else self._compile(args, key))[0]

    @property
    def source(self) -> str:
        """The generated program: for the types of the latest call, else for those that the signature suggests."""
        latest = self._latest or self._as_its_kin()
        if latest is not None:
            return latest.text.text
        spec, assumption = self._suggested()
        head, _, rest = spec.text.text.partition("\n")
        return f"{head}\n# No call has been made; assumed: {assumption}.\n{rest}"

    def _as_its_kin(self) -> Specialisation | None:
        """The version for the types of a call of the other derivative of a decorated function."""
        from .suggestion import of_the_types

        kin = self._owner._derivatives.values() if self._owner is not None else ()
        called = next((other._latest for other in kin if other._latest is not None), None)
        args = of_the_types(called.lowered) if called is not None else None
        return self._specialised_for(args) if args is not None else None

    def _suggested(self) -> tuple[Specialisation, str]:
        """The version that defaults, annotations and uses suggest, and the assumption made."""
        from .suggestion import StructureNeeded, describe_suggestion, suggestions

        names, first = ", ".join(self._signature.names), None
        try:
            for args in suggestions(self._fun, self._signature):
                try:
                    args = with_floats(args, self._positions)
                    return self._specialised_for(args), describe_suggestion(self._signature, args)
                except (
                    ArithmeticError,
                    TypeError,
                    ValueError,
                    AttributeError,
                    LookupError,
                    DifferentiationError,
                ) as error:
                    first = first or error
        except StructureNeeded as needed:
            names = str(needed)
        if (
            isinstance(first, DifferentiationError)
            and not isinstance(first, NotScalarError)
            and first.lineno is not None
        ):
            raise first
        raise DifferentiationError(
            f"the structure of `{names}` cannot be told before a call: use `.source_for(*args)`, "
            "or call the derivative first"
        ) from first

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The text of the generated program for these arguments."""
        return self._specialised(args, kwargs).text.text

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """The compilation, stage by stage, for these arguments."""
        from .stages import Stages

        args = self._bound(args, kwargs)
        return Stages(self._specialised_for(args), dict(zip(self._signature.names, args)))

    def export(self, path: Any) -> None:
        """Write the program of the latest call as a module of its own, which does not import s2sgrad."""
        from .export import export_text

        spec = self._latest or self._suggested()[0]
        text = export_text(spec)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    @property
    def jitted(self) -> Any:
        """With `jit=True`, the compiled function: it takes the leaves of the arguments, then the captured inputs."""
        return dispatcher_of(self._latest or self._suggested()[0])

    @property
    def captures(self) -> tuple[str, ...]:
        """The names of the captured inputs that `jitted` takes, in order."""
        return captured_names(self._latest or self._suggested()[0], self._fun)

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            return self
        return Derivative(types.MethodType(self._fun, obj), self.wrt, self._kind, self._jit)

    def __reduce__(self) -> Any:
        if self._owner is not None:
            return (getattr, (self._owner, self._kind))
        return (Derivative, (self.__wrapped__, self.wrt, self._kind, self._jit))

    def __repr__(self) -> str:
        return f"<{self._kind} of {compiler.name_of(self.__wrapped__)} with respect to {self.wrt!r}>"


def explain(error: BaseException, spec: Specialisation) -> None:
    """Say on which line of the user's the generated program raised.

    Raises
    ------
    JitError
        If it is Numba that refuses the program.
    """
    refused = jit_error(error, spec)
    if refused is not None:
        raise refused from error
    trace, place, last = error.__traceback__, None, None
    filename = spec.run.__code__.co_filename
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == filename:
            place, last = place or _place(spec, trace.tb_lineno), code
        trace = trace.tb_next
    misshapen = type(error) is ValueError and str(error).endswith(MISSHAPEN)
    if misshapen or last is not None and last.co_name == "conformed":  # the checks of table.checks
        raise RuleError(str(error), place) from None
    if last is not None and last.co_name == "real_scalar":
        raise compiler.not_scalar(spec.lowered, str(error)) from None
    if place is not None:
        error.add_note(
            f"raised by the derivative of line {place.lineno} of {place.filename}: {place.text.strip()}"
        )


def _place(spec: Specialisation, line: int) -> Any:
    origin = spec.text.lines.get(line)
    if origin is None or origin[1] is None:
        return None
    source, node = origin
    return source.location(node)


def target_of(fun: Any) -> Any:
    """What a call of `fun` runs: decorated functions are their originals, `@njit` ones their Python source."""
    while isinstance(fun, (Differentiated, staticmethod, classmethod)):
        fun = fun.__wrapped__
    if isinstance(fun, BoundDifferentiated):
        return fun.__wrapped__
    if isinstance(fun, Derivative):
        return fun
    inner = getattr(fun, "py_func", None)
    if isinstance(inner, types.FunctionType):
        return inner
    if not callable(fun):
        raise TypeError(f"a {type(fun).__name__} is not a function")
    return fun


# --- the decorator and the functions --------------------------------------------------------------


class Differentiated:
    """A function with its derivatives: calling it calls the original."""

    # The slot makes a call of this object a call of the function, with nothing of ours in between.
    __slots__ = ("__call__", "__dict__", "__weakref__", "_derivatives", "_jit", "_method", "_of_class")

    nature = "differentiated"

    def __init__(self, fun: Callable[..., Any], wrt: Any = 0, jit: Any = False) -> None:
        self._method = not isinstance(fun, staticmethod)
        self._of_class = isinstance(fun, classmethod)
        fun = fun.__func__ if isinstance(fun, (staticmethod, classmethod)) else fun
        if isinstance(fun, Differentiated):
            fun = fun.__wrapped__
        object.__setattr__(self, "__call__", fun)
        functools.update_wrapper(self, fun)  # type: ignore[arg-type]
        self.__wrapped__ = fun
        self.wrt = wrt
        self._jit = jit
        self._derivatives = {
            kind: Derivative(fun, wrt, kind, jit, self) for kind in ("grad", "value_and_grad")
        }

    @property
    def grad(self) -> Derivative:
        """The gradient of the function."""
        return self._derivatives["grad"]

    @property
    def value_and_grad(self) -> Derivative:
        """Its value and gradient, from one sweep."""
        return self._derivatives["value_and_grad"]

    @property
    def primitives(self) -> str:
        """The primitive operations of the function, one a line."""
        from .stages import primitives_of

        spec = self.value_and_grad._latest or self.grad._latest or self.grad._suggested()[0]
        return primitives_of(spec)

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        owner = cls if self._of_class else obj
        return self if owner is None or not self._method else BoundDifferentiated(self, owner)  # type: ignore[arg-type]

    def __set_name__(self, cls: type, name: str) -> None:
        """In a class, reached through it (`Model.loss.grad(model, x)`), `wrt` counts after `self` too."""
        if self._method:
            wrt = (
                tuple(map(_after_self, self.wrt))
                if isinstance(self.wrt, (tuple, list))
                else _after_self(self.wrt)
            )
            try:
                self._derivatives = {
                    kind: Derivative(self.__wrapped__, wrt, kind, self._jit, self)
                    for kind in self._derivatives
                }
            except ValueError:
                return  # the derivative of the bound method says so, with the names after `self`
            for derivative in self._derivatives.values():
                derivative.wrt = self.wrt

    def __reduce__(self) -> Any:
        found: Any = sys.modules.get(self.__module__)
        for part in compiler.name_of(self).split("."):
            found = getattr(found, part, None)
        if found is self:
            return compiler.name_of(self)
        return (Differentiated, (self.__wrapped__, self.wrt, self._jit))

    def __copy__(self) -> Differentiated:
        return self

    def __deepcopy__(self, memo: Any) -> Differentiated:
        return self  # as Python has it for functions

    def __repr__(self) -> str:
        return f"<differentiated {compiler.name_of(self)}>"


def _after_self(w: Any) -> Any:
    return w if isinstance(w, str) else w + 1


class BoundDifferentiated(functools.partial):
    """A differentiated method of an object; `wrt` counts after `self`."""

    nature = "differentiated"
    __doc__ = property(lambda self: self._method.__doc__)  # type: ignore[assignment]

    @property
    def _method(self) -> Any:
        return self.func

    @property
    def __name__(self) -> str:
        return self._method.__name__

    @property
    def __wrapped__(self) -> Any:
        return types.MethodType(self._method.__wrapped__, self.args[0])

    @property
    def __self__(self) -> Any:
        return self.args[0]

    @property
    def __func__(self) -> Any:
        return self._method.__wrapped__

    @property
    def wrt(self) -> Any:
        return self._method.wrt

    @property
    def grad(self) -> Derivative:
        """The gradient of the method, at this object."""
        return self._derivative("grad")

    @property
    def value_and_grad(self) -> Derivative:
        """Its value and gradient, from one sweep."""
        return self._derivative("value_and_grad")

    @property
    def primitives(self) -> str:
        """The primitive operations of the method, one a line."""
        from .stages import primitives_of

        spec = self.value_and_grad._latest or self.grad._latest or self.grad._suggested()[0]
        return primitives_of(spec)

    def __getattr__(self, name: str) -> Any:
        if name == "__qualname__":
            return self._method.__qualname__
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _derivative(self, kind: str) -> Derivative:
        return BoundDerivative(self.__wrapped__, self._method.wrt, kind, self._method._jit, self)

    def __reduce__(self) -> Any:
        return (getattr, (self.args[0], self._method.__name__))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundDifferentiated)
            and self.func is other.func
            and self.args[0] is other.args[0]
        )

    def __hash__(self) -> int:
        return hash((id(self.func), id(self.args[0])))

    def __repr__(self) -> str:
        return f"<differentiated {self._method.__qualname__} of {self.args[0]!r}>"


class BoundDerivative(Derivative):
    """A derivative of a method: made at each access, it remembers the latest call in the method's own."""

    @property
    def _latest(self) -> Specialisation | None:  # type: ignore[override]
        return None if self._owner is None else self._owner._method._derivatives[self._kind]._latest

    @_latest.setter
    def _latest(self, spec: Specialisation | None) -> None:
        if spec is not None:
            self._noting()(spec)

    def _noting(self) -> Callable[[Specialisation], None]:
        of_the_function = self._owner._method._derivatives[self._kind]
        return lambda spec: setattr(of_the_function, "_latest", spec)


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


def vjp(
    fun: Callable[..., Any], *args: Any, jit: Any = False
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
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

    return make_pullback(target_of(fun), args, jit)


def source(fun: Callable[..., Any], *args: Any, wrt: Any = 0, jit: Any = False) -> str:
    """The adjoint program that these arguments would run, without running it.

    Examples
    --------
    >>> print(source(lambda x: x * x, 3.0))  # doctest: +ELLIPSIS
    # Generated by s2sgrad from <lambda>.
    ...
    """
    return grad(fun, wrt, jit=jit).source_for(*args)


def _nested(kind: str) -> Callable[..., Any]:
    """How `grad(f)` inside interpreted code is understood."""

    def make(frame: Any, node: Any, fun: Any, wrt: Any = 0, *, jit: Any = False) -> DerivativeOf:
        return DerivativeOf(kind, fun, wrt)

    return make


BUILTINS[grad] = _nested("grad")
BUILTINS[value_and_grad] = _nested("value_and_grad")
BUILTINS[vjp] = nested_vjp

__all__ = ["Derivative", "Differentiated", "differentiate", "grad", "source", "value_and_grad", "vjp"]
