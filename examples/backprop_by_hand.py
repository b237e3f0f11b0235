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
import ast
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
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
OPERATORS = {ast.USub: np.negative, ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}


@differentiate
def loss(w, x, b, t):
    z = w * x + b
    return np.log(1 + np.exp(-z)) + (1 - t) * z


def read(line):
    """A line `t3 = np.exp(t2)` or `z = t1 + b` of the primitive sequence: its name, function and operands."""
    statement = ast.parse(line).body[0]
    expression = statement.value
    if isinstance(expression, ast.Call):
        fun, operands = getattr(np, expression.func.attr), expression.args
    elif isinstance(expression, ast.UnaryOp):
        fun, operands = OPERATORS[type(expression.op)], [expression.operand]
    else:
        fun, operands = OPERATORS[type(expression.op)], [expression.left, expression.right]
    return statement.targets[0].id, fun, [ast.unparse(operand) for operand in operands]


def pass_messages(nodes, inputs):
    """Forward the values, backward the messages: values, adjoints, and the messages as (child, parent, number)."""
    values = dict(inputs)
    for name, fun, operands in nodes:
        values[name] = fun(*[values[o] if o in values else float(o) for o in operands])
    adjoints, messages = dict.fromkeys(values, 0.0), []
    adjoints[nodes[-1][0]] = 1.0
    for name, fun, operands in reversed(nodes):
        arguments = [values[o] if o in values else float(o) for o in operands]
        for operand, rule in zip(operands, TABLE[fun], strict=True):
            if operand in values:
                message = rule(adjoints[name], values[name], *arguments)
                messages.append((name, operand, message))
                adjoints[operand] += message
    return values, adjoints, messages


def draw(nodes, values, messages, path):
    """The graph: a node with its operation and value, an edge with the message that came back along it."""
    depth = dict.fromkeys(values, 0)
    for name, _, operands in nodes:
        depth[name] = 1 + max(depth.get(o, 0) for o in operands)
    columns = [[v for v in values if depth[v] == d] for d in range(max(depth.values()) + 1)]
    place = {v: (d, (len(c) - 1) / 2 - k) for d, c in enumerate(columns) for k, v in enumerate(c)}
    place |= {
        c[0]: (d, 0.8) for d, c in enumerate(columns[:-1]) if len(c) == 1
    }  # out of the way of longer edges
    titles = {name: f"{name} = {fun.__name__}" for name, fun, _ in nodes}
    figure, axes = plt.subplots(figsize=(14, 4), layout="constrained")
    white = {"boxstyle": "round", "facecolor": "white"}
    for child, parent, message in messages:
        (x0, y0), (x1, y1) = place[child], place[parent]
        arrow = {"arrowstyle": "->", "color": "tab:red", "shrinkA": 20, "shrinkB": 20}
        axes.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
        middle = (x0 + x1) / 2, (y0 + y1) / 2 + 0.13
        axes.text(*middle, f"{message:.3f}", color="tab:red", ha="center", va="center", fontsize=9)
    for name, (x, y) in place.items():
        text = f"{titles.get(name, name)}\n{values[name]:.3f}"
        axes.text(x, y, text, ha="center", va="center", bbox=white, fontsize=8)
    axes.set(
        xlim=(-0.5, len(columns) - 0.5),
        ylim=(-1.9, 1.9),
        title="values forward (black), messages backward (red)",
    )
    axes.axis("off")
    figure.savefig(path)


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
    options.output.mkdir(parents=True, exist_ok=True)
    plt.switch_backend("Agg")

    inputs = {"w": 0.7, "x": 1.5, "b": -0.2, "t": 0.0}
    nodes = [read(line) for line in str(loss.primitives).splitlines()]
    values, adjoints, messages = pass_messages(nodes, inputs)
    print("node   operation   operands       value     adjoint")
    for name, fun, operands in nodes:
        print(
            f"{name:6} {fun.__name__:11} {', '.join(operands):11} {values[name]:9.5f} {adjoints[name]:11.5f}"
        )
    for child, parent, message in messages:
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
