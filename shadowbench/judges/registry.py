"""Finds kinds of judges by name among installed packages (entry points `shadowbench.judges`), or at `module:attribute`."""

from __future__ import annotations

from shadowbench.errors import ConfigurationError
from shadowbench.judges.kinds import JudgeKind
from shadowbench.metrics.registry import Registry

KINDS = Registry("shadowbench.judges", JudgeKind, "kind of judge", "docs/judges.md")


def kind_of(name: str) -> JudgeKind:
    """The kind of this name. Raises ConfigurationError."""
    found = KINDS.find([name])[name]
    if len(found) != 1:
        raise ConfigurationError(f"{name} is several kinds of judges: name one")
    return found[0].plugin
