"""The terminal that results go to."""

from __future__ import annotations

from rich.console import Console

_FILE_WIDTH = 150


def wide_console() -> Console:
    """Standard output; in a file or a pipe, wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)
