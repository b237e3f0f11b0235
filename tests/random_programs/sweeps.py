"""Sweeps in place at random: nested loops over entries of arrays, at subscripts that depend on the loops.

What the backward sweep may read again, since nothing is written over it, is decided by inequalities between
such subscripts. Most of these programs are near to where that answer changes: `i` or `i - 1`, `range(i)` or
`range(i + 1)`. One that leaves the array raises, and is skipped.
"""

from __future__ import annotations

import random

import numpy as np

SIZE = 4
INDENT = "    "
RANGES = [
    *["range(n)", "range(1, n)", "range(n - 1, -1, -1)", "range(0, n, 2)", "range(n - 1)", "range(n - 2, 0, -1)"],
    *["range({i})", "range({i} + 1, n)", "range({i}, n)", "range({i} + 1)", "range({i}, -1, -1)"],
    *["range({i} - 1, -1, -1)", "range(1, {i}, 2)", "range(n - {i})"],
]  # fmt: skip


class SweepWriter:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.indices: list[str] = []
        self.depth = 0

    def line(self, text: str) -> None:
        self.lines.append(INDENT * (1 + self.depth) + text)

    def index(self) -> str:
        rng = self.rng
        if not self.indices or rng.random() < 0.1:
            return rng.choice(["0", "1", "-1", "n - 1", "2"])
        i = rng.choice(self.indices[-2:] if rng.random() < 0.8 else self.indices)
        return rng.choice([*[i] * 6, f"{i} - 1", f"{i} - 1", f"{i} + 1", f"n - 1 - {i}", f"-{i} - 1"])

    def entry(self) -> str:
        if self.rng.random() < 0.4:
            return f"{self.rng.choice('ab')}[{self.index()}]"
        return f"m[{self.index()}, {self.index()}]"

    def value(self) -> str:
        rng = self.rng
        read = self.entry()
        return rng.choice(
            [
                f"np.sin({read}) * {self.entry()}",
                f"{read} / (1.5 + {self.entry()} ** 2)",
                f"np.sqrt(1.2 + {read} * {read})",
                f"math.sqrt(1.2 + {read} * {self.entry()} * 0.1)",
                f"x * np.exp(-{read} * {read})",
                f"{read} * {self.entry()}",
            ]
        )

    def statement(self) -> None:
        rng = self.rng
        target, kind = self.entry(), rng.randrange(9)
        if kind == 0:
            self.line(f"t = {self.value()}")
            self.line(f"{target} = t")
            self.line("y += 0.3 * t * t")
        elif kind == 1:
            self.line(f"{target} /= 1.3 + {self.entry()} ** 2")
        elif kind == 2:
            self.line(f"{target} {rng.choice(['+=', '-='])} 0.4 * {self.entry()} * {self.entry()}")
        elif kind == 3:
            self.line(f"if {rng.choice([f'{self.entry()} > 0.1', f'{self.index()} > 1'])}:")
            self.depth += 1
            self.line(f"{target} = {self.value()}")
            self.depth -= 1
        elif kind == 4:
            self.line(f"y += {self.value()}")
        elif kind == 5:
            low, high = rng.choice([("", self.index()), (self.index(), ""), ("1", "")])
            v = rng.choice(["a", "b", f"m[{self.index()}]"])
            self.line(f"{v}[{low}:{high}] *= 0.5 + np.cos({self.entry()})")
        elif kind == 6:
            i = self.index()
            self.line(f"m[{i}, {self.rng.choice(['1:', ':-1', f'{i}:'])}] -= {self.entry()} * {self.value()}")
        else:
            self.line(f"{target} = {self.value()}")

    def loop(self, levels: int) -> None:
        rng = self.rng
        name = "ijkl"[len(self.indices)]
        fitting = [r for r in RANGES if "{i}" not in r or self.indices]
        outer = rng.choice(self.indices) if self.indices else ""
        self.line(f"for {name} in {rng.choice(fitting).format(i=outer)}:")
        self.indices.append(name)
        self.depth += 1
        for _ in range(rng.randint(0, 1) if levels > 1 else rng.randint(1, 2)):
            self.statement()
        if levels > 1:
            self.loop(levels - 1)
            for _ in range(rng.randint(0, 1)):
                self.statement()
        self.depth -= 1
        self.indices.pop()

    def program(self) -> str:
        for _ in range(self.rng.randint(1, 2)):
            self.loop(self.rng.randint(1, 3))
            if self.rng.random() < 0.3:
                self.statement()
        sums = "y + np.sum(np.sin(a)) + np.sum(np.cos(b)) + np.sum(m * m)"
        head = "import math\n\nimport numpy as np\n\n\ndef program(x, y, a, b, m, n):"
        return "\n".join([head, *self.lines, f"{INDENT}return {sums}"]) + "\n"


def sweep(seed: int) -> str:
    return SweepWriter(seed).program()


def sweep_arguments(seed: int) -> tuple:
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.uniform(0.2, 0.9, shape) * rng.choice([-1.0, 1.0], shape)
    return float(draw()), float(draw()), draw(SIZE), draw(SIZE), draw(SIZE, SIZE), SIZE


__all__ = ["sweep", "sweep_arguments"]
