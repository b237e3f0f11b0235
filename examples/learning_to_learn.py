"""Learning to learn by gradient descent by gradient descent (Andrychowicz et al. 2016).

An optimiser is itself a function with parameters phi: a two-layer LSTM m, which for each coordinate of theta reads
the gradient of the loss f there and answers with the step to take,

    theta_{t+1} = theta_t + 0.1 m_t,      (m_t, h_{t+1}) = LSTM(grad f(theta_t), h_t; phi),

the same phi for all coordinates, a state h for each. How well it optimises, sum_t (t/T) f(theta_t), is differentiated
with respect to phi through the unrolled optimisation, twenty steps at a time, and Adam descends. As in the paper the
gradients that the LSTM reads count as constants (`stop_gradient`), and they come as (log|g|/p, sign g).

Two families of problems (`hand_designed.py`): random quadratics in ten dimensions, and then, learned on from there, a
perceptron on handwritten digits. On fresh quadratics, fresh first weights and fresh minibatches it is compared after
100 steps with SGD, momentum, Nesterov, RMSprop and Adam, each with the learning rate of a grid that turns out best on
these very problems.
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from hand_designed import HORIZON, end, perceptron, perceptrons, quadratic, quadratics, show, sigmoid, tuned
from threadpoolctl import threadpool_limits
from tqdm import trange

from s2sgrad import grad, optim, stop_gradient, vjp

TRUNCATION = 20
RANGE = 10.0  # p: gradients below exp(-p) are told by their value


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


def unroll(phi, theta, states, loss, data, begin, end):
    """These steps of the learned optimiser: the weighted losses, where it got to, and the losses."""
    total, trail = 0.0, []
    for step in range(begin, end):
        x = features(stop_gradient(grad(loss)(theta, step, *data)))
        h, first = lstm(phi["first"], x, states[0])
        h, second = lstm(phi["second"], h, states[1])
        states = (first, second)
        theta = theta + 0.1 * (h @ phi["out"]).reshape(theta.shape)
        value = loss(theta, step + 1, *data) / len(theta)
        total = total + (step + 1) / HORIZON * value
        trail.append(value)
    return total, theta, states, trail


def beginning(theta, hidden):
    """The states of the two layers before the first step."""
    zeros = np.zeros((theta.size, hidden))
    return ((zeros, zeros), (zeros, zeros))


def fresh_optimiser(hidden, random):
    def layer(inputs):
        weights = random.standard_normal((inputs + hidden, 4 * hidden)) / np.sqrt(inputs + hidden)
        return {"weights": weights, "biases": np.repeat([1.0, 0.0, 0.0, 0.0], hidden)}

    return {"first": layer(2), "second": layer(hidden), "out": 0.1 * random.standard_normal((hidden, 1))}


def learn(phi, problems, loss, epochs, batch, options, random):
    """The parameters of the optimiser, learned from these on over that many batches of problems."""
    init, update = optim.adam(optim.cosine_decay(0.01, epochs * HORIZON // TRUNCATION))
    meta, progress = init(phi), trange(epochs, desc=f"learning on {problems.__name__}", unit="batch")
    for _ in progress:
        theta, data = problems(batch, random)
        states = still = beginning(theta, options.hidden)
        for begin in range(0, HORIZON, TRUNCATION):
            args = (phi, theta, states, loss, data, begin, begin + TRUNCATION)
            (_, theta, states, trail), pullback = vjp(unroll, *args, jit=options.jit)
            gradient = pullback((1.0, 0 * theta, still, [0.0] * TRUNCATION))[0]
            phi, meta = update(optim.clip_by_norm(gradient, 1.0), meta, phi)
        progress.set_postfix(final=f"{trail[-1]:.3f}", refresh=False)
    return phi


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--batches", type=int, default=100 if small else 250, help="of 32 quadratics to learn from"
    )
    parser.add_argument("--networks", type=int, default=4 if small else 60, help="perceptrons to learn from")
    parser.add_argument("--hidden", type=int, default=20, help="units in a layer of the LSTM")
    parser.add_argument("--jit", action="store_true", help="compile the unrolled optimisation with Numba")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    phi = fresh_optimiser(options.hidden, random)
    plt.switch_backend("Agg")
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for problems, loss, epochs, batch, fresh, axis in (
        (quadratics, quadratic, options.batches, 32, 256, axes[0]),
        (perceptrons, perceptron, options.networks, 1, 4 if small else 16, axes[1]),
    ):
        with threadpool_limits(1):  # the matrices are small: waking threads costs more than they give
            phi = learn(phi, problems, loss, epochs, batch, options, random)
            theta, data = problems(fresh, random)
            trail = unroll(phi, theta, beginning(theta, options.hidden), loss, data, 0, HORIZON)[3]
            learned = np.array([loss(theta, 0, *data) / fresh, *trail])
            results = tuned(loss, theta, data) | {"learned": learned}
        print(f"fresh {problems.__name__}")
        show(results, loss)
        for name, trail in results.items():
            axis.semilogy(trail, label=name, linewidth=2.5 if name == "learned" else 1)
        axis.set(xlabel="step", ylabel="mean loss", title=f"fresh {problems.__name__}")
        axis.legend()
        finals = {name.partition(",")[0]: end(trail, loss) for name, trail in results.items()}
        if problems is quadratics:
            assert finals["learned"] == min(finals.values()), "a hand-designed optimiser is better"
        elif not small:  # a few networks are not enough to learn from
            assert finals["learned"] < min(finals["sgd"], finals["rmsprop"]), "one of these is better"
    options.output.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.output / "learning_to_learn.png", dpi=75)
    print(f"plot  {options.output / 'learning_to_learn.png'}")


if __name__ == "__main__":
    main()
