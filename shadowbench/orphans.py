"""What process 1 owes to those whose parents died: their exit has to be taken, or they stay as zombies (wait(2)).

In a container the parent is process 1. When a scorer is killed, its runner becomes a child of the parent's.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

LOOK_S = 5.0
_INIT = 1


def are_ours() -> bool:
    """Whether orphans come to this process."""
    return os.getpid() == _INIT


async def reap(look_s: float = LOOK_S) -> None:
    """Take the exits that nobody waits for, for ever.

    asyncio takes those of the workers as soon as its loop turns: what is a zombie at two looks is none of them.
    """
    before: frozenset[int] = frozenset()
    while True:
        await asyncio.sleep(look_s)
        now = zombies()
        for pid in now & before:
            _take_exit(pid)
        before = now


def zombies() -> frozenset[int]:
    """Children of this process that have ended and were not waited for (proc(5))."""
    children = (word for task in Path("/proc/self/task").glob("*/children") for word in _text(task).split())
    return frozenset(int(pid) for pid in children if _state(pid) == "Z")


def _state(pid: str) -> str:
    # The name before it is in brackets and may hold anything.
    return _text(Path("/proc", pid, "stat")).rpartition(")")[2].strip()[:1]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it, or the thread that had it, is gone


def _take_exit(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass  # somebody else took it
