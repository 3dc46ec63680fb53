"""Options of inputs: which fields mean what, and how files are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import ConfigError

__all__ = ["FIELDS", "InputOptions"]

#: Options that say what fields mean, and their defaults.
FIELDS = {"text_field": "text", "id_field": None, "group_by": None, "date_field": None}


class InputOptions:
    """Which fields mean what, and how files are read."""

    __slots__ = ("_files", "_read", "fields")

    def __init__(
        self,
        *,
        text_field: str = "text",
        id_field: str | None = None,
        group_by: str | None = None,
        date_field: str | None = None,
        metadata: bool | Sequence[str] = True,
        strict: bool = False,
        format_in: str = "auto",
        encoding: str | None = None,
        include: str | Sequence[str] = (),
        exclude: str | Sequence[str] = (),
        skip_hidden: bool = False,
        require_fields: bool = True,
    ) -> None:
        self.fields: dict[str, Any] = {
            "text_field": text_field,
            "id_field": id_field,
            "group_by": group_by,
            "date_field": date_field,
            "metadata": metadata if isinstance(metadata, bool) else list(metadata),
            "strict": strict,
            "require_fields": require_fields,
        }
        self._files: dict[str, Any] = {
            "format_in": format_in,
            "encoding": encoding,
            "include": _listed(include),
            "exclude": _listed(exclude),
            "skip_hidden": skip_hidden,
        }

    @property
    def text_field(self) -> str:
        """The field that holds the text."""
        field: str = self.fields["text_field"]
        return field

    def of_files(self) -> dict[str, Any]:
        """The options for files."""
        return {**self.fields, **self._files}

    def of_reference(self) -> InputOptions:
        """The same for documents that need not have a group or a date."""
        return InputOptions(**{**self.fields, **self._files, "require_fields": False})

    def of_memory(self) -> InputOptions:
        """The same without what concerns files."""
        return InputOptions(**self.fields)

    def check_memory(self) -> None:
        """Refuses options that concern files, where there are none."""
        used = [name for name, value in self._files.items() if value and value != "auto"]
        if used:
            raise ConfigError(
                f"found {used[0]}= for documents in memory; expected it with paths only"
            )


def _listed(globs: str | Sequence[str]) -> list[str]:
    return [globs] if isinstance(globs, str) else list(globs)
