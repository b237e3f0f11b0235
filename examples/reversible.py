"""Momentum that runs backwards exactly: hypergradients with no state of training kept (Maclaurin et al. 2015).

Training with momentum, v <- gamma v - (1 - gamma) dL/dw(w), w <- w + alpha v, can be undone: w <- w - alpha v,
v <- (v + (1 - gamma) dL/dw(w)) / gamma. In floating point that loses digits. In integers (a fixed point) with
gamma = n / d it is exact once the remainder of v / d, which multiplication by n/d < 1 would lose, is kept: it is
pushed as a digit of base d into one big integer a coordinate, the information buffer, out of which v takes a digit
of base n at the same time. That costs log2(1 / gamma) bits a step, where v itself has 64.

On the way back the adjoints of w, v and the hyperparameters pass each step by a pullback of the training gradient,
that is by products with its Hessian and mixed derivatives, which s2sgrad generates (`vjp` of `grad`).
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

from s2sgrad import grad, vjp

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


def fixed(x):
    return np.rint(x / UNIT).astype(np.int64)


def reversible(rates, momenta, penalties):
    """The gradients of the validation loss after training; kept are the end, and the digits that division loses."""
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=50, help="of training")
    steps, random = parser.parse_args().steps, np.random.default_rng(0)
    rates, momenta = random.uniform(0.5, 1.5, steps), np.rint(random.uniform(0.85, 0.95, steps) * BASE) / BASE
    by_rates, by_momenta, by_penalties = reversible(rates, momenta, np.full(64, 1e-3))
    print(f"{steps} steps undone, bit for bit")
    for name, gradient in (("rates", by_rates), ("momenta", by_momenta), ("penalties", by_penalties)):
        print(f"gradient by {name:9} {np.array2string(gradient[:4], precision=6)} ...")


if __name__ == "__main__":
    main()
