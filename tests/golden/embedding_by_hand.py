"""What a careful person would write, beside the generated text."""

import numpy as np


def value_and_grad(table, words, target):
    sentence = np.mean(table[words], axis=0)
    value = -np.dot(sentence, table[target])
    table_bar = np.zeros_like(table)
    np.add.at(table_bar, words, -table[target] / len(words))
    table_bar[target] -= sentence
    return value, table_bar
