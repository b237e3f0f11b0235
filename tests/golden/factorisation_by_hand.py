"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(u, v, a):
    difference = a - u @ v.T
    value = np.sum(difference**2) + 0.1 * np.sum(u**2) + 0.1 * np.sum(v**2)
    u_bar = 0.2 * u - 2 * difference @ v
    v_bar = 0.2 * v - 2 * difference.T @ u
    return value, (u_bar, v_bar)
