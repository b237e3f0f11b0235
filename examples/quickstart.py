"""A logistic neuron with squared error: the program, its primitives, its gradient as Python."""

import numpy as np

from s2sgrad import differentiate


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


point = (0.7, 1.5, -0.2, 1.0)
value, gradient = loss.value_and_grad(*point)
print(f"loss       {value:.10f}")
print(f"dloss/dw   {gradient:.10f}")

# A derivative is a limit of differences: this one is right to about eight digits.
h = 1e-6
difference = (loss(0.7 + h, *point[1:]) - loss(0.7 - h, *point[1:])) / (2 * h)
print(f"difference {difference:.10f}")
assert value == loss(*point)
assert abs(gradient - difference) < 1e-8

print(f"\nThe primitive operations:\n{loss.primitives}")
print(f"\nThe generated gradient:\n{loss.grad.source_for(*point)}")

# Operators and NumPy functions are two spellings of one program.
assert spelled_out.grad(*point) == gradient
assert str(spelled_out.primitives) == str(loss.primitives)
print("Spelled with np.reciprocal, np.add, np.negative: the same primitives.")
