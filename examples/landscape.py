"""The landscape of a loss: convexity, symmetry, saddles, plateaus, curvature, and how optimisers cross it.

Each function below states one claim and asserts it with derivatives that s2sgrad generates.

* A loss is convex where its Hessian is positive semi-definite. Squared error, logistic and softmax loss of a linear
  model are, everywhere: H = X' D X with D >= 0. A network with a hidden layer is not.
* Permuting hidden units leaves the loss as it is, so that minima come in copies; between them lies higher ground.
* Units that begin tied stay tied: gradients are equal. Where descent then stops, curvature is negative in the
  directions that untie them: a saddle, left by any small step along such a direction.
* Saturated units have gradients near zero, and a ReLU that is negative on all examples has none at all.
* Gradient descent on x'Ax/2 is linear, x_k = (I - aA)^k x_0, and converges if and only if a < 2/lambda_max; the
  rate depends on lambda_max/lambda_min, which centring and scaling of the features improve.
* With batch normalisation the loss does not depend on the scale of incoming weights or the offset of the features.
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from tqdm import tqdm

from s2sgrad import grad, hessian, optim, value_and_grad

random = np.random.default_rng(0)
say = tqdm.write  # print above the progress bar
HIDDEN = 4
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
    return minimize(
        value_and_grad(network), theta, jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 3000}
    ).x


def convexity(points):
    for loss, size in ((squared_error, 5), (logistic, 5), (softmax, 15), (network, 3 * HIDDEN)):
        lowest = min(
            np.linalg.eigvalsh(hessian(loss)(2 * random.standard_normal(size)))[0] for _ in range(points)
        )
        say(f"  {loss.__name__:14} lowest eigenvalue of the Hessian {lowest:9.2e}")
        assert lowest < -1e-2 if loss is network else lowest > -1e-12


def symmetry():
    theta = descend(random.standard_normal(3 * HIDDEN))
    swapped = theta.reshape(3, HIDDEN)[:, [1, 2, 3, 0]].ravel()
    here, there, between = network(theta), network(swapped), network((theta + swapped) / 2)
    spectrum = np.linalg.eigvalsh(hessian(network)(theta))
    say(f"  loss {here:.5f}, hidden units permuted {there:.5f}, averaged {between:.5f}")
    say(f"  spectrum at the minimum: {np.array2string(spectrum, precision=1, max_line_width=120)}")
    assert abs(here - there) < 1e-14 and between > 2 * here and spectrum[0] > -1e-6
    return spectrum


def saddle():
    tied = descend(np.repeat([1.0, 0.1, 0.3], HIDDEN))
    values, vectors = np.linalg.eigh(hessian(network)(tied))
    untied = descend(tied + 0.01 * vectors[:, 0])
    slope = np.linalg.norm(grad(network)(tied))
    say(f"  tied units: loss {network(tied):.5f}, slope {slope:.1e}, lowest curvature {values[0]:.4f}")
    say(f"  after a step of 0.01 along it: loss {network(untied):.1e}")
    assert slope < 1e-5 and np.ptp(tied.reshape(3, HIDDEN), axis=1).max() < 1e-4
    assert values[0] < -1e-4 and network(untied) < 0.01 * network(tied)


def plateaus():
    def relu_network(w, b, v):
        return np.mean((np.maximum(np.outer(xs, w) + b, 0) @ v - ys) ** 2)

    w, b, v = random.standard_normal(50), random.uniform(-6.0, 2.0, 50), random.standard_normal(50)
    slopes = grad(relu_network)(w, b, v)
    dead = np.all(np.outer(xs, w) + b <= 0, axis=0)
    say(f"  {dead.sum()} of 50 ReLU units are dead: their gradients are exactly zero")
    assert dead.any() and np.array_equal(slopes == 0, dead)
    flat, steep = (
        np.linalg.norm(grad(network)(np.repeat([1.0, b, 0.5], HIDDEN))[:HIDDEN]) for b in (8.0, 0.0)
    )
    say(f"  tanh units: gradient {steep:.1e} at bias 0, {flat:.1e} saturated at bias 8")
    assert flat < 1e-4 * steep


def quadratic(steps):
    spread = np.array([10.0, 3.0, 1.0, 0.1])
    rotation = np.linalg.qr(random.standard_normal((4, 4)))[0]
    A, start = rotation @ np.diag(spread) @ rotation.T, np.ones(4)

    def loss(x):
        return 0.5 * x @ A @ x

    limit, sizes = 2 / np.linalg.eigvalsh(hessian(loss)(start))[-1], []
    for rate in (0.99 * limit, 1.01 * limit):
        x = start
        for _ in range(steps):
            x = x - rate * grad(loss)(x)
        closed = np.linalg.matrix_power(np.eye(4) - rate * A, steps) @ start
        assert np.allclose(x, closed, rtol=1e-9)
        sizes.append(np.linalg.norm(x))
    say(
        f"  after {steps} steps |x| = {sizes[0]:.1e} at 0.99 of the limit 2/lambda_max, {sizes[1]:.1e} at 1.01 of it"
    )
    assert sizes[0] < 2 < sizes[1]


def centring():
    raw = random.standard_normal((200, 5)) * [1, 2, 3, 1, 1] + 5.0
    wanted, w = random.standard_normal(200), random.standard_normal(5)

    def linear(w, x):
        return np.mean((x @ w - wanted) ** 2)

    def normalised(w, x):
        z = x @ w
        return np.mean(((z - np.mean(z)) / np.std(z) - wanted) ** 2)

    centred = raw - raw.mean(axis=0)
    conditions = [
        np.linalg.cond(hessian(linear)(w, x)) for x in (raw, centred, centred / centred.std(axis=0))
    ]
    say("  condition of the Hessian: raw {:.0f}, centred {:.1f}, standardised {:.2f}".format(*conditions))
    assert conditions[0] > 10 * conditions[1] > 10 * conditions[2]
    slope = grad(normalised)(w, raw)
    say(f"  batch normalisation: w . gradient = {w @ slope:.0e}, whatever the scale of w")
    assert abs(w @ slope) < 1e-12 and np.allclose(slope, grad(normalised)(w, centred))
    assert np.allclose(grad(normalised)(3 * w, raw), slope / 3)


def ravine(steps, path):
    def loss(p):
        return 0.5 * (0.02 * p[0] ** 2 + 2 * p[1] ** 2)

    rules = {
        "sgd": optim.sgd(0.9),
        "momentum": optim.momentum(0.2, 0.9),
        "rmsprop": optim.rmsprop(0.1),
        "adam": optim.adam(0.3),
    }
    figure, axes = plt.subplots(1, 4, figsize=(14, 2.8), layout="constrained", sharey=True)
    across, along = np.meshgrid(np.linspace(-11, 4, 100), np.linspace(-2.5, 2.5, 60))
    ends = {}
    for axis, (name, (init, update)) in zip(axes, rules.items(), strict=True):
        p = np.array([-10.0, 2.0])
        state, trail = init(p), [p]
        for _ in range(steps):
            p, state = update(grad(loss)(p), state, p)
            trail.append(p)
        ends[name] = loss(p)
        axis.contour(across, along, 0.01 * across**2 + along**2, levels=12, linewidths=0.5)
        axis.plot(*np.transpose(trail), ".-", markersize=3, linewidth=0.8, color="tab:red")
        axis.set(title=f"{name}: {ends[name]:.1e}", xlim=(-11, 4), ylim=(-2.5, 2.5))
    figure.savefig(path, dpi=120)
    say(f"  loss after {steps} steps: " + ", ".join(f"{name} {end:.1e}" for name, end in ends.items()))
    assert all(ends[name] < 0.5 * ends["sgd"] for name in ("momentum", "rmsprop", "adam"))


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=20 if small else 200, help="where convexity is checked")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plots")
    options = parser.parse_args()
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    claims = {
        "convexity": lambda: convexity(options.points),
        "symmetry": symmetry,
        "saddle": saddle,
        "plateaus": plateaus,
        "quadratic": lambda: quadratic(300),
        "centring": centring,
        "ravine": lambda: ravine(100, options.output / "ravine.png"),
    }
    for title, claim in tqdm(claims.items(), unit="claim"):
        say(title)
        claim()
    print(f"plot       {options.output / 'ravine.png'}")


if __name__ == "__main__":
    main()
