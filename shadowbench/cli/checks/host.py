"""This machine: interpreter, processors, descriptor limit."""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Iterator
from importlib.metadata import version

from shadowbench import __version__
from shadowbench.cli.checks import Finding, ok, warn
from shadowbench.settings import Settings

# Two descriptors per proxied connection; fewer than this many connections surprise under load.
_FEW_DESCRIPTORS = 8192


def check(settings: Settings) -> Iterator[Finding]:
    """Findings about the machine."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("uvloop", "httptools"))
    yield ok("version", f"shadowbench {__version__}, Python {platform.python_version()}, {libraries}")
    yield processors(settings.proxy.workers, len(os.sched_getaffinity(0)))
    # The proxy raises its soft limit to the hard one when it starts.
    yield descriptors(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def processors(workers: int, available: int) -> Finding:
    """Whether the proxy workers have a core each."""
    if workers > available:
        return warn(
            "processors",
            f"{workers} proxy workers on {available} cores",
            f"set proxy.workers to {available} or fewer: more only take turns",
        )
    return ok("processors", f"{available} cores for {workers} proxy worker{'s' if workers > 1 else ''}")


def descriptors(limit: int) -> Finding:
    """Whether many connections fit."""
    if limit == resource.RLIM_INFINITY:
        return ok("file descriptors", "no limit")
    if limit < _FEW_DESCRIPTORS:
        return warn(
            "file descriptors",
            f"at most {limit}: about {limit // 2 - 50} client connections per worker",
            "raise the limit: `ulimit -Hn 65536`, LimitNOFILE=65536 in systemd, --ulimit nofile=65536 in Docker",
        )
    return ok("file descriptors", f"at most {limit}")
