"""The module of a generated text: printed to a content-addressed file, compiled from it, kept for the process.

What runs is always the text given, never what a file happens to hold: a damaged file is written again. Where
nothing can be written (`S2SGRAD_CACHE=0`, a read-only folder, no home) the module lives in memory, and
`linecache` shows its lines to tracebacks and debuggers. The environment is read at each call.
"""

from __future__ import annotations

import glob
import hashlib
import linecache
import os
import pickle
import re
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import Any

PACKAGE = "s2sgrad_generated"  # what generated modules are registered under in `sys.modules`
LIMIT = 512  # modules remembered in a process
NAME_LENGTH = 60

_IMPORTED = re.compile(r"^\s*(?:import|from)\s+(numba|scipy)\b", re.MULTILINE)
_loaded: OrderedDict[tuple[str, str | None, str, bool], ModuleType] = OrderedDict()
_lock = threading.RLock()
_forked = False  # whether this process is a copy of another that had loaded this module


def load(text: str, name: str, given: dict[str, Any] | None = None) -> ModuleType:
    """
    The module of a generated text.

    Parameters
    ----------
    text : str
        A whole module, as `emit.write` prints it.
    name : str
        What it is of, for people who read file names and tracebacks: `"grad_loss"`.
    given : dict, optional
        Objects that the module finds among its globals. It is then of this process, in memory alone.

    Returns
    -------
    types.ModuleType
        Registered in `sys.modules` as `s2sgrad_generated.<name>_<hash>`. It has a `__file__` if it is on disk.
        The same text, name and folder give the same module object, unless 512 others came in between.
    """
    where = None if given else folder()
    libraries = frozenset(_IMPORTED.findall(text))
    digest = hashlib.sha256("\0".join((text, *_versions(libraries))).encode()).hexdigest()
    stem = f"{sanitised(name)}_{digest[:16]}"
    with _lock:
        if given:
            stem = f"{stem}_{'_'.join(f'{id(obj):x}' for obj in given.values())}"
        key = (stem, where, digest, "numba" in libraries)
        module = _loaded.get(key)
        if module is None:
            module = _loaded[key] = _executed(text, stem, where, given or {})
            _forget_oldest()
        _loaded.move_to_end(key)
        return module


def folder() -> str | None:
    """The folder of generated modules (it may not exist yet), or None if nothing is to be written to disk."""
    if os.environ.get("S2SGRAD_CACHE") == "0":
        return None
    path = os.environ.get("S2SGRAD_CACHE_DIR")
    if not path:
        import platformdirs

        path = platformdirs.user_cache_dir("s2sgrad", appauthor=False)
    path = os.path.expanduser(path)
    return None if path.startswith("~") else os.path.abspath(path)  # "~": the user has no home


def log(message: str) -> None:
    """Tells the user, on stderr if `S2SGRAD_LOG=1`, and always the logger `s2sgrad`."""
    if os.environ.get("S2SGRAD_LOG") == "1" and sys.stderr is not None:
        print(f"s2sgrad: {message}", file=sys.stderr, flush=True)
    logging = sys.modules.get("logging")  # who has not imported it has set up no handler
    if logging is not None:
        logging.getLogger("s2sgrad").info("%s", message)


def sanitised(name: str) -> str:
    """`name` made an identifier of at most 60 ASCII characters."""
    identifier = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:NAME_LENGTH] or "program"
    return f"_{identifier[: NAME_LENGTH - 1]}" if identifier[0].isdigit() else identifier


def stored(text: str, stem: str, where: str) -> str | None:
    """The path of the file with this text, written if need be; None if that is not possible."""
    path, data = os.path.join(where, stem + ".py"), text.encode()
    if _content(path) == data:  # not touched, since Numba's cache looks at the file's time
        return path
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        if _content(path) == data:  # another process was faster
            return path
        log(f"{stem}.py is kept in memory, not in {where}: {error}")
        return None
    return path


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _replace(path: str, data: bytes) -> None:
    """Writes a file so that no reader ever sees a part of it."""
    temporary = f"{path}.{os.getpid()}.{os.urandom(6).hex()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _executed(text: str, stem: str, where: str | None, given: dict[str, Any]) -> ModuleType:
    """A new module, registered before it runs, since Numba looks up by name what it loads from its cache."""
    path = stored(text, stem, where) if where is not None else None
    if path is not None and "import numba" in text:
        discard_damaged(os.path.join(os.path.dirname(path), "__pycache__"), stem)
    filename = path or f"<s2sgrad {stem}>"
    if path is None:
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = ModuleType(f"{PACKAGE}.{stem}")
    module.__package__ = PACKAGE
    if path is not None:
        module.__file__ = path
    module.__dict__.update(given)
    _register(module)
    try:
        exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        _unregister(module)
        raise
    if _forked and "PROCESS" in module.__dict__:
        module.__dict__["PROCESS"] = (
            None  # its loops run on one thread: the parent's threads did not come along
        )
    return module


def discard_damaged(where: str, stem: str) -> None:
    """Removes Numba's index of a module's machine code where it, or a file that it names, is not whole."""
    for index in glob.glob(os.path.join(glob.escape(where), f"{stem}.*.nbi")):
        try:
            with open(index, "rb") as file:
                pickle.load(file)  # the version
                _, overloads = pickle.loads(file.read())
            whole = all(_is_whole(os.path.join(where, name)) for name in overloads.values())
        except FileNotFoundError:
            continue
        except Exception:  # whatever reading garbage raises
            whole = False
        if not whole:
            with suppress(OSError):
                os.unlink(index)


def _is_whole(path: str) -> bool:
    """Whether a file begins and ends as a pickle does."""
    with open(path, "rb") as file:
        first = file.read(1)
        file.seek(-1, os.SEEK_END)
        return first == pickle.PROTO and file.read(1) == pickle.STOP


def _register(module: ModuleType) -> None:
    if PACKAGE not in sys.modules:
        package = ModuleType(PACKAGE, "Generated modules of this process.")
        package.__path__ = []
        sys.modules[PACKAGE] = package
    sys.modules[module.__name__] = module


def _unregister(module: ModuleType) -> None:
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


def _forget_oldest() -> None:
    """Keeps the number of modules within bounds; functions taken from a forgotten one still run."""
    while len(_loaded) > LIMIT:
        (stem, _, _, jitted), module = _loaded.popitem(last=False)
        linecache.cache.pop(f"<s2sgrad {stem}>", None)
        if not jitted:  # Numba may still ask for its module, when a function meets new types
            _unregister(module)


@cache
def _versions(libraries: frozenset[str]) -> tuple[str, ...]:
    """What else the meaning of a text, and of the machine code made of it, depends on."""
    names = ("s2sgrad", "numpy", *sorted(libraries))
    return (sys.implementation.cache_tag or "", sys.version, *(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    """The version of a package, for NumPy and ourselves without the cost of importing `importlib.metadata`."""
    if name in ("s2sgrad", "numpy"):
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            return str(version)
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "0"


def _begin_again() -> None:
    """A child process must not wait for a thread that did not come along."""
    global _lock, _forked
    _lock, _forked = threading.RLock(), True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
