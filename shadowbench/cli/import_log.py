"""`shadowbench import`: adds the exchanges of other logs, or of exported JSON lines, to a log; a recorder may run."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from shadowbench.cli.progress import tracked
from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.records import Exchange
from shadowbench.store.base import PairLog
from shadowbench.store.exporting.compression import DAMAGE, decompressing, ending_of
from shadowbench.store.exporting.objects import get_object, is_object
from shadowbench.store.exporting.places import gathering
from shadowbench.store.flat import CSV_COLUMNS
from shadowbench.store.importing import Lines, copy_notes, exchanges_of
from shadowbench.store.importing_scores import copy_scores
from shadowbench.store.opening import open_log, open_score_log, path_of

_SQLITE = b"SQLite format 3\0"
_OTHERS = {b"PAR1": "Parquet", ",".join(CSV_COLUMNS[:3]).encode(): "CSV"}
_LOOK_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """`sources`: paths, or URLs of objects. `skip_bad`: lines that cannot be read are counted and passed over."""

    log_url: str
    sources: tuple[str, ...]
    skip_bad: bool = False
    progress: bool | None = None  # None: when stderr is a terminal


def run_import(options: ImportOptions) -> int:
    """Import the sources one after the other, and say what came of each; the exit code."""
    log = open_log(options.log_url, "write")
    try:
        for source in options.sources:
            _import_one(log, source, options)
    finally:
        log.close()
    return 0


def _import_one(log: PairLog, source: str, options: ImportOptions) -> None:
    if _is_log(source):
        _import_log(log, source, options)
        return
    lines = Lines(source, skip_bad=options.skip_bad)
    with _opened(source, options) as (file, size):
        plain = decompressing(file, ending_of(source))
        _refuse_other_formats(source, plain)
        seen, added = _append_all(log, _with_progress(lines.batches(plain), file, size, options))
    bad = f", {counted(lines.bad, 'bad line')} passed over" if lines.bad else ""
    _tell(source, seen, added, bad)


def _import_log(log: PairLog, source: str, options: ImportOptions) -> None:
    url = source if "://" in source else f"sqlite:///{source}"
    other = open_log(url, "read")
    try:
        copy_notes(other, log)
        total = other.counts().exchanges
        steps = tracked(_flat(exchanges_of(other)), total=total, label=f"Importing {source}", wanted=options.progress)
        seen, added = _append_all(log, (batch for batch in steps if batch))
        with closing(open_score_log(url, "read")) as theirs, closing(open_score_log(options.log_url, "change")) as ours:
            scores = copy_scores(other, theirs, ours)
    finally:
        other.close()
    _tell(source, seen, added, f", {counted(scores, 'score')}" if scores else "")


def _append_all(log: PairLog, batches: Iterator[list[Exchange]]) -> tuple[int, int]:
    """How many exchanges there were, and how many of them were new."""
    seen = added = 0
    for batch in batches:
        before = log.newest()
        log.append(batch)
        seen += len(batch)
        # Numbers that another writer took meanwhile are counted as ours: this is for the eyes of whoever waits.
        added += min(len(batch), log.newest() - before)
    return seen, added


def _tell(source: str, seen: int, added: int, more: str) -> None:
    there = f", {seen - added:,} already there" if seen > added else ""
    sys.stderr.write(f"{source}: {counted(added, 'exchange')} imported{there}{more}\n")


def _flat(batches: Iterator[list[Exchange]]) -> Iterator[list[Exchange]]:
    """A batch, then nothing for each of its other exchanges: a step of the bar each."""
    for batch in batches:
        yield batch
        yield from [[]] * (len(batch) - 1)


def _with_progress(
    batches: Iterator[list[Exchange]], file: BinaryIO, size: int, options: ImportOptions
) -> Iterator[list[Exchange]]:
    """The batches, with a bar over the megabytes of the file that were read."""

    def steps() -> Iterator[list[Exchange]]:
        told = 0
        for batch in batches:
            yield batch
            read = file.tell() >> 20
            yield from [[]] * max(0, read - told - 1)
            told = max(told + 1, read)

    return (batch for batch in tracked(steps(), total=size >> 20, label="Importing", wanted=options.progress) if batch)


def _is_log(source: str) -> bool:
    if source.startswith("sqlite://"):
        return True
    if is_object(source):
        return False
    try:
        with Path(source).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise UnavailableError(f"cannot read {source}: {error.strerror}") from None


def _refuse_other_formats(source: str, plain: BinaryIO) -> None:
    """Raises ConfigurationError for what an export may be, too, and cannot be read back."""
    try:
        head = cast(io.BufferedReader, plain).peek(_LOOK_BYTES)
    except DAMAGE:
        return  # told with its place, when the lines are read
    name = next((name for start, name in _OTHERS.items() if head.startswith(start)), None)
    if name is not None:
        raise ConfigurationError(
            f"{source}: this is {name}; import takes pair logs and JSON lines (export --format jsonl)"
        )


@contextmanager
def _opened(source: str, options: ImportOptions) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its size. An object is fetched first, into a file without a name."""
    if not is_object(source):
        with Path(source).open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
        return
    with gathering(path_of(options.log_url).parent) as copy:
        get_object(source, copy)
        yield copy, os.fstat(copy.fileno()).st_size
