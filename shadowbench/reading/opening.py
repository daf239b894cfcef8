"""`shadowbench.read`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, closing

from shadowbench.errors import ConfigurationError
from shadowbench.reading.choosing import Slice, When, choosing
from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import DISTURBED, USUAL, stored
from shadowbench.reading.part import Part
from shadowbench.store.columns_spec import wanted

Where = str | os.PathLike[str]


def read(
    logs: Where | Sequence[Where],
    *,
    since: When | None = None,
    until: When | None = None,
    candidate: str | Sequence[str] | None = None,
    slice: Slice | None = None,
    columns: Sequence[str] | None = None,
) -> ReadLog:
    """Open a pair log, or several as one: files or URLs. Nothing is changed in them.

    `since` and `until` (which is out): Unix seconds, a datetime, or ISO 8601, UTC unless it says otherwise. `candidate`: one
    name or several. `slice`: "stratum=long", or {"tenant_key": ["a", "b"]}; all of it must hold. `columns`: of the pairs,
    instead of the usual ones. Of pairs (an exchange and a candidate) that several logs have,
    the first log's is taken.

    Raises ConfigurationError for arguments that cannot be meant, UnavailableError for a log that cannot be used.
    """
    places = [logs] if isinstance(logs, str | os.PathLike) else list(logs)
    if not places:
        raise ConfigurationError("which pair log? Name a file or a URL")
    names = tuple(USUAL if columns is None else columns)
    choice = choosing(since=since, until=until, candidate=candidate, slice=slice)
    try:
        wanted([*stored(names), *(name for name in choice.words if name not in DISTURBED)])
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with ExitStack() as opened:
        parts = [opened.enter_context(closing(Part(url))) for url in dict.fromkeys(map(_url, places))]
        opened.pop_all()  # all are open: from here on they are the reader's to close
    return ReadLog(parts, names, choice)


def _url(place: Where) -> str:
    text = os.fspath(place)
    return text if "://" in text else f"sqlite:///{_quoted(text)}"


def _quoted(path: str) -> str:
    """What has a meaning in a URL, as the path's own."""
    return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
