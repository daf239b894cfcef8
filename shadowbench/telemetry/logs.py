"""Log lines of the parent and the commands, on stderr: for eyes on a terminal, JSON elsewhere."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO, cast

import structlog


def configure(stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """A logger onto `stream` (default stderr). Lines have the same keys as the workers' own: timestamp, level, event."""
    out = stream if stream is not None else sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=24) if out.isatty() else structlog.processors.JSONRenderer()
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(cast(TextIO, _Forgiving(out))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger


class _Forgiving:
    """A stream whose reader may have gone (a terminal that was closed, a full disk): what cannot be told is not told."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._out.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._out.flush()
