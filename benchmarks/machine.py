"""What a run was made on."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import interpreter
from benchmarks.tools import version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Processor, system, versions."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    uvloop: str
    httptools: str
    nginx: str
    wrk: str
    load_average: float  # of the last minute, before us: what else ran


def describe() -> Machine:
    """This one."""
    return Machine(
        processor=_field("/proc/cpuinfo", "model name"),
        cores=os.cpu_count() or 0,
        memory_gib=round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2, 1),
        kernel=platform.release(),
        python=interpreter.describe(),
        uvloop=version("uvloop"),
        httptools=version("httptools"),
        nginx=version_of(["nginx", "-v"]).removeprefix("nginx version: "),
        wrk=version_of(["wrk", "-v"]).partition(" Copyright")[0],
        load_average=os.getloadavg()[0],
    )


def _field(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown 0"
