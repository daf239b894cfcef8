"""The formats of an export: what each writes, and how an output's name tells which."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from shadowbench.errors import ConfigurationError
from shadowbench.records import is_again
from shadowbench.store.base import Pair
from shadowbench.store.exporting.compression import ending_of
from shadowbench.store.exporting.parquet import write_parquet
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row, as_json_line

Format = Literal["jsonl", "csv", "parquet"]
Write = Callable[[Iterator[Pair], BinaryIO], int]
"""Writes all pairs and returns how many there were. The file is neither flushed nor closed."""

_ENDINGS: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def format_of(name: str) -> Format | None:
    """The format that the ending of a file's name tells, compression aside."""
    plain = name.removesuffix(ending_of(name)).lower()
    return next((format for ending, format in _ENDINGS.items() if plain.endswith(ending)), None)


def check_compression(format: Format, name: str) -> None:
    """Raises ConfigurationError for a Parquet file that would be compressed once more."""
    if format == "parquet" and ending_of(name):
        raise ConfigurationError(f"{name}: Parquet compresses its columns itself; leave {ending_of(name)} off")


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
    rows = csv.writer(_Utf8(out))  # as RFC 4180 has it
    rows.writerow(CSV_COLUMNS)
    count = 0
    for count, pair in enumerate(pairs, 1):  # noqa: B007 - the last value is the result
        rows.writerow(as_csv_row(pair))
    return count


def _one_row_a_pair(write: Write) -> Write:
    """As `write`, without repeats (NAME~again), as the view `pairs` has it. JSON lines keep them, for they can be imported."""

    def written(pairs: Iterator[Pair], out: BinaryIO) -> int:
        return write((pair for pair in pairs if not is_again(pair.candidate.observation.endpoint)), out)

    return written


WRITERS: dict[Format, Write] = {
    "jsonl": _write_json_lines,
    "csv": _one_row_a_pair(_write_csv),
    "parquet": _one_row_a_pair(write_parquet),
}
