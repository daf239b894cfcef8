"""Key findings. Stub: the signature is final."""

from __future__ import annotations

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Note


def findings(document: Document) -> tuple[Note, ...]:
    """What the numbers show, most important first; never empty: where nothing is shown, that is the one finding."""
    return ()
