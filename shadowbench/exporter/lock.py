"""One exporter per log: an advisory lock on `<log>.export.lock`, beside the bookmark that it protects.

The kernel gives the lock back when its holder ends, however it ends. The file stays, so that all who wait mean the same one.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_FILE_MODE = 0o600


class BookmarkLock:
    """The lock of the bookmark of the log at `path`, the same by whatever symbolic link the log is named."""

    def __init__(self, path: Path) -> None:
        self.path = Path(f"{os.path.realpath(path)}.export.lock")
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether it is held now. Raises OSError when there can be no lock file (no folder, say)."""
        if self._descriptor is not None:
            return True
        # Not through a link, as for the bookmark.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
