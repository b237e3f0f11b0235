"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(w, x, t):
    y = x * w
    clipped = np.clip(y, -1.0, 1.0)
    r = clipped - t
    size = np.maximum(np.abs(r), 1e-3)
    small = size < 0.5
    value = np.sum(np.where(small, 0.5 * r**2, 0.5 * size - 0.125))
    r_bar = np.where(small, r, 0.5 * np.sign(r))
    w_bar = np.sum(np.where(clipped == y, r_bar * x, 0))
    return value, w_bar
