"""How declared comparisons went on over several reports. Stub: the signature is final."""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.report.document.root import Document
from shadowbench.report.document.times import Trend


def trends(document: Document, earlier: Sequence[Document]) -> tuple[Trend, ...]:
    """One for each candidate and declared comparison that an earlier report has, too; `earlier`: oldest first."""
    return ()
