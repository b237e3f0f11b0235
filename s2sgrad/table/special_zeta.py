"""Hurwitz's zeta function at complex arguments, of which the derivatives of digamma are multiples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .registry import elementwise


def hurwitz(s: int, z: Any) -> Any:
    """The sum of 1 / (z + k)**s over k = 0, 1, ...: its first terms, then Euler and Maclaurin (DLMF 25.11.5)."""
    z = np.asarray(z)
    low = float(np.min(np.real(z))) if z.size else 0.0
    count = 16 + max(0, int(np.ceil(-low)))
    total = np.zeros(z.shape, dtype=np.result_type(z, np.complex64))
    for k in range(count):
        total = total + (z + k) ** float(-s)
    far = z + count
    total = total + far ** float(1 - s) / (s - 1) + far ** float(-s) / 2
    rising = float(s)
    for j, b in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)):
        total = total + b * rising * far ** float(-s - 2 * j - 1)
        rising = rising * (s + 2 * j + 1) * (s + 2 * j + 2)
    return total if total.ndim else total[()]


elementwise(hurwitz, None, lambda g, ans, s, z: -g * s * hurwitz(s + 1, z), name="Hurwitz's zeta function")
