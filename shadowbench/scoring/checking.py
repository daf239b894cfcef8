"""Whether scoring can work as configured: what is named is there, and takes its options. Imports what is configured."""

from __future__ import annotations

from shadowbench.judges.registry import KINDS
from shadowbench.metrics.binding import bind_all
from shadowbench.metrics.registry import METRICS
from shadowbench.scoring.built import build_judges
from shadowbench.scoring.options import ScoringOptions
from shadowbench.scoring.trying import try_out


def check(options: ScoringOptions) -> None:
    """Raises ConfigurationError. Where other people's code may run, it runs in a process of its own."""
    if may_run_plugins(options):
        try_out(options)
    else:
        check_here(options)


def check_here(options: ScoringOptions) -> None:
    """As `check`, in this process, whatever a plugin does to it."""
    metrics = {each.name: each.measure for each in bind_all(options.metrics)}
    build_judges(options.judges, metrics)


def may_run_plugins(options: ScoringOptions) -> bool:
    """Whether anything but ours may be imported: named by its module, or offered by another package."""
    names = (*(each.metric for each in options.metrics), *(each.kind for each in options.judges))
    return any(":" in name for name in names) or METRICS.has_others() or KINDS.has_others()
