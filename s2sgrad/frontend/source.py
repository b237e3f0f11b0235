"""From a function to the syntax tree it was compiled from.

The statement at the function's line is parsed and compiled, or if that does not do the whole file, once. The
function's code object is looked up among the code objects so made, which proves that the text found is the text of
the code that is running. The one that equals it leads to the syntax node by its place: first line and name, and for
several lambdas on one line the columns of their instructions. Only the node found is converted to gast.
"""

from __future__ import annotations
import __future__

import ast
import dis
import linecache
import sys
import warnings
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import chain
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeVar

import gast
from gast.ast3 import Ast3ToGAst

from s2sgrad.errors import Location, SourceNotFoundError

T = TypeVar("T")
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Signature = tuple[Any, ...]
Options = tuple[int, int]  # the flags and the level of optimization of `compile`
Positions = list[tuple[int | None, ...]]

FUTURE_FLAGS = 0
for _name in __future__.all_feature_names:
    FUTURE_FLAGS |= getattr(__future__, _name).compiler_flag
FUTURE_FLAGS &= ~__future__.nested_scopes.compiler_flag  # its bit means "nested function" in a code object
OPTIMIZE = (-1,) if __debug__ else (-1, 0)  # pytest keeps assertions, and lambdas in them, even under `-O`


# The result


@dataclass(frozen=True, eq=False)
class FunctionSource:
    """The syntax tree of a function, and the text around it.

    Defaults, annotations and decorators stand in the tree as text: their values are those of the
    function object.
    """

    name: str
    filename: str
    lines: tuple[str, ...]  # of the whole file, without newlines
    tree: FunctionNode

    @cached_property
    def node(self) -> gast.AST:
        """The function as a gast `FunctionDef`, `AsyncFunctionDef` or `Lambda`."""
        return to_gast(self.tree)

    def location(self, node: Any) -> Location:
        """Where a node of the function (of ast or gast) stands; for a node without a place, the function."""
        if getattr(node, "lineno", None) is None:
            node = self.tree
        text = self._line(node.lineno)
        start = _column(text, node.col_offset)
        if getattr(node, "end_lineno", None) is None:
            return Location(self.filename, node.lineno, start, text)
        end = _column(self._line(node.end_lineno), node.end_col_offset)
        return Location(self.filename, node.lineno, start, text, end, node.end_lineno)

    def _line(self, lineno: int) -> str:
        return self.lines[lineno - 1] if lineno <= len(self.lines) else ""


def _column(text: str, col_offset: int) -> int:
    """The column, in characters from 1, of a column that the parser counts in bytes of UTF-8 from 0."""
    if text.isascii():
        return col_offset + 1
    return len(text.encode()[:col_offset].decode(errors="ignore")) + 1


_found: dict[int, tuple[weakref.ref[CodeType], FunctionSource]] = {}


def find_source(fun: Callable[..., Any] | CodeType) -> FunctionSource:
    """The source of a Python function, proved to be that of the code that is running.

    Parameters
    ----------
    fun : function, method or code object
        Defined by `def` or `lambda` in a file, a notebook, a doctest, or any text known to `linecache`.

    Returns
    -------
    FunctionSource
        The same object at every call with the same code object.

    Raises
    ------
    SourceNotFoundError
        If there is no text, or the text has changed since it was compiled.
    """
    code = fun if type(fun) is CodeType else getattr(fun, "__code__", None)
    known = _found.get(id(code))  # by identity: code objects of different files may be equal
    if known is not None:
        return known[1]
    if not isinstance(fun, FunctionType | MethodType | CodeType) or not isinstance(code, CodeType):
        raise SourceNotFoundError(_message(_name_of(fun), _NOT_PYTHON))
    source = _search(code, getattr(fun, "__globals__", None))
    _found[id(code)] = weakref.ref(code, partial(_forget, id(code))), source
    return source


def _forget(key: int, _reference: object) -> None:
    _found.pop(key, None)


def _name_of(fun: Any) -> str:
    return getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or repr(fun)


# Errors

_NOT_PYTHON = (
    "it is not written in Python; mark it with `s2sgrad.primitive` and give its derivative with `defvjp`"
)
_NO_TEXT = "{file} has no text; define the function in a file or a notebook, or put its text in `linecache`"
_UNREADABLE = "{file} no longer compiles ({error}); correct it and import it again, or restart Python"
_TOO_DEEP = "{file} has an expression too deep for Python's parser; split it into several statements"
_SAME_LINE = "it cannot be told from other lambdas that begin on its line; put it on a line of its own"
_CHANGED = (
    "the text on disk is not the code that is running; {file} was edited after it was imported, or an import "
    "hook changed its code: import it again, or restart Python"
)


def _not_found(reason: str, code: CodeType, **words: object) -> SourceNotFoundError:
    reason = reason.format(file=code.co_filename, **words)
    place = Location(code.co_filename, code.co_firstlineno, 1, "")
    return SourceNotFoundError(_message(code.co_qualname, reason), place)


def _message(name: str, reason: str) -> str:
    return f"the source of `{name}` cannot be read: {reason}"


# A text, read once


@dataclass(frozen=True)
class _Text:
    """A file: its lines, its functions as syntax nodes, and as what the compiler makes of them."""

    filename: str
    lines: tuple[str, ...]
    options: Options
    nodes: dict[tuple[int, str], list[FunctionNode]]  # by first line and name
    codes: dict[Signature, list[CodeType]]


@lru_cache(maxsize=64)
def _read(filename: str, raw_lines: tuple[str, ...], options: Options) -> _Text:
    """Parse and compile a text; the lines themselves are the key, so that an edited file is read again."""
    return _parsed("".join(raw_lines), filename, raw_lines, options)


def _parsed(text: str, filename: str, raw_lines: tuple[str, ...], options: Options) -> _Text:
    tree = ast.parse(text, filename)
    codes: dict[Signature, list[CodeType]] = {}
    for code in _nested_codes(_compile(text, filename, options)):
        codes.setdefault(_signature(code), []).append(code)
    return _Text(filename, _plain(raw_lines), options, _index(tree), codes)


@lru_cache(maxsize=64)
def _plain(raw_lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line.rstrip("\n") for line in raw_lines)


@lru_cache(maxsize=256)
def _read_statement(
    filename: str, raw_lines: tuple[str, ...], options: Options, where: range
) -> _Text | None:
    """What stands on some lines, and the imports before it; None if that is no statement.

    Python compiles a call `np.exp(x)` in another way where it has seen an import of `np`.
    """
    text = "".join([*_imports(raw_lines)[: where.start], *raw_lines[where.start : where.stop]])
    try:
        return _parsed(text, filename, raw_lines, options)
    except (SyntaxError, ValueError):
        return None


@lru_cache(maxsize=64)
def _imports(raw_lines: tuple[str, ...]) -> tuple[str, ...]:
    """The imports of a module, with empty lines for all else."""
    out, inside = [], False
    for line in raw_lines:
        if _begins_statement(line):
            inside = line.startswith(("import ", "from "))
        out.append(line if inside else "\n")
    return tuple(out)


def _statement_at(raw_lines: tuple[str, ...], lineno: int) -> range:
    """The lines of the statement of a module that a line seems to belong to."""
    first = min(lineno, len(raw_lines)) - 1
    while first > 0 and not _begins_statement(raw_lines[first]):
        first -= 1
    end, decorated = first + 1, raw_lines[first].startswith("@")
    while end < len(raw_lines) and (decorated or not _begins_statement(raw_lines[end])):
        decorated = decorated and (not _begins_statement(raw_lines[end]) or raw_lines[end].startswith("@"))
        end += 1
    return range(first, end)


def _begins_statement(line: str) -> bool:
    return not line[:1].isspace() and not line.startswith((")", "]", "}", "#")) and line != ""


def _compile(text: str | ast.Module, filename: str, options: Options) -> CodeType:
    flags, optimize = options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import has given them already
        flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # which notebooks allow
        code: CodeType = compile(text, filename, "exec", flags, True, optimize)
        return code


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    pending = [code]
    while pending:
        code = pending.pop()
        yield code
        pending.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))


def _index(tree: ast.AST) -> dict[tuple[int, str], list[FunctionNode]]:
    index: dict[tuple[int, str], list[FunctionNode]] = {}
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            index.setdefault(_key(node), []).append(node)
    return index


def _key(node: FunctionNode) -> tuple[int, str]:
    """The first line and the name in the code object of a node; the line is that of a decorator, if any."""
    if isinstance(node, ast.Lambda):
        return node.lineno, "<lambda>"
    first = node.decorator_list[0] if node.decorator_list else node
    return first.lineno, node.name


# The search


def _search(code: CodeType, module_globals: dict[str, Any] | None) -> FunctionSource:
    lines = _lines_of(code, module_globals)
    for optimize in OPTIMIZE:
        options = code.co_flags & FUTURE_FLAGS, optimize
        where = _statement_at(lines, code.co_firstlineno)
        text = _text_of(code, partial(_read_statement, code.co_filename, lines, options, where))
        node = None if text is None else _node_in_place(text, code)
        if text is None or node is None:
            text = _text_of(code, partial(_read, code.co_filename, lines, options))
            node = _matching_node(text, code) or _rewritten_node(text, code)
        if node is not None:
            return FunctionSource(code.co_name, text.filename, text.lines, node)
    raise _not_found(_CHANGED if linecache.getlines(code.co_filename, module_globals) else _NO_TEXT, code)


def _command(filename: str) -> list[str]:
    """The lines of `python -c`, of which `linecache` does not know in all versions of Python."""
    words = sys.orig_argv
    if filename != "<string>" or "-c" not in words[:-1]:
        return []
    return words[words.index("-c") + 1].splitlines(keepends=True)


def _lines_of(code: CodeType, module_globals: dict[str, Any] | None) -> tuple[str, ...]:
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, module_globals) or _command(code.co_filename)
    if not lines:
        raise _not_found(_NO_TEXT, code)
    return tuple(lines)


def _text_of(code: CodeType, read: Callable[[], T]) -> T:
    try:
        return _with_room(read)
    except (RecursionError, MemoryError):  # the parser reports its own full stack as the latter
        raise _not_found(_TOO_DEEP, code) from None
    except (SyntaxError, ValueError) as error:
        raise _not_found(_UNREADABLE, code, error=error) from error


def _with_room(work: Callable[[], T]) -> T:
    """Do some work; if the stack is already too deep for it, on the fresh stack of another thread."""
    try:
        return work()
    except RecursionError:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()


def _matching_node(text: _Text, code: CodeType) -> FunctionNode | None:
    """The node that compiles to the code: at its place, or elsewhere if lines above it were edited."""
    twins = text.codes.get(_signature(code))
    return _node_of(text, min(twins, key=partial(_displacement, code))) if twins else None


def _node_in_place(text: _Text, code: CodeType) -> FunctionNode | None:
    """The node that compiles to the code and stands where it says."""
    twins = text.codes.get(_signature(code), [])
    exact = [twin for twin in twins if _displacement(code, twin) == (0, False)]
    return _node_of(text, exact[0]) if len(exact) == 1 else None


def _displacement(code: CodeType, twin: CodeType) -> tuple[int, bool]:
    moved = list(twin.co_positions()) != list(code.co_positions())
    return abs(twin.co_firstlineno - code.co_firstlineno), moved


def _signature(code: CodeType) -> Signature:
    """What makes a code object do what it does: all but file and line numbers."""
    arguments = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    bytecode = code.co_code, code.co_exceptiontable
    return (code.co_name, code.co_qualname, arguments, names, bytecode, tuple(map(_constant, code.co_consts)))


def _constant(value: Any) -> Any:
    """A key that tells apart constants that are equal but not the same: 1 and True, 0.0 and -0.0."""
    if isinstance(value, CodeType):
        return _signature(value)
    if isinstance(value, tuple | frozenset):
        return type(value), type(value)(map(_constant, value))
    return type(value), repr(value)


def _node_of(text: _Text, twin: CodeType) -> FunctionNode | None:
    """The node that a code object compiled from the text itself comes from."""
    nodes = text.nodes.get((twin.co_firstlineno, twin.co_name), [])
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    return _by_position(nodes, list(twin.co_positions())) or _by_recompiling(text, nodes, twin)


# Lambdas that begin on one line


def _by_position(nodes: list[FunctionNode], positions: Positions) -> FunctionNode | None:
    """The innermost lambda whose body holds all instructions."""
    spans = [((line, column), (end, end_column)) for line, end, column, end_column in positions if end_column]
    holding = [node for node in nodes if isinstance(node, ast.Lambda) and _holds(node.body, spans)]
    return max(holding, key=lambda node: (node.lineno, node.col_offset), default=None) if spans else None


def _holds(body: ast.expr, spans: list[tuple[Any, Any]]) -> bool:
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    return all(first <= start and end <= last for start, end in spans)


def _by_recompiling(text: _Text, nodes: list[FunctionNode], twin: CodeType) -> FunctionNode | None:
    """The lambda, where instructions have no columns (`-X no_debug_ranges`): each gets a line of its own."""
    tree = _with_room(partial(ast.parse, "\n".join(text.lines)))
    copies = _index(tree)[twin.co_firstlineno, twin.co_name]
    for mark, node in enumerate(copies, len(text.lines) + 1):
        node.lineno = node.end_lineno = mark
        node.col_offset = node.end_col_offset = 0
    try:
        marked = _with_room(partial(_compile, tree, text.filename, text.options))
    except RecursionError:
        raise _not_found(_SAME_LINE, twin) from None
    wanted = _signature(twin)
    for code in _nested_codes(marked):
        if code.co_firstlineno > len(text.lines) and _signature(code) == wanted:
            return nodes[code.co_firstlineno - len(text.lines) - 1]
    raise _not_found(_SAME_LINE, twin)


# Functions whose `assert` statements pytest has rewritten

_UNTOLD = {"NOP", "EXTENDED_ARG", "RETURN_VALUE", "RETURN_CONST", "CACHE", "POP_TOP", "RESUME"}


def _rewritten_node(text: _Text, code: CodeType) -> FunctionNode | None:
    """The node of a function of a test module: the same instructions on all lines without an `assert`."""
    if not any(map(_mentions_pytest, _nested_codes(code))):
        return None
    place = code.co_firstlineno, code.co_name
    for twin in chain.from_iterable(text.codes.values()):
        node = _node_of(text, twin) if (twin.co_firstlineno, twin.co_name) == place else None
        if node is not None and _outside(node, twin) == _outside(node, code):
            return node
    return None


def _mentions_pytest(code: CodeType) -> bool:
    return any(name.startswith("@py") for name in code.co_names + code.co_varnames)


def _outside(node: FunctionNode, code: CodeType) -> list[Any]:
    """The instructions of a function on the lines that no `assert` touches."""
    asserts = [part for part in ast.walk(node) if isinstance(part, ast.Assert)]
    touched = {line for part in asserts for line in range(part.lineno, (part.end_lineno or part.lineno) + 1)}
    return _instructions(code, touched)


def _instructions(code: CodeType, skipped: set[int]) -> list[Any]:
    """The instructions that are not on the lines skipped, but for those that follow from their layout."""
    told: list[Any] = [code.co_qualname, code.co_argcount, code.co_kwonlyargcount, code.co_freevars]
    for each in dis.get_instructions(code):
        line = each.positions.lineno if each.positions else None
        jump = each.opcode in dis.hasjrel or each.opcode in dis.hasjabs
        if line is None or line in skipped or jump or each.opname in _UNTOLD or each.argval is None:
            continue
        nested = isinstance(each.argval, CodeType)
        told.append(_instructions(each.argval, skipped) if nested else (each.opname, _constant(each.argval)))
    return told


# Conversion


def to_gast(node: ast.AST) -> gast.AST:
    """Convert a syntax tree from the leaves up, so that an expression of any depth needs no recursion."""
    convert = _Converter()
    for part in reversed(list(ast.walk(node))):
        convert.visit(part)
    return convert.visit(node)


class _Converter(Ast3ToGAst):  # type: ignore[misc]
    """gast's own conversion, which remembers what it has converted."""

    def __init__(self) -> None:
        self.done: dict[ast.AST, gast.AST] = {}

    def visit(self, node: ast.AST) -> gast.AST:
        known = self.done.get(node)
        if known is None:
            known = self.done[node] = super().visit(node)
        return known
