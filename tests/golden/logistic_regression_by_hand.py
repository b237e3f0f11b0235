"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(w, b, x, t):
    z = x @ w + b
    y = 1 / (1 + np.exp(-z))
    value = -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))
    z_bar = y - t
    w_bar = x.T @ z_bar
    b_bar = np.sum(z_bar)
    return value, (w_bar, b_bar)
