"""Child processes of the demo: each has a log file, ends with us, and is stopped in good order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_STOP_WITHIN_S = 15.0
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LAST_LINES = 8


@contextlib.contextmanager
def child(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with its output in `log`; SIGTERM when the block ends, however it ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            # Ctrl-C goes to the foreground group: a session of its own leaves it to us to stop children in order.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield process
    finally:
        _stop(process)


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def last_lines(log: Path) -> str:
    """The end of a child's output, for the message about its failure."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        # Its own session is its process group too: nothing that it started stays.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _die_with_parent() -> None:
    """SIGTERM when the demo dies without a word; runs in the child, before exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
