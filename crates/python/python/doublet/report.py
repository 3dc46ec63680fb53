"""The report of a run: every result as a typed object, a table, a page, JSON."""

from __future__ import annotations

import json
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import Literal, cast, overload

from . import _doublet
from .results import (
    Cluster,
    ClusterMember,
    Coverage,
    DocumentEntry,
    Group,
    Match,
    MatchKind,
    Members,
    Origin,
    Passage,
    PassageMember,
    Run,
    Share,
    Skipped,
    Suppressed,
    operation,
)
from .tables import Table

__all__ = ["Report"]


class Report:
    """Everything that one run found.

    >>> import doublet
    >>> texts = [
    ...     "He said: “We are not building any military alliances today.”",
    ...     "The minister: we aren’t building any military alliances today!",
    ... ]
    >>> report = doublet.find(texts)
    >>> passage = report.passages[0]
    >>> texts[passage.document][passage.start : passage.end]
    'We are not building any military alliances today'
    >>> other = passage.members[1]
    >>> texts[other.document][other.start : other.end]
    'we aren’t building any military alliances today'
    >>> [(step.canonical_text, step.text) for step in other.operations if step.change]
    [('are not', 'aren’t')]
    """

    __slots__ = ("__dict__", "_native")

    def __init__(self, native: _doublet.Report) -> None:
        self._native = native

    @cached_property
    def documents(self) -> Table[DocumentEntry]:
        """All documents, in input order."""
        return Table(
            self._native.counts()[0], self._document, lambda: self._native.table("documents")
        )

    @cached_property
    def matches(self) -> Table[Match]:
        """Verified pairs of documents, by first number, then second."""

        def make(index: int) -> Match:
            a, b, kind, similarity, a_in_b, b_in_a = self._native.match_at(index)
            return Match(a, b, cast(MatchKind, kind), similarity, a_in_b, b_in_a)

        return Table(self._native.counts()[1], make, lambda: self._native.table("matches"))

    @cached_property
    def clusters(self) -> Table[Cluster]:
        """Documents that are versions of one another, largest first.

        As a table: one row a document of a cluster, the representative first.
        """

        def make(index: int) -> Cluster:
            representative, lowest_score, members = self._native.cluster_at(index)
            return Cluster(
                representative,
                tuple(
                    ClusterMember(document, cast(MatchKind, kind), *scores)
                    for document, kind, *scores in members
                ),
                lowest_score,
            )

        return Table(self._native.counts()[2], make, lambda: self._native.table("clusters"))

    @cached_property
    def passages(self) -> Table[Passage]:
        """Passages that stand more than once: reuse first, then boilerplate.

        As a table: one row a place, with the words that stand there and how they differ from the
        canonical passage.
        """
        return Table(
            self._native.counts()[3], self._passage, lambda: self._native.table("passages")
        )

    @cached_property
    def coverage(self) -> Coverage:
        """How much of everything stands elsewhere."""
        return Coverage(self._native, self.groups)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Groups of documents, in order of first appearance."""
        return tuple(Group(**group) for group in json.loads(self._frame[1]))

    @cached_property
    def suppressed(self) -> Suppressed:
        """What each rule left out."""
        return Suppressed(**json.loads(self._frame[2]))

    @cached_property
    def skipped(self) -> tuple[Skipped, ...]:
        """Inputs that could not be read, in input order."""
        return tuple(Skipped(**skipped) for skipped in json.loads(self._frame[3]))

    @cached_property
    def run(self) -> Run:
        """What ran, on what, and how long it took."""
        run = json.loads(self._frame[0])
        times = {time["stage"]: time["seconds"] for time in run.pop("times")}
        return Run(times=times, **run)

    @cached_property
    def _frame(self) -> tuple[str, str, str, str]:
        return self._native.frame()

    def text(self, document: int) -> str:
        """The text of a document, by its number.

        Raises:
            IndexError: there is no such document.
        """
        return self._native.text_of(document)

    @overload
    def to_json(self, path: None = None, *, pretty: bool = True) -> str: ...
    @overload
    def to_json(self, path: str | PathLike[str], *, pretty: bool = True) -> None: ...
    def to_json(self, path: str | PathLike[str] | None = None, *, pretty: bool = True) -> str | None:
        """The report as JSON, the format of ``doublet find --format json``; offsets are bytes.

        Args:
            path: a file to write; without one the JSON is returned.
            pretty: one item a line, rather than all on one line.
        """
        return _deliver(self._native.json(pretty), path)

    @overload
    def to_html(self, path: None = None, *, passages: int = ..., texts: int = ...) -> str: ...
    @overload
    def to_html(
        self, path: str | PathLike[str], *, passages: int = ..., texts: int = ...
    ) -> None: ...
    def to_html(
        self,
        path: str | PathLike[str] | None = None,
        *,
        passages: int = 50_000,
        texts: int = 2_000,
    ) -> str | None:
        """One page to look at, which opens offline in any browser.

        Args:
            path: a file to write; without one the page is returned.
            passages: show at most so many passages.
            texts: show at most so many documents in full.
        """
        return _deliver(self._native.html(passages, texts), path)

    def __repr__(self) -> str:
        documents, matches, clusters, passages = self._native.counts()
        return (
            f"<doublet.Report: {documents} documents, {matches} matches, {clusters} clusters, "
            f"{passages} passages>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: the counts and the first passages."""
        documents, matches, clusters, passages = self._native.counts()
        share = 100 * self.coverage.total.reuse_share
        rows = []
        for passage in self.passages[:10]:
            places = ", ".join(escape(member.name) for member in passage.members[:4])
            more = f" and {len(passage.members) - 4} more" if len(passage.members) > 4 else ""
            rows.append(
                f"<tr><td>{passage.words}</td><td>{passage.documents}</td>"
                f'<td style="text-align:left">{escape(_shortened(passage.text, 200))}</td>'
                f'<td style="text-align:left">{places}{more}</td></tr>'
            )
        table = (
            "<table><thead><tr><th>words</th><th>documents</th><th>passage</th><th>where</th></tr>"
            f"</thead><tbody>{''.join(rows)}</tbody></table>"
            if rows
            else ""
        )
        return (
            f"<p><b>doublet</b>: {documents:,} documents, {matches:,} matches, {clusters:,} "
            f"clusters, {passages:,} passages; {share:.1f}% of all words stand elsewhere</p>{table}"
        )

    def _document(self, index: int) -> DocumentEntry:
        name, reference, group, date, origin, size, tokens, content_hash, metadata, share = (
            self._native.document_at(index)
        )
        return DocumentEntry(
            index,
            name,
            reference,
            self.groups[group].name,
            date,
            None if origin is None else Origin(*origin),
            size,
            tokens,
            content_hash,
            json.loads(metadata),
            Share(*share),
        )

    def _passage(self, index: int) -> Passage:
        native = self._native
        kind, text, words, documents, distinctiveness, canonical, count = native.passage_at(index)

        def member(place: int) -> PassageMember:
            document, name, ends, lines, tokens, identity, words, operations = native.member_at(
                index, place
            )
            steps = tuple(map(operation, operations))
            return PassageMember(
                document, name, *ends, *lines, *tokens, identity, words, steps
            )

        members = Members(count, member)
        passage_kind = cast(Literal["reuse", "boilerplate"], kind)
        return Passage(passage_kind, text, words, documents, distinctiveness, members, canonical)


def _deliver(content: str, path: str | PathLike[str] | None) -> str | None:
    if path is None:
        return content
    Path(path).write_text(content, encoding="utf-8", newline="")
    return None


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
