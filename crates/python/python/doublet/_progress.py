"""Progress: a function of the caller's, or a bar of tqdm's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Union

__all__ = ["Progress", "ProgressOption", "told"]


class Progress(NamedTuple):
    """How far a run has come."""

    #: ``reading``, ``tokens``, ``documents``, ``links``, ``alignments``, ``passages``, ``report``
    #: or ``cleaning``.
    stage: str
    #: Amount done in this stage (bytes when reading).
    done: int
    #: Amount in all; ``None`` where it is not known.
    total: int | None


ProgressOption = Union[bool, None, Callable[[Progress], object]]


@contextmanager
def told(progress: ProgressOption) -> Iterator[Callable[[str, int, int | None], object] | None]:
    """What the native half calls, for an option."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        bar = _Bar()
        try:
            yield bar.tell
        finally:
            bar.close()
    else:
        tell = progress

        def call(stage: str, done: int, total: int | None) -> object:
            return tell(Progress(stage, done, total))

        yield call


class _Bar:
    """One bar of tqdm's a stage."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            raise ModuleNotFoundError(
                "progress=True needs the package tqdm; install it, or hand over a function"
            ) from error
        self._make: Any = tqdm
        self._bar: Any = None
        self._stage: str | None = None

    def tell(self, stage: str, done: int, total: int | None) -> None:
        if stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = self._make(
                desc=stage, total=total, unit="B", unit_scale=True, leave=False
            )
        self._bar.update(done - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
