"""One recorder per pair log: an advisory lock on `<log>.lock`, held as long as the recorder lives.

Not on the log itself: SQLite has POSIX locks there, and closing any descriptor of that file would drop them. The kernel
gives the lock back when its holder ends, however it ends. The file stays: were it removed, a recorder that waits for the old
file and one that makes a new one would both hold a lock.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

from shadowbench.errors import UnavailableError

_FILE_MODE = 0o600
_RETRY_S = 0.1
_TRIES = 20  # an old recorder may be about to leave: about two seconds


class HeldElsewhereError(UnavailableError):
    """Another recorder writes this log."""


class LogLock:
    """The lock of the log at `path`, the same by whatever symbolic link the log is named."""

    def __init__(self, path: Path) -> None:
        self._log = Path(os.path.realpath(path))
        self.path = Path(f"{self._log}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Hold it from now on; nothing to do when it is held.

        Raises `HeldElsewhereError`, and a plain `UnavailableError` when there can be no lock file (no folder, say).
        """
        if self._descriptor is not None:
            return
        try:
            # Not through a link: the file is written to.
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(self.path, flags, _FILE_MODE)
        except OSError as error:
            raise self._impossible(error) from error
        try:
            self._lock(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    async def take_patiently(self) -> None:
        """`take`, and while another holds it, again for about two seconds."""
        for _ in range(_TRIES):
            try:
                return self.take()
            except HeldElsewhereError:
                await asyncio.sleep(_RETRY_S)
        self.take()

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldElsewhereError(
                f"the recorder with pid {_pid_in(descriptor)} writes the pair log {self._log} (it holds {self.path}): "
                "stop that shadowbench, or give this one its own store.url"
            ) from None
        except OSError as error:
            raise self._impossible(error) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        except OSError:
            pass  # a full disk: the lock holds, only the message of a second recorder will not know whose it is

    def _impossible(self, error: OSError) -> UnavailableError:
        return UnavailableError(f"cannot lock {self.path}: {error.strerror}; check the folder and who owns it")


def _pid_in(descriptor: int) -> str:
    text = os.pread(descriptor, 32, 0).strip()
    return text.decode() if text.isdigit() else "unknown"
