"""What people have, as documents, and the same kind of thing again without some of it.

Each kind of input has an adapter that knows both ways. Packages are recognised by the names of
their classes, so none of them is imported unless its objects came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from typing import Any, Protocol, Union, overload

from . import _doublet
from ._options import FIELDS, InputOptions
from ._progress import ProgressOption, told
from .errors import ConfigError

__all__ = ["Documents", "Input", "adapter", "read", "reference_of"]

#: What functions take: paths, texts, pairs, records, tables, data sets.
Input = Union[
    str,
    "PathLike[str]",
    Mapping[Any, Any],
    Iterable[Any],
    Any,
]


class Documents(Sequence["tuple[str, str]"]):
    """Documents in memory, as :func:`read` makes them: a sequence of ``(id, text)``."""

    __slots__ = ("_fields", "_native")

    def __init__(self, native: _doublet.Documents, fields: dict[str, Any]) -> None:
        self._native = native
        self._fields = fields

    def __len__(self) -> int:
        return len(self._native)

    @overload
    def __getitem__(self, index: int) -> tuple[str, str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[str, str]]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, str] | list[tuple[str, str]]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        document = self._native.at(at) if at >= 0 else None
        if document is None:
            raise IndexError(f"{index} of {len(self)}")
        return document

    @property
    def skipped(self) -> list[tuple[str, int | None, str]]:
        """What could not be read: file, line, message."""
        return self._native.skipped()

    def __repr__(self) -> str:
        return f"<doublet.Documents: {len(self)}>"


def read(
    *paths: str | PathLike[str],
    text_field: str = "text",
    id_field: str | None = None,
    group_by: str | None = None,
    date_field: str | None = None,
    metadata: bool = True,
    format_in: str = "auto",
    encoding: str | None = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    skip_hidden: bool = False,
    strict: bool = False,
    progress: ProgressOption = None,
) -> Documents:
    """Reads files and folders: text, JSON lines and JSON, CSV, Parquet, web archives of text; plain
    or compressed (gzip, zstd).

    Args:
        paths: files and folders, read in their order; ``-`` is standard input.
        text_field: the field that holds the text of a JSON record.
        id_field: the field that names a record; by default ``id`` where there is one, else file
            and line.
        group_by: the field whose values group documents (the outlet, the crawl), or ``folder``,
            ``source`` or ``path``; by default documents are grouped by source.
        date_field: the field that holds a record's date.
        metadata: keep the other fields of records.
        format_in: what files hold: ``auto`` (by name), ``text``, ``jsonl``, ``csv``, ``parquet``
            or ``warc``.
        encoding: the encoding of texts that are not UTF-8, as ``windows-1252`` or ``big5``.
        include: globs; read only files of a folder that match one.
        exclude: globs; leave out files of a folder that match one.
        skip_hidden: leave out hidden files and folders.
        strict: raise at the first bad input instead of naming it in ``skipped``.
        progress: ``True`` for a bar of tqdm's, or a function that takes a :class:`Progress`.

    Raises:
        IoError: a path does not exist or cannot be read.
        ConfigError: a mistake in the options.
        Error: with ``strict``, the first problem; ``path`` and ``line`` say where.

    >>> import doublet, json, pathlib
    >>> lines = ['{"id": "a", "text": "One."}', '{"id": "b"}']
    >>> _ = pathlib.Path("news.jsonl").write_text("\\n".join(lines))
    >>> documents = doublet.read("news.jsonl")
    >>> documents[0]
    ('a', 'One.')
    >>> path, line, message = documents.skipped[0]
    >>> path, line
    ('news.jsonl', 2)
    """
    options = InputOptions(
        text_field=text_field,
        id_field=id_field,
        group_by=group_by,
        date_field=date_field,
        metadata=metadata,
        format_in=format_in,
        encoding=encoding,
        include=include,
        exclude=exclude,
        skip_hidden=skip_hidden,
        strict=strict,
    )
    return Documents(_Paths(paths).documents(options, progress), options.fields)


class Adapter(Protocol):
    """One kind of input."""

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        """Its documents, in order."""

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        """The same kind of thing with these rows and, for some of them, these texts."""


def reference_of(
    against: Input | None, options: InputOptions, progress: ProgressOption
) -> _doublet.Documents | None:
    """The documents of a reference, which are read as those of a corpus are, as far as that goes."""
    if against is None:
        return None
    if isinstance(against, Documents):
        return against._native
    of_reference = options.of_reference()
    reference = adapter(against)
    if not isinstance(reference, _Paths):
        of_reference = of_reference.of_memory()
    return reference.documents(of_reference, progress)


def adapter(
    data: Input, *, twice: bool = False, reference: _doublet.Documents | None = None
) -> Adapter:
    """The adapter for whatever this is; ``twice`` says that a part of it is wanted later. Files of
    the reference are no part of it."""
    if isinstance(data, Documents):
        return _Read(data)
    if isinstance(data, (str, PathLike)):
        return _Paths((data,), reference)
    names = {f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in type(data).__mro__}
    for name, make in _ADAPTERS.items():
        if name in names:
            made: Adapter = make(data)
            return made
    if twice and "pyarrow.RecordBatchReader" in names:
        return _PyarrowReader(data)
    for name, remedy in _REFUSED.items():
        if name in names:
            raise TypeError(f"found a {name}; {remedy}")
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return _Arrow(data)
    if isinstance(data, Mapping):
        return _Named(data)
    if isinstance(data, Iterable) and not isinstance(data, (bytes, bytearray)):
        items: Sequence[Any] = data if isinstance(data, (list, tuple)) else list(data)
        if items and isinstance(items[0], PathLike):
            return _Paths(items, reference)
        return _Items(items)
    raise TypeError(
        f"found {type(data).__name__}; expected paths, a list of texts, pairs or records, a data "
        "frame, an Arrow table, or a data set"
    )


class _Paths:
    """Files and folders."""

    def __init__(
        self,
        paths: Sequence[str | PathLike[str]],
        reference: _doublet.Documents | None = None,
    ) -> None:
        self._paths = [fspath(path) for path in paths]
        self._reference = reference

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        with told(progress) as tell:
            self._read = _doublet.read(self._paths, self._reference, options.of_files(), tell)
        return self._read

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Documents:
        return Documents(self._read.select(kept, texts), options.fields)


class _Read:
    """What was read before."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        options.check_memory()
        for name, default in FIELDS.items():
            asked = options.fields[name]
            if asked not in (default, self._documents._fields[name]):
                raise ConfigError(
                    f"found {name}={asked!r} for documents that were read without it; "
                    f"hand it to read()"
                )
        return self._documents._native

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Documents:
        return Documents(self._documents._native.select(kept, texts), self._documents._fields)


class _Items:
    """Strings, pairs, records."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        options.check_memory()
        return _doublet.from_items(self._items, options.fields)

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        left = (
            _with_text(self._items[row], texts[row], options.text_field)
            if row in texts
            else self._items[row]
            for row in kept
        )
        return tuple(left) if isinstance(self._items, tuple) else list(left)


def _with_text(item: Any, text: str, field: str) -> Any:
    if isinstance(item, str):
        return text
    if isinstance(item, tuple):
        return (item[0], text)
    return _with_field(item, field, text)


def _with_field(record: Mapping[str, Any], field: str, text: str) -> dict[str, Any]:
    first, dot, rest = field.partition(".")
    if field in record or not dot:
        return {**record, field: text}
    return {**record, first: _with_field(record[first], rest, text)}


class _Named:
    """Texts by id."""

    def __init__(self, texts: Mapping[Any, Any]) -> None:
        self._texts = texts

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        options.check_memory()
        return _doublet.from_items(self._texts.items(), options.fields)

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        names = list(self._texts)
        return {names[row]: texts.get(row, self._texts[names[row]]) for row in kept}


class _Arrow:
    """Anything that speaks the Arrow PyCapsule interface."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        options.check_memory()
        documents = _doublet.from_arrow(self._data, options.fields)
        if documents is None:
            raise TypeError(f"found {type(self._data).__name__}; expected Arrow data")
        return documents

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        raise TypeError(
            f"found {type(self._data).__name__}, of which no part can be made; hand over a "
            "pyarrow.Table, a data frame or a list"
        )


def _texts(column: Iterable[Any], kept: list[int], texts: dict[int, str]) -> Iterator[Any]:
    return (texts.get(row, text) for row, text in zip(kept, column, strict=True))


class _PyarrowTable(_Arrow):
    """A table or a record batch of pyarrow's."""

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        import pyarrow

        mask = [False] * len(self._data)
        for row in kept:
            mask[row] = True
        # Chunk by chunk, where taking rows would put a column's chunks together first.
        left = self._data.filter(pyarrow.array(mask))
        if not texts:
            return left
        at = left.schema.get_field_index(options.text_field)
        column = left.column(at)
        values = pyarrow.array(_texts(column.to_pylist(), kept, texts), column.type)
        return left.set_column(at, left.schema.field(at), values)


class _PyarrowReader(_PyarrowTable):
    """A reader of record batches, which can be read once."""

    def __init__(self, reader: Any) -> None:
        super().__init__(reader.read_all())

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        return super().without(kept, texts, options).to_reader()


class _PyarrowColumn(_Arrow):
    """A column of pyarrow's."""

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        import pyarrow

        column = self._data
        left = list(_texts((column[row].as_py() for row in kept), kept, texts))
        if isinstance(column, pyarrow.ChunkedArray):
            return pyarrow.chunked_array([left], column.type)
        return pyarrow.array(left, column.type)


class _Polars(_Arrow):
    """A data frame or a series of Polars'."""

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        import polars

        left = self._data[kept]
        if not texts:
            return left
        is_frame = isinstance(left, polars.DataFrame)
        column = left[options.text_field] if is_frame else left
        values = _texts(column.to_list(), kept, texts)
        changed = polars.Series(column.name, list(values), dtype=column.dtype)
        return left.with_columns(changed) if is_frame else changed


class _Pandas(_Arrow):
    """A data frame or a series of pandas'."""

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        try:
            return super().documents(options, progress)
        except (ImportError, UnicodeError, TypeError):
            # Without pyarrow, or with what Arrow cannot hold: value by value.
            items = self._data
            if hasattr(items, "columns"):
                items = items.to_dict("records")
            return _doublet.from_items(items, options.fields)

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        import pandas

        left = self._data.iloc[kept]
        if not texts:
            return left
        is_frame = isinstance(left, pandas.DataFrame)
        column = left[options.text_field] if is_frame else left
        values = list(_texts(column, kept, texts))
        changed = pandas.Series(values, column.index, column.dtype, column.name)
        return left.assign(**{options.text_field: changed}) if is_frame else changed


class _Dataset:
    """A data set of Hugging Face's."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def documents(self, options: InputOptions, progress: ProgressOption) -> _doublet.Documents:
        # Follows selections and shuffles; columns of its files are mapped, not copied.
        return _Arrow(self._dataset.with_format("arrow")[:]).documents(options, progress)

    def without(self, kept: list[int], texts: dict[int, str], options: InputOptions) -> Any:
        left = self._dataset.select(kept)
        if not texts:
            return left
        field = options.text_field
        by_row = {row: texts[number] for row, number in enumerate(kept) if number in texts}

        def cut(batch: dict[str, list[Any]], rows: list[int]) -> dict[str, list[Any]]:
            old = zip(rows, batch[field], strict=True)
            return {field: [by_row.get(row, text) for row, text in old]}

        return left.map(cut, with_indices=True, batched=True, features=left.features)


_ADAPTERS: dict[str, Any] = {
    "datasets.Dataset": _Dataset,
    "polars.DataFrame": _Polars,
    "polars.Series": _Polars,
    "pandas.DataFrame": _Pandas,
    "pandas.Series": _Pandas,
    "pyarrow.Table": _PyarrowTable,
    "pyarrow.RecordBatch": _PyarrowTable,
    "pyarrow.ChunkedArray": _PyarrowColumn,
    "pyarrow.Array": _PyarrowColumn,
}

_REFUSED = {
    "datasets.DatasetDict": 'name one of its splits, as data["train"]',
    "datasets.IterableDatasetDict": 'name one of its splits, as data["train"]',
    "polars.LazyFrame": "call .collect() on it",
}
