"""Hand-designed optimisers at their best, on two families of problems: what a learned one has to beat.

Quadratics f(theta) = |W theta - y|^2 in ten dimensions, W and y Gaussian; and a perceptron with a hidden layer on
handwritten digits, f the cross-entropy of another minibatch each step. SGD, momentum, Nesterov, RMSprop and Adam of
`s2sgrad.optim` take 100 steps on a batch of problems at once, each with the learning rate of a grid that turns out
best, by its mean loss at the end, on these very problems. Minibatches differ in difficulty, so that the end of training
the perceptrons is their last ten steps. `learning_to_learn.py` is measured by this.
"""

import numpy as np
from sklearn.datasets import load_digits
from tqdm import tqdm

from s2sgrad import grad, optim

HORIZON = 100
RULES = (optim.sgd, optim.momentum, optim.nesterov, optim.rmsprop, optim.adam)
UNITS = 10  # of the perceptron's hidden layer
pixels, labels = load_digits(return_X_y=True)
pixels, classes = pixels / 16, np.eye(10)[labels]


def quadratics(batch, random):
    """First thetas, a row for each problem, and the same W and y at each step."""
    W, y, theta = (random.standard_normal((batch, *shape)) for shape in ((10, 10), (10,), (10,)))
    return theta, (W, y)


def quadratic(theta, step, W, y):
    """The sum of the losses: the problems stay apart in its gradient."""
    return np.sum((np.einsum("bij,bj->bi", W, theta) - y) ** 2)


def perceptrons(batch, random):
    """First weights, a row for each network, and a minibatch for each step."""
    examples = random.integers(0, len(pixels), (HORIZON + 1, 64))
    return 0.3 * random.standard_normal((batch, 75 * UNITS + 10)), (pixels[examples], classes[examples])


def perceptron(theta, step, x, targets):
    w1, b1 = theta[:, : 64 * UNITS].reshape(-1, 64, UNITS), theta[:, None, 64 * UNITS : 65 * UNITS]
    w2, b2 = theta[:, 65 * UNITS : 75 * UNITS].reshape(-1, UNITS, 10), theta[:, None, 75 * UNITS :]
    scores = sigmoid(x[step] @ w1 + b1) @ w2 + b2
    return np.sum(np.log(np.sum(np.exp(scores), axis=2)) - np.sum(targets[step] * scores, axis=2)) / 64


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def descend(rule, loss, theta, data):
    """The mean loss before each step, and after the last, of a hand-designed optimiser."""
    init, update = rule
    state, trail = init(theta), [loss(theta, 0, *data) / len(theta)]
    for step in range(HORIZON):
        theta, state = update(grad(loss)(theta, step, *data), state, theta)
        trail.append(loss(theta, step + 1, *data) / len(theta))
    return np.array(trail)


def end(trail, loss):
    """The loss at the end: of the last step, or where it depends on the minibatch the mean of the last ten."""
    return trail[-1] if loss is quadratic else np.mean(trail[-10:])


def tuned(loss, theta, data):
    """The losses of each rule at its best rate of the grid, by name and rate."""
    results, rates = {}, 10 ** np.arange(-4, 1.01, 0.125)
    for make in tqdm(RULES, desc="tuning the others", unit="rule"):
        with np.errstate(over="ignore", invalid="ignore"):
            trails = [descend(make(rate), loss, theta, data) for rate in rates]
        best = np.argmin([np.nan_to_num(end(trail, loss), nan=np.inf) for trail in trails])
        results[f"{make.__name__}, rate {rates[best]:.2g}"] = trails[best]
    return results


def show(results, loss):
    for name, trail in results.items():
        print(f"  {name:22} mean loss {trail[0]:7.3f}, after {HORIZON} steps {end(trail, loss):8.4f}")


def main():
    for problems, loss, batch in ((quadratics, quadratic, 64), (perceptrons, perceptron, 4)):
        print(problems.__name__)
        results = tuned(loss, *problems(batch, np.random.default_rng(0)))
        show(results, loss)
        finals = [end(trail, loss) for trail in results.values()]
        assert finals[0] == max(finals), "plain gradient descent is not the slowest"


if __name__ == "__main__":
    main()
