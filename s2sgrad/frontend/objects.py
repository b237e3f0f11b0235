"""Objects of classes of the user's: dataclasses made in interpreted code, special methods, `super()`."""

from __future__ import annotations

import dataclasses
import inspect
import operator
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..structure import is_generated
from .abstract import BoundFunction, FunctionRef, ObjectRef, Struct, is_namedtuple
from .frame import Frame

SPECIAL: dict[Callable[..., Any], tuple[str, str | None]] = {
    operator.add: ("__add__", "__radd__"),
    operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.lt: ("__lt__", "__gt__"),
    operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"),
    operator.neg: ("__neg__", None),
    operator.pos: ("__pos__", None),
    abs: ("__abs__", None),
    len: ("__len__", None),
    operator.getitem: ("__getitem__", None),
}


def special(frame: Frame, node: Any, fun: Callable[..., Any], *operands: Any) -> Any:
    """What a special method of the user's makes of operands, or NotImplemented."""
    direct, reflected = SPECIAL.get(fun, (None, None))
    turns = [(operands[0], direct, operands[1:])]
    if reflected is not None and len(operands) == 2:
        turns.append((operands[1], reflected, operands[:1]))
    for owner, name, others in turns:
        method = _method(owner, name) if name is not None else None
        if method is not None:
            from .calls import call

            found = call(frame, node, _bound(frame, owner, method), list(others), {})
            if found is not NotImplemented:
                return found
    return NotImplemented


def class_of_object(x: Any) -> type | None:
    """The class of an abstract object of a class of the user's, or None."""
    if isinstance(x, Struct):
        return x.cls
    if isinstance(x, ObjectRef):
        return type(x.obj)
    return type(x) if is_namedtuple(x) else None


def _method(x: Any, name: str) -> types.FunctionType | None:
    cls = class_of_object(x)
    found = None if cls is None else inspect.getattr_static(cls, name, None)
    readable = isinstance(found, types.FunctionType) and not is_generated(found)
    library = (getattr(found, "__module__", None) or "").partition(".")[0] in ("numpy", "scipy", "s2sgrad")
    return found if readable and not library else None


def _bound(frame: Frame, owner: Any, method: types.FunctionType) -> BoundFunction:
    frame.low.inputs.objects[id(method)] = method
    return BoundFunction(FunctionRef(method, (("object", id(method)),)), (owner,), {})


# --- dataclasses ------------------------------------------------------------------------------------------------


def construct(frame: Frame, node: Any, cls: type, args: list[Any], kwargs: dict[str, Any]) -> Struct:
    """An instance of a dataclass, as its `__init__` makes it."""
    made = Struct(cls, {})
    init = cls.__init__  # type: ignore[misc]
    if not is_generated(init):
        _run(frame, node, made, init, args, kwargs)
        return made
    bound = inspect.signature(cls).bind(*args, **kwargs).arguments
    given = []
    for f in cls.__dataclass_fields__.values():  # type: ignore[attr-defined]
        kind = f._field_type.name
        if kind == "_FIELD_CLASSVAR":
            continue
        value = bound[f.name] if f.name in bound else _default_of(frame, node, f)
        if kind == "_FIELD_INITVAR":
            given.append(value)
        elif value is not dataclasses.MISSING:
            made.fields[f.name] = value
    finish = getattr(cls, "__post_init__", None)
    if finish is not None:
        _run(frame, node, made, finish, given, {})
    return made


def _default_of(frame: Frame, node: Any, f: dataclasses.Field[Any]) -> Any:
    if f.default_factory is dataclasses.MISSING:
        return f.default
    from .calls import call

    return call(frame, node, _as_abstract(frame, f.default_factory), [], {})


def _as_abstract(frame: Frame, fun: Any) -> Any:
    if not isinstance(fun, types.FunctionType):
        return fun
    frame.low.inputs.objects[id(fun)] = fun
    return FunctionRef(fun, (("object", id(fun)),))


def _run(frame: Frame, node: Any, owner: Struct, fun: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    from .calls import call

    call(frame, node, _bound(frame, owner, fun), args, kwargs)


# --- super ------------------------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Super:
    """`super()`: an object seen from behind one of its classes."""

    cls: type
    owner: Any


def super_of(frame: Frame, node: Any, *args: Any) -> Super:
    """`super()` in a method: the class that defines it is a cell of the function."""
    if args:
        raise frame.refuse(node, "`super` with arguments is not supported: call `super()`")
    ref = frame.function
    code = None if ref is None else ref.fun.__code__
    if ref is None or code is None or "__class__" not in code.co_freevars or not code.co_argcount:
        raise frame.refuse(node, "`super()` outside of a method is not supported")
    cls = ref.fun.__closure__[code.co_freevars.index("__class__")].cell_contents
    return Super(cls, frame.lookup(code.co_varnames[0], node))


def attribute_of_super(frame: Frame, node: Any, seen: Super, name: str) -> Any:
    """`super().name`: of the classes that come after."""
    order = (class_of_object(seen.owner) or object).__mro__
    for cls in order[order.index(seen.cls) + 1 :]:
        found = vars(cls).get(name)
        if found is None:
            continue
        if isinstance(found, types.FunctionType):
            return _bound(frame, seen.owner, found)
        if isinstance(found, property) and isinstance(found.fget, types.FunctionType):
            from .calls import call

            return call(frame, node, _bound(frame, seen.owner, found.fget), [], {})
        if isinstance(found, (int, float, complex, str, bool, np.generic)):
            frame.low.inputs.objects[id(cls)] = cls
            return frame.low.inputs.abstract(found, (("object", id(cls)), ("attr", name)), name)
        break
    raise frame.refuse(node, f"`super().{name}` is not a method, a property or a number: name its class")


__all__ = ["Super", "attribute_of_super", "class_of_object", "construct", "special", "super_of"]
