"""Exported programs: a generated module as a file of its own, with copies of the user's definitions that it uses."""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import types
from dataclasses import dataclass, field
from typing import Any

import gast
import numpy as np

from .compiler import Specialisation
from .errors import SourceNotFoundError
from .frontend.source import find_source
from .targets.emit import write
from .targets.spelling import import_path

OURS = "s2sgrad"


@dataclass
class Definitions:
    """What an exported module defines before its program: imports and copies, each after what it needs."""

    imports: dict[str, None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    owners: dict[str, Any] = field(default_factory=dict)


def export_text(spec: Specialisation) -> str:
    """The generated program with all that it needs.

    Raises
    ------
    ValueError
        If it uses an object that cannot be written down: neither importable, nor with readable source.
    """
    found = Definitions()
    for label, obj in spec.text.externals.items():
        define(found, label, obj)
    lines = spec.text.text.splitlines()
    place = next(
        (k for k, line in enumerate(lines) if line and not line.startswith(("#", "import ", "from "))),
        len(lines),
    )
    present = {line for line in lines[:place] if line.startswith(("import ", "from "))}
    imports = [line for line in found.imports if line not in present]
    head = [line for line in lines[:place] if line.strip()]
    copies = [part for text in found.texts.values() for part in ("", "", text)]
    return "\n".join([*head, *imports, *copies, "", "", *lines[place:]]).rstrip() + "\n"


def define(found: Definitions, label: str, obj: Any) -> None:
    """Make `label` mean `obj` in the exported module."""
    if label in found.owners:
        if found.owners[label] is not obj:
            raise ValueError(f"two different objects are called `{label}`: rename one to export the program")
        return
    found.owners[label] = obj
    imported, constant = _import_text(label, obj), _constant_text(label, obj)
    if imported is not None:
        found.imports[imported] = None
    elif constant is not None:
        found.texts[label] = constant
    elif isinstance(obj, types.FunctionType):
        _copy_function(found, label, obj)
    elif isinstance(obj, type) and issubclass(obj, tuple) and hasattr(obj, "_fields"):
        _copy_named_tuple(found, label, obj)
    elif dataclasses.is_dataclass(obj) and isinstance(obj, type):
        _copy_dataclass(found, label, obj)
    else:
        raise ValueError(
            f"`{label}` is a {type(obj).__name__} and cannot be written into an exported program: "
            "define it as a function or a constant of a module"
        )


def _import_text(label: str, obj: Any) -> str | None:
    """The import that gives `obj`, if it comes from a library that does not need s2sgrad."""
    if isinstance(obj, types.ModuleType):
        return (
            None
            if obj.__name__.partition(".")[0] == OURS
            else f"import {obj.__name__}"
            if obj.__name__ == label
            else f"import {obj.__name__} as {label}"
        )
    path = import_path(obj) if callable(obj) else None
    module, _, name = (
        path.rpartition(".")
        if path is not None
        else (getattr(obj, "__module__", None) or "", "", getattr(obj, "__name__", ""))
    )
    if path is None and not _of_library(module):
        return None
    if not name or getattr(importlib.import_module(module), name, None) is not obj:
        return None
    return f"from {module} import {name}" if name == label else f"from {module} import {name} as {label}"


def _of_library(module: str) -> bool:
    """Whether a module is installed, not the user's own: its top package lies with the installed ones."""
    import sys
    import sysconfig

    top = module.partition(".")[0]
    if top in sys.stdlib_module_names and top != "__main__":
        return True
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return top != OURS and file.startswith((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))


def _constant_text(label: str, obj: Any) -> str | None:
    if isinstance(obj, (bool, int, float, complex, str, bytes, type(None))) and not isinstance(
        obj, np.generic
    ):
        return (
            f"{label} = float({str(obj)!r})"
            if isinstance(obj, float) and not np.isfinite(obj)
            else f"{label} = {obj!r}"
        )
    return None


def _copy_function(found: Definitions, label: str, fun: types.FunctionType) -> None:
    """A function's text, undecorated, after what it reads from its module."""
    try:
        source = find_source(fun)
    except SourceNotFoundError as error:
        raise ValueError(f"`{label}` cannot be written into an exported program: {error.message}") from error
    if fun.__closure__:
        raise ValueError(
            f"`{label}` reads {', '.join(fun.__code__.co_freevars)} from a function around it "
            "and cannot be exported: define it in a module"
        )
    tree = source.node if isinstance(source.node, gast.Lambda) else undecorated(source.node, label)
    for name in _names_read(tree, fun):
        define(found, name, fun.__globals__[name])
    if isinstance(tree, gast.Lambda):
        tree = gast.Assign([gast.Name(label, gast.Store(), None, None)], tree, None)
    found.texts[label] = write(gast.Module([tree], [])).text.strip()


def undecorated(tree: Any, label: str) -> Any:
    """The definition without decorators and annotations: what they name need not be exported."""
    a = tree.args
    plain = lambda p: None if p is None else gast.Name(p.id, p.ctx, None, None)
    lists = [[plain(p) for p in group] for group in (a.args, a.posonlyargs, a.kwonlyargs)]
    args = gast.arguments(
        lists[0], lists[1], plain(a.vararg), lists[2], a.kw_defaults, plain(a.kwarg), a.defaults
    )
    return gast.FunctionDef(label, args, tree.body, [], None, None, [])


def _names_read(tree: Any, fun: types.FunctionType) -> list[str]:
    names = {n.id for n in gast.walk(tree) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Load)}
    return sorted(
        n
        for n in names
        if n in fun.__globals__
        and n != fun.__name__
        and not (hasattr(builtins, n) and fun.__globals__[n] is getattr(builtins, n))
    )


def _copy_named_tuple(found: Definitions, label: str, cls: Any) -> None:
    found.imports["from collections import namedtuple"] = None
    defaults = f", defaults={tuple(cls._field_defaults.values())!r}" if cls._field_defaults else ""
    found.texts[label] = f'{label} = namedtuple("{cls.__name__}", {list(cls._fields)!r}{defaults})'


def _copy_dataclass(found: Definitions, label: str, cls: type) -> None:
    found.imports["from dataclasses import make_dataclass"] = None
    options = cls.__dataclass_params__  # type: ignore[attr-defined]
    fields = [f.name for f in dataclasses.fields(cls)]
    frozen = ", frozen=True" if options.frozen else ""
    found.texts[label] = f'{label} = make_dataclass("{cls.__name__}", {fields!r}{frozen})'


__all__ = ["define", "export_text"]
