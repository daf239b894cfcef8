"""`shadowbench import --shape`: answers that something else gathered, as pairs, with the scores that were given for them.

Every good row is put, whatever the others are, and every bad one is named. What is there already is found again: a mended file
is imported as a whole once more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shadowbench.cli.progress import tracked
from shadowbench.cli.quantities import counted
from shadowbench.configuration import read_import_shape_file
from shadowbench.errors import ConfigurationError
from shadowbench.offline.answers import Gathered
from shadowbench.offline.gathering import Part, gathered
from shadowbench.offline.joining import Joined
from shadowbench.offline.placing import BATCH, Placing, Tally
from shadowbench.offline.reading import plain_name, rows_of
from shadowbench.offline.rows import BadRow, Row, Where
from shadowbench.offline.shape_files import read_shape
from shadowbench.offline.shapes import CandidateShape, ImportShape
from shadowbench.store.exporting.places import gathering
from shadowbench.store.opening import open_log, open_score_log, path_of

BAD_ROWS = 2
_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeOptions:
    """`shape`: the name of one that comes with shadowbench, or a file. `started_at`: for rows that do not tell their time."""

    log_url: str
    shape: str
    files: tuple[Path, ...]
    started_at: float
    skip_bad: bool = False
    progress: bool | None = None  # None: when stderr is a terminal


@dataclass(slots=True)
class _Bad:
    """Names bad rows as they come, the first of them."""

    count: int = 0

    def good(self, found: Iterable[Gathered | BadRow]) -> Iterator[Gathered]:
        """Only what is good."""
        for each in found:
            if isinstance(each, BadRow):
                self._tell(each)
            else:
                yield each

    def _tell(self, row: BadRow) -> None:
        self.count += 1
        if self.count <= _SHOWN:
            sys.stderr.write(f"{row.file}:{row.number}: {row.why}\n")


def run_import_shape(options: ShapeOptions) -> int:
    """Import the files; the exit code: 0, or 2 where rows were bad and not to be passed over."""
    shape = read_shape(read_import_shape_file(options.shape, "--shape"), f"--shape {options.shape}")
    whole, parts = _sorted_out(shape, options.files)
    bad = _Bad()
    with ExitStack() as stack:
        log = stack.enter_context(closing(open_log(options.log_url, "write")))
        scores = stack.enter_context(closing(open_score_log(options.log_url, "change")))
        placing = Placing(log, scores)
        folder = path_of(options.log_url).parent
        # What models answered is as private as the log: it is spooled beside it, in files without names.
        joined = [
            Part(candidate, Joined(rows_of(file), key, stack.enter_context(gathering(folder))))
            for candidate, key, file in parts
        ]
        rows = _with_progress(whole, options)
        found = bad.good(gathered(shape, rows, joined, started_at=options.started_at))
        for batch in _batches(found):
            placing.put(batch)
    _say(shape, placing.tally, bad.count, options.skip_bad)
    for (_, _, file), part in zip(parts, joined, strict=True):
        if part.rows.missed:
            sys.stderr.write(f"{file}: no row for {counted(part.rows.missed, 'exchange')}; they have no such pair\n")
    return BAD_ROWS if bad.count and not options.skip_bad else 0


def _sorted_out(
    shape: ImportShape, files: Sequence[Path]
) -> tuple[Sequence[Path], Sequence[tuple[CandidateShape, Where, Path]]]:
    """The files whose rows are exchanges, and those of candidates with the key that joins them."""
    whole: list[Path] = []
    parts: list[tuple[CandidateShape, Where, Path]] = []
    for file in dict.fromkeys(files):
        try:
            candidate = shape.part_of(plain_name(file))
        except LookupError:
            raise ConfigurationError(
                f"{file}: no file of the shape {shape.name} has such a name: {_names(shape)}"
            ) from None
        key = shape.key if candidate is None or candidate.key is None else candidate.key
        if candidate is None:
            whole.append(file)
        elif key is not None:
            parts.append((candidate, key, file))
    if not whole:
        raise ConfigurationError(f"which file has the exchanges? Of the shape {shape.name} its name is as {shape.file}")
    if not parts and all(candidate.file is not None for candidate in shape.candidates):
        raise ConfigurationError(
            f"which files have the candidates' answers? Of the shape {shape.name}: {_names(shape)}"
        )
    return whole, parts


def _names(shape: ImportShape) -> str:
    own = [candidate.file for candidate in shape.candidates if candidate.file is not None]
    return ", ".join(dict.fromkeys([shape.file, *own]))


def _batches(found: Iterator[Gathered]) -> Iterator[list[Gathered]]:
    while batch := list(islice(found, BATCH)):
        yield batch


def _with_progress(files: Sequence[Path], options: ShapeOptions) -> Iterator[Row | BadRow]:
    """The rows of all files one after the other, with a bar over the megabytes that were read."""
    size = sum(file.stat().st_size for file in files if file.is_file())
    for rows in tracked(_by_megabyte(files), total=(size >> 20) + 1, label="Importing", wanted=options.progress):
        yield from rows


def _by_megabyte(files: Sequence[Path]) -> Iterator[list[Row | BadRow]]:
    """The rows in lists, one for each megabyte of the files; it is empty where a row goes beyond one."""
    before = at = told = 0

    def watch(position: int) -> None:
        nonlocal at
        at = before + position

    rows: list[Row | BadRow] = []
    for file in files:
        for row in rows_of(file, watch):
            rows.append(row)
            if (further := (at >> 20) - told) > 0:
                yield from [rows, *[[]] * (further - 1)]
                rows, told = [], told + further
        before = at
    yield rows


def _say(shape: ImportShape, tally: Tally, bad: int, skip_bad: bool) -> None:
    if bad > _SHOWN:
        sys.stderr.write(f"… and {bad - _SHOWN:,} more bad rows\n")
    there = f", {counted(tally.there, 'pair')} already there" if tally.there else ""
    scores = f", {counted(tally.scores, 'score')}" if tally.scores else ""
    todo = " passed over" if skip_bad else ": mend and import again, nothing is doubled"
    lost = f", {counted(bad, 'bad row')}{todo}" if bad else ""
    new = f"{counted(tally.exchanges, 'exchange')} with {counted(tally.pairs, 'pair')}"
    sys.stderr.write(f"{shape.name}: {new} imported{scores}{there}{lost}\n")
    for (candidate, measure), (given, absent) in sorted(tally.values.items()):
        unfounded = tally.unfounded[candidate, measure]
        if absent - unfounded:
            sys.stderr.write(
                f"{candidate}: {measure} was not given for {counted(absent - unfounded, 'pair')} of {given + absent:,}\n"
            )
        if unfounded:
            sys.stderr.write(
                f"{candidate}: {measure} was given for {counted(unfounded, 'pair')} of {given + absent:,} without an answer to "
                "score, and not taken: a failure counts as one\n"
            )
