"""Run by a Python that has the wheel and nothing else."""

import importlib.util

for name in ("pyarrow", "polars", "pandas", "numpy", "datasets", "tqdm"):
    assert importlib.util.find_spec(name) is None, name

import doublet  # noqa: E402

text = "one two three four five six seven eight nine"
report = doublet.find([text, text.upper(), "else"])
assert [match.kind for match in report.matches] == ["exact"]
assert [member.text for member in report.passages[0].members] == [text, text.upper()]
assert doublet.dedup([text, text.upper(), "else"])[0] == [text, "else"]
assert report.to_html().startswith("<!DOCTYPE html>") and "2 documents" not in repr(report)
sketches = doublet.Sketcher().sketch([text])
assert len(sketches) == 1 and len(sketches.__arrow_c_array__()) == 2
try:
    doublet.find(["a"], progress=True)
except ModuleNotFoundError as error:
    assert "tqdm" in str(error)
else:
    raise AssertionError("a bar without tqdm")
print(f"doublet {doublet.__version__} works by itself")
