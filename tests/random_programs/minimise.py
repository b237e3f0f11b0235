"""The smallest program that still fails: statements dropped, blocks unwrapped, expressions simplified."""

from __future__ import annotations

import ast
import copy
import re
import time
from collections.abc import Callable, Iterator

from .check import Outcome, check
from .run import NeverEnds, limited

SECONDS = 25.0  # what a minimisation may take


def kind_of(outcome: Outcome) -> str:
    """What two failures have in common when they are the same fault: the message without its numbers."""
    return re.sub(r"np\.float64\([^)]*\)|[-+]?\d[\d.e+-]*|%\w+(:\w+)?(\[.*?\])?|nan|inf", "#", outcome.reason)


def minimise(text: str, fails: Callable[[str], bool], rounds: int = 12) -> str:
    """Take the first smaller program that still fails, until there is none."""
    for _ in range(rounds):
        smaller = _one_round(text, fails)
        if smaller == text:
            break
        text = smaller
    return text


def _one_round(text: str, fails: Callable[[str], bool]) -> str:
    """Try every reduction once, from the last to the first place, keeping those after which the program still fails."""
    for reduce in (_drop, _unwrap, _simplify):
        place = 0
        while True:
            candidate = reduce(text, place)
            if candidate is None:
                break
            if candidate != text and len(candidate) < len(text) and fails(candidate):
                text = candidate
            else:
                place += 1
    return text


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for part in ("body", "orelse"):
            block = getattr(node, part, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _written(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if (
            isinstance(getattr(node, "body", None), list)
            and not node.body
            and not isinstance(node, ast.Module)
        ):
            node.body.append(ast.Pass())
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _drop(text: str, place: int) -> str | None:
    """The program without one of its statements."""
    tree = ast.parse(text)
    places = [
        (block, k)
        for block in _blocks(tree)
        for k in range(len(block))
        if not isinstance(block[k], (ast.Import, ast.Pass))
    ]
    if place >= len(places):
        return None
    block, k = places[place]
    if isinstance(block[k], ast.FunctionDef) and block[k].name == "program":
        return text
    del block[k]
    return _written(tree)


def _unwrap(text: str, place: int) -> str | None:
    """The program with one compound statement replaced by what is in it."""
    tree = ast.parse(text)
    places = [
        (block, k)
        for block in _blocks(tree)
        for k in range(len(block))
        if isinstance(block[k], (ast.If, ast.For, ast.While))
    ]
    if place >= 2 * len(places):
        return None
    block, k = places[place // 2]
    inner = block[k].body if place % 2 == 0 else block[k].orelse
    if not inner:
        return text
    block[k : k + 1] = inner
    return _written(tree)


def _simplify(text: str, place: int) -> str | None:
    """The program with one expression replaced by a part of it, or by a number."""
    tree = ast.parse(text)
    choices: list[tuple[ast.AST, str, int | None, ast.expr]] = []
    for node in ast.walk(tree):
        for part, value in ast.iter_fields(node):
            items = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for k, item in items:
                if isinstance(item, ast.expr) and not isinstance(
                    getattr(item, "ctx", None), (ast.Store, ast.Del)
                ):
                    choices += [(node, part, k, smaller) for smaller in _smaller(item)]
    if place >= len(choices):
        return None
    node, part, k, smaller = choices[place]
    if k is None:
        setattr(node, part, copy.deepcopy(smaller))
    else:
        getattr(node, part)[k] = copy.deepcopy(smaller)
    return _written(tree)


def _smaller(e: ast.expr) -> list[ast.expr]:
    if isinstance(e, (ast.Constant, ast.Name, ast.Slice, ast.Tuple, ast.List, ast.Attribute)):
        return []
    parts = [
        c
        for c in ast.iter_child_nodes(e)
        if isinstance(c, ast.expr) and not isinstance(c, (ast.Slice, ast.Tuple, ast.List))
    ]
    if isinstance(e, ast.Call):
        parts = [a for a in e.args if not isinstance(a, ast.GeneratorExp)]
    if isinstance(e, ast.Subscript):
        parts = []
    return [*parts, ast.Constant(0.5)]


def minimised(seed: int) -> tuple[str, Outcome]:
    """The smallest program found that fails as the program of a seed does."""
    from .generate import arguments, generate

    args = arguments(seed)
    text = generate(seed)
    orders = {"pullback": True, "second": False}
    first = check(text, args, seed, "smaller", **orders)
    if first.verdict != "wrong":
        orders = {"pullback": True, "second": True}
        first = check(text, args, seed, "smaller", **orders)
    if first.verdict != "wrong":
        return text, first
    if check(text, args, seed, "smaller", pullback=False).verdict == "wrong":
        orders = {"pullback": False, "second": False}
        first = check(text, args, seed, "smaller", **orders)
    wanted = kind_of(first)

    def fails(candidate: str) -> bool:
        try:
            with limited(5):
                outcome = check(candidate, args, seed, "smaller", **orders)
        except NeverEnds:  # without its counter, a `while` has no end
            return False
        return outcome.verdict == "wrong" and kind_of(outcome) == wanted

    end = time.monotonic() + SECONDS
    text = minimise(text, lambda candidate: time.monotonic() < end and fails(candidate))
    return text, check(text, args, seed, "smaller", **orders)


def report(seed: int) -> str:
    """The smallest program for a seed, what is wrong with it, and the pass that is guilty."""
    from .blame import guilty_pass
    from .generate import arguments

    text, outcome = minimised(seed)
    lines = [f"# seed {seed}: {outcome.verdict}: {outcome.reason}"]
    if outcome.verdict == "wrong":
        lines.append(f"# guilty pass: {guilty_pass(text, arguments(seed), seed)}")
    return "\n".join([*lines, text])
