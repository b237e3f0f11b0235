"""What the functions of a generated module share: imports, copied helper functions, objects from outside."""

from __future__ import annotations

import builtins
import functools
import inspect
import keyword
import textwrap
import types
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from ..ir.program import Function, Op, walk
from .names import RESERVED
from .spelling import SPELLINGS, dotted, import_path, name


@dataclass(eq=False)
class ModuleParts:
    """Imports and helper functions in order of first use, and the objects a module is given by name."""

    imports: dict[str, str] = field(
        default_factory=dict
    )  # text of the import -> itself, in order of first use
    helpers: dict[str, Any] = field(default_factory=dict)
    externals: dict[str, Any] = field(default_factory=dict)
    functions: dict[Function, str] = field(default_factory=dict)  # called functions and their names

    def reference(self, fun: Any) -> Any:
        """Syntax that names a function, its import or definition added to the module."""
        if isinstance(fun, (type, types.BuiltinFunctionType)):
            label = fun.__name__
            if getattr(builtins, label, None) is fun:
                return name(label)
        path = import_path(fun)
        if path is not None:
            return self._imported(path)
        ours = (getattr(fun, "__module__", "") or "").startswith("s2sgrad.")
        if ours and isinstance(fun, types.FunctionType):
            return self._copied(fun)
        return name(self.external(fun))

    def external(self, obj: Any) -> str:
        """The name that an object from outside goes by: its own, numbered where two have the same."""
        known = next((label for label, other in self.externals.items() if other is obj), None)
        if known is not None:
            return known
        wish = getattr(obj, "__name__", "external")
        wish = label = wish if wish.isidentifier() and not keyword.iskeyword(wish) else "external"
        number = 1
        while label in self.externals or label in RESERVED or label in self.functions.values():
            number += 1
            label = f"{wish}_{number}"
        self.externals[label] = obj
        return label

    def find_externals(self, function: Function) -> None:
        """Name the objects from outside that a function uses, before its own values are named."""
        for node in walk(function.body):
            if isinstance(node, Op) and node.fun not in SPELLINGS and is_external(node.fun):
                self.external(node.fun)

    def _imported(self, path: str) -> Any:
        library, _, rest = path.partition(".")
        if library == "builtins":
            return name(rest)
        if library == "numpy":
            self.use_numpy()
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
                    self._global(node, fun.__globals__[node.id])
            self.helpers[fun.__name__] = tree
        return name(fun.__name__)

    def _global(self, node: Any, used: Any) -> None:
        """What a helper function reads from its own module."""
        if isinstance(used, types.ModuleType):
            self.imports["import numpy as np" if used is np else f"import {used.__name__}"] = ""
        elif isinstance(used, types.FunctionType):
            self._copied(used)
        elif isinstance(used, (int, float)):
            node.id = repr(used)

    def use_numpy(self) -> None:
        self.imports["import numpy as np"] = ""


def is_external(fun: Any) -> bool:
    """Whether a function is the user's: neither importable from a library nor of the table's own."""
    module = (getattr(fun, "__module__", "") or type(fun).__module__).partition(".")[0]
    builtin = getattr(builtins, getattr(fun, "__name__", ""), None) is fun
    return module != "s2sgrad" and not builtin and import_path(fun) is None


@functools.lru_cache(maxsize=128)
def _helper_text(fun: Any) -> str:
    return textwrap.dedent(inspect.getsource(fun))


def helper_tree(fun: Any) -> Any:
    """The definition of a helper function, without annotations."""
    tree = gast.parse(_helper_text(fun)).body[0]
    tree.returns, tree.decorator_list = None, []
    arguments = tree.args
    for arg in [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]:
        if arg is not None:
            arg.annotation = None
    return tree
