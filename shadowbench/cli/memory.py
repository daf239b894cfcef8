"""What the C library does with memory that was freed: it keeps it for what comes next.

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


def keep_freed_memory(mallopt: Callable[[int, int], int] | None = None) -> None:
    """For the rest of the process. Does nothing where the C library is not glibc."""
    set_to = mallopt or getattr(ctypes.CDLL(None), "mallopt", None)
    if set_to is not None:
        set_to(_MMAP_THRESHOLD, _LARGE_BYTES)
        set_to(_TRIM_THRESHOLD, _KEPT_BYTES)
