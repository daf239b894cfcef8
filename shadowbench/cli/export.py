"""`shadowbench export`: writes the pairs of a log as JSON lines or CSV, to a file that appears whole or to stdout."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from shadowbench.cli.output import check_output, destination
from shadowbench.cli.progress import tracked
from shadowbench.errors import ConfigurationError
from shadowbench.store.base import Pair, PairLog, each_exchange, pairs_of
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row, as_json_line
from shadowbench.store.opening import open_log


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """`output`: None is stdout. `candidates`: only these; empty means all. `own_files`: never written over."""

    log_url: str
    format: Literal["jsonl", "csv"] = "jsonl"
    output: Path | None = None
    force: bool = False  # an output that exists is replaced
    own_files: tuple[Path, ...] = ()
    candidates: tuple[str, ...] = ()
    progress: bool | None = None  # None: when stderr is a terminal


def run_export(options: ExportOptions) -> int:
    """Write the pairs; the exit code. What is appended meanwhile is left for the next time."""
    check_output(options.output, options.own_files, force=options.force)
    log = open_log(options.log_url, "read")
    try:
        with destination(options.output) as out:
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


class _Utf8:
    """The text file that `csv` wants. A TextIOWrapper would close stdout when writing has failed."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        # "replace": what has no UTF-8 (a lone surrogate) becomes "?"; JSON lines keep it.
        return self._out.write(text.encode("utf-8", "replace"))


def _write_csv(pairs: Iterator[Pair], out: BinaryIO) -> int:
    rows = csv.writer(_Utf8(out))
    rows.writerow(CSV_COLUMNS)
    count = 0
    for count, pair in enumerate(pairs, 1):  # noqa: B007 - the last value is the result
        rows.writerow(as_csv_row(pair))
    return count


_WRITERS: dict[str, Callable[[Iterator[Pair], BinaryIO], int]] = {"jsonl": _write_json_lines, "csv": _write_csv}
