"""What a kind of judge is: how plain options become a judge. Kinds come by the entry points `shadowbench.judges`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shadowbench.judges.base import Judge
from shadowbench.judges.options import JudgeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeKind:
    """A kind of judge as its author declares it: `KIND = JudgeKind(name=…, version=…, build=…)` in the kind's module."""

    name: str
    version: str  # raise it when prompts or reading change: old scores stay, and are told apart
    build: Callable[[JudgeOptions], Judge]
    """Raises ConfigurationError, naming the key, when the options do not make such a judge."""
