"""dedup: the same kind of thing, without what repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import datasets
import pandas
import polars
import pyarrow
import pytest

import doublet

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the "
    "age of foolishness, it was the epoch of belief, it was the epoch of incredulity."
)
OWN = "Nobody else has ever said anything that is quite like this naïve 😀 sentence over here, {}."
RECORDS: list[dict[str, Any]] = [
    {"id": 10, "text": TEXT, "stars": 1},
    {"id": 11, "text": OWN.format("honestly"), "stars": 2},
    {"id": 12, "text": TEXT.upper(), "stars": 3},
    {"id": 13, "text": f"{' '.join(f'word{i}' for i in range(40))}. {TEXT}", "stars": 4},
]
TEXTS = [record["text"] for record in RECORDS]

KINDS: dict[str, tuple[Callable[[], Any], type[Any], Callable[[Any], list[dict[str, Any]]]]] = {
    "list": (lambda: RECORDS, list, list),
    "tuple": (lambda: tuple(RECORDS), tuple, list),
    "pandas": (
        lambda: pandas.DataFrame(RECORDS, index=[5, 6, 7, 8]),
        pandas.DataFrame,
        lambda data: data.to_dict("records"),
    ),
    "polars": (
        lambda: polars.DataFrame(RECORDS),
        polars.DataFrame,
        lambda data: data.to_dicts(),
    ),
    "table": (
        lambda: pyarrow.Table.from_pylist(RECORDS),
        pyarrow.Table,
        lambda data: data.to_pylist(),
    ),
    "chunked table": (
        lambda: pyarrow.concat_tables(
            [pyarrow.Table.from_pylist(RECORDS[:2]), pyarrow.Table.from_pylist(RECORDS[2:])]
        ),
        pyarrow.Table,
        lambda data: data.to_pylist(),
    ),
    "batch": (
        lambda: pyarrow.RecordBatch.from_pylist(RECORDS),
        pyarrow.RecordBatch,
        lambda data: data.to_pylist(),
    ),
    "reader": (
        lambda: pyarrow.Table.from_pylist(RECORDS).to_reader(),
        pyarrow.RecordBatchReader,
        lambda data: data.read_all().to_pylist(),
    ),
    "datasets": (lambda: datasets.Dataset.from_list(RECORDS), datasets.Dataset, list),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_type_comes_back(kind: str) -> None:
    make, type_, records = KINDS[kind]
    data, removals = doublet.dedup(make())
    assert isinstance(data, type_)
    assert records(data) == [RECORDS[0], RECORDS[1], RECORDS[3]]
    assert [(gone.document, gone.name, gone.rule, gone.kept) for gone in removals] == [
        (2, "12", "exact", 0)
    ]
    assert removals[0].text == TEXT.upper()


@pytest.mark.parametrize("kind", KINDS)
def test_passages_are_cut(kind: str) -> None:
    make, type_, records = KINDS[kind]
    data, removals = doublet.dedup(
        make(), remove=("exact", "passages"), replace_with="[…]", keep="first"
    )
    assert isinstance(data, type_)
    head, tail = RECORDS[3]["text"].split(TEXT[:-1])
    left = records(data)
    assert left[:2] == RECORDS[:2]
    assert left[2] == {**RECORDS[3], "text": f"{head}[…]{tail}"}
    cut = removals[1]
    assert (cut.document, cut.rule, cut.kept, cut.text) == (3, "passage", 0, TEXT[:-1])
    where = cut.cuts[0]
    assert RECORDS[3]["text"][where.start : where.end] == cut.text
    assert TEXT[where.kept_start : where.kept_end] == TEXT[:-1]
    assert RECORDS[3]["text"].encode()[where.start_byte : where.end_byte].decode() == cut.text


@pytest.mark.parametrize(
    ("make", "as_list"),
    [
        (list, list),
        (tuple, list),
        (iter, list),
        (pandas.Series, lambda data: data.tolist()),
        (polars.Series, lambda data: data.to_list()),
        (pyarrow.array, lambda data: data.to_pylist()),
        (lambda texts: pyarrow.chunked_array([texts]), lambda data: data.to_pylist()),
        (
            lambda texts: dict(enumerate(texts)),
            lambda data: list(data.values()),
        ),
        (
            lambda texts: list(enumerate(texts)),
            lambda data: [text for _, text in data],
        ),
    ],
)
def test_columns_and_texts_come_back(make: Any, as_list: Any) -> None:
    data, removals = doublet.dedup(make(TEXTS), remove="exact,passages", keep="first")
    left = as_list(data)
    assert left[:2] == TEXTS[:2]
    assert left[2].startswith("word0") and "epoch" not in left[2]
    assert len(left) == 3 and len(removals) == 2


def test_what_was_read_comes_back_as_documents() -> None:
    polars.DataFrame(RECORDS).write_ndjson("records.jsonl")
    data, _ = doublet.dedup(doublet.read("records.jsonl"))
    assert list(data) == [(str(r["id"]), r["text"]) for r in (RECORDS[0], RECORDS[1], RECORDS[3])]


def test_keep_policies_by_field() -> None:
    for data in (RECORDS, polars.DataFrame(RECORDS)):
        left, removals = doublet.dedup(data, keep="max:stars")
        assert (removals[0].document, removals[0].kept) == (0, 2)
        assert len(left) == 3


def test_protected_documents_stand_for_the_others_and_do_not_come_back() -> None:
    data, removals = doublet.dedup(TEXTS, protect=[("gold", TEXT.lower())])
    assert data == [TEXTS[1], TEXTS[3]]
    assert [(gone.document, gone.kept, gone.kept_in) for gone in removals] == [
        (0, 0, "protect"),
        (2, 0, "protect"),
    ]
    assert removals[0].kept_name == "gold"
    assert len(removals.report.documents) == 5


def test_contained_documents_go_if_asked() -> None:
    data, removals = doublet.dedup(TEXTS, remove=["exact", "near", "contained"])
    assert data == [TEXTS[1], TEXTS[3]]
    assert {gone.rule for gone in removals} == {"contained"}


def test_removals_are_a_table() -> None:
    _, removals = doublet.dedup(TEXTS, remove="exact,passages", keep="first")
    rows = removals.to_arrow().to_pylist()
    for row, gone in zip(rows, removals, strict=True):
        for name in ("document", "name", "rule", "score", "kept", "kept_in", "kept_name"):
            assert row[name] == getattr(gone, name), name
        assert row["text"] == gone.text
        assert [cut["start"] for cut in row["cuts"]] == [cut.start for cut in gone.cuts]
    assert removals.to_polars().to_dicts() == rows
    assert doublet.dedup([])[1].to_arrow().num_rows == 0


def test_nested_texts_are_replaced_where_they_stand() -> None:
    records = [{"meta": {"body": text, "n": n}} for n, text in enumerate(TEXTS)]
    data, _ = doublet.dedup(
        records, text_field="meta.body", remove="exact,passages", keep="first"
    )
    assert data[2]["meta"]["n"] == 3
    assert "epoch" not in data[2]["meta"]["body"]
    assert "epoch" in records[3]["meta"]["body"]


def test_mistakes() -> None:
    with pytest.raises(doublet.ConfigError, match="the rule \"similar\""):
        doublet.dedup(TEXTS, remove="similar")
    with pytest.raises(doublet.ConfigError, match="cut="):
        doublet.dedup(TEXTS, remove="passages", cut="line")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no part can be made"):
        doublet.dedup(doublet.find(TEXTS).passages, text_field="text", id_field="name")
