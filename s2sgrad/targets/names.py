"""Names of values: the user's, `w_bar` for cotangents, `t1`, `t2`, ... for the rest.

A name is used again, as a person would, once the value that had it is not read any more: `x = a * x` and not
`x_2 = a * x`. Where the old value is still needed the new one is `x_2`.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field

from ..ir.program import Value
from .places import WRITE, Places, Span, overlap
from .spelling import BUILTIN_NAMES

MODULES = frozenset({"np", "math", "operator", "scipy", "special", "stats", "linalg", "fft", "signal"})
RESERVED = frozenset(keyword.kwlist) | BUILTIN_NAMES | MODULES


@dataclass(eq=False)
class Names:
    """The names of one function, and for which stretches of it each is taken."""

    places: Places = field(default_factory=Places)
    taken: dict[str, list[Span]] = field(default_factory=dict)
    never_again: set[str] = field(default_factory=set(RESERVED).copy)
    versions: dict[str, int] = field(default_factory=dict)  # the highest number after each wish
    temporaries: int = 0

    def fresh(self, wish: str | None) -> str:
        """A name of its own for the whole function."""
        label = self.find(wish, None)
        self.never_again.add(label)
        return label

    def of_value(self, wish: str | None, span: Span) -> str:
        """A name for a value, which may have been that of another value before."""
        label = self.find(wish, span)
        node = 4 * (span.start // 4)  # values are named in order: what ended before is of no use any more
        held = self.taken.get(label, ())
        self.taken[label] = [s for s in held if s.block is not span.block or s.stop >= node]
        self.hold(label, span)
        return label

    def hold(self, label: str, span: Span) -> None:
        """Note that a name is taken; the same value for longer is one span, not two."""
        spans = self.taken.setdefault(label, [])
        if spans and spans[-1].block is span.block and spans[-1].start == span.start:
            spans[-1] = Span(span.block, span.start, max(span.stop, spans[-1].stop))
        else:
            spans.append(span)

    def free(self, label: str, span: Span, but: Span | None = None) -> bool:
        """Whether nothing but one known holder has this name at some moment of the span."""
        return not any(
            held is not but and overlap(self.places, held, span) for held in self.taken.get(label, ())
        )

    def is_promised(self, label: str, span: Span) -> bool:
        """Whether a value that is made in a span, in the same block, will have this name."""
        return any(
            h.block is span.block and span.start < h.start <= span.stop for h in self.taken.get(label, ())
        )

    def find(self, wish: str | None, span: Span | None) -> str:
        """A name that is not taken during a span, or not at all."""
        if wish is None:
            return self._temporary()
        wish = wish if wish.isidentifier() else "v"
        k = self.versions.get(wish, 2)
        for label in (wish, f"{wish}_{k}"):
            if self._available(label, span):
                return label
        while not self._available(f"{wish}_{k}", None):
            k += 1
        self.versions[wish] = k
        return f"{wish}_{k}"

    def _available(self, label: str, span: Span | None) -> bool:
        if label in self.never_again:
            return False
        return label not in self.taken or (span is not None and self.free(label, span))

    def _temporary(self) -> str:
        while True:
            self.temporaries += 1
            label = f"t{self.temporaries}"
            if label not in self.never_again and label not in self.taken:
                return label


def span_of(places: Places, v: Value) -> Span:
    """From after the node that makes a value to its last read."""
    block, k = places.made[v]
    return Span(block, 4 * k + WRITE, max(places.end_of(v), 4 * k + WRITE))
