"""The same results as the program, field by field, and the same options."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import polars
import pyarrow
import pytest

import doublet
from conftest import ROOT, SEEDS
from test_report import check_report


def without_times(report: Any) -> Any:
    return {**report, "run": {**report["run"], "times": None}}


def check(report: doublet.Report, told: Any, texts: list[str]) -> None:
    assert without_times(json.loads(report.to_json())) == without_times(told)
    # Times are those of another run; everything else must be told alike.
    told["run"]["times"] = [
        {"stage": stage, "seconds": seconds} for stage, seconds in report.run.times.items()
    ]
    check_report(report, told, texts)


def test_samples(program: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    told = program("find", "seeds", "--include", "*.txt")
    report = doublet.find(Path("seeds"), include="*.txt")
    texts = [path.read_text(encoding="utf-8") for path in SEEDS]
    check(report, told, texts)
    assert len(report.passages) == 5


def test_samples_with_every_option(program: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    told = program(
        "find", "seeds", "--include", "*.txt", "--threshold", "0.5", "--shingle-size", "3",
        "--containment", "0.4", "--keep", "first", "--linkage", "single", "--min-words", "5",
        "--sensitivity", "fast", "--min-identity", "0.3", "--min-distinctiveness", "0.9",
        "--threads", "1", "--group-by", "path",
    )  # fmt: skip
    report = doublet.find(
        "seeds", include="*.txt", threshold=0.5, shingle_size=3, containment=0.4, keep="first",
        linkage="single", min_words=5, sensitivity="fast", min_identity=0.3,
        min_distinctiveness=0.9, threads=1, group_by="path",
    )  # fmt: skip
    check(report, told, [path.read_text(encoding="utf-8") for path in SEEDS])


def test_corpus(program: Any, corpus: list[dict[str, str]]) -> None:
    path = Path("corpus.jsonl")
    path.write_text("\n".join(map(json.dumps, corpus)), encoding="utf-8")
    told = program("find", path.resolve())
    texts = [document["text"] for document in corpus]
    check(doublet.find(path.resolve()), told, texts)
    # From a table everything is the same but where documents came from.
    for table in (polars.DataFrame(corpus), pyarrow.Table.from_pylist(corpus)):
        report = doublet.find(table)
        mine = without_times(json.loads(report.to_json()))
        theirs = without_times(json.loads(json.dumps(told)))
        for document in theirs["documents"]:
            document["origin"] = None
        theirs["groups"][0]["name"] = "documents"
        theirs["run"]["text_field"] = None
        assert mine == theirs
    assert len(report.matches) > 100 and len(report.passages) > 100


def test_cleaning(program: Any, corpus: list[dict[str, str]], tmp_path: Path) -> None:
    del program
    some = corpus[:1500]
    path = Path("corpus.jsonl")
    path.write_text("".join(f"{json.dumps(record)}\n" for record in some), encoding="utf-8")
    rules = "exact,near,contained,passages"
    command = [os.environ["DOUBLET_PROGRAM"], "dedup", path, "-o", "clean", "--remove", rules, "-q"]
    subprocess.run(command, check=True)
    data, removals = doublet.dedup(some, remove=rules)
    lines = Path("clean/corpus.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert data == [json.loads(line) for line in lines]
    removed = Path("clean/removed.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(removed) == len(removals) > 10
    for line, removal in zip(map(json.loads, removed), removals, strict=True):
        assert line["id"] == removal.document
        assert (line["name"], line["rule"], line["score"]) == (
            removal.name, removal.rule, removal.score
        )  # fmt: skip
        assert (line["kept"]["id"], line["kept"]["name"]) == (removal.kept, removal.kept_name)
        assert line["spans"] == [[cut.start_byte, cut.end_byte] for cut in removal.cuts]
        assert line["text"] == removal.text


def options_of(command: str) -> dict[str, str | None]:
    """The program's long options, and their defaults where the help names one."""
    path = os.environ.get("DOUBLET_PROGRAM")
    if not path:
        pytest.skip("DOUBLET_PROGRAM does not name the program")
    shown = subprocess.run([path, command, "--help"], capture_output=True, text=True, check=True)
    options: dict[str, str | None] = {}
    for part in re.split(r"\n\s+(?=--|-\w, --)", shown.stdout)[1:]:
        name = re.search(r"--([a-z-]+)", part)
        default = re.search(r"\[default: ([^\]]*)\]", part)
        if name:
            options[name[1].replace("-", "_")] = default[1] if default else None
    return options


#: Options of the program about where and how results are written.
ITS_OWN = {
    "format", "output", "force", "all", "top", "compact", "html_limit", "quiet", "verbose", "color",
    "help", "version", "dry_run", "stats", "annotate", "memory", "temp_dir", "resume",
}  # fmt: skip
#: Options that concern files, for dedup, which takes data in memory.
FILES = {"format_in", "encoding", "include", "exclude", "skip_hidden", "group_by"}


def test_options_and_defaults_are_the_programs() -> None:
    for command, function, left in (
        ("find", doublet.find, set()),
        ("dedup", doublet.dedup, FILES),
        ("compare", doublet.compare, {"encoding"}),
    ):
        theirs = options_of(command)
        mine = inspect.signature(function).parameters
        missing = {name for name in theirs if name not in mine and name not in ITS_OWN | left}
        assert not missing, f"{command}: {missing}"
        for name, default in theirs.items():
            if name not in mine or default is None or " " in default or default == "nothing":
                continue
            value = mine[name].default
            if isinstance(value, tuple):
                value = ",".join(value)
            if isinstance(value, (int, float)):
                assert value == float(default), f"{command} {name}"
            elif value is not None:
                assert str(value) == default, f"{command} {name}"
