"""Logistic regression in plain NumPy, trained with a gradient that s2sgrad wrote.

A tumour with features x (a leading 1 for the intercept) is benign with probability

    p(t = 1 | x) = sigma(w . x),        sigma(z) = 1 / (1 + exp(-z)).

Since 1 - sigma(z) = sigma(-z), the observed class t = +1 or -1 has probability sigma(t w . x). The training
loss is the mean negative log-likelihood over n examples and half the squared weights, the intercept left out:

    L(w) = -1/n sum_i log sigma(t_i w . x_i)  +  1/(2n) sum_{j>0} w_j^2,

which is what scikit-learn minimises at its default C = 1, divided by n. It is convex, so plain gradient
descent w <- w - rate * dL/dw must arrive at scikit-learn's accuracy. The derivative is nowhere in this file.
"""

import argparse
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from pygments import highlight
from pygments.formatters import TerminalFormatter
from pygments.lexers import PythonLexer
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from tqdm import trange

from s2sgrad import differentiate, value_and_grad

features, benign = load_breast_cancer(return_X_y=True)
features, test_features, benign, test_benign = train_test_split(
    features, benign, test_size=0.25, random_state=0, stratify=benign
)
mean, deviation = features.mean(axis=0), features.std(axis=0)


def standardise(x):
    """Each feature to mean 0 and deviation 1 over the training set, after a column of ones."""
    return np.column_stack([np.ones(len(x)), (x - mean) / deviation])


inputs, targets = standardise(features), 2.0 * benign - 1
test_inputs, test_targets = standardise(test_features), 2.0 * test_benign - 1


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@differentiate
def training_loss(weights: np.ndarray) -> float:
    margins = targets * (inputs @ weights)
    likelihood = sigmoid(margins)
    penalty = 0.5 * np.sum(weights[1:] ** 2) / len(targets)
    return -np.mean(np.log(likelihood)) + penalty


def show(title, source):
    """Print Python text under a title, coloured where the terminal can."""
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        source = highlight(source, PythonLexer(), TerminalFormatter())
    print(f"\n{title}\n{'-' * len(title)}\n{source.rstrip()}\n", flush=True)


def train(steps, rate, jit):
    """Gradient descent from zero: the weights reached and the loss before each step and at the end."""
    weights, losses, derivative = np.zeros(inputs.shape[1]), [], value_and_grad(training_loss, jit=jit)
    progress = trange(steps, desc="training", unit="step")
    for _ in progress:
        loss, gradient = derivative(weights)
        weights = weights - rate * gradient
        losses.append(float(loss))
        progress.set_postfix(loss=f"{loss:.5f}", refresh=False)
    return weights, [*losses, float(training_loss(weights))]


def plot(losses, path):
    plt.switch_backend("Agg")  # to a file, with or without a display
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.loglog(np.arange(1, len(losses) + 1), losses)
    axes.set(xlabel="step", ylabel="training loss", title="logistic regression, generated gradient")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000, help="steps of gradient descent")
    parser.add_argument("--rate", type=float, default=0.5, help="learning rate")
    parser.add_argument("--jit", action="store_true", help="compile the gradient with Numba")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()

    start = np.zeros(inputs.shape[1])
    show("the primitives of the training loss", str(training_loss.grad.lower(start).primitives))
    show("the generated gradient", training_loss.grad.source_for(start))

    weights, losses = train(options.steps, options.rate, options.jit)
    plot(losses, options.output / "logistic_regression.png")

    accuracy = np.mean(test_targets * (test_inputs @ weights) > 0)
    reference = LogisticRegression(max_iter=1000).fit(inputs[:, 1:], targets)
    expected = reference.score(test_inputs[:, 1:], test_targets)
    print(f"\ntraining loss      {losses[0]:.5f} -> {losses[-1]:.5f} in {options.steps} steps")
    print(f"held-out accuracy  {accuracy:.2%}   (scikit-learn {expected:.2%}, {len(test_targets)} examples)")
    print(f"loss plot          {options.output / 'logistic_regression.png'}")
    assert abs(accuracy - expected) <= 0.01, "more than one point from scikit-learn's accuracy"


if __name__ == "__main__":
    main()
