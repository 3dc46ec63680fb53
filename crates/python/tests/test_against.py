"""A corpus against a reference: the same as the program, from every kind of input."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import doublet
from test_program import check, without_times
from test_report import check_report

QUESTION = "How many of the seven bridges of the old town can a walker cross once and only once?"
CORPUS = [
    {"id": "p0", "text": "Quiz night came and went; nobody had the least idea of what to ask next."},
    {"id": "p1", "text": f"Quiz night: {QUESTION} Nobody knew."},
    {"id": "p2", "text": f"Quiz night: {QUESTION} Nobody knew!"},
]
REFERENCE = [
    {"id": "q0", "text": "Name the largest of the moons of the planet that has the most of them."},
    {"id": "q1", "text": QUESTION},
]

KINDS: dict[str, Callable[[Any], Any]] = {
    "records": list,
    "pairs": lambda records: [(record["id"], record["text"]) for record in records],
    "mapping": lambda records: {record["id"]: record["text"] for record in records},
    "pandas": pandas.DataFrame,
    "polars": polars.DataFrame,
    "arrow": pyarrow.Table.from_pylist,
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_both_sides_have_is_told(kind: str) -> None:
    make = KINDS[kind]
    report = doublet.find(make(CORPUS), against=make(REFERENCE))
    assert [(document.name, document.reference) for document in report.documents] == [
        ("q0", True), ("q1", True), ("p0", False), ("p1", False), ("p2", False),
    ]  # fmt: skip
    # That the two pages are copies of one another nobody asked.
    assert [(found.a, found.b, found.kind) for found in report.matches] == [
        (1, 3, "contained"), (1, 4, "contained"),
    ]  # fmt: skip
    assert len(report.passages) == 1
    passage = report.passages[0]
    assert [member.name for member in passage.members] == ["q1", "p1", "p2"]
    assert passage.document == 1 and passage.text == QUESTION.rstrip("?")
    assert report.coverage.reference["documents"].reuse == report.documents[1].coverage.reuse > 0
    assert report.coverage.groups["documents"].tokens < report.coverage.total.tokens
    texts = [record["text"] for record in REFERENCE + CORPUS]
    check_report(report, json.loads(report.to_json()), texts)
    rows = report.coverage.to_arrow().to_pylist()
    assert [row["reference"] for row in rows] == [None, True, False]
    assert report.documents.to_polars()["reference"].to_list() == [True, True, False, False, False]


def written(path: Path, records: list[dict[str, str]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path.resolve()


def test_files_are_told_as_the_program_tells_them(program: Any, tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    dated = [{**record, "date": f"2024-01-0{n}"} for n, record in enumerate(CORPUS, 1)]
    written(folder / "pages.jsonl", dated)
    # The reference lies among what is compared with it, and has no dates.
    reference = written(folder / "eval.jsonl", REFERENCE)
    told = program("find", folder, "--against", reference, "--date-field", "date")
    report = doublet.find(folder, against=reference, date_field="date")
    check(report, told, [record["text"] for record in REFERENCE + CORPUS])
    assert len(report.documents) == 5
    read = doublet.find(doublet.read(folder, exclude="eval*"), against=doublet.read(reference))
    assert [passage.text for passage in read.passages] == [p.text for p in report.passages]


def test_a_corpus_of_real_texts(program: Any, corpus: list[dict[str, str]], tmp_path: Path) -> None:
    reference, pages = corpus[:300], corpus[300:2000]
    paths = written(tmp_path / "pages.jsonl", pages), written(tmp_path / "eval.jsonl", reference)
    told = program("find", paths[0], "--against", paths[1])
    mine = without_times(json.loads(doublet.find(pages, against=reference).to_json()))
    theirs = without_times(told)
    for document in theirs["documents"]:
        document["origin"] = None
    for group in theirs["groups"]:
        group["name"] = "documents"
    theirs["run"]["text_field"] = None
    assert mine == theirs
    assert mine["passages"]

    rules = "exact,near,contained,passages"
    command = [os.environ["DOUBLET_PROGRAM"], "dedup", paths[0], "--against", paths[1]]
    subprocess.run([*command, "-o", "clean", "--remove", rules, "-q"], check=True)
    data, removals = doublet.dedup(pages, against=reference, remove=rules)
    lines = Path("clean/pages.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert data == [json.loads(line) for line in lines]
    removed = Path("clean/removed.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(removed) == len(removals) > 0
    for line, removal in zip(map(json.loads, removed), removals, strict=True):
        assert (line["id"], line["rule"]) == (removal.document + len(reference), removal.rule)
        assert (line["kept"]["id"], removal.kept_in) == (removal.kept, "against")


def test_what_repeats_in_the_corpus_stays() -> None:
    data, removals = doublet.dedup(
        CORPUS, against=REFERENCE, protect=CORPUS[2:], remove=("near", "passages"), min_words_left=1
    )
    assert [(gone.name, gone.rule, gone.kept, gone.kept_in) for gone in removals] == [
        ("p1", "passage", 1, "against"),
        ("p2", "passage", 1, "against"),
    ]
    assert [record["text"].split()[-2:] for record in data[1:]] == [["Nobody", "knew."], ["Nobody", "knew!"]]
    assert removals[0].cuts[0].kept_in == "against"
    assert [row["kept_in"] for row in removals.to_arrow().to_pylist()] == ["against"] * 2
    assert [document.name for document in removals.report.documents] == [
        "q0", "q1", "p2", "p0", "p1", "p2",
    ]  # fmt: skip


def test_a_reference_of_nothing_is_refused() -> None:
    for run in (doublet.find, doublet.dedup):
        with pytest.raises(doublet.ConfigError, match="reference without documents"):
            run(CORPUS, against=[])
        with pytest.raises(doublet.ConfigError, match="reference without a word"):
            run(CORPUS, against=["", " - "])
    with pytest.raises(doublet.ConfigError, match="corpus without documents"):
        doublet.find([], against=REFERENCE)
    assert doublet.dedup([], against=REFERENCE)[0] == []
