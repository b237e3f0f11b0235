"""Co-occurrence counts, and a planted corpus: text whose analogies are known exactly.

X_ij counts how often word j stands within five words of word i, each occurrence weighted by 1/distance: a sparse
matrix, since most words never meet. In the planted corpus words are (family, role) pairs, such as (country, capital),
that share contexts with their family and with their role and nothing else; there are no pairs in any sentence. So

    log P(context | word) = f(family, context) + g(role, context),

and the difference of two roles is the same in all families: what `glove.py` is to find from the counts alone.
"""

from collections import Counter
from itertools import permutations

import numpy as np
from scipy.sparse import csr_array

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


def planted_relations():
    """For each two roles the pairs of words, one a family."""
    for r, s in permutations(range(ROLES), 2):
        yield [(f"word{family}_{r}", f"word{family}_{s}") for family in range(FAMILIES)]


def count(text, most):
    """The most frequent words, and the nonzero entries of the co-occurrence matrix: (rows, columns, counts)."""
    words = [word for word, _ in Counter(filter(None, text)).most_common(most)]
    place, shape = {word: k for k, word in enumerate(words)}, (len(words), len(words))
    ids, total = np.array([place.get(word, -1) for word in text]), csr_array(shape)
    for distance in range(1, WINDOW + 1):
        left, right = ids[:-distance], ids[distance:]
        both = (left >= 0) & (right >= 0)
        near = csr_array((np.full(both.sum(), 1 / distance), (left[both], right[both])), shape=shape)
        total = total + near + near.T
    total = total.tocoo()
    print(f"{len(text)} words, {len(words)} different ones taken, {total.nnz} nonzero counts")
    return words, (total.row, total.col, total.data)


def main():
    words, (rows, columns, counts) = count(planted_corpus(5000, np.random.default_rng(0)), 1000)
    total = csr_array((counts, (rows, columns)), shape=(len(words), len(words))).toarray()
    grid = np.array([[total[words.index(f"word{i}_{r}")] for r in range(ROLES)] for i in range(FAMILIES)])
    share = grid / grid.sum(axis=2, keepdims=True)
    of_role = [words.index(f"role{r}_{k}") for r in range(ROLES) for k in range(4)]
    contexts = share[:, :, of_role].reshape(FAMILIES, ROLES, ROLES, 4).sum(axis=3)
    print(f"share of role contexts around a word: own {np.einsum('irr->r', contexts) / FAMILIES}")
    others = contexts.sum() / FAMILIES / ROLES - np.einsum("irr->", contexts) / FAMILIES / ROLES
    print(f"of all other roles together: {others:.4f}")
    assert np.einsum("irr->ir", contexts).min() > 0.3 and others == 0


if __name__ == "__main__":
    main()
