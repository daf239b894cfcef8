"""What is measured: twelve ways in which mirroring, or what is beside it, could hurt production."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.isolation import faults
from benchmarks.isolation.companions import Companion
from benchmarks.isolation.faults import Done
from benchmarks.isolation.origin import Mood
from benchmarks.isolation.sidecar import Sidecar

Fault = Callable[[Sidecar, Path, Done], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One row. Without `mirrors`, both arms are off: what comes out is noise."""

    letter: str
    title: str
    mood: Mood = Mood.WELL
    fault: Fault = faults.nothing
    companion: Companion | None = None
    mirrors: bool = True
    small_disk: bool = False


REFERENCE = Scenario(letter="a", title="mirroring off, against itself", mirrors=False)
SCENARIOS = (
    REFERENCE,
    Scenario(letter="b", title="100 % to a healthy candidate"),
    Scenario(letter="c", title="candidate hangs", mood=Mood.HANG),
    Scenario(letter="d", title="candidate 10 × slower", mood=Mood.SLOW),
    Scenario(letter="e", title="candidate floods", mood=Mood.FLOOD),
    Scenario(letter="f", title="mirror stopped (SIGSTOP)", fault=faults.mirror_stopped),
    Scenario(letter="g", title="mirror killed each second", fault=faults.mirror_killed),
    Scenario(letter="h", title="log locked by another process", fault=faults.log_locked),
    Scenario(letter="i", title="disk full", fault=faults.disk_full, small_disk=True),
    Scenario(letter="j", title="20 MB body each second beside", companion=Companion.BIG),
    Scenario(letter="k", title="clients of 1 byte/s beside", companion=Companion.SLOW),
    Scenario(letter="l", title="2,000 idle connections beside", companion=Companion.IDLE),
)
