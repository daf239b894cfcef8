"""nginx and wrk: found, installed where that is possible, or named as missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

_PACKAGES = {"nginx": "nginx-light", "wrk": "wrk", "taskset": "util-linux"}


class MissingTools(Exception):
    """What cannot be done without."""


def find_tools(say: Callable[[str], None]) -> None:
    """Make sure that all tools are there. Raises MissingTools."""
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [_PACKAGES[name] for name in missing]
        say(f"installing {', '.join(packages)}")
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", *packages)
        missing = _missing()
    if missing:
        packages = [_PACKAGES[name] for name in missing]
        raise MissingTools(
            f"{' and '.join(missing)} not found. Install them first, e.g. `sudo apt-get install {' '.join(packages)}`"
        )


def version_of(command: Sequence[str]) -> str:
    """The line of its output that names the version."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in (done.stdout + done.stderr).splitlines():
        if any(letter.isdigit() for letter in line):
            return line.strip()
    return "unknown"


def _missing() -> list[str]:
    return [name for name in _PACKAGES if shutil.which(name) is None]


def _apt(*arguments: str) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        # What fails here shows as a tool that is still missing.
        subprocess.run(["apt-get", "-q", *arguments], env=environ, capture_output=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pass
