"""Runs other tools and doublet on the same corpus and prints what each took and found.

    python3 crates/compare/compare.py

That is all: it makes a virtual environment below ``target/compare``, installs the pinned packages
of ``requirements.txt``, builds doublet, takes ``en100`` beside the project or generates a corpus,
runs every tool in a process of its own, tools in turn, and prints the tables of ``README.md``.
``--help`` has the options. Nothing outside of ``target`` is written.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EN100 = ROOT.parent / "shared" / "corpora" / "en100.jsonl.zst"
THRESHOLD = 0.8


@dataclass(frozen=True)
class Row:
    """A tool, one way of using it."""

    label: str
    tool: str
    #: Whose words it compares.
    words: str = "letters"
    arguments: tuple[str, ...] = ()

    @property
    def is_doublet(self) -> bool:
        """Whether it is this project."""
        return self.tool == "doublet"


DOUBLET = Row("doublet", "doublet", "unified")
ROWS = [
    DOUBLET,
    Row("doublet, 128 registers", "doublet", "unified", ("--sketch-size", "128")),
    Row("rensa", "rensa"),
    Row("rensa, words by white space", "rensa", "spaces"),
    Row("gaoya", "gaoya"),
    Row("datasketch", "datasketch"),
]
PIPELINES = [Row("text-dedup", "text-dedup"), Row("datatrove", "datatrove")]
#: These run in one thread whatever they are given.
SINGLE = {"datasketch"}
#: Minutes each: once is enough.
SLOW = {"datasketch", "text-dedup", "datatrove"}


@dataclass
class Taken:
    """What runs of one kind took."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    def add(self, run: dict[str, float]) -> None:
        """Adds a run."""
        self.wall.append(run["wall"])
        self.cpu.append(run["cpu"])
        self.peak.append(run["peak"] / 1024)

    def medians(self) -> tuple[float, float, float]:
        """Seconds, CPU seconds and MiB."""
        median = statistics.median
        return median(self.wall), median(self.cpu), median(self.peak)


class Bench:
    """Where everything lies, and how processes are started."""

    def __init__(self, work: Path, fifo: bool) -> None:
        self.work = work
        self.fifo = fifo
        self.corpus = work / "corpus.jsonl"
        self.results = work / "results.json"
        self.program = os.environ.get("DOUBLET_PROGRAM", str(ROOT / "target/release/doublet"))

    def environment(self, name: str, requirements: str) -> str:
        """The Python of a virtual environment with these packages."""
        folder = self.work / name
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        done = folder / requirements
        wanted = (HERE / requirements).read_text()
        if not done.exists() or done.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(HERE / requirements)], check=True)
            done.write_text(wanted)
        return str(python)

    def run(self, command: list[str], threads: int, fifo: bool, log: Path) -> dict[str, float]:
        """Runs a command on so many CPUs; what it says of itself goes before what is seen of it."""
        cpus = sorted(os.sched_getaffinity(0), reverse=True)[:threads]
        prefix = ["taskset", "-c", ",".join(map(str, cpus))]
        if fifo:
            prefix = ["chrt", "-f", "50", *prefix]
        count = str(len(cpus))
        names = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
        environment = {**os.environ, **dict.fromkeys(names, count)}
        with log.open("wb") as errors:
            start = time.perf_counter()
            child = subprocess.Popen(
                [*prefix, *command], env=environment, stdout=subprocess.PIPE, stderr=errors
            )
            said = child.stdout.read() if child.stdout else b""
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed; {log} says why")
        seen = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss}
        return {**seen, **(json.loads(said) if said.startswith(b"{") else {})}

    def measure(self, row: Row, mode: str, threads: int) -> dict[str, float]:
        """One run of a tool."""
        folder = self.work / f"{row.label} {mode} {threads}".replace(" ", "-").replace(",", "")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        command = self.command(row, mode, threads, folder)
        fifo = self.fifo and row.tool not in SLOW
        taken = self.run(command, threads, fifo, self.work / "log.txt")
        stats = folder / "stats.json"
        if stats.exists():
            # The program counts its peak anew at each stage, which the system forgets with it.
            stages = json.loads(stats.read_text())["times"]
            taken["peak"] = max(stage["peak_memory"] for stage in stages) / 1024
        if row.tool == "text-dedup":
            # It writes Arrow; what is in it is looked at as JSON lines.
            script = "import sys, datasets as d; d.load_from_disk(sys.argv[1]).to_json(sys.argv[2])"
            paths = [folder / "arrow", folder / "clean.jsonl"]
            subprocess.run([command[0], "-c", script, *paths], check=True, capture_output=True)
        return taken

    def command(self, row: Row, mode: str, threads: int, folder: Path) -> list[str]:
        """What is run."""
        corpus = str(self.corpus)
        if row.is_doublet:
            common = ["--threads", str(threads), "--quiet", *row.arguments]
            if mode == "pairs":
                output = ["--format", "json", "--output", str(folder / "report.json")]
                return [self.program, "find", corpus, "--only", "documents", *common, *output]
            output = ["--output", str(folder / "out"), "--temp-dir", str(folder)]
            output += ["--stats", str(folder / "stats.json")]
            return [self.program, "dedup", corpus, *common, *output]
        if row.tool == "datatrove":
            python = self.environment("datatrove", "requirements-datatrove.txt")
            return [python, str(HERE / "pipelines.py"), corpus, str(folder), str(threads)]
        if row.tool == "text-dedup":
            python = self.environment("text-dedup", "requirements-text-dedup.txt")
            options = (
                f"--path json --data_files {corpus} --split train --column text --ngram 5"
                f" --num_perm 128 --b 16 --r 8 --threshold {THRESHOLD} --hash_func xxh3"
                f" --num_proc {threads} --output {folder}/arrow --cache_dir {folder}/cache"
            )
            return [python, "-m", "text_dedup.minhash", *options.split()]
        python = self.environment("tools", "requirements.txt")
        tool = [str(HERE / "tools.py"), row.tool, row.words, mode, corpus, str(folder)]
        return [python, *tool]


def prepare(bench: Bench, corpus: Path | None, megabytes: int) -> None:
    """Builds the program and puts the corpus in its place."""
    bench.work.mkdir(parents=True, exist_ok=True)
    if "DOUBLET_PROGRAM" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    bench.environment("tools", "requirements.txt")
    source = corpus or (EN100 if EN100.exists() else None)
    name = str(source or f"{megabytes} MB generated by crates/generate")
    kept = bench.work / "corpus.txt"
    if bench.corpus.exists() and kept.exists() and kept.read_text() == name:
        return
    for old in [*bench.work.glob("truth-*.json"), bench.results]:
        old.unlink(missing_ok=True)
    if source is None:
        generate = ["run", "--release", "--quiet", "-p", "doublet-generate", "--example", "corpus"]
        with bench.corpus.open("wb") as out:
            command = ["cargo", *generate, "--", str(megabytes)]
            subprocess.run(command, cwd=ROOT, check=True, stdout=out)
    elif source.suffix == ".zst":
        subprocess.run(["zstd", "-dqf", source, "-o", bench.corpus], check=True)
    else:
        shutil.copyfile(source, bench.corpus)
    kept.write_text(name)


def main() -> None:
    """Measures, then scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="JSON lines with id and text, .zst or plain")
    parser.add_argument("--megabytes", type=int, default=100, help="of a generated corpus")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which medians are shown")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", help="some of the tools")
    parser.add_argument(
        "--pipelines", action="store_true", help="text-dedup and datatrove too: 2 GB of packages"
    )
    parser.add_argument("--fifo", action="store_true", help="before all other processes (root)")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "compare")
    arguments = parser.parse_args()
    bench = Bench(arguments.work, arguments.fifo)
    prepare(bench, arguments.corpus, arguments.megabytes)
    rows = ROWS + (PIPELINES if arguments.pipelines else [])
    rows = [row for row in rows if not arguments.only or row.tool in arguments.only]
    taken: dict[str, Taken] = {}
    for threads in arguments.threads:
        for turn in range(arguments.rounds):
            for row in rows:
                for mode in ["clean"] if row in PIPELINES else ["pairs", "clean"]:
                    if (turn and row.tool in SLOW) or (threads > 1 and row.tool in SINGLE):
                        continue
                    run = bench.measure(row, mode, threads)
                    taken.setdefault(f"{row.label}|{mode}|{threads}", Taken()).add(run)
                    print(f"{row.label}, {mode}, {threads}: {run['wall']:.2f} s", file=sys.stderr)
    # What was measured before on the same corpus stays in the tables.
    results = json.loads(bench.results.read_text()) if bench.results.exists() else {}
    results |= {key: one.medians() for key, one in taken.items()}
    bench.results.write_text(json.dumps(results, indent=1))
    # Scoring needs packages, and memory that measured processes must not inherit.
    python = bench.environment("tools", "requirements.txt")
    subprocess.run([python, HERE / "scores.py", bench.work], check=True)


if __name__ == "__main__":
    main()
