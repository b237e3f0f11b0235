"""`np.vectorize`, written out: a loop over the entries of arrays broadcast together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .composite import refuse, stand_in


def entries(results: Any, shape: Any) -> Any:
    """The results of a call an entry, as an array, or as several where the function returns several."""
    if isinstance(results[0], tuple):
        count = len(results[0])
        return tuple([np.reshape(np.array([r[k] for r in results]), shape) for k in range(count)])
    return np.reshape(np.array(results), shape)


@dataclass
class Vectorized:
    """A function of numbers, applied entry by entry."""

    pyfunc: Any

    def __call__(self, *args: Any) -> Any:
        arrays = np.broadcast_arrays(*args) if len(args) > 1 else (np.asarray(args[0]),)
        flats = [np.ravel(a) for a in arrays]
        results = [self.pyfunc(*[flat[k] for flat in flats]) for k in range(np.size(arrays[0]))]
        return entries(results, np.shape(arrays[0]))


@dataclass
class VectorizedRows:
    """The same with a signature: a function of the last axes, applied along the others."""

    pyfunc: Any
    ranks: Any

    def __call__(self, *args: Any) -> Any:
        arrays = [np.asarray(a) for a in args]
        loops = [np.shape(a)[: np.ndim(a) - r] for a, r in zip(arrays, self.ranks)]
        shape = np.broadcast_shapes(*loops)
        wide = [np.broadcast_to(a, shape + np.shape(a)[np.ndim(a) - r :]) for a, r in zip(arrays, self.ranks)]
        n = int(np.prod(shape))
        flats = [np.reshape(a, (n,) + np.shape(a)[len(shape) :]) for a in wide]
        results = np.array([self.pyfunc(*[flat[k] for flat in flats]) for k in range(n)])
        return np.reshape(results, shape + np.shape(results)[1:])


def signature_ranks(signature: str) -> tuple[int, ...]:
    """How many core axes each argument of a signature such as `(n),(m,n)->(m)` has."""
    inputs = signature.replace(" ", "").partition("->")[0]
    return tuple([len([d for d in part.split(",") if d]) for part in inputs[1:-1].split("),(")])


def vectorize(
    pyfunc: Any,
    otypes: Any = None,
    doc: Any = None,
    excluded: Any = None,
    cache: bool = False,
    signature: Any = None,
) -> Any:
    """The function made by `np.vectorize`."""
    refuse(excluded is not None, "numpy.vectorize with `excluded`")
    return Vectorized(pyfunc) if signature is None else VectorizedRows(pyfunc, signature_ranks(signature))


stand_in(np.vectorize, vectorize)
