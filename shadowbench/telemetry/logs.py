"""Log lines of the parent and the commands, on stderr: for eyes on a terminal, JSON elsewhere. Nobody waits for their reader.

The parent answers probes and starts workers again. If it waited for a log collector that hangs, it would be ended for it, and
production with it.
"""

from __future__ import annotations

import contextlib
from typing import TextIO, cast

import structlog

from shadowbench.outlet import as_line, never_waiting


def configure(stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """A logger onto `stream` (default stderr). Lines have the same keys as the workers' own: timestamp, level, event."""
    out = stream if stream is not None else never_waiting()
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(pad_event_to=24) if out.isatty() else _as_json
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


def _as_json(_logger: object, _method: str, fields: structlog.typing.EventDict) -> str:
    first = {name: fields.pop(name) for name in ("timestamp", "level", "event") if name in fields}
    return as_line({**first, **fields}).decode().removesuffix("\n")


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
