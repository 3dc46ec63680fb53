"""Exceptions: one class for each kind of error, all of them :class:`Error`.

The message says what was found, what was expected and what to do; ``path`` and ``line`` say where.

>>> import doublet
>>> try:
...     doublet.find(["one", "two"], threshold=7)
... except doublet.ConfigError as error:
...     print(error)
found a threshold of 7; expected a similarity above 0 and at most 1
"""

from __future__ import annotations

__all__ = [
    "CompressionError",
    "ConfigError",
    "EncodingError",
    "Error",
    "FieldError",
    "FormatError",
    "IoError",
    "LimitError",
    "RunInterruptedError",
    "SpecError",
]


class Error(Exception):
    """Anything that goes wrong in doublet.

    Attributes:
        message: what was found, what was expected, what to do.
        path: the file, or the id of the document, that it happened in; ``None`` if in none.
        line: the line in that file, from 1; ``None`` where there are no lines.
    """

    message: str
    path: str | None
    line: int | None

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        # Not the next class of a subclass such as IoError, which would take them for its own.
        Exception.__init__(self, message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        if self.path is None:
            return self.message
        line = "" if self.line is None else f"{self.line}:"
        return f"{self.path}:{line} {self.message}"


class ConfigError(Error, ValueError):
    """An option, or a combination of options, that makes no sense."""


class IoError(Error, OSError):
    """The system refused to read or write; ``errno`` holds its code."""


class EncodingError(Error, ValueError):
    """What is no text: bytes in another encoding, lone surrogates."""


class FormatError(Error, ValueError):
    """A record, file or Arrow stream that is not what it says."""


class FieldError(Error, ValueError):
    """A document without a field that was asked for, or with one of the wrong type."""


class CompressionError(Error, ValueError):
    """Compressed data that is damaged or ends early."""


class LimitError(Error, ValueError):
    """More or larger input than a 32-bit id or offset can name."""


class SpecError(Error, ValueError):
    """Sketches made under different specifications."""


class RunInterruptedError(Error):
    """The run was stopped from outside. (Ctrl-C raises ``KeyboardInterrupt`` instead.)"""
