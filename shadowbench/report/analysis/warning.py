"""What a reader must know before trusting the numbers. Stub: the signature is final."""

from __future__ import annotations

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Note


def warnings(document: Document) -> tuple[Note, ...]:
    """All warnings, gravest first."""
    return ()
