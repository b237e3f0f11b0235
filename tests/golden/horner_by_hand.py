"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(c, x, t):
    y = np.zeros_like(x)
    for k in range(len(c)):
        y = y * x + c[k]
    error = y - t
    value = np.sum(error**2)
    y_bar = 2 * error
    c_bar = np.zeros_like(c)
    for k in reversed(range(len(c))):
        c_bar[k] = np.sum(y_bar)
        y_bar = y_bar * x
    return value, c_bar
