"""The tables: what each tool took, and how much of what there is to find it found.

    python scores.py target/compare

Pairs are scored by the exact similarity of sets of the tool's own words. A cleaned corpus is scored
by what is still in it: pairs of which both documents stayed, and documents that went though none
is like them.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path

from compare import PIPELINES, ROWS, THRESHOLD, Row
from truth import truth
from words import WORDS

Pair = tuple[int, int]
Medians = tuple[float, float, float]


def folder_of(work: Path, row: Row, mode: str, threads: int) -> Path:
    """Where a run left its files."""
    return work / f"{row.label} {mode} {threads}".replace(" ", "-").replace(",", "")


def pairs_of(folder: Path, row: Row) -> set[Pair]:
    """The pairs that a run found."""
    if row.is_doublet:
        matches = json.loads((folder / "report.json").read_text())["matches"]
        return {(one["a"], one["b"]) for one in matches if one["similarity"] >= THRESHOLD}
    return set(map(tuple, json.loads((folder / "pairs.json").read_text())))


def gone_of(folder: Path, ids: list[str]) -> set[int]:
    """The documents that a cleaned corpus has no more."""
    [clean] = [path for path in folder.rglob("*.jsonl") if path.name != "removed.jsonl"]
    with clean.open(encoding="utf-8") as lines:
        kept = {json.loads(line)["id"] for line in lines}
    return {at for at, name in enumerate(ids) if name not in kept}


def machine() -> str:
    """What this was measured on."""
    model = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return f"{time.strftime('%Y-%m-%d')}, {len(os.sched_getaffinity(0))} cores of {model}"


def table(head: list[str], lines: list[list[str]]) -> None:
    """A table in Markdown."""
    for line in [head, ["---"] + ["---:"] * (len(head) - 1), *lines]:
        print("| " + " | ".join(line) + " |")
    print()


def took(medians: Medians, best: float) -> list[str]:
    """Cells for time and memory, and how many times as long as doublet it is."""
    wall, cpu, peak = medians
    return [f"{wall:.2f}", f"{wall / best:.1f}", f"{cpu:.2f}", f"{peak:.0f}"]


def main() -> None:
    """Prints the tables."""
    work = Path(sys.argv[1])
    results: dict[str, Medians] = json.loads((work / "results.json").read_text())
    corpus = work / "corpus.jsonl"
    with corpus.open(encoding="utf-8") as records:
        ids = [json.loads(record)["id"] for record in records]
    known = {
        name: truth(corpus, words, THRESHOLD, work / f"truth-{name}.json")
        for name, words in WORDS.items()
    }
    print(f"{(work / 'corpus.txt').read_text()}: {len(ids)} documents,", end=" ")
    print(f"{corpus.stat().st_size / 1e6:.0f} MB. {machine()}.\n")
    for threads in sorted({int(key.split("|")[2]) for key in results}):
        for mode, title in [
            ("pairs", "JSON lines to pairs"),
            ("clean", "JSON lines to cleaned JSON lines"),
        ]:
            lines: list[list[str]] = []
            best = results.get(f"doublet|{mode}|{threads}", (float("nan"),))[0]
            for row in ROWS + PIPELINES:
                medians = results.get(f"{row.label}|{mode}|{threads}")
                if medians is None:
                    continue
                folder, true = folder_of(work, row, mode, threads), known[row.words]
                if mode == "pairs":
                    found = pairs_of(folder, row)
                    both = len(found & true.keys())
                    cells = [f"{len(found)}", f"{both / len(true):.4f}", f"{both / len(found):.4f}"]
                else:
                    gone = gone_of(folder, ids)
                    alike = {document for pair in true for document in pair}
                    left = sum(1 for a, b in true if a not in gone and b not in gone)
                    cells = [f"{len(gone)}", f"{left}", f"{len(gone - alike)}"]
                lines.append([row.label, *took(medians, best), *cells])
            if not lines:
                continue
            heads = {
                "pairs": ["pairs", "recall", "precision"],
                "clean": ["documents gone", "pairs left", "gone without a pair"],
            }
            print(f"**{title}, {threads} thread{'s' if threads > 1 else ''}**\n")
            table(["tool", "seconds", "times", "CPU s", "peak MiB", *heads[mode]], lines)


if __name__ == "__main__":
    main()
