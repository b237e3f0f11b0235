"""Sums of integers times symbols, and whether inequalities between them contradict each other.

What subscripts and bounds of loops are made of. A contradiction is found by Fourier-Motzkin elimination: each
symbol is removed by adding every lower bound on it to every upper bound. Where that grows too large nothing is
claimed.

>>> i, n = symbol("i"), symbol("n")
>>> contradictory([i, n - i - 1, i - n])  # 0 <= i < n and i >= n
True
>>> contradictory([i, n - i - 1])
False
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

MOST_ROWS = 300


@dataclass(frozen=True)
class Affine:
    """`constant + sum(coefficient * symbol)`; no coefficient is zero."""

    constant: int = 0
    terms: dict[Hashable, int] = field(default_factory=dict)

    def __add__(self, other: Affine | int) -> Affine:
        if isinstance(other, int):
            return Affine(self.constant + other, self.terms)
        terms = dict(self.terms)
        for s, c in other.terms.items():
            terms[s] = terms.get(s, 0) + c
        return Affine(self.constant + other.constant, {s: c for s, c in terms.items() if c})

    def __sub__(self, other: Affine | int) -> Affine:
        return self + (-other if isinstance(other, int) else other * -1)

    def __mul__(self, factor: int) -> Affine:
        return Affine(self.constant * factor, {s: c * factor for s, c in self.terms.items() if factor})

    @property
    def is_constant(self) -> bool:
        return not self.terms


def symbol(key: Hashable) -> Affine:
    return Affine(0, {key: 1})


def contradictory(rows: Iterable[Affine]) -> bool:
    """Whether no integers make every one of `rows` at least zero; False also where that was not found out."""
    known = {_key(r): r for r in map(_tightened, rows)}
    while len(known) <= MOST_ROWS:
        if any(r.is_constant and r.constant < 0 for r in known.values()):
            return True
        s = _cheapest(known.values())
        if s is None:
            return False
        below = [r for r in known.values() if r.terms.get(s, 0) > 0]
        above = [r for r in known.values() if r.terms.get(s, 0) < 0]
        known = {k: r for k, r in known.items() if s not in r.terms}
        for low in below:
            for high in above:
                row = _tightened(low * -high.terms[s] + high * low.terms[s])
                known[_key(row)] = row
    return False


def _tightened(row: Affine) -> Affine:
    """The same inequality between integers, divided by what its coefficients have in common."""
    common = math.gcd(*row.terms.values()) if row.terms else 1
    if common == 1:
        return row
    return Affine(row.constant // common, {s: c // common for s, c in row.terms.items()})


def _key(row: Affine) -> Hashable:
    return row.constant, frozenset(row.terms.items())


def _cheapest(rows: Iterable[Affine]) -> Hashable | None:
    """The symbol whose removal makes the fewest rows."""
    signs: dict[Hashable, list[int]] = {}
    for row in rows:
        for s, c in row.terms.items():
            signs.setdefault(s, [0, 0])[c > 0] += 1
    return min(signs, key=lambda s: signs[s][0] * signs[s][1], default=None)


__all__ = ["Affine", "contradictory", "symbol"]
