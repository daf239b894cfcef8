"""Where results go: stdout, a device or pipe, or a file that appears whole; and what must never be written over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shadowbench import configuration
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.exporting.objects import SCHEMES, is_object
from shadowbench.store.opening import path_of

STDOUT = "standard output"
# SQLite's own companions, the mirror's secret, the exporter's bookmark. They are protected before they exist, too: a stray
# `-wal` is read as one.
_BESIDE_A_LOG = (
    "",
    "-wal",
    "-shm",
    "-journal",
    ".secret",
    ".lock",
    ".export.json",
    ".export.lock",
    ".labels-preference.json",
)
_STREAM_FOLDERS = (Path("/dev/fd"), Path("/proc/self/fd"))


def own_files(config: Path | None, log_url: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files a command must not overwrite: the log it reads, and the configuration with the log and secret it names."""
    files = [*_log_files(path_of(log_url)), *configuration.DEFAULT_FILES]
    if config is not None or configuration.is_there(environ):
        settings = configuration.load(config, environ=environ)
        files += _log_files(path_of(settings.store.url))
        files += [file for file in (config, settings.mirror.secret_file) if file is not None]
    return tuple(dict.fromkeys(files))


def _log_files(log: Path) -> list[Path]:
    # Where the log is a symbolic link, SQLite keeps its companions beside the file itself.
    names = dict.fromkeys((log, log.resolve()))
    # `.` and `/` have no name to put something behind: they are no log, as whoever opens them says.
    return [name.with_name(name.name + suffix) for name in names if name.name for suffix in _BESIDE_A_LOG]


def check_output(path: Path | None, own: Iterable[Path], *, force: bool) -> None:
    """Raises ConfigurationError for an output that is one of our `own` files, a folder, or there already."""
    for file in own:
        if _is_stdout_into(file) if path is None else _is_same(path, file):
            raise ConfigurationError(
                f"{path or STDOUT} is {file}, which belongs to the sidecar (pair log, secret or configuration): "
                "writing there would destroy it; choose another output"
            )
    if path is None or is_stream(path):
        return
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder; the output must be a file")
    if not force and os.path.lexists(path):
        raise ConfigurationError(f"{path} exists; --force overwrites it")


def place_of(output: str | None) -> Path | str | None:
    """A file, or the URL of an object, as it was typed; None: stdout. Raises ConfigurationError for another URL."""
    if output is None or is_object(output):
        return output
    scheme, mark, path = output.partition("://")
    if mark and scheme != "file":
        objects = ", ".join(f"{each}://" for each in SCHEMES)
        raise ConfigurationError(f"--output {output}: unknown scheme {scheme!r}; write a file's path, or {objects}")
    return Path(path if mark else output)


def file_of(output: str, option: str) -> Path:
    """The same where nothing but a file will do."""
    scheme, mark, path = output.partition("://")
    if mark and scheme != "file":
        raise ConfigurationError(f"{option} {output}: this is written to files alone; write a path")
    return Path(path if mark else output)


def is_stream(path: Path) -> bool:
    """Whether there is nothing to replace: a device, a pipe, or a name for a descriptor that is open already."""
    if path == Path("/dev/stdout") or path == Path("/dev/stderr") or path.parent in _STREAM_FOLDERS:
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def destination(path: Path | None) -> Iterator[BinaryIO]:
    """Where to write. Raises UnavailableError when writing fails; a reader that goes away stays a BrokenPipeError."""
    with _failures_named(str(path or STDOUT)):
        if path is None or path == Path("/dev/stdout"):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif is_stream(path):
            with path.open("ab") as out:  # /dev/fd/3 may be a file that already holds something
                yield out
        else:
            with _whole_file(path) as out:
                yield out


@contextmanager
def standard_output() -> Iterator[None]:
    """For text: what is printed inside has reached stdout at the end. Raises as `destination` does."""
    with _failures_named(STDOUT):
        yield
        sys.stdout.flush()


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file is written beside its place, for its owner alone, and put there when it is complete."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _failures_named(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnavailableError(f"cannot write {name}: {error.strerror or error}") from error


def _is_same(path: Path, file: Path) -> bool:
    """Whether both name one file, by whatever links; also one that does not exist yet."""
    try:
        return path.samefile(file)
    except OSError:
        return path.resolve() == file.resolve()


def _is_stdout_into(file: Path) -> bool:
    """Whether the shell appends stdout to `file`."""
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), file.stat())
    except (OSError, ValueError):
        return False
