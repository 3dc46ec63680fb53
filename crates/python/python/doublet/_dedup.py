"""Cleaning: the same data without what repeats, and the evidence for what went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from . import _doublet
from ._inputs import Input, adapter, reference_of
from ._options import InputOptions
from ._progress import ProgressOption, told
from .report import Report
from .tables import Table

__all__ = ["Cut", "Removal", "Removals", "dedup"]

D = TypeVar("D")

#: The argument of :func:`dedup` that a document came in by.
KeptIn = Literal["dataset", "protect", "against"]


@dataclass(frozen=True, slots=True)
class Cut:
    """Words that were cut, and what stands for them."""

    #: What was cut, in code points of the text as it came in.
    start: int
    end: int
    #: The same in bytes.
    start_byte: int
    end_byte: int
    #: The row that keeps the passage, and the argument that it came in by.
    kept: int
    kept_in: KeptIn
    #: Where it keeps it, in code points.
    kept_start: int
    kept_end: int
    #: The same in bytes.
    kept_start_byte: int
    kept_end_byte: int
    #: Share of words that are equal, 0 to 1.
    score: float


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that went, and why."""

    #: The row of the data.
    document: int
    #: The document's id.
    name: str
    #: ``exact``: the same words; ``near``: similar enough; ``contained``: all of it stands in the
    #: other; ``passage``: a passage was cut; ``short``: too little was left after cuts.
    rule: Literal["exact", "near", "contained", "passage", "short"]
    #: Similarity, containment or identity by the rule; for ``short`` the share that was cut.
    score: float
    #: The row that stands for it, and the argument that it came in by.
    kept: int
    kept_in: KeptIn
    kept_name: str
    #: What was cut: one for ``passage``, all for ``short``, none otherwise.
    cuts: tuple[Cut, ...]
    #: What went: the passage, or the whole text.
    text: str


class Removals(Table[Removal]):
    """Everything that went, by row; ``report`` is what the decisions rest on."""

    __slots__ = ("report",)

    #: The search behind it. Its documents are those of ``against``, of ``protect``, then the data.
    report: Report

    def __init__(self, native: _doublet.Cleaning) -> None:
        def make(index: int) -> Removal:
            document, name, rule, score, kept, kept_name, cuts = native.removal_at(index)
            return Removal(
                document,
                name,
                cast(Literal["exact", "near", "contained", "passage", "short"], rule),
                score,
                *kept,
                kept_name,
                tuple(Cut(*span, *row, *other, likeness) for span, row, other, likeness in cuts),
                native.removed_text(index),
            )

        super().__init__(len(native), make, native.table)
        self.report = Report(native.report())


def dedup(
    dataset: D,
    *,
    keep: str = "longest",
    remove: str | Iterable[str] = ("exact", "near"),
    protect: Input | None = None,
    against: Input | None = None,
    cut: Literal["word", "sentence", "paragraph"] = "word",
    replace_with: str = "",
    cut_boilerplate: bool = False,
    min_words_left: int = 20,
    threshold: float = 0.8,
    shingle_size: int = 5,
    sketch_size: int = 256,
    containment: float = 0.9,
    min_words: int = 8,
    sensitivity: Literal["auto", "fast", "balanced", "high"] = "auto",
    min_identity: float = 0.6,
    min_distinctiveness: float = 0.25,
    threads: int = 0,
    text_field: str = "text",
    id_field: str | None = None,
    date_field: str | None = None,
    strict: bool = False,
    progress: ProgressOption = None,
) -> tuple[D, Removals]:
    """The same data without copies and, if asked for, without repeated passages.

    Rows that stay keep their order and everything in them; only texts that passages were cut from
    change. What stands for something that goes is never removed itself.

    Args:
        dataset: as for :func:`find`. A list, tuple or mapping, a pandas or Polars frame or
            series, a pyarrow table, batch, reader or column, and a Hugging Face ``Dataset`` come
            back as what they are; other iterables as a list; paths, and what :func:`read`
            returned, as :class:`Documents`. (To write files again, use the program.)
        keep: which version stays: ``longest``, ``first``, ``newest[:FIELD]``, ``oldest[:FIELD]``,
            ``max:FIELD`` or ``source-order``.
        remove: what goes: ``exact``, ``near`` and ``contained`` documents; ``passages``, from the
            second place on.
        protect: more documents (as for ``dataset``, with the same fields) that stand for what
            they match, and are not part of what comes back: an evaluation set.
        against: remove only what stands in this reference too (an evaluation set, an earlier
            crawl), and nothing for standing twice in the data; otherwise as in :func:`find`.
        cut: where passages are cut: at their first and last word, or the whole sentences or
            paragraphs inside them.
        replace_with: what stands for a passage that was cut.
        cut_boilerplate: cut boilerplate too.
        min_words_left: a document of which cuts leave fewer words goes whole.
        threshold: as in :func:`find`, like all options that are not named here.

    Returns:
        ``data, removals``: what is left, and what went with its evidence.

    Raises:
        TypeError: data of which no part can be made.
        Error: as :func:`find`.

    >>> import doublet
    >>> text = "It was the best of times, it was the worst of times, it was the age of wisdom"
    >>> records = [{"id": 1, "text": text}, {"id": 2, "text": "Another."}, {"id": 3, "text": text}]
    >>> data, removals = doublet.dedup(records)
    >>> [record["id"] for record in data]
    [1, 2]
    >>> gone = removals[0]
    >>> gone.name, gone.rule, gone.kept_name
    ('3', 'exact', '1')
    """
    policy, _, field = keep.partition(":")
    options = InputOptions(
        text_field=text_field,
        id_field=id_field,
        date_field=date_field,
        # Nothing else of the rest decides what goes.
        metadata=[field] if field else False,
        strict=strict,
    )
    search = {
        "threshold": threshold,
        "shingle_size": shingle_size,
        "sketch_size": sketch_size,
        "containment": containment,
        "keep": keep,
        "linkage": "star",
        "min_words": min_words,
        "sensitivity": sensitivity,
        "min_identity": min_identity,
        "min_distinctiveness": min_distinctiveness,
        "only": None,
        "threads": threads,
    }
    cleaning = {
        "remove": remove if isinstance(remove, str) else ",".join(remove),
        "cut": cut,
        "cut_boilerplate": cut_boilerplate,
        "min_words_left": min_words_left,
        "replace_with": replace_with,
    }
    reference = reference_of(against, options, progress)
    source = adapter(dataset, twice=True, reference=reference)
    documents = source.documents(options, progress)
    protected = None
    if protect is not None:
        of_protected = InputOptions(text_field=text_field, id_field=id_field, metadata=False)
        protected = adapter(protect).documents(of_protected, progress)
    with told(progress) as tell:
        native = _doublet.clean(documents, protected, reference, search, cleaning, tell)
    left = source.without(native.kept(), native.texts(), options)
    return cast(D, left), Removals(native)
