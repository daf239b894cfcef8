"""Content codings, undone as the bytes come: identity, gzip, deflate, br, zstd, and stacks of them. Pure.

A decoder takes chunks however they were cut and gives at once what they decode to, so that a compressed stream keeps its
clock. It never raises: what cannot be decoded sets `fault`, after which it gives nothing more. Its output is bounded, so that
a small body that unpacks to gigabytes costs the bound and no more.

    unknown_coding   a coding we do not know, or more than `MAX_STACK` of them
    corrupt          the bytes are not what the header says
    over_bound       more than the bound came out
    cut              the coded data ended before its own end; found by `finish`

What follows the end of gzip, deflate or zstd data is ignored, as curl and browsers do, unless it is a further gzip member or
zstd frame. After brotli's end nothing may follow.
"""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types
import zstandard

MAX_OUTPUT_BYTES = 64 * 1024 * 1024
MAX_STACK = 4  # nobody stacks on purpose; two happen by accident

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_MAX_WINDOW = 8 * 1024 * 1024  # RFC 9659: a content coding may not ask for more
_ZSTD_BLOCK = 128 * 1024  # the most that a block, of at least 4 bytes, decodes to (RFC 8878, 3.1.1.2)
_CODING_OVERHEAD = 64 * 1024
_CORRUPT = (zlib.error, brotli.error, zstandard.ZstdError)


class _Stage(Protocol):
    """One coding. `room` is how much output is still wanted; somewhat more may be given."""

    def feed(self, data: bytes, room: int) -> bytes: ...

    def is_whole(self) -> bool:
        """Whether the coded data may end here."""


class _Zlib:
    """gzip, and deflate as zlib wraps it."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._member = zlib.decompressobj(wbits)
        self._after = b""  # what follows a member, until it is known whether another one begins
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        out = b""
        if self._member.eof:
            data = self._after + data
            if not self._starts_member(data):
                return out
        while data:
            self._begun = True
            out += self._member.decompress(data, max(1, room - len(out)))
            data = self._member.unconsumed_tail
            if self._member.eof:
                data = self._member.unused_data
                if not self._starts_member(data):
                    break
            elif len(out) >= room:
                break
        return out

    def _starts_member(self, data: bytes) -> bool:
        self._after = data[:2]
        if self._wbits <= zlib.MAX_WBITS or self._after != _GZIP_MAGIC:
            return False
        self._after = b""
        self._member = zlib.decompressobj(self._wbits)
        return True

    def is_whole(self) -> bool:
        return self._member.eof or not self._begun


class _Deflate:
    """deflate: zlib-wrapped as the standard says, or raw as some servers send it; the first two bytes tell."""

    def __init__(self) -> None:
        self._start = b""
        self._inner: _Zlib | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inner is None:
            self._start += data
            if len(self._start) < 2:
                return b""
            data = self._start
            self._inner = _Zlib(zlib.MAX_WBITS if self._is_wrapped(data) else -zlib.MAX_WBITS)
        return self._inner.feed(data, room)

    @staticmethod
    def _is_wrapped(data: bytes) -> bool:
        return data[0] & 0x8F == 8 and (data[0] << 8 | data[1]) % 31 == 0

    def is_whole(self) -> bool:
        return self._inner.is_whole() if self._inner else not self._start


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        if not data:
            return b""
        self._begun = True
        out: bytes = self._decoder.process(data, output_buffer_limit=max(1, room))
        while len(out) < room and not self._decoder.can_accept_more_data():
            out += self._decoder.process(b"", output_buffer_limit=room - len(out))
        return out

    def is_whole(self) -> bool:
        return not self._begun or bool(self._decoder.is_finished())


class _Zstd:
    """The library has no bound on output, so the input is cut such that what a piece may decode to fits the room."""

    def __init__(self) -> None:
        self._frame = self._new_frame()
        self._after = b""
        self._begun = False

    @staticmethod
    def _new_frame() -> zstandard.ZstdDecompressionObj:
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW).decompressobj()

    def feed(self, data: bytes, room: int) -> bytes:
        out: list[bytes] = []
        given = 0
        if self._frame.eof:
            data = self._after + data
            if not self._starts_frame(data):
                return b""
        while data and given <= room:
            self._begun = True
            piece = 4 * max(4, (room - given) // _ZSTD_BLOCK)
            out.append(self._frame.decompress(data[:piece]))
            given += len(out[-1])
            data = data[piece:]
            if self._frame.eof:
                data = self._frame.unused_data + data
                if not self._starts_frame(data):
                    break
        return b"".join(out)

    def _starts_frame(self, data: bytes) -> bool:
        self._after = data[:4]
        if self._after != _ZSTD_MAGIC:
            return False
        self._after = b""
        self._frame = self._new_frame()
        return True

    def is_whole(self) -> bool:
        return self._frame.eof or not self._begun


class _Sniffed:
    """No coding declared. gzip all the same happens (a gateway that lost the header); JSON and events never begin so."""

    def __init__(self) -> None:
        self._start = b""
        self._decided = False
        self._inner: _Zlib | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        if self._decided:
            return self._inner.feed(data, room) if self._inner else data
        data = self._start + data
        if _GZIP_MAGIC.startswith(data):  # empty, half or all of the magic: wait for what follows
            self._start = data
            return b""
        self._decided = True
        self._start = b""
        if data.startswith(_GZIP_MAGIC + b"\x08"):
            self._inner = _Zlib(zlib.MAX_WBITS | 16)
        return self.feed(data, room)

    def is_whole(self) -> bool:
        return not self._start and (self._inner is None or self._inner.is_whole())


class ContentDecoder:
    """Undoes the codings of one body. `fault` is None while all is well."""

    __slots__ = ("_rooms", "_stages", "fault")

    def __init__(self, stages: list[_Stage], max_output_bytes: int, fault: str | None) -> None:
        self._stages = stages  # in the order of undoing: the coding applied last comes first
        # What each stage may still give. Between two codings a little more than the bound: what does not compress grows.
        self._rooms = [max_output_bytes + _CODING_OVERHEAD for _ in stages[1:]] + [max_output_bytes]
        self.fault = fault

    def feed(self, data: bytes) -> bytes:
        """What `data` decodes to, up to the bound."""
        if self.fault or not data:
            return b""
        try:
            for number, stage in enumerate(self._stages):
                data = self._within_room(number, stage.feed(data, self._rooms[number] + 1))
        except _CORRUPT:
            self.fault = "corrupt"
            return b""
        return data

    def _within_room(self, number: int, data: bytes) -> bytes:
        room = self._rooms[number]
        if len(data) > room:  # a stage was asked for one byte more than there is room for, to tell
            self.fault = "over_bound"
            data = data[:room]
        self._rooms[number] -= len(data)
        return data

    def finish(self) -> str | None:
        """The body is over: the fault it had, if any."""
        if self.fault is None and not all(stage.is_whole() for stage in self._stages):
            self.fault = "cut"
        return self.fault


def decoder_for(content_encoding: str | None, max_output_bytes: int = MAX_OUTPUT_BYTES) -> ContentDecoder:
    """A decoder for the value of a Content-Encoding header; of several such headers, joined by commas."""
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    codings = [name for name in names if name not in ("", "identity")]
    if len(codings) > MAX_STACK or not all(coding in _STAGES for coding in codings):
        return ContentDecoder([], max_output_bytes, "unknown_coding")
    stages = [_STAGES[coding]() for coding in reversed(codings)] or [_Sniffed()]
    return ContentDecoder(stages, max_output_bytes, None)


def _gzip() -> _Stage:
    return _Zlib(zlib.MAX_WBITS | 16)


_STAGES = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _Deflate, "br": _Brotli, "zstd": _Zstd}
