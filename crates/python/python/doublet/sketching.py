"""Single stages on batches, for pipelines of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

from . import _doublet
from .tables import Column

__all__ = ["Sketcher", "Sketches", "Texts"]

#: A batch of texts: a list (``None`` is null), or a column with the Arrow PyCapsule interface.
Texts = Union[Sequence[Union[str, None]], Any]
#: A column that :meth:`Sketcher.sketch` returned, or that was made of one.
Sketches = Any


class Sketcher:
    """Makes sketches of texts, and compares texts and sketches, batch by batch.

    A sketch is a summary of fixed size of a text's shingles (words in a row): the share of equal
    registers of two sketches estimates the Jaccard similarity of their texts. Sketches are the
    same on every machine, and in every version with the same :attr:`spec`.

    Every method takes whole columns and returns one, keeps no state, and works without the
    interpreter's lock. Null in gives null out.

    Args:
        threshold: the similarity that bands are made for, above 0 to 1.
        shingle_size: words a shingle, 1 to 64.
        sketch_size: registers a sketch, a power of two from 16 to 4096.
        recall: wanted probability that a pair at the threshold shares a band, above 0, below 1.
        threads: threads of each call; 0 takes one a core. Leave it at 1 where the pipeline runs
            several processes.

    Raises:
        ConfigError: a value out of its range.

    >>> import doublet
    >>> sketcher = doublet.Sketcher()
    >>> texts = ["the quick brown fox jumps over the lazy dog", "The quick brown fox", None]
    >>> sketches = sketcher.sketch(texts)
    >>> sketches.to_numpy().shape if None not in texts else sketches.type
    'FixedSizeList(256 x non-null UInt64)'
    >>> sketcher.spec
    'tok2-word5-fss256-hash1'
    """

    __slots__ = ("_arguments", "_native")

    def __init__(
        self,
        *,
        threshold: float = 0.8,
        shingle_size: int = 5,
        sketch_size: int = 256,
        recall: float = 0.99,
        threads: int = 1,
    ) -> None:
        self._arguments = {
            "threshold": threshold,
            "shingle_size": shingle_size,
            "sketch_size": sketch_size,
            "recall": recall,
            "threads": threads,
        }
        self._native = _doublet.Sketcher(shingle_size, sketch_size, threshold, recall, threads)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pipelines send it to their workers.
        return _again, (self._arguments,)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self._arguments.items())
        return f"Sketcher({arguments})"

    @property
    def spec(self) -> str:
        """Id of everything that decides a sketch; store it beside sketches."""
        return self._native.spec()

    @property
    def num_bands(self) -> int:
        """Number of bands."""
        return self._native.banding()[0]

    @property
    def rows(self) -> int:
        """Registers a band."""
        return self._native.banding()[1]

    def candidate_probability(self, similarity: float) -> float:
        """Probability that two texts of this similarity (0 to 1) share a band.

        >>> import doublet
        >>> doublet.Sketcher(threshold=0.8).candidate_probability(0.8) > 0.99
        True
        """
        return self._native.probability(similarity)

    def sketch(self, texts: Texts, *, compact: bool = False) -> Column:
        """Sketches of texts.

        Args:
            texts: a batch of n texts.
            compact: 16 bits a register rather than 64: a quarter of the size, for estimates;
                bands need all 64.

        Returns:
            A column of n fixed-size lists of ``sketch_size`` unsigned integers.

        Raises:
            EncodingError: a text that UTF-8 cannot hold; it names the row.

        >>> import doublet
        >>> doublet.Sketcher(sketch_size=64).sketch(["a text", "another"], compact=True)
        <Column of 2 FixedSizeList(64 x non-null UInt16)>
        """
        return Column(self._native.sketch(texts, compact))

    def bands(self, sketches: Sketches) -> Column:
        """Keys of bands: texts that share one in the same place are candidates.

        Args:
            sketches: a column of n sketches, 64 bits a register.

        Returns:
            A column of n fixed-size lists of ``num_bands`` unsigned 64-bit integers. Keys of
            different bands differ, so a table of (key, document) can be grouped by key alone.
            Null for texts without words, which would all be candidates of each other.

        Raises:
            SpecError: sketches of another specification, or of 16 bits a register.

        >>> import doublet
        >>> sketcher = doublet.Sketcher()
        >>> keys = sketcher.bands(sketcher.sketch(["One two three.", "one, two, THREE", "Four"]))
        >>> a, b, c = keys.to_pylist()
        >>> a == b, set(a) & set(c)
        (True, set())
        """
        return Column(self._native.bands(sketches))

    def estimate(self, a: Sketches, b: Sketches) -> Column:
        """Estimates of Jaccard similarity, row by row.

        Args:
            a: a column of n sketches, or of one.
            b: a column of n sketches of the same width, or of one.

        Returns:
            A column of n floats, 0 to 1, whose standard error is at most
            ``(j * (1 - j) / sketch_size) ** 0.5``.

        Raises:
            SpecError: sketches of different specifications.
            ConfigError: columns of different lengths.

        >>> import doublet
        >>> sketcher = doublet.Sketcher()
        >>> sketches = sketcher.sketch(["One two three.", "one, two, THREE", "Four"])
        >>> sketcher.estimate(sketches, sketcher.sketch(["one two three"])).to_pylist()
        [1.0, 1.0, 0.0]
        """
        return Column(self._native.estimate(a, b))

    def similarity(self, a: Texts, b: Texts) -> Column:
        """Exact Jaccard similarity of texts, row by row.

        Args:
            a: a batch of n texts, or of one.
            b: a batch of n texts, or of one.

        Returns:
            A column of n floats, 0 to 1.

        Raises:
            EncodingError: a text that UTF-8 cannot hold.
            ConfigError: batches of different lengths.

        >>> import doublet
        >>> sketcher = doublet.Sketcher(shingle_size=2)
        >>> sketcher.similarity(["a b c d"], ["a b c d", "b c d e", "x y"]).to_pylist()
        [1.0, 0.5, 0.0]
        """
        return Column(self._native.similarity(a, b))

    def scores(self, a: Texts, b: Texts) -> Column:
        """Exact similarity and containments of texts, row by row.

        Args:
            a: a batch of n texts, or of one.
            b: a batch of n texts, or of one.

        Returns:
            A column of n structs: ``similarity``, ``a_in_b`` (the share of ``a``'s shingles that
            ``b`` holds) and ``b_in_a``, each 0 to 1.

        Raises:
            EncodingError: a text that UTF-8 cannot hold.
            ConfigError: batches of different lengths.

        >>> import doublet
        >>> sketcher = doublet.Sketcher(shingle_size=1)
        >>> sketcher.scores(["a b"], ["a b c d"]).to_pylist()
        [{'similarity': 0.5, 'a_in_b': 1.0, 'b_in_a': 0.5}]
        """
        return Column(self._native.scores(a, b))

    def align(self, a: Texts, b: Texts) -> Column:
        """What texts share, word by word, row by row.

        Args:
            a: a batch of n texts, or of one.
            b: a batch of n texts, or of one.

        Returns:
            A column of n lists of structs, one a shared part, best first: ``a_start``, ``a_end``,
            ``b_start``, ``b_end`` in code points, the same in bytes, ``identity`` (0 to 1) and
            ``operations``, as in :class:`doublet.Operation`.

        Raises:
            EncodingError: a text that UTF-8 cannot hold.
            ConfigError: batches of different lengths.

        >>> import doublet
        >>> parts = doublet.Sketcher().align(["one two three four"], ["two three four five"])
        >>> part = parts.to_pylist()[0][0]
        >>> "one two three four"[part["a_start"] : part["a_end"]]
        'two three four'
        """
        return Column(self._native.align(a, b))


def _again(arguments: dict[str, Any]) -> Sketcher:
    return Sketcher(**arguments)
