"""Programs of the field as cases: text in the variables of the pool, differentiated in all of them that it reads.

The committed list of names is the files `*.txt` beside this one: the name of a function, method or operator, and under
it, indented, its programs: an expression each, or statements on lines that begin with `|`. A comment at the end says
what is special: `kink` (no second derivative here), `first` (refused at second order, or its numerical derivative is
too coarse), `coarse` (the original is not exact enough to compare closely with).
"""

from __future__ import annotations

import ast
import functools
import linecache
import math
import operator
import zlib
from pathlib import Path

import numpy as np
import scipy
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.special
import scipy.stats

from ..case import Case
from .pool import CONSTANTS, POOL, SYMMETRIC

SPACE = {
    **CONSTANTS,
    "np": np, "math": math, "operator": operator, "scipy": scipy, "sp": scipy.special, "st": scipy.stats,
    "sl": scipy.linalg, "fft": np.fft, "ss": scipy.signal, "functools": functools,
}  # fmt: skip
GROUPS = sorted(path.stem for path in Path(__file__).parent.glob("*.txt"))


def programs(group: str) -> dict[str, list[str]]:
    """The programs of each name of a group."""
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / f"{group}.txt").read_text().splitlines():
        if not line.startswith(" "):
            listed = found.setdefault(line.strip(), [])
        elif line.startswith("    | "):
            listed[-1] += "\n" + line[6:]
        else:
            listed.append(line[4:])
    return found


def variables(tree: ast.AST) -> list[str]:
    """The variables of the pool that a text reads, in the order of the pool."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return [name for name in POOL if name in read - bound]


def case_of(name: str, text: str) -> Case:
    """The case that a text stands for."""
    text, _, remark = text.partition("  # ")
    lines = text.strip().splitlines()
    if len(lines) == 1 and not lines[0].startswith("return"):
        lines = [f"return {lines[0]}"]
    names = variables(ast.parse(text))
    body = f"def program({', '.join(names)}):\n" + "".join(f"    {line}\n" for line in lines)
    filename = f"<{name} {zlib.crc32(body.encode()):08x}>"
    linecache.cache[filename] = (len(body), None, body.splitlines(True), filename)
    space = dict(SPACE)
    exec(compile(body, filename, "exec"), space)
    words = remark.split()
    return Case(
        space["program"],
        tuple(POOL[k] for k in names),
        orders=1 if "kink" in words or "first" in words else 2,
        rtol=1e-4 if "coarse" in words else 1e-6,
        value_rtol=3e-7 if "coarse" in words else 1e-11,
        name=f"{name}: {text.strip()}",
        symmetric=tuple(k for k, v in enumerate(names) if v in SYMMETRIC),
    )


__all__ = ["GROUPS", "case_of", "programs"]
