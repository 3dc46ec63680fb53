"""Sketches, bands, estimates, similarities and alignments of batches."""

from __future__ import annotations

import json
import pickle
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import datasets
import numpy
import pandas
import polars
import pyarrow
import pytest

import doublet

GOLDEN = Path(__file__).resolve().parents[3] / "tests" / "golden.json"
TEXTS = ["the quick brown fox jumps over the lazy dog", None, "", "naïve 😀 café", "漢字かな交じり文"]


@pytest.mark.parametrize("case", json.loads(GOLDEN.read_text(encoding="utf-8"))["texts"])
def test_hashes_are_those_of_the_library(case: Any) -> None:
    text = case["text"] * case["repeat"]
    assert doublet.find([text]).documents[0].content_hash == case["content_hash"]
    for sketch in case["sketches"]:
        sketcher = doublet.Sketcher(
            shingle_size=sketch["shingle_size"],
            sketch_size=sketch["sketch_size"],
            threshold=sketch["threshold"],
        )
        assert sketcher.spec == sketch["spec"]
        sketches = sketcher.sketch([text])
        registers = sketches.to_pylist()[0]
        assert registers[:16] == sketch["registers"]
        assert reduce(xor, registers) == sketch["registers_xor"]
        keys = sketcher.bands(sketches).to_pylist()[0]
        if not text:
            assert keys is None
            continue
        assert (len(keys), sketcher.rows) == (sketch["bands"], sketch["rows"])
        assert reduce(xor, keys) == sketch["keys_xor"]


@pytest.mark.parametrize("threads", [1, 2, 0])
def test_batches_of_every_kind_give_the_same_sketches(threads: int) -> None:
    sketcher = doublet.Sketcher(sketch_size=64, threads=threads)
    expected = doublet.Sketcher(sketch_size=64).sketch(TEXTS).to_pylist()
    assert expected[1] is None
    for batch in (
        TEXTS,
        tuple(TEXTS),
        pyarrow.array(TEXTS),
        pyarrow.array(TEXTS, pyarrow.large_string()),
        pyarrow.array(TEXTS, pyarrow.string_view()),
        pyarrow.array(TEXTS).dictionary_encode(),
        pyarrow.array([*TEXTS, "x"]).slice(0, len(TEXTS)),
        pyarrow.chunked_array([TEXTS[:2], TEXTS[2:]]),
        polars.Series(TEXTS),
        pandas.Series(TEXTS, dtype="string"),
    ):
        assert sketcher.sketch(batch).to_pylist() == expected


def test_a_longer_batch_goes_over_threads_in_order() -> None:
    texts = [f"text {n} of a batch that several threads share, and {n % 7} more" for n in range(999)]
    alone = doublet.Sketcher(sketch_size=16).sketch(texts).to_pylist()
    assert doublet.Sketcher(sketch_size=16, threads=2).sketch(texts).to_pylist() == alone


def test_columns_go_everywhere() -> None:
    sketcher = doublet.Sketcher(sketch_size=16)
    sketches = sketcher.sketch(["a b c d e f", "g"])
    array = sketches.to_arrow()
    array.validate(full=True)
    assert array.type == pyarrow.list_(pyarrow.field("item", pyarrow.uint64(), False), 16)
    series = sketches.to_polars()
    assert series.dtype == polars.Array(polars.UInt64, 16)
    matrix = sketches.to_numpy()
    assert matrix.shape == (2, 16) and matrix.dtype == numpy.uint64
    # Back in again, from whatever kept them.
    estimates = [
        sketcher.estimate(kept, sketches).to_pylist()
        for kept in (array, series, pyarrow.chunked_array([array]), array.to_pylist() and array.cast(
            pyarrow.list_(pyarrow.uint64())
        ))
    ]  # fmt: skip
    assert estimates == [[1.0, 1.0]] * 4
    with pytest.raises(ValueError, match="nulls"):
        sketcher.sketch([None]).to_numpy()


def test_nulls_go_through() -> None:
    sketcher = doublet.Sketcher(sketch_size=16)
    sketches = sketcher.sketch(TEXTS)
    bands = sketcher.bands(sketches).to_pylist()
    # Nor has a text without words.
    assert [keys is None for keys in bands] == [False, True, True, False, False]
    assert sketcher.estimate(sketches, sketches).to_pylist() == [1.0, None, 1.0, 1.0, 1.0]
    assert sketcher.similarity(TEXTS, TEXTS).to_pylist() == [1.0, None, 1.0, 1.0, 1.0]
    assert sketcher.scores(TEXTS, TEXTS).to_pylist()[1] is None
    assert sketcher.align(TEXTS, TEXTS).to_pylist()[1] is None
    assert sketcher.sketch([]).to_pylist() == []


def test_estimates_are_near_the_truth() -> None:
    words = [f"w{n}" for n in range(1500)]
    a, b = " ".join(words[:1000]), " ".join(words[200:1200])
    sketcher = doublet.Sketcher(sketch_size=4096, threshold=0.5)
    exact = sketcher.similarity([a], [b]).to_pylist()[0]
    assert exact == 796 / 1196
    assert sketcher.scores([a], [b]).to_pylist() == [
        {"similarity": exact, "a_in_b": 796 / 996, "b_in_a": 796 / 996}
    ]
    for compact in (False, True):
        of_a, of_b = sketcher.sketch([a], compact=compact), sketcher.sketch([b], compact=compact)
        assert abs(sketcher.estimate(of_a, of_b).to_pylist()[0] - exact) < 0.04


def test_a_single_row_meets_every_row() -> None:
    sketcher = doublet.Sketcher(shingle_size=1)
    assert sketcher.similarity(["a b"], ["a b", "a c", "d"]).to_pylist() == [1.0, 1 / 3, 0.0]
    assert sketcher.similarity(["a b", "a c", "d"], ["a b"]).to_pylist() == [1.0, 1 / 3, 0.0]
    with pytest.raises(doublet.ConfigError, match="columns of 2 and 3 rows"):
        sketcher.similarity(["a", "b"], ["a", "b", "c"])


def test_alignments_are_those_of_two_texts() -> None:
    a = ["café one two three four", "nothing here"]
    b = ["un café one two 3 three four", "something there"]
    rows = doublet.Sketcher(threads=2).align(a, b).to_pylist()
    for row, left, right in zip(rows, a, b, strict=True):
        parts = doublet.align(left, right)
        assert len(row) == len(parts)
        for part, told in zip(parts, row, strict=True):
            for name in ("a_start", "a_end", "b_start", "b_end", "a_start_byte", "b_end_byte",
                         "identity"):  # fmt: skip
                assert told[name] == getattr(part, name)
            assert [step["operation"] for step in told["operations"]] == [
                step.operation for step in part.operations
            ]
    assert len(rows[0]) == 1 and rows[1] == []


def test_sketches_of_two_specifications_do_not_meet() -> None:
    one, other = doublet.Sketcher(sketch_size=64), doublet.Sketcher(shingle_size=4, sketch_size=64)
    with pytest.raises(doublet.SpecError, match="words a shingle: 5 and 4"):
        one.estimate(one.sketch(["a"]), other.sketch(["a"]))
    with pytest.raises(doublet.SpecError, match="words a shingle: 5 and 4"):
        one.bands(other.sketch(["a"]))
    with pytest.raises(doublet.SpecError, match="a sketch of 16 registers"):
        one.bands(doublet.Sketcher(sketch_size=16).sketch(["a"]).to_arrow())
    with pytest.raises(doublet.SpecError, match="compact=False"):
        one.bands(one.sketch(["a"], compact=True))
    with pytest.raises(doublet.SpecError, match="of 64 and of 16 bits"):
        one.estimate(one.sketch(["a"]), one.sketch(["a"], compact=True))
    with pytest.raises(doublet.FieldError, match="no Arrow column"):
        one.bands([[1, 2]])


def test_mistakes() -> None:
    with pytest.raises(doublet.ConfigError, match="a sketch size of 100"):
        doublet.Sketcher(sketch_size=100)
    with pytest.raises(doublet.ConfigError, match="a threshold of 0"):
        doublet.Sketcher(threshold=0)
    sketcher = doublet.Sketcher()
    with pytest.raises(TypeError, match=r"write \[text\]"):
        sketcher.sketch("one text")
    with pytest.raises(TypeError, match="found int in row 1"):
        sketcher.sketch(["a", 7])
    with pytest.raises(doublet.FieldError, match="the column of texts alone"):
        sketcher.sketch(pyarrow.table({"text": ["a"]}))
    with pytest.raises(doublet.EncodingError, match="row 1"):
        sketcher.sketch(["a", "\udcff"])


def test_sketchers_travel() -> None:
    sketcher = doublet.Sketcher(shingle_size=3, sketch_size=32, threshold=0.7)
    again = pickle.loads(pickle.dumps(sketcher))
    assert repr(again) == repr(sketcher)
    assert again.sketch(["a b c"]).to_pylist() == sketcher.sketch(["a b c"]).to_pylist()


def test_in_the_pipelines_of_others() -> None:
    sketcher = doublet.Sketcher(sketch_size=16)
    expected = sketcher.sketch(["a b", "c"]).to_pylist()
    dataset = datasets.Dataset.from_dict({"text": ["a b", "c"]})
    mapped = dataset.map(lambda batch: {"sketch": sketcher.sketch(batch["text"]).to_numpy()}, batched=True)  # fmt: skip
    assert mapped["sketch"][:] == expected
    formatted = dataset.with_format("arrow").map(
        lambda table: table.append_column("sketch", sketcher.sketch(table["text"]).to_arrow()),
        batched=True,
    )
    assert formatted.with_format(None)["sketch"][:] == expected
    frame = polars.DataFrame({"text": ["a b", "c"]})
    lazy = frame.lazy().with_columns(
        polars.col("text")
        .map_batches(lambda texts: sketcher.sketch(texts).to_polars(), polars.Array(polars.UInt64, 16))
        .alias("sketch")
    )  # fmt: skip
    assert lazy.collect()["sketch"].to_list() == expected
