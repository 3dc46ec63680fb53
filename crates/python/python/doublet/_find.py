"""The main job: what repeats, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from . import _doublet
from ._inputs import Input, adapter, reference_of
from ._options import InputOptions
from ._progress import ProgressOption, told
from .report import Report
from .results import AlignedPart, aligned_part

__all__ = ["align", "compare", "find"]


def find(
    documents: Input,
    *,
    against: Input | None = None,
    threshold: float = 0.8,
    shingle_size: int = 5,
    sketch_size: int = 256,
    containment: float = 0.9,
    keep: str = "longest",
    linkage: Literal["star", "single"] = "star",
    min_words: int = 8,
    sensitivity: Literal["auto", "fast", "balanced", "high"] = "auto",
    min_identity: float = 0.6,
    min_distinctiveness: float = 0.25,
    only: Literal["documents", "passages"] | None = None,
    threads: int = 0,
    text_field: str = "text",
    id_field: str | None = None,
    group_by: str | None = None,
    date_field: str | None = None,
    metadata: bool | Sequence[str] = True,
    format_in: str = "auto",
    encoding: str | None = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    skip_hidden: bool = False,
    strict: bool = False,
    progress: ProgressOption = None,
) -> Report:
    """Finds the documents that are copies and the passages that documents share.

    The options are those of the program ``doublet find``, with its defaults. The work is done
    without the interpreter's lock; Ctrl-C stops it. The result does not depend on ``threads``.

    Args:
        documents: a list of strings; an iterable of ``(id, text)`` or of mappings; a mapping from
            id to text; a pandas or Polars data frame; a pyarrow table, reader or column, or
            anything else with ``__arrow_c_stream__`` or ``__arrow_c_array__``; a Hugging Face
            ``Dataset``; what :func:`read` returned; or a path or a list of ``pathlib.Path``. A
            single string is a path, strings in a list are texts.
        against: a reference (an evaluation set, an earlier crawl), as ``documents``, which are
            compared with it only, and nothing within either. In the report its documents come
            first. It is read with the same options, unless :func:`read` did it; groups and dates
            it need not have, and files of it are no part of ``documents``.
        threshold: lowest Jaccard similarity of near-duplicates, above 0 to 1.
        shingle_size: words a shingle, 1 to 64.
        sketch_size: registers of a document's sketch, a power of two from 16 to 4096: fewer are
            faster, more compare fewer documents in vain.
        containment: lowest share of a document that another must hold to contain it, above 0 to 1.
        keep: which version represents a cluster: ``longest``, ``first``, ``newest[:FIELD]``,
            ``oldest[:FIELD]``, ``max:FIELD`` or ``source-order``.
        linkage: ``star``: every member matches the representative; ``single``: chains join.
        min_words: fewest words of a passage, at least 3.
        sensitivity: how short an undisturbed run still leads to a passage: ``fast`` 10 words,
            ``balanced`` 6, ``high`` 3, ``auto`` by the size of the input.
        min_identity: lowest share of equal words of a passage with its canonical one, 0 to 1.
        min_distinctiveness: passages less distinctive than this are boilerplate, 0 to 1.
        only: do one half only.
        threads: threads; 0 takes one a core.
        text_field: the field or column that holds the text.
        id_field: the one that names a document; by default ``id`` where there is one, else its
            number.
        group_by: the one whose values group documents (the outlet, the crawl).
        date_field: the one that holds the date.
        metadata: keep the other fields: all, none, or those named.
        format_in: see :func:`read`; this and the next four concern paths only.
        encoding: see :func:`read`.
        include: see :func:`read`.
        exclude: see :func:`read`.
        skip_hidden: see :func:`read`.
        strict: raise at the first problem that would be noted in ``report.skipped``.
        progress: ``True`` for a bar of tqdm's, or a function that takes a :class:`Progress`; it
            is called on this thread.

    Raises:
        ConfigError: an option out of its range, or a reference without documents.
        FieldError: a document without a text, or with something else in its place.
        EncodingError: a text that UTF-8 cannot hold (lone surrogates); it names the document.
        LimitError: more than 4,294,967,294 documents, or a text of 4 GiB.
        IoError: a path that cannot be read.

    >>> import doublet
    >>> articles = [
    ...     {"id": "Herald", "text": "“We are not building any alliances today,” he said."},
    ...     {"id": "Courier", "text": "“We aren’t building any alliances today,” he says."},
    ... ]
    >>> report = doublet.find(articles, min_words=6)
    >>> [(m.name, m.text) for m in report.passages[0].members]
    [('Herald', 'We are not building any alliances today,” he'), \
('Courier', 'We aren’t building any alliances today,” he')]
    """
    options = InputOptions(
        text_field=text_field,
        id_field=id_field,
        group_by=group_by,
        date_field=date_field,
        metadata=metadata,
        strict=strict,
        format_in=format_in,
        encoding=encoding,
        include=include,
        exclude=exclude,
        skip_hidden=skip_hidden,
    )
    search = {
        "threshold": threshold,
        "shingle_size": shingle_size,
        "sketch_size": sketch_size,
        "containment": containment,
        "keep": keep,
        "linkage": linkage,
        "min_words": min_words,
        "sensitivity": sensitivity,
        "min_identity": min_identity,
        "min_distinctiveness": min_distinctiveness,
        "only": only,
        "threads": threads,
    }
    reference = reference_of(against, options, progress)
    native = adapter(documents, reference=reference).documents(options, progress)
    with told(progress) as tell:
        return Report(_doublet.find(native, reference, search, tell))


def compare(
    a: str,
    b: str,
    *,
    min_words: int = 8,
    sensitivity: Literal["auto", "fast", "balanced", "high"] = "high",
    min_identity: float = 0.6,
) -> Report:
    """Compares two texts: a report about the documents ``a`` and ``b``.

    Args:
        a: the first text.
        b: the second text.
        min_words: fewest words of a passage, at least 3.
        sensitivity: as in :func:`find`.
        min_identity: as in :func:`find`.

    Raises:
        ConfigError: an option out of its range.
        EncodingError: a text that UTF-8 cannot hold.

    >>> import doublet
    >>> report = doublet.compare(
    ...     "The committee met on Tuesday to discuss the new budget for schools.",
    ...     "On Friday the committee met to discuss the new budgets for schools.",
    ... )
    >>> report.matches
    []
    >>> [member.text for member in report.passages[0].members]
    ['The committee met on Tuesday to discuss the new budget for schools', \
'the committee met to discuss the new budgets for schools']
    """
    return find(
        [("a", a), ("b", b)],
        min_words=min_words,
        sensitivity=sensitivity,
        min_identity=min_identity,
        # Two documents cannot tell what is formulaic.
        min_distinctiveness=0.0,
    )


def align(a: str, b: str) -> list[AlignedPart]:
    """Aligns two texts word by word: the parts they share, best first.

    Parts grow around runs of at least three equal words, and no length or identity is asked of
    them. For columns of texts see :meth:`Sketcher.align`.

    Args:
        a: the first text.
        b: the second text.

    Raises:
        EncodingError: a text that UTF-8 cannot hold.

    >>> import doublet
    >>> a = "Russia and China are not building alliances"
    >>> b = "that Russia and China aren't building alliances"
    >>> part = doublet.align(a, b)[0]
    >>> b[part.b_start : part.b_end]
    "Russia and China aren't building alliances"
    >>> [step.operation for step in part.operations]
    ['equal', 'replace', 'equal']
    """
    return [aligned_part(part) for part in _doublet.align(a, b)]
