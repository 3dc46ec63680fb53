"""All pairs of documents whose sets of word 5-grams are alike: the truth that tools are scored by.

Idea: two sets with a Jaccard similarity of at least t share at least one of the rarest shingles of
each, as many as may be missing (prefix filtering: Chaudhuri, Ganti and Kaushik, 2006; Bayardo, Ma
and Srikant, 2007). An inverted index over those alone gives every pair that can be alike; each is
then compared set by set. Nothing is estimated. Shingles are told apart by 64-bit hashes of random
values of their words: of 18 million, two that differ have the same one once in 100,000 runs.

It shares no code with any of the tools, doublet included.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from words import Words

SHINGLE = 5


def shingle_sets(texts: Iterator[str], words: Words) -> list[np.ndarray]:
    """The sorted hashes of the shingles of each text; a text of fewer words is one shingle."""
    random = np.random.default_rng(7)
    numbers: dict[str, int] = {}
    documents = [
        np.array([numbers.setdefault(word, len(numbers)) for word in words(text)], dtype=np.int64)
        for text in texts
    ]
    values = random.integers(1, 2**63, size=(SHINGLE, len(numbers) + 1), dtype=np.uint64)
    sets = []
    for tokens in documents:
        size = min(SHINGLE, len(tokens))
        if size == 0:
            sets.append(np.empty(0, dtype=np.uint64))
            continue
        count = len(tokens) - size + 1
        hashes = np.full(count, size, dtype=np.uint64)
        for place in range(size):
            hashes += values[place][tokens[place : place + count]]
        sets.append(np.unique(hashes))
    return sets


def groups_of_two(keys: np.ndarray, owners: np.ndarray, count: int) -> np.ndarray:
    """Every two owners of one key, as ``a * count + b`` with a < b, each once."""
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    sizes = np.diff(np.append(starts, len(keys)))
    found = []
    for size in np.unique(sizes[sizes > 1]):
        # Owners of a key come in order, as they were put in.
        group = owners[starts[sizes == size][:, None] + np.arange(size)]
        for a in range(size - 1):
            for b in range(a + 1, size):
                found.append(group[:, a] * count + group[:, b])
        if sum(map(len, found)) > 20_000_000:
            found = [np.unique(np.concatenate(found))]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Similarity of two sorted sets."""
    both = len(np.intersect1d(a, b, assume_unique=True))
    return both / (len(a) + len(b) - both)


def alike(sets: list[np.ndarray], threshold: float) -> list[tuple[int, int, float]]:
    """All pairs of at least this similarity, with it."""
    lengths = np.array([len(one) for one in sets])
    everything = np.concatenate(sets)
    shingles, inverse, frequency = np.unique(everything, return_inverse=True, return_counts=True)
    rank = np.empty(len(shingles), dtype=np.int64)
    rank[np.argsort(frequency, kind="stable")] = np.arange(len(shingles))
    ranks = np.split(rank[inverse], np.cumsum(lengths)[:-1])
    keys, owners = [], []
    for owner, own in enumerate(ranks):
        if len(own) == 0:
            continue
        missing = len(own) - math.ceil(threshold * len(own) - 1e-9)
        prefix = np.partition(own, missing)[: missing + 1] if missing < len(own) - 1 else own
        keys.append(prefix)
        owners.append(np.full(len(prefix), owner, dtype=np.int64))
    pairs = groups_of_two(np.concatenate(keys), np.concatenate(owners), len(sets))
    a, b = pairs // len(sets), pairs % len(sets)
    fits = np.minimum(lengths[a], lengths[b]) >= threshold * np.maximum(lengths[a], lengths[b])
    found = []
    for x, y in zip(a[fits].tolist(), b[fits].tolist(), strict=True):
        similarity = jaccard(sets[x], sets[y])
        if similarity >= threshold:
            found.append((x, y, similarity))
    return found


def check(sets: list[np.ndarray], threshold: float, found: list[tuple[int, int, float]]) -> None:
    """Compares every two of some documents one by one, as a test of the index."""
    some = sorted({document for pair in found[:150] for document in pair[:2]})[:300]
    expected = {
        (a, b)
        for at, a in enumerate(some)
        for b in some[at + 1 :]
        if len(sets[a]) and len(sets[b]) and jaccard(sets[a], sets[b]) >= threshold
    }
    within = {(a, b) for a, b, _ in found if a in set(some) and b in set(some)}
    if expected != within:
        raise AssertionError(f"the index has {len(within)} pairs where there are {len(expected)}")


def truth(
    corpus: Path, words: Words, threshold: float, cache: Path
) -> dict[tuple[int, int], float]:
    """The pairs of a corpus, from the cache if they are there."""
    if not cache.exists():
        with corpus.open(encoding="utf-8") as lines:
            sets = shingle_sets((json.loads(line)["text"] for line in lines), words)
        found = alike(sets, threshold)
        check(sets, threshold, found)
        cache.write_text(json.dumps(found))
    return {(a, b): similarity for a, b, similarity in json.loads(cache.read_text())}
