"""Programs at random, as text: a seed gives a program, the same one every time.

The writer keeps track of what it may name: numbers, vectors and matrices with their extents, lists, integers
with their bounds. So every program runs. It stays smooth: nonlinear functions are bounded, and what jumps
(comparisons) stands only in predicates and masks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

LENGTH = 5  # of the arguments a and b
ROWS, COLUMNS = 3, 4  # of the argument m
TRIPS = 3  # the argument n
INDENT = "    "


@dataclass
class Scope:
    """What the program may read and write at one place."""

    scalars: list[str] = field(default_factory=list)
    vectors: dict[str, int] = field(default_factory=dict)  # name -> extent
    matrices: dict[str, tuple[int, int]] = field(default_factory=dict)
    integers: dict[str, tuple[int, int]] = field(default_factory=dict)  # name -> least and greatest value
    lists: list[str] = field(default_factory=list)
    functions: list[tuple[str, str]] = field(default_factory=list)  # name and kind
    fixed: set[str] = field(default_factory=set)  # never assigned: loop variables, counters

    def copy(self) -> Scope:
        return Scope(
            list(self.scalars),
            dict(self.vectors),
            dict(self.matrices),
            dict(self.integers),
            list(self.lists),
            list(self.functions),
            set(self.fixed),
        )


class Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.scope = Scope()
        self.lines: list[str] = []
        self.depth = 0
        self.loops = 0  # open loops
        self.returns = True  # whether the function may return early with a number
        self.names = 0
        self.budget = 0

    # --- text ---------------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        self.lines.append(INDENT * self.depth + text)

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    @contextmanager
    def block(self) -> Iterator[None]:
        """What a block defines is forgotten after it: it may not have run."""
        outer, self.scope = self.scope, self.scope.copy()
        self.depth += 1
        yield
        self.depth -= 1
        self.scope = outer

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def pick(self, items: list) -> object:
        return self.rng.choice(items)

    # --- expressions --------------------------------------------------------------------------------------------

    def constant(self) -> str:
        return str(round(self.rng.uniform(-0.9, 0.9), 2))

    def index(self, extent: int) -> str:
        """An index of an axis of this extent, sure to be in bounds."""
        fitting = [i for i, (low, high) in self.scope.integers.items() if low >= 0 and high < extent]
        others = [i for i, (low, _) in self.scope.integers.items() if low >= 0]
        if fitting and self.chance(0.6):
            i = self.pick(fitting)
            return self.pick([f"{i}", f"{i}", f"{extent - 1} - {i}", f"-{i} - 1"])
        if others and self.chance(0.5):
            return f"({self.pick(others)} + {self.rng.randrange(3)}) % {extent}"
        return str(self.rng.randrange(-extent, extent))

    def element(self) -> str:
        """An entry of an array."""
        if self.scope.matrices and self.chance(0.3):
            m, (rows, columns) = self.pick(list(self.scope.matrices.items()))
            return f"{m}[{self.index(rows)}, {self.index(columns)}]"
        v, extent = self.array()
        return f"{v}[{self.index(extent)}]"

    def array(self) -> tuple[str, int]:
        """A vector, views more often than others, with its extent."""
        views = [(v, n) for v, n in self.scope.vectors.items() if v[0] == "v"]
        return self.pick(views if views and self.chance(0.5) else list(self.scope.vectors.items()))

    def scalar(self, depth: int = 2) -> str:
        if depth <= 0 or self.chance(0.15):
            return self.leaf()
        e = self.scalar(depth - 1)
        kind = self.rng.randrange(14)
        if kind < 2:
            return f"{self.pick(['np.sin', 'np.tanh', 'math.cos', 'math.sin', 'np.cos'])}({e})"
        if kind == 2:
            return f"np.exp(-({e}) ** 2)"
        if kind == 3:
            return f"{self.leaf()} / (1 + ({e}) ** 2)"
        if kind < 6:
            return f"({e} {self.pick(['+', '-'])} {self.scalar(depth - 1)})"
        if kind < 8:
            return f"{self.constant()} * {self.leaf()} * ({e})"
        if kind == 8:
            return f"np.sum({self.vector(self.some_extent(), depth - 1)} * {self.constant()})"
        if kind == 9 and self.chance(0.5):
            return f"({e} if {self.predicate()} else {self.scalar(depth - 1)})"
        if kind == 10:
            return self.comprehension()
        if kind == 11:
            return self.call() or e
        if kind == 12 and self.scope.lists:
            items = self.pick(self.scope.lists)
            return self.pick(
                [f"sum({items})", f"({items}[-1] if {items} else {e})", f"(0.1 * len({items}) * {e})"]
            )
        return f"({self.leaf()} * {self.constant()} + {e})"

    def leaf(self) -> str:
        kind = self.rng.randrange(10)
        if kind < 5 and self.scope.scalars:
            return self.pick(self.scope.scalars)
        if kind < 9 and (self.scope.vectors or self.scope.matrices):
            return self.element() if self.scope.vectors else self.constant()
        return self.constant()

    def trips(self) -> str:
        """How often a sum runs: helpers do not know the program's `n`."""
        return "n" if "n" in self.scope.integers else "3"

    def comprehension(self) -> str:
        k = self.fresh("k")
        v, extent = self.pick(list(self.scope.vectors.items()))
        same = [w for w, n in self.scope.vectors.items() if n == extent]
        w = self.pick(same)
        return self.pick(
            [
                f"sum(np.sin({k}) for {k} in {v})",
                f"sum({v}[{k}] * {w}[{extent - 1} - {k}] for {k} in range({extent}))",
                f"sum([{v}[{k}] * {self.leaf()} for {k} in range({self.trips()})])"
                if extent >= TRIPS
                else f"sum([{k} * {k} for {k} in {v}])",
                f"sum({k} * {k}q for {k}, {k}q in zip({v}, {w}))",
            ]
        )

    def call(self) -> str | None:
        """A call of a function that gives a number."""
        known = [f for f in self.scope.functions if f[1] in ("scalar", "mutates", "closure")]
        if not known:
            return None
        f, kind = self.pick(known)
        if kind == "scalar":
            return f"{f}({self.leaf()}, {self.leaf()})"
        if kind == "closure":
            return f"{f}({self.leaf()})"
        return f"{f}({self.pick(self.writable_vectors() or list(self.scope.vectors))}, {self.leaf()})"

    def some_extent(self) -> int:
        return self.pick(list(self.scope.vectors.values()))

    def vector(self, extent: int, depth: int = 2) -> str:
        """An expression for a vector of this extent."""
        known = [v for v, n in self.scope.vectors.items() if n == extent]
        rows = [m for m, (_, n) in self.scope.matrices.items() if n == extent]
        columns = [m for m, (n, _) in self.scope.matrices.items() if n == extent]
        longer = [(v, n) for v, n in self.scope.vectors.items() if n > extent]
        options: list[Callable[[], str]] = [lambda: self.pick(known)] * (3 if known else 0)
        if known:
            options.append(lambda: f"{self.pick(known)}[::-1]")
        if rows:
            options.append(lambda: self.row(self.pick(rows)))
        if columns:
            options.append(lambda: self.column(self.pick(columns)))
        if longer:
            options.append(lambda: self.slice_of(*self.pick(longer), extent))
        if not options:
            return f"np.full({extent}, {self.leaf()})"
        base = self.pick(options)()
        if depth <= 0 or self.chance(0.2):
            return base
        kind = self.rng.randrange(8)
        if kind < 2:
            return f"{self.pick(['np.sin', 'np.cos', 'np.tanh'])}({self.vector(extent, depth - 1)})"
        if kind < 4:
            return f"({base} {self.pick(['+', '-'])} {self.constant()} * {self.vector(extent, depth - 1)})"
        if kind == 4:
            return f"{base} * ({self.scalar(depth - 1)})"
        if kind == 5:
            return f"{base} / (1 + {self.vector(extent, depth - 1)} ** 2)"
        if kind == 6:
            return f"np.where({base} > {self.constant()}, {self.vector(extent, depth - 1)}, {self.scalar(depth - 1)})"
        return f"({base} + {self.leaf()})"

    def row(self, m: str) -> str:
        return f"{m}[{self.index(self.scope.matrices[m][0])}]"

    def column(self, m: str) -> str:
        return f"{m}[:, {self.index(self.scope.matrices[m][1])}]"

    def slice_of(self, v: str, n: int, extent: int) -> str:
        """A part of a vector with this extent."""
        choices = [f"{v}[{k}:{k + extent}]" for k in range(n - extent + 1)]
        for step in (2, -1, -2):
            choices += [f"{v}[{s}]" for s in _strided(n, extent, step)]
        return self.pick(choices)

    def predicate(self) -> str:
        kind = self.rng.randrange(8)
        if kind == 0 and self.scope.integers:
            return f"{self.pick(list(self.scope.integers))} {self.pick(['>', '==', '<', '!='])} {self.rng.randrange(3)}"
        if kind == 1:
            return f"{self.constant()} < {self.leaf()} < 0.95"
        if kind == 2:
            return f"{self.leaf()} > {self.constant()} {self.pick(['and', 'or'])} {self.element()} < {self.constant()}"
        if kind == 3:
            return f"not {self.scalar(1)} > {self.constant()}"
        left = self.scalar(1) if self.chance(0.4) else self.element()
        return f"{left} {self.pick(['>', '<', '>=', '<='])} {self.leaf() if self.chance(0.4) else self.constant()}"

    def writable_vectors(self) -> list[str]:
        return list(self.scope.vectors)

    # --- statements ---------------------------------------------------------------------------------------------

    def statements(self, count: int) -> None:
        for _ in range(count):
            self.statement()

    def statement(self) -> None:
        """One statement, simple or compound."""
        self.budget -= 1
        compound = self.depth < 5 and self.budget > 0
        table = SIMPLE + (COMPOUND if compound else [])
        weights = [w for w, _ in table]
        for _ in range(10):
            write = self.rng.choices(table, weights)[0][1]
            if write(self):
                return
        self.line(f"{self.scalar_target()} = {self.scalar(1)}")

    def scalar_target(self) -> str:
        free = [s for s in self.scope.scalars if s not in self.scope.fixed]
        if free and self.chance(0.7):
            return self.pick(free)
        s = self.fresh("s")
        self.scope.scalars.append(s)
        return s

    def assign_scalar(self) -> bool:
        value = self.scalar(3)
        self.line(f"{self.scalar_target()} = {value}")
        return True

    def augment_scalar(self) -> bool:
        free = [s for s in self.scope.scalars if s not in self.scope.fixed]
        if not free:
            return False
        s = self.pick(free)
        self.line(
            self.pick(
                [
                    f"{s} += {self.scalar()}",
                    f"{s} -= {self.scalar()}",
                    f"{s} *= {self.factor()}",
                    f"{s} /= 1 + ({self.leaf()}) ** 2",
                ]
            )
        )
        return True

    def factor(self) -> str:
        return self.pick([f"np.cos({self.leaf()})", self.constant(), f"np.tanh({self.scalar(1)})"])

    def swap_scalars(self) -> bool:
        free = [s for s in self.scope.scalars if s not in self.scope.fixed]
        if len(free) < 2:
            return False
        s, t = self.rng.sample(free, 2)
        self.line(f"{s}, {t} = {t}, {self.scalar(1)}" if self.chance(0.6) else f"{s}, {t} = {t}, {s}")
        return True

    def write_element(self) -> bool:
        target = self.element()
        kind = self.rng.randrange(6)
        value = self.scalar(2)
        if kind < 2:
            self.line(f"{target} = {value}")
        elif kind == 2:
            self.line(f"{target} = np.sin({target}) + 0.3 * {value}")
        elif kind == 3:
            self.line(f"{target} *= {self.factor()}")
        else:
            self.line(f"{target} {self.pick(['+=', '-='])} {value}")
        return True

    def write_slice(self) -> bool:
        v, n = self.array()
        if n < 2:
            return False
        extent = self.rng.randint(1, n)
        target = self.slice_of(v, n, extent)
        value = self.scalar(1) if self.chance(0.25) else self.vector(extent)
        operator = self.pick(["=", "=", "=", "+=", "-=", "*="])
        if operator == "*=":
            value = f"np.cos({value})"
        self.line(f"{target} {operator} {value}")
        return True

    def write_overlapping(self) -> bool:
        v, n = self.pick(list(self.scope.vectors.items()))
        if n < 3:
            return False
        self.line(
            self.pick(
                [
                    f"{v}[1:] = {v}[:-1] * {self.constant()} + {self.leaf()}",
                    f"{v}[:-1] += {self.constant()} * np.sin({v}[1:])",
                    f"{v}[1:-1] = 0.5 * ({v}[2:] + {v}[:-2]) * {v}[1:-1]",
                    f"{v}[:] = {v}[::-1]",
                    f"{v}[::2] *= np.cos({v}[::-2])" if n % 2 else f"{v}[::2] *= np.cos({v}[1::2])",
                    f"{v}[-1:0:-1] = {v}[1:] * {self.constant()}",
                ]
            )
        )
        return True

    def write_masked(self) -> bool:
        v, n = self.pick(list(self.scope.vectors.items()))
        c = self.constant()
        w = self.pick([w for w, k in self.scope.vectors.items() if k == n])
        self.line(
            self.pick(
                [
                    f"{v}[{w} > {c}] = {self.scalar(1)}",
                    f"{v}[{w} < {c}] *= {self.factor()}",
                    f"{v}[{v} > {c}] += np.sin({w}[{v} > {c}])",
                    f"{v}[np.abs({v}) > 0.5] = 0.25 * {self.leaf()}",
                ]
            )
        )
        return True

    def write_indexed(self) -> bool:
        v, n = self.pick(list(self.scope.vectors.items()))
        count = self.rng.randint(2, 4)
        where = [self.rng.randrange(-n, n) for _ in range(count)]
        distinct = self.rng.sample(range(n), min(count, n))
        self.line(
            self.pick(
                [
                    f"{v}[{where}] = {self.vector(count, 1)}",
                    f"{v}[{where}] += {self.vector(count, 1)}",
                    f"{v}[{distinct}] *= np.cos({v}[{distinct}])",
                    f"np.add.at({v}, {where}, {self.vector(count, 1)})",
                    f"{v}[np.array({where})] = {self.scalar(1)}",
                    f"{v}[np.array({where})] -= {self.scalar(1)}",
                ]
            )
        )
        return True

    def write_matrix(self) -> bool:
        if not self.scope.matrices:
            return False
        m, (rows, columns) = self.pick(list(self.scope.matrices.items()))
        i, j = self.index(rows), self.index(columns)
        self.line(
            self.pick(
                [
                    f"{m}[{i}] = {self.vector(columns)}",
                    f"{m}[{i}] += {self.vector(columns, 1)}",
                    f"{m}[:, {j}] = {self.vector(rows)}",
                    f"{m}[:, {j}] *= {self.factor()}",
                    f"{m}[1:, :2] *= {self.factor()}",
                    f"{m}[1:] -= 0.3 * np.sin({m}[:-1])",
                    f"{m}[::-1, 1] = {m}[:, 0] * {self.leaf()}",
                    f"{m} *= {self.factor()}",
                    f"{m}[{m} > {self.constant()}] = {self.scalar(1)}",
                    f"{m}[{i}, ::2] = {m}[{self.index(rows)}, {columns - 1}::-2] + {self.leaf()}"
                    if columns % 2 == 0
                    else f"{m}[{i}, {j}] = {self.scalar()}",
                ]
            )
        )
        return True

    def make_view(self) -> bool:
        """A view, which is often written to at once."""
        known = set(self.scope.vectors)
        if not self.make_quiet_view():
            return False
        for v in set(self.scope.vectors) - known:
            if self.chance(0.4):
                self.line(f"{v}[{self.rng.randrange(2)}] {self.pick(['=', '+=', '-='])} {self.scalar(1)}")
        return True

    def make_quiet_view(self) -> bool:
        """A new name for a part of an array, or another array of the same extent under a known name."""
        kind = self.rng.randrange(7)
        name = self.fresh("v")
        if kind < 3 or not self.scope.matrices:
            v, n = self.pick(list(self.scope.vectors.items()))
            if n < 2:
                return False
            extent = self.rng.randint(2, n)
            self.line(f"{name} = {self.slice_of(v, n, extent)}")
            self.scope.vectors[name] = extent
            return True
        m, (rows, columns) = self.pick(list(self.scope.matrices.items()))
        if kind == 3:
            self.line(f"{name} = {self.row(m)}")
            self.scope.vectors[name] = columns
        elif kind == 4:
            self.line(f"{name} = {self.column(m)}")
            self.scope.vectors[name] = rows
        elif kind == 5:
            self.line(f"{name} = {m}.T")
            self.scope.matrices[name] = (columns, rows)
        else:
            self.line(f"{name} = {m}[{self.pick(['1:, :', ':, 1:', '::-1, :', ':-1, ::-1'])}]")
            text = self.lines[-1]
            self.scope.matrices[name] = (
                rows - ("1:, :" in text or ":-1," in text),
                columns - (":, 1:" in text),
            )
            if 0 in self.scope.matrices[name]:
                del self.scope.matrices[name]
                self.lines.pop()
                return False
        return True

    def make_alias(self) -> bool:
        free = [v for v in self.scope.vectors if v not in self.scope.fixed]
        v = self.pick(list(self.scope.vectors))
        n = self.scope.vectors[v]
        same = [w for w in free if self.scope.vectors[w] == n and w != v]
        if same and self.depth < 2 and self.chance(0.4):
            self.line(f"{self.pick(same)} = {v}")
            return True
        name = self.fresh("w")
        self.scope.vectors[name] = n
        self.line(f"{name} = {v}")
        return True

    def make_vector(self) -> bool:
        v, n = self.pick(list(self.scope.vectors.items()))
        text = self.pick(
            [
                f"{v}.copy()",
                self.vector(n),
                self.vector(n),
                f"np.zeros({n})",
                f"np.zeros_like({v})",
                f"np.ones({n}) * {self.leaf()}",
            ]
        )
        free = [w for w, k in self.scope.vectors.items() if k == n and w not in self.scope.fixed]
        if free and self.chance(0.5 if self.depth < 2 else 0.15):
            self.line(f"{self.pick(free)} = {text}")
        else:
            name = self.fresh("c")
            self.scope.vectors[name] = n
            self.line(f"{name} = {text}")
        return True

    def make_matrix(self) -> bool:
        if not self.scope.matrices:
            return False
        m, shape = self.pick(list(self.scope.matrices.items()))
        name = self.fresh("m")
        self.line(
            f"{name} = {self.pick([f'{m}.copy()', f'np.tanh({m})', f'np.zeros({shape})', f'{m} * {self.leaf()}', f'np.outer(np.ones({shape[0]}), {self.vector(shape[1], 1)})'])}"  # noqa: E501
        )
        self.scope.matrices[name] = shape
        return True

    def augment_vector(self) -> bool:
        v, n = self.pick(list(self.scope.vectors.items()))
        if v in self.scope.fixed:
            return False
        self.line(
            self.pick(
                [
                    f"{v} += {self.vector(n)}",
                    f"{v} -= {self.scalar(1)}",
                    f"{v} *= {self.factor()}",
                    f"{v} *= np.cos({self.vector(n, 1)})",
                    f"{v}[:] = {self.vector(n)}",
                ]
            )
        )
        return True

    def swap_vectors(self) -> bool:
        free = [v for v in self.scope.vectors if v not in self.scope.fixed]
        pairs = [
            (v, w) for v in free for w in free if v != w and self.scope.vectors[v] == self.scope.vectors[w]
        ]
        if not pairs or (self.depth > 2 and self.chance(0.7)):
            return False
        v, w = self.pick(pairs)
        self.line(f"{v}, {w} = {w}, {v}")
        return True

    def list_statement(self) -> bool:
        if not self.scope.lists or self.chance(0.1):
            if self.depth > 2:
                return False
            name = self.fresh("items")
            self.line(f"{name} = []")
            self.scope.lists.append(name)
            return True
        items = self.pick(self.scope.lists)
        kind = self.rng.randrange(8)
        if kind < 5:
            self.line(f"{items}.append({self.scalar()})")
        elif kind == 5:
            self.line(f"if {items}:")
            self.line(f"{INDENT}{self.scalar_existing()} += {items}.pop() * {self.constant()}")
        elif kind == 6:
            self.line(f"if len({items}) > 1:")
            self.line(f"{INDENT}{items}[{self.pick(['0', '-1', '1'])}] = {self.scalar(1)}")
        else:
            t = self.fresh("t")
            self.line(f"for {t} in {items}:")
            self.line(f"{INDENT}{self.scalar_existing()} += np.sin({t})")
        return True

    def scalar_existing(self) -> str:
        free = [s for s in self.scope.scalars if s not in self.scope.fixed]
        return self.pick(free) if free else "s"

    def call_statement(self) -> bool:
        known = [f for f in self.scope.functions if f[1] in ("mutates", "view", "writer", "pair")]
        if not known:
            return False
        f, kind = self.pick(known)
        v, n = self.pick(list(self.scope.vectors.items()))
        if kind == "mutates":
            value = f"{f}({v}, {self.leaf()})"
            self.line(f"{self.scalar_target()} = {value}")
        elif kind == "view" and n > 1:
            name = self.fresh("v")
            self.line(f"{name} = {f}({v})")
            self.scope.vectors[name] = n - 1
        elif kind == "writer":
            self.line(f"{f}({v}, {self.leaf()})")
        elif kind == "pair":
            value = f"{f}({self.leaf()}, {self.leaf()})"
            s, t = self.scalar_target(), self.fresh("s")
            self.scope.scalars.append(t)
            self.line(f"{s}, {t} = {value}")
        else:
            return False
        return True

    def closure(self) -> bool:
        if self.depth > 2:
            return False
        f, t = self.fresh("inner"), self.fresh("t")
        if self.chance(0.6):
            self.line(f"def {f}({t}):")
            self.line(f"{INDENT}return np.sin({t}) * {self.scalar(1)}")
            self.scope.functions.append((f, "closure"))
        else:
            v, n = self.pick(list(self.scope.vectors.items()))
            self.line(f"def {f}({t}):")
            self.line(f"{INDENT}{v}[{self.rng.randrange(n)}] += np.cos({t})")
            self.line(f"{INDENT}return {v}[{self.rng.randrange(n)}] * {t}")
            self.scope.functions.append((f, "closure"))
        return True

    def leave(self) -> bool:
        """`break`, `continue` or `return`, under a condition."""
        if not self.loops:
            return False
        words = ["break", "break", "continue"]
        if self.returns:
            words.append(f"return {self.scalar(1)} + {self.result(4)}")
        word = self.pick(words)
        self.line(f"if {self.predicate()}:")
        if self.chance(0.4):
            with self.block():
                self.statement_simple()
        self.line(f"{INDENT}{word}")
        return True

    def statement_simple(self) -> None:
        budget, self.budget = self.budget, 0
        self.statement()
        self.budget = budget

    def branch(self) -> bool:
        self.line(f"if {self.predicate()}:")
        with self.block():
            self.statements(self.rng.randint(1, 3))
        if self.chance(0.25):
            self.line(f"elif {self.predicate()}:")
            with self.block():
                self.statements(self.rng.randint(1, 2))
        if self.chance(0.55):
            self.line("else:")
            with self.block():
                self.statements(self.rng.randint(1, 2))
        return True

    def domain(self) -> tuple[str, int, int]:
        """The text of a range, the least and the greatest index."""
        outer = [(i, low, high) for i, (low, high) in self.scope.integers.items() if low >= 0 and i != "n"]
        if outer and self.chance(0.55):
            i, _, high = self.pick(outer)
            return self.pick(
                [
                    (f"range({i})", 0, max(high - 1, 0)),
                    (f"range({i}, n)", 0, TRIPS - 1),
                    (f"range({i} + 1, 4)", 0, 3),
                    (f"range({i}, -1, -1)", 0, high),
                    (f"range({i} + 1)", 0, high),
                    (f"range(4, {i}, -2)", 0, 4),
                ]
            )
        k = self.rng.randint(1, 4)
        return self.pick(
            [
                ("range(n)", 0, TRIPS - 1),
                ("range(n)", 0, TRIPS - 1),
                (f"range({k})", 0, k - 1),
                ("range(1, n)", 0, TRIPS - 1),
                ("range(n - 1, -1, -1)", 0, TRIPS - 1),
                ("range(4, 0, -2)", 0, 4),
                ("range(0, 5, 2)", 0, 4),
                ("range(n, 0, -1)", 0, TRIPS),
                ("range(n - 3)", 0, 0),
                ("range(2, n - 1)", 0, 2),
                ("reversed(range(n))", 0, TRIPS - 1),
                ("range(len(a) - 1)", 0, LENGTH - 2),
            ]
        )

    def for_loop(self) -> bool:
        if self.loops > 2:
            return False
        if self.chance(0.2):
            return self.for_each()
        i = self.fresh("i")
        text, low, high = self.domain()
        self.line(f"for {i} in {text}:")
        self.body(integers={i: (low, high)})
        return True

    def for_each(self) -> bool:
        t = self.fresh("t")
        v, n = self.pick(list(self.scope.vectors.items()))
        w = self.pick([w for w, k in self.scope.vectors.items() if k == n])
        kind = self.rng.randrange(4)
        if kind == 0:
            self.line(f"for {t} in {v}:")
            self.body(scalars=[t])
        elif kind == 1:
            i = self.fresh("i")
            self.line(f"for {i}, {t} in enumerate({v}):")
            self.body(scalars=[t], integers={i: (0, n - 1)})
        elif kind == 2:
            self.line(f"for {t}, {t}q in zip({v}, {w}):")
            self.body(scalars=[t, f"{t}q"])
        elif self.scope.matrices:
            m, (_, columns) = self.pick(list(self.scope.matrices.items()))
            self.line(f"for {t} in {m}:")
            self.body(vectors={t: columns})
        else:
            return False
        return True

    def body(
        self,
        scalars: list[str] = [],
        integers: dict = {},
        vectors: dict = {},
        first: str = "",
        orelse: bool = True,
    ) -> None:
        """The body of a loop, and perhaps its `else`."""
        self.loops += 1
        with self.block():
            self.scope.scalars += scalars
            self.scope.integers.update(integers)
            self.scope.vectors.update(vectors)
            self.scope.fixed.update([*scalars, *vectors])
            if first:
                self.line(first)
            self.statements(self.rng.randint(1, 4))
        self.loops -= 1
        if orelse and self.chance(0.12):
            self.line("else:")
            with self.block():
                self.statements(1)

    def while_loop(self) -> bool:
        if self.loops > 2:
            return False
        k = self.fresh("k")
        trips = self.rng.randint(1, 4)
        self.line(f"{k} = 0")
        test = f"{k} < {self.pick([str(trips), 'n'])}"
        if self.chance(0.5):
            test += f" and ({self.predicate()})"  # `or` inside it would make a loop without end
        self.line(f"while {test}:")
        self.body(integers={k: (1, 4)}, first=f"{k} += 1")
        self.scope.integers[k] = (0, 4)
        return True

    # --- the whole ----------------------------------------------------------------------------------------------

    def result(self, most: int = 30) -> str:
        """A number that depends on all that is in scope."""
        terms = [f"{s} * {self.constant()}" for s in self.scope.scalars]
        terms += [f"np.sum(np.sin({v}) * {self.constant()})" for v in self.scope.vectors]
        terms += [f"np.sum({m} * {m}) * {self.constant()}" for m in self.scope.matrices]
        terms += [f"sum({items})" for items in self.scope.lists]
        self.rng.shuffle(terms)
        return " + ".join(terms[:most]) or "0.0"

    def helper(self) -> None:
        """A function of the module, before the program."""
        f = self.fresh("helper")
        outer = self.scope
        kind = self.pick(["scalar", "mutates", "view", "writer", "pair", "scalar"])
        self.scope = Scope()
        if kind in ("scalar", "pair"):
            self.line(f"def {f}(p, q):")
            self.scope = Scope(scalars=["p", "q"], vectors={"u": 3})
            self.depth = 1
            self.line("u = np.zeros(3) + p")
            self.helper_body(3)
            self.line(
                "return p + q * 0.5 + u[1]" if kind == "scalar" else "return np.sin(p) + u[0], q * u[2]"
            )
        else:
            self.line(f"def {f}(u{', p' if kind != 'view' else ''}):")
            self.scope = Scope(vectors={"u": 2}, scalars=["p"] if kind != "view" else [])
            self.depth = 1
            self.scope.fixed.add("u")
            if kind == "view":
                self.line(f"return u{self.pick(['[1:]', '[:-1]', '[:0:-1]', '[1:] * 0.5'])}")
            else:
                self.line(
                    self.pick(
                        ["u[0] = np.sin(u[0]) + p", "u[1:] *= np.cos(p)", "u *= 0.5", "u[-1] += p * u[0]"]
                    )
                )
                self.helper_body(1)
                if kind == "mutates":
                    self.line("return np.sum(u) * 0.3 + p")
        self.depth = 0
        self.lines.append("")
        self.lines.append("")
        self.scope = outer
        self.scope.functions.append((f, kind))

    def helper_body(self, count: int) -> None:
        returns, self.returns = self.returns, False
        self.budget = 3
        self.scope.integers = {}
        for _ in range(count):
            if self.chance(0.4):
                self.line(f"if {self.scope.scalars[0]} > {self.constant()}:")
                with self.block():
                    self.line(f"{self.scope.scalars[0]} = {self.scope.scalars[0]} * {self.factor()}")
            else:
                self.line(f"{self.element()} += {self.leaf()} * {self.constant()}")
        self.returns = returns

    def program(self) -> str:
        self.line("import math")
        self.lines.append("")
        self.line("import numpy as np")
        self.lines += ["", ""]
        for _ in range(self.rng.choice([0, 0, 1, 1, 2])):
            self.helper()
        self.line("def program(x, y, a, b, m, n):")
        self.depth = 1
        functions = self.scope.functions
        self.scope = Scope(
            ["x", "y"],
            {"a": LENGTH, "b": LENGTH},
            {"m": (ROWS, COLUMNS)},
            {"n": (TRIPS, TRIPS)},
            [],
            functions,
        )
        self.budget = self.rng.choice([8, 12, 16])
        if self.chance(0.5):
            self.line(f"s = {self.scalar(1)}")
            self.scope.scalars.append("s")
        if self.chance(0.35):
            self.line("c = np.zeros(5)")
            self.scope.vectors["c"] = 5
        self.statements(self.rng.randint(3, 7))
        self.line(f"return {self.result()}")
        return "\n".join(self.lines) + "\n"


def _strided(n: int, extent: int, step: int) -> list[str]:
    """Slices with this step, of an axis of extent `n`, that have this extent."""
    out = []
    starts = [None, *range(n)]
    for start in starts:
        for stop in (None, n - 1, 1, -1, 0):
            s = slice(start, stop, step)
            if len(range(*s.indices(n))) == extent:
                out.append(f"{'' if start is None else start}:{'' if stop is None else stop}:{step}")
    return out


SIMPLE: list[tuple[float, Callable[[Writer], bool]]] = [
    (5, Writer.assign_scalar),
    (3, Writer.augment_scalar),
    (1, Writer.swap_scalars),
    (6, Writer.write_element),
    (3, Writer.write_slice),
    (2, Writer.write_overlapping),
    (1.5, Writer.write_masked),
    (2, Writer.write_indexed),
    (3, Writer.write_matrix),
    (5, Writer.make_view),
    (1.5, Writer.make_alias),
    (2, Writer.make_vector),
    (0.7, Writer.make_matrix),
    (2, Writer.augment_vector),
    (1.5, Writer.swap_vectors),
    (3.5, Writer.list_statement),
    (2, Writer.call_statement),
    (0.7, Writer.closure),
    (5.5, Writer.leave),
]
COMPOUND: list[tuple[float, Callable[[Writer], bool]]] = [
    (4, Writer.branch),
    (9, Writer.for_loop),
    (2.5, Writer.while_loop),
]


def generate(seed: int) -> str:
    """The text of the program of a seed."""
    return Writer(seed).program()


def arguments(seed: int) -> tuple:
    """The arguments that the program of a seed is tried at."""
    rng = np.random.default_rng(seed)
    number = lambda: float(rng.uniform(-0.9, 0.9))
    return (
        number(),
        number(),
        rng.uniform(-1, 1, LENGTH),
        rng.uniform(-1, 1, LENGTH),
        rng.uniform(-1, 1, (ROWS, COLUMNS)),
        TRIPS,
    )
