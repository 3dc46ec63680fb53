"""What tests share: the sample articles, the corpus beside the project, the program."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))


@pytest.fixture
def articles() -> list[dict[str, str]]:
    """The sample articles as records."""
    return [{"id": path.name, "text": path.read_text(encoding="utf-8")} for path in SEEDS]


@pytest.fixture(scope="session")
def corpus() -> list[dict[str, str]]:
    """The first 5,000 documents of the corpus beside the project, or of ``DOUBLET_CORPUS``."""
    beside = ROOT.parent / "shared" / "corpora" / "en100.jsonl.zst"
    path = Path(os.environ.get("DOUBLET_CORPUS", beside))
    if not path.exists():
        pytest.skip(f"no corpus at {path}")
    import doublet

    documents = doublet.read(path)[:5000]
    return [{"id": name, "text": text} for name, text in documents]


@pytest.fixture(scope="session")
def program() -> Any:
    """Runs the program and gives back its JSON."""
    path = os.environ.get("DOUBLET_PROGRAM")
    if not path:
        pytest.skip("DOUBLET_PROGRAM does not name the program")

    def run(*arguments: str | Path) -> Any:
        command = [path, *map(str, arguments), "--format", "json", "--quiet"]
        done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        return json.loads(done.stdout)

    return run
