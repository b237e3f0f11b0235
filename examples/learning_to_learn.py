"""Learning to learn by gradient descent by gradient descent (Andrychowicz et al. 2016).

An optimiser is itself a function with parameters phi: a two-layer LSTM m, which for each coordinate of theta reads
the gradient of the loss f there and answers with the step to take,

    theta_{t+1} = theta_t + 0.1 m_t,      (m_t, h_{t+1}) = LSTM(grad f(theta_t), h_t; phi),

the same phi for all coordinates, a state h for each. How well it optimises, sum_t f(theta_t), is differentiated with
respect to phi through the unrolled optimisation, twenty steps at a time, and Adam descends. As in the paper the
gradients that the LSTM reads count as constants (`stop_gradient`), and they come as (log|g|/p, sign g).

The task: random quadratics f(theta) = |W theta - y|^2 in ten dimensions, W and y Gaussian, a batch of them at a time.
On fresh ones the learned optimiser is compared after 100 steps with SGD, momentum, Nesterov, RMSprop and Adam, each
with the learning rate of a grid that turns out best on these very problems.
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import trange

from s2sgrad import grad, optim, stop_gradient, vjp

DIMENSION, HORIZON, TRUNCATION = 10, 100, 20
RANGE = 10.0  # p: gradients below exp(-p) are told by their value


def quadratics(batch, random):
    """W, y and a first theta for each problem."""
    shape = (batch, DIMENSION)
    return (
        random.standard_normal((*shape, DIMENSION)),
        random.standard_normal(shape),
        random.standard_normal(shape),
    )


def loss(theta, W, y):
    """The sum of the batch's losses: the problems stay apart in the gradient."""
    return np.sum((np.einsum("bij,bj->bi", W, theta) - y) ** 2)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(layer, x, state):
    """One step of an LSTM cell: its output and its state (output, memory)."""
    h, c = state
    gates = np.concatenate([x, h], axis=1) @ layer["weights"] + layer["biases"]
    n = h.shape[1]
    c = sigmoid(gates[:, :n]) * c + sigmoid(gates[:, n : 2 * n]) * np.tanh(gates[:, 2 * n : 3 * n])
    h = sigmoid(gates[:, 3 * n :]) * np.tanh(c)
    return h, (h, c)


def features(g):
    """The size and the sign of a gradient, told apart (appendix A of the paper)."""
    size = np.abs(g)
    large = size >= np.exp(-RANGE)
    first = np.where(large, np.log(np.maximum(size, 1e-300)) / RANGE, -1.0)
    second = np.where(large, np.sign(g), np.exp(RANGE) * g)
    return np.stack([first.ravel(), second.ravel()], axis=1)


def unroll(phi, theta, states, W, y, steps):
    """So many steps of the learned optimiser: the sum of the losses, where it got to, and the losses."""
    total, trail = 0.0, []
    for _ in range(steps):
        x = features(stop_gradient(grad(loss)(theta, W, y)))
        h, first = lstm(phi["first"], x, states[0])
        h, second = lstm(phi["second"], h, states[1])
        states = (first, second)
        theta = theta + 0.1 * (h @ phi["out"]).reshape(theta.shape)
        value = loss(theta, W, y) / len(theta)
        total = total + value
        trail.append(value)
    return total, theta, states, trail


def beginning(batch, hidden):
    """The states of the two layers before the first step."""
    zeros = np.zeros((batch * DIMENSION, hidden))
    return ((zeros, zeros), (zeros, zeros))


def fresh_optimiser(hidden, random):
    def layer(inputs):
        weights = random.standard_normal((inputs + hidden, 4 * hidden)) / np.sqrt(inputs + hidden)
        return {"weights": weights, "biases": np.repeat([1.0, 0.0, 0.0, 0.0], hidden)}

    return {"first": layer(2), "second": layer(hidden), "out": 0.1 * random.standard_normal((hidden, 1))}


def learn(epochs, batch, hidden, random):
    """The parameters of the optimiser learned over that many batches of quadratics."""
    phi = fresh_optimiser(hidden, random)
    init, update = optim.adam(optim.cosine_decay(0.01, epochs * HORIZON // TRUNCATION))
    meta = init(phi)
    progress = trange(epochs, desc="learning to learn", unit="batch")
    for _ in progress:
        W, y, theta = quadratics(batch, random)
        states = beginning(batch, hidden)
        for _ in range(HORIZON // TRUNCATION):
            (_, theta, states, trail), pullback = vjp(unroll, phi, theta, states, W, y, TRUNCATION)
            still = ((0 * states[0][0],) * 2,) * 2
            gradient = pullback((1.0, 0 * theta, still, [0.0] * TRUNCATION))[0]
            phi, meta = update(optim.clip_by_norm(gradient, 1.0), meta, phi)
        progress.set_postfix(final=f"{trail[-1]:.3f}", refresh=False)
    return phi


def descend(rule, W, y, theta):
    """The mean loss before each step, and after the last, of a hand-designed optimiser."""
    init, update = rule
    state, trail = init(theta), [loss(theta, W, y) / len(theta)]
    for _ in range(HORIZON):
        theta, state = update(grad(loss)(theta, W, y), state, theta)
        trail.append(loss(theta, W, y) / len(theta))
    return np.array(trail)


def tuned(make, problems):
    """The rule with the learning rate, of a grid, that is best after the last step."""
    rates = 10 ** np.arange(-4, 0.51, 0.125)
    with np.errstate(over="ignore", invalid="ignore"):
        finals = [np.nan_to_num(descend(make(rate), *problems)[-1], nan=np.inf) for rate in rates]
    return make(rates[np.argmin(finals)]), rates[np.argmin(finals)]


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--batches", type=int, default=12 if small else 250, help="of quadratics to learn from"
    )
    parser.add_argument("--batch", type=int, default=32, help="quadratics in a batch")
    parser.add_argument("--hidden", type=int, default=20, help="units in a layer of the LSTM")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    with threadpool_limits(1):  # the matrices are small: waking threads costs more than they give
        phi = learn(options.batches, options.batch, options.hidden, random)

    test, results = quadratics(256, random), {}
    for make in (optim.sgd, optim.momentum, optim.nesterov, optim.rmsprop, optim.adam):
        rule, rate = tuned(make, test)
        results[f"{make.__name__} {rate:.2g}"] = descend(rule, *test)
    W, y, theta = test
    trail = unroll(phi, theta, beginning(len(y), options.hidden), W, y, HORIZON)[3]
    results["learned"] = np.array([loss(theta, W, y) / len(theta), *trail])

    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, trail in results.items():
        axes.semilogy(trail, label=name, linewidth=2.5 if name == "learned" else 1)
        print(f"{name:16} mean loss after {HORIZON} steps {trail[-1]:8.4f}")
    axes.set(xlabel="step", ylabel="mean loss", title="fresh quadratics")
    axes.legend()
    figure.savefig(options.output / "learning_to_learn.png", dpi=120)
    print(f"plot             {options.output / 'learning_to_learn.png'}")
    others = [trail[-1] for name, trail in results.items() if name != "learned"]
    if small:  # too short to win, long enough to learn
        assert results["learned"][-1] < 0.5 * results["learned"][0]
    else:
        assert results["learned"][-1] < min(others), "a hand-designed optimiser is better"


if __name__ == "__main__":
    main()
