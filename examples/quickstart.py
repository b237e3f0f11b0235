"""A logistic neuron with squared error: its primitives, its gradient as Python, its graph as a picture.

    L(w) = (y - t)^2 / 2,    y = sigma(z) = 1 / (1 + exp(-z)),    z = w x + b,    dL/dw = (y - t) y (1 - y) x.

A program is a sequence of primitive operations, the nodes of a graph. Backwards along each of its edges goes a
message, a vector-Jacobian product: g, the sum of the messages that came to the child, times the derivative of the
child in the parent. What arrives at w is dL/dw. The compiler writes the same products as a program.
"""

import argparse
import ast
from collections import defaultdict
from html import escape
from pathlib import Path

import numpy as np

from s2sgrad import differentiate, grad

NAMES = {"Mult": "multiply", "Add": "add", "Sub": "subtract"}
NAMES |= {"Div": "divide", "Pow": "power", "USub": "negative"}
MESSAGES = {"add": ("g", "g"), "subtract": ("g", "-g"), "negative": ("-g",), "exp": ("g * {c}",)}
MESSAGES |= {"multiply": ("g * {b}", "g * {a}"), "divide": ("g / {b}", "-g * {c} / {b}")}
MESSAGES |= {"power": ("g * {b} * {a}**({b} - 1)", "g * {c} * np.log({a})")}  # to a, b, which gave c


@differentiate
def loss(w, x, b, t):
    z = w * x + b
    y = 1 / (1 + np.exp(-z))
    return 0.5 * (y - t) ** 2


@differentiate
def spelled_out(w, x, b, t):
    z = w * x + b
    y = np.reciprocal(np.add(1, np.exp(np.negative(z))))
    return 0.5 * (y - t) ** 2


def read(primitives):
    """The nodes, from the text of the primitives: name, operation, operands, and what stands in the line."""
    for line in str(primitives).splitlines():
        name, _, text = line.partition(" = ")
        match ast.parse(text, mode="eval").body:
            case ast.Call(func=ast.Attribute(attr=operation), args=operands):
                yield name, operation, [*map(ast.unparse, operands)], line
            case ast.UnaryOp(op=symbol, operand=operand):
                yield name, NAMES[type(symbol).__name__], [ast.unparse(operand)], line
            case ast.BinOp(left=left, op=symbol, right=right):
                yield name, NAMES[type(symbol).__name__], [ast.unparse(left), ast.unparse(right)], line


def pass_messages(nodes, inputs):
    """Values forward, messages backward: the values, the adjoints, and (child, parent, text, number) an edge."""
    values, adjoints, messages = dict(inputs), defaultdict(float, {nodes[-1][0]: 1.0}), []
    for name, _, _, line in nodes:
        values[name] = eval(line.partition(" = ")[2], {"np": np}, values)
    for name, operation, operands, _ in reversed(nodes):
        symbols = dict(zip("ab", operands, strict=False), c=name)
        for operand, rule in zip(operands, MESSAGES[operation], strict=True):
            if operand in values:  # not a constant
                text = rule.format(**symbols)
                number = eval(text, {"np": np}, values | {"g": adjoints[name]})
                messages.append((name, operand, text, number))
                adjoints[operand] += number
    return values, adjoints, messages


def places(nodes, values):
    """Each node as late as its children allow, the longest chain in the first column."""
    depth, late, place = dict.fromkeys(values, 0), {}, {}
    for name, _, operands, _ in nodes:
        depth[name] = 1 + max(depth.get(operand, 0) for operand in operands)
    for name, _, operands, _ in reversed(nodes):
        late.setdefault(name, depth[name])
        for operand in (operand for operand in operands if operand in values):
            late[operand] = min(late.get(operand, depth[nodes[-1][0]]), late[name] - 1)
    for name in sorted(late, key=lambda name: (late[name], -depth[name])):
        column = sum(row == 40 + 90 * late[name] for _, row in place.values())
        place[name] = 90 + 250 * column, 40 + 90 * late[name]
    return place


def draw(nodes, values, messages, path):
    """The graph as SVG: a box for an operation and its value, a red arrow for a message."""
    place, known = places(nodes, values), {name: (line, operation) for name, operation, _, line in nodes}
    width, height = (max(axis) + edge for axis, edge in zip(zip(*place.values()), (160, 40), strict=True))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'font-family="DejaVu Sans Mono, monospace" font-size="12" text-anchor="middle">',
        '<rect width="100%" height="100%" fill="white"/><marker id="head" markerWidth="8" markerHeight="8" '
        'refX="7" refY="4" orient="auto"><path d="M0 0 8 4 0 8z" fill="#c22"/></marker>',
    ]
    for child, parent, text, number in messages:
        (x0, y0), (x1, y1) = place[child], place[parent]
        right, at = x1, (y0 + y1) / 2
        if y0 - y1 > 90:  # past the boxes between, through the gap beside the column
            right = x1 + 105
            route = f"M{x0 - 80} {y0}Q{right} {y0} {right} {at}Q{right} {y1} {x1 + 80} {y1}"
        elif x0 == x1:
            route = f"M{x0} {y0 - 20}V{y1 + 20}"
        else:  # round the corner into another column
            route = f"M{x0 + 80} {y0 - 10}C{x0 + 150} {y0 - 10} {x1} {y1 + 60} {x1} {y1 + 20}"
        parts.append(f'<path d="{route}" fill="none" stroke="#c22" marker-end="url(#head)"/>')
        label = f"{escape(text)} = {number:.3g}" if text else f"{number:.3g}"
        parts.append(f'<text x="{right + 6}" y="{at + 4}" text-anchor="start" fill="#c22">{label}</text>')
    for name, (x, y) in place.items():
        line, kind = known.get(name, (name, "input"))
        box = f'x="{x - 80}" y="{y - 20}" width="160" height="40"'
        parts.append(f'<rect {box} rx="8" fill="#eef" stroke="#446"/>')
        parts.append(f'<text x="{x}" y="{y - 3}">{escape(line)}</text>')
        parts.append(f'<text x="{x}" y="{y + 13}" fill="#446">{kind} {values[name]:.4g}</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the graph")
    options = parser.parse_args()
    point = {"w": 0.7, "x": 1.5, "b": -0.2, "t": 1.0}
    value, gradient = loss.value_and_grad(**point)
    print(f"loss       {value:.10f}\ndloss/dw   {gradient:.10f}")

    # A derivative is a limit of differences: this one is right to about eight digits.
    h = 1e-6
    difference = (loss(**point | {"w": 0.7 + h}) - loss(**point | {"w": 0.7 - h})) / (2 * h)
    print(f"difference {difference:.10f}")
    assert value == loss(**point) and abs(gradient - difference) < 1e-8

    print(f"\nThe primitive operations:\n{loss.primitives}\n")
    print(f"The generated gradient:\n{loss.grad.source_for(*point.values())}")

    # Operators and NumPy functions are two spellings of one program.
    assert spelled_out.grad(**point) == gradient
    assert str(spelled_out.primitives) == str(loss.primitives)
    print("Spelled with np.reciprocal, np.add, np.negative: the same primitives.")

    nodes = list(read(loss.primitives))
    values, adjoints, messages = pass_messages(nodes, point)
    for child, parent, text, number in messages:
        print(f"message {child:>2} -> {parent:2}   {text:22} = {number:9.6f}")
    for name, derivative in zip(point, grad(loss, wrt=tuple(point))(**point), strict=True):
        assert abs(adjoints[name] - derivative) < 1e-12
    draw(nodes, values, messages, options.output / "quickstart.svg")
    print(f"graph      {options.output / 'quickstart.svg'}")


if __name__ == "__main__":
    main()
