"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(params, x, t):
    h = np.tanh(x @ params["W1"] + params["b1"])
    y = h @ params["W2"] + params["b2"]
    error = y - t
    value = np.mean(error**2)
    y_bar = 2 * error / error.size
    b2_bar = np.sum(y_bar, axis=0)
    W2_bar = h.T @ y_bar
    h_bar = y_bar @ params["W2"].T
    a_bar = h_bar * (1 - h**2)
    b1_bar = np.sum(a_bar, axis=0)
    W1_bar = x.T @ a_bar
    return value, {"W1": W1_bar, "b1": b1_bar, "W2": W2_bar, "b2": b2_bar}
