"""Which inputs to keep: the smallest ones that together reach every line, from every line, that all of them reach."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from hashlib import sha1
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import shadowbench

_OURS = str(Path(shadowbench.__file__).parent)
_MOST = 80  # of a target: `make test` runs them all

Step = tuple[CodeType, int, int]


def minimise(target: Callable[[bytes], None], folders: Iterable[Path], into: Path) -> int:
    """Write the inputs of `folders` that add something to `into`, and nothing else there. How many those are."""
    inputs = {file.read_bytes() for folder in folders for file in folder.iterdir() if file.is_file()}
    kept: dict[bytes, int] = {}
    reached: set[Step] = set()
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        new = _reach(target, data) - reached
        if new:
            reached |= new
            kept[data] = len(new)
    most = sorted(kept, key=lambda data: -kept[data])[:_MOST]
    for file in into.iterdir():
        file.unlink()
    for data in most:
        (into / sha1(data, usedforsecurity=False).hexdigest()[:16]).write_bytes(data)
    return len(most)


def _reach(target: Callable[[bytes], None], data: bytes) -> set[Step]:
    """The steps from line to line within our functions."""
    steps: set[Step] = set()

    def on_call(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        last = frame.f_lineno

        def on_line(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            steps.add((frame.f_code, last, frame.f_lineno))
            last = frame.f_lineno
            return on_line

        return on_line

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        target(data)
    finally:
        sys.settrace(before)
    return steps
