"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(w, x, b, t):
    z = w * x + b
    y = 1 / (1 + np.exp(-z))
    error = y - t
    w_bar = error * y * (1 - y) * x
    return 0.5 * error**2, w_bar
