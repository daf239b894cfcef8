"""Memory of a command that analyses a large log and ends: what was freed is kept, and nothing is looked for that ends anyway.

An analysis makes and drops columns of megabytes by the thousand. Left alone, glibc gives each back to the system and has the
next one from there, its pages filled with zeros anew: a tenth of the time that a report of a large log takes.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's search for garbage that holds itself. It goes through every class and function of every library again
    and again, which takes a sixth of the time of importing them; columns are in no such circles, and go at once."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None)
