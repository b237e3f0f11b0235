"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(w, x, t):
    residual = x @ w - t
    w_bar = 2 * x.T @ residual / len(residual)
    return np.mean(residual**2), w_bar
