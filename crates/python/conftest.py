"""What the examples in the Markdown files and docstrings find at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

OWN = "A page of its own that says quite a few words which stand nowhere else in all of this data set"
SHARED = (
    "Whoever reads these words here has read them elsewhere, for they were printed again and again "
    "by everyone who had some room left on a page"
)
QUESTION = "How many of the seven bridges of the old town can a walker cross once and only once?"
NEWS = {
    "courier/monday.txt": "“We are not building any military alliances based on Cold War pattern.”\n",
    "herald/monday.txt": "Monday.\n\nIt said “we aren’t building any military alliances based on Cold "
    "War patterns” at last.\n",
    "herald/tuesday.txt": "On Tuesday nothing happened.\n",
}


@pytest.fixture(autouse=True)
def examples(
    doctest_namespace: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of news, some pages, some training data."""
    monkeypatch.chdir(tmp_path)
    for name, text in NEWS.items():
        path = tmp_path / "news" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    doctest_namespace["pages"] = [
        {"id": "a", "text": SHARED + ".", "stars": 1},
        {"id": "b", "text": "Something else entirely is what this one is about.", "stars": 2},
        {"id": "c", "text": SHARED.upper(), "stars": 5},
        {"id": "d", "text": f"{OWN}, and then more of them: {SHARED}", "stars": 4},
    ]
    doctest_namespace["question"] = QUESTION
    doctest_namespace["training"] = [
        {"id": "t0", "text": "A text about something else, which nobody asks any questions of."},
        {"id": "t1", "text": f"{OWN}. {QUESTION} Nobody knows, and nobody has ever known it."},
    ]
