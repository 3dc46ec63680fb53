"""What reports are made of: typed objects, frozen and cheap.

Positions are **code points**, the indices of a Python string; positions in bytes of the UTF-8 stand
beside them as ``start_byte`` and ``end_byte``. Ranges are half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _doublet
from .tables import Rows, Table

__all__ = [
    "AlignedPart",
    "Cluster",
    "ClusterMember",
    "Coverage",
    "DocumentEntry",
    "Group",
    "Match",
    "MatchKind",
    "Members",
    "Operation",
    "Origin",
    "Passage",
    "PassageMember",
    "Run",
    "Share",
    "Skipped",
    "Suppressed",
    "aligned_part",
    "operation",
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
    #: Share of the representative's shingles that it holds, 0 to 1.
    contains: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Documents that are versions of one document. With a reference the representative is one of
    its documents, and the others are those that match it."""

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


def operation(parts: Any) -> Operation:
    """From the native half's tuple."""
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


class Members(Rows[PassageMember], Sequence[PassageMember]):
    """The places of a passage, made when they are asked for."""

    __slots__ = ()

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
    steps = tuple(map(operation, operations))
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
    #: Whether its documents belong to the reference.
    reference: bool
    #: Number of documents, bytes of text, and tokens in it.
    documents: int
    bytes: int
    tokens: int


class Coverage(Table[Share]):
    """How much of everything stands elsewhere, in tokens.

    As a sequence: the whole collection, then the groups in the order of ``report.groups``.
    """

    __slots__ = ("between", "groups", "reference", "total")

    #: The whole collection.
    total: Share
    #: By name of group; with a reference, groups of what was compared with it.
    groups: dict[str, Share]
    #: Those of the reference: how much of them stands in the others.
    reference: dict[str, Share]
    #: ``between[i][j]``: tokens of group ``i`` that stand (also) in group ``j``; for ``i == j`` in
    #: another place of the same group.
    between: tuple[tuple[int, ...], ...]

    def __init__(self, native: _doublet.Report, groups: tuple[Group, ...]) -> None:
        total, of_groups, between = native.coverage()
        shares = [Share(*total), *(Share(*share) for share in of_groups)]
        super().__init__(len(shares), shares.__getitem__, lambda: native.table("coverage"))
        self.total = shares[0]
        named = list(zip(groups, shares[1:], strict=True))
        self.groups = {group.name: share for group, share in named if not group.reference}
        self.reference = {group.name: share for group, share in named if group.reference}
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

    #: Its number: the index in what was handed over, a reference first.
    number: int
    #: Its id.
    name: str
    #: Whether it belongs to the reference.
    reference: bool
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
    #: The field that texts of records were read from; ``None`` for documents in memory.
    text_field: str | None = None
