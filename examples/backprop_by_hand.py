"""Backpropagation by hand: the table of derivatives, messages passed node by node, and a primitive of one's own.

A program is a sequence of primitive operations t_k = f_k(parents of t_k). The adjoint of a node is the derivative
of the result L with respect to it. It is the sum of the messages from the nodes that read it:

    adj(t) = sum over children c of  message(c -> t),     message(c -> t) = adj(c) * df_c/dt,

beginning with adj(L) = 1 and going through the sequence backwards. All that has to be known are the factors
df/dt of the primitives: the table, one rule for each argument. Here the reader writes it, for six functions that
suffice for the loss of a logistic neuron with class t in {0, 1},

    L(w, b) = log(1 + exp(-z)) + (1 - t) z,     z = w x + b,     dL/dz = 1 / (1 + exp(-z)) - t,

passes the messages, and compares with `grad`, which compiles the same table.

Then a primitive that no table has: the solution E of Kepler's equation E - e sin E = M, found by Newton's
method. Differentiating the equation, not the iteration, gives dE/dM = 1/(1 - e cos E) and
dE/de = sin E/(1 - e cos E); with these two rules the eccentricity of an orbit is fitted to noisy positions.
"""

import argparse
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
from quickstart import draw, read
from tqdm import trange

from s2sgrad import defvjp, differentiate, grad, primitive

TABLE = {
    np.negative: (lambda g, ans, x: -g,),
    np.exp: (lambda g, ans, x: g * ans,),
    np.log: (lambda g, ans, x: g / x,),
    np.add: (lambda g, ans, x, y: g, lambda g, ans, x, y: g),
    np.subtract: (lambda g, ans, x, y: g, lambda g, ans, x, y: -g),
    np.multiply: (lambda g, ans, x, y: g * y, lambda g, ans, x, y: g * x),
}


@differentiate
def loss(w, x, b, t):
    z = w * x + b
    return np.log(1 + np.exp(-z)) + (1 - t) * z


def pass_messages(nodes, inputs):
    """Forward the values, backward the messages: values, adjoints, and the messages along the edges."""
    values, adjoints, messages = dict(inputs), defaultdict(float, {nodes[-1][0]: 1.0}), []

    def arguments(operands):
        return [values[o] if o in values else float(o) for o in operands]

    for name, operation, operands, _ in nodes:
        values[name] = getattr(np, operation)(*arguments(operands))
    for name, operation, operands, _ in reversed(nodes):
        for operand, rule in zip(operands, TABLE[getattr(np, operation)], strict=True):
            if operand in values:
                message = rule(adjoints[name], values[name], *arguments(operands))
                messages.append((name, operand, "", message))
                adjoints[operand] += message
    return values, adjoints, messages


@primitive
def eccentric_anomaly(mean_anomaly, eccentricity):
    """The solution E of E - e sin E = M, by Newton's method: called, not looked into."""
    solution = mean_anomaly + eccentricity * np.sin(mean_anomaly)
    for _ in range(50):
        error = solution - eccentricity * np.sin(solution) - mean_anomaly
        solution = solution - error / (1 - eccentricity * np.cos(solution))
    return solution


def misfit(eccentricity, times, observed):
    """The squared distance between the positions on an orbit with semi-axis 1 and the observed ones."""
    anomaly = eccentric_anomaly(2 * np.pi * times, eccentricity)
    across = np.sqrt(1 - eccentricity**2) * np.sin(anomaly)
    return np.mean((np.cos(anomaly) - eccentricity - observed[0]) ** 2 + (across - observed[1]) ** 2)


def fit_orbit(steps, rate):
    """Gradient descent for the eccentricity from positions with noise: the truth, and every estimate."""
    truth, times, random = 0.6, np.linspace(0.0, 1.0, 40), np.random.default_rng(0)
    anomaly = eccentric_anomaly(2 * np.pi * times, truth)
    observed = np.stack([np.cos(anomaly) - truth, np.sqrt(1 - truth**2) * np.sin(anomaly)])
    observed = observed + 0.01 * random.standard_normal(observed.shape)
    numerical = (misfit(0.3 + 1e-6, times, observed) - misfit(0.3 - 1e-6, times, observed)) / 2e-6
    assert abs(grad(misfit)(0.3, times, observed) - numerical) < 1e-8
    estimates = [0.1]
    for _ in trange(steps, desc="fitting the orbit", unit="step"):
        estimates.append(estimates[-1] - rate * grad(misfit)(estimates[-1], times, observed))
    return truth, estimates


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60, help="steps of gradient descent for the orbit")
    parser.add_argument("--rate", type=float, default=0.2, help="learning rate for the orbit")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plots")
    options = parser.parse_args()

    inputs = {"w": 0.7, "x": 1.5, "b": -0.2, "t": 0.0}
    nodes = list(read(loss.primitives))
    values, adjoints, messages = pass_messages(nodes, inputs)
    print("node   operation   operands       value     adjoint")
    for name, operation, operands, _ in nodes:
        print(f"{name:6} {operation:11} {', '.join(operands):11} {values[name]:9.5f} {adjoints[name]:11.5f}")
    for child, parent, _, message in messages:
        print(f"message {child:>3} -> {parent:3} {message:9.5f}")
    draw(nodes, values, messages, options.output / "backprop_by_hand.svg")

    for fun, rules in TABLE.items():  # the compiler reads the same rules
        defvjp(fun, *rules)
    compiled = grad(loss, wrt=("w", "x", "b", "t"))(*inputs.values())
    for name, derivative in zip(inputs, compiled, strict=True):
        print(f"dL/d{name}   by messages {adjoints[name]:.12f}   by grad {derivative:.12f}")
        assert abs(derivative - adjoints[name]) < 1e-12

    defvjp(np.exp, lambda g, ans, x: 2 * g * ans)  # a wrong rule: the next call follows it
    wrong = loss.grad(*inputs.values())
    defvjp(np.exp, *TABLE[np.exp])
    assert wrong != compiled[0] == loss.grad(*inputs.values())
    print(f"with a wrong rule for exp, dL/dw would be {wrong:.5f}, not {compiled[0]:.5f}")

    # Kepler's equation: g reaches the equation's solution, and goes on to M and e.
    defvjp(
        eccentric_anomaly,
        lambda g, ans, mean_anomaly, eccentricity: g / (1 - eccentricity * np.cos(ans)),
        lambda g, ans, mean_anomaly, eccentricity: np.sum(g * np.sin(ans) / (1 - eccentricity * np.cos(ans))),
    )
    steps = 30 if os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small" else options.steps
    truth, estimates = fit_orbit(steps, options.rate)
    print(f"eccentricity {estimates[0]} -> {estimates[-1]:.4f} (true {truth})")
    assert abs(estimates[-1] - truth) < 0.01
    print(f"graph        {options.output / 'backprop_by_hand.svg'}")


if __name__ == "__main__":
    main()
