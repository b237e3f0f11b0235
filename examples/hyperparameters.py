"""Hyperparameters by gradient descent through the whole of training (Maclaurin, Duvenaud and Adams 2015).

Softmax regression of handwritten digits is trained for T steps with momentum,

    v <- gamma_t v - (1 - gamma_t) dL/dw(w, theta),      w <- w + alpha_t v,

where L is the cross-entropy on 150 examples plus half sum_j theta_j |w_j|^2, one penalty for each pixel j. The
final w is a function of all hyperparameters (T rates, T momenta, 64 penalties), and so is the loss on validation
examples. Its exact gradient goes through the loop and through the gradient inside it. Three ways to get it:

* kept: reverse mode, whose forward sweep keeps what each of the T steps needs;
* checkpointed: only a few states are held, the rest is recomputed by a binomial schedule;
* reversible: the states are recomputed backwards, w <- w - alpha v, v <- (v + (1 - gamma) dL/dw) / gamma. In
  floating point that loses digits; in integers (a fixed point) with gamma = n / d it is exact once the remainder
  of v / d, which multiplication by n/d < 1 would lose, is kept: it is pushed as a digit of base d into one big
  integer a coordinate, out of which v takes a digit of base n at the same time. That costs log2(1 / gamma) bits a
  step, where v itself has 64.

The three gradients are compared with each other, in memory, and with a numerical derivative. Then Adam descends.
"""

import argparse
import os
import tracemalloc
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from tqdm import trange

from s2sgrad import checkpointed, grad, optim, value_and_grad, vjp

BASE = 1024  # momenta are fractions of it
UNIT = 2.0**-44  # of the fixed-point numbers

pixels, labels = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(labels))
pixels, classes = pixels[order] / 16, np.eye(10)[labels[order]]
TRAINING, VALIDATION, TEST = slice(0, 150), slice(150, 750), slice(750, None)


def cross_entropy(w, part):
    scores = pixels[part] @ w
    top = np.max(scores, axis=1, keepdims=True)
    logarithms = scores - top - np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True))
    return -np.sum(classes[part] * logarithms) / len(scores)


def training_loss(w, penalties):
    return cross_entropy(w, TRAINING) + 0.5 * np.sum(penalties[:, None] * w**2)


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


def fixed(x):
    return np.rint(x / UNIT).astype(np.int64)


def reversible(rates, momenta, penalties):
    """The gradients of the same, with nothing kept but the end and the digits that division loses."""
    numerators = np.rint(momenta * BASE).astype(np.int64)
    w, v, digits = np.zeros((3, 64, 10), np.int64)
    full = []  # the digits put aside
    for rate, momentum, n in zip(rates, momenta, numerators, strict=True):
        full.append(digits if digits.max() > 2**48 else None)  # before int64 is full
        digits = digits if full[-1] is None else np.zeros_like(digits)
        push = fixed((1 - momentum) * grad(training_loss)(w * UNIT, penalties))
        digits, v = digits * BASE + v % BASE, v // BASE
        v, digits = v * n + digits % n - push, digits // n
        w = w + fixed(rate * (v * UNIT))
    by_w, by_v, by_penalties = grad(cross_entropy)(w * UNIT, VALIDATION), np.zeros((64, 10)), np.zeros(64)
    by_rates, by_momenta = np.zeros_like(rates), np.zeros_like(momenta)
    for t in reversed(range(len(rates))):
        by_rates[t] = np.sum(by_w * v) * UNIT
        by_v += rates[t] * by_w
        w = w - fixed(rates[t] * (v * UNIT))
        slope, pullback = vjp(grad(training_loss), w * UNIT, penalties)
        v, n = v + fixed((1 - momenta[t]) * slope), numerators[t]
        digits, v = digits * n + v % n, v // n
        v, digits = v * BASE + digits % BASE, digits // BASE
        digits = digits if full[t] is None else full[t]
        full[t] = None
        by_momenta[t] = np.sum(by_v * (v * UNIT + slope))
        through_w, through_penalties = pullback(-(1 - momenta[t]) * by_v)  # Hessian-vector products
        by_w, by_penalties, by_v = by_w + through_w, by_penalties + through_penalties, momenta[t] * by_v
    assert not w.any() and not v.any() and not digits.any(), "not back at the start, bit for bit"
    return by_rates, by_momenta, by_penalties


def natural(logs):
    """Rates and penalties from their logarithms, momenta from their log-odds."""
    return np.exp(logs["rates"]), 1 / (1 + np.exp(-logs["momenta"])), np.exp(logs["penalties"])


def objective(logs):
    rates, momenta, penalties = natural(logs)
    return kept(rates, momenta, penalties)


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
    ways = {
        "kept": grad(kept, (0, 1, 2)),
        "checkpointed": grad(by_checkpoints, (0, 1, 2)),
        "reversible": reversible,
    }
    results = {name: peak_memory(way, *point) for name, way in ways.items()}
    exact, flat = np.concatenate(results["kept"][0]), {}
    direction = [random.standard_normal(len(p)) * 1e-5 * p for p in point]
    up, down = (kept(*[p + s * d for p, d in zip(point, direction, strict=True)]) for s in (1, -1))
    numerical, along = (up - down) / 2, exact @ np.concatenate(direction)
    print(f"numerical derivative: relative difference {abs(along / numerical - 1):.1e}")
    assert abs(along / numerical - 1) < 1e-6
    for name, (gradients, peak) in results.items():
        flat[name] = np.abs(np.concatenate(gradients) - exact).max() / np.abs(exact).max()
        print(f"{name:13} {peak / 2**20:7.2f} MB   relative difference {flat[name]:.1e}")
    assert flat["checkpointed"] < 1e-12 and flat["reversible"] < 1e-6
    assert (
        results["checkpointed"][1] < 0.7 * results["kept"][1]
        and results["reversible"][1] < results["kept"][1] / 3
    )


def accuracy(logs, steps):
    """The fraction of test digits classified rightly after training with these hyperparameters."""
    (rates, momenta, penalties), w, v = natural(logs), np.zeros((64, 10)), np.zeros((64, 10))
    for t in range(steps):
        w, v = step(w, v, rates[t], momenta[t], penalties)
    return np.mean(np.argmax(pixels[TEST] @ w, axis=1) == np.argmax(classes[TEST], axis=1))


def plot(losses, logs, path):
    rates, momenta, penalties = natural(logs)
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.2), layout="constrained")
    axes[0].plot(losses)
    axes[0].set(title="validation loss", xlabel="hypergradient step")
    axes[1].plot(rates)
    axes[1].set(title="learned rates", xlabel="training step")
    axes[2].plot(momenta)
    axes[2].set(title="learned momenta", xlabel="training step")
    figure.colorbar(axes[3].imshow(np.log10(penalties).reshape(8, 8)), ax=axes[3])
    axes[3].set(title="log10 of the penalty by pixel", xticks=[], yticks=[])
    figure.savefig(path, dpi=120)


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--steps", type=int, default=60 if small else 150, help="training steps, differentiated through"
    )
    parser.add_argument(
        "--descent", type=int, default=15 if small else 80, help="steps on the hyperparameters"
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()

    compare(options.steps)
    start = {
        "rates": np.zeros(options.steps),
        "momenta": np.full(options.steps, 2.0),
        "penalties": np.full(64, -7.0),
    }
    init, update = optim.adam(optim.cosine_decay(0.1, options.descent))
    logs, state, losses = start, init(start), []
    progress = trange(options.descent, desc="hyperparameters", unit="step")
    for _ in progress:
        loss, gradient = value_and_grad(objective)(logs)
        logs, state = update(optim.clip_by_norm(gradient, 0.1), state, logs)  # near chaos gradients explode
        losses.append(float(loss))
        progress.set_postfix(validation=f"{loss:.4f}", refresh=False)
    losses.append(float(objective(logs)))
    print(f"validation loss {losses[0]:.4f} -> {losses[-1]:.4f}")
    print(f"test accuracy   {accuracy(start, options.steps):.2%} -> {accuracy(logs, options.steps):.2%}")
    assert losses[-1] < 0.9 * losses[0], "the hypergradients did not improve the validation loss by a tenth"
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    plot(losses, logs, options.output / "hyperparameters.png")
    print(f"plot            {options.output / 'hyperparameters.png'}")


if __name__ == "__main__":
    main()
