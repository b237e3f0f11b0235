"""GloVe: word vectors from co-occurrence counts, and analogies by vector arithmetic (Pennington et al. 2014).

X_ij counts how often word j stands within five words of word i, each occurrence weighted by 1/distance. Vectors
w_i, context vectors c_j and biases are fitted to the logarithms, over the nonzero entries only:

    L = mean_{X_ij > 0}  f(X_ij) (w_i . c_j + a_i + b_j - log X_ij)^2,      f(x) = min(1, (x / x_max)^(3/4)).

It is written twice: as the loop over the entries that it is, whose gradient scatters into the rows of both words and
is compiled (`jit=True`), and in whole arrays, for NumPy (`--no-jit`). A difference of two words is a difference of
log-probabilities of their contexts, and "p is to q as a is to what?" is answered by the word nearest to q - p + a.
Whether that works is known exactly in a planted corpus: its words are (family, role) pairs, such as (country,
capital), that share contexts with their family and with their role and nothing else. No sentence has a pair. Then the
same on real text.
"""

import argparse
import os
import re
from itertools import permutations
from pathlib import Path
from pydoc_data.topics import topics

import matplotlib.pyplot as plt
import numpy as np
from cooccurrence import FAMILIES, ROLES, count, planted_corpus, planted_relations
from tqdm import trange

from s2sgrad import grad, optim, value_and_grad

WORDS = (
    "argument attribute class exception expression function item key method module name number object value"
)
PLURALS = [(word, word + ("es" if word.endswith("s") else "s")) for word in WORDS.split()]


def loss_by_loops(params, rows, columns, logarithms, weights):
    words, contexts, total = params["words"], params["contexts"], 0.0
    for n in range(len(rows)):
        i, j = rows[n], columns[n]
        error = params["word_biases"][i] + params["context_biases"][j] - logarithms[n]
        for k in range(words.shape[1]):
            error += words[i, k] * contexts[j, k]
        total += weights[n] * error**2
    return total / len(rows)


def loss(params, rows, columns, logarithms, weights):
    products = np.sum(params["words"][rows] * params["contexts"][columns], axis=1)
    errors = products + params["word_biases"][rows] + params["context_biases"][columns] - logarithms
    return np.sum(weights * errors**2) / len(rows)


def start(size, dimension, random):
    params = {
        key: random.uniform(-0.5, 0.5, (size, dimension)) / np.sqrt(dimension)
        for key in ("words", "contexts")
    }
    return params | {"word_biases": np.zeros(size), "context_biases": np.zeros(size)}


def fit(entries, size, options, random):
    """Vectors (the sum of both kinds, as in the paper) by Adam on all entries, and the losses."""
    rows, columns, counts = entries
    data = (rows, columns, np.log(counts), np.minimum(1.0, (counts / 20) ** 0.75))
    params, losses = start(size, options.dimension, random), []
    some = [part[:: len(rows) // 40] for part in data]
    gradients = [grad(objective)(params, *some) for objective in (loss, loss_by_loops)]
    assert all(np.allclose(gradients[0][key], gradients[1][key]) for key in params)
    derivative = value_and_grad(loss_by_loops, jit=True) if options.jit else value_and_grad(loss)
    init, update = optim.adam(optim.cosine_decay(0.05, options.steps), jit=options.jit)
    state, progress = init(params), trange(options.steps, desc="training", unit="step")
    for _ in progress:
        value, gradient = derivative(params, *data)
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


def analogy_accuracy(words, vectors, relations):
    """The share of the questions (p is to q as a to what?) of all pairs of pairs that are answered rightly."""
    place, right = {word: k for k, word in enumerate(words)}, []
    for pairs in relations:
        known = [(place[p], place[q]) for p, q in pairs if p in place and q in place]
        for (p, q), (a, wanted) in permutations(known, 2):
            right.append(nearest(vectors, vectors[q] - vectors[p] + vectors[a], [p, q, a])[0] == wanted)
    print(f"  analogies: {np.mean(right):.2%} of {len(right)} right (by chance {1 / len(words):.2%})")
    return np.mean(right)


def plot(words, vectors, losses, path):
    """The planted words in the plane of the roles' differences, a colour a role; and the losses."""
    grid = np.array([[vectors[words.index(f"word{i}_{r}")] for r in range(ROLES)] for i in range(FAMILIES)])
    plane = np.linalg.svd(grid.mean(axis=0) - grid.mean(axis=(0, 1)), full_matrices=False)[2][:2].T
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for r in range(ROLES):
        left.scatter(*(grid[:, r] @ plane).T, label=f"role {r}")
    for family in grid[:3] @ plane:
        left.plot(*np.vstack([family, family[:1]]).T, color="grey", linewidth=0.8)
    left.set(title="planted words: families (grey) repeat one figure", xlabel="first", ylabel="second axis")
    left.legend()
    for title, curve in losses.items():
        right.semilogy(curve, label=title)
    right.set(title="the objective L in training", xlabel="step", ylabel="L")
    right.legend()
    figure.savefig(path, dpi=90)


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=8000 if small else 20000, help="that are planted")
    parser.add_argument("--steps", type=int, default=100 if small else 300, help="of Adam")
    parser.add_argument("--dimension", type=int, default=20, help="of the vectors")
    parser.add_argument(
        "--vocabulary", type=int, default=200 if small else 600, help="words of the real text"
    )
    parser.add_argument("--no-jit", dest="jit", action="store_false", help="whole arrays, by NumPy")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()
    random, losses = np.random.default_rng(0), {}

    words, entries = count(planted_corpus(options.sentences, random), 1000)
    vectors, losses["planted corpus"] = fit(entries, len(words), options, random)
    accuracy = analogy_accuracy(words, vectors, planted_relations())
    manual, entries = count(re.findall(r"[a-z]+", " ".join(topics.values()).lower()), options.vocabulary)
    meanings, losses["Python's manual"] = fit(entries, len(manual), options, random)
    analogy_accuracy(manual, meanings, [PLURALS])
    for word in (word for word in ("list", "class", "true", "integer", "import", "method") if word in manual):
        k = manual.index(word)
        print(f"  near {word:8} {' '.join(manual[n] for n in nearest(meanings, meanings[k], [k], 5))}")
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    plot(words, vectors, losses, options.output / "glove.png")
    print(f"plot  {options.output / 'glove.png'}")
    assert accuracy > 0.9, "less than 90 % of the planted analogies"


if __name__ == "__main__":
    main()
