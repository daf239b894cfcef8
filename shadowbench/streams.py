"""Standard input, output and error, there from the start.

Scripts that start daemons close descriptors 0 to 2, as `<&- >&- 2>&-` in a shell does. What a process opens next then gets
these numbers: what is written to standard error lands in it, and a child that is given a standard input of its own loses it.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO


def make_whole() -> None:
    """Open on /dev/null what is missing of the three. To be called before anything else is opened."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # as the others of the three are
    os.close(descriptor)
    # Python has None where there was no descriptor when it started.
    sys.stdin = sys.stdin or _stream(0, "r")
    sys.stdout = sys.stdout or _stream(1, "w")
    sys.stderr = sys.stderr or _stream(2, "w")


def _stream(descriptor: int, mode: str) -> TextIO:
    return os.fdopen(descriptor, mode, encoding="utf-8", errors="surrogateescape", closefd=False)  # type: ignore[return-value]
