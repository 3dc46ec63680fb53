"""Properties of all inputs, by Hypothesis."""

from __future__ import annotations

import json
from typing import Any

import polars
from hypothesis import given, settings
from hypothesis import strategies as st

import doublet

# Any string that UTF-8 can hold, and strings that share words.
ANY = st.text(st.characters(codec="utf-8"), max_size=60)
WORDS = st.lists(
    st.sampled_from(["the", "Minister", "isn’t", "is not", "naïve", "😀", "漢字", "said", "a\u0301", "\n"]),
    max_size=40,
).map(" ".join)
TEXTS = st.lists(st.one_of(ANY, WORDS), max_size=6)


def told(report: doublet.Report) -> Any:
    found = json.loads(report.to_json())
    del found["run"]["times"]
    return found


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_any_strings_work_and_spans_slice_to_the_text(texts: list[str]) -> None:
    report = doublet.find(texts, min_words=3)
    assert [report.text(number) for number in range(len(texts))] == texts
    for passage in report.passages:
        assert texts[passage.document][passage.start : passage.end] == passage.text
        for member in passage.members:
            text = texts[member.document]
            assert text[member.start : member.end] == member.text
            assert text.encode()[member.start_byte : member.end_byte].decode() == member.text
            for step in member.operations:
                if step.text is not None:
                    assert text[step.start : step.end] == step.text
                if step.canonical_text is not None:
                    canonical = texts[passage.document]
                    words = canonical[step.canonical_start : step.canonical_end]
                    assert words == step.canonical_text
            # The steps cover the place without gaps.
            if member.operations:
                assert member.operations[0].start >= member.start
                assert member.operations[-1].end <= member.end


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_two_runs_and_two_thread_counts_agree(texts: list[str]) -> None:
    first = told(doublet.find(texts, min_words=3, threads=1))
    assert told(doublet.find(texts, min_words=3, threads=1)) == first
    assert told(doublet.find(texts, min_words=3, threads=3)) == first


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_ways_in_agree(texts: list[str]) -> None:
    of_list = told(doublet.find(texts))
    assert told(doublet.find(polars.Series(texts, dtype=polars.String))) == of_list
    assert told(doublet.find(dict(enumerate(texts)))) == of_list


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(texts: list[str]) -> None:
    left, removals = doublet.dedup(texts)
    assert len(left) + len(removals) == len(texts)
    gone = {removal.document for removal in removals}
    assert left == [text for number, text in enumerate(texts) if number not in gone]
    assert all(removal.kept not in gone for removal in removals)
    again, more = doublet.dedup(left)
    assert again == left and len(more) == 0


@settings(deadline=None, max_examples=60)
@given(st.one_of(ANY, WORDS), st.one_of(ANY, WORDS))
def test_alignments_point_at_words(a: str, b: str) -> None:
    for part in doublet.align(a, b):
        assert a.encode()[part.a_start_byte : part.a_end_byte].decode() == a[part.a_start : part.a_end]
        assert b.encode()[part.b_start_byte : part.b_end_byte].decode() == b[part.b_start : part.b_end]
        assert 0.0 <= part.identity <= 1.0


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_sketches_are_similar_as_their_texts(texts: list[str]) -> None:
    sketcher = doublet.Sketcher(sketch_size=64)
    sketches = sketcher.sketch(texts)
    estimates = sketcher.estimate(sketches, sketches).to_pylist()
    assert estimates == sketcher.similarity(texts, texts).to_pylist() == [1.0] * len(texts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_what_utf_8_cannot_hold_is_named(texts: list[str]) -> None:
    bad = next((n for n, text in enumerate(texts) if any("\ud800" <= c <= "\udfff" for c in text)), None)  # fmt: skip
    try:
        doublet.find(texts)
    except doublet.EncodingError as error:
        assert f'of the document "{bad}"' in str(error)
    else:
        assert bad is None
