"""Every kind of input gives the same documents."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pandas
import polars
import pyarrow
import pytest

import doublet

Records = list[dict[str, Any]]

RECORDS: Records = [
    {
        "id": f"r{number}",
        "text": f"{quote} That was page {number} of the naïve 😀 report. {quote}",
        "outlet": outlet,
        "day": f"2023-11-{number + 10}",
        "stars": number,
    }
    for number, (outlet, quote) in enumerate(
        [
            ("Herald", "“We are not building any military alliances today,” said the minister."),
            ("Courier", "“We aren’t building any military alliances today,” said a minister."),
            ("Herald", "Nothing of that kind has been seen in the whole of the country since."),
        ]
    )
]


def jsonl(records: Records) -> Path:
    path = Path("records.jsonl")
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


def table(records: Records, kind: pyarrow.DataType) -> pyarrow.Table:
    made = pyarrow.Table.from_pylist(records)
    at = made.schema.get_field_index("text")
    return made.set_column(at, "text", made.column("text").cast(kind))


def dictionary(records: Records) -> pyarrow.Table:
    made = pyarrow.Table.from_pylist(records)
    at = made.schema.get_field_index("text")
    return made.set_column(at, "text", made.column("text").dictionary_encode())


def chunked(records: Records) -> pyarrow.Table:
    return pyarrow.concat_tables(pyarrow.Table.from_pylist([record]) for record in records)


def sliced(records: Records) -> pyarrow.Table:
    padded = [records[-1], *records, records[0]]
    return pyarrow.Table.from_pylist(padded).slice(1, len(records))


INPUTS: dict[str, Callable[[Records], Any]] = {
    "list": lambda records: records,
    "generator": lambda records: (record for record in records),
    "jsonl": jsonl,
    "paths": lambda records: [jsonl(records)],
    "path as a string": lambda records: str(jsonl(records)),
    "read": lambda records: doublet.read(
        jsonl(records), group_by="outlet", date_field="day"
    ),
    "pandas": pandas.DataFrame,
    "pandas with an index": lambda records: pandas.DataFrame(records, index=["a", "b", "c"]),
    "pandas of objects": lambda records: pandas.DataFrame(records).astype({"text": object}),
    "polars": polars.DataFrame,
    "pyarrow": pyarrow.Table.from_pylist,
    "pyarrow utf8": lambda records: table(records, pyarrow.string()),
    "pyarrow large utf8": lambda records: table(records, pyarrow.large_string()),
    "pyarrow utf8 view": lambda records: table(records, pyarrow.string_view()),
    "pyarrow dictionary": dictionary,
    "pyarrow in chunks": chunked,
    "pyarrow slice": sliced,
    "pyarrow batch": lambda records: pyarrow.RecordBatch.from_pylist(records),
    "pyarrow reader": lambda records: pyarrow.Table.from_pylist(records).to_reader(),
    "datasets": datasets.Dataset.from_list,
    "datasets selection": lambda records: datasets.Dataset.from_list(
        [records[2], records[0], records[1]]
    ).select([1, 2, 0]),
    "datasets iterable": lambda records: datasets.Dataset.from_list(
        records
    ).to_iterable_dataset(),
}


def results(report: doublet.Report) -> dict[str, Any]:
    """Everything but times and places of files."""
    found: dict[str, Any] = json.loads(report.to_json())
    del found["run"]["times"]
    found["run"].pop("text_field", None)
    for document in found["documents"]:
        del document["origin"]
    return found


@pytest.mark.parametrize("kind", INPUTS)
def test_every_kind_of_input_gives_the_same_report(kind: str) -> None:
    options: dict[str, Any] = {"group_by": "outlet", "date_field": "day", "keep": "max:stars"}
    expected = doublet.find(RECORDS, **options)
    assert [document.metadata["stars"] for document in expected.documents] == [0, 1, 2]
    assert [group.name for group in expected.groups] == ["Herald", "Courier"]
    assert len(expected.passages) > 0
    report = doublet.find(INPUTS[kind](RECORDS), **options)
    assert results(report) == results(expected)


def test_texts_alone_have_numbers_for_names() -> None:
    texts = [record["text"] for record in RECORDS]
    for column in (
        texts,
        tuple(texts),
        pandas.Series(texts),
        polars.Series(texts),
        pyarrow.array(texts),
        pyarrow.chunked_array([texts[:1], texts[1:]]),
        polars.Series(texts, dtype=polars.Categorical),
    ):
        report = doublet.find(column)
        assert [document.name for document in report.documents] == ["0", "1", "2"]
        assert [report.text(number) for number in range(3)] == texts


def test_pairs_and_mappings_have_names() -> None:
    pairs = [(record["id"], record["text"]) for record in RECORDS]
    for named in (pairs, dict(pairs), iter(pairs), dict(pairs).items()):
        report = doublet.find(named)
        assert [document.name for document in report.documents] == ["r0", "r1", "r2"]
    assert doublet.find([(7, "a text")]).documents[0].name == "7"


def test_fields_are_found_by_name_then_by_path() -> None:
    nested = [{"meta": {"body": "a text", "who": "x"}, "key": 5, "id": [1]}]
    options = {"text_field": "meta.body", "id_field": "key", "group_by": "meta.who"}
    for data in (nested, pyarrow.Table.from_pylist(nested), polars.DataFrame(nested)):
        entry = doublet.find(data, **options).documents[0]  # type: ignore[arg-type]
        assert (entry.name, entry.group) == ("5", "x")
        assert entry.metadata == {"meta": nested[0]["meta"], "key": 5, "id": [1]} or (
            # The id that was asked for is no further field of a table or a record.
            entry.metadata == {"meta": nested[0]["meta"], "id": [1]}
        )


def test_values_of_every_type_become_metadata() -> None:
    day = datetime.datetime(2023, 11, 15, 8, 30, tzinfo=datetime.timezone.utc)
    columns = {
        "text": ["a text"],
        "flag": [True],
        "small": pyarrow.array([3], pyarrow.int8()),
        "large": pyarrow.array([2**64 - 1], pyarrow.uint64()),
        "half": pyarrow.array([0.5], pyarrow.float32()),
        "list": [[1, None, 3]],
        "vector": pyarrow.array([[1.0, 2.0]], pyarrow.list_(pyarrow.float64(), 2)),
        "struct": [{"a": 1, "b": "two"}],
        "map": pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        "day": pyarrow.array([day.date()], pyarrow.date32()),
        "moment": pyarrow.array([day], pyarrow.timestamp("us", "UTC")),
        "plain": pyarrow.array([day.replace(tzinfo=None)], pyarrow.timestamp("ns")),
        "word": pyarrow.array(["w"]).dictionary_encode(),
        "bytes": [b"\x00"],
        "none": pyarrow.nulls(1),
    }
    report = doublet.find(pyarrow.table(columns), date_field="moment")
    assert report.documents[0].date == "2023-11-15T08:30:00Z"
    assert report.documents[0].metadata == {
        "flag": True,
        "small": 3,
        "large": float(2**64 - 1),
        "half": 0.5,
        "list": [1, None, 3],
        "vector": [1.0, 2.0],
        "struct": {"a": 1, "b": "two"},
        "map": {"k": 1},
        "day": "2023-11-15",
        "moment": "2023-11-15T08:30:00Z",
        "plain": "2023-11-15T08:30:00",
        "word": "w",
        "bytes": None,
        "none": None,
    }
    record = {"text": "a text", "day": day.date(), "moment": day, "list": (1, "x"), "none": None}
    report = doublet.find([record], date_field="moment")
    assert report.documents[0].date == "2023-11-15T08:30:00+00:00"
    assert report.documents[0].metadata["list"] == [1, "x"]


def test_metadata_is_kept_as_asked() -> None:
    for data in (RECORDS, pyarrow.Table.from_pylist(RECORDS)):
        none = doublet.find(data, metadata=False)
        some = doublet.find(data, metadata=["stars"])
        assert [entry.metadata for entry in none.documents] == [{}, {}, {}]
        assert [entry.metadata for entry in some.documents] == [{"stars": n} for n in range(3)]


def test_nothing_is_an_input_too() -> None:
    for nothing in ([], iter(()), {}, pyarrow.table({"text": pyarrow.array([], "string")})):
        report = doublet.find(nothing)
        assert len(report.documents) == len(report.passages) == 0
        assert report.passages.to_arrow().num_rows == 0


def test_bad_dates_and_groups_are_noted_or_raised() -> None:
    records = [
        {"id": "a", "text": "x", "day": "yesterday", "who": "u"},
        {"id": "b", "text": "y", "day": "2023", "who": ["v"]},
    ]
    for data in (records, pyarrow.Table.from_pylist([records[0]])):
        report = doublet.find(data, date_field="day", group_by="who")
        assert report.documents[0].date is None
        assert report.skipped[0].path == "a"
        assert "yesterday" in report.skipped[0].message
    assert doublet.find(records, date_field="day", group_by="who").skipped[1].path == "b"
    with pytest.raises(doublet.FieldError, match="yesterday") as caught:
        doublet.find(records, date_field="day", strict=True)
    assert caught.value.path == "a"


def test_a_field_that_no_document_has_is_a_mistake() -> None:
    for data in (RECORDS, pyarrow.Table.from_pylist(RECORDS)):
        with pytest.raises(doublet.ConfigError, match="group_by="):
            doublet.find(data, group_by="nonsense")
        with pytest.raises(doublet.ConfigError, match="date_field="):
            doublet.find(data, date_field="nonsense")


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (7, TypeError, "found int"),
        (b"bytes", TypeError, "found bytes"),
        ([7], doublet.FieldError, "found int as document 0"),
        (["a", None], doublet.FieldError, "document 1"),
        ([{"body": "x"}], doublet.FieldError, r"without the field \"text\" \(it has body\).*text_field="),
        ([{"id": "q", "text": 3}], doublet.FieldError, "int in the field \"text\" of the document \"q\""),
        ([("a", b"x")], doublet.FieldError, "bytes in the field"),
        (pyarrow.table({"id": ["q"], "text": pyarrow.array([None], "string")}), doublet.FieldError, "null in .* \"q\""),
        (pyarrow.table({"text": [1]}), doublet.FieldError, "Int64"),
        (pyarrow.table({"body": ["x"]}), doublet.FieldError, r"it has body"),
        (polars.LazyFrame({"text": ["x"]}), TypeError, "collect"),
        (datasets.DatasetDict({"train": datasets.Dataset.from_dict({"text": ["x"]})}), TypeError, "train"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_named(data: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        doublet.find(data)


def test_a_reader_that_was_read_is_refused_or_empty() -> None:
    reader = pyarrow.Table.from_pylist(RECORDS).to_reader()
    doublet.find(reader)
    try:
        assert len(doublet.find(reader).documents) == 0
    except doublet.FormatError as error:
        assert "read before" in str(error)


def test_a_stream_that_fails_says_why() -> None:
    schema = pyarrow.schema({"text": pyarrow.string()})

    def batches() -> Any:
        yield pyarrow.RecordBatch.from_pydict({"text": ["fine"]}, schema)
        raise OSError("the disk is gone")

    with pytest.raises(doublet.FormatError, match="the disk is gone"):
        doublet.find(pyarrow.RecordBatchReader.from_batches(schema, batches()))


SURROGATE = "left \ud83d right"


@pytest.mark.parametrize(
    "data",
    [
        ["fine", SURROGATE],
        [("0", "fine"), ("1", SURROGATE)],
        [{"text": "fine"}, {"text": SURROGATE}],
        pandas.DataFrame({"text": pandas.Series(["fine", SURROGATE], dtype=object)}),
        pandas.Series(["fine", SURROGATE], dtype=object),
    ],
)
def test_lone_surrogates_name_the_document(data: Any) -> None:
    with pytest.raises(doublet.EncodingError) as caught:
        doublet.find(data)
    assert 'index 5 of the text of the document "1"' in str(caught.value)


def test_files_options_need_files() -> None:
    with pytest.raises(doublet.ConfigError, match="include="):
        doublet.find(["a"], include="*.txt")


def test_what_was_read_keeps_its_fields() -> None:
    documents = doublet.read(jsonl(RECORDS), group_by="outlet")
    assert [group.name for group in doublet.find(documents).groups] == ["Herald", "Courier"]
    assert [group.name for group in doublet.find(documents, group_by="outlet").groups] == [
        "Herald",
        "Courier",
    ]
    with pytest.raises(doublet.ConfigError, match="hand it to read"):
        doublet.find(documents, group_by="day")
    assert documents[0] == ("r0", RECORDS[0]["text"]) == documents[-3]
    assert [name for name, _ in documents[1:]] == ["r1", "r2"]
    with pytest.raises(IndexError):
        documents[3]


def test_errors_carry_file_and_line() -> None:
    Path("bad.jsonl").write_text('{"text": "fine"}\n{"text": \n', encoding="utf-8")
    with pytest.raises(doublet.FormatError) as caught:
        doublet.find("bad.jsonl", strict=True)
    error = caught.value
    assert (error.path, error.line) == ("bad.jsonl", 2)
    assert str(error).startswith("bad.jsonl:2: found")
    report = doublet.find("bad.jsonl")
    assert (report.skipped[0].path, report.skipped[0].line) == ("bad.jsonl", 2)
    with pytest.raises(doublet.IoError) as missing:
        doublet.find("nowhere.jsonl")
    assert isinstance(missing.value, OSError) and missing.value.errno == 2


def test_format_in_says_what_a_file_holds() -> None:
    Path("table.txt").write_text("id;text\na;One.\nb;Two.\n", encoding="utf-8")
    assert len(doublet.read("table.txt")) == 1
    assert [text for _, text in doublet.read("table.txt", format_in="csv")] == ["One.", "Two."]
    with pytest.raises(doublet.ConfigError):
        doublet.read("table.txt", format_in="tables")
    with pytest.raises(doublet.ConfigError):
        doublet.find(["One."], format_in="csv")


def test_parquet_files_are_read_by_path(articles: list[dict[str, str]]) -> None:
    frame = polars.DataFrame([{**article, "n": n} for n, article in enumerate(articles)])
    frame.write_parquet("articles.parquet")
    read = doublet.find("articles.parquet")
    assert [p.text for p in read.passages] == [p.text for p in doublet.find(frame).passages]
    entry = read.documents[1]
    assert entry.name == articles[1]["id"] and entry.metadata == {"n": 1}
    assert entry.origin is not None and entry.origin.path == "articles.parquet"
    data, _ = doublet.dedup(Path("articles.parquet"), remove="passages")
    assert [name for name, _ in data] == [article["id"] for article in articles]


def test_named_fields_are_kept_alike_from_files_and_from_memory() -> None:
    Path("records.jsonl").write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    for data in (Path("records.jsonl"), RECORDS):
        report = doublet.find(data, metadata=["stars"])
        assert [document.metadata for document in report.documents] == [
            {"stars": record["stars"]} for record in RECORDS
        ]
