"""Rows of results: sequences of typed objects that are Arrow tables too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import _doublet

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Column", "Rows", "Table"]

T = TypeVar("T")


class Rows(Generic[T]):
    """Things that are made when they are asked for, by number."""

    __slots__ = ("_count", "_make")

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._count))]
        at = index + self._count if index < 0 else index
        if not 0 <= at < self._count:
            raise IndexError(f"{index} of {self._count}")
        return self._make(at)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, range(self._count))


class Table(Rows[T]):
    """Results, one by one as objects or whole as an Arrow table.

    Objects are made when they are asked for. The table speaks the Arrow PyCapsule interface, so
    whatever does (pyarrow, Polars, pandas, DuckDB, nanoarrow) takes the object itself:
    ``polars.DataFrame(report.passages)``. The methods below are short for that.

    It has what a sequence has and is none by name: data frames would take a sequence row by row.
    """

    __slots__ = ("_open",)

    def __init__(
        self,
        count: int,
        make: Callable[[int], T],
        open_table: Callable[[], _doublet.ArrowTable],
    ) -> None:
        super().__init__(count, make)
        self._open = open_table

    def __reversed__(self) -> Iterator[T]:
        return map(self._make, reversed(range(self._count)))

    def __contains__(self, item: object) -> bool:
        return any(item == own for own in self)

    def __repr__(self) -> str:
        shown = [repr(item) for item in self[:3]]
        more = [f"… {self._count - 3} more"] if self._count > 3 else []
        return f"[{', '.join(shown + more)}]"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._open().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._open().__arrow_c_schema__()

    @property
    def column_names(self) -> list[str]:
        """Names of the table's columns."""
        return self._open().column_names()

    def to_arrow(self) -> pyarrow.Table:
        """As a ``pyarrow.Table``; needs pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """As a ``polars.DataFrame``; needs Polars, and nothing else."""
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """As a ``pandas.DataFrame``; needs pandas and pyarrow."""
        frame: pandas.DataFrame = self.to_arrow().to_pandas()
        return frame


class Column:
    """An Arrow column of results.

    ``pyarrow.array(column)``, ``polars.Series(column)`` and whatever else speaks the Arrow
    PyCapsule interface takes it; the methods below are short for that.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _doublet.ArrowColumn) -> None:
        self._native = native

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<Column of {len(self)} {self.type}>"

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self._native.__arrow_c_array__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    @property
    def type(self) -> str:
        """Its type, as Arrow writes it."""
        return self._native.type_name()

    def to_arrow(self) -> pyarrow.Array:
        """As a ``pyarrow.Array``; needs pyarrow."""
        import pyarrow

        return pyarrow.array(self)

    def to_polars(self) -> polars.Series:
        """As a ``polars.Series``; needs Polars, and nothing else."""
        import polars

        return polars.Series(self)

    def to_numpy(self) -> Any:
        """As a NumPy array, of two dimensions for sketches and bands; needs pyarrow and NumPy."""
        array = self.to_arrow()
        if not hasattr(array.type, "list_size"):
            return array.to_numpy(zero_copy_only=False)
        if array.null_count:
            raise ValueError("a column with nulls has no form in NumPy")
        values = array.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(len(array), array.type.list_size)

    def to_pylist(self) -> list[Any]:
        """As Python objects; needs pyarrow."""
        values: list[Any] = self.to_arrow().to_pylist()
        return values
