"""A neural probabilistic language model (Bengio, Ducharme, Vincent and Jauvin 2003), beside models of n-grams.

Each of K words has a vector, a row of C. The vectors of the n - 1 words before the t-th (their 1-of-K codes times
C, looked up), one after another, pass a hidden layer; the same C then scores every word as the next:

    x = (C[w_{t-n+1}], ..., C[w_{t-1}]),    h = tanh(x H + d),    s = h U C' + b,
    P(w | context) = exp(s_w) / sum_v exp(s_v),    L = -mean_t log P(w_t | context_t),

with some of x and h set to 0 at random in each step (dropout). A word in a new context is then predicted from contexts
of similar words, of which n-grams know nothing. Perplexity is exp(L) on text held out; as in the paper the model is
also mixed with trigrams, a P_neural + (1 - a) P_trigram, with the share a that is best on validation text.
"""

import argparse
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from ngrams import corpus, models, perplexity, show
from sklearn.manifold import TSNE
from tqdm import trange

from s2sgrad import optim, stop_gradient, value_and_grad


def scores(params, contexts, keep_x, keep_h):
    x = params["C"][contexts].reshape(len(contexts), -1) * keep_x
    h = np.tanh(x @ params["H"] + params["d"]) * keep_h
    return h @ params["U"] @ params["C"].T + params["b"]


def loss(params, contexts, words, keep_x, keep_h):
    s = scores(params, contexts, keep_x, keep_h)
    s = s - stop_gradient(np.max(s, axis=1, keepdims=True))  # cancels: only against overflow
    return np.mean(np.log(np.sum(np.exp(s), axis=1)) - s[np.arange(len(words)), words])


def probabilities(params, contexts):
    s = scores(params, contexts, np.float32(1), np.float32(1)).astype(np.float64)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def observed(params, grams):
    """The model's probability of the last word of each n-gram."""
    parts = np.array_split(grams, 1 + len(grams) // 1000)
    return np.concatenate([probabilities(params, p[:, :-1])[np.arange(len(p)), p[:, -1]] for p in parts])


def start(size, inputs, dimension, hidden, random):
    def normal(*shape):
        return (random.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)

    params = {"C": 4 * normal(size, dimension), "H": normal(inputs, hidden), "U": normal(hidden, dimension)}
    return {**params, "d": np.zeros(hidden, np.float32), "b": np.zeros(size, np.float32)}


def dropout(shape, keep, random):
    return (random.random(shape, np.float32) < keep) / np.float32(keep)


def train(grams, validation, size, options, random):
    """The parameters by AdamW, and the perplexity on validation text after each epoch."""
    inputs, track = (options.order - 1) * options.dimension, []
    params = start(size, inputs, options.dimension, options.hidden, random)
    derivative, steps = value_and_grad(loss, jit=options.jit), len(grams) // options.batch
    rate = optim.cosine_decay(3e-3, options.epochs * steps)
    init, update = optim.adamw(rate, beta2=0.99, weight_decay=0.1, jit=options.jit)
    state, progress = init(params), trange(options.epochs, desc="training", unit="epoch")
    for _ in progress:
        for batch in np.array_split(random.permutation(grams), steps):
            kept = [dropout((len(batch), n), options.keep, random) for n in (inputs, options.hidden)]
            value, gradient = derivative(params, batch[:, :-1], batch[:, -1], *kept)
            params, state = update(gradient, state, params)
        track.append(perplexity(observed(params, validation)))
        progress.set_postfix(loss=f"{value:.3f}", validation=f"{track[-1]:.1f}")
    return params, track


def complete(params, vocabulary, phrase, order, random, length=12):
    """The phrase and words drawn from the model, the probable ones more often than it says."""
    ids = [0] * order + [vocabulary.index(word) for word in phrase.split()]
    while ids[-1] and len(ids) < order + length:
        p = probabilities(params, np.array([ids[1 - order :]]))[0] ** 2
        p[1] = 0.0  # not the rare words
        ids.append(random.choice(len(p), p=p / p.sum()))
    return " ".join(vocabulary[k] for k in ids[order:])


def plot(params, vocabulary, track, lines, path):
    """Perplexity by epoch, and the vectors of the commonest words in the plane."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), width_ratios=(1, 2), layout="constrained")
    left.plot(np.arange(1, len(track) + 1), track, ".-", label="neural")
    for (name, parts), style in zip(lines.items(), ("--", ":"), strict=True):
        left.axhline(perplexity(parts[0]), label=name, linestyle=style, color="black")
    left.set(xlabel="epoch", ylabel="perplexity", title="validation text")
    left.legend()
    words = [k for k, word in enumerate(vocabulary) if word.isalpha()][:120]
    tsne = TSNE(perplexity=10, metric="cosine", init="random", random_state=0)
    for k, (x, y) in zip(words, tsne.fit_transform(params["C"][words]), strict=True):
        right.plot(x, y, ".", markersize=2, color="tab:blue")
        right.annotate(vocabulary[k], (x, y), fontsize=8)
    right.set(title="word vectors of the 120 commonest words, by t-SNE", xticks=[], yticks=[])
    figure.savefig(path, dpi=90)


def main():
    small = os.environ.get("S2SGRAD_EXAMPLE_SIZE") == "small"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="a text file to learn from (default: Python's manual)")
    parser.add_argument("--order", type=int, default=5, help="words of an n-gram: the context and the next")
    parser.add_argument("--epochs", type=int, default=3 if small else 15, help="passes over the text")
    parser.add_argument("--batch", type=int, default=256, help="n-grams a step")
    parser.add_argument("--dimension", type=int, default=64 if small else 128, help="of the word vectors")
    parser.add_argument("--hidden", type=int, default=128 if small else 256, help="units of the hidden layer")
    parser.add_argument("--keep", type=float, default=0.6, help="the share of units that dropout keeps")
    parser.add_argument("--no-jit", dest="jit", action="store_false", help="NumPy, not Numba")
    parser.add_argument("--output", type=Path, default=Path("output"), help="folder for the plot")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    vocabulary, (training, *parts) = corpus(options.text, options.order)
    results = models(training, parts, len(vocabulary))
    params, track = train(training, parts[0], len(vocabulary), options, random)

    trigram, neural = results["3-gram, Kneser-Ney"], [observed(params, part) for part in parts]
    mixtures = [
        [a * p + (1 - a) * q for p, q in zip(neural, trigram, strict=True)] for a in np.linspace(0, 1, 41)
    ]
    best = min(mixtures, key=lambda mixed: perplexity(mixed[0]))
    show(results | {"neural": neural, "neural and Kneser-Ney trigram": best})
    units = params["C"] / np.linalg.norm(params["C"], axis=1, keepdims=True)
    for word in (word for word in ("list", "class", "is", "true", "module") if word in vocabulary):
        near = np.argsort(-units @ units[vocabulary.index(word)])[1:6]
        print(f"near {word:8} {' '.join(vocabulary[k] for k in near)}")
    for phrase in ("the value of", "a class is", "if the object", "this method should"):
        if set(phrase.split()) <= set(vocabulary):
            print(f"  {complete(params, vocabulary, phrase, options.order, random)} ...")
    plt.switch_backend("Agg")
    options.output.mkdir(parents=True, exist_ok=True)
    lines = {"Kneser-Ney trigrams": trigram, "both mixed": best}
    plot(params, vocabulary, track, lines, options.output / "language_model.png")
    print(f"plot  {options.output / 'language_model.png'}")
    assert perplexity(best[1]) < perplexity(trigram[1]), "not below the perplexity of Kneser-Ney trigrams"


if __name__ == "__main__":
    main()
