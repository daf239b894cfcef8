"""The place that the log is exported to: whether a file can be put there, tried with a small one that goes again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shadowbench.cli.checks import Finding, fail, ok
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.settings import Settings
from shadowbench.store.exporting.objects import is_object
from shadowbench.store.exporting.places import check_installed, try_out
from shadowbench.wiring.places import nearest

_SUBJECT = "export"


def check(settings: Settings) -> Iterator[Finding]:
    """Findings about store.export; none where nothing is exported."""
    export = settings.store.export
    if export.url is None:
        return
    try:
        check_installed(export.url, export.format)
        where = export.url if is_object(export.url) else f"file://{nearest(Path(_folder(export.url)).absolute())}"
        try_out(where)
    except ConfigurationError as error:
        yield fail(_SUBJECT, str(error), "install it where shadowbench runs, or change store.export")
    except UnavailableError as error:
        yield fail(_SUBJECT, str(error), "pairs stay in the log until it works: mend it, or change store.export.url")
    except OSError as error:
        folder = _folder(export.url)
        yield fail(_SUBJECT, f"{folder} cannot be written: {error.strerror}", "change its owner, or store.export.url")
    else:
        yield ok(_SUBJECT, f"{export.url} takes files")


def _folder(url: str) -> str:
    return url.removeprefix("file://")
