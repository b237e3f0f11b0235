"""Room to recurse: compilation nests several of Python's frames for each of the user's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

FRAMES = 12_000  # enough for what is promised: 200 calls deep, branches in branches, long expressions


@dataclass
class _Limit:
    """Python's recursion limit, which all threads share: raised while any of them compiles."""

    usual: int = 0
    users: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        with self.lock:
            if not self.users:
                self.usual = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self.usual, FRAMES))
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                sys.setrecursionlimit(self.usual)


_limit = _Limit()


@contextmanager
def room_to_recurse() -> Iterator[None]:
    """Let what is inside nest deeply; then Python's own limit is back."""
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()
