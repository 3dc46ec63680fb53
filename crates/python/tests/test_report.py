"""Reports: typed objects, tables, JSON and pages say the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import doublet


def test_objects_tell_every_field_of_the_json(articles: list[dict[str, str]]) -> None:
    documents = [*articles, {**articles[0], "id": "copy", "note": "x"}]
    report = doublet.find(documents)
    told = json.loads(report.to_json())
    assert set(told) == {
        "schema_version", "run", "groups", "documents", "matches", "document_clusters",
        "passages", "coverage", "suppressed", "skipped",
    }  # fmt: skip
    check_report(report, told, [document["text"] for document in documents])
    assert len(report.passages) > 0 and len(report.matches) > 0 and len(report.clusters) > 0


def check_report(report: doublet.Report, told: Any, texts: list[str]) -> None:
    """Compares a report with the JSON form of the same run, field by field."""
    run = dataclasses.asdict(report.run)
    times = run.pop("times")
    assert run.pop("text_field") == told["run"].pop("text_field", None)
    assert [{"stage": stage, "seconds": s} for stage, s in times.items()] == told["run"]["times"]
    assert run == {name: value for name, value in told["run"].items() if name != "times"}
    assert [dataclasses.asdict(group) for group in report.groups] == told["groups"]
    assert [dataclasses.asdict(match) for match in report.matches] == told["matches"]
    clusters = [{**dataclasses.asdict(c), "members": list(map(dataclasses.asdict, c.members))}
                for c in report.clusters]  # fmt: skip
    assert clusters == told["document_clusters"]
    assert dataclasses.asdict(report.suppressed) == told["suppressed"]
    assert [dataclasses.asdict(skipped) for skipped in report.skipped] == told["skipped"]
    check_documents(report, told)
    check_coverage(report, told)
    assert len(report.passages) == len(told["passages"])
    for passage, expected in zip(report.passages, told["passages"], strict=True):
        check_passage(passage, expected, texts)


def check_documents(report: doublet.Report, told: Any) -> None:
    assert len(report.documents) == len(told["documents"])
    everything = zip(report.documents, told["documents"], told["coverage"]["documents"], strict=True)
    for number, (entry, expected, share) in enumerate(everything):
        mine = dataclasses.asdict(entry)
        assert mine.pop("number") == number
        assert mine.pop("coverage") == share
        mine["group"] = next(
            number
            for number, group in enumerate(report.groups)
            if (group.name, group.reference) == (entry.group, entry.reference)
        )
        assert mine == expected


def check_coverage(report: doublet.Report, told: Any) -> None:
    coverage = report.coverage
    assert dataclasses.asdict(coverage.total) == told["coverage"]["total"]
    groups = [*coverage.reference.values(), *coverage.groups.values()]
    assert list(map(dataclasses.asdict, groups)) == told["coverage"]["groups"]
    assert [list(row) for row in coverage.between] == told["coverage"]["between"]
    assert list(coverage) == [coverage.total, *groups]


def check_passage(passage: doublet.Passage, told: Any, texts: list[str]) -> None:
    simple = ("kind", "text", "words", "documents", "distinctiveness", "canonical")
    for name in simple:
        assert getattr(passage, name) == told[name]
    assert set(told) == {*simple, "members"}
    canonical = passage.members[passage.canonical]
    assert (passage.document, passage.start, passage.end, passage.start_byte, passage.end_byte) == (
        canonical.document, canonical.start, canonical.end, canonical.start_byte,
        canonical.end_byte,
    )  # fmt: skip
    assert texts[passage.document][passage.start : passage.end] == passage.text
    for member, expected in zip(passage.members, told["members"], strict=True):
        text = texts[member.document]
        span = {"start": member.start_byte, "end": member.end_byte}
        lines = {"start_line": member.line, "start_column": member.column,
                 "end_line": member.end_line, "end_column": member.end_column}  # fmt: skip
        tokens = {"start": member.start_token, "end": member.end_token}
        assert expected == {
            "document": member.document, "span": span, "lines": lines, "tokens": tokens,
            "identity": member.identity, "operations": expected["operations"],
        }  # fmt: skip
        words = text.encode()[member.start_byte : member.end_byte].decode()
        assert text[member.start : member.end] == member.text == words
        steps = zip(member.operations, expected["operations"], strict=True)
        for step, told_step in steps:
            check_step(step, told_step, texts[passage.document], text)


def check_step(step: doublet.Operation, told: Any, canonical: str, text: str) -> None:
    spans = {
        "canonical_span": {"start": step.canonical_start_byte, "end": step.canonical_end_byte},
        "span": {"start": step.start_byte, "end": step.end_byte},
    }
    rest = {name: told[name] for name in ("canonical_tokens", "tokens")}
    optional = {"change": step.change, "canonical_text": step.canonical_text, "text": step.text}
    optional = {name: value for name, value in optional.items() if value is not None}
    assert told == {"operation": step.operation, **optional, **spans, **rest}
    if step.canonical_text is not None:
        assert canonical[step.canonical_start : step.canonical_end] == step.canonical_text
    if step.text is not None:
        assert text[step.start : step.end] == step.text
    assert canonical.encode()[step.canonical_start_byte : step.canonical_end_byte].decode() == (
        canonical[step.canonical_start : step.canonical_end]
    )


def test_tables_hold_what_the_objects_say(articles: list[dict[str, str]]) -> None:
    report = doublet.find([*articles, articles[2]])
    places = [
        (number, member) for number, passage in enumerate(report.passages)
        for member in passage.members
    ]  # fmt: skip
    rows = report.passages.to_arrow().to_pylist()
    assert len(rows) == len(places)
    for row, (number, member) in zip(rows, places, strict=True):
        passage = report.passages[number]
        assert (row["passage"], row["kind"], row["words"], row["documents"]) == (
            number, passage.kind, passage.words, passage.documents
        )  # fmt: skip
        for name in ("document", "name", "start", "end", "start_byte", "end_byte", "line", "column",
                     "end_line", "end_column", "identity", "text"):  # fmt: skip
            assert row[name] == getattr(member, name), name
        assert row["operations"] == [dataclasses.asdict(step) for step in member.operations]
        assert row["canonical"] == (passage.members[passage.canonical] == member)
    clusters = report.clusters.to_arrow().to_pylist()
    assert [(row["role"], row["document"]) for row in clusters] == [
        ("representative", report.clusters[0].representative),
        ("member", report.clusters[0].members[0].document),
    ]
    matches = report.matches.to_arrow().to_pylist()
    assert [(row["a"], row["b"], row["kind"]) for row in matches] == [(2, 5, "exact")]
    documents = report.documents.to_arrow().to_pylist()
    assert [row["name"] for row in documents] == [entry.name for entry in report.documents]
    assert [row["reuse"] for row in documents] == [e.coverage.reuse for e in report.documents]
    coverage = report.coverage.to_arrow().to_pylist()
    assert [row["reuse"] for row in coverage] == [share.reuse for share in report.coverage]


def test_tables_go_everywhere(articles: list[dict[str, str]]) -> None:
    report = doublet.find([*articles, articles[2]])
    for table in (
        report.passages, report.clusters, report.matches, report.documents, report.coverage
    ):  # fmt: skip
        arrow = table.to_arrow()
        assert isinstance(arrow, pyarrow.Table)
        assert arrow.column_names == table.column_names
        arrow.validate(full=True)
        frame = table.to_polars()
        assert isinstance(frame, polars.DataFrame)
        assert frame.to_dicts() == arrow.to_pylist()
        assert polars.DataFrame(table).equals(frame)
        assert isinstance(table.to_pandas(), pandas.DataFrame)
        assert len(table.to_pandas()) == arrow.num_rows
        assert pyarrow.schema(table) == arrow.schema


def test_a_table_of_many_batches_is_whole() -> None:
    # 40,000 matches of exact copies: more than a batch holds.
    texts = [f"text nr{i % 20_000} says something of its own" for i in range(40_000)]
    report = doublet.find(texts, only="documents")
    table = report.matches.to_arrow()
    assert len(report.matches) == table.num_rows == 20_000
    assert len(table.column("a").chunks) > 1
    assert table.column("a").to_pylist() == list(range(20_000))
    assert table.column("b").to_pylist() == list(range(20_000, 40_000))
    clusters = report.clusters.to_arrow()
    assert clusters.column("cluster").to_pylist() == [i // 2 for i in range(40_000)]


def test_sequences_behave_like_sequences(articles: list[dict[str, str]]) -> None:
    passages = doublet.find(articles).passages
    assert passages[-1] == list(passages)[-1]
    assert passages[1:3] == list(passages)[1:3]
    assert passages[0].members[-1] == list(passages[0].members)[-1]
    assert passages[0].members[:1] == [passages[0].members[0]]
    for index in (len(passages), -len(passages) - 1):
        with pytest.raises(IndexError):
            passages[index]
    with pytest.raises(IndexError):
        passages[0].members[len(passages[0].members)]
    with pytest.raises(IndexError):
        doublet.find(articles).text(5)
    assert "PassageMember(document=" in repr(list(passages[0].members))
    assert repr(passages).endswith("more]")


def test_pages_and_json_are_written(articles: list[dict[str, str]]) -> None:
    report = doublet.find(articles)
    page = report.to_html()
    assert page.startswith("<!DOCTYPE html>")
    report.to_html("report.html")
    report.to_json(Path("report.json"))
    assert Path("report.html").read_text(encoding="utf-8") == page
    assert Path("report.json").read_text(encoding="utf-8") == report.to_json()
    assert report.to_json(pretty=False).count("\n") == 1
    assert len(report.to_html(texts=0)) < len(page)


def test_a_notebook_shows_words_as_words() -> None:
    hostile = "<script>alert(1)</script> and & seven more words follow here to repeat <b>today</b>"
    report = doublet.find([("<i>x</i>", hostile), ("y", hostile + " but")])
    shown = report._repr_html_()
    assert "<script" not in shown and "<i>" not in shown
    assert "&lt;i&gt;x&lt;/i&gt;" in shown
    assert "2 documents" in shown
    assert "<table>" not in doublet.find([])._repr_html_()


def test_two_texts_are_compared_and_aligned() -> None:
    a, b = "one two three four five six seven eight", "zero one two three four FIVE six seven eight"
    report = doublet.compare(a, b)
    assert [entry.name for entry in report.documents] == ["a", "b"]
    assert [member.text for member in report.passages[0].members] == [a, b[5:]]
    assert report.run.parameters["min_distinctiveness"] == 0.0
    part = doublet.align("é " + a, b)[0]
    assert ("é " + a)[part.a_start : part.a_end] == a
    assert ("é " + a).encode()[part.a_start_byte : part.a_end_byte].decode() == a
    assert b[part.b_start : part.b_end] == b[5:]
    assert part.identity == 1.0
    assert doublet.align("", "") == []
