"""What a program does, of what the tester promises to cover, read off its text."""

from __future__ import annotations

import ast

PROMISED = ("overwritten reads", "view writes", "nested data-dependent loops", "early exits")
LOOPS = (ast.For, ast.While)


def features_of(text: str) -> set[str]:
    """The features of the program of a text."""
    tree = ast.parse(text)
    body = next(s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == "program")
    found = set()
    if _overwrites(body):
        found.add("overwritten reads")
    if _writes_views(body):
        found.add("view writes")
    if _nests(body):
        found.add("nested data-dependent loops")
    if any(_leaves_early(loop) for loop in ast.walk(body) if isinstance(loop, LOOPS)):
        found.add("early exits")
    if any(isinstance(n, LOOPS) for n in ast.walk(body)):
        found.add("loops")
    if any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id.startswith(("helper", "inner"))
        for n in ast.walk(body)
    ):
        found.add("calls")
    if any(isinstance(n, ast.Attribute) and n.attr in ("append", "pop") for n in ast.walk(body)):
        found.add("lists")
    return found


def _base(node: ast.AST) -> str | None:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _written(statement: ast.AST) -> str | None:
    """The array whose entries a statement writes."""
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AugAssign)
        else []
    )
    return next((_base(t) for t in targets if isinstance(t, ast.Subscript)), None)


def _overwrites(body: ast.AST) -> bool:
    """Whether a loop reads an array in a nonlinear expression and writes it: the value read is gone afterwards."""
    for loop in ast.walk(body):
        if not isinstance(loop, LOOPS):
            continue
        written = {_written(s) for s in ast.walk(loop)} - {None}
        for call in ast.walk(loop):
            curved = (
                isinstance(call, ast.Call)
                or isinstance(call, ast.BinOp)
                and isinstance(call.op, (ast.Mult, ast.Div, ast.Pow))
            )
            if curved and any(isinstance(n, ast.Name) and n.id in written for n in ast.walk(call)):
                return True
    return False


def _writes_views(body: ast.AST) -> bool:
    """Whether entries are written through a name that stands for a part of, or the whole of, another array."""
    views = set()
    for s in ast.walk(body):
        if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name):
            value = s.value
            if isinstance(value, (ast.Subscript, ast.Attribute, ast.Name)) and s.targets[0].id[0] in "vwm":
                views.add(s.targets[0].id)
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and s.targets[0].id[0] == "v":
                views.add(s.targets[0].id)
        if (
            isinstance(s, ast.For)
            and isinstance(s.iter, ast.Name)
            and s.iter.id[0] == "m"
            and isinstance(s.target, ast.Name)
        ):
            views.add(s.target.id)
    augmented = {
        s.target.id for s in ast.walk(body) if isinstance(s, ast.AugAssign) and isinstance(s.target, ast.Name)
    }
    return bool(views & ({_written(s) for s in ast.walk(body)} | augmented))


def _nests(body: ast.AST) -> bool:
    """Whether a loop stands in another, and its trips depend on data: an outer index, a predicate, an exit."""
    for outer in ast.walk(body):
        if not isinstance(outer, LOOPS):
            continue
        for inner in ast.walk(outer):
            if inner is not outer and isinstance(inner, LOOPS) and _depends(inner):
                return True
    return False


def _depends(loop: ast.AST) -> bool:
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    names = {n.id for n in ast.walk(head) if isinstance(n, ast.Name)} - {
        "range",
        "reversed",
        "enumerate",
        "zip",
        "len",
        "a",
        "b",
    }
    return bool(names) or _leaves_early(loop)


def _leaves_early(loop: ast.AST) -> bool:
    return any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(loop) if n is not loop)


__all__ = ["PROMISED", "features_of"]
