"""Descent on curved ground: the stability limit, what helps the condition, and four optimisers on a ravine.

* Gradient descent on x'Ax/2 is linear, x_k = (I - aA)^k x_0, and converges if and only if a < 2/lambda_max; the
  rate depends on lambda_max/lambda_min, the condition of the Hessian.
* Centring and scaling of the features improve the condition.
* With batch normalisation the loss does not depend on the scale of incoming weights or the offset of the features:
  its gradient is orthogonal to the weights, and smaller the larger they are.
* On a ravine SGD oscillates across or creeps along; momentum, RMSprop and Adam of `s2sgrad.optim` get further.

Each function states one claim and asserts it with derivatives that s2sgrad generates.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from s2sgrad import grad, hessian, optim

random = np.random.default_rng(0)


def quadratic(steps):
    rotation = np.linalg.qr(random.standard_normal((4, 4)))[0]
    A, start = rotation @ np.diag([10.0, 3.0, 1.0, 0.1]) @ rotation.T, np.ones(4)

    def loss(x):
        return 0.5 * x @ A @ x

    limit, sizes = 2 / np.linalg.eigvalsh(hessian(loss)(start))[-1], []
    for rate in (0.99 * limit, 1.01 * limit):
        x = start
        for _ in range(steps):
            x = x - rate * grad(loss)(x)
        assert np.allclose(x, np.linalg.matrix_power(np.eye(4) - rate * A, steps) @ start, rtol=1e-9)
        sizes.append(np.linalg.norm(x))
    yield "after {} steps |x| = {:.1e} at 0.99 of the limit 2/lambda_max, {:.1e} at 1.01 of it".format(
        steps, *sizes
    )
    assert sizes[0] < 2 < sizes[1]


def centring():
    raw = random.standard_normal((200, 5)) * [1, 2, 3, 1, 1] + 5.0
    wanted, w, centred = random.standard_normal(200), random.standard_normal(5), raw - raw.mean(axis=0)

    def linear(w, x):
        return np.mean((x @ w - wanted) ** 2)

    def normalised(w, x):
        z = x @ w
        return np.mean(((z - np.mean(z)) / np.std(z) - wanted) ** 2)

    inputs = raw, centred, centred / centred.std(axis=0)
    conditions = [np.linalg.cond(hessian(linear)(w, x)) for x in inputs]
    yield "condition of the Hessian: raw {:.0f}, centred {:.1f}, standardised {:.2f}".format(*conditions)
    assert conditions[0] > 10 * conditions[1] > 10 * conditions[2]
    slope = grad(normalised)(w, raw)
    yield f"batch normalisation: w . gradient = {w @ slope:.0e}, whatever the scale of w"
    assert abs(w @ slope) < 1e-12 and np.allclose(slope, grad(normalised)(w, centred))
    assert np.allclose(grad(normalised)(3 * w, raw), slope / 3)


def ravine(steps, path):
    def loss(p):
        return 0.01 * p[0] ** 2 + p[1] ** 2

    rules = {"sgd": optim.sgd(0.9), "momentum": optim.momentum(0.2, 0.9)}
    rules |= {"rmsprop": optim.rmsprop(0.1), "adam": optim.adam(0.3)}
    figure, axes = plt.subplots(2, 2, figsize=(9, 5), layout="constrained", sharex=True, sharey=True)
    grid, ends = np.meshgrid(np.linspace(-11, 4, 100), np.linspace(-2.5, 2.5, 60)), {}
    for axis, (name, (init, update)) in zip(axes.flat, rules.items(), strict=True):
        trail = [np.array([-10.0, 2.0])]
        state = init(trail[0])
        for _ in range(steps):
            p, state = update(grad(loss)(trail[-1]), state, trail[-1])
            trail.append(p)
        ends[name] = loss(p)
        axis.contour(*grid, loss(grid), levels=8, linewidths=0.4, colors="grey")
        axis.plot(*np.transpose(trail), ".-", markersize=3, linewidth=0.8, color="tab:red")
        axis.set(title=f"{name}: loss {ends[name]:.1e} after {steps} steps", xlim=(-11, 4), ylim=(-2.5, 2.5))
    figure.supxlabel("along the ravine, curvature 0.02")
    figure.supylabel("across it, curvature 2")
    figure.savefig(path, dpi=80)
    yield f"loss after {steps} steps: " + ", ".join(f"{name} {end:.1e}" for name, end in ends.items())
    yield f"plot {path}"
    assert all(ends[name] < 0.5 * ends["sgd"] for name in ("momentum", "rmsprop", "adam"))


def claims(folder):
    """What each claim finds, as it is checked."""
    folder.mkdir(parents=True, exist_ok=True)
    plt.switch_backend("Agg")
    picture = folder / "ravine.png"
    return {"quadratic": quadratic(300), "centring": centring(), "ravine": ravine(100, picture)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    for title, findings in claims(parser.parse_args().output).items():
        for finding in findings:
            print(f"{title:10} {finding}")


if __name__ == "__main__":
    main()
