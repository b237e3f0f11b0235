"""`scipy.stats.gaussian_kde`: a density estimated by a sum of normal densities, one a point of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats

from .composite import stand_in


@dataclass
class Density:
    """The estimate: data (a point a column), weights, the factor of Scott or Silverman, the covariance of a kernel."""

    dataset: Any
    weights: Any
    factor: Any
    covariance: Any

    def logpdf(self, points: Any) -> Any:
        """The logarithm of the density at points, a column each."""
        rank, n = np.shape(self.dataset)
        points = np.reshape(np.asarray(points), (rank, -1)) if np.ndim(points) < 2 else np.asarray(points)
        apart = points[:, None, :] - self.dataset[:, :, None]
        across = np.reshape(apart, (rank, -1))
        energy = np.reshape(np.sum(across * np.linalg.solve(self.covariance, across), axis=0), (n, -1))
        constant = 0.5 * (rank * np.log(2 * np.pi) + np.linalg.slogdet(self.covariance)[1])
        return scipy.special.logsumexp(-0.5 * energy, axis=0, b=self.weights[:, None]) - constant

    def evaluate(self, points: Any) -> Any:
        """The density at points, a column each."""
        return np.exp(self.logpdf(points))

    def pdf(self, x: Any) -> Any:
        """The density at points, a column each."""
        return np.exp(self.logpdf(x))

    def __call__(self, points: Any) -> Any:
        return np.exp(self.logpdf(points))


def bandwidth(method: Any, neff: Any, rank: Any) -> Any:
    """The factor that the covariance of the data is scaled by the square of."""
    if method is None or method == "scott":
        return neff ** (-1.0 / (rank + 4))
    if method == "silverman":
        return (neff * (rank + 2.0) / 4.0) ** (-1.0 / (rank + 4))
    return method


def gaussian_kde(dataset: Any, bw_method: Any = None, weights: Any = None) -> Any:
    """The estimate from data, a point a column."""
    data = np.atleast_2d(np.asarray(dataset))
    rank, n = np.shape(data)
    w = np.ones(n) / n if weights is None else np.asarray(weights) / np.sum(weights)
    factor = bandwidth(bw_method, 1 / np.sum(w**2), rank)
    centred = data - np.sum(data * w, axis=1, keepdims=True)
    covariance = (centred * w) @ np.transpose(centred) / (1 - np.sum(w**2))
    return Density(data, w, factor, covariance * factor**2)


stand_in(scipy.stats.gaussian_kde, gaussian_kde)
