"""Lowering of expressions: one function a kind of syntax, found in a table."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

import gast
import numpy as np

from ..ir.program import Value, type_of
from ..ir.types import INT, Dim
from ..table.registry import lookup
from .abstract import (
    Bound,
    BoundFunction,
    Closure,
    Columns,
    FunctionRef,
    Lazy,
    NotStatic,
    ObjectRef,
    Range,
    Struct,
    children,
    is_namedtuple,
    is_static,
    leaves_of,
)
from .capture import identity
from .control import branch, is_cheap_truth
from .frame import Frame
from .list_algorithms import interpreted, is_run_time_list, joined, repeated
from .objects import Super, attribute_of_super, special
from .primitives import Attribute, Method, extent, length, truth_and, truth_not, truth_or
from .staging import static

BINARY: dict[type, Callable] = {
    gast.Add: operator.add, gast.Sub: operator.sub, gast.Mult: operator.mul, gast.Div: operator.truediv,
    gast.Pow: operator.pow, gast.Mod: operator.mod, gast.FloorDiv: operator.floordiv, gast.MatMult: operator.matmul,
    gast.BitAnd: operator.and_, gast.BitOr: operator.or_, gast.BitXor: operator.xor,
    gast.LShift: operator.lshift, gast.RShift: operator.rshift,
}  # fmt: skip
UNARY: dict[type, Callable] = {gast.USub: operator.neg, gast.UAdd: operator.pos, gast.Invert: operator.invert}
COMPARE: dict[type, Callable] = {
    gast.Lt: operator.lt, gast.LtE: operator.le, gast.Gt: operator.gt, gast.GtE: operator.ge,
    gast.Eq: operator.eq, gast.NotEq: operator.ne,
}  # fmt: skip
EXPRESSIONS: dict[type, Callable[[Frame, Any], Any]] = {}


def expression(kind: type) -> Callable:
    def register(rule: Callable) -> Callable:
        EXPRESSIONS[kind] = rule
        return rule

    return register


def evaluate(frame: Frame, node: Any) -> Any:
    """The abstract value of an expression, its operations emitted."""
    rule = EXPRESSIONS.get(type(node))
    if rule is None:
        raise frame.refuse(
            node, f"{type(node).__name__} expressions are not supported: rewrite this without one"
        )
    return rule(frame, node)


def emit(frame: Frame, node: Any, fun: Callable, *args: Any, **kwargs: Any) -> Any:
    """One operation at the place of `node`."""
    if not frame.quiet:
        frame.builder.loc = (frame.source, node)
    return frame.low.apply(fun, *args, **kwargs)


@expression(gast.Constant)
def _constant(frame: Frame, node: Any) -> Any:
    return node.value


@expression(gast.Name)
def _name(frame: Frame, node: Any) -> Any:
    return frame.lookup(node.id, node)


@expression(gast.BinOp)
def _binop(frame: Frame, node: Any) -> Any:
    chain = []
    while isinstance(node, gast.BinOp):  # long sums nest to the left: no recursion along them
        chain.append(node)
        node = node.left
    left = evaluate(frame, node)
    for step in reversed(chain):
        left = binary(frame, step, BINARY[type(step.op)], left, evaluate(frame, step.right))
    return left


def binary(frame: Frame, node: Any, fun: Callable, a: Any, b: Any) -> Any:
    """An operator on abstract operands: folded where static, on containers as Python has it."""
    if not isinstance(a, Value) and not isinstance(b, Value):
        folded = _fold(frame, fun, a, b)
        if folded is not NotImplemented:
            return folded
    own = special(frame, node, fun, a, b)
    if own is not NotImplemented:
        return own
    if fun is operator.mul and isinstance(a, (list, tuple)) and type_of(b).kind == "int":
        return interpreted(frame, node, repeated, a, b) if isinstance(a, list) else a * static(frame.low, b)
    if (is_run_time_list(a) or is_run_time_list(b)) and fun in LIST_OPERATORS:
        out = LIST_OPERATORS[fun](frame, node, a, b)
        if out is not NotImplemented:
            return out
    if fun is operator.mod and isinstance(a, str):  # a text and what it shows
        return emit(frame, node, fun, a, value_of(frame, node, b))
    a, b = as_operand(frame, node, a), as_operand(frame, node, b)
    return emit(frame, node, fun, _beside(frame, node, a, b), _beside(frame, node, b, a))


def _join_lists(frame: Frame, node: Any, a: Any, b: Any) -> Any:
    if all(isinstance(x, list) or is_run_time_list(x) for x in (a, b)):
        return interpreted(frame, node, joined, a, b)
    return NotImplemented


def _repeat_list(frame: Frame, node: Any, a: Any, b: Any) -> Any:
    items, count = (a, b) if is_run_time_list(a) else (b, a)
    if type_of(count).kind in ("int", "bool"):
        return interpreted(frame, node, repeated, items, count)
    return NotImplemented


LIST_OPERATORS = {operator.add: _join_lists, operator.mul: _repeat_list}


def _beside(frame: Frame, node: Any, a: Any, b: Any) -> Any:
    """An operand next to another: a run-time list beside an array is an array."""
    if isinstance(a, Value) and a.type.kind == "list" and type_of(b).kind in ("array", "scalar"):
        return emit(frame, node, np.asarray, a)
    return a


def _fold(frame: Frame, fun: Callable, a: Any, b: Any) -> Any:
    numbers = isinstance(a, (int, float, complex, str, bytes)) and isinstance(
        b, (int, float, complex, str, bytes, tuple)
    )
    containers = isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)) or isinstance(a, dict)
    if not numbers and not containers:
        return NotImplemented
    if isinstance(a, (np.generic, np.ndarray)) or isinstance(b, (np.generic, np.ndarray)):
        return NotImplemented
    try:
        return fun(a, b)
    except (ArithmeticError, ValueError):
        return NotImplemented  # raises at run time, as the original does
    except TypeError:
        return NotImplemented


def as_operand(frame: Frame, node: Any, x: Any) -> Any:
    """`x` as an operand of arithmetic: a list or tuple among arrays is an array."""
    if isinstance(x, (list, tuple)):
        return emit(frame, node, np.array, list(x))
    if isinstance(x, Columns):
        from .columns import as_array

        return as_array(frame, node, x)
    if isinstance(x, (Value, int, float, complex, bool, np.generic, str, bytes)):
        return x
    if isinstance(x, np.ndarray):
        return x
    if x is None:
        raise TypeError("unsupported operand: None")
    return value_of(frame, node, x)


def value_of(frame: Frame, node: Any, x: Any) -> Any:
    """An abstract object handed over as a run-time operand."""
    if isinstance(x, ObjectRef) and x.path is not None:
        from ..ir.types import UNKNOWN

        return frame.low.inputs.input(x.obj, x.path, _last_name(x.path), UNKNOWN)
    if isinstance(x, Range):
        return emit(frame, node, range, x.start, x.stop, x.step)
    if isinstance(x, FunctionRef) and x.path is not None:
        from ..ir.types import UNKNOWN

        return frame.low.inputs.input(x.fun, x.path, x.fun.__name__, UNKNOWN)
    if children(x) is not None and not isinstance(x, Struct):
        from .abstract import map_abstract

        return map_abstract(x, lambda leaf: value_of(frame, node, leaf))
    if isinstance(x, (Struct, Closure, Bound, BoundFunction, Lazy)):
        raise frame.refuse(
            node,
            f"a {type(x).__name__.lower()} cannot be handed to this function: spell out what it should do",
        )
    return x


def _last_name(path: Any) -> str:
    return next(
        (str(key) for kind, key in reversed(path) if isinstance(key, str) and str(key).isidentifier()),
        "captured",
    )


@expression(gast.UnaryOp)
def _unary(frame: Frame, node: Any) -> Any:
    x = evaluate(frame, node.operand)
    if isinstance(node.op, gast.Not):
        known = truth(frame, node, x)
        return (not known) if isinstance(known, bool) else emit(frame, node, truth_not, known)
    if isinstance(x, (int, float, complex)) and not isinstance(x, np.generic):
        return UNARY[type(node.op)](x)
    own = special(frame, node, UNARY[type(node.op)], x)
    if own is not NotImplemented:
        return own
    return emit(frame, node, UNARY[type(node.op)], as_operand(frame, node, x))


def truth(frame: Frame, node: Any, x: Any) -> Any:
    """The truth of an abstract value: a Python bool where it is static, else a value."""
    if isinstance(x, Value):
        if x.type.kind == "list":
            return emit(frame, node, operator.gt, emit(frame, node, length, x), 0)
        return x
    if isinstance(x, Columns):
        return truth(frame, node, x.lists[0])
    inner = children(x)
    if inner is not None and not isinstance(x, Struct):
        return len(list(inner)) > 0
    if isinstance(x, (FunctionRef, Closure, Bound, BoundFunction, Struct)):
        return True
    if isinstance(x, Range):
        return truth(
            frame, node, emit(frame, node, length, emit(frame, node, range, x.start, x.stop, x.step))
        )
    if isinstance(x, ObjectRef):
        return emit(frame, node, bool, value_of(frame, node, x))
    return bool(x)


@expression(gast.BoolOp)
def _boolop(frame: Frame, node: Any) -> Any:
    conjunction = isinstance(node.op, gast.And)
    return _short_circuit(frame, node, list(node.values), conjunction)


def _short_circuit(frame: Frame, node: Any, parts: list[Any], conjunction: bool) -> Any:
    first = evaluate(frame, parts[0])
    if len(parts) == 1:
        return first
    known = truth(frame, parts[0], first)
    if isinstance(known, bool):
        return _short_circuit(frame, node, parts[1:], conjunction) if known == conjunction else first
    cheap = is_cheap_truth(frame, lambda: _short_circuit(frame, node, parts[1:], conjunction))
    if cheap is not None and isinstance(first, Value) and first.type.dtype == np.bool_:
        return emit(frame, node, truth_and if conjunction else truth_or, first, cheap)
    rest = lambda: _short_circuit(frame, node, parts[1:], conjunction)
    return (
        branch(frame, node, known, rest, lambda: first)
        if conjunction
        else branch(frame, node, known, lambda: first, rest)
    )


@expression(gast.Compare)
def _compare(frame: Frame, node: Any) -> Any:
    left = evaluate(frame, node.left)
    return _compare_chain(frame, node, left, list(zip(node.ops, node.comparators)))


def _compare_chain(frame: Frame, node: Any, left: Any, rest: list[Any]) -> Any:
    op, comparator = rest[0]
    right = evaluate(frame, comparator)
    first = compare(frame, node, op, left, right)
    if len(rest) == 1:
        return first
    if isinstance(first, bool):
        return _compare_chain(frame, node, right, rest[1:]) if first else False
    cheap = is_cheap_truth(frame, lambda: _compare_chain(frame, node, right, rest[1:]))
    if cheap is not None:
        return emit(frame, node, truth_and, first, cheap)
    return branch(frame, node, first, lambda: _compare_chain(frame, node, right, rest[1:]), lambda: first)


def compare(frame: Frame, node: Any, op: Any, a: Any, b: Any) -> Any:
    """One comparison of abstract values."""
    rule = IDENTITY.get(type(op))
    if rule is not None:
        return rule(frame, node, a, b)
    fun = COMPARE[type(op)]
    own = special(frame, node, fun, a, b)
    if own is not NotImplemented:
        return own
    if fun in (operator.eq, operator.ne) and (_differs(a, b) or _differs(b, a)):
        return fun is operator.ne
    if not isinstance(a, Value) and not isinstance(b, Value):
        if is_static(a) and is_static(b):
            return fun(a, b)
        if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
            return _compare_containers(frame, node, op, a, b)
        if isinstance(op, (gast.Eq, gast.NotEq)):
            return (a is b) == isinstance(op, gast.Eq)
    elif (a is None or b is None or isinstance(a, str) or isinstance(b, str)) and isinstance(
        op, (gast.Eq, gast.NotEq)
    ):
        return isinstance(op, gast.NotEq)
    return emit(frame, node, fun, as_operand(frame, node, a), as_operand(frame, node, b))


def _differs(a: Any, b: Any) -> bool:
    """Whether `a` is an extent that is known not to be the number `b`."""
    return (
        isinstance(a, Value) and isinstance(a.extent, Dim) and a.extent.not_one and type(b) is int and b == 1
    )


def _compare_containers(frame: Frame, node: Any, op: Any, a: Any, b: Any) -> Any:
    equal: Any = len(a) == len(b)
    if isinstance(op, (gast.Eq, gast.NotEq)):
        for x, y in zip(a, b) if equal else ():
            same = compare(frame, node, gast.Eq(), x, y)
            equal = (
                same
                if equal is True
                else equal
                if same is True
                else emit(frame, node, truth_and, equal, same)
            )
        if isinstance(op, gast.Eq):
            return equal
        return (not equal) if isinstance(equal, bool) else emit(frame, node, truth_not, equal)
    try:
        return COMPARE[type(op)](static(frame.low, a), static(frame.low, b))
    except NotStatic:
        raise frame.refuse(node, "containers of run-time values cannot be ordered") from None


def _is(frame: Frame, node: Any, a: Any, b: Any) -> bool:
    if isinstance(a, FunctionRef) and isinstance(b, FunctionRef):
        return a.fun is b.fun
    a, b = (x.fun if isinstance(x, FunctionRef) else x.obj if isinstance(x, ObjectRef) else x for x in (a, b))
    return a is b


def _in(frame: Frame, node: Any, a: Any, b: Any) -> Any:
    if isinstance(b, (dict, str)) or is_static(b):
        return static(frame.low, a) in b
    if isinstance(b, (tuple, list)):
        found: Any = False
        for item in b:
            same = compare(frame, node, gast.Eq(), a, item)
            if same is True:
                return True
            found = (
                same
                if found is False
                else found
                if same is False
                else emit(frame, node, truth_or, found, same)
            )
        return found
    return emit(frame, node, operator.contains, value_of(frame, node, b), as_operand(frame, node, a))


def _negated(rule: Callable) -> Callable:
    def negated(frame: Frame, node: Any, a: Any, b: Any) -> Any:
        found = rule(frame, node, a, b)
        return (not found) if isinstance(found, bool) else emit(frame, node, truth_not, found)

    return negated


IDENTITY: dict[type, Callable] = {
    gast.Is: _is,
    gast.IsNot: _negated(_is),
    gast.In: _in,
    gast.NotIn: _negated(_in),
}


@expression(gast.IfExp)
def _ifexp(frame: Frame, node: Any) -> Any:
    test = truth(frame, node.test, evaluate(frame, node.test))
    if isinstance(test, bool):
        return evaluate(frame, node.body if test else node.orelse)
    return branch(frame, node, test, lambda: evaluate(frame, node.body), lambda: evaluate(frame, node.orelse))


@expression(gast.Tuple)
def _tuple(frame: Frame, node: Any) -> tuple:
    return tuple(_items(frame, node.elts))


@expression(gast.List)
def _list(frame: Frame, node: Any) -> Any:
    out: Any = []
    for item in node.elts:
        starred = isinstance(item, gast.Starred)
        x = evaluate(frame, item.value if starred else item)
        if starred and is_run_time_list(x) or isinstance(out, Value):
            more = x if starred else [x]
            out = interpreted(frame, node, joined, out, more)
        elif starred:
            from .iteration import iterate

            out.extend(iterate(frame, item, x))
        else:
            out.append(x)
    return out


def _items(frame: Frame, nodes: list[Any]) -> list[Any]:
    from .iteration import iterate

    out: list[Any] = []
    for item in nodes:
        if isinstance(item, gast.Starred):
            out.extend(iterate(frame, item, evaluate(frame, item.value)))
        else:
            out.append(evaluate(frame, item))
    return out


@expression(gast.Set)
def _set(frame: Frame, node: Any) -> Any:
    return set(static(frame.low, _items(frame, node.elts)))


@expression(gast.Dict)
def _dict(frame: Frame, node: Any) -> dict:
    out: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values):
        if key is None:
            out.update(evaluate(frame, value))
        else:
            out[static(frame.low, evaluate(frame, key))] = evaluate(frame, value)
    return out


@expression(gast.Slice)
def _slice(frame: Frame, node: Any) -> slice:
    return slice(
        *[None if part is None else evaluate(frame, part) for part in (node.lower, node.upper, node.step)]
    )


@expression(gast.Starred)
def _starred(frame: Frame, node: Any) -> Any:
    raise frame.refuse(node, "a starred expression stands only in a call, a display or an assignment")


@expression(gast.NamedExpr)
def _walrus(frame: Frame, node: Any) -> Any:
    value = evaluate(frame, node.value)
    owner = frame
    while owner.outer is not None and node.target.id not in owner.local:
        owner = owner.outer
    owner.names[node.target.id] = named(owner, value, node.target.id)
    return value


def named(frame: Frame, value: Any, name: str) -> Any:
    """Give a value the user's name, if it has none yet."""
    if isinstance(value, Value) and value.name is None and not frame.quiet:
        value.name = name
    return value


@expression(gast.Lambda)
def _lambda(frame: Frame, node: Any) -> Closure:
    return closure(frame, node)


def closure(frame: Frame, node: Any) -> Closure:
    """A function made in the interpreted code: its defaults are evaluated now, its names when it is called."""
    defaults = [evaluate(frame, d) for d in node.args.defaults]
    kw_defaults = [None if d is None else evaluate(frame, d) for d in node.args.kw_defaults]
    return Closure(node, frame, defaults, kw_defaults)


@expression(gast.JoinedStr)
def _fstring(frame: Frame, node: Any) -> Any:
    template, parts = "", []
    for piece in node.values:
        if isinstance(piece, gast.Constant):
            template += str(piece.value).replace("{", "{{").replace("}", "}}")
            continue
        spec = (
            ""
            if piece.format_spec is None
            else "".join(str(evaluate(frame, s)) for s in piece.format_spec.values)
        )
        template += (
            "{"
            + ("" if piece.conversion == -1 else "!" + chr(piece.conversion))
            + (":" + spec if spec else "")
            + "}"
        )
        parts.append(evaluate(frame, piece.value))
    if is_static(parts):
        return template.format(*parts)
    return emit(frame, node, Method("format"), template, *[value_of(frame, node, p) for p in parts])


# --- attributes and subscripts -------------------------------------------------------------------------------------


@expression(gast.Attribute)
def _attribute(frame: Frame, node: Any) -> Any:
    from .methods import CHANGING

    owner = to_change(frame, node.value) if node.attr in CHANGING else evaluate(frame, node.value)
    return attribute(frame, node, owner, node.attr)


def to_change(frame: Frame, node: Any) -> Any:
    """What is about to be changed and not read: it may be a captured list that was changed before."""
    return (
        frame.lookup(node.id, node, changing=True) if isinstance(node, gast.Name) else evaluate(frame, node)
    )


def attribute(frame: Frame, node: Any, owner: Any, name: str) -> Any:
    """`owner.name` of an abstract value."""
    from .methods import ARRAY_ATTRIBUTES, is_method

    if isinstance(owner, Value):
        if owner.type.kind == "generator":
            called = _is_called(frame, node)
            return Bound(owner, name) if called else emit(frame, node, Attribute(name), owner)
        rule = ARRAY_ATTRIBUTES.get(name)
        if rule is not None and owner.type.kind != "list":
            return rule(frame, node, owner)
        if is_method(owner, name):
            return Bound(owner, name)
        if owner.type.kind == "unknown":
            return (
                Bound(owner, name) if _is_called(frame, node) else emit(frame, node, Attribute(name), owner)
            )
        if owner.type.kind == "list" and hasattr(list, name):
            return Bound(owner, name)
        if hasattr(np.ndarray if owner.type.kind == "array" else np.float64, name):
            raise frame.refuse(
                node, f"`.{name}` of an array or number is not supported in a differentiated function"
            )
        raise AttributeError(f"'{owner.type.kind}' object has no attribute '{name}'")
    if isinstance(owner, ObjectRef):
        return _object_attribute(frame, node, owner, name)
    if isinstance(owner, Struct) and name in owner.fields:
        return owner.fields[name]
    if isinstance(owner, Struct):
        if owner.origin is not None and name in getattr(owner.origin[1], "__dict__", {}):
            path, seen = owner.origin
            return frame.low.inputs.abstract(getattr(seen, name), (*path, ("attr", name)), name)
        return _class_attribute(frame, node, owner, owner.cls, name)
    if isinstance(owner, Super):
        return attribute_of_super(frame, node, owner, name)
    if is_namedtuple(owner) and name in owner._fields:
        return getattr(owner, name)
    if is_namedtuple(owner) and not hasattr(tuple, name) and name not in ("_replace", "_asdict", "_fields"):
        return _class_attribute(frame, node, owner, type(owner), name)
    if isinstance(owner, (list, tuple, dict, str)):
        found = getattr(owner, name)
        return Bound(owner, name) if callable(found) else found
    if isinstance(owner, (Range, Lazy, set, Columns)):
        return Bound(owner, name)
    if isinstance(owner, (int, float, complex)) and name in ("real", "imag"):
        return getattr(owner, name)
    if isinstance(owner, (int, float, complex)) and not isinstance(owner, np.generic):
        return Bound(owner, name)
    if isinstance(owner, FunctionRef):
        return frame.low.inputs.abstract(getattr(owner.fun, name), (*owner.path, ("attr", name)), name)
    found = getattr(owner, name)
    return _static_attribute(frame, node, owner, name, found)


def _is_called(frame: Frame, node: Any) -> bool:
    return bool(getattr(node, "_called", False))


LIBRARIES = ("numpy", "scipy", "math", "cmath", "operator", "functools", "itertools", "builtins", "s2sgrad")


def _static_attribute(frame: Frame, node: Any, owner: Any, name: str, found: Any) -> Any:
    """An attribute of a module or class: the library's are constants, the user's are inputs."""
    import types

    home = getattr(owner, "__name__", None) or ""
    # Optimisers are read like functions of the user's.
    trusted = frame.quiet or home != "s2sgrad.optim" and home.partition(".")[0] in LIBRARIES
    if trusted or not isinstance(owner, (types.ModuleType, type)):
        return (
            FunctionRef(found, None)
            if frame.quiet
            and isinstance(found, types.FunctionType)
            and found.__module__.startswith("s2sgrad.table")
            else found
        )
    inputs = frame.low.inputs
    inputs.objects[id(owner)] = owner
    return inputs.abstract(found, (("object", id(owner)), ("attr", name)), name)


def _object_attribute(frame: Frame, node: Any, owner: ObjectRef, name: str) -> Any:
    if name in owner.attributes:
        return owner.attributes[name]
    import types

    found = getattr(owner.obj, name)
    cls_attr = getattr(type(owner.obj), name, None)
    if (
        isinstance(found, types.MethodType) and lookup(found) is not None
    ):  # of a library's object: `norm.logpdf`
        frame.low.inputs.guard(owner.path, identity, owner.obj)
        return found
    if (
        isinstance(found, types.MethodType)
        and found.__self__ is owner.obj
        and isinstance(found.__func__, types.FunctionType)
    ):
        ref = frame.low.inputs.abstract(
            found.__func__, (*owner.path, ("attr", name), ("attr", "__func__")), name
        )
        return BoundFunction(ref, (owner,), {})
    if isinstance(cls_attr, property):
        from .calls import call

        return call(
            frame, node, FunctionRef(cls_attr.fget, (("object", _keep(frame, cls_attr.fget)),)), [owner], {}
        )
    if (
        callable(found)
        and not _is_readable(found)
        and not isinstance(found, (types.FunctionType, type))
        and not hasattr(found, "__code__")
    ):
        return Bound(owner, name)
    return frame.low.inputs.abstract(found, (*owner.path, ("attr", name)), name)


def _is_readable(x: Any) -> bool:
    """Whether a callable object can be looked into: ours, a partial, or one with a `__call__` in Python."""
    import functools
    import types

    cls = type(x)
    ours = getattr(cls, "nature", None) is not None
    return (
        ours
        or isinstance(x, functools.partial)
        or isinstance(getattr(cls, "__call__", None), types.FunctionType)  # noqa: B004
    )


def _class_attribute(frame: Frame, node: Any, owner: Any, cls: type, name: str) -> Any:
    import types

    found = getattr(cls, name)
    if isinstance(inspect.getattr_static(cls, name), staticmethod):
        return FunctionRef(found, (("object", _keep(frame, found)),))
    if isinstance(found, types.MethodType):  # of the class
        ref = FunctionRef(found.__func__, (("object", _keep(frame, found.__func__)),))
        return BoundFunction(ref, (cls,), {})
    if isinstance(found, types.FunctionType):
        return BoundFunction(FunctionRef(found, (("object", _keep(frame, found)),)), (owner,), {})
    if isinstance(found, property):
        from .calls import call

        return call(
            frame, node, FunctionRef(found.fget, (("object", _keep(frame, found.fget)),)), [owner], {}
        )
    return frame.low.inputs.abstract(found, (("object", _keep(frame, cls)), ("attr", name)), name)


def _keep(frame: Frame, x: Any) -> int:
    frame.low.inputs.objects[id(x)] = x
    return id(x)


@expression(gast.Subscript)
def _subscript(frame: Frame, node: Any) -> Any:
    owner = evaluate(frame, node.value)
    return subscript(frame, node, owner, evaluate(frame, node.slice))


def joined_parts(frame: Frame, node: Any, maker: Any, index: Any) -> Any:
    """`np.r_[...]` and `np.c_[...]`: parts joined along the first axis, or side by side."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(p, str) or (isinstance(p, slice) and not is_static(p)) for p in parts):
        raise frame.refuse(
            node, "`np.r_` with a directive, or with a slice of run-time bounds: use np.concatenate"
        )
    made = [np.r_[p] if isinstance(p, slice) else p for p in parts]
    if isinstance(maker, type(np.c_)):
        return _call_of(frame, node, np.column_stack, made)
    lines = [
        emit(frame, node, np.reshape, as_operand(frame, node, p), (1,)) if type_of(p).is_scalar else p
        for p in made
    ]
    return _call_of(frame, node, np.concatenate, lines)


def _call_of(frame: Frame, node: Any, fun: Any, parts: list[Any]) -> Any:
    from .calls import call

    return call(frame, node, fun, [parts], {})


def subscript(frame: Frame, node: Any, owner: Any, index: Any) -> Any:
    """`owner[index]` of abstract values."""
    if type(getattr(owner, "obj", owner)) in (type(np.r_), type(np.c_)):
        return joined_parts(frame, node, getattr(owner, "obj", owner), index)
    if isinstance(owner, Value):
        if owner.type.kind == "list" and isinstance(index, slice) and index.step is None:
            return Lazy("part", (owner, index))
        return emit(frame, node, operator.getitem, owner, index_operand(frame, node, index))
    if isinstance(owner, Columns):
        from .iteration import item_of

        return (
            Lazy("part", (owner, index)) if isinstance(index, slice) else item_of(frame, node, owner, index)
        )
    own = special(frame, node, operator.getitem, owner, index)
    if own is not NotImplemented:
        return own
    if isinstance(owner, ObjectRef):
        return frame.low.inputs.abstract(
            owner.obj[static(frame.low, index)], (*owner.path, ("item", static(frame.low, index))), "item"
        )
    if isinstance(owner, dict):
        return owner[static(frame.low, index)]
    if isinstance(owner, (list, tuple, str)):
        if isinstance(index, slice):
            return owner[slice(*[static(frame.low, p) for p in (index.start, index.stop, index.step)])]
        return owner[static(frame.low, index)]
    if isinstance(owner, Range) and not isinstance(index, slice):
        return frame.low.builder.op(
            operator.getitem, (value_of(frame, node, owner), frame.low.current(index)), types=INT
        )
    if is_static(owner) and is_static(index):
        return owner[index]
    return emit(frame, node, operator.getitem, value_of(frame, node, owner), value_of(frame, node, index))


def index_operand(frame: Frame, node: Any, index: Any) -> Any:
    """An index as an operand: ranges and objects become values."""
    if isinstance(index, tuple):
        return tuple(index_operand(frame, node, i) for i in index)
    if (
        isinstance(index, (Value, slice, int, bool))
        or index is None
        or index is Ellipsis
        or isinstance(index, np.generic)
    ):
        return index
    if isinstance(index, list) and any(isinstance(i, Value) for i in leaves_of(index)):
        return emit(frame, node, np.array, index)
    if isinstance(index, (list, np.ndarray)):
        return index
    return value_of(frame, node, index)


# --- calls and comprehensions --------------------------------------------------------------------------------------


@expression(gast.Call)
def _call(frame: Frame, node: Any) -> Any:
    from .calls import call
    from .iteration import iterate

    if isinstance(node.func, gast.Attribute):
        node.func._called = True
    callee = evaluate(frame, node.func)
    args: list[Any] = []
    for a in node.args:
        if isinstance(a, gast.Starred):
            args.extend(iterate(frame, a, evaluate(frame, a.value)))
        else:
            args.append(evaluate(frame, a))
    kwargs: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            kwargs.update(evaluate(frame, k.value))
        else:
            kwargs[k.arg] = evaluate(frame, k.value)
    return call(frame, node, callee, args, kwargs)


@expression(gast.GeneratorExp)
def _generator(frame: Frame, node: Any) -> Lazy:
    return Lazy("generator", (frame, node))


@expression(gast.ListComp)
def _listcomp(frame: Frame, node: Any) -> Any:
    from .iteration import comprehension

    return comprehension(frame, node, node.elt)


@expression(gast.SetComp)
def _setcomp(frame: Frame, node: Any) -> Any:
    from .iteration import comprehension

    return set(static(frame.low, comprehension(frame, node, node.elt)))


@expression(gast.DictComp)
def _dictcomp(frame: Frame, node: Any) -> dict:
    from .iteration import comprehension

    pair = gast.Tuple([node.key, node.value], gast.Load())
    gast.copy_location(pair, node.key)
    return {static(frame.low, key): value for key, value in comprehension(frame, node, pair)}


__all__ = [
    "as_operand",
    "attribute",
    "binary",
    "closure",
    "emit",
    "evaluate",
    "extent",
    "named",
    "subscript",
    "truth",
    "type_of",
    "value_of",
]
