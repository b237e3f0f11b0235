"""A compiled module: functions of loops over arrays and numbers, and functions of the user's arguments around them.

The compiled functions take the leaves of the arguments, then the captured inputs, and return leaves; taking containers
apart and putting them together again is ordinary Python around them, written by the NumPy target's printer.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

import gast
import numpy as np

from ...frontend.abstract import leaves_of, map_abstract
from ...ir.program import (
    Block,
    Function,
    Op,
    Terminator,
    Value,
    free_values_of_block,
    functions_of,
    is_impure,
    leaves,
    map_leaves,
    operands,
    type_of,
    walk,
)
from ...ir.types import UNKNOWN, Type
from ...optimize.dead_code import remove_dead_code
from ...optimize.undefined import settle_undefined
from ...table.registry import Entry as TableEntry
from ...table.registry import lookup
from ..emit import Comment, write
from ..module_parts import helper_tree
from ..names import RESERVED, Names
from ..numpy import Entry, Text, print_entry
from ..ownership import analyse, has_memory, is_view
from ..results import plain
from ..spelling import LOAD, STORE, call, constant, dotted, name
from .aside import Aside, set_aside
from .calls import empty_list
from .columns import split_columns
from .control import write_block
from .deferred import defer_products
from .escape import escaping
from .gathered import gather_stencils
from .kernel import Kernel, is_array, is_number, refuse
from .literal import chooser, short_sizes, written_in
from .parts import Compiled, LoopParts
from .registers import keep_in_registers
from .scalars import cast
from .stacks import make_stacks, stack_packed
from .starts import separate_starts
from .sums import add_in_place
from .tapes import preallocate

Tree = Any
COMPILED = "compiled"  # the decorator of compiled functions
PARALLEL = "parallel"  # of those whose loops threads share


@dataclass(frozen=True)
class LoopText(Text):
    """A compiled module: the names of its compiled functions, and its loops without what is around them.

    `captured` are the captured inputs that the first of its compiled functions takes after the arguments, `foreign`
    the functions and exceptions of the user's that compiled code needs. `alone`: no effect happens around them.
    """

    kernels: tuple[str, ...] = ()
    loops: str = ""
    captured: tuple[Value, ...] = ()
    foreign: dict[str, Any] = field(default_factory=dict)
    alone: bool = True


def print_loops(entries: list[Entry], header: str, options: dict[str, Any]) -> LoopText:
    """The text of a module in which these functions are compiled."""
    parts = LoopParts(options=options)
    labels = Names(never_again=set(RESERVED) | {e.name for e in entries} | {COMPILED, PARALLEL, "numba"})
    called = [f for e in entries for f in functions_of(e.function) if f is not e.function]
    parts.functions = {f: labels.fresh(f.name) for f in dict.fromkeys(called)}
    every = list(dict.fromkeys([*called, *[e.function for e in entries]]))
    parts.stacks = stack_packed(every)
    for f in every:
        parts.find_foreign(f)
    bodies = [print_function(f, label, parts) for f, label in parts.functions.items()]
    wrappers, kernels, alone = [], [], True
    for e in entries:
        label = labels.fresh(f"{e.name}_loops")
        kernels.append(label)
        e, aside = set_aside(e)
        flat = flattened(e, aside)
        parts.shares_work = False
        kernel = print_kernel(e, flat, label, parts)
        bodies.append(kernel)
        called_as = label
        if parts.shares_work:
            wrappers += anywhere(label, parts)
            called_as = f"{label}_anywhere"
        elif sizes := short_sizes(kernel, shapes_of(flat, kernel)):
            wrappers += written_in(kernel, sizes)
            called_as = chooser(label)
        wrappers.append(print_wrapper(e, flat, called_as, parts, aside))
        alone = alone and not aside.before and not aside.after
    text = assembled(parts, bodies, wrappers, header, tuple(kernels))
    captured = tuple(v for v in flattened(entries[0], Aside()).params if v in entries[0].captured)
    return replace(text, captured=captured, alone=alone)


def shapes_of(flat: Flat, kernel: Any) -> dict[str, tuple[int, ...]]:
    """The shapes that the array arguments of a compiled function have in the call that it is made for."""
    given = zip((a.id for a in kernel.args.args), flat.params)
    return {label: np.shape(v.witness.value) for label, v in given if is_array(v) and v.witness is not None}


def assembled(
    parts: LoopParts, bodies: list[Any], wrappers: list[Any], header: str, kernels: tuple[str, ...]
) -> LoopText:
    head: list[Any] = [Comment(header)] if header else []
    imports = {**parts.imports, "import numba": ""}
    order = sorted(imports, key=lambda t: (not t.startswith("import math"), t))
    head += [gast.parse(text).body[0] for text in order]
    helpers = [compiled_helper(fun) for fun in parts.compiled.values()]
    process = gast.parse("PROCESS = os.getpid()").body if parts.forks else []
    code = [
        *process,
        *decorators(parts),
        *foreign(parts),
        *specials(parts),
        *vector(parts),
        *helpers,
        *bodies,
    ]
    written = write(
        gast.Module([*head, *code, *[t for t in parts.helpers.values() if t is not None], *wrappers], [])
    )
    loops = write(gast.Module([*head, *code], [])).text
    return LoopText(written.text, written.lines, parts.externals, kernels, loops, foreign=parts.foreign)


def decorators(parts: LoopParts) -> list[Any]:
    """`compiled = numba.njit(...)`: on disk, the machine code is kept beside the module."""
    on_disk = gast.Compare(constant("__file__"), [gast.In()], [call(name("globals"))])
    options = {"cache": True, "error_model": "numpy", **parts.options}
    threads = options.pop("parallel", False)
    if threads:
        options.pop("nogil", None)  # one call at a time may use the threads: it keeps the interpreter's lock
    keywords = {key: option_tree(value) for key, value in options.items()}
    if options["cache"]:
        keywords["cache"] = on_disk
    made = lambda **more: call(dotted("numba.njit"), **keywords, **more)
    out = [gast.Assign([name(COMPILED, STORE)], made(), None)]
    if parts.forks:
        out.append(gast.Assign([name(PARALLEL, STORE)], made(parallel=option_tree(ONLY_CHUNKS)), None))
    return out


# Numba's own choice of what threads share would give sums that depend on how many there are.
ONLY_CHUNKS = {
    "prange": True, "comprehension": False, "reduction": False, "inplace_binop": False, "setitem": False,
    "numpy": False, "stencil": False, "fusion": False,
}  # fmt: skip


def anywhere(label: str, parts: LoopParts) -> list[Any]:
    """The function that calls a compiled one: on its threads, but in a forked process, which has none of them."""
    parts.forks = True
    parts.imports["import os"] = ""
    options = {"error_model": "numpy", **parts.options, "cache": False, "parallel": False}
    keywords = ", ".join(f"{key}={value!r}" for key, value in options.items())
    text = f"""\
{label}_serial = numba.njit({keywords})(getattr({label}, "py_func", {label}))


def {label}_anywhere(*leaves):
    return ({label} if os.getpid() == PROCESS else {label}_serial)(*leaves)
"""
    return list(gast.parse(text).body)


def foreign(parts: LoopParts) -> list[Any]:
    """`simulate = compiled(simulate)`: functions of the user's are compiled with the program."""
    functions = [label for label, obj in parts.foreign.items() if isinstance(obj, FunctionType)]
    return [gast.Assign([name(label, STORE)], call(name(COMPILED), name(label)), None) for label in functions]


def option_tree(value: Any) -> Tree:
    if isinstance(value, (set, frozenset)):
        return gast.Set([constant(x) for x in sorted(value)]) if value else call(name("set"))
    if isinstance(value, dict):
        return gast.Dict([constant(x) for x in value], [option_tree(x) for x in value.values()])
    return constant(value)


def compiled_helper(fun: Any) -> Any:
    tree = helper_tree(fun)
    tree.decorator_list = [name(COMPILED)]
    if tree.body and isinstance(tree.body[0], gast.Expr) and isinstance(tree.body[0].value, gast.Constant):
        tree.body = tree.body[1:]
    return tree


def specials(parts: LoopParts) -> list[Any]:
    """The functions of SciPy in use."""
    from .special import declarations

    return declarations(parts.specials, parts.adapters)


def vector(parts: LoopParts) -> list[Any]:
    """The vector mathematics in use, with all that it needs."""
    if not parts.vector:
        return []
    from ..vector_math import source_of

    return list(gast.parse(source_of(sorted(parts.vector))).body)


# --- compiled functions -------------------------------------------------------------------------------------------


def count_uses(block: Block) -> dict[Value, int]:
    uses: dict[Value, int] = {}

    def visit(b: Block) -> None:
        for node in b.nodes:
            for v in operands(node):
                uses[v] = uses.get(v, 0) + 1
            for inner in getattr(node, "blocks", ()):
                visit(inner)
                for v in leaves(inner.end.values):
                    uses[v] = uses.get(v, 0) + 1

    visit(block)
    return nested_uses(block, uses)


def nested_uses(block: Block, uses: dict[Value, int]) -> dict[Value, int]:
    """A value that is read in an inner block has a line of its own: it is computed where it stands."""
    for node in walk(block):
        for inner in getattr(node, "blocks", ()):
            for v in free_values_of_block(inner):
                uses[v] = uses.get(v, 0) + 1
    return uses


def refuse_states(function: Function) -> None:
    """Refuse arithmetic that is to raise or to call something: compiled, it gives infinities and NaNs."""
    for node in walk(function.body):
        if isinstance(node, Op) and set(dict(node.state).values()) - {"ignore", "warn"}:
            raise refuse(
                node, f"under `np.errstate({', '.join(f'{k}={v!r}' for k, v in dict(node.state).items())})`"
            )


def function_of(function: Function, results: list[Any], parts: LoopParts) -> Kernel:
    refuse_states(function)
    settle_undefined(function.body)
    preallocate(function, results)
    add_in_place(function)
    defer_products(function)
    gather_stencils(function)
    keep_in_registers(function)
    if not parts.options.get("boundscheck"):  # what is checked is read where the user reads it
        split_columns(function)
    separate_starts(function)
    remove_dead_code(function, results)
    found, taken = analyse(function, results), set(RESERVED) | set(parts.foreign) | set(parts.stacks.labels)
    uses, out = count_uses(function.body), escaping(function, results)
    return Kernel(found, parts, uses=uses, escaping=out, taken=taken)


def print_function(function: Function, label: str, parts: LoopParts) -> Any:
    """A function of the program that others call."""
    k = function_of(function, [], parts)
    args = []
    for v in function.params:
        demand_known(v, None)
        k.labels[v] = k.fresh(v.name or "a")
        k.given.add(v)
        args.append(k.labels[v])
    results = function.results
    write_block(k, function.body)
    trees = [returned(k, v, bool(function.consumes), results) for v in results]
    k.statement(gast.Return(trees[0] if len(trees) == 1 else gast.Tuple(trees, LOAD)))
    return definition(label, [*args, *parts.stacks.labels], "", k.out)


def definition(label: str, args: list[str], doc: str, body: list[Any]) -> Any:
    arguments = gast.arguments([name(a, gast.Param()) for a in args], [], None, [], [], None, [])
    head = [gast.Expr(constant(doc))] if doc else []
    return gast.FunctionDef(label, arguments, [*head, *body], [name(COMPILED)], None, None, [])


def returned(k: Kernel, v: Any, fresh: bool, results: Any) -> Tree:
    """A result; one that the caller shall own is copied where its memory is an argument's or another result's."""
    if is_number(v):
        return k.scalar(v)
    if not isinstance(v, Value):
        raise refuse(None, "a result of this kind")
    tree = k.array(v)
    if v in k.empties:
        return empty_list(k, v.type.item)
    if not fresh or not has_memory(v):
        return tree
    roots = k.found.roots.get(v, frozenset())
    shared = sum(1 for x in results if isinstance(x, Value) and k.found.roots.get(x, frozenset()) & roots)
    ours = all(root in k.found.owned_roots for root in roots) and shared <= 1
    if ours and not (isinstance(v.node, Op) and is_view(v.node)):
        return tree
    return call(gast.Attribute(tree, "copy", LOAD))


def demand_known(v: Value, node: Any) -> None:
    t = v.type
    if t.kind == "list":
        if t.item is None or t.item.dtype is None:
            raise refuse(node, f"`{v.name}`, a list of values of unknown type,")
    elif t.kind not in ("packed", "generator") and (
        t.dtype is None or t.shape is None or t.dtype.kind not in "biufc"
    ):
        raise refuse(node, f"`{v.name}`, a value of unknown type,")


def first_reader(body: Block, v: Value) -> Any:
    """What reads a parameter first, to say where one is of no use."""
    return next((n for n in walk(body) if isinstance(n, Op) and v in operands(n)), None)


@dataclass(frozen=True)
class Flat:
    """The leaves that a compiled function takes and returns."""

    params: tuple[Value, ...]
    results: tuple[Any, ...]  # values and numbers, one as often as it stands in the result

    @property
    def values(self) -> list[Value]:
        """The values among the results, each once."""
        return list(dict.fromkeys(v for v in self.results if isinstance(v, Value)))


def flattened(e: Entry, aside: Aside) -> Flat:
    """What the compiled function of an entry takes and returns."""
    used = set(v for n in walk(e.function.body) for v in operands(n)) | set(leaves(plain(e.result)))
    used |= {v for n in walk(e.function.body) for b in getattr(n, "blocks", ()) for v in leaves(b.end.values)}
    given = [v for _, abstract in e.parameters for v in leaves(plain(abstract))]
    params = [v for v in dict.fromkeys([*given, *e.captured]) if v in used or v.type.kind != "unknown"]
    params += aside.made
    results = [x for x in leaves_of(plain(e.result)) if is_result(x)]
    wanted = dict.fromkeys(
        v for v in aside.wanted if v not in given and v not in e.captured and v not in results
    )
    return Flat(tuple(params), (*results, *wanted))


def is_result(x: Any) -> bool:
    """Whether a leaf of a result is returned by the compiled function: not None, nor text."""
    return isinstance(x, Value) or is_number(x)


def print_kernel(e: Entry, flat: Flat, label: str, parts: LoopParts) -> Any:
    """The compiled function of an entry: leaves in, leaves out."""
    results = flat.values
    e.function.body.end = Terminator("return", ())
    k = function_of(e.function, results, parts)
    k.parallel = bool(parts.options.get("parallel")) and not parts.options.get("boundscheck")
    args = []
    for v in flat.params:
        demand_known(v, first_reader(e.function.body, v))
        k.labels[v] = k.fresh(v.name or "a")
        k.given.add(v)
        args.append(k.labels[v])
    for v in results:
        k.uses[v] = k.uses.get(v, 0) + 1
    for v in flat.params:
        if v.type.kind == "list":
            k.assign(k.labels[v], call(parts.helper("rows_of"), name(k.labels[v])))
    make_stacks(k)
    hold(k, e.function.body, results)
    trees, seen = [], set()
    for v in flat.results:
        tree = k.static(v) if not isinstance(v, Value) else returned(k, v, e.fresh_results, results)
        again = v in seen and is_array(v) and isinstance(tree, gast.Name)
        trees.append(call(gast.Attribute(tree, "copy", LOAD)) if again else tree)
        seen.add(v)
    if trees:
        k.statement(gast.Return(trees[0] if len(trees) == 1 else gast.Tuple(trees, LOAD)))
    made = definition(label, args, e.doc, k.out or [gast.Pass()])
    if parts.shares_work:
        made.decorator_list = [name(PARALLEL)]
    return made


def hold(k: Kernel, body: Block, results: list[Value]) -> None:
    """Write a body whose results must be stored."""
    end = body.end
    body.end = Terminator("return", tuple(results))
    try:
        write_block(k, body)
    finally:
        body.end = end


# --- what is around them --------------------------------------------------------------------------------------------


def print_wrapper(e: Entry, flat: Flat, label: str, parts: LoopParts, aside: Aside) -> Any:
    """The function that takes the user's arguments: it calls the compiled one and restores types and containers."""
    nodes: list[Op] = list(aside.before)
    args = [_leaf(v, nodes) for v in flat.params]
    made = tuple(Value(kernel_type(type_of(v)), getattr(v, "name", None)) for v in flat.results)
    entry = TableEntry(Compiled(label), label)
    op = Op(Compiled(label), entry, tuple(args), {}, made, structure=tuple if len(made) > 1 else None)
    for r in made:
        r.node = op
    if not made:  # it is called for its effects
        op.results = (Value(UNKNOWN),)
    if flat.values or any(is_impure(n) for n in e.function.body.nodes):
        nodes.append(op)
    restored = [_restored(v, r, nodes) if isinstance(v, Value) else v for v, r in zip(flat.results, made)]
    final = {v: r for v, r in zip(flat.results, restored) if isinstance(v, Value)}
    result = _replaced(e.result, iter(restored))
    for op in aside.after:
        op.args, op.kwargs = map_leaves((op.args, op.kwargs), lambda v: final.get(v, v))
        nodes.append(op)
    params = list(dict.fromkeys(v for _, a in e.parameters for v in leaves(plain(a))))
    function = Function(e.name, Block([*params, *[v for v in e.captured if v not in params]], nodes))
    return print_entry(replace(e, function=function, result=result, fresh_results=False), parts)


def kernel_type(t: Type) -> Type:
    """What comes out of a compiled function: numbers as Python numbers."""
    if t.kind == "array" and not t.shape and t.dtype is not None:
        return Type("scalar", t.dtype, ())
    return t


def _op(fun: Any, args: tuple, t: Type, nodes: list[Op], label: str | None = None) -> Value:
    v = Value(t, label)
    op = Op(fun, lookup(fun), args, {}, (v,))
    v.node = op
    nodes.append(op)
    return v


def _leaf(v: Value, nodes: list[Op]) -> Any:
    t = v.type
    if t.kind == "array" and t.shape == ():
        return _op(operator.getitem, (v, ()), Type("scalar", t.dtype, ()), nodes)
    if t.kind == "list":
        return _op(np.array if t.item is not None and not t.item.shape else tuple, (v,), t, nodes)
    return v


def _restored(v: Value, r: Value, nodes: list[Op]) -> Value:
    t = v.type
    if t.kind == "scalar":
        return _op(t.dtype.type, (r,), t, nodes)
    if t.kind == "array" and t.shape == ():
        return _op(np.asarray, (r, t.dtype), t, nodes)
    return r


def _replaced(x: Any, restored: Iterator[Any]) -> Any:
    """The result made of what the compiled function returns."""
    return map_abstract(x, lambda leaf: next(restored) if is_result(leaf) else leaf)


__all__ = ["LoopText", "cast", "is_array", "map_leaves", "print_loops"]
