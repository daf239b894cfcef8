"""Single keys from a terminal, or the first letters of lines from anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO


class Keyboard(Protocol):
    """Where keys come from."""

    def read(self) -> str | None:
        """The next key in lower case; "" for one that means nothing, None when there will be no more."""


class Lines:
    """Each line is a key: its first letter."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines

    def read(self) -> str | None:
        """See `Keyboard`."""
        line = self._lines.readline()
        return line.strip()[:1].lower() if line else None


class Terminal:
    """Each key by itself, without Enter. Ctrl-C interrupts as ever, Ctrl-D ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self) -> str | None:
        """See `Keyboard`. What one key of several bytes sends (arrows, umlauts) is one key without meaning."""
        sent = os.read(self._descriptor, 64)
        if not sent or sent == b"\x04":
            return None
        return chr(sent[0]).lower() if len(sent) == 1 and 0x20 <= sent[0] < 0x7F else ""


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Standard input's. A terminal is as it was afterwards."""
    if not sys.stdin.isatty():
        yield Lines(sys.stdin)
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Terminal(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
