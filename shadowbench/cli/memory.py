"""What the C library does with memory that was freed: it keeps it for what comes next, and gives it back when it is told to.

An analysis makes and drops columns of megabytes by the thousand. Left alone, glibc gives each back to the system and has the
next one from there, its pages filled with zeros anew: a tenth of the time that a report of a large log takes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
_LARGE_BYTES = 32 * 2**20
"""What is larger is had from the system by itself, as before: it is not made often. The most that every glibc takes."""
_KEPT_BYTES = 256 * 2**20  # so much may lie free at the heap's end


def keep_freed_memory() -> None:
    """For the rest of the process. Does nothing where the C library is not glibc."""
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back_freed_memory() -> None:
    """Once: what is free now. For who has done with large columns, and goes on to something that needs memory of its own kind,
    as the engine that draws charts does."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None)
