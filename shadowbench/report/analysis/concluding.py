"""Everything that follows from the parts of a document: findings, warnings, recommendations, the Pareto front, the trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shadowbench.report.analysis.finding import findings
from shadowbench.report.analysis.fronting import standpoints
from shadowbench.report.analysis.recommending import recommendations
from shadowbench.report.analysis.trending import trends
from shadowbench.report.analysis.warning import warnings
from shadowbench.report.document.root import Document


def concluded(document: Document, earlier: Sequence[Document] = ()) -> Document:
    """The document with its conclusions, from a document that has everything else, verdicts and judges' cards among it.
    `earlier`: earlier reports about the same candidates, oldest first."""
    return replace(
        document,
        findings=findings(document),
        warnings=warnings(document),
        recommendations=recommendations(document),
        standpoints=standpoints(document),
        trend=trends(document, earlier),
    )
