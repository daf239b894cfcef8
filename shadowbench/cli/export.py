"""`shadowbench export`: writes the pairs of a log as JSON lines or CSV, to a file that appears whole or to stdout."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from shadowbench.cli.progress import tracked
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.base import Pair, PairLog, each_exchange, pairs_of
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row, as_json_line
from shadowbench.store.opening import open_log


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """`output`: None is stdout. `candidates`: only these; empty means all."""

    log_url: str
    format: Literal["jsonl", "csv"] = "jsonl"
    output: Path | None = None
    candidates: tuple[str, ...] = ()
    progress: bool | None = None  # None: when stderr is a terminal


def run_export(options: ExportOptions) -> int:
    """Write the pairs; the exit code. What is appended meanwhile is left for the next time."""
    log = open_log(options.log_url, "read")
    try:
        with _destination(options.output) as out:
            count = _WRITERS[options.format](_pairs(log, options), out)
    finally:
        log.close()
    sys.stderr.write(f"{count:,} {'pair' if count == 1 else 'pairs'} exported\n")
    return 0


def _pairs(log: PairLog, options: ExportOptions) -> Iterator[Pair]:
    """The wanted pairs. A candidate that is in none of them is a mistake, told before the output appears."""
    wanted, seen = set(options.candidates), set()
    found = each_exchange(log)
    for exchange in tracked(found, total=log.counts().exchanges, label="Exporting", wanted=options.progress):
        for pair in pairs_of(exchange):
            name = pair.candidate.observation.endpoint
            seen.add(name)
            if not wanted or name in wanted:
                yield pair
    if unknown := wanted - seen:
        raise ConfigurationError(
            f"no pairs of {', '.join(sorted(unknown))} in this log; it has: {', '.join(sorted(seen)) or 'none'}"
        )


def _write_json_lines(pairs: Iterator[Pair], out: BinaryIO) -> int:
    count = 0
    for count, pair in enumerate(pairs, 1):  # noqa: B007 - the last value is the result
        out.write(as_json_line(pair))
    return count


def _write_csv(pairs: Iterator[Pair], out: BinaryIO) -> int:
    # "replace": what has no UTF-8 (a lone surrogate) becomes "?"; JSON lines keep it.
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="", write_through=True)
    rows = csv.writer(text)
    rows.writerow(CSV_COLUMNS)
    count = 0
    try:
        for count, pair in enumerate(pairs, 1):  # noqa: B007 - the last value is the result
            rows.writerow(as_csv_row(pair))
    finally:
        text.detach()
    return count


_WRITERS: dict[str, Callable[[Iterator[Pair], BinaryIO], int]] = {"jsonl": _write_json_lines, "csv": _write_csv}


@contextmanager
def _destination(path: Path | None) -> Iterator[BinaryIO]:
    """Where to write. A file is written beside its place, for its owner alone, and put there when it is complete."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.is_dir():
        raise ConfigurationError(f"{path} is a folder; the output must be a file")
    if path.exists() and not path.is_file():  # a device or a pipe: there is nothing to replace
        with path.open("wb") as out:
            yield out
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    except OSError as error:
        raise UnavailableError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
