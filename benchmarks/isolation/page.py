"""docs/isolation.md."""

from __future__ import annotations

from benchmarks.isolation.output import Report


def markdown(report: Report) -> str:
    """The page."""
    raise NotImplementedError
