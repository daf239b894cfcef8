"""Log lines of the parent and the commands, on stderr: for eyes on a terminal, JSON elsewhere."""

from __future__ import annotations

import sys
from typing import TextIO

import structlog


def configure(stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """A logger onto `stream` (default stderr). Lines have the same keys as the workers' own: timestamp, level, event."""
    out = stream if stream is not None else sys.stderr
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=24) if out.isatty() else structlog.processors.JSONRenderer()
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )
    return logger
