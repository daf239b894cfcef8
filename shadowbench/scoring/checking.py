"""Whether scoring can work as configured: what is named is there, and takes its options. Imports what is configured."""

from __future__ import annotations

from shadowbench.metrics.binding import bind_all
from shadowbench.scoring.built import build_judges
from shadowbench.scoring.options import ScoringOptions


def check(options: ScoringOptions) -> None:
    """Raises ConfigurationError."""
    metrics = {each.name: each.measure for each in bind_all(options.metrics)}
    build_judges(options.judges, metrics)
