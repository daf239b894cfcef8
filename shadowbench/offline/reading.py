"""The rows of JSON lines, of a JSON array or of CSV, one by one: no file is held as a whole."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.offline.rows import BadRow, Row
from shadowbench.store.exporting.compression import DAMAGE, decompressing, ending_of
from shadowbench.wire.json_array import ArrayDecoder

KINDS = (".jsonl", ".ndjson", ".json", ".csv")
_CHUNK = 1 << 16
_MAX_ROW_BYTES = 64 * 1024 * 1024
_MAY_BE_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_BOM = b"\xef\xbb\xbf"


def plain_name(file: Path) -> str:
    """The file's name without folder and compression: what patterns are compared with."""
    return file.name[: -len(ending_of(file.name)) or None]


def rows_of(file: Path, watch: Callable[[int], None] | None = None) -> Iterator[Row | BadRow]:
    """The rows of a file by its ending: what cannot be read as one stands among them. Raises UnavailableError.

    `watch` is told from time to time how many bytes of the file were read.
    """
    name = PurePath(plain_name(file))
    kind = name.suffix.lower()
    if kind not in KINDS:
        raise ConfigurationError(f"{file}: answers come as {', '.join(KINDS)} (.gz, .zst)")
    with _opened(file, watch) as data:
        for number, found in _csv(data) if kind == ".csv" else _json(data):
            if isinstance(found, dict):
                yield Row(str(file), name.stem, number, found)
            else:
                yield BadRow(str(file), number, str(found))


@contextmanager
def _opened(file: Path, watch: Callable[[int], None] | None) -> Iterator[io.BufferedReader]:
    try:
        with file.open("rb") as packed:
            tell = None if watch is None else lambda: watch(packed.tell())
            yield io.BufferedReader(_Raw(decompressing(packed, ending_of(file.name)), tell), _CHUNK)
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror or error}") from None
    except (UnicodeDecodeError, *DAMAGE) as error:
        raise UnavailableError(
            f"{file} is damaged or not UTF-8: {error}; get it again and import it as a whole, nothing is doubled"
        ) from None


class _Raw(io.RawIOBase):
    """Bytes of another reader, without a byte order mark in front; closing leaves the other open."""

    def __init__(self, data: BinaryIO, after_read: Callable[[], None] | None) -> None:
        self._data = data
        self._after_read = after_read
        self._begin: bytes | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As io.RawIOBase has it."""
        if self._begin is None:
            self._begin = self._data.read(len(_BOM)).removeprefix(_BOM)
        chunk = self._begin or self._data.read(len(buffer))
        self._begin = chunk[len(buffer) :] if self._begin else b""
        taken = min(len(chunk), len(buffer))
        buffer[:taken] = chunk[:taken]
        if self._after_read is not None:
            self._after_read()
        return taken


# ── JSON ──


def _json(data: io.BufferedReader) -> Iterator[tuple[int, object]]:
    return _array(data) if data.peek(_CHUNK).lstrip()[:1] == b"[" else _lines(data)


def _lines(data: io.BufferedReader) -> Iterator[tuple[int, object]]:
    number = 0
    while line := data.readline(_MAX_ROW_BYTES):
        number += 1
        if len(line) == _MAX_ROW_BYTES:
            raise DamagedError(f"line {number} is beyond 64 MiB")
        if line.strip():
            yield number, _object(line)


def _array(data: io.BufferedReader) -> Iterator[tuple[int, object]]:
    decoder = ArrayDecoder(_MAX_ROW_BYTES)
    number, end = 0, b""
    while chunk := data.read(_CHUNK):
        end = chunk.rstrip()[-1:] or end
        for event in decoder.feed(chunk):
            number += 1
            yield number, "an element beyond 64 MiB" if event.oversize else _object(event.data)
    if end != b"]":
        yield number + 1, "the array has no end; the file was cut"


def _object(text: bytes) -> object:
    """The object, or what is wrong with it."""
    try:
        value = json.loads(text)  # and not orjson: published files have NaN for what is absent
        value = _readable(value) if _MAY_BE_HALF.search(text) else value
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return value if isinstance(value, dict) else "not a JSON object"


def _readable(value: object) -> object:
    """With U+FFFD for each half of a character, which an answer that was cut may end with: no UTF-8 can say it."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


# ── CSV ──


def _csv(data: io.BufferedReader) -> Iterator[tuple[int, object]]:
    taken = 0

    def counted() -> Iterator[str]:  # the reader's own count leaves out the line that it stumbles over
        nonlocal taken
        for line in io.TextIOWrapper(data, "utf-8", newline=""):
            taken += 1
            yield line

    csv.field_size_limit(_MAX_ROW_BYTES)  # of the process, and 128 KiB by default: answers are longer
    reader = csv.DictReader(counted(), restkey="", strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield taken, f"not CSV: {error}"
            continue
        if row is None:
            return
        yield taken, _fields(row)


def _fields(row: dict[str, Any]) -> object:
    """A spreadsheet knows no null: an empty field is absent."""
    if "" in row:
        return "more fields than the header names, or a column without a name"
    if None in row.values():
        return "fewer fields than the header names"
    return {name.strip(): value if value.strip() else None for name, value in row.items()}


class DamagedError(EOFError):
    """A file that cannot be what its name says."""
