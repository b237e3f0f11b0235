"""The NumPy target: a program as Python text that a person would have written.

Values with a user's name are lines, values used once are folded into the expression that uses them, functional
writes are printed as writes in place where ownership allows it. Names are unique in a function: a later
version of `x` is `x_2`.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import keyword
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ..frontend.abstract import Struct, is_namedtuple
from ..frontend.primitives import extent, list_append, list_of, list_pop, list_set
from ..ir.program import UNDEFINED, Block, Branch, Function, Loop, Op, Terminator, Value, leaves, operands, walk
from ..ir.types import Type
from ..table.functional import index_add, index_set, may_repeat
from ..table.registry import IMPURE
from .emit import Comment, write
from .ownership import WRITES, Ownership, analyse, has_memory, is_view
from .spelling import BUILTIN_NAMES, LOAD, STORE, call, constant, dotted, import_path, name, spell, subscript

FOLD_DISTANCE = 40  # operations between a temporary and its use, beyond which it keeps a line of its own
LINE_BUDGET = 72  # characters of an expression that temporaries are folded into
ALIASES = {"numpy": "np"}
RESERVED = frozenset(keyword.kwlist) | BUILTIN_NAMES | {"np", "math", "operator", "scipy", "special", "stats", "linalg"}


@dataclass(frozen=True)
class Text:
    """A generated module: its text, the origin of each line, and objects it needs from outside."""

    text: str
    lines: dict[int, Any]
    externals: dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A piece of syntax and its length in characters."""

    tree: Any
    size: int


@dataclass(eq=False)
class Names:
    """Unique names: the first to ask for `x` gets it, the next gets `x_2`."""

    taken: set[str] = field(default_factory=lambda: set(RESERVED))
    counts: dict[str, int] = field(default_factory=dict)
    temporaries: int = 0

    def fresh(self, wish: str | None) -> str:
        if wish is None:
            self.temporaries += 1
            wish = f"t{self.temporaries}"
        if not wish.isidentifier():
            wish = "v"
        if wish not in self.taken:
            self.taken.add(wish)
            return wish
        k = self.counts.get(wish, 1) + 1
        while f"{wish}_{k}" in self.taken:
            k += 1
        self.counts[wish] = k
        self.taken.add(f"{wish}_{k}")
        return f"{wish}_{k}"


@dataclass(eq=False)
class Printer:
    """One function being printed."""

    found: Ownership
    names: Names
    module: ModuleParts
    labels: dict[Value, str] = field(default_factory=dict)
    folded: dict[Value, Part] = field(default_factory=dict)
    uses: dict[Value, int] = field(default_factory=dict)
    pinned: set[Value] = field(default_factory=set)
    out: list[Any] = field(default_factory=list)
    fold_names: bool = True
    last_origin: Any = None
    carried: Any = ()  # of the loop being printed: what a break hands over

    def function(self, fun: Any) -> Any:
        return self.module.reference(fun)


@dataclass(eq=False)
class ModuleParts:
    """What the functions of a module share: imports, copied helper functions, objects from outside."""

    imports: dict[str, str] = field(default_factory=dict)  # text of the import -> itself, in order of first use
    helpers: dict[str, Any] = field(default_factory=dict)
    externals: dict[str, Any] = field(default_factory=dict)

    def reference(self, fun: Any) -> Any:
        """Syntax that names a function, its import or definition added to the module."""
        if isinstance(fun, type) or isinstance(fun, types.BuiltinFunctionType):
            label = fun.__name__
            if getattr(builtins, label, None) is fun:
                return name(label)
        path = import_path(fun)
        if path is not None:
            return self._imported(path)
        if (getattr(fun, "__module__", "") or "").startswith("s2sgrad.") and isinstance(fun, types.FunctionType):
            return self._copied(fun)
        label = getattr(fun, "__name__", "external")
        self.externals[label] = fun
        return name(label)

    def _imported(self, path: str) -> Any:
        library, _, rest = path.partition(".")
        if library == "builtins":
            return name(rest)
        if library == "numpy":
            self.imports["import numpy as np"] = ""
            return dotted(f"np.{rest}")
        if library == "scipy":
            part, _, label = rest.partition(".")
            self.imports[f"from scipy import {part}"] = ""
            return dotted(f"{part}.{label}")
        self.imports[f"import {library}"] = ""
        return dotted(path)

    def _copied(self, fun: Any) -> Any:
        """A helper function of the table, copied into the module with what it calls."""
        if fun.__name__ not in self.helpers:
            self.helpers[fun.__name__] = None
            tree = helper_tree(fun)
            for node in gast.walk(tree):
                if isinstance(node, gast.Name) and node.id in fun.__globals__ and node.id != fun.__name__:
                    used = fun.__globals__[node.id]
                    if isinstance(used, types.ModuleType):
                        self.imports["import numpy as np" if used is np else f"import {used.__name__}"] = ""
                    elif isinstance(used, types.FunctionType):
                        self._copied(used)
                    elif isinstance(used, (int, float)):
                        node.id = repr(used)
            self.helpers[fun.__name__] = tree
        return name(fun.__name__)

    def use_numpy(self) -> None:
        self.imports["import numpy as np"] = ""


@functools.lru_cache(maxsize=128)
def _helper_text(fun: Any) -> str:
    return textwrap.dedent(inspect.getsource(fun))


def helper_tree(fun: Any) -> Any:
    """The definition of a helper function, without annotations."""
    tree = gast.parse(_helper_text(fun)).body[0]
    tree.returns, tree.decorator_list = None, []
    for arg in [*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs, tree.args.vararg, tree.args.kwarg]:
        if arg is not None:
            arg.annotation = None
    return tree


# --- the module ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A function to be printed: its program, how the user's arguments reach its parameters, and its results."""

    name: str
    function: Function
    parameters: list[tuple[str, Any]]  # the user's parameters and the abstract values in them
    captured: list[Value]
    result: Any  # a structure of values, constants and None
    doc: str = ""
    fresh_results: bool = True
    star: tuple[str | None, str | None] = (None, None)


def print_module(entries: list[Entry], header: str = "") -> Text:
    """The text of a module with these functions."""
    parts = ModuleParts()
    bodies = [print_entry(e, parts) for e in entries]
    body: list[Any] = [Comment(header)] if header else []
    for text in sorted(parts.imports, key=lambda t: (not t.startswith("import math"), t)):
        body.append(gast.parse(text).body[0])
    body.extend(tree for tree in parts.helpers.values() if tree is not None)
    body.extend(bodies)
    written = write(gast.Module(body, []))
    return Text(written.text, written.lines, parts.externals)


def print_entry(e: Entry, parts: ModuleParts) -> Any:
    """One function definition."""
    results = list(leaves(_plain(e.result)))
    e.function.body.end = Terminator("return", ())
    found = analyse(e.function, results)
    p = Printer(found, Names(), parts)
    for label, _ in e.parameters:
        p.names.taken.add(label)
    _count_uses(p, e.function.body, results)
    _unpack_parameters(p, e)
    _print_block(p, e.function.body)
    _print_result(p, e)
    body = [gast.Expr(constant(e.doc))] if e.doc else []
    arguments = [name(label, gast.Param()) for label, _ in e.parameters]
    captured = [name(p.labels[v], gast.Param()) for v in e.captured]
    args = gast.arguments([*arguments, *captured], [], None, [], [], None, [])
    return gast.FunctionDef(e.name, args, [*body, *p.out], [], None, None, [])


def _plain(x: Any) -> Any:
    """A result structure with dataclasses seen as tuples."""
    if isinstance(x, Struct):
        return tuple(_plain(v) for v in x.fields.values())
    if isinstance(x, (tuple, list)):
        return tuple(_plain(v) for v in x)
    return {k: _plain(v) for k, v in x.items()} if isinstance(x, dict) else x


def _unpack_parameters(p: Printer, e: Entry) -> None:
    """Name the leaves of each argument; a leaf inside a container becomes a line."""
    for label, abstract in e.parameters:
        if isinstance(abstract, Value):
            p.labels[abstract] = label
    for v in e.captured:
        p.labels[v] = p.names.fresh(v.name)
    for label, abstract in e.parameters:
        if not isinstance(abstract, Value):
            _unpack(p, name(label), abstract)


def _unpack(p: Printer, tree: Any, abstract: Any) -> None:
    if isinstance(abstract, Value):
        if p.uses.get(abstract, 0) == 0:
            return
        p.labels[abstract] = p.names.fresh(abstract.name)
        p.out.append(gast.Assign([name(p.labels[abstract], STORE)], tree, None))
    elif isinstance(abstract, Struct):
        for field_name, item in abstract.fields.items():
            _unpack(p, gast.Attribute(tree, field_name, LOAD), item)
    elif is_namedtuple(abstract):
        for field_name, item in zip(abstract._fields, abstract):
            _unpack(p, gast.Attribute(tree, field_name, LOAD), item)
    elif isinstance(abstract, (tuple, list)):
        for k, item in enumerate(abstract):
            _unpack(p, subscript(tree, constant(k)), item)
    elif isinstance(abstract, dict):
        for key, item in abstract.items():
            _unpack(p, subscript(tree, constant(key)), item)
    elif hasattr(abstract, "attributes") and hasattr(abstract, "path"):
        _unpack_object(p, tree, abstract)


def _unpack_object(p: Printer, tree: Any, ref: Any) -> None:
    """Leaves read from an object by attribute: found among the inputs by their paths."""
    return None


def _count_uses(p: Printer, block: Block, results: list[Value]) -> None:
    for v in results:
        p.uses[v] = p.uses.get(v, 0) + 1
        if has_memory(v):
            p.pinned.add(v)
    _count_block(p, block)


def _count_block(p: Printer, block: Block) -> None:
    for node in block.nodes:
        for v in operands(node):
            p.uses[v] = p.uses.get(v, 0) + 1
        if isinstance(node, Op):
            if node.fun is extent or node.fun in WRITES:
                p.pinned.update(v for v in leaves(node.args[0]))
            continue
        p.pinned.update(operands(node))
        for inner in getattr(node, "blocks", ()):
            _count_block(p, inner)
            p.pinned.update(leaves(inner.end.values))
    for v in leaves(block.end.values):
        p.uses[v] = p.uses.get(v, 0) + 1


# --- statements -----------------------------------------------------------------------------------------------------------


def _print_block(p: Printer, block: Block) -> None:
    homes = _single_use_homes(p, block)
    k, nodes = 0, block.nodes
    while k < len(nodes):
        state = nodes[k].state
        if not state:
            _print_node(p, nodes[k], k, homes, block)
            k += 1
            continue
        outer, p.out = p.out, []
        while k < len(nodes) and nodes[k].state == state:
            _print_node(p, nodes[k], k, homes, block, fold=False)
            k += 1
        inner, p.out = p.out, outer
        if inner:
            p.module.use_numpy()
            options = dict(state)
            manager = call(dotted("np.errstate"), **{key: constant(value) for key, value in options.items()})
            p.out.append(gast.With([gast.withitem(manager, None)], inner, None))


def _single_use_homes(p: Printer, block: Block) -> dict[Value, int]:
    """For each value read by exactly one operation of this block: the place of that operation."""
    homes: dict[Value, int] = {}
    for k, node in enumerate(block.nodes):
        if isinstance(node, Op):
            for v in operands(node):
                homes[v] = k if p.uses.get(v) == 1 else -1
    return homes


def _print_node(p: Printer, node: Any, k: int, homes: dict[Value, int], block: Block, fold: bool = True) -> None:
    if isinstance(node, Op):
        _print_op(p, node, k, homes, block, fold)
    elif isinstance(node, Branch):
        _print_branch(p, node)
    elif isinstance(node, Loop):
        _print_loop(p, node, k, block)


def _statement(p: Printer, tree: Any, node: Any) -> None:
    """Append a statement; the first of the backward sweep for a line of the user's says which line that is."""
    tree.origin = node.loc
    if getattr(node, "backward", False) and node.loc is not None and node.loc is not p.last_origin and node.loc[1] is not None:
        source, where = node.loc
        line = getattr(where, "lineno", None)
        if line is not None and (source.filename, line) != p.last_origin:
            p.last_origin = (source.filename, line)
            text = source.lines[line - 1].strip() if line <= len(source.lines) else ""
            if text:
                p.out.append(Comment(text))
    p.out.append(tree)


def _print_op(p: Printer, node: Op, k: int, homes: dict[Value, int], block: Block, fold: bool) -> None:
    if node.fun in WRITES:
        _print_write(p, node)
        return
    part = _expression(p, node)
    if node.structure is not None:
        _assign_structure(p, node, part)
        return
    result = node.results[0]
    if node.effect == IMPURE and p.uses.get(result, 0) == 0:
        _statement(p, gast.Expr(part.tree), node)
        return
    if _always_inline(p, node):
        p.folded[result] = part
        return
    if fold and _folds(p, node, result, part, k, homes, block):
        p.folded[result] = part
        return
    _assign(p, result, part.tree, node)


def _assign_structure(p: Printer, node: Op, part: Part) -> None:
    targets = []
    for r in node.results:
        p.labels[r] = "_" if p.uses.get(r, 0) == 0 else p.names.fresh(r.name)
        targets.append(name(p.labels[r], STORE))
    target = gast.Tuple(targets, STORE) if len(targets) != 1 else gast.Tuple(targets, STORE)
    _statement(p, gast.Assign([target], part.tree, None), node)


def _always_inline(p: Printer, node: Op) -> bool:
    return node.fun is extent and isinstance(node.args[0], Value) and node.args[0] not in p.folded


def _folds(p: Printer, node: Op, result: Value, part: Part, k: int, homes: dict[Value, int], block: Block) -> bool:
    """Whether a value is written where it is used: a temporary, used once, in this block, with nothing between."""
    if result.name is not None and not node.backward:
        return False
    if result.name is not None and result.name.endswith("_bar") and not _is_trivial(node):
        return False
    if result in p.pinned or part.size > LINE_BUDGET or node.effect == IMPURE:
        return False
    target = homes.get(result, -1)
    if target <= k:
        return False
    return not _crosses_write(p, node, block, k, target)


def _is_trivial(node: Op) -> bool:
    return False


def _crosses_write(p: Printer, node: Op, block: Block, k: int, target: int) -> bool:
    """Whether moving an expression from place `k` to `target` would carry it over an effect it could see."""
    reads = _memory_read(p, node)
    if target - k > FOLD_DISTANCE:
        return True
    labels = _names_read(p, node)
    for other in block.nodes[k + 1 : target]:
        if not isinstance(other, Op):
            return True
        if any(p.labels.get(r) in labels for r in other.results):  # the name will stand for another value
            return True
        if other.effect == IMPURE or other.state != node.state:
            return True
        if other.fun in WRITES and reads and p.found.roots.get(other.results[0], frozenset()) & reads:
            return True
    user = block.nodes[target]
    return user.state != node.state or (user.fun in WRITES and bool(reads & p.found.roots.get(user.results[0], frozenset())) and _reads_base_late(user, node))


def _names_read(p: Printer, node: Op) -> set[str]:
    """The names that an expression mentions, those of what is folded into it too."""
    found: set[str] = set()
    for v in operands(node):
        if v in p.folded and isinstance(v.node, Op):
            found |= _names_read(p, v.node)
        elif v in p.labels:
            found.add(p.labels[v])
    return found


def _reads_base_late(user: Op, node: Op) -> bool:
    return user.fun in (list_append, list_pop, list_set)


def _memory_read(p: Printer, node: Op) -> frozenset:
    out: frozenset = frozenset()
    for v in operands(node):
        if has_memory(v):
            out |= p.found.roots.get(v, frozenset())
            if isinstance(v.node, Op) and v in p.folded:
                out |= _memory_read(p, v.node)
        elif v in p.folded and isinstance(v.node, Op):
            out |= _memory_read(p, v.node)
    return out


def _assign(p: Printer, result: Value, tree: Any, node: Any) -> None:
    label = p.labels.get(result)
    if label is None:
        label = p.labels[result] = p.names.fresh(result.name)
    _statement(p, gast.Assign([name(label, STORE)], tree, None), node)


def _print_write(p: Printer, node: Op) -> None:
    """A functional write: in place where the base is ours, on a copy of it otherwise."""
    base, result = node.args[0], node.results[0]
    if node.fun is list_pop:
        _print_pop(p, node)
        return
    if node in p.found.in_place and isinstance(base, Value):
        _claim(p, base, result, node)
    else:
        copy = _copy_of(p, base)
        _assign(p, result, copy, node)
    target = name(p.labels[result])
    args = [_operand(p, a).tree for a in node.args[1:]]
    if node.fun is list_append:
        _statement(p, gast.Expr(call(gast.Attribute(target, "append", LOAD), args[0])), node)
    elif node.fun is index_add and may_repeat_statically(node.args[1]):
        p.module.use_numpy()
        _statement(p, gast.Expr(call(dotted("np.add.at"), target, *args)), node)
    elif node.fun is index_add:
        negated = isinstance(args[1], gast.UnaryOp) and isinstance(args[1].op, gast.USub)
        sign = gast.Sub() if negated else gast.Add()
        amount = args[1].operand if negated else args[1]
        _statement(p, gast.AugAssign(subscript(target, args[0], STORE), sign, amount), node)
    else:
        _statement(p, gast.Assign([subscript(target, args[0], STORE)], args[1], None), node)


def may_repeat_statically(index: Any) -> bool:
    from ..ir.result_types import type_of_index

    kinds = [type_of_index(i) for i in (index if isinstance(index, tuple) else (index,))]
    return any(not isinstance(k, str) and (k.dtype is None or k.dtype.kind != "b") for k in kinds)


def _claim(p: Printer, base: Value, result: Value, node: Any) -> None:
    """Let the result of a write in place take over the name of its base."""
    if base in p.labels:
        wanted = p.labels.get(result)
        if wanted is not None and wanted != p.labels[base]:
            _statement(p, gast.Assign([name(wanted, STORE)], name(p.labels[base]), None), node)
            return
        p.labels[result] = p.labels[base]
    else:
        _assign(p, result, _operand(p, base).tree, node)


def _copy_of(p: Printer, base: Any) -> Any:
    tree = _operand(p, base).tree
    if isinstance(base, Value) and base.type.kind == "list":
        return call(name("list"), tree)
    if isinstance(base, Value) and base.type.kind == "array":
        return call(gast.Attribute(tree, "copy", LOAD))
    p.module.use_numpy()
    return call(dotted("np.array"), tree)


def _print_pop(p: Printer, node: Op) -> None:
    base, (rest, item) = node.args[0], node.results
    if node in p.found.in_place:
        _claim(p, base, rest, node)
    else:
        _assign(p, rest, _copy_of(p, base), node)
    popped = call(gast.Attribute(name(p.labels[rest]), "pop", LOAD))
    if p.uses.get(item, 0) == 0:
        _statement(p, gast.Expr(popped), node)
    else:
        _assign(p, item, popped, node)


# --- expressions ------------------------------------------------------------------------------------------------------------


def _expression(p: Printer, node: Op) -> Part:
    args = [_operand(p, a) for a in node.args]
    kwargs = {key: _operand(p, a) for key, a in node.kwargs.items()}
    tree = spell(p, node, [a.tree for a in args], {key: a.tree for key, a in kwargs.items()})
    size = sum(a.size + 3 for a in args) + sum(len(key) + a.size + 3 for key, a in kwargs.items()) + 8
    return Part(tree, size)


def _operand(p: Printer, x: Any) -> Part:
    """An operand as syntax."""
    if isinstance(x, Value):
        if x in p.folded:
            return p.folded[x]
        label = p.labels[x]
        return Part(name(label), len(label))
    if isinstance(x, slice):
        parts = [None if s is None else _operand(p, s) for s in (x.start, x.stop, x.step)]
        trees = [None if s is None else s.tree for s in parts]
        return Part(gast.Slice(*trees), sum(s.size for s in parts if s is not None) + 2)
    if isinstance(x, (tuple, list)):
        items = [_operand(p, item) for item in x]
        kind = gast.Tuple if isinstance(x, tuple) else gast.List
        return Part(kind([i.tree for i in items], LOAD), sum(i.size + 2 for i in items) + 2)
    if isinstance(x, dict):
        items = [_operand(p, item) for item in x.values()]
        return Part(gast.Dict([constant(key) for key in x], [i.tree for i in items]), sum(i.size + 8 for i in items))
    return _static(p, x)


def _static(p: Printer, x: Any) -> Part:
    """A compile-time constant as syntax."""
    if isinstance(x, (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))) and not isinstance(x, np.generic):
        return Part(_number(p, x), len(repr(x)))
    if isinstance(x, np.dtype):
        label = x.type.__name__
        p.module.use_numpy()
        return Part(dotted(f"np.{label}"), len(label) + 3)
    if isinstance(x, np.generic):
        p.module.use_numpy()
        return Part(call(dotted(f"np.{type(x).__name__}"), _number(p, x.item())), 20)
    if isinstance(x, np.ndarray):
        p.module.use_numpy()
        return Part(call(dotted("np.array"), _operand(p, x.tolist()).tree), 20 * x.size)
    tree = p.module.reference(x)
    return Part(tree, 12)


def _number(p: Printer, x: Any) -> Any:
    if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
        p.module.use_numpy()
        tree = dotted("np.nan" if x != x else "np.inf")
        return gast.UnaryOp(gast.USub(), tree) if x == float("-inf") else tree
    if isinstance(x, (int, float)) and not isinstance(x, bool) and (x < 0 or (x == 0 and str(x)[0] == "-")):
        return gast.UnaryOp(gast.USub(), constant(-x))
    return constant(x)


# --- branches and loops -------------------------------------------------------------------------------------------------------


def _print_branch(p: Printer, node: Branch) -> None:
    test = _operand(p, node.test).tree
    for r in node.results:
        if r not in p.labels:
            p.labels[r] = _shared_label(p, node, r)
    arms = []
    for block in node.blocks:
        outer, p.out = p.out, []
        _name_yields(p, block, p.carried if block.end.kind == "break" else node.results)
        _print_block(p, block)
        _hand_over(p, block, node.results, node)
        arms.append(p.out)
        p.out = outer
    then, orelse = arms
    if not then and not orelse:
        return
    if not then:
        test, then, orelse = negation(test), orelse, []
    _statement(p, gast.If(test, then, orelse), node)


def negation(test: Any) -> Any:
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    return gast.UnaryOp(gast.Not(), test)


def _shared_label(p: Printer, node: Branch, r: Value) -> str:
    """The name of a branch result: that of an array that an arm hands through or writes in place."""
    k = node.results.index(r)
    for block in node.blocks:
        if block.end.kind == "yield" and isinstance(block.end.values[k], Value):
            base = _in_place_base(p, block, block.end.values[k])
            if base is not None and base in p.labels:
                return p.labels[base]
    return p.names.fresh(r.name)


def _in_place_base(p: Printer, block: Block, y: Value) -> Value | None:
    """The outer array that `y` is a version of, written in place in this block."""
    written = False
    while isinstance(y.node, Op) and y.node.fun in WRITES and y.node in p.found.in_place and y.node in block.nodes:
        y, written = y.node.args[0], True
    return y if written and (y.node is None or y.node not in block.nodes) else None


def _name_yields(p: Printer, block: Block, targets: Any, clobbered: Any = None) -> None:
    """Give values a block hands over the names they are handed over under, where nothing else needs those."""
    if block.end.kind not in ("yield", "break"):
        return
    fresh_label = {p.labels[t] for t in targets if t in p.labels}
    inner_uses = _labels_used(p, block, fresh_label)
    for t, y in zip(targets, block.end.values):
        if not isinstance(y, Value) or y in p.labels or y.node is None or y.node not in block.nodes or not isinstance(y.node, Op):
            continue
        if y.node.structure is not None or _in_place_base(p, block, y) is not None or (y.node.fun in WRITES and y.node in p.found.in_place):
            continue
        if sum(1 for other in block.end.values if other is y) > 1:
            continue
        if inner_uses.get(p.labels[t], -1) <= block.nodes.index(y.node):
            p.labels[y] = p.labels[t]


def _labels_used(p: Printer, block: Block, labels: set[str]) -> dict[str, int]:
    """For each of these names: the last place in a block where a value that has it is read."""
    from ..ir.program import free_values

    last: dict[str, int] = {}
    for k, node in enumerate(block.nodes):
        for v in free_values(node):
            if p.labels.get(v) in labels:
                last[p.labels[v]] = k
            for inner in _folded_leaves(p, v):
                if p.labels.get(inner) in labels:
                    last[p.labels[inner]] = k
    for position, v in enumerate(block.end.values):
        for leaf in leaves(v):
            if p.labels.get(leaf) in labels and not _hands_itself(p, block, position, leaf):
                last[p.labels[leaf]] = len(block.nodes)
    return last


def _folded_leaves(p: Printer, v: Value) -> list[Value]:
    if v in p.folded and isinstance(v.node, Op):
        return [x for o in operands(v.node) for x in [o, *_folded_leaves(p, o)]]
    return []


def _hands_itself(p: Printer, block: Block, position: int, v: Value) -> bool:
    return False


def _hand_over(p: Printer, block: Block, targets: Any, node: Any) -> None:
    """Assign what a block hands over to the names it is handed over under, all at once."""
    if block.end.kind in ("yield", "break"):
        pairs = []
        targets = p.carried if block.end.kind == "break" else targets
        for t, y in zip(targets, block.end.values):
            if y is UNDEFINED:
                continue
            part = _operand(p, y)
            if isinstance(part.tree, gast.Name) and part.tree.id == p.labels[t]:
                continue
            pairs.append((p.labels[t], part.tree))
        _parallel_assign(p, pairs, node)
        if block.end.kind == "break":
            p.out.append(gast.Break())
    elif block.end.kind == "raise":
        _statement(p, gast.Raise(_operand(p, block.end.values[0]).tree, None), node)


def _parallel_assign(p: Printer, pairs: list[tuple[str, Any]], node: Any) -> None:
    if not pairs:
        return
    targets = {label for label, _ in pairs}
    entangled = any(isinstance(n, gast.Name) and n.id in targets for _, tree in pairs for n in gast.walk(tree))
    if entangled and len(pairs) > 1:
        left = gast.Tuple([name(label, STORE) for label, _ in pairs], STORE)
        _statement(p, gast.Assign([left], gast.Tuple([tree for _, tree in pairs], LOAD), None), node)
        return
    for label, tree in pairs:
        _statement(p, gast.Assign([name(label, STORE)], tree, None), node)


def _print_loop(p: Printer, node: Loop, k: int, block: Block) -> None:
    _name_carried(p, node, k, block)
    domain = None if node.domain is None else [_operand(p, x).tree for x in node.domain]
    outer, p.out = p.out, []
    if node.domain is not None:
        index = node.body.params[0]
        p.labels[index] = p.names.fresh(index.name) if p.uses.get(index, 0) else "_"
    test = _print_test(p, node)
    _name_yields(p, node.body, node.carried)
    enclosing, p.carried = p.carried, node.carried
    last, p.last_origin = p.last_origin, None
    _print_block(p, node.body)
    _hand_over(p, node.body, node.carried, node)
    body, p.out = p.out, outer
    p.carried = enclosing
    p.last_origin = last
    if not body:
        body = [gast.Pass()]
    if node.domain is not None:
        _statement(p, gast.For(name(p.labels[node.body.params[0]], STORE), _range(domain), body, [], None), node)
    else:
        _statement(p, gast.While(test[1], [*test[0], *body], []), node)


def _range(domain: list[Any]) -> Any:
    start, stop, step = domain
    if isinstance(step, gast.Constant) and step.value == 1:
        args = [stop] if isinstance(start, gast.Constant) and start.value == 0 else [start, stop]
    else:
        args = [start, stop, step]
    return call(name("range"), *args)


def _print_test(p: Printer, node: Loop) -> tuple[list[Any], Any]:
    """The test of a `while`: an expression, or statements at the head of a `while True`."""
    if node.test is None:
        return [], None
    for a, b in zip(node.test.params, node.carried):
        p.labels[a] = p.labels[b]
    outer, p.out = p.out, []
    _print_block(p, node.test)
    made, p.out = p.out, outer
    tree = _operand(p, node.test.end.values[0]).tree
    if not made:
        return [], tree
    return [*made, gast.If(negation(tree), [gast.Break()], [])], constant(True)


def _name_carried(p: Printer, node: Loop, k: int, block: Block) -> None:
    """One name for the start, the versions and the result of each carried value, with a copy where they part."""
    starts: list[tuple[str, Any]] = []
    for j, (param, init, result) in enumerate(zip(node.carried, node.inits, node.results)):
        copied = (node, j) in p.found.copied_starts
        if isinstance(init, Value) and not copied and init in p.labels and _ends_here(p, init, node, j, k, block):
            label = p.labels[init]
        else:
            label = p.names.fresh(param.name)
            if init is UNDEFINED:
                starts.append((label, constant(None)))  # a copy of it may be made before it is bound
            else:
                starts.append((label, _copy_of(p, init) if copied else _operand(p, init).tree))
        p.labels[param] = p.labels[result] = label
    _parallel_assign(p, starts, node)


def _ends_here(p: Printer, init: Value, node: Loop, j: int, k: int, block: Block) -> bool:
    """Whether a start is read by this loop alone, so that the loop may take over its name."""
    if p.uses.get(init, 0) != 1 or init.node is None or init.node not in block.nodes:
        return False
    return not isinstance(init.node, (Branch, Loop)) or True


# --- results --------------------------------------------------------------------------------------------------------------------


def _print_result(p: Printer, e: Entry) -> None:
    shared = _root_holders(p, e.result)
    tree = _result_tree(p, e.result, shared, e.fresh_results)
    p.out.append(gast.Return(tree))


def _root_holders(p: Printer, result: Any) -> dict[Any, int]:
    holders: dict[Any, int] = {}
    for v in leaves(_plain(result)):
        for root in p.found.roots.get(v, frozenset()):
            holders[root] = holders.get(root, 0) + 1
    return holders


def _result_tree(p: Printer, x: Any, shared: dict[Any, int], fresh: bool) -> Any:
    if isinstance(x, Value):
        return _result_leaf(p, x, shared) if fresh else _operand(p, x).tree
    if isinstance(x, Struct):
        p.module.externals[x.cls.__name__] = x.cls
        return call(name(x.cls.__name__), **{f: _result_tree(p, v, shared, fresh) for f, v in x.fields.items()})
    if is_namedtuple(x):
        p.module.externals[type(x).__name__] = type(x)
        return call(name(type(x).__name__), *[_result_tree(p, v, shared, fresh) for v in x])
    if isinstance(x, (tuple, list)):
        kind = gast.Tuple if isinstance(x, tuple) else gast.List
        return kind([_result_tree(p, v, shared, fresh) for v in x], LOAD)
    if isinstance(x, dict):
        return gast.Dict([constant(key) for key in x], [_result_tree(p, v, shared, fresh) for v in x.values()])
    return _static(p, x).tree


def _result_leaf(p: Printer, v: Value, shared: dict[Any, int]) -> Any:
    """A result that the caller shall own: copied where its memory is an argument's or another result's."""
    tree = _operand(p, v).tree
    roots = p.found.roots.get(v, frozenset())
    ours = all(root in p.found.owned_roots and shared.get(root, 0) <= 1 for root in roots)
    if not has_memory(v) or (ours and not _read_only(v)):
        return tree
    if v.type.kind == "array":
        return call(gast.Attribute(tree, "copy", LOAD))
    if v.type.kind == "list":
        return call(name("list"), tree)
    return tree if all(root not in p.labels or root.node is not None for root in roots) else call(p.function(np.copy), tree)


def _read_only(v: Value) -> bool:
    return isinstance(v.node, Op) and is_view(v.node)


__all__ = ["Callable", "Entry", "ModuleParts", "Text", "Type", "index_set", "list_of", "may_repeat", "print_module", "walk"]
