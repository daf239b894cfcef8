"""Named SQL statements, read from files beside this one. A statement starts at its `-- name:` line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def parse_statements(text: str) -> Mapping[str, str]:
    """The statements of a file by name; what stands before the first name is a comment."""
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def statements(name: str) -> Mapping[str, str]:
    """The statements of `sql/<name>.sql`."""
    return parse_statements(script(name))


def script(name: str) -> str:
    """All of `sql/<name>.sql`."""
    return files("shadowbench.store.sql").joinpath(f"{name}.sql").read_text("utf-8")
