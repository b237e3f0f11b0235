"""Folding and names used again change no bit: random programs, printed as a person would and one operation a line."""

from __future__ import annotations

import dataclasses
import importlib.util
import random

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.targets import numpy as target
from s2sgrad.targets.names import Names

SCALARS, ARRAYS = ("a", "b", "c"), ("u", "v")


class Program:
    """Source of a random loss of a scalar and a vector, with loops, branches and writes in place."""

    def __init__(self, seed: int) -> None:
        self.choose = random.Random(seed)
        self.lines: list[str] = []
        self.depth = 0
        self.loops = 0

    def scalar(self, depth: int = 2) -> str:
        pick = self.choose.randrange(8 if depth else 3)
        if pick < 2:
            return self.choose.choice(SCALARS)
        if pick == 2:
            return self.choose.choice(("0.5", "1.5", "-0.25", "2"))
        x = self.scalar(depth - 1)
        if pick == 3:
            return f"np.{self.choose.choice(('sin', 'tanh', 'cos'))}({x})"
        if pick == 4:
            return f"{self.choose.choice(ARRAYS)}[{self.choose.randrange(3)}]"
        if pick == 5:
            return f"np.sum({self.array(depth - 1)})"
        return f"({x} {self.choose.choice('+-*')} {self.scalar(depth - 1)})"

    def array(self, depth: int = 2) -> str:
        pick = self.choose.randrange(5 if depth else 2)
        if pick < 2:
            return self.choose.choice(ARRAYS)
        if pick == 2:
            return f"np.sin({self.array(depth - 1)})"
        if pick == 3:
            return f"({self.array(depth - 1)} * {self.scalar(depth - 1)})"
        return f"({self.array(depth - 1)} {self.choose.choice('+-*')} {self.array(depth - 1)})"

    def write(self, line: str) -> None:
        self.lines.append("    " * (self.depth + 1) + line)

    def inside(self, header: str, count: int) -> None:
        self.write(header)
        self.depth += 1
        for _ in range(count):
            self.statement()
        self.depth -= 1

    def statement(self) -> None:
        pick = self.choose.randrange(8 if self.depth < 2 else 6)
        if pick < 2:
            self.write(f"{self.choose.choice(SCALARS)} = np.tanh({self.scalar()})")
        elif pick == 2:
            whole = "" if self.depth == 0 else "[:]"  # which array a name means is not to depend on a test
            self.write(f"{self.choose.choice(ARRAYS)}{whole} = np.tanh({self.array()})")
        elif pick == 3:
            self.write(f"{self.choose.choice(ARRAYS)}[{self.choose.randrange(3)}] = np.sin({self.scalar()})")
        elif pick == 4:
            self.write(f"{self.choose.choice(ARRAYS)}[1:] *= {self.scalar()}")
        elif pick == 5:
            self.write("a, b = b, a" if self.depth or self.choose.random() < 0.5 else "u, v = v, u")
        elif pick == 6:
            self.inside(f"if {self.scalar(1)} > {self.scalar(1)}:", 2)
            if self.choose.random() < 0.6:
                self.inside("else:", 2)
        else:
            self.loops += 1
            self.inside(f"for k{self.loops} in range({self.choose.choice(('n', '2', 'n - 1'))}):", 3)

    def source(self, name: str) -> str:
        for _ in range(6):
            self.statement()
        head = [f"def {name}(a, u, n):", "    b, c, u, v = 0.3, a * a, u.copy(), np.cos(u)"]
        tail = ["    return a + b * c + np.sum(u * v)"]
        return "\n".join(["import numpy as np", *head, *self.lines, *tail, ""])


class Fresh(Names):
    """Every value has a name of its own."""

    def _available(self, label, span):
        return label not in self.never_again and label not in self.taken


def loss(tmp_path, seed, name):
    path = tmp_path / f"{name}.py"
    path.write_text(Program(seed).source(name))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def plainly(printer_of):
    """The printer of a function, to print one operation a line and to use no name again."""

    def plain(function, results, parts):
        p = printer_of(function, results, parts)
        return dataclasses.replace(p, folds=False, names=Fresh(p.places))

    return plain


def check(tmp_path, monkeypatch, seed):
    args = (0.4, np.array([0.3, -0.8, 0.5]), 3)
    person = value_and_grad(loss(tmp_path, seed, f"person{seed}"), (0, 1))
    with np.errstate(all="ignore"):
        found = person(*args)
        with monkeypatch.context() as patch:
            patch.setattr(target, "printer_of", plainly(target.printer_of))
            plain = value_and_grad(loss(tmp_path, seed, f"plain{seed}"), (0, 1))
            wanted = plain(*args)
        assert person.source_for(*args) != plain.source_for(*args)
    for a, b in zip((found[0], *found[1]), (wanted[0], *wanted[1])):
        assert np.array_equal(a, b, equal_nan=True), f"{person.source_for(*args)}\n{plain.source_for(*args)}"


@pytest.mark.parametrize("seed", range(60))
def test_a_person_s_text_computes_the_same_bits(tmp_path, monkeypatch, seed):
    check(tmp_path, monkeypatch, seed)
