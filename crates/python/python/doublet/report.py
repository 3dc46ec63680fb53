"""The report of a run: every result as a typed object, a table, a page, JSON.

Positions are **code points**, the indices of a Python string, so ``text[m.start:m.end]`` is the
passage; positions in bytes of the UTF-8 stand beside them as ``start_byte`` and ``end_byte``.
Ranges are half-open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any, Literal, cast, overload

from . import _doublet
from .tables import Table

__all__ = [
    "AlignedPart",
    "Cluster",
    "ClusterMember",
    "Coverage",
    "DocumentEntry",
    "Group",
    "Match",
    "Operation",
    "Origin",
    "Passage",
    "PassageMember",
    "Report",
    "Run",
    "Share",
    "Skipped",
    "Suppressed",
]

MatchKind = Literal["exact", "near", "contained"]


@dataclass(frozen=True, slots=True)
class Match:
    """A verified pair of documents with its exact scores."""

    #: Number of the first document, the lower one.
    a: int
    #: Number of the second document.
    b: int
    #: ``exact``: the same words; ``near``: similar; ``contained``: one holds the other.
    kind: MatchKind
    #: Jaccard similarity of the shingle sets, 0 to 1.
    similarity: float
    #: Share of ``a``'s shingles that ``b`` holds, 0 to 1.
    a_in_b: float
    #: Share of ``b``'s shingles that ``a`` holds, 0 to 1.
    b_in_a: float


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """A version of a cluster's representative."""

    #: Number of the document.
    document: int
    #: Why it is here.
    kind: MatchKind
    #: Jaccard similarity to the representative, 0 to 1.
    similarity: float
    #: Share of its shingles that the representative holds, 0 to 1.
    containment: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Documents that are versions of one document."""

    #: Number of the version to keep.
    representative: int
    #: The other versions, by number.
    members: tuple[ClusterMember, ...]
    #: Lowest score of a member with the representative, 0 to 1.
    lowest_score: float


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of an alignment: what turns words of one text into words of the other."""

    #: What is done.
    operation: Literal["equal", "replace", "insert", "delete"]
    #: How a replacement changes the words: *are not* and *aren't* (``contraction``), an inflected
    #: or misspelt word (``form``), other words (``wording``). ``None`` for other operations.
    change: Literal["contraction", "form", "wording"] | None
    #: Where the canonical words stand (of the first text, where two are aligned), in code points.
    canonical_start: int
    canonical_end: int
    #: The same in bytes.
    canonical_start_byte: int
    canonical_end_byte: int
    #: Where the member's words stand, in code points.
    start: int
    end: int
    #: The same in bytes.
    start_byte: int
    end_byte: int
    #: The canonical words, unless equal or inserted.
    canonical_text: str | None
    #: The member's words, unless equal or deleted.
    text: str | None


def _operation(parts: Any) -> Operation:
    kind, change, canonical, member, canonical_text, text = parts
    return Operation(
        kind,
        change,
        canonical[0],
        canonical[1],
        canonical[2],
        canonical[3],
        member[0],
        member[1],
        member[2],
        member[3],
        canonical_text,
        text,
    )


@dataclass(frozen=True, slots=True)
class PassageMember:
    """One place where a passage stands."""

    #: Number of the document.
    document: int
    #: Its name.
    name: str
    #: Where, in code points of its text.
    start: int
    end: int
    #: Where, in bytes of its text.
    start_byte: int
    end_byte: int
    #: Where, in lines and columns, from 1; columns count code points.
    line: int
    column: int
    end_line: int
    end_column: int
    #: Where, in tokens.
    start_token: int
    end_token: int
    #: Share of the aligned words that are equal (partial matches count a half), 0 to 1.
    identity: float
    #: The words that stand here.
    text: str
    #: What turns the canonical passage into this one, in order; covers both without gaps.
    operations: tuple[Operation, ...] = field(repr=False)


class _Members(Sequence[PassageMember]):
    """The places of a passage, made when they are asked for."""

    __slots__ = ("_count", "_make")

    def __init__(self, count: int, make: Callable[[int], PassageMember]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> PassageMember: ...
    @overload
    def __getitem__(self, index: slice) -> list[PassageMember]: ...
    def __getitem__(self, index: int | slice) -> PassageMember | list[PassageMember]:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._count))]
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(f"{index} of {self._count}")
        return self._make(at)

    def __iter__(self) -> Iterator[PassageMember]:
        return map(self._make, range(self._count))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<{self._count} places>"


@dataclass(frozen=True, slots=True)
class Passage:
    """Passages that are versions of one text."""

    #: ``reuse``: a borrowing; ``boilerplate``: formulaic prose, bylines, disclaimers.
    kind: Literal["reuse", "boilerplate"]
    #: The canonical passage, word for word.
    text: str
    #: Its words (a grapheme of a script without spaces counts a half).
    words: int
    #: Number of different documents among the members.
    documents: int
    #: 0 to 1: how much rarer its rarest words-in-a-row are than chance would have them.
    distinctiveness: float
    #: Every place it stands, the first by date (where dates are known), document and start.
    members: Sequence[PassageMember]
    #: Index of the canonical passage in ``members``.
    canonical: int

    @property
    def document(self) -> int:
        """Number of the document that the canonical passage stands in."""
        return self.members[self.canonical].document

    @property
    def start(self) -> int:
        """Where the canonical passage starts, in code points."""
        return self.members[self.canonical].start

    @property
    def end(self) -> int:
        """Where the canonical passage ends, in code points."""
        return self.members[self.canonical].end

    @property
    def start_byte(self) -> int:
        """Where the canonical passage starts, in bytes."""
        return self.members[self.canonical].start_byte

    @property
    def end_byte(self) -> int:
        """Where the canonical passage ends, in bytes."""
        return self.members[self.canonical].end_byte


@dataclass(frozen=True, slots=True)
class AlignedPart:
    """A part of one text aligned with a part of another."""

    #: Where in the first text, in code points.
    a_start: int
    a_end: int
    #: Where in the second text, in code points.
    b_start: int
    b_end: int
    #: The same in bytes.
    a_start_byte: int
    a_end_byte: int
    b_start_byte: int
    b_end_byte: int
    #: Share of the aligned words that are equal (partial matches count a half), 0 to 1.
    identity: float
    #: What turns the first part into the second, in order.
    operations: tuple[Operation, ...]


def aligned_part(parts: Any) -> AlignedPart:
    """From the native half's tuple."""
    a, b, identity, operations = parts
    steps = tuple(map(_operation, operations))
    return AlignedPart(a[0], a[1], b[0], b[1], a[2], a[3], b[2], b[3], identity, steps)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a number of tokens."""

    #: All tokens.
    tokens: int
    #: Those that lie in reused passages.
    reuse: int
    #: Those that lie in boilerplate and not in reused passages.
    boilerplate: int

    @property
    def reuse_share(self) -> float:
        """Reused share, 0 to 1 (0 of nothing)."""
        return self.reuse / self.tokens if self.tokens else 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """A group of documents: an outlet, a crawl, a folder."""

    name: str
    #: Number of documents, bytes of text, and tokens in it.
    documents: int
    bytes: int
    tokens: int


class Coverage(Table[Share]):
    """How much of everything stands elsewhere, in tokens.

    As a sequence: the whole collection, then the groups in the order of ``report.groups``.
    """

    __slots__ = ("between", "groups", "total")

    #: The whole collection.
    total: Share
    #: By name of group.
    groups: dict[str, Share]
    #: ``between[i][j]``: tokens of group ``i`` that stand (also) in group ``j``; for ``i == j`` in
    #: another place of the same group.
    between: tuple[tuple[int, ...], ...]

    def __init__(self, native: _doublet.Report, groups: tuple[Group, ...]) -> None:
        total, of_groups, between = native.coverage()
        shares = [Share(*total), *(Share(*share) for share in of_groups)]
        super().__init__(len(shares), shares.__getitem__, lambda: native.table("coverage"))
        self.total = shares[0]
        self.groups = {group.name: share for group, share in zip(groups, shares[1:], strict=True)}
        self.between = tuple(map(tuple, between))


@dataclass(frozen=True, slots=True)
class Suppressed:
    """How much each rule left out."""

    #: Documents without a token: they have a content hash and nothing else.
    empty_documents: int
    #: Buckets and groups of anchors too large to pair every member with every other.
    thinned_buckets: int
    #: Candidates that fell short of the threshold.
    rejected_candidates: int
    #: Links inside a document cluster that the link to the representative stands for.
    clustered_links: int
    #: Links with too few equal words around them.
    weak_links: int
    #: Alignments below the fewest words.
    short_alignments: int
    #: Alignments below the lowest identity.
    dissimilar_alignments: int
    #: Places of passages that larger passages tell already.
    nested_members: int
    #: Passages reported as boilerplate.
    boilerplate_passages: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that could not be read, or a date or group that could not be used."""

    #: The file, or the id of the document in memory.
    path: str
    #: The line, from 1, in formats of one record a line.
    line: int | None
    #: What was found, what was expected, what to do.
    message: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document was read from."""

    #: The source as it was named, and the file inside it.
    source: str
    path: str
    #: Line of the record, from 1.
    line: int | None
    #: The encoding it was decoded from, unless UTF-8.
    encoding: str | None


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """What a report keeps of a document."""

    #: Its number: the index in what was handed over.
    number: int
    #: Its id.
    name: str
    #: The name of its group.
    group: str
    #: Its date as it was written.
    date: str | None
    #: Where it was read from; ``None`` for documents in memory.
    origin: Origin | None
    #: Bytes of text, and tokens.
    bytes: int
    tokens: int
    #: 32 hexadecimal digits; equal for exact copies.
    content_hash: str
    #: Further fields.
    metadata: dict[str, Any]
    #: How much of it stands elsewhere.
    coverage: Share


@dataclass(frozen=True, slots=True)
class Run:
    """What ran."""

    #: Version of doublet.
    version: str
    #: Every option that decides a result, resolved.
    parameters: dict[str, Any]
    #: Number of documents, bytes of text, and tokens.
    documents: int
    bytes: int
    tokens: int
    #: Seconds by stage: all that differs between equal runs.
    times: dict[str, float]


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
                    ClusterMember(document, cast(MatchKind, kind), similarity, containment)
                    for document, kind, similarity, containment in members
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
        name, group, date, origin, size, tokens, content_hash, metadata, share = (
            self._native.document_at(index)
        )
        return DocumentEntry(
            index,
            name,
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
            steps = tuple(map(_operation, operations))
            return PassageMember(
                document, name, *ends, *lines, *tokens, identity, words, steps
            )

        members = _Members(count, member)
        passage_kind = cast(Literal["reuse", "boilerplate"], kind)
        return Passage(passage_kind, text, words, documents, distinctiveness, members, canonical)


def _deliver(content: str, path: str | PathLike[str] | None) -> str | None:
    if path is None:
        return content
    Path(path).write_text(content, encoding="utf-8", newline="")
    return None


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
