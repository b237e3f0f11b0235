"""The landscape of a loss: convexity, symmetry, saddles, plateaus, curvature, and how optimisers cross it.

Each function below states one claim and asserts it with derivatives that s2sgrad generates.

* A loss is convex where its Hessian is positive semi-definite. Squared error, logistic and softmax loss of a linear
  model are, everywhere: H = X' D X with D >= 0. A network with a hidden layer is not.
* Permuting hidden units leaves the loss as it is, so that minima come in copies; between them lies higher ground.
* Units that begin tied stay tied: gradients are equal. Where descent then stops, curvature is negative in the
  directions that untie them: a saddle, left by any small step along such a direction.
* Saturated units have gradients near zero, and a ReLU that is negative on all examples has none at all.

What curvature does to gradient descent, and the optimisers on a ravine, are in `descent.py`, which runs here too.
"""

import argparse
import os
from pathlib import Path

import descent
import numpy as np
from scipy.optimize import minimize
from tqdm import tqdm

from s2sgrad import grad, hessian, value_and_grad

HIDDEN, random = 4, np.random.default_rng(0)
xs = np.linspace(-2.0, 2.0, 40)
ys = np.exp(-(xs**2)) + 0.2 * xs
features, numbers = random.standard_normal((60, 5)), random.standard_normal(60)
signs, classes = np.sign(numbers), np.eye(3)[random.integers(0, 3, 60)]


def squared_error(w):
    return np.mean((features @ w - numbers) ** 2)


def logistic(w):
    return np.mean(np.log1p(np.exp(-signs * (features @ w))))


def softmax(w):
    scores = features @ w.reshape(5, 3)
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - np.sum(classes * scores, axis=1))


def network(theta):
    """Squared error of y = v . tanh(w x + b), theta = (w, b, v)."""
    w, b, v = theta.reshape(3, HIDDEN)
    return np.mean((np.tanh(np.outer(xs, w) + b) @ v - ys) ** 2)


def descend(theta):
    """To a stationary point, by BFGS with the generated gradient."""
    options = {"gtol": 1e-8, "maxiter": 3000}
    return minimize(value_and_grad(network), theta, jac=True, method="BFGS", options=options).x


def convexity(points):
    for loss, size in ((squared_error, 5), (logistic, 5), (softmax, 15), (network, 3 * HIDDEN)):
        where = 2 * random.standard_normal((points, size))
        lowest = min(np.linalg.eigvalsh(hessian(loss)(w))[0] for w in where)
        yield f"{loss.__name__:14} lowest eigenvalue of the Hessian {lowest:9.2e}"
        assert lowest < -1e-2 if loss is network else lowest > -1e-12


def symmetry():
    theta = descend(random.standard_normal(3 * HIDDEN))
    swapped = theta.reshape(3, HIDDEN)[:, [1, 2, 3, 0]].ravel()
    here, there, between = network(theta), network(swapped), network((theta + swapped) / 2)
    spectrum = np.linalg.eigvalsh(hessian(network)(theta))
    yield f"loss {here:.5f}, hidden units permuted {there:.5f}, averaged {between:.5f}"
    yield f"spectrum at the minimum: {np.array2string(spectrum, precision=1, max_line_width=120)}"
    assert abs(here - there) < 1e-14 and between > 2 * here and spectrum[0] > -1e-6


def saddle():
    tied = descend(np.repeat([1.0, 0.1, 0.3], HIDDEN))
    values, vectors = np.linalg.eigh(hessian(network)(tied))
    untied = descend(tied + 0.01 * vectors[:, 0])
    slope = np.linalg.norm(grad(network)(tied))
    yield f"tied units: loss {network(tied):.5f}, slope {slope:.1e}, lowest curvature {values[0]:.4f}"
    yield f"after a step of 0.01 along it: loss {network(untied):.1e}"
    assert slope < 1e-5 and np.ptp(tied.reshape(3, HIDDEN), axis=1).max() < 1e-4
    assert values[0] < -1e-4 and network(untied) < 0.01 * network(tied)


def plateaus():
    def relu_network(w, b, v):
        return np.mean((np.maximum(np.outer(xs, w) + b, 0) @ v - ys) ** 2)

    w, b, v = random.standard_normal(50), random.uniform(-6.0, 2.0, 50), random.standard_normal(50)
    slopes, dead = grad(relu_network)(w, b, v), np.all(np.outer(xs, w) + b <= 0, axis=0)
    yield f"{dead.sum()} of 50 ReLU units are dead: their gradients are exactly zero"
    assert dead.any() and np.array_equal(slopes == 0, dead)
    tied = [np.repeat([1.0, bias, 0.5], HIDDEN) for bias in (8.0, 0.0)]
    flat, steep = (np.linalg.norm(grad(network)(theta)[:HIDDEN]) for theta in tied)
    yield f"tanh units: gradient {steep:.1e} at bias 0, {flat:.1e} saturated at bias 8"
    assert flat < 1e-4 * steep


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=20 if small else 200, help="where convexity is checked")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plots")
    options = parser.parse_args()
    claims = {
        "convexity": convexity(options.points),
        "symmetry": symmetry(),
        "saddle": saddle(),
        "plateaus": plateaus(),
        **descent.claims(options.output),
    }
    for title, findings in tqdm(claims.items(), unit="claim"):
        for finding in findings:
            tqdm.write(f"{title:10} {finding}")  # above the progress bar


if __name__ == "__main__":
    main()
