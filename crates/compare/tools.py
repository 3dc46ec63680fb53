"""One run of one of the other tools, in a process of its own: JSON lines to pairs, or cleaned.

Each is used as its own documentation has it, by the fastest of its ways that was found: in bulk
where it has a way to, native word 5-grams where it makes them itself. What it takes to start
Python and to import packages is not counted.

    python tools.py rensa letters clean corpus.jsonl folder

writes ``folder/pairs.json``, and ``folder/clean.jsonl`` if asked to clean, and prints seconds, CPU
seconds and the peak of memory as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from words import WORDS, Words

PERMUTATIONS, BANDS, ROWS, THRESHOLD = 128, 16, 8, 0.8

Pairs = set[tuple[int, int]]
Find = Callable[[list[str], Words, bool], Pairs]


def shingles(words: list[str]) -> list[str]:
    """Five words in a row each; fewer words are one shingle."""
    if len(words) < 5:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:])))


def of_candidates(candidates: Iterable[Iterable[int]]) -> Pairs:
    """Pairs out of what stands in one bucket with each document."""
    return {
        (a, b) if a < b else (b, a) for a, others in enumerate(candidates) for b in others if a != b
    }


def in_bulks(texts: list[str], words: Words, size: int = 1000) -> Iterator[list[list[str]]]:
    """Shingles of some texts at a time."""
    for start in range(0, len(texts), size):
        yield [shingles(words(text)) for text in texts[start : start + size]]


def rensa(texts: list[str], words: Words, _: bool) -> Pairs:
    """R-MinHash and its index."""
    tool = importlib.import_module("rensa")
    index = tool.RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    sketches = []
    for bulk in in_bulks(texts, words):
        sketches += tool.RMinHash.from_token_sets(bulk, PERMUTATIONS, 42)
    index.insert_many(sketches)
    return of_candidates(index.query_all(sketches))


def datasketch(texts: list[str], words: Words, _: bool) -> Pairs:
    """MinHash with its default hash, and its index in memory."""
    tool = importlib.import_module("datasketch")
    index = tool.MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    sketches = []
    for bulk in in_bulks(texts, words):
        encoded = ([shingle.encode() for shingle in own] for own in bulk)
        sketches += tool.MinHash.bulk(encoded, num_perm=PERMUTATIONS)
    with index.insertion_session() as session:
        for key, sketch in enumerate(sketches):
            session.insert(key, sketch)
    return of_candidates(index.query(sketch) for sketch in sketches)


def gaoya(texts: list[str], _: Words, verify: bool) -> Pairs:
    """MinHash over words that it makes itself, and its index, which asks its own estimates."""
    tool = importlib.import_module("gaoya")
    # An estimate may be too low by chance: where sets are compared they decide.
    least = 0.7 if verify else THRESHOLD
    index = tool.minhash.MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=least,
        num_bands=BANDS,
        band_size=ROWS,
        analyzer="word",
        lowercase=True,
        ngram_range=(5, 5),
        id_container="smallvec",
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    return of_candidates(index.par_bulk_query(texts))


def verified(pairs: Pairs, texts: list[str], words: Words) -> Pairs:
    """Those of the pairs that are alike by their sets, each of which is held while it is needed."""
    alike = {(a, b) for a, b in pairs if texts[a] == texts[b]}
    others = sorted(pairs - alike)
    uses = Counter(document for pair in others for document in pair)
    sets: dict[int, set[str]] = {}
    for pair in others:
        a, b = (
            sets.get(document) or sets.setdefault(document, set(shingles(words(texts[document]))))
            for document in pair
        )
        both = len(a & b)
        if both >= THRESHOLD * (len(a) + len(b) - both):
            alike.add(pair)
        for document in pair:
            uses[document] -= 1
            if uses[document] == 0:
                del sets[document]
    return alike


def copies(pairs: Pairs, count: int) -> set[int]:
    """All documents but the first of each group that pairs connect."""
    parent = list(range(count))

    def find(document: int) -> int:
        while parent[document] != document:
            parent[document] = parent[parent[document]]
            document = parent[document]
        return document

    for pair in pairs:
        a, b = map(find, pair)
        parent[max(a, b)] = min(a, b)
    return {document for document in range(count) if find(document) != document}


TOOLS: dict[str, Find] = {"rensa": rensa, "gaoya": gaoya, "datasketch": datasketch}


def main() -> None:
    """Runs what the arguments say."""
    name, kind, mode, corpus, folder = sys.argv[1:]
    words, find = WORDS[kind], TOOLS[name]
    importlib.import_module(name)
    start, before = time.perf_counter(), os.times()
    with Path(corpus).open("rb") as lines:
        records = lines.readlines()
    texts = [json.loads(record)["text"] for record in records]
    verify = mode == "clean"
    pairs = find(texts, words, verify)
    gone: set[int] = set()
    if verify:
        pairs = verified(pairs, texts, words)
        gone = copies(pairs, len(texts))
        with (Path(folder) / "clean.jsonl").open("wb") as out:
            out.writelines(line for at, line in enumerate(records) if at not in gone)
    end, after = time.perf_counter(), os.times()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (Path(folder) / "pairs.json").write_text(json.dumps(sorted(pairs)))
    cpu = after.user + after.system - before.user - before.system
    json.dump({"wall": end - start, "cpu": cpu, "peak": peak, "gone": len(gone)}, sys.stdout)


if __name__ == "__main__":
    main()
