"""Whether scoring can work as configured: what is named is there, and takes its options. Imports what is configured."""

from __future__ import annotations

from shadowbench.metrics.binding import bind_all
from shadowbench.scoring.options import ScoringOptions


def check(options: ScoringOptions) -> None:
    """Raises ConfigurationError."""
    bind_all(options.metrics)
