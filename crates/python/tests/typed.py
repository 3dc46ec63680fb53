"""What type checkers see: checked, not run."""

from __future__ import annotations

from pathlib import Path

import pandas

import doublet


def found(texts: list[str]) -> tuple[str, int, float, str | None]:
    report: doublet.Report = doublet.find(texts, threshold=0.7, only="documents")
    passage: doublet.Passage = report.passages[0]
    member: doublet.PassageMember = passage.members[0]
    places: list[doublet.PassageMember] = list(passage.members)
    step: doublet.Operation = places[0].operations[0]
    some: list[doublet.Match] = report.matches[:3]
    share: doublet.Share = report.coverage.groups["documents"]
    page: str = report.to_html()
    report.to_html(Path("page.html"))
    del page
    return member.text, some[0].a, share.reuse_share, step.change


def cleaned(frame: pandas.DataFrame, texts: list[str]) -> tuple[pandas.DataFrame, list[str]]:
    left, removals = doublet.dedup(frame)
    rules: set[str] = {removal.rule for removal in removals}
    del rules
    return left, doublet.dedup(texts, keep="first")[0]


def mistakes(texts: list[str]) -> None:
    doublet.find(texts, only="both")  # type: ignore[arg-type]
    doublet.find(texts, treshold=0.7)  # type: ignore[call-arg]
    doublet.compare(texts[0], None)  # type: ignore[arg-type]
    doublet.find(texts).nothing  # type: ignore[attr-defined]
