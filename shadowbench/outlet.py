"""Where a process says what happened: lines onto standard error, and nobody waits for whoever reads them.

A pipe that its reader leaves alone, as a log collector does that hangs, takes some 64 KiB; then whoever writes to it waits,
and with it every stream of a proxy. So lines go out only if they are taken at once. What is not taken is kept, up to a bound,
and goes before the next; what is above that is dropped and counted.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import socket
import stat
import sys
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TextIO, cast

MAX_LINE_BYTES = select.PIPE_BUF
"""What a pipe takes whole or not at all (pipe(7)): lines of several processes do not mix, and none is cut."""
_KEPT_BYTES = 65536
_SHORT_CHARS = 300
_MOST_KEYS = 256
_STDERR = 2


class Outlet:
    """Lines onto the descriptor `fd`, whatever it is: a pipe, a socket, a terminal, a file.

    It may be given to another file meanwhile (dup2): that is looked up before each line.
    """

    __slots__ = ("_fd", "_file", "_is_which", "_kept", "_kept_bytes", "_own", "dropped")

    def __init__(self, fd: int = _STDERR) -> None:
        self.dropped = 0  # lines
        self._fd = fd
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._is_which: tuple[int, int] | None = None  # device and inode of the file behind `fd`
        self._file: Callable[[bytes], int] = self._nowhere
        self._own: int | socket.socket | None = None  # opened by us

    def write(self, line: bytes, *, keep: bool = True) -> bool:
        """Whether the line, which ends with a line feed, was taken or is kept. Without `keep` it is taken now or dropped."""
        if self.flush():
            rest = self._put(line)
            if not rest:
                return True
            keep = keep or len(rest) < len(line)  # half a line is finished in any case
            line = rest
        if not keep or self._kept_bytes + len(line) > _KEPT_BYTES:
            self.dropped += 1
            return False
        self._kept.append(line)
        self._kept_bytes += len(line)
        return True

    def flush(self) -> bool:
        """Write what is kept, as far as it is taken. Whether nothing is left."""
        while self._kept:
            line = self._kept[0]
            rest = self._put(line)
            self._kept_bytes -= len(line) - len(rest)
            if rest:
                self._kept[0] = rest
                return False
            self._kept.popleft()
        return True

    def close(self) -> None:
        """Give back what was opened; `fd` itself stays open."""
        own, self._own, self._is_which = self._own, None, None
        if isinstance(own, socket.socket):
            own.close()
        elif own is not None:
            os.close(own)

    def _put(self, data: bytes) -> bytes:
        """What was not taken of `data`. Nobody there: it counts as taken, and as dropped."""
        try:
            status = os.fstat(self._fd)
            if (status.st_dev, status.st_ino) != self._is_which:
                self._open(status)
            return data[self._file(data) :]
        except BlockingIOError:
            return data
        except OSError:
            self.dropped += 1  # closed, or its reader is gone: waiting for it is no use
            return b""

    def _open(self, status: os.stat_result) -> None:
        self.close()
        mode = status.st_mode
        if stat.S_ISSOCK(mode):
            self._own = own = socket.socket(fileno=os.dup(self._fd))
            self._file = partial(_send, own)
        elif stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            self._file = self._unblocked()
        else:
            self._file = partial(os.write, self._fd)  # a file: the page cache takes it
        self._is_which = status.st_dev, status.st_ino

    def _unblocked(self) -> Callable[[bytes], int]:
        """The same file opened once more: O_NONBLOCK on `fd` itself would be everybody's who shares it, our parents too."""
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            self._own = own = os.open(f"/proc/self/fd/{self._fd}", flags)
        except OSError:
            # Not ours to open, or no /proc. Two processes that look at the same moment may both find room for one line.
            return partial(_write_if_ready, self._fd)
        return partial(os.write, own)

    def _nowhere(self, data: bytes) -> int:
        raise OSError("not opened yet")


def _send(own: socket.socket, data: bytes) -> int:
    return own.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)


def _write_if_ready(fd: int, data: bytes) -> int:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    if not poll.poll(0):
        raise BlockingIOError
    return os.write(fd, data)


class Throttle:
    """Of what repeats, by `key`: the first `burst` are told, then one in `every_s` seconds, and how many were not.

    Keys come from our own code; should they not, what is known of them is forgotten rather than kept without bound.
    """

    __slots__ = ("_burst", "_every_s", "_states")

    def __init__(self, *, burst: int, every_s: float) -> None:
        self._burst = burst
        self._every_s = every_s
        self._states: dict[str, tuple[float, float, int]] = {}  # allowance, as of when, untold since the last

    def admit(self, key: str, now: float) -> int | None:
        """How many were not told since the last that was; None: this one is not told. `now`: monotonic seconds."""
        allowance, since, untold = self._states.get(key, (float(self._burst), now, 0))
        allowance = min(self._burst, allowance + (now - since) / self._every_s)
        if key not in self._states and len(self._states) >= _MOST_KEYS:
            self._states.clear()
        if allowance < 1.0:
            self._states[key] = allowance, now, untold + 1
            return None
        self._states[key] = allowance - 1.0, now, 0
        return untold


STDERR = Outlet()
"""This process's standard error: there is one, so all share what is kept and counted."""


def never_waiting() -> TextIO:
    """Standard error as a stream whose writers never wait. Longer lines are cut."""
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return cast(TextIO, LineStream(_tell, is_terminal=is_terminal))


def _tell(line: str) -> None:
    STDERR.write(line.encode("utf-8", "backslashreplace")[: MAX_LINE_BYTES - 1] + b"\n")


def as_line(fields: Mapping[str, object]) -> bytes:
    """A line of JSON of at most MAX_LINE_BYTES: where it would be longer, long texts are cut, then fields left out."""
    line = _dumped(fields)
    if len(line) <= MAX_LINE_BYTES:
        return line
    short = {name: _shortened(value) for name, value in fields.items()}
    while len(line := _dumped(short)) > MAX_LINE_BYTES:
        short.popitem()
    return line


_encoded = json.JSONEncoder(default=str).encode  # `json.dumps` would make an encoder for each line


def _dumped(fields: Mapping[str, object]) -> bytes:
    return _encoded(fields).encode() + b"\n"


def _shortened(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _SHORT_CHARS else f"{text[:_SHORT_CHARS]}…"


class LineStream(io.TextIOBase):
    """A text stream that gives whole lines to `tell`: stands for sys.stderr, so that no library's words wait either."""

    def __init__(self, tell: Callable[[str], object], *, is_terminal: bool = False) -> None:
        super().__init__()
        self._tell = tell
        self._is_terminal = is_terminal
        self._begun = ""

    def write(self, text: str) -> int:
        """Keeps what is no whole line yet."""
        *lines, rest = (self._begun + text).split("\n")
        self._begun = rest[-MAX_LINE_BYTES:]
        for line in lines:
            self._tell(line)
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """For those who give it to another process."""
        return _STDERR

    def isatty(self) -> bool:
        """Whether somebody reads it as it comes."""
        return self._is_terminal

    def flush(self) -> None:
        """Nothing waits that could be hurried."""

    def close(self) -> None:
        """Say what was begun. Standard error itself is not ours to close."""
        with contextlib.suppress(Exception):
            if self._begun:
                begun, self._begun = self._begun, ""
                self._tell(begun)
