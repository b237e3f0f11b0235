"""GloVe: word vectors from co-occurrence counts, and analogies by vector arithmetic (Pennington et al. 2014).

X_ij counts how often word j stands within five words of word i, each occurrence weighted by 1/distance. Vectors
w_i, context vectors c_j and biases are fitted to the logarithms, over the nonzero entries only:

    L = sum_{X_ij > 0}  f(X_ij) (w_i . c_j + a_i + b_j - log X_ij)^2,      f(x) = min(1, (x / x_max)^(3/4)).

A difference of two words is then a difference of log-probabilities of their contexts, and "p is to q as r is to
what?" is answered by the word whose vector is nearest to q - p + r. Whether that works is known exactly in a
planted corpus: its words are (family, role) pairs, such as (country, capital), that share contexts with their
family and with their role and nothing else. There are no pairs in any sentence. Then the same on real text.
"""

import argparse
import os
import re
from itertools import permutations, product
from pathlib import Path
from pydoc_data.topics import topics

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import coo_array
from tqdm import trange

from s2sgrad import optim, value_and_grad

WINDOW = 5
FAMILIES, ROLES = 12, 4


def planted_corpus(sentences, random):
    """Sentences of one word (family, role), three contexts of each, and fillers that go with anything."""
    text = []
    for _ in range(sentences):
        family, role = random.integers(FAMILIES), random.integers(ROLES)
        around = [f"family{family}_{k}" for k in random.integers(0, 4, 3)]
        around += [f"role{role}_{k}" for k in random.integers(0, 4, 3)]
        around += [f"filler{k}" for k in random.integers(0, 10, 3)]
        random.shuffle(around)
        text += [*around[:5], f"word{family}_{role}", *around[5:], *[""] * WINDOW]
    return text


def python_manual():
    """The words of Python's own manual pages, the text that every Python has with it."""
    return re.findall(r"[a-z]+", " ".join(topics.values()).lower())


def count(text, vocabulary_size):
    """The most frequent words, and the nonzero entries of the co-occurrence matrix: (rows, columns, counts)."""
    words, inverse, frequency = np.unique(text, return_inverse=True, return_counts=True)
    frequency = np.where(words == "", 0, frequency)
    chosen = np.argsort(-frequency, kind="stable")[: min(vocabulary_size, np.count_nonzero(frequency))]
    number = np.full(len(words), -1)
    number[chosen] = np.arange(len(chosen))
    ids, total = number[inverse], coo_array((len(chosen), len(chosen))).tocsr()
    for distance in range(1, WINDOW + 1):
        left, right = ids[:-distance], ids[distance:]
        both = (left >= 0) & (right >= 0)
        near = coo_array(
            (np.full(both.sum(), 1 / distance), (left[both], right[both])), shape=total.shape
        ).tocsr()
        total = total + near + near.T
    total = total.tocoo()
    return list(words[chosen]), (total.row, total.col, total.data)


def loss(params, rows, columns, logarithms, weights):
    products = np.sum(params["words"][rows] * params["contexts"][columns], axis=1)
    errors = products + params["word_biases"][rows] + params["context_biases"][columns] - logarithms
    return np.sum(weights * errors**2) / len(rows)


def fit(entries, size, dimension, steps, rate, random, title):
    """Vectors (the sum of both kinds, as in the paper) by Adam on the whole objective, and the losses."""
    rows, columns, counts = entries
    logarithms, weights = np.log(counts), np.minimum(1.0, (counts / 20) ** 0.75)
    params = {
        "words": random.uniform(-0.5, 0.5, (size, dimension)) / np.sqrt(dimension),
        "contexts": random.uniform(-0.5, 0.5, (size, dimension)) / np.sqrt(dimension),
        "word_biases": np.zeros(size),
        "context_biases": np.zeros(size),
    }
    init, update = optim.adam(optim.cosine_decay(rate, steps))
    state, losses, derivative = init(params), [], value_and_grad(loss)
    progress = trange(steps, desc=title, unit="step")
    for _ in progress:
        value, gradient = derivative(params, rows, columns, logarithms, weights)
        params, state = update(gradient, state, params)
        losses.append(float(value))
        progress.set_postfix(loss=f"{value:.4f}", refresh=False)
    return params["words"] + params["contexts"], losses


def nearest(vectors, query, without, how_many=1):
    """The words most similar to the query by cosine, best first."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = units @ query
    similarity[without] = -np.inf
    return np.argsort(-similarity)[:how_many]


def analogy_accuracy(words, vectors):
    """The share of all analogies (i, r) : (i, s) = (j, r) : ? answered by (j, s) among all words."""
    place, right = {word: k for k, word in enumerate(words)}, []
    for (i, j), (r, s) in product(permutations(range(FAMILIES), 2), permutations(range(ROLES), 2)):
        p, q, a, wanted = (place[f"word{family}_{role}"] for family, role in ((i, r), (i, s), (j, r), (j, s)))
        right.append(nearest(vectors, vectors[q] - vectors[p] + vectors[a], [p, q, a])[0] == wanted)
    return np.mean(right), len(right)


def plot(words, vectors, losses, path):
    """The planted words in the plane of the roles' differences, a colour a role; and the losses."""
    place = {word: k for k, word in enumerate(words)}
    grid = np.array([[vectors[place[f"word{i}_{r}"]] for r in range(ROLES)] for i in range(FAMILIES)])
    roles = grid.mean(axis=0) - grid.mean(axis=(0, 1))
    plane = np.linalg.svd(roles, full_matrices=False)[2][:2].T
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for r in range(ROLES):
        left.scatter(*(grid[:, r] @ plane).T, label=f"role {r}")
    for family in grid[:3] @ plane:
        left.plot(*np.vstack([family, family[:1]]).T, color="grey", linewidth=0.8)
    left.set(title="planted words: families repeat one figure")
    left.legend()
    for title, curve in losses.items():
        right.semilogy(curve, label=title)
    right.set(title="objective", xlabel="step")
    right.legend()
    figure.savefig(path, dpi=120)


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sentences", type=int, default=8000 if small else 20000, help="of the planted corpus"
    )
    parser.add_argument("--steps", type=int, default=100 if small else 300, help="of Adam")
    parser.add_argument("--dimension", type=int, default=20, help="of the vectors")
    parser.add_argument(
        "--vocabulary", type=int, default=200 if small else 600, help="words of the real text"
    )
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()
    random, losses = np.random.default_rng(0), {}

    def vectors_of(title, text, vocabulary):
        words, entries = count(text, vocabulary)
        print(f"{title}: {len(text)} words, {len(words)} of them different, {len(entries[0])} nonzero counts")
        vectors, losses[title] = fit(
            entries, len(words), options.dimension, options.steps, 0.05, random, title
        )
        return words, vectors

    words, vectors = vectors_of("planted corpus", planted_corpus(options.sentences, random), 1000)
    accuracy, questions = analogy_accuracy(words, vectors)
    manual, meanings = vectors_of("Python's manual", python_manual(), options.vocabulary)
    for word in ("list", "class", "true", "integer", "import", "method"):
        if word in manual:
            k = manual.index(word)
            print(f"  {word:8} {' '.join(manual[n] for n in nearest(meanings, meanings[k], [k], 5))}")
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    plot(words, vectors, losses, options.output / "glove.png")
    print(f"analogies   {accuracy:.2%} of {questions} right (by chance {1 / len(words):.2%})")
    print(f"plot        {options.output / 'glove.png'}")
    assert accuracy > 0.9, "less than 90 % of the planted analogies"


if __name__ == "__main__":
    main()
