"""What the binding costs, and what its sketches cost beside others. Not a test.

    pip install rensa datasketch polars
    DOUBLET_PROGRAM=target/release/doublet python crates/python/benchmark.py

Every ratio is of runs taken in turn in one process: compare ratios, never seconds of two days.
Figures are medians of five. It uses the corpus beside the project, or what ``--corpus`` names.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars

import doublet

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpora" / "en100.jsonl.zst"
SHINGLE = 5


def seconds(work: Callable[[], Any]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(rounds: int, *works: Callable[[], Any]) -> list[float]:
    """Medians of several works, taken in turn."""
    taken = [[seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def row(what: str, measured: str, wanted: str) -> None:
    """One line of the table."""
    print(f"{what:<58} {measured:>24}   {wanted}", flush=True)


def binding(frame: polars.DataFrame, rounds: int, threads: int) -> None:
    """``find`` on an Arrow table beside the program on the same documents."""
    program = os.environ.get("DOUBLET_PROGRAM", str(ROOT / "target" / "release" / "doublet"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.jsonl"
        frame.write_ndjson(path)
        for only in ("documents", None):
            chosen = ["--only", only] if only else []
            command = [program, "find", path, *chosen, "--threads", str(threads), "-q"]
            output = Path(folder) / "out.json"
            command += ["--output", str(output), "--force"]

            def run(command: list[Any] = command) -> None:
                subprocess.run(command, check=True)

            def call(only: Any = only) -> None:
                doublet.find(frame, only=only, threads=threads)

            theirs, mine = in_turn(rounds, run, call)
            row(
                f"find, {only or 'both halves'}, {threads} threads: binding / program",
                f"{mine:.2f} s / {theirs:.2f} s = {mine / theirs:.2f}",
                "at most 1.1",
            )


def sketches(frame: polars.DataFrame, rounds: int, registers: int) -> None:
    """Texts to sketches on one thread, with everything that each package needs for it."""
    import datasketch
    import rensa

    column = frame["text"]
    texts = column.to_list()
    size = sum(len(text.encode()) for text in texts)

    def shingles(text: str) -> list[str]:
        words = text.lower().split()
        return [" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))]

    def with_rensa() -> None:
        for text in texts:
            made = rensa.RMinHash(num_perm=registers, seed=42)
            made.update(shingles(text))
            made.digest()

    def with_datasketch() -> None:
        for text in texts:
            made = datasketch.MinHash(num_perm=registers)
            made.update_batch([shingle.encode() for shingle in shingles(text)])

    sketcher = doublet.Sketcher(sketch_size=registers)
    mine, of_rensa = in_turn(rounds, lambda: sketcher.sketch(column), with_rensa)
    name = f"sketch, k = {registers}"
    row(
        f"{name}: rensa / doublet ({size / mine / 1e6:.0f} MB/s)",
        f"{of_rensa:.2f} s / {mine:.3f} s = {of_rensa / mine:.1f}",
        "at least 5",
    )
    mine, of_datasketch = in_turn(rounds, lambda: sketcher.sketch(column), with_datasketch)
    row(
        f"{name}: datasketch / doublet",
        f"{of_datasketch:.2f} s / {mine:.3f} s = {of_datasketch / mine:.1f}",
        "at least 30",
    )


def interrupts(frame: polars.DataFrame, rounds: int) -> None:
    """Seconds from Ctrl-C to the exception, at different moments of a run."""
    whole = seconds(lambda: doublet.find(frame))
    waits = []
    for turn in range(2 * rounds):
        sent = [0.0]

        def send(sent: list[float] = sent) -> None:
            sent[0] = time.perf_counter()
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(whole * (turn + 0.5) / (2 * rounds) * 0.9, send)
        timer.start()
        try:
            doublet.find(frame)
            timer.cancel()
            timer.join()
        except KeyboardInterrupt:
            waits.append(time.perf_counter() - sent[0])
    if waits:
        row(
            f"Ctrl-C at {len(waits)} moments of a run of {whole:.1f} s",
            f"longest {max(waits):.2f} s",
            "at most 0.5 s",
        )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--documents", type=int, default=None, help="only the first so many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--only", choices=["binding", "sketches", "interrupts"], help="one section"
    )
    arguments = parser.parse_args()
    documents = doublet.read(arguments.corpus)[: arguments.documents]
    frame = polars.DataFrame(documents, schema=["id", "text"], orient="row")
    size = frame["text"].str.len_bytes().sum() / 1e6
    print(json.dumps({"documents": len(frame), "megabytes": round(size, 1)}))
    if arguments.only in (None, "sketches"):
        some = frame.head(2000)
        sketches(some, arguments.rounds, 128)
        sketches(some, arguments.rounds, 256)
    if arguments.only in (None, "interrupts"):
        interrupts(frame.head(8000), arguments.rounds)
    if arguments.only in (None, "binding"):
        binding(frame, arguments.rounds, arguments.threads)


if __name__ == "__main__":
    main()
