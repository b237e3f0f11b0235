"""Models of n-grams on English text: add-k smoothing and interpolated Kneser-Ney. They only count.

With c(u w) the number of times that the word w follows the context u of n - 1 words, and K words in all, add-k is

    P(w | u) = (c(u w) + k) / (c(u) + k K),

which gives the same to all words never seen after u. Kneser-Ney takes a discount D off each count instead, and
gives it to the model of the context u', u without its first word:

    P(w | u) = (max(c(u w) - D, 0) + D N(u) P(w | u')) / c(u),    N(u): how many different words follow u.

For shorter contexts c(u' w) is not how often u' w occurs but after how many different words it does: "Francisco" may
be frequent, but is no guess where the context is new. D = n1 / (n1 + 2 n2), from the n-grams seen once and twice.
Perplexity is exp(-mean log P(word | context)), on text that was not counted. `language_model.py` is measured by this.
"""

import argparse
import re
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
from tqdm import tqdm

END, RARE = "¶", "<rare>"  # before and after each paragraph; a word that training has less than three times


def corpus(path, order):
    """The vocabulary, and for training, validation and test all n-grams, rows of word numbers."""
    text = path.read_text(encoding="utf-8") if path else "\n\n".join(topics.values())
    paragraphs = dict.fromkeys(" ".join(p.split()) for p in re.split(r"\n\s*\n", text))  # each of them once
    tokens = [re.findall(r"[^\W\d_]+|[.,;:()]", paragraph.lower()) for paragraph in paragraphs]
    tokens = [words for words in tokens if len(words) > 3]
    part = np.random.default_rng(0).permutation(len(tokens)) % 10  # eight in ten to train, one, one
    frequency = Counter(word for words, k in zip(tokens, part, strict=True) if k < 8 for word in words)
    vocabulary = [END, RARE, *(word for word, count in frequency.most_common() if count > 2)]
    number, grams = {word: k for k, word in enumerate(vocabulary)}, ([], [], [])
    for words, k in zip(tokens, part, strict=True):
        ids = [0] * (order - 1) + [number.get(word, 1) for word in words] + [0]
        grams[max(k - 7, 0)].extend(ids[i : i + order] for i in range(len(ids) - order + 1))
    sizes = ", ".join(str(len(part)) for part in grams)
    print(f"{len(vocabulary)} different words; n-grams to train, validate, test: {sizes}")
    return vocabulary, [np.array(part) for part in grams]


def counted(grams, order):
    """Of each order, the longest first: the counts, the totals and kinds of each context, the discount."""
    counts, levels = Counter(map(tuple, grams[:, -order:].tolist())), []
    for _ in range(order):
        totals, kinds = Counter(), Counter(gram[:-1] for gram in counts)
        for gram, count in counts.items():
            totals[gram[:-1]] += count
        often = Counter(counts.values())
        levels.append((counts, totals, kinds, often[1] / max(often[1] + 2 * often[2], 1)))
        counts = Counter(gram[1:] for gram in counts)  # after how many words
    return levels


def kneser_ney(levels, size, gram):
    if not levels:
        return 1 / size
    counts, totals, kinds, discount = levels[0]
    context, shorter = gram[:-1], kneser_ney(levels[1:], size, gram[1:])
    if context not in totals:
        return shorter
    return (max(counts[gram] - discount, 0) + discount * kinds[context] * shorter) / totals[context]


def add_k(levels, size, gram, k):
    counts, totals = levels[0][:2]
    return (counts[gram] + k) / (totals[gram[:-1]] + k * size)


def perplexity(p):
    return np.exp(-np.mean(np.log(p)))


def models(training, parts, size):
    """For each model its probability of the last words of the n-grams, in each part: k is best in the first."""
    results = {}
    for n in tqdm((1, 2, 3), desc="counting", unit="order"):
        levels = counted(training, n)
        rows = [[tuple(gram) for gram in part[:, -n:].tolist()] for part in parts]
        tries = {
            k: [np.array([add_k(levels, size, g, k) for g in part]) for part in rows]
            for k in 10.0 ** np.arange(-4, 1)
        }
        best = min(tries, key=lambda k: perplexity(tries[k][0]))
        results[f"{n}-gram, add-{best:g}"] = tries[best]
        results[f"{n}-gram, Kneser-Ney"] = [
            np.array([kneser_ney(levels, size, g) for g in part]) for part in rows
        ]
    for context in (rows[0][0][:-1], (size, size)):  # one seen, one not
        assert np.isclose(sum(kneser_ney(levels, size, (*context, word)) for word in range(size)), 1)
    return results


def show(results):
    print("perplexity" + " " * 28 + "validation     test")
    for name, parts in results.items():
        print(f"  {name:36}" + "".join(f"{perplexity(p):9.2f}" for p in parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="a text file to learn from (default: Python's manual)")
    options = parser.parse_args()
    vocabulary, (training, *parts) = corpus(options.text, 3)
    results = models(training, parts, len(vocabulary))
    show(results)
    best = perplexity(results.pop("3-gram, Kneser-Ney")[1])
    assert best < min(perplexity(parts[1]) for parts in results.values()), (
        "Kneser-Ney trigrams are not the best"
    )


if __name__ == "__main__":
    main()
