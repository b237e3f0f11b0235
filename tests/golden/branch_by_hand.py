"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(x, y):
    if x > y:
        slope = np.sin(y)
        z = x * slope
        y_bar = x * x * np.cos(y)
    else:
        slope = y * y
        z = slope * x
        y_bar = 2 * x * x * y
    x_bar = z + x * slope
    return z * x, (x_bar, y_bar)
