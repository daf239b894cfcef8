"""Whom to take, by what matters most. Stub: the signatures are final."""

from __future__ import annotations

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Recommendation, Standpoint


def recommendations(document: Document) -> tuple[Recommendation, ...]:
    """One for each goal."""
    return ()


def standpoints(document: Document) -> tuple[Standpoint, ...]:
    """Production and all candidates but A/A lanes, with who dominates whom."""
    return ()
