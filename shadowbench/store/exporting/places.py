"""Where exported files go: a folder, or a prefix of an object store. A file appears there whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, cast

from shadowbench.errors import ConfigurationError
from shadowbench.store.exporting import INSTALL
from shadowbench.store.exporting.objects import delete_object, is_object, put_object

_TRIAL = ".shadowbench-doctor"


def check_installed(url: str, format: str) -> None:
    """Raises ConfigurationError when a library is missing that exports of this kind need. Imports none."""
    needed = ["obstore"] if is_object(url) else []
    needed += ["arro3.core", "arro3.io"] if format == "parquet" else []
    for name in needed:
        if not _is_installed(name):
            raise ConfigurationError(f"store.export needs {name}, which is not installed: {INSTALL}")


def _is_installed(name: str) -> bool:
    try:
        # A part of a namespace: another part of it may be there alone.
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def gathering(folder: Path) -> Iterator[BinaryIO]:
    """A file without a name for what will be sent: in `folder` (the log's: as private, and with room), where possible."""
    with tempfile.TemporaryFile(dir=room_for(folder)) as file:
        yield cast(BinaryIO, file)


def room_for(folder: Path) -> Path | None:
    """`folder` when temporary files can be made in it, else None: the system's place for them."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def put(url: str, name: str, file: BinaryIO) -> None:
    """Put what `file` holds under `name` at `url` (file:///FOLDER or an object store's prefix), over what was there.

    Raises `ObjectError` or OSError.
    """
    file.flush()
    if is_object(url):
        put_object(f"{url}/{name}", file)
    else:
        _put_file(Path(url.removeprefix("file://")), name, file)


def try_out(url: str) -> None:
    """Put a small file at `url`, and take it away. Raises as `put` does."""
    name = f"{_TRIAL}.{os.getpid()}"
    if is_object(url):
        with io.BytesIO(b"shadowbench\n") as file:
            put_object(f"{url}/{name}", file)
        delete_object(f"{url}/{name}")
        return
    with tempfile.TemporaryFile(dir=url.removeprefix("file://")) as trial:
        trial.write(b"shadowbench\n")


def _put_file(folder: Path, name: str, file: BinaryIO) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # One name for each file, so that what a crash left half written is written over.
    partial = folder / f".{name}.part"
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            file.seek(0)
            shutil.copyfileobj(file, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(folder / name)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
