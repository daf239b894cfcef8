"""Where files and sockets of a sidecar lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from shadowbench.errors import ConfigurationError
from shadowbench.listening import MAX_UNIX_PATH_BYTES
from shadowbench.secret import SECRET_ENV
from shadowbench.settings import Settings
from shadowbench.store.opening import path_of

# The longest name in the runtime folder: the recorder's socket while it is being replaced.
_LONGEST_SOCKET_NAME = "recorder.sock.4194304"


def runtime_folder(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the sockets between the processes, absolute. Raises ConfigurationError when its path is too long."""
    folder = settings.runtime.folder
    if folder is None:
        session = environ.get("XDG_RUNTIME_DIR")
        folder = Path(session, "shadowbench") if session else Path(f"/tmp/shadowbench-{os.geteuid()}")
    folder = folder.absolute()
    length = len(os.fsencode(folder / _LONGEST_SOCKET_NAME))
    if length > MAX_UNIX_PATH_BYTES:
        raise ConfigurationError(
            f"runtime.folder: {folder} is {length - MAX_UNIX_PATH_BYTES} bytes too long for the sockets in it; "
            "choose a shorter one, e.g. /run/shadowbench"
        )
    return folder


def secret_file(settings: Settings) -> Path:
    """Where the secret is that keys sampling and placeholders: absolute."""
    store = path_of(settings.store.url)
    return (settings.mirror.secret_file or store.with_name(f"{store.name}.secret")).absolute()


def folder_to_make(settings: Settings, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The pair log's folder where it does not exist and a start makes it: for the secret, which lies in it by default."""
    if environ.get(SECRET_ENV):
        return None
    folder = path_of(settings.store.url).absolute().parent
    # `os.path.exists`, for Path.exists would raise where we may not look.
    return folder if not os.path.exists(folder) and folder in secret_file(settings).parents else None


def nearest(folder: Path) -> Path:
    """`folder`, or the closest of its parents that exists."""
    return next(each for each in (folder, *folder.parents) if os.path.exists(each))


def path_text(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
