"""Compressed files by their ending: .gz and .zst."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import zstandard

_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3
ENDINGS = (".gz", ".zst")


def ending_of(name: str) -> str:
    """The part of a name that says how the file is compressed; empty when it is not."""
    return next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")


@contextmanager
def compressing(out: BinaryIO, ending: str) -> Iterator[BinaryIO]:
    """Writes to `out` compressed; `out` stays open. The same bytes give the same file: no time, no name in it."""
    if ending == ".gz":
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=out, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif ending == ".zst":
        with zstandard.ZstdCompressor(level=_ZSTD_LEVEL).stream_writer(out, closefd=False) as writer:
            yield cast(BinaryIO, writer)
    else:
        yield out


def decompressing(file: BinaryIO, ending: str) -> BinaryIO:
    """Reads what `file` holds. Damage shows while reading, as one of `DAMAGE`."""
    if ending == ".gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
    if ending == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), 1 << 20))
    return file


DAMAGE = (EOFError, gzip.BadGzipFile, zstandard.ZstdError)
