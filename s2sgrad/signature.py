"""Parameters: binding calls as Python does, and resolving `wrt`."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .frontend.lower import ABSENT
from .table.registry import lookup

Kind = Any
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VAR_POSITIONAL, VAR_KEYWORD = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY


@dataclass(frozen=True, eq=False)
class Signature:
    """The parameters of a function, in order; `simple` is their number if a positional call needs no binding."""

    names: list[str]
    kinds: list[Kind]
    simple: int
    bind: Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]
    parameters: Callable[[], list[inspect.Parameter]]


def signature_of(fun: Any) -> Signature:
    """The signature of a callable, as a call of it binds: decorators are not looked through."""
    inner = getattr(fun, "__func__", None) if isinstance(fun, types.MethodType) else fun
    if isinstance(inner, types.FunctionType) and lookup(inner) is None:
        return _of_function(fun, inner, skip=int(inner is not fun))
    if isinstance(fun, np.ufunc):
        return _of_names(["x", "y", "z"][: fun.nin] if fun.nin <= 3 else [f"x{k}" for k in range(fun.nin)])
    if getattr(type(fun), "nature", None) in ("derivative", "matrix", "batched") and not getattr(
        fun, "takes_direction", False
    ):
        return signature_of(fun._fun)  # a derivative takes what its function takes
    try:
        parsed = inspect.signature(fun, follow_wrapped=lookup(fun) is not None)
    except (ValueError, TypeError):
        return _of_names(["x"])
    return _of_parsed(fun, parsed)


def _of_names(names: list[str]) -> Signature:
    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if kwargs or len(args) != len(names):
            raise TypeError(f"expected {len(names)} positional arguments, got {len(args)}")
        return args

    kinds = [inspect.Parameter.POSITIONAL_ONLY] * len(names)
    return Signature(names, kinds, len(names), bind, lambda: list(map(inspect.Parameter, names, kinds)))


def _of_parsed(fun: Any, parsed: inspect.Signature) -> Signature:
    """Of partials, callable objects and functions of the table; what a table function is not given stays absent."""
    parameters = list(parsed.parameters.values())
    of_table = lookup(fun) is not None

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        bound = parsed.bind(*args, **kwargs)
        if of_table:
            return tuple(bound.arguments.get(p.name, ABSENT) for p in parameters)
        bound.apply_defaults()
        return tuple(bound.arguments.values())

    plain = all(p.kind in POSITIONAL for p in parameters)
    return Signature(
        [p.name for p in parameters],
        [p.kind for p in parameters],
        len(parameters) if plain else -1,
        bind,
        lambda: parameters,
    )


def _of_function(fun: Any, inner: types.FunctionType, skip: int) -> Signature:
    """Of a Python function or method: a binder with the same parameters gives Python's speed and its messages."""
    names, kinds, simple, make = _shape_of(inner.__code__, skip)
    if names is None:
        return _of_parsed(fun, inspect.signature(fun, follow_wrapped=False))
    binder = make(inner.__name__)

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        binder.__defaults__, binder.__kwdefaults__ = inner.__defaults__, inner.__kwdefaults__
        return binder(*args, **kwargs)

    return Signature(
        names,
        kinds,
        simple,
        bind,
        lambda: list(inspect.signature(fun, follow_wrapped=False).parameters.values()),
    )


@functools.lru_cache(maxsize=4096)
def _shape_of(code: types.CodeType, skip: int) -> Any:
    """Names, kinds, the number of a plain positional call, and a maker of binders, for all functions of one code."""
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    only, positional = code.co_posonlyargcount, code.co_argcount
    if positional < skip:
        return None, None, -1, None
    kinds: list[Any] = [POSITIONAL[0]] * only + [POSITIONAL[1]] * (positional - only)
    extra = iter(code.co_varnames[len(names) :])
    keywords = names[positional:]
    names = names[skip:positional]
    kinds = kinds[skip:]
    if code.co_flags & inspect.CO_VARARGS:
        names, kinds = [*names, next(extra)], [*kinds, VAR_POSITIONAL]
    names, kinds = [*names, *keywords], [*kinds, *[KEYWORD_ONLY] * len(keywords)]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        names, kinds = [*names, next(extra)], [*kinds, VAR_KEYWORD]
    simple = len(names) if all(k in POSITIONAL for k in kinds) else -1
    return names, kinds, simple, _binder_maker(names, kinds)


def _binder_maker(names: list[str], kinds: list[Kind]) -> Callable[[str], types.FunctionType]:
    head = []
    for k, (name, kind) in enumerate(zip(names, kinds)):
        if kind is KEYWORD_ONLY and VAR_POSITIONAL not in kinds[:k] and KEYWORD_ONLY not in kinds[:k]:
            head.append("*")
        head.append({VAR_POSITIONAL: "*", VAR_KEYWORD: "**"}.get(kind, "") + name)
        if kind is POSITIONAL[0] and (k + 1 == len(kinds) or kinds[k + 1] is not POSITIONAL[0]):
            head.append("/")
    space: dict[str, Any] = {}
    exec(f"def bind({', '.join(head)}): return ({''.join(n + ', ' for n in names)})", space)
    code = space["bind"].__code__

    def make(label: str) -> types.FunctionType:
        return types.FunctionType(code.replace(co_name=label, co_qualname=label), {}, label)

    return make


# --- what to differentiate with respect to --------------------------------------------------------


def resolve_wrt(signature: Signature, wrt: Any) -> list[tuple[Any, ...]]:
    """Positions of parameters (with places in *args and **kwargs) that `wrt` stands for.

    Raises
    ------
    ValueError
        For an unknown name, a position out of range or negative, a duplicate, an empty tuple.
    """
    known = ", ".join(signature.names)
    items = list(wrt) if isinstance(wrt, (tuple, list)) else [wrt]
    if not items:
        raise ValueError(f"wrt is empty: name one of the parameters ({known})")
    out = [_resolve_one(signature, w, known) for w in items]
    if len(set(out)) != len(out):
        raise ValueError(f"wrt={wrt!r} names a parameter twice: the parameters are ({known})")
    return out


def _resolve_one(signature: Signature, w: Any, known: str) -> tuple[Any, ...]:
    if isinstance(w, str):
        return _resolve_name(signature, w, known)
    if isinstance(w, bool) or not isinstance(w, (int, np.integer)):
        raise ValueError(f"wrt={w!r} is neither a position nor a name of the parameters ({known})")
    positional = [k for k, kind in enumerate(signature.kinds) if kind in POSITIONAL]
    if 0 <= w < len(positional):
        return (positional[int(w)],)
    if w >= len(positional) and VAR_POSITIONAL in signature.kinds:
        return (signature.kinds.index(VAR_POSITIONAL), int(w) - len(positional))
    raise ValueError(f"wrt={w!r} is out of range: the positional parameters are ({known})")


def _resolve_name(signature: Signature, w: str, known: str) -> tuple[Any, ...]:
    kinds = signature.kinds
    place = signature.names.index(w) if w in signature.names else None
    if place is not None and kinds[place] not in (VAR_KEYWORD, VAR_POSITIONAL):
        return (place,)
    if VAR_KEYWORD in kinds and (place is None or kinds[place] is VAR_POSITIONAL):
        return (kinds.index(VAR_KEYWORD), w)
    if place is not None:
        return (place,)
    raise ValueError(f"wrt={w!r} is not a parameter: they are ({known})")


def reach(args: tuple[Any, ...], position: tuple[Any, ...], names: list[str]) -> Any:
    """What a call has at a position of `wrt`.

    Raises
    ------
    ValueError
        If the call has nothing there: too few for `*args`, a keyword not given.
    """
    x = args[position[0]]
    if x is ABSENT:
        raise ValueError(f"wrt names `{names[position[0]]}`, which this call does not give")
    for place in position[1:]:
        try:
            x = x[place]
        except (IndexError, KeyError):
            given = f"{len(x)} values" if isinstance(x, tuple) else f"the keywords {list(x)}"
            raise ValueError(
                f"wrt reaches for {place!r} in `{names[position[0]]}`, which has {given} in this call"
            ) from None
    return x


def with_floats(args: tuple[Any, ...], positions: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The arguments with Python ints that are differentiated with respect to taken as floats."""
    out: list[Any] | None = None
    for position in positions:
        x = args[position[0]] if out is None else out[position[0]]
        if len(position) == 1:
            if type(x) is int:
                out = list(args) if out is None else out
                out[position[0]] = float(x)
        elif (isinstance(x, dict) or position[1] < len(x)) and type(
            x.get(position[1]) if isinstance(x, dict) else x[position[1]]
        ) is int:
            out = list(args) if out is None else out
            out[position[0]] = _float_inside(x, position[1])
    return args if out is None else tuple(out)


def _float_inside(x: Any, place: Any) -> Any:
    if isinstance(x, dict):
        return {**x, place: float(x[place])}
    return (*x[:place], float(x[place]), *x[place + 1 :])
