"""Finds near-duplicate documents and the passages that documents share, and says where.

:func:`find` compares documents and finds the passages they share; :func:`dedup` gives data back
without what repeats; :func:`compare` and :func:`align` put two texts side by side; :func:`read`
reads files; :class:`Sketcher` has single stages for pipelines.

>>> import doublet
>>> text = "the quick brown fox jumps over the lazy dog and runs away into the woods"
>>> report = doublet.find([text, text.upper(), "something else"])
>>> report
<doublet.Report: 3 documents, 1 matches, 1 clusters, 1 passages>
>>> report.matches[0]
Match(a=0, b=1, kind='exact', similarity=1.0, a_in_b=1.0, b_in_a=1.0)
"""

from ._dedup import Cut, Removal, Removals, dedup
from ._doublet import VERSION as __version__
from ._find import align, compare, find
from ._inputs import Documents, read
from ._progress import Progress
from .errors import (
    CompressionError,
    ConfigError,
    EncodingError,
    Error,
    FieldError,
    FormatError,
    IoError,
    LimitError,
    RunInterruptedError,
    SpecError,
)
from .report import Report
from .results import (
    AlignedPart,
    Cluster,
    ClusterMember,
    Coverage,
    DocumentEntry,
    Group,
    Match,
    Operation,
    Origin,
    Passage,
    PassageMember,
    Run,
    Share,
    Skipped,
    Suppressed,
)
from .sketching import Sketcher
from .tables import Column, Table

__all__ = [
    "AlignedPart",
    "Cluster",
    "ClusterMember",
    "Column",
    "CompressionError",
    "ConfigError",
    "Coverage",
    "Cut",
    "DocumentEntry",
    "Documents",
    "EncodingError",
    "Error",
    "FieldError",
    "FormatError",
    "Group",
    "IoError",
    "LimitError",
    "Match",
    "Operation",
    "Origin",
    "Passage",
    "PassageMember",
    "Progress",
    "Removal",
    "Removals",
    "Report",
    "Run",
    "RunInterruptedError",
    "Share",
    "Sketcher",
    "Skipped",
    "SpecError",
    "Suppressed",
    "Table",
    "__version__",
    "align",
    "compare",
    "dedup",
    "find",
    "read",
]
