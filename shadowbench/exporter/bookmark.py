"""The bookmark beside the log: `<log>.export.json`, replaced whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from shadowbench.errors import UnavailableError
from shadowbench.exporter.shipment import Bookmark, Shipment


def bookmark_of(log: Path) -> Path:
    """Where the bookmark of the log at this path is."""
    return log.with_name(f"{log.name}.export.json")


def load(file: Path) -> Bookmark:
    """The bookmark; a new one when there is none. Raises UnavailableError for a file that is no bookmark."""
    try:
        told = json.loads(file.read_bytes())
        pending = told["pending"]
        return Bookmark(after=int(told["after"]), pending=None if pending is None else Shipment(**pending))
    except FileNotFoundError:
        return Bookmark()
    except (ValueError, TypeError, KeyError):
        raise UnavailableError(
            f"{file} is no bookmark of an export; move it away to export all of the log again"
        ) from None


def save(file: Path, bookmark: Bookmark) -> None:
    """Keep it, durably."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}.part")
    descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(asdict(bookmark), out)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
