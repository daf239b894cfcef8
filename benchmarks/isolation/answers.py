"""Reading an answer's bytes: where it ends, and what its body was."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class Answer:
    """Bytes of one answer as they come. `is_whole` after the last one."""

    __slots__ = ("_body_at", "_ends_at", "data")

    def __init__(self) -> None:
        self.data = bytearray()
        self._body_at = 0
        self._ends_at = 0  # 0: by its last chunk

    def feed(self, data: bytes) -> None:
        """More of it."""
        self.data += data
        if not self._body_at and (at := self.data.find(b"\r\n\r\n")) >= 0:
            self._body_at = at + 4
            length = _LENGTH.search(self.data, 0, at + 2)
            self._ends_at = self._body_at + int(length[1]) if length else 0

    @property
    def is_whole(self) -> bool:
        """Whether its framing says that it is over."""
        if not self._body_at:
            return False
        return len(self.data) >= self._ends_at if self._ends_at else self.data.endswith(_LAST_CHUNK)

    def status(self) -> int:
        """Of its first line; 0 when there is none."""
        words = bytes(self.data[:16]).split(b" ")
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    def body(self) -> bytes:
        """Its content, without chunks. Raises ValueError when the framing is damaged."""
        coded = bytes(self.data[self._body_at :])
        return coded if self._ends_at else dechunked(coded)


def dechunked(coded: bytes) -> bytes:
    """The content of a whole chunked body. Raises ValueError."""
    content: list[bytes] = []
    at = 0
    while True:
        line_end = coded.index(b"\r\n", at)
        size, at = int(coded[at:line_end], 16), line_end + 2
        if not size:
            if coded[at:] != b"\r\n":
                raise ValueError("bytes behind the last chunk")
            return b"".join(content)
        content.append(coded[at : at + size])
        at += size + 2
        if coded[at - 2 : at] != b"\r\n":
            raise ValueError("a chunk without its end")
