"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(logits, labels):
    n = len(labels)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    p = np.exp(shifted)
    norm = np.sum(p, axis=1, keepdims=True)
    log_norm = np.log(norm)
    log_p = shifted - log_norm
    rows = np.arange(n)
    value = -np.mean(log_p[rows, labels])
    logits_bar = p / norm
    logits_bar[rows, labels] -= 1
    logits_bar /= n
    return value, logits_bar
