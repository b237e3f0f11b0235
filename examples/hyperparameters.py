"""Hyperparameters by gradient descent through the whole of training (Maclaurin, Duvenaud and Adams 2015).

Softmax regression of handwritten digits is trained for T steps with momentum,

    v <- gamma_t v - (1 - gamma_t) dL/dw(w, theta),      w <- w + alpha_t v,

where L is the cross-entropy on 150 examples plus half sum_j theta_j |w_j|^2, one penalty for each pixel j. The
final w is a function of all hyperparameters (T rates, T momenta, 64 penalties), and so is the loss on validation
examples. Its exact gradient goes through the loop and through the gradient inside it. Three ways to get it:

* kept: reverse mode, whose forward sweep keeps what each of the T steps needs;
* checkpointed: only a few states are held, the rest is recomputed by a binomial schedule;
* reversible: the states are recomputed backwards, bit for bit, in fixed point (`reversible.py`).

The three gradients are compared with each other, in memory, and with a numerical derivative. Then Adam descends.
"""

import argparse
import os
import tracemalloc
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from reversible import BASE, TEST, VALIDATION, classes, cross_entropy, pixels, reversible, training_loss
from tqdm import trange

from s2sgrad import checkpointed, grad, optim, value_and_grad


def step(w, v, rate, momentum, penalties):
    v = momentum * v - (1 - momentum) * grad(training_loss)(w, penalties)
    return w + rate * v, v


def kept(rates, momenta, penalties):
    """The validation loss after training, by a plain loop."""
    w = v = np.zeros((64, 10))
    for t in range(len(rates)):
        w, v = step(w, v, rates[t], momenta[t], penalties)
    return cross_entropy(w, VALIDATION)


def by_checkpoints(rates, momenta, penalties):
    """The same, holding at most eight states at a time in the backward sweep."""
    w = v = np.zeros((64, 10))
    for t in checkpointed(range(len(rates)), keep=8):
        w, v = step(w, v, rates[t], momenta[t], penalties)
    return cross_entropy(w, VALIDATION)


def natural(logs):
    """Rates and penalties from their logarithms, momenta from their log-odds."""
    return np.exp(logs["rates"]), 1 / (1 + np.exp(-logs["momenta"])), np.exp(logs["penalties"])


def start(steps):
    """The logarithms and log-odds where the descent begins: rates 1, momenta 0.88, penalties 0.0009."""
    return {"rates": np.zeros(steps), "momenta": np.full(steps, 2.0), "penalties": np.full(64, -7.0)}


def objective(logs):
    return kept(*natural(logs))


def peak_memory(fun, *args):
    """The result and the most memory held at a time while it was made, in bytes."""
    fun(*args)  # compiled before it is measured
    tracemalloc.start()
    result = fun(*args)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return result, peak


def compare(steps):
    """The three gradients at rates 1 and momenta near 0.9, and a numerical derivative; memory of each."""
    random = np.random.default_rng(1)
    momenta = np.rint(random.uniform(0.85, 0.95, steps) * BASE) / BASE
    point = (random.uniform(0.5, 1.5, steps), momenta, random.uniform(1e-4, 1e-2, 64))
    ways = {"kept": grad(kept, (0, 1, 2)), "checkpointed": grad(by_checkpoints, (0, 1, 2))}
    ways["reversible"] = reversible
    results = {name: peak_memory(way, *point) for name, way in ways.items()}
    exact, off = np.concatenate(results["kept"][0]), {}
    for k, (name, gradient) in enumerate(zip(start(steps), results["kept"][0], strict=True)):
        direction = random.standard_normal(len(point[k])) * point[k]
        steps_aside = np.array([-2, -1, 1, 2]) * 1e-4
        ends = [kept(*point[:k], point[k] + h * direction, *point[k + 1 :]) for h in steps_aside]
        numerical = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / 12e-4
        relative = abs(gradient @ direction / numerical - 1)
        print(f"numerical derivative by {name:9}   relative difference {relative:.1e}")
        assert relative < 1e-6
    for name, (gradients, peak) in results.items():
        off[name] = np.abs(np.concatenate(gradients) - exact).max() / np.abs(exact).max()
        print(f"{name:13} {peak / 2**20:16.2f} MB   relative difference {off[name]:.1e}")
    assert off["checkpointed"] < 1e-12 and off["reversible"] < 1e-6
    peaks = {name: peak for name, (_, peak) in results.items()}
    assert peaks["checkpointed"] < 0.7 * peaks["kept"] and peaks["reversible"] < peaks["kept"] / 3


def accuracy(logs, steps):
    """The fraction of test digits classified rightly after training with these hyperparameters."""
    (rates, momenta, penalties), w, v = natural(logs), np.zeros((64, 10)), np.zeros((64, 10))
    for t in range(steps):
        w, v = step(w, v, rates[t], momenta[t], penalties)
    return np.mean(np.argmax(pixels[TEST] @ w, axis=1) == np.argmax(classes[TEST], axis=1))


def plot(losses, logs, path):
    rates, momenta, penalties = natural(logs)
    curves = {"validation loss": losses, "learned rates": rates, "learned momenta": momenta}
    figure, axes = plt.subplots(1, 4, figsize=(13, 3), layout="constrained")
    for axis, (title, curve) in zip(axes, curves.items(), strict=False):
        axis.plot(curve)
        axis.set(title=title, xlabel="hypergradient step" if curve is losses else "training step")
    picture = axes[3].imshow(np.log10(penalties).reshape(8, 8))
    figure.colorbar(picture, ax=axes[3], label="log10 of the penalty")
    axes[3].set(title="learned penalties, pixel by pixel", xticks=[], yticks=[])
    figure.savefig(path, dpi=90)


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60 if small else 150, help="of training, differentiated")
    parser.add_argument("--descent", type=int, default=15 if small else 80, help="steps of hyperparameters")
    parser.add_argument("--jit", action="store_true", help="compile the hypergradient with Numba")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()

    compare(options.steps)
    init, update = optim.adam(optim.cosine_decay(0.1, options.descent))
    first = logs = start(options.steps)
    state, losses, derivative = init(logs), [], value_and_grad(objective, jit=options.jit)
    progress = trange(options.descent, desc="hyperparameters", unit="step")
    for _ in progress:
        loss, gradient = derivative(logs)
        logs, state = update(optim.clip_by_norm(gradient, 0.1), state, logs)  # near chaos gradients explode
        losses.append(float(loss))
        progress.set_postfix(validation=f"{loss:.4f}", refresh=False)
    losses.append(float(objective(logs)))
    print(f"validation loss {losses[0]:.4f} -> {losses[-1]:.4f}")
    print(f"test accuracy   {accuracy(first, options.steps):.2%} -> {accuracy(logs, options.steps):.2%}")
    assert losses[-1] < 0.9 * losses[0], "the hypergradients did not improve the validation loss by a tenth"
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    plot(losses, logs, options.output / "hyperparameters.png")
    print(f"plot            {options.output / 'hyperparameters.png'}")


if __name__ == "__main__":
    main()
