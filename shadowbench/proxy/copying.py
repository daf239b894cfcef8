"""One exchange on its way to the mirror: its frames, in order, as it happens.

This runs behind every read of production's socket, so frames are packed in place rather than through `handoff`'s functions,
whose calls would cost as much again. `tests/unit/proxy` reads them back with `handoff`'s readers.
"""

from __future__ import annotations

import time
from typing import Protocol

from shadowbench import handoff
from shadowbench.http1.client import ResponseHead
from shadowbench.links import Sender

MAX_LINES_BYTES = handoff.MAX_HEAD_BYTES - 64
_FLUSH_BYTES = 32768
# Above this, buffers go to the link as they are; below it, one join is cheaper than their number.
_JOIN_BYTES = 8192


class Owner(Protocol):
    """The tap, as its copies see it."""

    copies: dict[int, Copy]
    handed_off: int
    dropped_full: int
    failed: int
    cut_short: int
    rate: float

    def placeholder(self, value: bytes) -> bytes:
        """What stands for a credential."""


class Copy:
    """Holds less than 64 KiB. `live` turns false when nobody wants it any more."""

    __slots__ = (
        "_has_head",
        "_link",
        "_only",
        "_only_ns",
        "_owner",
        "_pending",
        "_size",
        "_writer",
        "is_open_sent",
        "live",
        "sequence",
    )

    def __init__(self, owner: Owner, link: Sender, sequence: int, version: int, lines: bytes, now_ns: int) -> None:
        """`lines`: the request's head as production gets it, without credentials, at most MAX_LINES_BYTES."""
        self.live = True
        self.sequence = sequence
        self._owner = owner
        self._link = link
        self.is_open_sent = False
        self._pending: list[bytes] = [
            handoff.OPEN_FRAME.pack(20 + len(lines), 2, 0, 0, sequence, now_ns, version, owner.rate or 1.0),
            lines,
        ]
        self._size = len(lines)
        self._has_head = False
        # Most answers that are not streams come in one read: it needs no writer.
        self._only: bytes | None = None
        self._only_ns = 0
        self._writer: handoff.PartWriter | None = None

    def request(self, data: bytes) -> None:
        """A piece of the request body."""
        size = len(data)
        if size <= handoff.MAX_PAYLOAD:
            self._pending += handoff.HEADER.pack(size, 3, 0, 0, self.sequence), data
        else:
            self._pending += handoff.request_frames(self.sequence, data)
        self._size += size
        if self._size >= _FLUSH_BYTES:
            self._send()

    def request_end(self, now_ns: int) -> None:
        """The request was handed to production's socket in full."""
        self._pending.append(handoff.TIME_FRAME.pack(8, 4, 0, 0, self.sequence, now_ns))
        self._send()

    def response_head(self, now_ns: int, head: ResponseHead, lines: bytes, connect_s: float | None) -> None:
        """Production's response head; `lines` as the client gets them."""
        if head.credentials_at is not None:
            fields = head.fields.copy()
            for at in head.credentials_at:
                fields[at] = self._owner.placeholder(fields[at])
            lines = b"HTTP/1.1 %d %b\r\n%b" % (head.status, head.reason, b"".join(fields))
        size = len(lines)
        if size > handoff.MAX_HEAD_BYTES:
            self.abort("capture_dropped")
            return
        connect_us = handoff.ABSENT_US if connect_s is None else int(connect_s * 1e6)
        self._has_head = True
        self._size += size
        # Kept with the request's frames, if any are left, and sent with the first part.
        self._pending += (
            handoff.HEAD_FRAME.pack(16 + size, 5, 0, 0, self.sequence, now_ns, connect_us, handoff.ABSENT_US),
            lines,
        )

    def body(self, now_ns: int, data: bytes) -> None:
        """A chunk of production's body, and when it arrived."""
        writer = self._writer
        if writer is None:
            if not self._has_head:
                return
            if self._only is None and len(data) < handoff.PartWriter.FLUSH_BYTES:
                self._only, self._only_ns = data, now_ns
                return
            writer = self._writer = handoff.PartWriter(self.sequence)
            if self._only is not None:
                writer.add(self._only_ns, self._only)
        frames = writer.add(now_ns, data)
        if frames is not None:
            self._pending += frames
            self._size = _FLUSH_BYTES
            self._send()

    def end(self, paused_us: int, lag_us: int) -> None:
        """The response is complete."""
        self._add_parts()
        self._pending.append(
            handoff.END_FRAME.pack(
                16, 7, 0, 0, self.sequence, time.monotonic_ns(), min(paused_us, handoff.MAX_US), lag_us
            )
        )
        self._send()
        if self.live:
            self._close()

    def abort(self, reason: str, paused_us: int = 0, lag_us: int = 0) -> None:
        """The exchange ended otherwise. Always said, also above the soft bound: the mirror must not wait for more."""
        if not self.live:
            return
        link = self._link
        frames: list[bytes] = []
        if link.full:
            # What gathered cannot be told any more: whatever became of the exchange, its copy is not whole.
            owner = self._owner
            owner.dropped_full += 1
            reason = "handoff_full"
            if not self.is_open_sent:
                self._close()  # nothing was ever said of it
                return
            owner.cut_short += 1
        else:
            self._add_parts()
            frames = self._pending
            if not self.is_open_sent:
                self._open_is_sent()
        frames.append(handoff.abort_frame(self.sequence, time.monotonic_ns(), reason, paused_us, lag_us))
        link.write(frames)
        self._close()

    def dropped(self) -> None:
        """The mirror does not want this exchange. It has settled it."""
        self._forget()

    def forsake(self) -> None:
        """After a fault of ours: end it in whatever way still works."""
        try:
            self.abort("capture_dropped")
        except Exception:  # noqa: BLE001  already counted; the connection's settlement counts will tell the rest
            if not self.is_open_sent:
                self._owner.failed += 1
            self._close()

    def _add_parts(self) -> None:
        if self._writer is not None:
            frames = self._writer.flush()
            if frames:
                self._pending += frames
                self._size = _FLUSH_BYTES
        elif self._only is not None:
            size = len(self._only)
            self._pending += (
                handoff.ONE_PART.pack(14 + size, 6, 0, 0, self.sequence, 1, self._only_ns, size),
                self._only,
            )
            self._size += size

    def _send(self) -> None:
        link = self._link
        if link.full:
            self.abort("handoff_full")
            return
        pending, self._pending = self._pending, []
        if self._size < _JOIN_BYTES:
            link.write_joined(b"".join(pending))
        else:
            link.write(pending)
        self._size = 0
        if not self.is_open_sent:
            self._open_is_sent()

    def _open_is_sent(self) -> None:
        """From now on the mirror owes a settlement."""
        self.is_open_sent = True
        self._owner.handed_off += 1
        self._link.opened += 1

    def _close(self) -> None:
        self._forget()
        self._owner.copies.pop(self.sequence, None)

    def _forget(self) -> None:
        self.live = self._has_head = False
        self._pending, self._writer, self._only = [], None, None
