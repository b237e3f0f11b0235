"""P4 as explicit loops."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.problem import Fun, compiled, inlined
from benchmarks.problems import mixture_arrays
from benchmarks.problems.mixture_arrays import COMPONENTS, DIMENSIONS
from benchmarks.vector import vexp


def log_sum_exp(values: Any) -> Any:
    largest = values[0]
    for value in values:
        if value > largest:
            largest = value
    total = 0.0
    for value in values:
        total += np.exp(value - largest)
    return largest + np.log(total)


def program(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    points, d = x.shape
    k = len(alphas)
    diagonal, log_det = np.zeros((k, d)), np.zeros(k)
    prior = 0.0
    for c in range(k):
        for i in range(d):
            log_det[c] += factors[c, i]
            diagonal[c, i] = np.exp(factors[c, i])
            prior += 0.5 * gamma**2 * diagonal[c, i] ** 2
        for p in range(d, factors.shape[1]):
            prior += 0.5 * gamma**2 * factors[c, p] ** 2
    centred, whitened, main = np.zeros(d), np.zeros(d), np.zeros(k)
    fit = 0.0
    for n in range(points):
        for c in range(k):
            for i in range(d):
                centred[i] = x[n, i] - means[c, i]
                whitened[i] = diagonal[c, i] * centred[i]
            p = d
            for j in range(d):
                for i in range(j + 1, d):
                    whitened[i] += factors[c, p] * centred[j]
                    p += 1
            squares = 0.0
            for i in range(d):
                squares += whitened[i] ** 2
            main[c] = alphas[c] + log_det[c] - 0.5 * squares
        fit += log_sum_exp(main)
    return fit - points * log_sum_exp(alphas) + prior


def _literal_adjoint(k: int, d: int) -> Fun:
    """The adjoint for fixed sizes, so that the inner loops unroll."""
    packed = d * (d + 1) // 2

    @inlined
    def diagonals(factors: Any, diagonal: Any, log_det: Any) -> Any:
        """Fill both; the sum of squares for the prior."""
        squares = 0.0
        for c in range(k):
            for i in range(d):
                log_det[c] += factors[c, i]
                diagonal[c, i] = vexp(factors[c, i])
                squares += diagonal[c, i] ** 2
            for p in range(d, packed):
                squares += factors[c, p] ** 2
        return squares

    @inlined
    def exponentials(values: Any, out: Any) -> Any:
        """The largest value and the sum of what is left in `out`, exponentials relative to it."""
        largest = values[0]
        for c in range(k):
            largest = max(largest, values[c])
        total = 0.0
        for c in range(k):
            out[c] = vexp(values[c] - largest)
            total += out[c]
        return largest, total

    @inlined
    def finish(
        points: Any, weights: Any, diagonal: Any, diagonal_bar: Any, factors: Any, gamma: Any, bars: Any
    ) -> None:
        """Add the adjoints of the normaliser, the prior and the determinants."""
        alphas_bar, factors_bar = bars
        for c in range(k):
            for i in range(d):
                along = diagonal_bar[c, i] + gamma * gamma * diagonal[c, i]
                factors_bar[c, i] += alphas_bar[c] + along * diagonal[c, i]
            for p in range(d, packed):
                factors_bar[c, p] += gamma * gamma * factors[c, p]
            alphas_bar[c] -= points * weights[c]

    @compiled
    def adjoint(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
        points = x.shape[0]
        diagonal, log_det, main, weights = np.empty((k, d)), np.zeros(k), np.empty(k), np.empty(k)
        squares = diagonals(factors, diagonal, log_det)
        alphas_bar, means_bar, factors_bar = np.zeros(k), np.zeros((k, d)), np.zeros((k, packed))
        diagonal_bar, whitened = np.zeros((k, d)), np.empty((k, d))
        centred, centred_bar, w_bar = np.empty(d), np.empty(d), np.empty(d)
        fit = 0.0
        for n in range(points):
            for c in range(k):
                for i in range(d):
                    centred[i] = x[n, i] - means[c, i]
                    whitened[c, i] = diagonal[c, i] * centred[i]
                p = d
                for j in range(d):
                    for i in range(j + 1, d):
                        whitened[c, i] += factors[c, p] * centred[j]
                        p += 1
                norm = 0.0
                for i in range(d):
                    norm += whitened[c, i] * whitened[c, i]
                main[c] = alphas[c] + log_det[c] - 0.5 * norm
            largest, total = exponentials(main, main)
            fit += largest + math.log(total)
            for c in range(k):
                g = main[c] / total
                alphas_bar[c] += g
                for i in range(d):
                    centred[i] = x[n, i] - means[c, i]
                    w_bar[i] = -g * whitened[c, i]
                    diagonal_bar[c, i] += w_bar[i] * centred[i]
                    centred_bar[i] = w_bar[i] * diagonal[c, i]
                p = d
                for j in range(d):
                    inner = 0.0
                    for i in range(j + 1, d):
                        factors_bar[c, p] += w_bar[i] * centred[j]
                        inner += factors[c, p] * w_bar[i]
                        p += 1
                    centred_bar[j] += inner
                for i in range(d):
                    means_bar[c, i] -= centred_bar[i]
        largest, total = exponentials(alphas, weights)
        for c in range(k):
            weights[c] /= total
        finish(points, weights, diagonal, diagonal_bar, factors, gamma, (alphas_bar, factors_bar))
        value = fit - points * (largest + math.log(total)) + 0.5 * gamma * gamma * squares
        return value, alphas_bar, means_bar, factors_bar

    return adjoint


PROBLEM = replace(
    mixture_arrays.PROBLEM,
    name="P4-loops",
    title="Gaussian mixture, K = 25, D = 10, N = 1000, loops",
    program=program,
    adjoint=_literal_adjoint(COMPONENTS, DIMENSIONS),
    primal=None,
)
