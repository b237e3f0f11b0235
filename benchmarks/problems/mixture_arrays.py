"""P4: the log-likelihood of a Gaussian mixture with a Wishart prior, as arrays.

25 components in 10 dimensions, 1000 points.
Inverse covariance factors are packed: logarithms of the diagonal, then the strict lower triangle by columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.problem import Problem, compiled
from benchmarks.vector import vexp, vlog

POINTS, COMPONENTS, DIMENSIONS = 1000, 25, 10
# Where packed entries of the triangle belong.
UNPACKED = [(i, j) for j in range(DIMENSIONS) for i in range(j + 1, DIMENSIONS)]
BELOW = np.array([i for i, _ in UNPACKED])
ACROSS = np.array([j for _, j in UNPACKED])
DIAGONAL = np.arange(DIMENSIONS)


def arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    packed = DIMENSIONS * (DIMENSIONS + 1) // 2
    alphas, means = 0.5 * rng.normal(size=COMPONENTS), rng.normal(size=(COMPONENTS, DIMENSIONS))
    return (
        alphas,
        means,
        0.3 * rng.normal(size=(COMPONENTS, packed)),
        rng.normal(size=(POINTS, DIMENSIONS)),
        1.0,
    )


def program(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    k, d = means.shape
    diagonal = np.exp(factors[:, :d])
    q = np.zeros((k, d, d))
    q[:, DIAGONAL, DIAGONAL] = diagonal
    q[:, BELOW, ACROSS] = factors[:, d:]
    whitened = (x - means[:, None, :]) @ q.transpose(0, 2, 1)
    log_det = np.sum(factors[:, :d], axis=1)
    main = (alphas + log_det)[:, None] - 0.5 * np.sum(whitened**2, axis=2)
    largest = np.max(main, axis=0)
    fit = np.sum(largest + np.log(np.sum(np.exp(main - largest), axis=0)))
    top = np.max(alphas)
    normaliser = len(x) * (top + np.log(np.sum(np.exp(alphas - top))))
    prior = 0.5 * gamma**2 * (np.sum(diagonal**2) + np.sum(factors[:, d:] ** 2))
    return fit - normaliser + prior


@compiled
def unpack(factors: Any, q: Any, gamma: Any) -> Any:
    """Fill the triangular factors; the prior, and the logarithm of each determinant."""
    k, d = q.shape[0], q.shape[1]
    log_det = np.empty(k)
    squares = 0.0
    for c in range(k):
        total = 0.0
        for i in range(d):
            total += factors[c, i]
            q[c, i, i] = vexp(factors[c, i])
            squares += q[c, i, i] ** 2
        log_det[c] = total
        p = d
        for j in range(d):
            for i in range(j + 1, d):
                q[c, i, j] = factors[c, p]
                squares += factors[c, p] ** 2
                p += 1
    return 0.5 * gamma * gamma * squares, log_det


@compiled
def centre(x: Any, mean: Any, out: Any) -> None:
    for n in range(x.shape[0]):
        for i in range(x.shape[1]):
            out[n, i] = x[n, i] - mean[i]


@compiled
def component(x: Any, mean: Any, q: Any, base: Any, centred: Any, whitened: Any, main: Any) -> None:
    centre(x, mean, centred)
    np.dot(centred, q.T, whitened)
    for n in range(x.shape[0]):
        squares = 0.0
        for i in range(x.shape[1]):
            squares += whitened[n, i] * whitened[n, i]
        main[n] = base - 0.5 * squares


@compiled
def log_sum_exp(main: Any, total: Any) -> Any:
    """The sum over points; `main` becomes its exponential, relative to the largest, and `total` its sums."""
    k, points = main.shape
    largest = main[0].copy()
    for c in range(k):
        for n in range(points):
            largest[n] = max(largest[n], main[c, n])
    total[:] = 0.0
    for c in range(k):
        for n in range(points):
            main[c, n] = vexp(main[c, n] - largest[n])
            total[n] += main[c, n]
    result = 0.0
    for n in range(points):
        result += largest[n] + vlog(total[n])
    return result


@compiled
def normaliser(alphas: Any) -> Any:
    """The log-sum-exp of the weights, their exponentials and what these are divided by."""
    top = alphas.max()
    weights = np.exp(alphas - top)
    return top + math.log(weights.sum()), weights, weights.sum()


@compiled
def primal(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    (points, d), k = x.shape, len(alphas)
    q = np.zeros((k, d, d))
    prior, log_det = unpack(factors, q, gamma)
    centred, whitened = np.empty((points, d)), np.empty((points, d))
    main, total = np.empty((k, points)), np.empty(points)
    for c in range(k):
        component(x, means[c], q[c], alphas[c] + log_det[c], centred, whitened, main[c])
    fit = log_sum_exp(main, total)
    return fit - points * normaliser(alphas)[0] + prior


@compiled
def pack(q_bar: Any, q: Any, factors: Any, gamma: Any, log_det_bar: Any, out: Any) -> None:
    """The adjoint of one component's packed factor."""
    d = q.shape[0]
    p = d
    for j in range(d):
        diagonal = q[j, j]
        out[j] = log_det_bar + (q_bar[j, j] + gamma * gamma * diagonal) * diagonal
        for i in range(j + 1, d):
            out[p] = q_bar[i, j] + gamma * gamma * factors[p]
            p += 1


@compiled
def component_adjoint(x: Any, mean: Any, main: Any, total: Any, centred: Any, whitened: Any) -> Any:
    """Scale `whitened` to its adjoint, centre again; the adjoint of the component's weight."""
    weight_bar = 0.0
    for n in range(x.shape[0]):
        g = main[n] / total[n]
        weight_bar += g
        for i in range(x.shape[1]):
            whitened[n, i] *= -g
            centred[n, i] = x[n, i] - mean[i]
    return weight_bar


@compiled
def adjoint(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    (points, d), k = x.shape, len(alphas)
    q = np.zeros((k, d, d))
    prior, log_det = unpack(factors, q, gamma)
    centred, whitened = np.empty((points, d)), np.empty((k, points, d))
    main, total = np.empty((k, points)), np.empty(points)
    for c in range(k):
        component(x, means[c], q[c], alphas[c] + log_det[c], centred, whitened[c], main[c])
    fit = log_sum_exp(main, total)
    log_weights, weights, weight = normaliser(alphas)
    alphas_bar, means_bar, factors_bar = np.empty(k), np.zeros((k, d)), np.empty(factors.shape)
    centred_bar, q_bar = np.empty((points, d)), np.empty((d, d))
    for c in range(k):
        g = component_adjoint(x, means[c], main[c], total, centred, whitened[c])
        alphas_bar[c] = g - points * weights[c] / weight
        np.dot(whitened[c].T, centred, q_bar)
        np.dot(whitened[c], q[c], centred_bar)
        for n in range(points):
            for i in range(d):
                means_bar[c, i] -= centred_bar[n, i]
        pack(q_bar, q[c], factors[c], gamma, g, factors_bar[c])
    return fit - points * log_weights + prior, alphas_bar, means_bar, factors_bar


def jax_loss(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    import jax
    import jax.numpy as jnp

    k, d = means.shape
    diagonal = jnp.exp(factors[:, :d])
    q = jnp.zeros((k, d, d)).at[:, BELOW, ACROSS].set(factors[:, d:]).at[:, DIAGONAL, DIAGONAL].set(diagonal)

    def one(base: Any, mean: Any, factor: Any) -> Any:
        return base - 0.5 * jnp.sum(((x - mean) @ factor.T) ** 2, 1)

    main = jax.vmap(one)(alphas + jnp.sum(factors[:, :d], 1), means, q)
    log_sum = jax.scipy.special.logsumexp
    prior = 0.5 * gamma**2 * (jnp.sum(diagonal**2) + jnp.sum(factors[:, d:] ** 2))
    return jnp.sum(log_sum(main, 0)) - len(x) * log_sum(alphas) + prior


def torch_loss(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    import torch

    k, d = means.shape
    diagonal = torch.exp(factors[:, :d])
    q = torch.zeros((k, d, d), dtype=torch.float64)
    q[:, torch.tensor(BELOW), torch.tensor(ACROSS)] = factors[:, d:]
    q[:, torch.arange(d), torch.arange(d)] = diagonal
    whitened = torch.bmm(x - means[:, None], q.transpose(1, 2))
    main = (alphas + factors[:, :d].sum(1))[:, None] - 0.5 * torch.sum(whitened**2, 2)
    prior = 0.5 * gamma**2 * (torch.sum(diagonal**2) + torch.sum(factors[:, d:] ** 2))
    return torch.sum(torch.logsumexp(main, 0)) - len(x) * torch.logsumexp(alphas, 0) + prior


def autograd_loss(alphas: Any, means: Any, factors: Any, x: Any, gamma: Any) -> Any:
    import autograd.numpy as anp
    from autograd.scipy.special import logsumexp

    k, d = means.shape
    diagonal = anp.exp(factors[:, :d])
    # Without writes, packed entries are placed by a product with zeros and ones.
    place, place_diagonal = np.zeros((factors.shape[1], d * d)), np.zeros((d, d * d))
    place[np.arange(d, factors.shape[1]), BELOW * d + ACROSS] = 1.0
    place_diagonal[DIAGONAL, DIAGONAL * (d + 1)] = 1.0
    q = anp.reshape(anp.dot(factors, place) + anp.dot(diagonal, place_diagonal), (k, d, d))
    whitened = anp.matmul(x - anp.reshape(means, (k, 1, d)), anp.transpose(q, (0, 2, 1)))
    base = anp.reshape(alphas + anp.sum(factors[:, :d], 1), (k, 1))
    main = base - 0.5 * anp.sum(whitened**2, 2)
    prior = 0.5 * gamma**2 * (anp.sum(diagonal**2) + anp.sum(factors[:, d:] ** 2))
    return anp.sum(logsumexp(main, 0)) - len(x) * logsumexp(alphas) + prior


PROBLEM = Problem(
    name="P4",
    title="the same, arrays",
    program=program,
    args=arguments,
    wrt=(0, 1, 2),
    adjoint=adjoint,
    primal=primal,
    jax=(jax_loss,),
    torch=torch_loss,
    autograd=autograd_loss,
)
