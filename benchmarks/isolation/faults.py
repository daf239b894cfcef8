"""What is done to a sidecar while it mirrors, and undone before the arm without mirroring. Each returns what it did."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from benchmarks.isolation.sidecar import Sidecar

_EVERY_S = 1.0
_DISK_MIB = 256  # more than a run records while it is not full
Done = Counter[str]


@contextmanager
def nothing(sidecar: Sidecar, store: Path, done: Done) -> Iterator[None]:
    """The candidate, or production's own traffic, is fault enough."""
    yield


@contextmanager
def mirror_stopped(sidecar: Sidecar, store: Path, done: Done) -> Iterator[None]:
    """SIGSTOP: its socket stays open and is not read."""
    pid = sidecar.until_runs("mirror")
    os.kill(pid, signal.SIGSTOP)
    done["mirror stopped"] += 1
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def mirror_killed(sidecar: Sidecar, store: Path, done: Done) -> Iterator[None]:
    """SIGKILL at once and each second, whenever one is there."""
    over = threading.Event()

    def kill() -> None:
        while not over.is_set():
            with suppress(LookupError, ProcessLookupError):
                os.kill(sidecar.pid("mirror"), signal.SIGKILL)
                done["mirror killed"] += 1
            over.wait(_EVERY_S)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


@contextmanager
def log_locked(sidecar: Sidecar, store: Path, done: Done) -> Iterator[None]:
    """Another process's exclusive lock: this one's."""
    with closing(sqlite3.connect(store, isolation_level=None, timeout=30)) as connection:
        connection.execute("begin exclusive")
        done["log locked"] += 1
        try:
            yield
        finally:
            connection.execute("rollback")


@contextmanager
def disk_full(sidecar: Sidecar, store: Path, done: Done) -> Iterator[None]:
    """Fill the small file system that the log is on; where none could be mounted, forbid the recorder's files to grow."""
    if not store.parent.is_mount():
        with _files_may_not_grow(sidecar.until_runs("recorder")):
            done["RLIMIT_FSIZE set"] += 1
            yield
        return
    ballast = store.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    done["disk filled"] += 1
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _files_may_not_grow(pid: int) -> Iterator[None]:
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs of its own where that is permitted, else the folder as it is."""
    folder.mkdir()
    options = f"size={_DISK_MIB}m,mode=0700"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    try:
        yield folder
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", "--lazy", folder], check=True)
